"""Start git and talk to it: the one place where the store makes processes.

`os.posix_spawn` and a poll loop instead of `subprocess`, whose import alone (9 ms) costs more than two git
calls: a short command that meets one packed object must not pay for it.
"""

import os
import select
from collections.abc import Mapping, Sequence
from time import monotonic, sleep
from typing import Final, NamedTuple

from git_jit.errors import Fatal
from git_jit.store import DiskFull, FormatUnsupported, NotWritable
from git_jit.store.backend import Durability
from git_jit.store.layout import Layout

TIMEOUT: Final = 120.0
"""Seconds for one git command. Packing 100,000 issues takes 10 on a slow disk; more means it hangs."""
GRACE: Final = 2.0
"""Seconds that a git has to clean up after being told to stop."""
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
    "LANGUAGE",
)
"""What a hook's environment may hold and the repository in `Layout` already answers."""

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
    timeout: float = TIMEOUT,
    durability: Durability = Durability.FULL,
) -> Finished:
    """Run one git command on the repository and wait for it. A bad exit status is the caller's to judge.

    Raises `GitMissing`, and `GitFailed` after `timeout` seconds.
    """
    return execute(git_argv(layout, args, durability), git_environ(layout, environ), input=input, timeout=timeout)


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


def execute(argv: Sequence[str], environ: Mapping[str, str], *, input: bytes, timeout: float) -> Finished:
    """Run a process to its end, feeding and draining it at the same time."""
    child_in, feed = os.pipe()
    out, child_out = os.pipe()
    err, child_err = os.pipe()
    try:
        pid = spawn(argv, environ, stdin=child_in, stdout=child_out, stderr=child_err)
    except BaseException:
        for descriptor in (feed, out, err):
            os.close(descriptor)
        raise
    finally:
        for descriptor in (child_in, child_out, child_err):
            os.close(descriptor)
    try:
        drained = _exchange(feed, input, (out, err), monotonic() + timeout)
    except BaseException:
        stop(pid)
        raise
    if drained is None:
        stop(pid)
        raise GitFailed(f'"{argv[0]}" did not finish within {timeout:g} seconds', details={"argv": list(argv)})
    return Finished(wait(pid), drained[0], drained[1].decode("utf-8", "replace").strip())


def stop(pid: int) -> None:
    """End a git that is no longer wanted: politely, so that it removes its lock files, then for certain."""
    os.kill(pid, SIGTERM)
    deadline = monotonic() + GRACE
    while monotonic() < deadline:
        if os.waitpid(pid, os.WNOHANG)[0]:
            return
        sleep(0.005)
    os.kill(pid, _SIGKILL)
    wait(pid)


def _exchange(feed: int, input: bytes, sources: tuple[int, int], deadline: float) -> tuple[bytes, bytes] | None:
    """Write `input`, read both sources to their end; None if the deadline passed. Closes all three."""
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
            left = deadline - monotonic()
            if left <= 0:
                return None
            for descriptor, _ in poll.poll(left * 1000):
                if descriptor == feed:
                    rest = rest[_write(feed, rest[:CHUNK]) :]
                    over = not rest
                else:
                    found[descriptor].append(chunk := os.read(descriptor, CHUNK))
                    over = not chunk
                if over:
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
