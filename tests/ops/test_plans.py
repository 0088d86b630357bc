"""Many issues from one plan."""

import json
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_jit.model import Caller, IssueId, Link, Priority, short
from git_jit.ops import issues, plans, settings
from git_jit.ops.edit import Patch
from git_jit.ops.issues import Draft
from git_jit.ops.plans import Made
from git_jit.plans import Entry, PlanInvalid, as_json, outline
from git_jit.record import fields, replace
from git_jit.view import Plan
from git_jit.workflow import Verb
from tests.ops.making import define, gate, get, make, publish, states, subject
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


def outlined(world: World, text: str, *, dry_run: bool = False, caller: Caller | None = None) -> Made:
    return plans.create_many(world.store, caller or world.caller(), outline.parse(text), dry_run=dry_run)


SEARCH = """\
---
plan: search
---
# Search #search
1. [ ] Design #design
2. [ ] Build #build (needs: design)
- [x] Disk #disk
"""


def lines(made: Made) -> list[dict[str, object]]:
    """What is reported, without the ids of new issues."""
    found = [line.to_json(dry_run=True) for line in made.lines]
    return [{**line, "summary": shown.summary} for line, shown in zip(found, made.lines, strict=True)]


def test_a_dry_run_and_the_run_say_the_same(world: World) -> None:
    old, blocker = make(world, "Old"), make(world, "Blocker")
    container = make(world, "Container", blocker)
    text = f"""{SEARCH}
- [ ] First #first (takes-over: {container}) (blocks: {old[:4]})
- [ ] Last #last (needs: first, disk, build) !high @ada a:b (due: 2026-12-24)
  With a text.
- [ ] (issue: {container}) (needs: last, first)
"""
    tried = outlined(world, text, dry_run=True)
    world.issues = count(0xF000, -1)  # new ids, in another order
    done = outlined(world, text)
    assert (tried.commit, tried.dry_run, done.dry_run) == (None, True, False)
    assert done.commit is not None
    assert lines(tried) == lines(done)
    assert (
        tried.notes
        == done.notes
        == (
            f"'{short(container)}' waits for 'first' through others already; edge removed",
            f"'{short(old)}' must wait again",
        )
    )
    assert [(line["key"], line["state"], line["summary"]) for line in lines(done)] == [
        ("search", "ready", ""),
        ("design", "ready", "(parent: search)"),
        ("build", "backlog", "(needs: design) (parent: search)"),
        ("disk", "done", "(parent: search)"),
        ("first", "backlog", f"(needs: {short(blocker)}) (parent: search)"),
        (
            "last",
            "backlog",
            "!high @ada a:b (needs: build, disk, first) (due: 2026-12-24) (parent: search) (description)",
        ),
        (None, "backlog", ""),
        (None, "backlog", ""),
    ]
    assert [dict(line["changes"]) for line in lines(done)[6:]] == [  # type: ignore[call-overload]
        {"dependencies": {"old": [], "new": ["first"]}, "state": {"old": "ready", "new": "backlog"}},
        {
            "dependencies": {"old": [blocker], "new": ["last"]},
            "links": {"old": [], "new": [{"type": "parent", "target": "search"}]},
        },
    ]
    assert done.lines[0].changes[0].new is not None
    assert lines(done)[4]["changes"] == {
        "dependencies": {"old": None, "new": [blocker]},
        "links": {"old": None, "new": [{"target": "search", "type": "parent"}]},
        "priority": {"old": None, "new": "normal"},
        "state": {"old": None, "new": "backlog"},
        "title": {"old": None, "new": "First"},
    }


def test_what_changed_in_the_plan_is_told_and_what_changed_in_the_tracker_is_not(world: World) -> None:
    made = outlined(world, SEARCH)
    design, build = made.created["design"], made.created["build"]
    issues.update(world.store, world.caller(), [design], Patch(title="Draw", priority=Priority.HIGH))
    issues.close(world.store, world.caller(), [design])
    before = len(list(world.store.history()))
    again = outlined(world, SEARCH)
    assert (again.kept, again.notes, again.lines) == ({}, (), ())
    changed = SEARCH.replace("Build #build", "Build it #build !low part:x").replace("- [x] Disk #disk\n", "")
    other = outlined(world, changed.replace("Design #design", "Design #design @ada"))
    assert other.kept == {"design": ("title", "priority", "assignee"), "build": ("title", "priority", "labels")}
    assert other.gone == {"disk": made.created["disk"]}
    assert other.notes == (
        "'design' is kept as it is, though the plan says otherwise about title, priority, assignee",
        "'build' is kept as it is, though the plan says otherwise about title, priority, labels",
        f"'disk' ({short(made.created['disk'])}) is not in the plan any more, and kept",
    )
    assert len(list(world.store.history())) == before
    issues.update(
        world.store, world.caller(), [build], Patch(title="Build it", priority=Priority.LOW, add_labels=("part:x",))
    )
    assert "build" not in outlined(world, changed).kept


