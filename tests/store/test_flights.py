"""Who runs what: one at a time, told to everybody, and found again when they died."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from git_jit.model import Json
from git_jit.store import flights

HOLD = """
import sys, time
from git_jit.store import flights
held = flights.begin(sys.argv[1], "issue", "gate", "tree")
held.note({"gate": "gate", "cookie": "c"})
print("held", flush=True)
time.sleep(60)
"""


def test_one_at_a_time_and_nothing_afterwards(tmp_path: Path) -> None:
    taken = flights.begin(str(tmp_path), "i", "g", "t")
    assert taken is not None
    with taken as flight:
        flight.note({"gate": "g"})
        assert flights.begin(str(tmp_path), "i", "g", "t") is None
        other = flights.begin(str(tmp_path), "i", "g", "another tree")
        assert other is not None
        other.end()
        assert flights.running(str(tmp_path)) == [{"gate": "g"}]
        assert list(flights.abandoned(str(tmp_path))) == []
    assert list(tmp_path.iterdir()) == []
    flight.end()
    again = flights.begin(str(tmp_path), "i", "g", "t")
    assert again is not None
    again.end()


def test_the_dead_are_found_once_and_the_living_never(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE) as runner:
        assert runner.stdout is not None
        assert runner.stdout.readline() == b"held\n"
        assert flights.running(str(tmp_path)) == [{"gate": "gate", "cookie": "c"}]
        assert list(flights.abandoned(str(tmp_path))) == []
        os.kill(runner.pid, signal.SIGKILL)
    assert flights.running(str(tmp_path)) == []
    ((record, flight),) = flights.abandoned(str(tmp_path))
    assert record == {"gate": "gate", "cookie": "c"}
    assert list(flights.abandoned(str(tmp_path))) == []  # who has it settles it
    flight.end()
    assert list(tmp_path.iterdir()) == []


def test_one_who_died_before_saying_what_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / f"torn{flights.SUFFIX}").write_bytes(b'{"gate"')
    assert list(flights.abandoned(str(tmp_path))) == []
    assert list(tmp_path.iterdir()) == []


def test_who_only_looks_keeps_nobody_from_beginning(tmp_path: Path) -> None:
    """Looking for the abandoned locks a file for a moment, also one that was made this very instant."""
    looking = flights.begin(str(tmp_path), "i", "g", "t")
    assert looking is not None
    begun = flights.begin(str(tmp_path), "i", "g", "t", sleep=lambda _: looking.end())
    assert begun is not None
    assert flights.begin(str(tmp_path), "i", "g", "t", sleep=lambda _: None) is None  # it may yet say what it is
    begun.end()


def test_what_runs_is_known_however_long_its_command_is(tmp_path: Path) -> None:
    record: dict[str, Json] = {"gate": "g", "argv": ["sh", "-c", "\n" * 120_000]}
    with flights.begin(str(tmp_path), "i", "g", "t") or pytest.fail("somebody else has it") as flight:
        flight.note(record)
        assert flights.running(str(tmp_path)) == [record]


def test_what_is_no_file_holds_nobody_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / f"pipe{flights.SUFFIX}")
    (tmp_path / f"directory{flights.SUFFIX}").mkdir()
    (tmp_path / f"link{flights.SUFFIX}").symlink_to("/etc/passwd")
    assert (flights.running(str(tmp_path)), list(flights.abandoned(str(tmp_path)))) == ([], [])


def test_where_nothing_ever_ran(tmp_path: Path) -> None:
    assert flights.running(str(tmp_path / "none")) == []
    assert list(flights.abandoned(str(tmp_path / "none"))) == []
