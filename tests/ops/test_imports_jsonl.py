"""JSON and JSON Lines of any tracker, and the shapes a file of them may have."""

import json

import pytest

from git_jit.config import ConfigInvalid
from git_jit.model import Issue, Link, Priority, State
from git_jit.ops.imports import MalformedInput
from git_jit.ops.imports.record import stable_id
from tests.ops.moving import bring, by_origin, counts, numbers
from tests.ops.world import World

AT = "2026-01-02T03:04:05Z"
ONE = {"id": "1", "title": "One", "created_at": AT}
TWO = {"id": "2", "title": "Two", "created_at": AT}


def test_one_object_whole() -> None:
    world = World()
    report = bring(
        world,
        "jsonl",
        json.dumps(
            {
                "number": 7,
                "title": "Fix it",
                "body": "Text",
                "status": "In Progress",
                "priority": "P1",
                "assignees": [{"login": "ada"}, {"login": "bo"}],
                "labels": [{"name": "bug"}, "area:cli"],
                "depends_on": [8, "x"],
                "parent": "9",
                "links": [{"type": "relates-to", "target": "10"}, {"type": "causes", "target": "11"}, {"type": "x"}],
                "due": "2026-02-03",
                "estimate": 30,
                "createdAt": AT,
                "author": {"login": "grace"},
                "comments": ["plain", {"body": "said", "author": {"login": "bo"}, "createdAt": AT, "likes": 3}, 7, {}],
                "milestone": {"title": "v1"},
            }
        ),
    )
    issue = by_origin(world, "jsonl")["7"]
    assert issue == Issue(
        id=stable_id("jsonl", "7"),
        title="Fix it",
        created_at="2026-01-02T03:04:05.000000Z",  # type: ignore[arg-type]
        created_by="human:grace",  # type: ignore[arg-type]
        description="Text",
        state=State.IN_PROGRESS,
        priority=Priority.HIGH,
        assignee="human:ada",  # type: ignore[arg-type]
        labels=("area:cli", "tag:bug"),
        due="2026-02-03",  # type: ignore[arg-type]
        estimate=30,
        fields={"jsonl": {"assignees": [{"login": "bo"}], "links": {"type": "x"}, "milestone": {"title": "v1"}}},
        unresolved=tuple(
            Link(type, target)
            for type, target in [
                ("depends-on", "8"),
                ("depends-on", "x"),
                ("parent", "9"),
                ("relates-to", "10"),
                ("relates-to", "11"),
            ]
        ),
        external={"jsonl": "7", "jsonl:seen": issue.external["jsonl:seen"]},
    )
    with world.store.view() as view:
        said = sorted((c.body, c.author, dict(c.extra)) for c in view.comments(issue.id))
    assert said == [("7", None, {}), ("plain", None, {}), ("said", "human:bo", {"jsonl": {"likes": 3}})]
    assert counts(report) == {
        "unresolved-reference": 5,
        "unknown-reference": 1,
        "label-namespaced": 1,
        "actor-kind": 3,
        "wrong-type": 2,
        "unknown-key": 3,
    }


@pytest.mark.parametrize(
    ("said", "becomes"),
    [
        ("", State.READY),
        ("To Do", State.READY),
        ("OPEN", State.READY),
        ("in-progress", State.IN_PROGRESS),
        ("Won't Do", State.REJECTED),
        ("Closed", State.DONE),
        ("gated", State.GATED),
        ("archived", State.ARCHIVED),
        ("blocked", State.READY),
        ("draft", State.BACKLOG),
    ],
)
def test_words_for_states(said: str, becomes: State) -> None:
    world = World()
    report = bring(world, "jsonl", json.dumps({**ONE, "state": said}))
    assert by_origin(world, "jsonl")["1"].state == becomes
    assert "unknown-state" not in counts(report)


