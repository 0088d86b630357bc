"""Answers about graphs, against networkx on random graphs, and at sizes where recursion would fail."""

import sys
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_jit import graph

Edges = dict[int, list[int]]


@st.composite
def graphs(draw: st.DrawFn, *, acyclic: bool = False) -> Edges:
    """Up to ten nodes; with `acyclic` a node waits only for smaller ones, and is listed in any order."""
    size = draw(st.integers(0, 10))
    edges: Edges = {}
    for node in draw(st.permutations(range(size))):
        targets = range(node) if acyclic else range(size)
        edges[node] = draw(st.lists(st.sampled_from(targets), max_size=4)) if targets else []
    return edges


def oracle(edges: Edges) -> "nx.DiGraph[int]":
    made: nx.DiGraph[int] = nx.DiGraph()
    made.add_nodes_from(edges)
    made.add_edges_from((node, target) for node, targets in edges.items() for target in targets)
    return made


@given(graphs())
def test_a_cycle_is_found_exactly_when_there_is_one_and_is_one(edges: Edges) -> None:
    cycle = graph.find_cycle(edges)
    assert (cycle is None) == nx.is_directed_acyclic_graph(oracle(edges))
    if cycle:
        assert cycle[0] == cycle[-1]
        assert len(set(cycle)) == len(cycle) - 1
        assert all(target in edges[node] for node, target in pairwise(cycle))


@given(graphs(acyclic=True), st.data())
def test_a_new_edge_is_known_to_close_a_cycle(edges: Edges, data: st.DataObject) -> None:
    if not edges:
        return
    node, target = (data.draw(st.sampled_from(sorted(edges))) for _ in range(2))
    cycle = graph.cycle_through(edges, node, target)
    after = {**edges, node: [*edges[node], target]}
    assert (cycle is not None) == (not nx.is_directed_acyclic_graph(oracle(after)))
    if cycle:
        assert cycle[:2] == (node, target)
        assert cycle[-1] == node
        assert all(b in after[a] for a, b in pairwise(cycle))


@given(graphs(), st.data())
def test_path_is_a_shortest_one(edges: Edges, data: st.DataObject) -> None:
    if not edges:
        return
    start, goal = (data.draw(st.sampled_from(sorted(edges))) for _ in range(2))
    found = graph.path(edges, start, goal)
    if not nx.has_path(oracle(edges), start, goal):
        assert found is None
    else:
        assert found is not None
        assert (found[0], found[-1]) == (start, goal)
        assert len(found) == nx.shortest_path_length(oracle(edges), start, goal) + 1
        assert all(b in edges[a] for a, b in pairwise(found))


@given(graphs(acyclic=True))
def test_order_puts_everything_after_what_it_waits_for_and_keeps_the_given_order_else(edges: Edges) -> None:
    found = graph.order(edges)
    position = {node: index for index, node in enumerate(edges)}
    expected = nx.lexicographical_topological_sort(oracle(edges).reverse(), key=position.__getitem__)
    assert found == list(expected)


@given(graphs())
def test_order_refuses_a_cycle_and_shows_it(edges: Edges) -> None:
    if graph.find_cycle(edges) is None:
        return
    with pytest.raises(graph.CycleError) as caught:
        graph.order(edges)
    assert caught.value.details["path"] == [str(node) for node in graph.find_cycle(edges) or ()]


@given(graphs(), st.data())
def test_a_selection_is_ordered_by_its_own_edges_and_loses_nobody(edges: Edges, data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.sampled_from(sorted(edges)), unique=True)) if edges else []
    found = graph.dependencies_first(chosen, edges)
    assert sorted(found) == sorted(chosen)
    inside = {node: [t for t in edges[node] if t in chosen] for node in chosen}
    if graph.find_cycle(inside) is None:
        assert all(found.index(t) < found.index(node) for node in inside for t in inside[node])


@given(graphs(), st.none() | st.integers(0, 5), st.data())
def test_descendants_carry_the_fewest_steps_up_to_the_depth(
    edges: Edges, depth: int | None, data: st.DataObject
) -> None:
    if not edges:
        return
    start = data.draw(st.sampled_from(sorted(edges)))
    expected = dict(nx.single_source_shortest_path_length(oracle(edges), start, cutoff=depth))
    found = graph.descendants(edges, start, depth)
    assert found == {node: steps for node, steps in expected.items() if node != start}
    assert list(found.values()) == sorted(found.values())


@given(graphs())
def test_the_sound_part_is_all_that_does_not_reach_a_cycle(edges: Edges) -> None:
    whole = oracle(edges)
    circular = {node for part in nx.strongly_connected_components(whole) if len(part) > 1 for node in part}
    circular |= {node for node in edges if node in edges[node]}
    behind = circular | {node for node in edges if circular & nx.descendants(whole, node)}
    found = graph.sound(edges)
    assert list(found) == [node for node in edges if node not in behind]
    assert all(set(found[node]) == set(edges[node]) for node in found)


