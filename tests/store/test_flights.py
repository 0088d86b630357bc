"""Who runs what: one at a time, told to everybody, and found again when they died."""

import os
import signal
import subprocess
import sys
from pathlib import Path

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


def test_where_nothing_ever_ran(tmp_path: Path) -> None:
    assert flights.running(str(tmp_path / "none")) == []
    assert list(flights.abandoned(str(tmp_path / "none"))) == []
