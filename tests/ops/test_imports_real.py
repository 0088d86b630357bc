"""Imports of real trackers: every issue, edge, event and gate run is accounted for.

Needs `JIT_REAL_DATA`, the folder with `jit-workspace/` and `beads-sample.jsonl`; skipped without it.
"""

import os
from collections import Counter
from pathlib import Path

import pytest

from git_jit.model import State
from tests.ops.moving import bring_path, by_origin, counts, numbers
from tests.ops.world import World

DATA = os.environ.get("JIT_REAL_DATA")
pytestmark = pytest.mark.skipif(not DATA, reason="JIT_REAL_DATA is not set")
ROOT = Path(DATA or ".")


def test_the_rust_trackers_own_workspace() -> None:
    world = World()
    report = bring_path(world, "jit", ROOT / "jit-workspace")
    whole = report.to_json()
    assert {key: whole[key] for key in whole if key not in {"rules", "origin", "commit"}} == {
        "source": "jit",
        "records": 373,
        "created": 373,
        "updated": 0,
        "unchanged": 0,
        "left_out": 0,
        "comments": 6,
        "gates": 13,
        "config": True,
        "dry_run": False,
    }
    found = counts(report)
    assert found == {
        "deleted-in-source": 17,
        "unknown-key": 7,
        "updated-at-derived": 373,
        "gate-environment": 3,
        "gate-context": 4,
        "gate-run-used": 565,
        "gate-run-older": 671,
        "document-details": 100,
        "event-used": 731,
        "event-derived": 3_471,
        "event-unknown": 84,
        "rules-not-mapped": 13,
    }
    assert found["event-used"] + found["event-derived"] + found["event-unknown"] == 4_286
    assert found["gate-run-used"] + found["gate-run-older"] == 1_236
    with world.store.view() as view:
        assert sum(len(targets) for targets in view.edges().values()) == 470
        assert view.values("state") == {"done": 348, "rejected": 13, "backlog": 6, "ready": 5, "in_progress": 1}
        assert view.values("priority") == {"high": 180, "normal": 168, "low": 13, "critical": 12}
        issues = [issue for id in view.ids() if (issue := view.issue(id))]
        assert view.broken() == ()
        assert sorted(view.config.types) == [
            "breakdown", "bug", "enhancement", "epic", "milestone", "planning", "story", "task",
        ]  # fmt: skip
        assert sorted(name for name, rule in view.config.namespaces.items() if rule.unique) == [
            "brackets", "resolution", "team", "type",
        ]  # fmt: skip
    verdicts = Counter(status.status.value for issue in issues for status in issue.gates.values())
    assert verdicts.total() == 815
    assert verdicts["passed"] >= 769
    assert all(issue.closed_at for issue in issues if issue.state.terminal)
    assert sum(len(issue.documents) for issue in issues) == 139
    assert numbers(bring_path(world, "jit", ROOT / "jit-workspace")) == (0, 0, 373)


def test_beads_with_everything_in_it() -> None:
    world = World()
    report = bring_path(world, "beads", ROOT / "beads-sample.jsonl", with_tombstones=True)
    assert counts(report) == {
        "unresolved-reference": 33,
        "two-parents": 1,
        "reference-details": 126,
        "closed-before-blocker": 8,
        "state-kept": 1,
        "state-derived": 58,
        "label-namespaced": 8,
        "actor-kind": 16,
        "unknown-key": 88,
    }
    found = by_origin(world, "beads")
    assert len(found) == 133
    edges = sum(len(i.dependencies) + len(i.links) + len(i.unresolved) for i in found.values())
    assert (edges, sum(len(i.unresolved) for i in found.values())) == (126, 33)
    assert Counter(issue.state for issue in found.values()) == {
        State.DONE: 59,
        State.REJECTED: 15,
        State.IN_PROGRESS: 1,
        State.READY: 22,
        State.BACKLOG: 36,
    }
    assert report.to_json()["left_out"] == 0
    assert numbers(bring_path(world, "beads", ROOT / "beads-sample.jsonl", with_tombstones=True)) == (0, 0, 133)


def test_beads_without_tombstones() -> None:
    world = World()
    report = bring_path(world, "beads", ROOT / "beads-sample.jsonl")
    assert (numbers(report), report.left_out, report.records) == ((118, 0, 0), 15, 133)
    assert counts(report) == {
        "tombstone": 15,
        "tombstone-reference": 15,
        "unresolved-reference": 31,
        "two-parents": 1,
        "reference-details": 111,
        "closed-before-blocker": 6,
        "state-kept": 1,
        "state-derived": 58,
        "label-namespaced": 1,
        "actor-kind": 16,
        "unknown-key": 66,
    }
