"""Who may work on an issue, and who may take over: the rules of leases, as functions on values.

At most one token per issue is valid, and that never depends on a clock. Every change of holder raises the *epoch*,
and a write that carries an older one is refused. Time only decides when somebody may *try* to take over, so a clock
that is wrong by years costs at most that two do the same work (docs/concepts/claims.md).

Nothing here knows where leases lie or what time it is; the caller brings both, and publishes what comes back.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from git_jit.errors import Contention, Refused
from git_jit.model import Actor, IssueId, Json, Timestamp, short
from git_jit.record import field, record, replace
from git_jit.text import tokens

DEFAULT_TTL_S: Final = 45 * 60
"""Longer than an agent's longest step, shorter than a person's patience."""
MIN_TTL_S: Final = 10
"""A shorter one is over for its holder (`safe_until`) when it has hardly begun."""
MAX_TTL_S: Final = 7 * 24 * 3600
"""Who needs longer takes a lease without end, and says why."""
RATE_ERROR: Final = 0.05
"""How far the rates of two clocks may differ. Quartz is off by 0.0001; a suspended virtual machine by much more, and
for that CLOCK_BOOTTIME counts on.
"""
MARGIN_S: Final = 5.0
"""What reading a clock, writing and syncing may take."""
SKEW_S: Final = 15 * 60
"""How far the wall clocks of two machines may differ before one takes a lease for forgotten too early."""
RENEW_AFTER: Final = 1 / 3
"""The part of its time after which a holder renews."""


NOBODY: Final = "none"
"""The authority that the token of a tentative claim names: it was given by nobody, and promises nothing."""


class LeaseState(StrEnum):
    FREE = "free"
    HELD = "held"
    TENTATIVE = "tentative"
    """Claimed where nobody could be asked. Promises nothing."""


class Way(StrEnum):
    """Why somebody may have a lease now."""

    FREE = "free"
    OWN = "own"
    """It is theirs already; it is renewed."""
    DEAD = "dead"
    """Its holder ran on this machine, and is provably gone."""
    WATCHED = "watched"
    """It was not renewed while this clone watched for its whole time."""
    FORGOTTEN = "forgotten"
    """Nobody watched, but by every plausible clock it is long over."""


@record(kw_only=True)
class Holder:
    """Who holds a lease, so that their death can be proved where they ran."""

    actor: Actor
    clone: str
    """A random name of the clone."""
    session: str = ""
    """Tells workers apart that go by one name in one clone; empty: all of that name are one."""
    host: str = ""
    pid: int = 0
    """0: no process stands for the holder, as for a person at a terminal: death proves nothing."""
    pid_start: str = ""
    """When it started, so that a later process of that number is not taken for it."""
    boot_id: str = ""
    space: str = ""
    """The pid namespace: in another one the same number is another process."""

    def is_same(self, other: "Holder") -> bool:
        """Whether it is the same worker; a process of theirs may be another one by now."""
        return (self.actor, self.clone, self.session) == (other.actor, other.clone, other.session)


@record(kw_only=True)
class Lease:
    """What is on record about the right to work on one issue."""

    issue: IssueId
    state: LeaseState = LeaseState.FREE
    holder: Holder | None = None
    """Of a free lease, who had it last."""
    epoch: int = 0
    """Raised by every change of holder, never lowered, kept while free."""
    renew: int = 0
    """Raised by every renewal within an epoch."""
    ttl_s: int = DEFAULT_TTL_S
    """Seconds without a renewal after which others may take over; 0: never."""
    op_id: str = ""
    """The request that wrote this; a retry of it finds its answer here."""
    wall_hint: Timestamp | None = None
    """The holder's wall clock at the last renewal: for display, and where nobody watched."""
    reason: str | None = None
    lost_to: Actor | None = None
    """Who has the issue instead, where clones met or whoever decides was asked late; None: it ended otherwise."""
    order: int = 0
    """Of a tentative one, which was noted first: in that order they are offered."""
    extra: Mapping[str, Json] = field(default_factory=dict)

    @property
    def is_free(self) -> bool:
        return self.state is LeaseState.FREE


@record(order=True)
class Token:
    """The right itself: the holder of `epoch` of the lease on `issue` that `authority` decides about."""

    authority: str
    issue: IssueId
    epoch: int

    def __str__(self) -> str:
        return f"{self.authority}/{self.issue}/{self.epoch}"

    @classmethod
    def parse(cls, text: str) -> "Token | None":
        """The token that `str` spelled; None for anything else."""
        authority, _, rest = text.strip().partition("/")
        issue, _, epoch = rest.partition("/")
        plausible = authority and len(issue) == 32 and epoch.isascii() and epoch.isdigit() and len(epoch) < 16
        return cls(authority, IssueId(issue), int(epoch)) if plausible else None


@record
class Moment:
    """One reading of the clocks of one machine."""

    wall: Timestamp
    boot_s: float
    """Seconds since it was started, suspended ones included (CLOCK_BOOTTIME)."""
    boot_id: str


