"""The generator: always the same, shaped like real trackers, and readable by the importers."""

import hashlib
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from git_jit.codec import encode_comment, encode_issue, issue_document
from git_jit.model import LinkType, State
from git_jit.ops.sample import Profile, Sample, sample
from git_jit.ops.sample_files import beads_lines, write_workspace
from git_jit.validate import shape
from tests.ops.making import publish
from tests.ops.moving import bring, bring_path, counts, numbers
from tests.ops.world import World

KNOWN = "362d958266123009"
"""SHA-256 over the stored bytes of the sample of 300 issues with seed 7. It may only change on purpose."""


def digest(made: Sample) -> str:
    hashed = hashlib.sha256(b"".join(encode_issue(issue) for issue in made.issues))
    hashed.update(b"".join(encode_comment(comment) for comment in made.comments))
    return hashed.hexdigest()[:16]


def test_a_seed_names_one_sample_for_ever() -> None:
    assert digest(sample(Profile(issues=300, seed=7))) == KNOWN
    assert digest(sample(Profile(issues=300, seed=8))) != KNOWN


def test_another_process_with_other_hashes_makes_the_same() -> None:
    program = (
        "from tests.ops.test_sample import digest; from git_jit.ops.sample import *;"
        "print(digest(sample(Profile(issues=300, seed=7))))"
    )
    for hash_seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", program], check=True, text=True, capture_output=True, env={"PYTHONHASHSEED": hash_seed},
            cwd=Path(__file__).parent.parent.parent,
        )  # fmt: skip
        assert done.stdout.strip() == KNOWN


@pytest.mark.parametrize("count", [1_000, 5_000])
@pytest.mark.parametrize("seed", [1, 2])
def test_the_shape_is_that_of_real_trackers(count: int, seed: int) -> None:
    made = sample(Profile(issues=count, seed=seed))
    issues = made.issues
    kinds = Counter(link.type for issue in issues for link in issue.links)
    blocking = sum(len(issue.dependencies) for issue in issues)
    edges = blocking + kinds.total()
    children = Counter(link.target for issue in issues for link in issue.links if link.type == LinkType.PARENT)
    depth: dict[str, int] = {}
    for issue in issues:
        depth[issue.id] = 1 + max((depth[target] for target in issue.dependencies), default=0)
    lengths = sorted(len(issue.description) for issue in issues)
    assert 0.75 <= sum(issue.state.terminal for issue in issues) / count <= 0.95
    assert 0.5 <= edges / count <= 3
    assert 0.35 <= kinds[LinkType.PARENT] / edges <= 0.55
    assert 0.35 <= blocking / edges <= 0.55
    assert 0.03 <= kinds[LinkType.DISCOVERED_FROM] / edges <= 0.07
    assert 11 <= max(len(issue.dependencies) for issue in issues) <= 26
    assert 12 <= max(depth.values()) <= 27
    assert 20 <= len(children) <= 130
    assert 20 <= max(children.values()) <= 100
    assert 50 <= lengths[count // 2] <= 1_900
    assert 10_000 <= lengths[-1] <= 51_000
    assert max(len(issue.labels) for issue in issues) <= 5
    assert len({label for issue in issues for label in issue.labels}) >= 300
    assert 5 <= len({issue.assignee for issue in issues if issue.assignee}) <= 140
    assert any(not issue.title.isascii() for issue in issues)
    open_ids = {issue.id for issue in issues if not issue.state.terminal}
    assert not any(issue.state.terminal and open_ids & set(issue.dependencies) for issue in issues)
    assert not any(issue.state is State.READY and open_ids & set(issue.dependencies) for issue in issues)


@pytest.mark.parametrize("count", [0, 1, 2, 5, 40])
@pytest.mark.parametrize("dirt", [False, True])
def test_small_ones_are_valid_too(count: int, dirt: bool) -> None:
    made = sample(Profile(issues=count, dirt=dirt))
    assert len({issue.id for issue in made.issues}) == count
    assert [shape.errors("issue", issue_document(issue)) for issue in made.issues] == [[]] * count


def test_the_plan_can_be_published() -> None:
    world = World()
    made = sample(Profile(issues=50))
    publish(world, made.plan())
    with world.store.view() as view:
        assert view.ids() == sorted(issue.id for issue in made.issues)
        assert view.broken() == ()


def test_a_workspace_is_imported_as_it_was_made(tmp_path: Path) -> None:
    made = sample(Profile(issues=200))
    write_workspace(made, str(tmp_path))
    world = World()
    report = bring_path(world, "jit", tmp_path)
    assert numbers(report) == (200, 0, 0)
    assert {rule for rule in counts(report) if rule != "file-absent"} == {
        "updated-at-derived",
        "event-used",
        "event-derived",
    }
    with world.store.view() as view:
        assert view.config == made.config
        assert set(view.gates()) == {gate.key for gate in made.gates}
        for issue in made.issues:
            found = view.issue(issue.id)
            assert found is not None
            same = [
                "title",
                "description",
                "state",
                "priority",
                "assignee",
                "labels",
                "dependencies",
                "documents",
                "context",
                "closed_at",
            ]
            assert [getattr(found, name) for name in same] == [getattr(issue, name) for name in same]
            assert found.gates.keys() == issue.gates.keys()


def test_lines_of_beads_are_imported_with_what_is_wrong_with_them() -> None:
    made = sample(Profile(issues=400, dirt=True))
    world = World()
    text = "".join(beads_lines(made))
    report = bring(world, "beads", text)
    found = counts(report)
    assert report.records == 400 - found["repeated-id"] + 2 * found["repeated-id"]
    assert numbers(report) == (396, 0, 0)
    assert found["tombstone"] == 4
    assert {
        "repeated-id": 2,
        "unknown-state": 4,
        "unknown-priority": 4,
        "title-rewritten": 4,
        "title-too-long": 4,
        "control-characters": 4,
        "label-rewritten": 8,
    }.items() <= found.items()
    assert found["dependency-cycle"] >= 1
    assert found["unresolved-reference"] >= 8
    assert numbers(bring(world, "beads", text)) == (0, 0, 396)
