"""What is staged for the next commit of the code: read through git, and nothing of it is changed.

While `git commit -a` or `git commit -- path` run their hooks, the index that counts is one of their own, which
`GIT_INDEX_FILE` names. It is looked at by commands that write no index; what would (`write-tree` brings the index's
cache of trees up to date) gets a copy.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Final

from git_jit.model import Oid
from git_jit.record import record
from git_jit.store import WriteFailed
from git_jit.store.layout import Layout
from git_jit.store.process import Finished, execute, failure, git_argv, git_environ

EMPTY_TREE: Final = {
    "sha1": "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    "sha256": "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
}
"""The names of the tree without entries: what there is before the first commit."""
_WITH_TWO_NAMES: Final = "RC"


@record(kw_only=True)
class Change:
    """One staged path: `kind` is git's letter (A, M, D, R, T, …); `old` is the name before a rename."""

    kind: str
    path: str
    old: str | None = None


def staged_changes(layout: Layout, environ: Mapping[str, str]) -> list[Change]:
    """Every path that the next commit changes, renames found by content."""
    words = ["diff-index", "--cached", "-z", "-M", "--no-ext-diff", "--no-textconv", "--name-status"]
    done = _git(layout, environ, [*words, "HEAD", "--"])
    if done.status:  # there is no commit yet
        done = _git(layout, environ, [*words, EMPTY_TREE[layout.object_format], "--"])
    if done.status:
        raise failure(done, "reading what is staged")
    return list(_changes(done.out.decode("utf-8", "surrogateescape")))


def _changes(text: str) -> Iterator[Change]:
    words = iter(text.split("\0")[:-1])
    for kind in words:
        first = next(words)
        if kind[0] in _WITH_TWO_NAMES:
            yield Change(kind=kind[0], path=next(words), old=first)
        else:
            yield Change(kind=kind[0], path=first)


def staged_tree(layout: Layout, environ: Mapping[str, str], parent: Oid | None) -> Oid:
    """A commit of what is staged, on no reference: git makes the same trees again and forgets the commit in time.

    Raises `WriteFailed` where nothing can be written.
    """
    index = index_path(layout, environ)
    copy = f"{layout.git_dir}/jit-index.{os.getpid()}"
    try:
        with open(index, "rb") as source, open(copy, "wb") as target:
            target.write(source.read())
        tree = _must(_git(layout, {**environ, "GIT_INDEX_FILE": copy}, ["write-tree"]))
        parents = ["-p", parent] if parent else []
        who = {f"GIT_{role}_{part}": "hook" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
        return Oid(_must(_git(layout, {**environ, **who}, ["commit-tree", tree, *parents, "-m", "staged"])))
    except OSError as error:
        raise WriteFailed(f"cannot look at what is staged: {error.strerror}") from error
    finally:
        with suppress(OSError):
            os.unlink(copy)


def index_path(layout: Layout, environ: Mapping[str, str]) -> str:
    """The file of the index that counts."""
    named = environ.get("GIT_INDEX_FILE")
    return os.path.join(layout.cwd, named) if named else f"{layout.git_dir}/index"


def head_branch(layout: Layout) -> str | None:
    """The branch that is checked out, as a full reference, at the price of one file; None where that does not tell."""
    with suppress(OSError), open(f"{layout.git_dir}/HEAD", encoding="utf-8", errors="surrogateescape") as file:
        text = file.read()
        if text.startswith("ref: ") and not text.startswith("ref: refs/heads/.invalid"):
            return text[5:].strip()
    return None


def _git(layout: Layout, environ: Mapping[str, str], words: list[str]) -> Finished:
    child = {**git_environ(layout, environ), "GIT_INDEX_FILE": index_path(layout, environ)}
    return execute(git_argv(layout, words), child, input=b"", timeout=layout.budgets.git)


def _must(done: Finished) -> str:
    if done.status:
        raise failure(done, "looking at what is staged", WriteFailed)
    return done.out.decode().strip()
