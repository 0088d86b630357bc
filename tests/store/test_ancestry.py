"""Walking commits of which any may be missing or damaged: what is there is said, whatever is not."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_jit.model import Oid
from git_jit.store.ancestry import Ancestry, parse
from git_jit.store.backend import Kind, Object
from git_jit.store.tree import make
from tests.store.gitrepo import REF, Place, ordinary
from tests.store.trackers import opened, put, started

TREE = "4" * 40


class Heap:
    """Commits in a dictionary. What is not in it is missing."""

    object_format = "sha1"

    def __init__(self) -> None:
        self.stored: dict[Oid, Object] = {}

    def commit(self, *parents: Oid, text: str = "x") -> Oid:
        lines = [f"tree {TREE}", *(f"parent {oid}" for oid in parents), "", f"{text} {len(self.stored)}\n"]
        made = make(Kind.COMMIT, "\n".join(lines).encode(), "sha1")
        self.stored[made.oid] = made
        return made.oid

    def read(self, oid: Oid) -> Object:
        return self.stored[oid]

    def read_many(self, oids: Iterable[Oid]) -> Iterator[Object | Oid]:
        return (self.stored.get(oid, oid) for oid in oids)


def loaded(heap: Heap, *tips: Oid) -> Ancestry:
    found = Ancestry(heap)
    found.load(tips)
    return found


def test_a_merge_and_what_is_behind_it() -> None:
    heap = Heap()
    root = heap.commit()
    left, right = heap.commit(root), heap.commit(root)
    merge = heap.commit(left, right)
    found = loaded(heap, merge)
    assert found.behind(merge) == {root, left, right, merge}
    assert found.behind(left) == {root, left}
    assert (found.beyond(merge, left), found.beyond(left, right), found.beyond(root, merge)) == (2, 1, 0)
    assert found.behind_all([left, right]) == {root, left, right}
    assert found.heads([root, right, left, right]) == [right, left]
    assert found.heads([merge, left]) == [merge]


def test_a_hole_ends_the_way_and_hides_nothing_beside_it() -> None:
    heap = Heap()
    root = heap.commit()
    gone = heap.commit(root)
    tip = heap.commit(gone)
    beside = heap.commit(root)
    del heap.stored[gone]
    found = loaded(heap, tip, beside, gone)
    assert found.nodes.keys() == {tip, beside, root}
    assert found.behind(tip) == {tip}
    assert found.behind(gone) == set()
    assert found.heads([tip, beside, gone]) == [tip, beside]


def test_what_was_added_beside_is_joined_when_it_is_loaded() -> None:
    """Damage elsewhere may hide a commit from one search and not from another."""
    heap = Heap()
    root = heap.commit()
    tip = heap.commit(root)
    found = Ancestry(heap)
    found.load_one(tip)
    assert found.behind(tip) == {tip}
    found.load([tip])
    assert found.behind(tip) == {root, tip}


def test_who_made_it_and_for_which_request() -> None:
    heap = Heap()
    ours = heap.commit(text="update: x\n\nJit-Op: update\nJit-Request: r-1\nJit-Clock: 1.0.a")
    theirs = heap.commit(text="by hand")
    found = loaded(heap, ours, theirs)
    assert [(found.nodes[oid].is_ours, found.nodes[oid].request) for oid in (ours, theirs)] == [
        (True, b"r-1"),
        (False, b""),
    ]
    assert found.nodes[ours].tree == TREE


@pytest.mark.parametrize("data", [b"", b"parent x\n\n", b"tree\n\n"])
def test_what_is_no_commit_is_none(data: bytes) -> None:
    assert parse(make(Kind.COMMIT, data, "sha1")) is None
    assert parse(make(Kind.BLOB, f"tree {TREE}\n\n".encode(), "sha1")) is None


def test_a_chain_of_fifty_thousand_is_walked() -> None:
    heap = Heap()
    tip = heap.commit()
    for _ in range(50_000):
        tip = heap.commit(tip)
    assert len(loaded(heap, tip).behind(tip)) == 50_001


@given(st.lists(st.lists(st.integers(0, 8), max_size=2), min_size=1, max_size=9), st.sets(st.integers(0, 8)))
def test_it_says_what_walking_edge_by_edge_says(shape: list[list[int]], missing: set[int]) -> None:
    heap = Heap()
    line: list[Oid] = []
    for parents in shape:
        line.append(heap.commit(*(line[n] for n in dict.fromkeys(parents) if n < len(line))))
    for number in missing & set(range(len(line))):
        del heap.stored[line[number]]
    found = loaded(heap, *line)

    def reach(oid: Oid) -> set[Oid]:
        return {oid}.union(*(reach(p) for p in found.nodes[oid].parents)) if oid in heap.stored else set()

    there = [oid for oid in line if oid in heap.stored]
    assert found.nodes.keys() == set(there)
    assert all(found.behind(oid) == reach(oid) for oid in line)
    assert found.heads(line) == [oid for oid in there if not any(oid in reach(o) for o in there if o != oid)]


def test_the_commits_of_a_repository(tmp_path: Path) -> None:
    place: Place = ordinary(tmp_path)
    store = started(place)
    put(store, "one")
    tip = put(store, "two", 2)
    found = Ancestry(opened(place).backend)
    found.load([tip])
    assert found.behind(tip) == set(place.git("rev-list", REF).split())
    assert found.commit(tip).subject == place.git("log", "-1", "--format=%s", REF)
    assert all(node.is_ours for node in found.nodes.values())
