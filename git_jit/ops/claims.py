"""Claiming work: lease, assignee and state in one verb, for one issue or for the next that fits.

This is the only place that gives, takes and moves leases on request (`fencing` ends them with the work). Everything is
decided in one turn of the queue, and the compare-and-swap of the claims is the moment at which it is decided who holds
an issue. What follows it (assignee and state of the issue) was judged before, cannot be in anybody's way while the
claims stand, and becomes a note if it fails all the same: asking again completes it.
"""

from contextlib import suppress
from typing import Final

from git_jit.errors import JitError, NetworkError, Refused
from git_jit.leases import NOBODY, RENEW_AFTER, Lease, LeaseState, Token, Way, release
from git_jit.model import Actor, Caller, Issue, Message, Oid, short
from git_jit.ops.attempts import attempts
from git_jit.ops.batch import Sheet, describe, subject
from git_jit.ops.choosing import Asked, Pick, Search, marking
from git_jit.ops.fencing import named
from git_jit.record import record, replace
from git_jit.store import RefConflict, RefLocked, Store
from git_jit.store.backend import Still
from git_jit.store.claims import Claims
from git_jit.view import View

TAKEOVERS: Final = frozenset({Way.DEAD, Way.WATCHED, Way.FORGOTTEN})


@record(kw_only=True)
class Claimed:
    """A claim that was granted."""

    issue: Issue
    lease: Lease
    token: Token
    way: Way
    before: Actor | None = None
    """From whom it was taken over."""
    commit: Oid | None = None
    """Of the issues; None where nothing had to change."""
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, object]:
        return {
            "id": self.issue.id,
            "title": self.issue.title,
            "state": self.issue.state,
            "assignee": self.issue.assignee,
            "token": str(self.token),
            "epoch": self.lease.epoch,
            "ttl_s": self.lease.ttl_s,
            "tentative": self.lease.state is LeaseState.TENTATIVE,
            "way": self.way,
            "taken_from": self.before,
            "commit": self.commit,
        }


def claim(store: Store, caller: Caller, asked: Asked) -> Claimed:
    """Give the caller what was `asked` for.

    Raises `Held`, `NothingToClaim`, `Assigned`, `LeaseRefused`, and what refuses the step to `in_progress`. Asking
    again for what one holds renews it and changes nothing else.
    """
    claims = store.claims()
    op_id = caller.new_request()
    looked = _look(store, claims, Search(claims, claims.tip(), caller, asked, op_id)) if claims.is_local else None
    with claims.turn():
        for _ in attempts(claims.retry_budget):
            try:
                tip = claims.prepare()
            except NetworkError:
                if not asked.tentative or claims.own is None:
                    raise
                return _note_tentative(store, claims.own, caller, asked, op_id)
            pick = _choose(store, claims, Search(claims, tip, caller, asked, op_id), looked)
            authority = claims.authority(tip) if tip else None  # read before anything is decided: it may be damaged
            is_news = _is_news(claims, pick)
            if is_news:
                message = message_of(caller, "claim", pick.issue, op_id, asked.reason)
                try:
                    tip = claims.publish([pick.lease], base=tip, message=message)
                except (RefConflict, RefLocked):
                    continue
            if is_news or claims.is_local:
                claims.renew(pick.lease)
            token = Token(authority or claims.authority(tip), pick.lease.issue, pick.lease.epoch)
            return _complete(store, claims, caller, pick, token, tip)
    raise AssertionError("attempts end by raising")


def _look(store: Store, claims: Claims, search: Search) -> Pick | None:
    """What `search` finds, or raises, without a turn: workers that ask again and again must not be in the way of those
    who write. None where it is to be said in a turn.

    A refusal has to be certain: the claims did not move while the issues were read, so there was a moment at which both
    were as the search saw them; and nothing of it is news, for that is kept in a turn.
    """
    try:
        with store.view() as view:
            return search.pick(view)
    except JitError:
        if claims.tip() == search.tip and claims.are_known(search.seen):
            raise
    return None


def _choose(store: Store, claims: Claims, search: Search, looked: Pick | None = None) -> Pick:
    """What `search` finds, in a turn: what it saw in the way is remembered. If nothing moved since somebody `looked`,
    what was found then is found again.
    """
    try:
        with store.view() as view:
            if looked and (looked.tip, looked.base) == (search.tip, view.base):
                with suppress(JitError):  # its holder has renewed it just now
                    return search.judge(view, looked.lease.issue)
            return search.pick(view)
    except JitError:
        claims.remember(search.seen)
        raise


