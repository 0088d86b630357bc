"""The rules that a repository sets itself: each kind with and without, and when exactly its finding goes away."""

from collections.abc import Iterable
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_jit.config import Config, parse
from git_jit.model import (
    Comment,
    Date,
    Gate,
    GateKey,
    GateStatus,
    GateVerdict,
    Issue,
    IssueId,
    Json,
    Oid,
    State,
    Timestamp,
)
from git_jit.record import replace
from git_jit.trust import definition_hash
from git_jit.validate.census import census_of
from git_jit.validate.finding import Finding, Severity
from git_jit.validate.rule_ground import Content, Moment, TreeGround, content_of
from git_jit.validate.rules import check_rules, dependence, explain
from tests.validate.tree import gate, id_of, issue, link, said, tree

TODAY = Date("2026-11-21")
TREE = Oid("a" * 40)
TYPES: dict[str, Json] = {"milestone": 1, "epic": 2, "task": 3}


def rules(rule: Json, **rest: Json) -> Config:
    return parse({"rules": {"it": rule}, **rest})


def ground(*values: Issue | Comment | Gate | Config, moment: Moment | None = None, mended: bool = False) -> TreeGround:
    made = tree(*values)
    view = made.view()
    whole = {value.id: value for value in values if isinstance(value, Issue)}

    def skim(ids: Iterable[IssueId]) -> list[Content]:
        return [content_of(whole.get(id)) for id in ids]

    return TreeGround(view, census_of(view, made.blobs), whole.get, skim, moment, mended=mended)


def found(*values: Issue | Gate | Config, moment: Moment | None = None) -> list[tuple[str, str, str]]:
    asked = [list(check_rules(ground(*values, moment=moment, mended=mended))) for mended in (False, True)]
    assert asked[0] == asked[1], "the index and the issues say the same"
    return said(asked[0])


def now(day: Date = TODAY, code: Oid | None = TREE) -> Moment:
    return Moment(day=day, tree=lambda: code)


def labelled(number: int, *labels: str, **fields: object) -> Issue:
    return issue(number, labels=tuple(sorted(labels)), **fields)


def child(number: int, of: int, *labels: str, **fields: object) -> Issue:
    return labelled(number, *labels, links=(link("parent", of),), **fields)


def passed(at: str = "2026-11-20", tree: Oid = TREE, definition: str | None = None) -> GateStatus:
    moment = Timestamp(f"{at}T00:00:00.000000Z")
    return GateStatus(status=GateVerdict.PASSED, at=moment, tree=tree, definition=definition)


CRITERIA = "Text\n\n## Criteria\n\n- [ ] **REQ-01** [hard]: a\n- [hard] REQ-02: b, like REQ-09\n- REQ-03 c\n\n## Other\n- REQ-04"
COVERAGE: dict[str, Json] = {"section": "criteria", "id_pattern": "REQ-[0-9]+", "marker": "[hard]"}
TESTS = gate("tests")

