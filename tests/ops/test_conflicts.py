"""Decisions that merges left: each kind of value can be taken, and fits where it comes back."""

from typing import Any

import pytest

from git_jit import canonical
from git_jit.codec import issue_document
from git_jit.config import Config, ConfigInvalid
from git_jit.errors import InvalidValue
from git_jit.graph import CycleError
from git_jit.merge import MISSING, Conflict, Entry, Stamp, stored
from git_jit.model import Document, IssueId, Json, Link, State
from git_jit.ops import comments, issues
from git_jit.ops.conflicts import CannotTake, Choice, ConflictNotFound, SayWhichValue, count, resolve, waiting
from git_jit.ops.edit import Patch
from git_jit.paths import CONFIG, issue_path
from git_jit.plans import PlanInvalid
from git_jit.record import replace
from git_jit.view import Plan
from tests.ops.making import get, make, publish, states
from tests.ops.world import World

TAKE = Choice(take=1)
KEEP = Choice(keep=True)
LATE = Stamp(20, 0, "one")
EARLY = Stamp(10, 0, "other")


@pytest.fixture
def world() -> World:
    return World()


def left(world: World, path: str, field: tuple[str, ...], kept: Any, *lost: Any, reason: str = "both_changed") -> None:
    """What a merge leaves: the value that stands, and those that wait."""
    entries = tuple(one if isinstance(one, Entry) else Entry(one, EARLY) for one in lost)
    one = Conflict(path=path, field=field, reason=reason, base=MISSING, kept=Entry(kept, LATE), lost=entries)
    publish(world, Plan(raw={one.file: canonical.dumps(stored(one))}))


def rules(world: World) -> Config:
    with world.store.view() as view:
        return view.config


def waits(world: World) -> int:
    with world.store.view() as view:
        assert count(world.store, view) == len(waiting(world.store, view))
        return count(world.store, view)


def decide(world: World, subject: str, field: str | None, choice: Choice) -> object:
    return resolve(world.store, world.caller(), subject, field, choice).value


def test_what_waits_is_taken_kept_or_replaced(world: World) -> None:
    id = make(world, "Stands")
    for choice, title in (
        (KEEP, "Stands"),
        (TAKE, "First"),
        (Choice(take=2), "Second"),
        (Choice(value="A third"), "A third"),
    ):
        issues.update(world.store, world.caller(), [id], Patch(title="Stands"))
        left(world, issue_path(id), ("title",), "Stands", "Second", "First")
        decide(world, id[:6], "title", choice)
        assert (get(world, id).title, waits(world)) == (title, 0)


def test_what_is_meant_must_be_said(world: World) -> None:
    id = make(world, "Stands")
    left(world, issue_path(id), ("title",), "Stands", "Waits")
    left(world, issue_path(id), ("due",), None, "2027-01-01")
    with pytest.raises(SayWhichValue, match="several things about"):
        decide(world, id, None, TAKE)
    with pytest.raises(SayWhichValue, match="there are 1 values to take, not 2"):
        decide(world, id, "title", Choice(take=2))
    with pytest.raises(ConflictNotFound):
        decide(world, id, "estimate", TAKE)
    decide(world, id, "due", TAKE)
    decide(world, id, None, TAKE)
    assert (get(world, id).title, get(world, id).due, waits(world)) == ("Waits", "2027-01-01", 0)


def test_a_dry_run_decides_nothing(world: World) -> None:
    id = make(world, "Stands")
    left(world, issue_path(id), ("title",), "Stands", "Waits")
    done = resolve(world.store, world.caller(), id, None, TAKE, dry_run=True)
    assert (done.value, done.commit, get(world, id).title, waits(world)) == ("Waits", None, "Stands", 1)


# --- members of sets ------------------------------------------------------------------------------------------


def test_what_was_said_of_a_document_is_taken(world: World) -> None:
    """The path of the field names the member: `documents.docs/a.md.label`."""
    named = (Document(path="docs/a.md", label="Stands"), Document(path="docs/a.md", commit="c" * 40, label="Pinned"))
    id = make(world, "An issue", documents=named)
    left(world, issue_path(id), ("documents", "docs/a.md", "label"), "Stands", "Waits")
    decide(world, id, "documents.docs/a.md.label", TAKE)
    assert get(world, id).documents == (replace(named[0], label="Waits"), named[1])
    left(world, issue_path(id), ("documents", f"docs/a.md {'c' * 40}", "label"), "Pinned", MISSING)
    decide(world, id, None, TAKE)
    assert get(world, id).documents == (replace(named[0], label="Waits"), replace(named[1], label=None))


