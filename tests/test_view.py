"""An overlay answers as the store would, once its changes were published."""

from hypothesis import given
from hypothesis import strategies as st

from git_jit.model import Issue, IssueId, State, Timestamp
from git_jit.view import Overlay, Plan
from tests.ops.making import publish
from tests.ops.world import World

IDS = [IssueId(f"{n:x}" * 32) for n in range(5)]
ISSUES = st.builds(
    lambda name, state, waits_for: Issue(
        id=name,
        title="x",
        created_at=Timestamp("2026-01-01T00:00:00.000000Z"),
        state=state,
        dependencies=tuple(sorted(waits_for)),
    ),
    st.sampled_from(IDS),
    st.sampled_from([State.READY, State.DONE]),
    st.sets(st.sampled_from(IDS), max_size=3),
)


@given(st.lists(ISSUES, unique_by=lambda issue: issue.id), st.lists(ISSUES | st.sampled_from(IDS), max_size=8))
def test_an_overlay_is_the_view_that_will_be(below: list[Issue], edits: list[Issue | IssueId]) -> None:
    world = World()
    publish(world, Plan(issues={issue.id: issue for issue in below}))
    overlay = Overlay(world.store.view())
    for edit in edits:
        if isinstance(edit, Issue):
            overlay.put(edit)
        else:
            overlay.remove(edit)
    plan = overlay.plan()
    if not plan.empty:
        publish(world, plan)
    with world.store.view() as view:
        for id in IDS:
            assert overlay.issue(id) == view.issue(id)
            assert overlay.state_of(id) == view.state_of(id)
            assert overlay.waits_for(id) == view.waits_for(id)
            assert overlay.dependents(id) == view.dependents(id)
