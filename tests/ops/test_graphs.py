"""The graph as a whole: what is reached, in which order to work, and what a cycle keeps out of it."""

from collections.abc import Mapping, Sequence

import pytest

from git_jit import graph
from git_jit.model import IssueId, State
from git_jit.ops import graphs, issues
from git_jit.ops.graphs import ASKED_SINGLY, Agenda, Stuck, TreeLine, Why
from git_jit.ops.queries import Asker
from git_jit.record import replace
from git_jit.view import Plan
from git_jit.workflow import Verb
from tests.ops.making import get, make, publish
from tests.ops.watched import WatchedView
from tests.ops.world import World

ASKER = Asker(me=lambda: pytest.fail("nobody said 'me'"), now=World().caller().now)


@pytest.fixture
def world() -> World:
    return World()


def reached(world: World, id: IssueId, *filters: str, **rest: object) -> tuple[tuple[IssueId, ...], list[str]]:
    """The answer, and what the view was asked for it."""
    with world.store.view() as view:
        watched = WatchedView(view)
        found = graphs.reached(watched, id[:4], filters, ASKER, **rest)  # type: ignore[arg-type]
        return found, watched.asked


def test_the_nearest_come_first_and_the_missing_not_at_all(world: World) -> None:
    a = make(world, "A")
    b, c = make(world, "B", a), make(world, "C")
    d = make(world, "D", b, c)
    gone = IssueId("dead" * 8)
    publish(world, Plan(issues={c: replace(get(world, c), state=State.BACKLOG, dependencies=(gone,))}))
    assert reached(world, d)[0] == (b, c, a)
    assert reached(world, a, reverse=True)[0] == (b, d)
    assert reached(world, d, "title:A")[0] == (a,), "the way to A leads through issues that do not fit"
    assert reached(world, a, "title:B OR title:A", reverse=True)[0] == (b,)


def test_a_depth_asks_only_whom_it_must(world: World) -> None:
    a = make(world, "A")
    b = make(world, "B", a)
    c = make(world, "C", b)
    d = make(world, "D", c)
    assert reached(world, d, depth=2) == ((c, b), [f"waits_for {d[:4]}", f"waits_for {c[:4]}"])
    assert reached(world, a, depth=1, reverse=True) == ((b,), [f"dependents {a[:4]}"])


def test_a_cycle_does_not_lead_back_to_the_issue(world: World) -> None:
    a = make(world, "A")
    b = make(world, "B", a)
    publish(world, Plan(issues={a: replace(get(world, a), state=State.BACKLOG, dependencies=(b,))}))
    assert reached(world, a)[0] == (b,)
    assert reached(world, a, reverse=True)[0] == (b,)


class Straight:
    """So much of a view as a walk asks: a chain in which each issue waits for the one before."""

    def __init__(self, size: int) -> None:
        self._ids = [IssueId(f"{number:032x}") for number in range(size)]
        self.asked = {"singly": 0, "whole": 0}

    def ids(self) -> Sequence[IssueId]:
        return self._ids

    def waits_for(self, id: IssueId) -> tuple[IssueId, ...]:
        self.asked["singly"] += 1
        return (IssueId(f"{int(id, 16) - 1:032x}"),) if int(id, 16) else ()

    def dependents(self, id: IssueId) -> tuple[IssueId, ...]:
        self.asked["singly"] += 1
        return tuple(self._ids[int(id, 16) + 1 : int(id, 16) + 2])

    def edges(self) -> Mapping[IssueId, tuple[IssueId, ...]]:
        self.asked["whole"] += 1
        return {id: tuple(self._ids[max(0, n - 1) : n]) for n, id in enumerate(self._ids)}


@pytest.mark.parametrize("reverse", [False, True])
def test_a_walk_that_goes_far_reads_all_edges_once(reverse: bool) -> None:
    view = Straight(3 * ASKED_SINGLY)
    steps = graphs.Steps(view, reverse=reverse)  # type: ignore[arg-type]
    start = view.ids()[0 if reverse else -1]
    assert len(graph.descendants(steps, start)) == len(steps) - 1
    assert view.asked == {"singly": ASKED_SINGLY, "whole": 1}


def test_a_limited_walk_never_does() -> None:
    view = Straight(3 * ASKED_SINGLY)
    steps = graphs.Steps(view, singly=True)  # type: ignore[arg-type]
    assert len(graph.descendants(steps, view.ids()[-1], 2 * ASKED_SINGLY)) == 2 * ASKED_SINGLY
    assert view.asked == {"singly": 2 * ASKED_SINGLY, "whole": 0}


