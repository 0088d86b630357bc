"""Bringing back one issue; and recovery where there is nothing but a variable."""

import pytest

from git_jit.model import IssueId
from git_jit.ops import AmbiguousId, IssueNotFound, comments, issues, recovery
from git_jit.ops.edit import Patch
from git_jit.ops.recovery import NoClone
from git_jit.rescue import Trouble
from git_jit.store import issue_path
from git_jit.view import Plan
from tests.ops.making import get, publish
from tests.ops.world import World

ONE = IssueId("0001" + "0" * 28)


def start() -> World:
    world = World()
    for title in ("one", "two"):
        issues.create(world.store, world.caller(), issues.Draft(title=title))
    return world


def test_nothing_is_wrong_with_a_variable() -> None:
    store = start().store
    for found in (recovery.look(store), recovery.apply(store, None), recovery.accept_present(store)):
        assert (found.situation.trouble, found.chosen, found.outcome) == (Trouble.NONE, None, None)
    assert recovery.bundles(store) == []
    with pytest.raises(NoClone):
        recovery.write_bundle(store, World().caller(), None)


def test_an_issue_that_cannot_be_read_comes_back_as_it_last_could() -> None:
    world = start()
    issues.update(world.store, world.caller(), [ONE], Patch(title="better"))
    for garbage in (b"{", b"[]"):
        publish(world, Plan(raw={issue_path(ONE): garbage}))
    issues.update(world.store, world.caller(), ["0002"], Patch(title="other work"))
    recovery.recover_issue(world.store, world.caller(), "0001", None)
    assert (get(world, ONE).title, get(world, IssueId("0002" + "0" * 28)).title) == ("better", "other work")


def test_a_deleted_issue_comes_back_with_its_comments() -> None:
    world = start()
    comments.add(world.store, world.caller(), ONE, "said")
    issues.delete(world.store, world.caller(), [ONE])
    recovery.recover_issue(world.store, world.caller(), "0001", None)
    with world.store.view() as view:
        assert [comment.body for comment in view.comments(ONE)] == ["said"]


def test_an_issue_as_it_was_at_a_commit() -> None:
    world = start()
    issues.update(world.store, world.caller(), [ONE], Patch(title="later"))
    recovery.recover_issue(world.store, world.caller(), "0001", "HEAD~1")
    assert get(world, ONE).title == "one"


def test_what_never_was_is_not_found() -> None:
    world = start()
    for name in ("9999", "00", "xyz9"):
        with pytest.raises(IssueNotFound):
            recovery.recover_issue(world.store, world.caller(), name, None)
    issues.delete(world.store, world.caller(), [ONE])
    with pytest.raises((IssueNotFound, AmbiguousId)):
        recovery.recover_issue(world.store, world.caller(), "9" * 32, None)
