"""What an agent must know of the state before it begins: counts, what is its own, what is ready, what waits."""

from collections.abc import Mapping
from typing import Final

from git_jit.condition import All, OneOf
from git_jit.model import WORKING, Actor, IssueId, Oid, State, Timestamp
from git_jit.ops.apart import decisions
from git_jit.ops.queries import ORDERS, Asker, Question, Wanted, select
from git_jit.record import record
from git_jit.store import Store
from git_jit.view import Row, Selection, View

SHOWN: Final = 5
"""Issues of each list: enough to begin with; `ready` lists all."""


@record(kw_only=True)
class Listed:
    """The first of some issues, and how many there are."""

    rows: tuple[Row, ...]
    total: int

    def to_json(self) -> dict[str, object]:
        first = [{"id": row.id, "title": row.title, "state": row.state, "priority": row.priority} for row in self.rows]
        return {"total": self.total, "first": first}


@record(kw_only=True)
class Briefing:
    """The state at this moment."""

    actor: Actor | None
    """None where nobody knows who asks."""
    base: Oid | None
    states: Mapping[State, int]
    ready: Listed
    mine: Listed
    """What the actor has begun and not finished, claimed or only assigned."""
    tokens: Mapping[IssueId, str]
    """Of those of `mine` on which the actor holds the lease."""
    conflicts: int
    unreadable: int

    @property
    def health(self) -> str:
        """What can be told without looking around the issues, as `git jit health` does."""
        return "readable" if not self.unreadable else "damaged"

    def to_json(self) -> dict[str, object]:
        return {
            "actor": self.actor,
            "base": self.base,
            "health": self.health,
            "states": {state: self.states.get(state, 0) for state in State},
            "mine": self.mine.to_json(),
            "tokens": dict(self.tokens),
            "ready": self.ready.to_json(),
            "conflicts": self.conflicts,
            "unreadable": self.unreadable,
        }


def brief(store: Store, view: View, actor: Actor | None, now: Timestamp, *, session: str = "") -> Briefing:
    """Look at a view of the store: what a list reads, and which decisions of merges wait. Changes nothing."""
    asker = Asker(me=lambda: actor or Actor(""), now=now)
    counts = view.values("state")
    mine = _listed(view, _begun(view, actor)) if actor else Listed(rows=(), total=0)
    return Briefing(
        actor=actor,
        base=view.base,
        states={state: counts[state] for state in State if state in counts},
        ready=_listed(view, select(view, Wanted(question=Question.READY, limit=SHOWN), asker)),
        mine=mine,
        tokens=_tokens(store, actor, session, mine) if actor else {},
        conflicts=decisions(store, view.base) if view.base else 0,
        unreadable=len(view.broken()),
    )


def _begun(view: View, actor: Actor) -> Selection:
    working = OneOf("state", tuple(sorted(state.value for state in WORKING)))
    return view.select(All((working, OneOf("assignee", (actor,)))), sort=ORDERS[Question.READY], limit=SHOWN)


def _listed(view: View, found: Selection) -> Listed:
    return Listed(rows=tuple(view.rows(found.ids)), total=found.total)


def _tokens(store: Store, actor: Actor, session: str, mine: Listed) -> dict[IssueId, str]:
    """The tokens that the actor may go on with. Claims are only opened where something was claimed."""
    if not mine.rows or not store.has_claims():
        return {}
    from git_jit.leases import Token

    claims = store.claims()
    tip = claims.tip()
    me = claims.holder(actor, session)
    held = claims.leases(tip, [row.id for row in mine.rows])
    return {
        id: str(Token(claims.authority(tip), id, lease.epoch))
        for id, lease in held.items()
        if lease.holder is not None and lease.holder.is_same(me)
    }
