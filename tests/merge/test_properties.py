"""What holds for every merge. Long version: `python -m tests.merge.simulate --examples 100000`."""

import time
from collections.abc import Mapping
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from git_jit import graph
from git_jit.canonical import dumps
from git_jit.codec import SchemaNewer, decode_issue, is_canonical
from git_jit.config import Config
from git_jit.merge import Merged, Opaque, Rules, Side, Stamp, Value, break_cycles, get, merge, merge_file
from git_jit.merge.lines import changes, merge_lines
from git_jit.model import IssueId
from git_jit.paths import comment_path, issue_path
from git_jit.validate.finding import errors_in
from git_jit.validate.issue_rules import check_issue
from git_jit.workflow import FURTHER
from tests.merge import edits
from tests.merge.simulate import run_world
from tests.merge.world import RULES as WORLD_RULES
from tests.merge.world import World, tokens

IDS = [IssueId(f"{digit}" * 32) for digit in "abc"]
RULES = Rules(further=FURTHER)
COMMANDS = st.lists(st.sampled_from([command for command, _ in edits.COMMANDS]), min_size=1, max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from(["", "a", "b", *IDS]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcx"), inner, max_size=3),
    max_leaves=6,
)
Tree = dict[str, Value]


@st.composite
def sides(draw: st.DrawFn) -> tuple[Tree, Tree, Tree]:
    """A tracker with few issues, and what two people made of it at random."""
    world = World(1, draw(st.integers(0, 2**32)), most_issues=2)
    base: dict[str, Any] = {"config.json": WORLD_RULES}
    for command in (edits.create, edits.create, *(command for command, _ in edits.COMMANDS)):
        if world.random.random() < 0.7:
            command(world, base)
    trees = []
    for commands in draw(st.tuples(COMMANDS, COMMANDS)):
        tree = dict(base)
        for command in commands:
            command(world, tree)
        trees.append(tree)
    return dict(base), trees[0], trees[1]


def stamps(numbers: Mapping[tuple[str, tuple[str, ...]], int], default: int) -> Any:
    return lambda path, field: Stamp(numbers.get((path, field), default), 0, "n")


def side(tree: Tree, number: int) -> Side:
    return Side(documents=tree, stamp=stamps({}, number))


def told(merged: Merged) -> tuple[Any, ...]:
    """All that does not depend on the order of columns."""
    spelled = {
        path: value if value is None or isinstance(value, Opaque) else dumps(value)
        for path, value in merged.edits.items()
    }
    return (
        spelled,
        merged.notes,
        merged.statistics,
        [(c.file, c.lost, c.kept) for c in merged.conflicts],
        merged.renamed,
    )


@given(sides(), st.integers(0, 2), st.integers(0, 2))
def test_it_does_not_matter_which_side_is_which(trees: tuple[Tree, Tree, Tree], first: int, second: int) -> None:
    base, one, other = trees
    there = merge(base, side(one, first), side(other, second), RULES)
    back = merge(base, side(other, second), side(one, first), RULES)
    assert told(there) == told(back)


@given(sides())
def test_merging_what_did_not_change_gives_the_other_side(trees: tuple[Tree, Tree, Tree]) -> None:
    base, one, _ = trees
    merged = merge(base, side(dict(base), 9), side(one, 1), RULES)
    assert {path: value for path, value in merged.edits.items() if value is not None} == {
        path: value for path, value in one.items() if value is not None
    }
    assert (merged.conflicts, merged.notes) == ((), ())


@given(sides())
def test_merging_again_changes_nothing(trees: tuple[Tree, Tree, Tree]) -> None:
    base, one, other = trees
    assert dict(merge(base, side(one, 1), side(one, 2), RULES).edits) == {**dict.fromkeys(base), **one}
    merged = merge(base, side(one, 1), side(other, 2), RULES)
    if merged.renamed:
        return
    again = merge({**dict.fromkeys(merged.edits), **one}, side(dict(merged.edits), 3), side(one, 1), RULES)
    assert dict(again.edits) == dict(merged.edits)
    assert again.conflicts == ()


@given(sides(), st.integers(0, 2), st.integers(0, 2))
def test_a_merge_is_canonical_and_as_valid_as_its_sides(
    trees: tuple[Tree, Tree, Tree], first: int, second: int
) -> None:
    base, one, other = trees
    merged = merge(base, side(one, first), side(other, second), RULES)
    known = {code for tree in trees for path in tree for code in _codes(tree[path])}
    for path, document in merged.edits.items():
        if path.startswith("issues/") and document is not None:
            assert isinstance(document, dict)
            assert is_canonical(dumps(document)), path
            assert _codes(document) <= known, path


def _codes(document: Value) -> set[str]:
    if not isinstance(document, dict) or "created_at" not in document or "title" not in document:
        return set()
    return {finding.code for finding in errors_in(check_issue(decode_issue(dumps(document)), Config()))}


@given(sides(), st.integers(0, 2))
def test_what_a_side_deleted_stays_deleted_and_texts_are_not_lost(trees: tuple[Tree, Tree, Tree], first: int) -> None:
    base, one, other = trees
    merged = merge(base, side(one, first), side(other, 1), RULES)
    for path, before in base.items():
        if before is None or (one.get(path) is not None and other.get(path) is not None):
            continue
        kept = one.get(path) or other.get(path)
        if path.startswith("issues/") and kept and _is_another(kept, before):
            continue  # deleted on both sides, and another made under its id: nothing of it is told here
        if path.startswith(("issues/", "comments/")):
            assert merged.edits[path] is None
        if path.startswith("issues/") and kept and kept["description"] != before["description"]:  # type: ignore[index]
            assert any(entry.value == kept for c in merged.conflicts for entry in c.lost)


def _is_another(document: Value, before: Value) -> bool:
    assert isinstance(document, dict)
    assert isinstance(before, dict)
    return any(document[key] != before[key] for key in ("created_at", "created_by"))


@given(sides(), st.integers(0, 2))
def test_everything_written_is_there_or_recorded_or_told(trees: tuple[Tree, Tree, Tree], first: int) -> None:
    base, one, other = trees
    merged = merge(base, side(one, first), side(other, 1), RULES)
    before = tokens(base)
    kept = tokens(merged.edits)
    former = {issue_path(IssueId(new)): issue_path(IssueId(old)) for old, new in merged.renamed.items()}
    for note in merged.notes:
        for path in (note.path, former.get(note.path, note.path)):
            kept |= {t for tree in trees[1:] for t in tokens(get(tree.get(path), note.field))}
    assert (tokens(one) | tokens(other)) - before <= kept


@given(
    st.lists(JSON, min_size=3, max_size=3), st.sampled_from(["issues", "config", "gates", "comments", "conflicts", "x"])
)
def test_nothing_that_json_can_be_stops_a_merge(values: list[Any], area: str) -> None:
    path = {
        "issues": issue_path(IDS[0]), "config": "config.json", "gates": "gates/a.json",
        "comments": comment_path(IDS[0], f"01J{0:023}"), "conflicts": f"conflicts/{IDS[0]}/title.json", "x": "x.json",
    }[area]  # fmt: skip
    names = ["title", "labels", "links", "gates", "state", "dependencies", "description", "types", "lost", "fields"]
    documents: list[Value] = [dict(zip(names, [value] * len(names), strict=True)) for value in values]
    base, one, other = ({path: document} for document in documents)
    try:
        there = merge(base, side(one, 1), side(other, 1), RULES)
        back = merge(base, side(other, 1), side(one, 1), RULES)
    except SchemaNewer:
        return
    assert told(there) == told(back)


LINES = st.lists(st.sampled_from("abc"), max_size=7)


@given(LINES, LINES, LINES)
def test_lines_merge_alike_from_both_sides(base: list[str], one: list[str], other: list[str]) -> None:
    merged = merge_lines(base, one, other)
    assert merged == merge_lines(base, other, one)
    assert merge_lines(base, base, one) == one
    assert merge_lines(base, one, one) == one
    if merged is not None:
        assert set(merged) <= {*one, *other}


@given(LINES, LINES)
def test_changes_lead_from_one_text_to_the_other(base: list[str], text: list[str]) -> None:
    hunks, built, position = list(changes(base, text)), list[str](), 0
    for hunk in hunks:
        built += [*base[position : hunk.start], *hunk.lines]
        position = hunk.end
    assert built + base[position:] == text


EDGES = st.sets(st.tuples(st.sampled_from("abcdef"), st.sampled_from("abcdef")), max_size=14)


@given(
    EDGES,
    st.dictionaries(st.tuples(st.sampled_from("abcdef"), st.sampled_from("abcdef")), st.integers(0, 3), max_size=8),
)
def test_circles_are_opened_at_new_edges_only_and_never_needlessly(
    drawn: set[tuple[str, str]], new: dict[tuple[str, str], int]
) -> None:
    base = {(a, b) for a, b in drawn if a < b}
    added = {edge: Stamp(number, 0, "n") for edge, number in new.items() if edge not in base}
    every = base | added.keys()
    suspended = break_cycles(lambda node: [b for a, b in every if a == node], added)
    assert suspended == break_cycles(
        lambda node: sorted((b for a, b in every if a == node), reverse=True), dict(reversed(added.items()))
    )
    assert set(suspended) <= added.keys()
    left = every - set(suspended)
    assert graph.find_cycle(_graph(left)) is None
    for source, target in suspended:
        assert graph.path(_graph(left), target, source) is not None


def _graph(edges: set[tuple[str, str]]) -> dict[str, list[str]]:
    return {node: [b for a, b in edges if a == node] for node in "abcdef"}


@given(sides())
def test_the_merge_driver_says_what_the_merge_says(trees: tuple[Tree, Tree, Tree]) -> None:
    _, one, other = trees
    for path in one:
        if not one[path] or not other.get(path):
            continue
        texts = [dumps(tree.get(path)) if tree.get(path) else b"" for tree in trees]
        there, back = (
            merge_file(texts[0], texts[1], texts[2], path, RULES),
            merge_file(texts[0], texts[2], texts[1], path, RULES),
        )
        assert (there.data, there.clean) == (back.data, back.clean)
        assert there.data is None or is_canonical(there.data) or not path.startswith("issues/")


@settings(max_examples=10)
@given(st.integers(0, 10_000))
def test_clones_that_have_heard_of_everything_are_alike(seed: int) -> None:
    run_world(seed, steps=60)


@settings(max_examples=20)
@given(sides(), st.integers(0, 2))
def test_all_of_it_at_once(trees: tuple[Tree, Tree, Tree], first: int) -> None:
    """What a long run asks of each example: making one costs more than looking at it."""
    for property_ in (
        test_merging_what_did_not_change_gives_the_other_side,
        test_merging_again_changes_nothing,
        test_the_merge_driver_says_what_the_merge_says,
    ):
        property_.hypothesis.inner_test(trees)  # type: ignore[attr-defined]
    test_what_a_side_deleted_stays_deleted_and_texts_are_not_lost.hypothesis.inner_test(trees, first)  # type: ignore[attr-defined]
    test_everything_written_is_there_or_recorded_or_told.hypothesis.inner_test(trees, first)  # type: ignore[attr-defined]
    test_it_does_not_matter_which_side_is_which.hypothesis.inner_test(trees, first, 1)  # type: ignore[attr-defined]
    test_a_merge_is_canonical_and_as_valid_as_its_sides.hypothesis.inner_test(trees, first, 1)  # type: ignore[attr-defined]


def run(examples: int) -> int:
    """Every property with so many examples, those about trees on the same ones."""
    profile = settings(max_examples=examples, deadline=None, database=None, suppress_health_check=[*HealthCheck])
    for test in (
        test_lines_merge_alike_from_both_sides,
        test_changes_lead_from_one_text_to_the_other,
        test_circles_are_opened_at_new_edges_only_and_never_needlessly,
        test_nothing_that_json_can_be_stops_a_merge,
        given(sides(), st.integers(0, 2))(test_all_of_it_at_once.hypothesis.inner_test),  # type: ignore[attr-defined]
    ):
        begin = time.monotonic()
        profile(test)()
        print(f"{test.__name__}: {examples} examples, {time.monotonic() - begin:.0f} s", flush=True)
    return 0
