"""A small part of `python -m tests.faults.gates --runs 1000`, and proof that it would find something."""

import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from git_jit.runner import Ended, Ending, Job
from tests.faults.gates import CHILDREN, SECONDS, storm

pytestmark = pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="without /proc only the group is ended")


def test_nothing_is_left_of_eight_kinds_of_hostile_commands(tmp_path: Path) -> None:
    found = storm(tmp_path, runs=16, at_once=4, seed=1)
    assert (found.wrong, found.runs, found.leaked > 0) == ([], 16, True)
    assert {name.partition(":")[0] for name in found.endings} == set(CHILDREN)


def careless(jobs: Sequence[Job], *, at_once: int) -> list[Ended]:
    """What one writes first: end the group at the time limit, and nothing else."""
    ended = []
    for job in jobs:
        Path(job.output).touch()
        process = subprocess.Popen(
            job.argv, cwd=job.cwd, env=dict(job.environ), stdout=subprocess.DEVNULL, start_new_session=True
        )
        try:
            status = process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            status = process.wait()
        ended.append(Ended(ending=Ending.PASSED if status == 0 else Ending.FAILED, status=status, seconds=0.0))
    return ended


def test_a_careless_runner_is_caught(tmp_path: Path) -> None:
    found = storm(tmp_path, runs=8, at_once=1, seed=1, run=careless)
    try:
        assert not found.good
        told = " ".join(found.wrong)
        assert "is alive" in told
        assert "left an output of" in told
        assert "'hangs' was called failed" in told
    finally:
        for file in tmp_path.glob("*/child.*"):
            with suppress(ProcessLookupError):
                os.kill(int(file.read_text()), signal.SIGKILL)
