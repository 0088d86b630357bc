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
from git_jit.store.indexed import IndexedView, view_of
from git_jit.view import Plan
from tests import strategies
from tests.store.making import Objects, issue

OPEN = c.Is(c.Flag.OPEN, "2026-11-21", "")
READY = c.Is(c.Flag.READY, "2026-11-21", "")


@given(strategies.conditions(), strategies.SORTS)
def test_no_value_is_ever_in_the_text(condition: c.Condition, sort: list[c.Sort]) -> None:
    where, order = sql.where(condition), sql.order_by(sort, with_broken=False)
    assert where.text == sql.where(Renaming().condition(condition)).text
    assert where.text.count("?") == len(where.parameters)
    assert order.text.count("?") == len(order.parameters)


class Renaming:
    """The same shape, with nothing left of what a user may have typed; equal values stay equal, others differ."""

    def __init__(self) -> None:
        self.seen: dict[object, int] = {}

    def condition(self, condition: c.Condition) -> c.Condition:  # noqa: PLR0911 - one for each kind
        match condition:
            case c.All(parts) | c.Some(parts):
                return type(condition)(tuple(self.condition(part) for part in parts))
            case c.Not(part):
                return c.Not(self.condition(part))
            case c.OneOf(field, values):
                return c.OneOf(self.field(field), tuple(self.value(value) for value in values))
            case c.Compare(field, op, value):
                return c.Compare(self.field(field), op, self.value(value))
            case c.Glob(field, pattern):
                return c.Glob(self.field(field), (self.text(pattern),))
            case c.Present(field):
                return c.Present(self.field(field))
            case c.Words(where, words, prefix):
                return c.Words(where, (self.text(words),) if words else (), prefix)
            case c.Is(flag, today, stale_before):
                return c.Is(flag, self.text(today), self.text(stale_before))

    def field(self, field: str) -> str:
        """Names of custom fields are typed too."""
        return f"field.{self.text(field)}" if field.startswith("field.") else field

    def value(self, value: c.Scalar) -> c.Scalar:
        return 77 + self.number(value) if isinstance(value, int) else self.text(value)

    def text(self, value: object) -> str:
        return "\x01" * (1 + self.number(value))

    def number(self, value: object) -> int:
        return self.seen.setdefault(value, len(self.seen))


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
        (
            c.Not(c.Some((c.OneOf("state", ("done",)), c.All((OPEN, c.Not(OPEN)))))),
            "((NOT (i.state IN (?)) AND (NOT (i.terminal = 0) OR i.terminal = 0)) AND i.terminal IS NOT NULL)",
            ("done",),
        ),
        (
            c.All((c.Is(c.Flag.BROKEN, "", ""), c.Not(OPEN), c.All((c.Not(OPEN), c.Not(c.Some((OPEN,))))))),
            "(i.terminal IS NULL AND (i.terminal IS NOT NULL AND NOT (i.terminal = 0)))",
            (),
        ),
    ],
)
def test_some_conditions_in_full(condition: c.Condition, text: str, parameters: tuple[c.Scalar, ...]) -> None:
    assert sql.where(condition)[:2] == (text, parameters)


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
    view_of(index, tip).close()
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
