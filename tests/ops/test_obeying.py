"""Rules that refuse a write: one step at a time, in bulk, by claims and plans alike; and what they cost where none is."""

import subprocess
import sys
from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from git_jit.config import Config, parse
from git_jit.errors import JitError
from git_jit.model import GateVerdict, IssueId, Json, Priority, State
from git_jit.ops import bulk, choosing, claims, issues, labels
from git_jit.ops import settings as rules_of_repository
from git_jit.ops.desk import Desk, Terms
from git_jit.ops.edit import Patch
from git_jit.ops.obeying import DeskGround, RuleBroken
from git_jit.ops.validation import validate
from git_jit.record import replace
from git_jit.validate.census import census_of
from git_jit.validate.rule_ground import TreeGround, content_of
from git_jit.validate.rules import explain
from git_jit.view import Plan, readable
from git_jit.workflow import Verb
from tests.ops.making import get, make, publish
from tests.ops.world import World

WORKING = "state:in_progress,gated,done"


def rule(requires: dict[str, Json], **rest: Json) -> Config:
    return parse({"rules": {"it": {"enforce": True, **requires, **rest}}})


@pytest.fixture
def world() -> World:
    made = World()
    publish(made, Plan(config=rule({"when": f"label:kind:bug {WORKING}", "fields": ["assignee", "due"]})))
    return made


def bug(world: World, **fields: object) -> IssueId:
    return make(world, "Crash", labels=("kind:bug",), **fields)


def refused(what: Callable[[], object]) -> RuleBroken:
    with pytest.raises(RuleBroken) as caught:
        what()
    return caught.value


def test_a_step_must_lead_to_an_issue_that_meets_the_rule(world: World) -> None:
    id = bug(world)
    error = refused(lambda: issues.update(world.store, world.caller(), [id], Patch(state=Verb.IN_PROGRESS)))
    assert (error.code, error.status, error.message, error.hint) == (
        "rule_broken",
        4,
        "'0001000' cannot become in_progress: rule 'it': has no assignee, and 1 more",
        "'git jit update 0001000 -a kind:name' gives it one; --force with --reason overrules it",
    )
    assert error.details == {
        "id": id,
        "rules": [
            {"rule": "it", "message": "has no assignee", "hint": "'git jit update 0001000 -a kind:name' gives it one"},
            {"rule": "it", "message": "has no due date", "hint": "'git jit update 0001000 --due DATE' gives it one"},
        ],
    }
    assert get(world, id).state is State.READY
    together = Patch(state=Verb.IN_PROGRESS, assignee="human:ada", due="2026-12-01")  # type: ignore[arg-type]
    issues.update(world.store, world.caller(), [id], together)
    assert get(world, id).state is State.IN_PROGRESS


def test_what_is_not_about_it_or_leads_nowhere_goes_through(world: World) -> None:
    other, id = make(world, "Paint"), bug(world)
    issues.update(world.store, world.caller(), [other], Patch(state=Verb.IN_PROGRESS))
    issues.update(world.store, world.caller(), [id], Patch(priority=Priority.HIGH))
    issues.update(world.store, world.caller(), [id], Patch(state=Verb.REJECTED), reason="not ours")
    assert get(world, id).state is State.REJECTED


def test_force_with_a_reason_overrules_and_is_recorded(world: World) -> None:
    id = bug(world)
    step = Patch(state=Verb.IN_PROGRESS)
    refused(lambda: issues.update(world.store, world.caller(), [id], step, force=True))
    issues.update(world.store, world.caller(), [id], step, force=True, reason="it burns")
    assert get(world, id).state is State.IN_PROGRESS
    assert next(iter(world.store.history())).trailers["Jit-Force"] == "rule_broken"
    error = refused(lambda: issues.update(world.store, world.caller(), [id], Patch(state=Verb.DONE)))
    assert error.message == "'0001000' cannot become done: rule 'it': has no assignee, and 1 more"


def test_an_old_fault_stops_no_other_work_but_no_write_adds_one(world: World) -> None:
    id = bug(world)
    issues.update(world.store, world.caller(), [id], Patch(state=Verb.IN_PROGRESS), force=True, reason="x")
    issues.update(world.store, world.caller(), [id], Patch(title="Crash on start"))
    issues.update(world.store, world.caller(), [id], Patch(assignee="human:ada", due="2026-12-01"))  # type: ignore[arg-type]
    error = refused(lambda: issues.update(world.store, world.caller(), [id], Patch(due=None)))
    assert error.message == "'0001000' cannot be changed so: rule 'it': has no due date"
    assert (
        error.hint == "'git jit update 0001000 --due DATE' gives it one; 'git jit config get rules.it' shows the rule"
    )


def test_what_breaks_a_rule_for_every_state_can_be_given_up() -> None:
    world = World()
    first, second = bug(world), bug(world)
    publish(world, Plan(config=rule({"labels": {"pattern": "team:*"}})))
    issues.reject(world.store, world.caller(), [first], reason="not ours")
    issues.archive(world.store, world.caller(), [first])
    assert get(world, first).state is State.ARCHIVED
    refused(lambda: issues.close(world.store, world.caller(), [second]))