@record
class Sighting:
    """Since when this clone has seen a lease as it is; kept between commands, derived, worthless after a restart."""

    epoch: int
    renew: int
    since_s: float
    """On the clock of `Moment.boot_s`."""
    boot_id: str


class Held(Contention):
    """Somebody else holds the issue. `details` has holder, epoch, and seconds after which a takeover may work."""

    code = "claim_held"


class ClaimLost(Contention):
    """The token is not valid any more: somebody else holds, or held, the issue since."""

    code = "claim_lost"
    retryable = False


def is_other(actor: Actor, signer: str) -> bool:
    """Whether a claim in the name of a person was signed by another one: neither their name nor their address's local
    part is that of the actor. Agents sign with the key of whoever runs them, so nothing is said of those.
    """
    kind, _, name = actor.partition(":")
    said, _, address = signer.partition("<")
    local = (address or signer).partition("@")[0]
    return kind == "human" and name not in {"-".join(tokens(text)) for text in (said.partition("@")[0], local)}


class LeaseRefused(Refused):
    """The terms asked for may not be given."""

    code = "lease_refused"


@record(kw_only=True)
class Wish:
    """One request for a lease."""

    issue: IssueId
    holder: Holder
    op_id: str
    now: Moment
    ttl_s: int = DEFAULT_TTL_S
    reason: str | None = None
    tentative: bool = False


def watch(lease: Lease, seen: Sighting | None, now: Moment) -> Sighting:
    """What to remember of having looked at the lease: since when it has been as it is."""
    if seen is not None and (seen.epoch, seen.renew, seen.boot_id) == (lease.epoch, lease.renew, now.boot_id):
        return seen
    return Sighting(lease.epoch, lease.renew, now.boot_s, now.boot_id)


def way_in(lease: Lease, me: Holder, now: Moment, seen: Sighting | None, *, holder_is_dead: bool = False) -> Way | None:
    """Why `me` may have the lease now; None: not now."""
    holder = lease.holder
    if lease.is_free or holder is None:
        return Way.FREE
    if holder.is_same(me):
        return Way.OWN
    if lease.state is LeaseState.TENTATIVE:
        return Way.FREE
    if holder_is_dead:
        return Way.DEAD
    return _way_by_time(lease, now, seen) if lease.ttl_s else None


def _way_by_time(lease: Lease, now: Moment, seen: Sighting | None) -> Way | None:
    if _left_to_watch(lease, now, seen) <= 0:
        return Way.WATCHED
    age = _wall_seconds(lease.wall_hint, now.wall)
    return Way.FORGOTTEN if age is not None and age > lease.ttl_s + SKEW_S else None


def acquire(lease: Lease, wish: Wish, seen: Sighting | None, *, holder_is_dead: bool = False) -> Lease:
    """The lease as it is once `wish` is granted. A retry of a granted wish, and a wish of the holder, change no epoch.

    Raises `Held`; `LeaseRefused` for a time to live that may not be given.
    """
    if lease.op_id == wish.op_id and lease.holder is not None and lease.holder.is_same(wish.holder):
        return lease
    _check_terms(wish)
    way = way_in(lease, wish.holder, wish.now, seen, holder_is_dead=holder_is_dead)
    if way is Way.FREE and wish.tentative and lease.state is LeaseState.TENTATIVE:
        way = Way.DEAD if holder_is_dead else _way_by_time(lease, wish.now, seen) if lease.ttl_s else None
    if way is None:
        raise _held(lease, wish, seen)
    mine = way is Way.OWN and (lease.state is LeaseState.TENTATIVE) == wish.tentative
    return replace(
        lease,
        state=LeaseState.TENTATIVE if wish.tentative else LeaseState.HELD,
        holder=wish.holder,
        epoch=lease.epoch if mine or wish.tentative else lease.epoch + 1,
        renew=lease.renew + 1 if mine else 0,
        ttl_s=wish.ttl_s,
        op_id=wish.op_id,
        wall_hint=wish.now.wall,
        reason=wish.reason,
        lost_to=None,
        order=lease.order if mine else 0,
    )


def check(lease: Lease, token: Token) -> None:
    """The fence: raises `ClaimLost` unless the token is the valid one."""
    if lease.state is LeaseState.HELD and (lease.issue, lease.epoch) == (token.issue, token.epoch):
        return
    raise ClaimLost(
        f"the claim on '{short(token.issue)}' is lost: {_now_whose(lease)}",
        hint=f"'git jit claim {short(token.issue)}' asks for it again; what was done so far is kept",
        details={
            "issue": token.issue,
            "epoch": token.epoch,
            "current": lease.epoch,
            "holder": _actor(lease),
            "winner": lease.lost_to or _actor(lease),
        },
    )


def renew(lease: Lease, token: Token, op_id: str, now: Moment) -> Lease:
    """The lease with its time begun anew. Raises `ClaimLost`."""
    check(lease, token)
    return replace(lease, renew=lease.renew + 1, op_id=op_id, wall_hint=now.wall)


