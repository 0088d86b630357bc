"""Events are read out of commits."""

from git_jit.changes import FieldChange
from git_jit.model import FileChange, GateKey, IssueId, Message, Priority
from git_jit.ops import comments, deps, issues, removal
from git_jit.ops.edit import Patch
from git_jit.ops.events import events
from git_jit.ops.history import Change, EventQuery, change_of
from git_jit.view import Plan
from tests.ops.world import World

ONE = "0001" + "0" * 28
TWO = "0002" + "0" * 28


def told(world: World) -> None:
    issues.create(world.store, world.caller(), issues.Draft(title="one"))
    issues.create(world.store, world.caller(), issues.Draft(title="two"))
    deps.add(world.store, world.caller("agent:b"), [TWO], [ONE])
    comments.add(world.store, world.caller(), ONE, "a remark")
    issues.close(world.store, world.caller("agent:b"), [ONE], reason="fixed")


def test_each_commit_is_one_event_newest_first() -> None:
    world = World()
    told(world)

    found = [(e.op, e.actor, [(c.kinds, c.issue) for c in e.changes]) for e in events(world.store, EventQuery())]

    assert [(actor, changes) for _, actor, changes in found] == [
        ("agent:b", [(("issue_updated", "state_changed"), ONE), (("state_changed",), TWO)]),
        ("human:ada", [(("comment_added",), ONE)]),
        ("agent:b", [(("dependencies_changed", "dependency_added", "state_changed"), TWO)]),
        ("human:ada", [(("issue_created",), TWO)]),
        ("human:ada", [(("issue_created",), ONE)]),
    ]


def test_an_event_says_old_and_new() -> None:
    world = World()
    told(world)

    newest = next(events(world.store, EventQuery()))

    assert newest.at == "2026-11-21T00:00:04.000000Z"
    assert newest.changes[1].fields == (FieldChange("state", "backlog", "ready"),)


def test_what_came_and_what_went_is_told_whole() -> None:
    world = World()
    told(world)
    removal.delete(world.store, world.caller(), [ONE], force=True, reason="no more")

    gone, *_, come = events(world.store, EventQuery(issue=IssueId(ONE)))

    whole = {f.field for f in come.changes[0].fields}
    assert {"id", "title", "labels", "due", "schema"} <= whole
    assert {f.field for c in gone.changes for f in c.fields if c.kinds == ("issue_deleted",)} == whole
    assert {f.absent for f in come.changes[0].fields} == {"old"}


def test_one_issue_is_followed_through_its_comments() -> None:
    world = World()
    told(world)

    kinds = [[c.kinds for c in e.changes] for e in events(world.store, EventQuery(issue=IssueId(ONE)))]

    assert kinds == [[("issue_updated", "state_changed")], [("comment_added",)], [("issue_created",)]]


def test_events_are_narrowed_by_actor_kind_and_time() -> None:
    world = World()
    told(world)

    def subjects(**wanted: object) -> int:
        return len(list(events(world.store, EventQuery(**wanted))))  # type: ignore[arg-type]

    assert subjects(actors=["agent:b"]) == 2
    assert subjects(actors=["agent:*"]) == 2
    assert subjects(actors=["agent:*", "human:ada"]) == 5
    assert subjects(kinds=["comment_added"]) == 1
    assert subjects(kinds=["comment_added", "issue_created"]) == 3
    assert subjects(ops=["dep*"]) == 1
    assert subjects(issues=[TWO]) == 3
    assert subjects(issues=[]) == 0
    assert subjects(since="2026-11-21T00:00:03.000000Z") == 2
    assert subjects(until="2026-11-21T00:00:01.000000Z") == 2


def test_a_bulk_change_is_one_event() -> None:
    world = World()
    told(world)
    issues.update(world.store, world.caller(), [ONE, TWO], Patch(priority=Priority.HIGH))

    newest = next(events(world.store, EventQuery()))

    assert [(c.issue, c.fields) for c in newest.changes] == [
        (ONE, (FieldChange("priority", "normal", "high"),)),
        (TWO, (FieldChange("priority", "normal", "high"),)),
    ]
    assert len(newest.to_json()["changes"]) == 2  # type: ignore[arg-type]


def test_files_that_are_no_issues_are_named_by_what_they_are() -> None:
    def kinds(path: str, old: bytes | None, new: bytes | None) -> Change:
        return change_of(FileChange(path=path, old=old, new=new))

    assert kinds("config.json", b"{}", b'{"stale_days": 3}').kinds == ("config_changed",)
    assert kinds(f"gates/{GateKey('tests')}.json", None, b"{}").kinds == ("gate_defined",)
    assert kinds("README.md", b"a", None).kinds == ("file_removed",)
    assert kinds(f"comments/00/{ONE}/01.json", None, b'{"replaces": "00"}').kinds == ("comment_edited",)
    assert kinds(f"issues/00/{ONE}.json", b"not json", b"{}").fields == ()


def test_a_commit_of_another_program_is_told_too() -> None:
    world = World()
    plan = Plan(raw={"README.md": b"hello\n"})
    caller = world.caller()
    message = Message(op="", subject="by hand", actor=caller.actor, request="", at=caller.now)
    world.store.commit(plan, base=None, message=message)

    assert [c.kinds for c in next(events(world.store, EventQuery())).changes] == [("file_added",)]
