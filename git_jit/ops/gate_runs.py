"""Gates at work: run what is approved, take somebody's word for the rest, and let the verdicts lead where they lead.

Nothing here runs a command whose approval it has not just looked up, on the very definition that is run. The writers'
queue and every reference are free while a gate runs: looking comes before, publishing after.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final, NamedTuple

from git_jit.codec import encode_issue
from git_jit.errors import JitError, Refused
from git_jit.model import Caller, Gate, GateKey, GateStage, GateVerdict, Issue, Oid, Progress, ignore
from git_jit.ops.abandoned import settle_abandoned
from git_jit.ops.gate_jobs import Told, check_depth, claim_of, make_job, open_box
from git_jit.ops.gate_looks import GateRunning, Ground, Ran, Result, chosen_gates, required_of
from git_jit.ops.verdicts import GateRun, earned, excerpt, recorded
from git_jit.record import field, record, replace
from git_jit.runner.isolation import Box
from git_jit.runner.job import NOT_BEGUN, Ended, Ending, Job
from git_jit.store import Store, flights
from git_jit.store.pinned import below, pinned
from git_jit.store.runs import Runs
from git_jit.trust import Approval, approval_hash, definition_hash, is_approved, objections, stale_because

if TYPE_CHECKING:
    from git_jit.ops.report import Report

VERDICTS: Final[Mapping[Ending, GateVerdict]] = {
    Ending.PASSED: GateVerdict.PASSED,
    Ending.FAILED: GateVerdict.FAILED,
    Ending.ERROR: GateVerdict.ERROR,
    Ending.TIMEOUT: GateVerdict.TIMEOUT,
    Ending.STOPPED: GateVerdict.SKIPPED,
}
KEPT: Final = frozenset({GateVerdict.PASSED, GateVerdict.FAILED, GateVerdict.ERROR, GateVerdict.TIMEOUT})
"""What is written on the issue. That this machine's user has not approved a command is nobody else's affair."""


class NoWorkingTree(Refused):
    """Gates run in a working tree, and there is none here."""

    code = "no_working_tree"


class _Ready(NamedTuple):
    """A gate that may run."""

    gate: Gate
    job: Job
    began: GateRun
    """The record, as long as nothing is known but that it runs."""
    hash: str
    """What was approved."""


@record(kw_only=True)
class _Session:
    """One command at work on one issue."""

    store: Store
    caller: Caller
    ground: Ground
    runs: Runs
    issue: Issue
    tree: Oid | None
    approved: tuple[Approval, ...]
    """As they were when the command began."""
    told: Told
    box: Box | None
    token: str | None
    """The claim under which the verdicts are earned; None: nobody's, or somebody else's."""
    results: dict[GateKey, Result] = field(default_factory=dict)


def run_gates(
    store: Store,
    caller: Caller,
    ground: Ground,
    id: str,
    keys: Sequence[str] = (),
    *,
    stage: GateStage | None = None,
    missing: bool = False,
    jobs: int = 1,
    fail_fast: bool = False,
    progress: Callable[[Progress], None] = ignore,
) -> Ran:
    """Run gates that an issue requires (none named: all of them), `jobs` side by side, and write the verdicts.

    `missing` leaves out those that have passed already, on this code. Raises `IssueNotFound`, `GateNotFound`,
    `NoWorkingTree`, `TooDeep`. Verdicts and refusals of single gates are results.
    """
    with store.view() as view:
        issue, gates = required_of(view, id)
    chosen = chosen_gates(issue, gates, keys, stage)
    if not chosen:
        return Ran(issue=issue.id, results=())
    notes = settle_abandoned(store, lambda: caller)
    session = _begin(store, caller, ground, issue)
    if missing:
        counts = earned(store)
        chosen = [gate for gate in chosen if not _counts(issue, gate, session.tree, counts)]
        if not chosen:
            return Ran(issue=issue.id, results=(), notes=(*notes, "every gate has passed already, on this code"))
    with ExitStack() as held:
        ready = [one for gate in chosen if (one := _prepare(session, gate, held))]
        after = _run(session, ready, jobs, fail_fast=fail_fast, progress=progress)
    results = tuple(session.results[gate.key] for gate in chosen)
    kept = [result.ran for result in results if result.ran and result.verdict in KEPT]
    report = _publish(session, kept, after)
    session.runs.drop_old_outputs()
    if any(one.changed for one in kept):
        notes = [*notes, "the code changed while gates ran; their verdicts are about the code as it was"]
    return Ran(issue=issue.id, results=results, report=report, notes=tuple(notes))


def _begin(store: Store, caller: Caller, ground: Ground, issue: Issue) -> _Session:
    """Look at all that decides what runs, once for all gates. Raises `NoWorkingTree`, `TooDeep`, `ClaimLost`,
    `IsolationUnavailable`.
    """
    runs = store.runs()
    if runs is None or ground.worktree is None:
        raise NoWorkingTree("there is no working tree here to run gates in", hint="run it in a clone with the code")
    check_depth(ground)
    tree = ground.tree()
    token = claim_of(store, caller, issue.id)
    if token:  # and under it alone they are published
        caller = replace(caller, tokens=tuple({*caller.tokens, token}))
    return _Session(
        store=store,
        caller=caller,
        ground=ground,
        runs=runs,
        issue=issue,
        tree=tree,
        approved=tuple(ground.approvals.all()) if ground.approvals else (),
        told=Told(issue.id, encode_issue(issue)),
        box=open_box(ground, runs),
        token=token,
    )


def _publish(session: _Session, kept: Sequence[GateRun], after: Oid | None) -> "Report | None":
    if not kept:
        return None
    from git_jit.ops.gate_results import publish_runs  # with all that writing needs

    return publish_runs(session.store, session.caller, session.issue.id, kept, after)


def _counts(issue: Issue, gate: Gate, tree: Oid | None, counts: Callable[..., bool]) -> bool:
    status = issue.gates[gate.key]
    fresh = status.status is GateVerdict.PASSED and not stale_because(status, gate, tree)
    return fresh and (not gate.argv or counts(issue.id, gate.key, status))


def _prepare(session: _Session, gate: Gate, held: ExitStack) -> _Ready | None:
    """What is needed to run it; None if it does not run, and the result says why."""

    def answer(verdict: GateVerdict, cause: str, error: JitError | None = None) -> None:
        session.results[gate.key] = Result(gate=gate.key, verdict=verdict, cause=cause, error=error)

    if not gate.argv:
        answer(GateVerdict.SKIPPED, "a person decides: 'git jit gate pass' or 'git jit gate fail'")
        return None
    if wrong := objections(gate):
        answer(GateVerdict.ERROR, f"the definition {wrong[0]}")
        return None
    top = session.ground.worktree or ""
    cwd = below(top, gate.cwd or "")
    if cwd is None:
        answer(GateVerdict.ERROR, f"'{gate.cwd}' leads out of the working tree")
        return None
    hash = approval_hash(gate, pinned(top, gate.pins))
    if not _may_run(session, gate, hash):
        answer(GateVerdict.NEEDS_APPROVAL, f"nobody has approved it here: 'git jit gate trust {gate.key}'")
        return None
    flight = flights.begin(session.runs.directory, session.issue.id, gate.key, session.tree or "")
    if flight is None:
        busy = GateRunning(f"'{gate.key}' of '{session.issue.id[:7]}' runs already")
        answer(GateVerdict.SKIPPED, "it runs already, on the same code: 'git jit gate wait'", busy)
        return None
    held.enter_context(flight)
    run = session.caller.new_ulid()
    job = make_job(session.ground, session.runs, session.told, gate, cwd=cwd, run=run, box=session.box, held=held)
    began = _began(session, gate, run)
    flight.note({**began.to_json(), "pid": os.getpid(), "cookie": job.cookie})
    return _Ready(gate, job, began, hash)


def _may_run(session: _Session, gate: Gate, hash: str) -> bool:
    """The one place that decides it."""
    return hash in session.ground.allowed or is_approved(session.approved, gate.key, hash)


def _run(
    session: _Session,
    ready: Sequence[_Ready],
    jobs: int,
    *,
    fail_fast: bool,
    progress: Callable[[Progress], None],
) -> Oid | None:
    """Run what may run, and return the code as it is afterwards. What is run is judged once more at the last moment:
    a pinned file may have changed.
    """
    if not ready:
        return session.tree
    from git_jit.runner.running import run_all  # brings subprocess, which a run that skips all does not need

    done = 0
    unapproved: set[int] = set()

    def begun(index: int) -> bool:
        one = ready[index]
        now = approval_hash(one.gate, pinned(session.ground.worktree or "", one.gate.pins))
        if now == one.hash and _may_run(session, one.gate, now):
            return True
        unapproved.add(index)
        return False

    def enough(_index: int, ended: Ended) -> bool:
        nonlocal done
        done += 1
        return fail_fast and ended.ending is not Ending.PASSED

    def tell() -> None:
        progress(Progress("gates", done, len(ready)))

    tell()
    ended = run_all([one.job for one in ready], at_once=jobs, enough=enough, begun=begun, goes_on=tell)
    after = session.ground.tree()
    for index, (one, end) in enumerate(zip(ready, ended, strict=True)):
        if index in unapproved:
            cause = "a file that it pins changed while it waited for its turn"
            session.results[one.gate.key] = Result(gate=one.gate.key, verdict=GateVerdict.NEEDS_APPROVAL, cause=cause)
            continue
        session.results[one.gate.key] = _result(session, one, end, changed=after != session.tree)
    return after


def _result(session: _Session, one: _Ready, end: Ended, *, changed: bool) -> Result:
    if end == NOT_BEGUN:
        return Result(gate=one.gate.key, verdict=GateVerdict.SKIPPED, cause="another gate failed first")
    ran = _ended(session, one, end, changed=changed)
    said = excerpt(end.last, end.written)
    return Result(gate=ran.gate, verdict=ran.verdict, cause=ran.cause, ran=ran, output=one.job.output, said=said)


def _began(session: _Session, gate: Gate, run: str) -> GateRun:
    return GateRun(
        run=run,
        issue=session.issue.id,
        gate=gate.key,
        verdict=GateVerdict.PENDING,
        by=session.caller.actor,
        at=session.caller.now,
        tree=session.tree,
        definition=definition_hash(gate),
        stage=gate.stage.value,
        argv=gate.argv,
        clone=session.runs.clone,
        token=session.token,
        isolated=session.box is not None,
    )


def _ended(session: _Session, one: _Ready, ended: Ended, *, changed: bool) -> GateRun:
    verdict, cause = VERDICTS[ended.ending], ended.cause
    expected = one.gate.expect_output
    if verdict is GateVerdict.PASSED and expected is not None and expected.encode() not in ended.last:
        verdict, cause = GateVerdict.FAILED, f"it ended with 0, but the end of its output does not hold '{expected}'"
    return replace(
        one.began,
        verdict=verdict,
        cause=cause,
        ms=round(ended.seconds * 1000),
        exit=ended.status,
        changed=changed,
        leaked=ended.leaked,
        written=ended.written,
        left_out=ended.left_out,
        excerpt=excerpt(ended.last, ended.written, recorded(session.ground.environ)),
    )
