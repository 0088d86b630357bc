"""Mending: counted whole, taken back whole, done once, and never at the price of an issue."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import git_jit.validate
from git_jit.config import Config, Namespace
from git_jit.model import CommentId, IssueId, Json, Link, Message, Oid
from git_jit.ops import comments
from git_jit.ops.examining import NOTE
from git_jit.ops.repair import Change, Mended, RepairRefused, _refuse_loss, fix
from git_jit.ops.undo import REPAIR, undo
from git_jit.ops.validation import validate
from git_jit.record import replace
from git_jit.store import comment_path, issue_path
from git_jit.store.backend import Still
from git_jit.store.memory import MemoryStore
from git_jit.view import Plan
from tests.ops.damage import NOBODY, alter, altered, everything, plant, stored, tree_of
from tests.ops.making import get, make, publish, subject
from tests.ops.world import World

HOME = IssueId("ab" * 16)


@pytest.fixture
def world() -> World:
    return World()


def mend(world: World, **how: object) -> Mended:
    return fix(world.store, world.caller(), **how)  # type: ignore[arg-type]


def said(mended: Mended) -> object:
    """All that a report says of a mend, apart from whether it was made."""
    fixed = [(f.code, f.subject, f.message, f.fix and (f.fix.kind, f.fix.summary)) for f in mended.fixed]
    return fixed, mended.applied, mended.changes, mended.notes, mended.verdict


def count_commits(world: World) -> int:
    return sum(1 for _ in world.store.history())


def test_nothing_to_mend_is_no_commit(world: World) -> None:
    make(world, "A")
    before = tree_of(world), count_commits(world)
    mended = mend(world)
    assert (mended.fixed, dict(mended.applied), mended.changes, mended.commit) == ((), {}, (), None)
    assert (tree_of(world), count_commits(world)) == before


def test_a_lost_document_comes_back_as_it_was_last(world: World) -> None:
    a = make(world, "First")
    publish(world, Plan(issues={a: replace(get(world, a), title="Second")}))
    alter(world, a, title="")
    plant(world, {issue_path(a): b"{"})
    mended = mend(world)
    assert get(world, a).title == "Second", "the version without a title was no good one"
    assert subject(world) == "validate: 1 finding mended in 1 issue"
    assert [(c.path, c.old, c.new) for c in mended.changes] == [(issue_path(a), "unreadable", "document")]


# --- every kind at once ---


def damaged_in_every_way(world: World) -> None:
    """A tracker in which every fix of the tree has something to do."""
    publish(world, Plan(config=Config(**RULES)))  # type: ignore[arg-type]
    (lost, moved, me, round1, round2, above, below, redundant, middle, end, label, person, untyped, open_, dangling,
     linked, ready) = (make(world, f"Issue {number}", labels=("type:task",)) for number in range(17))  # fmt: skip
    issues = {
        me: {"dependencies": [me], "state": "backlog"},
        round1: {"dependencies": [round2], "state": "backlog"},
        round2: {"dependencies": [round1], "state": "backlog"},
        above: {"links": [{"type": "parent", "target": below}]},
        below: {"links": [{"type": "parent", "target": above}]},
        redundant: {"dependencies": [middle, end], "state": "backlog"},
        middle: {"dependencies": [end], "state": "backlog"},
        label: {"labels": ["Team:a", "type:task"]},
        person: {"assignee": "Human:ada"},
        untyped: {"labels": []},
        open_: {"closed_at": "2026-11-21T09:00:00.000000Z", "close_reason": "done"},
        dangling: {"dependencies": [NOBODY], "state": "backlog"},
        linked: {"links": [{"type": "relates-to", "target": NOBODY}]},
        ready: {"dependencies": [end], "state": "ready"},
    }
    files: dict[str, bytes | None] = {
        issue_path(id): altered(stored(world, issue_path(id)), **fields)  # type: ignore[arg-type]
        for id, fields in issues.items()
    }
    path = issue_path(moved)
    plant(world, {**files, issue_path(lost): b"{", path: None, "issues/elsewhere.json": stored(world, path)})


RULES: dict[str, object] = {
    "types": {"task": 1, "epic": 2},
    "default_type": "task",
    "namespaces": {"type": Namespace(required=True)},
}
KINDS = {
    "actor_lowercased", "closing_cleared", "cycle_opened", "dependency_set_aside", "demoted", "link_set_aside",
    "moved_to_place", "namespace_lowercased", "parent_cycle_opened", "redundant_removed", "respelled", "restored_from_history",
    "self_reference_removed", "type_added",
}  # fmt: skip
"""Every kind of fix that changes the tree."""


def test_every_kind_of_fix_is_counted(world: World) -> None:
    damaged_in_every_way(world)
    mended = mend(world)
    assert mended.applied.keys() == KINDS
    assert sum(mended.applied.values()) == len(mended.fixed)
    assert not any(finding.fix for finding in mended.verdict.findings), "what is left cannot be mended"
    trailer = next(iter(world.store.history())).trailers["Jit-Fixes"]
    assert trailer == ", ".join(f"{kind} {number}" for kind, number in sorted(mended.applied.items()))


def test_no_kind_of_fix_is_missing_above() -> None:
    """The rules spell their kinds out; one that is new must be tried here too."""
    folder = Path(git_jit.validate.__file__).parent
    sources = "".join(path.read_text() for path in folder.glob("*.py") if path.name != "clone_rules.py")
    assert set(re.findall(r'kind="([a-z_]+)"', sources)) == KINDS


def test_a_dry_run_says_the_same_and_changes_nothing(world: World) -> None:
    damaged_in_every_way(world)
    before = everything(world), count_commits(world), world.store.recall(NOTE)
    dry = mend(world, dry_run=True)
    assert (everything(world), count_commits(world), world.store.recall(NOTE)) == before
    wet = mend(world)
    assert said(dry) == said(wet)
    assert (dry.commit, dry.dry_run, wet.dry_run) == (None, True, False)
    assert wet.commit is not None


def test_the_second_time_there_is_nothing_to_mend(world: World) -> None:
    damaged_in_every_way(world)
    mend(world)
    commits = count_commits(world)
    again = mend(world)
    assert (again.fixed, again.commit, count_commits(world)) == ((), None, commits)


def test_what_is_left_is_what_validate_finds(world: World) -> None:
    damaged_in_every_way(world)
    mended = mend(world)
    verdict = validate(world.store)
    assert verdict.findings == mended.verdict.findings
    assert (verdict.issues, verdict.status) == (17, 0)


def test_undo_brings_the_damage_back(world: World) -> None:
    damaged_in_every_way(world)
    before = everything(world)
    mend(world)
    undo(world.store, world.caller(), request=world.new_ulid())
    assert everything(world) == before


# --- random damage ---

WAYS = ["cut", "empty", "zeros", "title", "dangling", "circle", "parent", "swapped", "gone", "spelling", "foreign"]
damages = st.lists(st.tuples(st.integers(0, 4), st.sampled_from(WAYS)), min_size=1, max_size=6)


def damage(world: World, ids: list[IssueId], number: int, way: str) -> None:
    id, other = ids[number], ids[number - 1]
    path = issue_path(id)
    files = everything(world)
    data = files.get(path, b"{}")
    match way:
        case "foreign":
            plant(world, {f"issues/{id[:2]}/{number}.txt": data})
        case "swapped":
            plant(world, {path: files.get(issue_path(other))})
        case "gone":
            plant(world, {path: None})
        case _:
            plant(world, {path: spoiled(way, data, other)})


def spoiled(way: str, data: bytes, other: IssueId) -> bytes:
    match way:
        case "cut":
            return data[: len(data) // 2]
        case "empty":
            return b""
        case "zeros":
            return bytes(len(data))
    fields: dict[str, dict[str, Json]] = {
        "title": {"title": ""},
        "dangling": {"dependencies": [NOBODY], "state": "ready"},
        "circle": {"dependencies": [other]},
        "parent": {"links": [{"type": "parent", "target": other}]},
        "spelling": {},
    }
    try:
        return altered(data, **fields[way])
    except ValueError:  # it was cut before
        return data


@given(damages)
def test_whatever_the_damage(steps: list[tuple[int, str]]) -> None:
    """Mending reaches a fixpoint, keeps every issue that could be read, and undo takes it back exactly."""
    world = World()
    ids = [make(world, f"Issue {number}") for number in range(5)]
    for number, way in steps:
        damage(world, ids, number, way)
    before, readable = everything(world), readable_ids(world)
    mended = mend(world)
    assert readable <= readable_ids(world)
    assert mend(world, dry_run=True).fixed == ()
    if mended.commit:
        undo(world.store, world.caller(), request=world.new_ulid())
    assert everything(world) == before


def readable_ids(world: World) -> set[IssueId]:
    with world.store.view() as view:
        return set(view.ids())


# --- parts of it ---


def test_only_some_codes_are_mended(world: World) -> None:
    a, b = make(world, "A"), make(world, "B")
    alter(world, a, dependencies=[NOBODY], state="backlog")
    plant(world, {issue_path(b): b"{"})
    mended = mend(world, only=["dependency_missing"])
    assert [finding.code for finding in mended.fixed] == ["dependency_missing"]
    assert mended.verdict.findings == ()
    assert [f.code for f in validate(world.store).findings] == ["unreadable", "unresolved"]


def test_only_one_issue_is_mended(world: World) -> None:
    a, b = make(world, "A"), make(world, "B")
    comment = comments.add(world.store, world.caller(), a, "hello").comment.id
    plant(world, {issue_path(a): b"{", comment_path(a, comment): b"{", issue_path(b): b"{"})
    mended = mend(world, id=a)
    assert {change.path for change in mended.changes} == {issue_path(a), comment_path(a, comment)}
    assert [f.subject for f in validate(world.store).findings] == [issue_path(b)]


def test_a_change_names_every_field(world: World) -> None:
    a = make(world, "A")
    alter(world, a, dependencies=[NOBODY], state="backlog")
    (change,) = mend(world, dry_run=True).changes
    assert (change.path, change.old, change.new) == (issue_path(a), "document", "document")
    assert {c.field: (c.old, c.new) for c in change.fields} == {
        "dependencies": ([NOBODY], []),
        "unresolved": ([], [{"target": NOBODY, "type": "depends-on"}]),
    }


# --- safety ---


def test_fewer_issues_than_before_are_refused() -> None:
    path = issue_path(HOME)
    with pytest.raises(RepairRefused) as caught:
        _refuse_loss([Change(path=path, fields=(), old="document", new="nothing")])
    assert caught.value.message == f"mending would leave 1 issue less that can be read, such as '{path}'"
    assert caught.value.details == {"paths": [path]}


def test_a_move_and_a_lost_comment_are_no_loss() -> None:
    other = IssueId("cd" * 16)
    _refuse_loss(
        [
            Change(path=issue_path(HOME), fields=(), old="document", new="nothing"),
            Change(path=issue_path(other), fields=(), old="nothing", new="document"),
            Change(path=comment_path(HOME, CommentId("x")), fields=(), old="document", new="nothing"),
        ]
    )


def test_work_that_came_later_is_not_undone_with_the_mend(world: World) -> None:
    a = make(world, "A")
    alter(world, a, dependencies=[NOBODY], state="backlog")
    mend(world)
    issue = get(world, a)
    publish(world, Plan(issues={a: replace(issue, title="Later", links=(Link("relates-to", a),))}))
    target = next(c for c in world.store.history() if c.trailers["Jit-Op"] == "validate-fix").oid
    undo(world.store, world.caller(), request=world.new_ulid(), target=target)
    assert (get(world, a).title, get(world, a).dependencies) == ("Later", (NOBODY,))


class RacingStore(MemoryStore):
    """Somebody else commits just before the first mend does."""

    def __init__(self) -> None:
        super().__init__()
        self.rival: Callable[[], None] | None = None

    def commit(self, plan: Plan, *, base: Oid | None, message: Message, still: Still | None = None) -> Oid:
        if self.rival and message.op == REPAIR:
            rival, self.rival = self.rival, None
            rival()
        return super().commit(plan, base=base, message=message, still=still)


def test_what_another_writer_damages_in_between_is_mended_too() -> None:
    """The plan runs again on the new state, so the report is about what was published."""
    store = RacingStore()
    world = World(store=store)
    a, b = make(world, "A"), make(world, "B")
    plant(world, {issue_path(a): b"{"})
    store.rival = lambda: plant(world, {issue_path(b): b"{"})
    assert {f.subject for f in mend(world).fixed} == {issue_path(a), issue_path(b)}
    assert get(world, b).title == "B"
