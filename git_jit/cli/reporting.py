"""What a write says it has done: one line an issue, notes and refusals apart from it."""

from collections.abc import Sequence

from git_jit.changes import FieldChange
from git_jit.cli import App
from git_jit.cli.fields import STORED_SHORT, document_text, field_text
from git_jit.cli.json_out import envelope, error_value, issue_value
from git_jit.cli.sanitize import one_line
from git_jit.errors import JitError
from git_jit.model import IssueId, short
from git_jit.ops.report import Outcome, Report, change_json
from git_jit.reader import is_id

FOLLOWING_FIELDS = frozenset({"closed_at"})
"""Fields that go with another one; their change is in `--json` only."""
LONG_FIELDS = frozenset({"description"})
"""Fields whose old and new text would fill a screen: their change is only named."""


def show_report(app: App, report: Report) -> int:
    """Print what came of a write; the exit status."""
    if app.json:
        app.stdout.write(
            envelope(
                report_value(report),
                total=len(report.outcomes),
                returned=len(report.outcomes),
                warnings=report.notes,
                ok=report.status == 0,
            )
        )
        return report.status
    for outcome in report.outcomes:
        if outcome.changed:
            app.stdout.write(outcome_line(outcome, dry_run=report.dry_run) + "\n")
        elif outcome.error is None:
            app.note(f"{short(outcome.id)}: nothing to change")
        if outcome.error is not None:
            show_refusal(app, outcome.id, outcome.error)
    show_notes(app, report.notes)
    return report.status


def show_notes(app: App, notes: Sequence[str]) -> None:
    """Remarks about side effects, on standard error."""
    for note in notes:
        app.note(f"note: {one_line(note)}")


def issue_record(outcome: Outcome) -> dict[str, object]:
    """The issue as it is afterwards."""
    return issue_value(outcome.issue) if outcome.issue else {"id": outcome.id}


def report_value(report: Report) -> dict[str, object]:
    """The `data` of a write."""
    return {
        "outcomes": [outcome_value(outcome) for outcome in report.outcomes],
        "consequences": [outcome_value(outcome) for outcome in report.consequences],
        "commit": report.commit,
        "dry_run": report.dry_run,
    }


def outcome_value(outcome: Outcome) -> dict[str, object]:
    return {
        "id": outcome.id,
        "changed": outcome.changed,
        "changes": change_json(outcome.changes),
        "error": error_value(outcome.error) if outcome.error else None,
        "issue": {name: getattr(outcome.issue, name) for name in STORED_SHORT} if outcome.issue else None,
    }


def outcome_line(outcome: Outcome, *, dry_run: bool) -> str:
    """`3f9c2a1<TAB>state: ready → done; +label sprint:7`."""
    changes = "deleted" if outcome.issue is None else changes_line(outcome.changes)
    return f"{short(outcome.id)}\t{'would be ' if dry_run and outcome.issue is None else ''}{changes}"


def changes_line(changes: Sequence[FieldChange]) -> str:
    """Every change of an issue on one line."""
    return "; ".join(one_line(_change(change)) for change in changes if change.field not in FOLLOWING_FIELDS)


def _change(change: FieldChange) -> str:
    if change.field in LONG_FIELDS:
        return f"{change.field} changed"
    if change.field == "gates":
        return f"gates: {_gates(change.old, change.new)}"
    if isinstance(change.old, list) or isinstance(change.new, list):
        came = [f"+{_member(change.field, member)}" for member in change.added]
        went = [f"-{_member(change.field, member)}" for member in change.removed]
        return f"{change.field}: {' '.join(came + went)}"
    return f"{change.field}: {field_text(change.old) or 'none'} → {field_text(change.new) or 'none'}"


def _gates(old: object, new: object) -> str:
    """`+tests -lint review passed`: what is required now, and new verdicts."""
    before, after = ((side if isinstance(side, dict) else {}) for side in (old, new))
    words = [f"+{key}" for key in after if key not in before] + [f"-{key}" for key in before if key not in after]
    changed = [key for key in after if key in before and after[key] != before[key]]
    return " ".join([*words, *(f"{key} {after[key].get('status')}" for key in changed)])


def _member(field: str, member: object) -> str:
    """A member of a list; an id is as short as everywhere in text, and the key of an entry of a plan is whole."""
    if field == "documents" and isinstance(member, dict):
        return document_text(member)
    return short(str(member)) if field == "dependencies" and is_id(str(member)) else field_text(member)


def show_refusal(app: App, id: IssueId, error: JitError) -> None:
    named = "" if short(id) in error.message else f"{short(id)}: "
    app.note(f"error: {named}{one_line(error.message)}")
    if error.hint:
        app.note(f"hint: {one_line(error.hint)}")
