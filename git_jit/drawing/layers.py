"""Where the boxes of a graph go: a layered layout in the four steps of Sugiyama, Tagawa and Toda.

("Methods for Visual Understanding of Hierarchical System Structures", IEEE Trans. SMC 11(2), 1981.) Edges that
close a cycle are set aside; a node's layer is the longest chain it waits for; each layer is sorted by the
barycentre of its neighbours, a few times up and down; heights are the neighbours' mean, as near as boxes that
must not overlap allow. Linear but for the sorting. Coordinates are in layers and rows; who draws scales them.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Final, TypeAlias

from git_jit import graph
from git_jit.record import record

SWEEPS: Final = 4
"""Times that all layers are sorted up and down; drawings hardly change after three or four (Gansner et al. 1993)."""
BENDS: Final = 12
"""Layers an edge may pass on a way of its own between the boxes. Longer ones go straight behind them: otherwise
the bends of long edges, of which there can be nodes × layers, would be more than all the rest."""
BEND_HEIGHT: Final = 0.4
"""Of a passing edge, in rows."""
GAP: Final = 0.5
"""Rows between the parts of a graph that no edge connects."""
GRID_COLUMNS: Final = 4
"""The nodes without an edge stand in a grid at least so wide: a screen of boxes."""

Edge: TypeAlias = tuple[str, str]


@record
class Place:
    """The centre of a box: `layer` counts from what can be begun first, `row` from the top."""

    layer: int
    row: float


@record(kw_only=True)
class Layout:
    places: Mapping[str, Place]
    bends: Mapping[Edge, tuple[Place, ...]]
    """Where an edge passes between boxes, from its source on. Only for those that skip layers."""
    closing: frozenset[Edge]
    """The edges that close a cycle. They lead forth or to the node itself; all others lead back."""
    layers: int
    rows: float


class _Part:
    """One connected part: nodes and bends are numbers, bends after all nodes."""

    def __init__(self, layer_of: list[int]) -> None:
        self.layer_of = layer_of
        self.below: list[list[int]] = [[] for _ in layer_of]
        """The neighbours in the layer before."""
        self.above: list[list[int]] = [[] for _ in layer_of]
        self.nodes = len(layer_of)
        self.row: list[float] = []

    def connect(self, source: int, target: int) -> tuple[int, ...]:
        """Add an edge, with a bend for each layer it passes; none when it passes too many."""
        span = self.layer_of[source] - self.layer_of[target]
        if span - 1 > BENDS:
            return ()
        bends = tuple(self._bend(self.layer_of[source] - step) for step in range(1, span))
        way = (source, *bends, target)
        for one, next in pairwise(way):
            self.below[one].append(next)
            self.above[next].append(one)
        return bends

    def _bend(self, layer: int) -> int:
        self.layer_of.append(layer)
        self.below.append([])
        self.above.append([])
        return len(self.layer_of) - 1

    def settle(self) -> float:
        """Find the rows of all; returns the height."""
        layers: list[list[int]] = [[] for _ in range(max(self.layer_of) + 1)]
        for node, number in enumerate(self.layer_of):
            layers[number].append(node)
        self.row = [0.0] * len(self.layer_of)
        for layer in layers:
            self._stack(layer)
        for _ in range(SWEEPS):
            self._sort(layers[1:], self.below)
            self._sort(layers[-2::-1], self.above)
        beside = [[*below, *above] for below, above in zip(self.below, self.above, strict=True)]
        for _ in range(SWEEPS):
            for layer in (*layers, *reversed(layers)):
                self._near(layer, beside)
        top = min(row - self._height(node) / 2 for node, row in enumerate(self.row))
        self.row = [row - top for row in self.row]
        return max(row + self._height(node) / 2 for node, row in enumerate(self.row))

    def _height(self, node: int) -> float:
        return 1.0 if node < self.nodes else BEND_HEIGHT

    def _stack(self, layer: Sequence[int]) -> None:
        for node, offset in zip(layer, self._offsets(layer), strict=True):
            self.row[node] = offset

    def _offsets(self, layer: Sequence[int]) -> list[float]:
        """The centres when all of a layer stand close together."""
        offsets: list[float] = []
        edge = 0.0
        for node in layer:
            offsets.append(edge + self._height(node) / 2)
            edge += self._height(node)
        return offsets

    def _sort(self, layers: Iterable[list[int]], neighbours: Sequence[Sequence[int]]) -> None:
        for layer in layers:
            if len(layer) == 1:
                continue
            layer.sort(key=lambda node: self._mean(neighbours[node], self.row[node]))
            self._stack(layer)

    def _mean(self, neighbours: Sequence[int], otherwise: float) -> float:
        return sum([self.row[other] for other in neighbours]) / len(neighbours) if neighbours else otherwise

    def _near(self, layer: Sequence[int], beside: Sequence[Sequence[int]]) -> None:
        """Move a layer, in its order, as near to its neighbours as can be (least squares, nothing overlapping)."""
        if len(layer) == 1:
            self.row[layer[0]] = self._mean(beside[layer[0]], self.row[layer[0]])
            return
        offsets = self._offsets(layer)
        wanted = [self._mean(beside[node], self.row[node]) - at for node, at in zip(layer, offsets, strict=True)]
        for node, offset, shift in zip(layer, offsets, _not_falling(wanted), strict=True):
            self.row[node] = offset + shift


def _not_falling(values: Iterable[float]) -> list[float]:
    """The nearest sequence that never falls: neighbours that would are pooled at their mean (Ayer et al. 1955)."""
    pools: list[tuple[float, int]] = []
    for value in values:
        total, count = value, 1
        while pools and pools[-1][0] * count > total * pools[-1][1]:
            before, number = pools.pop()
            total, count = total + before, count + number
        pools.append((total, count))
    return [total / count for total, count in pools for _ in range(count)]


def lay_out(ids: Sequence[str], edges: Sequence[Edge]) -> Layout:
    """Places for all `ids`; `edges` lead from who waits to what is waited for, both among `ids`."""
    waits: dict[str, list[str]] = {id: [] for id in ids}
    for source, target in edges:
        waits[source].append(target)
    closing = frozenset(graph.closing(waits))
    level = graph.levels({id: [t for t in targets if (id, t) not in closing] for id, targets in waits.items()})
    places: dict[str, Place] = {}
    bends: dict[Edge, tuple[Place, ...]] = {}
    top = 0.0
    alone: list[str] = []
    for members, inner in _parts(ids, edges):
        if not inner:
            alone += members
            continue
        part = _Part([level[id] for id in members])
        number = {id: index for index, id in enumerate(members)}
        passing = {(a, b): part.connect(number[a], number[b]) for a, b in inner if (a, b) not in closing}
        height = part.settle()
        found = [Place(layer, top + row) for layer, row in zip(part.layer_of, part.row, strict=True)]
        places.update(zip(members, found, strict=False))
        bends.update((edge, tuple(found[bend] for bend in by)) for edge, by in passing.items() if by)
        top += height + GAP
    layers = 1 + max(level.values(), default=-1)
    columns = min(len(alone), max(layers, GRID_COLUMNS))
    places.update((id, Place(index % columns, top + index // columns + 0.5)) for index, id in enumerate(alone))
    rows = top + -(-len(alone) // columns) if alone else max(top - GAP, 0.0)
    return Layout(places=places, bends=bends, closing=closing, layers=max(layers, columns), rows=rows)


def _parts(ids: Sequence[str], edges: Sequence[Edge]) -> list[tuple[list[str], list[Edge]]]:
    """The connected parts, in order of their first nodes, each walked breadth first, with their edges."""
    near: dict[str, list[str]] = {id: [] for id in ids}
    for source, target in edges:
        near[source].append(target)
        near[target].append(source)
    part_of: dict[str, int] = {}
    parts: list[tuple[list[str], list[Edge]]] = []
    for start in ids:
        if start in part_of:
            continue
        members = [start, *graph.descendants(near, start)]
        part_of.update(dict.fromkeys(members, len(parts)))
        parts.append((members, []))
    for source, target in edges:
        parts[part_of[source]][1].append((source, target))
    return parts
