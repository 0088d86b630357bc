"""Gates on a tracker of 100 issues with five of them each: running, asking, and what running costs beside the command.

The overhead is measured inside one process, beside the bare command (`true`, spawned and waited for) in the same
rounds: that is what the framework adds to each further gate of a command.
"""

import os
import statistics
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from bench.figures import Figure
from bench.harness import Case, Harness
from bench.workspaces import Workspaces, message
from git_jit.cli.world import new_id, new_ulid
from git_jit.model import Actor, Caller, Gate, GateKey, GateMode, GateStage, GateStatus, Issue, Timestamp
from git_jit.ops.gate_looks import Ground
from git_jit.ops.gate_runs import run_gates
from git_jit.record import replace
from git_jit.runner import Bounds, Job
from git_jit.runner.running import run_all
from git_jit.store.repository import Repository
from git_jit.store.trusting import Approvals
from git_jit.store.worktree import code_tree
from git_jit.trust import Approval, approval_hash, definition
from git_jit.view import Plan

ISSUES = 100
MANY = 20
"""Gates of the issue on which the overhead is measured."""
FRAMEWORK_MS = 10.0
"""What the framework may add to each gate (performance.md)."""
AT = Timestamp("2026-11-21T09:00:00.000000Z")


def _gate(key: str, stage: GateStage, *argv: str) -> Gate:
    return Gate(key=GateKey(key), title=key, stage=stage, mode=GateMode.AUTO, argv=argv)


FAST = (_gate("pre-1", GateStage.PRECHECK, "true"), _gate("pre-2", GateStage.PRECHECK, "true"))
SLOW = (_gate("slow-1", GateStage.PRECHECK, "sleep", "0.2"), _gate("slow-2", GateStage.PRECHECK, "sleep", "0.2"))
POST = tuple(_gate(f"post-{n}", GateStage.POSTCHECK, "true") for n in range(MANY))
FIVE = (*FAST, *POST[:3])


def run(harness: Harness, workspaces: Workspaces) -> list[Figure]:
    """Whole commands, then the overhead of one gate among many."""
    variables = harness.environment.variables
    workspace = workspaces.get(ISSUES)
    harness.cwd = workspace.path
    (workspace.path / "code.txt").write_text("code\n")
    for words in (["add", "code.txt"], ["commit", "-q", "-m", "code"]):
        subprocess.run(["git", *words], cwd=workspace.path, env=variables, check=True, capture_output=True)
    five, slow, many = _require(workspace.path, variables, workspace.issues)
    cases = [
        Case("gate run-all, 5 gates", ["git", "jit", "gate", "run-all", five]),
        Case("gate run-all, 5 gates, one by one", ["git", "jit", "gate", "run-all", five, "-j", "1"]),
        Case("gate run, one gate", ["git", "jit", "gate", "run", five, "post-0"]),
        Case("gate run-all --missing, nothing is", ["git", "jit", "gate", "run-all", five, "--missing"], silent=True),
        Case("prechecks, fast", ["git", "jit", "gate", "run-all", five, "--stage", "precheck"]),
        Case("prechecks, 2 of 200 ms side by side", ["git", "jit", "gate", "run-all", slow, "--stage", "precheck"]),
        Case("postchecks, 3", ["git", "jit", "gate", "run-all", five, "--stage", "postcheck"]),
        Case("gate history of one issue", ["git", "jit", "gate", "history", five]),
        Case("gate list", ["git", "jit", "gate", "list"]),
        Case("issues whose gate has passed", ["git", "jit", "query", "all", "-f", "gate:post-0=passed"]),
    ]
    return [*harness.measure("gates", cases, ISSUES), *_overhead(workspace.path, variables, many, harness.rounds)]


def _require(path: Path, variables: dict[str, str], issues: Sequence[Issue]) -> tuple[str, str, str]:
    """Five gates on every issue, slow ones on one, many on another; all approved."""
    store = Repository.open(str(path), variables)
    gates = [*FAST, *SLOW, *POST]
    with store.view() as view:
        base = view.base
    wanted: list[tuple[Gate, ...]] = [FIVE] * len(issues)
    wanted[-1], wanted[-2] = SLOW, POST
    changed = {
        issue.id: replace(issue, gates={gate.key: GateStatus() for gate in some})
        for issue, some in zip(issues, wanted, strict=True)
    }
    plan = Plan(issues=changed, gates={gate.key: gate for gate in gates})
    store.commit(plan, base=base, message=message("gate-add", "gates"))
    approvals = Approvals(store.layout, variables)
    for gate in gates:
        hash = approval_hash(gate, {})
        told = definition(gate)
        approvals.add(Approval(key=gate.key, hash=hash, number=0, by="bench", at=AT, how="defined", definition=told))
    store.close()
    return issues[0].id, issues[-1].id, issues[-2].id


def _overhead(path: Path, variables: dict[str, str], issue: str, rounds: int) -> list[Figure]:
    store = Repository.open(str(path), variables)
    layout = store.layout
    ground = Ground(
        worktree=str(path),
        environ=variables,
        tree=lambda: code_tree(layout, variables),
        approvals=Approvals(layout, variables),
    )
    caller = Caller(actor=Actor("agent:bench"), now=AT, new_id=new_id, new_ulid=new_ulid, new_request=new_ulid)
    framed, bare, looped = [], [], []
    run_gates(store, caller, ground, issue)
    for _ in range(max(rounds, 3)):
        begun = time.perf_counter()
        ran = run_gates(store, caller, ground, issue)
        framed.append((time.perf_counter() - begun) * 1000 / MANY)
        if ran.status:
            raise SystemExit(f"a gate that cannot fail did: {ran.results}")
        begun = time.perf_counter()
        for _ in range(MANY):
            subprocess.run(["true"], env=variables, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
        bare.append((time.perf_counter() - begun) * 1000 / MANY)
        begun = time.perf_counter()
        run_all([_job(path, variables, number) for number in range(MANY)])
        looped.append((time.perf_counter() - begun) * 1000 / MANY)
    store.close()
    reference, all_of_it, loop = (statistics.median(found) for found in (bare, framed, looped))
    return [
        Figure("one gate", "the same command, bare", reference, "ms", MANY, 1.0),
        Figure("one gate", "run with bounds, capture, survivors", loop, "ms", MANY, loop / reference),
        Figure(
            "one gate", "approved, run, recorded, its verdict written", all_of_it, "ms", MANY, all_of_it / reference
        ),
        Figure("one gate", "added by the framework", all_of_it - reference, "ms", MANY, None, FRAMEWORK_MS, True),
    ]


def _job(path: Path, variables: dict[str, str], number: int) -> Job:
    return Job(
        argv=("true",),
        cwd=str(path),
        environ=variables,
        output=os.devnull,
        cookie=f"bench-{os.getpid()}-{number}",
        bounds=Bounds(),
    )
