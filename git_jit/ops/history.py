"""What happened: events derived from commits. Nothing is logged apart, so nothing can be forgotten."""

from collections.abc import Iterator
from datetime import UTC, datetime

from git_jit.changes import FieldChange, field_changes
from git_jit.differences import document
from git_jit.model import Commit, FileChange, IssueId, Json, Oid, Timestamp
from git_jit.record import record
from git_jit.store import Store, comment_path, issue_path

KIND_OF_FIELD = {
    "state": "state_changed",
    "assignee": "assigned",
    "labels": "labels_changed",
    "dependencies": "dependencies_changed",
    "links": "links_changed",
    "gates": "gates_changed",
    "documents": "documents_changed",
}
"""What a change of this field is called; every other one is `issue_updated`."""


@record
class Change:
    """One thing that a commit changed: an issue, a comment, a gate, the configuration, or another file."""

    kinds: tuple[str, ...]
    issue: IssueId | None
    path: str
    fields: tuple[FieldChange, ...]


@record(kw_only=True)
class Event:
    """One commit, read as an event. A bulk change of 500 issues is one event with 500 changes."""

    commit: Oid
    at: Timestamp
    actor: str
    op: str
    subject: str
    request: str | None
    filter: str | None
    reason: str | None
    changes: tuple[Change, ...]

    def to_json(self) -> dict[str, object]:
        """The event as `--json` shows it."""
        return {
            "commit": self.commit,
            "at": self.at,
            "actor": self.actor,
            "op": self.op,
            "subject": self.subject,
            "request": self.request,
            "filter": self.filter,
            "reason": self.reason,
            "changes": [
                {
                    "kinds": list(change.kinds),
                    "issue": change.issue,
                    "path": change.path,
                    "fields": [{"field": f.field, "old": f.old, "new": f.new} for f in change.fields],
                }
                for change in self.changes
            ],
        }


@record(kw_only=True)
class EventQuery:
    """Which events are wanted; None and empty mean any."""

    issue: IssueId | None = None
    actor: str | None = None
    kind: str | None = None
    since: Timestamp | None = None
    until: Timestamp | None = None


def events(store: Store, wanted: EventQuery, *, start: str | None = None, brief: bool = False) -> Iterator[Event]:
    """The events that fit, newest first, from `start` (a revision; the tip by default) back.

    With an issue, each event holds only the changes to that issue and its comments. `brief` leaves the changes
    out, and with them the reading of every blob that changed; a wanted kind needs them all the same.
    """
    brief = brief and wanted.kind is None
    for commit in commits(store, wanted.issue, start=start):
        at = timestamp_of(commit)
        if wanted.since and at < wanted.since:
            return
        if (wanted.until and at > wanted.until) or (wanted.actor and actor_of(commit) != wanted.actor):
            continue
        event = event_of(commit, [] if brief else store.changes(commit), only=wanted.issue)
        if wanted.kind and not any(wanted.kind in change.kinds for change in event.changes):
            continue
        yield event


def commits(store: Store, issue: IssueId | None, *, start: str | None = None) -> Iterator[Commit]:
    """Commits newest first; with an issue, those that touched it or one of its comments."""
    if issue is None:
        yield from store.history(start)
        return
    own = store.history(start, path=issue_path(issue))
    remarks = store.history(start, path=comment_path(issue, "").rsplit("/", 1)[0])
    touched = {commit.oid for commit in own} | {commit.oid for commit in remarks}
    for commit in store.history(start):
        if commit.oid in touched:
            touched.remove(commit.oid)
            yield commit
        if not touched:
            return


def event_of(commit: Commit, files: list[FileChange], *, only: IssueId | None = None) -> Event:
    """Read a commit and what it changed as one event."""
    changes = [change_of(file) for file in files]
    return Event(
        commit=commit.oid,
        at=timestamp_of(commit),
        actor=actor_of(commit),
        op=commit.trailers.get("Jit-Op", "foreign"),
        subject=commit.subject,
        request=commit.trailers.get("Jit-Request"),
        filter=commit.trailers.get("Jit-Filter"),
        reason=commit.trailers.get("Jit-Reason"),
        changes=tuple(change for change in changes if only is None or change.issue == only),
    )


def change_of(file: FileChange) -> Change:
    """Name one file's change: what kinds of event it is, for which issue, and which fields differ."""
    old, new = document(file.old), document(file.new)
    fields = tuple(field_changes(old, new)) if file.old is not None and file.new is not None else ()
    match file.path.split("/"):
        case ["issues", _, name]:
            return Change(_issue_kinds(file, fields), IssueId(name.removesuffix(".json")), file.path, fields)
        case ["comments", _, issue, _]:
            kind = "comment_removed" if file.new is None else _comment_kind(new)
            return Change((kind,), IssueId(issue), file.path, fields)
        case ["gates", _]:
            return Change((f"gate_{_verb(file, 'defined', 'updated', 'removed')}",), None, file.path, fields)
        case ["config.json"]:
            return Change(("config_changed",), None, file.path, fields)
        case _:
            return Change((f"file_{_verb(file, 'added', 'changed', 'removed')}",), None, file.path, fields)


def actor_of(commit: Commit) -> str:
    """Who did it by their own account; for a commit that is not ours, its author."""
    return commit.trailers.get("Jit-Actor") or commit.author


def timestamp_of(commit: Commit) -> Timestamp:
    """When it was published, from the committer's clock, to the second."""
    at = datetime.fromtimestamp(commit.time, UTC)
    return Timestamp(at.strftime("%Y-%m-%dT%H:%M:%S.000000Z"))


def _issue_kinds(file: FileChange, fields: tuple[FieldChange, ...]) -> tuple[str, ...]:
    if file.old is None or file.new is None:
        return (f"issue_{_verb(file, 'created', 'updated', 'deleted')}",)
    kinds = {KIND_OF_FIELD.get(change.field, "issue_updated") for change in fields}
    return tuple(sorted(kinds)) or ("issue_rewritten",)


def _comment_kind(new: dict[str, Json] | None) -> str:
    return "comment_edited" if new and new.get("replaces") else "comment_added"


def _verb(file: FileChange, came: str, stayed: str, went: str) -> str:
    if file.old is None:
        return came
    return went if file.new is None else stayed
