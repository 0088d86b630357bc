"""What a path on the issues ref means, and reading a blob as what its path says."""

from time import gmtime, strftime
from typing import Final, NamedTuple, TypeAlias

from git_jit import codec
from git_jit.canonical import Malformed
from git_jit.codec import SchemaNewer
from git_jit.config import Config, ConfigInvalid
from git_jit.model import Comment, CommentId, Gate, GateKey, Issue, IssueId, Oid, Priority, State, Timestamp, short
from git_jit.reader import is_id
from git_jit.store import CorruptIssue, CorruptObject, comment_path, issue_path
from git_jit.view import Plan, Row

CONFIG: Final = "config.json"
AREAS: Final = ("comments", "gates", "issues")
"""Directories in which every file has a meaning. What lies elsewhere is nobody's business here."""
LAST_SECOND: Final = 253_402_300_799
"""9999-12-31T23:59:59Z: timestamps have four digits for the year."""
MISPLACED: Final = "is not where the tracker keeps anything"
UNREADABLE: Final = (Malformed, SchemaNewer, ConfigInvalid)


class Place(NamedTuple):
    """What a path says about its blob: of the three names, the ones that apply are set."""

    area: str
    """One of `AREAS`, `config`, or empty: ignored."""
    issue: IssueId | None = None
    comment: CommentId | None = None
    gate: GateKey | None = None

    @property
    def odd(self) -> bool:
        """In an area, but not where anything of ours would be."""
        return self.area in AREAS and self.issue is None and self.gate is None


def place_of(path: str) -> Place:
    if path == CONFIG:
        return Place("config")
    area, _, rest = path.partition("/")
    if area not in AREAS:
        return Place("")
    if not path.isascii() and shown(path) != path:
        return Place(area)
    name = rest.rpartition("/")[2].removesuffix(".json")
    match area:
        case "issues":
            return (
                Place(area, issue=IssueId(name)) if is_id(name) and path == issue_path(IssueId(name)) else Place(area)
            )
        case "comments":
            issue = IssueId(rest[3:35])
            fits = is_id(issue) and name and path == comment_path(issue, name)
            return Place(area, issue=issue, comment=CommentId(name)) if fits else Place(area)
        case _:
            return Place(area, gate=GateKey(name)) if name and path == f"gates/{name}.json" else Place(area)


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


def shown(path: str) -> str:
    """`path` as text that every encoder takes: bytes that are not UTF-8 are spelled out."""
    return path.encode("utf-8", "backslashreplace").decode()


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
        edits[f"gates/{key}.json"] = None if gate is None else codec.encode_gate(gate)
    if plan.config is not None:
        edits[CONFIG] = codec.encode_config(plan.config)
    return edits


def row_of_broken(id: IssueId) -> Row:
    """What a list shows for an issue that cannot be read: a line that says so, instead of no list at all."""
    nothing = Timestamp("0001-01-01T00:00:00.000000Z")
    return Row(
        id, "(cannot be read)", State.BACKLOG, Priority.NORMAL, None, (), blocked=False, created_at=nothing, due=None
    )


def moment(seconds: int) -> Timestamp:
    """A commit's time as a `Timestamp`; times beyond the year 9999 stay there."""
    return Timestamp(strftime("%Y-%m-%dT%H:%M:%S.000000Z", gmtime(min(max(seconds, 0), LAST_SECOND))))