def test_an_issue_that_is_there_gets_its_part_once(world: World) -> None:
    define(world, gate("tests"))
    old = make(world, "Old")
    text = f"---\nplan: p\n---\n# Epic #e\n- [ ] (issue: {old[:6]}) #old part:x (needs: a) (gates: tests) (relates-to: a)\n- [ ] A #a\n"
    made = outlined(world, text)
    issue = get(world, old)
    assert (issue.title, issue.labels, issue.dependencies, list(issue.gates)) == (
        "Old", ("part:x",), (made.created["a"],), ["tests"],
    )  # fmt: skip
    assert set(issue.links) == {Link("parent", made.created["e"]), Link("relates-to", made.created["a"])}
    assert "plan" not in issue.external
    a = made.created["a"]
    taken = Patch(remove_labels=("part:x",), remove_dependencies=(a,), remove_links=(Link("relates-to", a),))
    issues.update(world.store, world.caller(), [old], taken)
    assert outlined(world, text).lines == ()
    grown = text.replace("(needs: a)", "(needs: a, b)") + "- [ ] B #b\n"
    more = outlined(world, grown)
    assert get(world, old).dependencies == (more.created["b"],)
    assert get(world, old).labels == ()


def test_a_deleted_issue_is_created_anew_and_takes_over_nothing_of_the_plan(world: World) -> None:
    blocker = make(world, "Blocker")
    old = make(world, "Old", blocker)
    text = (
        f"---\nplan: p\n---\n- [ ] First #first (takes-over: {old})\n- [ ] Last #last (needs: first) (blocks: {old})\n"
    )
    made = outlined(world, text)
    assert (get(world, old).dependencies, get(world, made.created["first"]).dependencies) == (
        (made.created["last"],),
        (blocker,),
    )
    issues.delete(world.store, world.caller(), [made.created["first"]], force=True, reason="test")
    again = outlined(world, text)
    assert list(again.created) == ["first"]
    assert get(world, again.created["first"]).dependencies == ()
    assert get(world, old).dependencies == (made.created["last"],)


def test_a_key_that_two_clones_have_used_is_told(world: World) -> None:
    text = "---\nplan: p\n---\n- [ ] A\n"
    first = outlined(world, text).created["a"]
    twin = replace(get(world, first), id=world.new_id())
    publish(world, Plan(issues={twin.id: twin}))
    again = outlined(world, text)
    assert again.existing == {"a": first}
    assert again.notes == (
        f"'a' was created twice, as '{short(first)}' and '{short(twin.id)}'; the first is taken for it",
    )


def test_done_with_a_gate_that_has_not_passed_is_gated_and_told(world: World) -> None:
    define(world, gate("tests"))
    made = outlined(world, "- [x] A (gates: tests)\n")
    assert states(world, made.created["a"]) == "gated"
    assert len(made.notes) == 1
    assert "'a'" in made.notes[0]
    with pytest.raises(PlanInvalid, match=r"line 2, column 7: 'b' waits for 'a'"):
        outlined(world, "- [ ] A\n- [x] B (needs: a)\n")


def test_a_circle_through_blocks_or_an_issue_that_is_there_is_refused(world: World) -> None:
    old = make(world, "Old")
    with pytest.raises(PlanInvalid, match="closes a cycle: a -> b -> a"):
        outline.parse("- [ ] A (blocks: b) (needs: b)\n- [ ] B\n")
    with pytest.raises(PlanInvalid, match=rf"line 1, column 7: '{short(old)}' cannot wait for 'a'"):
        outlined(world, f"- [ ] A (needs: {old}) (blocks: {old})\n")


def test_two_that_run_the_same_plan_at_once_create_it_once(world: World) -> None:
    """Another clone of the process publishes the whole plan between the view and the commit of this one."""

    class Raced:
        def __init__(self) -> None:
            self.raced = False

        def __getattr__(self, name: str) -> object:
            return getattr(world.store, name)

        def commit(self, *args: object, **rest: object) -> object:
            if not self.raced:
                self.raced = True
                outlined(world, SEARCH)
            return world.store.commit(*args, **rest)  # type: ignore[arg-type]

    made = plans.create_many(Raced(), world.caller(), outline.parse(SEARCH))  # type: ignore[arg-type]
    assert (made.created, list(made.existing), made.commit) == ({}, ["search", "design", "build", "disk"], None)
    with world.store.view() as view:
        assert len(view.ids()) == 4


def test_a_way_through_what_is_done_implies_nothing(world: World) -> None:
    first = make(world, "First", state=Verb.DONE)
    second = make(world, "Second", first, state=Verb.DONE)
    made = outlined(
        world, f"- [ ] A (needs: {first}, {second})\n- [x] B (needs: {second})\n- [ ] C (needs: b, {second})\n"
    )
    assert set(get(world, made.created["a"]).dependencies) == {first, second}
    assert set(get(world, made.created["c"]).dependencies) == {made.created["b"], second}
    assert made.notes == ()