KEPT: dict[str, list[Issue | Gate | Config]] = {
    "labels": [rules({"labels": {"pattern": "a:*", "max": 2}}), labelled(1, "a:x", "b:y"), labelled(2, "a:x", "a:y")],
    "labels at most": [rules({"labels": {"pattern": "a:?", "min": 0, "max": 0}}), labelled(1, "a:xy")],
    "forbidden labels": [rules({"forbidden_labels": ["a:*", "b:c"]}), labelled(1, "b:d", "aa:b")],
    "sections": [
        rules({"sections": {"headings": ["why", "Steps"], "not_empty": True, "min_items": 1}}),
        issue(1, description="# Why\n- x\n\n## Steps ##\n\n 1. [x] y\n"),
    ],
    "fields": [rules({"fields": ["due", "assignee"]}), issue(1, due="2026-12-01", assignee="human:ada")],
    "filter": [rules({"when": "type:bug", "fields": ["due"]}), labelled(1, "type:task"), issue(2)],
    "coverage by children": [
        rules({"when": "type:epic", "coverage": COVERAGE}),
        labelled(1, "type:epic", description=CRITERIA),
        child(2, 1, "satisfies:REQ-01"),
        child(3, 2, "satisfies:REQ-02"),
    ],
    "coverage by what is waited for": [
        rules({"when": "type:epic", "coverage": {**COVERAGE, "among": "dependencies", "finished": True}}),
        labelled(1, "satisfies:REQ-01", state=State.DONE),
        labelled(2, "satisfies:REQ-02", state=State.ARCHIVED),
        issue(3, 2),
        issue(4, 1, 3, labels=("type:epic",), description=CRITERIA),
    ],
    "coverage of a container": [
        rules({"when": "type:breakdown", "coverage": {**COVERAGE, "container": "brackets"}}),
        issue(1, description=CRITERIA),
        child(2, 1, "satisfies:REQ-01", "satisfies:REQ-02"),
        labelled(3, f"brackets:{id_of(1)[:8]}", "type:breakdown"),
    ],
    "coverage without ids": [rules({"coverage": COVERAGE}), issue(1), issue(2, description="## Criteria\nREQ-01 [hard]")],
    "gates that did not pass": [
        rules({"gates": {"definition": True}}), issue(1, gates={"tests": GateStatus()}), TESTS,
    ],
    "gates of the present definition": [
        rules({"gates": {"definition": True}}), issue(1, gates={"tests": passed(definition=definition_hash(TESTS))}), TESTS,
    ],
    "orphan leaf": [
        rules({"hierarchy": "orphan_leaf"}, types=TYPES, membership={"epic": "epic"}),
        labelled(1, "type:epic"), child(2, 1, "type:task"), labelled(3, "type:task", "epic:a"),
    ],
    "strategic consistency": [
        rules({"hierarchy": "strategic_consistency"}, types=TYPES, membership={"epic": "epic"}),
        labelled(1, "type:epic", "epic:a"), labelled(2, "type:milestone"), labelled(3, "type:task"),
    ],
    "off": [rules({"fields": ["due"], "severity": "off"}), issue(1)],
    "not understood": [Config(rules=rules({"when": "tpye:bug", "fields": ["due"]}).rules), issue(1)],
    "no types": [rules({"hierarchy": "orphan_leaf"}), labelled(1, "type:task")],
}  # fmt: skip


@pytest.mark.parametrize("case", KEPT)
def test_what_keeps_the_rules_has_no_finding(case: str) -> None:
    assert found(*KEPT[case]) == []


