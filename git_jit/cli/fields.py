"""The fields of an issue as `--fields`, `--format` and `--json` name them, and the cheapest way to each."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from git_jit.cli.json_out import issue_value, minified
from git_jit.cli.sanitize import one_line
from git_jit.errors import UsageError
from git_jit.model import Issue, IssueId, short
from git_jit.ops import IssueNotFound
from git_jit.text import suggestion
from git_jit.view import Row, View


class UnknownField(UsageError):
    code = "unknown_field"


SHORT: Final = ("id", "title", "state", "priority", "assignee", "labels", "blocked")
"""What `--json` gives unless asked for more (interface.md)."""
STORED_SHORT: Final = ("id", "title", "state", "priority", "assignee", "labels")
"""The same without what must be derived."""
IN_ROW: Final = (*SHORT, "created_at", "due")
"""Fields of `view.Row`: they cost no decoding of the issue."""
STORED: Final = (
    "id", "title", "description", "state", "priority", "assignee", "labels", "dependencies", "links", "gates",
    "documents", "context", "due", "defer_until", "estimate", "fields", "unresolved", "external", "created_at",
    "created_by", "closed_at", "close_reason",
)  # fmt: skip
DERIVED: Final = ("blocked", "blocks", "updated_at", "version")
"""Never stored: whether and what it blocks, when it changed, and the `--if-version` of its present form."""
ALL: Final = (*STORED, *DERIVED)

Record = dict[str, object]


def parse_fields(text: str) -> tuple[str, ...]:
    """Read `id,title`. Raises `UnknownField`."""
    names = tuple(name.strip().lower().replace("-", "_") for name in text.split(",") if name.strip())
    for name in names:
        check_field(name)
    return names


def check_field(name: str) -> None:
    if name not in ALL:
        raise UnknownField(f"unknown field '{name}'", hint=suggestion(name, ALL, known="known:"))


def records(view: View, ids: Sequence[IssueId], names: Sequence[str]) -> list[Record]:
    """One record for each id, holding `names` in that order."""
    if set(names) <= set(IN_ROW):
        return [_from_row(row, names) for row in view.rows(ids)]
    derived = _derived(view, ids, names)
    result = []
    for id in ids:
        issue = view.issue(id)
        if issue is None:
            raise IssueNotFound(f"no issue '{id}'")
        result.append(_from_issue(issue, names, derived))
    return result


def full_record(view: View, issue: Issue) -> Record:
    """Everything about one issue, keys that this version does not know included."""
    derived = _derived(view, [issue.id], DERIVED)
    return {**issue_value(issue), **{name: derived[name](issue.id) for name in DERIVED}}


def _from_row(row: Row, names: Sequence[str]) -> Record:
    return {name: getattr(row, name) for name in names}


def _from_issue(issue: Issue, names: Sequence[str], derived: Mapping[str, Callable[[IssueId], object]]) -> Record:
    stored = issue_value(issue)
    return {name: derived[name](issue.id) if name in derived else stored[name] for name in names}


def _derived(view: View, ids: Sequence[IssueId], names: Sequence[str]) -> dict[str, Callable[[IssueId], object]]:
    """How to find each derived field that is wanted; what is better asked for all ids at once is asked here."""
    ways: dict[str, Callable[[IssueId], object]] = {}
    if "updated_at" in names:
        ways["updated_at"] = view.updated_at(ids).get
    if "blocked" in names:
        ways["blocked"] = {row.id: row.blocked for row in view.rows(ids)}.get
    if "blocks" in names:
        ways["blocks"] = view.dependents
    if "version" in names:
        ways["version"] = view.version
    return ways


def field_text(value: object) -> str:
    """One field as a piece of one line."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case str():
            return one_line(value)
        case tuple() | list() if all(isinstance(member, str) for member in value):
            return one_line(",".join(value))
        case tuple() | list() | dict():
            return minified(value).rstrip("\n") if value else ""
        case _:
            return str(value)


def document_text(stored: Mapping[str, object]) -> str:
    """A document that an issue names: `docs/plan.md@1b2c3d4 (design, The plan)`."""
    commit = f"@{short(str(stored['commit']))}" if stored.get("commit") else ""
    said = ", ".join(str(stored[name]) for name in ("type", "label") if stored.get(name))
    return f"{stored.get('path')}{commit}{f' ({said})' if said else ''}"
