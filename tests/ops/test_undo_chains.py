"""Any sequence of writes, undos and redos, compared with two stacks."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from git_jit.model import IssueId
from git_jit.ops import comments, deps, issues
from git_jit.ops.edit import Patch
from git_jit.ops.undo import NothingToUndo, redo, undo
from git_jit.store import issue_path
from git_jit.view import Plan
from tests.ops.making import publish
from tests.ops.world import World

State = dict[str, bytes]
ISSUES = 4
some = st.lists(st.integers(1, ISSUES), min_size=1, max_size=ISSUES, unique=True)


def id_of(number: int) -> str:
    return f"{number:04x}" + "0" * 28


class Chains(RuleBasedStateMachine):
    """`done` and `undone` are what an editor would keep. What was undone before a new write is no longer compared."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        for number in range(1, ISSUES + 1):
            issues.create(self.world.store, self.world.caller("human:bob"), issues.Draft(title=f"t{number}"))
        self.done: list[tuple[State, State]] = []
        self.undone: list[tuple[State, State]] = []
        self.expected = self.state()

    def state(self) -> State:
        return {path: blob.data for path, blob in self.world.store._tip.blobs.items()}

    def wrote(self) -> None:
        now = self.state()
        if now != self.expected:
            self.done.append((self.expected, now))
            self.undone.clear()
            self.expected = now

    @rule(numbers=some, title=st.sampled_from("abc"))
    def retitle(self, numbers: list[int], title: str) -> None:
        issues.update(self.world.store, self.world.caller(), [id_of(n) for n in numbers], Patch(title=title))
        self.wrote()

    @rule(numbers=some, label=st.sampled_from(["a:1", "a:2", "b:1"]))
    def label(self, numbers: list[int], label: str) -> None:
        patch = Patch(add_labels=(label,))
        issues.update(self.world.store, self.world.caller(), [id_of(n) for n in numbers], patch)
        self.wrote()

    @rule(low=st.integers(1, ISSUES - 1), data=st.data())
    def wait(self, low: int, data: st.DataObject) -> None:
        high = data.draw(st.integers(low + 1, ISSUES))
        deps.add(self.world.store, self.world.caller(), [id_of(high)], [id_of(low)])
        self.wrote()

    @rule(number=st.integers(1, ISSUES))
    def remark(self, number: int) -> None:
        comments.add(self.world.store, self.world.caller(), id_of(number), "said")
        self.wrote()

    @rule()
    def create(self) -> None:
        issues.create(self.world.store, self.world.caller(), issues.Draft(title="new"))
        self.wrote()

    @rule(number=st.integers(1, ISSUES))
    def damage(self, number: int) -> None:
        """What another program wrote, and what repairs it, are taken back byte by byte."""
        spaced = self.expected[issue_path(IssueId(id_of(number)))] + b" "
        publish(self.world, Plan(raw={issue_path(IssueId(id_of(number))): spaced}))
        self.wrote()

    @rule()
    def take_back(self) -> None:
        if not self.done:
            with pytest.raises(NothingToUndo):
                undo(self.world.store, self.world.caller(), request=self.world.new_ulid())
            return
        undo(self.world.store, self.world.caller(), request=self.world.new_ulid())
        self.undone.append(self.done.pop())
        self.expected = self.undone[-1][0]

    @precondition(lambda self: self.undone)
    @rule()
    def do_again(self) -> None:
        redo(self.world.store, self.world.caller(), request=self.world.new_ulid())
        self.done.append(self.undone.pop())
        self.expected = self.done[-1][1]

    @invariant()
    def holds_what_the_stacks_say(self) -> None:
        assert self.state() == self.expected


TestChains = Chains.TestCase
TestChains.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)


def test_undoing_an_undo_by_name_is_a_redo() -> None:
    world = World()
    issues.create(world.store, world.caller(), issues.Draft(title="zero"))
    issues.update(world.store, world.caller(), [id_of(1)], Patch(title="one"))
    undo(world.store, world.caller(), request="u")
    named = next(iter(world.store.history())).oid
    undo(world.store, world.caller(), request="v", target=named)
    newest = next(iter(world.store.history()))
    assert (newest.trailers["Jit-Op"], newest.subject) == (
        "redo",
        "redo: undo: " + newest.subject.partition("undo: ")[2],
    )
    undo(world.store, world.caller(), request="w")
    with world.store.view() as view:
        issue = view.issue(IssueId(id_of(1)))
    assert issue is not None
    assert issue.title == "zero"


def test_what_is_taken_back_already_is_not_taken_back_again() -> None:
    world = World()
    issues.create(world.store, world.caller(), issues.Draft(title="zero"))
    issues.update(world.store, world.caller(), [id_of(1)], Patch(title="one"))
    target = next(iter(world.store.history())).oid
    undo(world.store, world.caller(), request="u", target=target)
    with pytest.raises(NothingToUndo, match="is taken back already"):
        undo(world.store, world.caller(), request="v", target=target)
