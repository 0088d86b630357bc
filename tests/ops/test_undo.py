"""Taking commits back."""

import pytest

from git_jit.model import IssueId, State
from git_jit.ops import comments, deps, issues
from git_jit.ops.edit import Patch
from git_jit.ops.repair import fix
from git_jit.ops.undo import NothingToUndo, UndoConflict, redo, undo
from git_jit.record import replace
from git_jit.store import issue_path
from git_jit.view import Plan
from tests.ops.making import get, publish
from tests.ops.world import World

ONE = "0001" + "0" * 28
TWO = "0002" + "0" * 28


def blobs(world: World) -> dict[str, bytes]:
    return {path: blob.data for path, blob in world.store._tip.blobs.items()}


def start(*titles: str) -> World:
    world = World()
    for title in titles:
        issues.create(world.store, world.caller(), issues.Draft(title=title))
    return world


def take_back(world: World, target: str | None = None, actor: str = "human:ada") -> None:
    undo(world.store, world.caller(actor), request=world.new_ulid(), target=target)


def test_undo_restores_every_byte_and_redo_brings_it_again() -> None:
    world = start("one", "two")
    before = blobs(world)
    issues.update(world.store, world.caller(), [ONE, TWO], Patch(add_labels=("a:b",)))
    after = blobs(world)

    take_back(world)
    assert blobs(world) == before

    redo(world.store, world.caller(), request=world.new_ulid())
    assert blobs(world) == after


def test_undo_again_goes_further_back() -> None:
    world = start("one", "two")
    states = [blobs(world)]
    for title in ("1b", "1c"):
        issues.update(world.store, world.caller(), [ONE], Patch(title=title))
        states.append(blobs(world))

    take_back(world)
    assert blobs(world) == states[1]
    take_back(world)
    assert blobs(world) == states[0]
    redo(world.store, world.caller(), request=world.new_ulid())
    assert blobs(world) == states[1]
    take_back(world)
    assert blobs(world) == states[0]


def test_a_dry_run_says_the_same_and_changes_nothing() -> None:
    world = start("one", "two")
    before = blobs(world)
    report = undo(world.store, world.caller(), request="r", dry_run=True)

    assert report.to_json() | {"undone": ""} == {
        "undone": "",
        "subject": report.undone.subject,
        "commit": None,
        "paths": [f"issues/00/{TWO}.json"],
        "dry_run": True,
    }
    assert blobs(world) == before


def test_later_work_on_the_same_field_is_not_overwritten() -> None:
    world = start("zero", "one")
    issues.update(world.store, world.caller(), [ONE], Patch(title="mine"))
    mine = next(iter(world.store.history())).oid
    issues.update(world.store, world.caller("human:bob"), [ONE], Patch(title="theirs"))
    before = blobs(world)

    with pytest.raises(UndoConflict) as failure:
        take_back(world)

    assert failure.value.details == {
        "commit": mine,
        "later": [{"path": f"issues/00/{ONE}.json", "field": "title", "then": "mine", "now": "theirs"}],
    }
    assert blobs(world) == before


def test_later_work_on_another_field_survives() -> None:
    world = start("zero", "one")
    issues.update(world.store, world.caller(), [ONE], Patch(title="mine"))
    issues.update(world.store, world.caller("human:bob"), [ONE], Patch(add_labels=("a:b",)))

    take_back(world)

    with world.store.view() as view:
        issue = view.issue(IssueId(ONE))
    assert issue is not None
    assert (issue.title, issue.labels) == ("zero", ("a:b",))


def test_only_ones_own_work_is_taken_back_unasked() -> None:
    world = start("zero", "one")
    issues.update(world.store, world.caller("human:bob"), [ONE], Patch(title="theirs"))
    with pytest.raises(NothingToUndo):
        take_back(world, actor="human:carol")
    take_back(world, target="HEAD", actor="human:carol")
    with world.store.view() as view:
        issue = view.issue(IssueId(ONE))
    assert issue is not None
    assert issue.title == "zero"


