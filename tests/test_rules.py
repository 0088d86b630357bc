"""Rules about issues as data: what may be said, and what is refused by its key."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_jit import config
from git_jit.config import Config, ConfigInvalid
from git_jit.model import Json
from git_jit.rules import (
    Coverage,
    Fields,
    ForbiddenLabels,
    Gates,
    Hierarchy,
    Labels,
    Rule,
    Sections,
    kind_of,
)
from git_jit.validate.shape import errors

ONE_OF_EACH: dict[str, tuple[dict[str, Json], Rule]] = {
    "labels": (
        {"when": "type:bug", "labels": {"pattern": "component:*", "max": 2}},
        Rule(when="type:bug", requires=Labels(pattern="component:*", min=1, max=2)),
    ),
    "forbidden_labels": (
        {"forbidden_labels": ["wip:*", "x:y"], "enforce": True},
        Rule(requires=ForbiddenLabels(patterns=("wip:*", "x:y")), enforce=True),
    ),
    "sections": (
        {"sections": {"headings": ["Steps"], "min_items": 2}, "message": "so that it can be tried"},
        Rule(requires=Sections(headings=("Steps",), min_items=2), message="so that it can be tried"),
    ),
    "fields": ({"fields": ["due"], "severity": "warning"}, Rule(requires=Fields(names=("due",)), severity="warning")),
    "coverage": (
        {"coverage": {"section": "Criteria", "id_pattern": "REQ-[0-9]+", "marker": "[hard]", "finished": True}},
        Rule(requires=Coverage(section="Criteria", id_pattern="REQ-[0-9]+", marker="[hard]", finished=True)),
    ),
    "gates": (
        {"gates": {"keys": "test*", "max_age_days": 30, "code": True}},
        Rule(requires=Gates(keys="test*", max_age_days=30, code=True)),
    ),
    "hierarchy": ({"hierarchy": "orphan_leaf"}, Rule(requires=Hierarchy(kind="orphan_leaf"))),
}


def parsed(rule: Json) -> Rule:
    return config.parse({"rules": {"it": rule}}).rules["it"]


@pytest.mark.parametrize("kind", ONE_OF_EACH)
def test_each_kind_is_read_and_written(kind: str) -> None:
    said, wanted = ONE_OF_EACH[kind]
    assert parsed(said) == wanted
    assert kind_of(wanted) == kind
    rules = Config(rules={"it": wanted})
    assert config.parse(config.dump(rules)) == config.parse(config.stored(rules)) == rules
    brief: dict[str, Json] = {"rules": {"it": said}}
    for document in (config.stored(rules), brief):
        assert errors("config", {"schema": 1, **document}) == []


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ([], "'rules.it' must be an object"),
        ({}, "'rules.it' must have exactly one of labels, forbidden_labels, sections, fields, coverage, gates, hierarchy, and it has none"),
        ({"fields": ["due"], "hierarchy": "orphan_leaf"}, "'rules.it' must have exactly one of labels, forbidden_labels, sections, fields, coverage, gates, hierarchy, not fields and hierarchy"),
        ({"fields": ["due"], "wehn": "is:open"}, "'rules.it.wehn' is not a key; keys here are fields, when, severity, enforce, message"),
        ({"fields": ["due"], "when": " "}, "'rules.it.when' must not be empty; leave it out for every issue"),
        ({"fields": ["due"], "when": 5}, "'rules.it.when' must be a string or null"),
        ({"fields": ["due"], "when": "x" * 2001}, "'rules.it.when' must have at most 2000 characters"),
        ({"fields": ["due"], "severity": "fatal"}, "'rules.it.severity' must be one of error, warning, off"),
        ({"fields": ["due"], "severity": "warning", "enforce": True}, "'rules.it.enforce' needs the severity 'error': a warning is never in the way"),
        ({"fields": ["due"], "message": "two\nlines"}, "'rules.it.message' must be one line of at most 300 characters"),
        ({"fields": []}, "'rules.it.fields' must hold 1 to 50 names of fields"),
        ({"fields": ["due OR is:open"]}, "'rules.it.fields' must hold 1 to 50 names of fields"),
        ({"fields": ["x"] * 51}, "'rules.it.fields' must hold 1 to 50 names of fields"),
        ({"labels": {}}, "'rules.it.labels.pattern' must be a string"),
        ({"labels": {"pattern": ""}}, "'rules.it.labels.pattern' must have 1 to 128 characters"),
        ({"labels": {"pattern": "a:*", "min": 0}}, "'rules.it.labels' must have a 'min' above 0 or a 'max': any number is no rule"),
        ({"labels": {"pattern": "a:*", "min": 3, "max": 2}}, "'rules.it.labels.max' must not be less than 'min', 3"),
        ({"labels": {"pattern": "a:*", "max": 65}}, "'rules.it.labels.max' must be between 0 and 64"),
        ({"labels": {"pattern": "a:*", "least": 1}}, "'rules.it.labels.least' is not a key; keys here are pattern, min, max"),
        ({"forbidden_labels": [""]}, "'rules.it.forbidden_labels' must hold 1 to 50 labels or globs"),
        ({"sections": {"headings": ["# Why"]}}, "'rules.it.sections.headings' must hold 1 to 50 headings: one line of text each, without '#'"),
        ({"coverage": {"section": "A", "id_pattern": r"(a)\1"}}, "'rules.it.coverage.id_pattern' refers back to a group"),
        ({"coverage": {"section": "A", "id_pattern": "["}}, "'rules.it.coverage.id_pattern' is not a regular expression: unterminated character set at position 0"),
        ({"coverage": {"section": "", "id_pattern": "A"}}, "'rules.it.coverage.section' must be a heading: one line of text, without '#'"),
        ({"coverage": {"section": "A", "id_pattern": "A", "by": "A b"}}, "'rules.it.coverage.by' must be a namespace: lower-case letters, digits and '-'"),
        ({"coverage": {"section": "A", "id_pattern": "A", "among": "friends"}}, "'rules.it.coverage.among' must be one of children, dependencies"),
        ({"gates": {}}, "'rules.it.gates' must have one of max_age_days, code, definition"),
        ({"gates": {"max_age_days": 0}}, "'rules.it.gates.max_age_days' must be between 1 and 36500"),
        ({"hierarchy": "tree"}, "'rules.it.hierarchy' must be one of orphan_leaf, strategic_consistency"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_named_by_its_key(rule: Json, message: str) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        parsed(rule)
    assert caught.value.message == f"configuration {message}"


def test_names_and_numbers_of_rules_are_bounded() -> None:
    due: dict[str, Json] = {"fields": ["due"]}
    with pytest.raises(ConfigInvalid) as caught:
        config.parse({"rules": {"a b": due}})
    assert caught.value.details["key"] == "rules.a b"
    with pytest.raises(ConfigInvalid) as caught:
        config.parse({"rules": {f"r{number}": due for number in range(101)}})
    assert caught.value.message == "configuration 'rules' must not hold more than 100"


LEAVES = (
    st.none() | st.booleans() | st.integers(-3, 99) | st.text(max_size=12) | st.sampled_from(["due", "a:*", "error"])
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)
KEYS = st.sampled_from([*ONE_OF_EACH, "when", "severity", "enforce", "message", "x"])


def mixed() -> st.SearchStrategy[Any]:
    """Sound rules with some of it replaced by anything."""
    sound = st.sampled_from([json.dumps(said) for said, _ in ONE_OF_EACH.values()]).map(json.loads)
    return st.builds(lambda rule, rest: {**rule, **rest}, sound, st.dictionaries(KEYS, VALUES, max_size=2))


@given(st.dictionaries(KEYS, VALUES, max_size=3) | mixed() | VALUES)
def test_whatever_is_said_is_a_rule_or_an_error_with_a_key(rule: Any) -> None:
    found, key = None, "rules"
    try:
        found = parsed(rule)
    except ConfigInvalid as error:
        key = str(error.details["key"])
    assert key.startswith("rules")
    if found is None:
        return
    rules = Config(rules={"it": found})
    assert config.parse(config.dump(rules)) == rules
    assert errors("config", {"schema": 1, **config.stored(rules)}) == []
    assert errors("config", {"schema": 1, "rules": {"it": rule}}) == []
