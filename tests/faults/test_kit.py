"""Each fault of the kit against each mutating command, and what `health` says of each.

Errors and death at every call of a write are in `test_sweep.py`, power cuts in `test_replay.py`, and both as whole
processes in `test_syscalls.py`; those go through the same table of commands.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from pathlib import Path
from random import Random
from typing import Final

import pytest

from git_jit.model import Oid
from git_jit.store.system import System
from tests.faults.kit import damage, holders
from tests.faults.kit.asking import state, troubles
from tests.faults.kit.calls import Dying, Full, Killed, ReadOnly
from tests.faults.kit.commands import Command, Done, Place, Workshop, every
from tests.faults.kit.judge import goes_on, holes, outcome, word_of
from tests.faults.kit.machine import mount_command, on_a_small_disk, read_only, unprivileged

ROOT: Final = Path(__file__).resolve().parents[2]
Fault = Callable[[Place, Random], AbstractContextManager[System | None]]

A_TIME_S: Final = 0.02
"""For how long a lock is held: much less than a command waits by default."""
ROOM: Final = 4_000
"""Bytes that a small change writes, and more."""
YEARS: Final = 25
UNREAD: Final = "cannot be read; 'git jit validate' names"


# --- what is stored ---------------------------------------------------------------------------------------


@contextmanager
def corrupt_json(place: Place, chance: Random) -> Iterator[None]:
    lock, aside = place.common / f"{damage.REF}.lock", place.path / "lock"  # git waits for the dead
    if lock.exists():
        lock.rename(aside)
    damage.corrupt_json(place.common, any_issue(place, chance), chance)
    if aside.exists():
        aside.rename(lock)
    yield


@contextmanager
def bad_object(harm: Callable[[Path], None], place: Place, chance: Random) -> Iterator[None]:
    damage.harm_object(place.common, chance.choice(damage.objects_of_tip(place.common)), harm)
    yield


@contextmanager
def bit_in_pack(place: Place, chance: Random) -> Iterator[None]:
    damage.flip_bit_in_pack(place.common, chance)
    yield


STORED: Final[dict[str, Fault]] = {
    "corrupt JSON": corrupt_json,
    "truncated object": partial(bad_object, damage.truncate),
    "zero-length object": partial(bad_object, damage.empty),
    "bit flip in a pack": bit_in_pack,
}


def any_issue(place: Place, chance: Random) -> str:
    return chance.choice(place.git("ls-tree", "-r", "--name-only", damage.REF, "issues/").split())


def damaged(place: Place) -> list[str]:
    """What cannot be read of the tip."""
    store = place.open()
    found = holes(store.backend, Oid(str(place.tip())))
    store.close()
    return found


@pytest.mark.parametrize("fault", STORED)
@pytest.mark.parametrize("name", [name for name, command in every().items() if command.start not in {"empty", "lost"}])
def test_damage_is_never_believed_and_never_spreads(name: str, fault: str, shop: Workshop) -> None:
    """The command works, or refuses with the reason and changes nothing; and so does the next one."""
    command, chance = every()[name], Random(f"{name} {fault}")
    with shop.case(command.start) as place, STORED[fault](place, chance):
        bad = damaged(place)
        for then in (command, Command(("create", "Afterwards"))):
            before = place.tip()
            done = place.run(*then.words, "--json", stdin=then.stdin)
            told = done.status == 0 and UNREAD in done.out  # it chose by a question, and says that it could not ask all
            expected = then._replace(moves=place.tip() != before) if told else then
            assert outcome(place, expected, before, done, damaged=bad) is None, done


# --- the machine ------------------------------------------------------------------------------------------


@contextmanager
def held_for_a_time(place: Place, _: Random) -> Iterator[None]:
    with holders.held_for(place.common, A_TIME_S):
        yield


@contextmanager
def held_for_good(place: Place, _: Random) -> Iterator[None]:
    place.git("config", "jit.timeout.queue", "0")
    with holders.held_for(place.common, float("inf")):
        yield


@contextmanager
def full_disk(place: Place, chance: Random) -> Iterator[System]:
    yield Full(chance.randrange(ROOM))


@contextmanager
def read_only_disk(place: Place, _: Random) -> Iterator[System]:
    yield ReadOnly()


@contextmanager
def other_clock(years: int, place: Place, _: Random) -> Iterator[None]:
    place.shift_years = years
    yield
    place.shift_years = 0


MACHINE: Final[dict[str, tuple[Fault, frozenset[str]]]] = {
    "lock held for a time": (held_for_a_time, frozenset({"done"})),
    "lock held for good": (held_for_good, frozenset({"lock_timeout"})),
    "disk full": (full_disk, frozenset({"done", "disk_full", "unknown"})),
    "read-only": (read_only_disk, frozenset({"not_writable"})),
    "clock behind": (partial(other_clock, -YEARS), frozenset({"done"})),
    "clock ahead": (partial(other_clock, YEARS), frozenset({"done"})),
}
"""Each with what a command that moves the reference may answer."""


@pytest.mark.parametrize("fault", MACHINE)
@pytest.mark.parametrize("name", every())
def test_a_machine_that_does_not_play_along_is_told_and_nothing_is_lost(name: str, fault: str, shop: Workshop) -> None:
    command, chance = every()[name], Random(f"{name} {fault}")
    inflict, allowed = MACHINE[fault]
    with shop.case(command.start) as place:
        before = place.tip()
        with inflict(place, chance) as system:
            done = place.run(*command.words, "--json", stdin=command.stdin, system=system)
        assert outcome(place, command, before, done) is None, done
        assert not command.moves or word_of(done) in allowed, done
        assert goes_on(place, command) is None


@pytest.mark.parametrize("start", ["empty", "tracker", "broken", "lost"])
def test_a_stopped_writer_is_waited_for_and_never_robbed(start: str, shop: Workshop) -> None:
    """SIGSTOP: whoever is stopped holds what he holds. All are refused, so one repository does for all."""
    commands = [command for command in every().values() if command.start == start]
    with shop.case(start) as place:
        for budget in ("queue", "ref", "retry"):
            place.git("config", f"jit.timeout.{budget}", "0")
        with holders.stopped_writer(place.common):
            lock = (place.common / f"{damage.REF}.lock").stat()
            for command in commands:
                before = place.tip()
                done = place.run(*command.words, "--json", stdin=command.stdin)
                assert outcome(place, command, before, done) is None, done
                assert not command.moves or word_of(done) == "lock_timeout", done
            assert (place.common / f"{damage.REF}.lock").stat() == lock
        assert goes_on(place, commands[0]) is None


# --- what health says -------------------------------------------------------------------------------------


def harmed(harm: Callable[[Path], None], place: Place) -> None:
    """The commit at the tip, which everybody reads first."""
    damage.harm_object(place.common, str(place.tip()), harm)


def bad_json(place: Place) -> None:
    damage.corrupt_json(place.common, any_issue(place, Random(1)), Random(1))
    place.run("list")  # whoever reads next meets it


def bad_pack(place: Place) -> None:
    damage.flip_bit(damage.repack(place.common), 8 * 400)


def killed_writer(place: Place) -> None:
    holders.dead_writer(place.common)


def killed_call(place: Place) -> None:
    """Before the eighth call: objects are being written."""
    with suppress(Killed):
        place.run("create", "Never", system=Dying(8))


def wrong_clock(place: Place) -> None:
    """A commit of a machine whose clock is far ahead, as sync brings it."""
    place.shift_years = YEARS
    place.works("create", "From the future")
    place.shift_years = 0


LASTING: Final[dict[str, tuple[Callable[[Place], object], str]]] = {
    "corrupt JSON": (bad_json, "unreadable"),
    "truncated object": (partial(harmed, damage.truncate), "object_corrupt"),
    "zero-length object": (partial(harmed, damage.empty), "object_corrupt"),
    "bit flip in a pack": (bad_pack, "object_corrupt"),
    "killed writer": (killed_writer, "orphaned_lock"),
    "killed at the n-th call": (killed_call, "orphaned_temp"),
    "clock shift": (wrong_clock, "clock_ahead"),
}
"""What stays when the command is over, and the code that tells it."""


@pytest.mark.parametrize("fault", LASTING)
def test_health_is_not_healthy_after_a_fault(fault: str, shop: Workshop) -> None:
    inflict, code = LASTING[fault]
    with shop.case() as place:
        assert state(place) == "healthy"
        inflict(place)
        assert code in troubles(place, "--deep")
        assert fault == "bit flip in a pack" or state(place) != "healthy", "only reading everything can tell that one"


@pytest.mark.parametrize("stopped", [False, True])
def test_health_tells_of_a_lock_that_is_held_for_long(shop: Workshop, *, stopped: bool) -> None:
    with shop.case() as place:
        hold = holders.stopped_writer(place.common) if stopped else holders.live_writer(place.common)
        with hold:
            assert state(place) == "healthy", "everybody may write for a moment"
            for lock in (place.common / "jit" / "lock", place.common / f"{damage.REF}.lock"):
                if lock.exists():
                    os.utime(lock, (0, 0))
            assert state(place) == "unhealthy"
        os.utime(place.common / "jit" / "lock")


def test_health_tells_of_a_disk_that_cannot_be_written(shop: Workshop) -> None:
    with shop.case() as place, read_only(place.common):
        done = subprocess.run(
            unprivileged(sys.executable, "-m", "git_jit", "health", "--json"),
            cwd=place.path,
            env={**place.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            check=False,
        )
    assert (done.returncode, b"not_writable" in done.stdout) == (1, True)


@pytest.mark.skipif(mount_command() is None, reason="nobody may mount here")
def test_health_tells_of_a_full_disk(shop: Workshop) -> None:
    with shop.case() as place:
        environ = {**place.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
        done = on_a_small_disk(place.path, f"'{sys.executable}' -m git_jit health --json", environ)
    assert b'"disk_full"' in done.stdout


def test_the_kit_itself(shop: Workshop) -> None:
    """A full disk takes what fits, a lock that is held is waited for, and a command is not refused for nothing."""
    with shop.case() as place:
        before = place.tip()
        refused = place.run("create", "No", "--json", system=(system := Full(100)))
        assert (word_of(refused), system.room, system.fired > 0) == ("disk_full", 0, True)
        assert place.tip() == before
        roomy = place.run("create", "Yes", "--json", system=(system := Full(1 << 20)))
        assert (word_of(roomy), system.fired) == ("done", 0)
        assert outcome(place, every()["create"], place.tip(), Done(0, "{}", "")) is not None
