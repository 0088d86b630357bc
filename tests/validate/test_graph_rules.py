from collections.abc import Iterable

import pytest

from git_jit.model import Issue, State
from git_jit.record import replace
from git_jit.validate import graph_rules
from git_jit.validate.finding import Finding
from tests.validate.tree import census, id_of, issue, link, said


def all_of(*issues: Issue) -> list[Finding]:
    made = census(*issues)
    rules = (
        graph_rules.self_references,
        graph_rules.dependency_cycles,
        graph_rules.parent_cycles,
        graph_rules.redundant_dependencies,
    )
    return [each for rule in rules for each in rule(made)]


def part(number: int, *parents: int) -> Issue:
    return issue(number, links=tuple(link("parent", parent) for parent in parents))


@pytest.mark.parametrize(
    "issues",
    [
        [],
        [issue(1), issue(2, 1), issue(3, 2)],
        [issue(1), issue(2, 1), issue(3, 1), issue(4, 2, 3)],
        [issue(1, 9), part(2, 1), part(3, 1, 2)],
    ],
)
def test_a_sound_graph_has_no_finding(issues: list[Issue]) -> None:
    assert all_of(*issues) == []


@pytest.mark.parametrize(
    ("issues", "expected"),
    [
        ([issue(1, 1)], [("self_reference", "#1", "waits for itself")]),
        (
            [issue(1, links=(link("relates-to", 1),))],
            [("self_reference", "#1", "has a link 'relates-to' to itself")],
        ),
        ([part(1, 1)], [("self_reference", "#1", "has a link 'parent' to itself")]),
        (
            [issue(1, 2), issue(2, 1)],
            [("cycle", "#2", "wait for each other: 0000002 -> 0000001 -> 0000002")],
        ),
        (
            [issue(1, 3), issue(2, 1), issue(3, 2), issue(4, 3)],
            [("cycle", "#3", "wait for each other: 0000003 -> 0000002 -> 0000001 -> 0000003")],
        ),
        (
            [issue(1, 2), issue(2, 1), issue(3, 4), issue(4, 3)],
            [
                ("cycle", "#2", "wait for each other: 0000002 -> 0000001 -> 0000002"),
                ("cycle", "#4", "wait for each other: 0000004 -> 0000003 -> 0000004"),
            ],
        ),
        (
            [part(1, 2), part(2, 3), part(3, 1)],
            [("parent_cycle", "#3", "are parts of each other: 0000003 -> 0000001 -> 0000002 -> 0000003")],
        ),
        (
            [issue(1), issue(2, 1), issue(3, 1, 2)],
            [("redundant_dependency", "#3", "waits for '0000001' through others as well")],
        ),
    ],
)
def test_each_rule_names_what_is_wrong(issues: list[Issue], expected: list[tuple[str, str, str]]) -> None:
    assert said(all_of(*issues)) == expected


def test_age_decides_which_edge_of_a_circle_goes_and_then_the_id() -> None:
    old, young = issue(1, 2), issue(2, 1)
    assert [each.subject for each in all_of(old, young)] == [young.id]
    swapped = replace(old, created_at=young.created_at), replace(young, created_at=old.created_at)
    assert [each.subject for each in all_of(*swapped)] == [old.id]
    twins = old, replace(young, created_at=old.created_at)
    assert [each.subject for each in all_of(*twins)] == [young.id]


@pytest.mark.parametrize(
    ("before", "others", "kind", "summary", "after"),
    [
        (
            issue(2, 1, 2),
            [issue(1)],
            "self_reference_removed",
            "remove the dependency on itself",
            issue(2, 1),
        ),
        (
            part(2, 1, 2),
            [issue(1)],
            "self_reference_removed",
            "remove the link 'parent' to itself",
            part(2, 1),
        ),
        (
            issue(2, 1, 3),
            [issue(1, 2), issue(3)],
            "cycle_opened",
            "set aside the edge from '0000002', created last in the circle, to '0000001'",
            replace(issue(2, 3), unresolved=(link("depends-on", 1),)),
        ),
        (
            part(2, 1),
            [part(1, 2)],
            "parent_cycle_opened",
            "set aside the parent link from '0000002', created last in the circle, to '0000001'",
            replace(issue(2), unresolved=(link("parent", 1),)),
        ),
        (
            issue(3, 1, 2),
            [issue(1), issue(2, 1)],
            "redundant_removed",
            "remove the edge to '0000001'",
            issue(3, 2),
        ),
    ],
)
def test_each_fix_takes_one_reference_and_loses_none_that_means_something(
    before: Issue, others: Iterable[Issue], kind: str, summary: str, after: Issue
) -> None:
    (found,) = all_of(before, *others)
    assert found.subject == before.id
    assert found.fix is not None
    assert found.fix.change is not None
    assert (found.fix.kind, found.fix.summary) == (kind, summary)
    assert found.fix.change(before) == after
    assert found.fix.change(after) == after


def test_what_newer_programs_noted_on_a_link_goes_where_the_link_goes() -> None:
    note = {f"parent {id_of(1)}": {"note": "x"}, f"parent {id_of(7)}": {"note": "y"}}
    before = replace(part(2, 1, 7), extra={"links": note})
    (found,) = all_of(before, part(1, 2), issue(7))
    assert found.fix is not None
    assert found.fix.change is not None
    assert found.fix.change(before).extra == {
        "links": {f"parent {id_of(7)}": {"note": "y"}},
        "unresolved": {f"parent {id_of(1)}": {"note": "x"}},
    }


@pytest.mark.parametrize("between", [State.DONE, State.REJECTED, State.ARCHIVED])
def test_an_edge_is_needed_when_what_lies_between_is_finished(between: State) -> None:
    """Without it, the third would be free though the first is open."""
    assert all_of(issue(1), issue(2, 1, state=between), issue(3, 1, 2)) == []


def test_what_waits_for_a_circle_is_judged_when_it_is_open() -> None:
    """The way through the circle may be the one that goes."""
    found = all_of(issue(1, 2), issue(2, 1), issue(3, 1, 2), issue(5), issue(6, 5), issue(7, 5, 6))
    assert [(each.code, each.subject) for each in found] == [
        ("cycle", id_of(2)),
        ("redundant_dependency", id_of(7)),
    ]
