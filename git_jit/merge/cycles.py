"""Circles that no side made alone: which of the new edges is set aside.

Edges are `(source, target)`. Everything here depends on the edges and their stamps only, not on which side had them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias

from git_jit.merge.values import Stamp

Edge: TypeAlias = tuple[str, str]


def break_cycles(targets: Callable[[str], Iterable[str]], added: Mapping[Edge, Stamp]) -> list[Edge]:
    """The edges to set aside so that no circle is left that an added edge closes, in order of stamp.

    `targets` answers where the edges of a node lead in the merged graph, added ones included; it is asked only for
    nodes that added edges reach. Of each circle the added edge with the highest stamp (then the highest by its two
    ends) goes; an edge of the base never does. That is: the added edges are put in one by one, lowest first, and one
    that closes a circle is left out.

    Cost: one walk over what added edges reach; nothing more when there is no circle.
    """
    core = _on_circles(_reached(targets, [target for _, target in added]))
    inside = sorted((stamp, edge) for edge, stamp in added.items() if edge[1] in core.get(edge[0], ()))
    graph = {node: {t for t in ends if (node, t) not in added} for node, ends in core.items()}
    suspended = []
    for _, (source, target) in inside:
        if _leads(graph, target, source):
            suspended.append((source, target))
        else:
            graph[source].add(target)
    return suspended


def _reached(targets: Callable[[str], Iterable[str]], starts: Sequence[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    waiting = list(starts)
    while waiting:
        node = waiting.pop()
        if node not in found:
            found[node] = set(targets(node))
            waiting += found[node]
    return found


def _on_circles(graph: dict[str, set[str]]) -> dict[str, set[str]]:
    """What is left when nodes that lead nowhere, and nodes to which nothing leads, are taken away again and again:
    every circle, and what lies between circles.
    """
    reverse: dict[str, set[str]] = {node: set() for node in graph}
    for node, ends in graph.items():
        for end in ends:
            reverse[end].add(node)
    _peel(graph, reverse)
    _peel(reverse, graph)
    return graph


def _peel(graph: dict[str, set[str]], reverse: dict[str, set[str]]) -> None:
    """Take away nodes without a way on, from both directions' tables."""
    waiting = [node for node, ends in graph.items() if not ends]
    while waiting:
        node = waiting.pop()
        del graph[node]
        for source in reverse.pop(node):
            graph[source].discard(node)
            if not graph[source]:
                waiting.append(source)


def _leads(graph: Mapping[str, Iterable[str]], start: str, goal: str) -> bool:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        node = waiting.pop()
        if node == goal:
            return True
        if node not in seen:
            seen.add(node)
            waiting += graph.get(node, ())
    return False
