"""Approvals as files: what is kept, what is believed, and what lies in the wrong place."""

import os
import shutil
from pathlib import Path

import pytest

from git_jit.model import GateKey, Timestamp
from git_jit.record import replace
from git_jit.store import WriteFailed
from git_jit.store.layout import Layout
from git_jit.store.repository import Repository
from git_jit.store.trusting import (
    MAX_FILE,
    Approvals,
    TrustFileUnusable,
    allowed_hashes,
    is_inside,
    read_own,
    repository_key,
    state_directory,
)
from git_jit.trust import Approval, is_approved, last_of
from tests.store.gitrepo import git

ONE, TWO = "1" * 64, "2" * 64
TESTS = GateKey("tests")
APPROVAL = Approval(
    key=TESTS,
    hash=ONE,
    number=0,
    by="ada",
    at=Timestamp("2026-11-21T09:00:00.000000Z"),
    how="typed",
    terminal="/dev/pts/1",
    definition={"argv": ["true"]},
    pins={"check.sh": "0" * 64},
)


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    (tmp_path / "clone").mkdir()
    git(tmp_path / "clone", "init", "-q")
    return Repository.open(str(tmp_path / "clone"), {"HOME": str(tmp_path)}).layout


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path / "home")}


def files(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "home").rglob("*"))


@pytest.mark.parametrize(
    ("environ", "directory"),
    [
        ({"HOME": "/home/ada"}, "/home/ada/.local/state"),
        ({"HOME": "/home/ada", "XDG_STATE_HOME": "/state"}, "/state"),
        ({"HOME": "/home/ada", "XDG_STATE_HOME": "relative"}, "/home/ada/.local/state"),
        ({"HOME": "relative"}, None),
        ({}, None),
    ],
)
def test_where_a_user_keeps_state(environ: dict[str, str], directory: str | None) -> None:
    assert state_directory(environ) == directory


def test_an_approval_is_read_as_it_was_kept_and_counted(
    layout: Layout, environ: dict[str, str], tmp_path: Path
) -> None:
    approvals = Approvals(layout, environ)
    assert approvals.all() == []
    first = approvals.add(APPROVAL)
    second = approvals.add(replace(APPROVAL, hash=TWO))
    other = approvals.add(replace(APPROVAL, key=GateKey("lint"), hash="3" * 64))
    assert (first.number, second.number, other.number) == (1, 2, 1)
    again = Approvals(layout, environ)
    assert sorted(again.all(), key=lambda one: one.hash) == [first, second, other]
    assert (is_approved(again.all(), TESTS, ONE), is_approved(again.all(), TESTS, TWO)) == (False, True)
    third = again.add(APPROVAL)  # the older version, approved anew
    assert (third.number, last_of(Approvals(layout, environ).all(), TESTS)) == (3, third)
    modes = {path.name: path.stat().st_mode & 0o777 for path in files(tmp_path) if path.is_file()}
    assert modes == {ONE: 0o600, TWO: 0o600, "3" * 64: 0o600}
    assert files(tmp_path)[-1].parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("damage", ["group", "others", "link", "name", "json", "empty", "directory", "large"])
def test_what_others_may_have_written_is_not_believed(
    layout: Layout, environ: dict[str, str], tmp_path: Path, damage: str
) -> None:
    Approvals(layout, environ).add(APPROVAL)
    (file,) = (path for path in files(tmp_path) if path.is_file())
    data = file.read_bytes()
    if damage in {"group", "others"}:
        file.chmod(0o620 if damage == "group" else 0o604)
    elif damage == "link":
        (tmp_path / "real").write_bytes(data)
        (tmp_path / "real").chmod(0o600)
        file.unlink()
        file.symlink_to(tmp_path / "real")
    elif damage == "name":
        file.rename(file.with_name(TWO))
    elif damage == "directory":
        file.unlink()
        file.mkdir()
    else:
        file.write_bytes({"json": data[:-9], "empty": b"", "large": data + b" " * MAX_FILE}[damage])
    found = Approvals(layout, environ).all()
    assert (found == []) == (damage != "large")  # of a large file the beginning is read, and that is whole


def test_a_repository_is_where_it_lies_and_what_it_is(layout: Layout, environ: dict[str, str], tmp_path: Path) -> None:
    Approvals(layout, environ).add(APPROVAL)
    key = repository_key(layout.common_dir)
    shutil.copytree(tmp_path / "clone", tmp_path / "copy")
    assert repository_key(str(tmp_path / "copy/.git")) != key
    (tmp_path / "link").symlink_to(tmp_path / "clone")
    assert repository_key(str(tmp_path / "link/.git")) == key
    shutil.rmtree(tmp_path / "clone")
    shutil.move(tmp_path / "copy", tmp_path / "clone")  # another directory in the same place
    assert repository_key(layout.common_dir) != key
    assert Approvals(layout, environ).all() == []


