"""Creating and changing single issues."""

import pytest

from git_jit.canonical import Malformed
from git_jit.changes import FieldChange
from git_jit.config import Config, Namespace
from git_jit.errors import InvalidValue, UsageError
from git_jit.graph import CycleError
from git_jit.model import (
    Actor,
    Date,
    Document,
    GateKey,
    GateStage,
    GateStatus,
    GateVerdict,
    IssueId,
    Link,
    Priority,
    State,
    Timestamp,
)
from git_jit.ops import IssueNotFound, issues
from git_jit.ops.edit import Patch
from git_jit.ops.gate_looks import GateNotFound
from git_jit.ops.issues import Draft
from git_jit.ops.report import VersionConflict
from git_jit.record import replace
from git_jit.templates import template
from git_jit.validate.finding import ValidationFailed
from git_jit.view import Plan
from git_jit.workflow import BadTransition, Blocked, GateFailed, ReasonRequired, ReopenRequired, Verb
from tests.ops.making import define, gate, get, make, publish, states, subject
from tests.ops.world import World


@pytest.fixture
def world() -> World:
    return World()


def test_create_keeps_everything_that_was_asked_for(world: World) -> None:
    define(world, gate("tests"))
    other = make(world, "Other")
    parent = make(world, "Parent")
    report = issues.create(
        world.store,
        world.caller("agent:w-1"),
        Draft(
            title="  Fix the parser ",
            description="One\r\ntwo",
            priority=Priority.HIGH,
            assignee=Actor("human:bo"),
            labels=("type:bug", "component:a", "type:bug"),
            depends_on=(other[:4],),
            parent=parent,
            links=(Link("relates-to", other[:5]),),
            gates=("tests",),
            documents=(Document(path="b.md"), Document(path="a.md")),
            context={"k": "v"},
            due=Date("2027-01-01"),
            defer_until=Date("2026-12-01"),
            estimate=90,
            fields={"points": 3},
            external={"github": "7"},
        ),
    )
    (outcome,) = report.outcomes
    issue = get(world, outcome.id)
    assert issue == outcome.issue
    assert (issue.title, issue.description, issue.state) == ("Fix the parser", "One\ntwo", State.BACKLOG)
    assert (issue.created_by, issue.assignee, issue.priority) == ("agent:w-1", "human:bo", Priority.HIGH)
    assert issue.labels == ("component:a", "type:bug")
    assert issue.dependencies == (other,)
    assert set(issue.links) == {Link("parent", parent), Link("relates-to", other)}
    assert issue.gates == {GateKey("tests"): GateStatus()}
    assert [d.path for d in issue.documents] == ["a.md", "b.md"]
    assert (issue.due, issue.defer_until, issue.estimate) == ("2027-01-01", "2026-12-01", 90)
    assert (issue.context, issue.fields, issue.external) == ({"k": "v"}, {"points": 3}, {"github": "7"})
    assert report.status == 0
    assert subject(world) == f"create: {issue.id[:7]} Fix the parser"


def test_a_new_issue_is_ready_unless_something_blocks_it_or_it_is_parked(world: World) -> None:
    a = make(world, "A")
    b = make(world, "B", a)
    parked = make(world, "P", state=Verb.BACKLOG)
    begun = make(world, "Q", state=Verb.IN_PROGRESS)
    assert states(world, a, b, parked, begun) == "ready backlog backlog in_progress"
    issues.close(world.store, world.caller(), [a])
    assert states(world, a, b, parked) == "done ready backlog"
    assert states(world, make(world, "C", a)) == "ready"


def test_a_blocked_issue_cannot_begin_as_ready(world: World) -> None:
    a = make(world, "A")
    with pytest.raises(Blocked):
        make(world, "B", a, state=Verb.READY)
    with world.store.view() as view:
        assert view.ids() == [a]


def test_what_a_new_issue_blocks_must_wait(world: World) -> None:
    a = make(world, "A")
    report = issues.create(world.store, world.caller(), Draft(title="First", blocks=(a,)))
    assert states(world, a) == "backlog"
    assert [o.id for o in report.consequences] == [a]
    assert report.notes == (f"'{a[:7]}' must wait again",)


