"""Two locks: a queue that makes writers take turns, and a lock on a reference that heals itself.

The queue (`flock` on `<common>/jit/lock`) is for fairness: correctness rests on the compare-and-swap of the
reference alone, and where `flock` is not supported everything goes on without it. The kernel frees it when
its holder dies.

The reference's lock is git's own, the file `<ref>.lock`, so that git and we exclude each other. It survives a
`kill -9`, and git never removes it: one left-over lock would stop every later write for ever. So ours is made
by `link()` from an *intent* file. A lock with the same inode as the intent is provably ours and never git's;
and whoever holds the queue while the intent's author is dead knows that nobody stands behind it. Locks are
never broken by age: a paused holder that resumes would rename another writer's lock into place, and both
would be told lies (reliability.md F5).
"""

import contextlib
import errno
import fcntl
import os
import time
from _thread import allocate_lock, get_ident, start_new_thread
from typing import Final, Self

from git_jit import log
from git_jit.model import Oid
from git_jit.store import LockIo, LockTimeout, RefLocked
from git_jit.store.budgets import DEFAULTS
from git_jit.store.holder import Holder, is_dead, read_record, this_process
from git_jit.store.system import System, create, discard, make_directories, sync_path, write_error

FIRST_PAUSE_S: Final = 0.001
MAX_PAUSE_S: Final = 0.02

_NO_FLOCK: Final = frozenset({errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL})
_NO_LINK: Final = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EXDEV})


class _Turn:
    """One thread's hold on the queue."""

    __slots__ = ("depth", "fd", "predecessor", "proven", "suspected")

    def __init__(self, fd: int, predecessor: Holder | None, *, proven: bool) -> None:
        self.fd = fd
        self.predecessor = predecessor
        self.proven = proven
        self.depth = 1
        self.suspected = False


class Queue:
    """Writers of one repository take turns: `with queue: …`. Re-entrant, and safe between threads.

    Entering raises `LockTimeout`, naming the holder, after `budget` seconds.
    """

    def __init__(self, common_dir: str, *, system: System | None = None, budget: float = DEFAULTS.queue) -> None:
        self._system = system or System()
        self._budget = budget
        self._turns: dict[int, _Turn] = {}
        self._me: Holder | None = None
        self.directory = f"{common_dir}/jit"
        self.path = f"{self.directory}/lock"

    @property
    def me(self) -> Holder:
        if self._me is None or self._me.pid != os.getpid():
            self._me = this_process()
        return self._me

    @property
    def proven(self) -> bool:
        """Whether this thread holds the kernel's lock (false where `flock` does not work)."""
        turn = self._turns.get(get_ident())
        return turn is not None and turn.proven

    @property
    def predecessor(self) -> Holder | None:
        """Who left the queue without signing off, if anybody."""
        turn = self._turns.get(get_ident())
        return turn.predecessor if turn else None

    def __enter__(self) -> Self:
        turn = self._turns.get(get_ident())
        if turn:
            turn.depth += 1
        else:
            self._turns[get_ident()] = self._enter()
        return self

    def __exit__(self, *_: object) -> None:
        turn = self._turns[get_ident()]
        turn.depth -= 1
        if turn.depth == 0:
            del self._turns[get_ident()]
            if turn.proven:
                _overwrite(turn.fd, turn.predecessor.encode() if turn.suspected and turn.predecessor else b"")
            with contextlib.suppress(OSError):  # what was done here is done, and may be published
                os.close(turn.fd)

    def leave_record(self) -> None:
        """When this thread leaves, its predecessor is on record again: it may live, and what it locked is in the way.

        Without that the next attempt would find a lock that nobody is on record for, and take it for a dead writer's.
        """
        if turn := self._turns.get(get_ident()):
            turn.suspected = True

    def is_busy(self) -> bool:
        """Whether another writer is in the queue at this moment; only a hint, and false where nothing can be told."""
        try:
            fd = self._system.open(self.path, os.O_RDWR)
        except OSError:
            return False
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            pass
        finally:
            os.close(fd)
        return False

    def _enter(self) -> _Turn:
        deadline = time.monotonic() + self._budget
        while True:
            fd = self._open()
            proven = self._lock(fd, deadline)
            if not proven or _is_file(fd, self.path):
                predecessor = Holder.parse(os.pread(fd, 4096, 0))
                if proven:
                    _overwrite(fd, self.me.encode())
                return _Turn(fd, predecessor, proven=proven)
            os.close(fd)  # somebody removed the file while we waited: what we hold is no lock any more

    def _open(self) -> int:
        try:
            make_directories(self._system, self.directory)
            return self._system.open(self.path, os.O_RDWR | os.O_CREAT)
        except OSError as error:
            raise write_error(error, "queue for writing", LockIo) from error

    def _lock(self, fd: int, deadline: float) -> bool:
        """Take the kernel's lock; False where there is none to take."""
        try:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                begun = time.monotonic()
                done = _wait(fd, deadline - begun)
                log.debug("lock.wait", ms=log.since(begun), got=done)
                if not done:
                    raise self._timeout() from None
        except OSError as error:
            if error.errno not in _NO_FLOCK:
                os.close(fd)
                raise write_error(error, "queue for writing", LockIo) from error
            return False
        return True

    def _timeout(self) -> LockTimeout:
        holder = Holder.parse(read_record(self.path).encode())
        return LockTimeout(
            f"another writer holds the issues for longer than {self._budget:g} s: {holder or 'unknown process'}",
            hint="run the same command again when that process is done",
            details={"holder": holder._asdict() if holder else None},
        )


