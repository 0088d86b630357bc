"""Backlog.md folders: front matter, folders, identities."""

from pathlib import Path

import pytest

from git_jit.model import Issue, Link, Priority, State
from git_jit.ops.imports import MalformedInput
from git_jit.ops.imports.frontmatter import Page, Value, read_page
from git_jit.ops.imports.record import stable_id
from tests.ops.moving import bring_path, by_origin, counts, numbers
from tests.ops.world import World


def write(root: Path, name: str, head: str, body: str = "") -> None:
    path = root / "backlog" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"---\n{head}\n---\n\n{body}\n")


TASK = """id: task-12
title: 'Add "core" search'
status: "In Progress"
assignee: ['@claude', bo]
reporter: Ada L
created_date: '2025-07-06 10:30'
updated_date: 2025-07-08
labels:
  - search
  - "area:core"
dependencies: [task-2, TASK-404]
parent_task_id: task-1
priority: HIGH
type: feature
ordinal: 1000
references:
  - https://example.org/a#b"""


def test_one_task_whole(tmp_path: Path) -> None:
    write(tmp_path, "tasks/task-12 - Add-search.md", TASK, "## Description\n\nText\n")
    write(tmp_path, "tasks/task-1 - One.md", "id: task-1\ntitle: One\nstatus: To do\ncreated_date: 2025-01-01")
    write(tmp_path, "completed/task-2 - Two.md", "id: task-2\ntitle: Two\nstatus: Done\ncreated_date: 2025-01-01")
    world = World()
    report = bring_path(world, "backlog", tmp_path)
    found = by_origin(world, "backlog")
    issue = found["task-12"]
    assert issue == Issue(
        id=stable_id("backlog", "task-12"),
        title='Add "core" search',
        created_at="2025-07-06T10:30:00.000000Z",  # type: ignore[arg-type]
        created_by="human:ada-l",  # type: ignore[arg-type]
        description="## Description\n\nText",
        state=State.IN_PROGRESS,
        priority=Priority.HIGH,
        assignee="human:claude",  # type: ignore[arg-type]
        labels=("area:core", "tag:search", "type:feature"),
        dependencies=(found["task-2"].id,),
        links=(Link("parent", found["task-1"].id),),
        unresolved=(Link("depends-on", "TASK-404"),),
        context={"backlog.reporter": "Ada L"},
        fields={"backlog": {"assignee": ["bo"], "ordinal": "1000", "references": ["https://example.org/a#b"]}},
        external={"backlog": "task-12", "backlog:seen": issue.external["backlog:seen"]},
    )
    assert (found["task-1"].state, found["task-2"].state) == (State.READY, State.DONE)
    assert counts(report) == {
        "unresolved-reference": 1,
        "state-derived": 1,
        "label-namespaced": 1,
        "actor-kind": 1,
        "actor-rewritten": 1,
        "several-assignees": 1,
        "time-guessed": 4,
        "unknown-key": 2,
        "closed-at-guessed": 1,
        "updated-at-derived": 1,
    }
    assert numbers(bring_path(world, "backlog", tmp_path / "backlog")) == (0, 0, 3)


def test_archived_tasks_are_told_apart_by_path_because_their_ids_come_again(tmp_path: Path) -> None:
    head = "id: task-1\nstatus: To Do\ncreated_date: 2025-01-01"
    write(tmp_path, "tasks/task-1 - New.md", f"{head}\ntitle: New")
    write(tmp_path, "archive/tasks/task-1 - Old.md", f"{head}\ntitle: Old")
    write(tmp_path, "archive/tasks/task-1 - Older.md", f"{head}\ntitle: Older")
    world = World()
    report = bring_path(world, "backlog", tmp_path)
    assert {key: (issue.title, issue.state) for key, issue in by_origin(world, "backlog").items()} == {
        "task-1": ("New", State.READY),
        "archive/tasks/task-1 - Old.md": ("Old", State.ARCHIVED),
        "archive/tasks/task-1 - Older.md": ("Older", State.ARCHIVED),
    }
    assert counts(report)["state-kept"] == 2
    assert "repeated-id" not in counts(report)


