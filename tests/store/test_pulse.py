"""Whether a reference moved is seen in every way that git keeps references."""

from pathlib import Path

import pytest

from git_jit.store.pulse import pulse
from tests.store.gitrepo import REF, Place, git, has_reftable

FORMATS = ["files", pytest.param("reftable", marks=pytest.mark.skipif(not has_reftable(), reason="git is too old"))]


@pytest.mark.parametrize("format", FORMATS)
def test_every_move_of_a_reference_is_seen(format: str, tmp_path: Path) -> None:
    options = ["--ref-format=reftable"] if format == "reftable" else []
    git(tmp_path, "init", "-q", *options, ".")
    place = Place(tmp_path)
    commits = [git(tmp_path, "commit-tree", git(tmp_path, "write-tree"), "-m", name) for name in "abc"]
    seen = [pulse(place.layout, [REF])]
    for words in (
        ["update-ref", REF, commits[0]],
        ["update-ref", REF, commits[1]],
        ["pack-refs", "--all"],
        ["update-ref", REF, commits[2]],
        ["update-ref", REF, commits[0]],
        ["update-ref", "-d", REF],
    ):
        git(tmp_path, *words)
        now = pulse(place.layout, [REF])
        assert now != seen[-1], words
        assert now == pulse(place.layout, [REF])
        seen.append(now)


def test_nothing_is_no_error(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", ".")
    (tmp_path / ".git/refs/jit").write_text("no directory")
    assert pulse(Place(tmp_path).layout, [REF]) == (None, None, None)
