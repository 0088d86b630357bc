"""Use cases of looking at the graph: what an issue waits for and why, and in which order work can go on."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from git_jit import graph
from git_jit.model import IssueId, State, short
from git_jit.ops import queries, resolve
from git_jit.ops.queries import Asker, Question, Wanted
from git_jit.record import record
from git_jit.view import View
from git_jit.workflow import blockers

ASKED_SINGLY: Final = 1_000
"""Issues whose edges are looked up one by one; from there on reading all edges at once is cheaper, as measured with
10,000 and 100,000 issues."""


@record(kw_only=True)
class TreeLine:
    """One line of a dependency tree, in reading order."""

    id: IssueId
    depth: int
    title: str | None
    """None, like `state`, when the issue is missing."""
    state: State | None
    blocked: bool
    repeated: bool
    """Shown in full further up; its own dependencies are not shown again."""
    cut: bool
    """Has dependencies beyond the depth asked for."""


@record(kw_only=True)
class Why:
    """Why an issue is blocked."""

    id: IssueId
    blocked: bool
    chain: tuple[IssueId, ...] = ()
    """The shortest way from the issue to something that can be worked on now (or is missing); both included."""
    actionable: tuple[IssueId, ...] = ()
    """Every issue it waits for, directly or not, that is itself not blocked."""
    missing: tuple[IssueId, ...] = ()
    cycle: tuple[IssueId, ...] = ()
    """Only where everything it waits for waits in a circle, so that nothing can be done first."""


@record(kw_only=True)
class Stuck:
    """Issues that have no place in any order, because they wait in a circle or for somebody who does."""

    ids: tuple[IssueId, ...]
    cycle: tuple[IssueId, ...]
    """One such circle; its first issue is repeated at the end."""

    @property
    def sentence(self) -> str:
        count = "1 issue" if len(self.ids) == 1 else f"{len(self.ids)} issues"
        way = graph.shown([short(id) for id in self.cycle])
        return f"left out {count} behind a cycle ({way}); 'git jit validate' shows what to mend"


@record(kw_only=True)
class Agenda:
    """The open issues as a graph that can be put in order."""

    chosen: frozenset[IssueId]
    """Those that were asked for. The others say in which order these can be done."""
    edges: Mapping[IssueId, tuple[IssueId, ...]]
    stuck: Stuck | None = None


def reached(
    view: View, id: str, filters: Sequence[str], asker: Asker, *, reverse: bool = False, depth: int | None = None
) -> tuple[IssueId, ...]:
    """What `id` waits for (`reverse`: what waits for it), directly or not, the nearest first.

    At most `depth` steps away: only issues nearer than that are asked for their edges. The filters say which of those
    that are reached are told, not where the walk goes. An issue that is missing is no part of a list.
    """
    start = resolve(view, id)
    found = graph.descendants(Steps(view, reverse=reverse, singly=depth is not None), start, depth)
    if not filters:
        return tuple(id for id in found if view.state_of(id) is not None)
    fitting = set(queries.select(view, Wanted(question=Question.ALL, filters=filters), asker).ids)
    return tuple(id for id in found if id in fitting)


class Steps(Mapping[IssueId, tuple[IssueId, ...]]):
    """The edges of a view, looked up where a walk goes; all at once when it goes far, unless `singly`."""

    def __init__(self, view: View, *, reverse: bool = False, singly: bool = False) -> None:
        self._view = view
        self._reverse = reverse
        self._left = None if singly else ASKED_SINGLY
        self._all: Mapping[IssueId, Sequence[IssueId]] | None = None

    def __getitem__(self, id: IssueId) -> tuple[IssueId, ...]:
        if self._left == 0 and self._all is None:
            edges = self._view.edges()
            self._all = graph.reverse(edges) if self._reverse else edges
        if self._all is not None:
            return tuple(self._all.get(id, ()))
        if self._left is not None:
            self._left -= 1
        return self._view.dependents(id) if self._reverse else self._view.waits_for(id)

    def __iter__(self) -> Iterator[IssueId]:
        return iter(self._view.ids())

    def __len__(self) -> int:
        return len(self._view.ids())


def agenda(view: View, filters: Sequence[str], asker: Asker) -> Agenda:
    """The open issues that meet the filters, and what is between them. Raises `QuerySyntax`."""
    everything = queries.select(view, Wanted(question=Question.OPEN), asker).ids
    wanted = Wanted(question=Question.OPEN, filters=filters)
    chosen = frozenset(queries.select(view, wanted, asker).ids if filters else everything)
    members = set(everything)
    edges = view.edges()
    inner = {id: tuple(target for target in edges.get(id, ()) if target in members) for id in everything}
    sound = graph.sound(inner)
    stuck = tuple(id for id in everything if id not in sound and id in chosen)
    if not stuck:
        return Agenda(chosen=chosen, edges=sound)
    cycle = graph.find_cycle({id: inner[id] for id in stuck} | inner) or ()  # from those that are told
    return Agenda(chosen=chosen, edges=sound, stuck=Stuck(ids=stuck, cycle=cycle))


def order(plan: Agenda) -> list[IssueId]:
    """Each after what it waits for, through others too; otherwise newest first."""
    return [id for id in graph.order(plan.edges) if id in plan.chosen]


def waves(plan: Agenda) -> list[list[IssueId]]:
    """Groups that can be worked on side by side, each when those before it are done."""
    return graph.waves(plan.edges, plan.chosen.__contains__)


def critical_path(plan: Agenda, weight: Callable[[IssueId], int]) -> tuple[list[IssueId], int]:
    """The heaviest chain, what can be begun first coming first, and its weight."""
    chain, total = graph.critical_path(plan.edges, lambda node: weight(node) if node in plan.chosen else 0)
    return [id for id in chain if id in plan.chosen], total


def tree(view: View, id: str, *, reverse: bool = False, depth: int | None = None) -> tuple[TreeLine, ...]:
    """What `id` waits for (`reverse`: what waits for it), level below level; each issue in full once."""
    neighbours = view.dependents if reverse else view.waits_for
    found: list[tuple[IssueId, int, bool, bool]] = []
    seen: set[IssueId] = set()
    stack = [(resolve(view, id), 0)]
    while stack:
        node, level = stack.pop()
        below = neighbours(node)
        repeated = node in seen and bool(below)
        cut = level == depth and bool(below) and not repeated
        found.append((node, level, repeated, cut))
        if not repeated and not cut:
            seen.add(node)
            stack += [(other, level + 1) for other in reversed(below)]
    return _lines(view, found)


def _lines(view: View, found: Sequence[tuple[IssueId, int, bool, bool]]) -> tuple[TreeLine, ...]:
    present = dict.fromkeys(id for id, *_ in found if view.state_of(id) is not None)
    rows = {row.id: row for row in view.rows(present)}
    return tuple(
        TreeLine(
            id=id,
            depth=level,
            title=rows[id].title if id in rows else None,
            state=rows[id].state if id in rows else None,
            blocked=id in rows and rows[id].blocked,
            repeated=repeated,
            cut=cut,
        )
        for id, level, repeated, cut in found
    )


def why(view: View, id: str) -> Why:
    """Why the issue cannot be worked on: a breadth-first walk over what is unfinished."""
    start = resolve(view, id)
    came_from: dict[IssueId, IssueId] = {start: start}
    ends: list[IssueId] = []
    queue = deque([start])
    while queue:
        node = queue.popleft()
        waiting_for = _blockers_of_open(view, node)
        if not waiting_for:
            ends.append(node)
        for other in waiting_for:
            if other not in came_from:
                came_from[other] = node
                queue.append(other)
    if ends == [start]:
        return Why(id=start, blocked=False)
    if not ends:
        return Why(
            id=start, blocked=True, cycle=graph.find_cycle({id: _blockers_of_open(view, id) for id in came_from}) or ()
        )
    return Why(
        id=start,
        blocked=True,
        chain=_chain(came_from, ends),
        actionable=tuple(end for end in ends if view.state_of(end) is not None),
        missing=tuple(end for end in ends if view.state_of(end) is None),
    )


def _blockers_of_open(view: View, id: IssueId) -> tuple[IssueId, ...]:
    state = view.state_of(id)
    return () if state is None or state.terminal else blockers(view, id)


def _chain(came_from: dict[IssueId, IssueId], ends: Iterable[IssueId]) -> tuple[IssueId, ...]:
    """From the first end (the nearest) back to the start, turned round."""
    end = next(iter(ends), None)
    chain: list[IssueId] = []
    while end is not None:
        chain.append(end)
        end = came_from[end] if came_from[end] != end else None
    return tuple(reversed(chain))
