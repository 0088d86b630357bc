"""Deleting issues, and bringing them back."""

import pytest

from git_jit.graph import CycleError
from git_jit.model import IssueId, Link, Priority
from git_jit.ops import IssueNotFound, comments, deps, issues
from git_jit.ops.bulk import bulk_delete
from git_jit.ops.edit import Patch
from git_jit.ops.removal import HasDependents, NotDeleted, delete, restore
from git_jit.ops.report import change_json
from git_jit.store import issue_path
from git_jit.view import Plan
from git_jit.workflow import ReasonRequired, Verb
from tests.ops.making import get, make, publish, states, subject
from tests.ops.world import World


@pytest.fixture
def world() -> World:
    return World()


def test_delete_takes_the_issue_its_comments_and_links_to_it(world: World) -> None:
    a = make(world, "A")
    child = make(world, "Child", parent=a, links=(Link("relates-to", a),))
    comments.add(world.store, world.caller(), a, "hello")
    report = delete(world.store, world.caller(), [a])
    assert subject(world) == f"delete: {a[:7]} deleted"
    assert report.outcomes[0].issue is None
    assert report.notes == (f"'{child[:7]}' is not linked to '{a[:7]}' any more",)
    with world.store.view() as view:
        assert (view.ids(), view.comments(a)) == ([child], ())
    assert get(world, child).links == ()


def test_what_a_deletion_takes_is_shown(world: World) -> None:
    a = make(world, "A", labels=("x:y",))
    report = delete(world.store, world.caller(), [a], dry_run=True)
    created = get(world, a).created_at
    assert change_json(report.outcomes[0].changes) == {
        "created_at": {"old": created, "new": None},
        "created_by": {"old": "human:ada", "new": None},
        "labels": {"old": ["x:y"], "new": None},
        "priority": {"old": "normal", "new": None},
        "state": {"old": "ready", "new": None},
        "title": {"old": "A", "new": None},
    }


def test_delete_is_refused_while_others_wait_unless_forced_with_a_reason(world: World) -> None:
    a = make(world, "A")
    b = make(world, "B", a)
    with pytest.raises(HasDependents, match="is waited for by 1 other issue") as caught:
        delete(world.store, world.caller(), [a])
    assert caught.value.details == {"id": a, "dependents": [b]}
    with pytest.raises(ReasonRequired):
        delete(world.store, world.caller(), [a], force=True)
    report = delete(world.store, world.caller(), [a], force=True, reason="obsolete")
    assert report.notes == (f"'{b[:7]}' does not wait for '{a[:7]}' any more", f"'{b[:7]}' can be worked on now")
    assert (get(world, b).dependencies, states(world, b)) == ((), "ready")
    trailers = next(iter(world.store.history())).trailers
    assert (trailers["Jit-Force"], trailers["Jit-Reason"]) == ("has_dependents", "obsolete")


def test_a_whole_chain_goes_at_once_whatever_the_order(world: World) -> None:
    a = make(world, "A")
    b = make(world, "B", a)
    c = make(world, "C", b)
    report = delete(world.store, world.caller(), [a, c, b])
    assert report.status == 0
    with world.store.view() as view:
        assert view.ids() == []


def test_of_several_only_those_that_may_go_go(world: World) -> None:
    a = make(world, "A")
    b, c = make(world, "B", a), make(world, "C")
    report = delete(world.store, world.caller(), [a, c])
    assert [(o.id, o.changed, o.error and o.error.code) for o in report.outcomes] == [
        (a, False, "has_dependents"),
        (c, True, None),
    ]
    assert report.status == 1
    with world.store.view() as view:
        assert view.ids() == [a, b]


def test_restore_brings_back_everything(world: World) -> None:
    a = make(world, "A", description="text", priority=Priority.HIGH)
    comments.add(world.store, world.caller(), a, "hello")
    before = get(world, a)
    delete(world.store, world.caller(), [a])
    report = restore(world.store, world.caller(), a[:6])
    assert subject(world) == f"restore: {a[:7]} A"
    assert report.outcomes[0].issue == get(world, a) == before
    with world.store.view() as view:
        assert [remark.body for remark in comments.thread(view, a)] == ["hello"]


def test_what_comes_back_fits_what_is_there_now(world: World) -> None:
    a = make(world, "A")
    b = make(world, "B", a)
    issues.close(world.store, world.caller(), [a])
    delete(world.store, world.caller(), [b])
    issues.reopen(world.store, world.caller(), [a])
    restore(world.store, world.caller(), b)
    assert states(world, a, b) == "ready backlog"
    assert get(world, b).dependencies == (a,)


def test_restore_at_a_revision_takes_the_issue_back_to_then(world: World) -> None:
    a = make(world, "A")
    then = next(iter(world.store.history())).oid
    issues.update(world.store, world.caller(), [a], Patch(title="B", state=Verb.DONE))
    restore(world.store, world.caller(), a[:5], at=then)
    assert (get(world, a).title, states(world, a)) == ("A", "ready")


def test_a_past_dependency_that_would_close_a_cycle_today_is_refused(world: World) -> None:
    a = make(world, "A")
    b = make(world, "B", a)
    then = next(iter(world.store.history())).oid
    deps.remove(world.store, world.caller(), [b], [a])
    deps.add(world.store, world.caller(), [a], [b])
    with pytest.raises(CycleError):
        restore(world.store, world.caller(), b, at=then)


def test_restore_refuses_what_is_there_and_what_never_was(world: World) -> None:
    a = make(world, "A")
    with pytest.raises(NotDeleted):
        restore(world.store, world.caller(), a[:5])
    for text in ("beef", "be", "what?"):
        with pytest.raises(IssueNotFound):
            restore(world.store, world.caller(), text)


def spoil(world: World, id: IssueId) -> None:
    publish(world, Plan(raw={issue_path(id): b"{"}))


def test_an_issue_that_cannot_be_read_can_be_deleted(world: World) -> None:
    a, b = make(world, "A"), make(world, "B")
    spoil(world, a)
    report = delete(world.store, world.caller(), [a])
    assert change_json(report.outcomes[0].changes) == {"content": {"old": "cannot be read", "new": None}}
    with world.store.view() as view:
        assert (view.ids(), view.broken(), view.version(a)) == ([b], (), None)


def test_an_issue_that_cannot_be_read_can_be_deleted_in_bulk(world: World) -> None:
    a, b = make(world, "A"), make(world, "B")
    spoil(world, a)
    report = bulk_delete(world.store, world.caller(), "is:broken")
    assert (report.modified, report.status) == ((a,), 0)
    with world.store.view() as view:
        assert (view.ids(), view.broken()) == ([b], ())


def test_a_former_version_replaces_an_issue_that_cannot_be_read(world: World) -> None:
    a = make(world, "A", description="text")
    before = get(world, a)
    then = next(iter(world.store.history())).oid
    spoil(world, a)
    report = restore(world.store, world.caller(), a[:6], at=then)
    assert report.outcomes[0].issue == get(world, a) == before
    with world.store.view() as view:
        assert view.broken() == ()


def test_what_was_never_there_cannot_be_deleted(world: World) -> None:
    with pytest.raises(IssueNotFound):
        delete(world.store, world.caller(), ["f" * 32])
