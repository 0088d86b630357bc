"""Runs of gates come in the order they were recorded, also what was dropped since, as far as the log reaches."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from git_jit.model import Actor, GateKey, IssueId, Message, Oid, Timestamp
from git_jit.paths import RUNS
from git_jit.store import MissingObject
from git_jit.store.runs import KEPT, Runs, Stored
from tests.gates import start

ONE, TWO = IssueId("1" * 32), IssueId("2" * 32)


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Runs]:
    with closing(start(tmp_path / "r", tmp_path / "home").open()) as store:
        yield store.runs()


def record(runs: Runs, *names: str, issue: IssueId = ONE) -> Oid:
    """One step: runs of one gate, by name."""
    at = Timestamp("2026-11-21T09:00:00.000000Z")
    message = Message(op="gate-run", subject="run", actor=Actor("human:ada"), request=names[0], at=at)
    made = runs.add([Stored(issue, GateKey("tests"), name, f"{name}\n".encode()) for name in names], message)
    assert made is not None
    return made


def test_the_newest_come_first_step_by_step(runs: Runs) -> None:
    assert runs.tip() is None
    first = record(runs, "03", "04")
    second = record(runs, "01", issue=TWO)  # began before the others, and took longer
    third = record(runs, "05")
    assert runs.tip() == third
    found = list(runs.newest_first(third))
    assert [(one.run, one.before, one.told) for one in found] == [
        ("05", second, third),
        ("01", first, second),
        ("04", None, first),
        ("03", None, None),
    ]
    assert [runs.read(one) for one in found] == [b"05\n", b"01\n", b"04\n", b"03\n"]
    assert [one.run for one in runs.newest_first(second)] == ["01", "04", "03"]
    assert [one.run for one in runs.newest_first(first)] == ["04", "03"]
    assert [one.run for one in runs.added(first, third)] == ["01", "05"]
    assert runs.added(third, third) == []


def test_what_was_dropped_is_told_while_the_log_knows_it(runs: Runs) -> None:
    names = [f"{number:02d}" for number in range(KEPT + 3)]
    for name in names:
        tip = record(runs, name)
    assert len(runs.of(ONE)) == KEPT
    assert [one.run for one in runs.newest_first(tip)] == names[::-1]


def test_without_the_log_what_is_there_is_told_in_order_of_name(runs: Runs, tmp_path: Path) -> None:
    first = record(runs, "03")
    second = record(runs, "01", issue=TWO)
    (tmp_path / "r/.git/logs" / RUNS).unlink()
    found = list(runs.newest_first(second))
    assert [(one.run, one.before, one.told) for one in found] == [("03", None, second), ("01", None, None)]
    third = record(runs, "02")
    loose = tmp_path / "r/.git/objects" / first[:2] / first[2:]
    loose.unlink()
    assert [one.run for one in runs.newest_first(third)] == ["02", "03", "01"]
    with pytest.raises(MissingObject):
        runs.added(first, third)
