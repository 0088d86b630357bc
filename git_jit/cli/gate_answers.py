"""How commands about gates answer: what was defined (and is approved thereby), and what gates came to."""

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from git_jit.cli import App
from git_jit.cli.gating import (
    gate_value,
    ground_of,
    hash_of,
    is_person,
    is_terminal,
    run_value,
    standing_of,
    took,
    unpinned,
)
from git_jit.cli.json_out import envelope, error_value
from git_jit.cli.reporting import outcome_line, report_value, show_notes
from git_jit.cli.sanitize import block, one_line
from git_jit.digests import sha256
from git_jit.model import Gate, GateVerdict, short
from git_jit.record import replace
from git_jit.trust import Approval, approval_hash, definition, is_approved

if TYPE_CHECKING:
    from git_jit.ops.gate_looks import Ground, Ran, Result
    from git_jit.ops.gates import Defined

SHOWN_LINES: Final = 20
"""Lines of the output of a gate that did not pass; the rest is in the file that is named."""


def show_defined(app: App, done: "Sequence[Defined]", *, typed: bool = True) -> int:
    """Say what was defined, and approve what this user's own command has just said (reliability.md 3.2).

    A change of a definition is approved only where the one before it was: the rest of it may be somebody else's.
    """
    ground = ground_of(app)
    typed = typed and _is_persons(app, ground)
    data, lines = [], []
    notes: list[str] = []
    for one in done:
        gate = one.gate
        if gate is None:
            lines.append(f"{one.key}\tremoved\n")
            data.append({"key": one.key, "removed": True, "commit": one.commit})
            continue
        notes += _about_pins(ground, gate)
        if gate.argv and typed and _is_own(ground, one):
            _approve(app, ground, gate)
        standing = standing_of(ground, gate)
        data.append({**gate_value(ground, gate), "commit": one.commit})
        lines.append(f"{gate.key}\t{gate.stage}\t{standing}\t{one_line(' '.join(gate.argv) or '(a person)')}\n")
        if standing in {"not approved", "changed"}:
            notes.append(f"'{gate.key}' does not run here before somebody approves it: git jit gate trust {gate.key}")
    if app.json:
        app.stdout.write(envelope(data, total=len(data), returned=len(data), warnings=notes))
        return 0
    app.stdout.write("".join(lines))
    show_notes(app, notes)
    return 0


def _about_pins(ground: "Ground", gate: Gate) -> Iterator[str]:
    """What is wrong with the files that it pins, as they are here."""
    from git_jit.store.pinned import pinned

    if why := unpinned(ground, gate):
        yield f"'{gate.key}' {why}"
    elif ground.worktree:
        missing = (path for path, content in pinned(ground.worktree, gate.pins).items() if content is None)
        yield from (f"'{gate.key}' pins '{path}', which is not there" for path in missing)


def _is_persons(app: App, ground: "Ground") -> bool:
    """Whether it can be taken for a person's word: it came from a terminal, or they said that it need not
    ('gate trust --mine'). An agent's never is, even so.

    Whoever may only call 'git jit' must not thereby be able to run anything.
    """
    own_count = ground.approvals is not None and ground.approvals.own_count
    return is_person(app) and (is_terminal(app) or own_count)


def _is_own(ground: "Ground", one: "Defined") -> bool:
    """Whether all of the definition was said by this user on this machine."""
    if one.before is None:
        return True
    approvals = ground.approvals.all() if ground.approvals else []
    return is_approved(approvals, one.before.key, hash_of(ground, one.before))


def _approve(app: App, ground: "Ground", gate: Gate) -> None:
    if ground.approvals is None:
        return
    from git_jit.store import WriteFailed

    try:
        ground.approvals.add(approval_of(app, ground, gate, how="defined"))
    except WriteFailed as error:
        app.note(f"note: {one_line(error.message)}")


def approval_of(app: App, ground: "Ground", gate: Gate, *, how: str, terminal: str | None = None) -> Approval:
    """What is kept of an approval that is given now."""
    from git_jit.store.pinned import pinned

    files = pinned(ground.worktree, gate.pins) if ground.worktree else {}
    return Approval(
        key=gate.key,
        hash=approval_hash(gate, files),
        number=0,
        by=app.environ.get("USER") or f"uid {os.getuid()}",
        at=app.now(),
        how=how,
        terminal=terminal,
        definition=definition(gate),
        pins={path: sha256(data).hexdigest() for path, data in files.items() if data is not None},
    )


def show_ran(app: App, ran: "Ran", *, ok: bool = False) -> int:
    """Say what gates came to; the exit status. `ok`: saying it was what was asked for."""
    status = 0 if ok else ran.status
    notes = [*ran.notes, *(ran.report.notes if ran.report else ())]
    if app.json:
        data = {
            "issue": ran.issue,
            "gates": [_result_value(one) for one in ran.results],
            "change": report_value(ran.report) if ran.report else None,
        }
        app.stdout.write(envelope(data, warnings=notes, ok=status == 0))
        return status
    if not ran.results and not notes:
        app.note(f"{short(ran.issue)}: no such gate is required")
    for one in ran.results:
        app.stdout.write(f"{one.gate}\t{one.verdict}\t{took(one.ran)}\t{one_line(one.cause or '')}".rstrip("\t") + "\n")
        if one.ran and one.verdict is not GateVerdict.PASSED:
            _show_output(app, one)
    moved = [o for o in (*ran.report.outcomes, *ran.report.consequences) if o.changed] if ran.report else []
    for outcome in moved:
        if any(change.field == "state" for change in outcome.changes):
            states = tuple(change for change in outcome.changes if change.field != "gates")
            app.stdout.write(outcome_line(replace(outcome, changes=states), dry_run=False) + "\n")
    show_notes(app, notes)
    return status


def _result_value(one: "Result") -> dict[str, object]:
    return {
        "gate": one.gate,
        "verdict": one.verdict,
        "cause": one.cause,
        "run": run_value(one.ran) if one.ran else None,
        "output": one.output,
        "error": error_value(one.error) if one.error else None,
    }


def _show_output(app: App, one: "Result") -> None:
    """The end of what a gate wrote that did not pass, on standard error: it is no answer of ours."""
    app.stdout.flush()  # where both go to one place, each output stands below its gate
    lines = block(one.said).splitlines()
    for line in lines[-SHOWN_LINES:]:
        app.note(f"  {line}")
    if one.output and len(lines) > SHOWN_LINES:
        app.note(f"  all of it: {one_line(one.output)}")
