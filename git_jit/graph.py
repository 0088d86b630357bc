"""Questions about a graph given as `node -> the nodes it waits for`.

Generic over nodes, which are only hashed and compared for equality. Nodes that occur as targets only are
nodes too, and wait for nothing. Every walk is iterative (a chain of 100,000 is no recursion) and linear in
nodes and edges, except where the docstring says otherwise. Answers keep the order of the mapping, so that
equal input gives equal output.
"""

import heapq
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias, TypeVar

from git_jit.errors import GraphError
from git_jit.record import record

N = TypeVar("N", bound=Hashable)
Edges: TypeAlias = Mapping[N, Iterable[N]]

BLOCK_BITS: Final = 4096
"""Targets that `redundant` follows at once: 512 bytes a node, so 100,000 nodes need 50 MB at most."""


class CycleError(GraphError):
    """A node would wait for itself. `details["path"]` begins and ends with the same node."""

    code = "cycle"


def nodes(edges: Edges[N]) -> list[N]:
    """Every node: the keys in order, then targets without an entry of their own, in order of appearance."""
    found = dict.fromkeys(edges)
    for targets in edges.values():
        found.update(dict.fromkeys(targets))
    return list(found)


def reverse(edges: Edges[N]) -> dict[N, list[N]]:
    """The same edges seen from the other end: `node -> the nodes that wait for it`."""
    found: dict[N, list[N]] = {node: [] for node in nodes(edges)}
    for node, targets in edges.items():
        for target in dict.fromkeys(targets):
            found[target].append(node)
    return found


def roots(edges: Edges[N]) -> list[N]:
    """The nodes that no node waits for."""
    targets = {target for listed in edges.values() for target in listed}
    return [node for node in nodes(edges) if node not in targets]


def leaves(edges: Edges[N]) -> list[N]:
    """The nodes that wait for none."""
    return [node for node in nodes(edges) if not any(True for _ in edges.get(node, ()))]


def path(edges: Edges[N], start: N, goal: N) -> tuple[N, ...] | None:
    """A shortest way from `start` along the edges to `goal`, both included; None if there is none."""
    came_from: dict[N, N] = {start: start}
    queue = deque([start])
    while queue:
        node = queue.popleft()
        if node == goal:
            return _way_back(came_from, start, goal)
        for target in edges.get(node, ()):
            if target not in came_from:
                came_from[target] = node
                queue.append(target)
    return None


def _way_back(came_from: Mapping[N, N], start: N, goal: N) -> tuple[N, ...]:
    way = [goal]
    while way[-1] != start:
        way.append(came_from[way[-1]])
    return tuple(reversed(way))


def cycle_through(edges: Edges[N], node: N, target: N) -> tuple[N, ...] | None:
    """The cycle that a new edge `node -> target` would close: `(node, target, …, node)`; None if it closes none."""
    way = path(edges, target, node)
    return (node, *way) if way else None


def find_cycle(edges: Edges[N]) -> tuple[N, ...] | None:
    """Some cycle, its first node repeated at the end; None if there is none.

    Depth-first search: an edge to a node that is still open closes a cycle.
    """
    finished: set[N] = set()
    for start in edges:
        if start in finished:
            continue
        trail: dict[N, Iterator[N]] = {start: iter(edges.get(start, ()))}  # insertion order is the stack
        stack = [start]
        while stack:
            target = next((t for t in trail[stack[-1]] if t not in finished), None)
            if target is None:
                finished.add(stack[-1])
                del trail[stack.pop()]
            elif target in trail:
                return (*stack[stack.index(target) :], target)
            else:
                trail[target] = iter(edges.get(target, ()))
                stack.append(target)
    return None


def descendants(edges: Edges[N], start: N) -> dict[N, int]:
    """What `start` waits for, directly or not, with the number of steps (the fewest); without `start` itself."""
    depth: dict[N, int] = {start: 0}
    queue = deque([start])
    while queue:
        node = queue.popleft()
        for target in edges.get(node, ()):
            if target not in depth:
                depth[target] = depth[node] + 1
                queue.append(target)
    del depth[start]
    return depth


