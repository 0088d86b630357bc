"""Bulk changes: the whole report, the same rules as single changes, dry run and real run alike."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from git_jit.errors import JitError
from git_jit.model import PRIORITIES, Actor, GateKey, GateStatus, GateVerdict, IssueId, Link, State
from git_jit.ops import deps, issues
from git_jit.ops.bulk import BulkReport, NeedsFilter, bulk_delete, bulk_update
from git_jit.ops.edit import Patch
from git_jit.ops.removal import MANY
from git_jit.query import QuerySyntax
from git_jit.record import replace
from git_jit.store import issue_path
from git_jit.view import Plan
from git_jit.workflow import Verb
from tests.ops.damage import plant
from tests.ops.making import define, gate, get, make, publish, states, subject
from tests.ops.world import World

EPIC = "label:epic:phase5.2"


@pytest.fixture
def world() -> World:
    return World()


def tip(world: World) -> str:
    return next(iter(world.store.history())).oid


def phase(world: World) -> list[IssueId]:
    """Five of an epic: three parked, one ready, one blocked; and one of no epic."""
    blocker = make(world, "Blocker")
    ids = [make(world, f"Parked {n}", state=Verb.BACKLOG, labels=("epic:phase5.2",)) for n in range(3)]
    ids += [make(world, "Ready", labels=("epic:phase5.2",)), make(world, "Blocked", blocker, labels=("epic:phase5.2",))]
    return ids


def test_the_whole_report(world: World) -> None:
    p1, p2, p3, ready, blocked = phase(world)
    report = bulk_update(world.store, world.caller(), EPIC, Patch(state=Verb.READY))
    assert report.to_json() == {
        "operation": "bulk-update",
        "filter": EPIC,
        "changes": {"state": "ready"},
        "matched": 5,
        "modified": 3,
        "skipped": 1,
        "errors": [
            {
                "id": blocked,
                "code": "blocked",
                "message": f"'{blocked[:7]}' waits for '0001000'",
                "hint": f"'git jit dep why {blocked[:7]}' shows what to do first",
            }
        ],
        "issue_ids": [p3, p2, p1],
        "skipped_issues": [{"id": ready, "reason": "nothing to change"}],
        "dry_run": False,
        "commit": tip(world),
    }
    assert report.status == 1
    assert subject(world) == "bulk-update: 3 issues to ready"
    trailers = next(iter(world.store.history())).trailers
    assert (trailers["Jit-Op"], trailers["Jit-Filter"], trailers["Jit-Actor"]) == ("bulk-update", EPIC, "human:ada")
    assert len(list(world.store.history())) == 7


def test_a_dry_run_is_the_same_report_with_the_difference_and_no_commit(world: World) -> None:
    p1, p2, p3, *_ = phase(world)
    before = tip(world)
    dry = bulk_update(world.store, world.caller(), EPIC, Patch(state=Verb.READY), dry_run=True)
    assert tip(world) == before
    data = dry.to_json()
    change = {"state": {"old": "backlog", "new": "ready"}}
    assert data.pop("diff") == {p3: change, p2: change, p1: change}
    wet = bulk_update(world.store, world.caller(), EPIC, Patch(state=Verb.READY))
    assert {**data, "dry_run": False, "commit": tip(world)} == wet.to_json()
    assert wet.diff == dry.diff


def test_atomic_is_all_or_nothing(world: World) -> None:
    *free, blocked = phase(world)
    before = tip(world)
    report = bulk_update(world.store, world.caller(), EPIC, Patch(state=Verb.READY), atomic=True)
    assert (report.modified, report.commit, tip(world)) == ((), None, before)
    assert [refusal.id for refusal in report.errors] == [blocked]
    assert [id for id, _ in report.skipped] == free[::-1]
    assert report.matched == len(report.skipped) + len(report.errors)
    assert states(world, *free) == "backlog backlog backlog ready"
    fine = bulk_update(world.store, world.caller(), f"{EPIC} -is:blocked", Patch(state=Verb.READY), atomic=True)
    assert len(fine.modified) == 3


def test_nothing_matches(world: World) -> None:
    make(world, "A")
    before = tip(world)
    report = bulk_update(world.store, world.caller(), "label:no:such", Patch(state=Verb.READY))
    assert (report.matched, report.status, report.commit, tip(world)) == (0, 0, None, before)


def test_an_empty_filter_needs_all(world: World) -> None:
    a = make(world, "A")
    for blank in ("", "  "):
        with pytest.raises(NeedsFilter):
            bulk_update(world.store, world.caller(), blank, Patch(state=Verb.DONE))
    with pytest.raises(QuerySyntax):
        bulk_update(world.store, world.caller(), "nonsense:", Patch(state=Verb.DONE), all=True)
    assert bulk_update(world.store, world.caller(), "", Patch(state=Verb.DONE), all=True).modified == (a,)


def test_a_chain_closes_in_one_go_and_promotes_what_is_outside(world: World) -> None:
    a = make(world, "A", labels=("x:y",))
    b = make(world, "B", a, labels=("x:y",))
    c = make(world, "C", b, labels=("x:y",))
    outside = make(world, "D", c)
    report = bulk_update(world.store, world.caller(), "label:x:y", Patch(state=Verb.DONE))
    assert (set(report.modified), report.errors) == ({a, b, c}, ())
    assert states(world, a, b, c, outside) == "done done done ready"
    assert report.notes == (f"'{outside[:7]}' can be worked on now",)
    assert set(report.diff) == {a, b, c, outside}


def test_an_issue_that_stops_at_gated_is_modified_and_in_error(world: World) -> None:
    define(world, gate("tests"))
    a = make(world, "A", gates=("tests",))
    report = bulk_update(world.store, world.caller(), "", Patch(state=Verb.DONE), all=True)
    assert (report.modified, [(e.id, e.error.code) for e in report.errors]) == ((a,), [(a, "gates_not_passed")])
    assert (states(world, a), report.status) == ("gated", 1)


def test_setters_replace_the_label_of_their_namespace(world: World) -> None:
    a = make(world, "A", labels=("milestone:v1", "milestone:v2", "type:bug"))
    patch = Patch(set_labels={"milestone": "v3", "epic": "e"}, assignee=Actor("agent:w-1"))
    report = bulk_update(world.store, world.caller(), "type:bug", patch)
    assert get(world, a).labels == ("epic:e", "milestone:v3", "type:bug")
    assert report.changes == {"set_labels": {"milestone": "v3", "epic": "e"}, "assignee": "agent:w-1"}
    assert subject(world) == "bulk-update: 1 issue (assignee, milestone, epic)"


def test_none_clears(world: World) -> None:
    a = make(world, "A", assignee=Actor("human:bo"), estimate=5)
    report = bulk_update(world.store, world.caller(), "assignee:human:bo", Patch(assignee=None, estimate=None))
    assert (get(world, a).assignee, get(world, a).estimate) == (None, None)
    assert report.changes == {"assignee": None, "estimate": None}


def test_forced_with_a_reason_is_recorded(world: World) -> None:
    a = make(world, "A")
    b = make(world, "B", a)
    assert bulk_update(world.store, world.caller(), "title:B", Patch(state=Verb.DONE), force=True).errors
    bulk_update(world.store, world.caller(), "title:B", Patch(state=Verb.DONE), force=True, reason="demo")
    assert states(world, a, b) == "ready done"
    trailers = next(iter(world.store.history())).trailers
    assert (trailers["Jit-Force"], trailers["Jit-Reason"]) == ("bad_transition, blocked", "demo")


def test_a_filter_says_that_there_may_be_more_than_it_could_ask(world: World) -> None:
    a, b = make(world, "A", labels=("x:y",)), make(world, "B", labels=("x:y",))
    plant(world, {issue_path(b): b"{"})
    told = ("1 file cannot be read; 'git jit validate' names it",)
    updated = bulk_update(world.store, world.caller(), "label:x:y", Patch(priority=PRIORITIES[0]))
    deleted = bulk_delete(world.store, world.caller(), "label:x:y")
    assert [(report.modified, report.notes) for report in (updated, deleted)] == [((a,), told)] * 2


def test_bulk_delete(world: World) -> None:
    a = make(world, "A", labels=("x:y",))
    b = make(world, "B", a, labels=("x:y",))
    c = make(world, "C", labels=("x:y",))
    d = make(world, "D", c)
    dry = bulk_delete(world.store, world.caller(), "label:x:y", dry_run=True)
    report = bulk_delete(world.store, world.caller(), "label:x:y")
    assert set(dry.modified) == set(report.modified) == {a, b}
    assert [(e.id, e.error.code) for e in report.errors] == [(c, "has_dependents")]
    assert subject(world) == "bulk-delete: 2 issues"
    with world.store.view() as view:
        assert view.ids() == [c, d]


@pytest.mark.parametrize("count", [MANY - 1, MANY, MANY + 1])
def test_links_to_what_many_deletions_take_are_removed(world: World, count: int) -> None:
    gone = [make(world, str(n), labels=("x:y",)) for n in range(count)]
    stays = make(world, "Stays")
    child = make(world, "Child", parent=gone[0], links=(Link("relates-to", gone[-1]), Link("relates-to", stays)))
    report = bulk_delete(world.store, world.caller(), "label:x:y")
    assert get(world, child).links == (Link("relates-to", stays),)
    assert report.notes == (f"'{child[:7]}' is not linked to '{gone[0][:7]}', '{gone[-1][:7]}' any more",)


def test_a_chain_of_a_thousand_is_one_commit(world: World) -> None:
    first = get(world, make(world, "First"))
    ids = [first.id, *(IssueId(f"{n:032x}") for n in range(1000))]
    later = [replace(first, id=b, state=State.BACKLOG, dependencies=(a,)) for a, b in pairwise(ids)]
    publish(world, Plan(issues={issue.id: issue for issue in later}))
    report = bulk_update(world.store, world.caller(), "", Patch(state=Verb.DONE), all=True)
    assert (len(report.modified), report.errors, len(list(world.store.history()))) == (1001, (), 3)


PATCHES = st.builds(
    Patch,
    state=st.sampled_from(list(Verb)),
    priority=st.sampled_from(PRIORITIES),
    add_labels=st.sampled_from([(), ("x:y",), ("wrong",)]),
    add_dependencies=st.sampled_from([(), (f"0001{'0' * 28}",), (f"0004{'0' * 28}",)]),
)


def small_world() -> tuple[World, list[IssueId]]:
    world = World()
    define(world, gate("tests"))
    a = make(world, "A")
    b = make(world, "B", a)
    c = make(world, "C", gates=("tests",))
    d = make(world, "D", b, state=Verb.BACKLOG)
    e = make(world, "E", state=Verb.IN_PROGRESS, gates=("tests",))
    publish(
        world, Plan(issues={e: replace(get(world, e), gates={GateKey("tests"): GateStatus(status=GateVerdict.PASSED)})})
    )
    f = make(world, "F")
    issues.reject(world.store, world.caller(), [f], reason="no")
    return world, [a, b, c, d, e, f]


@settings(max_examples=60)
@given(
    patch=PATCHES,
    which=st.integers(0, 5),
    reopen=st.booleans(),
    reason=st.sampled_from([None, "so"]),
    force=st.booleans(),
)
def test_bulk_of_one_is_a_single_update(
    patch: Patch, which: int, reopen: bool, reason: str | None, force: bool
) -> None:
    singly, ids = small_world()
    in_bulk, _ = small_world()
    error = None
    try:
        single = issues.update(
            singly.store, singly.caller(), [ids[which]], patch, reason=reason, reopen=reopen, force=force
        )
        error = single.outcomes[0].error
    except JitError as raised:
        error = raised
    bulk = bulk_update(
        in_bulk.store, in_bulk.caller(), f"id:{ids[which]}", patch, reason=reason, reopen=reopen, force=force
    )
    assert [get(singly, id) for id in ids] == [get(in_bulk, id) for id in ids]
    assert [str(e.error) for e in bulk.errors] == ([str(error)] if error else [])


@settings(max_examples=40)
@given(patch=PATCHES, force=st.booleans(), atomic=st.booleans(), delete=st.booleans())
def test_a_dry_run_and_the_real_run_agree(patch: Patch, force: bool, atomic: bool, delete: bool) -> None:
    world, ids = small_world()

    def run(dry_run: bool) -> BulkReport:
        if delete:
            return bulk_delete(world.store, caller, "-title:A", force=force, atomic=atomic, reason="x", dry_run=dry_run)
        return bulk_update(
            world.store, caller, "-title:A", patch, force=force, atomic=atomic, reason="x", dry_run=dry_run
        )

    caller = world.caller()
    with world.store.view() as view:
        before = {id: view.issue(id) for id in ids}
    dry, wet = run(dry_run=True), run(dry_run=False)
    assert replace(wet, dry_run=True, commit=None, errors=()) == replace(dry, errors=())
    assert [(e.id, str(e.error)) for e in wet.errors] == [(e.id, str(e.error)) for e in dry.errors]
    with world.store.view() as view:
        changed = {id for id in ids if view.issue(id) != before[id]}
    assert changed == set(dry.diff)


def test_dependencies_can_be_set_in_bulk_and_cycles_are_refused_one_by_one(world: World) -> None:
    a, b, c = (make(world, title) for title in "ABC")
    deps.add(world.store, world.caller(), [a], [b])
    report = bulk_update(world.store, world.caller(), "", Patch(add_dependencies=(a[:4],)), all=True)
    assert {e.id: e.error.code for e in report.errors} == {a: "cycle", b: "cycle"}
    assert report.modified == (c,)
