"""Comments: added, edited, redacted; records never change."""

import pytest

from git_jit.errors import InvalidValue
from git_jit.ops import IssueNotFound, comments
from git_jit.ops.comments import CommentNotFound, NotYours, Remark
from git_jit.workflow import ReasonRequired
from tests.ops.making import make, subject
from tests.ops.world import World


@pytest.fixture
def world() -> World:
    return World()


def bodies(world: World, id: str) -> list[str]:
    with world.store.view() as view:
        return [remark.body for remark in comments.thread(view, view.ids()[0])]


def test_add_and_edit(world: World) -> None:
    a = make(world, "A")
    first = comments.add(world.store, world.caller(), a[:4], "One\r\ntwo\n\n")
    assert subject(world) == f"comment: {a[:7]}"
    assert first.commit is not None
    comments.add(world.store, world.caller("human:bo"), a, "Other")
    comments.edit(world.store, world.caller(), a, first.comment.id, "Better")
    edit = comments.edit(world.store, world.caller(), a, first.comment.id, "Best")
    with world.store.view() as view:
        assert comments.thread(view, a)[0] == Remark(
            id=first.comment.id,
            issue=a,
            author=first.comment.author,
            created_at=first.comment.created_at,
            body="Best",
            edited_at=edit.comment.created_at,
            edited_by=edit.comment.author,
        )
        assert len(view.comments(a)) == 4
    assert bodies(world, a) == ["Best", "Other"]


def test_only_the_author_edits_and_anybody_redacts_with_a_reason(world: World) -> None:
    a = make(world, "A")
    secret = comments.add(world.store, world.caller(), a, "password").comment.id
    with pytest.raises(NotYours):
        comments.edit(world.store, world.caller("human:bo"), a, secret, "x")
    with pytest.raises(ReasonRequired):
        comments.redact(world.store, world.caller("human:bo"), a, secret, reason=None)
    comments.redact(world.store, world.caller("human:bo"), a, secret.lower(), reason="leak")
    comments.edit(world.store, world.caller(), a, secret, "password again")
    with world.store.view() as view:
        (remark,) = comments.thread(view, a)
    assert (remark.body, remark.redacted, remark.edited_by) == ("", True, "human:bo")


def test_mistakes(world: World) -> None:
    a = make(world, "A")
    for empty in ("", " \n "):
        with pytest.raises(InvalidValue):
            comments.add(world.store, world.caller(), a, empty)
    with pytest.raises(InvalidValue):
        comments.add(world.store, world.caller(), a, "x" * ((1 << 20) + 1))
    with pytest.raises(IssueNotFound):
        comments.add(world.store, world.caller(), "ffff", "x")
    comments.add(world.store, world.caller(), a, "1")
    comments.add(world.store, world.caller(), a, "2")
    for name in ("", "01", "zz"):
        with pytest.raises(CommentNotFound):
            comments.edit(world.store, world.caller(), a, name, "x")
