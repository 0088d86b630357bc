"""What gates came to: results, somebody's word, and what both do to the issue; and runs that nobody ended."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Final

from git_jit import canonical
from git_jit.errors import Contention, JitError, Negative, Refused
from git_jit.model import (
    Caller,
    Gate,
    GateKey,
    GateStage,
    GateVerdict,
    Issue,
    IssueId,
    Json,
    Message,
    Oid,
    State,
)
from git_jit.ops import resolve
from git_jit.ops.batch import run as run_batch
from git_jit.ops.desk import Desk, GateNotFound, Terms
from git_jit.ops.edit import Patch
from git_jit.ops.gates import NeedsApproval
from git_jit.ops.report import Report
from git_jit.ops.verdicts import GateRun, earned, parse
from git_jit.record import record, replace
from git_jit.runner import survivors
from git_jit.store import Store, flights
from git_jit.store.pinned import discard
from git_jit.store.runs import Runs
from git_jit.store.trusting import Approvals
from git_jit.trust import definition_hash, stale_because
from git_jit.view import readable
from git_jit.workflow import Blocked, GateFailed, Verb

KEPT_VERDICTS: Final = frozenset({GateVerdict.PASSED, GateVerdict.FAILED, GateVerdict.ERROR, GateVerdict.TIMEOUT})
"""What is written on the issue. That this machine's user has not approved a command is nobody else's affair."""
POLL_S: Final = (0.02, 1.0)
"""How often `wait` looks, from the first time to the last: a person does not notice the first, a day of the last costs
nothing."""


class GateIsAutomatic(Refused):
    """A command decides about this gate, not somebody's word."""

    code = "gate_is_automatic"


class GateRunning(Contention):
    """The same gate of the same issue runs already, on the same code."""

    code = "gate_running"


class WaitOver(Negative):
    """The verdict did not come in time."""

    code = "wait_over"


@record(kw_only=True)
class Ground:
    """Where gates run."""

    worktree: str | None
    environ: Mapping[str, str]
    tree: Callable[[], Oid | None]
    approvals: Approvals | None
    allowed: frozenset[str] = frozenset()
    """Hashes that the owner of this machine allows beside the approvals."""


@record(kw_only=True)
class Result:
    """What one gate came to."""

    gate: GateKey
    verdict: GateVerdict
    cause: str | None = None
    ran: GateRun | None = None
    """None: nothing ran."""
    output: str | None = None
    """The file with the whole output."""
    error: JitError | None = None


@record(kw_only=True)
class Ran:
    """What one command about gates came to."""

    issue: IssueId
    results: tuple[Result, ...]
    report: Report | None = None
    """What the verdicts changed; None: there was none to write."""
    notes: tuple[str, ...] = ()

    @property
    def status(self) -> int:
        """0 if everything passed; 7 if something did not; 6 if it runs elsewhere; 8 if approval is all that lacks."""
        verdicts = {result.verdict for result in self.results}
        if verdicts & {GateVerdict.FAILED, GateVerdict.ERROR, GateVerdict.TIMEOUT}:
            return GateFailed.status
        if any(result.error for result in self.results):
            return GateRunning.status
        return NeedsApproval.status if GateVerdict.NEEDS_APPROVAL in verdicts else 0


def issue_of(store: Store, id: IssueId) -> Issue:
    with store.view() as view:
        issue = readable(view, id)
        if issue is None:
            view.issue(id)  # says what is wrong with it
    assert issue is not None
    return issue


