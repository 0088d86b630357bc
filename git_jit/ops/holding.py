"""What holders do with their claims: look, renew, check, give back; and how people take one away.

Each is conditional on the token (or on being the holder), and decided by the compare-and-swap of the claims.
"""

from collections.abc import Callable, Sequence

from git_jit.errors import Contention, JitError, NotFound, Refused
from git_jit.leases import (
    ClaimLost,
    Lease,
    Moment,
    Sighting,
    Token,
    evict,
    release,
    renew,
    safe_until,
    time_left,
    watch,
)
from git_jit.model import WORKING, Caller, IssueId, Oid, State, short
from git_jit.ops import resolve
from git_jit.ops.attempts import attempts
from git_jit.ops.batch import describe, subject, work_through
from git_jit.ops.claims import message_of
from git_jit.ops.desk import Desk, Terms
from git_jit.ops.edit import Patch
from git_jit.ops.fencing import check_token, named
from git_jit.ops.tentative import withdraw
from git_jit.record import record, replace
from git_jit.store import RefConflict, RefLocked, Store, WriteFailed
from git_jit.store.backend import Still
from git_jit.store.claims import Claims
from git_jit.view import View, readable
from git_jit.workflow import Verb


class NotClaimed(NotFound):
    """Nobody holds the issue."""

    code = "not_claimed"


class EvictRefused(Refused):
    """Taking a claim away is for people."""

    code = "evict_refused"


class ClaimLapsed(Contention):
    """Nobody has taken the issue over, but its holder may not rely on it before a renewal."""

    code = "claim_lapsed"


@record(kw_only=True)
class Standing:
    """One lease as it is, and what that means here."""

    lease: Lease
    token: Token
    mine: bool
    takeover_s: float | None
    """Seconds after which others of this clone may take it over if it is not renewed; None: never."""
    dead: bool = False
    title: str | None = None
    signer: str | None = None
    """Who signed the claim, where somebody did; the actor is only said."""

    def to_json(self) -> dict[str, object]:
        holder = self.lease.holder
        return {
            "id": self.lease.issue,
            "title": self.title,
            "state": self.lease.state,
            "holder": holder.actor if holder else None,
            "session": holder.session if holder else None,
            "epoch": self.lease.epoch,
            "renew": self.lease.renew,
            "ttl_s": self.lease.ttl_s,
            "takeover_s": None if self.takeover_s is None else max(round(self.takeover_s), 0),
            "renewed_at": self.lease.wall_hint,
            "reason": self.lease.reason,
            "mine": self.mine,
            "dead": self.dead,
            **({"signer": self.signer} if self.signer else {}),
            "token": str(self.token) if self.mine else None,
        }


def listed(store: Store, caller: Caller, *, mine: bool = False) -> list[Standing]:
    """Every lease that is not free, in order of issue. To look is to begin to watch."""
    claims = store.claims()
    tip = claims.tip()
    now = claims.moment(caller.now)
    found = {**(claims.own.leases(claims.own.tip()) if claims.own else {}), **claims.leases(tip)}
    before = {id: claims.sighting(lease) for id, lease in found.items()}
    seen = {id: watch(lease, before[id], now) for id, lease in found.items()}
    news = {id: sighting for id, sighting in seen.items() if sighting != before[id]}
    if news:
        with claims.turn():
            claims.remember(news)
    with store.view() as view:
        rows = {row.id: row.title for row in view.rows([id for id in found if view.version(id)])}
    signers = claims.signers(tip, found.values())
    stand = _standings(claims, caller, tip, now)
    every = [replace(stand(lease, seen[id]), title=rows.get(id), signer=signers.get(id)) for id, lease in found.items()]
    return [one for one in every if one.mine or not mine]


def _standings(
    claims: Claims, caller: Caller, tip: Oid | None, now: Moment
) -> Callable[[Lease, Sighting | None], Standing]:
    """What a lease means to the caller; what is the same for all leases is found out once."""
    authority, me = claims.authority(tip), claims.holder(caller.actor, caller.session)
    return lambda lease, seen: Standing(
        lease=lease,
        token=Token(authority, lease.issue, lease.epoch),
        mine=lease.holder is not None and lease.holder.is_same(me),
        takeover_s=time_left(lease, now, seen),
        dead=lease.holder is not None and claims.is_dead(lease.holder),
    )


def held(claims: Claims, caller: Caller, tip: Oid | None, id: IssueId) -> tuple[Lease, Token]:
    """The lease that the caller holds on an issue, by token or by name. Raises `ClaimLost`, `NotClaimed`."""
    lease = claims.lease(id, tip)
    tokens = [token for text in caller.tokens if (token := Token.parse(text)) and token.issue == id]
    if tokens:
        check_token(lease, tokens[0], claims.authority(tip))
        return lease, tokens[0]
    token = Token(claims.authority(tip), id, lease.epoch)
    if lease.is_free:
        raise NotClaimed(
            f"'{short(id)}' is claimed by nobody", hint=f"'git jit claim {short(id)}' claims it", details={"issue": id}
        )
    if lease.holder is None or not lease.holder.is_same(claims.holder(caller.actor, caller.session)):
        who = lease.holder.actor if lease.holder else None
        raise ClaimLost(
            f"'{short(id)}' is claimed by '{who}', not by you",
            hint="'git jit claim list' shows who holds what",
            details={"issue": id, "holder": who, "epoch": lease.epoch},
        )
    return lease, token


