"""`gate`: look at definitions, at runs that were recorded, and wait for verdicts."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from git_jit.cli import App, options
from git_jit.cli.command import command
from git_jit.cli.gating import definition_lines, gate_value, ground_of, run_value, standing_of, took
from git_jit.cli.parameters import Argument, flag, number
from git_jit.cli.render import answer, show_rows
from git_jit.cli.sanitize import block, one_line
from git_jit.record import replace

DEFAULT_WAIT_S: Final = 600
SHOWN: Final = 20
"""Runs that 'history' shows by itself: a screen."""

key = Argument(dest="key")
one_key = Argument(dest="key", required=False)
some_keys = Argument(dest="keys", metavar="KEY...", many=True, required=False)


@command("list", examples=["git jit gate list", "git jit gate list --json"])
@options.at
@options.color
def list_(app: App, at: str | None) -> int:
    """List the gates, what each runs, and whether it may run here."""
    with app.store.view(at) as view:
        found = sorted(view.gates().values(), key=lambda gate: gate.key)
        used = Counter(key for members in view.members("gate").values() for key in members)
    ground = ground_of(app)
    data = [{**gate_value(ground, gate), "issues": used[gate.key]} for gate in found]
    rows = [
        (g.key, g.stage.value, standing_of(ground, g), str(used[g.key]), " ".join(g.argv) or "(a person)", g.title)
        for g in found
    ]
    head = ("GATE", "STAGE", "HERE", "ISSUES", "RUNS", "TITLE")
    return show_rows(app, data, head, rows, empty="no gates; 'git jit gate preset' lists ready-made ones")


@command("show", examples=["git jit gate show tests"])
@key
@options.at
def show(app: App, key: str, at: str | None) -> None:
    """Show the definition of a gate whole, with the hash that is approved."""
    from git_jit.ops.gate_looks import find

    with app.store.view(at) as view:
        gate = find(view.gates(), key)
    ground = ground_of(app)
    value = gate_value(ground, gate)
    answer(app, value, lambda: "".join(f"{line}\n" for line in definition_lines(value)))


@command("history", examples=["git jit gate history 3f9c2a1", "git jit gate history 3f9c2a1 tests --output"])
@options.id
@one_key
@replace(options.limit, default=SHOWN)
@flag("--output", "Show the end of what each wrote.")
@options.color
def history(app: App, id: str, key: str | None, limit: int, output: bool) -> int:
    """List the runs of an issue's gates in this clone, newest first."""
    from git_jit.cli.json_out import envelope
    from git_jit.ops import gate_looks
    from git_jit.ops.abandoned import settle_abandoned

    settle_abandoned(app.store, app.caller)
    found, total = gate_looks.history(app.store, id, key, limit=limit)
    if app.json:
        app.stdout.write(envelope([run_value(one) for one in found], total=total, returned=len(found)))
        return 0
    if output:
        for one in found:
            app.stdout.write(f"{one.at} {one.gate} {one.verdict}\n{block(one.excerpt)}")
            app.stdout.write("" if one.excerpt.endswith("\n") or not one.excerpt else "\n")
        return 0
    rows = [
        (one.at, one.gate, one.verdict.value, took(one), one.by, one_line(one.cause or one.reason or ""))
        for one in found
    ]
    show_rows(app, None, ("AT", "GATE", "VERDICT", "TOOK", "BY", "WHY"), rows, empty="no runs here")
    if total > len(found):
        app.note(f"{len(found)} of {total}")
    return 0


@command("wait", examples=["git jit gate wait 3f9c2a1 --timeout 60", "git jit gate wait 3f9c2a1 tests"])
@options.id
@some_keys
@number("--timeout", default=DEFAULT_WAIT_S, metavar="S", help="Seconds, at most.")
@options.actor
def wait_(app: App, id: str, keys: Sequence[str], timeout: int) -> int:
    """Wait until gates have a verdict on this code, and say it."""
    from git_jit.cli.gate_answers import show_ran
    from git_jit.ops.gate_looks import wait

    return show_ran(app, wait(app.store, app.caller, ground_of(app), id, keys, seconds=timeout))