@pytest.mark.parametrize(
    ("draft", "error"),
    [
        (Draft(title=" "), InvalidValue),
        (Draft(title="two\nlines"), InvalidValue),
        (Draft(title="x" * 201), InvalidValue),
        (Draft(title="x", labels=("nonsense",)), ValidationFailed),
        (Draft(title="x", assignee=Actor("nobody")), ValidationFailed),
        (Draft(title="x", depends_on=("ffff",)), IssueNotFound),
        (Draft(title="x", depends_on=("ff",)), IssueNotFound),
        (Draft(title="x", parent="ffff"), IssueNotFound),
        (Draft(title="x", gates=("nope",)), GateNotFound),
        (Draft(title="x", fields={"a": 1.5}), (ValidationFailed, Malformed)),  # type: ignore[dict-item]
    ],
)
def test_a_draft_with_a_mistake_writes_nothing(world: World, draft: Draft, error: type[Exception]) -> None:
    with pytest.raises(error):
        issues.create(world.store, world.caller(), draft)
    assert list(world.store.history()) == []


def test_rules_of_the_repository_hold_for_what_changes_but_old_faults_are_not_in_the_way(world: World) -> None:
    a = make(world, "A", labels=("type:bug", "type:task"))
    publish(world, Plan(config=Config(namespaces={"type": Namespace(unique=True)})))
    with pytest.raises(ValidationFailed):
        make(world, "B", labels=("type:bug", "type:task"))
    issues.update(world.store, world.caller(), [a], Patch(title="Still"))
    assert get(world, a).title == "Still"


def test_a_dry_run_says_the_same_and_writes_nothing(world: World) -> None:
    a = make(world, "A")
    b = make(world, "B", a)
    tip = next(iter(world.store.history())).oid
    patch = Patch(state=Verb.DONE, add_labels=("x:y",))
    dry = issues.update(world.store, world.caller(), [a], patch, dry_run=True)
    assert next(iter(world.store.history())).oid == tip
    wet = issues.update(world.store, world.caller(), [a], patch)
    assert (dry.commit, dry.dry_run) == (None, True)
    assert wet.commit is not None
    assert [c.field for c in dry.outcomes[0].changes] == ["closed_at", "labels", "state"]
    assert dry.outcomes[0].changes[1:] == wet.outcomes[0].changes[1:]
    assert [o.id for o in dry.consequences] == [o.id for o in wet.consequences] == [b]
    assert dry.notes == wet.notes == (f"'{b[:7]}' can be worked on now",)


def test_update_of_several_is_one_commit_with_one_outcome_each(world: World) -> None:
    a, b, c = make(world, "A"), make(world, "B", state=Verb.BACKLOG), make(world, "C")
    before = len(list(world.store.history()))
    patch = Patch(priority=Priority.HIGH, state=Verb.IN_PROGRESS)
    report = issues.update(world.store, world.caller(), [c, b[:4], a, c], patch)
    assert [o.id for o in report.outcomes] == [c, b, a]
    assert [o.changed for o in report.outcomes] == [True, False, True]
    assert isinstance(report.outcomes[1].error, BadTransition)
    assert report.status == 1
    assert get(world, b).priority is Priority.NORMAL  # a refused issue stays as it was, in every field
    assert len(list(world.store.history())) == before + 1
    assert subject(world) == "update: 2 issues"


def test_nothing_to_change_is_no_commit(world: World) -> None:
    a = make(world, "A", labels=("x:y",))
    before = len(list(world.store.history()))
    for patch in (Patch(), Patch(add_labels=("x:y",)), Patch(title="A", state=Verb.READY), Patch(labels=("x:y",))):
        report = issues.update(world.store, world.caller(), [a], patch)
        assert (report.commit, report.outcomes[0].changed, report.status) == (None, False, 0)
    assert len(list(world.store.history())) == before


def test_sets_and_maps_change_by_member(world: World) -> None:
    a = make(world, "A", labels=("epic:x", "epic:y", "type:bug"), context={"k": "1", "l": "2"}, fields={"p": 1, "q": 2})
    patch = Patch(
        add_labels=("new:one",),
        remove_labels=("type:bug", "absent:one"),
        set_labels={"epic": "z", "milestone": None},
        context={"k": None, "m": "3"},
        fields={"p": None},
        remove_fields=("q",),
    )
    report = issues.update(world.store, world.caller(), [a], patch)
    issue = get(world, a)
    assert issue.labels == ("epic:z", "new:one")
    assert issue.context == {"l": "2", "m": "3"}
    assert issue.fields == {"p": None}
    assert FieldChange("labels", ["epic:x", "epic:y", "type:bug"], ["epic:z", "new:one"]) in report.outcomes[0].changes


