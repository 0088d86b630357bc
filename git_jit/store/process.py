"""Start git and talk to it: the one place where the store makes processes.

`os.posix_spawn` and a poll loop instead of `subprocess`, whose import alone (9 ms) costs more than two git
calls: a short command that meets one packed object must not pay for it.
"""

import contextlib
import os
import select
from collections.abc import Callable, Mapping, Sequence
from time import monotonic, sleep
from typing import Final, NamedTuple

from git_jit import log
from git_jit.errors import Fatal
from git_jit.store import DiskFull, FormatUnsupported, NotWritable
from git_jit.store.backend import Durability
from git_jit.store.budgets import UNLIMITED
from git_jit.store.layout import Layout

GRACE: Final = 2.0
"""Seconds that a git has to clean up after being told to stop."""
LOOK_S: Final = 0.05
"""How often a process that may leave others behind is asked whether it has ended: they can keep its pipes open."""
LONGEST_POLL_S: Final = 3600.0
"""One wait of `poll`, which counts milliseconds in 32 bits."""
CHUNK: Final = 1 << 16
"""Bytes moved at once: the capacity of a pipe on Linux."""
MAX_STDERR: Final = 2000
"""Characters of git's own words kept in the details of an error."""

INHERITED_BY_NOBODY: Final = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_PREFIX",
    "GIT_NAMESPACE",
    "GIT_GRAFT_FILE",
    "GIT_SHALLOW_FILE",
    "GIT_REPLACE_REF_BASE",
    "GIT_LITERAL_PATHSPECS",
    "GIT_GLOB_PATHSPECS",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS",
    "LANGUAGE",
)
"""What a hook's environment may hold and the repository in `Layout` already answers; and what
`git --icase-pathspecs jit` hands down, for the paths that we name mean themselves.
"""

_SIGINT: Final = 2
_SIGPIPE: Final = 13
_SIGXFSZ: Final = 25
"""Python ignores the last two, and we ignore Ctrl-C while an editor runs; a child must not inherit that. The
numbers are those of Linux and macOS."""
_SIGKILL: Final = 9
SIGTERM: Final = 15

_DISK_FULL: Final = ("No space left on device", "Disk quota exceeded")
_NOT_WRITABLE: Final = (
    "Permission denied",
    "Operation not permitted",
    "Read-only file system",
    "insufficient permission",
)
_UNSUPPORTED: Final = ("unknown repository extension", "Expected git repo version", "repo version is 0, but v1-only")
"""What git says in the C locale, from errno by way of strerror(3) or in setup.c; nothing else carries it."""


class GitMissing(Fatal):
    """There is no `git` on the `PATH`."""

    code = "git_missing"


class GitFailed(Fatal):
    """A git command that cannot fail in a sound repository did."""

    code = "git_failed"


class GitTimeout(GitFailed):
    """A git command ran, or was silent, for longer than it may; it was ended. `details.limit` is `total` or `idle`."""

    code = "git_timeout"


class Finished(NamedTuple):
    """A process that has ended: its exit status (negative: the signal that killed it) and what it wrote."""

    status: int
    out: bytes
    err: str


def run(
    layout: Layout,
    args: Sequence[str],
    *,
    environ: Mapping[str, str],
    input: bytes = b"",
    timeout: float | None = None,
    durability: Durability = Durability.FULL,
) -> Finished:
    """Run one git command on the repository and wait for it. A bad exit status is the caller's to judge.

    Raises `GitMissing`, and `GitTimeout` after `timeout` seconds (the repository's budget for a git command).
    """
    limit = layout.budgets.git if timeout is None else timeout
    return execute(git_argv(layout, args, durability), git_environ(layout, environ), input=input, timeout=limit)


def failure(done: Finished, doing: str, otherwise: type[Fatal] = GitFailed) -> Fatal:
    """The typed error for a git command that failed while `doing` (present participle, with its object)."""
    details = {"status": done.status, "stderr": done.err[:MAX_STDERR]}
    if any(text in done.err for text in _DISK_FULL):
        return DiskFull(f"the disk is full while {doing}", hint="free some space and try again", details=details)
    if any(text in done.err for text in _NOT_WRITABLE):
        return NotWritable(f"no permission while {doing}", details=details)
    if any(text in done.err for text in _UNSUPPORTED):
        return FormatUnsupported("this git does not know the format of the repository", details=details)
    said = done.err.partition("\n")[0]
    return otherwise(f"git failed while {doing}", hint=f"git says: {said}" if said else None, details=details)


