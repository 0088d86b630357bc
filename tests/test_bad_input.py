"""Bad input from end to end: the real program, real repositories, and nothing is ever lost.

Every case either works or is refused by a typed error: its code, its exit status, and a hint whose commands exist and
destroy nothing. Before and after a refusal the whole history must be the same, object by object. What is wrong with
the place instead of the input is in `test_bad_places`.
"""

import json
import os
import re
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.program import LIMIT_S, PROGRAM, REF, Repo, forget_index, ids

MIB = 1 << 20

# --- encoding -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        [b"create", b"caf\xe9"],
        [b"create", b"x", b"-d", b"\xff"],
        [b"create", b"x", b"-l", b"a:\xff"],
        [b"create", b"x", b"-F", b"/tmp/\xff"],
        [b"list", b"--filter", b"title:\xff"],
        [b"show", b"\xff"],
    ],
)
def test_arguments_that_are_not_utf_8(words: list[bytes], repo: Repo) -> None:
    error = repo.refused("bad_encoding", 129, *words)
    assert "is not valid UTF-8" in error["message"]


@pytest.mark.parametrize("source", ["file", "standard input"])
@pytest.mark.parametrize("words", [["create", "x", "-F"], ["comment", "ID", "-F"], ["issue", "create-many"]])
def test_text_that_is_not_utf_8(words: list[str], source: str, repo: Repo, tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_bytes(b"good\n\xff bad")
    words = [ids(repo)["A"] if word == "ID" else word for word in words]
    error = repo.refused("bad_encoding", 129, *words, "-" if source != "file" else str(path), stdin=path.read_bytes())
    assert error["message"].endswith("is not valid UTF-8 at byte 5")


def test_imports_that_are_not_utf_8_name_file_and_line(repo: Repo, tmp_path: Path) -> None:
    path = tmp_path / "issues.jsonl"
    path.write_bytes(b'{"id": "%s", "title": "good"}\n{"title": "\xff"}\n' % (b"a" * 32))
    error = repo.refused("import_malformed", 4, "import", "--from", "jsonl", str(path))
    assert f"'{path}' line 2" in error["message"]


@pytest.mark.parametrize("title", [r"\ud800", r"x\udfff", r"\u0000"])
def test_lone_surrogates_and_nul_by_the_back_door_of_json(title: str, repo: Repo) -> None:
    repo.refused(
        "plan_invalid",
        4,
        "issue",
        "create-many",
        "-",
        stdin=b'{"issues": [{"key": "a", "title": "%s"}]}' % title.encode(),
    )


# --- texts ----------------------------------------------------------------------------------------------------

ACTING = [
    "\x1b[31mred",
    "\x1b]0;owned\x07",
    "a\nb",
    "a\tb",
    "a\rb",
    "\x7f",
    "\x9b2J",
    "\u202egpj.exe",
    "\u200b",
    "a\u2028b",
]


@pytest.mark.parametrize("title", ACTING)
def test_titles_that_act_are_refused(title: str, repo: Repo) -> None:
    error = repo.refused("invalid_value", 4, "create", f"--title={title}")
    assert error["details"]["field"] == "title"


def test_titles_that_act_are_refused_on_every_way_in(repo: Repo) -> None:
    a, bad = ids(repo)["A"], "x\x1b[31m"
    repo.refused("invalid_value", 4, "update", a, "-t", bad)
    plan = json.dumps({"issues": [{"key": "a", "title": bad}]}).encode()
    repo.refused("plan_invalid", 4, "issue", "create-many", "-", stdin=plan)
    editor = {**repo.env, "GIT_EDITOR": r"f() { sed -i 's/title: A/title: \x1b[31m/' $1; }; f"}
    error = repo.refused("form_invalid", 4, "edit", a, env=editor)
    (kept,) = re.findall(r"your text is kept in '(.*)'", error["hint"])
    assert "title: \x1b[31m" in Path(kept).read_text()


def test_what_acts_in_stored_text_never_reaches_a_screen(repo: Repo) -> None:
    """Not by a command of ours, so somebody pushed it: titles, labels and texts with everything a terminal obeys."""
    evil = "".join(ACTING)
    a = ids(repo)["A"]
    document = json.loads(repo.blob(a))
    repo.plant({repo.path_of(a): json.dumps({**document, "title": evil, "description": [evil]}).encode()})
    for words in (
        ["list"],
        ["show", a],
        ["log"],
        ["events"],
        ["dep", "tree", a],
        ["export", "--format", "markdown"],
        ["validate"],
    ):
        shown = on_a_terminal(repo, words)
        foreign = re.sub(r"\x1b\[[0-9;]*m", "", shown.replace("\x1b[31mred", "\x1bred"))  # our own colours
        assert not set(foreign) & set("\x1b\x07\x7f\x9b\u202e\u200b\u2028"), words
    assert "^[[31mred" in repo.works("show", a).out


def on_a_terminal(repo: Repo, words: Sequence[str]) -> str:
    """What the program writes to a terminal, character by character."""
    import pty

    ours, theirs = pty.openpty()
    env = {**repo.env, "GIT_PAGER": "cat", "TERM": "xterm"}
    with subprocess.Popen([*PROGRAM, *words], cwd=repo.path, env=env, stdin=theirs, stdout=theirs, stderr=theirs) as it:
        os.close(theirs)
        found = b""
        while chunk := read_or_end(ours):
            found += chunk
        assert it.wait(LIMIT_S) in {0, 4}, found
    os.close(ours)
    return found.decode()


def read_or_end(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 1 << 16)
    except OSError:  # Linux's way to say that the other end is closed
        return b""


@pytest.mark.parametrize("words", [["create", "x", "-F"], ["comment", "ID", "-F"], ["update", "ID", "-F"]])
def test_a_body_of_ten_megabytes(words: list[str], repo: Repo, tmp_path: Path) -> None:
    path = tmp_path / "body"
    path.write_bytes(b"a" * 10 * MIB)
    words = [ids(repo)["A"] if word == "ID" else word for word in words]
    error = repo.refused("text_too_large", 129, *words, str(path))
    assert error["message"] == f"'{path}' is larger than 1048576 bytes"


def test_the_limits_themselves_are_allowed(repo: Repo) -> None:
    repo.works("create", "t" * 200, "-F", "-", stdin=b"a" * MIB)
    repo.refused("text_too_large", 129, "create", "x", "-F", "-", stdin=b"a" * (MIB + 1))
    error = repo.refused("invalid_value", 4, "create", "t" * 201)
    assert error["message"] == "'title' must not be longer than 200 characters, not 201"
    labels = [f"a:b{number}" for number in range(65)]
    repo.works("create", "x", "-l", ",".join(labels[:63]))
    error = repo.refused("validation_failed", 4, "create", "x", "-l", ",".join(labels))
    assert "at most 64" in error["message"]


@pytest.mark.parametrize("title", ["-x", "--help", "-h", "--json", "--upload-pack=touch /tmp/x", "--output=x", "-"])
def test_titles_that_begin_with_a_dash(title: str, repo: Repo) -> None:
    first = repo.works("create", "--", title).out.strip()
    second = repo.works("create", "--title", title).out.strip()
    shown = json.loads(repo.works("show", first, second, "--json").out)["data"]
    assert [issue["title"] for issue in shown] == [title, title]
    assert sorted(p.name for p in repo.path.iterdir()) == [".git"]


# --- names ----------------------------------------------------------------------------------------------------


def test_ambiguous_prefixes(repo: Repo) -> None:
    document = json.loads(repo.blob(ids(repo)["A"]))
    twins = [f"abcdef{number:02d}{'0' * 24}" for number in range(12)]
    repo.plant({f"issues/ab/{id}.json": json.dumps({**document, "id": id}).encode() for id in twins})
    for words in (
        ["show", "abcdef"],
        ["close", "abcdef"],
        ["dep", "add", "abcdef", "abcdef01"],
        ["issue", "delete", "abcd"],
    ):
        error = repo.refused("ambiguous_id", 3, *words)
        assert error["details"]["candidates"] == twins[:10]
    names = repo.works("list", "--format", "{id}", "--limit", "0").out.split()
    assert len(set(names)) == len(names) == 15
    repo.works("show", *names)
    repo.works("show", "ABCDEF-01")
    for short in ("abc", "a", ""):
        repo.refused("issue_not_found", 3, "show", short)


def test_an_issue_cannot_wait_for_itself(repo: Repo) -> None:
    a = ids(repo)["A"]
    for words in (["dep", "add", a, a], ["dep", "add", a, "--on", a[:8]], ["update", a, "--depends-on", a]):
        error = repo.refused("cycle", 5, *words)
        assert error["details"]["path"] == [a, a]
    plan = b'{"issues": [{"key": "a", "title": "A", "depends_on": ["a"]}]}'
    repo.refused("plan_invalid", 4, "issue", "create-many", "-", stdin=plan)


def test_a_cycle_of_five_hundred(repo: Repo) -> None:
    count = 500
    chain = [{"key": f"k{n}", "title": f"T{n}", "depends_on": [f"k{n - 1}"] if n else []} for n in range(count)]
    plan = json.dumps({"issues": chain}).encode()
    made = repo.works("issue", "create-many", "-", "--json", stdin=plan).data["created"]
    first, last = made["k0"], made[f"k{count - 1}"]
    error = repo.refused("cycle", 5, "dep", "add", first, last)
    assert error["details"]["path"] == [first, *(made[f"k{n}"] for n in reversed(range(count)))]
    document = json.loads(repo.blob(first))
    repo.plant({repo.path_of(first): json.dumps({**document, "dependencies": [last]}).encode()})
    assert repo.works("list").out
    assert {line.split("\t")[4] for line in repo.works("ready").out.splitlines()} == {"A", "C"}
    assert "depends on:" in repo.works("show", first).out
    assert "waits in a circle: " in repo.works("dep", "why", last).out
    assert repo.works("dep", "tree", first).out.count("\n") == count + 1
    order = repo.jit("graph", "order")
    assert order.status == 1
    assert f"left out {count} issues behind a cycle" in order.err
    verdict = json.loads(repo.jit("validate", "--json").out)["data"]["findings"]
    (cycle,) = [finding for finding in verdict if finding["code"] == "cycle"]
    assert cycle["message"].count("->") == count
    repo.works("dep", "rm", first, last)
    assert repo.works("graph", "order", "--json").data


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["list", "--fields", "id,colour"], "unknown_field"),
        (["list", "--format", "{colour}"], "unknown_field"),
        (["list", "--sort", "colour"], "unknown_sort"),
        (["list", "--filter", "colour:red"], "query_syntax"),
        (["issue", "bulk-update", "--filter", "colour:red", "-p", "low"], "query_syntax"),
        (["export", "--filter", "colour:red"], "query_syntax"),
        (["list", "--colour", "red"], "usage"),
    ],
)
def test_unknown_fields(words: list[str], code: str, repo: Repo) -> None:
    assert "colour" in repo.refused(code, 129, *words)["message"]


