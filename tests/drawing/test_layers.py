"""Where boxes go: layers by the longest chain, nothing on top of each other, near what it belongs to."""

from itertools import combinations, pairwise

from hypothesis import given
from hypothesis import strategies as st

from git_jit import graph
from git_jit.drawing import layers
from git_jit.drawing.layers import BENDS, Edge, Layout, Place, lay_out
from tests.test_graph import LARGE, work


@st.composite
def drawings(draw: st.DrawFn) -> tuple[list[str], list[Edge]]:
    """Up to twelve nodes and any edges, circles and loops among them."""
    ids = [f"n{number}" for number in range(draw(st.integers(0, 12)))]
    pairs = st.tuples(st.sampled_from(ids), st.sampled_from(ids))
    return ids, draw(st.lists(pairs, unique=True, max_size=20)) if ids else []


def laid_out(edges: dict[int, list[int]]) -> Layout:
    return lay_out(
        [str(n) for n in graph.nodes(edges)], [(str(n), str(t)) for n, targets in edges.items() for t in targets]
    )


@given(drawings())
def test_everything_has_a_place_of_its_own_inside_the_drawing(drawing: tuple[list[str], list[Edge]]) -> None:
    layout = lay_out(*drawing)
    assert set(layout.places) == set(drawing[0])
    for one, other in combinations(layout.places.values(), 2):
        assert one.layer != other.layer or abs(one.row - other.row) > 1 - 1e-9
    for place in layout.places.values():
        assert 0 <= place.layer < layout.layers
        assert 0.5 - 1e-9 <= place.row <= layout.rows - 0.5 + 1e-9


@given(drawings())
def test_edges_lead_back_except_those_that_close_a_cycle(drawing: tuple[list[str], list[Edge]]) -> None:
    layout = lay_out(*drawing)
    for source, target in drawing[1]:
        back = layout.places[source].layer - layout.places[target].layer
        assert (back <= 0) == ((source, target) in layout.closing)
    waits = {id: [t for s, t in drawing[1] if s == id] for id in drawing[0]}
    assert bool(layout.closing) == (graph.find_cycle(waits) is not None)


@given(drawings())
def test_the_same_graph_is_laid_out_the_same(drawing: tuple[list[str], list[Edge]]) -> None:
    assert lay_out(*drawing) == lay_out(*drawing)


@given(drawings())
def test_bends_go_layer_by_layer_and_touch_no_box(drawing: tuple[list[str], list[Edge]]) -> None:
    layout = lay_out(*drawing)
    for (source, target), bends in layout.bends.items():
        way = [layout.places[source], *bends, layout.places[target]]
        assert [one.layer - next.layer for one, next in pairwise(way)] == [1] * (len(bends) + 1)
        for bend in bends:
            for place in layout.places.values():
                assert place.layer != bend.layer or abs(place.row - bend.row) > 0.5


def test_a_layer_is_the_longest_chain_below() -> None:
    layout = lay_out(["top", "mid", "low", "other"], [("top", "low"), ("top", "mid"), ("mid", "low"), ("other", "low")])
    assert {id: place.layer for id, place in layout.places.items()} == {"low": 0, "mid": 1, "other": 1, "top": 2}
    assert list(layout.bends) == [("top", "low")]
    assert layout.layers == 3


def test_crossings_that_need_not_be_are_gone() -> None:
    """In the order in which they are reached, nine pairs of these edges would cross."""
    said = "u1-b2 u2-b2 u2-b1 u4-b2 u3-b3 u2-b0 u3-b0 u2-b4"
    edges = [(word[:2], word[3:]) for word in said.split()]
    places = lay_out([*(f"b{n}" for n in range(5)), *(f"u{n}" for n in range(1, 5))], edges).places
    for (a, b), (c, d) in combinations(edges, 2):
        assert (places[a].row - places[c].row) * (places[b].row - places[d].row) >= 0


def test_parts_stand_below_each_other_and_single_boxes_in_a_grid_at_the_end() -> None:
    layout = lay_out(["s", "a", "t", "b", "c", "d", "u", "v", "w"], [("a", "b"), ("d", "c")])
    assert layout.places == {
        "b": Place(0, 0.5),
        "a": Place(1, 0.5),
        "c": Place(0, 2.0),
        "d": Place(1, 2.0),
        "s": Place(0, 3.5),
        "t": Place(1, 3.5),
        "u": Place(2, 3.5),
        "v": Place(3, 3.5),
        "w": Place(0, 4.5),
    }
    assert (layout.layers, layout.rows) == (4, 5.0)


def test_nothing_is_no_drawing() -> None:
    assert lay_out([], []) == Layout(places={}, bends={}, closing=frozenset(), layers=0, rows=0.0)


def test_long_edges_get_no_bends() -> None:
    edges = {n: [n - 1] if n else [] for n in range(BENDS + 3)}
    edges[BENDS + 2].append(0)
    assert laid_out(edges).bends == {}
    edges[BENDS + 2].append(1)
    assert [len(bends) for bends in laid_out(edges).bends.values()] == [BENDS]


@given(st.lists(st.integers(-9, 9), max_size=8))
def test_the_nearest_sequence_that_never_falls(values: list[int]) -> None:
    found = layers._not_falling(values)
    assert all(one <= other + 1e-9 for one, other in pairwise(found))
    distance = sum((a - b) ** 2 for a, b in zip(found, values, strict=True))
    for other in (
        sorted(values),
        [max(values, default=0)] * len(values),
        [sum(values) / max(len(values), 1)] * len(values),
    ):
        assert distance <= sum((a - b) ** 2 for a, b in zip(other, values, strict=True)) + 1e-9
    if values == sorted(values):
        assert found == values


def test_ten_times_the_graph_is_about_ten_times_the_work() -> None:
    def draw(size: int) -> int:
        edges = {n: [n - 1 - n * 7919 % 20, n - 1 - n * 104_729 % 20] if n > 20 else [] for n in range(size)}
        return work(lambda: laid_out(edges))

    assert draw(10_000) < 12 * draw(1_000)


def test_shapes_that_would_break_a_recursion_or_a_path_count() -> None:
    for name in (
        "a ladder of 25 diamonds",
        "a chain of 50,000",
        "one that waits for 50,000",
        "50,000 that wait for one",
    ):
        layout = laid_out(LARGE[name])
        assert len(layout.places) == len(graph.nodes(LARGE[name]))
    assert laid_out(LARGE["a chain of 50,000"]).rows == 1
