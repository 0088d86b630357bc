"""What `--json` says: one minified object a command, `docs/reference/json.md` is its description."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from git_jit.cli.sanitize import ACTING
from git_jit.errors import JitError
from git_jit.model import Comment, Issue

SCHEMA: Final = 1
"""Version of the envelope. A reader may rely on every key it knows as long as this does not change."""


def envelope(
    data: object,
    *,
    total: int = 1,
    returned: int = 1,
    next: str | None = None,
    warnings: Sequence[str] = (),
    ok: bool = True,
) -> str:
    """The answer to a command that worked. `next` is the `--offset` of the following page."""
    return minified(
        {
            "schema": SCHEMA,
            "ok": ok,
            "data": data,
            "total": total,
            "returned": returned,
            "next": next,
            "warnings": list(warnings),
        }
    )


def error_envelope(error: JitError) -> str:
    """The answer to a command that did not."""
    return minified({"schema": SCHEMA, "ok": False, "error": error_value(error)})


def error_value(error: JitError) -> dict[str, object]:
    return {
        "code": error.code,
        "message": error.message,
        "hint": error.hint,
        "retryable": error.retryable,
        "details": dict(error.details),
    }


def minified(value: object) -> str:
    """One line of JSON. Letters of every script stay readable; what acts on a screen is escaped."""
    import json  # 1 ms that text output does not pay

    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_plain)
    return (text if text.isprintable() else re.sub(ACTING, _escaped, text)) + "\n"


def issue_value(issue: Issue) -> dict[str, object]:
    """Every stored field of an issue under its stored name; the description as one string."""
    return {
        **issue.extra,
        "id": issue.id,
        "title": issue.title,
        "description": issue.description,
        "state": issue.state,
        "priority": issue.priority,
        "assignee": issue.assignee,
        "labels": issue.labels,
        "dependencies": issue.dependencies,
        "links": [{"type": link.type, "target": link.target} for link in issue.links],
        "gates": {
            key: {"status": g.status, "run": g.run, "tree": g.tree, "at": g.at, "by": g.by, "definition": g.definition}
            for key, g in issue.gates.items()
        },
        "documents": [{"path": d.path, "commit": d.commit, "label": d.label, "type": d.type} for d in issue.documents],
        "context": dict(issue.context),
        "due": issue.due,
        "defer_until": issue.defer_until,
        "estimate": issue.estimate,
        "fields": dict(issue.fields),
        "unresolved": [{"type": link.type, "target": link.target} for link in issue.unresolved],
        "external": dict(issue.external),
        "created_at": issue.created_at,
        "created_by": issue.created_by,
        "closed_at": issue.closed_at,
        "close_reason": issue.close_reason,
    }


def comment_value(comment: Comment) -> dict[str, object]:
    return {
        "id": comment.id,
        "author": comment.author,
        "created_at": comment.created_at,
        "body": comment.body,
        "replaces": comment.replaces,
    }


def _plain(value: object) -> object:
    """What `json` cannot write by itself: mappings and collections of other kinds."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} is not data")


def _escaped(found: re.Match[str]) -> str:
    import json

    return json.dumps(found[0])[1:-1]
