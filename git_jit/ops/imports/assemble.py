"""The last step of every reader: values that may be too long or unknown become an issue and comments."""

import json
from collections.abc import Iterable
from typing import Any

from git_jit.model import Comment, Issue, IssueId, Json, Timestamp
from git_jit.ops.imports import clean
from git_jit.ops.imports.raw import Raw


def assemble(
    raw: Raw, *, system: str, source_id: str, id: IssueId, title: str, body: str, created_at: Timestamp, **rest: Any
) -> tuple[Issue, list[Comment]]:
    """The issue, and what of it continues in comments. `rest` are further fields of `Issue`.

    Keys that `raw` still holds become `fields[system]`; it must be asked for everything else before.
    """
    head, before = clean.title(title, raw.note)
    pieces = clean.parts("\n\n".join(part for part in (before, body) if part))
    if len(pieces) > 1:
        raw.note("text-too-long", f"{len(pieces)} parts")
    overflow = [(f"description {number}", piece) for number, piece in enumerate(pieces[1:], 1)]
    kept, long = _split(raw.leftovers())
    issue = Issue(
        id=id,
        title=head,
        description=pieces[0],
        created_at=created_at,
        context=dict(raw.context),
        fields={system: kept} if kept else {},
        external={system: source_id},
        **rest,
    )
    if long:
        raw.note("text-too-long", ", ".join(key for key, _ in long))
    return issue, list(_as_comments(issue, [*overflow, *long]))


def _split(leftovers: dict[str, Json]) -> tuple[dict[str, Json], list[tuple[str, str]]]:
    """What fits into a field, and what does not, as text."""
    kept: dict[str, Json] = {}
    long: list[tuple[str, str]] = []
    for key, value in leftovers.items():
        spelled = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
        if len(spelled) * 4 > clean.MAX_FIELD and len(spelled.encode()) > clean.MAX_FIELD:
            long.append((key, spelled))
        else:
            kept[key] = value
    return kept, long


def _as_comments(issue: Issue, pieces: Iterable[tuple[str, str]]) -> Iterable[Comment]:
    for key, body in pieces:
        yield from clean.comments(issue.id, key, body, issue.created_at, issue.created_by)