def ancestors(edges: Edges[N], start: N) -> dict[N, int]:
    """What waits for `start`, directly or not, with the number of steps (the fewest)."""
    return descendants(reverse(edges), start)


def order(edges: Edges[N]) -> list[N]:
    """Every node after all that it waits for; among those that are free, first come first.

    Kahn's algorithm (1962) with a heap of positions, O((n + e) log n). Raises `CycleError`.
    """
    listed = nodes(edges)
    position = {node: index for index, node in enumerate(listed)}
    waiting = {node: len(set(edges.get(node, ()))) for node in listed}
    dependents = reverse(edges)
    free = [position[node] for node in listed if not waiting[node]]  # ascending, hence a heap
    result: list[N] = []
    while free:
        node = listed[heapq.heappop(free)]
        result.append(node)
        for dependent in dependents[node]:
            waiting[dependent] -= 1
            if not waiting[dependent]:
                heapq.heappush(free, position[dependent])
    if len(result) < len(listed):
        raise _cycle_error(edges)
    return result


def dependencies_first(chosen: Sequence[N], edges: Edges[N]) -> list[N]:
    """`chosen` with each after those among them that it waits for directly; otherwise in the given order.

    For working through a selection: a cycle (which damaged data may hold) is broken somewhere, never an error.
    """
    members = set(chosen)
    opened: set[N] = set()
    result: list[N] = []
    for start in chosen:
        if start in opened:
            continue
        opened.add(start)
        stack = [(start, iter(edges.get(start, ())))]
        while stack:
            node, targets = stack[-1]
            target = next((t for t in targets if t in members and t not in opened), None)
            if target is None:
                result.append(node)
                stack.pop()
            else:
                opened.add(target)
                stack.append((target, iter(edges.get(target, ()))))
    return result


def waves(edges: Edges[N]) -> list[list[N]]:
    """What can be done side by side: each wave waits only for the ones before it. Raises `CycleError`."""
    level: dict[N, int] = {}
    result: list[list[N]] = []
    for node in order(edges):
        level[node] = max((level[target] + 1 for target in edges.get(node, ())), default=0)
        if level[node] == len(result):
            result.append([])
        result[level[node]].append(node)
    return result


def critical_path(edges: Edges[N], weight: Callable[[N], int] = lambda _: 1) -> tuple[tuple[N, ...], int]:
    """The heaviest chain, what has to be done first coming first, and its weight. Raises `CycleError`.

    `weight` must not be negative. Of several equally heavy chains the first in `order`.
    """
    total: dict[N, int] = {}
    before: dict[N, N | None] = {}
    for node in order(edges):
        heaviest = max(edges.get(node, ()), key=lambda target: total[target], default=None)
        before[node] = heaviest
        total[node] = weight(node) + (0 if heaviest is None else total[heaviest])
    if not total:
        return (), 0
    last: N | None = max(total, key=lambda node: total[node])
    weight_of_path = total[last] if last is not None else 0
    chain: list[N] = []
    while last is not None:
        chain.append(last)
        last = before[last]
    return tuple(reversed(chain)), weight_of_path


def redundant(edges: Edges[N]) -> list[tuple[N, N]]:
    """The edges a transitive reduction removes: those whose target is reached another way as well.

    Reachability as integer bit sets (Aho, Garey, Ullman 1972 for the reduction being unique), in blocks of
    `BLOCK_BITS` targets so that memory stays linear: O(e · candidates / BLOCK_BITS) big-integer operations.
    Raises `CycleError`.
    """
    sequence = order(edges)
    targets = {node: list(dict.fromkeys(edges.get(node, ()))) for node in sequence}
    candidates = {target for listed in targets.values() if len(listed) > 1 for target in listed}
    numbered = [node for node in sequence if node in candidates]
    found: set[tuple[N, N]] = set()
    for first in range(0, len(numbered), BLOCK_BITS):
        found |= _redundant_into(numbered[first : first + BLOCK_BITS], sequence, targets)
    return [(node, target) for node in edges for target in targets[node] if (node, target) in found]


