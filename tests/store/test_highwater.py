"""R7: what remembers where the reference was, and what is refused when it went back."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_jit.model import Oid
from git_jit.store import RefRewound
from git_jit.store.highwater import NEAR, Mark, Rewound, path_of, read_mark, rewound, write_mark
from tests.store.gitrepo import REF, Place, ordinary
from tests.store.trackers import by_hand, opened, put, started

TIP = Oid("a" * 40)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return ordinary(tmp_path)


@given(
    st.sampled_from([TIP, Oid("b" * 64)]),
    st.integers(0, 10**6),
    st.integers(0, 10**12),
    st.sampled_from([REF, "refs/jit/ä b"]),
)
def test_a_mark_is_read_as_it_was_written(tip: Oid, since: int, anchored: int, ref: str) -> None:
    mark = Mark(ref, tip, since, anchored)
    assert Mark.parse(mark.encode()) == mark


@given(st.binary(max_size=80))
def test_what_is_no_mark_is_none(data: bytes) -> None:
    mark = Mark.parse(data)
    assert mark is None or mark.encode() == data


@given(st.integers(0, 60))
def test_a_torn_mark_is_none(length: int) -> None:
    whole = Mark(REF, TIP, 3, 4).encode()
    assert Mark.parse(whole[:length]) == (None if length < len(whole) else Mark(REF, TIP, 3, 4))


def test_a_mark_of_another_reference_is_none(place: Place) -> None:
    common = place.layout.common_dir
    Path(common, "jit").mkdir()
    write_mark(common, Mark(REF, TIP, 0, 0))
    assert read_mark(common, "refs/jit/other") is None
    assert read_mark(common, REF) == Mark(REF, TIP, 0, 0)


def test_every_write_is_remembered(place: Place) -> None:
    store = started(place)
    for number in range(3):
        tip = put(store, str(number), number)
        mark = read_mark(place.layout.common_dir, REF)
        assert mark is not None
        assert (mark.tip, mark.since) == (tip, number + 1)
    assert rewound(store) is None


def test_r7_a_reference_that_was_moved_back_is_read_but_not_written(place: Place) -> None:
    store = started(place)
    first, second = put(store, "one"), put(store, "two", 2)
    place.git("update-ref", REF, first)
    store = opened(place)
    with store.view() as view:
        assert view.base == first
    assert rewound(store) == Rewound(REF, second, first)
    with pytest.raises(RefRewound, match=f"does not lead to '{second[:10]}'") as refused:
        put(store, "three", 3)
    assert refused.value.details == {"ref": REF, "published": second, "found": first}
    assert "'git jit recover --list'" in (refused.value.hint or "")
    assert opened(place).tip() == first


def test_r7_a_reference_that_was_moved_aside_is_rewound_too(place: Place) -> None:
    store = started(place)
    put(store, "one")
    put(store, "two", 2)
    place.git("update-ref", REF, f"{REF}~1")
    by_hand(place)
    with pytest.raises(RefRewound):
        put(opened(place), "three", 3)


@pytest.mark.parametrize("steps", [1, NEAR - 1, NEAR, NEAR + 5])
def test_what_others_wrote_on_top_is_no_alarm(place: Place, steps: int) -> None:
    put(started(place), "one")
    for _ in range(steps):
        by_hand(place)
    store = opened(place)
    assert rewound(store) is None
    put(store, "on top", 3)


def test_a_merge_that_brings_the_mark_as_second_parent_is_no_alarm(place: Place) -> None:
    store = started(place)
    root, ours = store.tip(), put(store, "one")
    side = place.git("commit-tree", f"{REF}^{{tree}}", "-p", root, "-m", "side")
    merge = place.git("commit-tree", f"{REF}^{{tree}}", "-p", side, "-p", ours, "-m", "merge")
    place.git("update-ref", REF, merge)
    put(opened(place), "on top", 3)


def test_a_shallow_history_is_no_alarm_but_a_step_back_is(place: Place) -> None:
    store = started(place)
    first, _, third = (put(store, str(n), n) for n in range(3))
    place.git("update-ref", REF, first)
    Path(place.layout.common_dir, "shallow").write_text(f"{first}\n")
    assert rewound(opened(place)) == Rewound(REF, third, first)
    tip = by_hand(place)
    assert rewound(opened(place)) is None, f"{tip} may descend from {third} beyond where history was cut"


def test_without_a_mark_nothing_is_claimed(place: Place) -> None:
    store = started(place)
    put(store, "one")
    Path(path_of(place.layout.common_dir)).unlink()
    place.git("update-ref", REF, f"{REF}~1")
    assert rewound(opened(place)) is None
    put(opened(place), "goes on", 2)
