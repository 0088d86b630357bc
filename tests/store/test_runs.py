"""Records of runs: what stays, what goes, and that two writers lose nothing."""

from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from git_jit.model import Actor, GateKey, IssueId, Message, Timestamp
from git_jit.paths import RUNS
from git_jit.store.backend import Backend
from git_jit.store.repository import Repository
from git_jit.store.runs import KEPT, OUTPUTS, Stored
from tests.gates import Clone, start

ONE, TWO = IssueId("1" * 32), IssueId("2" * 32)
TESTS, LINT = GateKey("tests"), GateKey("lint")


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return start(tmp_path / "c", tmp_path / "h")


@pytest.fixture
def store(clone: Clone) -> Iterator[Repository]:
    store = clone.open()
    yield store
    store.close()


def message(request: str) -> Message:
    at = Timestamp("2026-11-21T09:00:00.000000Z")
    return Message(op="gate-run", subject="gate-run", actor=Actor("human:ada"), request=request, at=at)


def stored(run: int, gate: GateKey = TESTS, issue: IssueId = ONE) -> Stored:
    return Stored(issue, gate, f"{run:026d}", f'{{"run": {run}}}\n'.encode())


def test_records_come_back_newest_first(store: Repository) -> None:
    runs = store.runs()
    assert runs.of(ONE) == []
    runs.add([stored(1), stored(2, LINT), stored(3, issue=TWO)], message("a"))
    runs.add([stored(4)], message("b"))
    assert runs.of(ONE) == [stored(4), stored(2, LINT), stored(1)]
    assert runs.of(ONE, TESTS) == [stored(4), stored(1)]
    assert runs.of(TWO) == [stored(3, issue=TWO)]
    assert runs.get(ONE, LINT, stored(2).run) == stored(2, LINT).data
    assert runs.get(ONE, LINT, stored(1).run) is None
    assert runs.get(ONE, LINT, "../x") is None


def test_the_newest_of_each_gate_stay_and_history_keeps_none(store: Repository, clone: Clone) -> None:
    runs = store.runs()
    for number in range(KEPT + 3):
        runs.add([stored(number), *([stored(number, LINT)] if number < 2 else [])], message(str(number)))
    assert [one.run for one in runs.of(ONE, TESTS)] == [stored(n).run for n in range(KEPT + 2, 2, -1)]
    assert len(runs.of(ONE, LINT)) == 2
    assert clone.git("rev-list", "--count", RUNS) == "1"
    assert clone.git("fsck", "--strict") == ""


class Counted:
    """A back end that counts the attempts to move a reference."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.swaps = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.backend, name)

    def swap(self, *words: Any, **more: Any) -> None:
        self.swaps += 1
        self.backend.swap(*words, **more)


def test_a_reference_that_a_dead_git_holds_is_waited_for_once(clone: Clone) -> None:
    """Fifty times its second is a gate that seems to hang; the verdict does not depend on the record."""
    clone.git("config", "jit.timeout.ref", "20ms")
    store = clone.open()
    store.backend = counted = Counted(store.backend)
    lock = clone.path / ".git" / f"{RUNS}.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    lock.touch()
    assert store.runs().add([stored(1)], message("a")) is None
    assert counted.swaps == 1
    lock.unlink()
    assert store.runs().add([stored(1)], message("a")) == store.runs().tip()
    store.close()


def test_two_writers_lose_nothing(store: Repository, clone: Clone) -> None:
    def write(start: int) -> None:
        mine = clone.open()
        for number in range(start, start + 4):
            mine.runs().add([stored(number)], message(str(number)))
        mine.close()

    threads = [Thread(target=write, args=(start,)) for start in (10, 20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {one.run for one in store.runs().of(ONE)} == {stored(n).run for n in (*range(10, 14), *range(20, 24))}


def test_old_outputs_go(store: Repository) -> None:
    runs = store.runs()
    for number in range(OUTPUTS + 2):
        Path(runs.output_path(f"{number:026d}")).write_text("x")
    runs.drop_old_outputs()
    names = sorted(path.name for path in Path(runs.directory).iterdir())
    assert names == [f"{number:026d}.out" for number in range(2, OUTPUTS + 2)]
    assert Path(runs.directory).stat().st_mode & 0o777 == 0o700
