"""One pass over a tracker that was damaged in every way validation knows."""

import json

import pytest

from git_jit import codec
from git_jit.config import Config, Namespace
from git_jit.model import GateKey, GateStatus, IssueId, Link, State
from git_jit.ops import comments, validation
from git_jit.record import replace
from git_jit.store import comment_path, issue_path
from git_jit.view import Plan
from tests.ops.making import define, gate, get, make, publish
from tests.ops.world import World

NOBODY = IssueId("f" * 32)


@pytest.fixture
def world() -> World:
    return World()


def found(world: World) -> list[tuple[str, str, str]]:
    """Severity, code and subject of each finding."""
    return [(f.severity.value, f.code, f.subject) for f in validation.validate(world.store).findings]


def plant(world: World, path: str, data: bytes) -> None:
    publish(world, Plan(raw={path: data}))


def test_nothing_is_wrong(world: World) -> None:
    a = make(world, "A")
    make(world, "B", a)
    comments.add(world.store, world.caller(), a, "hello")
    define(world, gate("tests"))
    verdict = validation.validate(world.store)
    assert (verdict.issues, verdict.comments, verdict.gates) == (2, 1, 1)
    assert (verdict.findings, verdict.status) == ((), 0)


def test_what_cannot_be_read(world: World) -> None:
    a, b = make(world, "A"), make(world, "B")
    comment = comments.add(world.store, world.caller(), b, "hello").comment.id
    plant(world, issue_path(a), b"{")
    plant(world, issue_path(NOBODY), codec.encode_issue(get(world, b)))
    plant(world, comment_path(b, comment), b"[]")
    verdict = validation.validate(world.store)
    assert found(world) == [
        ("error", "unreadable", comment_path(b, comment)),
        ("error", "unreadable", issue_path(a)),
        ("error", "unreadable", issue_path(NOBODY)),
    ]
    assert f"'$.id' is '{b}', but the path says '{NOBODY}'" in verdict.findings[2].message
    assert verdict.status == 4


def test_rules_that_cannot_be_read_do_not_hide_the_rest(world: World) -> None:
    make(world, "A")
    plant(world, "config.json", b"{")
    assert found(world) == [("error", "unreadable", "config.json")]


def test_every_kind_of_document_must_be_spelled_canonically(world: World) -> None:
    a = make(world, "A")
    comment = comments.add(world.store, world.caller(), a, "hello").comment.id
    define(world, gate("tests"))
    paths = [issue_path(a), comment_path(a, comment), "config.json", "gates/tests.json"]
    publish(world, Plan(config=Config(stale_days=3)))
    for path in paths:
        with world.store.view() as view:
            data = world.store.blob_at(view.base or "", path)
        plant(world, path, json.dumps(json.loads(data or b"")).encode())
    assert found(world) == [("warning", "not_canonical", path) for path in sorted(paths)]
    assert validation.validate(world.store).status == 0


def test_rules_that_came_later(world: World) -> None:
    a = make(world, "A", labels=("team:a",))
    publish(world, Plan(config=Config(namespaces={"team": Namespace(values=("b",))})))
    assert found(world) == [("error", "label_value", a)]


def test_references_to_what_is_not_there(world: World) -> None:
    issue = replace(
        get(world, make(world, "A")),
        dependencies=(NOBODY,),
        links=(Link("relates-to", NOBODY),),
        unresolved=(Link("parent", "bd-7"),),
        gates={GateKey("tests"): GateStatus()},
    )
    publish(world, Plan(issues={issue.id: issue}))
    assert found(world) == [
        ("error", "dependency_missing", issue.id),
        ("warning", "gate_missing", issue.id),
        ("warning", "link_missing", issue.id),
        ("warning", "ready_but_blocked", issue.id),
        ("warning", "unresolved", issue.id),
    ]


def test_cycles_are_told_whole_and_each_knot_once(world: World) -> None:
    a, b, c, d = (get(world, make(world, title)) for title in "ABCD")
    waiting = {
        a.id: replace(a, state=State.BACKLOG, dependencies=(b.id,)),
        b.id: replace(b, state=State.BACKLOG, dependencies=(a.id,)),
        c.id: replace(c, state=State.BACKLOG, dependencies=(c.id,)),
        d.id: replace(d, links=(Link("parent", d.id),)),
    }
    publish(world, Plan(issues=waiting))
    first, second, third = validation.validate(world.store).findings
    assert (first.code, first.subject) == ("cycle", a.id)
    assert first.message == f"wait for each other: {a.id[:7]} -> {b.id[:7]} -> {a.id[:7]}"
    assert (second.code, second.subject) == ("cycle", c.id)
    assert (third.code, third.subject) == ("parent_cycle", d.id)


def test_as_of_then(world: World) -> None:
    a = make(world, "A")
    then = next(iter(world.store.history())).oid
    plant(world, issue_path(a), b"{")
    assert validation.validate(world.store, at=then).findings == ()


def test_what_custom_keys_and_the_schema_say(world: World) -> None:
    """The schema's judge is independent of ours: a gate is read leniently, and judged strictly."""
    define(world, gate("tests"))
    with world.store.view() as view:
        document = json.loads(world.store.blob_at(view.base or "", "gates/tests.json") or b"")
    plant(world, "gates/tests.json", json.dumps({**document, "title": ""}).encode())
    assert ("error", "schema_invalid", "gates/tests.json") in found(world)
