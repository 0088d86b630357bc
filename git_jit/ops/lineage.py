"""The history of a clone as the semantic merge asks for it: trees by name, documents by path, clocks, common ancestors.

Two things are told differently from what the commits say. What was left out of a fetched commit (`judging`) is there as
it is here, so that it cannot win or lose anything. And a commit of the remote that says all that some local commits say
(a proposal that the host merged by squash or rebase) counts as built on them; else the same change, made twice, would
argue with itself (`superseding`).
"""

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from typing import Final

from git_jit import canonical
from git_jit.canonical import Malformed
from git_jit.merge import Opaque, Stamp, Value
from git_jit.model import Oid
from git_jit.record import record
from git_jit.store import commits
from git_jit.store.exchange import Exchange

MOST: Final = 1_000
"""Commits on either side among which equal content is looked for; beyond, the histories are merged as they are."""


@record
class Graft:
    """The remote's commit `onto` holds everything that the local commit `commit` holds."""

    onto: Oid
    commit: Oid


class Lineage:
    """`merge.History` over the commits of a clone."""

    def __init__(
        self,
        exchange: Exchange,
        *,
        ours: Oid | None = None,
        theirs: Oid | None = None,
        hidden: Collection[str] = (),
        graft: Graft | None = None,
    ) -> None:
        """`hidden` are paths of `theirs` that are to be seen as they are in `ours`."""
        self._exchange = exchange
        self._ours = ours
        self._theirs = theirs
        self._hidden = hidden
        self._graft = graft
        self._values: dict[Oid, Value] = {}
        self.names: dict[int, Oid] = {}
        """The blob that each value was read from, by the identity of the value; all of them live as long as this."""

    def merge_bases(self, one: Sequence[Oid], other: Sequence[Oid]) -> Sequence[Oid]:
        found = self._exchange.bases(one, other) if one and other else []
        if self._graft is None:
            return found
        for side, opposite in ((one, other), (other, one)):
            if any(self._exchange.leads_to(commit, self._graft.onto) for commit in side):
                found = [*found, *self._exchange.bases(opposite, [self._graft.commit])]
        return self._exchange.independent(list(dict.fromkeys(found)))

    def order(self, commit: Oid) -> str:
        return commit

    def parents(self, commit: Oid) -> Sequence[Oid]:
        parents = self._exchange.commit(commit).parents
        return (*parents, self._graft.commit) if self._graft and commit == self._graft.onto else parents

    def clock(self, commit: Oid) -> Stamp:
        return commits.clock_of(self._exchange.commit(commit))

    def changed(self, one: Oid | None, other: Oid | None) -> Iterable[str]:
        if other is None:
            one, other = other, one
        if other is None:
            return []
        return [change.path for change in self._exchange.changed(one, other)]

    def version(self, commit: Oid, path: str) -> Hashable:
        return self._oid(commit, path)

    def read(self, commit: Oid, path: str) -> Value:
        oid = self._oid(commit, path)
        if oid is None:
            return None
        if oid not in self._values:
            value = decoded(oid, next(self._exchange.blobs([oid])))
            self._values[oid] = value
            self.names[id(value)] = oid
        return self._values[oid]

    def _oid(self, commit: Oid, path: str) -> Oid | None:
        if commit == self._theirs and path in self._hidden:
            return self._exchange.oid_at(self._ours, path) if self._ours else None
        return self._exchange.oid_at(commit, path)


def decoded(oid: Oid, data: bytes | None) -> Value:
    """A blob as the merge wants it."""
    try:
        document = None if data is None else canonical.loads(data)
    except Malformed:
        document = None
    return document if isinstance(document, dict) else Opaque(oid)


# --- equal content --------------------------------------------------------------------------------------


def superseding(exchange: Exchange, ours: Oid, theirs: Oid) -> Graft | None:
    """The newest local commit all of whose changes some commit of the remote holds too, byte for byte, and that one.

    This is what is left of a proposal that a host merged by squash or rebase, also when more was done on top of either.
    """
    bases = exchange.bases([ours], [theirs])
    if len(bases) != 1:
        return None
    local = exchange.beyond(ours, [theirs], first_parents=True)
    remote = exchange.beyond(theirs, [ours])
    if not local or not remote or max(len(local), len(remote)) > MOST:
        return None
    introduced = _introduced(exchange, remote)
    for commit in local:
        if not _may_be_held(exchange, commit, bases[0], introduced):
            continue
        wanted = {change.path: change.new for change in exchange.changed(bases[0], commit)}
        if wanted and all((path, oid) in introduced for path, oid in wanted.items()):
            onto = next((other for other in remote if _holds(exchange, other, wanted)), None)
            if onto:
                return Graft(onto, commit)
    return None


def _introduced(exchange: Exchange, remote: Iterable[Oid]) -> set[tuple[str, Oid | None]]:
    """Every version of every path that came with one of these commits."""
    found: set[tuple[str, Oid | None]] = set()
    for commit in remote:
        for parent in exchange.commit(commit).parents[:1] or (None,):
            found.update((change.path, change.new) for change in exchange.changed(parent, commit))
    return found


def _may_be_held(exchange: Exchange, commit: Oid, base: Oid, introduced: Collection[tuple[str, Oid | None]]) -> bool:
    """A cheap no: what the commit itself brought must be with the remote, or be as it was in the base. Comparing with
    its parent reads a few directories; with the base, one for each change since.
    """
    parent = next(iter(exchange.commit(commit).parents), None)  # clocks far off make 'git rev-list' list too much
    return all(
        (change.path, change.new) in introduced or exchange.oid_at(base, change.path) == change.new
        for change in exchange.changed(parent, commit)
    )


def _holds(exchange: Exchange, commit: Oid, wanted: Mapping[str, Oid | None]) -> bool:
    return all(exchange.oid_at(commit, path) == oid for path, oid in wanted.items())
