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
    return _way(edges, (start,), goal)


def cycle_through(edges: Edges[N], node: N, *targets: N) -> tuple[N, ...] | None:
    """A shortest cycle that new edges from `node` to `targets` would close: `(node, target, …, node)`; None if none.

    One walk from all targets at once, however many there are.
    """
    way = _way(edges, targets, node)
    return (node, *way) if way else None


def _way(edges: Edges[N], starts: Iterable[N], goal: N) -> tuple[N, ...] | None:
    """Breadth-first search from all `starts`."""
    came_from: dict[N, N] = {start: start for start in starts}
    queue = deque(came_from)
    while queue:
        node = queue.popleft()
        if node == goal:
            return _way_back(came_from, goal)
        for target in edges.get(node, ()):
            if target not in came_from:
                came_from[target] = node
                queue.append(target)
    return None


def _way_back(came_from: Mapping[N, N], goal: N) -> tuple[N, ...]:
    way = [goal]
    while came_from[way[-1]] != way[-1]:
        way.append(came_from[way[-1]])
    return tuple(reversed(way))


def find_cycle(edges: Edges[N]) -> tuple[N, ...] | None:
    """Some cycle, its first node repeated at the end; None if there is none."""
    for trail, target in _ways_round(edges):
        return (*trail[trail.index(target) :], target)
    return None


def closing(edges: Edges[N]) -> list[tuple[N, N]]:
    """Edges without which there is no cycle: those that a depth-first search finds leading back.

    Not the fewest (finding those is NP-hard), but none where there is no cycle, and always the same ones.
    """
    return list(dict.fromkeys((trail[-1], target) for trail, target in _ways_round(edges)))


def _ways_round(edges: Edges[N]) -> Iterator[tuple[list[N], N]]:
    """Depth-first search: an edge to a node that is still open closes a cycle.

    Gives the open nodes, of which the last has such an edge, and its target. Read the list before going on.
    """
    finished: set[N] = set()
    for start in edges:
        if start in finished:
            continue
        open_: dict[N, Iterator[N]] = {start: iter(edges.get(start, ()))}
        trail = [start]
        while trail:
            target = next((t for t in open_[trail[-1]] if t not in finished), None)
            if target is None:
                finished.add(trail[-1])
                del open_[trail.pop()]
            elif target in open_:
                yield trail, target
            else:
                open_[target] = iter(edges.get(target, ()))
                trail.append(target)


def descendants(edges: Edges[N], start: N, depth: int | None = None) -> dict[N, int]:
    """What `start` waits for, directly or not, with the number of steps (the fewest); without `start` itself.

    The nearest come first. With `depth`, nobody that far away is asked what it waits for.
    """
    steps: dict[N, int] = {start: 0}
    queue = deque([start])
    while queue:
        node = queue.popleft()
        if steps[node] == depth:
            break  # all that follow are as far
        for target in edges.get(node, ()):
            if target not in steps:
                steps[target] = steps[node] + 1
                queue.append(target)
    del steps[start]
    return steps


def order(edges: Edges[N]) -> list[N]:
    """Every node after all that it waits for; among those that are free, first come first.

    Kahn's algorithm (1962) with a heap of positions, O((n + e) log n). Raises `CycleError`.
    """
    listed, targets = _numbered(edges)
    sequence = _sequence(targets)
    if len(sequence) < len(listed):
        raise _cycle_error(edges)
    return [listed[index] for index in sequence]


def sound(edges: Edges[N]) -> dict[N, tuple[N, ...]]:
    """The part that can be put in order: without the nodes on a cycle and those that wait for one, directly or not.

    What is left waits for nothing that was left out. It holds every node exactly when there is no cycle.
    """
    listed, targets = _numbered(edges)
    kept = sorted(_sequence(targets))
    return {listed[index]: tuple(listed[target] for target in targets[index]) for index in kept}


def _numbered(edges: Edges[N]) -> tuple[list[N], list[list[int]]]:
    """The nodes, and by position in that list the positions each waits for: lists of numbers walk faster."""
    listed = nodes(edges)
    position = {node: index for index, node in enumerate(listed)}
    return listed, [[position[target] for target in dict.fromkeys(edges.get(node, ()))] for node in listed]


