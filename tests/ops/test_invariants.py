"""What holds after any sequence of commands, whatever they answer."""

from collections.abc import Callable
from typing import TypeAlias

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from git_jit import graph
from git_jit.errors import JitError
from git_jit.model import Actor, Issue, IssueId, State
from git_jit.ops import deps, issues, removal
from git_jit.ops.bulk import BulkReport, bulk_delete, bulk_update
from git_jit.ops.edit import Patch
from git_jit.ops.issues import Draft
from git_jit.ops.report import Report
from git_jit.validate.finding import errors_in
from git_jit.validate.issue_rules import check_issue
from git_jit.workflow import Verb, blockers
from tests.ops.making import define, gate, make
from tests.ops.world import World

PICKS: TypeAlias = "list[int]"
PICK = st.integers(0, 30)
SOME = st.lists(PICK, min_size=1, max_size=3)
FILTERS = st.sampled_from(["label:a:b", "-label:a:b", "is:blocked", "is:ready", "state:done", "is:open"])
REASON = st.sampled_from([None, "so"])


class Tracker(RuleBasedStateMachine):
    """Random commands of several actors on one store."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.commits = 0
        define(self.world, gate("tests"))

    @initialize()
    def begin_with_some(self) -> None:
        a = make(self.world, "a")
        b = make(self.world, "b", a)
        done = make(self.world, "done", state=Verb.DONE)
        make(self.world, "c", b)
        make(self.world, "after", done)
        self.commits = 5

    def all(self) -> dict[IssueId, Issue]:
        with self.world.store.view() as view:
            return {id: issue for id in view.ids() if (issue := view.issue(id))}

    def named(self, picks: PICKS) -> list[IssueId]:
        ids = sorted(self.all())
        return [ids[pick % len(ids)] for pick in picks if ids]

    @rule(waits_for=st.lists(PICK, max_size=2), state=st.sampled_from([None, Verb.BACKLOG, Verb.READY, Verb.DONE]),
          label=st.booleans(), gated=st.booleans())  # fmt: skip
    def create(self, waits_for: PICKS, state: Verb | None, *, label: bool, gated: bool) -> None:
        draft = Draft(
            title="x",
            depends_on=tuple(self.named(waits_for)),
            state=state,
            labels=("a:b",) if label else (),
            gates=("tests",) if gated else (),
        )
        self.attempt(lambda: issues.create(self.world.store, self.world.caller(), draft))

    @rule(picks=SOME, verb=st.sampled_from(list(Verb)), reason=REASON, reopen=st.booleans(), force=st.booleans())
    def move(self, picks: PICKS, verb: Verb, reason: str | None, *, reopen: bool, force: bool) -> None:
        ids, patch, caller = self.named(picks), Patch(state=verb), self.world.caller()
        self.attempt(
            lambda: issues.update(self.world.store, caller, ids, patch, reason=reason, reopen=reopen, force=force)
        )

    @rule(picks=SOME, on=SOME, adding=st.booleans())
    def depend(self, picks: PICKS, on: PICKS, *, adding: bool) -> None:
        act = deps.add if adding else deps.remove
        ids, targets = self.named(picks), self.named(on)
        self.attempt(lambda: act(self.world.store, self.world.caller(), ids, targets))

    @rule(picks=SOME, force=st.booleans())
    def delete(self, picks: PICKS, *, force: bool) -> None:
        ids = self.named(picks)
        self.attempt(lambda: removal.delete(self.world.store, self.world.caller(), ids, force=force, reason="x"))

    @rule(number=st.integers(1, 20))
    def restore(self, number: int) -> None:
        self.attempt(lambda: removal.restore(self.world.store, self.world.caller(), f"{number:04x}"))

    @rule(filter=FILTERS, verb=st.sampled_from(list(Verb)), reason=REASON, reopen=st.booleans(), atomic=st.booleans())
    def move_in_bulk(self, filter: str, verb: Verb, reason: str | None, *, reopen: bool, atomic: bool) -> None:
        patch, caller = Patch(state=verb, assignee=Actor("agent:w")), self.world.caller()

        def act() -> BulkReport:
            report = bulk_update(self.world.store, caller, filter, patch, reason=reason, reopen=reopen, atomic=atomic)
            both = set(report.modified) & {refusal.id for refusal in report.errors}
            assert report.matched == len(report.modified) + len(report.skipped) + len(report.errors) - len(both)
            return report

        self.attempt(act, asked=verb)

    @rule(filter=st.sampled_from(["label:a:b", "state:archived"]), force=st.booleans())
    def delete_in_bulk(self, filter: str, *, force: bool) -> None:
        self.attempt(lambda: bulk_delete(self.world.store, self.world.caller(), filter, force=force, reason="x"))

    def attempt(self, act: Callable[[], Report | BulkReport], *, asked: Verb | None = None) -> None:
        """Run a command, and compare what was with what is."""
        before, waiting = self.all(), self.waiting()
        try:
            commit = act().commit
        except JitError:
            commit = None
        assert (commit is None) == (self.all() == before), "a commit exactly when something changed"
        self.commits += commit is not None
        if asked is not Verb.BACKLOG:
            freed = waiting - self.waiting()
            assert not [id for id, issue in self.all().items() if id in freed and issue.state is State.BACKLOG]

    def waiting(self) -> set[IssueId]:
        """Those in `backlog` that something blocks."""
        with self.world.store.view() as view:
            return {id for id in view.ids() if view.state_of(id) is State.BACKLOG and blockers(view, id)}

    @invariant()
    def nothing_that_is_ready_is_blocked(self) -> None:
        with self.world.store.view() as view:
            assert not [id for id in view.ids() if view.state_of(id) is State.READY and blockers(view, id)]

    @invariant()
    def there_is_no_cycle(self) -> None:
        with self.world.store.view() as view:
            assert graph.find_cycle(view.edges()) is None

    @invariant()
    def closing_dates_are_there_exactly_when_closed(self) -> None:
        assert all((issue.closed_at is not None) == issue.state.terminal for issue in self.all().values())

    @invariant()
    def every_issue_is_valid(self) -> None:
        with self.world.store.view() as view:
            assert not [
                errors for issue in self.all().values() if (errors := errors_in(check_issue(issue, view.config)))
            ]

    @invariant()
    def every_command_is_one_commit(self) -> None:
        assert len(list(self.world.store.history())) == self.commits + 1


TestTracker = Tracker.TestCase
TestTracker.settings = settings(stateful_step_count=25)
