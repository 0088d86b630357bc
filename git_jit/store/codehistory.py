"""What became of a file of the code: its commits, its names, and how two versions differ; read through git."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from git_jit.model import Oid
from git_jit.record import record
from git_jit.store.process import failure

if TYPE_CHECKING:
    from git_jit.store.codetree import CodeTree

MAX_RENAMES: Final = 64
"""Names that one file is followed through; merges can make a circle of them."""
_FORMAT: Final = "--format=%x00%H%x00%ct%x00%an%x00%s"


@record(kw_only=True)
class Version:
    """One commit of the code that changed a file."""

    commit: Oid
    time: int
    """Seconds since 1970 of the committer."""
    author: str
    subject: str
    path: str
    """What the file is called from this commit on."""
    old: str | None = None
    """What it was called before, where this commit renamed it."""


def versions(code: "CodeTree", path: str, start: Oid, limit: int | None) -> list[Version]:
    """The commits behind `start` that changed the file at `path`, newest first, through renames."""
    count = [] if limit is None else [f"--max-count={limit}"]
    words = ["log", "-z", "--follow", "-M", "--name-status", "--no-color", "--encoding=UTF-8", _FORMAT, *count]
    done = code.git(*words, "--no-show-signature", "--end-of-options", start, "--", path)
    if done.status:
        raise failure(done, f"reading the history of '{path}'")
    return list(_versions(done.out.decode("utf-8", "surrogateescape"), path))


def _versions(text: str, path: str) -> Iterator[Version]:
    """Fields end in NUL; a commit begins with an empty one, and what it did to the file with a line break."""
    fields = iter(text.split("\0"))
    following: str | None = next(fields, None)
    while following is not None:
        if following != "":
            following = next(fields, None)
            continue
        try:
            oid, time, author, subject = (next(fields) for _ in range(4))
        except (StopIteration, RuntimeError):
            return
        following = next(fields, None)
        old = None
        if following is not None and following.startswith("\n"):
            kind, first = following[1:2], next(fields)
            old, path = (first, next(fields)) if kind in "RC" else (None, first)
            following = next(fields, None)
        yield Version(commit=Oid(oid), time=int(time), author=author, subject=subject, path=path, old=old)


def follow(code: "CodeTree", path: str) -> str | None:
    """The path by which a file is known now that was at `path` once: the renames behind HEAD, one after the other.

    A commit that deletes it and adds a similar file is a rename, as git sees it (50 % alike).
    """
    for _ in range(MAX_RENAMES):
        done = code.git("log", "-1", "--no-renames", "--diff-filter=D", "--format=%H", "HEAD", "--", path)
        commit = done.out.decode().strip()
        if done.status or not commit:
            return None
        words = ("diff-tree", "-r", "-M", "-z", "--root", "--no-commit-id", "--name-status", "--diff-filter=R")
        renames = code.git(*words, commit).out.decode("utf-8", "surrogateescape").split("\0")
        new = next((renames[at + 2] for at in range(0, len(renames) - 2, 3) if renames[at + 1] == path), None)
        if new is None:
            return None
        if new in code.entries([new], None):
            return new
        path = new
    return None


def difference(code: "CodeTree", paths: list[str], old: Oid, new: Oid | None) -> bytes:
    """What `git diff` says of these paths between two commits, or a commit and now. Empty: nothing differs."""
    to = new if new is not None or code.worktree else code.head()
    words = ["diff", "--no-color", "--no-ext-diff", "--no-textconv", "-M", "--end-of-options", old]
    done = code.git(*words, *([to] if to else []), "--", *paths)
    if done.status:
        raise failure(done, "comparing versions of a document")
    return done.out


def mentioning(code: "CodeTree", words: Sequence[str], commit: Oid) -> list[str]:
    """The text files of a commit in which any of `words` stands."""
    patterns = [part for word in words for part in ("-e", word)]
    done = code.git("grep", "-l", "-z", "-I", "-F", "--no-color", *patterns, commit)
    if done.status not in {0, 1}:
        raise failure(done, "looking for links")
    names = done.out.decode("utf-8", "surrogateescape").split("\0")[:-1]
    return [name.partition(":")[2] for name in names]
