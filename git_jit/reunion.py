"""Leases that more than one decided about: where clones meet, and where whoever decides had lost some.

Functions on values, like `leases`: all clones come to the same answer, whoever asks, in whatever order.
"""

from collections.abc import Iterable

from git_jit.clock import Clock
from git_jit.leases import Lease, LeaseState
from git_jit.model import Actor
from git_jit.record import record, replace


@record(kw_only=True)
class Claimant:
    """One of several that claimed an issue where nobody decided, as the commit of the claim tells."""

    actor: Actor
    epoch: int
    clock: Clock
    """Of that commit: no renewal moves it."""
    op_id: str
    tentative: bool = False


def winner(claimants: Iterable[Claimant]) -> Claimant:
    """Who has the issue where clones meet that no authority decided for: any other before a tentative one, the higher
    epoch, then the lowest clock, actor and request. A total order, so that all agree, in whatever order they meet
    (reliability.md 6.5).
    """
    return min(claimants, key=lambda one: (one.tentative, -one.epoch, one.clock, one.actor, one.op_id))


def rejoined(known: Lease | None, found: Lease | None, *, one_authority: bool) -> Lease:
    """The lease on one issue after whoever decides lost claims: `known` is what it had, `found` what it has now. No
    token that was given twice is good, and epochs go on above both. `one_authority`: both name the same; otherwise what
    it had is over, for its tokens name another.
    """
    if known is None or found is None:
        only = known or found
        assert only is not None, "there is a lease on either side"
        return only if one_authority or known is None else replace(only, state=LeaseState.FREE)
    highest = max(known.epoch, found.epoch)
    if not one_authority:
        return found if found.epoch > known.epoch else replace(found, state=LeaseState.FREE, epoch=highest + 1)
    if known.epoch != found.epoch:
        return max(known, found, key=lambda lease: lease.epoch)
    if (known.holder, known.state) == (found.holder, found.state):
        return max(known, found, key=lambda lease: lease.renew)
    return replace(found, state=LeaseState.FREE, renew=0, epoch=highest + 1, reason="given twice")
