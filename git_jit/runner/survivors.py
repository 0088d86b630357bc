"""Processes that a command started and did not wait for.

A process group is not enough: `setsid`, a double fork or a daemon leaves it. But whatever a command started descends
from it, and orphans become children of this process, if the kernel was asked to; so all of it is below us. With
several commands side by side, the environment it began with (`COOKIE`) tells whose an orphan is.
Where there is no /proc only the group is ended.
"""

import contextlib
import os
import signal
from collections.abc import Collection, Iterable, Iterator
from time import monotonic, sleep
from typing import Final

from git_jit.runner.job import COOKIE

_PR_SET_CHILD_SUBREAPER: Final = 36
_PR_GET_CHILD_SUBREAPER: Final = 37
"""From <linux/prctl.h>, since Linux 3.4."""
_PATIENCE_S: Final = 1.0
"""How long a killed process may take to be gone. One that waits for a dead disk never is."""
_EXEC_S: Final = 0.005
"""Time for an `exec` to go on; it takes a fraction of a millisecond."""
_ROUNDS: Final = 20
"""How often what a dying process still started is looked for."""
_ZOMBIE: Final = ("Z", "X")


@contextlib.contextmanager
def orphans_adopted() -> Iterator[None]:
    """While it lasts, what our children leave behind becomes ours, so that it can be found and waited for. Linux only.

    Afterwards it is as it was: a process that lives on, such as a server, must not become the parent of what others
    leave behind.
    """
    already = _adopting()
    _adopt(yes=True)
    try:
        yield
    finally:
        _adopt(yes=already)


def _adopting() -> bool:
    with contextlib.suppress(ImportError, OSError, AttributeError):  # there is no prctl(2), or no such option
        import ctypes

        answer = ctypes.c_int(0)
        ctypes.CDLL(None).prctl(_PR_GET_CHILD_SUBREAPER, ctypes.byref(answer), 0, 0, 0)
        return answer.value == 1
    return False


def _adopt(*, yes: bool) -> None:
    with contextlib.suppress(ImportError, OSError, AttributeError):
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, int(yes), 0, 0, 0)


def children() -> frozenset[int]:
    """Our children, living or not; those that were handed to us as orphans too."""
    return frozenset(_children(os.getpid()))


def below(pids: Iterable[int]) -> list[int]:
    """These processes and all that descend from them."""
    found: dict[int, None] = {}
    todo = list(pids)
    while todo:
        if (pid := todo.pop()) not in found:
            found[pid] = None
            todo += _children(pid)
    return list(found)


def with_cookie(cookie: str, among: Iterable[int]) -> list[int]:
    """Those that began with the cookie in their environment.

    In the middle of an `exec` a process has none for a moment; one that seems to have none is asked again.
    """
    wanted = f"{COOKIE}={cookie}".encode()
    seen = {pid: _environ(pid) for pid in among}
    bare = [pid for pid, environ in seen.items() if environ == [b""]]
    if bare:
        sleep(_EXEC_S)
        seen |= {pid: _environ(pid) for pid in bare}
    return [pid for pid, environ in seen.items() if wanted in environ]


def every_process() -> Iterator[int]:
    """All there are; for commands whose runner is dead, so that nothing of them is below us."""
    try:
        names = os.listdir("/proc")
    except OSError:
        return iter(())
    return (int(name) for name in names if name.isascii() and name.isdigit())


def end_orphans(known: Collection[int], cookie: str | None = None) -> int:
    """Kill all below us that is not below the `known` children, with the cookie if one is given, and what these start
    while they die; returns how many were alive.
    """
    ended = 0
    for _ in range(_ROUNDS):
        found = below(children().difference(known))
        if cookie is not None:
            found = with_cookie(cookie, found)
        if not found:
            break
        ended += end(found)
    return ended


def end_marked(cookie: str) -> int:
    """Kill all that bears the cookie, wherever it hangs, with all that descends from it; returns how many were alive.

    For commands whose runner is dead.
    """
    ended, tried = 0, set[int]()
    for _ in range(_ROUNDS):
        found = set(below(with_cookie(cookie, every_process()))) - tried
        if not found:
            break
        ended += end(found)
        tried |= found  # what waits for a dead disk is not waited for again
    return ended


def end(pids: Iterable[int]) -> int:
    """Kill these processes and wait for those that are our children; returns how many were alive."""
    ended = 0
    waiting = list(pids)
    for pid in waiting:
        if _state(pid)[0] not in (*_ZOMBIE, ""):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
                ended += 1
    deadline = monotonic() + _PATIENCE_S
    while (waiting := [pid for pid in waiting if not _gone(pid)]) and monotonic() < deadline:
        sleep(0.001)
    return ended


def _gone(pid: int) -> bool:
    with contextlib.suppress(ChildProcessError):
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    return _state(pid)[0] in (*_ZOMBIE, "")


def _children(pid: int) -> list[int]:
    """From /proc/<pid>/task/<tid>/children where the kernel has it, else by asking every process for its parent."""
    found: list[int] = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as file:
                found += map(int, file.read().split())
    except FileNotFoundError:
        if os.path.exists(f"/proc/{pid}/stat") and not os.path.exists("/proc/thread-self/children"):
            return [other for other in every_process() if _state(other)[1] == pid]
    except OSError:  # it ended while we looked
        pass
    return found


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