BROKEN: list[tuple[list[Issue | Gate | Config], list[tuple[str, str, str]]]] = [
    (
        [rules({"labels": {"pattern": "a:*"}}), issue(1)],
        [("rule_labels", "#1", "rule 'it': has no label 'a:*'")],
    ),
    (
        [rules({"labels": {"pattern": "a:*", "min": 2, "max": 3}}), labelled(1, "a:x"), labelled(2, *(f"a:{n}" for n in "1234"))],
        [
            ("rule_labels", "#1", "rule 'it': has 1 of 2 labels 'a:*'"),
            ("rule_labels", "#2", "rule 'it': has 4 labels 'a:*', of at most 3: a:1, a:2, a:3, a:4"),
        ],
    ),
    (
        [rules({"forbidden_labels": ["a:*"], "message": "we are past that"}), labelled(1, "a:x", "b:y")],
        [("rule_forbidden_label", "#1", "rule 'it': has the label 'a:x', which is forbidden (we are past that)")],
    ),
    (
        [
            rules({"sections": {"headings": ["Why", "Steps"], "not_empty": True, "min_items": 1}}),
            issue(1, description="# Steps\n\ntext"),
        ],
        [
            ("rule_section", "#1", "rule 'it': section 'Steps' has 0 of 1 items"),
            ("rule_section", "#1", "rule 'it': the description has no section 'Why'"),
        ],
    ),
    (
        [rules({"sections": {"headings": ["Why"], "not_empty": True}}), issue(1, description="# Why\n\n## Steps\n# Next\nx")],
        [("rule_section", "#1", "rule 'it': section 'Why' is empty")],
    ),
    (
        [rules({"when": "is:open", "fields": ["due", "document", "field.points"]}), issue(1), issue(2, state=State.DONE)],
        [
            ("rule_field", "#1", "rule 'it': has no document"),
            ("rule_field", "#1", "rule 'it': has no due date"),
            ("rule_field", "#1", "rule 'it': has no field.points"),
        ],
    ),
    (
        [
            rules({"when": "type:epic", "coverage": {**COVERAGE, "without_types": ["spike"]}}),
            labelled(1, "type:epic", description=CRITERIA),
            child(2, 1, "satisfies:REQ-01", state=State.REJECTED),
            child(3, 1, "type:spike", "satisfies:REQ-02"),
            child(4, 3, "satisfies:REQ-02"),
        ],
        [
            ("rule_coverage", "#1", "rule 'it': 'REQ-01' of section 'criteria' is credited by no issue below it"),
            ("rule_coverage", "#1", "rule 'it': 'REQ-02' of section 'criteria' is credited by no issue below it"),
        ],
    ),
    (
        [
            rules({"when": "type:breakdown", "coverage": {**COVERAGE, "container": "brackets", "among": "dependencies", "finished": True}}),
            labelled(1, "satisfies:REQ-01", state=State.DONE),
            labelled(2, "satisfies:REQ-02"),
            issue(3, 1, 2, description=CRITERIA),
            labelled(4, f"brackets:{id_of(3)[:8]}", "type:breakdown"),
            labelled(5, "brackets:ffff", "type:breakdown"),
            labelled(6, "type:breakdown"),
            labelled(7, "brackets:0000", "type:breakdown"),
        ],
        [
            ("rule_coverage", "#4", "rule 'it': 'REQ-02' of section 'criteria' is credited by no finished issue that is waited for by '0000003'"),
            ("rule_coverage", "#5", "rule 'it': has the label 'brackets:ffff', which names no issue"),
            ("rule_coverage", "#6", "rule 'it': has no label 'brackets:…', which must name one issue"),
            ("rule_coverage", "#7", "rule 'it': has the label 'brackets:0000', which names several issues"),
        ],
    ),
    (
        [rules({"gates": {"definition": True, "keys": "t*"}}), issue(1, gates={"tests": passed(definition="0"), "x": passed(definition="0")}), TESTS, gate("x")],
        [("rule_gate", "#1", "rule 'it': the gate 'tests' passed under another definition")],
    ),
    (
        [rules({"hierarchy": "orphan_leaf"}, types=TYPES), labelled(1, "type:task", state=State.DONE)],
        [("rule_hierarchy", "#1", "rule 'it': is of type 'task' and belongs to nothing")],
    ),
    (
        [rules({"hierarchy": "strategic_consistency"}, types=TYPES, membership={"epic": "epic"}), labelled(1, "type:epic")],
        [("rule_hierarchy", "#1", "rule 'it': is of type 'epic', but has no label 'epic:…' by which others belong to it")],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("values", "expected"), BROKEN)
def test_each_kind_says_what_lacks(values: list[Issue | Gate | Config], expected: list[tuple[str, str, str]]) -> None:
    assert sorted(found(*values)) == expected


def test_the_rule_says_how_grave_it_is_and_what_to_do() -> None:
    values = (rules({"labels": {"pattern": "team:*"}, "severity": "warning"}), issue(1))
    assert list(check_rules(ground(*values))) == [
        Finding(
            code="rule_labels",
            severity=Severity.WARNING,
            subject=id_of(1),
            message="rule 'it': has no label 'team:*'",
            hint="'git jit label add 0000001 team:…'",
            rule="it",
        )
    ]


# --- what depends on more than a commit -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "issues", "expected"),
    [
        ({"gates": {"max_age_days": 3}}, [issue(1, gates={"tests": passed("2026-11-18")})], []),
        (
            {"gates": {"max_age_days": 3}},
            [issue(1, gates={"tests": passed("2026-11-17")})],
            ["the gate 'tests' passed on 2026-11-17, not in the last 3 days"],
        ),
        (
            {"gates": {"code": True, "max_age_days": 1}},
            [issue(1, gates={"tests": passed("2026-11-21", Oid("b" * 40))})],
            ["the gate 'tests' passed on other code than is checked out"],
        ),
        ({"when": "is:overdue", "fields": ["assignee"]}, [issue(1, due="2026-11-21")], []),
        ({"when": "is:overdue", "fields": ["assignee"]}, [issue(1, due="2026-11-20")], ["has no assignee"]),
    ],
)
def test_the_day_and_the_code_are_asked_only_where_there_are_any(
    rule: Json, issues: list[Issue], expected: list[str]
) -> None:
    config = rules(rule)
    assert any(dependence(config))
    assert found(config, *issues) == []
    assert [message for _, _, message in found(config, *issues, moment=now())] == [
        f"rule 'it': {one}" for one in expected
    ]


