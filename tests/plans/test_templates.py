"""Templates: plans with holes, and what fills them."""

from typing import Any

import pytest

from git_jit.model import Json
from git_jit.plans import PlanInvalid, WorkPlan, as_json, ready_made
from git_jit.plans.templates import BadParameter, Container, NoTemplate, TemplateInvalid, dump, instantiate, parse

NEW = "a" * 32
STORY: dict[str, Json] = {
    "description": "A story",
    "parameters": {"title": {"description": "What"}, "part": {"many": True}, "size": {"default": "small"}},
    "container": "story",
    "issues": [
        {"key": "story", "title": "{title}", "labels": ["size:{size}"], "depends_on": ["test"], "gates": ["g"]},
        {"key": "first", "title": "Begin: {container.title}", "parent": "story", "takes_over": ["story"]},
        {"key": "part", "each": "part", "title": "{item}", "parent": "story", "depends_on": ["first"]},
        {"key": "test", "title": "Test {{}} {container.short_id}", "parent": "story", "depends_on": ["part"]},
    ],
}


def made(given: dict[str, list[str]], container: Container | None = None, **rest: Any) -> WorkPlan:
    return instantiate(parse("story", STORY), given, container, new_id=NEW, **rest)


def spelled(plan: WorkPlan) -> dict[str, Any]:
    import json

    return {entry.pop("key"): entry for entry in json.loads(as_json.dump(plan))["issues"]}


def test_a_new_container() -> None:
    assert spelled(made({"title": ["Search"], "part": ["Index", "Rank"]})) == {
        "story": {"title": "Search", "labels": ["size:small"], "depends_on": ["test"], "gates": ["g"]},
        "first": {"title": "Begin: Search", "parent": "story", "takes_over": ["story"]},
        "part-1": {"title": "Index", "parent": "story", "depends_on": ["first"]},
        "part-2": {"title": "Rank", "parent": "story", "depends_on": ["first"]},
        "test": {"title": "Test {} aaaaaaa", "parent": "story", "depends_on": ["part-1", "part-2"]},
    }


def test_around_an_issue_and_without_parts() -> None:
    plan = made({}, Container(id="b" * 32, title="Old"), name="n")
    assert plan.name == "n"
    assert spelled(plan) == {
        "story": {"issue": "b" * 32, "depends_on": ["test"], "gates": ["g"]},
        "first": {"title": "Begin: Old", "parent": "story", "takes_over": ["story"]},
        "test": {"title": "Test {} bbbbbbb", "parent": "story", "depends_on": ["first"]},
    }
    assert not any(entry.takes_over for entry in made({}, Container(id="b" * 32, title="x"), take_over=False).entries)


def test_what_fills_a_hole_is_data() -> None:
    title = "{size} #key !high (needs: x) {{}} $(rm) `x` {container.id}"
    first = made({"title": [title], "part": ["{title}", "a, b"]})
    assert first.entries[0].title == title
    assert first.entries[1].title == f"Begin: {title}"
    assert [entry.title for entry in first.entries if entry.key.startswith("part-")] == ["{title}", "a, b"]
    with pytest.raises(PlanInvalid, match=r"'templates.story.issues\[0\].title' must be one line"):
        made({"title": ["a\nb"]})


@pytest.mark.parametrize(
    ("given", "message", "hint"),
    [
        ({}, "the template 'story' needs 'title'", "add --set title='…'"),
        ({"titel": ["x"]}, "the template 'story' has no parameter 'titel'", "it takes title, part, size"),
        ({"title": ["x", "y"]}, "'title' takes one value, not 2", "give --set title=… once"),
        ({"title": ["x"], "part": ["x"] * 501}, "'part' takes at most 500 values, not 501", None),
    ],
)
def test_parameters_are_checked(given: dict[str, list[str]], message: str, hint: str | None) -> None:
    with pytest.raises(BadParameter) as caught:
        made(given)
    assert (caught.value.message, caught.value.hint) == (message, hint)


def wrong(**changes: Json) -> list[tuple[str, str]]:
    with pytest.raises(TemplateInvalid) as caught:
        parse("t", {"issues": [{"title": "x"}], **changes})
    found = caught.value.details["problems"]
    assert isinstance(found, list)
    return [(problem["place"], problem["message"]) for problem in found]


HOLES = "holes are container.id, container.short_id, container.title; write '{{' for a brace"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"issues": {}}, [("templates.t.issues", "must be an array")]),
        ({"issues": []}, [("templates.t.issues", "must not be empty: a plan has issues")]),
        ({"issues": ["x"]}, [("templates.t.issues[0]", "must be an object")]),
        ({"colour": 1, "container": "y"}, [
            ("templates.t.colour", "is not a field of a template"), ("templates.t.container", "names 'y', the key of no issue"),
        ]),
        ({"parameters": {"a b": {}}}, [("templates.t.parameters.a b", "must be a name of letters, digits and '._-'")]),
        ({"parameters": {"item": {}}}, [("templates.t.parameters.item", "means something in every template already")]),
        ({"parameters": {"a": {"kind": 1}}}, [("templates.t.parameters.a.kind", "is not a field of a parameter")]),
        ({"issues": [{"title": "{x}"}]}, [("templates.t.issues[0].title", f"'{{x}}' is no hole; {HOLES}")]),
        ({"issues": [{"title": "x }"}]}, [("templates.t.issues[0].title", "has a brace alone; write '{{' for a brace")]),
        ({"issues": [{"title": "x", "each": "y"}]}, [("templates.t.issues[0].each", "must name a parameter of many values")]),
        ({"issues": [{"title": "x", "colour": 1}]}, [("templates.t.issues[0].colour", "is not a field of an issue")]),
        ({"issues": [{"title": "x", "depends_on": ["x"]}]}, [("templates.t.issues[0].depends_on", "closes a cycle: x -> x")]),
        (
            {"parameters": {"a": {"many": True}}, "issues": [{"key": "k", "title": "x", "each": "a", "depends_on": ["k"]}]},
            [("templates.t.issues[0].depends_on", "closes a cycle: k-1 -> k-1")],
        ),
    ],
)  # fmt: skip
def test_a_template_is_checked_whole(changes: dict[str, Json], expected: list[tuple[str, str]]) -> None:
    assert wrong(**changes) == expected


def test_ready_made_ones_work_and_read_back() -> None:
    for name in ready_made.names({}):
        template = ready_made.find(name, {})
        assert parse(name, dump(template)) == template
        assert template.container is not None
        given = {key: ["x"] for key, one in template.parameters.items() if one.default is None}
        assert len(instantiate(template, given, None, new_id=NEW).entries) > 3
    assert ready_made.names({"story": STORY}) == ("bug", "epic", "release", "story")
    assert ready_made.find("bug", {"bug": STORY}).description == "A story"
    with pytest.raises(NoTemplate) as caught:
        ready_made.find("x", {"story": STORY})
    assert caught.value.hint == "templates are bug, epic, release, story"
