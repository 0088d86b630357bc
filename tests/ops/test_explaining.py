"""Why issues meet or break a rule, as values."""

import pytest

from git_jit.config import parse
from git_jit.model import Date, Json
from git_jit.ops import IssueNotFound
from git_jit.ops.explaining import MOST, explain_findings, explain_rule, is_rule
from git_jit.ops.validation import UnknownCode, validate
from git_jit.validate.rule_ground import Moment
from git_jit.view import Plan
from tests.ops.making import make, publish
from tests.ops.world import World

NOW = Moment(day=Date("2026-11-21"), tree=lambda: None)


def world(**rules: Json) -> World:
    made = World()
    publish(made, Plan(config=parse({"rules": rules})))
    return made


def test_a_rule_says_how_many_it_is_about_and_explains_who_breaks_it() -> None:
    made = world(due={"when": "label:kind:bug", "fields": ["due"]})
    a, b = make(made, "A", labels=("kind:bug",)), make(made, "B", labels=("kind:bug",), due="2026-12-01")
    make(made, "C")
    said = explain_rule(made.store, "rules.due")
    assert (said.name, said.about, said.broken, [id for id, _ in said.issues]) == ("due", 2, 1, [a])
    assert said.data["fields"] == ["due"]
    one = explain_rule(made.store, "due", id=b)
    assert (one.about, one.broken) == (None, None)
    assert [(id, each.answer and each.answer.lacks) for id, each in one.issues] == [(b, ())]
    with pytest.raises(IssueNotFound):
        explain_rule(made.store, "due", id="ffff")


def test_no_more_than_a_page_is_explained() -> None:
    made = world(due={"fields": ["due"]})
    for number in range(MOST + 2):
        make(made, f"Issue {number}")
    said = explain_rule(made.store, "due")
    assert (said.about, said.broken, len(said.issues)) == (MOST + 2, MOST + 2, MOST)


def test_names_are_those_of_rules_or_of_findings() -> None:
    made = world(cycle={"fields": ["due"]}, due={"fields": ["due"]})
    make(made, "A")
    assert is_rule(made.store, "due")
    assert is_rule(made.store, "rules.cycle")
    assert not is_rule(made.store, "orphan_leaf")
    with pytest.raises(UnknownCode) as caught:
        is_rule(made.store, "duw")
    assert (caught.value.message, caught.value.hint) == ("there is no rule and no finding 'duw'", "did you mean 'due'?")


def test_what_goes_by_the_day_is_not_asked_of_the_past() -> None:
    made = world(late={"when": "is:overdue", "fields": ["assignee"]}, off={"fields": ["due"], "severity": "off"})
    a = make(made, "A", due="2026-11-01")
    assert explain_rule(made.store, "late", moment=NOW).broken == 1
    for said in (
        explain_rule(made.store, "late", moment=NOW, at="HEAD"),
        explain_rule(made.store, "late", id=a),
        explain_rule(made.store, "off", moment=NOW),
    ):
        assert (said.is_asked, said.issues, said.about) == (False, (), None)


def test_the_rules_among_findings_are_explained_once_each() -> None:
    made = world(due={"fields": ["due"]}, team={"labels": {"pattern": "team:*"}}, kept={"forbidden_labels": ["x:y"]})
    make(made, "A")
    make(made, "B")
    said = explain_findings(made.store, validate(made.store).findings)
    assert [(each.name, each.broken) for each in said] == [("due", 2), ("team", 2)]
