"""Labels on issues, and across all of them."""

import pytest

from git_jit.config import Config, Namespace
from git_jit.errors import UsageError
from git_jit.ops import issues, labels
from git_jit.ops.labels import NamespaceUse
from git_jit.store import issue_path
from git_jit.validate.finding import ValidationFailed
from git_jit.view import Plan
from tests.ops.damage import plant
from tests.ops.making import get, make, publish, subject
from tests.ops.world import World


@pytest.fixture
def world() -> World:
    return World()


def test_add_and_remove_on_several(world: World) -> None:
    a, b = make(world, "A"), make(world, "B", labels=("x:1",))
    report = labels.add(world.store, world.caller(), [a, b], ["x:1", "y:2"])
    assert [o.changed for o in report.outcomes] == [True, True]
    assert get(world, a).labels == get(world, b).labels == ("x:1", "y:2")
    labels.remove(world.store, world.caller(), [a], ["x:1", "not:there"])
    assert get(world, a).labels == ("y:2",)


def test_a_label_that_is_none_is_refused(world: World) -> None:
    a = make(world, "A")
    for wrong in ("nonamespace", "UPPER:x", "a:", ":b", "a: b", "a:b c"):
        with pytest.raises(ValidationFailed):
            labels.add(world.store, world.caller(), [a], [wrong])
    assert get(world, a).labels == ()


def test_rename_one_label_everywhere(world: World) -> None:
    a, b, c = make(world, "A", labels=("ui:old",)), make(world, "B", labels=("ui:old", "ui:new")), make(world, "C")
    issues.close(world.store, world.caller(), [a])
    before = len(list(world.store.history()))
    dry = labels.rename(world.store, world.caller(), "ui:old", "ui:new", dry_run=True)
    report = labels.rename(world.store, world.caller(), "ui:old", "ui:new")
    assert {o.id for o in report.outcomes} == {o.id for o in dry.outcomes} == {a, b}
    assert get(world, a).labels == get(world, b).labels == ("ui:new",)
    assert get(world, c).labels == ()
    assert len(list(world.store.history())) == before + 1
    assert subject(world) == "label-rename: 2 issues"


def test_rename_a_namespace(world: World) -> None:
    a = make(world, "A", labels=("component:ui", "component:db", "components:x"))
    labels.rename(world.store, world.caller(), "component:*", "area:*")
    assert get(world, a).labels == ("area:db", "area:ui", "components:x")


def test_rename_says_that_there_may_be_more_than_it_could_read(world: World) -> None:
    a, b = make(world, "A", labels=("ui:old",)), make(world, "B", labels=("ui:old",))
    plant(world, {issue_path(b): b"{"})
    for dry_run in (True, False):
        report = labels.rename(world.store, world.caller(), "ui:old", "ui:new", dry_run=dry_run)
        assert ([o.id for o in report.outcomes], report.notes) == (
            [a],
            ("1 file cannot be read; 'git jit validate' names it",),
        )


def test_rename_of_what_nobody_has_is_no_commit(world: World) -> None:
    make(world, "A")
    assert labels.rename(world.store, world.caller(), "a:b", "a:c").commit is None


@pytest.mark.parametrize(("old", "new"), [("a:*", "b:c"), ("a:b", "c:*"), ("a", "b"), ("a:b", "c")])
def test_rename_wants_two_of_a_kind(world: World, old: str, new: str) -> None:
    with pytest.raises(UsageError):
        labels.rename(world.store, world.caller(), old, new)


def test_namespaces_declared_and_used(world: World) -> None:
    rule = Namespace(description="what it is", unique=True)
    publish(world, Plan(config=Config(namespaces={"type": rule, "unused": Namespace()})))
    make(world, "A", labels=("type:task", "epic:b"))
    make(world, "B", labels=("type:bug", "epic:b"))
    with world.store.view() as view:
        found = labels.namespaces(view)
    assert found == (
        NamespaceUse(name="epic", rule=None, values={"b": 2}),
        NamespaceUse(name="type", rule=rule, values={"bug": 1, "task": 1}),
        NamespaceUse(name="unused", rule=Namespace(), values={}),
    )
    assert [use.total for use in found] == [2, 2, 0]
