"""Cycles, and for each the one edge to remove. Linear for a graph without any, never recursive, always the same."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Reversible
from typing import Any, TypeVar

N = TypeVar("N", bound=Hashable)


def cycles(edges: Mapping[N, Iterable[N]], age: Callable[[N], Any]) -> Iterator[tuple[N, ...]]:
    """Enough cycles that there is none left without the first edge of each, every one found as if those before it
    were open. A cycle begins and ends with its youngest node: the one whose `age` is greatest, which must be
    different for every node.

    A depth-first search that, having opened a cycle, goes back to the node that lost the edge and on from there.
    """
    removed: set[tuple[N, N]] = set()
    finished: set[N] = set()
    for start in edges:
        trail: dict[N, Iterator[N]] = {}
        if start not in finished:
            trail[start] = iter(edges.get(start, ()))
        while trail:
            node = next(reversed(trail))
            target = next((t for t in trail[node] if t not in finished and (node, t) not in removed), None)
            if target is None:
                finished.add(node)
                del trail[node]
            elif target in trail:
                ring = _ring(trail, target)
                first = ring.index(max(ring, key=age))
                ring = [*ring[first:], *ring[:first], ring[first]]
                removed.add((ring[0], ring[1]))
                yield tuple(ring)
                _go_back(trail, ring[0])
            else:
                trail[target] = iter(edges.get(target, ()))


def _ring(trail: Reversible[N], first: N) -> list[N]:
    """The open nodes from `first` on."""
    ring: list[N] = []
    for node in reversed(trail):
        ring.append(node)
        if node == first:
            break
    return ring[::-1]


def _go_back(trail: dict[N, Iterator[N]], source: N) -> None:
    """What was opened after `source` is as if never seen: it was not finished, and may be reached another way."""
    while next(reversed(trail)) != source:
        trail.popitem()
