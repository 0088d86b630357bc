"""Dependencies: cycles and redundant edges."""

import json
from collections import Counter

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_jit.graph import CycleError
from git_jit.model import Issue, IssueId, State
from git_jit.ops import IssueNotFound, deps, issues, plans
from git_jit.ops.edit import Patch
from git_jit.plans import as_json
from git_jit.record import replace
from git_jit.view import Plan
from git_jit.workflow import Verb
from tests.ops.making import get, make, publish, states, subject
from tests.ops.watched import WatchedStore
from tests.ops.world import World


@pytest.fixture
def world() -> World:
    return World()


def test_add_demotes_and_remove_promotes(world: World) -> None:
    a, b = make(world, "A"), make(world, "B")
    deps.add(world.store, world.caller(), [b[:4]], [a[:4]])
    assert (get(world, b).dependencies, states(world, b)) == ((a,), "backlog")
    assert subject(world) == f"dep-add: {b[:7]} B"
    again = deps.add(world.store, world.caller(), [b], [a])
    assert (again.commit, again.status) == (None, 0)
    deps.remove(world.store, world.caller(), [b], [a])
    assert (get(world, b).dependencies, states(world, b)) == ((), "ready")
    absent = deps.remove(world.store, world.caller(), [b], [a])
    assert (absent.commit, absent.status) == (None, 0)


def test_several_wait_for_several_in_one_commit(world: World) -> None:
    a, b, c, d = (make(world, title) for title in "ABCD")
    before = len(list(world.store.history()))
    deps.add(world.store, world.caller(), [c, d], [a, b])
    assert get(world, c).dependencies == get(world, d).dependencies == (a, b)
    assert len(list(world.store.history())) == before + 1


def test_a_cycle_is_refused_with_the_whole_path(world: World) -> None:
    a = make(world, "A")
    b = make(world, "B", a)
    c = make(world, "C", b)
    with pytest.raises(CycleError) as caught:
        deps.add(world.store, world.caller(), [a], [c])
    assert caught.value.details["path"] == [a, c, b, a]
    assert caught.value.message == (f"'{a[:7]}' cannot wait for '{c[:7]}': {a[:7]} -> {c[:7]} -> {b[:7]} -> {a[:7]}")
    assert (caught.value.code, caught.value.status) == ("cycle", 5)
    with pytest.raises(CycleError) as alone:
        deps.add(world.store, world.caller(), [a], [a])
    assert alone.value.details["path"] == [a, a]
    assert get(world, a).dependencies == ()


def test_a_long_cycle_has_a_short_sentence(world: World) -> None:
    chain = [make(world, "0")]
    for n in range(1, 100):
        chain.append(make(world, str(n), chain[-1]))
    with pytest.raises(CycleError) as caught:
        deps.add(world.store, world.caller(), [chain[0]], [chain[-1]])
    assert len(caught.value.details["path"]) == 101  # type: ignore[arg-type]
    assert len(caught.value.message) < 120


def test_an_issue_among_those_it_shall_wait_for_is_refused(world: World) -> None:
    a, b = make(world, "A"), make(world, "B")
    report = deps.add(world.store, world.caller(), [a, b], [a, b])
    assert [o.error and o.error.code for o in report.outcomes] == ["cycle", "cycle"]


def test_a_target_that_is_not_there_is_refused_but_can_be_removed(world: World) -> None:
    a = make(world, "A")
    with pytest.raises(IssueNotFound):
        deps.add(world.store, world.caller(), [a], ["dead"])
    gone = IssueId("dead" * 8)
    publish(world, Plan(issues={a: issue_with(world, a, gone)}))
    deps.remove(world.store, world.caller(), [a], ["dead"])
    assert get(world, a).dependencies == ()


def issue_with(world: World, id: IssueId, *dependencies: IssueId) -> Issue:
    return replace(get(world, id), state=State.BACKLOG, dependencies=dependencies)


def test_an_edge_that_says_nothing_new_is_not_kept(world: World) -> None:
    a = make(world, "A")
    b = make(world, "B", a)
    c = make(world, "C", b)
    report = deps.add(world.store, world.caller(), [c], [a])
    assert get(world, c).dependencies == (b,)
    assert report.notes == (f"'{c[:7]}' waits for '{a[:7]}' through others already; edge removed",)
    assert report.commit is None


def test_edges_that_a_new_one_makes_redundant_go_on_other_issues_too(world: World) -> None:
    a, b, c = make(world, "A"), make(world, "B"), make(world, "C")
    deps.add(world.store, world.caller(), [c], [a, b])
    report = deps.add(world.store, world.caller(), [b], [a])
    assert get(world, c).dependencies == (b,)
    assert [o.id for o in report.consequences] == [c]
    assert report.notes == (f"'{c[:7]}' waits for '{a[:7]}' through others already; edge removed",)


def test_a_way_through_a_finished_issue_does_not_make_an_edge_redundant(world: World) -> None:
    a = make(world, "A")
    b = make(world, "B", a)
    issues.reject(world.store, world.caller(), [b], reason="no")
    c = make(world, "C", b, a)
    assert get(world, c).dependencies == (a, b)
    assert states(world, c) == "backlog"  # it still waits for A