def test_a_rule_for_every_state_refuses_at_creation_too() -> None:
    world = World()
    old = bug(world)
    publish(world, Plan(config=rule({"labels": {"pattern": "team:*"}})))
    error = refused(lambda: bug(world))
    assert error.message == "'Crash' cannot be created so: rule 'it': has no label 'team:*'"
    assert error.hint == "'git jit config get rules.it' shows the rule", "there is no issue that a command could change"
    kept = make(world, "Crash", labels=("kind:bug", "team:a"))
    refused(lambda: labels.remove(world.store, world.caller(), [kept], ["team:a"]))
    issues.update(world.store, world.caller(), [old], Patch(title="Old"))
    refused(lambda: issues.update(world.store, world.caller(), [old], Patch(state=Verb.IN_PROGRESS)))


def test_bulk_refuses_each_and_lets_the_others_through(world: World) -> None:
    first, second, other = bug(world), bug(world, due="2026-12-01", assignee="human:ada"), make(world, "Paint")
    report = bulk.bulk_update(world.store, world.caller(), "is:open", Patch(state=Verb.IN_PROGRESS))
    assert set(report.modified) == {second, other}
    assert [(each.id, each.error.code) for each in report.errors] == [(first, "rule_broken")]


def test_a_claim_names_the_rule_and_the_next_one_passes_it_over(world: World) -> None:
    first, other = bug(world, priority=Priority.CRITICAL), make(world, "Paint")
    error = refused(lambda: claims.claim(world.store, world.caller(), choosing.Asked(id=first)))
    assert error.message == "'0001000' cannot become in_progress: rule 'it': has no due date"
    assert claims.claim(world.store, world.caller(), choosing.Asked()).issue.id == other


def test_the_last_gate_says_why_it_finishes_nothing(world: World) -> None:
    from git_jit.ops.gate_results import _settle
    from tests.ops.making import define, gate

    define(world, gate("tests"))
    id = bug(world, gates=("tests",), assignee="human:ada", due="2026-12-01")
    for state in (Verb.IN_PROGRESS, Verb.GATED):
        issues.update(world.store, world.caller(), [id], Patch(state=state))
    publish(world, Plan(issues={id: replace(get(world, id), due=None)}))
    with world.store.view() as view:
        desk = Desk(view, Terms(now=world.caller().now))
        status = replace(desk.issue(id).gates["tests"], status=GateVerdict.PASSED)  # type: ignore[index]

        class Run:
            gate = "tests"

            @staticmethod
            def status() -> object:
                return status

        _settle(desk, id, verdicts=[("tests", Run)], forced=None)  # type: ignore[list-item]
        assert desk.issue(id).state is State.GATED
        assert desk.notes == ["all gates have passed, but '0001000' cannot become done: rule 'it': has no due date"]


def test_coverage_sees_what_the_same_plan_made() -> None:
    world = World()
    coverage: dict[str, Json] = {"section": "Criteria", "id_pattern": "R[0-9]"}
    publish(world, Plan(config=rule({"when": f"type:epic {WORKING}", "coverage": coverage})))
    epic = make(world, "Epic", labels=("type:epic",), description="# Criteria\n- R1")
    step = Patch(state=Verb.IN_PROGRESS)
    error = refused(lambda: issues.update(world.store, world.caller(), [epic], step))
    assert error.message.endswith("rule 'it': 'R1' of section 'Criteria' is credited by no issue below it")
    with world.store.view() as view:
        desk = Desk(view, Terms(now=world.caller().now))
        part = replace(get(world, epic), id=world.new_id(), labels=(), description="")
        desk.change(part, Patch(parent=epic, add_labels=("satisfies:R1",)))
        desk.change(desk.issue(part.id), Patch(parent=None))
        assert refused(lambda: desk.change(desk.issue(epic), step)).message == error.message
        desk.change(desk.issue(part.id), Patch(parent=epic))
        desk.change(desk.issue(epic), step)
        assert desk.issue(epic).state is State.IN_PROGRESS


def test_coverage_sees_what_the_same_plan_took_away() -> None:
    world = World()
    coverage: dict[str, Json] = {"section": "Criteria", "id_pattern": "R[0-9]"}
    epic = make(world, "Epic", labels=("type:epic",), description="# Criteria\n- R1")
    part = make(world, "Part", labels=("satisfies:R1",))
    issues.update(world.store, world.caller(), [part], Patch(parent=epic))
    publish(world, Plan(config=rule({"when": f"type:epic {WORKING}", "coverage": coverage})))
    step = Patch(state=Verb.IN_PROGRESS)
    with world.store.view() as view:
        desk = Desk(view, Terms(now=world.caller().now))
        desk.change(desk.issue(part), Patch(parent=None))
        error = refused(lambda: desk.change(desk.issue(epic), step))
        assert error.message.endswith("'R1' of section 'Criteria' is credited by no issue below it")
        desk.change(desk.issue(part), Patch(parent=epic))
        desk.change(desk.issue(epic), step)


