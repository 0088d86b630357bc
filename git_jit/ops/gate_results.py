"""What a verdict does to an issue, whether a command earned it or somebody gave their word."""

from collections.abc import Sequence
from functools import partial

from git_jit.errors import JitError, Refused
from git_jit.model import Caller, GateKey, GateVerdict, IssueId, Message, Oid, State
from git_jit.ops.batch import run as run_batch
from git_jit.ops.desk import Desk, Terms
from git_jit.ops.edit import Patch
from git_jit.ops.gate_looks import Ground, Ran, Result, chosen_gates, required_of
from git_jit.ops.report import Report
from git_jit.ops.verdicts import GateRun, earned
from git_jit.paths import RUNS
from git_jit.record import replace
from git_jit.store import Store
from git_jit.trust import definition_hash
from git_jit.workflow import GateFailed, Verb


class GateIsAutomatic(Refused):
    """A command decides about this gate, not somebody's word."""

    code = "gate_is_automatic"


def attest(
    store: Store,
    caller: Caller,
    ground: Ground,
    id: str,
    keys: Sequence[str],
    verdict: GateVerdict,
    *,
    reason: str | None = None,
    force: bool = False,
) -> Ran:
    """Take somebody's word: they looked, at this code, and it is so.

    A gate with a command is for its command to decide; `force` with a reason overrules that, and is recorded. Raises
    `GateNotFound`, `GateIsAutomatic`.
    """
    with store.view() as view:
        issue, gates = required_of(view, id)
    chosen = chosen_gates(issue, gates, keys, None)
    for gate in chosen:
        if gate.argv and not (force and reason):
            raise GateIsAutomatic(
                f"a command decides about '{gate.key}'",
                hint=f"'git jit gate run {issue.id[:7]} {gate.key}' runs it; --force with --reason overrules it",
                details={"gate": gate.key},
            )
    runs, tree = store.runs(), ground.tree()
    made = [
        GateRun(
            run=caller.new_ulid(),
            issue=issue.id,
            gate=gate.key,
            verdict=verdict,
            by=caller.actor,
            at=caller.now,
            tree=tree,
            definition=definition_hash(gate),
            stage=gate.stage.value,
            reason=reason,
            clone=runs.clone if runs else "",
        )
        for gate in chosen
    ]
    forced = "gate_is_automatic" if any(gate.argv for gate in chosen) else None
    op = "gate-pass" if verdict is GateVerdict.PASSED else "gate-fail"
    report = publish_runs(store, caller, issue.id, made, tree, op=op, reason=reason, forced=forced)
    results = tuple(Result(gate=one.gate, verdict=one.verdict, ran=one) for one in made)
    return Ran(issue=issue.id, results=results, report=report)


def publish_runs(
    store: Store,
    caller: Caller,
    id: IssueId,
    made: Sequence[GateRun],
    now: Oid | None,
    *,
    op: str = "gate-run",
    reason: str | None = None,
    forced: str | None = None,
) -> Report:
    """Keep the records, write the verdicts on the issue, and finish it if it waited for nothing else: one commit.

    `now` is the code as it is at this moment.
    """
    runs, notes = store.runs(), list[str]()
    if runs is not None:
        subject = f"{op}: {', '.join(f'{one.gate} {one.verdict}' for one in made)}"[:72]
        message = Message(op=op, subject=subject, actor=caller.actor, request=f"{made[0].run}.runs", at=caller.now)
        if runs.add([one.stored() for one in made], message) is None:
            notes.append(f"the verdict stands, but its record could not be kept: another git holds '{RUNS}'")
    terms = Terms(now=caller.now, reason=reason, tree=lambda: now, earned=earned(store))
    step = partial(_settle, verdicts=[(one.gate, one) for one in made], forced=forced)
    report = run_batch(store, caller, op, [id], step, terms)
    return replace(report, notes=(*notes, *report.notes)) if notes else report


def _settle(
    desk: Desk, id: IssueId, *, verdicts: Sequence[tuple[GateKey, GateRun]], forced: str | None
) -> JitError | None:
    if forced:
        desk.forced.add(forced)
    desk.change(desk.issue(id), Patch(verdicts={key: one.status() for key, one in verdicts}))
    if desk.issue(id).state is State.GATED:
        try:
            desk.change(desk.issue(id), Patch(state=Verb.DONE))
        except GateFailed:
            pass
        except Refused as error:  # something blocks it, or a rule of the repository asks for more
            desk.notes.append(f"all gates have passed, but {error.message}")
    return None
