"""Remarks on issues. Records are immutable: an edit or a redaction is another record that replaces the first."""

from dataclasses import dataclass

from git_jit.model import Actor, Caller, Comment, CommentId, IssueId, Oid, Timestamp
from git_jit.store import Store
from git_jit.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """A comment as readers see it: its first record with the text of its latest."""

    id: CommentId
    issue: IssueId
    author: Actor | None
    created_at: Timestamp
    body: str
    """Empty when redacted."""
    edited_at: Timestamp | None = None
    edited_by: Actor | None = None
    redacted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Commented:
    comment: Comment
    """The record that was written."""
    commit: Oid | None


def thread(view: View, id: IssueId) -> tuple[Remark, ...]:
    """Every comment of the issue in order of creation, edits folded in."""
    raise NotImplementedError


def add(store: Store, caller: Caller, id: str, body: str) -> Commented:
    raise NotImplementedError


def edit(store: Store, caller: Caller, id: str, comment: str, body: str) -> Commented:
    """Replace the text of one's own comment (a unique prefix of its id will do)."""
    raise NotImplementedError


def redact(store: Store, caller: Caller, id: str, comment: str, *, reason: str | None) -> Commented:
    """Take the text of a comment out of every reading; the old record stays in history."""
    raise NotImplementedError