def test_a_linked_worktree_is_the_same_repository(layout: Layout, environ: dict[str, str], tmp_path: Path) -> None:
    kept = Approvals(layout, environ).add(APPROVAL)
    git(tmp_path / "clone", "commit", "-q", "--allow-empty", "-m", "x")
    git(tmp_path / "clone", "worktree", "add", "-q", "../linked")
    linked = Repository.open(str(tmp_path / "linked"), {"HOME": str(tmp_path)}).layout
    assert Approvals(linked, environ).all() == [kept]


@pytest.mark.parametrize("state", ["clone/state", "clone/.git/state", "link/state"])
def test_a_state_directory_inside_the_repository_counts_for_nothing(layout: Layout, tmp_path: Path, state: str) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "clone")
    approvals = Approvals(layout, {"XDG_STATE_HOME": str(tmp_path / state)})
    assert (approvals.all(), approvals.repository, approvals.own_count) == ([], None, False)
    for write in (lambda: approvals.add(APPROVAL), lambda: approvals.let_own_count({})):
        with pytest.raises(WriteFailed):
            write()
    assert not (tmp_path / state).exists()


def test_own_definitions_count_when_it_was_said_and_until_it_is_taken_back(
    layout: Layout, environ: dict[str, str], tmp_path: Path
) -> None:
    approvals = Approvals(layout, environ)
    approvals.own_count_no_more()
    assert not approvals.own_count
    approvals.let_own_count({"by": "ada"})
    assert Approvals(layout, environ).own_count
    assert Approvals(layout, environ).all() == []
    (file,) = (path for path in files(tmp_path) if path.is_file())
    assert (file.name, file.stat().st_mode & 0o777) == ("own", 0o600)
    file.chmod(0o640)
    assert not approvals.own_count
    approvals.own_count_no_more()
    approvals.own_count_no_more()
    assert not file.exists()


def test_a_directory_that_cannot_be_written_is_an_error(layout: Layout, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WriteFailed, match="cannot be kept"):
        Approvals(layout, {"XDG_STATE_HOME": str(tmp_path / "file")}).add(APPROVAL)


def test_a_file_of_allowed_hashes(layout: Layout, tmp_path: Path) -> None:
    path = tmp_path / "allowed"
    path.write_text(f"# by the owner\n\n{ONE}  tests\n  {TWO.upper()}\n{ONE}\n")
    assert allowed_hashes(str(path), layout) == {ONE, TWO}
    for text in ("tests\n", f"{ONE}0\n", f"{'g' * 64}\n"):
        path.write_text(text)
        with pytest.raises(TrustFileUnusable, match="is not a hash of 64 hexadecimal digits"):
            allowed_hashes(str(path), layout)
    with pytest.raises(TrustFileUnusable, match="cannot be read"):
        allowed_hashes(str(tmp_path / "gone"), layout)


def test_a_file_of_allowed_hashes_that_others_could_have_written(layout: Layout, tmp_path: Path) -> None:
    path = tmp_path / "allowed"
    path.write_text(f"{ONE}\n")
    path.chmod(0o664)  # a group of one's own is usual
    assert allowed_hashes(str(path), layout) == {ONE}
    path.chmod(0o646)
    os.mkfifo(tmp_path / "pipe")  # not waited for
    for unsafe in (path, tmp_path / "pipe", tmp_path, Path("/dev/stdin")):
        with pytest.raises(TrustFileUnusable, match="is no file, or anybody may write it"):
            allowed_hashes(str(unsafe), layout)


@pytest.mark.parametrize("place", ["clone/allowed", "clone/.git/allowed", "link", "clone/../clone/allowed"])
def test_a_file_of_allowed_hashes_that_a_push_could_have_written(layout: Layout, tmp_path: Path, place: str) -> None:
    (tmp_path / "clone/allowed").write_text(ONE)
    (tmp_path / "clone/.git/allowed").write_text(ONE)
    (tmp_path / "link").symlink_to("clone/allowed")
    with pytest.raises(TrustFileUnusable, match="lies inside the repository"):
        allowed_hashes(str(tmp_path / place), layout)


def test_what_lies_inside(layout: Layout, tmp_path: Path) -> None:
    assert is_inside(str(tmp_path / "clone"), layout)
    assert is_inside(str(tmp_path / "clone/a/b"), layout)
    assert not is_inside(str(tmp_path / "clone-2"), layout)
    assert not is_inside(str(tmp_path), layout)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_user_is_not_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x")
    path.chmod(0o600)
    assert read_own(str(path)) == b"x"
    os.chown(path, 12345, 12345)
    assert read_own(str(path)) is None
