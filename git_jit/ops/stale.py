"""Changes made under a claim that had passed on before they were published: kept, marked, and not obeyed.

The fence of `fencing` compares a token with the claims as this clone last saw them. Where a remote decides, somebody
may have taken the issue over meanwhile. So whoever publishes looks again (reliability.md 6.3): state and assignee of
such an issue go back to what they were, what they had become waits in `conflicts/` with the reason `stale_claim`, and
every other edit stays. The commit that says so lies on top of those it is about, before anything is merged or pushed.

What others published is checked too, for a program that does not look, or `git push` by hand: a commit that came to the
remote after this clone had seen both the remote without it and the claims with a newer epoch can be nothing else.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Final

from git_jit.canonical import dumps, loads
from git_jit.codec import decode_issue
from git_jit.errors import JitError
from git_jit.leases import Lease, Token
from git_jit.merge import Conflict, Entry, Stamp, stored
from git_jit.model import Caller, Issue, IssueId, Message, Oid, short
from git_jit.ops.attempts import attempts
from git_jit.ops.desk import Desk, Terms
from git_jit.ops.fencing import tokens_of
from git_jit.paths import issue_path
from git_jit.record import record, replace
from git_jit.store import RefConflict, RefLocked, Store
from git_jit.store.backend import Still
from git_jit.store.claims import Claims
from git_jit.store.commits import clock_of
from git_jit.store.exchange import Exchange
from git_jit.view import Plan, View, readable

OP: Final = "stale-claim"
REASON: Final = "stale_claim"
NOTE: Final = "published"
"""Of each remote: what it had when this clone last took everything in, and the claims that were known before."""
MOST: Final = 1_000
"""Commits looked through: more than anybody makes between two syncs under one claim."""


@record(kw_only=True)
class Stale:
    """What was done to one issue under a token that was over."""

    issue: IssueId
    tokens: tuple[Token, ...]
    lease: Lease
    """As it is by now."""
    before: Issue
    """Before the first of these changes."""
    after: Issue
    """After the last."""
    stamp: Stamp

    @property
    def line(self) -> str:
        holder = self.lease.holder
        who = f"'{holder.actor}' has" if holder and not self.lease.is_free else "others have had"
        return (
            f"stale claim: {who} '{short(self.issue)}' since; what was done here is kept, "
            f"its state '{self.after.state}' waits for a decision ('git jit conflicts')"
        )


# --- before anything of here goes out ---------------------------------------------------------------------------


def mark_own(store: Store, exchange: Exchange, caller: Caller, theirs: Oid | None, *, ask: bool = True) -> list[str]:
    """Mark what was done here under claims that are over by now, and is not with the remote yet (`theirs`); a line
    for each issue. Costs nothing where this clone decides about its claims. `ask`: whoever decides, before.
    """
    if not store.decides_elsewhere():
        return []
    claims, ours = store.claims(), exchange.tip()
    if ours is None or claims.tip() is None:
        return []
    known = [theirs] if theirs else []
    commits = exchange.beyond(ours, known)[:MOST]
    if not any(tokens_of(exchange.commit(oid).trailers) for oid in commits):
        return []
    if ask:
        with claims.turn(), suppress(JitError):  # nobody answers: then by what was last seen
            claims.prepare()
    found = [*_stale(exchange, claims, claims.tip(), commits, known)]
    return _publish(store, claims, caller, found, {one.issue: one.before for one in found})


# --- after something of others has come in ----------------------------------------------------------------------


def mark_theirs(
    store: Store, exchange: Exchange, caller: Caller, remote: str, theirs: Oid, before: Oid | None
) -> list[str]:
    """Mark what somebody published under a claim that was over. `before`: where the issues of this clone were."""
    seen = _noted(store).get(remote) if store.decides_elsewhere() else None
    if seen is None:
        return []
    claims = store.claims()
    known = [seen.data, *([before] if before else [])]
    commits = exchange.beyond(theirs, known)[:MOST]
    found = [*_stale(exchange, claims, seen.claims, commits, known)]
    back = {one.issue: (_at(exchange, before, one.issue) if before else None) or one.before for one in found}
    with store.view() as view:
        obeyed = [one for one in found if _obeyed(readable(view, one.issue), one.after, back[one.issue])]
    return _publish(store, claims, caller, obeyed, back)


def _obeyed(present: Issue | None, wanted: Issue, former: Issue) -> bool:
    """Whether the state or the assignee is the one that a stale change gave it."""
    if present is None:
        return False
    state = _unit(present) == _unit(wanted) != _unit(former)
    return state or present.assignee == wanted.assignee != former.assignee


@record
class Seen:
    """A remote and the claims, at one time."""

    data: Oid
    claims: Oid


def known_claims(store: Store) -> Oid | None:
    """The claims as of now. Ask before fetching what shall be checked by them."""
    return store.claims().tip() if store.decides_elsewhere() else None


def note(store: Store, remote: str, theirs: Oid, claims: Oid | None) -> None:
    """Everything that the remote had at `theirs` was taken in, and `claims` had been known before."""
    if claims is not None:
        kept = {**_noted(store), remote: Seen(theirs, claims)}
        store.remember(NOTE, json.dumps({name: [one.data, one.claims] for name, one in kept.items()}).encode())


def _noted(store: Store) -> dict[str, Seen]:
    try:
        document = json.loads(store.recall(NOTE) or b"{}")
        return {str(name): Seen(Oid(data), Oid(claims)) for name, (data, claims) in document.items()}
    except (ValueError, TypeError, AttributeError):
        return {}


# --- finding ----------------------------------------------------------------------------------------------------


def _stale(
    exchange: Exchange, claims: Claims, tip: Oid | None, commits: Sequence[Oid], known: Sequence[Oid]
) -> Iterator[Stale]:
    """Of `commits` (newest first) those that moved an issue last, if they did it under tokens that are over. What lies
    behind `known` was published.
    """
    if tip is None:
        return
    authority = claims.authority(tip)
    under = {oid: [t for t in tokens_of(exchange.commit(oid).trailers) if t.authority == authority] for oid in commits}
    leases = {token.issue: claims.lease(token.issue, tip) for tokens in under.values() for token in tokens}
    over = {token for tokens in under.values() for token in tokens if token.epoch < leases[token.issue].epoch}
    for issue in sorted({token.issue for token in over}):
        run = _last_moves(exchange, issue, commits, {oid: over & {*tokens} for oid, tokens in under.items()}, known)
        if run:
            newest, oldest = exchange.commit(run[0]), exchange.commit(run[-1])
            before, after = _at(exchange, oldest.parents[0], issue), _at(exchange, newest.oid, issue)
            tokens = {token for oid in run for token in over & {*under[oid]} if token.issue == issue}
            if before and after and not _same(before, after):
                yield Stale(
                    issue=issue,
                    tokens=tuple(sorted(tokens)),
                    lease=leases[issue],
                    before=before,
                    after=after,
                    stamp=clock_of(newest),
                )


def _last_moves(
    exchange: Exchange, issue: IssueId, commits: Sequence[Oid], over: Mapping[Oid, set[Token]], known: Sequence[Oid]
) -> list[Oid]:
    """The commits that moved the issue last, newest first, as far as each was made under a token that is over."""
    run: list[Oid] = []
    for oid in commits:
        parents = exchange.commit(oid).parents
        if len(parents) != 1 or not _moved(exchange, parents[0], oid, issue):
            continue
        if not any(token.issue == issue for token in over[oid]):
            break
        if any(exchange.leads_to(newer, oid) for newer in known):
            break  # where clocks are far off, 'git rev-list' lists more than what is beyond
        run.append(oid)
    return run


def _moved(exchange: Exchange, old: Oid, new: Oid, issue: IssueId) -> bool:
    path = issue_path(issue)
    if exchange.oid_at(old, path) == exchange.oid_at(new, path):
        return False
    return not _same(_at(exchange, old, issue), _at(exchange, new, issue))


def _at(exchange: Exchange, commit: Oid, issue: IssueId) -> Issue | None:
    oid = exchange.oid_at(commit, issue_path(issue))
    with suppress(JitError):
        return decode_issue(exchange.blob(oid)) if oid else None
    return None


def _same(one: Issue | None, other: Issue | None) -> bool:
    """Whether two versions agree in what a claim is about."""
    if one is None or other is None:
        return one is other
    return _unit(one) == _unit(other) and one.assignee == other.assignee


def _unit(issue: Issue) -> dict[str, object]:
    """The state with what goes with it, as `conflicts` stores it."""
    unit: dict[str, object] = {
        "state": issue.state.value,
        "closed_at": issue.closed_at,
        "close_reason": issue.close_reason,
    }
    return {**unit, **({"resolution": issue.extra["resolution"]} if "resolution" in issue.extra else {})}


# --- saying so --------------------------------------------------------------------------------------------------


def _publish(
    store: Store, claims: Claims, caller: Caller, found: Sequence[Stale], back: Mapping[IssueId, Issue]
) -> list[str]:
    """One commit for all. It does not pass the fence: it takes nothing from whoever holds the issue by now."""
    if not found:
        return []
    request = caller.new_request()
    for _ in attempts(claims.retry_budget):
        tip = claims.tip()
        assert tip is not None, "without claims nothing is stale"
        with store.view() as view:
            plan, base = _plan(store, view, caller, found, back), view.base
        try:
            store.commit(plan, base=base, message=_message(caller, request, found), still=Still(claims.ref, tip))
        except (RefConflict, RefLocked):
            continue
        return [one.line for one in found]
    raise AssertionError("attempts end by raising")


def _plan(store: Store, view: View, caller: Caller, found: Sequence[Stale], back: Mapping[IssueId, Issue]) -> Plan:
    desk = Desk(view, Terms(now=caller.now))
    raw: dict[str, bytes | None] = {}
    for one in found:
        present, former = readable(view, one.issue), back[one.issue]
        if present is None:
            continue
        extra = {**present.extra, **{key: value for key, value in former.extra.items() if key == "resolution"}}
        desk.bring(
            replace(
                present,
                state=former.state,
                closed_at=former.closed_at,
                close_reason=former.close_reason,
                assignee=former.assignee,
                extra=extra,
            )
        )
        for conflict in _conflicts(one, former):
            raw[conflict.file] = _stored(store, view, conflict)
    return desk.overlay.plan(raw=raw, notes=tuple(desk.notes))


def _conflicts(one: Stale, former: Issue) -> Iterator[Conflict]:
    path = issue_path(one.issue)
    pairs: list[tuple[str, object, object]] = [
        ("state", _unit(former), _unit(one.after)),
        ("assignee", former.assignee, one.after.assignee),
    ]
    for name, kept, lost in pairs:
        if kept != lost:
            yield Conflict(
                path=path,
                field=(name,),
                reason=REASON,
                base=kept,
                kept=Entry(kept),
                lost=(Entry(lost, one.stamp),),
            )


def _stored(store: Store, view: View, conflict: Conflict) -> bytes:
    """The file of a conflict, together with what waits in it already."""
    earlier = None
    with suppress(JitError):
        data = store.blob_at(str(view.base), conflict.file)
        found = None if data is None else loads(data)
        earlier = found if isinstance(found, dict) else None
    return dumps(stored(conflict, earlier))


def _message(caller: Caller, request: str, found: Sequence[Stale]) -> Message:
    named = short(found[0].issue) if len(found) == 1 else f"{len(found)} issues"
    tokens = ", ".join(str(token) for one in found for token in one.tokens)
    return Message(
        op=OP,
        subject=f"{OP}: {named}",
        actor=caller.actor,
        request=request,
        at=caller.now,
        trailers={"Jit-Stale": tokens},
    )
