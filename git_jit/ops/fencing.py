"""The fence: no write changes what somebody else holds, and no token that is over changes anything.

`transact` asks here for every plan, whichever command made it, and publishes it only while the claims stand as they
were read here (`store.Still`): the check and the change are one step. What follows a published change (the lease of its
holder is renewed, or ends with the work) can fail nothing any more.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from git_jit import log
from git_jit.errors import Contention, JitError
from git_jit.leases import NOBODY, ClaimLost, Held, Holder, Lease, LeaseState, Token, check, evict, release, renew
from git_jit.model import WORKING, Caller, Issue, IssueId, Message, State, short
from git_jit.record import record, replace
from git_jit.store import RefConflict, Store
from git_jit.store.backend import Still
from git_jit.store.claims import Claims
from git_jit.view import Plan, View, readable

WAITING: Final = frozenset({State.BACKLOG, State.READY})
"""States between which an issue moves by itself, when what it waits for changes."""
OVERRIDE: Final = "Jit-Override"
"""The trailer that names whose claim was overruled."""
CLAIM: Final = "Jit-Claim"
"""The trailer that names the tokens under which a commit was made: what publishes it checks them again (`stale`)."""
TRIES: Final = 5


class ClaimsSuspended(Contention):
    """The remote that decides lost claims; until they are put together again no token counts."""

    code = "claims_suspended"
    retryable = False


@record(kw_only=True)
class Pass:
    """Leave to publish a plan, while the claims stand `still`."""

    still: Still | None
    authority: str = ""
    own: tuple[Lease, ...] = ()
    """Leases of the writer on issues that the plan touches."""
    ended: tuple[Lease, ...] = ()
    """Those that are over with this change."""
    overruled: tuple[Lease, ...] = ()
    """Leases of others."""
    hoped: tuple[Token, ...] = ()
    """Tentative claims of the writer, which mark what is done under them and protect nothing."""

    @property
    def trailers(self) -> Mapping[str, str]:
        overruled = ", ".join(f"{_actor(lease)} {short(lease.issue)}/{lease.epoch}" for lease in self.overruled)
        held = (Token(self.authority, lease.issue, lease.epoch) for lease in self.own)
        claims = named((*held, *self.hoped))
        return {**({OVERRIDE: overruled} if overruled else {}), **claims}


def named(tokens: Iterable[Token]) -> dict[str, str]:
    """The trailer that names these tokens; none for none. What does not fit into one line of a commit is left out."""
    text = ", ".join(map(str, tokens))
    return {CLAIM: text} if text else {}


def tokens_of(trailers: Mapping[str, str]) -> list[Token]:
    """The inverse, from the trailers of a commit of anybody's."""
    return [token for text in trailers.get(CLAIM, "").split(", ") if (token := Token.parse(text))]


@record(kw_only=True)
class Touch:
    """What a plan does to one issue."""

    before: Issue | None
    after: Issue | None
    """None as well where nothing is known of it."""
    whole: bool = True
    """Whether the document changes; else only comments do."""

    @property
    def of_the_claim(self) -> bool:
        """Whether what a claim is about changes: state, assignee, or that the issue is there at all."""
        if not self.whole:
            return False
        if self.before is None or self.after is None:
            return self.before is not self.after
        moves = self.before.state is not self.after.state and not {self.before.state, self.after.state} <= WAITING
        return moves or self.before.assignee != self.after.assignee

    @property
    def of_the_end(self) -> bool:
        """Whether the issue is in nobody's hands afterwards."""
        return self.whole and (self.after is None or self.after.state not in WORKING)


def refusals(store: Store, view: View, plan: Plan, caller: Caller) -> dict[IssueId, JitError]:
    """Why the caller may not do what the plan does, by issue."""
    return {} if _nothing_to_ask(store, caller) else _judge(store.claims(), view, plan, caller)[1]


def admit(store: Store, view: View, plan: Plan, caller: Caller) -> Pass | None:
    """Leave to publish; None where nobody holds anything. Raises `ClaimLost`, `Held`."""
    if _nothing_to_ask(store, caller):
        return None
    found, wrong = _judge(store.claims(), view, plan, caller)
    for error in wrong.values():
        raise error
    return found