@given(st.data())
def test_edges_are_reduced_as_if_issues_were_made_one_by_one(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 8))
    done = data.draw(st.sets(st.integers(0, 3)))
    waits = {n: sorted(data.draw(st.sets(st.sampled_from(range(n)), max_size=4))) if n else [] for n in range(size)}
    waits = {n: [m for m in found if n not in done or m in done] for n, found in waits.items()}
    there = data.draw(st.integers(0, 3))
    """So many are there already; the others are the plan."""
    one, other = World(), World()
    ids: list[IssueId] = []
    for n in range(min(there, size)):
        how = {"state": Verb.DONE if n in done else None}
        ids.append(make(one, f"i{n}", *(ids[m] for m in waits[n]), **how))
        make(other, f"i{n}", *(ids[m] for m in waits[n]), **how)
    entries = [
        {
            "key": f"k{n}", "title": f"i{n}", "depends_on": [ids[m] if m < there else f"k{m}" for m in waits[n]],
            **({"state": "done"} if n in done else {}),
        }
        for n in range(there, size)
    ]  # fmt: skip
    if not entries:
        return
    create_many(one, plan(*data.draw(st.permutations(entries))))
    made = list(ids)
    for n in range(there, size):
        made.append(make(other, f"i{n}", *(made[m] for m in waits[n]), state=Verb.DONE if n in done else None))
    assert graph_of(one) == graph_of(other)


def graph_of(world: World) -> dict[str, tuple[str, list[str]]]:
    with world.store.view() as view:
        found = [issue for id in view.ids() if (issue := view.issue(id))]
    titles = {issue.id: issue.title for issue in found}
    return {issue.title: (issue.state, sorted(titles[one] for one in issue.dependencies)) for issue in found}


def test_two_entries_cannot_stand_for_one_issue(world: World) -> None:
    old = make(world, "Old")
    text = plan({"key": "a", "issue": old, "labels": ["part:x"]}, {"key": "b", "issue": old[:6], "labels": ["part:y"]})
    assert problems(world, text) == [("$.issues[1].issue", "is 'a' already; say all of it in one place")]


def test_the_parent_of_a_plan_takes_the_place_of_another(world: World) -> None:
    former, latter = make(world, "Former"), make(world, "Latter")
    old = make(world, "Old")
    issues.update(world.store, world.caller(), [old], Patch(parent=former))
    create_many(world, plan({"key": "old", "issue": old, "parent": latter}))
    assert get(world, old).links == (Link("parent", latter),)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("../../etc/passwd", "'../../etc/passwd' lies outside of the repository"),
        ("/etc/passwd", "'/etc/passwd' lies outside of the repository"),
        (".git/config", "'.git/config' belongs to git, not to the code"),
    ],
)
def test_documents_lie_in_the_repository(world: World, path: str, message: str) -> None:
    text = plan({"key": "a", "title": "A", "documents": [{"path": "ok.md"}, {"path": path}]})
    assert problems(world, text) == [("$.issues[0].documents[1].path", message)]
    made = create_many(world, plan({"key": "a", "title": "A", "documents": [{"path": "./docs//a.md"}]}))
    assert [document.path for document in get(world, made.created["a"]).documents] == ["docs/a.md"]


def obey(world: World, name: str, **rule: object) -> None:
    """Enforce a rule."""
    settings.set_value(world.store, world.caller(), f"rules.{name}", json.dumps({**rule, "enforce": True}))


def test_rules_of_the_repository_are_asked_of_the_whole_plan(world: World) -> None:
    obey(world, "below", when="type:task", fields=["parent"])
    obey(world, "covered", when="type:epic", coverage={"section": "Must", "id_pattern": "R-[0-9]+"})
    epic = {"key": "e", "title": "E", "type": "epic", "description": "# Must\n\n- R-1 hold", "depends_on": ["t"]}
    task = {"key": "t", "title": "T", "type": "task", "labels": ["satisfies:R-1"]}
    assert problems(world, plan(epic, task, plan="p")) == [
        ("$.issues[0]", "'E' cannot be created so: rule 'covered': 'R-1' of section 'Must' is credited by no issue below it"),
        ("$.issues[1]", "'T' cannot be created so: rule 'below': has no parent"),
    ]  # fmt: skip
    made = create_many(world, plan(epic, {**task, "parent": "e"}, plan="p"))
    assert get(world, made.created["t"]).links == (Link("parent", made.created["e"]),)


def test_one_mistake_makes_no_others(world: World) -> None:
    text = plan(
        {"key": "a", "title": "A", "gates": ["no"]},
        {"key": "b", "title": "B", "depends_on": ["a"], "parent": "a"},
        {"key": "c", "title": "C", "depends_on": ["b"], "gates": ["none"]},
    )
    assert problems(world, text) == [("$.issues[0]", "no gate 'no'"), ("$.issues[2]", "no gate 'none'")]


@pytest.mark.timeout(30)
def test_a_chain_of_parents_takes_no_longer_than_as_many_issues(world: World) -> None:
    chain = [{"key": f"k{n}", "title": f"K{n}", **({"parent": f"k{n - 1}"} if n else {})} for n in range(2_000)]
    made = create_many(world, plan(*chain))
    assert len(made.created) == 2_000


def test_a_draft_has_what_an_entry_says() -> None:
    of_a_plan = {"key", "issue", "takes_over", "where"}
    assert {*fields(Entry(key=""))} - of_a_plan == {*fields(Draft(title=""))} - {"external"}
