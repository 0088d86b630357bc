"""What history says about a run of `tests.faults.workers`: who worked on what, in which order, on which code."""

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from git_jit.codec import decode_issue
from git_jit.model import GateVerdict, Issue, State
from git_jit.store import issue_path
from git_jit.store.repository import Repository
from tests.faults.claims import chain_faults

Log = Sequence[Mapping[str, Any]]


@dataclass
class Verdict:
    """What came of it."""

    wrong: list[str] = field(default_factory=list)
    summary: dict[str, object] = field(default_factory=dict)

    @property
    def good(self) -> bool:
        return not self.wrong


@dataclass
class Life:
    """One issue of the plan, by the commits of the tracker."""

    claims: list[tuple[int, str]] = field(default_factory=list)
    """Which commit (by number) gave it to whom."""
    closings: list[tuple[int, str]] = field(default_factory=list)
    last: Issue | None = None


def judge(
    path: Path,
    env: Mapping[str, str],
    issues: Mapping[str, str],
    told: Mapping[str, Log],
    killed: Sequence[str],
) -> Verdict:
    """All that must be true. `issues` are the ids of the plan by key, `killed` the names of workers that were."""
    verdict = Verdict()
    lives, commits = _lives(path, env, issues)
    for key, id in issues.items():
        verdict.wrong += [f"{key}: {fault}" for fault in faults(lives[id], lives)]
        verdict.wrong += [f"{key}: {fault}" for fault in _tree_faults(path, lives[id])]
    taken = [holder for life in lives.values() for _, holder in life.claims[:-1]]
    if wrong := [holder for holder in taken if holder.removeprefix("agent:") not in killed or taken.count(holder) > 1]:
        verdict.wrong.append(f"issues were taken from {wrong}, killed were {killed}")
    if missed := [name for name in killed if _held(told[name]) and f"agent:{name}" not in taken]:
        verdict.wrong.append(f"nobody took over from {missed}")
    lost = [line for log in told.values() for line in log if line.get("commit") and line["commit"] not in commits]
    verdict.wrong += [f"acknowledged and lost: {line}" for line in lost]
    verdict.wrong += chain_faults(path)
    verdict.summary = {
        "issues": len(issues),
        "closed_once": sum(len(life.closings) == 1 for life in lives.values()),
        "worked_twice": sum(len(life.closings) > 1 for life in lives.values()),
        "left": sum(not life.closings for life in lives.values()),
        "killed": list(killed),
        "taken_over": len(taken),
        "acknowledged_writes": sum(bool(line.get("commit")) for log in told.values() for line in log),
        "lost_writes": len(lost),
    }
    return verdict


def _held(log: Log) -> bool:
    """Whether a worker fell silent with an issue in its hands, which nothing but a takeover can free."""
    return bool(log) and log[-1]["do"] == "claimed"


def _lives(path: Path, env: Mapping[str, str], issues: Mapping[str, str]) -> tuple[dict[str, Life], set[str]]:
    """What happened to each issue of the plan, and every commit there is."""
    store = Repository.open(str(path), env)
    lives = {id: Life() for id in issues.values()}
    by_path = {issue_path(id): life for id, life in lives.items()}  # type: ignore[arg-type]
    commits = set()
    for number, commit in enumerate(reversed(list(store.history()))):
        commits.add(str(commit.oid))
        for change in store.changes(commit):
            life = by_path.get(change.path)
            if life is None or change.new is None:
                continue
            before, after = life.last, decode_issue(change.new)
            actor = commit.trailers["Jit-Actor"]
            if before and after.assignee and after.assignee != before.assignee:
                life.claims.append((number, actor))
            if before and after.state is State.DONE and before.state is not State.DONE:
                life.closings.append((number, actor))
            life.last = after
    store.close()
    return lives, commits


def faults(life: Life, lives: Mapping[str, Life]) -> list[str]:
    """What is wrong with the work on one issue."""
    assert life.last is not None, "it was created"
    wrong = []
    if len(life.closings) != 1:
        return [f"closed {len(life.closings)} times: {life.closings}"]
    if life.last.state is not State.DONE:
        wrong.append(f"is {life.last.state} in the end")
    if not life.claims or life.claims[-1][1] != life.closings[0][1]:
        return [*wrong, f"closed by {life.closings}, claimed by {life.claims}"]
    for target in life.last.dependencies:
        closings = lives[target].closings
        if not closings or closings[0][0] > life.claims[0][0]:
            wrong.append(f"begun before '{target[:7]}' was done")
    return wrong


def _tree_faults(path: Path, life: Life) -> list[str]:
    """Whether all gates passed, on the code with which its worker finished it."""
    issue = life.last
    if issue is None or not life.closings:
        return []
    name = life.closings[0][1].removeprefix("agent:")
    words = ["git", "-C", str(path), "log", "-1", "--format=%T", name, "--", f"done/{issue.id}"]
    tree = subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()
    wrong = [
        f"gate '{key}' is {gate.status}" for key, gate in issue.gates.items() if gate.status is not GateVerdict.PASSED
    ]
    wrong += [
        f"gate '{key}' passed on {gate.tree}, not {tree}" for key, gate in issue.gates.items() if gate.tree != tree
    ]
    return wrong if issue.gates else ["has no gates"]