def test_without_rules_a_write_loads_nothing_for_them(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("repository")
    run = [sys.executable, "-c", PROBE]
    for words in (["git", "init", "-q"], ["git", "config", "user.name", "A"], ["git", "config", "user.email", "a@b"]):
        subprocess.run(words, cwd=path, check=True)
    subprocess.run(
        [sys.executable, "-m", "git_jit", "init", "--template", "minimal"], cwd=path, check=True, capture_output=True
    )
    loaded = subprocess.run([*run, "create", "Hello"], cwd=path, check=True, capture_output=True, text=True).stderr
    assert loaded.split() == []
    said = [sys.executable, "-m", "git_jit", "config", "set", "rules.due", '{"fields": ["due"], "severity": "warning"}']
    subprocess.run(said, cwd=path, check=True, capture_output=True)
    loaded = subprocess.run([*run, "create", "Hello"], cwd=path, check=True, capture_output=True, text=True).stderr
    assert loaded.split() == ["git_jit.rules"]


PROBE = """
import sys
sys.argv = ["git-jit", *sys.argv[1:]]
from git_jit.__main__ import command_line
command_line(sys.argv[1:])
ours = {"git_jit.rules", "git_jit.query.rules", "git_jit.validate.rules", "git_jit.query"}
print(*sorted(ours & set(sys.modules)), file=sys.stderr)
"""


# --- what the index says, and what a write sees, are the same ---------------------------------------------

REQUIRES: list[dict[str, Json]] = [
    {"labels": {"pattern": "a:*"}},
    {"forbidden_labels": ["a:*"]},
    {"sections": {"headings": ["Why"]}},
    {"fields": ["assignee", "due", "parent"]},
    {"coverage": {"section": "Why", "id_pattern": "R[0-9]", "by": "a"}},
    {"coverage": {"section": "Why", "id_pattern": "R[0-9]", "by": "a", "among": "dependencies"}},
    {"hierarchy": "orphan_leaf"},
]
WHEN = [None, "label:a:*", "is:open", "is:blocked", "has:parent", "is:orphan", "text:why", "is:root -is:leaf"]


@settings(max_examples=40)
@given(st.data())
def test_a_write_asks_as_validate_does(data: st.DataObject) -> None:
    world = World()
    requires, when = data.draw(st.sampled_from(REQUIRES)), data.draw(st.sampled_from(WHEN))
    config = parse({"rules": {"it": {**requires, "when": when}}, "types": {"epic": 1, "task": 2}})
    publish(world, Plan(config=config))
    made: list[IssueId] = []
    for number in range(data.draw(st.integers(1, 5))):
        made.append(
            make(
                world,
                f"Issue {number}",
                *data.draw(st.lists(st.sampled_from(made), max_size=2, unique=True) if made else st.just([])),
                labels=tuple(
                    data.draw(st.sets(st.sampled_from(["a:R1", "a:b", "type:task", "type:epic"]), max_size=3))
                ),
                description=data.draw(st.sampled_from(["", "# Why\n- R1", "why not"])),
                parent=data.draw(st.none() | st.sampled_from(made)) if made else None,
            )
        )
    with world.store.view() as view:
        desk = DeskGround(Desk(view, Terms(now=world.caller().now)))
        tree = TreeGround(
            view,
            census_of(view),
            partial(readable, view),
            lambda ids: [content_of(view.issue(id)) for id in ids],
            desk.moment,
        )
        for id in made:
            assert explain(desk, "it", id) == explain(tree, "it", id)
    assert {each.subject for each in validate(world.store).findings if each.rule} <= set(made)


def test_a_change_of_types_or_queries_that_breaks_a_rule_is_refused() -> None:
    world = World()
    publish(world, Plan(config=parse({"types": {"bug": 1, "task": 1}, "queries": {"hot": "priority:critical"}})))
    store, caller = world.store, world.caller()
    rules_of_repository.set_value(store, caller, "rules.it", '{"when": "type:bug query:hot", "fields": ["due"]}')
    changes: tuple[Callable[[], object], ...] = (
        lambda: rules_of_repository.unset(store, caller, "types.bug"),
        lambda: rules_of_repository.unset(store, caller, "queries.hot"),
        lambda: rules_of_repository.set_value(store, caller, "rules.it", '{"when": "tpye:bug", "fields": ["due"]}'),
    )
    for change in changes:
        with pytest.raises(JitError) as caught:
            change()
        assert caught.value.code == "config_invalid"
        assert str(caught.value.message).startswith("configuration 'rules.it.when' cannot be understood")
    rules_of_repository.unset(store, caller, "rules.it")
    rules_of_repository.unset(store, caller, "types.bug")


def test_a_broken_rule_of_before_can_be_left_and_taken_away() -> None:
    world = World()
    publish(world, Plan(config=parse({"rules": {"it": {"when": "type:bug", "fields": ["due"]}}, "types": {"task": 1}})))
    rules_of_repository.set_value(world.store, world.caller(), "stale_days", "3")
    assert [each.code for each in validate(world.store).findings] == ["config_invalid"]
    rules_of_repository.unset(world.store, world.caller(), "rules.it")
    assert validate(world.store).findings == ()
