"""Who runs which gate at this moment: one file for each, locked by the process that runs it.

The kernel frees the lock when that process ends, however it ends. So a file that nobody holds a lock on tells of a run
whose runner died, and of the cookie by which everything that it left running is found.

Only these files are locked while a gate runs: never the writers' queue, never a reference.
"""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Final, Self

from git_jit import canonical
from git_jit.canonical import Malformed
from git_jit.digests import sha256
from git_jit.model import Json
from git_jit.store import WriteFailed

SUFFIX: Final = ".run"
MAX_RECORD: Final = 16 << 20
"""Bytes of a record that are read. Most have some hundred; a command may have 2 MiB of words (Linux), twice and more
as JSON.
"""
LOOKS: Final = 50
PAUSE_S: Final = 0.002
"""How often, and after which pause, a place is asked for that somebody has who does not say what for: a tenth of a
second. Who only looks for the abandoned lets go at once; who runs something says so at once.
"""


class Flight:
    """One run that is ours: nobody else begins the same until it is over."""

    def __init__(self, path: str, fd: int) -> None:
        self._path = path
        self._fd = fd

    def note(self, record: dict[str, Json]) -> None:
        """Say what runs. Raises `WriteFailed`: without it nothing could be found again."""
        try:
            os.ftruncate(self._fd, 0)
            os.pwrite(self._fd, canonical.dumps(record), 0)
        except OSError as error:
            raise WriteFailed(f"the run of a gate cannot be noted: {error.strerror}") from error

    def end(self) -> None:
        """It is over. Twice is once."""
        if self._fd >= 0:
            with suppress(OSError):
                os.unlink(self._path)
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()


def begin(
    directory: str, issue: str, gate: str, tree: str, *, sleep: Callable[[float], None] = time.sleep
) -> Flight | None:
    """Take the one place for this gate of this issue on this tree; None if somebody has it. Raises `WriteFailed`."""
    name = sha256(f"{issue}\0{gate}\0{tree}".encode()).hexdigest()[:32]
    path = f"{directory}/{name}{SUFFIX}"
    try:
        os.makedirs(directory, mode=0o700, exist_ok=True)
        for _ in range(LOOKS):
            flight = _lock(path, os.O_CREAT)
            if flight is not None or _read(path) is not None:
                return flight
            sleep(PAUSE_S)
    except OSError as error:
        raise WriteFailed(f"the run of a gate cannot be noted: {error.strerror}") from error
    return None


def running(directory: str) -> list[dict[str, Json]]:
    """The records of what runs at this moment."""
    return [record for path in _paths(directory) if is_held(path) and (record := _read(path)) is not None]


def abandoned(directory: str) -> Iterator[tuple[dict[str, Json], Flight]]:
    """What was begun by processes that are dead. Whoever gets it holds it, and ends it when it is settled."""
    for path in _paths(directory):
        try:
            flight = _lock(path, 0)
        except OSError:
            continue
        if flight is None:
            continue
        record = _read(path)
        if record is None:  # it died before it could say what it was about
            flight.end()
        else:
            yield record, flight


def is_held(path: str) -> bool:
    """Whether a living process holds this file."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(fd)
    return False


def _lock(path: str, create: int) -> Flight | None:
    """The lock on the file that has this name now: it may be removed between opening and locking."""
    while True:
        fd = os.open(path, os.O_RDWR | create | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            return None
        except OSError:
            os.close(fd)
            raise
        with suppress(OSError):
            if os.path.samestat(os.fstat(fd), os.stat(path)):
                return Flight(path, fd)
        os.close(fd)


def _paths(directory: str) -> list[str]:
    try:
        with os.scandir(directory) as found:
            return sorted(one.path for one in found if one.name.endswith(SUFFIX) and one.is_file(follow_symlinks=False))
    except OSError:
        return []


def _read(path: str) -> dict[str, Json] | None:
    try:
        with open(path, "rb") as file:
            found = canonical.loads(file.read(MAX_RECORD))
    except (OSError, Malformed):
        return None
    return found if isinstance(found, dict) else None