def _named(store: Store, caller: Caller, ids: Sequence[str]) -> list[IssueId]:
    """The issues meant: those named, else those of the tokens."""
    if not ids:
        return [token.issue for text in caller.tokens if (token := Token.parse(text))]
    with store.view() as view:
        return list(dict.fromkeys(resolve(view, text) for text in ids))


def renew_all(store: Store, caller: Caller, ids: Sequence[str]) -> list[Standing]:
    """Begin the time of the caller's leases anew. Raises `ClaimLost`, `NotClaimed`."""
    claims = store.claims()
    request = caller.new_request()
    with claims.turn():
        for _ in attempts(claims.retry_budget):
            tip = claims.prepare()
            now = claims.moment(caller.now)
            renewed = []
            for id in _named(store, caller, ids):
                lease, token = held(claims, caller, tip, id)
                renewed.append(renew(lease, token, request if not claims.is_local else lease.op_id, now))
            if not claims.is_local and renewed:
                try:
                    tip = claims.publish(
                        renewed, base=tip, message=message_of(caller, "claim-renew", None, request, None)
                    )
                except (RefConflict, RefLocked):
                    continue
            for lease in renewed:
                claims.renew(lease)
                if claims.lease(lease.issue, tip).renew < lease.renew:  # what keeps renewals raises nothing
                    raise WriteFailed(
                        f"the renewal of '{short(lease.issue)}' could not be kept in this clone",
                        hint="'git jit doctor' looks at the disk",
                    )
            stand = _standings(claims, caller, tip, now)
            return [stand(lease, None) for lease in renewed]
    raise AssertionError("attempts end by raising")


def check(store: Store, caller: Caller, ids: Sequence[str]) -> list[Standing]:
    """The caller's leases, if all of them are valid and recent enough to begin a step that cannot be taken back.

    Raises `ClaimLost`, `NotClaimed`, `ClaimLapsed`. It narrows the time in which somebody else may begin too, and
    cannot close it: only writes to the tracker are fenced.
    """
    claims = store.claims()
    tip = claims.prepare()
    now = claims.moment(caller.now)
    stand = _standings(claims, caller, tip, now)
    found = []
    for id in _named(store, caller, ids):
        lease, _ = held(claims, caller, tip, id)
        begun = claims.renewal(lease)
        if begun is not None and begun.boot_id == now.boot_id:
            until = safe_until(begun.boot_ms / 1000, lease.ttl_s)
            if until is not None and now.boot_s > until:
                raise ClaimLapsed(
                    f"the claim on '{short(id)}' was not renewed in time; others may take it over",
                    hint=f"'git jit claim renew {short(id)}' renews it if it is still yours",
                    details={"issue": id, "epoch": lease.epoch},
                )
        found.append(stand(lease, None))
    return found


# --- giving back ------------------------------------------------------------------------------------------------


@record(kw_only=True)
class Freed:
    """Leases that ended on request."""

    leases: tuple[Lease, ...]
    commit: Oid | None = None
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, object]:
        return {
            "released": [
                {"id": lease.issue, "holder": lease.holder.actor if lease.holder else None, "epoch": lease.epoch}
                for lease in self.leases
            ],
            "commit": self.commit,
        }


def release_all(store: Store, caller: Caller, ids: Sequence[str], *, reason: str | None = None) -> Freed:
    """Give issues back: assigned to nobody, `ready` (or `backlog`) again, free for others. Only by their holder."""
    claims = store.claims()
    request = caller.new_request()

    def end(lease: Lease, tip: Oid | None, now: Moment) -> Lease:
        if _is_left(store, lease) and _was_mine(claims, caller, lease, tip):
            return lease
        lease, token = held(claims, caller, tip, lease.issue)
        return release(lease, token, request, now)

    named = _named(store, caller, ids)
    withdrawn = withdraw(claims.own, caller, named, request, reason) if claims.own else {}
    asked = [id for id in named if id not in withdrawn]
    if withdrawn and not asked:
        return Freed(leases=tuple(withdrawn.values()))
    done = _free(store, claims, caller, asked, "claim-release", request, reason, end)
    return replace(done, leases=(*withdrawn.values(), *done.leases))


def _is_left(store: Store, lease: Lease) -> bool:
    """Whether the lease is free, and only the issue could not be told: who asks again completes that."""
    if not lease.is_free or lease.holder is None:
        return False
    with store.view() as view:
        issue = readable(view, lease.issue)
    return issue is not None and issue.state in WORKING and issue.assignee == lease.holder.actor


