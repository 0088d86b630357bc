"""One loop that runs any number of commands side by side, without a thread.

The verdict is the exit status of the command itself. What it left running neither delays it nor changes it: such
processes can hold the pipe open for ever, so the end of the output is not waited for (reliability.md K3).
"""

import contextlib
import os
import select
import signal
import subprocess
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from time import monotonic
from typing import Final

from git_jit.runner import survivors
from git_jit.runner.capture import Capture
from git_jit.runner.job import COOKIE, NOT_BEGUN, Ended, Ending, Job
from git_jit.runner.signals import held_back, obeyed_afterwards

TICK_S: Final = 0.5
"""How often the processes of a command are counted."""
BLIND_TICK_S: Final = 0.02
"""How often a command is asked whether it ended, where the kernel does not tell (no pidfd: macOS, old Linux)."""
CHUNK: Final = 1 << 16
"""Bytes read at once: the capacity of a pipe on Linux."""
DRAIN: Final = 64
"""Chunks read after a command ended: what a pipe can still hold, many times over, and no flood."""
_SIGNALLED: Final = 128
"""What a shell adds to the number of a signal that killed its command (POSIX, 2.8.2)."""
NOT_RUNNABLE: Final = (126, 127)
"""By which a shell, and `env`, say that they found no command or may not run it (POSIX, 2.8.2)."""


def run(job: Job) -> Ended:
    """Run one command to its end."""
    return run_all([job])[0]


def run_all(
    jobs: Sequence[Job],
    *,
    at_once: int = 1,
    enough: Callable[[int, Ended], bool] = lambda _index, _ended: False,
    begun: Callable[[int], bool] = lambda _index: True,
    goes_on: Callable[[], object] = lambda: None,
) -> list[Ended]:
    """Run commands, `at_once` of them side by side; the results in the order of the jobs.

    `begun` is asked at the last moment before each starts; one to which it says no is not begun. `enough` is asked
    after each end: once it says yes, what runs is ended and what waits is not begun, all of them `STOPPED`. `goes_on`
    is called whenever something happened, and at least every `TICK_S` where processes are counted.
    Whatever ends this function, nothing that it started goes on.
    """
    with obeyed_afterwards(), survivors.orphans_adopted():
        return _run_all(jobs, at_once, enough, begun, goes_on)


def _run_all(
    jobs: Sequence[Job],
    at_once: int,
    enough: Callable[[int, Ended], bool],
    begun: Callable[[int], bool],
    goes_on: Callable[[], object],
) -> list[Ended]:
    results: list[Ended] = [NOT_BEGUN] * len(jobs)
    waiting = iter(range(len(jobs)))
    loop = _Loop()
    try:
        over = False
        while True:
            while not over and len(loop.running) < max(at_once, 1) and (index := next(waiting, None)) is not None:
                if not begun(index):
                    continue
                failed = loop.start(index, jobs[index])
                if failed is not None:
                    results[index] = failed
                    over = enough(index, failed)
            if not loop.running:
                break
            for index, ended in loop.wait():
                results[index] = ended
                over = over or enough(index, ended)
            goes_on()
            if over:
                loop.stop()
        return results
    except BaseException:
        loop.abandon()
        raise


