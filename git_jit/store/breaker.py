"""A circuit breaker for each remote: after repeated failures it is left alone for a while, then tried once.

Closed: calls go through. After `FAILURES` in a row: open, calls are refused at once for `REST_S` seconds. Then
half-open: exactly one caller, of all processes, may try; success closes, failure opens again.

For long-lived processes only (agents' server, web): there a dead remote would cost every request its whole time budget.
A command that a person typed always tries. Local storage has no breaker: it works, or says why not.

The rules are pybreaker's; its memory is one row a remote in `<common git dir>/jit/breakers.sqlite`, so that every
process of a clone shares it and `git jit health` can show it (`breaker_states` needs no pybreaker). The file can be
deleted at any time; while it is unusable, a process remembers by itself, beginning closed.

Times are the wall clock's, the only one that processes share. A moment in the future can only come from a clock that
was set back, and counts as long ago: a breaker may close too early, but never stays open for years.
"""

import os
import time
from collections.abc import Callable
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar, cast

from git_jit.errors import JitError, NetworkError
from git_jit.record import record, replace
from git_jit.store import sqlite as sqlite3
from git_jit.store.remote import Remote, RemoteTimeout, RemoteUnreachable

if TYPE_CHECKING:
    from datetime import datetime

    from pybreaker import CircuitBreaker

T = TypeVar("T")

NAME: Final = "breakers.sqlite"
FAILURES: Final = 5
REST_S: Final = 60.0
"""reliability.md 4.4: five failures, a minute's rest, one probe."""
GRACE_S: Final = 10.0
"""How long after its own time limit a probe is given up: its process was killed. Ending a git takes 2 s."""
LONGEST_PROBE_S: Final = 600.0
"""The time limit of a probe where the user has set none."""
PATIENCE_S: Final = 0.25
"""How long another process may hold the file; a change of a row takes a millisecond, and a call makes several."""
CLOSED: Final = "closed"
OPEN: Final = "open"
HALF_OPEN: Final = "half-open"
"""pybreaker's words; a test compares."""

_TABLE: Final = """
    CREATE TABLE IF NOT EXISTS breaker (
        key TEXT PRIMARY KEY, name TEXT NOT NULL, state TEXT NOT NULL, failures INTEGER NOT NULL,
        opened_at REAL, probe_until REAL
    ) WITHOUT ROWID
"""
_ALL: Final = "SELECT name, state, failures, opened_at, probe_until FROM breaker ORDER BY name, key"
_ONE: Final = "SELECT name, state, failures, opened_at, probe_until FROM breaker WHERE key = ?"
_TROUBLE: Final = (*sqlite3.DAMAGE, OSError)
_DAMAGED: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR})
"""What a new file would cure; SQLITE_ERROR is a table of another shape."""


class RemoteResting(NetworkError):
    """The remote failed too often lately and is not asked now. `details.retry_at` is in seconds since 1970."""

    code = "breaker_open"


@record(kw_only=True)
class BreakerState:
    """One breaker as it is kept. Times are seconds since 1970."""

    name: str
    """Of the remote."""
    state: str = CLOSED
    failures: int = 0
    """In a row."""
    opened_at: float | None = None
    retry_at: float | None = None
    """When the remote will be tried again; None while closed."""


def breaker_states(common_dir: str, *, clock: Callable[[], float] = time.time) -> list[BreakerState]:
    """Every breaker of the clone, in order of name; none if the file is not there or cannot be read."""
    path = f"{common_dir}/jit/{NAME}"
    if not os.path.exists(path):
        return []
    with suppress(*_TROUBLE), closing(_connect(path)) as file:
        file.execute("PRAGMA query_only = ON")
        rows = file.execute(_ALL).fetchall()
        return [_state(row, clock()) for row in map(_Row._make, rows) if _is_sound(row)]
    return []


