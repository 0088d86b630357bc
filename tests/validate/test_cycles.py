from collections.abc import Iterator, Mapping
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from git_jit import graph
from git_jit.validate.cycles import cycles

GRAPHS = st.dictionaries(st.integers(0, 9), st.lists(st.integers(0, 9), max_size=4, unique=True).map(tuple))
Edges = Mapping[int, tuple[int, ...]]


def without(edges: Edges, removed: set[tuple[int, int]]) -> dict[int, list[int]]:
    return {node: [t for t in targets if (node, t) not in removed] for node, targets in edges.items()}


@given(GRAPHS)
def test_without_the_first_edge_of_each_there_is_none(edges: Edges) -> None:
    found = list(cycles(edges, lambda node: node))
    assert graph.find_cycle(without(edges, {(path[0], path[1]) for path in found})) is None


@given(GRAPHS)
def test_each_is_a_cycle_even_when_those_before_are_open(edges: Edges) -> None:
    removed: set[tuple[int, int]] = set()
    for path in cycles(edges, lambda node: node):
        assert path[0] == path[-1]
        assert len(set(path)) == len(path) - 1
        steps = list(pairwise(path))
        assert all(target in edges[node] for node, target in steps)
        assert not removed & set(steps)
        removed.add(steps[0])


@given(GRAPHS, st.permutations(range(10)))
def test_each_begins_with_its_youngest(edges: Edges, ages: list[int]) -> None:
    for path in cycles(edges, lambda node: ages[node]):
        assert ages[path[0]] == max(ages[node] for node in path)


@given(GRAPHS)
def test_there_is_one_exactly_when_the_graph_has_one(edges: Edges) -> None:
    assert bool(list(cycles(edges, lambda node: node))) == (graph.find_cycle(edges) is not None)


class Counted(dict[int, tuple[int, ...]]):
    """Edges that count how often one is looked at."""

    looks = 0

    def get(self, node: int, default: object = ()) -> Iterator[int]:  # type: ignore[override]
        for target in super().get(node, ()):
            self.looks += 1
            yield target


def test_a_long_circle_and_many_small_ones_cost_little_more_than_their_edges() -> None:
    long = Counted({node: ((node + 1) % 50_000,) for node in range(50_000)})
    assert [len(path) for path in cycles(long, lambda node: -node)] == [50_001]
    assert long.looks <= 3 * len(long)
    pairs = Counted({node: (node ^ 1,) for node in range(10_000)})
    assert len(list(cycles(pairs, lambda node: node))) == 5_000
    assert pairs.looks <= 3 * len(pairs)
