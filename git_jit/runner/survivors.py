"""Processes that a command started and did not wait for.

A process group is not enough: `setsid`, a double fork or a daemon leaves it. Two things they keep: the environment
they began with (`COOKIE`), and a parent; orphans become children of this process, if the kernel was asked to.
Where there is no /proc only the group is ended.
"""

import contextlib
import os
import signal
from collections.abc import Iterable, Iterator
from time import monotonic, sleep
from typing import Final

from git_jit.runner.job import COOKIE

_PR_SET_CHILD_SUBREAPER: Final = 36
"""From <linux/prctl.h>, since Linux 3.4."""
_PATIENCE_S: Final = 1.0
"""How long a killed process may take to be gone. One that waits for a dead disk never is."""
_ZOMBIE: Final = ("Z", "X")


def adopt_orphans() -> bool:
    """Let what our children leave behind become ours, so that it can be found and waited for. Linux only."""
    try:
        import ctypes

        return bool(ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0)
    except (ImportError, OSError, AttributeError):
        return False


def with_cookie(cookie: str) -> list[int]:
    """Living processes of this user that began with the cookie in their environment, or whose parents did."""
    wanted = f"{COOKIE}={cookie}".encode()
    return [pid for pid in _pids() if wanted in _environ(pid) and _state(pid)[0] not in _ZOMBIE]


def children() -> frozenset[int]:
    """Our children, living or not; those that were handed to us as orphans too."""
    me = os.getpid()
    return frozenset(pid for pid in _pids() if _state(pid)[1] == me)


def end(pids: Iterable[int]) -> int:
    """Kill these processes and wait for those that are ours; returns how many were alive."""
    ended = 0
    waiting = list(pids)
    for pid in waiting:
        if _state(pid)[0] not in _ZOMBIE:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
                ended += 1
    deadline = monotonic() + _PATIENCE_S
    while waiting and monotonic() < deadline:
        waiting = [pid for pid in waiting if not _gone(pid)]
        if waiting:
            sleep(0.001)
    return ended


def _gone(pid: int) -> bool:
    with contextlib.suppress(ChildProcessError):
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    return _state(pid)[0] in (*_ZOMBIE, "")


def _pids() -> Iterator[int]:
    try:
        names = os.listdir("/proc")
    except OSError:
        return iter(())
    return (int(name) for name in names if name.isascii() and name.isdigit())


def _environ(pid: int) -> list[bytes]:
    try:
        with open(f"/proc/{pid}/environ", "rb", buffering=0) as file:
            return file.read().split(b"\0")
    except OSError:  # another user's, or gone
        return []


def _state(pid: int) -> tuple[str, int]:
    """The state letter and the parent, from proc(5); ("", 0) if it is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
        return fields[0], int(fields[1])
    except (OSError, IndexError, ValueError):
        return "", 0
