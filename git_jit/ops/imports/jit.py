"""The Rust tracker's `.jit` directory: issues, gates, verdicts, rules, and what its log knows beside them.

UUIDs without their hyphens are our ids, so everything keeps its name. Gate commands are data here like any
other: nothing is run, and git jit will not run them before somebody approved them.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from git_jit.model import (
    Document,
    GateKey,
    GateStatus,
    GateVerdict,
    IssueId,
    Json,
    Priority,
    State,
    Timestamp,
)
from git_jit.ops.imports import clean
from git_jit.ops.imports.assemble import assemble
from git_jit.ops.imports.jit_history import History, read_history
from git_jit.ops.imports.jit_rules import gate_key, read_gates, read_rules
from git_jit.ops.imports.raw import Raw
from git_jit.ops.imports.reading import json_object, printable, regular_files
from git_jit.ops.imports.record import (
    DEPENDS_ON,
    UNKNOWN_TIME,
    MalformedInput,
    Parsed,
    Problem,
    Record,
    Reference,
    Remarks,
    SourceMissing,
    identify,
)
from git_jit.record import replace

SYSTEM: Final = "jit"
STATES: Final = {
    **{state.value: state for state in State},
    "open": State.BACKLOG,  # what `backlog` was called until its version 0.2
    "inprogress": State.IN_PROGRESS,
}
VERDICTS: Final = {verdict.value: verdict for verdict in GateVerdict}


def read(path: str) -> Parsed:
    """Read a `.jit` directory, or the repository that holds one. Raises `SourceMissing` or `MalformedInput`."""
    root = _find(path)
    remarks = Remarks()
    gates = read_gates(root, remarks)
    documents = _documents(root, remarks)
    known = frozenset(identify(SYSTEM, _text(document.get("id"))) for document, _ in documents)
    history = read_history(root, known, remarks)
    records: list[Record] = []
    problems: list[Problem] = []
    for document, where in documents:
        try:
            records.append(_record(Raw(document, remarks, where), history))
        except ValueError as error:
            problems.append(Problem(where, None, str(error)))
    if problems:
        raise MalformedInput(problems)
    _check_index(root, known, remarks)
    _check_gates(records, frozenset(gate.key for gate in gates), remarks)
    if not records:
        remarks.add("empty-input", path, "no issue")
    return Parsed(
        system=SYSTEM,
        origin=path,
        records=tuple(records),
        gates=tuple(gates),
        config=read_rules(root, remarks),
        remarks=remarks,
    )


def _find(path: str) -> Path:
    if not Path(path).exists():
        raise SourceMissing(f"'{path}' does not exist", hint="name the '.jit' directory, or the repository it is in")
    for root in (Path(path), Path(path, ".jit")):
        if (root / "issues").is_dir():
            return root
    raise SourceMissing(
        f"'{path}' holds no 'issues' directory", hint="name the '.jit' directory, or the repository it is in"
    )


def _documents(root: Path, remarks: Remarks) -> list[tuple[dict[str, Any], str]]:
    """Every issue file's object with its path. Raises `MalformedInput` with all that cannot be read."""
    found: list[tuple[dict[str, Any], str]] = []
    problems: list[Problem] = []
    folder = root / "issues"
    for name, usable in regular_files(folder, ".json"):
        where = printable(f"issues/{name}")
        if not usable:
            remarks.add("file-not-read", where, "not a JSON file")
            continue
        try:
            document = json_object(folder / name, where)
        except MalformedInput as error:
            problems += error.problems
            continue
        if "id" in document and f"{document['id']}.json" != name:
            remarks.add("name-differs", where, str(document["id"]))
        found.append((document, where))
    if problems:
        raise MalformedInput(problems)
    return found


def _record(raw: Raw, history: History) -> Record:
    source_id = clean.text(raw.required("id"), raw.note)
    id = identify(SYSTEM, source_id)
    title = raw.required("title")
    state, labels = _state(raw)
    created_at, updated_at = raw.timestamp("created_at"), raw.timestamp("updated_at")
    if created_at is None:
        raw.note("missing-field", "created_at")
    if updated_at:
        raw.note("updated-at-derived", updated_at)
    references = tuple(Reference(DEPENDS_ON, t, identify(SYSTEM, t)) for t in raw.strings("dependencies"))
    documents, extra = _attachments(raw)
    closed_at, reason = _closing(raw, state, history, id, updated_at)
    context = {clean.text(key, raw.note): _memory(value) for key, value in raw.object("context").items()}
    issue, overflow = assemble(
        raw,
        system=SYSTEM,
        source_id=source_id,
        id=id,
        title=title,
        body=raw.string("description") or "",
        created_at=created_at or updated_at or UNKNOWN_TIME,
        state=state,
        priority=_priority(raw),
        assignee=raw.actor("assignee", SYSTEM),
        labels=raw.labels("labels", SYSTEM, always=labels),
        gates=_gates(raw, history, id),
        documents=documents,
        closed_at=closed_at,
        close_reason=reason,
        extra=extra,
    )
    issue = replace(issue, context={**context, **issue.context})
    comments = (*history.comments_on(id, tuple(document.path for document in documents)), *overflow)
    return Record(
        source_id=source_id,
        where=raw.where,
        issue=issue,
        references=references,
        comments=comments,
        updated_at=updated_at,
    )


