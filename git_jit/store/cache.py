"""The index file: found fresh, brought up to date, replaced, or done without.

One SQLite file, `<common git dir>/jit/index.sqlite`, shared by all worktrees and processes. It is never
trusted over the ref: an answer comes from it only if it stands at the commit asked for.

- Readers open it read-only and hold one read transaction for the life of a view.
- Whoever meets a stale one, and every writer after its write, brings it up to date in one write transaction
  that reads the ref again inside; so it never goes backwards, and death in the middle leaves the old state.
- A first build goes to a file of its own and takes the place by a rename, so readers never see half of it.
- SQLite finds a journal by name. Replacing the file under a running refresh could apply one file's journal to
  another, so refreshing holds `index.lock` shared and replacing holds it alone.
- Whatever is wrong with the file (damage, a full or read-only disk, a lock that does not come free), the answer
  comes from a private index. The user never sees an error of a thing that can be deleted at any time.
"""

import os
import time
from _thread import get_ident
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from typing import TYPE_CHECKING, ClassVar, Final, Protocol

from git_jit import log
from git_jit.model import Oid
from git_jit.store import CorruptObject, MissingObject
from git_jit.store import sqlite as sqlite3
from git_jit.store.backend import Backend, Encoded, Object, ObjectReader
from git_jit.store.budgets import DEFAULTS
from git_jit.store.indexed import IndexedView
from git_jit.store.layout import Layout
from git_jit.store.schema import NOWHERE, Stamp, create_tables, read_stamp, seal

if TYPE_CHECKING:
    from git_jit.store.remembering import Remembering
    from git_jit.store.tree import Source

NAME: Final = "index.sqlite"
LOCK: Final = "index.lock"
WRITER_PATIENCE_S: Final = 0.25
"""A write is already done; the next reader can refresh as well."""
LOCK_POLL_S: Final = 0.005
CACHE_KIB: Final = 16 * 1024
"""SQLite's page cache while building: with its default of 2 MB the indexes of 100,000 issues are read again
and again."""
_TROUBLE: Final = (*sqlite3.DAMAGE, OSError)
"""What may go wrong with the file, as opposed to with the repository."""
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


class Home(Protocol):
    """What the index needs of a repository."""

    @property
    def layout(self) -> Layout: ...

    @property
    def backend(self) -> Backend: ...

    @property
    def ref(self) -> str: ...


def open_view(home: Home, commit: Oid) -> IndexedView:
    """All issues as of `commit`: from the index if that is where the ref stands, else from a private one."""
    return index_of(home).view(commit)


def refresh(home: Home, commit: Oid, known: Mapping[Oid, Object] | None = None, issues: Encoded | None = None) -> None:
    """Bring the index up to date after a write to `commit`; `known` saves reading what was just written, and `issues`
    decoding it.

    Never fails because of the index; objects that cannot be read raise as they do everywhere.
    """
    del commit  # the ref is read again inside: it may have moved on
    index_of(home).refresh(known or {}, issues, patience=WRITER_PATIENCE_S)


def index_of(home: Home) -> "Index":
    directory, patience = os.path.join(home.layout.common_dir, "jit"), home.layout.budgets.index
    return Index(directory, home.backend, lambda: home.backend.ref(home.ref), patience=patience)


