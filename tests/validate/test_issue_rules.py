import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_jit.codec import decode_issue, encode_issue
from git_jit.config import Config, Namespace
from git_jit.model import Actor, GateKey, GateStatus, Issue, IssueId, Link, Timestamp
from git_jit.record import replace
from git_jit.templates import TEMPLATES
from git_jit.validate import Severity, refusal
from git_jit.validate.finding import Finding
from git_jit.validate.issue_rules import check_changed, check_issue
from tests.strategies import issues

ID = IssueId("4f9c2d7a61e84b0d0000000000000000")
BARE = Issue(id=ID, title="x", created_at=Timestamp("2026-11-21T09:00:00.000000Z"))
NO_RULES = Config()
RULES = Config(
    namespaces={
        "team": Namespace(unique=True, values=("core", "web")),
        "type": Namespace(required=True),
        "version": Namespace(pattern=r"v\d+\.\d+"),
    },
    types={"epic": 1, "task": 2},
    membership={"epic": "epic"},
    closed_namespaces=True,
)
TASK = replace(BARE, labels=("type:task",))


def said(issue: Issue, config: Config) -> list[tuple[str, str]]:
    findings = check_issue(issue, config)
    assert all(f.subject == issue.id and f.severity is Severity.ERROR for f in findings)
    return [(finding.code, finding.message) for finding in findings]


def test_an_issue_without_rules_is_fine() -> None:
    assert check_issue(BARE, NO_RULES) == []


def test_an_issue_that_keeps_the_rules_is_fine() -> None:
    labels = ("epic:a", "epic:b", "team:core", "type:task", "version:v1.0")
    assert check_issue(replace(BARE, labels=labels), RULES) == []


@pytest.mark.parametrize(
    ("issue", "expected"),
    [
        (replace(BARE, title=""), [("title_invalid", "'title' must not be empty")]),
        (
            replace(BARE, title="x" * 201),
            [("title_invalid", "'title' must not be longer than 200 characters, not 201")],
        ),
        (
            replace(BARE, title="a\u202eb"),
            [("title_invalid", "'title' must be one line without invisible characters, not with U+202E")],
        ),
        (
            replace(BARE, description="x" * (1 << 20) + "y"),
            [("description_invalid", "'description' must not be larger than 1048576 bytes, not 1048577")],
        ),
        (
            replace(BARE, labels=("Bug", "a:b")),
            [("label_invalid", "label 'Bug' is not namespace:value")],
        ),
        (
            replace(BARE, labels=("a:" + "b" * 127,)),
            [("label_invalid", f"label 'a:{'b' * 127}' must have at most 128 characters")],
        ),
        (
            replace(BARE, labels=tuple(f"a:{number:02}" for number in range(65))),
            [("label_invalid", "'labels' must have at most 64 members")],
        ),
        (replace(BARE, assignee=Actor("ada")), [("assignee_invalid", "'ada' is not an actor")]),
        (replace(BARE, created_by=Actor("a:b c")), [("actor_invalid", "'a:b c' is not an actor")]),
        (
            replace(BARE, gates={GateKey("Unit Tests"): GateStatus()}),
            [("gate_invalid", "'gates' must match ^[a-z0-9][a-z0-9._-]*$")],
        ),
        (
            replace(BARE, links=(Link("blocks", "0" * 32),)),
            [
                (
                    "link_invalid",
                    "'links[0].type' must be one of parent, relates-to, duplicates, discovered-from, supersedes",
                )
            ],
        ),
        (replace(BARE, estimate=-1), [("shape_invalid", "'estimate' must be at least 0")]),
        (
            replace(BARE, fields={"half": 0.5}),
            [("not_storable", "the issue cannot be stored: '$' holds a value that cannot be stored: 0.5")],
        ),
        (
            replace(BARE, context={"log": "x" * (2 << 20)}),
            [("not_storable", "the issue cannot be stored: '$' would be larger than 2097152 bytes")],
        ),
    ],
)
def test_each_limit_has_its_finding(issue: Issue, expected: list[tuple[str, str]]) -> None:
    assert said(issue, NO_RULES) == expected


