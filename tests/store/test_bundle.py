"""Bundles: written whole or not at all, four of them kept, and looked into without a trace."""

from pathlib import Path

import pytest

from git_jit.model import Timestamp
from git_jit.store import WriteFailed
from git_jit.store.bundle import KEPT, BundleInvalid, BundleMissing, annex, create, listed, read_heads, require
from tests.store.gitrepo import REF, Place, git, ordinary
from tests.store.trackers import put, started


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return ordinary(tmp_path)


def at(day: int) -> Timestamp:
    return Timestamp(f"2026-11-{day:02d}T09:00:00.000000Z")


def test_a_bundle_holds_the_issues_and_their_anchors_and_stands_alone(place: Place) -> None:
    store = started(place)
    first, tip = store.tip(), put(store, "one")
    made = create(store, str(place.cwd / "x.bundle"), at(1))
    assert (made.tip, made.size) == (tip, Path(made.path).stat().st_size)
    assert read_heads(store, made.path) == {REF: tip, "refs/jit/backup/anchor-0": first}
    empty = place.cwd / "elsewhere"
    empty.mkdir()
    git(empty, "init", "-q")
    git(empty, "fetch", "-q", made.path, f"{REF}:{REF}")
    assert git(empty, "rev-parse", REF) == tip
    assert [path.name for path in place.cwd.glob("x.bundle*")] == ["x.bundle"]


def test_the_default_place_keeps_the_newest(place: Place) -> None:
    store = started(place)
    names = [Path(create(store, None, at(day)).path).name for day in range(1, KEPT + 3)]
    assert [Path(bundle.path).name for bundle in listed(store)] == names[:1:-1]


def test_a_bundle_that_cannot_be_written_leaves_nothing(place: Place) -> None:
    store = started(place)
    (place.cwd / "taken").mkdir()
    (place.cwd / "taken" / "x").touch()
    with pytest.raises(WriteFailed):
        create(store, str(place.cwd / "taken"), at(1))
    assert sorted(path.name for path in place.cwd.iterdir()) == [".git", "taken"]


def test_what_is_no_bundle(place: Place) -> None:
    store = started(place)
    other = place.cwd / "text"
    other.write_text("text")
    with pytest.raises(BundleInvalid):
        require(store, str(other))
    with pytest.raises(BundleMissing):
        require(store, str(place.cwd / "none"))


def test_a_cut_off_bundle_is_refused_and_leaves_nothing(place: Place) -> None:
    store = started(place)
    put(store, "one")
    made = create(store, None, at(1))
    data = Path(made.path).read_bytes()
    Path(made.path).write_bytes(data[:-30])
    with pytest.raises(BundleInvalid), annex(store, [made.path]):
        pass
    assert [entry.name for entry in Path(place.layout.common_dir, "jit").glob("annex*")] == []


def test_a_bundle_that_needs_what_is_here_is_read_with_it(place: Place) -> None:
    store = started(place)
    base, tip = store.tip(), put(store, "one")
    path = place.cwd / "thin.bundle"
    place.git("bundle", "create", "-q", str(path), f"{base}..{REF}")
    with annex(store, [str(path)]) as wide:
        assert wide.backend.read(tip).oid == tip
