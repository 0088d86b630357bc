"""Putting claims together again after the remote that decides about them lost some: rewound, deleted, or made anew.

Until then no token counts (`fencing`), for nobody can tell what was decided on what is gone. The way back is one pushed
commit that leads to what the remote has and to what it had (reliability.md 6.5). Tokens that both agree about are good
again; of two that were given under one number none is.
"""

from git_jit.leases import Lease
from git_jit.model import Caller, IssueId, Message, Oid
from git_jit.ops.attempts import attempts
from git_jit.ops.holding import EvictRefused
from git_jit.record import record
from git_jit.reunion import rejoined
from git_jit.store import RefConflict, RefLocked, Store
from git_jit.store.claims import Claims, lease_path
from git_jit.store.leaserecords import encode
from git_jit.store.remoteclaims import RemoteChain

OP = "claim-rejoin"


@record(kw_only=True)
class Rejoined:
    """What came of it."""

    commit: Oid | None = None
    """None: nothing was lost."""
    ended: tuple[IssueId, ...] = ()
    """Issues whose claims are over by it."""

    def to_json(self) -> dict[str, object]:
        return {"commit": self.commit, "ended": list(self.ended)}


def rejoin(store: Store, caller: Caller) -> Rejoined:
    """Let the remote that decides about claims have what it lost. For people: it may end claims of others.

    Raises `EvictRefused`, `AuthorityUnreachable`, `OutcomeUnknown`.
    """
    if caller.actor.startswith("agent:"):
        raise EvictRefused(
            f"'{caller.actor}' may not put claims together again; that is for people",
            hint="'git jit claim list' shows what was last seen",
        )
    claims = store.claims()
    chain = claims.chain
    if not isinstance(chain, RemoteChain):
        return Rejoined()  # this clone decides by itself, and 'recover' brings back what it lost
    request = caller.new_request()
    for _ in attempts(claims.retry_budget):
        known, found = chain.known(), chain.fetched()
        if known is None or (found is not None and not claims.suspended and chain.leads_to(found, known)):
            chain.prepare()
            return Rejoined()
        merged, ended = _merged(claims, known, found)
        edits = {lease_path(id): encode(lease) for id, lease in merged.items()}
        said = Message(op=OP, subject=f"{OP}: {chain.remote}", actor=caller.actor, request=request, at=caller.now)
        try:
            return Rejoined(commit=chain.rejoin(edits, found, known, said), ended=ended)
        except (RefConflict, RefLocked):
            continue
    raise AssertionError("attempts end by raising")


def _merged(claims: Claims, known: Oid, found: Oid | None) -> tuple[dict[IssueId, Lease], tuple[IssueId, ...]]:
    """The leases that are to be written, and those that ended."""
    had = claims.every(known)
    if found is None:
        return {}, ()
    has = claims.every(found)
    same = claims.authority(known) == claims.authority(found)
    whole = {id: rejoined(had.get(id), has.get(id), one_authority=same) for id in sorted(had.keys() | has.keys())}
    ended = [
        id for id, lease in whole.items() if lease.is_free and not all(_is_free(side.get(id)) for side in (had, has))
    ]
    return {id: lease for id, lease in whole.items() if lease != has.get(id)}, tuple(ended)


def _is_free(lease: Lease | None) -> bool:
    return lease is None or lease.is_free