def test_without_code_its_gates_are_not_stale() -> None:
    values = (rules({"gates": {"code": True}}), issue(1, gates={"tests": passed(tree=Oid("b" * 40))}))
    assert found(*values, moment=now(code=None)) == []


@given(st.integers(1, 400), st.integers(0, 800))
def test_a_gate_grows_too_old_on_one_day_and_stays_so(limit: int, age: int) -> None:
    at = (date.fromisoformat(TODAY) - timedelta(days=age)).isoformat()
    values = (rules({"gates": {"max_age_days": limit}}), issue(1, gates={"tests": passed(at)}))
    assert bool(found(*values, moment=now())) is (age > limit)


# --- when exactly a finding goes away ---------------------------------------------------------------------

LABELS = st.sets(st.sampled_from(["a:1", "a:2", "a:3", "b:1", "ab:1"]), max_size=5)


@given(LABELS, st.integers(0, 3), st.integers(0, 3))
def test_labels_are_counted(labels: set[str], least: int, more: int) -> None:
    number = sum(label.startswith("a:") for label in labels)
    config = rules({"labels": {"pattern": "a:*", "min": least, "max": least + more}})
    assert bool(found(config, labelled(1, *labels))) is not (least <= number <= least + more)


@given(
    st.lists(st.sampled_from(["# Why", "## Why", "# What", "- one", "1. [ ] two", "text", "```", ""]), max_size=8),
    st.integers(0, 2),
)
def test_a_section_is_missing_until_it_has_its_items(written: list[str], least: int) -> None:
    config = rules({"sections": {"headings": ["why"], "min_items": least}})
    met = not found(config, issue(1, description="\n".join(written)))
    begun = next((place for place, line in enumerate(_outside(written)) if line.endswith("Why")), None)
    if begun is None:
        assert not met
        return
    level = written[begun].count("#")
    below = []
    for line in _outside(written)[begun + 1 :]:
        if line.startswith("#") and line.partition(" ")[0].count("#") <= level:
            break
        below.append(line)
    assert met is (sum(line in {"- one", "1. [ ] two"} for line in below) >= least)


def _outside(lines: list[str]) -> list[str]:
    """The lines, those of fenced code blank."""
    inside, kept = False, []
    for line in lines:
        fence = line == "```"
        kept.append("" if inside or fence else line)
        inside = inside is not fence
    return kept


