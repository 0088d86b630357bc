"""Files that gates pin, and files that are left for them."""

import os
from pathlib import Path

import pytest

from git_jit.store.pinned import MAX_PIN, below, discard, leave, pinned, unpinnable


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """A working tree with a file, a directory, and links that stay in it and that leave it."""
    tree = tmp_path / "tree"
    (tree / "scripts").mkdir(parents=True)
    (tree / "scripts/check.sh").write_bytes(b"exit 0\n")
    (tmp_path / "outside").write_bytes(b"secret\n")
    (tree / "inner").symlink_to("scripts/check.sh")
    (tree / "outer").symlink_to("../outside")
    (tree / "away").symlink_to("..")
    (tree / "loop").symlink_to("loop")
    return tree


def test_the_content_of_what_lies_below(top: Path) -> None:
    paths = ["scripts/check.sh", "inner", "scripts/../inner", "gone", "scripts/check.sh/x"]
    assert pinned(str(top), paths) == {
        **dict.fromkeys(paths[:3], b"exit 0\n"),
        **dict.fromkeys(paths[3:], None),
    }
    assert unpinnable(str(top), paths) == []


@pytest.mark.parametrize(
    "path", ["outer", "away/outside", "../outside", "{outside}", "loop", "scripts", "pipe", "large"]
)
def test_what_is_there_and_no_such_file_never_has_the_same_content_twice(top: Path, path: str) -> None:
    os.mkfifo(top / "pipe")  # not waited for
    (top / "large").touch()
    os.truncate(top / "large", MAX_PIN + 1)  # a hole, so nothing is written
    path = path.format(outside=top.parent / "outside")
    one, other = pinned(str(top), [path])[path], pinned(str(top), [path])[path]
    assert (one is None, other is None, one == other) == (False, False, False)
    assert unpinnable(str(top), ["inner", path, "gone"]) == [path]


def test_where_a_path_leads(top: Path) -> None:
    real = os.path.realpath(top)
    assert below(str(top), "") == real
    assert below(str(top), "scripts") == f"{real}/scripts"
    assert below(str(top), "inner") == f"{real}/scripts/check.sh"
    assert below(str(top), "new/one") == f"{real}/new/one"
    assert [below(str(top), path) for path in ("..", "away", "outer", "/etc", "../tree-2")] == [None] * 5


def test_a_tree_behind_a_link_is_the_same_tree(top: Path) -> None:
    (top.parent / "link").symlink_to(top)
    assert below(str(top.parent / "link"), "scripts") == f"{os.path.realpath(top)}/scripts"


def test_what_is_left_is_for_its_owner_alone_and_replaces_nothing(tmp_path: Path) -> None:
    path = tmp_path / "runs/1.json"
    leave(str(path), b"one")
    assert (path.read_bytes(), path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (
        b"one",
        0o600,
        0o700,
    )
    leave(str(path), b"two")
    assert path.read_bytes() == b"one"
    link = tmp_path / "runs/2.json"
    link.symlink_to(tmp_path / "elsewhere")
    leave(str(link), b"three")
    assert not (tmp_path / "elsewhere").exists()
    discard(str(path))
    discard(str(path))
    assert not path.exists()