class Breaker:
    """The breaker of one remote. Safe to use from several threads and processes at once."""

    def __init__(self, remote: Remote, *, clock: Callable[[], float] = time.time) -> None:
        self._remote = remote
        self._clock = clock
        self._rows = _Rows(f"{remote.layout.common_dir}/jit/{NAME}", _key(remote), _Row(remote.name))

    def call(self, operation: Callable[[], T]) -> T:
        """Do it, and remember how it went. Raises `RemoteResting` without having done it.

        A remote that refuses has answered: only silence, a broken answer and what is no `JitError` count as failures.
        """
        from pybreaker import CircuitBreakerError

        lease = self._admit()
        try:
            result: T = self._pybreaker().call(operation)
            return result
        except CircuitBreakerError:  # another process opened it just now
            row = self._rows.read()
            raise self._resting(_closed_until(row, self._clock()) or self._clock(), row) from None
        finally:
            if lease is not None:
                self._rows.change(lambda row: row._replace(probe_until=None) if row.probe_until == lease else row)

    def state(self) -> BreakerState:
        return _state(self._rows.read(), self._clock())

    def _admit(self) -> float | None:
        """Until when this call may be the probe; None if it is an ordinary one. Raises `RemoteResting` if neither.

        Looking and taking the probe are one transaction, so of all processes one gets it. Its lease ends by itself if
        the process dies.
        """
        now = self._clock()
        lease = now + min(self._remote.limits.total, LONGEST_PROBE_S) + GRACE_S
        until: list[float | None] = []

        def take(row: _Row) -> _Row:
            until[:] = [_closed_until(row, now)]
            return row if row.state == CLOSED or until[0] is not None else row._replace(probe_until=lease)

        row = self._rows.change(take)
        if until[0] is not None:
            raise self._resting(until[0], row)
        return None if row.state == CLOSED else lease

    def _resting(self, until: float, row: "_Row") -> RemoteResting:
        seconds = max(1, round(until - self._clock()))
        name = self._remote.name
        return RemoteResting(
            f"the remote '{name}' failed {row.failures} times in a row and is left alone for another {seconds} s",
            hint=f"'git ls-remote {name}' shows whether it answers",
            details={"remote": name, "failures": row.failures, "retry_at": until},
        )

    def _pybreaker(self) -> "CircuitBreaker":
        """One for each call, because it lets only one thread at a time through; all that lasts is in the row."""
        from pybreaker import CircuitBreaker

        return CircuitBreaker(
            fail_max=FAILURES,
            reset_timeout=REST_S,
            exclude=[lambda error: isinstance(error, JitError) and not isinstance(error, _COUNTED)],
            state_storage=cast("Any", _Storage(self._rows, self._clock)),
            throw_new_error_on_trip=False,
        )


_COUNTED: Final = (RemoteTimeout, RemoteUnreachable)


class _Row(NamedTuple):
    """What is kept of one breaker."""

    name: str
    state: str = CLOSED
    failures: int = 0
    opened_at: float | None = None
    probe_until: float | None = None


def _closed_until(row: _Row, now: float) -> float | None:
    """When somebody may try again; None: now."""
    if row.state == CLOSED:
        return None
    if row.probe_until is not None and now < row.probe_until <= now + LONGEST_PROBE_S + GRACE_S:
        return row.probe_until
    rested = (row.opened_at or 0.0) + REST_S
    return rested if row.state == OPEN and now < rested <= now + REST_S else None


def _state(row: _Row, now: float) -> BreakerState:
    found = BreakerState(name=row.name, state=row.state, failures=row.failures)
    if row.state == CLOSED:
        return found
    return replace(found, opened_at=row.opened_at, retry_at=_closed_until(row, now) or now)


def _is_sound(row: _Row) -> bool:
    """Whether somebody's file holds what we put there."""
    times = (row.opened_at, row.probe_until)
    return (
        row.state in {CLOSED, OPEN, HALF_OPEN}
        and type(row.name) is str
        and type(row.failures) is int
        and all(moment is None or type(moment) is float for moment in times)
    )


