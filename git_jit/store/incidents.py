"""The errors that commands of this clone met: a small SQLite file of local interest, never part of the issues.

An *incident* is a kind of error, known by its fingerprint; an *event* is one time that it happened. Errors that a
wrong word explains become an incident only when they repeat: until then they are *suspects*.

Nothing here may cost a failing command more than it has lost already: no transaction waits longer than `PATIENCE_S`
for another process, nothing is synced to the disk, and a file that is damaged is set aside and begun anew. Writing
raises what SQLite and the disk raise, which `cli.tracking` swallows.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from typing import Any, Final, NamedTuple, TypeVar

from git_jit.errors import Fatal
from git_jit.model import Timestamp
from git_jit.record import record
from git_jit.store import sqlite as sqlite3

NAME: Final = "errors.sqlite"
ASIDE: Final = ".damaged"
VERSION: Final = 1
PATIENCE_S: Final = 0.05
"""How long recording waits for another process; it holds the file for a millisecond."""
READING_PATIENCE_S: Final = 2.0
"""How long a command about errors waits."""
MAX_DAYS: Final = 90
MAX_EVENTS: Final = 10_000
MAX_BYTES: Final = 10 << 20
"""All three: reliability.md, error tracking."""
REPEATS: Final = 3
WINDOW: Final = "-1 hour"
"""So often within this time, and a suspect becomes an incident: an agent in a loop, not a slip of the finger."""
DROP: Final = 8
"""When the file is too large, one incident of so many goes, the ones not seen for longest first."""
MODE: Final = 0o600

_TABLES: Final = """
CREATE TABLE incidents (
    id INTEGER PRIMARY KEY AUTOINCREMENT, fingerprint TEXT NOT NULL UNIQUE, severity TEXT NOT NULL, code TEXT NOT NULL,
    operation TEXT NOT NULL, message TEXT NOT NULL, request TEXT NOT NULL, versions TEXT NOT NULL, traceback TEXT,
    count INTEGER NOT NULL, first_seen TEXT NOT NULL, last_seen TEXT NOT NULL, resolved_at TEXT);