def _overwrite(fd: int, record: bytes) -> None:
    """Who holds the queue is a courtesy to those who wait; a full disk must not fail the write for it."""
    with contextlib.suppress(OSError):
        os.ftruncate(fd, 0)
        os.pwrite(fd, record, 0)


def _is_file(fd: int, path: str) -> bool:
    try:
        return os.path.samestat(os.fstat(fd), os.stat(path))
    except OSError:
        return False


def _wait(fd: int, budget: float) -> bool:
    """`flock` without a polling loop, which would starve the unlucky, but with a time limit, which it lacks.

    A helper thread waits in the kernel's own queue. If it comes too late, it closes the file itself: an
    abandoned wait never holds the lock. It hears no signals: what the caller holds back (`uninterrupted`) would reach
    Python by way of it. False means that the time is up, and `fd` is no longer the caller's.
    """
    if budget <= 0:  # a helper would take the lock later for a moment, and stand in the way of the next one
        os.close(fd)
        return False
    import signal  # a millisecond, of those who wait

    done, guard = allocate_lock(), allocate_lock()
    state: dict[str, OSError | None] = {}
    done.acquire()

    def wait() -> None:
        failure = None
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
        except OSError as error:
            failure = error
        with guard:
            if "abandoned" in state:
                os.close(fd)
            state["result"] = failure
        done.release()

    before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())  # the thread inherits it
    try:
        start_new_thread(wait, ())
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    try:
        done.acquire(timeout=budget)
    except BaseException:  # an interrupt
        with guard:
            if "result" in state:
                os.close(fd)
            state["abandoned"] = None
        raise
    with guard:
        if "result" not in state:
            state["abandoned"] = None
            return False
    failure = state["result"]
    if failure is not None:
        raise failure
    return True


