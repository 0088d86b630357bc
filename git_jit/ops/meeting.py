"""Two clones that each decide about claims for themselves, and had claimed the same issue when they met.

Who has it is a function of the commits of the claims alone (`reunion.winner`), so every clone finds the same, whoever
merges, in whatever order. The merge would ask a person which assignee stands; here it need not. What the others did
stays, as any edit. Their own clone ends their claim and tells them (`tentative.yield_to_others`).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from git_jit.merge import Conflict, Merged, Note
from git_jit.model import WORKING, Actor, IssueId, Oid
from git_jit.ops.fencing import tokens_of
from git_jit.ops.history import actor_of
from git_jit.ops.lineage import Lineage
from git_jit.paths import place_of
from git_jit.record import replace
from git_jit.reunion import Claimant, winner
from git_jit.store.commits import OP, REQUEST, clock_of
from git_jit.store.exchange import Exchange

CLAIM: Final = "claim"
FIELD: Final = ("assignee",)
LIVE: Final = frozenset(state.value for state in WORKING)


def settled(exchange: Exchange, lineage: Lineage, merged: Merged, ours: Oid, theirs: Oid) -> Merged:
    """What was merged, with one holder for each issue that both sides had claimed."""
    argued = [conflict for conflict in merged.conflicts if conflict.field == FIELD and place_of(conflict.path).issue]
    if not argued:
        return merged
    sides = [(ours, exchange.beyond(ours, [theirs])), (theirs, exchange.beyond(theirs, [ours]))]
    edits, notes, decided = dict(merged.edits), list(merged.notes), set[str]()
    for conflict in argued:
        found = [_claimant(exchange, lineage, conflict, tip, commits) for tip, commits in sides]
        claimants = [one for one in found if one]
        document = edits.get(conflict.path)
        if len(claimants) < len(sides) or not isinstance(document, Mapping):
            continue
        first = winner(claimants)
        other = next((one.actor for one in claimants if one is not first), first.actor)
        edits[conflict.path] = _held_by(document, first.actor)
        edits[conflict.file] = lineage.read(ours, conflict.file)
        decided.add(conflict.file)
        notes.append(Note(conflict.path, FIELD, f"claimed by '{first.actor}' and by '{other}'; it is '{first.actor}'s"))
    conflicts = tuple(one for one in merged.conflicts if one.file not in decided)
    count = replace(merged.statistics, decisions=len({one.file for one in conflicts}))
    return replace(merged, edits=edits, notes=tuple(notes), conflicts=conflicts, statistics=count)


def _held_by(document: Mapping[str, Any], actor: Actor) -> Mapping[str, Any]:
    """The document itself where it says so already: its blob is there."""
    return document if document.get("assignee") == actor else {**document, "assignee": actor}


def _claimant(
    exchange: Exchange, lineage: Lineage, conflict: Conflict, tip: Oid, commits: Sequence[Oid]
) -> Claimant | None:
    """Who works on the issue by the account of one side, if they claimed it since both sides were one."""
    issue, document = place_of(conflict.path).issue, lineage.read(tip, conflict.path)
    if issue is None or not isinstance(document, Mapping) or document.get("state") not in LIVE:
        return None
    found = [one for one in _claims(exchange, issue, commits) if one.actor == document.get("assignee")]
    return winner(found) if found else None


def _claims(exchange: Exchange, issue: IssueId, commits: Sequence[Oid]) -> Iterator[Claimant]:
    for oid in commits:
        commit = exchange.commit(oid)
        if commit.trailers.get(OP) != CLAIM:
            continue
        for token in tokens_of(commit.trailers):
            if token.issue == issue:
                yield Claimant(
                    actor=Actor(actor_of(commit)),
                    epoch=token.epoch,
                    clock=clock_of(commit),
                    op_id=commit.trailers.get(REQUEST, ""),
                )
