"""An issue as a page, and back."""

import pytest
from hypothesis import given

from git_jit.model import Actor, Date, Issue, IssueId, Link, Priority, State, Timestamp
from git_jit.ops import issues
from git_jit.ops.edit import LEAVE, Patch, apply
from git_jit.ops.form import FormInvalid, parse_form, print_form
from git_jit.ops.issues import Draft
from git_jit.record import replace
from git_jit.workflow import Verb
from tests import strategies
from tests.ops.making import get, make, states
from tests.ops.world import World

ISSUE = Issue(
    id=IssueId("a" * 32),
    title="Fix: the parser",
    created_at=Timestamp("2026-01-01T00:00:00.000000Z"),
    description="# Why\n\n---\nBecause.",
    state=State.READY,
    priority=Priority.HIGH,
    assignee=Actor("agent:w-1"),
    labels=("component:parser", "type:bug"),
    dependencies=(IssueId("b" * 32),),
    links=(Link("parent", "c" * 32), Link("relates-to", "d" * 32)),
    due=Date("2027-01-01"),
    estimate=90,
)
PAGE = f"""---
title: Fix: the parser
state: ready
priority: high
assignee: agent:w-1
labels: component:parser, type:bug
depends-on: {"b" * 32}
parent: {"c" * 32}
due: 2027-01-01
defer:
estimate: 90
---
# Why

---
Because.
"""


def test_print() -> None:
    assert print_form(ISSUE) == PAGE


def test_parse() -> None:
    assert parse_form(PAGE) == Patch(
        title="Fix: the parser",
        description="# Why\n\n---\nBecause.",
        state=Verb.READY,
        priority=Priority.HIGH,
        assignee=Actor("agent:w-1"),
        labels=("component:parser", "type:bug"),
        dependencies=("b" * 32,),
        parent="c" * 32,
        due=Date("2027-01-01"),
        defer_until=None,
        estimate=90,
    )


def test_what_the_page_leaves_out_is_left_alone() -> None:
    patch = parse_form("---\r\n# a remark\r\nTitle:  New \r\n\r\n---\r\nText\r\n")
    assert patch == Patch(title="New", description="Text")


def test_every_mistake_is_reported_with_its_line() -> None:
    page = "---\ntitle:\nstate: nowhere\ntitle: x\npriority: urgent\nwhat: x\nno colon\ndue: 2026-02-30\nestimate: -1\n---\n"
    with pytest.raises(FormInvalid) as caught:
        parse_form(page)
    problems = caught.value.details["problems"]
    assert isinstance(problems, list)
    assert [problem["line"] for problem in problems] == [2, 3, 5, 6, 7, 8, 9]
    assert caught.value.message == "line 2: 'title' must not be empty (and 6 more)"


@pytest.mark.parametrize("page", ["", "title: x\n", "---\ntitle: x\n", "text\n---\n---\n"])
def test_a_page_without_a_head_is_refused(page: str) -> None:
    with pytest.raises(FormInvalid, match="must begin with a head"):
        parse_form(page)


@given(strategies.issues())
def test_printing_and_parsing_changes_nothing(issue: Issue) -> None:
    issue = replace(issue, title=issue.title.strip() or "x", estimate=issue.estimate and abs(issue.estimate))
    patch = parse_form(print_form(issue))
    parents = [link for link in issue.links if link.type == "parent"]
    assert (patch.parent is LEAVE) == (len(parents) > 1)
    assert apply(patch, issue) == issue
    assert patch.state == issue.state.value


def test_edit_applies_the_page(tmp_world: World) -> None:
    a = make(tmp_world, "A")
    b = make(tmp_world, "B", a)
    page = print_form(get(tmp_world, b))
    assert issues.edit(tmp_world.store, tmp_world.caller(), b, page).commit is None
    freed = page.replace(f"depends-on: {a}", "depends-on:").replace("title: B", "title: Beta")
    issues.edit(tmp_world.store, tmp_world.caller(), b, freed)
    assert (get(tmp_world, b).title, states(tmp_world, b)) == ("Beta", "ready")


@pytest.fixture
def tmp_world() -> World:
    return World()


def test_a_draft_is_what_the_form_of_its_issue_says(tmp_world: World) -> None:
    report = issues.create(tmp_world.store, tmp_world.caller(), Draft(title="A", description="x\n\n"))
    issue = report.outcomes[0].issue
    assert issue is not None
    assert apply(parse_form(print_form(issue)), issue) == issue