def test_unknown_fields_of_documents(repo: Repo) -> None:
    repo.refused("config_invalid", 4, "config", "set", "colour", "red")
    plan = b'{"issues": [{"key": "a", "title": "A", "colour": "red"}]}'
    repo.refused("plan_invalid", 4, "issue", "create-many", "-", stdin=plan)
    line = json.dumps({"id": "a" * 32, "title": "imported", "colour": "red"}).encode()
    report = repo.works("import", "--from", "jsonl", "-", "--json", stdin=line).data
    assert any("colour" in json.dumps(rule) for rule in report["rules"]), "kept or left out, but never in silence"


@pytest.mark.parametrize("filter", ["", "   "])
@pytest.mark.parametrize("words", [["bulk-update", "-p", "low"], ["bulk-delete", "--expect", "3"]])
def test_an_empty_filter_on_a_write(words: list[str], filter: str, repo: Repo) -> None:
    repo.refused("filter_required", 4, "issue", *words)
    repo.refused("filter_required", 4, "issue", *words, "--filter", filter)


@pytest.mark.parametrize("filter", ["()", '""', "*", "label:", "is:"])
def test_a_filter_of_nothing_is_no_filter(filter: str, repo: Repo) -> None:
    repo.refused("query_syntax", 129, "issue", "bulk-update", "-p", "low", "--filter", filter)