def git_argv(layout: Layout, args: Sequence[str], durability: Durability = Durability.FULL) -> list[str]:
    """The command line: the repository by name, a reflog always, and synced writes if asked for.

    Naming a repository switches git's check of its owner off, so one that is not `trusted` is not named: git
    finds it by itself, and refuses it if it must.

    core.fsync came with git 2.36; before, core.fsyncObjectFiles did the same for loose objects (packs were
    synced always). A git that does not know one of the keys does not look at it.
    """
    full = durability is Durability.FULL
    return [
        "git",
        *_naming(layout),
        "-c",
        "core.logAllRefUpdates=always",
        "-c",
        f"core.fsync={'loose-object,pack,pack-metadata,reference' if full else 'none'}",
        "-c",
        "core.fsyncMethod=fsync",
        *args,
    ]


def _naming(layout: Layout) -> tuple[str, ...]:
    if not layout.trusted:
        return ("-C", layout.cwd)
    return ("-C", layout.common_dir, f"--git-dir={layout.git_dir}")  # -C: where we were started may be gone


def git_environ(layout: Layout, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment for git: its own variables kept, those that would name another repository replaced.

    `git -c key=value jit` arrives in GIT_CONFIG_PARAMETERS and is handed on. Replacement objects are off:
    an oid names its content here, always.
    """
    child = {name: value for name, value in environ.items() if name not in INHERITED_BY_NOBODY}
    child |= {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_REPLACE_OBJECTS": "1"}
    if "GIT_COMMON_DIR" in child:
        child["GIT_COMMON_DIR"] = layout.common_dir
    if "GIT_OBJECT_DIRECTORY" in child:
        child["GIT_OBJECT_DIRECTORY"] = layout.objects_dir
    if layout.alternates:
        child["GIT_ALTERNATE_OBJECT_DIRECTORIES"] = os.pathsep.join(layout.alternates)
    return child


# --- processes ------------------------------------------------------------------------------------------


def spawn(
    argv: Sequence[str],
    environ: Mapping[str, str],
    *,
    stdin: int | None = None,
    stdout: int | None = None,
    stderr: int | None = None,
    new_session: bool = False,
) -> int:
    """Start a process with these descriptors (None: /dev/null) and nothing else; its pid, to be waited for."""
    actions: list[tuple[int, int, int] | tuple[int, int, str, int, int]] = []
    for number, descriptor in enumerate((stdin, stdout, stderr)):
        if descriptor is None:
            actions.append((os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0))
        else:
            actions.append((os.POSIX_SPAWN_DUP2, descriptor, number))
    log.debug("process.start", argv=argv)
    try:
        return os.posix_spawnp(
            argv[0],
            list(argv),
            environ,
            file_actions=actions,
            setsid=new_session,
            setsigdef=(_SIGINT, _SIGPIPE, _SIGXFSZ),
        )
    except FileNotFoundError:
        raise GitMissing(f'there is no "{argv[0]}" on the PATH', hint="install git 2.34 or newer") from None
    except OSError as error:
        raise GitFailed(f'cannot start "{argv[0]}": {error.strerror}') from error


def wait(pid: int) -> int:
    """The exit status; negative the signal that ended it."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def execute(
    argv: Sequence[str],
    environ: Mapping[str, str],
    *,
    input: bytes,
    timeout: float,
    idle: float = UNLIMITED,
    group: bool = False,
) -> Finished:
    """Run a process to its end, feeding and draining it at the same time.

    Raises `GitTimeout` after `timeout` seconds, or when it neither wrote nor took a byte for `idle` seconds. As a
    `group` it has a session of its own, without a terminal on which it could ask, everything it started ends with
    it when time is up, and its own end counts, even if something it left behind holds its output open.
    """
    (child_in, feed), (out, child_out), (err, child_err) = pipes(3)
    try:
        pid = spawn(argv, environ, stdin=child_in, stdout=child_out, stderr=child_err, new_session=group)
    except BaseException:
        for descriptor in (feed, out, err):
            os.close(descriptor)
        raise
    finally:
        for descriptor in (child_in, child_out, child_err):
            os.close(descriptor)
    begun = monotonic()
    child = _Child(pid, group=group)
    try:
        drained = _exchange(feed, input, (out, err), _Watch(timeout, idle), child.has_ended if group else None)
    except _Late as late:
        child.stop()
        raise _timeout(argv, late.limit, timeout if late.limit == "total" else idle) from None
    except OSError as error:
        child.stop()
        raise _cannot_talk(argv[0], error) from error
    except BaseException:
        child.stop()
        raise
    status = child.wait()
    log.debug("process.end", ms=log.since(begun), argv=argv, status=status)
    return Finished(status, drained[0], drained[1].decode("utf-8", "replace").strip())