class _Child:
    """One command that runs."""

    def __init__(
        self, index: int, job: Job, process: "subprocess.Popen[bytes]", capture: Capture, started: float
    ) -> None:
        self.index, self.job, self.process, self.capture = index, job, process, capture
        self.started = started
        self.deadline = self.started + job.bounds.seconds
        self.asked: float | None = None
        """When it was asked to end."""
        self.cause: str | None = None
        self.ending: Ending | None = None
        """Set when it is we who end it."""
        self.rest = memoryview(job.stdin)
        self.next_count = self.started + TICK_S
        self.pidfd = _pidfd(process.pid)

    def ask_to_end(self, ending: Ending, cause: str) -> None:
        if self.asked is None:
            self.asked, self.ending, self.cause = monotonic(), ending, cause
            self.signal(signal.SIGTERM)

    def signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, number)

    def due(self) -> float:
        """When somebody should look at it again."""
        if self.asked is not None:
            return self.asked + self.job.bounds.grace
        if self.job.bounds.processes is not None:
            return min(self.deadline, self.next_count)
        return self.deadline

    def look(self, now: float, its: Callable[[], list[int]]) -> None:
        """What time demands. `its` finds all processes that it started."""
        if self.asked is not None:
            self.asked = now  # once more after another grace, should it be stuck in the kernel
            self.signal(signal.SIGKILL)
            self.end_others(its())
            return
        if now >= self.deadline:
            self.ask_to_end(Ending.TIMEOUT, f"it ran longer than {self.job.bounds.seconds:g} s")
            return
        most = self.job.bounds.processes
        if most is not None and now >= self.next_count:
            self.next_count = now + TICK_S
            if len(found := its()) > most:
                self.ending, self.cause = Ending.ERROR, f"it started more than {most} processes"
                self.asked = now  # a bomb gets no grace
                self.signal(signal.SIGKILL)
                self.end_others(found)

    def end_others(self, its: list[int]) -> None:
        """All that it started, but not the command itself, whose exit status only `process` may collect."""
        survivors.end(pid for pid in its if pid != self.process.pid)

    def feed(self) -> bool:
        """Give it some of its input; whether there is more."""
        assert self.process.stdin is not None
        try:
            self.rest = self.rest[os.write(self.process.stdin.fileno(), self.rest[:CHUNK]) :]
        except BlockingIOError:
            return True
        except OSError:  # it does not read
            return False
        return bool(self.rest)

    def read(self) -> bool:
        """Take some of its output; whether there may be more."""
        assert self.process.stdout is not None
        try:
            data = os.read(self.process.stdout.fileno(), CHUNK)
        except BlockingIOError:
            return False
        self.capture.add(data)
        return bool(data)

    def finish(self, known: frozenset[int], *, alone: bool) -> Ended:
        """It has ended: take what it still wrote, end what it left behind, and say how it went.

        `known` are children of ours that it did not leave. If it did not run `alone`, an orphan that hid its
        environment may be another's: it is left to the last.
        """
        status = self.process.wait()
        seconds = monotonic() - self.started
        for _ in range(DRAIN):
            if not self.read():
                break
        leaked = survivors.end_orphans(known, None if alone else self.job.cookie)
        self.signal(signal.SIGKILL)  # where there is no /proc; after counting, or who died of it would not be counted
        self.capture.close()
        if self.job.box is not None and status > _SIGNALLED:
            status = _SIGNALLED - status
        ending, cause = (self.ending, self.cause) if self.ending else _verdict(status)
        return Ended(
            ending=ending,
            status=status,
            seconds=seconds,
            written=self.capture.written,
            left_out=self.capture.left_out,
            last=self.capture.last(),
            leaked=leaked,
            cause=cause,
        )

    def close(self) -> None:
        self.capture.close()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        if self.pidfd is not None:
            os.close(self.pidfd)


