"""beads: one issue a line of `issues.jsonl`.

The mapping follows the rules in `docs/how-to/moving-in.md`: statuses and priorities by table, types as
`type:` labels, blocking edges as dependencies, `parent-child` as parent, the others as links.
"""

from pathlib import Path
from typing import Final

from git_jit.model import Comment, IssueId, Json, LinkType, Priority, State, Timestamp
from git_jit.ops.imports import clean
from git_jit.ops.imports.assemble import assemble
from git_jit.ops.imports.raw import Raw
from git_jit.ops.imports.reading import Line, decode, json_lines, read_text
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

SYSTEM: Final = "beads"
FILES: Final = ("issues.jsonl", "beads.jsonl")
"""Where the export lies below `.beads`; older versions used the second name."""

STATES: Final = {
    "open": None,
    "in_progress": State.IN_PROGRESS,
    "hooked": State.IN_PROGRESS,
    "blocked": None,
    "deferred": State.BACKLOG,
    "pinned": None,
    "closed": State.DONE,
    "tombstone": State.REJECTED,
}
"""None: open work, whose state follows from what it waits for."""
SECTIONS: Final = (("design", "Design"), ("acceptance_criteria", "Acceptance criteria"), ("notes", "Notes"))
"""Texts beside the description: they follow it under a heading."""
PRIORITIES: Final = (Priority.CRITICAL, Priority.HIGH, Priority.NORMAL, Priority.LOW, Priority.LOW)
"""By number, 0 to 4. The last one lies below our scale, which is said."""
EDGES: Final = {
    "blocks": DEPENDS_ON,
    "conditional-blocks": DEPENDS_ON,
    "waits-for": DEPENDS_ON,
    "parent-child": LinkType.PARENT,
    "related": LinkType.RELATES_TO,
    "relates-to": LinkType.RELATES_TO,
    "duplicates": LinkType.DUPLICATES,
    "discovered-from": LinkType.DISCOVERED_FROM,
    "supersedes": LinkType.SUPERSEDES,
}
REVERSED: Final = "blocked-by"
"""The edge whose direction is the other way round: the target waits for the issue."""


def read(path: str, *, data: bytes | None = None, with_tombstones: bool = False) -> Parsed:
    """Read an export, or the folder that holds one. Raises `SourceMissing` or `MalformedInput`."""
    shown = path if data is not None else _find(path)
    text = decode(data, shown) if data is not None else read_text(shown)
    remarks = Remarks()
    records: list[Record] = []
    left_out: dict[IssueId, str] = {}
    backwards: list[tuple[str, str, str]] = []
    problems: list[Problem] = []
    for line in json_lines(text, shown):
        if line.document.get("status") == "tombstone" and not with_tombstones:
            _leave_out(line, remarks, left_out)
            continue
        try:
            records.append(_record(line, remarks, backwards))
        except ValueError as error:
            problems.append(Problem(shown, line.number, str(error)))
    if problems:
        raise MalformedInput(problems)
    if not records and not left_out:
        remarks.add("empty-input", shown, "no record")
    turned = _turn(records, backwards, remarks)
    return Parsed(system=SYSTEM, origin=path, records=tuple(turned), left_out=left_out, remarks=remarks)


def _find(path: str) -> str:
    if not Path(path).is_dir():
        return path
    for candidate in (Path(path, folder, name) for folder in ("", ".beads") for name in FILES):
        if candidate.is_file():
            return str(candidate)
    raise SourceMissing(
        f"'{path}' holds no export of beads", hint="'bd export -o issues.jsonl' writes one; then name that file"
    )


def _leave_out(line: Line, remarks: Remarks, left_out: dict[IssueId, str]) -> None:
    source_id = str(line.document.get("id", ""))
    left_out[identify(SYSTEM, source_id)] = "tombstone"
    remarks.add("tombstone", line.where, source_id)
    edges = line.document.get("dependencies")
    if isinstance(edges, list) and edges:
        remarks.add("tombstone-reference", line.where, source_id, len(edges))


def _record(line: Line, remarks: Remarks, backwards: list[tuple[str, str, str]]) -> Record:
    raw = Raw(line.document, remarks, line.where)
    source_id = clean.text(raw.required("id"), raw.note)
    id = identify(SYSTEM, source_id)
    title = raw.required("title")
    state, open_work, labels = _state(raw)
    created_by = raw.actor("created_by", SYSTEM)
    updated_at = raw.timestamp("updated_at")
    created_at = raw.timestamp("created_at") or _no_time(raw, updated_at)
    references = _references(raw, source_id, backwards)
    comments = _comments(raw, id, created_at)
    issue, overflow = assemble(
        raw,
        system=SYSTEM,
        source_id=source_id,
        id=id,
        title=title,
        body=_body(raw),
        created_at=created_at,
        created_by=created_by,
        state=state,
        priority=_priority(raw),
        assignee=raw.actor("assignee", SYSTEM),
        labels=_labels(raw, labels),
        defer_until=raw.date("defer_until"),
        due=raw.date("due_at"),
        estimate=raw.minutes("estimated_minutes"),
        closed_at=_closed_at(raw, state, updated_at),
        close_reason=_close_reason(raw, state),
    )
    return Record(
        source_id=source_id,
        where=line.where,
        issue=issue,
        references=references,
        comments=(*comments, *overflow),
        updated_at=updated_at,
        open=open_work,
    )


