"""Any sequence of edits by two people, bulk edits, undos by name and redos: what was not touched stays to the byte.

`test_undo_chains.py` holds one person's undos against two stacks; here others work in between, and any commit that
still stands may be taken back. The truth is kept by file: a commit that is taken back leaves in each file what later
work left there, or what was there before it.
"""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from git_jit.model import Commit
from git_jit.ops import bulk, issues
from git_jit.ops.edit import Patch
from git_jit.ops.undo import UNDOES, NothingToUndo, UndoConflict, redo, standing, undo
from tests.ops.world import World

ISSUES = 5
ADA, BOB = "human:ada", "human:bob"
Tree = dict[str, bytes]
people = st.sampled_from([ADA, BOB])


def id_of(number: int) -> str:
    return f"{number:04x}" + "0" * 28


class Undoing(RuleBasedStateMachine):
    """`self.tree` is what has to be there; each rule says what becomes of it."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        for number in range(1, ISSUES + 1):
            issues.create(self.world.store, self.world.caller("human:eve"), issues.Draft(title=f"t{number}"))
        self.tree = self.now()

    def now(self) -> Tree:
        return {path: blob.data for path, blob in self.world.store._tip.blobs.items()}

    def written(self) -> None:
        self.tree = self.now()

    @rule(who=people, number=st.integers(1, ISSUES), title=st.text("abc", min_size=1, max_size=3))
    def retitle(self, who: str, number: int, title: str) -> None:
        before = dict(self.tree)
        issues.update(self.world.store, self.world.caller(who), [id_of(number)], Patch(title=title))
        self.written()
        assert self.changed(before, self.tree) <= {self.path(number)}

    @rule(who=people, label=st.sampled_from(["a:1", "b:1"]), add=st.booleans())
    def label_all(self, who: str, label: str, add: bool) -> None:
        patch = Patch(add_labels=(label,)) if add else Patch(remove_labels=(label,))
        bulk.bulk_update(self.world.store, self.world.caller(who), "all", patch)
        self.written()

    @rule(who=people, number=st.integers(1, ISSUES))
    def close(self, who: str, number: int) -> None:
        issues.close(self.world.store, self.world.caller(who), [id_of(number)])
        self.written()

    @rule(who=people)
    def create(self, who: str) -> None:
        issues.create(self.world.store, self.world.caller(who), issues.Draft(title="new"))
        self.written()

    @rule(who=people, data=st.data())
    def take_back_one(self, who: str, data: st.DataObject) -> None:
        """By name, with whatever came after it."""
        mine = [
            c for c in standing(self.world.store) if UNDOES not in c.trailers and c.trailers["Jit-Actor"] in (ADA, BOB)
        ]
        target = data.draw(st.sampled_from(mine[:8])) if mine else None
        if target is not None:
            self.take_back(who, target)

    def take_back(self, who: str, target: Commit) -> None:
        files = self.world.store.changes(target)
        try:
            undo(self.world.store, self.world.caller(who), request=self.world.new_ulid(), target=target.oid)
        except (UndoConflict, NothingToUndo):
            assert any(self.tree.get(file.path) != file.new for file in files), "nothing stood in the way"
            return  # and the invariant says that nothing was changed
        after = self.now()
        assert self.changed(self.tree, after) <= {file.path for file in files}
        for file in files:
            if self.tree.get(file.path) == file.new:  # nobody touched it since
                assert after.get(file.path) == file.old
        self.again(who, after)

    def again(self, who: str, undone: Tree) -> None:
        """Redo is the inverse of undo, and undoing what is redone is undo once more."""
        before = self.tree
        redo(self.world.store, self.world.caller(who), request=self.world.new_ulid())
        assert self.now() == before
        redone = next(iter(self.world.store.history()))
        undo(self.world.store, self.world.caller(who), request=self.world.new_ulid(), target=redone.oid)
        assert self.now() == undone
        self.tree = undone

    @precondition(lambda self: self.tree)
    @rule(who=people)
    def take_back_the_last_of_mine(self, who: str) -> None:
        """Unasked, nobody's work but one's own is taken back."""
        others = [c.oid for c in standing(self.world.store) if c.trailers.get("Jit-Actor") != who]
        try:
            report = undo(self.world.store, self.world.caller(who), request=self.world.new_ulid())
        except (UndoConflict, NothingToUndo):
            return
        assert report.undone.oid not in others
        self.written()

    @invariant()
    def only_what_was_said_has_changed(self) -> None:
        assert self.now() == self.tree

    @staticmethod
    def changed(one: Tree, other: Tree) -> set[str]:
        return {path for path in one.keys() | other.keys() if one.get(path) != other.get(path)}

    @staticmethod
    def path(number: int) -> str:
        return f"issues/00/{id_of(number)}.json"


TestUndoing = Undoing.TestCase
TestUndoing.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)