def test_a_finished_issue_keeps_its_edges(world: World) -> None:
    a, b = make(world, "A"), make(world, "B")
    c = make(world, "C", a, b)
    issues.update(world.store, world.caller(), [c], Patch(state=Verb.DONE), force=True, reason="x")
    deps.add(world.store, world.caller(), [b], [a])
    assert get(world, c).dependencies == (a, b)


def test_the_one_edge_that_says_it_all_is_kept_of_many_added_at_once(world: World) -> None:
    a = make(world, "A")
    b = make(world, "B", a)
    c = make(world, "C", b)
    d = make(world, "D")
    report = deps.add(world.store, world.caller(), [d], [a, b, c])
    assert get(world, d).dependencies == (c,)
    assert report.notes == tuple(
        f"'{d[:7]}' waits for '{other[:7]}' through others already; edge removed" for other in (a, b)
    )
    assert [change.added for change in report.outcomes[0].changes if change.field == "dependencies"] == [[c]]


def test_a_redundant_edge_among_several_issues_is_told_and_the_rest_done(world: World) -> None:
    a = make(world, "A")
    b = make(world, "B", a)
    c, d = make(world, "C", b), make(world, "D")
    report = deps.add(world.store, world.caller(), [c, d], [a])
    assert (get(world, c).dependencies, get(world, d).dependencies) == ((b,), (a,))
    assert report.notes[0] == f"'{c[:7]}' waits for '{a[:7]}' through others already; edge removed"
    assert report.status == 0


def test_edges_that_imply_each_other_in_damaged_data_stay(world: World) -> None:
    a = make(world, "A")
    b = make(world, "B", a)
    publish(world, Plan(issues={a: issue_with(world, a, b)}))
    c = make(world, "C")
    deps.add(world.store, world.caller(), [c], [a, b])
    assert get(world, c).dependencies == (a, b)


@given(st.lists(st.tuples(st.integers(0, 6), st.sets(st.integers(0, 6), min_size=1, max_size=3)), max_size=8))
def test_what_is_stored_is_always_the_transitive_reduction(added: list[tuple[int, set[int]]]) -> None:
    world = World()
    ids = [make(world, str(n)) for n in range(7)]
    asked: nx.DiGraph[IssueId] = nx.DiGraph()
    asked.add_nodes_from(ids)
    for source, targets in added:
        more = asked.copy()
        more.add_edges_from((ids[source], ids[target]) for target in targets)
        try:
            deps.add(world.store, world.caller(), [ids[source]], [ids[target] for target in sorted(targets)])
        except CycleError:
            assert not nx.is_directed_acyclic_graph(more)
            continue
        asked = more
        with world.store.view() as view:
            stored = {(id, target) for id, found in view.edges().items() for target in found}
        assert stored == set(nx.transitive_reduction(asked).edges)


@given(st.lists(st.sets(st.integers(0, 5), max_size=4), min_size=6, max_size=6), st.permutations(range(6)))
def test_a_plan_is_stored_as_its_transitive_reduction(targets: list[set[int]], order: list[int]) -> None:
    world = World()
    waits = {n: sorted(t for t in targets[n] if t < n) for n in range(6)}
    entries = [{"key": f"k{n}", "title": str(n), "depends_on": [f"k{t}" for t in waits[n]]} for n in order]
    made = plans.create_many(world.store, world.caller(), as_json.parse(json.dumps({"issues": entries}))).created
    key = {id: int(name[1:]) for name, id in made.items()}
    with world.store.view() as view:
        stored = {(key[id], key[target]) for id, found in view.edges().items() for target in found}
    wanted: nx.DiGraph[int] = nx.DiGraph((n, t) for n, found in waits.items() for t in found)
    assert stored == set(nx.transitive_reduction(wanted).edges)


def chain(world: World, length: int) -> list[IssueId]:
    """Issues of which each waits for the one before."""
    found = [make(world, "0")]
    while len(found) < length:
        found.append(make(world, str(len(found)), found[-1]))
    return found


def test_an_edge_between_two_lone_issues_asks_nothing_about_the_rest(world: World) -> None:
    chain(world, 30)
    a, b = make(world, "A"), make(world, "B")
    store = WatchedStore(world.store)
    deps.add(store, world.caller(), [a], [b])  # type: ignore[arg-type]
    assert {question.split()[-1] for question in store.asked} <= {a[:4], b[:4]}
    assert len(store.asked) < 20


def test_many_edges_at_once_walk_the_graph_once(world: World) -> None:
    rail = chain(world, 30)
    hub, above = make(world, "hub"), make(world, "above")
    deps.add(world.store, world.caller(), [above], [hub])
    ends = [make(world, f"end {n}", rail[-1]) for n in range(20)]
    store = WatchedStore(world.store)
    deps.add(store, world.caller(), [hub], ends)  # type: ignore[arg-type]
    assert "edges" not in store.asked
    assert max(Counter(store.asked).values()) <= 8, "no issue of the rail is asked once for each new edge"
