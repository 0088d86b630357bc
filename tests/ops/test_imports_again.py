"""Importing again: only what the source changed, and nobody changed here."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_jit.model import Issue, IssueId, Link, State
from git_jit.ops.imports import ImportStrict, merging
from git_jit.ops.imports.cycles import closing_edges
from git_jit.ops.imports.merging import ASPECTS, Mark, parse, spell
from git_jit.ops.imports.rules import RULES, Rule
from git_jit.record import fields, replace
from git_jit.view import Plan
from tests.ops.making import make, publish
from tests.ops.moving import bring, by_origin, counts, numbers
from tests.ops.world import World

AT = "2026-01-02T03:04:05Z"


def beads(**rest: Any) -> str:
    usual = {"id": "a", "title": "A", "status": "open", "issue_type": "task", "priority": 2, "created_at": AT}
    return json.dumps({**usual, **rest})


def edit(world: World, id: str = "a", **fields: Any) -> None:
    """Change an issue here, as somebody would."""
    issue = by_origin(world, "beads")[id]
    publish(world, Plan(issues={issue.id: replace(issue, **fields)}))


def one(world: World) -> Issue:
    return by_origin(world, "beads")["a"]


def test_what_the_source_changed_is_taken_over() -> None:
    world = World()
    bring(world, "beads", beads())
    report = bring(world, "beads", beads(title="B", priority=0, status="closed", closed_at=AT, labels=["x"]))
    assert numbers(report) == (0, 1, 0)
    assert (one(world).title, one(world).priority, one(world).state) == ("B", "critical", "done")
    assert one(world).labels == ("tag:x", "type:task")
    assert counts(report) == {"label-namespaced": 1}


def test_what_was_edited_here_stays() -> None:
    world = World()
    bring(world, "beads", beads())
    edit(world, title="Ours", state=State.IN_PROGRESS)
    assert numbers(bring(world, "beads", beads())) == (0, 0, 1)
    report = bring(world, "beads", beads(title="Theirs", priority=1, status="closed", closed_at=AT))
    assert (one(world).title, one(world).state, one(world).priority) == ("Ours", "in_progress", "high")
    assert [e.text for e in report.remarks.tallies()["edited-here"].examples] == [
        f"title of {one(world).id[:12]}",
        f"state of {one(world).id[:12]}",
    ]
    again = bring(world, "beads", beads(title="Theirs", priority=1, status="closed", closed_at=AT))
    assert (numbers(again), counts(again)) == ((0, 0, 1), {})


def test_the_source_can_be_preferred() -> None:
    world = World()
    bring(world, "beads", beads())
    edit(world, title="Ours")
    bring(world, "beads", beads(title="Theirs"), prefer_source=True)
    assert one(world).title == "Theirs"


def test_the_same_edit_on_both_sides_is_no_conflict() -> None:
    world = World()
    bring(world, "beads", beads())
    edit(world, title="Same")
    assert counts(bring(world, "beads", beads(title="Same"))) == {}


def test_open_work_may_move_between_ready_and_backlog_without_counting_as_edited() -> None:
    world = World()
    bring(world, "beads", beads())
    edit(world, state=State.BACKLOG)
    report = bring(world, "beads", beads(status="in_progress"))
    assert (one(world).state, counts(report)) == ("in_progress", {})


def test_edges_added_here_stay_and_are_not_taken_for_the_sources() -> None:
    world = World()
    bring(world, "beads", beads())
    other = make(world, "Ours")
    edit(world, links=(Link("relates-to", other),))
    target = {"depends_on_id": "b", "type": "blocks"}
    report = bring(world, "beads", beads(dependencies=[target]))
    assert one(world).links == (Link("relates-to", other),)
    assert counts(report)["edited-here"] == 1


def test_an_edge_that_became_a_link_is_still_as_imported() -> None:
    world = World()
    edges = [{"depends_on_id": "b", "type": "blocks"}]
    both = [beads(dependencies=edges), beads(id="b", dependencies=[{"depends_on_id": "a", "type": "blocks"}])]
    assert counts(bring(world, "beads", "\n".join(both)))["dependency-cycle"] == 1
    assert numbers(bring(world, "beads", "\n".join(both))) == (0, 0, 2)
    report = bring(world, "beads", "\n".join([both[0], beads(id="b")]))
    assert "edited-here" not in counts(report)
    assert by_origin(world, "beads")["b"].links == ()


def test_an_old_edge_is_never_the_one_that_goes() -> None:
    world = World()
    bring(world, "beads", "\n".join([beads(), beads(id="b", dependencies=[{"depends_on_id": "a"}])]))
    ids = {name: issue.id for name, issue in by_origin(world, "beads").items()}
    local = make(world, "Ours", ids["b"])
    edges = [{"depends_on_id": local, "type": "blocks"}]
    bring(world, "beads", beads(dependencies=edges))
    assert one(world).unresolved == (Link("depends-on", local),), "ids of ours are not ids of theirs"
    report = bring(world, "beads", beads(dependencies=[{"depends_on_id": "b"}]))
    found = by_origin(world, "beads")
    assert (found["a"].dependencies, found["b"].dependencies) == ((), (ids["a"],))
    assert found["a"].links == (Link("relates-to", ids["b"]),)
    assert counts(report)["dependency-cycle"] == 1


def test_what_waits_here_follows_what_the_import_closes_and_reopens() -> None:
    world = World()
    bring(world, "beads", beads())
    ours = make(world, "Ours", one(world).id)
    closed = bring(world, "beads", beads(status="closed", closed_at=AT))
    assert counts(closed) == {"state-derived": 1}
    assert numbers(closed) == (0, 2, 0)
    with world.store.view() as view:
        assert view.state_of(ours) is State.READY
    bring(world, "beads", beads())
    with world.store.view() as view:
        assert view.state_of(ours) is State.BACKLOG


def test_within_one_import_open_work_follows_too() -> None:
    world = World()
    waiting = beads(id="b", dependencies=[{"depends_on_id": "a"}])
    bring(world, "beads", f"{beads()}\n{waiting}")
    assert by_origin(world, "beads")["b"].state is State.BACKLOG
    bring(world, "beads", "\n".join([beads(status="closed", closed_at=AT), waiting]))
    assert by_origin(world, "beads")["b"].state is State.READY


def test_comments_come_once_and_a_changed_one_replaces_the_first() -> None:
    world = World()
    said = {"id": 1, "text": "one", "author": "human:bo", "created_at": AT}
    bring(world, "beads", beads(comments=[said]))
    assert bring(world, "beads", beads(comments=[said])).commit is None
    for _ in range(2):
        bring(world, "beads", beads(comments=[{**said, "text": "two"}]))
    with world.store.view() as view:
        first, second = sorted(view.comments(one(world).id), key=lambda comment: comment.body)
    assert (first.body, first.replaces, second.body, second.replaces) == ("one", None, "two", first.id)


def test_a_dry_run_says_the_same_and_writes_nothing() -> None:
    world = World()
    dry = bring(world, "beads", beads(labels=["x"]), dry_run=True)
    assert world.store.view().base is None
    wet = bring(world, "beads", beads(labels=["x"]))
    assert {**dry.to_json(), "dry_run": 0, "commit": 0} == {**wet.to_json(), "dry_run": 0, "commit": 0}
    assert dry.created == wet.created


def test_two_clones_agree() -> None:
    text = "\n".join([beads(comments=[{"text": "x", "created_at": AT}]), beads(id="b")])
    one, two = World(), World()
    bring(one, "beads", text)
    make(two, "Something else", labels=("type:task",))
    bring(two, "beads", text)
    assert by_origin(one, "beads") == by_origin(two, "beads")


MARKS = st.text("0123456789abcdef", min_size=8, max_size=8)
SAID = st.dictionaries(st.sampled_from(list(ASPECTS)), MARKS)


@given(said=SAID, stored=SAID)
def test_fingerprints_are_read_as_they_were_written(said: dict[str, str], stored: dict[str, str]) -> None:
    assert parse(spell(said, stored)) == {name: Mark(said[name], stored.get(name, "")) for name in said}


@pytest.mark.parametrize("text", ["", "x", "a=b/c/d =", "====="])
def test_fingerprints_of_somebody_else_are_no_error(text: str) -> None:
    assert isinstance(parse(text), dict)


def test_every_field_of_an_issue_is_in_an_aspect_or_excluded_on_purpose() -> None:
    named = {name for group in ASPECTS.values() for name in group}
    assert named == {*fields(Issue)} - {"id", "external", "extra"}
    assert merging.seen_key("x") == "x:seen"


EDGES = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6), st.booleans()), max_size=16)


@given(EDGES)
def test_closing_edges_leave_no_cycle_and_take_only_new_edges(found: list[tuple[int, int, bool]]) -> None:
    import networkx as nx

    old = nx.DiGraph()
    for a, b, new in found:
        if not new and a != b and not (old.has_node(a) and old.has_node(b) and nx.has_path(old, b, a)):
            old.add_edge(a, b)
    graph: dict[IssueId, list[IssueId]] = {IssueId(str(n)): [] for n in range(7)}
    news = {(a, b) for a, b, new in found if new and a != b} - set(old.edges)
    for a, b in [*old.edges, *sorted(news)]:
        graph[IssueId(str(a))].append(IssueId(str(b)))
    starts = [IssueId(str(n)) for n in sorted({a for a, _ in news})]
    removed = closing_edges(starts, graph.__getitem__, lambda a, b: (int(a), int(b)) in news)
    assert all((int(a), int(b)) in news for a, b in removed)
    left = nx.DiGraph([*old.edges, *(news - {(int(a), int(b)) for a, b in removed})])
    assert nx.is_directed_acyclic_graph(left)
    if nx.is_directed_acyclic_graph(nx.DiGraph([*old.edges, *news])):
        assert removed == set()


def test_a_long_cycle_costs_no_recursion() -> None:
    size = 20_000
    graph = {IssueId(str(n)): [IssueId(str((n + 1) % size))] for n in range(size)}
    assert closing_edges(graph, graph.__getitem__, lambda *_: True) == {(IssueId(str(size - 1)), IssueId("0"))}


def test_what_is_still_unresolved_is_said_every_time() -> None:
    world = World()
    text = beads(dependencies=[{"depends_on_id": "gone"}])
    for _ in range(2):
        assert counts(bring(world, "beads", text))["unresolved-reference"] == 1
    with pytest.raises(ImportStrict):
        bring(world, "beads", text, strict=True)


def test_every_rule_is_in_the_guide() -> None:
    guide = (Path(__file__).parent.parent.parent / "docs/how-to/moving-in.md").read_text()
    rows = re.findall(r"^\| `([a-z-]+)` \| (yes)? ?\| (.*) \|$", guide, re.MULTILINE)
    assert {name: Rule(strict == "yes", meaning) for name, strict, meaning in rows} == RULES


def test_an_edit_here_outlasts_every_later_change_of_the_source() -> None:
    world = World()
    bring(world, "beads", beads())
    edit(world, title="Ours", state=State.IN_PROGRESS, dependencies=(IssueId("d" * 32),))
    for number in range(3):
        edges = [{"depends_on_id": f"gone-{number}"}]
        closing = f"2026-01-0{number + 2}T00:00:00Z"
        bring(world, "beads", beads(title=f"Theirs {number}", status="closed", closed_at=closing, dependencies=edges))
        assert (one(world).title, one(world).state, one(world).dependencies) == ("Ours", "in_progress", ("d" * 32,))


def test_one_issue_may_close_several_cycles() -> None:
    t, u, w = (IssueId(name) for name in "tuw")
    graph = {t: [u, w], u: [t], w: [t]}
    assert closing_edges([t], graph.__getitem__, lambda a, _: a == t) == {(t, u), (t, w)}