# --- damage ---------------------------------------------------------------------------------------------------

DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "cut off": lambda data: data[:40],
    "empty": lambda _: b"",
    "no JSON": lambda _: b"\x89PNG\r\n",
    "no object": lambda _: b"[1, 2]\n",
    "not UTF-8": lambda data: data.replace(b'"A"', b'"\xff"'),
    "another issue's": lambda data: re.sub(rb'"id": "[0-9a-f]+"', b'"id": "%s"' % (b"f" * 32), data),
    "newer": lambda data: data.replace(b'"schema": 1', b'"schema": 99'),
    "twice the same key": lambda data: data.replace(b'"title": "A"', b'"title": "A", "title": "B"'),
    "infinite": lambda data: data.replace(b'"estimate": null', b'"estimate": Infinity'),
    "deep": lambda data: data.replace(b'"estimate": null', b'"estimate": ' + b"[" * 100_000 + b"]" * 100_000),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_blob(damage: str, repo: Repo) -> None:
    issues = ids(repo)
    a, b = issues["A"], issues["B"]
    good = repo.blob(a)
    before = repo.git("rev-parse", REF)
    bad = DAMAGES[damage](good)
    assert bad != good
    repo.plant({repo.path_of(a): bad})
    shown = repo.works("list")
    assert {line.split("\t")[4] for line in shown.out.splitlines()} == {"B", "C"}
    assert shown.err == "note: 1 file cannot be read; 'git jit validate' names it\n"
    assert repo.works("list", "--filter", "is:broken").out == f"{a[:7]}\tbacklog\tnormal\t\t(cannot be read)\t\n"
    error = repo.refused("issue_corrupt", 128, "show", a)
    assert f"git jit issue restore {a[:7]} --at" in error["hint"]
    repo.works("update", b, "-p", "high")
    assert repo.works("issue", "restore", a[:7], "--at", before).out.startswith(a[:7])
    assert repo.blob(a) == good
    assert repo.works("list", "--filter", "is:broken").out == ""


