"""Both engines give the same answer to every question, on random trackers."""

import sqlite3
from collections.abc import Callable
from functools import partial
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from git_jit import condition as c
from git_jit.config import Config
from git_jit.errors import JitError
from git_jit.facts import asks_for_broken
from git_jit.model import Date, IssueId, Json
from git_jit.query import BindContext, condition_for
from git_jit.store import CorruptIssue, issue_path, sql
from git_jit.store.cache import Index
from git_jit.store.indexed import IndexedView
from git_jit.store.memory import MemoryStore
from git_jit.store.memory_view import MemoryView
from git_jit.store.refreshing import private
from git_jit.view import Selection, View
from tests import strategies
from tests.store.making import CREATED, ID, NOWHERE, Objects, issue, message
from tests.strategies import Tracker


def both(tracker: Tracker, later: Tracker | None = None) -> tuple[MemoryView, IndexedView]:
    """The same two commits, seen by both engines; the second tracker is put over the first."""
    store, objects = MemoryStore(), Objects()
    for second, part in enumerate([tracker, later] if later else [tracker]):
        store.commit(part.plan(), base=store.view().base, message=message(second=second))
        objects.commit(part.plan(), second=second)
    assert objects.tip is not None
    index = Index(NOWHERE, objects, lambda: objects.tip, boot="b")
    return store.view(), IndexedView(private(index, objects.tip), objects.tip, index)


@given(
    strategies.trackers(),
    st.none() | strategies.trackers(),
    strategies.conditions(),
    strategies.SORTS,
    strategies.leaves(),
)
def test_every_question_has_the_same_answer(
    tracker: Tracker, later: Tracker | None, condition: c.Condition, sort: list[c.Sort], leaf: c.Condition
) -> None:
    """One test, because to make up the trackers takes longer than to ask all of them."""
    memory, indexed = both(tracker, later)
    with indexed:
        assert answers(indexed) == answers(memory)
        a_test_and_its_opposite_divide_the_readable_issues(memory, indexed, leaf)
        expected = attempt(lambda: memory.select(condition, sort=sort))
        assert attempt(lambda: indexed.select(condition, sort=sort)) == expected
        if not isinstance(expected, Selection):  # the rules are asked for, and cannot be read
            return
        for offset, limit in [(0, 1), (1, 2), (9, 1), (0, 0)]:
            part = indexed.select(condition, sort=sort, offset=offset, limit=limit)
            assert part == Selection(expected.ids[offset : offset + limit], expected.total)
            assert part == memory.select(condition, sort=sort, offset=offset, limit=limit)


def a_test_and_its_opposite_divide_the_readable_issues(memory: View, indexed: View, leaf: c.Condition) -> None:
    for view in (memory, indexed):
        yes, no = set(view.select(leaf).ids), set(view.select(c.Not(leaf)).ids)
        assert not yes & no
        assert yes | no == set(view.ids()) or asks_for_broken(leaf)
    assert indexed.select(leaf) == memory.select(leaf)


def answers(view: View) -> dict[str, object]:
    """Everything that a view can be asked without a condition."""
    ids = view.ids()
    known = [*view.starting_with("", limit=100), IssueId("dead".ljust(32, "0"))]
    return {
        "config": attempt(lambda: view.config),
        "ids": list(ids),
        "issues": {id: attempt(partial(view.issue, id)) for id in known},
        "versions": {id: view.version(id) for id in known},
        "prefixes": [list(view.starting_with(prefix, 2)) for prefix in ("", "0", "1a", "f" * 32, "x")],
        "states": {id: view.state_of(id) for id in known},
        "waits": {id: view.waits_for(id) for id in known},
        "dependents": {id: view.dependents(id) for id in known},
        "edges": view.edges(),
        "rows": view.rows(known[:-1]),
        "values": {field: view.values(field) for field in ("label", "assignee", "state", "priority")},
        "members": {field: view.members(field) for field in ("label", "link", "parent", "gate", "doc")},
        "updated": view.updated_at(known),
        "comments": {id: view.comments(id) for id in known},
        "gates": view.gates(),
        "broken": view.broken(),
    }


def attempt(question: Callable[[], object]) -> object:
    try:
        return question()
    except JitError as error:
        return error.code, error.message, error.hint, error.details


def test_a_broken_issue_is_named_with_path_and_blob() -> None:
    path = issue_path(ID)
    for view in both(Tracker(raw={path: b"{"})):
        oid = view.version(ID)
        with pytest.raises(CorruptIssue) as caught:
            view.issue(ID)
        assert caught.value.message.startswith(f"the issue in '{path}' (blob '{oid}') cannot be read: ")
        assert caught.value.details == {"path": path, "oid": oid, "cause": view.broken()[0].cause}
        assert view.select(c.Is(c.Flag.BROKEN, "", "")).ids == (ID,)
        assert view.select(c.All(())).ids == ()


def test_rows_of_an_unknown_id_is_a_mistake_of_the_caller() -> None:
    for view in both(Tracker()):
        with pytest.raises(KeyError):
            view.rows([ID])


def test_an_unknown_field_is_a_mistake_of_the_caller() -> None:
    for view in both(Tracker(issues={ID: issue()})):
        with pytest.raises(ValueError, match="there is no field 'colour'"):
            view.select(c.Present("colour"))