@given(graphs())
def test_without_the_closing_edges_there_is_no_cycle(edges: Edges) -> None:
    closing = graph.closing(edges)
    left = {node: [t for t in targets if (node, t) not in closing] for node, targets in edges.items()}
    assert nx.is_directed_acyclic_graph(oracle(left))
    assert len(set(closing)) == len(closing)
    assert bool(closing) != nx.is_directed_acyclic_graph(oracle(edges))
    assert set(closing) <= set(oracle(edges).edges)


@given(graphs())
def test_roots_and_leaves(edges: Edges) -> None:
    assert graph.roots(edges) == [node for node, count in oracle(edges).in_degree() if not count]
    assert graph.leaves(edges) == [node for node, count in oracle(edges).out_degree() if not count]


@given(graphs(acyclic=True))
def test_redundant_edges_are_those_a_transitive_reduction_lacks(edges: Edges) -> None:
    kept = set(nx.transitive_reduction(oracle(edges)).edges)
    assert set(graph.redundant(edges)) == set(oracle(edges).edges) - kept


@given(graphs(acyclic=True), st.integers(1, 4))
def test_redundant_edges_are_found_across_blocks(edges: Edges, block_bits: int) -> None:
    assert graph.redundant(edges, block_bits=block_bits) == graph.redundant(edges)


def test_redundant_edges_are_found_across_blocks_of_a_larger_graph() -> None:
    edges = {n: [m for m in range(n) if (n * 7 + m * 3) % 5 == 0] for n in range(60)}
    found = graph.redundant(edges, block_bits=3)
    assert set(found) == set(oracle(edges).edges) - set(nx.transitive_reduction(oracle(edges)).edges)


@given(graphs(acyclic=True))
def test_waves_are_the_topological_generations(edges: Edges) -> None:
    expected = [sorted(wave) for wave in nx.topological_generations(oracle(edges).reverse())]
    assert [sorted(wave) for wave in graph.waves(edges)] == expected


@given(graphs(acyclic=True), st.sets(st.integers(0, 9)))
def test_levels_count_the_longest_chain_of_those_that_count(edges: Edges, counted: set[int]) -> None:
    expected: dict[int, int] = {}
    for node in sorted(edges):
        expected[node] = max((expected[t] + (t in counted) for t in edges[node]), default=0)
    assert graph.levels(edges, counted.__contains__) == expected
    waves = graph.waves(edges, counted.__contains__)
    assert {node: n for n, wave in enumerate(waves) for node in wave} == {
        node: level for node, level in expected.items() if node in counted
    }
    assert all(waves)


@given(graphs(acyclic=True))
def test_the_critical_path_is_a_heaviest_chain(edges: Edges) -> None:
    chain, total = graph.critical_path(edges, lambda node: node + 1)
    assert total == sum(node + 1 for node in chain)
    assert all(before in edges[node] for before, node in pairwise(chain))
    weighted = oracle(edges)
    for node, target in weighted.edges:
        weighted[node][target]["weight"] = node + 1
    heaviest = {leaf: leaf + 1 for leaf in edges}
    for node in nx.lexicographical_topological_sort(weighted.reverse()):
        heaviest[node] = node + 1 + max((heaviest[t] for t in edges[node]), default=0)
    assert total == max(heaviest.values(), default=0)


def test_targets_without_an_entry_are_nodes() -> None:
    edges = {"a": ["gone", "b"], "b": ["gone"]}
    assert graph.nodes(edges) == ["a", "b", "gone"]
    assert graph.order(edges) == ["gone", "b", "a"]
    assert graph.leaves(edges) == ["gone"]
    assert graph.reverse(edges) == {"a": [], "b": ["a"], "gone": ["a", "b"]}
    assert graph.waves(edges) == [["gone"], ["b"], ["a"]]
    assert graph.critical_path(edges) == (("gone", "b", "a"), 3)
    assert graph.redundant(edges) == [("a", "gone")]


def test_a_cycle_of_five_hundred_is_shown_whole() -> None:
    edges = {n: [(n + 1) % 500] for n in range(500)}
    assert graph.find_cycle(edges) == (*range(500), 0)
    with pytest.raises(graph.CycleError, match="hold a cycle of 500") as caught:
        graph.order(edges)
    assert len(caught.value.details["path"]) == 501  # type: ignore[arg-type]


