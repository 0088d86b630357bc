"""Who stands in the way: the locks of the living, of the dead and of foreign gits, for as long as a test wants.

Each is a context manager; while it is open the thing is held.
"""

import fcntl
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[3]
REF: Final = "refs/jit/issues"

_HOLD: Final = """
import sys
from git_jit.model import Oid
from git_jit.store.locks import Queue, RefLock
from git_jit.store.system import System
common, name, oid = sys.argv[1:]
queue = Queue(common)
with queue:
    if oid:
        RefLock(queue, f"{common}/{name}", name, system=System()).take(Oid(oid))
    print("holding", flush=True)
    sys.stdin.read()
"""


def _start(common: Path, oid: str) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(common), REF, oid],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "holding\n"
    return process


@contextmanager
def live_writer(common: Path, *, ref: bool = False) -> Iterator["subprocess.Popen[str]"]:
    """Another git jit is in the middle of a write: it holds the queue, and with `ref` the reference's lock too."""
    process = _start(common, "1" * 40 if ref else "")
    try:
        yield process
    finally:
        process.communicate("")


@contextmanager
def held_for(common: Path, seconds: float) -> Iterator[None]:
    """Somebody is in the queue of writers and leaves it after so long; `inf` is until the end.

    The kernel's lock belongs to the open file and not to the process, so this one can wait for itself.
    """
    (common / "jit").mkdir(exist_ok=True)
    with (common / "jit" / "lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        leaving = threading.Timer(seconds, fcntl.flock, (file, fcntl.LOCK_UN))
        if seconds != float("inf"):
            leaving.start()
        try:
            yield
        finally:
            leaving.cancel()
            if leaving.is_alive():
                leaving.join()


def dead_writer(common: Path) -> int:
    """A git jit died by SIGKILL with both locks in its hands; its process id. They are left behind."""
    process = _start(common, "1" * 40)
    process.kill()
    process.communicate()
    return process.pid


@contextmanager
def stopped_writer(common: Path) -> Iterator["subprocess.Popen[str]"]:
    """A git jit that holds both locks and was sent SIGSTOP: not dead, whatever its age."""
    with live_writer(common, ref=True) as process:
        os.kill(process.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, process.pid, os.WSTOPPED)
        try:
            yield process
        finally:
            os.kill(process.pid, signal.SIGCONT)


@contextmanager
def foreign_git(common: Path, new: str, old: str) -> Iterator["subprocess.Popen[str]"]:
    """A real `git update-ref` has prepared to move the reference: it holds the lock until it is told to go on.

    It is told to abort at the end; a test may `commit` on the process' standard input instead.
    """
    environ = {**os.environ, "GIT_DIR": str(common)}
    process = subprocess.Popen(
        ["git", "update-ref", "--stdin"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environ
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"start\nupdate {REF} {new} {old}\nprepare\n")
    process.stdin.flush()
    answers = [process.stdout.readline(), process.stdout.readline()]
    assert answers == ["start: ok\n", "prepare: ok\n"], answers
    try:
        yield process
    finally:
        if process.poll() is None and not process.stdin.closed:
            process.communicate("abort\n")


@contextmanager
def left_lock(common: Path) -> Iterator[Path]:
    """A lock file that nobody can be proved to have left: a killed git, or another machine's."""
    path = common / f"{REF}.lock"
    path.touch()
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)
