"""Whether files that issues name are there, as git sees it in repositories of every shape."""

from pathlib import Path

import pytest

from git_jit.store.code import MAX_ARGUMENTS, existing
from tests.store.gitrepo import Place, ordinary, partial, sha256, subdirectory, unborn

ASKED = ["docs/plan.md", "docs", "docs/", "gone.md", "docs/gone.md", "caf\u00e9 *.md", "plan.md"]


def with_code(place: Place) -> str:
    """A commit of two files, one with an awkward name; returns its oid."""
    top = Path(place.git("rev-parse", "--show-toplevel"))
    (top / "docs").mkdir()
    (top / "docs/plan.md").write_text("x")
    (top / "caf\u00e9 *.md").write_text("x")
    place.git("-C", str(top), "add", ".")
    place.git("commit", "-q", "-m", "files")
    return place.git("rev-parse", "HEAD")


@pytest.mark.parametrize("shape", [ordinary, subdirectory, sha256])
def test_files_and_directories_are_found_and_nothing_else(shape: object, tmp_path: Path) -> None:
    place: Place = shape(tmp_path)  # type: ignore[operator]
    with_code(place)
    found = existing(place.layout, place.environ, None, ASKED)
    assert found == frozenset({"docs/plan.md", "docs", "docs/", "caf\u00e9 *.md"})


def test_a_commit_is_asked_by_name(tmp_path: Path) -> None:
    place = ordinary(tmp_path)
    first = place.git("rev-parse", "HEAD")
    second = with_code(place)
    place.git("rm", "-q", "-r", "docs")
    place.git("commit", "-q", "-m", "gone")
    ask = ["docs/plan.md"]
    found = [existing(place.layout, place.environ, commit, ask) for commit in (first, second, second[:9], None)]
    assert found == [frozenset(), frozenset(ask), frozenset(ask), frozenset()]


@pytest.mark.parametrize("commit", ["f" * 40, "HEAD", "--help", "main", ""])
def test_what_is_no_commit_is_not_known(commit: str, tmp_path: Path) -> None:
    place = ordinary(tmp_path)
    with_code(place)
    assert existing(place.layout, place.environ, commit, ["docs"]) is None


def test_without_code_nothing_is_known(tmp_path: Path) -> None:
    place = unborn(tmp_path)
    assert existing(place.layout, place.environ, None, ["docs"]) is None


def test_a_clone_without_blobs_fetches_nothing(tmp_path: Path) -> None:
    place = partial(tmp_path)
    (tmp_path / "origin").rename(tmp_path / "away")
    assert existing(place.layout, place.environ, None, ["file", "other"]) == frozenset({"file"})


@pytest.mark.parametrize(
    "path", ["../x", "./docs", "/docs", "docs//plan.md", "", "/", "a\0b", "\udcff", ":/docs", "-z"]
)
def test_a_path_that_no_tree_holds_does_not_exist(path: str, tmp_path: Path) -> None:
    place = ordinary(tmp_path)
    with_code(place)
    assert existing(place.layout, place.environ, None, [path, "docs"]) == frozenset({"docs"})


def test_more_paths_than_fit_on_a_command_line(tmp_path: Path) -> None:
    place = ordinary(tmp_path)
    with_code(place)
    many = [f"{'d' * 200}/{number}" for number in range(3 * MAX_ARGUMENTS // 200)]
    assert existing(place.layout, place.environ, None, [*many, "docs"]) == frozenset({"docs"})
