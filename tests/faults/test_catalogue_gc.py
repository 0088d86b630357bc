"""git's tidying up: one test for each row of the fault catalogue's part 2.4 (docs/reliability.md)."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from git_jit.store.gc import LOOSE_IN_17
from tests.faults.kit import damage
from tests.faults.kit.asking import ALL, ROOT, STARTED, lives, state, titles, troubles
from tests.faults.kit.commands import Place, Workshop, plan
from tests.faults.kit.damage import REF
from tests.faults.stress import run as storm
from tests.program import LIMIT_S


def packs(place: Place, kind: str) -> list[Path]:
    return list((place.common / "objects" / "pack").glob(f"*.{kind}"))


def test_GC1_a_gc_beside_writers_takes_nothing(tmp_path: Path, place: Place) -> None:
    for words in (["gc", "-q"], ["gc", "-q", "--auto"], ["repack", "-adq"], ["pack-refs", "--all", "--prune"]):
        place.git(*words)
        assert titles(place) == STARTED
        assert state(place) == "healthy"
    lives(place)
    found = storm(["writers", "--processes=2", "--writes=12", "--noise", "--durability=fast", "--seed=1"], tmp_path)
    assert found.good, found
    assert found.gc_runs > 0


def test_GC2_a_merciless_gc_beside_writers_takes_nothing(tmp_path: Path) -> None:
    """480 writes: `python -m tests.faults.stress gc --writes 480 --writers 8`."""
    found = storm(["gc", "--writes=16", "--writers=4", "--seed=2"], tmp_path)
    assert found.good, found
    assert (found.acknowledged, found.gc_runs > 1) == (16, True)


def test_GC2_what_was_set_aside_or_published_survives_it(place: Place) -> None:
    was = damage.rewind_ref(place.common, 1)
    place.works("recover", "--accept-present")
    place.git("reflog", "expire", "--expire=now", "--all")
    place.git("gc", "-q", "--prune=now")
    assert place.git("cat-file", "-t", was) == "commit"
    lives(place)


KILLED = """
import os, signal, sys
from git_jit.store import publish
from git_jit.__main__ import main

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

publish._read_back = die  # the pack is written and kept, the reference has not moved
sys.argv = ["git-jit", *sys.argv[1:]]
main()
"""


def test_GC3_the_mark_of_a_dead_writer_is_removed_and_nobody_elses(place: Place) -> None:
    words = [sys.executable, "-c", KILLED, "issue", "create-many", "-"]
    environ = {**place.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(words, cwd=place.path, env=environ, input=plan(60), capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    (left,) = packs(place, "keep")
    by_hand = left.with_name("by-hand.keep")
    by_hand.write_text("kept by hand\n")
    living = left.with_name("living.keep")
    living.write_text(left.read_text().replace(left.read_text().split()[1], str(os.getppid()), 1))
    assert titles(place) == STARTED
    assert troubles(place)["orphaned_keep"]["fix"]["kind"] == "sweep_keeps"
    lives(place)
    assert not left.exists(), "the next write did it"
    assert by_hand.exists()
    place.works("doctor", "--fix")
    assert by_hand.exists()
    assert titles(place) == ALL


def test_GC4_git_is_asked_to_tidy_up_when_it_is_due_and_never_to_prune(place: Place, shop: Workshop) -> None:
    """Small writes are loose objects, so there are no small packs of ours; git packs them by its own rule."""
    for turn in range(12):
        place.works("update", "0001", "--priority", ("high", "low")[turn % 2])
    assert packs(place, "pack") == []
    asked = place.path / "asked"
    wrapper = place.path / "bin" / "git"
    wrapper.parent.mkdir()
    real = subprocess.run(["sh", "-c", "command -v git"], capture_output=True, text=True, check=True).stdout.strip()
    wrapper.write_text(f'#!/bin/sh\necho "$@" >> "{asked}"\nexec "{real}" "$@"\n')
    wrapper.chmod(0o755)
    directory = place.common / "objects" / "17"
    directory.mkdir(exist_ok=True)
    for n in range(LOOSE_IN_17 + 3):
        (directory / f"{n:038x}").touch()
    place.environ["PATH"] = f"{wrapper.parent}:{os.environ['PATH']}"
    for turn in range(3):
        place.works("update", "0001", "--priority", ("high", "low")[turn % 2])
    mark = place.common / "jit" / "maintenance"
    assert mark.exists(), "once a minute at most"
    deadline = time.monotonic() + LIMIT_S
    while not asked.exists() and time.monotonic() < deadline:  # nobody waits for it, but this test
        time.sleep(0.01)
    calls = asked.read_text().splitlines()
    assert not [call for call in calls if "prune" in call]
    assert len([call for call in calls if "maintenance" in call or " gc" in call]) == 1, calls


@pytest.mark.parametrize("most", [2_000])
def test_GC5_a_change_of_an_issue_adds_bytes_in_proportion_to_it(most: int, place: Place) -> None:
    """History is never thrown away unasked; what it costs is counted, loose and packed."""

    def size() -> int:
        return sum(path.stat().st_size for path in (place.common / "objects").rglob("*") if path.is_file())

    place.git("gc", "-q")
    packed = size()
    commits = int(place.git("rev-list", "--count", REF))
    for turn in range(40):
        place.works("update", "0001", "--priority", ("high", "low")[turn % 2])
    loose = size() - packed
    place.git("gc", "-q", "--prune=now")
    assert loose / 40 < most
    assert (size() - packed) / 40 < most / 4
    assert int(place.git("rev-list", "--count", REF)) == commits + 40
    clone = json.loads(place.works("doctor", "--json"))["data"]["parts"]
    assert any("loose objects" in part["evidence"] for part in clone)