def _note_tentative(store: Store, own: Claims, caller: Caller, asked: Asked, op_id: str) -> Claimed:
    """A claim where nobody could be asked: on record in this clone only, and the issue stays as it is."""
    with own.turn():
        for _ in attempts(own.retry_budget):
            tip = own.tip()
            pick = _choose(store, own, Search(own, tip, caller, asked, op_id, tentative=True))
            with store.view() as view:
                issue = view.issue(pick.lease.issue) or pick.issue
            order = pick.lease.order or 1 + max((lease.order for lease in own.leases(tip).values()), default=0)
            lease = replace(pick.lease, order=order)
            said = message_of(caller, "claim-tentative", pick.issue, op_id, asked.reason)
            try:
                own.publish([lease], base=tip, message=said)
            except (RefConflict, RefLocked):
                continue
            return Claimed(issue=issue, lease=lease, token=Token(NOBODY, lease.issue, 0), way=pick.way)
    raise AssertionError("attempts end by raising")


def _is_news(claims: Claims, pick: Pick) -> bool:
    """Whether whoever decides must hear of it. That a holder lives belongs into no history; but other clones see
    nothing else of it, so a remote hears of a renewal as often as a holder should renew.
    """
    before, after = pick.before, pick.lease
    had, has = ((lease.ttl_s, lease.reason, lease.holder) for lease in (before, after))
    if pick.way is not Way.OWN or had != has:
        return True
    if claims.is_local or after.ttl_s == 0:
        return False
    last, (boot_s, boot_id) = claims.renewal(before), claims.clock()
    return last is None or last.boot_id != boot_id or boot_s - last.boot_ms / 1000 > after.ttl_s * RENEW_AFTER


# --- afterwards ---------------------------------------------------------------------------------------------


def _complete(store: Store, claims: Claims, caller: Caller, pick: Pick, token: Token, tip: Oid | None) -> Claimed:
    """Mark the issue. The claim is decided: only a rule that came to apply meanwhile can undo it."""
    notes, commit, issue, wanted = list(pick.sheet.plan.notes), None, pick.issue, pick.sheet
    base = pick.base
    request = caller.new_request()
    still = Still(claims.ref, tip) if tip else None
    try:
        for _ in attempts(claims.retry_budget):
            if wanted.plan.empty:
                break
            said = describe(caller, "claim", subject("claim", wanted), wanted, request=request)
            said = replace(said, trailers={**said.trailers, **named([token])})
            try:
                commit = store.commit(wanted.plan, base=base, message=said, still=still)
                break
            except RefConflict:  # somebody wrote outside of the queue
                tip = claims.tip()
                if claims.lease(pick.lease.issue, tip).epoch != pick.lease.epoch:
                    notes.append("claimed, and lost again meanwhile: 'git jit claim list' shows to whom")
                    break
                with store.view() as view:
                    wanted, base = _again(view, claims, caller, pick), view.base
                issue, still = wanted.outcomes[0].issue or issue, Still(claims.ref, tip) if tip else None
    except Refused:
        raise
    except (JitError, OSError) as error:
        notes.append(_unmarked(error))
    before = pick.before.holder.actor if pick.before.holder and pick.way in TAKEOVERS else None
    return Claimed(
        issue=issue,
        lease=pick.lease,
        token=token,
        way=pick.way,
        before=before,
        commit=commit,
        notes=tuple(notes),
    )


def _unmarked(error: Exception) -> str:
    said = error.message if isinstance(error, JitError) else str(error)
    return f"claimed, but the issue does not say so yet ({said}); the same command again completes it"


def _again(view: View, claims: Claims, caller: Caller, pick: Pick) -> Sheet:
    """The marking on a newer view; if a rule is against it by now, the lease is given back, and the rule told."""
    try:
        return marking(view, caller, pick.lease.issue, pick.before)
    except Refused:
        tip = claims.tip()
        request = caller.new_request()
        now = claims.lease(pick.lease.issue, tip)
        if now.epoch == pick.lease.epoch:
            freed = release(now, Token("", now.issue, now.epoch), request, claims.moment(caller.now))
            claims.publish([freed], base=tip, message=message_of(caller, "claim-release", pick.issue, request, None))
        raise


def message_of(caller: Caller, op: str, issue: Issue | None, request: str, reason: str | None) -> Message:
    named = f"{op}: {short(issue.id)} {issue.title}" if issue else op
    return Message(op=op, subject=named[:72], actor=caller.actor, request=request, at=caller.now, reason=reason)
