"""Locks on references and the queue of writers: who holds them, and whether that is provably nobody."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

from git_jit.clone import Lock
from git_jit.store.holder import Holder, is_dead, this_process

MAX_LOCKS: Final = 100
"""Locks that are told about; more of them say nothing more."""
OTHER_LOCKS: Final = ("packed-refs.lock", "reftable/tables.list.lock")
"""Locks beside those of single references that stop changes of references."""


class Turn(NamedTuple):
    """The queue of writers at this moment."""

    free: bool
    """Nobody is in it, and nobody comes in while we look: the kernel says so."""
    left: Holder | None
    """Who is in it, or left it without signing off."""
    since: float | None
    """When that one came in, seconds since 1970."""

    @property
    def all_dead(self) -> bool:
        """Whether no writer of ours can be at work: the proof by which leftovers and locks may go."""
        return self.free and (self.left is None or is_dead(self.left, this_process(), queued=True))


@contextmanager
def standing_by(common_dir: str) -> Iterator[Turn]:
    """Look while no writer can come in, if none is in: a shared lock, taken without waiting and without writing.

    A writer that comes meanwhile waits for us; we are done in a few milliseconds.
    """
    try:
        fd = os.open(f"{common_dir}/jit/lock", os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        yield Turn(free=not os.path.exists(f"{common_dir}/jit/lock"), left=None, since=None)
        return
    except OSError:
        yield Turn(free=False, left=None, since=None)
        return
    try:
        free = _share(fd)
        record = os.pread(fd, 4096, 0)
        yield Turn(free, Holder.parse(record), os.fstat(fd).st_mtime if record else None)
    finally:
        os.close(fd)


def _share(fd: int) -> bool:
    """False where somebody is in the queue, or where there is no such lock to be had."""
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def look_at_locks(common_dir: str, ref: str, turn: Turn, now: float) -> tuple[Lock, ...]:
    """Every lock that stands in the way of a change of our references, and the queue if somebody is in it."""
    intents = _intents(f"{common_dir}/jit")
    found = []
    for path in sorted({*_lock_files(common_dir, ref)})[:MAX_LOCKS]:
        try:
            status = os.stat(f"{common_dir}/{path}")
        except OSError:
            continue  # released meanwhile
        ours = (status.st_dev, status.st_ino) in intents
        holder = turn.left if ours else None
        found.append(
            Lock(
                path=path,
                age=now - status.st_mtime,
                ours=ours,
                dead=ours and turn.all_dead,
                holder=str(holder) if holder else None,
            )
        )
    if not turn.free and turn.left is not None and turn.since is not None:
        found.append(Lock(path="jit/lock", age=now - turn.since, ours=True, dead=False, holder=str(turn.left)))
    return tuple(found)


def _intents(directory: str) -> set[tuple[int, int]]:
    found = set()
    try:
        names = [name for name in os.listdir(directory) if name.startswith("intent.")]
    except OSError:
        return set()
    for name in names:
        try:
            status = os.stat(f"{directory}/{name}")
        except OSError:
            continue
        found.add((status.st_dev, status.st_ino))
    return found


def _lock_files(common_dir: str, ref: str) -> Iterator[str]:
    """Relative to the common directory."""
    yield from (path for path in (f"{ref}.lock", *OTHER_LOCKS) if os.path.lexists(f"{common_dir}/{path}"))
    for directory, _, files in os.walk(f"{common_dir}/refs/jit"):
        below = os.path.relpath(directory, common_dir)
        yield from (f"{below}/{name}" for name in files if name.endswith(".lock"))
