"""Stored documents: values ↔ canonical bytes. The one place for format versions and upgrades.

`decode_*` accepts any spelling of a valid document and checks what the rest of the program relies on: types,
ids, dates, enums. What the repository's rules say about the content is `validate`'s business. `encode_*`
writes the one canonical spelling (`canonical`), with sets sorted and free of duplicates; a well-formed value,
`decode_*` reads back as an equal one.

Keys this version does not know survive a read and a write. An unknown key `k` of a document is `extra["k"]`;
one inside a known nested object is found under the same path, with a list's members named by what makes
them themselves:

    extra["gates"]["tests"]["duration_ms"]
    extra["links"]["parent 8f3c…"]["note"]          also "unresolved"
    extra["documents"]["docs/plan.md"]["pages"]      a pinned one: "docs/plan.md@<commit>"
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, Literal, TypeAlias

from git_jit import canonical, config
from git_jit.canonical import Malformed
from git_jit.config import Config
from git_jit.errors import Fatal
from git_jit.model import (
    Actor,
    Comment,
    CommentId,
    Document,
    Gate,
    GateInput,
    GateKey,
    GateMode,
    GateStage,
    GateStatus,
    GateVerdict,
    Issue,
    Json,
    Link,
    Oid,
    Priority,
    State,
)
from git_jit.reader import Reader
from git_jit.times import normalise_date, normalise_timestamp

__all__ = [
    "SCHEMA",
    "Kind",
    "Malformed",
    "SchemaNewer",
    "decode_comment",
    "decode_config",
    "decode_gate",
    "decode_issue",
    "encode_comment",
    "encode_config",
    "encode_gate",
    "encode_issue",
    "is_canonical",
    "is_sorted",
    "issue_document",
    "issue_from_document",
    "normalise_date",
    "normalise_timestamp",
    "skim_issue",
]

SCHEMA: Final = 1
"""The major version of the stored format. It changes only when older programs must not write any more."""

Kind: TypeAlias = Literal["issue", "comment", "gate", "config"]
JsonObject: TypeAlias = dict[str, Json]

_NESTED: Final = ("gates", "links", "unresolved", "documents")
"""The fields of an issue whose members are objects, so that `extra` may hold keys of theirs."""


class SchemaNewer(Fatal):
    """A newer git jit wrote this document, and says that this one would misread it."""

    code = "schema_newer"

    def __init__(self, schema: int) -> None:
        super().__init__(
            f"'schema' {schema} is newer than this version of git jit, which knows {SCHEMA}",
            hint="upgrade git jit; 'git jit version' shows which one this is",
            details={"schema": schema, "supported": SCHEMA},
        )


def encode_issue(issue: Issue) -> bytes:
    """The canonical bytes of an issue. Raises `Malformed` if they could not be read back."""
    return canonical.dumps(issue_document(issue))


def decode_issue(data: bytes) -> Issue:
    """Read an issue. Raises `Malformed` or `SchemaNewer`."""
    return issue_from_document(canonical.loads(data))


def skim_issue(data: bytes) -> tuple[str, dict[GateKey, GateStatus]]:
    """The description and the verdicts of an issue that is known to be sound: what rules about many texts ask for, at
    a third of the price. Raises `Malformed` or `SchemaNewer`.
    """
    read = _reader(canonical.loads(data))
    return read.lines("description"), _gates(read, {})


def issue_document(issue: Issue) -> JsonObject:
    """The issue as its stored JSON object; `description` is an array of lines."""
    document: JsonObject = {
        "assignee": issue.assignee,
        "close_reason": issue.close_reason,
        "closed_at": issue.closed_at,
        "context": dict(issue.context),
        "created_at": issue.created_at,
        "created_by": issue.created_by,
        "defer_until": issue.defer_until,
        "dependencies": [*sorted(set(issue.dependencies))],
        "description": _lines(issue.description),
        "documents": [_document_entry(entry) for entry in issue.documents],
        "due": issue.due,
        "estimate": issue.estimate,
        "external": dict(issue.external),
        "fields": dict(issue.fields),
        "gates": {key: _gate_entry(status) for key, status in issue.gates.items()},
        "id": issue.id,
        "labels": [*sorted(set(issue.labels))],
        "links": [_link_entry(link) for link in sorted(set(issue.links))],
        "priority": issue.priority,
        "schema": SCHEMA,
        "state": issue.state,
        "title": issue.title,
        "unresolved": [_link_entry(link) for link in issue.unresolved],
    }
    return _with_extra(document, issue.extra) if issue.extra else document


def issue_from_document(document: Json) -> Issue:
    """The inverse of `issue_document`, for JSON from anywhere. Raises `Malformed` or `SchemaNewer`."""
    read = _reader(document)
    extra: JsonObject = {}
    issue = Issue(
        id=read.id("id"),
        title=read.text("title"),
        created_at=read.timestamp("created_at"),
        created_by=_actor(read.optional("created_by")),
        description=read.lines("description"),
        state=read.member(_STATES, "state", State.BACKLOG),
        priority=read.member(_PRIORITIES, "priority", Priority.NORMAL),
        assignee=_actor(read.optional("assignee")),
        labels=tuple(sorted(set(read.strings("labels")))),
        dependencies=tuple(sorted(set(read.ids("dependencies")))),
        links=tuple(sorted(set(_links(read, extra)))),
        gates=_gates(read, extra),
        documents=tuple(_documents(read, extra)),
        context=read.texts("context"),
        due=read.date("due"),
        defer_until=read.date("defer_until"),
        estimate=read.optional_integer("estimate"),
        fields=read.object("fields"),
        unresolved=tuple(_unresolved(read, extra)),
        external=read.texts("external"),
        closed_at=read.optional_timestamp("closed_at"),
        close_reason=read.optional("close_reason"),
        extra=extra,
    )
    extra.update(read.rest)
    return issue


def is_sorted(issue: Issue) -> bool:
    """Whether the sets of an issue are in the order, and without the repetitions, in which they are read back."""
    return (
        issue.labels == tuple(sorted(set(issue.labels)))
        and issue.dependencies == tuple(sorted(set(issue.dependencies)))
        and issue.links == tuple(sorted(set(issue.links)))
    )


def encode_comment(comment: Comment) -> bytes:
    """The canonical bytes of a comment. Raises `Malformed` if they could not be read back."""
    document = {
        **comment.extra,
        "author": comment.author,
        "body": _lines(comment.body),
        "created_at": comment.created_at,
        "id": comment.id,
        "issue": comment.issue,
        "replaces": comment.replaces,
        "schema": SCHEMA,
    }
    return canonical.dumps(document)


def decode_comment(data: bytes) -> Comment:
    """Read a comment. Raises `Malformed` or `SchemaNewer`."""
    read = _reader(canonical.loads(data))
    replaces = read.optional("replaces")
    return Comment(
        id=CommentId(read.text("id")),
        issue=read.id("issue"),
        author=_actor(read.optional("author")),
        created_at=read.timestamp("created_at"),
        body=read.lines("body"),
        replaces=None if replaces is None else CommentId(replaces),
        extra=read.rest,
    )


def encode_gate(gate: Gate) -> bytes:
    """The canonical bytes of a gate definition. Raises `Malformed` if they could not be read back."""
    document = {
        **gate.extra,
        "argv": list(gate.argv),
        "cwd": gate.cwd,
        "description": _lines(gate.description),
        "env_allow": list(gate.env_allow),
        "key": gate.key,
        "mode": gate.mode,
        "pins": list(gate.pins),
        "schema": SCHEMA,
        "stage": gate.stage,
        "timeout_s": gate.timeout_s,
        "title": gate.title,
        **gate.stipulations,
    }
    return canonical.dumps(document)


def decode_gate(data: bytes) -> Gate:
    """Read a gate definition. Raises `Malformed` or `SchemaNewer`."""
    read = _reader(canonical.loads(data))
    return Gate(
        key=GateKey(read.text("key")),
        title=read.text("title"),
        description=read.lines("description"),
        stage=read.member(_STAGES, "stage", GateStage.POSTCHECK),
        mode=read.member(_MODES, "mode", GateMode.MANUAL),
        argv=tuple(read.strings("argv")),
        timeout_s=read.integer("timeout_s", 300),
        cwd=read.optional("cwd"),
        env_allow=tuple(read.strings("env_allow")),
        pins=tuple(read.strings("pins")),
        stdin=read.member(_INPUTS, "stdin", GateInput.NONE),
        memory_mb=read.optional_integer("memory_mb"),
        processes=read.optional_integer("processes"),
        expect_output=read.optional("expect_output"),
        extra=read.rest,
    )


def encode_config(rules: Config) -> bytes:
    """The canonical bytes of `config.json`. Raises `Malformed` if they could not be read back."""
    return canonical.dumps({"schema": SCHEMA, **config.stored(rules)})


def decode_config(data: bytes) -> Config:
    """Read `config.json`. Raises `Malformed`, `SchemaNewer` or `config.ConfigInvalid`."""
    read = _reader(canonical.loads(data))
    return config.parse(read.rest)


def is_canonical(data: bytes, kind: Kind = "issue") -> bool:
    """Whether `data` is a readable document of that kind, spelled as we would spell it."""
    try:
        return _RESPELL[kind](data) == data
    except (Malformed, SchemaNewer, config.ConfigInvalid):
        return False


_RESPELL: Final[Mapping[Kind, Callable[[bytes], bytes]]] = {
    "issue": lambda data: encode_issue(decode_issue(data)),
    "comment": lambda data: encode_comment(decode_comment(data)),
    "gate": lambda data: encode_gate(decode_gate(data)),
    "config": lambda data: encode_config(decode_config(data)),
}

_STATES: Final = {state.value: state for state in State}
_PRIORITIES: Final = {priority.value: priority for priority in Priority}
_VERDICTS: Final = {verdict.value: verdict for verdict in GateVerdict}
_STAGES: Final = {stage.value: stage for stage in GateStage}
_MODES: Final = {mode.value: mode for mode in GateMode}
_INPUTS: Final = {input.value: input for input in GateInput}


def _reader(document: Json) -> Reader:
    """Begin to read a document whose version this program knows."""
    read = Reader(document)
    schema = read.integer("schema", 0)
    if schema > SCHEMA:
        raise SchemaNewer(schema)
    if schema < 1:
        raise read.fail("schema", "must be a positive integer")
    return read


def _actor(text: str | None) -> Actor | None:
    return None if text is None else Actor(text)


def _links(read: Reader, extra: JsonObject) -> Iterator[Link]:
    for entry in read.objects("links"):
        link = Link(entry.text("type"), entry.id("target"))
        _keep(extra, "links", f"{link.type} {link.target}", entry)
        yield link


def _unresolved(read: Reader, extra: JsonObject) -> Iterator[Link]:
    for entry in read.objects("unresolved"):
        link = Link(entry.text("type"), entry.text("target"))
        _keep(extra, "unresolved", f"{link.type} {link.target}", entry)
        yield link


def _gates(read: Reader, extra: JsonObject) -> dict[GateKey, GateStatus]:
    gates = {}
    for key, value in read.object("gates").items():
        entry = Reader(value, f"$.gates.{key}")
        tree = entry.optional("tree")
        gates[GateKey(key)] = GateStatus(
            status=entry.member(_VERDICTS, "status", GateVerdict.PENDING),
            run=entry.optional("run"),
            tree=None if tree is None else Oid(tree),
            at=entry.optional_timestamp("at"),
            by=_actor(entry.optional("by")),
            definition=entry.optional("definition"),
        )
        _keep(extra, "gates", key, entry)
    return gates


def _documents(read: Reader, extra: JsonObject) -> Iterator[Document]:
    for entry in read.objects("documents"):
        found = Document(
            path=entry.text("path"),
            commit=entry.optional("commit"),
            label=entry.optional("label"),
            type=entry.optional("type"),
        )
        _keep(extra, "documents", f"{found.path}@{found.commit}" if found.commit else found.path, entry)
        yield found


def _keep(extra: JsonObject, field: str, name: str, entry: Reader) -> None:
    """Remember what a nested object holds beyond what we know."""
    if entry.rest:
        kept = extra.setdefault(field, {})
        assert isinstance(kept, dict)
        kept[name] = entry.rest


def _lines(text: str) -> list[Json]:
    return [*text.split("\n")] if text else []


def _link_entry(link: Link) -> JsonObject:
    return {"target": link.target, "type": link.type}


def _gate_entry(status: GateStatus) -> JsonObject:
    """`definition` came after the first published format: it appears only where it says something."""
    entry: JsonObject = {
        "at": status.at,
        "by": status.by,
        "run": status.run,
        "status": status.status,
        "tree": status.tree,
    }
    return entry if status.definition is None else {**entry, "definition": status.definition}


def _document_entry(entry: Document) -> JsonObject:
    return {"commit": entry.commit, "label": entry.label, "path": entry.path, "type": entry.type}


def _with_extra(document: JsonObject, extra: Mapping[str, Json]) -> JsonObject:
    """Put unknown keys back where they were found; those of members that are gone are dropped."""
    for field in _NESTED:
        kept = extra.get(field)
        members = document[field]
        if isinstance(kept, dict) and isinstance(members, dict):
            _restore(members.items(), kept)
        elif isinstance(kept, dict) and isinstance(members, list):
            _restore(((_name(member), member) for member in members if isinstance(member, dict)), kept)
    return {**extra, **document}


def _restore(members: Iterable[tuple[str, Json]], kept: JsonObject) -> None:
    for name, member in members:
        unknown = kept.get(name)
        if isinstance(member, dict) and isinstance(unknown, dict):
            member.update({key: value for key, value in unknown.items() if key not in member})


def _name(member: Mapping[str, Json]) -> str:
    """What makes a member of a list itself: the key of its unknown keys in `extra`."""
    if "target" in member:
        return f"{member['type']} {member['target']}"
    return f"{member['path']}@{member['commit']}" if member["commit"] else str(member["path"])