CREATE TABLE events (incident INTEGER NOT NULL, at TEXT NOT NULL, request TEXT NOT NULL);
CREATE TABLE suspects (fingerprint TEXT NOT NULL, at TEXT NOT NULL, request TEXT NOT NULL);
CREATE INDEX incidents_by_time ON incidents (last_seen);
CREATE INDEX events_by_incident ON events (incident, at);
CREATE INDEX events_by_time ON events (at);
CREATE INDEX suspects_by_fingerprint ON suspects (fingerprint, at);
"""
_COLUMNS: Final = (
    "id, fingerprint, severity, code, operation, message, request, versions, traceback,"
    " count, first_seen, last_seen, resolved_at"
)
_DAMAGED: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})

T = TypeVar("T")


class ErrorStoreFailed(Fatal):
    """The file of errors cannot be changed, when somebody wants to change it."""

    code = "error_store_failed"


@record(kw_only=True)
class Happened:
    """One failure of one command, with nothing in it that must not be kept."""

    at: Timestamp
    fingerprint: str
    severity: str
    code: str
    operation: str
    message: str
    request: str
    versions: Mapping[str, str]
    traceback: str | None = None
    suspect: bool = False
    """Only of interest when it repeats."""


@record(kw_only=True)
class Incident:
    """A kind of error: what it was the last time, and how often it happened."""

    id: int
    fingerprint: str
    severity: str
    code: str
    operation: str
    message: str
    request: str
    versions: Mapping[str, str]
    traceback: str | None
    count: int
    first_seen: Timestamp
    last_seen: Timestamp
    resolved_at: Timestamp | None


class Event(NamedTuple):
    """One time that an incident happened."""

    at: Timestamp
    request: str


class Tally(NamedTuple):
    """So many events of one kind on one day."""

    day: str
    severity: str
    code: str
    times: int


@record(kw_only=True)
class Wanted:
    """Which incidents; None and empty mean any."""

    severities: Sequence[str] = ()
    code: str | None = None
    since: Timestamp | None = None
    resolved: bool = False
    """Resolved ones too."""


class Incidents:
    """The file of one clone."""

    def __init__(self, path: str) -> None:
        self.path = path

    # --- recording ------------------------------------------------------------------------------------

    def add(self, happened: Happened) -> None:
        """Keep it, and no more in all than the limits allow."""

        def change(db: sqlite3.Connection) -> None:
            _add(db, happened)
            _prune(db, happened.at)

        self._write(change, PATIENCE_S)

    def resolve(self, ids: Sequence[int] | None, at: Timestamp) -> list[int]:
        """Mark incidents as settled, all open ones for None; which of them were open. If one happens again, it is
        open again. Raises `ErrorStoreFailed`.
        """
        if not os.path.exists(self.path):
            return []
        where, values = ("", []) if ids is None else (f" AND id IN ({', '.join('?' * len(ids))})", list(ids))

        def change(db: sqlite3.Connection) -> list[int]:
            question = f"SELECT id FROM incidents WHERE resolved_at IS NULL{where} ORDER BY id"
            found = [row[0] for row in db.execute(question, values)]
            db.executemany("UPDATE incidents SET resolved_at = ? WHERE id = ?", [(at, id) for id in found])
            return found

        return self._changed(change)

    def clear(self, before: Timestamp | None) -> int:
        """Forget the incidents that did not happen since, all of them for None; how many. Raises `ErrorStoreFailed`."""
        if not os.path.exists(self.path):
            return 0

        def change(db: sqlite3.Connection) -> int:
            gone = db.execute("DELETE FROM incidents WHERE ? IS NULL OR last_seen < ?", (before, before)).rowcount
            _tidy(db)
            db.execute("DELETE FROM suspects WHERE ? IS NULL OR at < ?", (before, before))
            return gone

        gone = self._changed(change)
        with suppress(*sqlite3.DAMAGE, OSError), closing(self._connect(READING_PATIENCE_S)) as db:
            db.execute("VACUUM")  # what was forgotten is not to be found in the bytes of the file either
        return gone

    def _changed(self, change: Callable[[sqlite3.Connection], T]) -> T:
        try:
            return self._write(change, READING_PATIENCE_S)
        except (*sqlite3.DAMAGE, OSError) as error:
            raise self._failed("changed", error) from error

    def _failed(self, what: str, error: Exception) -> ErrorStoreFailed:
        hint = "nothing else depends on that file; if it is damaged, the next error begins a new one"
        return ErrorStoreFailed(
            f"the errors of this clone cannot be {what}: {error}", hint=hint, details={"path": self.path}
        )

    def _write(self, change: Callable[[sqlite3.Connection], T], patience: float) -> T:
        try:
            with self._transaction(patience) as db:
                return change(db)
        except sqlite3.DAMAGE as error:
            if isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", 0) & 0xFF not in _DAMAGED:
                raise
        os.replace(self.path, self.path + ASIDE)
        with self._transaction(patience) as db:
            return change(db)

    @contextmanager
    def _transaction(self, patience: float) -> Iterator[sqlite3.Connection]:
        os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, MODE))
        with closing(self._connect(patience)) as db:
            db.execute("PRAGMA journal_mode = TRUNCATE")
            db.execute("PRAGMA synchronous = OFF")
            db.execute("BEGIN IMMEDIATE")
            (version,) = db.execute("PRAGMA user_version").fetchone()
            if version == 0:
                for statement in _TABLES.split(";\n"):
                    db.execute(statement)
                db.execute(f"PRAGMA user_version = {VERSION}")
            elif version != VERSION:
                raise sqlite3.NotSupportedError(f"'{self.path}' is of version {version}")
            yield db
            db.execute("COMMIT")

    def _connect(self, patience: float) -> sqlite3.Connection:
        return sqlite3.connect(os.fsencode(self.path), timeout=patience, isolation_level=None)

    # --- reading --------------------------------------------------------------------------------------

    def page(self, wanted: Wanted, *, limit: int | None, offset: int) -> tuple[list[Incident], int]:
        """A page of the incidents, the last seen first, and how many there are in all. Raises `ErrorStoreFailed`."""
        where, values = _where(wanted)
        with self._reading() as db:
            if db is None:
                return [], 0
            (total,) = db.execute(f"SELECT count(*) FROM incidents WHERE {where}", values).fetchone()
            rows = db.execute(
                f"SELECT {_COLUMNS} FROM incidents WHERE {where} ORDER BY last_seen DESC, id DESC LIMIT ? OFFSET ?",
                [*values, -1 if limit is None else limit, offset],
            )
            return [_incident(row) for row in rows], total

    def get(self, id: int, *, events: int) -> tuple[Incident, list[Event]] | None:
        """One incident with its latest events; None if there is none. Raises `ErrorStoreFailed`."""
        with self._reading() as db:
            if db is None:
                return None
            row = db.execute(f"SELECT {_COLUMNS} FROM incidents WHERE id = ?", (id,)).fetchone()
            if row is None:
                return None
            question = "SELECT at, request FROM events WHERE incident = ? ORDER BY at DESC, rowid DESC LIMIT ?"
            return _incident(row), [Event(*found) for found in db.execute(question, (id, events))]

    def tally(self, wanted: Wanted) -> list[Tally]:
        """Events by day, severity and code. `since` is about events here. Raises `ErrorStoreFailed`."""
        where, values = _where(wanted, time="events.at")
        with self._reading() as db:
            if db is None:
                return []
            rows = db.execute(
                f"SELECT substr(events.at, 1, 10), severity, code, count(*) FROM events"
                f" JOIN incidents ON incidents.id = events.incident WHERE {where} GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
                values,
            )
            return [Tally(*row) for row in rows]

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection | None]:
        """None where there is no file, or an empty one."""
        if not os.path.exists(self.path):
            yield None
            return
        try:
            with closing(self._connect(READING_PATIENCE_S)) as db:
                db.execute("PRAGMA query_only = ON")
                yield db if db.execute("PRAGMA user_version").fetchone() != (0,) else None
        except sqlite3.DAMAGE as error:
            raise self._failed("read", error) from error


def _add(db: sqlite3.Connection, happened: Happened) -> None:
    if happened.suspect:
        _suspect(db, happened)
    else:
        _insert(db, happened, [Event(happened.at, happened.request)])


def _suspect(db: sqlite3.Connection, happened: Happened) -> None:
    """Count it; the one that makes it a repetition brings the earlier ones along."""
    recently = "strftime('%Y-%m-%dT%H:%M:%S', ?, ?)"
    db.execute(f"DELETE FROM suspects WHERE at < {recently}", (happened.at, WINDOW))
    now = Event(happened.at, happened.request)
    seen = db.execute("SELECT at, request FROM suspects WHERE fingerprint = ? ORDER BY at", (happened.fingerprint,))
    events = [*(Event(*row) for row in seen), now]
    known = db.execute(
        f"SELECT 1 FROM incidents WHERE fingerprint = ? AND last_seen >= {recently}",
        (happened.fingerprint, happened.at, WINDOW),
    ).fetchone()
    if known or len(events) >= REPEATS:
        db.execute("DELETE FROM suspects WHERE fingerprint = ?", (happened.fingerprint,))
        _insert(db, happened, events)
    else:
        db.execute("INSERT INTO suspects VALUES (?, ?, ?)", (happened.fingerprint, *now))


def _insert(db: sqlite3.Connection, happened: Happened, events: Sequence[Event]) -> None:
    """Add events to the incident, which is the newest of its kind now: what it says is what was said last."""
    latest = (
        happened.severity, happened.code, happened.operation, happened.message, happened.request,
        json.dumps(dict(happened.versions), sort_keys=True), happened.traceback, events[-1].at,
    )  # fmt: skip
    known = db.execute(
        "UPDATE incidents SET severity = ?, code = ?, operation = ?, message = ?, request = ?, versions = ?,"
        " traceback = ?, last_seen = ?, count = count + ?, resolved_at = NULL WHERE fingerprint = ?",
        (*latest, len(events), happened.fingerprint),
    ).rowcount
    if not known:
        db.execute(
            "INSERT INTO incidents (severity, code, operation, message, request, versions, traceback, last_seen,"
            " count, first_seen, fingerprint) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*latest, len(events), events[0].at, happened.fingerprint),
        )
    (id,) = db.execute("SELECT id FROM incidents WHERE fingerprint = ?", (happened.fingerprint,)).fetchone()
    db.executemany("INSERT INTO events VALUES (?, ?, ?)", [(id, *event) for event in events])


def _prune(db: sqlite3.Connection, now: Timestamp) -> None:
    """Keep to all limits. What just happened is the newest and stays."""
    db.execute("DELETE FROM events WHERE at < strftime('%Y-%m-%dT%H:%M:%S', ?, ?)", (now, f"-{MAX_DAYS} days"))
    (count,) = db.execute("SELECT count(*) FROM events").fetchone()
    if count > MAX_EVENTS:
        old = "SELECT rowid FROM events ORDER BY at, rowid LIMIT ?"
        db.execute(f"DELETE FROM events WHERE rowid IN ({old})", (count - MAX_EVENTS,))
    db.execute("DELETE FROM incidents WHERE id NOT IN (SELECT incident FROM events)")
    while _size(db) > MAX_BYTES:
        (kinds,) = db.execute("SELECT count(*) FROM incidents").fetchone()
        if kinds <= 1:
            break
        old = "SELECT id FROM incidents ORDER BY last_seen, id LIMIT ?"
        db.execute(f"DELETE FROM incidents WHERE id IN ({old})", (max(kinds // DROP, 1),))
        _tidy(db)


def _tidy(db: sqlite3.Connection) -> None:
    db.execute("DELETE FROM events WHERE incident NOT IN (SELECT id FROM incidents)")


def _size(db: sqlite3.Connection) -> int:
    """Bytes in use; free pages are used again."""
    (pages,), (free,), (size,) = (
        db.execute(f"PRAGMA {name}").fetchone() for name in ("page_count", "freelist_count", "page_size")
    )
    used: int = (pages - free) * size
    return used


def _where(wanted: Wanted, *, time: str = "last_seen") -> tuple[str, list[object]]:
    parts: list[tuple[str, list[object]]] = [("1", [])]
    if wanted.severities:
        parts.append((f"severity IN ({', '.join('?' * len(wanted.severities))})", list(wanted.severities)))
    if wanted.code is not None:
        parts.append(("code = ?", [wanted.code]))
    if wanted.since is not None:
        parts.append((f"{time} >= ?", [wanted.since]))
    if not wanted.resolved:
        parts.append(("resolved_at IS NULL", []))
    return " AND ".join(text for text, _ in parts), [value for _, values in parts for value in values]


def _incident(row: Sequence[object]) -> Incident:
    values: dict[str, Any] = dict(zip(_COLUMNS.split(", "), row, strict=True))
    return Incident(**{**values, "versions": json.loads(values["versions"])})
