"""Files that gates pin, and files that are left for them."""

import os
from pathlib import Path

import pytest

from git_jit.store.pinned import MAX_PIN, below, discard, leave, pinned


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


def test_the_content_of_what_lies_below_and_of_nothing_else(top: Path) -> None:
    paths = [
        "scripts/check.sh", "inner", "scripts/../inner",
        "outer", "away/outside", "../outside", str(top.parent / "outside"), "loop", "scripts", "gone", "scripts/check.sh/x",
    ]  # fmt: skip
    found = pinned(str(top), paths)
    assert list(found) == paths
    assert {path: data for path, data in found.items() if data is not None} == dict.fromkeys(paths[:3], b"exit 0\n")


def test_a_file_that_is_too_large_counts_as_missing(top: Path) -> None:
    os.truncate(top / "scripts/check.sh", MAX_PIN + 1)  # a hole, so nothing is written
    assert pinned(str(top), ["scripts/check.sh"]) == {"scripts/check.sh": None}


def test_a_pipe_is_not_waited_for(top: Path) -> None:
    os.mkfifo(top / "pipe")
    assert pinned(str(top), ["pipe"]) == {"pipe": None}


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
