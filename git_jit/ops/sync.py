"""Keeping clones alike: what others published comes in, what was done here goes out, and nobody's work is lost.

`sync` is fetch, merge, push, and again when somebody else was faster. Nothing is overwritten on either side: the remote
takes only what leads on from what it has, and here the reference moves to what holds everything. A remote that lost
what it had is not followed before a person has said how: `Lost.REJOIN` puts together what it has now and what it had,
`Lost.ADOPT` takes what it has now, which is refused while something here was never published.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Final

from git_jit.errors import Contention, NotFound, Refused
from git_jit.model import Caller, Message, Oid, Progress, ignore
from git_jit.ops.circles import open_circles
from git_jit.ops.merging import Decision, HistoryShort, How, Taken, bring_in
from git_jit.ops.reviewing import ReviewMode, require_direct
from git_jit.ops.stale import known_claims, mark_own, mark_theirs
from git_jit.ops.stale import note as note_published
from git_jit.ops.tentative import Offered, offer, reports, tell, yield_to_others
from git_jit.record import record, replace
from git_jit.store import NoRepository, Store
from git_jit.store.exchange import Exchange
from git_jit.store.fetching import Fetched
from git_jit.store.pushing import Answer
from git_jit.store.remote import Remote

__all__ = [
    "ROUNDS",
    "Decision",
    "Fetched",
    "How",
    "Lost",
    "NoIssuesThere",
    "PushRejected",
    "RemoteLost",
    "SyncContended",
    "Synced",
    "Taken",
    "fetch",
    "pull",
    "push",
    "sync",
    "take_up",
]

ROUNDS: Final = 5
FIRST_PAUSE_S: Final = 0.2
MAX_PAUSE_S: Final = 3.0
"""Bounds of the pause between rounds, drawn evenly from zero and doubling: a round at a host takes about a second."""


class Lost(StrEnum):
    """What to do about a remote that lost what it had."""

    ASK = "ask"
    REJOIN = "rejoin"
    ADOPT = "adopt"


class RemoteLost(Refused):
    """The remote does not lead any more to what it was seen to have: somebody rewrote or deleted it."""

    code = "remote_lost"


class Unpublished(Refused):
    """Something was done here that is nowhere else, and would be dropped."""

    code = "unpublished"


class NoIssuesThere(NotFound):
    """The remote has no issues."""

    code = "no_issues_there"


class PushRejected(Contention):
    """The remote has something that is not here yet."""

    code = "push_rejected"


class SyncContended(Contention):
    """Others pushed in every round."""

    code = "sync_contended"


@record(kw_only=True)
class Synced:
    """What a sync, or a part of it, has done."""

    remote: str
    fetched: Fetched | None = None
    taken: Taken | None = None
    pushed: Oid | None = None
    """The commit that the remote was shown to have; None: nothing had to go out."""
    rounds: int = 1
    claims: tuple[Offered, ...] = ()
    """What became of claims that others made too, or that nobody had been asked about."""
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, object]:
        return {
            "remote": self.remote,
            "tip": self.fetched.tip if self.fetched else None,
            "taken": self.taken.to_json() if self.taken else None,
            "pushed": self.pushed,
            "rounds": self.rounds,
            **({"claims": [one.to_json() for one in self.claims]} if self.claims else {}),
        }


def exchange_of(store: Store) -> Exchange:
    """Raises `NoRepository` where there is nothing to share."""
    exchange = store.exchange()
    if exchange is None:
        raise NoRepository("there is no clone here that could be shared")
    return exchange


# --- the parts ------------------------------------------------------------------------------------------


def fetch(store: Store, name: str | None = None, *, lost: Lost = Lost.ASK) -> Synced:
    """Fetch what a remote has, and bring nothing in. Raises `RemoteLost`, `NoIssuesThere` and network errors."""
    exchange = exchange_of(store)
    remote = exchange.remote(name)
    fetched = _fetch(exchange, remote, lost)
    if fetched.tip is None:
        raise _nothing_there(remote)
    return Synced(remote=remote.name, fetched=fetched)


def pull(
    store: Store,
    caller: Caller,
    name: str | None = None,
    *,
    lost: Lost = Lost.ASK,
    progress: Callable[[Progress], None] = ignore,
) -> Synced:
    """Fetch what a remote has, and bring it in. Raises as `fetch` and `bring_in` do."""
    exchange = exchange_of(store)
    remote = exchange.remote(name)
    claims = known_claims(store)
    fetched = _fetch(exchange, remote, lost)
    if fetched.tip is None:
        raise _nothing_there(remote)
    taken, notes = _bring_in(store, exchange, caller, remote, fetched, lost, claims, progress)
    done = Synced(remote=remote.name, fetched=fetched, taken=taken, notes=tuple(notes))
    return _with_claims(store, caller, done, [])


def push(store: Store, caller: Caller, name: str | None = None, *, mode: ReviewMode = ReviewMode.OFF) -> Synced:
    """Publish what is here, if it leads on from what the remote has.

    Raises `PushRejected` if it does not, `ReviewRequired`, and what `pushing.push` raises.
    """
    require_direct(mode)
    exchange = exchange_of(store)
    remote = exchange.remote(name)
    marked = mark_own(store, exchange, caller, exchange.tracked(remote.name)[0].tip)
    tip = _tip(store)
    pushed = exchange.push(remote, tip, request=caller.new_request())
    if pushed.answer is Answer.BEHIND:
        raise PushRejected(
            f"the remote '{remote.name}' has something that is not here yet",
            hint=f"'git jit sync {remote.name}' brings both together",
            details={"remote": remote.name, "commit": tip},
        )
    return Synced(remote=remote.name, pushed=tip, notes=(*marked, *_review_note(mode)))


def sync(
    store: Store,
    caller: Caller,
    name: str | None = None,
    *,
    mode: ReviewMode = ReviewMode.OFF,
    lost: Lost = Lost.ASK,
    progress: Callable[[Progress], None] = ignore,
) -> Synced:
    """Bring in what a remote has, and publish what is here, until both are the same commit.

    Raises `SyncContended` after `ROUNDS`, `ReviewRequired` if something would have to go out and may not, and what the
    parts raise.
    """
    exchange = exchange_of(store)
    remote = exchange.remote(name)
    request, first = caller.new_request(), None
    offered = offer(store, caller)  # first: who has the issue decides what may be published
    opened: tuple[str, ...] = ()
    for number in range(1, ROUNDS + 1):
        progress(Progress(f"sync with '{remote.name}'", number, ROUNDS))
        claims = known_claims(store)
        fetched = _fetch(exchange, remote, lost)
        taken, marked = _bring_in(store, exchange, caller, remote, fetched, lost, claims, progress)
        first = _together(first, taken)
        opened += (*marked, *open_circles(store, caller))
        tip = _tip(store)
        notes = (*opened, *_review_note(mode))
        done = Synced(remote=remote.name, fetched=fetched, taken=first, rounds=number, notes=notes)
        if tip == fetched.tip:
            return _with_claims(store, caller, replace(done, notes=opened), offered)
        require_direct(mode)
        if exchange.push(remote, tip, request=request).answer is Answer.DONE:
            return _with_claims(store, caller, replace(done, pushed=tip), offered)
        _pause(exchange, number)
    raise SyncContended(
        f"others pushed to '{remote.name}' in each of {ROUNDS} rounds",
        hint="run the same command again; what was fetched is merged already",
        details={"remote": remote.name, "rounds": ROUNDS},
    )


def take_up(store: Store, caller: Caller, *, remote: str | None = None) -> Taken | None:
    """Bring in what git has fetched already, if the tracking reference of `remote` (the one that is synced with)
    moved since it was last looked at. Never asks the network. None if there was nothing to do.

    Raises `JitError` when it cannot be brought in; it is not tried again by itself then.
    """
    exchange = store.exchange()
    found = exchange.news(remote) if exchange and exchange.auto_merge else None
    if exchange is None or found is None:
        return None
    before = exchange.known(found.remote)
    exchange.settle(found.remote, taken=found.tip)  # whatever becomes of it: a command that fails must not fail again
    if before is not None and not exchange.leads_to(found.tip, before):
        raise _lost_error(Fetched(found.remote, found.tip, before, lost=True, kept=exchange.keep(found.remote, before)))
    taken, notes = _checked(store, exchange, caller, found.remote, found.tip, ask=False)
    exchange.settle(found.remote, taken=found.tip, seen=found.tip)
    notes += reports(yield_to_others(store, caller), caller)
    notes += (one.line for one in tell(store, caller))
    if taken.how is How.NOTHING and not notes:
        return None
    return replace(taken, warnings=(*taken.warnings, *notes))


# --- steps ----------------------------------------------------------------------------------------------


def _fetch(exchange: Exchange, remote: Remote, lost: Lost) -> Fetched:
    fetched = exchange.fetch(remote, follow=lost is not Lost.ASK)
    if fetched.lost and lost is Lost.ASK:
        raise _lost_error(fetched)
    return fetched


def _lost_error(fetched: Fetched) -> RemoteLost:
    before = fetched.before[:10] if fetched.before else "nothing"
    now = f"is at '{fetched.tip[:10]}', which does not lead there" if fetched.tip else "has no issues any more"
    return RemoteLost(
        f"the remote '{fetched.remote}' lost history: it had '{before}', and {now}",
        hint=f"'git jit sync {fetched.remote} --rejoin' puts together what it had and what it has; "
        f"'git jit sync {fetched.remote} --adopt' goes on with what it has",
        details={
            "remote": fetched.remote,
            "had": fetched.before,
            "has": fetched.tip,
            "kept": fetched.kept,
        },
    )


def _nothing_there(remote: Remote) -> NoIssuesThere:
    return NoIssuesThere(
        f"the remote '{remote.name}' has no issues",
        hint=f"'git jit sync {remote.name}' publishes those of this clone",
        details={"remote": remote.name},
    )


def _bring_in(
    store: Store,
    exchange: Exchange,
    caller: Caller,
    remote: Remote,
    fetched: Fetched,
    lost: Lost,
    claims: Oid | None,
    progress: Callable[[Progress], None],
) -> tuple[Taken | None, list[str]]:
    """None if the remote has nothing. `claims`: those that were known before it was asked."""
    if fetched.lost and lost is Lost.ADOPT and fetched.tip:
        return _adopt(exchange, caller, remote, fetched, fetched.tip), []
    if fetched.lost and fetched.before:
        bring_in(store, exchange, caller, remote.name, fetched.before, progress=progress)
    if fetched.tip is None:
        return None, mark_own(store, exchange, caller, None)
    try:
        taken, notes = _checked(store, exchange, caller, remote.name, fetched.tip, progress)
    except HistoryShort:
        exchange.fetch(remote, deep=True, follow=lost is not Lost.ASK)
        taken, notes = _checked(store, exchange, caller, remote.name, fetched.tip, progress)
    exchange.settle(remote.name, taken=fetched.tip)
    note_published(store, remote.name, fetched.tip, claims)
    return taken, notes


def _checked(
    store: Store,
    exchange: Exchange,
    caller: Caller,
    remote: str,
    theirs: Oid,
    progress: Callable[[Progress], None] = ignore,
    *,
    ask: bool = True,
) -> tuple[Taken, list[str]]:
    """`bring_in`, with what was done on either side under claims that are over marked."""
    notes = mark_own(store, exchange, caller, theirs, ask=ask)
    ours = exchange.tip()
    taken = bring_in(store, exchange, caller, remote, theirs, progress=progress)
    return taken, notes + mark_theirs(store, exchange, caller, remote, theirs, ours)


def _adopt(exchange: Exchange, caller: Caller, remote: Remote, fetched: Fetched, tip: Oid) -> Taken:
    """Go on with what the remote has now, unless something here is nowhere else. Raises `Unpublished`."""
    ours = exchange.tip()
    if ours is not None and (fetched.before is None or not exchange.leads_to(fetched.before, ours)):
        raise Unpublished(
            f"there are commits here that '{remote.name}' never had",
            hint=f"'git jit sync {remote.name} --rejoin' keeps them; 'git jit bundle' puts them into a file first",
            details={"remote": remote.name, "ours": ours, "had": fetched.before},
        )
    message = Message(
        op="adopt",
        subject=f"adopt {remote.name}",
        actor=caller.actor,
        request=caller.new_request(),
        at=caller.now,
    )
    after = exchange.advance(tip, base=ours, message=message)
    exchange.settle(remote.name, taken=tip, seen=tip)
    return Taken(remote=remote.name, how=How.REPLACED, before=ours, after=after)


def _with_claims(store: Store, caller: Caller, done: Synced, offered: list[Offered]) -> Synced:
    """With what became of claims: those of others as notes, and the caller's own, which are told once."""
    found = [*offered, *yield_to_others(store, caller)]
    told = tell(store, caller)
    others = [one for one in found if one.won or one.actor != caller.actor]
    notes = (*done.notes, *reports(found, caller), *(one.line for one in told))
    return replace(done, claims=(*others, *told), notes=notes)


def _together(first: Taken | None, second: Taken | None) -> Taken | None:
    """What two rounds took over, as one."""
    if first is None or second is None or second.how is How.NOTHING:
        return first or second
    if first.how is How.NOTHING:
        return second
    return replace(
        second,
        how=first.how if second.how is How.FORWARDED else second.how,
        before=first.before,
        issues=tuple(sorted({*first.issues, *second.issues})),
        decisions=(*first.decisions, *second.decisions),
        left_out=(*first.left_out, *second.left_out),
        warnings=(*first.warnings, *second.warnings),
    )


def _tip(store: Store) -> Oid:
    """Where the issues are. Raises `NotInitialised` or `RefMissing`."""
    with store.view() as view:
        assert view.base is not None
        return view.base


def _review_note(mode: ReviewMode) -> tuple[str, ...]:
    return ("changes are meant to be proposed here: 'git jit propose'",) if mode is ReviewMode.PROPOSE else ()


def _pause(exchange: Exchange, number: int) -> None:
    from random import uniform

    exchange.sleep(uniform(0, min(FIRST_PAUSE_S * 2**number, MAX_PAUSE_S)))
