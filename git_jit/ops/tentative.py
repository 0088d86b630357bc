"""Claims that nobody was asked about: offered to whoever decides as soon as that answers, in the order of their making.

The first push that is accepted has the issue (reliability.md 6.5). Who comes later loses the claim and nothing else:
what they did merges as any other edit. The loss is one commit on the claims of their clone, made by compare-and-swap,
and is told once, to whom it concerns.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from git_jit.errors import Contention, JitError, NetworkError
from git_jit.leases import Holder, Lease, LeaseState, confirm, lose
from git_jit.model import TERMINAL, WORKING, Actor, Caller, IssueId, short
from git_jit.ops.attempts import attempts
from git_jit.ops.choosing import Asked
from git_jit.ops.claims import claim, message_of
from git_jit.ops.fencing import Pass, follow
from git_jit.record import record, replace
from git_jit.store import RefConflict, RefLocked, Store
from git_jit.store.claims import Claims
from git_jit.store.holder import of_process
from git_jit.view import readable

LOST: Final = "claim_lost"
WINNER: Final = "Jit-Winner"
"""The trailer that names who has the issue instead."""


@record(kw_only=True)
class Offered:
    """What became of one tentative claim, or of one that another clone had made too."""

    issue: IssueId
    actor: Actor
    """Who had claimed it."""
    won: bool
    winner: Actor | None = None
    """Who has it instead, if that is somebody."""
    why: str = ""

    @property
    def line(self) -> str:
        """For people."""
        if self.won:
            return f"the tentative claim of '{self.actor}' on '{short(self.issue)}' was confirmed"
        who = f"to '{self.winner}'" if self.winner else f"({self.why})"
        return f"{LOST}: the claim of '{self.actor}' on '{short(self.issue)}' went {who}; what was done stays"

    def to_json(self) -> dict[str, object]:
        code = "claimed" if self.won else LOST
        return {"id": self.issue, "actor": self.actor, "code": code, "winner": self.winner, "why": self.why or None}


def noted(store: Store) -> Mapping[IssueId, Lease]:
    """The tentative claims of this clone, in order of issue. Costs nothing where no remote decides."""
    if not store.decides_elsewhere():
        return {}
    own = store.claims().own
    tip = own.tip() if own else None
    if own is None or tip is None:
        return {}
    return {id: lease for id, lease in own.leases(tip).items() if lease.state is LeaseState.TENTATIVE}


def offer(store: Store, caller: Caller) -> list[Offered]:
    """Ask whoever decides for every claim that is tentative here, the oldest first; what became of them. Those that
    nobody answers about stay as they are.
    """
    own = store.claims().own
    waiting = sorted(noted(store).values(), key=lambda lease: (lease.order, lease.issue))
    if own is None:
        return []
    found = []
    for lease in waiting:
        assert lease.holder is not None, "a tentative claim is somebody's"
        try:
            became = _ask(store, caller, lease, lease.holder)
        except (NetworkError, Contention):
            break
        if _end(own, caller, lease, became):
            found.append(became)
    return found


def _ask(store: Store, caller: Caller, lease: Lease, holder: Holder) -> Offered:
    """One offer. Raises `NetworkError`, and `Contention` that may pass."""
    who = replace(caller, actor=holder.actor, session=holder.session, tokens=(), override=False)
    process = of_process(holder.pid) if holder.pid else None
    pid = holder.pid if process and process.start == holder.pid_start else 0
    try:
        claim(store, who, Asked(id=lease.issue, ttl_s=lease.ttl_s, reason=lease.reason, pid=pid))
    except JitError as error:
        winner = error.details.get("holder") or error.details.get("assignee")
        if isinstance(error, NetworkError) or (isinstance(error, Contention) and not winner):
            raise
        named = Actor(winner) if isinstance(winner, str) else None
        return Offered(issue=lease.issue, actor=holder.actor, won=False, winner=named, why=error.message)
    return Offered(issue=lease.issue, actor=holder.actor, won=True)


def _end(own: Claims, caller: Caller, lease: Lease, became: Offered) -> bool:
    """Let the record of this clone say what became of a claim; whether nobody else has said so before."""
    request = caller.new_request()
    op = "claim-confirm" if became.won else "claim-lost"
    with own.turn():
        for _ in attempts(own.retry_budget):
            tip = own.tip()
            now = own.lease(lease.issue, tip)
            if (now.state, now.epoch, now.holder) != (lease.state, lease.epoch, lease.holder):
                return False
            moment = own.moment(caller.now)
            ended = confirm(now, request, moment)
            if not became.won:
                ended = lose(now, request, moment, became.winner, became.why)
                own.keep_untold({**own.untold(), lease.issue: request})  # before: it is checked against the lease
            said = replace(
                message_of(caller, op, None, request, became.why or None),
                subject=f"{op}: {short(lease.issue)}",
                trailers={WINNER: became.winner} if became.winner else {},
            )
            try:
                own.publish([ended], base=tip, message=said)
            except (RefConflict, RefLocked):
                continue
            own.forget([lease.issue])
            return True
    raise AssertionError("attempts end by raising")


def withdraw(
    own: Claims, caller: Caller, ids: Sequence[IssueId], request: str, reason: str | None
) -> dict[IssueId, Lease]:
    """End those of the caller on `ids`. Nobody was asked about them, so nobody has to be."""
    me = own.holder(caller.actor, caller.session)
    with own.turn():
        for _ in attempts(own.retry_budget):
            tip, now = own.tip(), own.moment(caller.now)
            hoped = [lease for lease in own.leases(tip, ids).values() if lease.state is LeaseState.TENTATIVE]
            freed = {
                lease.issue: confirm(lease, request, now)
                for lease in hoped
                if lease.holder and lease.holder.is_same(me)
            }
            try:
                if freed:
                    said = message_of(caller, "claim-release", None, request, reason)
                    own.publish(freed.values(), base=tip, message=said)
            except (RefConflict, RefLocked):
                continue
            own.forget(freed)
            return freed
    raise AssertionError("attempts end by raising")


# --- clones that met -----------------------------------------------------------------------------------------------


def yield_to_others(store: Store, caller: Caller) -> list[Offered]:
    """End the claims of this clone on issues that are somebody else's, or finished, by what came from other clones.
    Where a remote decides nobody else can have claimed what is held: there it only hears what it could not be told.
    """
    claims = store.claims()
    tip = claims.tip()
    if tip is None:
        return []
    if claims.own is not None:
        _end_finished(store, caller, claims)
        return []
    held = [lease for lease in claims.leases(tip).values() if lease.state is LeaseState.HELD and lease.holder]
    lost: list[tuple[Lease, Offered]] = []
    with store.view() as view:
        for lease in held:
            issue, holder = readable(view, lease.issue), lease.holder
            if issue is None or holder is None:
                continue
            other = issue.assignee if issue.assignee != holder.actor else None
            if issue.state in TERMINAL or (other and issue.state in WORKING):
                why = f"it is '{issue.state}' since clones met" if other is None else "clones met, and theirs counts"
                became = Offered(issue=lease.issue, actor=holder.actor, won=False, winner=other, why=why)
                lost.append((lease, became))
    return [became for lease, became in lost if _end(claims, caller, lease, became)]


def _end_finished(store: Store, caller: Caller, claims: Claims) -> None:
    """Free the leases of this clone whose issues are finished: whoever decides did not answer when they were closed."""
    here = claims.clone()
    mine = [one for one in claims.leases(claims.tip()).values() if one.holder and one.holder.clone == here]
    with store.view() as view:
        over = tuple(lease for lease in mine if view.state_of(lease.issue) in TERMINAL)
    follow(store, caller, Pass(still=None, authority=claims.authority(claims.tip()), ended=over))


# --- telling -------------------------------------------------------------------------------------------------------


def tell(store: Store, caller: Caller) -> list[Offered]:
    """The losses of the caller that they have not heard of. Whoever gets them here must say them: they come once."""
    if not store.has_claims() and not store.decides_elsewhere():
        return []
    claims = store.claims()
    own = claims.own or claims
    if not own.untold():
        return []
    me = own.holder(caller.actor, caller.session)
    with own.turn():
        tip, untold = own.tip(), own.untold()
        leases = {issue: own.lease(issue, tip) for issue in untold}
        mine = [
            lease
            for issue, lease in leases.items()
            if lease.op_id == untold[issue] and lease.holder and lease.holder.is_same(me)
        ]
        if mine:
            own.keep_untold({issue: by for issue, by in untold.items() if leases[issue] not in mine})
    return [_loss(lease) for lease in mine]


def _loss(lease: Lease) -> Offered:
    assert lease.holder is not None, "it was asked before"
    return Offered(issue=lease.issue, actor=lease.holder.actor, won=False, winner=lease.lost_to, why=lease.reason or "")


def reports(found: Sequence[Offered], caller: Caller) -> tuple[str, ...]:
    """What is said of claims to somebody else than their holders; those hear it by `tell`."""
    return tuple(one.line for one in found if one.won or one.actor != caller.actor)
