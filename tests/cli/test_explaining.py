"""`validate --explain` with rules of the repository: whole outputs."""

import json

import pytest

from tests.cli.console import Console

RULE = {"when": "type:bug is:open", "labels": {"pattern": "component:*"}, "message": "who is it?", "enforce": False}


@pytest.fixture
def console() -> Console:
    made = Console()
    made.ok("init")
    made.ok("config", "set", "rules.component", json.dumps(RULE))
    made.created("Crash", "--type", "bug")
    made.created("Paint", "--type", "task")
    return made


REQUIRES = '{"labels":{"pattern":"component:*","min":1,"max":null}}'
HEAD = f"""\
rule 'component' (error): who is it?
    about: type:bug is:open
    requires: {REQUIRES}
"""
BROKEN = """\
  '01abcde' breaks it
    about it: type:bug holds (bug); is:open holds
    looked for: 1 or more labels that fit 'component:*'
    found: nothing
    lacks: has no label 'component:*'
    next: 'git jit label add 01abcde component:…'
"""


def test_a_finding_names_its_rule(console: Console) -> None:
    result = console("validate")
    assert (result.status, result.out) == (
        4,
        "error\trule_labels\t01abcde\trule 'component': has no label 'component:*' (who is it?)\n",
    )
    (finding,) = console("validate", "--json").data["findings"]
    assert (finding["rule"], finding["code"], finding["fixable"]) == ("component", "rule_labels", False)


def test_one_issue_is_explained(console: Console) -> None:
    assert console.ok("validate", "01abcdef", "--explain", "component") == HEAD + BROKEN
    assert console.ok("validate", "02abcdef", "--explain", "rules.component") == HEAD + (
        "  '02abcde' is not what the rule is about\n    not about it: type:bug does not hold (task); is:open holds\n"
    )
    console.ok("label", "add", "01abcdef", "component:core")
    assert console.ok("validate", "01abcdef", "--explain", "component").endswith(
        "  '01abcde' meets it\n"
        "    about it: type:bug holds (bug); is:open holds\n"
        "    looked for: 1 or more labels that fit 'component:*'\n"
        "    found: component:core\n"
    )


def test_a_rule_is_explained_with_those_that_break_it(console: Console) -> None:
    now = "    now: about 1 issue, broken by 1\n"
    assert console.ok("validate", "--explain", "component") == HEAD + now + BROKEN
    result = console("validate", "--explain")
    assert result.out.endswith("a person has to decide\n" + HEAD + now + BROKEN)


def test_the_same_as_data(console: Console) -> None:
    (said,) = console("validate", "01abcdef", "--explain", "component", "--json").data["rules"]
    assert said == {
        "rule": "component",
        "data": {**RULE, "severity": "error", "labels": {"pattern": "component:*", "min": 1, "max": None}},
        "asked": True,
        "about": None,
        "broken": None,
        "issues": [
            {
                "id": "01abcdef" + "0" * 24,
                "is_about": True,
                "terms": [
                    {"term": "type:bug", "holds": True, "value": ["bug"]},
                    {"term": "is:open", "holds": True, "value": []},
                ],
                "wanted": "1 or more labels that fit 'component:*'",
                "found": "nothing",
                "met": False,
                "lacks": [{"message": "has no label 'component:*'", "hint": "'git jit label add 01abcde component:…'"}],
            }
        ],
    }
    assert console("validate", "--explain", "--json").data["rules"][0]["broken"] == 1
    assert "rules" not in console("validate", "--json").data


def test_a_code_is_still_a_code_and_a_wrong_name_an_error(console: Console) -> None:
    assert console.ok("validate", "--explain", "cycle").startswith("cycle (error): ")
    result = console("validate", "--explain", "componet")
    assert (result.status, result.err) == (
        129,
        "error: there is no rule and no finding 'componet'\nhint: did you mean 'component'?\n",
    )


def test_what_the_past_cannot_say_is_said(console: Console) -> None:
    console.ok("config", "set", "rules.late", '{"when": "is:overdue", "fields": ["assignee"]}')
    told = console.ok("validate", "--rev", "HEAD", "--explain", "late")
    assert told.splitlines()[-1].startswith("    not asked: it is off")


def test_the_console_brings_the_day(console: Console) -> None:
    console.ok("config", "set", "rules.late", '{"when": "is:overdue", "fields": ["assignee"], "severity": "warning"}')
    console.ok("update", "02abcdef", "--due", "2026-11-25")
    assert console("validate", "02abcdef").out == ""
    console.days = 10
    assert console("validate", "02abcdef").out == "warning\trule_field\t02abcde\trule 'late': has no assignee\n"


def test_hostile_texts_do_nothing_to_a_terminal(console: Console) -> None:
    console.ok("config", "set", "rules.odd", '{"labels": {"pattern": "\\u001b[31m*"}, "message": "a\\u202eb"}')
    assert "\x1b" not in console("validate", "01abcdef", "--explain", "odd").out
    assert "\u202e" not in console("validate").out