def test_a_long_way_is_shown_by_its_ends() -> None:
    assert graph.shown(list("abcdea")) == "a -> b -> c -> d -> e -> a"
    assert graph.shown(list("abcdefa")) == "a -> b -> c -> d -> e -> … -> a"


# --- work: how often an edge is looked at, at sizes where recursion or a second exponent would never end ------


class Counting(Mapping[int, Iterator[int]]):
    """Edges that count how often they are looked at."""

    def __init__(self, edges: Mapping[int, list[int]]) -> None:
        self.edges = edges
        self.looks = 0

    def __getitem__(self, node: int) -> Iterator[int]:
        self.looks += 1
        return self._targets(self.edges[node])

    def _targets(self, targets: list[int]) -> Iterator[int]:
        for target in targets:
            self.looks += 1
            yield target

    def __iter__(self) -> Iterator[int]:
        return iter(self.edges)

    def __len__(self) -> int:
        return len(self.edges)


def chain(size: int) -> Edges:
    return {n: [n - 1] if n else [] for n in range(size)}


def ladder(rungs: int) -> Edges:
    """Diamonds on top of each other: twice as many paths with each."""
    edges: Edges = {0: []}
    for top in range(3, 3 * rungs + 1, 3):
        edges |= {top - 2: [top - 3], top - 1: [top - 3], top: [top - 2, top - 1]}
    return edges


LARGE: dict[str, Edges] = {
    "100,000 nodes, 200,000 edges": {n: [n * 7919 % n, n * 104_729 % n] if n > 1 else [] for n in range(100_000)},
    "a ladder of 25 diamonds": ladder(25),
    "a chain of 50,000": chain(50_000),
    "one that waits for 50,000": {0: list(range(1, 50_000))},
    "50,000 that wait for one": {0: []} | {n: [0] for n in range(1, 50_000)},
}

QUESTIONS: dict[str, Callable[[Mapping[int, Iterator[int]]], object]] = {
    "nodes": graph.nodes,
    "reverse": graph.reverse,
    "roots": graph.roots,
    "leaves": graph.leaves,
    "find_cycle": graph.find_cycle,
    "closing": graph.closing,
    "descendants": lambda edges: graph.descendants(edges, max(edges)),
    "path": lambda edges: graph.path(edges, max(edges), 0),
    "cycle_through": lambda edges: graph.cycle_through(edges, 0, max(edges)),
    "order": graph.order,
    "sound": graph.sound,
    "dependencies_first": lambda edges: graph.dependencies_first(sorted(edges, reverse=True), edges),
    "levels": graph.levels,
    "waves": graph.waves,
    "critical_path": graph.critical_path,
    "redundant": graph.redundant,
}


@pytest.mark.parametrize("shape", LARGE)
@pytest.mark.parametrize("question", QUESTIONS)
def test_no_question_looks_at_an_edge_more_than_three_times(question: str, shape: str) -> None:
    edges = Counting(LARGE[shape])
    QUESTIONS[question](edges)
    size = len(graph.nodes(edges.edges)) + sum(map(len, edges.edges.values()))
    assert edges.looks <= 3 * size


def work(function: Callable[[], object]) -> int:
    """How many functions were called: a measure of work that is the same on every machine."""
    count = 0

    def note(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    sys.setprofile(note)
    try:
        function()
    finally:
        sys.setprofile(None)
    return count


def test_ten_times_the_graph_is_ten_times_the_work() -> None:
    def reduce(size: int) -> int:
        return work(lambda: graph.redundant({n: [n * 7919 % n, n * 104_729 % n] if n > 1 else [] for n in range(size)}))

    assert reduce(10_000) < 12 * reduce(1_000)


def test_depth_asks_nobody_beyond_it() -> None:
    edges = Counting({0: [1, 2], 1: [3], 2: [3], 3: list(range(4, 50_000))})
    assert graph.descendants(edges, 0, 2) == {1: 1, 2: 1, 3: 2}
    assert edges.looks == 3 + 4, "three nodes asked, four edges seen"


def test_long_answers_are_right() -> None:
    edges = chain(50_000)
    assert graph.order(edges) == list(edges)
    assert graph.dependencies_first(range(49_999, -1, -1), edges) == list(edges)
    assert graph.critical_path(edges)[1] == len(graph.waves(edges)) == 50_000
    assert graph.descendants(edges, 49_999)[0] == 49_999
    assert len(graph.cycle_through(edges, 0, 49_999) or ()) == 50_001
    assert graph.redundant(LARGE["a ladder of 25 diamonds"] | {76: [75, 0, 1]}) == [(76, 0), (76, 1)]
    every_second = {n: [m for m in (n - 1, n - 2) if m >= 0] for n in range(50_000)}
    assert graph.redundant(every_second) == [(n, n - 2) for n in range(2, 50_000)]