def _redundant_into(block: Sequence[N], sequence: Sequence[N], targets: Mapping[N, list[N]]) -> set[tuple[N, N]]:
    """The redundant edges whose target is in `block`."""
    bit = {node: 1 << index for index, node in enumerate(block)}
    below: dict[N, int] = {}
    """What a node reaches of the block by at least one step; nothing is not noted."""
    found: set[tuple[N, N]] = set()
    for node in sequence:
        far, near = 0, 0
        for target in targets[node]:
            far |= below.get(target, 0)
            near |= bit.get(target, 0)
        if far & near:
            found.update((node, target) for target in targets[node] if bit.get(target, 0) & far)
        if far | near:
            below[node] = far | near
    return found


def _cycle_error(edges: Edges[N]) -> CycleError:
    cycle = find_cycle(edges) or ()
    return CycleError(
        f"the dependencies hold a cycle of {len(cycle) - 1}",
        hint="'git jit validate' shows it whole",
        details={"path": [str(node) for node in cycle]},
    )


@record
class Drawn:
    """How one node is shown. `group` (a state, say) becomes a class; it must be one plain word."""

    id: str
    label: str
    group: str = ""


def to_dot(drawn: Sequence[Drawn], edges: Edges[str]) -> str:
    """Graphviz: an arrow points from a node to what it waits for. Edges to nodes that are not drawn are left out."""
    lines = ["digraph issues {", "  rankdir=LR;", "  node [shape=box];"]
    for node in drawn:
        group = f", class={_dot_quote(node.group)}" if node.group else ""
        lines.append(f"  {_dot_quote(node.id)} [label={_dot_quote(node.label)}{group}];")
    lines += [f"  {_dot_quote(source)} -> {_dot_quote(target)};" for source, target in _drawn_edges(drawn, edges)]
    return "\n".join([*lines, "}", ""])


def to_mermaid(drawn: Sequence[Drawn], edges: Edges[str]) -> str:
    """A Mermaid flow chart. Nodes are called `n0`, `n1`, … because an id may be a word of the language."""
    name = {node.id: f"n{index}" for index, node in enumerate(drawn)}
    lines = ["graph LR"]
    for node in drawn:
        group = f":::{node.group}" if node.group else ""
        lines.append(f'  {name[node.id]}["{_mermaid_escape(node.label)}"]{group}')
    lines += [f"  {name[source]} --> {name[target]}" for source, target in _drawn_edges(drawn, edges)]
    return "\n".join([*lines, ""])


def to_json(drawn: Sequence[Drawn], edges: Edges[str]) -> dict[str, object]:
    """`{"nodes": [{id, label, group}], "edges": [{from, to}]}`; `from` waits for `to`."""
    return {
        "nodes": [{"id": node.id, "label": node.label, "group": node.group} for node in drawn],
        "edges": [{"from": source, "to": target} for source, target in _drawn_edges(drawn, edges)],
    }


def _drawn_edges(drawn: Sequence[Drawn], edges: Edges[str]) -> list[tuple[str, str]]:
    shown = {node.id for node in drawn}
    return [(n.id, target) for n in drawn for target in dict.fromkeys(edges.get(n.id, ())) if target in shown]


def _dot_quote(text: str) -> str:
    """A double-quoted string of the DOT language; a backslash begins an escape there, so it is doubled."""
    escaped = _one_line(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _mermaid_escape(text: str) -> str:
    """Mermaid spells special characters as `#code;`; letters, digits, spaces and harmless marks stay."""
    return "".join(c if c.isalnum() or c in " .,:/_-" else f"#{ord(c)};" for c in _one_line(text))


def _one_line(text: str) -> str:
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)