def agenda(world: World, *filters: str) -> Agenda:
    with world.store.view() as view:
        return graphs.agenda(view, filters, ASKER)


def test_an_order_knows_the_ways_through_issues_that_were_not_asked_for(world: World) -> None:
    a = make(world, "first part")
    b = make(world, "between", a)
    c = make(world, "second part", b)
    plan = agenda(world, "title:part")
    assert plan.stuck is None
    assert graphs.order(plan) == [a, c]
    assert graphs.waves(plan) == [[a], [c]]
    assert graphs.critical_path(plan, lambda _: 1) == ([a, c], 2)
    assert graphs.critical_path(agenda(world), lambda _: 1) == ([a, b, c], 3)


def test_a_finished_issue_is_in_nobodys_way(world: World) -> None:
    a = make(world, "A")
    b = make(world, "B", a)
    c = make(world, "C", b)
    issues.reject(world.store, world.caller(), [b], reason="no")
    assert graphs.waves(agenda(world)) == [[c, a]]


def test_what_a_cycle_leaves_is_still_ordered(world: World) -> None:
    free = make(world, "free")
    a = make(world, "a")
    b = make(world, "b", a)
    behind = make(world, "behind", b)
    after = make(world, "after", free)
    publish(world, Plan(issues={a: replace(get(world, a), state=State.BACKLOG, dependencies=(b,))}))
    plan = agenda(world)
    assert plan.stuck == Stuck(ids=(behind, b, a), cycle=(b, a, b))
    assert plan.stuck.sentence == (
        f"left out 3 issues behind a cycle ({b[:7]} -> {a[:7]} -> {b[:7]}); 'git jit validate' shows what to mend"
    )
    assert graphs.order(plan) == [free, after]
    assert graphs.waves(plan) == [[free], [after]]
    assert graphs.critical_path(plan, lambda _: 1)[0] == [free, after]
    assert agenda(world, "title:free").stuck is None, "the cycle keeps nobody out who was asked for"
    told = agenda(world, "title:behind").stuck
    assert told == Stuck(ids=(behind,), cycle=(b, a, b))
    assert told.sentence.startswith("left out 1 issue behind a cycle (")


def test_tree(world: World) -> None:
    a = make(world, "A")
    b, c = make(world, "B", a), make(world, "C", a)
    d = make(world, "D", b, c)
    gone = IssueId("dead" * 8)
    publish(world, Plan(issues={a: replace(get(world, a), state=State.BACKLOG, dependencies=(gone,))}))
    with world.store.view() as view:
        lines = graphs.tree(view, d[:4])
        upwards = graphs.tree(view, a, reverse=True, depth=1)

    def line(id: IssueId, depth: int, title: str | None, **rest: bool) -> TreeLine:
        flags = {"blocked": title is not None, "repeated": False, "cut": False, **rest}
        return TreeLine(id=id, depth=depth, title=title, state=State.BACKLOG if title else None, **flags)

    assert lines == (
        line(d, 0, "D"),
        line(b, 1, "B"),
        line(a, 2, "A"),
        line(gone, 3, None),
        line(c, 1, "C"),
        line(a, 2, "A", repeated=True),
    )
    assert upwards == (line(a, 0, "A"), line(b, 1, "B", cut=True), line(c, 1, "C", cut=True))


def test_a_diamond_of_diamonds_is_shown_once(world: World) -> None:
    below = make(world, "0")
    for n in range(12):
        left, right = make(world, f"l{n}", below), make(world, f"r{n}", below)
        below = make(world, f"j{n}", left, right)
    with world.store.view() as view:
        assert len(graphs.tree(view, below)) == 1 + 12 * 4


def test_why(world: World) -> None:
    a = make(world, "A")
    b = make(world, "B", a)
    free = make(world, "Free")
    c = make(world, "C", b, free)
    with world.store.view() as view:
        assert graphs.why(view, a) == Why(id=a, blocked=False)
        assert graphs.why(view, c) == Why(id=c, blocked=True, chain=(c, free), actionable=(free, a), missing=())
    issues.close(world.store, world.caller(), [free])
    with world.store.view() as view:
        assert graphs.why(view, c).chain == (c, b, a)
        assert graphs.why(view, free) == Why(id=free, blocked=False)
    publish(world, Plan(issues={a: None}))
    with world.store.view() as view:
        assert graphs.why(view, c) == Why(id=c, blocked=True, chain=(c, b, a), actionable=(), missing=(a,))


def test_a_parked_blocker_is_what_to_do(world: World) -> None:
    a = make(world, "A", state=Verb.BACKLOG)
    b = make(world, "B", a)
    with world.store.view() as view:
        assert graphs.why(view, b).actionable == (a,)
