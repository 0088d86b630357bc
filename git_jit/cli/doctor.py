"""`doctor`: what lies around the issues in this clone, and mending it."""

from typing import Final

from git_jit.cli import App, options
from git_jit.cli.command import command
from git_jit.cli.health import item_line, line_of, tell_next
from git_jit.cli.json_out import envelope
from git_jit.cli.parameters import flag
from git_jit.cli.sanitize import one_line
from git_jit.errors import UsageError
from git_jit.ops.doctor import Diagnosis, examine
from git_jit.validate.health import Health

WORDS: Final = {Health.HEALTHY: "ok", Health.DEGRADED: "warning", Health.UNHEALTHY: "error"}


@command("doctor", examples=["git jit doctor", "git jit doctor --deep", "git jit doctor --fix --dry-run"])
@flag("--deep", "Read every object of the history and compare the whole index.")
@flag("--fix", "Mend what lies around the issues: locks, leftovers, reflog, index.")
@options.dry_run
def doctor(app: App, deep: bool, fix: bool, dry_run: bool) -> int:
    """Examine this clone: reference, reflog, anchors, locks, index, hooks, remotes, disk, versions.

    Without --fix not a byte is changed. With it, what can be mended without losing anything is mended, while no other
    writer is at work; the issues themselves are left to 'git jit validate --fix' and 'git jit recover'. Exit status 1
    when something is left that keeps issues from being read or written.
    """
    if dry_run and not fix:
        raise UsageError("'--dry-run' says what '--fix' would do", hint="git jit doctor --fix --dry-run")
    found = examine(app.store, deep=deep, fix=fix, dry_run=dry_run)
    if app.json:
        items = len(found.judgement.items)
        app.stdout.write(envelope(found.to_json(), total=items, returned=items, ok=found.status == 0))
    else:
        _show(app, found)
    return found.status


def _show(app: App, found: Diagnosis) -> None:
    for each in found.mended:
        if each.error is not None:
            app.note(f"error: cannot {one_line(each.summary)}: {one_line(each.error.message)}")
        elif found.dry_run:
            app.stdout.write(line_of("would", each.summary))
        elif each.done:
            app.stdout.write(line_of("mended", each.done))
    for part in found.judgement.parts:
        app.stdout.write(line_of(part.name, WORDS[part.state], part.evidence))
        for item in part.items:
            app.stdout.write(item_line(item) + "\n")
    tell_next(app, found.judgement.items)
    if not found.judgement.parts:
        app.note("there is nothing to examine")
