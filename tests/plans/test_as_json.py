"""Plans as JSON."""

import json

import pytest

from git_jit.plans import MAX_KEY, PlanInvalid, as_json


def mistakes(text: str) -> list[tuple[str, str]]:
    with pytest.raises(PlanInvalid) as caught:
        as_json.parse(text)
    found = caught.value.details["problems"]
    assert isinstance(found, list)
    return [(problem["place"], problem["message"]) for problem in found]


def test_every_mistake_is_told_with_its_place() -> None:
    issues = [
        {"key": "a", "title": 7, "state": "nowhere", "due": "soon", "colour": "red", "depend_on": []},
        {"key": "a", "title": "B", "depends_on": "x"},
        "nonsense",
        {"title": "no key", "labels": [1], "links": [{"type": "relates-to"}], "documents": [{"path": "a", "url": "b"}]},
        {"key": "a b", "title": "c" * 300},
        {"title": "…"},
    ]
    assert mistakes(json.dumps({"issues": issues, "plan": "a/b", "other": 1, "schema": "x"})) == [
        ("$.other", "is not a field of a plan"),
        ("$.issues[2]", "must be an object"),
        ("$.issues[0].title", "must be a string"),
        ("$.issues[0].state", "must be one of backlog, ready, in_progress, gated, done, rejected, archived"),
        ("$.issues[0].due", "must be a date like 2026-11-21, not 'soon'"),
        ("$.issues[0].colour", "is not a field of an issue"),
        ("$.issues[0].depend_on", "is not a field of an issue; did you mean 'depends_on'?"),
        ("$.issues[1].depends_on", "must be an array"),
        ("$.issues[3].links[0].target", "must be a string"),
        ("$.issues[3].labels[0]", "must be a string"),
        ("$.issues[3].documents[0].url", "is not a field here"),
        ("$.issues[4].title", "must not be longer than 200 characters, not 300"),
        (
            "$.issues[4].key",
            f"must be one word of at most {MAX_KEY} characters without quotes, '/', ',' and parentheses",
        ),
        ("$.issues[5].title", "has no letters to make a key of; give the issue a key"),
        ("$.plan", f"must be a name of one line without '/', at most {MAX_KEY} characters"),
        ("$.issues[1].key", "repeats 'a', which $.issues[0] has; give it another key"),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ("$", "is not JSON: expecting value (line 1, column 1)")),
        ("[]", ("$", "must be an object")),
        ('{"issues": {}}', ("$.issues", "must be an array")),
        ('{"issues": []}', ("$.issues", "must not be empty: a plan has issues")),
        ('{"issues": [], "defaults": 1}', ("$.defaults", "must be an object")),
        ("\ud800", ("$", "is not UTF-8 at byte 0")),
        ('{"issues": [], "issues": []}', ("$..issues", "appears twice in one object")),
    ],
)
def test_what_is_no_plan_is_refused(text: str, expected: tuple[str, str]) -> None:
    assert mistakes(text) == [expected]


def test_defaults_are_for_what_is_not_said_and_never_for_issues_that_are_there() -> None:
    text = json.dumps({
        "defaults": {"priority": "high", "labels": ["d:y"], "milestone": "v1"},
        "issues": [{"title": "A", "labels": []}, {"title": "B", "milestone": "v2"}, {"issue": "abcd"}],
    })  # fmt: skip
    first, second, third = as_json.parse(text).entries
    assert (first.key, first.priority, first.labels) == ("a", "high", ("milestone:v1",))
    assert second.labels == ("d:y", "milestone:v2")
    assert (third.key, third.issue, third.labels, third.priority) == ("abcd", "abcd", (), "normal")


def test_an_issue_has_one_parent_however_it_is_said() -> None:
    def plan(*targets: str, **more: str) -> str:
        links = [{"type": "parent", "target": target} for target in targets]
        return json.dumps({"issues": [{"title": "a", "links": links, **more}, {"title": "b"}, {"title": "c"}]})

    entry = as_json.parse(plan("b", "b", parent="b")).entries[0]
    assert (entry.parent, entry.links) == ("b", ())
    several = "name several parents, b, c; an issue has one"
    assert mistakes(plan("b", "c")) == [("$.issues[0].links", several)]
    assert mistakes(plan("c", parent="b")) == [("$.issues[0].links", several)]
    assert mistakes(plan("a")) == [("$.issues[0].parent", "closes a cycle: a -> a")]
