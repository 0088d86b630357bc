"""Reading a blob as what its path says; what a path says is in `git_jit.paths`, whose names are here as well."""

from collections.abc import Mapping
from time import gmtime, strftime
from typing import Final, TypeAlias

from git_jit import codec
from git_jit.canonical import Malformed
from git_jit.codec import SchemaNewer
from git_jit.config import Config, ConfigInvalid
from git_jit.model import Comment, Gate, GateKey, Issue, IssueId, Oid, Priority, State, Timestamp, short
from git_jit.paths import AREAS, CONFIG, MISPLACED, Place, comment_path, gate_path, issue_path, place_of, shown
from git_jit.store import CorruptIssue, CorruptObject
from git_jit.store.backend import Encoded
from git_jit.times import LAST_SECOND
from git_jit.view import Plan, Row

__all__ = [
    "AREAS",
    "CONFIG",
    "MISPLACED",
    "UNREADABLE",
    "Document",
    "Place",
    "corrupt_issue",
    "corrupt_rules",
    "edits_of",
    "encoded_issues",
    "examine",
    "moment",
    "place_of",
    "read_comment",
    "read_config",
    "read_gate",
    "read_issue",
    "row_of_broken",
    "shown",
]

UNREADABLE: Final = (Malformed, SchemaNewer, ConfigInvalid)


def read_issue(id: IssueId, data: bytes) -> Issue:
    """Raises one of `UNREADABLE`; also when the document is another issue's."""
    issue = codec.decode_issue(data)
    if issue.id != id:
        raise Malformed("$.id", f"is '{issue.id}', but the path says '{id}'")
    return issue


def read_comment(place: Place, data: bytes) -> Comment:
    """Raises one of `UNREADABLE`; also when the document is another comment's."""
    comment = codec.decode_comment(data)
    if (comment.issue, comment.id) != (place.issue, place.comment):
        raise Malformed("$.id", f"is '{comment.id}' of '{comment.issue}', but the path says '{place.comment}'")
    return comment


def read_gate(key: GateKey, data: bytes) -> Gate:
    """Raises one of `UNREADABLE`; also when the document is another gate's."""
    gate = codec.decode_gate(data)
    if gate.key != key:
        raise Malformed("$.key", f"is '{gate.key}', but the path says '{key}'")
    return gate


def read_config(data: bytes, oid: Oid) -> Config:
    """The rules. Raises `SchemaNewer` or `ConfigInvalid`, and `CorruptObject` if it is no document at all: rules
    that cannot be read are not the same as no rules.
    """
    try:
        return codec.decode_config(data)
    except Malformed as error:
        raise corrupt_rules(oid, error.message) from error


def corrupt_rules(oid: Oid, cause: str) -> CorruptObject:
    return CorruptObject(
        f"the rules in '{CONFIG}' (blob '{oid}') cannot be read: {cause}",
        hint="'git jit log' names the commit that did it, 'git jit undo COMMIT' takes it back",
        details={"path": CONFIG, "oid": oid, "cause": cause},
    )


def corrupt_issue(path: str, oid: Oid, cause: str) -> CorruptIssue:
    """The error for an issue whose blob cannot be read."""
    id = short(path.rpartition("/")[2])
    return CorruptIssue(
        f"the issue in '{path}' (blob '{oid}') cannot be read: {cause}",
        hint=f"'git jit issue history {id}' lists its versions, 'git jit issue restore {id} --at COMMIT' takes one",
        details={"path": path, "oid": oid, "cause": cause},
    )


Document: TypeAlias = Issue | Comment | Gate | Config


def examine(place: Place, data: bytes) -> Document | str:
    """The document that a blob is, if it is what its path says; else why it is not."""
    try:
        match place:
            case Place(comment=str()):
                return read_comment(place, data)
            case Place(issue=str(id)):
                return read_issue(IssueId(id), data)
            case Place(gate=str(key)):
                return read_gate(GateKey(key), data)
            case Place("config"):
                return codec.decode_config(data)
            case _:
                return MISPLACED
    except UNREADABLE as error:
        return error.message


def edits_of(plan: Plan) -> dict[str, bytes | None]:
    """The blobs a plan wants, by path; None deletes. Raises `Malformed` for what could not be read back."""
    edits: dict[str, bytes | None] = dict(plan.raw)
    for id, issue in plan.issues.items():
        edits[issue_path(id)] = None if issue is None else codec.encode_issue(issue)
    for (id, name), comment in plan.comments.items():
        edits[comment_path(id, name)] = None if comment is None else codec.encode_comment(comment)
    for key, gate in plan.gates.items():
        edits[gate_path(key)] = None if gate is None else codec.encode_gate(gate)
    if plan.config is not None:
        edits[CONFIG] = codec.encode_config(plan.config)
    return edits


def encoded_issues(plan: Plan, edits: Mapping[str, bytes | None]) -> Encoded:
    """The plan's issues with their bytes in `edits`, but for those that would not be read back as equal."""
    return {
        id: (data, issue)
        for id, issue in plan.issues.items()
        if issue and issue.id == id and codec.is_sorted(issue) and (data := edits[issue_path(id)])
    }


def row_of_broken(id: IssueId) -> Row:
    """What a list shows for an issue that cannot be read: a line that says so, instead of no list at all."""
    nothing = Timestamp("0001-01-01T00:00:00.000000Z")
    return Row(
        id, "(cannot be read)", State.BACKLOG, Priority.NORMAL, None, (), blocked=False, created_at=nothing, due=None
    )


def moment(seconds: int) -> Timestamp:
    """A commit's time as a `Timestamp`; times beyond the year 9999 stay there."""
    return Timestamp(strftime("%Y-%m-%dT%H:%M:%S.000000Z", gmtime(min(max(seconds, 0), LAST_SECOND))))