def _state(raw: Raw) -> tuple[State, bool, tuple[str, ...]]:
    """The state, whether it follows from blockers instead, and the labels that keep what it does not say."""
    status = (raw.string("status") or "").strip()
    if not status:
        raw.note("missing-field", "status")
        return State.BACKLOG, True, ()
    known = status.lower()
    if known not in STATES:
        label = clean.label(f"status:{status}", lambda *_: None)
        raw.note("unknown-state", f"'{status}' to {label or 'open work'}")
        return State.BACKLOG, True, (label,) if label else ()
    if known == "pinned" or (known == "deferred" and not raw.has("defer_until")):
        raw.note("state-as-label", status)
        return STATES[known] or State.BACKLOG, STATES[known] is None, (f"status:{known}",)
    if known == "hooked":
        raw.keep("status", status, "state-kept")
    state = STATES[known]
    return state or State.BACKLOG, state is None, ()


def _labels(raw: Raw, of_state: tuple[str, ...]) -> tuple[str, ...]:
    """The labels, with the type (of a tombstone: its type before) and the status that is no state."""
    type_ = raw.string("original_type") or raw.string("issue_type")
    raw.drop("issue_type")
    of_type = clean.label(f"type:{type_}", raw.note) if type_ else None
    if not type_:
        raw.note("missing-field", "issue_type")
    return raw.labels("labels", SYSTEM, always=(*of_state, *([of_type] if of_type else ())))


def _priority(raw: Raw) -> Priority:
    value = raw.take("priority")
    match value:
        case None:
            return Priority.NORMAL
        case int() if not isinstance(value, bool) and 0 <= value < len(PRIORITIES):
            if value == len(PRIORITIES) - 1:
                raw.note("unknown-priority", f"{value} to low")
            return PRIORITIES[value]
        case _:
            raw.keep("priority", value, "unknown-priority")
            return Priority.NORMAL


def _no_time(raw: Raw, updated_at: Timestamp | None) -> Timestamp:
    raw.note("missing-field", "created_at")
    return updated_at or UNKNOWN_TIME


def _body(raw: Raw) -> str:
    sections = [f"## {heading}\n\n{text}" for key, heading in SECTIONS if (text := raw.string(key))]
    description = raw.string("description")
    return "\n\n".join([*([description] if description else []), *sections])


def _closed_at(raw: Raw, state: State, updated_at: Timestamp | None) -> Timestamp | None:
    if not state.terminal:
        return None  # what an open record says about closing stays in `fields`
    found = raw.timestamp("closed_at") or (raw.timestamp("deleted_at") if state is State.REJECTED else None)
    if found is None:
        raw.note("closed-at-guessed", str(updated_at))
    return found or updated_at


def _close_reason(raw: Raw, state: State) -> str | None:
    if not state.terminal:
        return None
    return (raw.string("delete_reason") if state is State.REJECTED else None) or raw.string("close_reason")


def _references(raw: Raw, source_id: str, backwards: list[tuple[str, str, str]]) -> tuple[Reference, ...]:
    """The edges of one record. Those that run the other way round are handed to `backwards`."""
    found: list[Reference] = []
    for edge in raw.objects("dependencies"):
        target = edge.get("depends_on_id")
        if not isinstance(target, str | int) or isinstance(target, bool) or not str(target).strip():
            raw.keep("dependencies", edge)
            continue
        owner = str(edge.get("issue_id", source_id))
        type_ = str(edge.get("type", "blocks")).strip().lower().replace("_", "-")
        target = clean.text(str(target), raw.note)
        raw.note("reference-details", f"{type_} {target}")
        if type_ == REVERSED:
            backwards.append((target, owner, raw.where))
        elif owner != source_id:
            raw.keep("dependencies", edge)
        else:
            found.append(Reference(_edge_type(type_, raw), target, identify(SYSTEM, target)))
    return tuple(found)


def _edge_type(type_: str, raw: Raw) -> str:
    if type_ not in EDGES:
        raw.note("unknown-reference", type_)
    return EDGES.get(type_, LinkType.RELATES_TO)


def _turn(records: list[Record], backwards: list[tuple[str, str, str]], remarks: Remarks) -> list[Record]:
    """Give the edges that run backwards to the issues that wait; one that is not here is kept in `fields`."""
    known = {record.source_id for record in records}
    waiting: dict[str, list[Reference]] = {}
    absent: dict[str, list[Json]] = {}
    for waiter, blocker, where in backwards:
        if waiter in known:
            waiting.setdefault(waiter, []).append(Reference(DEPENDS_ON, blocker, identify(SYSTEM, blocker)))
        else:
            absent.setdefault(blocker, []).append(waiter)
            remarks.add("unresolved-reference", where, f"{waiter} waits for {blocker}, but is not here")
    return [_turned(record, waiting.get(record.source_id), absent.get(record.source_id)) for record in records]


def _turned(record: Record, waits_for: list[Reference] | None, blocks: list[Json] | None) -> Record:
    if blocks:
        own = record.issue.fields.get(SYSTEM)
        kept = {**(own if isinstance(own, dict) else {}), "blocks": blocks}
        record = replace(record, issue=replace(record.issue, fields={**record.issue.fields, SYSTEM: kept}))
    return replace(record, references=(*record.references, *waits_for)) if waits_for else record


def _comments(raw: Raw, issue: IssueId, created_at: Timestamp) -> list[Comment]:
    found: list[Comment] = []
    for number, remark in enumerate(raw.objects("comments")):
        one = Raw(remark, raw.remarks, f"{raw.where} comment {number + 1}")
        body = one.string("text") or one.string("body")
        if body is None:
            raw.keep(f"comment {number + 1}", remark)
            continue
        at = one.timestamp("created_at") or created_at
        key = one.string("id") or str(number)
        author = one.actor("author", SYSTEM)
        one.drop("issue_id")
        extra = one.surplus(SYSTEM)
        found += clean.comments(issue, f"comment {key}", body, at, author, extra)
    return found
