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
    """The path by which a file is known now that was at `path` once: the renames behind HEAD, one after the other, and
    the one that is staged.

    A commit that deletes it and adds a similar file is a rename, as git sees it (50 % alike).
    """
    staged = _staged(code)
    for _ in range(MAX_RENAMES):
        new = staged.get(path) or _renamed_by_commit(code, path)
        if new is None or new in code.entries([new], None):
            return new
        path = new
    return None


def names(code: "CodeTree", path: str, at: Oid | None) -> list[str]:
    """What the file that is at `path`, or was once, is called at a commit (None: now) and was before that."""
    known = path if path in code.entries([path], at) else follow(code, path) or path
    before = known if at else next((old for old, new in _staged(code).items() if new == known), known)
    start = at or code.head()
    older = [version.path for version in versions(code, before, start, None)] if start else []
    return list(dict.fromkeys((path, known, before, *older)))


def _staged(code: "CodeTree") -> dict[str, str]:
    return _renames(code, "diff-index", "--cached", "HEAD") if code.worktree else {}


def _renamed_by_commit(code: "CodeTree", path: str) -> str | None:
    """What the last commit that has no `path` any more made of it."""
    done = code.git("log", "-1", "--no-renames", "--diff-filter=D", "--format=%H", "HEAD", "--", path)
    commit = done.out.decode().strip()
    if done.status or not commit:
        return None
    return _renames(code, "diff-tree", "-r", "--root", "--no-commit-id", commit).get(path)


def _renames(code: "CodeTree", *words: str) -> dict[str, str]:
    """New paths by old ones, as this kind of `git diff` sees them."""
    done = code.git(words[0], "-M", "-z", "--name-status", "--diff-filter=R", *words[1:])
    fields = done.out.decode("utf-8", "surrogateescape").split("\0")
    return {fields[at + 1]: fields[at + 2] for at in range(0, len(fields) - 2, 3)}


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