@pytest.mark.parametrize(
    "text",
    [
        f"{json.dumps(ONE)}\n{json.dumps(TWO)}\n",
        json.dumps([ONE, TWO]),
        json.dumps([ONE, TWO], indent=2),
        json.dumps({"issues": [ONE, TWO]}),
        json.dumps({"issues": [ONE, TWO], "next": None}, indent=2),
        json.dumps({"schema": 1, "ok": True, "data": [ONE, TWO], "total": 2}) + "\n",
        f"\n\n  {json.dumps(ONE)}  \r\n\r\n{json.dumps(TWO)}",
    ],
)
def test_shapes_of_files(text: str) -> None:
    world = World()
    assert numbers(bring(world, "jsonl", text)) == (2, 0, 0)
    assert sorted(issue.title for issue in by_origin(world, "jsonl").values()) == ["One", "Two"]


@pytest.mark.parametrize("text", [json.dumps(ONE), json.dumps(ONE, indent=2), json.dumps([ONE])])
def test_a_single_object(text: str) -> None:
    assert numbers(bring(World(), "jsonl", text)) == (1, 0, 0)


def test_an_object_needs_no_more_than_a_title() -> None:
    world = World()
    report = bring(world, "jsonl", '{"title": "Only a title"}\n{"title": "Another"}')
    assert counts(report) == {"id-made-up": 2, "state-derived": 2, "missing-field": 2}
    assert numbers(bring(world, "jsonl", '{"title": "Only a title"}')) == (0, 0, 1)
    (issue,) = [i for i in by_origin(world, "jsonl").values() if i.title == "Only a title"]
    assert issue.created_at == "2026-11-21T00:00:00.000000Z", "the time of the first import"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"id": 1}', "'in' line 1 has no 'title'"),
        ("[\n{\n]", "'in' line 3 is not JSON: "),
        ('[{"title": "x"}, 7]', "'in' item 2 is a number where an object should be"),
        ('[{"title": "x"}, {}]', "'in' item 2: has no 'title'"),
        ("{}\n{\n", "'in' line 2 is not JSON: "),
        ("7", "'in' line 1 is a number where an object should be"),
        ('{"issues": [], "gates": [{}]}', "'in' '$.key' "),
        ('{"issues": [], "config": {"nope": 1}}', "'in' configuration 'nope' is not a key"),
        ('{"issues": [], "comments": [3]}', "'in' is a number where an object should be"),
        ('{"schema": 1, "id": "%s", "title": "x"}' % ("a" * 32), "'in' line 1 '$.created_at' "),
        ('{"schema": 2, "id": "%s", "title": "x"}' % ("a" * 32), "'in' line 1 'schema' 2 is newer"),
    ],
)
def test_malformed(text: str, message: str) -> None:
    with pytest.raises(MalformedInput) as caught:
        bring(World(), "jsonl", text)
    assert caught.value.message.startswith(message)


@pytest.mark.parametrize(
    ("field", "value", "complaint"),
    [
        ("title", "x\u0000", "holds a NUL character"),
        ("title", "x" * 201, "has a value that does not fit: $.title must have at most 200 characters"),
        ("labels", ["no namespace"], "has a value that does not fit: $.labels[0] must match"),
        ("description", "x" * (3 << 20), "would be larger than"),
    ],
)
@pytest.mark.parametrize("dry_run", [False, True])
def test_a_tampered_export_is_refused_with_its_line(field: str, value: object, complaint: str, dry_run: bool) -> None:
    own = {"schema": 1, "id": "a" * 32, "title": "x", "created_at": "2026-01-02T03:04:05.000000Z", field: value}
    world = World()
    with pytest.raises(MalformedInput) as caught:
        bring(world, "jsonl", "\n" + json.dumps(own), dry_run=dry_run)
    assert "'in' line 2" in caught.value.message
    assert complaint in caught.value.message
    assert world.store.view().base is None


def test_a_rule_that_cannot_be_understood_does_not_come_in() -> None:
    rules = {"due": {"when": "tpye:bug", "fields": ["due"]}}
    world = World()
    with pytest.raises(ConfigInvalid) as caught:
        bring(world, "jsonl", json.dumps({"issues": [ONE], "config": {"rules": rules}}))
    assert caught.value.message == "configuration 'rules.due.when' cannot be understood: unknown field 'tpye'"
    rules["due"]["when"] = "type:bug"
    assert bring(world, "jsonl", json.dumps({"issues": [ONE], "config": {"rules": rules}})).config
