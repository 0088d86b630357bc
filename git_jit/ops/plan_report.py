"""What a plan made, for people and programs: keys stand for new issues, so that a dry run says what the run will."""

import re
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from typing import Final

from git_jit.canonical import dumps
from git_jit.changes import FieldChange
from git_jit.model import SHORT_ID, Issue, IssueId, Json, Link, LinkType, State, short
from git_jit.ops.report import Outcome, change_json
from git_jit.plans import Entry
from git_jit.plans.entries import fields_of
from git_jit.plans.printing import tail
from git_jit.record import record, replace

SEEN: Final = "plan:seen"
"""The key of `Issue.external` that holds the fingerprint of the entry as it was when the issue was created."""
FINGERPRINT: Final = 16
"""Digits of SHA-256 that tell one version of an entry from another; it detects change, it protects nothing."""
OURS: Final = frozenset({"closed_at", "created_at", "created_by", "external"})
"""Fields that no plan says."""

_SHORT: Final = re.compile(rf"\b[0-9a-f]{{{SHORT_ID}}}\b")


@record(kw_only=True)
class Line:
    """One issue that is new, or that changes because of those that are."""

    id: IssueId
    key: str | None
    """Of a new one."""
    title: str
    state: State
    summary: str
    """What a plan file would say behind the title; of an issue that changes it is empty."""
    changes: tuple[FieldChange, ...]

    def to_json(self, *, dry_run: bool) -> dict[str, object]:
        """In a dry run the id of a new issue is None: the run will draw another one."""
        return {
            "key": self.key,
            "id": None if dry_run and self.key else self.id,
            "title": self.title,
            "state": self.state,
            "changes": change_json(self.changes),
        }


def lines_of(outcomes: Iterable[Outcome], names: Mapping[IssueId, str]) -> tuple[Line, ...]:
    """A line for each outcome: new issues in the order given, then the others by id."""
    lines = [_line(outcome.issue, outcome.changes, names) for outcome in outcomes if outcome.issue and outcome.changed]
    return (*(line for line in lines if line.key), *sorted((ln for ln in lines if not ln.key), key=lambda ln: ln.id))


def namer(names: Mapping[IssueId, str]) -> Callable[[str], str]:
    """Puts keys into a sentence in place of the short ids of new issues, which nobody has seen yet."""
    by_short = {short(id): key for id, key in names.items()}
    return lambda sentence: _SHORT.sub(lambda found: by_short.get(found[0], found[0]), sentence)


def fingerprint(entry: Entry) -> str:
    """Changes when the entry does, its place in the file apart."""
    return sha256(dumps({"key": entry.key, **fields_of(entry)})).hexdigest()[:FINGERPRINT]


def differences(entry: Entry, issue: Issue) -> tuple[str, ...]:
    """The fields, as plans call them, that `entry` (its references resolved) says and `issue` has otherwise.

    Of sets it only counts what is missing: labels and edges that came later are no contradiction.
    """
    found = {
        "title": entry.title != issue.title,
        "description": entry.description != issue.description,
        "state": entry.state is not None and entry.state.value != issue.state.value,
        "priority": entry.priority is not issue.priority,
        "assignee": entry.assignee not in (None, issue.assignee),
        "labels": not set(entry.labels) <= set(issue.labels),
        "depends_on": not set(entry.depends_on) <= set(issue.dependencies),
        "parent": entry.parent is not None and Link(LinkType.PARENT.value, entry.parent) not in issue.links,
        "links": not set(entry.links) <= set(issue.links),
        "gates": not set(entry.gates) <= set(issue.gates),
        "documents": not set(entry.documents) <= set(issue.documents),
        "context": not entry.context.items() <= issue.context.items(),
        "due": entry.due not in (None, issue.due),
        "defer_until": entry.defer_until not in (None, issue.defer_until),
        "estimate": entry.estimate not in (None, issue.estimate),
        "fields": any(issue.fields.get(name) != value for name, value in entry.fields.items()),
    }
    return tuple(name for name, differs in found.items() if differs)


def _line(issue: Issue, changes: tuple[FieldChange, ...], names: Mapping[IssueId, str]) -> Line:
    key = names.get(issue.id)
    said = [change for change in changes if key is None or change.field not in OURS]
    return Line(
        id=issue.id,
        key=key,
        title=issue.title,
        state=issue.state,
        summary=tail(_entry_of(issue, names)) if key else "",
        changes=tuple(_named(change, names) for change in said),
    )


def _entry_of(issue: Issue, names: Mapping[IssueId, str]) -> Entry:
    """The issue as an entry of a plan would say it, without what a line of its own shows."""

    def name(id: str) -> str:
        return names.get(IssueId(id)) or short(id)

    links = sorted(replace(link, target=name(link.target)) for link in issue.links)
    parents = [link.target for link in links if link.type == LinkType.PARENT]
    return Entry(
        key="",
        description=issue.description,
        priority=issue.priority,
        assignee=issue.assignee,
        labels=issue.labels,
        depends_on=tuple(sorted(map(name, issue.dependencies))),
        parent=parents[0] if parents else None,
        links=tuple(Link(link.type, link.target) for link in links if link.type != LinkType.PARENT),
        gates=tuple(issue.gates),
        documents=issue.documents,
        context=issue.context,
        due=issue.due,
        defer_until=issue.defer_until,
        estimate=issue.estimate,
        fields=issue.fields,
    )


def _named(change: FieldChange, names: Mapping[IssueId, str]) -> FieldChange:
    if change.field not in {"dependencies", "links"}:
        return change
    return replace(change, old=_with_names(change.old, names), new=_with_names(change.new, names))


def _with_names(members: Json, names: Mapping[IssueId, str]) -> Json:
    """A list of ids, or of links, with keys for new issues, in an order that does not depend on their ids."""
    if not isinstance(members, list):
        return members
    plain = [names.get(IssueId(one), one) for one in members if isinstance(one, str)]
    links = [
        {**link, "target": names.get(IssueId(str(link["target"])), link["target"])}
        for link in members
        if isinstance(link, dict)
    ]
    return [*sorted(plain), *sorted(links, key=lambda link: (str(link["type"]), str(link["target"])))]
