"""The code as one tree: what a commit of everything would have, at no cost to the repository."""

import os
from pathlib import Path

from git_jit.model import Oid
from git_jit.store.layout import discover
from git_jit.store.worktree import code_tree
from tests.gates import Clone, start


def tree(clone: Clone) -> Oid | None:
    return code_tree(discover(str(clone.path), clone.environ), clone.environ)


def head(clone: Clone) -> str:
    return clone.git("rev-parse", "HEAD^{tree}")


def test_it_is_the_tree_of_a_commit_of_everything(tmp_path: Path) -> None:
    clone = start(tmp_path / "c", tmp_path / "h")
    clone.commit(**{".gitignore": "ignored\n"})
    assert tree(clone) == head(clone)
    seen = {tree(clone)}
    before = clone.git("count-objects", "-v"), (clone.path / ".git/index").read_bytes()
    for name, text in (("code.txt", "two\n"), ("new", "n\n"), ("new", "m\n")):
        (clone.path / name).write_text(text)
        assert tree(clone) not in seen
        seen.add(tree(clone))
    (clone.path / "ignored").write_text("i\n")
    assert tree(clone) in seen
    assert (clone.git("count-objects", "-v"), (clone.path / ".git/index").read_bytes()) == before
    last = tree(clone)
    clone.git("add", "new")
    assert tree(clone) == last  # staged or not is the same
    clone.commit()
    assert tree(clone) == last == head(clone)
    (clone.path / "code.txt").unlink()
    assert tree(clone) not in seen


def test_odd_places(tmp_path: Path) -> None:
    clone = start(tmp_path / "c", tmp_path / "h")
    clone.git("worktree", "add", "-q", "../linked")
    linked = Clone(tmp_path / "linked", tmp_path / "h")
    (linked.path / "code.txt").write_text("two\n")
    assert tree(clone) == head(clone) != tree(linked)
    below = Clone(clone.path / "sub", tmp_path / "h")
    below.path.mkdir()
    assert tree(below) == head(clone)
    clone.git("clone", "-q", "--bare", ".", "../bare")
    assert tree(Clone(tmp_path / "bare", tmp_path / "h")) == head(clone)
    clone.git("init", "-q", "nested")  # a repository without a commit, into which git refuses to look
    (clone.path / "code.txt").write_text("three\n")
    assert tree(clone) not in {None, head(clone)}
    new = tmp_path / "new"
    new.mkdir()
    clone.git("init", "-q", str(new))
    assert tree(Clone(new, tmp_path / "h")) == "4b825dc642cb6eb9a060e54bf8d69288fbee4904"  # git's empty tree


def test_a_change_of_the_same_size_in_the_same_moment_is_seen(tmp_path: Path) -> None:
    """git looks into a file whose entry is not older than the index; a copy of the index that is dated later hides it."""
    clone = start(tmp_path / "c", tmp_path / "h")
    file, index = clone.path / "code.txt", clone.path / ".git/index"
    moment = file.stat().st_mtime_ns - 10_000_000_000
    file.write_text("one\n")
    os.utime(file, ns=(moment, moment))
    clone.git("add", "code.txt")
    os.utime(index, ns=(moment, moment))
    before = tree(clone)
    file.write_text("two\n")
    os.utime(file, ns=(moment, moment))
    assert tree(clone) != before


def test_what_cannot_be_told_is_like_nothing_that_was_or_will_be(tmp_path: Path) -> None:
    """A verdict must not count because nobody can say what the code is."""
    clone = start(tmp_path / "c", tmp_path / "h")
    whole = clone.environ
    index = (clone.path / ".git/index").read_bytes()
    (clone.path / ".git/index").write_bytes(b"garbage")
    seen = [tree(clone), tree(clone)]
    (clone.path / ".git/index").write_bytes(index)
    clone.environ = {**whole, "TMPDIR": str(tmp_path / "gone")}
    seen += [tree(clone), tree(clone)]
    clone.environ = whole
    assert None not in seen
    assert len({*seen, tree(clone)}) == 5
    assert tree(clone) == head(clone)


def test_nothing_is_left_of_the_copy(tmp_path: Path) -> None:
    clone = start(tmp_path / "c", tmp_path / "h")
    (clone.path / "new").write_text("new\n")
    (tmp_path / "tmp").mkdir()
    clone.environ["TMPDIR"] = str(tmp_path / "tmp")
    assert tree(clone) != head(clone)
    assert list((tmp_path / "tmp").iterdir()) == []
