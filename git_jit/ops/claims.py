"""Claiming work: lease, assignee and state in one verb, for one issue or for the next that fits.

This is the only place that gives, takes and moves leases on request (`fencing` ends them with the work). Everything is
decided in one turn of the queue, and the compare-and-swap of the claims is the moment at which it is decided who holds
an issue. What follows it (assignee and state of the issue) was judged before, cannot be in anybody's way while the
claims stand, and becomes a note if it fails all the same: asking again completes it.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from git_jit.condition import All, OneOf
from git_jit.errors import Contention, JitError, Negative, NetworkError, Refused
from git_jit.leases import (
    DEFAULT_TTL_S,
    NOBODY,
    Held,
    Holder,
    Lease,
    LeaseState,
    Sighting,
    Token,
    Way,
    Wish,
    acquire,
    release,
    watch,
    way_in,
)
from git_jit.model import WORKING, Actor, Caller, Issue, IssueId, Message, Oid, State, short
from git_jit.ops import resolve
from git_jit.ops.attempts import attempts
from git_jit.ops.batch import Sheet, describe, subject, work_through
from git_jit.ops.desk import Desk, Terms
from git_jit.ops.edit import Patch
from git_jit.ops.fencing import named
from git_jit.ops.queries import Asker, Question, Wanted, narrowed, select
from git_jit.record import record, replace
from git_jit.store import RefConflict, RefLocked, Store
from git_jit.store.backend import Still
from git_jit.store.claims import Claims
from git_jit.view import View
from git_jit.workflow import GateFailed, Verb

TEAM: Final = "team:"
"""Whoever is in a team may claim what is assigned to it."""
NOT_THIS_ONE: Final = frozenset({Refused.status, Contention.status, GateFailed.status})
"""Exit statuses of what is against one issue, and not against the next."""
MAX_INDEFINITE: Final = 3
"""Leases without end that one actor may hold in one tracker: each blocks an issue until a person looks."""


class NothingToClaim(Negative):
    """Nothing that fits can be had now.

    `details` has `held`: how many others hold, `open`: how many are left, `unchecked`: which wait for prechecks only.
    """

    code = "nothing_to_claim"


class Assigned(Contention):
    """The issue is in the hands of somebody who has not claimed it here."""

    code = "claim_assigned"
    retryable = False


@record(kw_only=True)
class Asked:
    """What is wanted: the issue `id`, or the next one that meets `filters`."""

    id: str | None = None
    filters: Sequence[str] = ()
    ttl_s: int = DEFAULT_TTL_S
    reason: str | None = None
    pid: int = 0
    """The process that stands for the holder: when it ends, others need not wait."""
    tentative: bool = False


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


@record(kw_only=True)
class _Pick:
    """One issue that can be had, and all that has to be written for it."""

    lease: Lease
    way: Way
    before: Lease
    issue: Issue
    sheet: Sheet
    base: Oid | None


def claim(store: Store, caller: Caller, asked: Asked) -> Claimed:
    """Give the caller what was `asked` for.

    Raises `Held`, `NothingToClaim`, `Assigned`, `LeaseRefused`, and what refuses the step to `in_progress`. Asking
    again for what one holds renews it and changes nothing else.
    """
    claims = store.claims()
    op_id = caller.new_request()
    with claims.turn():
        for _ in attempts(claims.retry_budget):
            try:
                tip = claims.prepare()
            except NetworkError:
                if not asked.tentative or claims.own is None:
                    raise
                return _note_tentative(store, claims.own, caller, asked, op_id)
            wish = _wish(claims, caller, asked, op_id)
            with store.view() as view:
                pick = _choose(view, claims, tip, caller, wish, asked)
            authority = claims.authority(tip) if tip else None  # read before anything is decided: it may be damaged
            if pick.way is Way.OWN and not _terms_differ(pick.before, pick.lease):
                claims.renew(pick.lease)
            else:
                message = message_of(caller, "claim", pick.issue, op_id, asked.reason)
                try:
                    tip = claims.publish([pick.lease], base=tip, message=message)
                except (RefConflict, RefLocked):
                    continue
                claims.renew(pick.lease)
            token = Token(authority or claims.authority(tip), pick.lease.issue, pick.lease.epoch)
            return _complete(store, claims, caller, pick, token, tip)
    raise AssertionError("attempts end by raising")


def _note_tentative(store: Store, own: Claims, caller: Caller, asked: Asked, op_id: str) -> Claimed:
    """A claim where nobody could be asked: on record in this clone only, and the issue stays as it is."""
    with own.turn():
        for _ in attempts(own.retry_budget):
            tip = own.tip()
            wish = replace(_wish(own, caller, asked, op_id), tentative=True)
            with store.view() as view:
                pick = _choose(view, own, tip, caller, wish, asked)
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


def _wish(claims: Claims, caller: Caller, asked: Asked, op_id: str) -> Wish:
    return Wish(
        issue=IssueId(""),
        holder=claims.holder(caller.actor, caller.session, asked.pid),
        op_id=op_id,
        now=claims.moment(caller.now),
        ttl_s=asked.ttl_s,
        reason=asked.reason,
        tentative=False,
    )


def _terms_differ(before: Lease, after: Lease) -> bool:
    """Whether a renewal says more than that its holder lives; that belongs into history."""
    return (before.ttl_s, before.reason, before.holder) != (after.ttl_s, after.reason, after.holder)


# --- choosing -----------------------------------------------------------------------------------------------


def _choose(view: View, claims: Claims, tip: Oid | None, caller: Caller, wish: Wish, asked: Asked) -> _Pick:
    if wish.ttl_s == 0:
        _check_indefinite(claims, tip, wish)
    if asked.id is not None:
        return _pick(view, claims, tip, caller, replace(wish, issue=resolve(view, asked.id)))
    seen: dict[IssueId, Sighting] = {}
    unchecked: list[IssueId] = []
    for id in _candidates(view, claims, tip, caller, asked.filters, wish.holder):
        try:
            return _pick(view, claims, tip, caller, replace(wish, issue=id))
        except Held:
            lease = claims.lease(id, tip)
            seen[id] = watch(lease, claims.sighting(lease), wish.now)
        except JitError as error:
            if error.status not in NOT_THIS_ONE:
                raise
            unchecked += [id] if isinstance(error, GateFailed) else []
    claims.remember(seen)
    raise _nothing(view, caller, asked.filters, len(seen), unchecked)


def _nothing(
    view: View, caller: Caller, filters: Sequence[str], held: int, unchecked: Sequence[IssueId]
) -> NothingToClaim:
    """Why there is nothing: a worker waits for what others are at, and ends when nothing is left."""
    asker = Asker(me=lambda: caller.actor, now=caller.now)
    left = select(view, Wanted(question=Question.OPEN, filters=filters, limit=1), asker).total
    details = {"held": held, "open": left, "unchecked": list(unchecked)}
    if not left:
        return NothingToClaim(
            "nothing is left that fits", hint="'git jit ready' lists what else there is", details=details
        )
    hint = "'git jit claim list' shows who holds what, 'git jit blocked' what waits"
    if unchecked:
        hint = f"'git jit gate run-all {short(unchecked[0])} --stage precheck' checks what must be before work begins"
    reasons = [f"others hold {held}"] if held else []
    reasons += [f"prechecks of {len(unchecked)} have not passed"] if unchecked else []
    return NothingToClaim("; ".join(["nothing that fits can be claimed now", *reasons]), hint=hint, details=details)


def _candidates(
    view: View, claims: Claims, tip: Oid | None, caller: Caller, filters: Sequence[str], me: Holder
) -> Iterator[IssueId]:
    """What the caller is at already, what others may have left, then what is ready, most urgent first."""
    asker = Asker(me=lambda: caller.actor, now=caller.now)
    if tip is not None:
        working = OneOf("state", tuple(state.value for state in sorted(WORKING)))
        begun = view.select(All((working, narrowed(view, filters, asker)))).ids
        held = claims.leases(tip, begun) if begun else {}
        mine = {id for id in begun if id in held and _is_held_by(held[id], me)}
        yield from (id for id in begun if id in mine and view.state_of(id) is State.IN_PROGRESS)
        yield from (id for id in begun if id in held and id not in mine)
    yield from select(view, Wanted(question=Question.READY, filters=filters), asker).ids


def _is_held_by(lease: Lease, me: Holder) -> bool:
    return lease.holder is not None and lease.holder.is_same(me)


def _pick(view: View, claims: Claims, tip: Oid | None, caller: Caller, wish: Wish) -> _Pick:
    """Judge one issue, lease and transition both. Raises what is against it."""
    before = claims.lease(wish.issue, tip)
    dead = before.holder is not None and not before.is_free and claims.is_dead(before.holder)
    seen = claims.sighting(before)
    way = way_in(before, wish.holder, wish.now, seen, holder_is_dead=dead)
    if way is Way.OWN:
        _check_twin(claims, before, wish)
    try:
        lease = acquire(before, wish, seen, holder_is_dead=dead)
    except Held:
        claims.remember({wish.issue: watch(before, seen, wish.now)})
        raise
    assert way is not None, "acquire raises where there is no way"
    sheet = _marking(view, caller, wish.issue, before, own=way is Way.OWN)
    issue = sheet.outcomes[0].issue
    assert issue is not None, "a claim deletes nothing"
    return _Pick(lease=lease, way=way, before=before, issue=issue, sheet=sheet, base=view.base)


def _check_twin(claims: Claims, before: Lease, wish: Wish) -> None:
    """Two workers of one name must not share a claim: each names its process, and the other one lives."""
    holder = before.holder
    if holder and holder.pid and wish.holder.pid not in {0, holder.pid} and not claims.is_dead(holder):
        raise Held(
            f"'{short(before.issue)}' is claimed by '{holder.actor}' in another process ({holder.pid}), which runs",
            hint="give each worker a name of its own with --actor, or a session with --session",
            details={"issue": before.issue, "holder": holder.actor, "epoch": before.epoch, "pid": holder.pid},
        )


def _marking(view: View, caller: Caller, id: IssueId, before: Lease, *, own: bool = False) -> Sheet:
    """What the claim makes of the issue: the caller its assignee, and its state `in_progress`. `own`: it is theirs
    already, so whoever else it names is who had it before.
    """

    def step(desk: Desk, id: IssueId) -> JitError | None:
        issue = desk.issue(id)
        # Of a free lease too, where nobody could put the issue back any more: it still says that they work on it.
        former = before.holder.actor if before.holder and (not before.is_free or issue.state in WORKING) else None
        known = {None, caller.actor, former}
        if not own and issue.assignee not in known and not str(issue.assignee).startswith(TEAM):
            raise Assigned(
                f"'{short(id)}' is assigned to '{issue.assignee}', who has not claimed it",
                hint=f"'git jit show {short(id)}' shows it; 'git jit claim --next' takes another issue",
                details={"issue": id, "assignee": issue.assignee},
            )
        patch = Patch(assignee=caller.actor)
        return desk.change(issue, patch if issue.state in WORKING else replace(patch, state=Verb.CLAIM))

    sheet = work_through(view, [id], step, Terms(now=caller.now))
    if sheet.outcomes[0].error:
        raise sheet.outcomes[0].error
    return sheet


def _check_indefinite(claims: Claims, tip: Oid | None, wish: Wish) -> None:
    from git_jit.leases import LeaseRefused

    mine = [
        lease
        for lease in claims.leases(tip).values()
        if lease.ttl_s == 0 and lease.holder and lease.holder.actor == wish.holder.actor and lease.issue != wish.issue
    ]
    if len(mine) >= MAX_INDEFINITE:
        raise LeaseRefused(
            f"'{wish.holder.actor}' holds {len(mine)} issues without end already; at most {MAX_INDEFINITE}",
            hint="leave '--ttl 0' out, or give one back with 'git jit claim release ID'",
            details={"issues": [lease.issue for lease in mine]},
        )


# --- afterwards ---------------------------------------------------------------------------------------------


def _complete(store: Store, claims: Claims, caller: Caller, pick: _Pick, token: Token, tip: Oid | None) -> Claimed:
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
    except (Refused, Contention) as error:
        if isinstance(error, Refused):
            raise
        notes.append(_unmarked(error))
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


TAKEOVERS: Final = frozenset({Way.DEAD, Way.WATCHED, Way.FORGOTTEN})


def _unmarked(error: Exception) -> str:
    said = error.message if isinstance(error, JitError) else str(error)
    return f"claimed, but the issue does not say so yet ({said}); the same command again completes it"


def _again(view: View, claims: Claims, caller: Caller, pick: _Pick) -> Sheet:
    """The marking on a newer view; if a rule is against it by now, the lease is given back, and the rule told."""
    try:
        return _marking(view, caller, pick.lease.issue, pick.before)
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
