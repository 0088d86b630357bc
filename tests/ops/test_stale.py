"""Changes under a claim that had passed on before they were published, among clones with real git between them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from git_jit.leases import LeaseState
from git_jit.model import Actor, IssueId, State
from git_jit.ops import choosing, claims, holding, issues
from git_jit.ops.conflicts import Choice, resolve, waiting
from git_jit.ops.edit import Patch
from git_jit.ops.validation import validate
from git_jit.record import replace
from tests.sharing.team import Clone, Team, close_all, started

Two = tuple[Team, Clone, Clone, IssueId]


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Two]:
    """Two clones, a remote that decides about claims, and an issue that both have."""
    made, (ada, bob) = started(tmp_path, "ada", "bob")
    for clone in (ada, bob):
        clone.git("config", "jit.claim.authority", "remote:origin")
    id = ada.create("Repair the door")
    ada.sync()
    bob.sync()
    yield made, ada, bob, id
    close_all()


def taken_over(ada: Clone, bob: Clone, id: IssueId) -> str:
    """Ada claims and closes in her clone; meanwhile Bob takes the issue. Ada's token."""
    token = claims.claim(ada.store, ada.caller(), choosing.Asked(id=id)).token
    holding.evict_all(bob.store, bob.caller(), [id], reason="away")
    claims.claim(bob.store, bob.caller(), choosing.Asked(id=id))
    mine = replace(ada.caller(), tokens=(str(token),))
    issues.update(ada.store, mine, [id], Patch(title="Repair the oak door"))
    issues.close(ada.store, mine, [id])
    assert ada.issue(id).state is State.DONE, "Ada has not heard of it"
    return str(token)


def pushed_first(ada: Clone, bob: Clone) -> None:
    bob.sync()
    ada.sync()
    bob.sync()


def pushed_later(ada: Clone, bob: Clone) -> None:
    ada.sync()
    bob.sync()
    ada.sync()


@pytest.mark.parametrize("meet", [pushed_first, pushed_later])
def test_it_is_kept_and_marked_and_moves_nothing(two: Two, meet: Callable[[Clone, Clone], None]) -> None:
    _, ada, bob, id = two
    token = taken_over(ada, bob, id)
    meet(ada, bob)
    assert ada.tip == bob.tip
    for clone in (ada, bob):
        issue = clone.issue(id)
        assert (issue.state, issue.assignee) == (State.IN_PROGRESS, "human:bob")
        assert issue.title == "Repair the oak door", "only state and assignee are the claim's"
        with clone.store.view() as view:
            found = {one.field: (one.conflict.reason, one.conflict.lost[0].value) for one in waiting(clone.store, view)}
        assert found["state"][0] == "stale_claim"
        assert found["state"][1]["state"] == "done"
        assert found["assignee"] == ("stale_claim", "human:ada")
        (mark,) = [commit for commit in clone.store.history() if commit.trailers["Jit-Op"] == "stale-claim"]
        assert (mark.trailers["Jit-Actor"], mark.trailers["Jit-Stale"]) == ("human:ada", token)
        told = validate(clone.store, only=("stale_claim",)).findings
        assert [(one.code, one.subject) for one in told] == [
            ("stale_claim", f"conflicts/{id}/{field}.json") for field in ("assignee", "state")
        ]
    lease = bob.store.claims().lease(id, bob.store.claims().tip())
    assert (lease.state, lease.holder and lease.holder.actor) == (LeaseState.HELD, "human:bob")


def test_a_person_may_take_it_all_the_same(two: Two) -> None:
    _, ada, bob, id = two
    taken_over(ada, bob, id)
    pushed_first(ada, bob)
    resolve(bob.store, replace(bob.caller(), override=True), id, "state", Choice(take=1))
    assert bob.issue(id).state is State.DONE


def test_it_is_marked_once(two: Two) -> None:
    _, ada, bob, id = two
    taken_over(ada, bob, id)
    pushed_first(ada, bob)
    pushed_later(ada, bob)
    assert sum(subject.startswith("stale-claim") for subject in ada.subjects()) == 1
    assert ada.tip == bob.tip


def test_what_was_published_while_the_claim_was_good_stays(two: Two) -> None:
    _, ada, bob, id = two
    token = claims.claim(ada.store, ada.caller(), choosing.Asked(id=id)).token
    issues.close(ada.store, replace(ada.caller(), tokens=(str(token),)), [id])
    ada.sync()
    bob.sync()
    issues.reopen(bob.store, bob.caller(), [id])
    issues.update(bob.store, bob.caller(), [id], Patch(assignee=None))
    claims.claim(bob.store, bob.caller(), choosing.Asked(id=id))
    bob.sync()
    ada.sync()
    assert not [subject for subject in ada.subjects() if subject.startswith("stale-claim")]
    assert ada.issue(id).assignee == "human:bob"


def test_ones_own_earlier_claim_is_no_reason(two: Two) -> None:
    _, ada, bob, id = two
    claims.claim(ada.store, ada.caller(), choosing.Asked(id=id))
    holding.release_all(ada.store, ada.caller(), [id])
    claims.claim(ada.store, ada.caller(), choosing.Asked(id=id))
    ada.sync()
    bob.sync()
    assert (bob.issue(id).state, bob.issue(id).assignee) == (State.IN_PROGRESS, "human:ada")


def test_who_pushes_by_hand_is_caught_by_the_others(two: Two) -> None:
    made, ada, bob, id = two
    taken_over(ada, bob, id)
    bob.sync()
    bob.sync()  # has seen the remote without Ada's commits, and the claims with his own
    ada.git("fetch", "-q", "origin")
    ada.git("config", "jit.claim.authority", "local")
    ada.sync()  # as an older program does: merges, and looks at no claims
    bob.sync()
    assert (bob.issue(id).state, bob.issue(id).assignee) == (State.IN_PROGRESS, "human:bob")
    with bob.store.view() as view:
        assert [one.conflict.reason for one in waiting(bob.store, view, id)].count("stale_claim") == 2
    assert made.published == bob.tip


def test_a_clone_that_decides_for_itself_asks_nothing(two: Two) -> None:
    _, ada, _, id = two
    ada.git("config", "--unset", "jit.claim.authority")
    claims.claim(ada.store, ada.caller(), choosing.Asked(id=id))
    issues.update(ada.store, ada.caller(), [id], Patch(assignee=Actor("human:ada")))
    assert ada.sync().notes == ()
