"""The derived index beside what it is derived from. Opened read-only; nothing is refreshed or repaired here."""

import os
from collections.abc import Iterator
from contextlib import closing
from itertools import zip_longest
from typing import Final

from git_jit.clone import Index, IndexState
from git_jit.errors import JitError
from git_jit.model import Oid
from git_jit.store import cache, commits, places, tree
from git_jit.store import sqlite as sqlite3
from git_jit.store.backend import Backend, Kind
from git_jit.store.cache import Home

PATIENCE_S: Final = 0.2
"""A writer holds the file for milliseconds; who looks need not wait longer."""
SAMPLE: Final = 16
"""Issues compared when somebody waits for the answer."""
TABLES: Final = (
    """SELECT id, oid, terminal, blocked, state, priority, created_at, title, assignee, created_by, closed_at, due,
        defer_until, estimate, labels FROM issues ORDER BY id""",
    "SELECT id, data FROM bodies JOIN issues USING (key) ORDER BY id",
    "SELECT id, field, value FROM facts JOIN issues ON key = issue ORDER BY id, field, value",
    "SELECT id, target FROM edges JOIN issues ON key = source ORDER BY id, target",
    "SELECT issue, id, oid, data FROM comments ORDER BY issue, id",
    "SELECT path, oid, data FROM definitions ORDER BY path",
    "SELECT path, oid, cause FROM broken ORDER BY path",
    "SELECT id, words.title, body FROM words JOIN issues ON key = words.rowid ORDER BY id",
)
"""All that it holds, without the numbers that it gave its rows (`updated_at` comes from history, and may be open)."""


def look_at_index(home: Home, tip: Oid | None, *, deep: bool) -> Index:
    """Whether the index can be read and says what the commit says: about some issues or, when `deep`, about all."""
    index = cache.index_of(home)
    if not os.path.lexists(index.path):
        return Index(state=IndexState.ABSENT)
    try:
        with closing(index.inspect(PATIENCE_S)) as connection:
            stamp = index.stamp(connection)
            if stamp is None or tip is None or stamp.commit != tip:
                return Index(state=IndexState.STALE)  # the next command brings it up to date or makes it anew
            count, broken = (_count(connection, table) for table in ("issues", "broken"))
            cause = _everything(connection, index, tip) if deep else _sample(connection, home.backend, tip)
    except sqlite3.DAMAGE as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            return Index(state=IndexState.STALE)  # somebody is just bringing it up to date
        return Index(state=IndexState.UNREADABLE, cause=str(error))
    except (OSError, JitError) as error:
        return Index(state=IndexState.UNREADABLE, cause=str(error))
    return Index(state=IndexState.DISAGREES if cause else IndexState.FRESH, cause=cause, issues=count, broken=broken)


def _count(connection: sqlite3.Connection, table: str) -> int:
    found: int = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 - our own names
    return found


def _sample(connection: sqlite3.Connection, backend: Backend, tip: Oid) -> str | None:
    """How the index differs from the commit in some issues of one directory; None if it does not."""
    for path, oid in _some_issues(backend, tip):
        id = places.place_of(path).issue
        row = connection.execute("SELECT oid FROM issues WHERE id = ?", (id,)).fetchone()
        if id is not None and (row is None or row[0] != oid):
            there = f"is '{row[0][:10]}'" if row else "is not"
            return f"'{path}' is '{oid[:10]}' in the commit, but {there} in the index"
    return None


def _some_issues(backend: Backend, tip: Oid) -> Iterator[tuple[str, Oid]]:
    """Issues of the first directory: three trees to read. What cannot be read is told elsewhere."""
    try:
        root = tree.lookup(backend, _root(backend, tip), "issues")
        if root is None or not root.is_tree:
            return
        for fan in _entries(backend, root.oid)[:1]:
            yield from ((f"issues/{fan.name}/{entry.name}", entry.oid) for entry in _entries(backend, fan.oid)[:SAMPLE])
    except JitError:
        return


def _root(backend: Backend, tip: Oid) -> Oid:
    return commits.parse(backend.read(tip)).tree


def _entries(backend: Backend, oid: Oid) -> list[tree.Entry]:
    found = backend.read(oid)
    return tree.parse(found.data, len(oid) // 2) if found.kind is Kind.TREE else []


def _everything(connection: sqlite3.Connection, index: cache.Index, tip: Oid) -> str | None:
    """The first thing in which it differs from an index made from nothing, or SQLite's own complaint."""
    from git_jit.store.refreshing import anew  # only the deep look makes one

    for (said,) in connection.execute("PRAGMA integrity_check(1)"):
        if said != "ok":
            return str(said).partition("\n")[0]
    with closing(anew(index, tip)) as true:
        for statement in TABLES:
            for here, there in _side_by_side(connection.execute(statement), true.execute(statement)):
                if here != there:
                    table = statement.partition("FROM ")[2].split(" ")[0].strip("(")
                    named = (here or there or ("nothing",))[0]
                    return f"what it holds about '{named}' differs from what it would hold made anew ({table})"
    return None


def _side_by_side(
    one: sqlite3.Cursor, other: sqlite3.Cursor
) -> Iterator[tuple[tuple[object, ...] | None, tuple[object, ...] | None]]:
    return zip_longest(one, other)
