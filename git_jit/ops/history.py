"""What happened: events derived from commits. Nothing is logged apart, so nothing can be forgotten."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from git_jit.changes import FieldChange, exact_changes
from git_jit.differences import Fate, document, fate_of
from git_jit.model import Commit, FileChange, IssueId, Oid, Timestamp
from git_jit.ops import event_kinds
from git_jit.reader import is_id
from git_jit.record import field, record
from git_jit.times import as_timestamp

UNTOLD: Final = "foreign"
"""The operation of a commit that names none."""


@record
class Change:
    """One thing that a commit changed: an issue, a comment, a gate, the configuration, or another file."""

    kinds: tuple[str, ...]
    issue: IssueId | None
    path: str
    fields: tuple[FieldChange, ...]
    """Every field that differs; of what came or went, all that it has. None where a version cannot be read."""
    fate: Fate = Fate.UPDATED

    def to_json(self) -> dict[str, object]:
        """As `--json` shows it; `absent` is said where null and "no such field" are not the same otherwise."""
        tell = self.fate is Fate.UPDATED
        return {
            "kinds": list(self.kinds),
            "issue": self.issue,
            "path": self.path,
            "fate": self.fate,
            "fields": [
                {"field": f.field, "old": f.old, "new": f.new, **({"absent": f.absent} if tell and f.absent else {})}
                for f in self.fields
            ],
        }


@record(kw_only=True)
class Event:
    """One commit, read as an event. A bulk change of 500 issues is one event with 500 changes.

    The record of a gate run is an event as well; it has no commit.
    """

    id: str
    """The same for ever: the commit, or the run."""
    source: str = event_kinds.ISSUES
    commit: Oid | None
    parents: tuple[Oid, ...] = ()
    at: Timestamp
    actor: str
    op: str
    subject: str
    request: str | None = None
    filter: str | None = None
    reason: str | None = None
    kinds: tuple[str, ...] = ()
    """What it is as a whole."""
    changes: tuple[Change, ...] = ()
    taken: Mapping[str, int] = field(default_factory=dict)
    """Of a merge: files that are as in another parent than the first, with its number, from 2: told on that side."""

    @property
    def every_kind(self) -> frozenset[str]:
        return frozenset(self.kinds).union(*(change.kinds for change in self.changes))

    def to_json(self) -> dict[str, object]:
        """The event as `--json` shows it."""
        return {
            "id": self.id,
            "source": self.source,
            "commit": self.commit,
            "parents": list(self.parents),
            "at": self.at,
            "actor": self.actor,
            "op": self.op,
            "subject": self.subject,
            "request": self.request,
            "filter": self.filter,
            "reason": self.reason,
            "kinds": list(self.kinds),
            "changes": [change.to_json() for change in self.changes],
            "taken": dict(self.taken),
        }


@record(kw_only=True)
class EventQuery:
    """Which events are wanted; None and empty mean any. With issues, an event holds only what changed about them."""

    issue: IssueId | None = None
    issues: Collection[IssueId] | None = None
    actors: Sequence[str] = ()
    """In each, `*` and `?` are wildcards."""
    ops: Sequence[str] = ()
    """As `actors`."""
    kinds: Collection[str] = ()
    """As `event_kinds.chosen` gives them."""
    since: Timestamp | None = None
    until: Timestamp | None = None

    @property
    def needs_changes(self) -> bool:
        """Whether what a commit changed must be known to know whether it fits."""
        return bool(self.kinds) or self.issue is not None or self.issues is not None

    def may_fit(self, *, actor: str, op: str, at: Timestamp) -> bool:
        """Whether an event may fit, by what is known without looking at what it changed."""
        if (self.since and at < self.since) or (self.until and at > self.until):
            return False
        said = ((self.actors, actor), (self.ops, op))
        return all(not some or any(event_kinds.pattern(one)(text) for one in some) for some, text in said)

    def fits(self, event: Event) -> bool:
        """Whether an event fits that `may_fit`."""
        if not event.changes and (self.issue is not None or self.issues is not None):
            return False
        return not self.kinds or not event.every_kind.isdisjoint(self.kinds)

    def wants(self, change: Change) -> bool:
        if self.issue is not None and change.issue != self.issue:
            return False
        return self.issues is None or change.issue in self.issues


def event_of(
    commit: Commit,
    files: Sequence[FileChange],
    *,
    wanted: EventQuery | None = None,
    source: str = event_kinds.ISSUES,
    taken: Mapping[str, int] | None = None,
) -> Event:
    """Read a commit and what it changed as one event, with the changes that are `wanted`."""
    own, op = "Jit-Op" in commit.trailers, op_of(commit)
    name = claim_change if source == event_kinds.CLAIMS else change_of
    changes = [name(file, op) for file in files]
    merges = len(commit.parents) > 1
    return Event(
        id=commit.oid,
        source=source,
        commit=commit.oid,
        parents=commit.parents,
        at=timestamp_of(commit),
        actor=actor_of(commit),
        op=op,
        subject=commit.subject,
        request=commit.trailers.get("Jit-Request"),
        filter=commit.trailers.get("Jit-Filter"),
        reason=commit.trailers.get("Jit-Reason"),
        kinds=event_kinds.commit_kinds(op, merges=merges, own=own) if source == event_kinds.ISSUES else (),
        changes=tuple(change for change in changes if wanted is None or wanted.wants(change)),
        taken=taken or {},
    )


def change_of(file: FileChange, op: str = "") -> Change:
    """Name one file's change: what kinds of event it is, for which issue, and which fields differ."""
    fields = fields_of(file)
    match file.path.split("/"):
        case ["issues", _, name]:
            kinds = event_kinds.issue_kinds(file, fields, op)
            return Change(kinds, IssueId(name.removesuffix(".json")), file.path, fields, fate_of(file))
        case ["comments", _, issue, _] | ["conflicts", issue, _] if is_id(issue):
            return Change(event_kinds.file_kinds(file), IssueId(issue), file.path, fields, fate_of(file))
        case _:
            return Change(event_kinds.file_kinds(file), None, file.path, fields, fate_of(file))


def claim_change(file: FileChange, op: str = "") -> Change:
    """The same of a file of the claims."""
    del op
    name = file.path.rpartition("/")[2].removesuffix(".json")
    issue = IssueId(name) if is_id(name) else None
    return Change(event_kinds.claim_kinds(file), issue, file.path, fields_of(file), fate_of(file))


def fields_of(file: FileChange) -> tuple[FieldChange, ...]:
    """What differs in a file, exactly; nothing where a version that is there cannot be read."""
    old, new = document(file.old), document(file.new)
    if (old is None) is not (file.old is None) or (new is None) is not (file.new is None):
        return ()
    return tuple(exact_changes(old, new))


def actor_of(commit: Commit) -> str:
    """Who did it by their own account; for a commit that is not ours, its author."""
    return commit.trailers.get("Jit-Actor") or commit.author


def op_of(commit: Commit) -> str:
    """The operation; for a commit that is not ours, `UNTOLD`."""
    return commit.trailers.get("Jit-Op", UNTOLD)


def timestamp_of(commit: Commit) -> Timestamp:
    """When it was published, from the committer's clock, to the second."""
    return as_timestamp(commit.time)