def _nothing_to_ask(store: Store, caller: Caller) -> bool:
    return not caller.tokens and not store.has_claims()


def _judge(claims: Claims, view: View, plan: Plan, caller: Caller) -> tuple[Pass, dict[IssueId, JitError]]:
    tip = claims.tip()
    touched = dict(_touched(view, plan))
    tokens = {token.issue: token for text in caller.tokens if (token := Token.parse(text))}
    leases = claims.leases(tip, touched.keys())
    me = claims.holder(caller.actor, caller.session)
    own: list[Lease] = []
    hoped: list[Token] = []
    overruled: list[Lease] = []
    wrong: dict[IssueId, JitError] = {}
    for id, touch in touched.items():
        token = tokens.get(id)
        # A token of a free lease: its record says who has the issue instead.
        lease = leases.get(id) or (claims.lease(id, tip) if token else Lease(issue=id))
        try:
            if token and token.authority == NOBODY:
                hoped += _hoped(claims, token, lease, touch, me)
                token = None
            _require_authority(claims, lease, token, touch)
            if _is_own(lease, token, touch, claims.authority(tip), me):
                own.append(lease)
            elif _is_overruled(lease, touch, caller):
                overruled.append(lease)
        except JitError as error:
            wrong[id] = error
    ended = [lease for lease in own if lease.issue not in plan.unchanged and touched[lease.issue].of_the_end]
    still = Still(claims.ref, tip) if tip else None
    leave = Pass(
        still=still,
        authority=claims.authority(tip) if own else "",
        own=tuple(own),
        ended=tuple(ended),
        overruled=tuple(overruled),
        hoped=tuple(hoped),
    )
    return leave, wrong


def _is_overruled(lease: Lease, touch: Touch, caller: Caller) -> bool:
    """Whether somebody else's claim is broken by the change. Raises `Held` for a caller that did not ask for it."""
    if lease.state is not LeaseState.HELD or not touch.of_the_claim:
        return False
    if not caller.override:
        raise _held(lease)
    return True


def _require_authority(claims: Claims, lease: Lease, token: Token | None, touch: Touch) -> None:
    """Raises `ClaimsSuspended` for what only a good claim allows, while nobody can tell which are good."""
    about = token or (not lease.is_free and touch.of_the_claim)
    if not about or not touch.whole or not claims.suspended:
        return
    raise ClaimsSuspended(
        "whoever decides about claims has lost some, so nobody can tell which are good",
        hint="'git jit claim rejoin' puts them together again; a comment is always possible",
        details={"ref": claims.ref},
    )


def _hoped(claims: Claims, token: Token, lease: Lease, touch: Touch, me: Holder) -> list[Token]:
    """The token of a tentative claim, if that still stands. Raises `ClaimLost`, naming who has the issue instead."""
    if not lease.is_free and lease.holder and lease.holder.is_same(me):
        return []  # it was given for good meanwhile
    noted = claims.own.lease(token.issue, claims.own.tip()) if claims.own else Lease(issue=token.issue)
    if noted.state is LeaseState.TENTATIVE and noted.holder and noted.holder.is_same(me):
        return [token]
    if touch.whole:
        check(noted if noted.lost_to else lease, replace(token, epoch=-1))
    return []


def _is_own(lease: Lease, token: Token | None, touch: Touch, authority: str, me: Holder) -> bool:
    """Whether the writer holds the lease. Raises `ClaimLost` for a token that is over; it may still comment."""
    if token is None:
        return lease.state is LeaseState.HELD and lease.holder is not None and lease.holder.is_same(me)
    try:
        check_token(lease, token, authority)
    except ClaimLost:
        if touch.whole:
            raise
        return False
    return True


def check_token(lease: Lease, token: Token, authority: str) -> None:
    """The fence itself. Raises `ClaimLost`."""
    if token.authority != authority:  # another decides by now, or the same one was made anew
        lease = replace(lease, state=LeaseState.FREE) if lease.epoch == token.epoch else lease
    check(lease, token)


