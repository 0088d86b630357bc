"""The storms in small, for every change; `tests.faults.stress` has the sizes that promises are made of."""

from pathlib import Path

import pytest

from tests.faults.stress import Storm, run
from tests.faults.witness import witness

SEED = "--seed=20261121"


def assert_good(storm: Storm, acknowledged: int) -> None:
    assert storm.good, storm
    assert storm.acknowledged >= acknowledged, storm


@pytest.mark.parametrize("durability", ["full", "fast"])
def test_many_writers(tmp_path: Path, durability: str) -> None:
    storm = run(["writers", "--processes=4", "--writes=15", f"--durability={durability}", SEED], tmp_path)
    assert_good(storm, 60)
    assert storm.commits == 61


@pytest.mark.parametrize("backend", ["libgit2", "plumbing"])
def test_many_writers_through_the_other_back_ends(tmp_path: Path, backend: str) -> None:
    assert_good(run(["writers", "--processes=3", "--writes=8", f"--backend={backend}", SEED], tmp_path), 24)


def test_many_writers_of_a_sha256_repository(tmp_path: Path) -> None:
    options = ["writers", "--processes=2", "--writes=8", "--backend=plumbing", "--object-format=sha256", SEED]
    assert_good(run(options, tmp_path), 16)


def test_many_writers_while_git_tidies_up(tmp_path: Path) -> None:
    storm = run(["writers", "--processes=3", "--writes=20", "--noise", "--durability=fast", SEED], tmp_path)
    assert_good(storm, 60)
    assert storm.gc_runs > 0


def test_sudden_deaths(tmp_path: Path) -> None:
    storm = run(["kills", "--kills=80", "--writers=2", "--life-ms=40", SEED], tmp_path)
    assert_good(storm, 3)
    assert storm.kills == 80


def test_a_merciless_gc(tmp_path: Path) -> None:
    storm = run(["gc", "--writes=32", "--writers=4", SEED], tmp_path)
    assert_good(storm, 32)
    assert storm.gc_runs > 1


@pytest.mark.parametrize(
    ("acknowledged", "chain", "verdict"),
    [
        ({"a": (1, 2), "b": (3, 4)}, ["a", "b"], None),
        ({"a": (1, 4), "b": (2, 3)}, ["a", "b"], None),
        ({"a": (1, 4), "b": (2, 3)}, ["b", "x", "a"], None),
        ({"a": (1, 2), "b": (3, 4)}, ["b", "a"], "real-time order inverted at b"),
        ({"a": (1, 2)}, ["b"], "1 acknowledged writes lost: ['a']"),
        ({}, ["a", "b", "a"], "doubled: ['a']"),
    ],
)
def test_the_witness_itself(acknowledged: dict[str, tuple[int, int]], chain: list[str], verdict: str | None) -> None:
    assert witness(acknowledged, chain) == verdict
