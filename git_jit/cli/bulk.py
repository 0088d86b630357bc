"""`bulk-update` and `bulk-delete`: one change on everything a filter finds."""

from typing import Any

from git_jit.cli import App, options
from git_jit.cli.command import command
from git_jit.cli.json_out import envelope
from git_jit.cli.parameters import number, switch, text
from git_jit.cli.patching import change_options, patch_of
from git_jit.cli.reporting import changes_line, show_notes, show_refusal
from git_jit.errors import Refused, UsageError
from git_jit.model import short
from git_jit.ops import bulk
from git_jit.ops.bulk import BulkReport
from git_jit.ops.edit import Patch

_filter = text("--filter", "-f", default="", metavar="EXPR", help="Which issues, in the filter language.")
_all = switch("--all", "Every issue; needed when there is no filter.")
_atomic = switch("--atomic", "All of them, or none.")


class CountNotNamed(Refused):
    """Nobody can be asked, and the command does not say how many it expects to hit."""

    code = "count_not_named"


@command(
    "bulk-update",
    examples=[
        "git jit issue bulk-update --filter label:epic:phase5.2 --state ready --dry-run",
        "git jit issue bulk-update --filter 'assignee:agent:* is:stale' --assignee none --json",
    ],
)
@_filter
@_all
@change_options
@_atomic
@options.reason
@switch("--reopen", "Take finished issues up again.")
@options.force
@options.dry_run
@options.acting
def bulk_update(app: App, filter: str, changes: dict[str, Any], **how: Any) -> int:
    """Change every issue that meets a filter, in one commit.

    What a rule refuses stays as it is and is reported; the rest goes through (exit status 1).
    """
    patch = patch_of(app, changes)
    if patch == Patch():
        raise UsageError("nothing to change was given", hint="'git jit update -h' lists what can be changed")
    return show_bulk(app, bulk.bulk_update(app.store, app.caller(), filter, patch, tree=app.tree, **how))


@command("bulk-delete", examples=["git jit issue bulk-delete --filter label:sprint:old --dry-run"])
@_filter
@_all
@_atomic
@options.reason
@options.force
@number("--expect", metavar="N", help="How many will be deleted.")
@options.dry_run
@options.acting
def bulk_delete(app: App, filter: str, expect: int | None, dry_run: bool, **how: Any) -> int:
    """Delete every issue that meets a filter, in one commit.

    Without --dry-run the number must be named: --expect N, as the dry run told it.
    """
    planned = bulk.bulk_delete(app.store, app.caller(), filter, dry_run=True, **how)
    if dry_run:
        return show_bulk(app, planned)
    if expect != planned.matched:
        found = f"{planned.matched} issue{'s meet' if planned.matched != 1 else ' meets'} the filter"
        raise CountNotNamed(
            f"{found}, and no number was named" if expect is None else f"{found}, not {expect}",
            hint="look at them with --dry-run, then name their number with --expect",
            details={"matched": planned.matched},
        )
    return show_bulk(app, bulk.bulk_delete(app.store, app.caller(), filter, **how))


def show_bulk(app: App, report: BulkReport) -> int:
    """Print what came of it; the exit status."""
    if app.json:
        app.stdout.write(
            envelope(
                report.to_json(),
                total=report.matched,
                returned=report.matched,
                warnings=report.notes,
                ok=report.status == 0,
            )
        )
        return report.status
    deleted = set(report.modified) if report.operation == "bulk-delete" else set()
    for id, changes in report.diff.items():
        what = ("would be deleted" if report.dry_run else "deleted") if id in deleted else changes_line(changes)
        app.stdout.write(f"{short(id)}\t{what}\n")
    for id, why in report.skipped:
        app.note(f"{short(id)}: {why}")
    for refusal in report.errors:
        show_refusal(app, refusal.id, refusal.error)
    show_notes(app, report.notes)
    if not report.matched:
        app.note("no issue meets the filter")
        return report.status
    done = "would change" if report.dry_run else "changed"
    app.note(
        f"{report.matched} matched, {len(report.modified)} {done}, "
        f"{len(report.skipped)} unchanged, {len(report.errors)} refused"
    )
    return report.status
