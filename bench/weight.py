"""What a repository weighs after many single updates and maintenance, beside the issues packed once."""

import subprocess
from pathlib import Path

from bench.figures import Figure
from bench.workspaces import Workspace, message
from git_jit.model import Timestamp
from git_jit.record import replace
from git_jit.store.backend import Durability
from git_jit.store.repository import Repository
from git_jit.view import Plan

LIMIT = 3.0
MIB = 1024 * 1024


def run(workspace: Workspace, variables: dict[str, str], updates: int) -> list[Figure]:
    """`updates` (at most 50,000) commits of one issue each, then `git gc`. The limit is for 10,000 in 10,000 issues."""
    alone = _packed_alone(workspace)
    _update(workspace, variables, updates)
    loose, _ = _weight(workspace.path)
    subprocess.run(["git", "gc", "-q"], cwd=workspace.path, check=True)
    _, packed = _weight(workspace.path)
    name, n = f"after {updates:,} single updates", workspace.size
    return [
        Figure("weight", "issues packed once", alone / MIB, "MiB", n),
        Figure("weight", f"{name}: loose before maintenance", loose / MIB, "MiB", n),
        Figure("weight", f"{name}: packed", packed / MIB, "MiB", n),
        Figure("weight", f"{name}: × issues", packed / alone, "×", n, target=LIMIT, absolute=True),
        Figure("weight", f"{name}: bytes a commit", (packed - alone) / updates, "B", n),
    ]


def _update(workspace: Workspace, variables: dict[str, str], updates: int) -> None:
    store = Repository.open(str(workspace.path), variables, durability=Durability.FAST)
    for number in range(updates):
        issue = workspace.issues[number * 7919 % workspace.size]  # a prime: the whole tracker, in no order
        changed = replace(issue, estimate=1 + number, assignee=None)
        told = replace(message("update", f"weight-{number}"), at=_a_second_later(number))
        store.commit(Plan(issues={issue.id: changed}), base=store.tip(), message=told)
    store.close()


def _a_second_later(number: int) -> Timestamp:
    return Timestamp(f"2026-11-21T{9 + number // 3600:02d}:{number // 60 % 60:02d}:{number % 60:02d}.000000Z")


def _packed_alone(workspace: Workspace) -> int:
    """Bytes of a pack with the present state and no history."""
    tree = f"{workspace.ref}^{{tree}}"
    listed = subprocess.run(
        ["git", "rev-list", "--objects", "--no-object-names", tree],
        cwd=workspace.path, check=True, capture_output=True,
    )  # fmt: skip
    packed = subprocess.run(
        ["git", "pack-objects", "-q", "--stdout"],
        cwd=workspace.path, check=True, capture_output=True, input=listed.stdout,
    )  # fmt: skip
    return len(packed.stdout)


def _weight(path: Path) -> tuple[int, int]:
    """Bytes in loose objects (on disk), and in packs."""
    said = subprocess.run(["git", "count-objects", "-v"], cwd=path, check=True, capture_output=True, text=True).stdout
    told = dict(line.split(": ") for line in said.splitlines())
    return int(told["size"]) * 1024, int(told["size-pack"]) * 1024
