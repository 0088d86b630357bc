"""Processes that are found by what they began with, and ended wherever they hang."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from git_jit.runner import survivors
from git_jit.runner.job import COOKIE
from tests.program import alive

pytestmark = pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="processes are looked at in /proc")
DEADLINE_S = 30


def started(at: Path, cookie: str, script: str, count: int) -> "subprocess.Popen[bytes]":
    """A shell with the cookie; it is waited for until so many have written down their numbers."""
    process = subprocess.Popen(["sh", "-c", script], cwd=at, env={"PATH": os.environ["PATH"], COOKIE: cookie})
    deadline = time.monotonic() + DEADLINE_S
    while sum(1 for file in at.glob("pid.*") if file.read_text().strip()) < count:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return process


def test_all_that_bears_the_cookie_is_ended_with_all_below_it(tmp_path: Path) -> None:
    """Also a child that has lost its environment, and one in a session of its own; nobody else's."""
    cookie = f"survivors-{os.getpid()}"
    script = (
        "echo $$ > pid.0; (env -i /bin/sh -c 'echo $$ > pid.1; sleep 60') & "
        "(setsid sh -c 'echo $$ > pid.2; sleep 60') & wait"
    )
    mine = started(tmp_path, cookie, script, 3)
    (tmp_path / "other").mkdir()
    other = started(tmp_path / "other", f"{cookie}-other", "echo $$ > pid.0; sleep 60", 1)
    try:
        assert survivors.end_marked(cookie) >= 3
        pids = [int(file.read_text()) for file in tmp_path.glob("pid.*")]
        assert [pid for pid in pids if alive(pid)] == []
        assert alive(other.pid)
        assert survivors.end_marked(cookie) == 0
    finally:
        survivors.end_marked(f"{cookie}-other")
        mine.wait()
        other.wait()


def test_orphans_are_adopted_for_a_time_and_no_longer() -> None:
    def parent_of_an_orphan() -> int:
        done = subprocess.run(["sh", "-c", "sleep 60 >/dev/null 2>&1 & echo $!"], capture_output=True, check=True)
        stat = Path(f"/proc/{int(done.stdout)}/stat").read_text()
        os.kill(int(done.stdout), signal.SIGKILL)
        return int(stat.rpartition(")")[2].split()[1])

    others = survivors.children()
    assert parent_of_an_orphan() != os.getpid()
    with survivors.orphans_adopted():
        assert parent_of_an_orphan() == os.getpid()
        with survivors.orphans_adopted():
            pass
        assert parent_of_an_orphan() == os.getpid()
        survivors.end_orphans(others)
    assert parent_of_an_orphan() != os.getpid()


def test_who_bears_a_cookie_is_known_by_the_whole_of_it(tmp_path: Path) -> None:
    process = started(tmp_path, "abc", "echo $$ > pid.0; sleep 60", 1)
    try:
        assert survivors.with_cookie("abc", [process.pid, os.getpid()]) == [process.pid]
        assert survivors.with_cookie("ab", [process.pid]) == []
        assert survivors.with_cookie("abc", [2**22 + 1]) == []
    finally:
        assert survivors.end_marked("abc") >= 1
        process.wait()
