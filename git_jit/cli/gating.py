"""What the commands about gates have in common: the surroundings they run in, and how they answer."""

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from git_jit.cli import App
from git_jit.cli.json_out import envelope, error_value
from git_jit.cli.reporting import outcome_line, report_value, show_notes
from git_jit.cli.sanitize import block, one_line
from git_jit.model import Gate, GateVerdict, short
from git_jit.trust import TYPED, Approval, approval_hash, definition, is_approved, last_of, objections

if TYPE_CHECKING:
    from git_jit.ops.gate_results import Ground, Ran, Result
    from git_jit.ops.gates import Defined
    from git_jit.ops.verdicts import GateRun

SHOWN_LINES: Final = 20
"""Lines of the output of a gate that did not pass; the rest is in the file that is named."""


def ground_of(app: App, trust_file: str | None = None) -> "Ground":
    """Where this command would run gates. Raises `TrustFileUnusable`."""
    from git_jit.ops.gate_results import Ground
    from git_jit.store.trusting import Approvals, allowed_hashes

    layout = app.git.layout()
    if layout is None:
        return Ground(worktree=None, environ=app.environ, tree=app.git.tree, approvals=None)
    allowed = allowed_hashes(os.path.join(app.cwd, trust_file), layout) if trust_file else frozenset()
    return Ground(
        worktree=layout.worktree,
        environ=app.environ,
        tree=app.git.tree,
        approvals=Approvals(layout, app.environ),
        allowed=allowed,
    )


def hash_of(ground: "Ground", gate: Gate) -> str:
    """The hash of a gate with what it pins, as it is here."""
    from git_jit.store.pinned import pinned

    return approval_hash(gate, pinned(ground.worktree, gate.pins) if ground.worktree else {})


def standing_of(ground: "Ground", gate: Gate) -> str:
    """Whether it may run here, in a word or two."""
    if not gate.argv:
        return "manual"
    if objections(gate):
        return "unusable"
    approvals = ground.approvals.all() if ground.approvals else []
    if is_approved(approvals, gate.key, hash_of(ground, gate)):
        return "approved"
    return "changed" if last_of(approvals, gate.key) else "not approved"


def gate_value(ground: "Ground", gate: Gate) -> dict[str, object]:
    return {
        **definition(gate),
        "title": gate.title,
        "hash": hash_of(ground, gate),
        "here": standing_of(ground, gate),
        "objections": objections(gate) if gate.argv else (),
    }


def definition_lines(value: Mapping[str, object]) -> Iterator[str]:
    """A definition for people, one fact a line; of the words of a command each in quotes where that matters."""
    import shlex

    for name, said in value.items():
        if said in (None, "", (), [], {}):
            continue
        if name == "argv" and isinstance(said, list | tuple):
            yield f"{name}:\t{one_line(shlex.join(map(str, said)))}"
        elif isinstance(said, list | tuple):
            yield f"{name}:\t{one_line(' '.join(map(str, said)))}"
        else:
            yield f"{name}:\t{one_line(str(said))}"


def show_defined(app: App, done: "Sequence[Defined]", *, typed: bool = True) -> int:
    """Say what was defined, and approve what this user's own command has just said (reliability.md 3.2).

    A change of a definition is approved only where the one before it was: the rest of it may be somebody else's.
    """
    ground = ground_of(app)
    data, lines, notes = [], [], []
    for one in done:
        gate = one.gate
        if gate is None:
            lines.append(f"{one.key}\tremoved\n")
            data.append({"key": one.key, "removed": True, "commit": one.commit})
            continue
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


def _is_own(ground: "Ground", one: "Defined") -> bool:
    """Whether all of the definition was said by this user on this machine."""
    if one.before is None:
        return True
    if not one.before.argv and not one.before.extra:
        return False
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
    from hashlib import sha256

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


def run_value(one: "GateRun") -> dict[str, object]:
    return dict(one.to_json())


def show_ran(app: App, ran: "Ran", *, ok: bool = False) -> int:
    """Say what gates came to; the exit status. `ok`: saying it was what was asked for."""
    status = 0 if ok else ran.status
    notes = [*ran.notes, *(ran.report.notes if ran.report else ())]
    if app.json:
        data = {
            "issue": ran.issue,
            "gates": [_result_value(one) for one in ran.results],
            "change": report_value(ran.report) if ran.report else None,
            "typed": TYPED,
        }
        del data["typed"]
        app.stdout.write(envelope(data, warnings=notes, ok=status == 0))
        return status
    if not ran.results:
        app.note(f"{short(ran.issue)}: no such gate is required")
    for one in ran.results:
        took = f"{one.ran.ms} ms" if one.ran and one.ran.argv else ""
        app.stdout.write(f"{one.gate}\t{one.verdict}\t{took}\t{one_line(one.cause or '')}".rstrip("\t") + "\n")
        if one.ran and one.verdict is not GateVerdict.PASSED:
            _show_output(app, one)
    moved = [o for o in (*ran.report.outcomes, *ran.report.consequences) if o.changed] if ran.report else []
    for outcome in moved:
        if any(change.field == "state" for change in outcome.changes):
            states = tuple(change for change in outcome.changes if change.field != "gates")
            from git_jit.record import replace

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
    if one.ran is None or not one.ran.excerpt:
        return
    lines = block(one.ran.excerpt).splitlines()
    for line in lines[-SHOWN_LINES:]:
        app.note(f"  {line}")
    if one.output and len(lines) > SHOWN_LINES:
        app.note(f"  all of it: {one_line(one.output)}")
