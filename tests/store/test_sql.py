"""The text that conditions become: parameters only, and plans that do not grow with the number of issues."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given

from git_jit import condition as c
from git_jit.model import IssueId, Oid
from git_jit.store import sql
from git_jit.store.cache import Index
from git_jit.store.indexed import IndexedView
from git_jit.view import Plan
from tests import strategies
from tests.store.making import Objects, issue

OPEN = c.Is(c.Flag.OPEN, "2026-11-21", "")
READY = c.Is(c.Flag.READY, "2026-11-21", "")


@given(strategies.conditions(), strategies.SORTS)
def test_no_value_is_ever_in_the_text(condition: c.Condition, sort: list[c.Sort]) -> None:
    where, order = sql.where(condition), sql.order_by(sort, with_broken=False)
    assert where.text == sql.where(with_other_values(condition)).text
    assert where.text.count("?") == len(where.parameters)
    assert order.text.count("?") == len(order.parameters)


def with_other_values(condition: c.Condition) -> c.Condition:  # noqa: PLR0911 - one for each kind
    """The same shape, with nothing left of what a user may have typed; names of custom fields are typed too."""
    match condition:
        case c.All(parts) | c.Some(parts):
            return type(condition)(tuple(with_other_values(part) for part in parts))
        case c.Not(part):
            return c.Not(with_other_values(part))
        case c.OneOf(field, values):
            return c.OneOf(named(field), tuple(other(value) for value in values))
        case c.Compare(field, op, value):
            return c.Compare(named(field), op, other(value))
        case c.Glob(field):
            return c.Glob(named(field), ("\x01",))
        case c.Present(field):
            return c.Present(named(field))
        case c.Words(where, words, prefix):
            return c.Words(where, ("\x01",) if words else (), prefix)
        case c.Is(flag):
            return c.Is(flag, "\x01", "\x01")


def named(field: str) -> str:
    return "field.\x01" if field.startswith("field.") else field


def other(value: c.Scalar) -> c.Scalar:
    return 77 if isinstance(value, int) else "\x01"


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ((), ""),
        (("a", None, "b", 1), "a*b?"),
        (("*?[]^-",), "[*][?][[]]^-"),
        ((None, "é'\"", None), "*é'\"*"),
    ],
)
def test_patterns_in_glob(pattern: tuple[str | int | None, ...], text: str) -> None:
    assert sql.glob_text(pattern) == text


@pytest.mark.parametrize(
    ("condition", "text", "parameters"),
    [
        (OPEN, "(i.terminal = 0 AND i.terminal IS NOT NULL)", ()),
        (c.OneOf("state", ()), "(0 AND i.terminal IS NOT NULL)", ()),
        (c.OneOf("priority", ("high", 2)), "(i.priority IN (?) AND i.terminal IS NOT NULL)", (2,)),
        (
            c.Not(c.OneOf("assignee", ("human:ada",))),
            "(NOT ((i.assignee IN (?) AND i.assignee IS NOT NULL)) AND i.terminal IS NOT NULL)",
            ("human:ada",),
        ),
        (
            c.OneOf("type", ("bug",)),
            "(i.key IN (SELECT f.issue FROM facts f WHERE f.field = ? AND f.value IN (?)) AND i.terminal IS NOT NULL)",
            ("label", "type:bug"),
        ),
        (
            c.Words("title", ("a", "b"), prefix=True),
            "(i.key IN (SELECT rowid FROM words WHERE words MATCH ?) AND i.terminal IS NOT NULL)",
            ('title : "a b"*',),
        ),
        (c.Is(c.Flag.BROKEN, "", ""), "i.terminal IS NULL", ()),
    ],
)
def test_some_conditions_in_full(condition: c.Condition, text: str, parameters: tuple[c.Scalar, ...]) -> None:
    assert sql.where(condition) == (text, parameters)


def test_orders_in_full() -> None:
    assert sql.order_by(c.NEWEST_FIRST, with_broken=False).text == "i.created_at DESC, i.id"
    assert sql.order_by([c.Sort("due")], with_broken=False).text == "i.due NULLS LAST, i.id"
    assert sql.order_by([c.Sort("created")], with_broken=True).text == "i.created_at NULLS LAST, i.id"


# --- plans ----------------------------------------------------------------------------------------------


class Explained(sqlite3.Connection):
    """Remembers the plan of every question."""

    plans: list[str]

    def execute(self, query: str, parameters: object = ()) -> sqlite3.Cursor:
        if query.lstrip().startswith("SELECT"):
            plan = super().execute(f"EXPLAIN QUERY PLAN {query}", parameters).fetchall()  # type: ignore[arg-type]
            self.plans += [line for *_, line in plan]
        return super().execute(query, parameters)  # type: ignore[arg-type]


@pytest.fixture
def view(tmp_path: Path) -> Iterator[IndexedView]:
    """A view of a small tracker whose connection remembers plans; SQLite plans without statistics here."""
    objects = Objects()
    objects.commit(Plan(issues={id: issue(id=id) for id in (IssueId(f"{n:032x}") for n in range(10))}))
    assert objects.tip is not None
    tip = Oid(objects.tip)
    index = Index(str(tmp_path), objects, lambda: tip, boot="b")
    index.view(tip).close()
    connection = sqlite3.connect(index.path, factory=Explained)
    connection.plans = []
    with IndexedView(connection, tip, index) as found:
        yield found


def plans(view: IndexedView) -> list[str]:
    connection = view._connection
    assert isinstance(connection, Explained)
    return connection.plans


@pytest.mark.parametrize(
    "condition",
    [
        OPEN,
        READY,
        c.Is(c.Flag.BLOCKED, "", ""),
        c.OneOf("state", ("ready",)),
        c.All((c.OneOf("state", ("ready",)), c.OneOf("label", ("a:b",)))),
        c.OneOf("type", ("bug",)),
        c.All((OPEN, c.OneOf("assignee", ("human:ada",)))),
        c.Words("text", ("one",)),
        c.OneOf("id", ("0" * 32,)),
        c.OneOf("depends-on", ("0" * 32,)),
        c.OneOf("blocks", ("0" * 32,)),
        c.OneOf("parent", ("0" * 32,)),
    ],
    ids=str,
)
def test_hot_selections_never_go_through_every_issue(view: IndexedView, condition: c.Condition) -> None:
    view.select(condition, limit=0)
    assert [line for line in plans(view) if line.startswith("SCAN") and "words" not in line] == []


@pytest.mark.parametrize(
    "condition", [OPEN, READY, c.OneOf("state", ("ready",)), c.Is(c.Flag.BLOCKED, "", ""), c.All(())]
)
def test_newest_first_needs_no_sorting(view: IndexedView, condition: c.Condition) -> None:
    view.select(condition, limit=50)
    assert [line for line in plans(view) if "TEMP B-TREE" in line] == []


def test_one_issue_and_what_surrounds_it_is_found_by_search(view: IndexedView) -> None:
    id = view.ids()[3]
    plans(view).clear()
    view.issue(id)
    view.version(id)
    view.starting_with(id[:6])
    view.waits_for(id)
    view.dependents(id)
    view.comments(id)
    view.state_of(id)
    view.rows([id])
    assert [line for line in plans(view) if line.startswith("SCAN")] == []


def test_counting_open_issues_does_not_touch_their_rows(view: IndexedView) -> None:
    view.select(OPEN, limit=0)
    assert any("COVERING INDEX issues_by_end" in line for line in plans(view))