def test_what_just_keeps_a_limit_is_fine() -> None:
    labels = (*(f"a:{number:02}" for number in range(63)), "b:" + "c" * 126)
    issue = replace(BARE, title="x" * 200, description="x" * (1 << 20), labels=labels, estimate=0)
    assert check_issue(issue, NO_RULES) == []


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ((), [("label_required", "a label 'type:…' is required")]),
        (
            ("team:core", "team:web", "type:task"),
            [("label_not_unique", "only one label 'team:…' is allowed, not team:core, team:web")],
        ),
        (("team:coer", "type:task"), [("label_value", "label 'team:coer' has a value that is not allowed")]),
        (
            ("type:task", "version:1.0"),
            [("label_value", "label 'version:1.0' has a value that is not allowed")],
        ),
        (("colour:red", "type:task"), [("namespace_unknown", "namespace 'colour' is not declared")]),
        (("type:bug",), [("type_unknown", "type 'bug' is not in the hierarchy")]),
        (
            ("colour:red", "type:bug"),
            [
                ("namespace_unknown", "namespace 'colour' is not declared"),
                ("type_unknown", "type 'bug' is not in the hierarchy"),
            ],
        ),
    ],
)
def test_each_rule_of_the_repository_has_its_finding(labels: tuple[str, ...], expected: list[tuple[str, str]]) -> None:
    assert said(replace(BARE, labels=labels), RULES) == expected


def test_hints_say_what_to_do() -> None:
    bad = replace(BARE, labels=("team:coer", "team:web", "teem:x"), assignee=Actor("ada"))
    assert [finding.hint for finding in check_issue(bad, RULES)] == [
        "an assignee is kind:name, like human:ada or agent:worker-1",
        "keep one of them: 'git jit label rm'",
        "did you mean 'core'?",
        "add one: 'git jit label add 4f9c2d7 type:…'",
        "did you mean 'team'?",
    ]


def test_custom_fields_are_judged_only_where_there_is_a_schema() -> None:
    issue = replace(TASK, fields={"points": "many"})
    rules = replace(RULES, fields={"properties": {"points": {"type": "integer"}}})
    assert said(issue, RULES) == []
    assert said(issue, rules) == [("field_invalid", "'fields.points' does not fit: 'many' is not of type 'integer'")]


def test_a_broken_schema_of_fields_is_said_once() -> None:
    rules = replace(RULES, fields={"$ref": "file:///etc/passwd"})
    assert said(TASK, rules) == [("config_invalid", "configuration 'fields' may not use '$ref'")]


def test_many_findings_become_one_refusal() -> None:
    assert refusal(check_issue(TASK, RULES)) is None
    error = refusal(check_issue(replace(TASK, estimate=-1, labels=("type:bug",)), RULES))
    assert error is not None
    assert (error.code, error.status, error.message) == (
        "validation_failed",
        4,
        "'estimate' must be at least 0 (and 1 more)",
    )
    assert error.details == {
        "findings": [
            {
                "code": "shape_invalid",
                "subject": ID,
                "message": "'estimate' must be at least 0",
                "hint": "'git jit schema issue' prints what an issue may hold",
            },
            {
                "code": "type_unknown",
                "subject": ID,
                "message": "type 'bug' is not in the hierarchy",
                "hint": "types are epic, task",
            },
        ]
    }


@given(issues())
def test_an_issue_without_findings_can_be_stored(issue: Issue) -> None:
    if not check_issue(issue, TEMPLATES["minimal"]):
        assert decode_issue(encode_issue(issue)) == issue


BAD = (
    {"title": ""},
    {"description": "a\0b"},
    {"labels": ("Type:task", "team:core", "team:web", "type:bug")},
    {"assignee": "nobody"},
    {"estimate": -1},
    {"gates": {GateKey("No Key"): GateStatus()}},
    {"context": {"note": "\ud800"}},
    {"links": (Link("", ID),)},
    {"closed_at": BARE.created_at, "close_reason": "done"},
    {"extra": {"links": {f" {ID}": {"note": 1}}, "odd": "\ud800"}},
    {"due": "tomorrow"},
)


@given(issues(), st.sets(st.sampled_from(range(len(BAD)))), st.sets(st.sampled_from(range(len(BAD)))))
def test_of_a_change_only_what_changed_is_judged(issue: Issue, old: set[int], new: set[int]) -> None:
    before, after = (
        replace(issue, **{k: v for at in sorted(faults) for k, v in BAD[at].items()}) for faults in (old, new)
    )
    earlier = told(check_issue(before, RULES))
    come = [found for found in told(check_issue(after, RULES)) if found not in earlier]
    assert [found for found in told(check_changed(before, after, RULES)) if found not in earlier] == come


def told(findings: list[Finding]) -> list[tuple[str, str, str | None]]:
    return [(finding.code, finding.message, finding.hint) for finding in findings]
