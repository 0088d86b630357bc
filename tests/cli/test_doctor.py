"""`doctor` and `health` on the command line: whole outputs, exit statuses, JSON, and what they may load."""

import re
from pathlib import Path

import pytest

from git_jit.cli.table import find
from tests.cli.console import Console
from tests.cli.test_imports import HOT, loaded, top
from tests.store import damage
from tests.store.damage import common, healthy, store_in, tip
from tests.store.gitrepo import REF, Place, unborn

SINCE = "\tsince 2026-11-21T09:00:00Z"
NEXT = "hint: 'git jit doctor --fix' mends it\n"


def console(place: Place) -> Console:
    return Console(store=store_in(place))


def parts(out: str) -> dict[str, list[str]]:
    """The lines of an answer by their first word; what is indented belongs to the line before."""
    return {line.split("\t")[0]: line.split("\t")[1:] for line in out.splitlines() if not line.startswith(" ")}


def test_a_healthy_clone_needs_one_word(tmp_path: Path) -> None:
    assert console(healthy(tmp_path))("health") == (0, "healthy\n", "")


def test_a_degraded_clone_says_what_why_and_what_next(tmp_path: Path) -> None:
    place = healthy(tmp_path)
    damage.no_reflog(place)
    damage.fast(place)
    status, out, err = console(place)("health")
    lines = out.splitlines()
    assert (status, lines[0]) == (0, "degraded")
    assert lines[2:] == [
        f"    degraded\tdurability_fast\t'jit.durability' is 'fast': a power cut may take the last changes{SINCE}",
        "history\tdegraded\tno reflog, 1 anchor",
        f"    degraded\treflog_missing\t'{REF}' has no reflog{SINCE}",
    ]
    assert lines[1].startswith("storage\tdegraded\tthe last commit and what it brought, ")
    assert err == (
        "hint: 'git config --show-origin jit.durability' tells where it is set; without it writes are forced to the disk\n"
        + NEXT
    )


def test_an_unhealthy_clone_is_an_honest_no(tmp_path: Path) -> None:
    place = healthy(tmp_path)
    damage.deleted_ref(place)
    status, out, err = console(place)("health")
    assert (status, out.splitlines()) == (
        1,
        [
            "unhealthy",
            f"reference\tunhealthy\t'{REF}' is missing",
            f"    unhealthy\tref_missing\t'{REF}' is missing, but 'refs/jit/backup/anchor-0' shows issues{SINCE}",
        ],
    )
    assert err == "hint: 'git jit recover --list' shows the states that can be brought back\n"


def test_health_as_json(tmp_path: Path) -> None:
    place = healthy(tmp_path)
    damage.no_reflog(place)
    data = console(place)("health", "--json").data
    (part,) = (part for part in data["parts"] if part["items"])
    assert (data["state"], part) == (
        "degraded",
        {
            "name": "history",
            "state": "degraded",
            "evidence": "no reflog, 1 anchor",
            "items": [
                {
                    "code": "reflog_missing",
                    "state": "degraded",
                    "severity": "warning",
                    "subject": REF,
                    "message": "has no reflog",
                    "hint": "'git jit doctor --fix' mends it",
                    "fix": {"kind": "create_reflog", "summary": "make the reflog, and note that there was none"},
                    "link": "docs/how-to/error-recovery.md#history",
                    "since": "2026-11-21T09:00:00.000000Z",
                }
            ],
        },
    )


def test_doctor_shows_every_part(tmp_path: Path) -> None:
    place = healthy(tmp_path)
    status, out, err = console(place)("doctor")
    found = parts(out)
    assert (status, err) == (0, "")
    assert [*found] == ["reference", "storage", "history", "locks", "index", "hooks", "remotes", "disk", "versions"]
    assert {words[0] for words in found.values()} == {"ok"}
    assert found["reference"] == ["ok", f"'{REF}' at {tip(place)[:10]}"]
    assert found["index"] == ["ok", "fresh, 3 issues"]
    assert "git 2." in found["versions"][1]


def test_doctor_mends_when_it_is_told_to(tmp_path: Path) -> None:
    place = healthy(tmp_path)
    damage.no_reflog(place)
    damage.unfinished_object(place)
    jit = console(place)
    looked = jit("doctor")
    assert (looked.status, looked.err) == (0, NEXT)
    tried = jit("doctor", "--fix", "--dry-run")
    assert (
        tried.out
        == "would\tremove 1 unfinished file\nwould\tmake the reflog, and note that there was none\n" + looked.out
    )
    done = jit("doctor", "--fix")
    assert done.out.splitlines()[:2] == [
        "mended\tremoved 1 unfinished file of 4 bytes",
        f"mended\tnoted in the reflog of '{REF}' that it stands at '{tip(place)[:10]}'",
    ]
    assert (done.status, done.err, {words[0] for name, words in parts(done.out).items() if name != "mended"}) == (
        0,
        "",
        {"ok"},
    )


def test_doctor_tells_of_a_mend_that_failed(tmp_path: Path) -> None:
    place = healthy(tmp_path)
    damage.no_reflog(place)
    (common(place) / "logs" / REF).mkdir()
    (common(place) / "logs" / REF / "in the way").touch()
    done = console(place)("doctor", "--fix")
    assert (done.status, done.err) == (
        0,
        "error: cannot make the reflog, and note that there was none: cannot write the reflog: is a directory\n" + NEXT,
    )


def test_doctor_as_json(tmp_path: Path) -> None:
    place = healthy(tmp_path)
    damage.dangling_ref(place)
    result = console(place)("doctor", "--deep", "--json")
    assert result.status == 1
    assert (result.data["state"], result.data["deep"]) == ("unhealthy", True)
    codes = [item["code"] for part in result.data["parts"] for item in part["items"]]
    assert codes == ["ref_rewound", "closure_broken"]


def test_trying_out_needs_something_to_try(tmp_path: Path) -> None:
    result = console(healthy(tmp_path))("doctor", "--dry-run")
    assert (result.status, result.err) == (
        129,
        "error: '--dry-run' says what '--fix' would do\nhint: git jit doctor --fix --dry-run\n",
    )


def test_where_nobody_keeps_issues(tmp_path: Path) -> None:
    jit = console(unborn(tmp_path))
    assert jit("health") == (0, "healthy\n", "")
    assert parts(jit.ok("doctor", "--deep"))["reference"] == ["ok", "no issues are kept here"]


@pytest.mark.parametrize("words", [["health"], ["health", "--json"]])
def test_health_loads_only_what_it_needs(tmp_path: Path, words: list[str]) -> None:
    """Whoever watches asks often: no click, no process, no library."""
    place = healthy(tmp_path)
    modules = loaded(place.cwd, *words)
    assert top(modules) - {"git_jit"} <= HOT
    ours = {name for name in modules if name.startswith("git_jit.")}
    assert not ours & {"git_jit.store.process", "git_jit.store.git", "git_jit.store.memory", "git_jit.graph"}


def test_every_command_that_is_named_as_the_next_step_exists() -> None:
    root = Path(__file__).resolve().parents[2]
    text = (root / "git_jit" / "validate" / "clone_rules.py").read_text(encoding="utf-8")
    named = set(re.findall(r"'git jit ([a-z ]+)", text))
    assert named
    for words in named:
        assert find(words.split())[0] is not None, words
