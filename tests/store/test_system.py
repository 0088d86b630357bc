"""Files written by our own hand: whole or not at all, and nothing left beside them."""

import errno
import os
from pathlib import Path
from threading import Thread

import pytest

from git_jit.store.system import System, create, discard, make_directories, put, write_all


class Sips(System):
    """Takes three bytes at a time, as a nearly full disk may, and then no more."""

    def __init__(self, space: int) -> None:
        self.space = space

    def write(self, fd: int, data: bytes) -> int:
        if not self.space:
            raise OSError(errno.ENOSPC, "no space")
        taken = os.write(fd, data[: min(3, self.space)])
        self.space -= taken
        return taken


def test_every_byte_is_written_however_few_are_taken_at_once(tmp_path: Path) -> None:
    create(Sips(100), f"{tmp_path}/new", b"ten bytes!")
    assert (tmp_path / "new").read_bytes() == b"ten bytes!"


def test_what_could_not_be_created_whole_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="no space"):
        create(Sips(5), f"{tmp_path}/new", b"ten bytes!")
    assert [*tmp_path.iterdir()] == []


def test_what_is_there_is_not_created(tmp_path: Path) -> None:
    (tmp_path / "old").write_bytes(b"kept")
    with pytest.raises(FileExistsError):
        create(System(), f"{tmp_path}/old", b"new")
    assert (tmp_path / "old").read_bytes() == b"kept"


def test_writing_goes_on_where_it_stopped(tmp_path: Path) -> None:
    fd = os.open(tmp_path / "file", os.O_CREAT | os.O_WRONLY)
    write_all(Sips(100), fd, b"")
    write_all(Sips(100), fd, bytes(range(10)))
    os.close(fd)
    assert (tmp_path / "file").read_bytes() == bytes(range(10))


def test_discarding_says_whether_it_is_gone(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert [discard(System(), f"{tmp_path}/file"), discard(System(), f"{tmp_path}/file")] == [True, True]
    assert discard(System(), f"{tmp_path}") is False


def test_directories_are_made_from_the_outside_in(tmp_path: Path) -> None:
    wanted = f"{tmp_path}/a/b/c"
    assert make_directories(System(), wanted) == [f"{tmp_path}/a", f"{tmp_path}/a/b", wanted]
    assert make_directories(System(), wanted) == []


def test_a_directory_of_a_group_is_writable_for_the_group(tmp_path: Path) -> None:
    tmp_path.chmod(0o2775)
    make_directories(System(), f"{tmp_path}/a")
    assert (tmp_path / "a").stat().st_mode & 0o2070 == 0o2070


# --- replacing ------------------------------------------------------------------------------------------------


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    put(f"{tmp_path}/note", b"one")
    put(f"{tmp_path}/note", b"two")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"note": b"two"}


def test_the_mode_is_the_one_asked_for_or_what_the_umask_leaves(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        put(f"{tmp_path}/hook", b"#!/bin/sh", mode=0o755)
        put(f"{tmp_path}/secret", b"", mode=0o600)
        put(f"{tmp_path}/note", b"")
    finally:
        os.umask(before)
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes == {"hook": 0o755, "secret": 0o600, "note": 0o640}


def test_what_cannot_be_replaced_stays_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(IsADirectoryError):
        put(f"{tmp_path}/taken", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(b"not ours")
    (tmp_path / "note").symlink_to("other")
    put(f"{tmp_path}/note", b"ours")
    assert ((tmp_path / "note").is_symlink(), (tmp_path / "other").read_bytes()) == (False, b"not ours")


def test_threads_that_replace_one_file_do_not_mix(tmp_path: Path) -> None:
    """One draft for all of a process would be cut short, mixed, and renamed by whoever is first."""
    texts = [bytes([number]) * 70_000 for number in range(4)]
    torn: list[object] = []

    def work(text: bytes) -> None:
        for _ in range(30):
            try:
                put(f"{tmp_path}/note", text)
                found = (tmp_path / "note").read_bytes()
            except OSError as error:
                torn.append(error)
            else:
                torn.extend([] if found in texts else [len(found)])

    threads = [Thread(target=work, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert torn == []
    assert [path.name for path in tmp_path.iterdir()] == ["note"]