def pipes(number: int) -> list[tuple[int, int]]:
    """So many pipes, each as the ends to read from and to write to, or none and `GitFailed`."""
    made: list[tuple[int, int]] = []
    try:
        made.extend(os.pipe() for _ in range(number))
    except OSError as error:
        for descriptor in (end for pipe in made for end in pipe):
            os.close(descriptor)
        raise _cannot_talk("git", error) from error
    return made


def _cannot_talk(name: str, error: OSError) -> GitFailed:
    return GitFailed(f'cannot talk to "{name}": {(error.strerror or str(error)).lower()}')


def _timeout(argv: Sequence[str], limit: str, seconds: float) -> GitTimeout:
    said = "did not finish within" if limit == "total" else "said nothing for"
    return GitTimeout(
        f'"{argv[0]}" {said} {seconds:g} seconds',
        hint="'git jit config list' shows how long things may take (jit.timeout.*)",
        details={"argv": list(argv), "limit": limit, "seconds": seconds},
    )


def stop(pid: int) -> None:
    """End a git that is no longer wanted: politely, so that it removes its lock files, then for certain."""
    _Child(pid, group=False).stop()


class _Child:
    """A process to be waited for once, and the ones it started if it leads a group."""

    def __init__(self, pid: int, *, group: bool) -> None:
        self._pid = pid
        self._signal = os.killpg if group else os.kill
        self._group = group
        self._status: int | None = None

    def has_ended(self) -> bool:
        if self._status is None:
            pid, status = os.waitpid(self._pid, os.WNOHANG)
            self._status = status if pid else None
        return self._status is not None

    def wait(self) -> int:
        """The exit status; negative the signal that ended it."""
        if self._status is None:
            self._status = os.waitpid(self._pid, 0)[1]
        return os.waitstatus_to_exitcode(self._status)

    def stop(self) -> None:
        """Politely first: git removes its lock files when it is asked to end."""
        if not self.has_ended():
            self._send(SIGTERM)
            deadline = monotonic() + GRACE
            while not self.has_ended() and monotonic() < deadline:
                sleep(0.005)
        if self._group or not self.has_ended():
            self._send(_SIGKILL)
        self.wait()

    def _send(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS: the latter for a group of zombies
            self._signal(self._pid, number)


class _Late(Exception):
    """Time is up. `limit` is `total` or `idle`."""

    def __init__(self, limit: str) -> None:
        self.limit = limit


class _Watch:
    """Two limits of one run: seconds in all, and seconds without a byte."""

    def __init__(self, total: float, idle: float) -> None:
        self._idle = idle
        self._end = monotonic() + total
        self.heard()

    def heard(self) -> None:
        self._quiet = monotonic() + self._idle

    def left(self) -> float:
        """Seconds until the first limit. Raises `_Late`."""
        now = monotonic()
        if now >= min(self._end, self._quiet):
            raise _Late("total" if now >= self._end else "idle")
        return min(self._end - now, self._quiet - now, LONGEST_POLL_S)


def _exchange(
    feed: int, input: bytes, sources: tuple[int, int], watch: _Watch, has_ended: Callable[[], bool] | None
) -> tuple[bytes, bytes]:
    """Write `input`, read both sources to their end, or to what is there when `has_ended`. Closes all three.

    Raises `_Late`.
    """
    poll = select.poll()
    found: dict[int, list[bytes]] = {source: [] for source in sources}
    os.set_blocking(feed, False)
    poll.register(feed, select.POLLOUT)
    for source in sources:
        poll.register(source, select.POLLIN)
    open_ = {feed, *sources}
    rest = memoryview(input)
    try:
        while open_:
            over = has_ended is not None and has_ended()  # asked before looking, so that nothing it wrote is missed
            left = 0 if over else watch.left()
            events = poll.poll(1000 * (left if has_ended is None else min(left, LOOK_S)))
            if over and not any(descriptor != feed for descriptor, _ in events):
                break
            if events:
                watch.heard()
            for descriptor, _ in events:
                if descriptor == feed:
                    rest = rest[_write(feed, rest[:CHUNK]) :]
                    done = not rest
                else:
                    found[descriptor].append(chunk := os.read(descriptor, CHUNK))
                    done = not chunk
                if done:
                    poll.unregister(descriptor)
                    open_.remove(descriptor)
                    os.close(descriptor)
    finally:
        for descriptor in open_:
            os.close(descriptor)
    return b"".join(found[sources[0]]), b"".join(found[sources[1]])


def _write(descriptor: int, data: memoryview) -> int:
    """How much was taken; all of it if nobody reads any more, for then the exit status tells why."""
    try:
        return os.write(descriptor, data)
    except BlockingIOError:
        return 0
    except BrokenPipeError:
        return CHUNK