def test_a_damaged_issue_can_be_deleted_and_left_alone(repo: Repo) -> None:
    issues = ids(repo)
    repo.plant({repo.path_of(issues["C"]): b"{", repo.path_of(issues["A"]): b"{"})
    repo.refused("issue_corrupt", 128, "update", issues["C"], "-p", "low")
    repo.refused("has_dependents", 4, "issue", "delete", issues["A"])
    assert repo.works("issue", "bulk-update", "--all", "-p", "high", "--json").data["matched"] == 1
    assert repo.works("issue", "delete", issues["C"]).out == f"{issues['C'][:7]}\tdeleted\n"
    repo.works("undo")
    repo.works("issue", "bulk-delete", "--filter", "is:broken id:" + issues["C"], "--expect", "1")
    findings = json.loads(repo.jit("validate", "--json").out)["data"]["findings"]
    errors = [finding["subject"] for finding in findings if finding["severity"] == "error"]
    assert errors == [repo.path_of(issues["A"])]


@pytest.mark.parametrize("mode", ["120000", "100755"])
def test_a_blob_that_is_no_plain_file(mode: str, repo: Repo) -> None:
    a = ids(repo)["A"]
    before = repo.git("rev-parse", REF)
    repo.plant({repo.path_of(a): b"../../../../etc/passwd"}, mode=mode)
    repo.refused("issue_corrupt", 128, "show", a)
    repo.works("issue", "restore", a, "--at", before)
    assert repo.git("ls-tree", REF, repo.path_of(a)).startswith("100644 blob")


def test_rules_that_cannot_be_read(repo: Repo) -> None:
    repo.plant({"config.json": b"{"})
    for words in (["list"], ["ready"], ["status"], ["search", "A"], ["show", ids(repo)["A"]]):
        repo.works(*words)
    repo.refused("object_corrupt", 128, "create", "x")
    repo.works("undo", repo.git("rev-parse", REF))
    repo.works("create", "x")


def test_a_missing_object(repo: Repo) -> None:
    a = ids(repo)["A"]
    oid = repo.git("rev-parse", f"{REF}:{repo.path_of(a)}")
    forget_index(repo)
    take_away(repo, oid)
    assert repo.works("list", "--filter", "is:broken").out.startswith(a[:7])
    assert len(repo.works("list").out.splitlines()) == 2


def take_away(repo: Repo, oid: str) -> None:
    """Unpack everything, then lose one object."""
    for pack in (repo.path / ".git/objects/pack").glob("*.pack"):
        data = pack.read_bytes()
        for file in pack.parent.glob(f"{pack.stem}.*"):
            file.unlink()
        repo.git("unpack-objects", "-q", stdin=data)
    (repo.path / ".git/objects" / oid[:2] / oid[2:]).unlink()
