"""`validate` as it is seen: whole outputs, in text and in JSON."""

import json

import pytest

from git_jit.model import IssueId
from git_jit.store import issue_path
from git_jit.validate.catalogue import CATALOGUE
from git_jit.view import Plan
from tests.cli.console import Console, envelope
from tests.ops.damage import NOBODY, altered
from tests.ops.making import publish
from tests.ops.world import World

DOOR, WALL = "01abcdef" + "0" * 24, "02abcdef" + "0" * 24


@pytest.fixture
def console() -> Console:
    made = Console()
    made.ok("init", "--template", "minimal")
    made.created("Repair the door")
    made.created("Paint the wall")
    return made


def damage(console: Console) -> str:
    """The door waits for nobody, the wall cannot be read; returns the damaged tip."""
    world = World(store=console.store)  # type: ignore[arg-type]
    with console.store.view() as view:
        door = console.store.blob_at(view.base or "", issue_path(IssueId(DOOR)))
    assert door is not None
    files: dict[str, bytes | None] = {
        issue_path(IssueId(DOOR)): altered(door, dependencies=[NOBODY], state="backlog"),
        issue_path(IssueId(WALL)): b"{",
    }
    publish(world, Plan(raw=files))
    return next(console.store.history()).oid


KINDS = "dependency_set_aside 1, respelled 1, restored_from_history 1"
FOUND = f"""\
error\tdependency_missing\t01abcde\twaits for 'fffffff', which is not here
error\tunreadable\tissues/02/{WALL}.json\tcannot be read: '$' is not JSON: expecting property name enclosed in double \
quotes (line 1, column 2)
warning\tnot_canonical\tissues/01/{DOOR}.json\tis not spelled canonically
"""


def test_nothing_is_wrong(console: Console) -> None:
    result = console("validate")
    assert (result.status, result.out, result.err) == (
        0,
        "",
        "2 issues, 0 comments and 0 gates: 0 errors, 0 warnings\n",
    )


def test_one_line_a_finding_and_hints_apart(console: Console) -> None:
    damage(console)
    result = console("validate")
    assert (result.status, result.out) == (4, FOUND)
    assert result.err == (
        "hint: 'git jit issue restore fffffff' brings it back if it was deleted\n"
        "hint: 'git jit issue history 02abcde' lists its versions, 'git jit issue restore 02abcde --at COMMIT' takes one\n"
        "hint: every reader understands it; the next change of it by git jit spells it canonically\n"
        "hint: 'git jit validate --fix --dry-run' shows how 3 of them can be mended\n"
        "1 issue, 0 comments and 0 gates: 2 errors, 1 warning\n"
    )


def test_on_a_terminal_each_line_says_what_would_mend_it(console: Console) -> None:
    damage(console)
    console.terminal = True
    lines = console("validate").out.splitlines()
    assert [line for line in lines if line.startswith(" ")] == [
        "    fix: set aside the edge to 'fffffff'",
        "    fix: bring back the newest version that can be read",
        "    fix: spell it canonically",
    ]


def test_a_dry_run_then_the_same_for_real_then_nothing_left(console: Console) -> None:
    before = damage(console)
    dry = console("validate", "--dry-run")
    assert next(console.store.history()).oid == before
    wet = console("validate", "--fix")
    assert (dry.status, wet.status) == (0, 0)
    assert dry.out == wet.out + (
        f"issues/01/{DOOR}.json\tdependencies: -fffffff; "
        f'unresolved: +{{"target":"{NOBODY}","type":"depends-on"}}\n'
        f"issues/02/{WALL}.json\tunreadable → readable\n"
    )
    assert f"would mend 3 findings ({KINDS})\n" in dry.err
    commit = next(console.store.history()).oid[:10]
    assert wet.err.splitlines()[-2:] == [
        f"mended 3 findings ({KINDS}) in commit {commit}; 'git jit undo' takes it back",
        "2 issues, 0 comments and 0 gates: 0 errors, 1 warning left",
    ]
    again = console("validate", "--fix")
    assert again.err.splitlines()[-2:] == [
        "nothing to fix",
        "2 issues, 0 comments and 0 gates: 0 errors, 1 warning",
    ]
    assert next(console.store.history()).oid[:10] == commit
    assert "took back: validate: 3 findings mended in 2 issues" in console.ok("undo")
    assert console("validate").out == FOUND


