"""What `diff` prints, and that nothing foreign in it can act."""

import json

import pytest

from git_jit.cli.differing import cell
from git_jit.model import Oid
from git_jit.ops.differing import named_by
from git_jit.store.codelog import CodeCommit
from git_jit.view import Plan
from tests.cli.console import Console
from tests.store.making import message

EVIL = "::error::x\x1b[2J <b>|`@ada"


def change(house: Console) -> None:
    """Everything that a step can be, on one issue, and others."""
    house.ok(
        "update", "01ab", "-s", "in_progress", "-a", "none", "--label", "sprint:current", "--remove-label", "part:door"
    )
    house.ok("update", "02ab", "--title", "The wall", "--due", "2026-12-01", "--estimate", "90", "-d", "One coat.")
    house.ok("comment", "01ab", "Begun.")
    house.created("Fence", "--depends-on", "01ab", "-p", "high")
    house.ok("issue", "delete", "03ab")


def test_a_line_for_each_issue(house: Console) -> None:
    change(house)
    status, out, err = house("diff", "HEAD~5..HEAD")
    assert (status, out.splitlines()) == (
        0,
        [
            (
                "01abcde  state ready → in_progress   assignee agent:worker-1 → none   +label sprint:current   -label part:door   "
                "+comment by human:ada-lovelace   (Repair the door)"
            ),
            (
                '02abcde  title "Paint the wall" → "The wall"   due none → 2026-12-01   estimate none → 90   '
                "description +1 -2 lines"
            ),
            "03abcde  deleted   (Mend the roof)",
            "04abcde  created   state backlog   priority high   +dep 01abcde   (Fence)",
        ],
    )
    assert err.endswith(": 4 issues: 1 created, 2 updated, 1 deleted; 1 comment\n")


def test_the_same_change_of_several_issues_is_one_line(house: Console) -> None:
    for number in range(12):
        house.created(f"Board {number}")
    house.ok("issue", "bulk-update", "--filter", "title:Board", "--priority", "high")
    house.ok("update", "01ab", "--estimate", "5")
    out = house.ok("diff", "HEAD~2").splitlines()
    assert out == [
        "13 issues: 13 updated",
        "     12  priority normal → high",
        "      1  estimate none → 5",
        "",
        "12 issues: priority normal → high   (04abcde 05abcde 06abcde 07abcde 08abcde 09abcde 10abcde 11abcde and 4 more)",
        "01abcde  estimate none → 5   (Repair the door)",
    ]
    each = house.ok("diff", "HEAD~2", "--each").splitlines()
    assert len(each) == 4 + 13
    assert each[-1] == "15abcde  priority normal → high   (Board 11)"


def test_json_has_everything_whole(house: Console) -> None:
    change(house)
    data = house("diff", "HEAD~5..HEAD", "--json").data
    assert data == house("diff", "HEAD~5..HEAD", "--format", "json").data
    assert data["counts"] == {"created": 1, "updated": 2, "deleted": 1, "comments": 1, "files": 0}
    wall = data["issues"][1]
    assert wall["fields"]["description"] == {"old": ["Two coats.", "Of *paint*."], "new": ["One coat."]}
    assert {"issues": 1, "change": "deleted", "field": None, "ways": 1, "ids": [data["issues"][2]["id"]]} in data[
        "summary"
    ]


def test_nothing_foreign_acts(jit: Console) -> None:
    jit.store.commit(Plan(raw={"::error::x/y": b"{}"}), base=jit.store.view().base, message=message())
    jit.created("harmless")
    id = jit("list", "--json").data[0]["id"]
    document = json.loads(jit.store.blob_at("HEAD", f"issues/{id[:2]}/{id}.json") or b"")
    blob = json.dumps({**document, "title": EVIL, "assignee": EVIL}).encode()
    jit.store.commit(Plan(raw={f"issues/{id[:2]}/{id}.json": blob}), base=jit.store.view().base, message=message())
    for form in ("text", "markdown", "github"):
        out = jit.ok("diff", "HEAD~3..HEAD", "--format", form)
        assert "\x1b" not in out
    assert "| &lt;b&gt;" not in out
    markdown = jit.ok("diff", "HEAD~1", "--format", "markdown")
    assert "<b>" not in markdown
    assert "@ada" not in markdown
    lines = jit.ok("diff", "HEAD~3..HEAD", "--format", "github").splitlines()
    begin = next(n for n, line in enumerate(lines) if line.startswith("::stop-commands::"))
    guard = lines[begin].removeprefix("::stop-commands::")
    assert lines[-2:] == [f"::{guard}::", "::endgroup::"]
    assert [line for line in lines[:begin] if line.startswith("::")] == lines[:begin]
    assert lines[:begin][0].startswith("::notice title=Issues::")
    assert not any(line.startswith("::error") for line in lines[:begin])


def test_cells_of_a_table_hold_text_only() -> None:
    assert cell("a|b <i> @x [y](z) `c`") == "a\\|b &lt;i\\> &#64;x \\[y\\]\\(z\\) \\`c\\`"


@pytest.mark.parametrize(
    ("words", "code", "status"),
    [
        ([], "nothing_published", 3),
        (["nowhere..HEAD"], "unknown_revision", 3),
        (["HEAD", "--code", "a..b"], "usage", 129),
        (["--format", "pdf"], "usage", 129),
    ],
)
def test_what_cannot_be_compared_says_why(house: Console, words: list[str], code: str, status: int) -> None:
    refused = house("diff", *words, "--json")
    assert (refused.status, refused.error["code"]) == (status, code)


def test_the_exit_code_tells_when_asked(house: Console) -> None:
    assert house("diff", "HEAD~1..HEAD").status == 0
    assert house("diff", "HEAD~1..HEAD", "--exit-code").status == 1
    assert house("diff", "HEAD..HEAD", "--exit-code") == (0, "", house("diff", "HEAD..HEAD").err)


def test_code_names_issues(house: Console) -> None:
    commits = [
        CodeCommit(Oid("1" * 40), "Begin\n\nJit: 02ab\n"),
        CodeCommit(Oid("2" * 40), "End\n\nCloses-Jit: 02abc, 9999\n"),
    ]
    found = [named.to_json() for named in named_by(house.store, commits)]
    assert found == [
        {
            "text": "02ab",
            "id": f"02abcdef{'0' * 24}",
            "title": "Paint the wall",
            "state": "backlog",
            "closes": True,
            "commits": ["1" * 40, "2" * 40],
            "problem": None,
        },
        {
            "text": "9999",
            "id": None,
            "title": None,
            "state": None,
            "closes": True,
            "commits": ["2" * 40],
            "problem": "no issue '9999'",
        },
    ]
    assert house("diff", "--code", "a..b") == (0, "", "these commits name no issue\n")
