"""Answers about graphs, against networkx on random graphs, and at sizes where recursion would fail."""

import time
from itertools import pairwise

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_jit import graph
from git_jit.graph import Drawn

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


@given(graphs(), st.data())
def test_descendants_and_ancestors_carry_the_fewest_steps(edges: Edges, data: st.DataObject) -> None:
    if not edges:
        return
    start = data.draw(st.sampled_from(sorted(edges)))
    down = dict(nx.single_source_shortest_path_length(oracle(edges), start))
    up = dict(nx.single_source_shortest_path_length(oracle(edges).reverse(), start))
    assert graph.descendants(edges, start) == {node: n for node, n in down.items() if node != start}
    assert graph.ancestors(edges, start) == {node: n for node, n in up.items() if node != start}


@given(graphs())
def test_roots_and_leaves(edges: Edges) -> None:
    assert graph.roots(edges) == [node for node, count in oracle(edges).in_degree() if not count]
    assert graph.leaves(edges) == [node for node, count in oracle(edges).out_degree() if not count]


@given(graphs(acyclic=True))
def test_redundant_edges_are_those_a_transitive_reduction_lacks(edges: Edges) -> None:
    kept = set(nx.transitive_reduction(oracle(edges)).edges)
    assert set(graph.redundant(edges)) == set(oracle(edges).edges) - kept


def test_redundant_edges_are_found_across_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    edges = {n: [m for m in range(n) if (n * 7 + m * 3) % 5 == 0] for n in range(60)}
    whole = graph.redundant(edges)
    monkeypatch.setattr(graph, "BLOCK_BITS", 3)
    assert graph.redundant(edges) == whole
    assert set(whole) == set(oracle(edges).edges) - set(nx.transitive_reduction(oracle(edges)).edges)


@given(graphs(acyclic=True))
def test_waves_are_the_topological_generations(edges: Edges) -> None:
    expected = [sorted(wave) for wave in nx.topological_generations(oracle(edges).reverse())]
    assert [sorted(wave) for wave in graph.waves(edges)] == expected


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


def test_a_chain_of_fifty_thousand_is_no_recursion() -> None:
    size = 50_000
    edges = {n: [n - 1] if n else [] for n in range(size)}
    assert graph.find_cycle(edges) is None
    assert graph.order(edges) == list(range(size))
    assert graph.dependencies_first(range(size - 1, -1, -1), edges) == list(range(size))
    assert graph.critical_path(edges)[1] == size
    assert len(graph.waves(edges)) == size
    assert graph.descendants(edges, size - 1)[0] == size - 1
    assert graph.redundant(edges) == []
    assert len(graph.cycle_through(edges, 0, size - 1) or ()) == size + 1


def test_a_cycle_of_five_hundred_is_shown_whole() -> None:
    edges = {n: [(n + 1) % 500] for n in range(500)}
    assert graph.find_cycle(edges) == (*range(500), 0)
    with pytest.raises(graph.CycleError, match="hold a cycle of 500") as caught:
        graph.order(edges)
    assert len(caught.value.details["path"]) == 501  # type: ignore[arg-type]


def test_a_hundred_thousand_nodes_take_seconds_not_minutes() -> None:
    size = 100_000
    edges = {n: [n * 7919 % n, n * 104_729 % n] if n else [] for n in range(size)}
    begun = time.process_time()
    assert graph.find_cycle(edges) is None
    assert len(graph.order(edges)) == size
    graph.waves(edges)
    graph.critical_path(edges)
    graph.redundant(edges)
    assert time.process_time() - begun < 20


NODES = [
    Drawn("a1", 'Say "hi" \\N to <b>', "ready"),
    Drawn("end", "two\nlines; #hash", "done"),
    Drawn("c", "`größe`"),
]
WAITS = {"a1": ["end", "c", "not-drawn"], "end": ["c", "c"]}


def test_dot() -> None:
    expected = r"""digraph issues {
  rankdir=LR;
  node [shape=box];
  "a1" [label="Say \"hi\" \\N to <b>", class="ready"];
  "end" [label="two lines; #hash", class="done"];
  "c" [label="`größe`"];
  "a1" -> "end";
  "a1" -> "c";
  "end" -> "c";
}
"""
    assert graph.to_dot(NODES, WAITS) == expected


def test_mermaid() -> None:
    expected = """graph LR
  n0["Say #34;hi#34; #92;N to #60;b#62;"]:::ready
  n1["two lines#59; #35;hash"]:::done
  n2["#96;größe#96;"]
  n0 --> n1
  n0 --> n2
  n1 --> n2
"""
    assert graph.to_mermaid(NODES, WAITS) == expected


def test_json() -> None:
    assert graph.to_json(NODES[1:], WAITS) == {
        "nodes": [
            {"id": "end", "label": "two\nlines; #hash", "group": "done"},
            {"id": "c", "label": "`größe`", "group": ""},
        ],
        "edges": [{"from": "end", "to": "c"}],
    }