def release(lease: Lease, token: Token, op_id: str, now: Moment) -> Lease:
    """The lease free again; its epoch stays, so that the old token can never become valid. Raises `ClaimLost`."""
    if lease.op_id == op_id and lease.is_free:
        return lease
    check(lease, token)
    return _freed(lease, op_id, now, None)


def evict(lease: Lease, op_id: str, now: Moment, reason: str) -> Lease:
    """The lease taken from whoever holds it. The epoch moves on, so the token they may still use is worthless."""
    if lease.op_id == op_id:
        return lease
    return replace(_freed(lease, op_id, now, reason), epoch=lease.epoch + 1)


def lose(lease: Lease, op_id: str, now: Moment, winner: Actor | None, reason: str) -> Lease:
    """The lease of somebody who does not have the issue: `winner` does, by a decision made elsewhere."""
    if lease.op_id == op_id:
        return lease
    epoch = lease.epoch + (lease.state is LeaseState.HELD)
    return replace(_freed(lease, op_id, now, reason), epoch=epoch, lost_to=winner, order=0)


def confirm(lease: Lease, op_id: str, now: Moment) -> Lease:
    """The tentative lease, which is not needed any more: whoever decides has given a real one, or nobody wants one."""
    return replace(_freed(lease, op_id, now, None), order=0)


def safe_until(started_s: float, ttl_s: int) -> float | None:
    """Until when, on its own CLOCK_BOOTTIME, a holder may begin protected steps after a claim or renewal that it began
    at `started_s`; None: without end.
    """
    return None if ttl_s == 0 else started_s + ttl_s * (1 - RATE_ERROR) - MARGIN_S


def _left_to_watch(lease: Lease, now: Moment, seen: Sighting | None) -> float:
    """Seconds for which the lease must still be seen unchanged before a takeover."""
    watched = watch(lease, seen, now)
    return lease.ttl_s * (1 + RATE_ERROR) + MARGIN_S - (now.boot_s - watched.since_s)


def time_left(lease: Lease, now: Moment, seen: Sighting | None) -> float | None:
    """Seconds for which this clone must still see the lease unchanged before a takeover; None: it does not end."""
    return _left_to_watch(lease, now, seen) if lease.ttl_s else None


def _check_terms(wish: Wish) -> None:
    if wish.ttl_s and not MIN_TTL_S <= wish.ttl_s <= MAX_TTL_S:
        raise LeaseRefused(
            f"a lease of {wish.ttl_s} seconds is not given; "
            f"from {MIN_TTL_S} to {MAX_TTL_S} ({MAX_TTL_S // 86400} days)",
            hint="'--ttl 0 --reason WHY' holds without end",
        )
    if wish.ttl_s == 0 and not wish.reason:
        raise LeaseRefused("a lease without end needs a reason", hint="add '--reason WHY'")


def _held(lease: Lease, wish: Wish, seen: Sighting | None) -> Held:
    who, issue = _actor(lease), short(lease.issue)
    apart = _apart(lease.holder, wish.holder)
    left = None if lease.ttl_s == 0 else max(round(_left_to_watch(lease, wish.now, seen)), 1)
    when = "and does not end by itself" if left is None else f"and may be taken over in {_minutes(left)} if not renewed"
    return Held(
        f"'{issue}' is claimed by '{who}'{apart}, {when}",
        hint="'git jit claim --next' takes another issue",
        details={"issue": lease.issue, "holder": who, "epoch": lease.epoch, "wait_s": left, "reason": lease.reason},
    )


def _apart(holder: Holder | None, me: Holder) -> str:
    """What tells a holder of one's own name from oneself."""
    if holder is None or holder.actor != me.actor:
        return ""
    return " in another session" if holder.clone == me.clone else " in another clone"


def _minutes(seconds: int) -> str:
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60} min"


def _freed(lease: Lease, op_id: str, now: Moment, reason: str | None) -> Lease:
    return replace(lease, state=LeaseState.FREE, renew=0, op_id=op_id, wall_hint=now.wall, reason=reason)


def _actor(lease: Lease) -> Actor | None:
    return lease.holder.actor if lease.holder and not lease.is_free else None


def _now_whose(lease: Lease) -> str:
    if lease.state is LeaseState.HELD:
        return f"'{_actor(lease)}' holds it since"
    if lease.lost_to:
        return f"'{lease.lost_to}' has it"
    return "it is held by nobody that could be asked" if lease.state is LeaseState.TENTATIVE else "it is free"


def _wall_seconds(earlier: Timestamp | None, now: Timestamp) -> float | None:
    """Seconds by the wall; None where that cannot be known, a time in the future included."""
    if earlier is None:
        return None
    from datetime import datetime

    try:
        passed = (datetime.fromisoformat(now) - datetime.fromisoformat(earlier)).total_seconds()
    except ValueError:
        return None
    return passed if passed >= 0 else None
