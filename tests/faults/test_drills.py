"""L4, R6, R7, L2: all 15 ways to lose some of {ref, reflog, anchors, remote}, with one command after each (G19)."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from git_jit.model import Oid
from git_jit.store.anchors import EVERY_COMMITS
from tests.faults.drills import PARTS, SUBSETS, UNPUSHED, build, bundled, drill

COMMITS = 2 * EVERY_COMMITS + 10

Origin = tuple[Path, Sequence[Oid]]


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Origin:
    place = tmp_path_factory.mktemp("drills") / "origin"
    place.mkdir()
    return place, build(place, COMMITS)


@pytest.mark.parametrize("parts", SUBSETS, ids="+".join)
def test_l4_whatever_is_lost_one_command_brings_everything_back(origin: Origin, parts: tuple[str, ...]) -> None:
    found = drill(*origin, parts)
    assert (found.commits_lost, found.issues_lost) == (0, 0), found


@pytest.mark.parametrize("damage", ["garbage", "rewind"])
def test_r5_r7_a_damaged_or_rewound_reference_comes_back_from_what_is_left(origin: Origin, damage: str) -> None:
    found = drill(*origin, ("ref", "reflog", "remote"), damage=damage)
    assert (found.commits_lost, found.issues_lost) == (0, 0), found


@pytest.mark.parametrize(
    ("parts", "source", "lost"),
    [
        (("ref", "reflog", "anchors"), "refs/remotes/origin/jit/issues", UNPUSHED),
        (("ref", "reflog", "remote"), "refs/jit/backup/anchor-2", (COMMITS - 1) % EVERY_COMMITS),
    ],
)
def test_after_gc_only_what_is_named_comes_back(origin: Origin, parts: tuple[str, ...], source: str, lost: int) -> None:
    """The drill itself is honest: without the objects, what lies beyond the anchor is gone."""
    found = drill(*origin, parts, gc=True)
    assert (found.source, found.commits_lost) == (source, lost)


def test_a_bundle_survives_the_loss_of_everything_else(tmp_path: Path) -> None:
    place = tmp_path / "origin"
    place.mkdir()
    line = build(place, COMMITS)
    bundled(place)
    found = drill(place, line, PARTS, gc=True)
    assert (found.source[:7], found.commits_lost, found.issues_lost) == ("bundle ", 0, 0)
