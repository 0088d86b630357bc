"""Files move and are rewritten whole or not at all, and who is stopped in between goes on."""

import errno
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from git_jit.store import moving
from git_jit.store.codetree import CodeTree
from git_jit.store.moving import Change, MoveBlocked, Mover, MoveUnfinished
from git_jit.store.system import System
from tests.store.coded import coded, tree_of, written
from tests.store.gitrepo import Place

FILES: Mapping[str, str | bytes] = {
    "docs/plan.md": "plan\n",
    "docs/img/a b.png": b"\x89PNG\0",
    "README.md": "[p](docs/plan.md)\n",
}


def change(code: CodeTree, old: str, new: str, content: bytes) -> Change:
    return Change(old=old, path=new, before=code.entries([old], "HEAD")[old], content=content)


def changes(code: CodeTree) -> list[Change]:
    return [
        change(code, "docs/plan.md", "old/plan.md", b"moved plan\n"),
        change(code, "docs/img/a b.png", "old/img/a b.png", b"\x89PNG\0"),
        change(code, "README.md", "README.md", b"[p](old/plan.md)\n"),
    ]


def mover(place: Place, system: System | None = None) -> Mover:
    code = tree_of(place)
    return Mover(code, code.worktree or "", system)


def files(top: Path) -> dict[str, bytes]:
    paths = (path for path in top.rglob("*") if path.is_file() and ".git" not in path.relative_to(top).parts)
    return {str(path.relative_to(top)): path.read_bytes() for path in paths}


AFTER = {"old/plan.md": b"moved plan\n", "old/img/a b.png": b"\x89PNG\0", "README.md": b"[p](old/plan.md)\n"}
STAGED = ["D  docs/img/a b.png", "D  docs/plan.md", "M  README.md", "A  old/img/a b.png", "A  old/plan.md"]


def status(place: Place) -> list[str]:
    return place.git("status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all").split("\0")[:-1]


def done(place: Place) -> bool:
    return files(place.cwd) == AFTER and sorted(status(place)) == sorted(STAGED)


def test_files_move_and_are_staged(tmp_path: Path) -> None:
    place = coded(tmp_path, FILES)
    before = place.git("rev-parse", "HEAD")
    mover(place).check(changes(tree_of(place)))
    assert status(place) == []
    mover(place).carry_out(changes(tree_of(place)))
    assert done(place), (files(tmp_path), status(place))
    assert place.git("rev-parse", "HEAD") == before
    assert not (tmp_path / "docs").exists(), "a directory without files goes, as with git"
    assert place.git("ls-files", "--debug", "--", "README.md").count("size: 0") == 0, "git need not look again"
    place.git("commit", "-q", "-m", "moved")
    assert status(place) == []


def test_doing_it_again_changes_nothing(tmp_path: Path) -> None:
    place = coded(tmp_path, FILES)
    wanted = changes(tree_of(place))
    mover(place).carry_out(wanted)
    mover(place).carry_out(wanted)
    assert done(place)


def test_modes_stay(tmp_path: Path) -> None:
    place = coded(tmp_path, FILES)
    (tmp_path / "docs/plan.md").chmod(0o755)
    place.git("commit", "-q", "-a", "-m", "run it")
    mover(place).carry_out(changes(tree_of(place)))
    assert os.access(tmp_path / "old/plan.md", os.X_OK)
    assert place.git("ls-files", "-s", "old/plan.md").startswith("100755 ")


def test_what_git_writes_on_checkout_is_what_lies_there(tmp_path: Path) -> None:
    place = coded(tmp_path, {**FILES, ".gitattributes": "*.md text eol=crlf\n"})
    place.git("rm", "-q", "--cached", "-r", ".")
    place.git("reset", "-q", "--hard")
    code = tree_of(place)
    mover(place).carry_out([change(code, "docs/plan.md", "old/plan.md", b"one\r\ntwo\r\n")])
    assert (tmp_path / "old/plan.md").read_bytes() == b"one\r\ntwo\r\n"
    assert place.git("cat-file", "-p", ":old/plan.md") == "one\ntwo"
    assert status(place) == ["D  docs/plan.md", "A  old/plan.md"]


# --- in the way ---------------------------------------------------------------------------------------


def edit(place: Place, path: str, text: str = "mine\n") -> None:
    (place.cwd / path).parent.mkdir(parents=True, exist_ok=True)
    (place.cwd / path).write_text(text)


def dirty(place: Place) -> str:
    edit(place, "docs/plan.md")
    return "'docs/plan.md' has changes that are not committed"


def dirty_page(place: Place) -> str:
    edit(place, "README.md")
    return "'README.md' has changes that are not committed"


def staged(place: Place) -> str:
    edit(place, "README.md")
    place.git("add", ".")
    return "'README.md' has staged changes (and 1 more)"


