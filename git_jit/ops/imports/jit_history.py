"""What a `.jit` directory knows beside its issues: the log of events, and the gate runs.

Most of it repeats what issues and gates say, and is only counted. Used are: the time an issue was closed,
the reason somebody gave it back, documents that were archived, and the latest run of each gate.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from git_jit.model import Actor, Comment, GateStatus, GateVerdict, IssueId, State, Timestamp
from git_jit.ops.imports import clean
from git_jit.ops.imports.raw import Raw
from git_jit.ops.imports.reading import json_lines, json_object, printable, read_text
from git_jit.ops.imports.record import Remarks, identify
from git_jit.record import field, record

SYSTEM: Final = "jit"
TERMINAL: Final = frozenset(state.value for state in State if state.terminal)
DERIVED: Final = frozenset(
    {
        "dependency_reduced",
        "gate_added",
        "gate_failed",
        "gate_passed",
        "gate_removed",
        "issue_claimed",
        "issue_created",
        "issue_deleted",
        "issue_updated",
    }
)
"""Events whose outcome stands in the issue or in its gates."""
RESULT: Final = "result.json"


@record
class History:
    """What was found, by issue."""

    closed: dict[IssueId, Timestamp] = field(default_factory=dict)
    comments: dict[IssueId, list[Comment]] = field(default_factory=dict)
    archived: dict[str, tuple[Timestamp, str]] = field(default_factory=dict)
    """Where a document went, to when, and where it came from."""
    runs: dict[tuple[IssueId, str], GateStatus] = field(default_factory=dict)

    def closed_at(self, id: IssueId) -> Timestamp | None:
        return self.closed.get(id)

    def latest_run(self, id: IssueId, gate: str) -> GateStatus | None:
        return self.runs.get((id, gate))

    def comments_on(self, id: IssueId, documents: tuple[str, ...]) -> tuple[Comment, ...]:
        """What the log says about the issue, and about the documents it names."""
        found = list(self.comments.get(id, ()))
        for path in documents:
            if path in self.archived:
                at, source = self.archived[path]
                found += clean.comments(id, f"archived {path}", f"Archived document `{source}` as `{path}`.", at, None)
        return tuple(found)


def read_history(root: Path, known: frozenset[IssueId], remarks: Remarks) -> History:
    """Read `events.jsonl` and `gate-runs/`; either may be absent. Raises `MalformedInput`."""
    history = History()
    _read_events(root, known, history, remarks)
    _read_runs(root, known, history, remarks)
    return history


def _read_events(root: Path, known: frozenset[IssueId], history: History, remarks: Remarks) -> None:
    path = root / "events.jsonl"
    if not path.is_file():
        remarks.add("file-absent", "events.jsonl", "no log of events")
        return
    lines = json_lines(read_text(path, shown="events.jsonl"), "events.jsonl")
    # A log that git merged is not in order of time.
    for line in sorted(lines, key=lambda line: _moment(line.document) or ""):
        raw = Raw(line.document, remarks, line.where)
        type_ = raw.string("type") or ""
        rule = _event(raw, type_, known, history)
        remarks.add(rule, line.where, type_)


def _moment(document: Mapping[str, Any]) -> Timestamp | None:
    return clean.timestamp(document.get("timestamp"), lambda *_: None)


def _event(  # noqa: PLR0911 - one return for each kind of event
    raw: Raw, type_: str, known: frozenset[IssueId], history: History
) -> str:
    """Take what the event has to say; the rule by which it is counted."""
    if type_ == "document_archived":
        return _archived(raw, history)
    id = identify(SYSTEM, raw.string("issue_id") or "")
    at = _moment(raw.rest)
    if id not in known or at is None:
        return "event-unknown"
    match type_:
        case "issue_state_changed":
            # The last closing counts; a later reopening takes it back.
            if raw.string("to") in TERMINAL:
                history.closed[id] = at
                return "event-used"
            history.closed.pop(id, None)
            return "event-derived"
        case "issue_completed":
            history.closed[id] = at
            return "event-used"
        case "issue_released" | "issue_rejected" if reason := raw.string("reason"):
            _remark(raw, id, at, type_, reason, history)
            return "event-used"
        case _:
            return "event-derived" if type_ in DERIVED else "event-unknown"


def _remark(raw: Raw, id: IssueId, at: Timestamp, type_: str, reason: str, history: History) -> None:
    verb = type_.removeprefix("issue_").capitalize()
    by: Actor | None = raw.actor("assignee", SYSTEM)
    history.comments.setdefault(id, []).extend(clean.comments(id, f"{type_} {at}", f"{verb}: {reason}", at, by))


def _archived(raw: Raw, history: History) -> str:
    source, goal = raw.string("source"), raw.string("destination")
    at = _moment(raw.rest)
    if not (source and goal and at):
        return "event-unknown"
    history.archived[goal] = at, source
    return "event-used"


def _read_runs(root: Path, known: frozenset[IssueId], history: History, remarks: Remarks) -> None:
    """Keep the latest run of each issue and gate; count the others."""
    folder = root / "gate-runs"
    if not folder.is_dir():
        remarks.add("file-absent", "gate-runs", "no gate runs")
        return
    for run in sorted(folder.iterdir()):
        path = run / RESULT
        where = printable(f"gate-runs/{run.name}")
        if run.is_symlink() or path.is_symlink() or not path.is_file():
            remarks.add("file-not-read", where, f"no {RESULT}")
            continue
        _run(json_object(path, f"{where}/{RESULT}"), known, history, where, remarks)


def _run(
    document: Mapping[str, Any], known: frozenset[IssueId], history: History, where: str, remarks: Remarks
) -> None:
    raw = Raw(document, remarks, where)
    id, gate = identify(SYSTEM, raw.string("issue_id") or ""), raw.string("gate_key") or ""
    at = clean.timestamp(raw.take("completed_at") or raw.take("started_at"), lambda *_: None)
    said = (raw.string("status") or "").lower()
    if id not in known or not gate or at is None or said not in set(GateVerdict):
        remarks.add("gate-run-unused", where, f"{gate} {said}")
        return
    status = GateStatus(status=GateVerdict(said), at=at, by=raw.actor("by", SYSTEM))
    before = history.runs.get((id, gate))
    if before:
        remarks.add("gate-run-older", where, f"{gate} {said}")
    else:
        remarks.add("gate-run-used", where, f"{gate} {said}")
    if before is None or (before.at or "") < at:
        history.runs[id, gate] = status
