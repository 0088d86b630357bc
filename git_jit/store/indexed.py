"""A view that answers from the index: one read transaction of SQLite, so that later writes never show.

The index is derived, so trouble with it is not trouble with the issues: when a query fails, the view goes on
with a private index built from git, and the user sees nothing of it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NoReturn, Self

from git_jit import codec, facts
from git_jit.condition import NEWEST_FIRST, Condition, Scalar, Sort
from git_jit.config import Config
from git_jit.facts import MEMBERSHIPS
from git_jit.model import (
    PRIORITIES,
    Broken,
    Comment,
    CommentId,
    Gate,
    GateKey,
    Issue,
    IssueId,
    Oid,
    State,
    Timestamp,
)
from git_jit.store import IndexInconsistency, issue_path, places, sql
from git_jit.store import sqlite as sqlite3
from git_jit.store.backend import Kind
from git_jit.store.cache import Home, Index, index_of
from git_jit.store.places import CONFIG, Place, place_of
from git_jit.store.schema import DATED
from git_jit.view import Row, Selection

REMEMBERED: Final = 10_000
"""Decoded issues a view keeps: a plan looks at each of its issues five times, and no bulk change is larger (I2)."""
ASKED_AT_ONCE: Final = 500
"""Ids in one statement: SQLite may be built with a limit of 999 parameters."""

_STATES: Final = {state.value: state for state in State}


def open_view(home: Home, commit: Oid) -> "IndexedView":
    """All issues as of `commit`: from the index if that is where the ref stands, else from a private one."""
    return view_of(index_of(home), commit)


def view_of(index: Index, commit: Oid) -> "IndexedView":
    """All issues as of `commit`, which need not be the tip."""
    return IndexedView(index.snapshot(commit) or _brought_to(index, commit), commit, index)


def _brought_to(index: Index, commit: Oid) -> sqlite3.Connection:
    """The index, brought up to date if `commit` is the tip; else, or if that fails, a private one."""
    from git_jit.store.refreshing import private, refresh  # a fresh index needs nothing of it

    if index.tip() == commit and refresh(index, {}, patience=index.patience):
        return index.snapshot(commit) or private(index, commit)
    return private(index, commit)


class IndexedView:
    """`View` on one open connection, which it owns."""

    def __init__(self, connection: sqlite3.Connection, base: Oid, index: Index) -> None:
        self._connection = connection
        self._base = base
        self._index = index
        self._dated = False
        self._rescued = False
        self._config: Config | None = None
        self._decoded: dict[IssueId, Issue] = {}
        self._closed = False

    @property
    def base(self) -> Oid:
        return self._base

    @property
    def config(self) -> Config:
        if self._config is None:
            found = self._blobs("SELECT path, oid, data FROM definitions WHERE path = ?", (CONFIG,))
            lost = self._all("SELECT oid, cause FROM broken WHERE path = ?", (CONFIG,))
            if lost and not found:
                raise places.corrupt_rules(*lost[0])
            self._config = places.read_config(found[0][2], found[0][1]) if found else Config()
        return self._config

    def ids(self) -> Sequence[IssueId]:
        return [id for (id,) in self._all("SELECT id FROM issues WHERE terminal IS NOT NULL ORDER BY id")]

    def issue(self, id: IssueId) -> Issue | None:
        if id in self._decoded:
            return self._decoded[id]
        query = "SELECT i.id, i.oid, b.data FROM issues i LEFT JOIN bodies b ON b.key = i.key WHERE i.id = ?"
        for _, oid, data in self._blobs(query, (id,)):
            if data is None:
                raise self._corrupt(id, oid)
            issue = codec.decode_issue(data)
            if len(self._decoded) < REMEMBERED:
                self._decoded[id] = issue
            return issue
        return None

    def _corrupt(self, id: IssueId, oid: Oid) -> Exception:
        path = issue_path(id)
        causes = self._all("SELECT cause FROM broken WHERE path = ?", (path,))
        return places.corrupt_issue(path, oid, causes[0][0] if causes else "unknown")

    def version(self, id: IssueId) -> Oid | None:
        found = self._all("SELECT oid FROM issues WHERE id = ?", (id,))
        return found[0][0] if found else None

    def starting_with(self, prefix: str, limit: int = 11) -> Sequence[IssueId]:
        # 'g' is the character after the last hexadecimal digit
        query = "SELECT id FROM issues WHERE id >= ? AND id < ? ORDER BY id LIMIT ?"
        return [id for (id,) in self._all(query, (prefix, prefix + "g", limit))]

    def state_of(self, id: IssueId) -> State | None:
        found = self._all("SELECT state FROM issues WHERE id = ?", (id,))
        return _STATES.get(found[0][0]) if found else None

    def waits_for(self, id: IssueId) -> tuple[IssueId, ...]:
        query = "SELECT target FROM issues i JOIN edges e ON e.source = i.key WHERE i.id = ? ORDER BY target"
        return tuple(target for (target,) in self._all(query, (id,)))

    def dependents(self, id: IssueId) -> tuple[IssueId, ...]:
        query = "SELECT i.id FROM edges e JOIN issues i ON i.key = e.source WHERE e.target = ? ORDER BY i.id"
        return tuple(source for (source,) in self._all(query, (id,)))

    def edges(self) -> Mapping[IssueId, tuple[IssueId, ...]]:
        found: dict[IssueId, tuple[IssueId, ...]] = dict.fromkeys(self.ids(), ())
        query = "SELECT i.id, e.target FROM edges e JOIN issues i ON i.key = e.source ORDER BY e.source, e.target"
        for source, target in self._all(query):
            if source not in found:
                self._contradicts(source)
            found[source] += (target,)
        return found

    def select(
        self,
        condition: Condition,
        *,
        sort: Sequence[Sort] = NEWEST_FIRST,
        limit: int | None = None,
        offset: int = 0,
    ) -> Selection:
        if facts.asks_for_updated(condition, sort):
            self._date()
        names = facts.memberships(self.config) if facts.asks_for_orphans(condition) else MEMBERSHIPS
        where = sql.where(condition, memberships=names)
        given = self._given(where.parameters)
        order = sql.order_by(sort, with_broken=facts.asks_for_broken(condition))
        found = self._all(
            f"SELECT i.id FROM issues i WHERE {where.text} ORDER BY {order.text} LIMIT ? OFFSET ?",
            (*given, *order.parameters, -1 if limit is None else limit, offset),
        )
        ids = tuple(id for (id,) in found)
        if (limit is None or len(ids) < limit) and (ids or not offset):
            return Selection(ids, offset + len(ids))
        ((total,),) = self._all(f"SELECT count(*) FROM issues i WHERE {where.text}", given)
        return Selection(ids, total)

    def _given(self, parameters: Sequence[Scalar | sql.Sql]) -> list[Scalar]:
        """Parameters with the answers to those that are questions. Ids, which mean the same in a rescued index."""
        return [self._answer(one) if isinstance(one, sql.Sql) else one for one in parameters]

    def _answer(self, question: sql.Sql) -> str:
        from json import dumps

        return dumps([id for (id,) in self._all(question.text, self._given(question.parameters))])

    def rows(self, ids: Iterable[IssueId]) -> list[Row]:
        wanted = list(ids)
        found: dict[IssueId, Row] = {}
        for chunk, marks in _chunks(wanted):
            query = f"""SELECT id, title, state, priority, assignee, labels, blocked, created_at, due, terminal
                FROM issues WHERE id IN ({marks})"""
            found.update(self._rows(query, chunk))
        for id in wanted:
            if id not in found:
                self._contradicts(id)
        return [found[id] for id in wanted]

    def values(self, field: str) -> Mapping[str, int]:
        if field in sql.COLUMNS:
            column = sql.COLUMNS[field]
            query = f"SELECT {column}, count(*) FROM issues i WHERE terminal IS NOT NULL AND {column} IS NOT NULL"
            found = self._all(f"{query} GROUP BY {column}")
        else:
            query = "SELECT value, count(*) FROM facts WHERE field = ? GROUP BY value"
            found = self._all(query, (facts.check_field(field),))
        return dict(
            sorted((PRIORITIES[value].value if field == "priority" else value, count) for value, count in found)
        )

    def members(self, field: str) -> Mapping[IssueId, tuple[str, ...]]:
        found: dict[IssueId, list[str]] = {}
        query = "SELECT i.id, f.value FROM facts f JOIN issues i ON i.key = f.issue WHERE f.field = ? ORDER BY 1, 2"
        for id, value in self._all(query, (facts.check_field(field),)):
            found.setdefault(id, []).append(value)
        return {id: tuple(values) for id, values in found.items()}

    def updated_at(self, ids: Iterable[IssueId]) -> Mapping[IssueId, Timestamp]:
        self._date()
        wanted = list(ids)
        found: dict[IssueId, Timestamp] = {}
        for chunk, marks in _chunks(wanted):
            query = f"SELECT id, updated_at FROM issues WHERE terminal IS NOT NULL AND id IN ({marks})"
            found.update(self._all(query, chunk))
        return {id: found[id] for id in wanted if id in found}

    def comments(self, id: IssueId) -> tuple[Comment, ...]:
        found = self._blobs("SELECT id, oid, data FROM comments WHERE issue = ? ORDER BY id", (id,))
        return tuple(places.read_comment(Place("comments", id, CommentId(name)), data) for name, _, data in found)

    def gates(self) -> Mapping[GateKey, Gate]:
        found = self._blobs("SELECT path, oid, data FROM definitions WHERE path != ? ORDER BY path", (CONFIG,))
        return {key: places.read_gate(key, data) for path, _, data in found if (key := place_of(path).gate)}

    def broken(self) -> tuple[Broken, ...]:
        found = self._all("SELECT path, oid, cause FROM broken ORDER BY path")
        return tuple(Broken(path=path, oid=oid, cause=cause) for path, oid, cause in found)

    def close(self) -> None:
        if not self._closed:  # the collector may come later, in a thread that may not touch the connection
            self._closed = True
            self._connection.close()

    def __del__(self) -> None:
        # A connection is part of a reference cycle: forgotten, it would keep its lock until a garbage collection.
        self.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- the connection -------------------------------------------------------------------------------

    def _all(self, query: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Every row of the answer; from a private index, if this one turns out to be damaged."""
        try:
            return self._connection.execute(query, parameters).fetchall()
        except (sqlite3.ProgrammingError, sqlite3.InterfaceError):
            raise  # our mistake, like the use of a closed view
        except sqlite3.DAMAGE:
            if self._rescued:
                raise
        self._rescue()
        return self._connection.execute(query, parameters).fetchall()

    def _blobs(self, query: str, parameters: Sequence[object]) -> list[tuple[Any, ...]]:
        """Rows of name, oid and content; what is not the blob it says it is must not find its way back into git."""
        found = self._all(query, parameters)
        if not self._rescued and not all(data is None or _is_intact(oid, data) for _, oid, data in found):
            self._rescue()
            found = self._all(query, parameters)
        return found

    def _rows(self, query: str, parameters: Sequence[object]) -> list[tuple[IssueId, Row]]:
        try:
            return [(found[0], _row(found)) for found in self._all(query, parameters)]
        except (LookupError, TypeError, AttributeError):  # a value that nobody wrote: the file is damaged
            if self._rescued:
                raise
        self._rescue()
        return self._rows(query, parameters)

    def _contradicts(self, id: IssueId) -> NoReturn:
        """One answer had this issue, another has not: the file is damaged, or else the caller made the id up."""
        if self._rescued or self._all("PRAGMA integrity_check") != [("ok",)]:
            if not self._rescued:
                self._rescue()
            raise IndexInconsistency(
                "the index was damaged; it has been made anew from the issues", hint="run the same command again"
            )
        raise KeyError(id)

    def _rescue(self) -> None:
        from git_jit.store.refreshing import rescued

        self._connection.close()
        self._connection = rescued(self._index, self._base)
        self._rescued, self._dated = True, False

    def _date(self) -> None:
        if not self._dated and not self._all(f"SELECT 1 WHERE {DATED}"):
            from git_jit.store.refreshing import dated

            self._connection.close()  # our own snapshot would be in the way of whoever writes the dates
            self._connection = dated(self._index, self._base)
        self._dated = True


def _chunks(ids: Sequence[IssueId]) -> Iterator[tuple[Sequence[IssueId], str]]:
    """Parts of `ids` with as many question marks."""
    for start in range(0, len(ids), ASKED_AT_ONCE):
        chunk = ids[start : start + ASKED_AT_ONCE]
        yield chunk, ", ".join("?" * len(chunk))


def _row(found: tuple[Any, ...]) -> Row:
    id, title, state, priority, assignee, labels, blocked, created_at, due, terminal = found
    if terminal is None:
        return places.row_of_broken(id)
    members = tuple(labels.split("\0")[:-1]) if labels else ()
    return Row(id, title, _STATES[state], PRIORITIES[priority], assignee, members, bool(blocked), created_at, due)


def _is_intact(oid: Oid, data: object) -> bool:
    from git_jit.store.tree import object_id  # only what is read whole is compared with its name

    return isinstance(data, bytes) and object_id(Kind.BLOB, data, "sha1" if len(oid) == 40 else "sha256") == oid