def test_links_parent_and_documents(world: World) -> None:
    a, b, c = make(world, "A"), make(world, "B"), make(world, "C", documents=(Document(path="a"), Document(path="b")))
    issues.update(world.store, world.caller(), [c], Patch(parent=a, add_links=(Link("relates-to", b[:4]),)))
    issues.update(
        world.store,
        world.caller(),
        [c],
        Patch(parent=b, remove_documents=("a",), add_documents=(Document(path="b", label="design"),)),
    )
    assert set(get(world, c).links) == {Link("parent", b), Link("relates-to", b)}
    assert get(world, c).documents == (Document(path="b", label="design"),)
    issues.update(world.store, world.caller(), [c], Patch(parent=None, remove_links=(Link("relates-to", b[:4]),)))
    assert get(world, c).links == ()


def test_a_child_cannot_be_above_its_parent(world: World) -> None:
    a = make(world, "A")
    b = make(world, "B", parent=a)
    c = make(world, "C", parent=b)
    with pytest.raises(CycleError, match="cannot be part of") as caught:
        issues.update(world.store, world.caller(), [a], Patch(parent=c))
    assert caught.value.details["path"] == [a, c, b, a]
    with pytest.raises(CycleError):
        issues.update(world.store, world.caller(), [a], Patch(parent=a))


def test_a_gate_that_is_there_keeps_its_verdict(world: World) -> None:
    define(world, gate("tests"), gate("review"))
    a = make(world, "A", gates=("tests",))
    passed = GateStatus(status=GateVerdict.PASSED)
    publish(world, Plan(issues={a: replace(get(world, a), gates={GateKey("tests"): passed})}))
    issues.update(world.store, world.caller(), [a], Patch(add_gates=("tests", "review")))
    assert get(world, a).gates == {GateKey("review"): GateStatus(), GateKey("tests"): passed}
    issues.update(world.store, world.caller(), [a], Patch(remove_gates=("review",)))
    assert get(world, a).gates == {GateKey("tests"): passed}


def test_if_version_guards_a_single_issue(world: World) -> None:
    a = make(world, "A")
    with world.store.view() as view:
        seen = view.version(a)
    assert seen is not None
    issues.update(world.store, world.caller(), [a], Patch(title="B"), if_version=seen)
    with pytest.raises(VersionConflict) as caught:
        issues.update(world.store, world.caller(), [a], Patch(title="C"), if_version=seen)
    assert (caught.value.code, caught.value.status, caught.value.retryable) == ("version_conflict", 6, False)
    with world.store.view() as view:
        assert caught.value.details == {"id": a, "expected": seen, "actual": view.version(a)}
    with pytest.raises(UsageError):
        issues.close(world.store, world.caller(), [a, make(world, "B")], if_version=seen)


def test_close_reject_archive_reopen(world: World) -> None:
    a, b = make(world, "A"), make(world, "B")
    issues.close(world.store, world.caller(), [a], reason="merged")
    done = get(world, a)
    assert (done.state, done.close_reason) == (State.DONE, "merged")
    assert done.closed_at is not None
    with pytest.raises(ReasonRequired):
        issues.reject(world.store, world.caller(), [b], reason=None)
    issues.reject(world.store, world.caller(), [b], reason="no")
    issues.archive(world.store, world.caller(), [a, b])
    assert states(world, a, b) == "archived archived"
    assert get(world, a) == replace(done, state=State.ARCHIVED)
    with pytest.raises(ReopenRequired):
        issues.update(world.store, world.caller(), [a], Patch(state=Verb.BACKLOG))
    issues.reopen(world.store, world.caller(), [a, b])
    assert states(world, a, b) == "ready ready"
    assert (get(world, a).closed_at, get(world, a).close_reason) == (None, None)


