"""The index file brought up to date, replaced, or done without. Only what finds it stale or damaged, and every writer
after its write, loads this.

- Whoever meets a stale one, and every writer after its write, brings it up to date in one write transaction
  that reads the ref again inside; so it never goes backwards, and death in the middle leaves the old state.
- A first build goes to a file of its own and takes the place by a rename, so readers never see half of it.
- SQLite finds a journal by name. Replacing the file under a running refresh could apply one file's journal to
  another, so refreshing holds `index.lock` shared and replacing holds it alone.
- Whatever is wrong with the file (damage, a full or read-only disk, a lock that does not come free), the answer
  comes from a private index. The user never sees an error of a thing that can be deleted at any time.
"""

import fcntl
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from typing import Final

from git_jit import log
from git_jit.model import Oid
from git_jit.store import CorruptObject, MissingObject
from git_jit.store import sqlite as sqlite3
from git_jit.store.backend import Encoded, Object, ObjectReader
from git_jit.store.cache import TROUBLE, Index, Snapshot, connect
from git_jit.store.filling import advance, date, is_dated
from git_jit.store.remembering import Remembering
from git_jit.store.schema import NOWHERE, Stamp, create_tables, seal

LOCK: Final = "index.lock"
WRITER_PATIENCE_S: Final = 0.25
"""A write is already done; the next reader can refresh as well."""
LOCK_POLL_S: Final = 0.005
CACHE_KIB: Final = 16 * 1024
"""SQLite's page cache while building: with its default of 2 MB the indexes of 100,000 issues are read again
and again."""
_NOT_THE_FILES_FAULT: Final = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_INTERRUPT,
    }
)
"""Building the file again would not help."""


def refresh(
    index: Index, known: Mapping[Oid, Object], issues: Encoded | None = None, *, patience: float = WRITER_PATIENCE_S
) -> bool:
    """Make the file stand where the ref stands, replacing it if it cannot be used. False if that failed.

    `known` and `issues` are at hand and need not be read and decoded. `patience`, in seconds, is for each lock.
    Never fails because of the index; objects that cannot be read raise as they do everywhere.
    """
    objects = Remembering(index.objects, known)

    def bring_up(connection: sqlite3.Connection, stamp: Stamp) -> None:
        tip = index.tip()  # inside the transaction, so that the index never goes backwards
        if tip is not None and stamp.commit != tip:
            begun = time.monotonic()
            advance(connection, objects, stamp, tip, issues or {})
            log.debug("index.refresh", ms=log.since(begun), commit=tip, base=stamp.commit)

    try:
        with _lock(index, alone=False, patience=patience):
            if _write(index, bring_up, patience):
                return True
        with _lock(index, alone=True, patience=patience):
            if not _write(index, bring_up, patience):  # another process may have replaced it meanwhile
                _replace(index, objects)
        return True
    except TROUBLE:
        return False


def rebuild(index: Index) -> bool:
    """Make a new file from git alone, whatever the present one says. False if that failed."""
    try:
        with _lock(index, alone=True, patience=index.patience):
            _replace(index, Remembering(index.objects))
        return True
    except TROUBLE:
        return False


def dated(index: Index, commit: Oid) -> sqlite3.Connection:
    """An index of `commit`, in a read transaction or private, in which every `updated_at` is right."""
    objects = Remembering(index.objects)

    def add_dates(connection: sqlite3.Connection, stamp: Stamp) -> None:
        if stamp.commit == commit and not is_dated(connection):
            date(connection, objects, stamp)

    with suppress(*TROUBLE):
        with _lock(index, alone=False, patience=index.patience):
            done = _write(index, add_dates, index.patience)
        if not done:
            with _lock(index, alone=True, patience=index.patience):
                _replace(index, objects)
                _write(index, add_dates, index.patience)
    connection = index.snapshot(commit)
    if connection is not None:
        with suppress(*sqlite3.DAMAGE):
            if is_dated(connection):
                return connection
        connection.close()
    return _dated_alone(index, commit, objects)


def rescued(index: Index, commit: Oid) -> sqlite3.Connection:
    """An index of `commit` made from git alone, because the file turned out to be damaged; it is replaced too."""
    objects = Remembering(index.objects)
    with suppress(*TROUBLE), _lock(index, alone=True, patience=index.patience):
        _replace(index, objects)
        connection = index.snapshot(commit)
        if connection is not None:
            return connection
    return anew(index, commit)


def private(index: Index, commit: Oid) -> sqlite3.Connection:
    """An index of `commit` that nobody else sees: a copy of the file, moved to there; else made from nothing.

    It lies in a temporary file that SQLite deletes, so that it may be large; if that fails, in memory.
    """
    with suppress(*TROUBLE, MissingObject, CorruptObject):
        return _private(index, "", commit, copied=True)
    return anew(index, commit)