class Index:
    """The index of one repository. `boot` identifies the machine's current start."""

    def __init__(
        self,
        directory: str,
        objects: "Source",
        tip: Callable[[], Oid | None],
        *,
        boot: str | None = None,
        patience: float = DEFAULTS.index,
    ) -> None:
        self.directory = directory
        self.path = os.path.join(directory, NAME)
        self._objects = objects
        self._tip = tip
        self._boot = _boot_id() if boot is None else boot
        self._patience = patience

    # --- reading --------------------------------------------------------------------------------------

    def view(self, commit: Oid) -> IndexedView:
        """All issues as of `commit`, which need not be the tip."""
        connection = self._snapshot(commit)
        if connection is None and self._tip() == commit and self.refresh({}, patience=self._patience):
            connection = self._snapshot(commit)
        if connection is None:
            connection = self.private(commit)
        return IndexedView(connection, commit, self)

    def _snapshot(self, commit: Oid) -> sqlite3.Connection | None:
        """The file in a read transaction, if it stands at `commit`."""
        with suppress(*_TROUBLE), ExitStack() as stack:
            connection = _connect(self.path, mode="ro", patience=self._patience)
            stack.callback(connection.close)
            connection.execute("BEGIN")
            stamp = read_stamp(connection, self._boot)
            if stamp is not None and stamp.commit == commit:
                stack.pop_all()
                connection.hold(self.path)
                return connection
        return None

    def inspect(self, patience: float) -> sqlite3.Connection:
        """The file in a read transaction, wherever it stands. Raises `sqlite3.Error`; the caller closes it."""
        connection = _connect(self.path, mode="ro", patience=patience)
        try:
            connection.execute("BEGIN")
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except BaseException:
            connection.close()
            raise
        connection.hold(self.path)
        return connection

    def stamp(self, connection: sqlite3.Connection) -> Stamp | None:
        """Where an index stands; None if it is not of this version or start of the machine."""
        return read_stamp(connection, self._boot)

    def anew(self, commit: Oid) -> sqlite3.Connection:
        """A private index of `commit` made from git alone, whatever the file says."""
        return self._from_nothing(commit)

    def private(self, commit: Oid) -> sqlite3.Connection:
        """An index of `commit` that nobody else sees: a copy of the file, moved to there; else made from nothing.

        It lies in a temporary file that SQLite deletes, so that it may be large; if that fails, in memory.
        """
        with suppress(*_TROUBLE, MissingObject, CorruptObject):
            return self._private("", commit, copied=True)
        return self._from_nothing(commit)

    def _from_nothing(self, commit: Oid) -> sqlite3.Connection:
        with suppress(*_TROUBLE):
            return self._private("", commit, copied=False)
        return self._private(":memory:", commit, copied=False)

    def rescued(self, commit: Oid) -> sqlite3.Connection:
        """An index of `commit` made from git alone, because the file turned out to be damaged; it is replaced too."""
        objects = self._remembering()
        with suppress(*_TROUBLE), self._lock(alone=True, patience=self._patience):
            self._replace(objects)
            connection = self._snapshot(commit)
            if connection is not None:
                return connection
        return self._from_nothing(commit)

    def _private(self, name: str, commit: Oid, *, copied: bool) -> sqlite3.Connection:
        connection = sqlite3.connect(name, isolation_level=None)
        try:
            stamp = self._copy_into(connection) if copied else None
            connection.execute("PRAGMA journal_mode = OFF")
            connection.execute("BEGIN")
            if stamp is None:
                _build(connection, self._objects, commit, self._boot)
            elif stamp.commit != commit:
                _advance(connection, self._objects, stamp, commit)
            connection.execute("COMMIT")
        except BaseException:
            connection.close()
            raise
        return connection

    def _copy_into(self, connection: sqlite3.Connection) -> Stamp | None:
        """Fill an empty private index from the file; returns where it stands, None if there is nothing usable."""
        with suppress(*_TROUBLE), closing(_connect(self.path, mode="ro", patience=self._patience)) as source:
            if read_stamp(source, self._boot) is not None:
                source.backup(connection)
                return read_stamp(connection, self._boot)
        return None

    def dated(self, commit: Oid) -> sqlite3.Connection:
        """An index of `commit`, in a read transaction or private, in which every `updated_at` is right."""
        from git_jit.store.filling import date, is_dated

        objects = self._remembering()

        def add_dates(connection: sqlite3.Connection, stamp: Stamp) -> None:
            if stamp.commit == commit and not is_dated(connection):
                date(connection, objects, stamp)

        with suppress(*_TROUBLE):
            with self._lock(alone=False, patience=self._patience):
                done = self._write(add_dates, self._patience)
            if not done:
                with self._lock(alone=True, patience=self._patience):
                    self._replace(objects)
                    self._write(add_dates, self._patience)
        connection = self._snapshot(commit)
        if connection is not None:
            with suppress(*sqlite3.DAMAGE):
                if is_dated(connection):
                    return connection
            connection.close()
        return self._dated_alone(commit, objects)

    def _dated_alone(self, commit: Oid, objects: ObjectReader) -> sqlite3.Connection:
        from git_jit.store.filling import date

        undated = Stamp(commit, None, None)
        connection = self.private(commit)
        try:
            date(connection, objects, undated)
        except sqlite3.DAMAGE:  # a copy of a file that is damaged
            connection.close()
            connection = self._from_nothing(commit)
            date(connection, objects, undated)
        return connection

    # --- writing --------------------------------------------------------------------------------------

    def refresh(self, known: Mapping[Oid, Object], issues: Encoded | None = None, *, patience: float) -> bool:
        """Make the file stand where the ref stands, replacing it if it cannot be used. False if that failed.

        `known` and `issues` are at hand and need not be read and decoded.
        """
        objects = self._remembering(known)

        def bring_up(connection: sqlite3.Connection, stamp: Stamp) -> None:
            tip = self._tip()  # inside the transaction, so that the index never goes backwards
            if tip is not None and stamp.commit != tip:
                begun = time.monotonic()
                _advance(connection, objects, stamp, tip, issues)
                log.debug("index.refresh", ms=log.since(begun), commit=tip, base=stamp.commit)

        try:
            with self._lock(alone=False, patience=patience):
                if self._write(bring_up, patience):
                    return True
            with self._lock(alone=True, patience=patience):
                if not self._write(bring_up, patience):  # another process may have replaced it meanwhile
                    self._replace(objects)
            return True
        except _TROUBLE:
            return False

    def _remembering(self, known: Mapping[Oid, Object] | None = None) -> "Remembering":
        from git_jit.store.remembering import Remembering

        return Remembering(self._objects, known)

    def rebuild(self) -> bool:
        """Make a new file from git alone, whatever the present one says. False if that failed."""
        try:
            with self._lock(alone=True, patience=self._patience):
                self._replace(self._remembering())
            return True
        except _TROUBLE:
            return False

    def _write(self, change: Callable[[sqlite3.Connection, Stamp], None], patience: float) -> bool:
        """Run `change` in one write transaction on the file; False if the file has to be made anew.

        Raises `sqlite3.Error` where a new file would not help either.
        """
        try:
            with closing(_connect(self.path, mode="rw", patience=patience)) as connection:
                connection.execute("PRAGMA journal_mode = TRUNCATE")
                connection.execute(f"PRAGMA synchronous = {'OFF' if self._boot else 'FULL'}")
                connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
                connection.execute("BEGIN IMMEDIATE")
                stamp = read_stamp(connection, self._boot)
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

    def _replace(self, objects: ObjectReader) -> None:
        """Build a new file beside the old one, and put it in its place. The caller holds the lock alone."""
        tip = self._tip()
        if tip is None:
            return
        log.info("index.rebuild", commit=tip)
        new = f"{self.path}.new"
        _remove(new)
        try:
            with closing(_connect(new, mode="rwc", patience=0)) as connection:
                for pragma in ("journal_mode = OFF", "synchronous = OFF", f"cache_size = -{CACHE_KIB}"):
                    connection.execute(f"PRAGMA {pragma}")
                connection.execute("BEGIN")
                _build(connection, objects, tip, self._boot)
                connection.execute("COMMIT")
            os.chmod(new, os.stat(self.directory).st_mode & 0o666)  # shared as the directory is
            _remove(f"{self.path}-journal")  # it belongs to the file that goes
            os.replace(new, self.path)
        finally:
            _remove(new)

    @contextmanager
    def _lock(self, *, alone: bool, patience: float) -> Iterator[None]:
        """Raises `OSError` if the lock cannot be had in time, or at all."""
        import fcntl

        if (self.path, get_ident()) in _Snapshot.held:
            raise BlockingIOError(f"this thread itself has a view on '{self.path}' open")
        os.makedirs(self.directory, exist_ok=True)
        fd = os.open(os.path.join(self.directory, LOCK), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
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


class _Snapshot(sqlite3.Connection):
    """A connection that tells which files this thread itself holds a snapshot of.

    A commit waits until every snapshot is closed; waiting for our own would be waiting for nothing.
    """

    held: ClassVar[list[tuple[str, int]]] = []
    """Paths, each with the thread."""
    holds: tuple[str, int] | None = None

    def hold(self, path: str) -> None:
        self.holds = (path, get_ident())
        self.held.append(self.holds)

    def close(self) -> None:
        super().close()
        if self.holds is not None:
            self.held.remove(self.holds)
            self.holds = None


def _build(connection: sqlite3.Connection, objects: ObjectReader, commit: Oid, boot: str) -> None:
    create_tables(connection)
    _advance(connection, objects, NOWHERE, commit)
    seal(connection, boot)


def _advance(
    connection: sqlite3.Connection, objects: ObjectReader, stamp: Stamp, commit: Oid, issues: Encoded | None = None
) -> None:
    from git_jit.store.filling import advance  # a fresh index needs nothing of it

    advance(connection, objects, stamp, commit, issues or {})


def _connect(path: str, *, mode: str, patience: float) -> _Snapshot:
    """`mode`: `ro`, `rw` or `rwc`. The name goes in as bytes, for a path need not be text."""
    safe = b"/.-_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    name = "".join(chr(byte) if byte in safe else f"%{byte:02x}" for byte in os.fsencode(path))
    return sqlite3.connect(
        f"file:{name}?mode={mode}", uri=True, timeout=patience, isolation_level=None, factory=_Snapshot
    )


def _remove(path: str) -> None:
    with suppress(FileNotFoundError):
        os.unlink(path)


def _boot_id() -> str:
    """The kernel's name for this start of the machine; empty where there is none, and then files are synced."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="utf-8") as file:
            return file.read().strip()
    except (OSError, UnicodeError):
        return ""
