"""Editor and pager, as git would start them."""

import os
import signal
from pathlib import Path

import pytest

from git_jit.store.terminal import EditorFailed, edit, page
from tests.store.gitrepo import Place, ordinary


def with_editor(tmp_path: Path, command: str) -> Place:
    return Place(ordinary(tmp_path).cwd, {"GIT_EDITOR": command, "PATH": os.environ["PATH"]})


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (":", "hello ü\n"),
        ("true", "hello ü\n"),
        ("sed -i s/hello/bye/", "bye ü\n"),  # words, as git splits them: by the shell
        ('f() { echo more >> "$1"; }; f', "hello ü\nmore\n"),
        ("truncate -s 0", ""),
    ],
)
def test_edit(command: str, expected: str, tmp_path: Path) -> None:
    place = with_editor(tmp_path, command)
    text, path = edit(place.layout, place.environ, "hello ü\n")
    assert text == Path(path).read_text(encoding="utf-8") == expected


def test_an_editor_that_fails_keeps_the_text(tmp_path: Path) -> None:
    place = with_editor(tmp_path, "f() { echo more >> $1; false; }; f")
    for name in ("JIT_EDITMSG.md", "JIT_EDITMSG-2.md"):
        with pytest.raises(EditorFailed) as failed:
            edit(place.layout, place.environ, "long work\n")
        kept = Path(str(failed.value.details["path"]))
        assert (kept.name, kept.read_text()) == (name, "long work\nmore\n")
        assert failed.value.hint == f"your text is kept in '{kept}'"


@pytest.mark.parametrize("command", ["false", "rm"])
def test_of_an_editor_that_changed_nothing_nothing_is_left(command: str, tmp_path: Path) -> None:
    place = with_editor(tmp_path, command)
    with pytest.raises(EditorFailed) as failed:
        edit(place.layout, place.environ, "text\n")
    assert (failed.value.hint, failed.value.details["path"]) == (None, None)
    assert not list(Path(place.layout.git_dir).glob("JIT_EDITMSG*"))


def test_bytes_that_are_no_text_survive(tmp_path: Path) -> None:
    place = with_editor(tmp_path, r"f() { printf '\377' > $1; }; f")
    assert edit(place.layout, place.environ, "text\n").text == "\udcff"


@pytest.mark.parametrize("command", ["no-such-pager", "/dev/null"])
def test_a_pager_that_does_not_start_has_shown_nothing(command: str, tmp_path: Path) -> None:
    place = ordinary(tmp_path)
    assert not page(place.layout, {**place.environ, "GIT_PAGER": command}, "text\n" * 100_000)


def test_ctrl_c_belongs_to_the_editor(tmp_path: Path) -> None:
    """A terminal sends it to both; we must still be there when the editor comes back."""
    before = signal.getsignal(signal.SIGINT)
    place = with_editor(tmp_path, f"sh -c 'kill -INT {os.getpid()}; echo edited > \"$1\"' sh")
    assert edit(place.layout, place.environ, "text\n").text == "edited\n"
    assert signal.getsignal(signal.SIGINT) == before


def test_page(tmp_path: Path) -> None:
    place = ordinary(tmp_path)
    shown = tmp_path / "shown"
    env = {**place.environ, "GIT_PAGER": f"(echo $LESS $LV $GIT_PAGER_IN_USE; cat) > '{shown}'"}
    env.pop("LESS", None)
    assert page(place.layout, env, "many lines ü\n" * 20_000)
    assert shown.read_text() == "FRX -c 1\n" + "many lines ü\n" * 20_000


def test_a_pager_that_is_left_early(tmp_path: Path) -> None:
    place = ordinary(tmp_path)
    env = {**place.environ, "GIT_PAGER": f"head -n 1 > '{tmp_path}/shown'"}
    assert page(place.layout, env, "line\n" * 100_000)
    assert (tmp_path / "shown").read_text() == "line\n"


@pytest.mark.parametrize("command", ["cat", ""])
def test_no_pager(command: str, tmp_path: Path) -> None:
    place = ordinary(tmp_path)
    assert not page(place.layout, {**place.environ, "GIT_PAGER": command}, "text\n")
