"""Claims that nobody was asked about, and clones that met with the same claim: who has it, and who hears of it."""

from collections.abc import Iterator
from itertools import permutations
from pathlib import Path

import pytest

from git_jit.errors import JitError
from git_jit.leases import LeaseState
from git_jit.model import Actor, Caller, IssueId, State
from git_jit.ops import choosing, claims, holding, issues
from git_jit.ops.conflicts import waiting
from git_jit.ops.edit import Patch
from git_jit.ops.tentative import noted, offer, tell
from git_jit.record import replace
from tests.sharing.team import Clone, Team, close_all, started


@pytest.fixture
def base(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    close_all()


def decided(base: Path, *names: str) -> tuple[Team, list[Clone]]:
    """Clones of a remote that decides about claims."""
    made, clones = started(base, *names)
    for clone in clones:
        clone.git("config", "jit.claim.authority", "remote:origin")
        clone.git("config", "jit.timeout.remote", "5s")
    return made, clones


def away(made: Team) -> None:
    made.hub.rename(made.base / "away.git")


def back(made: Team) -> None:
    (made.base / "away.git").rename(made.hub)


def hope(clone: Clone, id: IssueId, who: Caller | None = None) -> str:
    done = claims.claim(clone.store, who or clone.caller(), choosing.Asked(id=id, tentative=True))
    assert done.lease.state is LeaseState.TENTATIVE
    return str(done.token)


def agent(clone: Clone, name: str) -> Caller:
    return replace(clone.caller(), actor=Actor(f"agent:{name}"))


def codes(clone: Clone) -> list[tuple[str, str | None]]:
    return [("claimed" if one.won else "claim_lost", one.winner) for one in clone.sync().claims]


def test_they_are_offered_in_order_and_the_first_push_has_the_issue(base: Path) -> None:
    made, (ada, bob) = decided(base, "ada", "bob")
    one, two = ada.create("One"), ada.create("Two")
    ada.sync()
    bob.sync()
    away(made)
    hope(ada, two)
    hope(ada, one)
    hope(bob, one)
    with ada.store.view() as view:
        assert view.issue(one) == bob.issue(one), "the issue says nothing of it"
    assert [id for id, _ in sorted(noted(ada.store).items(), key=lambda each: each[1].order)] == [two, one]
    back(made)
    assert codes(bob) == [("claimed", None)]
    assert codes(ada) == [("claimed", None), ("claim_lost", "human:bob")]
    assert codes(ada) == [], "it is told once"
    log = ada.git("log", "--reverse", "--format=%(trailers:key=Jit-Op,valueonly,separator=)", "refs/jit/claims")
    assert log.split() == ["claim-tentative", "claim-tentative", "claim-confirm", "claim-lost"]
    bob.sync()
    for clone in (ada, bob):
        assert (clone.issue(one).assignee, clone.issue(two).assignee) == ("human:bob", "human:ada")
        assert noted(clone.store) == {}


def test_work_under_a_tentative_claim_merges_as_any_other(base: Path) -> None:
    made, (ada, bob) = decided(base, "ada", "bob")
    id = ada.create("One")
    ada.sync()
    bob.sync()
    away(made)
    token = hope(ada, id)
    mine = replace(ada.caller(), tokens=(token,))
    issues.update(ada.store, mine, [id], Patch(title="One and a half"))
    assert next(iter(ada.store.history())).trailers["Jit-Claim"] == token
    back(made)
    claims.claim(bob.store, bob.caller(), choosing.Asked(id=id))
    bob.sync()
    assert codes(ada) == [("claim_lost", "human:bob")]
    assert (ada.issue(id).title, ada.issue(id).assignee) == ("One and a half", "human:bob")
    with pytest.raises(JitError) as lost:
        issues.update(ada.store, replace(ada.caller(), tokens=(token,)), [id], Patch(title="Two"))
    assert (lost.value.code, lost.value.details["winner"]) == ("claim_lost", "human:bob")
    with ada.store.view() as view:
        assert waiting(ada.store, view) == []


def test_a_token_goes_on_being_good_once_the_claim_is_confirmed(base: Path) -> None:
    made, (ada,) = decided(base, "ada")
    id = ada.create("One")
    ada.sync()
    away(made)
    token = hope(ada, id)
    back(made)
    assert codes(ada) == [("claimed", None)]
    issues.close(ada.store, replace(ada.caller(), tokens=(token,)), [id])
    assert ada.issue(id).state is State.DONE


def test_they_can_be_taken_back_while_nobody_answers(base: Path) -> None:
    made, (ada, bob) = decided(base, "ada", "bob")
    one, two = ada.create("One"), ada.create("Two")
    ada.sync()
    bob.sync()
    away(made)
    hope(ada, one)
    token = hope(ada, two)
    with pytest.raises(JitError) as refused:  # not bob's, and about a real one nobody can be asked
        holding.release_all(ada.store, agent(ada, "bob"), [one])
    assert refused.value.code == "authority_unreachable"
    assert [lease.issue for lease in holding.release_all(ada.store, ada.caller(), [one]).leases] == [one]
    assert list(noted(ada.store)) == [two]
    holding.release_all(ada.store, replace(ada.caller(), tokens=(token,)), [])
    assert noted(ada.store) == {}
    back(made)
    assert (codes(ada), ada.store.claims().tip()) == ([], None)


def test_what_was_closed_while_nobody_answered_is_given_back_later(base: Path) -> None:
    made, (ada, bob) = decided(base, "ada", "bob")
    one, two = ada.create("One"), ada.create("Two")
    ada.sync()
    bob.sync()
    for clone, id in ((ada, one), (bob, two)):
        claims.claim(clone.store, clone.caller(), choosing.Asked(id=id))
    away(made)
    issues.close(ada.store, ada.caller(), [one])
    back(made)
    ada.sync()
    bob.sync()
    assert [each.lease.issue for each in holding.listed(bob.store, bob.caller())] == [two]
    tip = ada.store.claims().prepare()
    ada.sync()
    assert ada.store.claims().prepare() == tip


def test_in_one_clone_the_first_tentative_claim_counts(base: Path) -> None:
    made, (ada,) = decided(base, "ada")
    id = ada.create("One")
    ada.sync()
    away(made)
    hope(ada, id, agent(ada, "x"))
    with pytest.raises(JitError, match="is claimed by 'agent:x'"):
        hope(ada, id, agent(ada, "y"))
    assert [one.won for one in offer(ada.store, ada.caller())] == [], "nobody answers yet"
    assert len(noted(ada.store)) == 1


def test_a_loss_is_told_to_whom_it_concerns_and_once(base: Path) -> None:
    made, (ada, bob) = decided(base, "ada", "bob")
    id = ada.create("One")
    ada.sync()
    bob.sync()
    away(made)
    hope(ada, id, agent(ada, "x"))
    back(made)
    claims.claim(bob.store, bob.caller(), choosing.Asked(id=id))
    done = ada.sync()
    assert [one.actor for one in done.claims] == ["agent:x"]
    assert done.notes == (done.claims[0].line,)
    assert tell(ada.store, ada.caller()) == []
    assert [(one.issue, one.winner) for one in tell(ada.store, agent(ada, "x"))] == [(id, "human:bob")]
    assert tell(ada.store, agent(ada, "x")) == []


# --- no authority: clones that meet by merge ---------------------------------------------------------------------


def claimed(clone: Clone, id: IssueId) -> str:
    return str(claims.claim(clone.store, clone.caller(), choosing.Asked(id=id)).token)


@pytest.mark.parametrize("order", [*permutations(("ada", "bob", "cyd"))])
def test_all_clones_agree_who_has_it_and_each_loser_hears_it_once(base: Path, order: tuple[str, ...]) -> None:
    """Ada claimed first, by the clocks of the commits; who syncs first makes no difference."""
    made, clones = started(base, "ada", "bob", "cyd")
    id = clones[0].create("One")
    for clone in (*clones, *clones):
        clone.sync()
    tokens = {clone.name: claimed(clone, id) for clone in clones}
    named = {clone.name: clone for clone in clones}
    heard = dict.fromkeys(order, 0)
    for name in (*order, *order, *order):
        heard[name] += len([one for one in named[name].sync().claims if one.actor == f"human:{name}"])
    assert {clone.tip for clone in clones} == {made.published}
    assert heard == {"ada": 0, "bob": 1, "cyd": 1}
    for clone in clones:
        assert clone.issue(id).assignee == "human:ada"
        with clone.store.view() as view:
            assert waiting(clone.store, view) == [], "nobody has to decide"
        book = clone.store.claims()
        lost = [commit for commit in clone.git("log", "--format=%s", book.ref).splitlines() if "claim-lost" in commit]
        assert len(lost) == (clone.name != "ada")
    with pytest.raises(JitError) as error:
        issues.close(named["bob"].store, replace(named["bob"].caller(), tokens=(tokens["bob"],)), [id])
    assert (error.value.code, error.value.details["winner"]) == ("claim_lost", "human:ada")
    issues.close(named["ada"].store, replace(named["ada"].caller(), tokens=(tokens["ada"],)), [id])


def test_the_higher_epoch_beats_the_earlier_claim(base: Path) -> None:
    made, (ada, bob) = started(base, "ada", "bob")
    id = ada.create("One")
    ada.sync()
    bob.sync()
    claimed(ada, id)
    claimed(bob, id)
    holding.release_all(bob.store, bob.caller(), [id])
    claimed(bob, id)
    for clone in (ada, bob, ada):
        clone.sync()
    assert (ada.issue(id).assignee, ada.tip) == ("human:bob", made.published)


def test_what_was_finished_elsewhere_ends_a_claim(base: Path) -> None:
    _, (ada, bob) = started(base, "ada", "bob")
    id = ada.create("One")
    ada.sync()
    bob.sync()
    claimed(ada, id)
    issues.close(bob.store, bob.caller(), [id])
    bob.sync()
    ada.sync()
    assert ada.issue(id).state is State.DONE
    assert ada.store.claims().lease(id, ada.store.claims().tip()).is_free