class RefLock:
    """The lock of one reference, for one change of it. Use it inside the queue.

    Raises `RefLocked` when somebody who cannot be proved dead holds it, and bare `OSError`s of the disk.
    """

    def __init__(self, queue: Queue, path: str, name: str, *, system: System, budget: float = DEFAULTS.ref) -> None:
        self._queue = queue
        self._system = system
        self._name = name
        self._budget = budget
        self._ref = path
        self._lock = f"{path}.lock"
        self._intent = f"{queue.directory}/intent.{name.replace('%', '%25').replace('/', '%2F')}"
        self._linked = False  # the lock file is there
        self._hard = False  # and it is a hard link to the intent
        self.made: list[str] = []
        """Directories that `take` created."""

    def heal(self) -> bool:
        """Remove what a dead predecessor of ours left; True if a lock was freed.

        Leaves everything as it is unless the queue is ours and its last holder is provably dead.
        """
        if not os.path.exists(self._intent):
            return False
        last = self._queue.predecessor
        if not self._queue.proven or (last and not is_dead(last, self._queue.me, queued=True)):
            self._queue.leave_record()
            raise self._locked(last)
        ours = _same_file(self._intent, self._lock)
        if ours:
            self._system.unlink(self._lock)
        self._system.unlink(self._intent)
        log.warning("lock.healed", ref=self._name, holder=last, freed=ours)
        return ours

    def take(self, new: Oid) -> None:
        """Lock the reference, with `new` as its next value; waits at most `budget` seconds for a foreign git."""
        content = f"{new}\n".encode()
        if self._queue.proven:
            create(self._system, self._intent, content)
        deadline = time.monotonic() + self._budget
        pause = FIRST_PAUSE_S
        while True:
            try:
                self._try(content)
                return
            except FileExistsError:
                if time.monotonic() > deadline:
                    self.drop()
                    raise self._locked(None) from None
            except FileNotFoundError:  # pack-refs removes directories that it finds empty
                if time.monotonic() > deadline:
                    self.drop()
                    raise
            except BaseException:
                self.drop()
                raise
            from random import uniform  # 2 ms that an uncontended write need not pay

            time.sleep(uniform(0, pause))
            pause = min(pause * 2, MAX_PAUSE_S)

    def _try(self, content: bytes) -> None:
        self.made += make_directories(self._system, os.path.dirname(self._lock))
        if self._queue.proven:
            try:
                self._system.link(self._intent, self._lock)
                self._linked = self._hard = True
                return
            except OSError as error:
                if error.errno not in _NO_LINK:
                    raise
        create(self._system, self._lock, content)
        self._linked = True

    def sync(self) -> None:
        """Force the new value to the disk, before `publish`. A flush shared with the log costs half of two."""
        sync_path(self._system, self._lock)

    def publish(self) -> None:
        """Make the new value the reference's. After this the change has happened."""
        if self._hard and not _same_file(self._intent, self._lock):
            raise self._locked(None)  # somebody broke our lock by hand: what lies there now is not ours
        try:
            self._system.rename(self._lock, self._ref)
        except OSError as error:
            if error.errno not in {errno.EISDIR, errno.ENOTEMPTY, errno.EEXIST}:
                raise
            _remove_empty(self._ref)
            self._system.rename(self._lock, self._ref)
        self._linked = False

    def drop(self) -> None:
        """Give up, or clean up after `publish`; whatever cannot be removed is healed by the next writer."""
        if self._linked:
            self._linked = not discard(self._system, self._lock)
        if self._queue.proven and not self._linked:  # else the intent is what proves that the lock is ours
            discard(self._system, self._intent)

    def _locked(self, holder: Holder | None) -> RefLocked:
        return RefLocked(
            f"'{self._name}' is locked by {holder or 'another git process'}",
            hint="run the same command again when the other git is done",
            details={"lock": self._lock, "holder": holder._asdict() if holder else None},
        )


def _same_file(one: str, other: str) -> bool:
    try:
        return os.path.samestat(os.stat(one), os.stat(other))
    except OSError:
        return False


def _remove_empty(path: str) -> None:
    """Empty directories are what git leaves where references were; one may stand in the way of a new one."""
    for directory, _, _ in os.walk(path, topdown=False):
        os.rmdir(directory)
