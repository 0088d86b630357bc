import pytest

from git_jit.config import Config
from git_jit.model import Comment, Gate, GateKey, GateStatus, GateVerdict, Issue, State
from git_jit.paths import issue_path
from git_jit.validate import repository_rules
from git_jit.validate.census import Census, census_of
from git_jit.validate.finding import Finding
from tests.validate.tree import census, id_of, issue, link, said, tree

TYPES = Config(types={"milestone": 1, "epic": 2, "task": 3, "bug": 3}, membership={"epic": "epic"})


def all_of(made: Census) -> list[Finding]:
    rules = (
        repository_rules.hierarchy,
        repository_rules.orphans,
        repository_rules.states,
        repository_rules.verdicts,
    )
    return [each for rule in rules for each in rule(made)]


def typed(number: int, type_: str, *parents: int, **fields: object) -> Issue:
    links = tuple(link("parent", parent) for parent in parents)
    return issue(number, labels=(f"type:{type_}",), links=links, **fields)


def gated(state: State, verdict: GateVerdict) -> Issue:
    return issue(1, state=state, gates={GateKey("tests"): GateStatus(status=verdict)})


READY, DONE, WORKING = State.READY, State.DONE, State.IN_PROGRESS


@pytest.mark.parametrize(
    "values",
    [
        [],
        [typed(1, "task"), typed(2, "milestone", 1)],  # without levels anything goes
        [TYPES, typed(1, "epic"), typed(2, "task", 1), typed(3, "task", 1)],
        [TYPES, typed(1, "milestone"), typed(2, "story", 1), typed(3, "task", 2), issue(4, links=(link("parent", 3),))],
        [TYPES, issue(1, labels=("epic:a", "type:task")), typed(2, "task", state=DONE), typed(3, "epic"), issue(4)],
        [issue(1, state=DONE), issue(2, 1, state=READY), issue(3, 2), issue(4, 2, state=State.REJECTED)],
        [gated(DONE, GateVerdict.PASSED)],
        [gated(READY, GateVerdict.FAILED)],
        [gated(State.REJECTED, GateVerdict.FAILED)],
    ],
)
def test_what_keeps_the_rules_has_no_finding(values: list[Issue | Comment | Gate | Config]) -> None:
    assert all_of(census(*values)) == []


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (
            [TYPES, typed(1, "task", 2), typed(2, "epic", 1)],
            [("type_hierarchy", "#2", "is of type 'epic', but its parent '0000001' is of type 'task'")],
        ),
        (
            [TYPES, typed(1, "task", 2), typed(2, "bug", 3), typed(3, "epic")],
            [("type_hierarchy", "#1", "is of type 'task', but its parent '0000002' is of type 'bug'")],
        ),
        ([TYPES, typed(1, "task")], [("orphan_leaf", "#1", "is of type 'task' and belongs to nothing")]),
        ([issue(1), issue(2, 1, state=READY)], [("ready_but_blocked", "#2", "is ready, but waits for '0000001'")]),
        (
            [issue(1), issue(2, 1, state=WORKING), issue(3, 1, state=State.GATED)],
            [
                ("in_progress_but_blocked", "#2", "is in_progress, but waits for '0000001'"),
                ("in_progress_but_blocked", "#3", "is gated, but waits for '0000001'"),
            ],
        ),
        ([issue(1), issue(2, 1, state=DONE)], [("done_but_blocked", "#2", "is done, but waits for '0000001'")]),
        (
            [gated(DONE, GateVerdict.FAILED)],
            [("done_but_gates_open", "#1", "is done, but the gate 'tests' is failed")],
        ),
    ],
)
def test_each_rule_names_what_does_not_fit(
    values: list[Issue | Comment | Gate | Config], expected: list[tuple[str, str, str]]
) -> None:
    assert said(all_of(census(*values))) == expected


def test_only_what_the_workflow_does_by_itself_is_mended() -> None:
    blocked = [issue(2, 1, state=READY), issue(3, 1, state=WORKING), issue(4, 1, state=DONE)]
    found = all_of(census(issue(1), *blocked))
    assert [each.fix and (each.fix.kind, each.fix.summary) for each in found] == [
        ("demoted", "move it to backlog"),
        None,
        None,
    ]
    assert found[0].fix
    assert found[0].fix.change
    assert found[0].fix.change(blocked[0]) == issue(2, 1)
    assert found[0].fix.change(blocked[1]) == blocked[1]


def test_a_blocker_that_cannot_be_read_counts_as_open() -> None:
    made = tree(issue(2, 1, state=READY), **{issue_path(id_of(1)): b"{"})
    assert [each.code for each in all_of(census_of(made.view(), made.blobs))] == ["ready_but_blocked"]


def test_hints_name_the_namespace_to_belong_by() -> None:
    (found,) = all_of(census(TYPES, typed(1, "task")))
    assert found.hint == "'git jit update 0000001 --parent ID' or 'git jit label add 0000001 epic:…'"