def test_a_completed_task_stays_the_same_issue(tmp_path: Path) -> None:
    head = "id: task-1\ntitle: One\ncreated_date: 2025-01-01"
    write(tmp_path, "tasks/task-1 - One.md", f"{head}\nstatus: To Do")
    world = World()
    bring_path(world, "backlog", tmp_path)
    (tmp_path / "backlog/tasks/task-1 - One.md").unlink()
    write(tmp_path, "completed/task-1 - One.md", f"{head}\nstatus: Done")
    assert numbers(bring_path(world, "backlog", tmp_path)) == (0, 1, 0)
    (issue,) = by_origin(world, "backlog").values()
    assert issue.state is State.DONE


@pytest.mark.parametrize(
    ("text", "head", "body"),
    [
        ("---\na: 1\n---\nx", {"a": "1"}, "x"),
        ("---\r\na: x y \r\n---\r\n\r\nb\r\n", {"a": "x y"}, "b"),
        ("---\na: 'it''s' # note\n---", {"a": "it's"}, ""),
        ('---\na: "tab\\t \\"q\\""\n---', {"a": 'tab\t "q"'}, ""),
        ("---\na: x # note\nb: y#z\n---", {"a": "x", "b": "y#z"}, ""),
        ("---\na:\nb: ~\nc: null\n---", {"a": None, "b": None, "c": None}, ""),
        ("---\na: []\nb: [x, 'y, z', \"w\"]\n---", {"a": [], "b": ["x", "y, z", "w"]}, ""),
        ("---\na: [x,\n  y]\n---", {"a": ["x", "y"]}, ""),
        ("---\na:\n- x\n-  'y'\n---", {"a": ["x", "y"]}, ""),
        ("---\na:\n  - x\n\n  - y: z\n---", {"a": ["x", "y: z"]}, ""),
        ("---\na: >-\n  one\n  two\n\n  three\nb: 1\n---", {"a": "one two\n\nthree", "b": "1"}, ""),
        ("---\na: |\n  one\n    two\n---", {"a": "one\n  two"}, ""),
        ("---\na: one\n  two\n---", {"a": "one two"}, ""),
        ("---\na: 'one\n  two'\n---", {"a": "one two"}, ""),
        ("---\na:\n  b: 1\n  c: 2\n---", {"a": "b: 1\nc: 2"}, ""),
        ("---\n# note\n\na: 1\na: 2\n---", {"a#1": "1", "a": "2"}, ""),
        ("---\na: http://x.y/z: w\n---", {"a": "http://x.y/z: w"}, ""),
        ("---\n---\nx", {}, "x"),
    ],
)
def test_front_matter(text: str, head: dict[str, Value], body: str) -> None:
    assert read_page(text, "f") == Page(head, body)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no head", "'tasks/a.md' line 1 has no front matter"),
        ("", "'tasks/a.md' line 1 has no front matter"),
        ("---\nid: a\n", "'tasks/a.md' line 1 has front matter that does not end"),
        ("---\nid: a\ntitle: 'x\n---", "'tasks/a.md' line 3 has a quoted value that does not end: 'x"),
        ("---\nid: a\n{}\n---", "'tasks/a.md' line 3 has a line that is no 'key: value': '{}'"),
        ("---\nid: a\nb: [x\n---", "'tasks/a.md' line 3 has a list that does not end"),
        ("---\nid: a\n---", "'tasks/a.md' has no 'title'"),
        ("---\ntitle: [a]\nid: b\n---", "'tasks/a.md' has no 'title'"),
        ("---\nid: a\ntitle: b\n---\n<<<<<<< HEAD\n", "'tasks/a.md' line 5 holds a conflict marker of a merge"),
    ],
)
def test_malformed(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "tasks").mkdir()
    (tmp_path / "tasks/a.md").write_text(text)
    world = World()
    with pytest.raises(MalformedInput) as caught:
        bring_path(world, "backlog", tmp_path)
    assert caught.value.message == message
    assert world.store.view().base is None