def test_what_another_program_said_of_a_link_is_taken(world: World) -> None:
    other = make(world, "Other")
    id = make(world, "An issue", links=(Link("relates-to", other),))
    noted: dict[str, Json] = {"links": {f"relates-to {other}": {"note": "stands"}}}
    publish(world, Plan(issues={id: replace(get(world, id), extra=noted)}))
    left(world, issue_path(id), ("links", f"relates-to {other}", "note"), "stands", "waits")
    decide(world, id, None, TAKE)
    assert get(world, id).extra == {"links": {f"relates-to {other}": {"note": "waits"}}}


def test_a_member_that_went_cannot_be_changed_any_more(world: World) -> None:
    id = make(world, "An issue")
    left(world, issue_path(id), ("documents", "docs/a.md", "label"), "Stands", "Waits")
    with pytest.raises(CannotTake, match="is not where it was"):
        decide(world, id, None, TAKE)
    decide(world, id, None, KEEP)
    assert waits(world) == 0


def test_an_edge_that_would_close_a_circle_stays_aside(world: World) -> None:
    first = make(world, "First")
    second = make(world, "Second", first)
    left(world, issue_path(first), ("dependencies",), MISSING, second, reason="cycle")
    with pytest.raises(CycleError):
        decide(world, first, None, TAKE)
    issues.update(world.store, world.caller(), [second], Patch(remove_dependencies=(first,)))
    decide(world, first, None, TAKE)
    assert (get(world, first).dependencies, states(world, first)) == ((second,), "backlog")


# --- whole documents ------------------------------------------------------------------------------------------


def deleted(world: World, id: IssueId) -> None:
    """One side deleted the issue, the other wrote to it: what the merge of both leaves."""
    whole = Entry({**issue_document(get(world, id)), "description": ["written meanwhile"]}, EARLY, issue_path(id))
    issues.delete(world.store, world.caller(), [id])
    left(world, issue_path(id), (), MISSING, whole, reason="deleted")


def test_a_deleted_issue_comes_back_as_the_graph_of_today_allows(world: World) -> None:
    done, gone = make(world, "Done"), make(world, "Gone")
    issues.close(world.store, world.caller(), [done, gone])
    id = make(world, "An issue", done, gone)
    assert states(world, id) == "ready"
    deleted(world, id)
    issues.reopen(world.store, world.caller(), [done])
    issues.delete(world.store, world.caller(), [gone])
    decide(world, id, None, TAKE)
    back = get(world, id)
    assert (back.description, back.dependencies, back.state) == ("written meanwhile", (done,), State.BACKLOG)
    issues.close(world.store, world.caller(), [done])
    assert states(world, id) == "ready"


def test_what_lies_elsewhere_than_it_says_does_not_come_back(world: World) -> None:
    id, other = make(world, "An issue"), make(world, "Other")
    deleted(world, id)
    wrong = Entry(issue_document(get(world, other)), EARLY, issue_path(id))
    left(world, issue_path(id), (), MISSING, wrong, reason="deleted")
    with pytest.raises(InvalidValue, match="id"):
        decide(world, id, None, TAKE)
    assert get(world, other).title == "Other"


def test_a_comment_comes_back_with_its_issue(world: World) -> None:
    id = make(world, "An issue")
    comments.add(world.store, world.caller(), id, "Said meanwhile")
    with world.store.view() as view:
        said = view.comments(id)
    deleted(world, id)
    with world.store.view() as view:
        (one,) = waiting(world.store, view, id)
        assert view.comments(id) == ()
    path = f"comments/{id[:2]}/{id}/{said[0].id}.json"
    found = world.store.blob_at(next(iter(world.store.history(path=path))).parents[0], path)
    assert found is not None
    left(
        world,
        issue_path(id),
        (),
        MISSING,
        *one.conflict.lost,
        Entry(canonical.loads(found), EARLY, path),
        reason="deleted",
    )
    decide(world, id, None, TAKE)
    with world.store.view() as view:
        assert view.comments(id) == said


# --- rules ----------------------------------------------------------------------------------------------------


def test_rules_that_cannot_be_meant_are_not_taken(world: World) -> None:
    template: dict[str, Json] = {"issues": [{"key": "a", "title": "Build"}]}
    publish(world, Plan(config=replace(rules(world), templates={"release": template})))
    other: dict[str, Json] = {"issues": [{"key": "b", "title": "Ship"}]}
    left(world, CONFIG, ("templates", "release"), template, other, {"issues": "none"})
    with pytest.raises(PlanInvalid):
        decide(world, "config", None, TAKE)
    with pytest.raises(PlanInvalid):
        decide(world, "config", None, Choice(value="none at all"))
    assert rules(world).templates == {"release": template}
    decide(world, "config", "templates.release", Choice(take=2))
    assert rules(world).templates == {"release": other}
    left(world, CONFIG, ("default_type",), None, "nothing")
    publish(world, Plan(config=replace(rules(world), types={"bug": 1})))
    with pytest.raises(ConfigInvalid):
        decide(world, "config", None, TAKE)
