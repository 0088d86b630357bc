"""Power cuts in small: a part of the states of one command; `python -m tests.faults.replay --all` has all of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.kit import strace
from tests.faults.kit.commands import Workshop, every
from tests.faults.kit.disk import Operation, State, states
from tests.faults.replay import FSCK_EACH, Recording, Report, record, replay, replay_recording

needs_strace = pytest.mark.skipif(not strace.available(), reason="there is no strace that may trace")
STATES = 40
FEW = 2
KINDS = ("init", "issue create-many of a pack", "undo", "recover", "doctor", "validate")
"""Each writes something in a way of its own; the others write as `create` does."""


@pytest.fixture(scope="module")
def program(shop: Workshop) -> Path:
    return strace.package(shop.directory)


@pytest.fixture(scope="module")
def recording(shop: Workshop, program: Path) -> Recording:
    return record(shop, every()["create"], program, "full")


@needs_strace
def test_no_power_cut_loses_what_was_acknowledged_or_blocks_the_next_write(
    shop: Workshop, recording: Recording
) -> None:
    report = Report()
    replay_recording(shop, "create", recording, report, most=STATES)
    assert report.found == []
    assert report.states > STATES // 2 > FSCK_EACH
    assert report.acknowledged > 0


@needs_strace
@pytest.mark.parametrize("name", KINDS)
def test_no_power_cut_harms_other_kinds_of_change(name: str, shop: Workshop, program: Path) -> None:
    """The first state, one in the middle, and all after the answer."""
    report = Report()
    replay(shop, name, report, program, most=FEW)
    assert report.found == []
    assert report.states > 0


@needs_strace
@pytest.mark.parametrize("forgotten", ["sync", "sync names"])
def test_a_forgotten_sync_is_found(forgotten: str, shop: Workshop, recording: Recording) -> None:
    """The tool itself: had the program not synced, states would be bad, and it says so."""
    careless = [Operation("nothing") if step.kind == forgotten else step for step in recording.operations]
    report = Report()
    replay_recording(shop, "create", recording._replace(operations=careless), report, most=STATES * 2)
    assert report.found


def contents(found: Iterator[State]) -> set[tuple[tuple[str, bytes], ...]]:
    return {tuple(sorted((path, s.content.get(file, b"")) for path, file in s.names.items())) for s in found}


def test_the_model_of_a_disk() -> None:
    """Written, synced, renamed, the directory synced: what may be there at any moment."""
    steps = [
        Operation("create", "tmp", file=9),
        Operation("write", file=9, data=b"new!"),
        Operation("sync", file=9),
        Operation("rename", "tmp", "ref"),
        Operation("sync names", "."),
    ]
    before = {"ref": 1}
    old = ("ref", b"old")
    assert contents(states(before, {1: b"old"}, steps)) == {
        (old,),
        (old, ("tmp", b"")),
        (old, ("tmp", b"ne")),
        (old, ("tmp", b"new!")),
        (("ref", b"new!"),),
    }
    last = list(states(before, {1: b"old"}, steps))
    assert [state.after for state in last if set(state.names) == {"ref"} and state.names["ref"] == 9] == [5]
    careless = [step for step in steps if step.kind != "sync"]
    assert (("ref", b""),) in contents(states(before, {1: b"old"}, careless))


def test_two_names_of_one_file_stay_one_file(tmp_path: Path) -> None:
    steps = [Operation("create", "a", file=9), Operation("link", "a", "b"), Operation("write", file=9, data=b"x")]
    assert (("a", b"x"), ("b", b"x")) in contents(states({}, {}, steps))
