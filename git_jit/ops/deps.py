"""Use cases of dependencies: who waits for whom."""

from collections import deque
from collections.abc import Iterable, Sequence

from git_jit import graph
from git_jit.model import Caller, IssueId, Oid, State
from git_jit.ops import resolve
from git_jit.ops.batch import run
from git_jit.ops.desk import Terms
from git_jit.ops.edit import Patch
from git_jit.ops.issues import patching
from git_jit.ops.report import Report
from git_jit.record import record
from git_jit.store import Store
from git_jit.view import View
from git_jit.workflow import blockers


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


def add(
    store: Store,
    caller: Caller,
    ids: Sequence[str],
    on: Sequence[str],
    *,
    if_version: Oid | None = None,
    dry_run: bool = False,
) -> Report:
    """Let each of `ids` wait for each of `on`.

    Raises `CycleError` (code `cycle`, `details["path"]`). Edges that say nothing new are removed with a note.
    """
    step = patching(Patch(add_dependencies=tuple(on)))
    return run(store, caller, "dep-add", ids, step, Terms(now=caller.now), if_version=if_version, dry_run=dry_run)


def remove(
    store: Store,
    caller: Caller,
    ids: Sequence[str],
    on: Sequence[str],
    *,
    if_version: Oid | None = None,
    dry_run: bool = False,
) -> Report:
    """Let them wait no longer. `on` may name issues that are gone."""
    step = patching(Patch(remove_dependencies=tuple(on)))
    return run(store, caller, "dep-rm", ids, step, Terms(now=caller.now), if_version=if_version, dry_run=dry_run)


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
