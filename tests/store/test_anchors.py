"""L4: the ring of anchors: when one is set, which one moves, and what that costs."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from git_jit.model import Oid
from git_jit.store.anchors import EVERY_COMMITS, EVERY_SECONDS, LOST, RING, after_write, anchor, is_due, keep, slots
from git_jit.store.highwater import Mark, read_mark
from tests.store.damage import overwrite
from tests.store.gitrepo import REF, Place, ordinary
from tests.store.trackers import opened, put, started

PREFIX = "refs/jit/backup/"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return ordinary(tmp_path)


def test_the_first_commit_is_anchored(place: Place) -> None:
    store = started(place)
    assert store.backend.refs(PREFIX) == {slots()[0]: store.tip()}


def test_when_an_anchor_is_due() -> None:
    def due(since: int, age: float) -> bool:
        return is_due(Mark(REF, Oid("a" * 40), since, 1_000_000), 1_000_000 + age)

    assert is_due(None, 0)
    assert [due(since, 0) for since in (0, EVERY_COMMITS - 2, EVERY_COMMITS - 1)] == [False, False, True]
    assert [due(0, age) for age in (EVERY_SECONDS - 1, EVERY_SECONDS)] == [False, True]
    assert due(0, -EVERY_SECONDS), "a clock that was set back must not stop anchors for ever"


def test_every_64th_write_moves_an_anchor_to_the_tip(place: Place) -> None:
    store = started(place)
    first = store.tip()
    tips = [put(store, str(number), number) for number in range(EVERY_COMMITS)]
    assert store.backend.refs(PREFIX) == {slots()[0]: first, slots()[1]: tips[-1]}


def test_the_ring_moves_its_oldest(place: Place) -> None:
    store = started(place)
    tips = [store.tip()]
    for number in range(RING + 2):
        tips.append(put(store, str(number), number + 1))
        after_write(store, tips[-1], now=float(number + 1) * EVERY_SECONDS + 2e9)
    held = store.backend.refs(PREFIX)
    assert sorted(held) == slots()
    assert set(held.values()) == set(tips[-RING:])


def test_an_anchor_that_names_the_tip_already_is_enough(place: Place) -> None:
    store = started(place)
    assert anchor(store, store.tip(), "again") is None
    assert list(store.backend.refs(PREFIX)) == slots()[:1]


def test_a_damaged_slot_is_passed_over(place: Place) -> None:
    store = started(place)
    Path(place.layout.common_dir, slots()[1]).write_text("garbage\n")
    tip = put(store, "one")
    assert anchor(store, tip, "try") == slots()[2]


@pytest.mark.parametrize("backend", ["files", "libgit2", "plumbing"])
def test_l4_anchors_survive_the_reference_its_reflog_and_gc(place: Place, backend: str) -> None:
    store = started(place, backend)  # type: ignore[arg-type]
    tip = put(store, "one")
    anchor(store, tip, "before the end")
    place.git("update-ref", "-d", REF)
    place.git("reflog", "expire", "--expire=now", "--all")
    place.git("gc", "-q", "--prune=now")
    assert place.git("rev-parse", slots()[1]) == tip
    place.git("rev-list", "--objects", slots()[1])


def test_what_is_kept_is_kept_once_and_only_if_it_is_there(place: Place) -> None:
    store = started(place)
    tip = store.tip()
    assert keep(store, tip, "why") == keep(store, tip, "why") == f"refs/jit/lost/{tip}"
    assert keep(store, Oid("1" * 40), "why") is None
    emptied = put(store, "two", 2)
    overwrite(place.loose(emptied), b"")
    assert keep(store, emptied, "why") is None
    assert list(store.backend.refs(LOST)) == [f"refs/jit/lost/{tip}"]


_opened: list[str] = []
_counting = [False]


def _listen(event: str, arguments: tuple[object, ...]) -> None:
    is_open_already = bool(arguments) and isinstance(arguments[0], int)
    if (
        _counting[0]
        and not is_open_already
        and event in {"open", "os.listdir", "os.scandir", "posix_spawn", "os.posix_spawn"}
    ):
        _opened.append(f"{event} {arguments[0]}")


@contextmanager
def counted() -> Iterator[list[str]]:
    """What is opened, listed and started meanwhile."""
    _opened.clear()
    _counting[0] = True
    try:
        yield _opened
    finally:
        _counting[0] = False


def test_a_write_that_moves_no_anchor_costs_a_file_read_and_a_file_written(place: Place) -> None:
    sys.addaudithook(_listen)
    store = started(place)
    tip = put(store, "one")
    with counted() as seen:
        after_write(store, tip)
    mark = f"{place.layout.common_dir}/jit/high-water"
    assert [entry.partition(mark)[2].partition(".")[0] for entry in seen] == ["", ""]
    assert all(mark in entry for entry in seen), seen


def test_where_no_anchor_can_be_set_the_tip_is_remembered_all_the_same(place: Place) -> None:
    store = started(place)
    for slot in slots():
        Path(place.layout.common_dir, slot).parent.mkdir(exist_ok=True, parents=True)
        Path(place.layout.common_dir, slot).write_text("garbage\n")
    Path(place.layout.common_dir, "jit/high-water").unlink()
    tip = put(store, "one")
    mark = read_mark(place.layout.common_dir, REF)
    assert mark is not None
    assert mark.tip == tip
    assert opened(place).tip() == tip
