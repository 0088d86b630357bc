"""Every mutating command with failing calls, a part of them each; `python -m tests.faults.sweep --all` has them all.

Most calls of a command are those of every other one. So each kind of call is made to fail at the first command that
has it, and of those that are known already one in `EACH`.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice
from zlib import crc32

import pytest

from git_jit.store.system import System
from tests.cli.tree import SAMPLES
from tests.faults.kit.calls import Dying, Killed, Stingy, Watched
from tests.faults.kit.commands import (
    CLAIMING,
    MUTATING,
    READING,
    RUNNING,
    SHARING,
    Command,
    Done,
    Place,
    Workshop,
    every,
    workshop,
)
from tests.faults.kit.judge import UNKNOWN, goes_on, outcome
from tests.faults.sweep import Report, rotated, sweep

EACH = 12
"""Of every so many calls that an earlier command had as well one is made to fail here, another one for each command."""

Call = tuple[str, str]
"""What is called, and for which kind of file."""


@pytest.fixture(scope="module")
def shop() -> Iterator[Workshop]:
    with workshop() as made:
        yield made


def test_every_command_is_known_to_change_something_or_not() -> None:
    """Whoever adds a command says here whether it writes; if it does, the sweeps go through it."""
    assert {*MUTATING, *CLAIMING, *READING, *RUNNING, *SHARING} == {*SAMPLES}
    assert not (CLAIMING | READING | RUNNING | SHARING) & MUTATING.keys()


class Seen(Watched):
    """Notes the calls of a write."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[Call] = []

    def step(self, name: str, path: str | None) -> None:
        inside = (path or "").rpartition("/.git/")[2]
        self.calls.append((name, re.sub(r"objects/[0-9a-f]{2}\b|tmp_\S+|[0-9a-f]{8,}|\d+", "*", inside)))


Failed = dict[str, set[Sequence[Call]]]


@pytest.fixture(scope="module")
def known() -> Failed:
    """What was made to fail by a test of this module, so that it need not be at every other command."""
    return {"fault": set(), "death": set()}


def points(name: str, shop: Workshop, known: set[Sequence[Call]], *, after: int) -> list[int]:
    """The calls of a command that are to fail, from 1. A call is known if it followed the same `after` others before."""
    system = Seen()
    with shop.case(every()[name].start) as place:
        run(place, every()[name], system)
    found = []
    for at in range(1, system.count + 1):
        site = tuple(system.calls[max(at - 1 - after, 0) : at])
        if site not in known or at % EACH == crc32(name.encode()) % EACH:
            found.append(at)
        known.add(site)
    return found


@pytest.mark.parametrize("name", sorted(every()))
def test_no_failing_call_is_silent_or_loses_anything(name: str, shop: Workshop, known: Failed) -> None:
    report = Report()
    calls = points(name, shop, known["fault"], after=1)
    faults = [group for at, group in enumerate(islice(rotated(crc32(name.encode())), 200), 1) if at in calls]
    sweep(shop, name, every()[name], iter(faults), report)
    assert report.found == []
    assert report.runs >= len(calls) // 2, "how many calls a write makes is chance, but not that much"


@pytest.mark.parametrize("name", sorted(every()))
def test_death_at_any_call_loses_nothing_and_blocks_nobody(name: str, shop: Workshop, known: Failed) -> None:
    command = every()[name]
    for at in points(name, shop, known["death"], after=0):
        with shop.case(command.start) as place:
            system = Dying(at)
            before = place.tip()
            with suppress(Killed):
                run(place, command, system)
            if not system.fired:
                break
            assert outcome(place, command, before, Done(UNKNOWN, "", "")) is None, at
            assert goes_on(place, command) is None, at


@pytest.mark.parametrize("name", ["create", "issue create-many", "undo", "init"])
def test_short_writes_are_continued(name: str, shop: Workshop) -> None:
    command = every()[name]
    with shop.case(command.start) as place:
        before = place.tip()
        done = place.run(*command.words, "--json", stdin=command.stdin, system=Stingy())
        assert done.status == 0
        assert outcome(place, command, before, done) is None
        assert place.git("fsck", "--strict") == ""


def test_the_judge_itself(shop: Workshop) -> None:
    """What it is there to find, it finds."""
    create = MUTATING["create"]
    with shop.case() as place:
        before = place.tip()
        done = place.run(*create.words, "--json")
        assert outcome(place, create, before, done) is None
        assert outcome(place, create, before, done._replace(status=128, out="")) is not None, (
            "published, but it said no"
        )
        assert outcome(place, create, place.tip(), done) is not None, "it said done, but nothing moved"
        assert outcome(place, create, before, done._replace(err="Traceback (most recent call last):")) is not None
        assert outcome(place, create, before, done._replace(status=70)) is not None
        assert outcome(place, create, before, done._replace(status=2)) is not None
        (place.common / "objects" / str(place.tip())[:2] / str(place.tip())[2:]).unlink()
        assert outcome(place, create, before, done) is not None


def run(place: Place, command: Command, system: System) -> None:
    place.run(*command.words, "--json", stdin=command.stdin, system=system)