def _key(remote: Remote) -> str:
    """By name and address: a remote that was pointed elsewhere begins anew, and the old row goes.

    A hash, for a URL can hold a password.
    """
    from hashlib import sha256

    return f"{remote.name} {sha256(remote.url.encode('utf-8', 'surrogateescape')).hexdigest()[:16]}"


# --- memory ---------------------------------------------------------------------------------------------


class _Rows:
    """One row of the file; while the file is unusable, one in this process."""

    def __init__(self, path: str, key: str, new: _Row) -> None:
        self._path = path
        self._key = key
        self._own = new
        self._new = new

    def read(self) -> _Row:
        return self.change(lambda row: row)

    def change(self, change: Callable[[_Row], _Row]) -> _Row:
        """Replace the row by what `change` makes of it, in one transaction; the new one."""
        for _ in range(2):
            try:
                return self._change(change)
            except sqlite3.DAMAGE as error:
                if isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", 0) & 0xFF not in _DAMAGED:
                    break
                with suppress(OSError):
                    os.unlink(self._path)
            except OSError:
                break
        self._own = change(self._own)
        return self._own

    def _change(self, change: Callable[[_Row], _Row]) -> _Row:
        os.makedirs(os.path.dirname(self._path), exist_ok=True)
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        with closing(_connect(self._path)) as file:
            file.execute("PRAGMA journal_mode = TRUNCATE")
            file.execute("PRAGMA synchronous = OFF")  # after a power cut it may begin anew
            file.execute("BEGIN IMMEDIATE")
            file.execute(_TABLE)
            file.execute("DELETE FROM breaker WHERE name = ? AND key != ?", (self._new.name, self._key))
            found = file.execute(_ONE, (self._key,)).fetchone()
            before = _Row._make(found) if found and _is_sound(_Row._make(found)) else self._new
            after = change(before)
            if after != before:
                file.execute("INSERT OR REPLACE INTO breaker VALUES (?, ?, ?, ?, ?, ?)", (self._key, *after))
            file.execute("COMMIT")
            return after


def _connect(path: str) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=PATIENCE_S, isolation_level=None)


class _Storage:
    """pybreaker's `CircuitBreakerStorage` on a row. Not its subclass: health reads states without importing it."""

    name = "git jit"

    def __init__(self, rows: _Rows, clock: Callable[[], float]) -> None:
        self._rows = rows
        self._clock = clock
        self.success_counter = 0

    @property
    def state(self) -> str:
        return self._rows.read().state

    @state.setter
    def state(self, state: str) -> None:
        self._rows.change(lambda row: row._replace(state=state, opened_at=None if state == CLOSED else row.opened_at))

    @property
    def counter(self) -> int:
        return self._rows.read().failures

    def increment_counter(self) -> None:
        self._rows.change(lambda row: row._replace(failures=row.failures + 1))

    def reset_counter(self) -> None:
        """An answer that comes after others have opened the breaker is late, and tells nothing about now."""
        self._rows.change(lambda row: row if row.state == OPEN else row._replace(failures=0))

    def increment_success_counter(self) -> None:
        self.success_counter += 1

    def reset_success_counter(self) -> None:
        self.success_counter = 0

    @property
    def opened_at(self) -> "datetime | None":
        """On pybreaker's own clock, which cannot be set: as long ago as it is on ours; None once the rest is over."""
        from datetime import UTC, datetime, timedelta

        opened = self._rows.read().opened_at
        ago = None if opened is None else self._clock() - opened
        return datetime.now(UTC) - timedelta(seconds=ago) if ago is not None and 0 <= ago < REST_S else None

    @opened_at.setter
    def opened_at(self, _: "datetime") -> None:
        now = self._clock()
        self._rows.change(lambda row: row._replace(opened_at=now))
