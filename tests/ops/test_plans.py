"""Many issues from one plan."""

import json

import pytest

from git_jit.model import Link, Priority
from git_jit.ops import issues
from git_jit.ops import plans
from git_jit.ops.plans import Made
from git_jit.plans import PlanInvalid, as_json
from tests.ops.making import define, gate, get, make, states, subject
from tests.ops.world import World


@pytest.fixture
def world() -> World:
    return World()


def create_many(world: World, text: str, *, dry_run: bool = False) -> Made:
    return plans.create_many(world.store, world.caller(), as_json.parse(text), dry_run=dry_run)


def plan(*entries: object, **rest: object) -> str:
    return json.dumps({"issues": entries, **rest})


def problems(world: World, text: str) -> list[tuple[str, str]]:
    before = len(list(world.store.history()))
    with pytest.raises(PlanInvalid) as caught:
        create_many(world, text)
    assert len(list(world.store.history())) == before
    found = caught.value.details["problems"]
    assert isinstance(found, list)
    return [(problem["place"], problem["message"]) for problem in found]


def test_a_plan_is_one_commit(world: World) -> None:
    define(world, gate("tests"))
    old = make(world, "Old")
    before = len(list(world.store.history()))
    text = plan(
        {
            "key": "build", "title": "Build", "depends_on": ["design", old[:5]], "parent": "epic",
            "labels": ["c:x"], "gates": ["tests"], "estimate": 60, "priority": "low", "due": "2027-01-01",
            "links": [{"type": "relates-to", "target": "epic"}], "description": ["a", "b"],
            "fields": {"p": 1}, "context": {"k": "v"}, "documents": [{"path": "d.md"}], "assignee": "agent:w",
        },
        {"key": "design", "title": "Design", "milestone": "v2"},
        {"key": "epic", "title": "Epic", "type": "epic", "state": "backlog", "labels": []},
        plan="release", defaults={"priority": "high", "labels": ["d:y"], "milestone": "v1"},
    )  # fmt: skip
    made = create_many(world, text)
    assert list(made.created) == ["build", "design", "epic"]
    build, design, epic = made.created.values()
    assert states(world, build, design, epic) == "backlog ready backlog"
    assert len(list(world.store.history())) == before + 1
    assert subject(world) == "create-many: 3 issues"
    issue = get(world, build)
    assert set(issue.dependencies) == {design, old}
    assert set(issue.links) == {Link("parent", epic), Link("relates-to", epic)}
    assert issue.labels == ("c:x", "milestone:v1")
    assert get(world, design).labels == ("d:y", "milestone:v2")
    assert get(world, epic).labels == ("milestone:v1", "type:epic")
    assert (issue.priority, get(world, design).priority) == (Priority.LOW, Priority.HIGH)
    assert (issue.description, issue.estimate, issue.due, issue.assignee) == ("a\nb", 60, "2027-01-01", "agent:w")
    assert issue.external == {"plan": "release/build", "plan:seen": issue.external["plan:seen"]}


def test_running_it_again_adds_only_what_is_new(world: World) -> None:
    first = plan({"key": "a", "title": "A"}, {"key": "b", "title": "B", "depends_on": ["a"]}, plan="p")
    made = create_many(world, first)
    issues.close(world.store, world.caller(), [made.created["a"]])
    before = len(list(world.store.history()))
    again = create_many(world, first)
    assert (again.created, again.existing, again.commit) == ({}, made.created, None)
    assert len(list(world.store.history())) == before
    grown = plan(
        {"key": "c", "title": "C", "depends_on": ["a"]},
        {"key": "b", "title": "changed"},
        {"key": "a", "title": "A"},
        plan="p",
    )
    more = create_many(world, grown)
    assert (list(more.created), list(more.existing)) == (["c"], ["b", "a"])
    assert get(world, more.created["c"]).dependencies == (made.created["a"],)
    assert states(world, more.created["c"]) == "ready"
    assert get(world, made.created["b"]).title == "B"


def test_without_a_name_it_is_new_every_time(world: World) -> None:
    text = plan({"key": "a", "title": "A"})
    assert create_many(world, text).created != create_many(world, text).created


def test_a_dry_run_writes_nothing(world: World) -> None:
    made = create_many(world, plan({"key": "a", "title": "A"}), dry_run=True)
    assert (list(made.created), made.commit, made.dry_run) == (["a"], None, True)
    assert list(world.store.history()) == []


def test_every_reference_that_leads_nowhere_is_reported(world: World) -> None:
    text = plan(
        {"key": "a", "title": "A", "depends_on": ["ffff", "b", "?"], "parent": "eeee"},
        {"key": "b", "title": "B", "links": [{"type": "relates-to", "target": "dddd"}]},
    )
    assert problems(world, text) == [
        ("$.issues[0].depends_on[0]", "no issue 'ffff'"),
        ("$.issues[0].depends_on[2]", "'?' is not an issue id"),
        ("$.issues[0].parent", "no issue 'eeee'"),
        ("$.issues[1].links[0].target", "no issue 'dddd'"),
    ]


def test_rules_are_reported_for_every_issue(world: World) -> None:
    blocked = {"key": "b", "title": "B", "depends_on": ["a"], "state": "ready"}
    text = plan(
        {"key": "a", "title": "A"},
        blocked,
        {"key": "c", "title": "C", "labels": ["x"]},
        {"key": "d", "title": "D", "gates": ["no"]},
    )
    assert [place for place, _ in problems(world, text)] == ["$.issues[1]", "$.issues[2]", "$.issues[3]"]


def test_cycles_are_refused(world: World) -> None:
    ring = [{"key": k, "title": k, "depends_on": [d]} for k, d in ("ab", "bc", "ca")]
    assert problems(world, plan(*ring)) == [("$.issues[0].depends_on", "closes a cycle: a -> b -> c -> a")]
    parents = [{"key": "a", "title": "a", "parent": "b"}, {"key": "b", "title": "b", "parent": "a"}]
    assert problems(world, plan(*parents)) == [("$.issues[0].parent", "closes a cycle: a -> b -> a")]


def test_redundant_edges_of_a_plan_are_left_out_with_a_note(world: World) -> None:
    made = create_many(
        world,
        plan(
            {"key": "c", "title": "C", "depends_on": ["a", "b"]},
            {"key": "b", "title": "B", "depends_on": ["a"]},
            {"key": "a", "title": "A"},
        ),
    )
    assert get(world, made.created["c"]).dependencies == (made.created["b"],)
    assert len(made.notes) == 1
