"""What the filters of rules mean, and what makes a rule one that cannot be understood."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_jit.condition import Compare
from git_jit.config import Config, ConfigInvalid, parse
from git_jit.model import Date, Json
from git_jit.query import unparse
from git_jit.query.rules import check, condition_of, depends_on_day, objections, terms


def config(when: str | None, *fields: str, **rest: Json) -> Config:
    return parse({"rules": {"it": {"when": when, "fields": [*(fields or ("due",))]}}, **rest})


@pytest.mark.parametrize(
    ("rules", "message", "hint"),
    [
        (config("tpye:bug"), "'rules.it.when' cannot be understood: unknown field 'tpye'", "tpye:bug\n^^^^\ndid you mean 'type:'? to search for the text, quote it"),
        (config("type:bgu", types={"bug": 1}), "'rules.it.when' cannot be understood: unknown type 'bgu'", "type:bgu\n     ^^^\ndid you mean 'bug'?"),
        (config("is:open assignee:me"), "'rules.it.when' cannot be understood: nobody here is 'me'", "is:open assignee:me\n                 ^^\nname the actor, as in 'human:ada'"),
        (config("query:hot"), "'rules.it.when' cannot be understood: unknown saved query 'hot'", "query:hot\n      ^^^\nsaved queries: none"),
        (config("(is:open"), "'rules.it.when' cannot be understood: the parenthesis is never closed", "(is:open\n^\nadd the missing ')'"),
        (config(None, "deu"), "'rules.it.fields' cannot be understood: 'deu' is not something an issue has", "has:deu\n    ^^^\ndid you mean 'due'?"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_an_error_with_a_caret(rules: Config, message: str, hint: str) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        check(rules)
    assert caught.value.message == f"configuration {message}"
    assert caught.value.hint == hint
    assert [*objections(rules)] == ["it"]


def test_types_and_saved_queries_are_those_of_the_same_configuration() -> None:
    check(config("query:hot type:bug", queries={"hot": "priority:critical"}, types={"bug": 1}))


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        (None, False),
        ("type:bug is:open", False),
        ("is:blocked -is:claimed", False),
        ("created:>2026-01-01", False),
        ("state:ready", False),
        ("is:ready", True),
        ("is:overdue", True),
        ("type:bug -is:stale", True),
        ("updated:<7d", True),
        ("due:<today", True),
    ],
)
def test_rules_that_time_alone_can_break_are_known(when: str | None, expected: bool) -> None:
    rules = config(when)
    assert depends_on_day(rules.rules["it"], rules) is expected


def test_the_age_of_a_gate_goes_by_the_day_its_definition_does_not() -> None:
    cases: list[tuple[Json, bool]] = [({"max_age_days": 3}, True), ({"definition": True}, False)]
    for gates, expected in cases:
        rules = parse({"rules": {"it": {"gates": gates}}})
        assert depends_on_day(rules.rules["it"], rules) is expected


def test_a_day_counts_as_its_first_moment() -> None:
    day = Date("2026-11-21")
    assert condition_of("created:>12h", Config(), day) == Compare("created", "<", "2026-11-20T12:00:00.000000Z")
    assert condition_of("due:today", Config(), day) == condition_of("due:2026-11-21", Config(), day)


def test_the_terms_of_a_filter_know_whether_they_are_negated() -> None:
    found = [(unparse(term), negated) for term, negated in terms('type:bug -(is:open OR -label:a:b) "word"')]
    assert found == [("type:bug", False), ("is:open", True), ("label:a:b", False), ('"word"', False)]


HOSTILE = st.text(max_size=60) | st.sampled_from(
    ["(" * 500, "-" * 900, "a:" * 300, "query:x", "label:" + "*?" * 400, "\x1b[31m", "due:<\u0661d", "id:zz", 'text:"']
    * 2
)


@given(HOSTILE, st.lists(st.text("abcdefgdue.-_", min_size=1, max_size=9), min_size=1, max_size=3))
def test_whatever_a_rule_asks_it_is_understood_or_objected_to(when: str, fields: list[str]) -> None:
    try:
        rules = config(when, *fields)
    except ConfigInvalid:
        return
    found = objections(rules)
    for error in found.values():
        assert error.message.startswith("configuration 'rules.it.")
    if not found:
        depends_on_day(rules.rules["it"], rules)