def gone(place: Place) -> str:
    (place.cwd / "docs/plan.md").unlink()
    return "'docs/plan.md' is not in the working tree"


def target_untracked(place: Place) -> str:
    edit(place, "old/plan.md")
    return "'old/plan.md' is there already"


def target_tracked(place: Place) -> str:
    edit(place, "old/plan.md")
    place.git("add", ".")
    return "'old/plan.md' is there already (and 1 more)"


def target_below_a_file(place: Place) -> str:
    edit(place, "old")
    return "'old' is no directory (and 1 more)"


def target_below_a_link(place: Place) -> str:
    (place.cwd / "elsewhere").mkdir()
    (place.cwd / "old").symlink_to("elsewhere")
    return "'old' is no directory (and 1 more)"


def became_a_link(place: Place) -> str:
    (place.cwd / "docs/plan.md").unlink()
    (place.cwd / "docs/plan.md").symlink_to("/etc/hostname")
    return "'docs/plan.md' cannot be read in the working tree: too many levels of symbolic links"


def locked(place: Place) -> str:
    (place.cwd / ".git/index.lock").touch()
    return "another git command is changing the index"


WAYS = [dirty, dirty_page, staged, gone, target_untracked, target_tracked, target_below_a_file, target_below_a_link,
        became_a_link, locked]  # fmt: skip


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_what_is_in_the_way_stops_it_before_anything_changed(way: object, tmp_path: Path) -> None:
    place = coded(tmp_path, FILES)
    wanted = changes(tree_of(place))
    message = way(place)  # type: ignore[operator]
    before = files(tmp_path), place.git("ls-files", "-s")
    with pytest.raises(MoveBlocked) as caught:
        mover(place).carry_out(wanted)
    assert caught.value.message == message
    assert (files(tmp_path), place.git("ls-files", "-s")) == before
    if way is not locked:
        with pytest.raises(MoveBlocked):
            mover(place).check(wanted)


# --- stopped in between -------------------------------------------------------------------------------


class Stopped(BaseException):
    """As if the process had ended."""


STEPS = ("_stage", "_write", "_remove")


@pytest.mark.parametrize("number", range(1, 8))
def test_whoever_is_stopped_anywhere_goes_on(number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before every step of the one run: staging, each of three writes, each of two removals, and after all."""
    place = coded(tmp_path, FILES)
    wanted = changes(tree_of(place))
    count = iter(range(1, 100))
    with monkeypatch.context() as patch:
        for name in STEPS:
            real = getattr(Mover, name)

            def step(self: Mover, given: object, real: object = real) -> None:
                if next(count) == number:
                    raise Stopped
                real(self, given)  # type: ignore[operator]

            patch.setattr(Mover, name, step)
        if number < 7:
            with pytest.raises(Stopped):
                mover(place).carry_out(wanted)
        else:
            mover(place).carry_out(wanted)
    mover(place).carry_out(wanted)
    assert done(place), (files(tmp_path), status(place))


class Full(System):
    """A disk that takes half of what it is given, and then nothing."""

    def __init__(self) -> None:
        self.left = 3

    def write(self, fd: int, data: bytes) -> int:
        if not self.left:
            raise OSError(errno.ENOSPC, "No space left on device")
        taken = os.write(fd, data[: self.left])
        self.left -= taken
        return taken


def test_a_full_disk_leaves_what_the_same_command_finishes(tmp_path: Path) -> None:
    place = coded(tmp_path, FILES)
    wanted = changes(tree_of(place))
    with pytest.raises(MoveUnfinished) as caught:
        mover(place, Full()).carry_out(wanted)
    assert caught.value.message == "all is staged, but the working tree is not there yet: no space left on device"
    assert files(tmp_path)["docs/plan.md"] == b"plan\n", "nothing is lost"
    mover(place).carry_out(wanted)
    assert done(place), (files(tmp_path), status(place))
    assert moving.MoveUnfinished.status == 128


def test_work_done_since_stops_the_second_run(tmp_path: Path) -> None:
    place = coded(tmp_path, FILES)
    wanted = changes(tree_of(place))
    with pytest.raises(MoveUnfinished):
        mover(place, Full()).carry_out(wanted)
    edit(place, "docs/plan.md")
    with pytest.raises(MoveBlocked):
        mover(place).carry_out(wanted)
    assert files(tmp_path)["docs/plan.md"] == b"mine\n"


def test_other_work_in_the_index_stays(tmp_path: Path) -> None:
    place = coded(tmp_path, FILES)
    edit(place, "new.md")
    place.git("add", "new.md")
    edit(place, "untracked.md")
    mover(place).carry_out(changes(tree_of(place)))
    assert sorted(status(place)) == sorted([*STAGED, "A  new.md", "?? untracked.md"])
    written(place, {})
