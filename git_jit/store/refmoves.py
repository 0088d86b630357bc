"""Moving a reference: under git's own lock `<ref>.lock`, with a line in the reflog, in the writers' turn."""

import contextlib
import os
from collections.abc import Callable, Iterator

from git_jit.model import Oid
from git_jit.store import RefConflict
from git_jit.store.backend import Still
from git_jit.store.commits import one_line
from git_jit.store.locks import Queue, RefLock
from git_jit.store.system import System, make_directories, sync_path, write_all, write_error


class Mover:
    """Moves the references of one repository. `read` tells where one is."""

    def __init__(
        self,
        common_dir: str,
        read: Callable[[str], Oid | None],
        queue: Queue,
        *,
        system: System,
        patience: float,
        sync: bool,
    ) -> None:
        """`patience` is for a lock that somebody else holds, in seconds; with `sync` a change waits for the disk."""
        self._common = common_dir
        self._read = read
        self._queue = queue
        self._system = system
        self._patience = patience
        self._sync = sync

    def swap(
        self, name: str, new: Oid, old: Oid | None, *, committer: str, message: str, still: Still | None = None
    ) -> None:
        """See `Backend.swap`."""
        with self._queue:
            try:
                with self._locked(still.ref, still.oid) if still else contextlib.nullcontext():
                    if still:
                        self._expect(still.ref, still.oid)
                    with self._locked(name, new) as lock:
                        self._swap_locked(lock, name, new, old, f"{committer}\t{one_line(message)}")
            except OSError as error:
                raise write_error(error, f"move '{name}'") from error

    @contextlib.contextmanager
    def _locked(self, name: str, new: Oid) -> Iterator[RefLock]:
        """The reference's lock, healed and taken, with `new` as the value that may be published."""
        lock = RefLock(self._queue, f"{self._common}/{name}", name, system=self._system, budget=self._patience)
        lock.heal()
        lock.take(new)
        try:
            yield lock
        finally:
            lock.drop()

    def _expect(self, name: str, old: Oid | None) -> None:
        current = self._read(name)
        if current != old:
            raise RefConflict(
                f"'{name}' has moved since it was read",
                hint="run the same command again",
                details={"ref": name, "expected": old, "found": current},
            )

    def _swap_locked(self, lock: RefLock, name: str, new: Oid, old: Oid | None, entry: str) -> None:
        self._expect(name, old)
        nothing = "0" * len(new)
        length, log = self._append_log(name, f"{old or nothing} {new} {entry}\n".encode("utf-8", "replace"))
        try:
            if self._sync:
                lock.sync()
                for path in log:
                    sync_path(self._system, path)
            lock.publish()
        except BaseException:
            with contextlib.suppress(OSError):
                os.truncate(self._log(name), length)
            raise
        if self._sync:
            for path in (f"{self._common}/{name}", *lock.made):
                sync_path(self._system, os.path.dirname(path))

    def _log(self, name: str) -> str:
        return f"{self._common}/logs/{name}"

    def _append_log(self, name: str, line: bytes) -> tuple[int, list[str]]:
        """Add one line, whatever core.logAllRefUpdates says; the length before, and what has to be synced.

        A last line that a crash tore is cut off, or git could not read the ones after it.
        """
        path = self._log(name)
        made = make_directories(self._system, os.path.dirname(path))
        fd = self._system.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND)
        try:
            length = _whole_lines(fd)
            os.ftruncate(fd, length)
            try:
                write_all(self._system, fd, line)
            except BaseException:
                with contextlib.suppress(OSError):
                    os.ftruncate(fd, length)
                raise
        finally:
            self._system.close(fd)
        new = [os.path.dirname(one) for one in (path, *made)] if length == 0 else []
        return length, [path, *new]


def _whole_lines(fd: int) -> int:
    """The length of the file up to and with its last line break."""
    length = os.fstat(fd).st_size
    start = max(0, length - 8192)
    tail = os.pread(fd, length - start, start)
    return start + tail.rfind(b"\n") + 1 if tail else 0
