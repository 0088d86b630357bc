"""Who has an issue that several claimed where nobody decided."""

from functools import reduce
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from git_jit.clock import Clock
from git_jit.model import Actor
from git_jit.reunion import Claimant, winner

CLAIMANTS = st.builds(
    Claimant,
    actor=st.sampled_from([Actor("agent:ada"), Actor("agent:bob")]),
    epoch=st.integers(0, 2),
    clock=st.builds(Clock, st.integers(0, 2), st.integers(0, 1), st.sampled_from("ab")),
    op_id=st.sampled_from("xyz"),
    tentative=st.booleans(),
)


@given(st.lists(CLAIMANTS, min_size=1, max_size=4))
def test_all_clones_agree_in_whatever_order_they_meet(claimants: list[Claimant]) -> None:
    pairwise = {repr(reduce(lambda one, other: winner([one, other]), order)) for order in permutations(claimants)}
    assert pairwise == {repr(winner(claimants))}


def test_who_wins() -> None:
    def one(actor: str, epoch: int = 1, ms: int = 5, op_id: str = "x", *, tentative: bool = False) -> Claimant:
        return Claimant(actor=Actor(actor), epoch=epoch, clock=Clock(ms, 0, "a"), op_id=op_id, tentative=tentative)

    ada = one("agent:ada")
    assert winner([one("agent:aaa", 9, 1, tentative=True), ada]) == ada, "held beats tentative"
    assert winner([one("agent:aaa", 1, 1), one("agent:bob", 2)]).actor == "agent:bob", "the higher epoch"
    assert winner([one("agent:bob", ms=4), ada]).actor == "agent:bob", "the earlier claim"
    assert winner([one("agent:bob"), ada]) == ada, "the name"
    assert winner([one("agent:ada", op_id="w"), ada]).op_id == "w", "the request"
