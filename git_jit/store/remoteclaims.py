"""Claims that a remote decides about: each is a commit on the fetched tip, pushed without force.

The remote compares the tip that we built upon under its own lock and moves its reference, or refuses: that is the
compare-and-swap, and it has one winner. What was fetched is kept at `refs/jit-in/<remote>/claims`. Success is told only
after git said so, or after the chain was seen to hold our request: of 100 killed pushes 35 had moved the remote
(reliability.md F6).
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import TYPE_CHECKING, Final

from git_jit.canonical import Malformed, dumps
from git_jit.errors import JitError, NetworkError
from git_jit.model import Message, Oid
from git_jit.paths import CLAIMS
from git_jit.store import RefConflict, RefRewound, tree
from git_jit.store.budgets import Limits
from git_jit.store.chain import GitChain, moved
from git_jit.store.claims import SUSPENDED
from git_jit.store.commits import REQUEST
from git_jit.store.fetching import ABSENT, TRUSTING, require_absent
from git_jit.store.fetching import OPTIONS as FETCH
from git_jit.store.highwater import is_ancestor
from git_jit.store.leaserecords import decode
from git_jit.store.process import Finished
from git_jit.store.pushing import BUSY, OPTIONS, RACE, rejection
from git_jit.store.remote import Remote, RemoteRefused, named, talk
from git_jit.store.retrying import Applied, NotApplied, Reading, Settled, World, Writing, at_remote
from git_jit.store.tracking import read_noted, settle

if TYPE_CHECKING:  # which makes them
    from git_jit.store.repository import Repository

SEARCHED: Final = 1000
"""Commits looked through for a request whose outcome is in doubt: more claims than pass in the time of one push."""


RACES: Final = 5


class AuthorityUnreachable(NetworkError):
    """The remote that decides about claims did not answer, so nobody may be promised anything."""

    code = "authority_unreachable"


class RemoteChain(GitChain):
    """`Chain` on a remote, with a copy of what was last seen of it."""

    def __init__(self, repository: "Repository", remote: str) -> None:
        super().__init__(repository, f"refs/jit-in/{remote}/claims")
        self.remote = remote

    @property
    def retry_budget(self) -> float:
        return self._repository.layout.budgets.remote

    def turn(self) -> AbstractContextManager[object]:
        """None: the remote keeps the order, and writers of this clone must not wait for a network."""
        self._repository.require_writable()
        return nullcontext()

    def prepare(self) -> Oid | None:
        """Fetch the claims. Raises `AuthorityUnreachable`, and `RefRewound` where the remote lost some."""
        before = self.known()
        tip = self.fetched()
        if before is not None and tip != before and self._is_lost(before, tip):
            self.save(SUSPENDED, dumps({"schema": 1, "found": tip, "known": before}))
            raise RefRewound(
                f"the remote '{self.remote}' lost claims: it does not lead to '{before[:10]}' any more",
                hint="'git jit claim rejoin' puts together what it had and what it has; until then no claim is good",
                details={"remote": self.remote, "published": before, "found": tip},
            )
        self._trust(tip)
        return tip

    def known(self) -> Oid | None:
        """The newest commit that the remote was ever seen to have: the high-water mark."""
        noted = read_noted(self._repository.layout.common_dir).get(self.ref)
        return noted.seen if noted and noted.seen else self.tip()

    def fetched(self) -> Oid | None:
        """What the remote has now, good or not. Raises `AuthorityUnreachable`."""
        incoming = f"{self.ref}-fetched"
        try:
            found = at_remote(self._door(), lambda limits: self._fetch(incoming, limits), Reading(), world=self._world)
        except (NetworkError, RemoteRefused) as error:
            raise self._unreachable(error) from error
        return None if found.status else self._repository.backend.ref(incoming)

    def leads_to(self, newer: Oid, older: Oid) -> bool:
        """Whether `older` is `newer` or lies behind it."""
        return newer == older or is_ancestor(self._repository, older, newer)

    def _is_lost(self, before: Oid, tip: Oid | None) -> bool:
        """Whether something that was published is not there any more: a commit, the record of a lease, an epoch."""
        if tip is None or not self.leads_to(tip, before):
            return True
        trees = [self._repository.read_commit(oid).tree for oid in (before, tip)]
        changed = [change.path for change in tree.diff(self._repository.backend, *trees)]
        older, newer = self.read_all(before, changed), self.read_all(tip, changed)
        return any(_epoch(newer.get(path)) < _epoch(data) for path, data in older.items())

    def _trust(self, tip: Oid | None) -> None:
        """Nothing was lost: go on from there."""
        if self.load(SUSPENDED) is not None:
            self.save(SUSPENDED, None)
        if tip is not None:
            self._advance(self.tip(), tip)

    def rejoin(self, edits: Mapping[str, bytes], found: Oid | None, known: Oid, message: Message) -> Oid:
        """One commit that leads to both what the remote has (`found`) and what it had (`known`), pushed without force:
        the tree of `found` (without one, of `known`) with `edits`. Raises as `publish` does.
        """
        repository = self._repository
        repository.require_writable()
        apart = found is not None and not self.leads_to(known, found)
        parents = [repository.read_commit(oid) for oid in ((found, known) if apart and found else (known,))]
        root, objects = tree.splice(repository.backend, parents[0].tree, dict(edits))
        commit, _ = repository.compose(root, parents[0], message, also=parents[1:])
        repository.backend.write([*objects, commit], repository.durability)
        pushed = self._push(commit.oid, found, message.request)
        self._trust(pushed)
        return pushed

    def publish(self, edits: Mapping[str, bytes], base: Oid | None, message: Message) -> Oid:
        """One commit on the remote, or `RefConflict`. Raises `AuthorityUnreachable`, `OutcomeUnknown`."""
        repository = self._repository
        repository.require_writable()
        parent = None if base is None else repository.read_commit(base)
        root, objects = tree.splice(repository.backend, parent.tree if parent else None, dict(edits))
        commit, _ = repository.compose(root, parent, message)
        repository.backend.write([*objects, commit], repository.durability)
        published = self._push(commit.oid, base, message.request)
        self._advance(self.tip(), published)
        return published

    def _push(self, new: Oid, base: Oid | None, request: str) -> Oid:
        """Let the remote have `new`, if it still is at `base`: the compare-and-swap. Raises as `publish` does."""

        def attempt(limits: Limits) -> Oid:
            # Expected absent: two first commits have no common parent, and the second must not win.
            lease = [f"--force-with-lease={CLAIMS}:"] if base is None else []
            done = talk(
                self._door(),
                "push",
                (*OPTIONS, *lease),
                [f"{new}:{CLAIMS}"],
                limits=limits,
                settings=[f"remote.{self.remote}.mirror=false"],
                answers=lambda done: rejection(done) is not None,
            )
            reason = rejection(done)
            if reason is None:
                return new
            if any(word in reason for word in (*RACE, *BUSY)):
                raise moved(CLAIMS, base, None)
            raise RemoteRefused(
                f"the remote '{self.remote}' refuses '{CLAIMS}': {reason}",
                hint="'git jit config get jit.claim.authority' names who decides about claims",
                details={"remote": self.remote, "reason": reason},
            )

        def look() -> Settled[Oid | RefConflict]:
            tip = self.fetched()
            return Applied(new) if tip and self._holds(tip, new, request) else NotApplied()

        try:
            published = at_remote(self._door(), _racing(attempt), Writing(request, look), world=self._world)
        except NetworkError as error:
            raise self._unreachable(error) from error
        if isinstance(published, RefConflict):
            raise published
        return published

    @property
    def _world(self) -> World | None:
        return self._repository.world

    def _door(self) -> Remote:
        repository = self._repository
        return named(self.remote, repository.layout, repository.environ, repository.config)

    def _fetch(self, incoming: str, limits: Limits) -> Finished:
        done = talk(
            self._door(),
            "fetch",
            FETCH,
            [f"+{CLAIMS}:{incoming}"],
            limits=limits,
            settings=[TRUSTING],
            answers=lambda done: ABSENT in done.err,
        )
        if done.status and self.known() is not None:
            require_absent(self._door(), CLAIMS, limits)
        return done

    def _advance(self, before: Oid | None, tip: Oid) -> None:
        """Let our copy follow. Another process of this clone may have been faster, and seen more."""
        from git_jit.store.anchors import committer

        settle(self._repository, self.ref, seen=tip)
        for _ in range(RACES):
            if before == tip or (before and is_ancestor(self._repository, tip, before)):
                return
            with suppress(RefConflict):
                self._repository.backend.swap(self.ref, tip, before, committer=committer(), message="jit: claims")
                return
            before = self.tip()

    def _holds(self, tip: Oid, commit: Oid, request: str) -> bool:
        here: Oid | None = tip
        for _ in range(SEARCHED):
            if here is None:
                return False
            found = self._repository.read_commit(here)
            if found.oid == commit or found.trailers.get(REQUEST) == request:
                return True
            here = found.parents[0] if found.parents else None
        return False

    def _unreachable(self, error: JitError) -> AuthorityUnreachable:
        return AuthorityUnreachable(
            f"who decides about claims cannot be asked: {error.message}",
            hint="'--tentative' notes a claim that promises nothing; 'git jit claim list' shows what was last seen",
            details={"remote": self.remote, "cause": error.code},
        )


def _epoch(data: bytes | None) -> int:
    """The epoch of a stored lease; lower than any for one that is gone or cannot be read."""
    try:
        return -1 if data is None else decode(data).epoch
    except Malformed:
        return -1


def _racing(attempt: Callable[[Limits], Oid]) -> Callable[[Limits], Oid | RefConflict]:
    """A lost race is an answer, not a failure of the connection: it is not tried again here."""

    def run(limits: Limits) -> Oid | RefConflict:
        try:
            return attempt(limits)
        except RefConflict as lost:
            return lost

    return run