def _touched(view: View, plan: Plan) -> Iterator[tuple[IssueId, Touch]]:
    for id, _ in plan.comments:
        yield id, Touch(before=None, after=None, whole=False)
    for id in plan.unchanged:
        present = readable(view, id)
        yield id, Touch(before=present, after=present)
    for path, data in plan.raw.items():
        parts = path.split("/")
        if parts[0] == "issues" and len(parts) == 3:
            id = IssueId(parts[2].removesuffix(".json"))
            yield id, Touch(before=readable(view, id), after=_decoded(data))
    for id, after in plan.issues.items():
        yield id, Touch(before=readable(view, id), after=after)


def _decoded(data: bytes | None) -> Issue | None:
    from git_jit.codec import decode_issue

    try:
        return None if data is None else decode_issue(data)
    except JitError:
        return None


def _held(lease: Lease) -> Held:
    who = _actor(lease)
    return Held(
        f"'{short(lease.issue)}' is claimed by '{who}', who alone may change its state and its assignee",
        hint="'git jit claim list' shows who holds what; a comment is always possible",
        details={"issue": lease.issue, "holder": who, "epoch": lease.epoch},
    )


def _actor(lease: Lease) -> str:
    return lease.holder.actor if lease.holder else "nobody"


# --- afterwards ---------------------------------------------------------------------------------------------


def follow(store: Store, caller: Caller, leave: Pass) -> None:
    """What a published change means for the leases. Raises nothing."""
    try:
        _end(store.claims(), caller, leave)
        _renew(store.claims(), caller, leave)
    except Exception as error:  # noqa: BLE001 - the change is published; a lease that stays ends by its time
        log.warning("claim.follow", error=error)


def _renew(claims: Claims, caller: Caller, leave: Pass) -> None:
    """A sign of life of the holder: in the file of this clone, not in history. A remote hears of it from
    'claim renew' only, for every renewal there is a push.
    """
    ended = {lease.issue for lease in leave.ended}
    alive = [lease for lease in leave.own if lease.issue not in ended]
    if not alive or not claims.is_local:
        return
    with claims.turn():
        tip = claims.tip()
        for lease in alive:
            now = claims.lease(lease.issue, tip)
            token = Token("", lease.issue, lease.epoch)
            if now.epoch == lease.epoch and not now.is_free:
                claims.renew(renew(now, token, now.op_id, claims.moment(caller.now)))


def _end(claims: Claims, caller: Caller, leave: Pass) -> None:
    """Free the leases whose work is over, and take away those that were overruled."""
    if not leave.ended and not leave.overruled:
        return
    request = caller.new_request()
    now = claims.moment(caller.now)
    with claims.turn():
        for attempt in range(TRIES):
            tip = claims.prepare() if attempt else claims.tip()
            present = claims.leases(tip, [lease.issue for lease in (*leave.ended, *leave.overruled)])
            same = {issue for issue, lease in present.items() if lease.epoch in _epochs(leave, issue)}
            changed = [
                release(present[lease.issue], Token("", lease.issue, lease.epoch), request, now)
                for lease in leave.ended
                if lease.issue in same
            ]
            why = f"overruled by {caller.actor}"
            changed += [
                evict(present[lease.issue], request, now, why) for lease in leave.overruled if lease.issue in same
            ]
            if not changed:
                return
            try:
                claims.publish(changed, base=tip, message=_message(caller, request, changed, leave))
            except RefConflict:
                if attempt + 1 == TRIES:
                    raise
                continue
            claims.forget(lease.issue for lease in changed)
            return


def _epochs(leave: Pass, issue: IssueId) -> set[int]:
    return {lease.epoch for lease in (*leave.ended, *leave.overruled) if lease.issue == issue}


def _message(caller: Caller, request: str, changed: list[Lease], leave: Pass) -> Message:
    op = "claim-override" if leave.overruled else "claim-end"
    named = short(changed[0].issue) if len(changed) == 1 else f"{len(changed)} issues"
    return Message(
        op=op, subject=f"{op}: {named}", actor=caller.actor, request=request, at=caller.now, trailers=leave.trailers
    )
