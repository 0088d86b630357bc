"""Finds the dependencies of an import that would close a cycle."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from git_jit.model import IssueId


class _Frame(NamedTuple):
    node: IssueId
    rest: Iterator[IssueId]


def closing_edges(
    starts: Iterable[IssueId],
    waits_for: Callable[[IssueId], Sequence[IssueId]],
    is_new: Callable[[IssueId, IssueId], bool],
) -> set[tuple[IssueId, IssueId]]:
    """New edges without which the graph reachable from `starts` has no cycle, save those of old edges alone.

    One depth-first walk. An edge to an issue that is still on the way closes a cycle; where that edge is an
    old one, the last new edge on the way is taken instead, and what lay behind it is walked again.
    Linear unless old edges close cycles. The answer depends only on the order of `starts` and of `waits_for`.
    """
    removed: set[tuple[IssueId, IssueId]] = set()
    finished: set[IssueId] = set()
    for start in starts:
        path: list[_Frame] = []
        depth: dict[IssueId, int] = {}
        if start not in finished:
            _enter(start, path, depth, waits_for)
        while path:
            node, rest = path[-1]
            target = next(rest, None)
            if target is None:
                finished.add(node)
                del depth[node]
                path.pop()
            elif target in depth:
                _break(path, depth, target, is_new, removed)
            elif target not in finished and (node, target) not in removed:
                _enter(target, path, depth, waits_for)
    return removed


def _enter(
    node: IssueId,
    path: list[_Frame],
    depth: dict[IssueId, int],
    waits_for: Callable[[IssueId], Sequence[IssueId]],
) -> None:
    depth[node] = len(path)
    path.append(_Frame(node, iter(waits_for(node))))


def _break(
    path: list[_Frame],
    depth: dict[IssueId, int],
    target: IssueId,
    is_new: Callable[[IssueId, IssueId], bool],
    removed: set[tuple[IssueId, IssueId]],
) -> None:
    """Remove the last new edge of the cycle from `target` along `path` back to `target`."""
    cycle = [frame.node for frame in path[depth[target] :]] + [target]
    for index in range(len(cycle) - 2, -1, -1):
        edge = cycle[index], cycle[index + 1]
        if not is_new(*edge):
            continue
        removed.add(edge)
        while path[-1].node != edge[0]:
            del depth[path.pop().node]
        return
