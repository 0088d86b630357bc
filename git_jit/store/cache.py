"""The index file, and whether it answers for a commit. How it gets there is `refreshing.py`, which a list never loads.

One SQLite file, `<common git dir>/jit/index.sqlite`, shared by all worktrees and processes. It is never
trusted over the ref: an answer comes from it only if it stands at the commit asked for. Readers open it read-only and
hold one read transaction for the life of a view.
"""

import os
from _thread import get_ident
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, ClassVar, Final, Protocol

from git_jit.model import Oid
from git_jit.store import sqlite as sqlite3
from git_jit.store.backend import Backend
from git_jit.store.budgets import DEFAULTS
from git_jit.store.layout import Layout
from git_jit.store.schema import Stamp, read_stamp

if TYPE_CHECKING:
    from git_jit.store.tree import Source

NAME: Final = "index.sqlite"
TROUBLE: Final = (*sqlite3.DAMAGE, OSError)
"""What may go wrong with the file, as opposed to with the repository."""


class Home(Protocol):
    """What the index needs of a repository."""

    @property
    def layout(self) -> Layout: ...

    @property
    def backend(self) -> Backend: ...

    @property
    def ref(self) -> str: ...


def index_of(home: Home) -> "Index":
    directory, patience = os.path.join(home.layout.common_dir, "jit"), home.layout.budgets.index
    return Index(directory, home.backend, lambda: home.backend.ref(home.ref), patience=patience)


class Index:
    """The index of one repository: where it lies, and what it is made from. `tip` reads the ref, `boot` identifies the
    machine's current start, `patience` is how long a lock may take in seconds.
    """

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
        self.objects = objects
        self.tip = tip
        self.boot = _boot_id() if boot is None else boot
        self.patience = patience

    def snapshot(self, commit: Oid) -> sqlite3.Connection | None:
        """The file in a read transaction, if it stands at `commit`."""
        with suppress(*TROUBLE), ExitStack() as stack:
            connection = connect(self.path, mode="ro", patience=self.patience)
            stack.callback(connection.close)
            connection.execute("BEGIN")
            stamp = self.stamp(connection)
            if stamp is not None and stamp.commit == commit:
                stack.pop_all()
                connection.hold(self.path)
                return connection
        return None

    def inspect(self, patience: float) -> sqlite3.Connection:
        """The file in a read transaction, wherever it stands. Raises `sqlite3.Error`; the caller closes it."""
        connection = connect(self.path, mode="ro", patience=patience)
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
        return read_stamp(connection, self.boot)


class Snapshot(sqlite3.Connection):
    """A connection that tells which files this thread itself holds a snapshot of.

    A commit waits until every snapshot is closed; waiting for our own would be waiting for nothing.
    """

    held: ClassVar[list[tuple[str, int]]] = []
    """Paths, each with the thread."""
    holds: tuple[str, int] | None = None

    @classmethod
    def is_held(cls, path: str) -> bool:
        """Whether this thread holds a snapshot of that file."""
        return (path, get_ident()) in cls.held

    def hold(self, path: str) -> None:
        self.holds = (path, get_ident())
        self.held.append(self.holds)

    def close(self) -> None:
        super().close()
        if self.holds is not None:
            self.held.remove(self.holds)
            self.holds = None


def connect(path: str, *, mode: str, patience: float) -> Snapshot:
    """`mode`: `ro`, `rw` or `rwc`. The name goes in as bytes, for a path need not be text."""
    safe = b"/.-_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    name = "".join(chr(byte) if byte in safe else f"%{byte:02x}" for byte in os.fsencode(path))
    return sqlite3.connect(
        f"file:{name}?mode={mode}", uri=True, timeout=patience, isolation_level=None, factory=Snapshot
    )


def _boot_id() -> str:
    """The kernel's name for this start of the machine; empty where there is none, and then files are synced."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="utf-8") as file:
            return file.read().strip()
    except (OSError, UnicodeError):
        return ""