def test_an_issue_that_others_came_to_wait_for_stays() -> None:
    world = start("zero", "one", "two")
    three = "0003" + "0" * 28
    created = next(iter(world.store.history())).oid
    deps.add(world.store, world.caller(), [TWO], [three])
    with pytest.raises(UndoConflict) as failure:
        take_back(world, target=created)
    assert failure.value.details["later"] == [{"path": f"issues/00/{three}.json", "field": "dependents", "now": TWO}]


def test_a_dependency_that_would_close_a_cycle_stays_away() -> None:
    world = start("one", "two", "three")
    deps.add(world.store, world.caller(), [ONE], [TWO])
    deps.remove(world.store, world.caller(), [ONE], [TWO])
    removed = next(iter(world.store.history())).oid
    deps.add(world.store, world.caller(), [TWO], [ONE])
    with pytest.raises(UndoConflict) as failure:
        take_back(world, target=removed)
    assert "dependencies" in {obstacle["field"] for obstacle in failure.value.details["later"]}  # type: ignore[attr-defined]


def test_closing_is_taken_back_with_the_promotion_it_caused() -> None:
    world = start("one", "two")
    deps.add(world.store, world.caller(), [TWO], [ONE])
    issues.close(world.store, world.caller(), [ONE])
    with world.store.view() as view:
        assert view.state_of(IssueId(TWO)) is State.READY
    take_back(world)
    with world.store.view() as view:
        assert (view.state_of(IssueId(ONE)), view.state_of(IssueId(TWO))) == (State.READY, State.BACKLOG)


def test_a_comment_is_taken_back() -> None:
    world = start("one", "two")
    before = blobs(world)
    comments.add(world.store, world.caller(), ONE, "oops")
    take_back(world)
    assert blobs(world) == before


def test_the_first_commit_is_not_undone() -> None:
    world = start("one")
    with pytest.raises(NothingToUndo):
        take_back(world)
    with pytest.raises(NothingToUndo):
        redo(world.store, world.caller(), request="r")


def test_the_deletion_of_what_cannot_be_read_can_be_taken_back() -> None:
    world = start("one", "two")
    publish(world, Plan(raw={issue_path(IssueId(ONE)): b"{"}))
    before = blobs(world)
    issues.delete(world.store, world.caller(), [ONE])
    take_back(world)
    assert blobs(world) == before


def test_a_circle_that_was_there_before_is_not_in_the_way() -> None:
    world = start("one", "two", "three")
    one, two = get(world, IssueId(ONE)), get(world, IssueId(TWO))
    knot = {one.id: replace(one, dependencies=(two.id,)), two.id: replace(two, dependencies=(one.id,))}
    publish(world, Plan(issues=knot))
    before = blobs(world)
    issues.update(world.store, world.caller(), ["0003"], Patch(title="3"))
    take_back(world)
    assert blobs(world) == before


def test_a_repair_is_taken_back_though_others_wait_for_what_it_put_in_its_place() -> None:
    world = start("one", "two")
    deps.add(world.store, world.caller(), [TWO], [ONE])
    lost = f"issues/zz/{ONE}.json"
    publish(world, Plan(raw={issue_path(IssueId(ONE)): None, lost: blobs(world)[issue_path(IssueId(ONE))]}))
    before = blobs(world)
    assert fix(world.store, world.caller(), only=["misplaced"]).commit
    take_back(world)
    assert blobs(world) == before


def test_a_repair_that_later_work_stands_on_stays() -> None:
    world = start("one", "two")
    publish(world, Plan(raw={issue_path(IssueId(ONE)): None, "issues/x": blobs(world)[issue_path(IssueId(ONE))]}))
    repair = fix(world.store, world.caller(), only=["misplaced"]).commit
    deps.add(world.store, world.caller(), [TWO], [ONE])
    with pytest.raises(UndoConflict) as failure:
        take_back(world, target=repair)
    assert failure.value.details["later"] == [
        {"path": f"issues/00/{ONE}.json", "field": "dependents", "now": TWO},
    ]