def anew(index: Index, commit: Oid) -> sqlite3.Connection:
    """A private index of `commit` made from git alone, whatever the file says."""
    with suppress(*TROUBLE):
        return _private(index, "", commit, copied=False)
    return _private(index, ":memory:", commit, copied=False)


# --- how ------------------------------------------------------------------------------------------------


def _dated_alone(index: Index, commit: Oid, objects: ObjectReader) -> sqlite3.Connection:
    undated = Stamp(commit, None, None)
    connection = private(index, commit)
    try:
        date(connection, objects, index.stamp(connection) or undated)  # a copy may know the dates of another commit
    except sqlite3.DAMAGE:  # a copy of a file that is damaged
        connection.close()
        connection = anew(index, commit)
        date(connection, objects, undated)
    return connection


def _private(index: Index, name: str, commit: Oid, *, copied: bool) -> sqlite3.Connection:
    connection = sqlite3.connect(name, isolation_level=None)
    try:
        stamp = _copy_into(index, connection) if copied else None
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("BEGIN")
        if stamp is None:
            _build(index, connection, index.objects, commit)
        elif stamp.commit != commit:
            advance(connection, index.objects, stamp, commit, {})
        connection.execute("COMMIT")
    except BaseException:
        connection.close()
        raise
    return connection


def _copy_into(index: Index, connection: sqlite3.Connection) -> Stamp | None:
    """Fill an empty private index from the file; returns where it stands, None if there is nothing usable."""
    with suppress(*TROUBLE), closing(connect(index.path, mode="ro", patience=index.patience)) as source:
        if index.stamp(source) is not None:
            source.backup(connection)
            return index.stamp(connection)
    return None


def _write(index: Index, change: Callable[[sqlite3.Connection, Stamp], None], patience: float) -> bool:
    """Run `change` in one write transaction on the file; False if the file has to be made anew.

    Raises `sqlite3.Error` where a new file would not help either.
    """
    try:
        with closing(connect(index.path, mode="rw", patience=patience)) as connection:
            connection.execute("PRAGMA journal_mode = TRUNCATE")
            connection.execute(f"PRAGMA synchronous = {'OFF' if index.boot else 'FULL'}")
            connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
            connection.execute("BEGIN IMMEDIATE")
            stamp = index.stamp(connection)
            if stamp is None:
                return False
            change(connection, stamp)
            connection.execute("COMMIT")
            return True
    except sqlite3.DAMAGE as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in _NOT_THE_FILES_FAULT:
            raise
        return False
    except (MissingObject, CorruptObject):
        return False  # the tree it stands at may have been pruned; if it is the new one, building will tell


def _replace(index: Index, objects: ObjectReader) -> None:
    """Build a new file beside the old one, and put it in its place. The caller holds the lock alone."""
    tip = index.tip()
    if tip is None:
        return
    log.info("index.rebuild", commit=tip)
    new = f"{index.path}.new"
    _remove(new)
    try:
        with closing(connect(new, mode="rwc", patience=0)) as connection:
            for pragma in ("journal_mode = OFF", "synchronous = OFF", f"cache_size = -{CACHE_KIB}"):
                connection.execute(f"PRAGMA {pragma}")
            connection.execute("BEGIN")
            _build(index, connection, objects, tip)
            connection.execute("COMMIT")
        os.chmod(new, os.stat(index.directory).st_mode & 0o666)  # shared as the directory is
        _remove(f"{index.path}-journal")  # it belongs to the file that goes
        os.replace(new, index.path)
    finally:
        _remove(new)


def _build(index: Index, connection: sqlite3.Connection, objects: ObjectReader, commit: Oid) -> None:
    create_tables(connection)
    advance(connection, objects, NOWHERE, commit, {})
    seal(connection, index.boot)


@contextmanager
def _lock(index: Index, *, alone: bool, patience: float) -> Iterator[None]:
    """Raises `OSError` if the lock cannot be had in time, or at all."""
    if Snapshot.is_held(index.path):
        raise BlockingIOError(f"this thread itself has a view on '{index.path}' open")
    os.makedirs(index.directory, exist_ok=True)
    fd = os.open(os.path.join(index.directory, LOCK), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        kind = fcntl.LOCK_EX if alone else fcntl.LOCK_SH
        deadline = time.monotonic() + patience
        while True:
            try:
                fcntl.flock(fd, kind | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise
            time.sleep(LOCK_POLL_S)
        yield
    finally:
        os.close(fd)


def _remove(path: str) -> None:
    with suppress(FileNotFoundError):
        os.unlink(path)
