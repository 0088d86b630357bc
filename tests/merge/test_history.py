"""From commits to a merge: bases that crossed, stamps through merges, and merges that end."""

from typing import Any

from git_jit.clock import DAY_MS
from git_jit.merge import Rules, Side, Stamp, merge, merge_commits, stamp_of, virtual_base
from git_jit.model import IssueId
from git_jit.paths import issue_path
from git_jit.workflow import FURTHER
from tests.merge.world import Commits, applied

A = IssueId("a" * 32)
PATH = issue_path(A)
RULES = Rules(further=FURTHER)
LABELS = ("labels",)


def tree(**fields: Any) -> dict[str, Any]:
    return {PATH: {"id": A, "schema": 1, "title": "x", "labels": []} | fields}


def crossed() -> tuple[Commits, int, int]:
    """One adds a label, another removes one, each merges the other's; then one of them removes the new label."""
    c = Commits()
    root = c.add((), tree(labels=["c:old"]), Stamp(1, 0, "n"))
    adds = c.add((root,), tree(labels=["c:new", "c:old"]), Stamp(2, 0, "a"))
    removes = c.add((root,), tree(labels=[]), Stamp(2, 0, "b"))
    one = c.add((adds, removes), tree(labels=["c:new"]), Stamp(3, 0, "a"))
    other = c.add((removes, adds), tree(labels=["c:new"]), Stamp(3, 0, "b"))
    one = c.add((one,), tree(labels=[]), Stamp(4, 0, "a"))
    other = c.add((other,), tree(labels=["c:new"], title="y"), Stamp(4, 0, "b"))
    return c, one, other


def test_a_virtual_base_is_what_the_crossed_commits_merge_to() -> None:
    c, one, other = crossed()
    base = virtual_base(c, one, other, RULES)
    assert len(base.commits) == 2
    assert base.read(PATH) == tree(labels=["c:new"])[PATH]
    assert virtual_base(c, other, one, RULES).read(PATH) == base.read(PATH)


def test_what_was_removed_does_not_come_back_over_a_crossing() -> None:
    c, one, other = crossed()
    merged = merge_commits(c, one, other, RULES)
    assert merged.edits == tree(labels=[], title="y")
    assert merged.conflicts == ()


def test_any_single_base_would_have_brought_it_back() -> None:
    """Why the base is recursive: the property above is not there for nothing."""
    c, one, other = crossed()
    outcomes = []
    for commit in c.merge_bases([one], [other]):
        left, right = (Side(documents={PATH: c.read(tip, PATH)}) for tip in (one, other))
        outcomes.append(merge({PATH: c.read(commit, PATH)}, left, right, RULES).edits[PATH]["labels"])  # type: ignore[index]
    assert sorted(outcomes) == [[], ["c:new"]]


def test_a_resolved_conflict_stays_resolved_over_a_crossing() -> None:
    c = Commits()
    root = c.add((), tree(), Stamp(1, 0, "n"))
    left = c.add((root,), tree(title="l"), Stamp(2, 0, "a"))
    right = c.add((root,), tree(title="r"), Stamp(2, 0, "b"))
    joined = applied(c.trees[left], merge_commits(c, left, right, RULES))
    file = f"conflicts/{A}/title.json"
    assert (joined[PATH]["title"], [entry["value"] for entry in joined[file]["lost"]]) == ("r", ["l"])
    one = c.add((left, right), joined, Stamp(3, 0, "a"))
    other = c.add((right, left), joined, Stamp(3, 0, "b"))
    one = c.add((one,), {PATH: joined[PATH]}, Stamp(4, 0, "a"))
    other = c.add((other,), {**joined, PATH: {**joined[PATH], "due": "2026-12-01"}}, Stamp(4, 0, "b"))
    merged = merge_commits(c, one, other, RULES)
    assert merged.edits[file] is None
    assert merged.edits[PATH] == {**joined[PATH], "due": "2026-12-01"}