class _Loop:
    """All commands that run, and what wakes us up for them."""

    def __init__(self) -> None:
        self.running: list[_Child] = []
        self._poll = select.poll()
        self._by_fd: dict[int, _Child] = {}
        self._before = survivors.children()
        """Other people's processes: a git that serves objects, say."""

    def start(self, index: int, job: Job) -> Ended | None:
        """Start a command; how it ended if it cannot be started."""
        if signal.getsignal(signal.SIGCHLD) == signal.SIG_IGN:  # then `subprocess` says 0 of whatever ends
            return _not_started(job, ChildProcessError("SIGCHLD is ignored, so nobody would hear how it ended"))
        capture = Capture(job.output, job.bounds.head, job.bounds.tail)
        started = monotonic()
        try:
            process = subprocess.Popen(
                words(job),
                cwd=job.cwd,
                env={**job.environ, COOKIE: job.cookie},
                stdin=subprocess.PIPE if job.stdin else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                bufsize=0,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            capture.close()
            return _not_started(job, error)
        _be_nice(process.pid, job.bounds.nice)
        child = _Child(index, job, process, capture, started)
        self.running.append(child)
        assert process.stdout is not None
        self._watch(process.stdout.fileno(), child, select.POLLIN)
        if process.stdin is not None:
            self._watch(process.stdin.fileno(), child, select.POLLOUT)
        if child.pidfd is not None:
            self._watch(child.pidfd, child, select.POLLIN)
        return None

    def _watch(self, fd: int, child: _Child, what: int) -> None:
        os.set_blocking(fd, False)
        self._poll.register(fd, what)
        self._by_fd[fd] = child

    def _forget(self, fd: int) -> None:
        if self._by_fd.pop(fd, None) is not None:
            self._poll.unregister(fd)

    def wait(self) -> Iterable[tuple[int, Ended]]:
        """Sleep until something happens, deal with it, and say which commands ended."""
        now = monotonic()
        pause = min(child.due() for child in self.running) - now
        if any(child.pidfd is None for child in self.running):
            pause = min(pause, BLIND_TICK_S)
        for fd, _ in self._poll.poll(max(pause, 0.001) * 1000):
            self._serve(fd)
        now = monotonic()
        ended = []
        for child in list(self.running):
            if child.process.poll() is not None:
                ended.append((child.index, self._end(child)))
            elif now >= child.due():
                child.look(now, partial(self._started_by, child))
        return ended

    def _started_by(self, child: _Child) -> list[int]:
        """The command, what descends from it, and orphans of these."""
        others = {one.process.pid for one in self.running if one is not child}
        if others:
            orphans = survivors.below(survivors.children() - self._before - others)
            return [*survivors.below((child.process.pid,)), *survivors.with_cookie(child.job.cookie, orphans)]
        return survivors.below(survivors.children() - self._before)

    def _serve(self, fd: int) -> None:
        child = self._by_fd.get(fd)
        if child is None or fd == child.pidfd:
            return
        if child.process.stdin is not None and fd == child.process.stdin.fileno():
            if not child.feed():
                self._forget(fd)
                child.process.stdin.close()
                child.process.stdin = None
        elif not child.read():
            self._forget(fd)

    def stop(self) -> None:
        """Ask all that runs to end: its answer no longer matters."""
        for child in self.running:
            child.ask_to_end(Ending.STOPPED, "its answer no longer mattered")

    def _end(self, child: _Child) -> Ended:
        self.running.remove(child)
        known = self._before.union(other.process.pid for other in self.running)
        ended = child.finish(known, alone=not self.running)
        for fd in [fd for fd, owner in self._by_fd.items() if owner is child]:
            self._forget(fd)
        child.close()
        return ended

    def abandon(self) -> None:
        """End all that still runs, at once: an exception is on its way. It may have come in the middle of a start."""
        with held_back():
            for child in self.running:
                child.signal(signal.SIGKILL)
            for child in list(self.running):
                self._end(child)
            survivors.end_orphans(self._before)


def _verdict(status: int) -> tuple[Ending, str | None]:
    if status == 0:
        return Ending.PASSED, None
    if status < 0:
        return Ending.ERROR, f"it was killed by the signal {_signal_name(-status)}"
    if status in NOT_RUNNABLE:
        return Ending.ERROR, f"it ended with {status}: a command was not found or may not be run"
    return Ending.FAILED, f"it ended with {status}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)


def _not_started(job: Job, error: Exception) -> Ended:
    if isinstance(error, OSError) and error.strerror:
        what = job.cwd if error.filename == job.cwd else job.argv[0]
        cause = f"'{what}' cannot be {'entered' if what == job.cwd else 'started'}: {error.strerror.lower()}"
    else:
        cause = f"'{job.argv[0] if job.argv else ''}' cannot be started: {error}"
    return Ended(ending=Ending.ERROR, status=None, seconds=0.0, cause=cause)


def _pidfd(pid: int) -> int | None:
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None


def words(job: Job) -> Sequence[str]:
    """What is started. A shell sets the limit of memory and becomes the command, so that nothing of it is without."""
    limit = "" if job.bounds.memory is None else f"ulimit -v {max(job.bounds.memory // 1024, 1)}; "
    if job.box is not None:
        from git_jit.runner.isolation import boxed

        return boxed(job.box, (*_shell(limit), *job.argv), job.cwd)
    return (*_shell(limit), *job.argv) if limit else job.argv


def _shell(first: str) -> tuple[str, ...]:
    """Of what cannot be started a shell says so by 126 and 127; bwrap would by 1, as if it had failed."""
    return "/bin/sh", "-c", f'{first}exec "$@"', "sh"


def _be_nice(pid: int, more: int) -> None:
    """Whoever works at this machine goes first."""
    with contextlib.suppress(OSError):  # it has ended, or its niceness is not ours to change
        os.setpriority(os.PRIO_PROCESS, pid, os.getpriority(os.PRIO_PROCESS, 0) + more)
