"""Remarks on issues. Records are immutable: an edit or a redaction is another record that replaces the first."""

from collections.abc import Callable
from typing import Final

from git_jit.errors import InvalidValue, NotFound, Refused
from git_jit.model import Actor, Caller, Comment, CommentId, IssueId, Message, Oid, Timestamp, short
from git_jit.ops import resolve, transact
from git_jit.record import record, replace
from git_jit.store import Store
from git_jit.text import clean_body
from git_jit.view import Plan, View
from git_jit.workflow import ReasonRequired

REDACTED: Final = "redacted"
"""The key in a record's `extra` that marks a redaction; its value is the reason."""


class CommentNotFound(NotFound):
    code = "comment_not_found"


class NotYours(Refused):
    """Only its author may change what a comment says. Anybody may redact it."""

    code = "not_author"


@record(kw_only=True)
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


@record(kw_only=True)
class Commented:
    comment: Comment
    """The record that was written."""
    commit: Oid | None


def thread(view: View, id: IssueId) -> tuple[Remark, ...]:
    """Every comment of the issue in order of creation, edits folded in."""
    remarks: dict[CommentId, Remark] = {}
    for entry in sorted(view.comments(id), key=lambda comment: comment.id):
        first = remarks.get(entry.replaces) if entry.replaces else None
        if first is None:
            remarks[entry.id] = Remark(
                id=entry.id, issue=id, author=entry.author, created_at=entry.created_at, body=entry.body
            )
        elif not first.redacted:  # what was taken out does not come back by an edit that was made meanwhile
            remarks[first.id] = replace(
                first,
                body=entry.body,
                edited_at=entry.created_at,
                edited_by=entry.author,
                redacted=REDACTED in entry.extra,
            )
    return tuple(remarks.values())


def add(store: Store, caller: Caller, id: str, body: str) -> Commented:
    text = _body(body)
    fresh = CommentId(caller.new_ulid())

    def compose(view: View) -> Comment:
        return _new(caller, fresh, resolve(view, id), text)

    return _publish(store, caller, "comment", compose)


def edit(store: Store, caller: Caller, id: str, comment: str, body: str) -> Commented:
    """Replace the text of one's own comment (a unique prefix of its id will do)."""
    text = _body(body)
    fresh = CommentId(caller.new_ulid())

    def compose(view: View) -> Comment:
        issue = resolve(view, id)
        remark = _find(view, issue, comment)
        if remark.author != caller.actor:
            raise NotYours(
                f"'{remark.id}' was written by '{remark.author}'",
                hint=f"answer it: 'git jit issue comment {short(issue)}'",
                details={"comment": remark.id, "author": remark.author},
            )
        return _new(caller, fresh, issue, text, replaces=remark.id)

    return _publish(store, caller, "comment-edit", compose)


def redact(store: Store, caller: Caller, id: str, comment: str, *, reason: str | None) -> Commented:
    """Take the text of a comment out of every reading; the old record stays in history."""
    if not reason:
        raise ReasonRequired(f"'{comment}' cannot be redacted without a reason", hint="say why with --reason")
    fresh = CommentId(caller.new_ulid())

    def compose(view: View) -> Comment:
        issue = resolve(view, id)
        remark = _find(view, issue, comment)
        return replace(_new(caller, fresh, issue, "", replaces=remark.id), extra={REDACTED: reason})

    return _publish(store, caller, "comment-redact", compose, reason=reason)


def _body(text: str) -> str:
    body = clean_body(text, field="comment").rstrip()
    if not body:
        raise InvalidValue("comment", "must not be empty")
    return body


def _new(caller: Caller, id: CommentId, issue: IssueId, body: str, replaces: CommentId | None = None) -> Comment:
    return Comment(id=id, issue=issue, author=caller.actor, created_at=caller.now, body=body, replaces=replaces)


def _find(view: View, issue: IssueId, text: str) -> Remark:
    """The comment that `text` names by its id or the beginning of it. Raises `CommentNotFound`."""
    fitting = [remark for remark in thread(view, issue) if remark.id.startswith(text.strip().upper())]
    if len(fitting) != 1 or not text.strip():
        raise CommentNotFound(
            f"'{text}' names {len(fitting) or 'no'} comment{'s' if len(fitting) > 1 else ''} on '{short(issue)}'",
            hint=f"'git jit issue show {short(issue)}' shows its comments",
            details={"candidates": [remark.id for remark in fitting]},
        )
    return fitting[0]


def _publish(
    store: Store, caller: Caller, op: str, compose: Callable[[View], Comment], *, reason: str | None = None
) -> Commented:
    request = caller.new_request()

    def plan(view: View) -> Plan:
        made = compose(view)
        return Plan(comments={(made.issue, made.id): made})

    def message(plan: Plan) -> Message:
        (issue, _), *_rest = plan.comments
        return Message(
            op=op, subject=f"{op}: {short(issue)}", actor=caller.actor, request=request, at=caller.now, reason=reason
        )

    published = transact(store, plan, message, caller=caller)
    (comment,) = published.plan.comments.values()
    assert comment is not None
    return Commented(comment=comment, commit=published.commit)