def _sequence(targets: Sequence[Sequence[int]]) -> list[int]:
    """Kahn's algorithm; whoever waits for a cycle never comes."""
    dependents: list[list[int]] = [[] for _ in targets]
    for node, listed in enumerate(targets):
        for target in listed:
            dependents[target].append(node)
    waiting = [len(listed) for listed in targets]
    free = [node for node, count in enumerate(waiting) if not count]  # ascending, hence a heap
    result: list[int] = []
    while free:
        node = heapq.heappop(free)
        result.append(node)
        for dependent in dependents[node]:
            waiting[dependent] -= 1
            if not waiting[dependent]:
                heapq.heappush(free, dependent)
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


def levels(edges: Edges[N], counts: Callable[[N], bool] = lambda _: True) -> dict[N, int]:
    """For each node, in `order`, the length of the longest chain of others it waits for: 0 can be begun first.

    Of a chain only the nodes that count are counted. Raises `CycleError`.
    """
    level: dict[N, int] = {}
    for node in order(edges):
        level[node] = max((level[target] + counts(target) for target in edges.get(node, ())), default=0)
    return level


def waves(edges: Edges[N], counts: Callable[[N], bool] = lambda _: True) -> list[list[N]]:
    """What can be done side by side: each wave waits only for the ones before it. Raises `CycleError`.

    Nodes that do not count are in no wave, yet those that do are known to wait for each other through them.
    """
    result: list[list[N]] = []
    for node, level in levels(edges, counts).items():
        if counts(node):
            if level == len(result):
                result.append([])
            result[level].append(node)
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


def redundant(edges: Edges[N], *, block_bits: int = BLOCK_BITS) -> list[tuple[N, N]]:
    """The edges a transitive reduction removes: those whose target is reached another way as well.

    Reachability as integer bit sets (Aho, Garey, Ullman 1972 for the reduction being unique), in blocks of
    `block_bits` targets so that memory stays linear: O(e · candidates / block_bits) big-integer operations.
    An edge is a candidate only if another way has room: its ends are two levels apart, its source has another
    target, its target another source. Raises `CycleError`.
    """
    listed, targets = _numbered(edges)
    sequence = _sequence(targets)
    if len(sequence) < len(listed):
        raise _cycle_error(edges)
    last = _last_sources(sequence, targets)
    numbered = [(place, node) for place, node in enumerate(sequence) if node in last]
    found: set[tuple[int, int]] = set()
    for first in range(0, len(numbered), block_bits):
        block = numbered[first : first + block_bits]
        end = 1 + max(last[node] for _, node in block)
        found |= _redundant_into([node for _, node in block], sequence[block[0][0] : end], targets)
    pairs = ((node, target) for node in range(len(listed)) for target in targets[node] if (node, target) in found)
    return [(listed[node], listed[target]) for node, target in pairs]


def _last_sources(sequence: Sequence[int], targets: Sequence[Sequence[int]]) -> dict[int, int]:
    """The targets of edges that may be redundant, each with the last place in `sequence` of such an edge's source."""
    level, sources = [0] * len(targets), [0] * len(targets)
    for node in sequence:
        level[node] = max((level[target] + 1 for target in targets[node]), default=0)
        for target in targets[node]:
            sources[target] += 1
    last: dict[int, int] = {}
    for place, node in enumerate(sequence):
        if len(targets[node]) > 1:
            last.update((t, place) for t in targets[node] if sources[t] > 1 and level[t] + 1 < level[node])
    return last


def _redundant_into(
    block: Sequence[int], sequence: Sequence[int], targets: Sequence[Sequence[int]]
) -> set[tuple[int, int]]:
    """The redundant edges whose target is in `block`; only nodes in `sequence` can be between."""
    bit = [0] * len(targets)
    for index, node in enumerate(block):
        bit[node] = 1 << index
    below = [0] * len(targets)
    """What a node reaches of the block by at least one step."""
    found: set[tuple[int, int]] = set()
    for node in sequence:
        far = near = 0
        for target in targets[node]:
            far |= below[target]
            near |= bit[target]
        if far & near:
            found.update((node, target) for target in targets[node] if bit[target] & far)
        below[node] = far | near
    return found


SHOWN_IN_PATH: Final = 6
"""How many nodes of a cycle a sentence names; `details` has all of them."""


def shown(path: Sequence[str]) -> str:
    """A way in one line, `a -> b -> a`; of a long one the beginning and the end."""
    return " -> ".join(path if len(path) <= SHOWN_IN_PATH else [*path[: SHOWN_IN_PATH - 1], "…", path[-1]])


def _cycle_error(edges: Edges[N]) -> CycleError:
    cycle = find_cycle(edges) or ()
    return CycleError(
        f"the dependencies hold a cycle of {len(cycle) - 1}",
        hint="'git jit validate' shows it whole",
        details={"path": [str(node) for node in cycle]},
    )