def _was_mine(claims: Claims, caller: Caller, lease: Lease, tip: Oid | None) -> bool:
    """Whether the caller had the lease that is free now, by token or by name."""
    if str(Token(claims.authority(tip), lease.issue, lease.epoch)) in caller.tokens:
        return True
    return lease.holder is not None and lease.holder.is_same(claims.holder(caller.actor, caller.session))


def evict_all(store: Store, caller: Caller, ids: Sequence[str], *, reason: str | None) -> Freed:
    """Take issues from whoever holds them. The reason is kept; tokens given before are worthless at once."""
    if not reason:
        raise EvictRefused("taking a claim away needs a reason", hint="say why with --reason")
    if caller.actor.startswith("agent:"):
        raise EvictRefused(
            f"'{caller.actor}' may not take claims away; that is for people",
            hint="'git jit claim list' shows when it may be taken over",
        )
    claims = store.claims()
    request = caller.new_request()

    def end(lease: Lease, _: Oid | None, now: Moment) -> Lease:
        if _is_left(store, lease):
            return lease
        if lease.is_free:
            raise NotClaimed(f"'{short(lease.issue)}' is claimed by nobody", hint="'git jit claim list' shows all")
        return evict(lease, request, now, reason)

    return _free(store, claims, caller, _named(store, caller, ids), "claim-evict", request, reason, end)


def _free(
    store: Store,
    claims: Claims,
    caller: Caller,
    ids: Sequence[IssueId],
    op: str,
    request: str,
    reason: str | None,
    end: Callable[[Lease, Oid | None, Moment], Lease],
) -> Freed:
    with claims.turn():
        for _ in attempts(claims.retry_budget):
            tip = claims.prepare()
            now = claims.moment(caller.now)
            before = [claims.lease(id, tip) for id in ids]
            freed = tuple(end(lease, tip, now) for lease in before)
            if not freed:
                raise NotClaimed("no claim was named", hint="give an id; 'git jit claim list' shows all")
            changed = [lease for lease in freed if lease not in before]
            authority = claims.authority(tip)  # read before anything is decided: it may be damaged
            tokens = [Token(authority, lease.issue, lease.epoch) for lease in freed]
            try:
                if changed:
                    tip = claims.publish(changed, base=tip, message=message_of(caller, op, None, request, reason))
            except (RefConflict, RefLocked):
                continue
            claims.forget(ids)
            commit, notes = _put_back(store, claims, caller, freed, tokens, op, reason, tip)
            return Freed(leases=freed, commit=commit, notes=notes)
    raise AssertionError("attempts end by raising")


def _put_back(
    store: Store,
    claims: Claims,
    caller: Caller,
    freed: Sequence[Lease],
    tokens: Sequence[Token],
    op: str,
    reason: str | None,
    tip: Oid | None,
) -> tuple[Oid | None, tuple[str, ...]]:
    """Let the issues say that nobody works on them. The leases are free: what fails here is a note."""
    holders = {lease.issue: lease.holder.actor for lease in freed if lease.holder}

    def step(desk: Desk, id: IssueId) -> JitError | None:
        issue = desk.issue(id)
        patch = Patch(assignee=None) if issue.assignee == holders.get(id) else Patch()
        if issue.state is not State.IN_PROGRESS:
            return desk.change(issue, patch)
        try:
            return desk.change(issue, replace(patch, state=Verb.READY))
        except Refused:  # it was blocked meanwhile
            return desk.change(issue, replace(patch, state=Verb.BACKLOG))

    request = caller.new_request()
    try:
        for _ in attempts(claims.retry_budget):
            with store.view() as view:
                here = [lease.issue for lease in freed if readable(view, lease.issue)]
                damaged = tuple(_unreadable(lease.issue) for lease in freed if _is_damaged(view, lease.issue))
                sheet, base = work_through(view, here, step, Terms(now=caller.now, reason=reason)), view.base
            if sheet.plan.empty:
                return None, damaged
            said = describe(caller, op, subject(op, sheet), sheet, request=request, reason=reason)
            said = replace(said, trailers={**said.trailers, **named(tokens)})
            try:
                still = Still(claims.ref, tip) if tip else None
                return store.commit(sheet.plan, base=base, message=said, still=still), (*damaged, *sheet.plan.notes)
            except RefConflict:
                if claims.tip() != tip:
                    return None, ()  # it is in other hands by now, and theirs to say
    except (JitError, OSError) as error:
        said_why = error.message if isinstance(error, JitError) else str(error)
        return None, (f"free, but the issue does not say so yet ({said_why}); the same command again completes it",)
    return None, ()


def _is_damaged(view: View, id: IssueId) -> bool:
    return view.version(id) is not None and readable(view, id) is None


def _unreadable(id: IssueId) -> str:
    return f"'{short(id)}' is free, but cannot be read and says what it said; 'git jit validate' shows what is wrong"
