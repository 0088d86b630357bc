"""What bringing two clones together takes inside a process: 100 commits on each side, 20 issues changed on both.

The same case as in storage.md, section 10, so that the figures can be laid side by side.
"""

import shutil
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

from bench.figures import Figure
from bench.workspaces import Workspace, message
from git_jit.model import Actor, Caller, Issue, IssueId, Oid, Timestamp
from git_jit.ops.merging import How, bring_in, prepare
from git_jit.record import replace
from git_jit.store.backend import Durability
from git_jit.store.exchange import Exchange
from git_jit.store.repository import Repository
from git_jit.view import Plan

CHANGES = 100
BOTH = 20
NOW_MS = 1_795_000_000_000
AT = Timestamp("2026-11-18T11:06:40.000000Z")


def run(workspace: Workspace, scratch: Path, variables: dict[str, str], rounds: int) -> list[Figure]:
    """On a copy. Raises `SystemExit` if the merge does not do what it should."""
    place = scratch / "merging"
    shutil.copytree(workspace.path, place)
    store = Repository.open(str(place), variables, durability=Durability.FAST)
    start = store.tip()
    issues = list(workspace.issues)
    ours = _work(store, issues[:CHANGES], "ours")
    _back(store, start)
    theirs = _work(store, issues[CHANGES - BOTH : 2 * CHANGES - BOTH], "theirs")
    _back(store, ours)
    looking = [_timed(lambda: prepare(store, Exchange(store), ours, theirs, now_ms=NOW_MS)) for _ in range(rounds)]
    whole = []
    for number in range(rounds):
        whole.append(_timed(lambda: _merge(store, theirs, number)))  # noqa: B023 - called at once
        _back(store, ours)
    store.close()
    return [
        Figure(
            "merge",
            f"{CHANGES} commits a side, {BOTH} issues on both",
            statistics.median(looking),
            "ms",
            workspace.size,
        ),
        Figure("merge", "with its commit and the index", statistics.median(whole), "ms", workspace.size),
    ]


def _work(store: Repository, issues: Sequence[Issue], side: str) -> Oid:
    """A commit for each issue: a title and a label."""
    for issue in issues:
        changed = replace(issue, title=f"{issue.title} {side}"[:200], labels=(*issue.labels, f"side:{side}"))
        store.commit(Plan(issues={issue.id: changed}), base=store.tip(), message=message("update", f"{side}{issue.id}"))
    return store.tip()


def _back(store: Repository, tip: Oid) -> None:
    """As if nothing had been written since: the other side begins here."""
    Path(store.layout.common_dir, "jit", "high-water").unlink(missing_ok=True)
    store.backend.swap(store.ref, tip, store.tip(), committer="Bench <b@example.org> 0 +0000", message="back")


def _merge(store: Repository, theirs: Oid, number: int) -> None:
    caller = Caller(
        actor=Actor("agent:bench"),
        now=AT,
        new_id=lambda: IssueId("0" * 32),
        new_ulid=lambda: "0" * 26,
        new_request=lambda: f"merge-{number}",
    )
    taken = bring_in(store, Exchange(store), caller, "origin", theirs)
    if taken.how is not How.MERGED or len(taken.decisions) != BOTH or len(taken.issues) != CHANGES:
        raise SystemExit(f"the merge went wrong: {taken.line}")


def _timed(act: object) -> float:
    assert callable(act)
    start = time.perf_counter()
    act()
    return (time.perf_counter() - start) * 1000