def chosen_gates(
    issue: Issue, gates: Mapping[GateKey, Gate], keys: Sequence[str], stage: GateStage | None
) -> list[Gate]:
    for key in keys:
        if GateKey(key) not in issue.gates:
            raise GateNotFound(
                f"'{issue.id[:7]}' does not require '{key}'",
                hint=f"it requires {', '.join(sorted(issue.gates)) or 'no gate'}",
                details={"id": issue.id, "gate": key},
            )
    wanted = [GateKey(key) for key in dict.fromkeys(keys)] or sorted(issue.gates)
    found = [gates.get(key) or Gate(key=key, title="(not defined)") for key in wanted]
    return [gate for gate in found if stage in {None, gate.stage}]


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
        found = resolve(view, id)
        issue, gates = issue_of(store, found), view.gates()
    chosen = chosen_gates(issue, gates, keys, None)
    for gate in chosen:
        if gate.argv and not (force and reason):
            raise GateIsAutomatic(
                f"a command decides about '{gate.key}'",
                hint=f"'git jit gate run {found[:7]} {gate.key}' runs it; --force with --reason overrules it",
                details={"gate": gate.key},
            )
    runs, tree = store.runs(), ground.tree()
    made = [
        GateRun(
            run=caller.new_ulid(),
            issue=found,
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
    report = publish_runs(store, caller, found, made, tree, op=op, reason=reason, forced=forced)
    results = tuple(Result(gate=one.gate, verdict=one.verdict, ran=one) for one in made)
    return Ran(issue=found, results=results, report=report)


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
) -> Report | None:
    """Keep the records, write the verdicts on the issue, and finish it if it waited for nothing else: one commit.

    `now` is the code as it is at this moment.
    """
    if not made:
        return None
    runs = store.runs()
    if runs is not None:
        subject = f"{op}: {', '.join(f'{one.gate} {one.verdict}' for one in made)}"[:72]
        message = Message(op=op, subject=subject, actor=caller.actor, request=f"{made[0].run}.runs", at=caller.now)
        runs.add([one.stored() for one in made], message)
    terms = Terms(now=caller.now, reason=reason, tree=lambda: now, earned=earned(store))
    step = partial(_settle, verdicts=[(one.gate, one) for one in made], forced=forced)
    return run_batch(store, caller, op, [id], step, terms)


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
        except Blocked as error:
            desk.notes.append(f"all gates have passed, but {error.message}")
    return None


def settle_abandoned(store: Store, caller: Caller) -> list[str]:
    """Record runs whose runner died, and end what they left running. Says what was found."""
    runs = store.runs()
    if runs is None:
        return []
    told = []
    for note, flight in flights.abandoned(runs.directory):
        with flight:
            cookie = note.pop("cookie", None)
            note.pop("pid", None)
            ended = 0
            if isinstance(cookie, str) and cookie:
                ended = survivors.end(survivors.with_cookie(cookie, survivors.every_process()))
            _record_abandoned(runs, caller, note, ended)
            told.append(f"a run of '{note.get('gate')}' was abandoned: its runner died; {ended} of its processes ended")
    return told


def _record_abandoned(runs: Runs, caller: Caller, note: Mapping[str, Json], ended: int) -> None:
    began = parse(canonical.dumps(note))
    if began is None:
        return
    lost = replace(began, verdict=GateVerdict.ERROR, cause="abandoned: its runner died", leaked=ended)
    subject = f"gate-run: {lost.gate} abandoned"
    message = Message(op="gate-run", subject=subject, actor=caller.actor, request=f"{lost.run}.runs", at=caller.now)
    with suppress(JitError):
        runs.add([lost.stored()], message)
    discard(f"{runs.directory}/{lost.run}.json")


# --- looking --------------------------------------------------------------------------------------------


def history(store: Store, id: str, key: str | None = None, *, limit: int | None = None) -> tuple[list[GateRun], int]:
    """The recorded runs of an issue's gates in this clone, newest first, and how many there are."""
    with store.view() as view:
        found = resolve(view, id)
    runs = store.runs()
    kept = runs.of(found, None if key is None else GateKey(key)) if runs else []
    parsed = [one for stored in kept if (one := parse(stored.data))]
    return parsed[: limit or None], len(parsed)


def wait(
    store: Store,
    caller: Caller,
    ground: Ground,
    id: str,
    keys: Sequence[str] = (),
    *,
    seconds: float,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Ran:
    """Wait until none of the gates runs here, and each has a verdict on this code. Raises `WaitOver`."""
    deadline, pause = clock() + seconds, POLL_S[0]
    while True:
        notes = settle_abandoned(store, caller)
        with store.view() as view:
            found = resolve(view, id)
            issue, gates = issue_of(store, found), view.gates()
        chosen = chosen_gates(issue, gates, keys, None)
        runs = store.runs()
        busy = {str(note.get("gate")) for note in flights.running(runs.directory)} if runs and chosen else set()
        tree = ground.tree() if chosen else None
        late = [g.key for g in chosen if g.key in busy or not _has_verdict(issue, g, tree)]
        if not late:
            results = [Result(gate=g.key, verdict=issue.gates[g.key].status) for g in chosen]
            return Ran(issue=found, results=tuple(results), notes=tuple(notes))
        if clock() >= deadline:
            raise WaitOver(
                f"no verdict yet: {', '.join(late)}",
                hint=f"'git jit gate run {found[:7]}' runs what can be run",
                details={"id": found, "gates": list(late)},
            )
        sleep(min(pause, max(deadline - clock(), 0)))
        pause = min(pause * 2, POLL_S[1])


def _has_verdict(issue: Issue, gate: Gate, tree: Oid | None) -> bool:
    status = issue.gates[gate.key]
    return status.status is not GateVerdict.PENDING and not stale_because(status, gate, tree)