def test_close_stops_at_gated_and_says_why(world: World) -> None:
    define(world, gate("tests"), gate("early", stage=GateStage.PRECHECK))
    a = make(world, "A", gates=("tests",))
    report = issues.close(world.store, world.caller(), [a], reason="r")
    assert states(world, a) == "gated"
    assert isinstance(report.outcomes[0].error, GateFailed)
    assert (report.status, report.commit is not None) == (7, True)
    with pytest.raises(GateFailed, match="'tests' not passed"):
        issues.close(world.store, world.caller(), [a])
    issues.close(world.store, world.caller(), [a], reason="trust me", force=True)
    assert states(world, a) == "done"
    trailers = next(iter(world.store.history())).trailers
    assert (trailers["Jit-Force"], trailers["Jit-Reason"], trailers["Jit-Op"]) == (
        "gates_not_passed",
        "trust me",
        "close",
    )
    b = make(world, "B", gates=("early",))
    with pytest.raises(GateFailed) as caught:
        issues.update(world.store, world.caller(), [b], Patch(state=Verb.IN_PROGRESS))
    assert caught.value.code == "gate_pending"


def test_reopening_demotes_what_was_ready(world: World) -> None:
    a = make(world, "A")
    b, c = make(world, "B", a), make(world, "C", a)
    issues.close(world.store, world.caller(), [a])
    issues.update(world.store, world.caller(), [c], Patch(state=Verb.IN_PROGRESS))
    report = issues.reopen(world.store, world.caller(), [a])
    assert states(world, a, b, c) == "ready backlog in_progress"
    assert report.notes == (f"'{b[:7]}' must wait again",)


def test_closing_a_chain_in_any_order(world: World) -> None:
    a = make(world, "A")
    b = make(world, "B", a)
    c = make(world, "C", b)
    report = issues.close(world.store, world.caller(), [c, a, b])
    assert report.status == 0
    assert states(world, a, b, c) == "done done done"
    assert report.consequences == ()


def test_who_asks_for_backlog_gets_backlog(world: World) -> None:
    a = make(world, "A")
    b = make(world, "B", a)
    issues.update(world.store, world.caller(), [b], Patch(state=Verb.BACKLOG, remove_dependencies=(a,)))
    assert states(world, b) == "backlog"


def test_assign_and_unassign(world: World) -> None:
    a = make(world, "A")
    issues.assign(world.store, world.caller(), [a], Actor("agent:w-1"))
    assert get(world, a).assignee == "agent:w-1"
    issues.unassign(world.store, world.caller(), [a])
    assert get(world, a).assignee is None


def test_an_unknown_id_refuses_the_whole_command(world: World) -> None:
    a = make(world, "A")
    with pytest.raises(IssueNotFound):
        issues.close(world.store, world.caller(), [a, "ffff"])
    assert states(world, a) == "ready"


def test_a_faster_writer_makes_the_plan_run_again(world: World) -> None:
    a = make(world, "A")
    b = make(world, "B", a)

    class Raced:
        """The store, with another writer who comes in between view and commit, once."""

        def __init__(self) -> None:
            self.first = True

        def __getattr__(self, name: str) -> object:
            return getattr(world.store, name)

        def commit(self, plan: Plan, **rest: object) -> object:
            if self.first:
                self.first = False
                issues.close(world.store, world.caller("agent:other"), [a])
            return world.store.commit(plan, **rest)  # type: ignore[arg-type]

    report = issues.update(Raced(), world.caller(), [b], Patch(priority=Priority.LOW))  # type: ignore[arg-type]
    assert report.outcomes[0].issue == get(world, b)
    assert (get(world, b).state, get(world, b).priority) == (State.READY, Priority.LOW)


def test_nothing_of_an_issue_is_lost_by_an_edit(world: World) -> None:
    a = make(world, "A", fields={"x": [1, {"y": None}]}, external={"s": "1"})
    kept = replace(get(world, a), extra={"future": {"k": 1}})
    publish(world, Plan(issues={a: kept}))
    issues.update(world.store, world.caller(), [a], Patch(title="B"))
    assert get(world, a) == replace(kept, title="B")


def test_the_clock_is_the_callers(world: World) -> None:
    caller = replace(world.caller(), now=Timestamp("2031-01-01T00:00:00.000000Z"))
    report = issues.create(world.store, caller, Draft(title="A"))
    issue = report.outcomes[0].issue
    assert issue is not None
    assert issue.created_at == "2031-01-01T00:00:00.000000Z"
    assert IssueId(issue.id) == report.outcomes[0].id


def test_an_issue_without_a_type_is_of_the_default_type(world: World) -> None:
    publish(world, Plan(config=template("default")))

    bare = make(world, "one", labels=("epic:a",))
    said = make(world, "two", labels=("type:bug",))

    assert [get(world, id).labels for id in (bare, said)] == [("epic:a", "type:task"), ("type:bug",)]
