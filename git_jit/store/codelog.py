"""The commits of the code, as far as they speak of issues: read through git, filtered by git.

The issues know nothing of the code's history; what is here serves trailers (`Closes-Jit: 3f9c2a1`) in its messages.
"""

from collections.abc import Mapping
from typing import Final

from git_jit.model import Oid
from git_jit.record import record
from git_jit.store import UnknownRevision
from git_jit.store.layout import Layout
from git_jit.store.process import failure, run

MENTION: Final = r"^(closes-)?jit:"
"""What git looks for in messages, as an extended regular expression in any case; who reads them knows better."""
LIKELY: Final = ("main", "master")
"""Default branches where nothing says which it is, as `git init` names them."""
_FORMAT: Final = "--format=%H%x00%B%x00"


@record
class CodeCommit:
    """One commit of the code."""

    oid: Oid
    message: str
    """Whole: subject, body, trailers. Bytes that are not UTF-8 are replaced."""

    @property
    def subject(self) -> str:
        return self.message.strip().partition("\n")[0]


def speaking_commits(layout: Layout, environ: Mapping[str, str], revisions: str) -> list[CodeCommit]:
    """The commits in `revisions` (`main`, `a..b`) whose message has a line that may name an issue, oldest first.

    Raises `UnknownRevision` for what names no commits here.
    """
    words = ["log", "-z", "--reverse", "-i", "-E", f"--grep={MENTION}", _FORMAT, "--no-color", "--encoding=UTF-8"]
    done = run(layout, [*words, "--end-of-options", revisions, "--"], environ=environ)
    if done.status and _is_unknown(done.err):
        raise UnknownRevision(f"'{revisions}' names no commits of the code", hint="git log shows those there are")
    if done.status:
        raise failure(done, "reading commits of the code")
    fields = done.out.decode("utf-8", "replace").split("\0")
    found = [(fields[at], fields[at + 1]) for at in range(0, len(fields) - 2, 3)]
    return [CodeCommit(Oid(oid.strip()), message) for oid, message in found]


def _is_unknown(said: str) -> bool:
    return any(words in said for words in ("bad revision", "unknown revision", "ambiguous argument", "bad object"))


def current_branch(layout: Layout, environ: Mapping[str, str]) -> str | None:
    """The branch that is checked out, as a full reference; None where HEAD is detached."""
    done = run(layout, ["symbolic-ref", "--quiet", "HEAD"], environ=environ)
    return done.out.decode("utf-8", "surrogateescape").strip() if done.status == 0 else None


def default_branch(layout: Layout, environ: Mapping[str, str]) -> str | None:
    """The branch that finished work ends on, as a full reference; None if there is no commit on any.

    What the remote `origin` calls its HEAD, else `init.defaultBranch`, else `main` or `master`: the first that exists.
    """
    remote = run(layout, ["symbolic-ref", "--quiet", "refs/remotes/origin/HEAD"], environ=environ)
    names = [_text(remote.out).removeprefix("refs/remotes/origin/")] if remote.status == 0 else []
    said = run(layout, ["config", "--get", "init.defaultBranch"], environ=environ)
    names += [_text(said.out)] if said.status == 0 else []
    there = _branches(layout, environ)
    return next((f"refs/heads/{name}" for name in (*names, *LIKELY) if name in there), None)


def _branches(layout: Layout, environ: Mapping[str, str]) -> frozenset[str]:
    done = run(layout, ["for-each-ref", "--format=%(refname)", "refs/heads"], environ=environ)
    if done.status:
        raise failure(done, "listing branches")
    return frozenset(name.removeprefix("refs/heads/") for name in _text(done.out).split("\n"))


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape").strip()
