"""`import` and `export` as a user meets them: whole outputs."""

import json
from pathlib import Path

import pytest

from git_jit.cli.move import FORMATS, SOURCES
from git_jit.ops.exports import Format
from git_jit.ops.imports import SOURCES as KNOWN_SOURCES
from tests.cli.console import Console

LINE = b'{"id": "a", "title": "A\\u001b[31m", "status": "someday", "issue_type": "task", "created_at": "2026-01-02T03:04:05Z"}\n'


def test_import_prints_counts_and_one_line_a_rule(jit: Console) -> None:
    assert jit.ok("import", "--from", "beads", "-", stdin=LINE) == (
        "created\t1\n"
        "updated\t0\n"
        "unchanged\t0\n"
        "left out\t0\n"
        "comments\t0\n"
        "gates\t0\n"
        "unknown-state\t1\tbecomes open work with a `status:` label"
        "\tstandard input:1: 'someday' to status:someday\n"
        "state-derived\t1\topen work becomes `ready`, or `backlog` while something blocks it;"
        " so does what waits for it\tstandard input:1: ready: A\\x1b[31m\n"
        "control-characters\t1\tcontrol characters and lone surrogates are written as visible escapes"
        "\tstandard input:1: A^[[31m\n"
    )
    assert jit.ok("list", "--format", "{title} {labels}") == "A\\x1b[31m status:someday,type:task\n"


def test_a_dry_run_says_what_would_be(jit: Console) -> None:
    said = jit.ok("import", "--from", "beads", "-", "--dry-run", stdin=LINE)
    assert said.startswith("would be created\t1\nwould be updated\t0\n")
    assert jit.ok("query", "all") == ""


def test_import_as_json(jit: Console) -> None:
    data = jit("import", "--from", "beads", "-", "--json", stdin=LINE).data
    assert {key: data[key] for key in ("source", "origin", "records", "created", "dry_run")} == {
        "source": "beads",
        "origin": "standard input",
        "records": 1,
        "created": 1,
        "dry_run": False,
    }
    assert data["rules"][0] == {
        "rule": "unknown-state",
        "strict": True,
        "meaning": "becomes open work with a `status:` label",
        "count": 1,
        "examples": [{"where": "standard input:1", "text": "'someday' to status:someday"}],
    }


@pytest.mark.parametrize(
    ("words", "stdin", "status", "code", "message"),
    [
        (["--from", "beads", "-"], b"{", 4, "import_malformed", "'standard input' line 1 is not JSON: "),
        (
            ["--from", "beads", "-", "--strict"],
            LINE,
            4,
            "import_strict",
            "'--strict' refuses this import: unknown-state 1",
        ),
        (["--from", "beads", "/absent/x"], b"", 3, "import_source_missing", "'/absent/x' cannot be read: no such file"),
        (["--from", "jit", "-"], b"", 129, "usage", "'jit' is a directory; it cannot be read from standard input"),
        (["--from", "trac", "-"], b"", 129, "usage", "invalid value for '--from'"),
        (["-"], b"", 129, "usage", "missing option '--from'"),
    ],
)
def test_refusals(jit: Console, words: list[str], stdin: bytes, status: int, code: str, message: str) -> None:
    result = jit("import", *words, "--json", stdin=stdin)
    assert (result.status, result.error["code"]) == (status, code)
    assert result.error["message"].startswith(message)
    assert jit.ok("query", "all") == ""


def stored(console: Console) -> list[object]:
    """Every issue whole, without the time of its last change, which follows from history."""
    found = json.loads(console.ok("query", "all", "--full", "--json"))["data"]
    return [{key: value for key, value in issue.items() if key != "updated_at"} for issue in found]


def test_export_goes_into_import(house: Console) -> None:
    for format in ("json", "jsonl"):
        other = Console()
        other.ok("init", "--template", "minimal")
        said = other.ok("import", "--from", "jsonl", "-", stdin=house.ok("export", "--format", format).encode())
        assert said == "created\t3\nupdated\t0\nunchanged\t0\nleft out\t0\ncomments\t0\ngates\t0\n"
        assert stored(other) == stored(house)


def test_what_json_prints_can_be_imported(house: Console) -> None:
    other = Console()
    other.ok("init", "--template", "minimal")
    other.ok("import", "--from", "jsonl", "-", stdin=house.ok("query", "all", "--full", "--json").encode())
    assert stored(other) == stored(house)


def test_export_into_files(house: Console, tmp_path: Path) -> None:
    for format in ("json", "jsonl", "markdown", "csv"):
        place = tmp_path / format
        place.write_text("old")
        assert house.ok("export", "--format", format, "--output", str(place)) == ""
        assert place.read_bytes() == house.ok("export", "--format", format).encode()
    assert house.ok("export", "--format", "directory", "--output", str(tmp_path / "d")) == "3 issues\n"
    assert len(list((tmp_path / "d" / "issues").rglob("*.json"))) == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["csv", "d", "json", "jsonl", "markdown"]


def test_export_of_a_filter(house: Console) -> None:
    written = house.ok("export", "--format", "csv", "--filter", "is:open", "--priority", "high")
    assert [line.split(",")[1] for line in written.splitlines()[1:]] == ["Repair the door"]
    document = json.loads(house.ok("export", "--filter", "is:open"))
    assert (document["filter"], len(document["issues"])) == ("is:open", 2)


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["--format", "directory"], 129, "a directory needs a place"),
        (["--format", "csv", "--json"], 129, "'--json' and '--format csv' both say what to print"),
        (["--format", "directory", "-o", "/"], 4, "'/' is there and not empty"),
        (["-o", "/absent/x"], 4, "'/absent/x' cannot be written: no such file or directory"),
        (["--filter", "state:"], 129, ""),
    ],
)
def test_exports_that_cannot_be(house: Console, words: list[str], status: int, message: str) -> None:
    result = house("export", *words)
    assert result.status == status
    assert result.out == "" or result.out.startswith('{"schema":1,"ok":false')
    assert message in result.out + result.err


def test_progress_only_where_somebody_asked_or_watches(house: Console) -> None:
    assert house("export").err == ""
    shown = house("export", "--progress").err
    assert shown == "\rexporting: 0/3\x1b[K\r\x1b[K"
    house.terminal = True
    assert house("export").err == "", "work that is done at once needs none"


def test_the_command_offers_what_the_use_cases_know() -> None:
    assert SOURCES == KNOWN_SOURCES
    assert tuple(Format) == FORMATS
