"""`health`: one word for whoever watches this clone, and the reasons."""

from collections.abc import Sequence

from git_jit.cli import App
from git_jit.cli.command import command
from git_jit.cli.json_out import envelope
from git_jit.cli.sanitize import one_line
from git_jit.ops.health import health, key_of
from git_jit.validate.health import Health, Item


@command("health", examples=["git jit health", "git jit health --json"])
def health_(app: App) -> int:
    """Say whether this clone is healthy, degraded or unhealthy.

    Degraded: everything works, but something that protects it does not. Unhealthy: issues cannot be read or written,
    or history was lost; exit status 1. Each trouble comes with the next step, which never destroys anything. It takes
    some milliseconds; 'git jit doctor' looks deeper.
    """
    report = health(app.store, app.now())
    judgement = report.judgement
    if app.json:
        items = len(judgement.items)
        app.stdout.write(envelope(report.to_json(), total=items, returned=items, ok=report.status == 0))
        return report.status
    app.stdout.write(f"{judgement.state}\n")
    for part in judgement.parts:
        if part.state is not Health.HEALTHY or app.on_screen:
            app.stdout.write(line_of(part.name, part.state, part.evidence))
        for item in part.items:
            app.stdout.write(item_line(item) + f"\tsince {report.since[key_of(item)][:19]}Z\n")
    tell_next(app, judgement.items)
    return report.status


def line_of(*words: str) -> str:
    """Words between tabs, safe to show."""
    return "\t".join(map(one_line, words)) + "\n"


def item_line(item: Item) -> str:
    """One trouble, indented below its part."""
    found = item.finding
    return "    " + "\t".join(map(one_line, (item.state, found.code, f"'{found.subject}' {found.message}")))


def tell_next(app: App, items: Sequence[Item]) -> None:
    """The next steps, each once, on standard error like every hint."""
    for hint in dict.fromkeys(item.finding.hint for item in items if item.finding.hint):
        app.note(f"hint: {one_line(hint)}")
