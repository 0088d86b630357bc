"""The files of the code, now and in commits, in repositories of every shape."""

import os
from pathlib import Path

import pytest

from git_jit.store import UnknownRevision
from git_jit.store import codetree as module
from git_jit.store.codetree import CodeTree, FileKind, FileNotPlain, FileTooLarge, NoCode, read_file
from tests.store.coded import coded, tree_of, written
from tests.store.gitrepo import Place, bare, git, ordinary, partial, sha256, subdirectory, unborn, worktree

FILES = {"docs/plan.md": "plan\n", "a b.md": "x", "-z": "z", "caf\u00e9.md": "c", "new\nline": "n"}


@pytest.mark.parametrize("shape", [ordinary, subdirectory, sha256, worktree])
def test_now_is_the_index(shape: object, tmp_path: Path) -> None:
    place: Place = shape(tmp_path)  # type: ignore[operator]
    written(place, FILES)
    code = tree_of(place)
    assert sorted(code.names(None)) == sorted(FILES)
    top = Path(code.worktree or "")
    (top / "staged.md").write_text("s")
    (top / "untracked.md").write_text("u")
    place.git("-C", str(top), "add", "staged.md")
    code = tree_of(place)
    asked = ["docs/plan.md", "docs", "staged.md", "untracked.md", "../x", "docs/", "-z", "new\nline", "*"]
    kinds = {path: entry.kind for path, entry in code.entries(asked, None).items()}
    file = FileKind.FILE
    assert kinds == {"docs/plan.md": file, "docs": "directory", "staged.md": file, "-z": file, "new\nline": file}
    assert {path: e.kind for path, e in code.entries(asked, "HEAD").items()} == {
        "docs/plan.md": file, "docs": "directory", "-z": file, "new\nline": file,
    }  # fmt: skip


def test_every_kind_of_entry(tmp_path: Path) -> None:
    place = coded(tmp_path, {"run.sh": "x"})
    (tmp_path / "run.sh").chmod(0o755)
    (tmp_path / "link").symlink_to("run.sh")
    git(tmp_path, "update-index", "--add", "--cacheinfo", f"160000,{place.git('rev-parse', 'HEAD')},sub")
    git(tmp_path, "add", "run.sh", "link")
    found = {path: (entry.mode, entry.kind) for path, entry in tree_of(place).names(None).items()}
    assert found == {
        "link": ("120000", "symbolic link"), "run.sh": ("100755", "file"), "sub": ("160000", "submodule"),
    }  # fmt: skip


def test_a_bare_repository_has_its_head(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    coded(tmp_path / "work", FILES)
    git(tmp_path, "clone", "-q", "--bare", "work", "bare.git")
    code = tree_of(Place(tmp_path / "bare.git"))
    assert sorted(code.names(None)) == sorted(FILES)
    assert code.read("docs/plan.md", None) == b"plan\n"


def test_before_the_first_commit(tmp_path: Path) -> None:
    place = unborn(tmp_path)
    code = tree_of(place)
    assert (code.head(), dict(code.names(None)), code.read("x", None)) == (None, {}, None)
    (tmp_path / "bare").mkdir()
    with pytest.raises(NoCode):
        tree_of(bare(tmp_path / "bare")).names(None)


@pytest.mark.parametrize("rev", ["", "nope", "--help", "HEAD:docs", "a\0b", "\udcff", "HEAD~9"])
def test_what_names_no_commit(rev: str, tmp_path: Path) -> None:
    code = tree_of(coded(tmp_path, FILES))
    with pytest.raises(UnknownRevision):
        code.resolve(rev)
    with pytest.raises(UnknownRevision):
        code.names(rev)


def test_content_is_that_of_the_working_tree_now_and_of_the_commit_then(tmp_path: Path) -> None:
    code = tree_of(coded(tmp_path, FILES))
    (tmp_path / "docs/plan.md").write_text("changed\n")
    (tmp_path / "a b.md").unlink()
    assert code.read("docs/plan.md", None) == b"changed\n"
    assert code.read("docs/plan.md", "HEAD") == b"plan\n"
    assert code.read("a b.md", None) == b"x", "it is in the index still"
    assert code.read("gone", None) is None
    assert code.read("docs", "HEAD") is None


def test_content_is_as_checked_out(tmp_path: Path) -> None:
    place = coded(tmp_path, {".gitattributes": "*.md text eol=crlf\n", "x.md": "a\r\nb\r\n"})
    assert place.git("cat-file", "-p", "HEAD:x.md") == "a\nb"
    assert tree_of(place).read("x.md", "HEAD") == b"a\r\nb\r\n"


def test_nothing_is_fetched_to_look(tmp_path: Path) -> None:
    place = partial(tmp_path)
    (tmp_path / "origin").rename(tmp_path / "away")
    code = tree_of(place)
    assert sorted(code.names("HEAD")) == ["file"]
    assert code.read("file", "HEAD") is None


# --- anything may lie in a working tree ---------------------------------------------------------------


def test_no_link_is_followed_out_of_the_working_tree(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    top = tmp_path / "top"
    (top / "sub").mkdir(parents=True)
    (top / "link").symlink_to("../secret")
    (top / "dir").symlink_to("..")
    with pytest.raises(FileNotPlain):
        read_file(str(top), "link")
    assert [read_file(str(top), path) for path in ("dir/secret", "sub/x", "nowhere/x")] == [None, None, None]


def test_no_pipe_or_device_is_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in ("pipe", "."):
        with pytest.raises(FileNotPlain):
            read_file(str(tmp_path), path)


def test_what_is_too_large_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(module.MAX_FILE + 1)
    with pytest.raises(FileTooLarge) as caught:
        read_file(str(tmp_path), "large")
    assert caught.value.details == {"size": module.MAX_FILE + 1}


def test_a_page_that_became_a_link_is_not_read_through(tmp_path: Path) -> None:
    code: CodeTree = tree_of(coded(tmp_path, FILES))
    (tmp_path / "docs/plan.md").unlink()
    (tmp_path / "docs/plan.md").symlink_to("/etc/hostname")
    with pytest.raises(FileNotPlain):
        code.read("docs/plan.md", None)
