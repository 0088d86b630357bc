"""A remote that lost claims: not believed, nothing done under it, until a person has put them together again."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from git_jit.errors import JitError
from git_jit.leases import Holder, Lease, LeaseState
from git_jit.model import Actor, IssueId
from git_jit.ops import choosing, claims, comments, holding, issues
from git_jit.ops.edit import Patch
from git_jit.ops.rejoining import rejoin
from git_jit.record import replace
from git_jit.reunion import rejoined
from tests.ops.test_tentative import decided
from tests.sharing.team import Clone, Team, close_all

CLAIMS = "refs/jit/claims"


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[Team, Clone, Clone, list[IssueId]]]:
    made, (ada, bob) = decided(tmp_path, "ada", "bob")
    ids = [ada.create(title) for title in ("One", "Two", "Three")]
    ada.sync()
    bob.sync()
    yield made, ada, bob, ids
    close_all()


def claim(clone: Clone, id: IssueId) -> str:
    return str(claims.claim(clone.store, clone.caller(), choosing.Asked(id=id)).token)


def code(act: object, *words: object) -> str:
    try:
        act(*words)  # type: ignore[operator]
    except JitError as error:
        return error.code
    return "done"


def edit(clone: Clone, id: IssueId, token: str, title: str) -> str:
    caller = replace(clone.caller(), tokens=(token,))
    return code(issues.update, clone.store, caller, [id], Patch(title=title))


@pytest.mark.parametrize("lost", ["deleted", "moved back", "moved back, and used"])
def test_tokens_are_suspended_until_the_claims_are_together_again(
    two: tuple[Team, Clone, Clone, list[IssueId]], lost: str
) -> None:
    made, ada, bob, (one, two_, three) = two
    first = claim(ada, one)
    before = made.hub_git("rev-parse", CLAIMS)
    second = claim(ada, two_)
    if lost == "deleted":
        made.hub_git("update-ref", "-d", CLAIMS)
    else:
        made.hub_git("update-ref", CLAIMS, before)
    if lost == "moved back, and used":
        assert claim(bob, two_).endswith("/1"), "the same number a second time: Bob cannot know"
        claim(bob, three)
    assert edit(ada, one, first, "Until it is noticed") == "done"
    assert code(claims.claim, ada.store, ada.caller(), choosing.Asked(id=three)) == "ref_rewound"
    assert edit(ada, one, first, "Not now") == "claims_suspended"
    assert code(holding.check, ada.store, replace(ada.caller(), tokens=(first,)), []) == "ref_rewound"
    comments.add(ada.store, ada.caller(), one, "Seen.")
    agent = replace(ada.caller(), actor=Actor("agent:x"))
    assert code(rejoin, ada.store, agent) == "evict_refused"

    done = rejoin(ada.store, ada.caller())
    assert made.hub_git("rev-parse", CLAIMS) == done.commit
    assert edit(ada, one, first, "One again") == "done"
    twice = lost == "moved back, and used"
    assert done.ended == ((two_,) if twice else ())
    assert edit(ada, two_, second, "Two again") == ("claim_lost" if twice else "done")
    if twice:
        assert claim(bob, two_).endswith("/3"), "above every number that was given"
        assert edit(ada, two_, second, "Two") == "claim_lost"
    assert rejoin(ada.store, ada.caller()).commit is None


def test_claims_that_were_made_anew_end_all_of_before(two: tuple[Team, Clone, Clone, list[IssueId]]) -> None:
    made, ada, bob, (one, two_, _) = two
    first = claim(ada, one)
    made.hub_git("update-ref", "-d", CLAIMS)
    new = claim(bob, two_)
    assert new.split("/")[0] != first.split("/")[0]
    assert code(claims.claim, ada.store, ada.caller(), choosing.Asked(id=one)) == "ref_rewound"
    assert rejoin(ada.store, ada.caller()).ended == (one,)
    assert edit(ada, one, first, "Lost") == "claim_lost"
    assert claim(ada, one).endswith("/2")
    assert edit(bob, two_, new, "Good") == "done"


def test_a_record_that_lies_about_its_epoch_is_noticed(two: tuple[Team, Clone, Clone, list[IssueId]]) -> None:
    """A commit on top, pushed without force, that lowers an epoch: it would make an old token good again."""
    made, ada, bob, (one, *_) = two
    claim(ada, one)
    holding.release_all(ada.store, ada.caller(), [one])
    token = claim(ada, one)
    chain = bob.store.claims()
    tip = chain.prepare()
    bad = replace(chain.lease(one, tip), epoch=1)
    said = claims.message_of(bob.caller(), "claim", None, "forged", None)
    chain.publish([bad], base=tip, message=said)
    assert code(claims.claim, ada.store, ada.caller(), choosing.Asked(id=one)) == "ref_rewound"
    assert edit(ada, one, token, "Not now") == "claims_suspended"
    rejoin(ada.store, ada.caller())
    assert edit(ada, one, token, "Good") == "done"
    assert made.hub_git("rev-parse", CLAIMS) == ada.store.claims().tip()


ID = IssueId("a" * 32)


def lease(epoch: int, who: str | None = "ada", renew: int = 0) -> Lease:
    holder = Holder(actor=Actor(f"agent:{who}"), clone="c") if who else None
    state = LeaseState.HELD if who else LeaseState.FREE
    return Lease(issue=ID, state=state, holder=holder, epoch=epoch, renew=renew)


@pytest.mark.parametrize(
    ("known", "found", "same", "epoch", "free"),
    [
        (lease(2), lease(1), True, 2, False),
        (lease(1), lease(2, "bob"), True, 2, False),
        (lease(2), lease(2, renew=3), True, 2, False),
        (lease(2), lease(2, "bob"), True, 3, True),
        (lease(2), None, True, 2, False),
        (lease(2), None, False, 2, True),
        (None, lease(1, "bob"), False, 1, False),
        (lease(5), lease(1, "bob"), False, 6, True),
        (lease(1), lease(2, "bob"), False, 2, False),
    ],
)
def test_what_becomes_of_one_lease(
    known: Lease | None, found: Lease | None, same: bool, epoch: int, free: bool
) -> None:
    result = rejoined(known, found, one_authority=same)
    assert (result.epoch, result.is_free) == (epoch, free)