def test_two_trackers_without_a_common_beginning_merge_with_an_empty_base() -> None:
    c = Commits()
    one = c.add((), tree(title="x"), Stamp(1, 0, "a"))
    other = c.add((), {issue_path(IssueId("b" * 32)): {"id": "b" * 32, "schema": 1}}, Stamp(1, 0, "b"))
    assert virtual_base(c, one, other).commit is None
    assert {**applied({}, merge_commits(c, one, other, RULES))} == {**c.trees[one], **c.trees[other]}


def test_a_stamp_is_that_of_the_commit_that_wrote_the_value() -> None:
    c = Commits()
    root = c.add((), tree(), Stamp(1, 0, "n"))
    wrote = c.add((root,), tree(title="mine"), Stamp(5, 0, "a"))
    later = c.add((wrote,), tree(title="mine", due="2026-12-01"), Stamp(6, 0, "a"))
    side = c.add((root,), tree(labels=["c:a"]), Stamp(7, 0, "b"))
    joined = c.add((later, side), tree(title="mine", due="2026-12-01", labels=["c:a"]), Stamp(9, 0, "a"))
    other = c.add((root,), tree(title="other"), Stamp(8, 0, "c"))
    base = virtual_base(c, joined, other)
    assert stamp_of(c, base, joined, PATH, ("title",)) == Stamp(5, 0, "a")
    assert stamp_of(c, base, joined, PATH, ("due",)) == Stamp(6, 0, "a")
    assert stamp_of(c, base, joined, PATH, LABELS) == Stamp(7, 0, "b")
    assert merge_commits(c, joined, other, RULES).edits[PATH]["title"] == "other"  # type: ignore[index]


def test_clones_that_merge_each_other_end_at_once() -> None:
    c = Commits()
    root = c.add((), tree(), Stamp(1, 0, "n"))
    one = c.add((root,), tree(title="l"), Stamp(2, 0, "a"))
    other = c.add((root,), tree(title="r"), Stamp(2, 0, "b"))
    for _ in range(2):
        here = applied(c.trees[one], merge_commits(c, one, other, RULES))
        there = applied(c.trees[other], merge_commits(c, other, one, RULES))
        assert here == there
        one, other = c.add((one, other), here, Stamp(3, 0, "a")), c.add((other, one), there, Stamp(3, 0, "b"))


def test_a_clock_from_the_future_is_no_better_than_one_a_day_ahead() -> None:
    c = Commits()
    root = c.add((), tree(), Stamp(1, 0, "n"))
    hostile = c.add((root,), tree(title="hostile"), Stamp(2**50, 0, "h"))
    honest = c.add((root,), tree(title="honest"), Stamp(DAY_MS, 1, "a"))
    merged = merge_commits(c, hostile, honest, Rules(further=FURTHER, latest_ms=DAY_MS))
    assert merged.edits[PATH]["title"] == "honest"  # type: ignore[index]
    assert merged.clamped == (Stamp(2**50, 0, "h"),)


def test_only_what_changed_is_read() -> None:
    class Counted(Commits):
        reads = 0

        def read(self, commit: int, path: str) -> Any:
            self.reads += 1
            return super().read(commit, path)

    c = Counted()
    many = {issue_path(IssueId(f"{n:032x}")): {"id": f"{n:032x}", "schema": 1, "title": "x"} for n in range(10_000)}
    root = c.add((), many, Stamp(1, 0, "n"))
    paths = list(many)
    changes = [
        {**many, **{p: {**many[p], "title": who} for p in paths[s : s + 100]}} for who, s in (("a", 0), ("b", 80))
    ]
    one, other = (c.add((root,), changed, Stamp(2, n, "a")) for n, changed in enumerate(changes))
    merged = merge_commits(c, one, other, RULES)
    assert (merged.statistics.merged, merged.statistics.taken, merged.statistics.decisions) == (20, 160, 20)
    assert c.reads < 1_500  # three versions of 180 documents, and what 20 stamps look at