@given(
    st.lists(
        st.tuples(
            st.integers(0, 4),
            st.sets(st.sampled_from([1, 2, 3])),
            st.sampled_from([State.DONE, State.BACKLOG, State.REJECTED]),
        ),
        max_size=5,
    ),
    st.sampled_from(["children", "dependencies"]),
    st.booleans(),
)
def test_a_requirement_is_open_until_somebody_below_credits_it(
    others: list[tuple[int, set[int], State]], among: str, finished: bool
) -> None:
    """Other issues are numbered from 2; each hangs on an earlier one, or on none that is asked about."""
    config = rules(
        {
            "when": "type:epic",
            "coverage": {"section": "C", "id_pattern": "R[0-9]", "among": among, "finished": finished},
        }
    )
    issues = {1: labelled(1, "type:epic", description="# C\n- R1\n- R2\n- R3")}
    reached, credited = {1}, set()
    for number, (above, ids, state) in enumerate(others, 2):
        issues[number] = labelled(number, *(f"satisfies:R{id}" for id in ids), state=state)
        target = above if above in issues else number
        if target != number and among == "children":
            issues[number] = replace(issues[number], links=(link("parent", target),))
        elif target != number:
            issues[target] = replace(issues[target], dependencies=(*issues[target].dependencies, id_of(number)))
        if target in reached:
            reached.add(number)
            if state is State.DONE or (state is State.BACKLOG and not finished):
                credited |= ids
    messages = [message.split("'")[3] for _, _, message in found(config, *issues.values())]
    assert messages == [f"R{id}" for id in (1, 2, 3) if id not in credited]


# --- why --------------------------------------------------------------------------------------------------


def test_an_explanation_says_what_was_looked_for_and_found() -> None:
    config = rules({"when": "type:bug -is:closed", "labels": {"pattern": "a:*"}})
    asked = ground(config, labelled(1, "a:x", "type:bug"), labelled(2, "type:bug"), labelled(3, "type:task"))
    told = [explain(asked, "it", id_of(number)) for number in (1, 2, 3)]
    assert [each and (each.is_about, [(t.text, t.holds, t.value) for t in each.terms]) for each in told] == [
        (True, [("type:bug", True, ("bug",)), ("-is:closed", True, ())]),
        (True, [("type:bug", True, ("bug",)), ("-is:closed", True, ())]),
        (False, [("type:bug", False, ("task",)), ("-is:closed", True, ())]),
    ]
    answers = [each.answer if each else None for each in told]
    assert [a and (a.wanted, a.found, [(lack.message, lack.hint) for lack in a.lacks]) for a in answers] == [
        ("1 or more labels that fit 'a:*'", "a:x", []),
        ("1 or more labels that fit 'a:*'", "nothing", [("has no label 'a:*'", "'git jit label add 0000002 a:…'")]),
        None,
    ]


@pytest.mark.parametrize("values", [values for values, _ in BROKEN])
def test_an_explanation_agrees_with_the_findings(values: list[Issue | Gate | Config]) -> None:
    asked = ground(*values)
    lacks = {each.subject for each in check_rules(asked)}
    for value in values:
        if isinstance(value, Issue) and (told := explain(asked, "it", value.id)) is not None:
            assert bool(told.answer and told.answer.lacks) is (value.id in lacks)
            assert all(term.holds for term in told.terms) or not told.is_about


def test_what_cannot_be_asked_is_not_explained() -> None:
    assert explain(ground(rules({"gates": {"code": True}}), issue(1)), "it", id_of(1)) is None


def test_every_gate_key_of_a_hint_is_run_or_passed() -> None:
    stale = {"a": passed(definition="0"), "b": passed(definition="0")}
    run = Gate(key=GateKey("a"), title="A", argv=("true",))
    values = (rules({"gates": {"definition": True}}), issue(1, gates=stale), run, gate("b"))
    assert [each.hint for each in check_rules(ground(*values))] == [
        "'git jit gate run 0000001 a' runs it again",
        "'git jit gate pass 0000001 b' says so again, once somebody has looked",
    ]