def _text(value: object) -> str:
    return clean.text(str(value), lambda *_: None)


def _state(raw: Raw) -> tuple[State, tuple[str, ...]]:
    said = raw.string("state")
    if said is None:
        raw.note("missing-field", "state")
        return State.BACKLOG, ()
    known = STATES.get(said.strip().lower())
    if known:
        return known, ()
    label = clean.label(f"status:{said}", lambda *_: None)
    raw.note("unknown-state", f"'{said}' to {label or 'backlog'}")
    return State.BACKLOG, (label,) if label else ()


def _priority(raw: Raw) -> Priority:
    said = raw.string("priority")
    if said is None:
        raw.note("missing-field", "priority")
        return Priority.NORMAL
    try:
        return Priority(said.strip().lower())
    except ValueError:
        raw.keep("priority", said, "unknown-priority")
        return Priority.NORMAL


def _closing(
    raw: Raw, state: State, history: History, id: IssueId, updated_at: Timestamp | None
) -> tuple[Timestamp | None, str | None]:
    """When and why the issue was closed: the log knows when, and newer versions say it themselves."""
    if not state.terminal:
        return None, None
    at = raw.timestamp("closed_at") or history.closed_at(id)
    if at is None:
        raw.note("closed-at-guessed", str(updated_at))
    return at or updated_at, raw.string("close_reason")


def _memory(value: Any) -> str:
    """The context of an issue is text; other values are kept as JSON."""
    from json import dumps

    return _text(value if isinstance(value, str) else dumps(value, ensure_ascii=False, sort_keys=True))


def _attachments(raw: Raw) -> tuple[tuple[Document, ...], dict[str, Json]]:
    """The documents, and what their entries say beyond our fields, where the codec looks for it."""
    found: list[Document] = []
    extra: dict[str, Json] = {}
    for entry in raw.objects("documents"):
        one = Raw(entry, raw.remarks, raw.where)
        path = one.string("path")
        if not path:
            raw.keep("documents", entry)
            continue
        commit = one.string("commit")
        found.append(Document(path=path, commit=commit, label=one.string("label"), type=one.string("doc_type")))
        rest = {key: clean.storable(value, raw.note) for key, value in one.rest.items() if value not in (None, [])}
        if rest:
            raw.note("document-details", f"{path}: {', '.join(sorted(rest))}")
            extra[f"{path}@{commit}" if commit else path] = rest
    return tuple(sorted(set(found), key=_by_path)), {"documents": extra} if extra else {}


def _by_path(document: Document) -> tuple[str, ...]:
    return document.path, document.commit or "", document.label or "", document.type or ""


def _gates(raw: Raw, history: History, id: IssueId) -> Mapping[GateKey, GateStatus]:
    """Each required gate with its latest verdict, from the issue or else from its runs."""
    verdicts = raw.object("gates_status")
    found: dict[GateKey, GateStatus] = {}
    for name in raw.strings("gates_required"):
        key = gate_key(name, raw.note)
        said = verdicts.pop(name, None)
        found[key] = _verdict(Raw(said, raw.remarks, raw.where)) if isinstance(said, dict) else GateStatus()
        run = history.latest_run(id, name)
        if run and (found[key].at or "") < (run.at or ""):
            found[key] = run
    if verdicts:
        raw.keep("gates_status", verdicts, "gate-not-required")
    return found


def _verdict(raw: Raw) -> GateStatus:
    said = (raw.string("status") or "pending").lower()
    if said not in VERDICTS:
        raw.note("unknown-state", f"verdict '{said}' to pending")
    return GateStatus(
        status=VERDICTS.get(said, GateVerdict.PENDING),
        at=raw.timestamp("updated_at"),
        by=raw.actor("updated_by", SYSTEM),
    )


def _check_index(root: Path, known: frozenset[IssueId], remarks: Remarks) -> None:
    """Compare with the workspace's own list: what it names and has no file was lost, not deleted."""
    path = root / "index.json"
    if not path.is_file():
        remarks.add("file-absent", "index.json", "no index")
        return
    index = Raw(json_object(path, "index.json"), remarks, "index.json")
    deleted = {identify(SYSTEM, name) for name in index.strings("deleted_ids")}
    for name in index.strings("all_ids"):
        if (id := identify(SYSTEM, name)) not in known and id not in deleted:
            remarks.add("listed-but-absent", "index.json", name)
    for id in sorted(deleted - known):
        remarks.add("deleted-in-source", "index.json", id)


def _check_gates(records: list[Record], defined: frozenset[GateKey], remarks: Remarks) -> None:
    for record in records:
        for key in record.issue.gates.keys() - defined:
            remarks.add("gate-undefined", record.where, key)