@settings(max_examples=settings.default.max_examples // 4 if settings.default else 25)
@given(strategies.trackers(), strategies.deep_conditions())
def test_deep_conditions_mean_the_same(tracker: Tracker, condition: c.Condition) -> None:
    memory, indexed = both(tracker)
    with indexed:
        assert attempt(lambda: indexed.select(condition)) == attempt(lambda: memory.select(condition))


TITLED = tuple(c.OneOf("title", (str(number),)) for number in range(40_000))
NARROW = 2
IS_OPEN = c.Is(c.Flag.OPEN, "", "")
DEEPEST_TESTS = [
    c.OneOf("type", tuple(str(number) for number in range(40))),
    c.OneOf("blocks", tuple(str(number) for number in range(40))),
    c.Glob("epic", ("a", None)),
    c.Is(c.Flag.ORPHAN, "", ""),
    c.Is(c.Flag.READY, "2026-11-21", ""),
    c.Words("title", ("two",)),
    c.Compare("comment", "<", "a"),
]


@pytest.mark.parametrize(
    ("leaf", "width"),
    [*product(DEEPEST_TESTS, [NARROW, sql.MAX_CHAIN]), (DEEPEST_TESTS[0], 3 * sql.MAX_CHAIN)],
    ids=lambda value: str(value)[:30],
)
def test_no_limit_of_sqlite_is_in_the_way_of_a_deep_or_wide_condition(leaf: c.Condition, width: int) -> None:
    """Seventy levels, each as wide as that, the deepest test first or last; with the fewest parameters allowed.

    The wide ones take seconds, so all but one of them are asked in the deepest form alone.
    """
    memory, indexed = both(Tracker(issues={ID: issue()}))
    with indexed:
        indexed._connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 999)
        for first in (True, False):
            condition = nested(c.Not(leaf), width, first=first)
            forms = (condition, c.Not(condition), c.Some((c.Not(condition), c.Is(c.Flag.BROKEN, "", ""))))
            for asked in forms if width == NARROW or leaf is DEEPEST_TESTS[0] else forms[-1:]:
                assert indexed.select(asked) == memory.select(asked)


def nested(condition: c.Condition, width: int, *, first: bool) -> c.Condition:
    """Below levels of "and" and "or" in turn, beside tests that leave the answer to it."""
    for level in range(70):
        others: tuple[c.Condition, ...] = TITLED[level * width : level * width + width - 1]
        if level % 2:
            others = tuple(c.Not(other) for other in others)
        parts = (condition, *others) if first else (*others, condition)
        condition = c.All(parts) if level % 2 else c.Some(parts)
    return condition


@pytest.mark.parametrize(
    "text",
    [
        "".join("(two OR one (" for _ in range(30)) + "type:task" + "))" * 30,
        "".join("(one OR two -(" for _ in range(15)) + "type:task" + "))" * 15,
        "-" * 64 + "one",
        "-" * 63 + "one",
        " OR ".join(["one"] * 511),
        " ".join(f"title:{n:03},one" for n in range(273)),
        " OR ".join(["query:many"] * 250),
        "query:deep -query:deep",
        f'"{"one " * 1000}"',
    ],
    ids=lambda text: text[:14],
)
def test_whatever_the_filter_language_takes_is_answered(text: str) -> None:
    saved = {"many": f"title:={','.join(f'*{n}' for n in range(256))}", "deep": "-" * 57 + "(one OR -two)"}
    context = BindContext(now=CREATED, today=Date("2026-11-21"), config=Config(queries=saved))
    condition = condition_for(text, context)
    memory, indexed = both(Tracker(issues={ID: issue()}))
    with indexed:
        assert indexed.select(condition) == memory.select(condition)


@pytest.mark.parametrize("value", [-1, 9, 10, 11, "", "9", "x", "y"])
@pytest.mark.parametrize("op", ["<", "<=", ">", ">="])
@pytest.mark.parametrize("held", [10, "x", "10", [10, "x"], [], True])
def test_a_custom_field_may_hold_numbers_and_texts(held: Json, op: str, value: c.Scalar) -> None:
    memory, indexed = both(Tracker(issues={ID: issue(fields={"n": held})}))
    with indexed:
        for condition in (c.Compare("field.n", op, value), c.OneOf("field.n", (value,)), c.Glob("field.n", ("1", 1))):
            assert indexed.select(condition) == memory.select(condition)


def test_numbers_come_before_texts() -> None:
    made = [issue(id=IssueId(id * 32), fields={"n": n}) for id, n in {"a": "1", "b": 10, "c": 9, "d": None}.items()]
    memory, indexed = both(Tracker(issues={one.id: one for one in made}))
    with indexed:
        for view in (memory, indexed):
            for descending, order in ((False, "cbad"), (True, "abcd")):
                found = view.select(c.All(()), sort=[c.Sort("field.n", descending=descending)])
                assert "".join(id[0] for id in found.ids) == order


def test_many_alternatives_and_many_parts() -> None:
    """Beyond what SQLite takes as parameters, or as a chain of ORs."""
    memory, indexed = both(Tracker(issues={ID: issue()}))
    many = tuple(IssueId(f"{number:032x}") for number in range(40_000))
    with indexed:
        indexed._connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 999)
        for view in (memory, indexed):
            assert view.select(c.OneOf("id", (*many, ID))).ids == (ID,)
            assert view.select(c.OneOf("label", many)).ids == ()
            assert view.select(c.Some((*TITLED, IS_OPEN))).ids == (ID,)
            assert view.select(c.Not(c.Some((*TITLED, IS_OPEN)))).ids == ()
