"""Whatever the input: it is refused with its place, or it is imported whole, valid and idempotent."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from git_jit.codec import encode_issue, issue_document
from git_jit.ops.imports import ImportReport, MalformedInput, SourceMissing
from git_jit.ops.imports.record import Problem
from git_jit.validate import shape
from tests.ops.moving import bring, bring_path
from tests.ops.world import World

TEXTS = st.one_of(
    st.sampled_from(["", " ", "a", "bd-1", "bd-2", "open", "closed", "done", "tombstone", "high", "blocks", "x" * 300]),
    st.sampled_from(["2026-01-02T03:04:05.123456789-08:00", "2026-01-02", "2026-13-45", "Ada Lovelace", "@ada", "a:b"]),
    st.text("aä\n\t\x00\x1b\u2028\ud800: -/#😀", max_size=12),
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
EDGE = st.fixed_dictionaries(
    {"issue_id": TEXTS, "depends_on_id": TEXTS, "type": st.sampled_from(["blocks", "parent-child", "blocked-by", "?"])}
)
BEADS_KEYS = [
    "title",
    "description",
    "status",
    "priority",
    "issue_type",
    "created_at",
    "updated_at",
    "closed_at",
    "close_reason",
    "labels",
    "assignee",
    "created_by",
    "dependencies",
    "comments",
    "deleted_at",
    "estimated_minutes",
    "due_at",
    "defer_until",
    "notes",
    "design",
    "owner",
]
JIT_KEYS = [
    "title",
    "description",
    "state",
    "priority",
    "assignee",
    "dependencies",
    "gates_required",
    "gates_status",
    "context",
    "documents",
    "labels",
    "created_at",
    "updated_at",
    "closed_at",
    "close_reason",
]
PLAIN_KEYS = [
    "title",
    "body",
    "state",
    "priority",
    "assignee",
    "labels",
    "depends_on",
    "parent",
    "links",
    "due",
    "comments",
    "createdAt",
    "extra",
]


def records(keys: list[str]) -> st.SearchStrategy[dict[str, object]]:
    """Objects with an id and a title more often than not, and any value under any key."""
    usual = {"id": st.sampled_from(["bd-1", "bd-2", "bd-3"]) | VALUES, "title": TEXTS | VALUES}
    odd = {key: (st.lists(EDGE, max_size=2) | VALUES if key == "dependencies" else VALUES) for key in keys}
    return st.fixed_dictionaries(usual, optional={key: odd[key] for key in keys if key not in usual})


def settle(world: World, run: object) -> None:
    """Import twice; whatever is stored is valid and the second run does nothing."""
    assert callable(run)
    problems: list[Problem] | None = None
    try:
        first: ImportReport = run()
    except MalformedInput as error:
        problems = error.problems
    if problems is not None:
        assert problems
        assert all(problem.file and problem.message for problem in problems)
        # What a reader let through is clean: the last look before publication has nothing to say about it.
        assert not any(problem.message.startswith(("'$", "has a value that does not fit")) for problem in problems)
        assert world.store.view().base is None
        return
    with world.store.view() as view:
        for id in view.ids():
            issue = view.issue(id)
            assert issue is not None
            encode_issue(issue)
            assert shape.errors("issue", issue_document(issue)) == []
        assert set(first.created) == set(view.ids())
    json.dumps(first.to_json())
    second = run()
    assert (second.created, second.updated, second.comments, second.commit) == ((), (), 0, None)
    assert set(second.unchanged) == set(first.created)


def lines(found: list[dict[str, object]]) -> bytes:
    return "\n".join(json.dumps(record) for record in found).encode()


@settings(max_examples=200)
@given(st.lists(records(BEADS_KEYS), max_size=4), st.booleans())
def test_beads_records_of_any_shape(found: list[dict[str, object]], tombstones: bool) -> None:
    world = World()
    settle(world, lambda: bring(world, "beads", lines(found), with_tombstones=tombstones))


@settings(max_examples=200)
@given(st.lists(records(PLAIN_KEYS), max_size=4))
def test_plain_records_of_any_shape(found: list[dict[str, object]]) -> None:
    world = World()
    settle(world, lambda: bring(world, "jsonl", lines(found)))


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(found=st.lists(records(JIT_KEYS), min_size=1, max_size=3))
def test_jit_records_of_any_shape(found: list[dict[str, object]], tmp_path_factory: pytest.TempPathFactory) -> None:
    root = tmp_path_factory.mktemp("jit")
    (root / "issues").mkdir()
    for number, record in enumerate(found):
        (root / "issues" / f"{number}.json").write_text(json.dumps(record))
    world = World()
    settle(world, lambda: bring_path(world, "jit", root))


@settings(max_examples=150)
@given(st.binary(max_size=60) | st.text('{}[]",:0a\n<>= \\u', max_size=40).map(str.encode))
@pytest.mark.parametrize("source", ["beads", "jsonl"])
def test_any_bytes(source: str, data: bytes) -> None:
    world = World()
    settle(world, lambda: bring(world, source, data))


HEADS = st.text("id: title-tk1\n\"'[]|>#,ä", max_size=60)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(head=HEADS, body=st.text("a#\n-<>= ", max_size=20))
def test_any_front_matter(head: str, body: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    root = tmp_path_factory.mktemp("backlog")
    (root / "tasks").mkdir()
    (root / "tasks" / "one.md").write_text(f"---\nid: task-1\ntitle: One\n{head}\n---\n{body}")
    world = World()
    settle(world, lambda: bring_path(world, "backlog", root))


@pytest.mark.parametrize("source", ["jit", "beads", "backlog", "jsonl"])
def test_what_is_not_there(source: str, tmp_path: Path) -> None:
    for path in (tmp_path / "absent", tmp_path):
        with pytest.raises(SourceMissing):
            bring_path(World(), source, path)