def test_json_counts_every_kind(console: Console) -> None:
    base = damage(console)
    dry = console("validate", "--fix", "--dry-run", "--json")
    data = dry.data
    assert (dry.status, list(data)) == (
        0,
        [
            "base", "issues", "comments", "gates", "errors", "warnings", "findings", "fixes_applied", "fixed", "left",
            "changes", "commit", "dry_run", "explained",
        ],
    )  # fmt: skip
    assert (data["base"], data["issues"], data["errors"], data["warnings"], data["left"]) == (base, 2, 0, 1, 1)
    assert data["fixes_applied"] == {"dependency_set_aside": 1, "respelled": 1, "restored_from_history": 1}
    assert {(row["code"], row["fix"]["kind"]) for row in data["fixed"]} == {
        ("dependency_missing", "dependency_set_aside"),
        ("not_canonical", "respelled"),
        ("unreadable", "restored_from_history"),
    }
    assert [row["path"] for row in data["changes"]] == [f"issues/01/{DOOR}.json", f"issues/02/{WALL}.json"]
    assert (data["commit"], data["dry_run"]) == (None, True)
    wet = console("validate", "--fix", "--json").data
    assert {**wet, "commit": None, "dry_run": True} == data
    assert wet["commit"] == next(console.store.history()).oid


def test_json_without_mending(console: Console) -> None:
    damage(console)
    result = console("validate", "--only", "unreadable", "--json")
    answer = json.loads(result.out)
    assert (result.status, answer["ok"], answer["total"]) == (4, False, 1)
    (finding,) = answer["data"]["findings"]
    assert (finding["code"], finding["fixable"], finding["fix"]["kind"]) == (
        "unreadable",
        True,
        "restored_from_history",
    )
    assert (answer["data"]["left"], answer["data"]["fixed"], answer["data"]["fixes_applied"]) == (1, [], {})


def test_the_parts_asked_for(console: Console) -> None:
    damage(console)
    assert console("validate", "01ab").out == FOUND.splitlines()[0] + "\n" + FOUND.splitlines()[2] + "\n"
    assert console("validate", "--only", "not_canonical").out == FOUND.splitlines()[2] + "\n"
    assert console("validate", "--only", "not_canonical").status == 0
    assert console("validate", "--rev", "HEAD~1").out == ""
    assert console("validate", "--at", "HEAD~1").out == "", "the older name of the option"
    assert console("validate", "01ab", "--fix").status == 0
    assert console("validate").out == FOUND.splitlines()[1] + "\n" + (
        f"warning\tunresolved\t01abcde\trefers to '{NOBODY}' (depends-on), which is not here\n"
    )


KIND = CATALOGUE["cycle"]
CYCLE = f"""\
cycle (error): {KIND.meaning}
    why it matters: {KIND.reason}
    what can be done: --fix {KIND.fix}
"""


def test_a_code_is_explained_without_looking(console: Console) -> None:
    assert console.ok("validate", "--explain", "cycle") == CYCLE
    assert console.ok("validate", "--explain=cycle") == CYCLE
    told = json.loads(console.ok("validate", "--explain", "cycle", "--json"))
    explained = {
        "severity": "error",
        "by_choice": False,
        "meaning": KIND.meaning,
        "reason": KIND.reason,
        "fix": KIND.fix,
    }
    assert told == envelope({"explained": {"cycle": explained}})


@pytest.mark.parametrize("words", [["--explain"], ["--explain", "--fix"], ["--explain", "--dry-run"]])
def test_each_code_that_was_found_is_explained_once(console: Console, words: list[str]) -> None:
    damage(console)
    out = console("validate", *words).out
    assert out.count("dependency_missing (error): an issue waits for one that is not here\n") == 1
    assert out.count("why it matters") == (3 if words == ["--explain"] else 4)


@pytest.mark.parametrize(
    ("words", "code", "status"),
    [
        (["--only", "dependency_mising"], "unknown_finding", 129),
        (["--explain", "cicle"], "unknown_finding", 129),
        (["--fix", "--only", "x"], "unknown_finding", 129),
        (["--fix", "--rev", "HEAD~1"], "usage", 129),
        (["ffff"], "issue_not_found", 3),
        (["ffff", "--fix"], "issue_not_found", 3),
        (["--rev", "nothing"], "unknown_revision", 3),
    ],
)
def test_what_cannot_be_meant(console: Console, words: list[str], code: str, status: int) -> None:
    damage(console)
    before = next(console.store.history()).oid
    result = console("validate", *words, "--json")
    assert (result.error["code"], result.status) == (code, status)
    assert next(console.store.history()).oid == before


def test_a_near_code_is_suggested(console: Console) -> None:
    assert console("validate", "--only", "dependency_mising").err == (
        "error: no finding has the code 'dependency_mising'\nhint: did you mean 'dependency_missing'?\n"
    )


def test_what_acts_on_a_screen_is_shown_as_text(console: Console) -> None:
    world = World(store=console.store)  # type: ignore[arg-type]
    publish(world, Plan(raw={"issues/\x1b[31mred\n.json": b"x"}))
    result = console("validate")
    assert "\x1b" not in result.out + result.err
    assert len(result.out.splitlines()) == 1
