"""The tracker in a git repository: one reference, one tree of blobs, one commit for each change.

Everything that is the same for all back ends starts here: what a plan writes where, and the order of a write. How
objects and references are reached is the back end's business; how a change becomes certain is `publish`'s; history
is read by `revisions`, and what follows a write is `housekeeping`.
"""

import sys
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Self

from git_jit import log
from git_jit.config import Config
from git_jit.errors import Refused
from git_jit.model import Commit, FileChange, Message, Oid, PathChange
from git_jit.paths import CLAIMS
from git_jit.record import replace
from git_jit.store import RefConflict
from git_jit.store.backend import Backend, Durability, Kind, Object, Still
from git_jit.store.backends import BackendName, open_backend, queue_of
from git_jit.store.budgets import budgets
from git_jit.store.configfile import Entries
from git_jit.store.gitconfig import AUTHORITY, Choices, choices, read_entries
from git_jit.store.layout import Layout, discover
from git_jit.view import Plan, View

if TYPE_CHECKING:
    from git_jit.clone import Clone
    from git_jit.store.claims import Claims
    from git_jit.store.codelog import CodeCommit
    from git_jit.store.exchange import Exchange
    from git_jit.store.locks import Queue
    from git_jit.store.proposals import Proposals
    from git_jit.store.retrying import World
    from git_jit.store.runs import Runs
    from git_jit.store.salvage import Salvage
    from git_jit.store.system import System


class Quarantined(Refused):
    """git runs us while it receives a push: objects are on trial, references must not move."""

    code = "quarantined"


class Repository:
    """`Store` on a git repository. Use `open`."""

    def __init__(
        self,
        layout: Layout,
        environ: Mapping[str, str],
        config: Entries,
        chosen: Choices,
        backend: Backend,
        queue: "Callable[[], Queue]",
    ) -> None:
        self.layout = layout
        self.backend = backend
        self.ref = chosen.ref
        self._environ = environ
        self._config = config
        self._chosen = chosen
        self._claims: Claims | None = None
        self._queue = queue
        self.world: World | None = None
        """Another clock, sleep and dice for what is repeated at remotes; None is the real one."""

    @classmethod
    def open(
        cls,
        cwd: str,
        environ: Mapping[str, str],
        *,
        backend: BackendName = "auto",
        durability: Durability | None = None,
        loaded: Container[str] = sys.modules,
        system: "System | None" = None,
    ) -> Self:
        """The repository that git would use in `cwd`. Whether there are issues in it, `view` tells.

        `auto` takes the back end that is fastest for this process: libgit2 only where it is `loaded` already.
        `durability` overrides the setting `jit.durability`; a test's own `system` makes writes fail. Raises
        `NoRepository`, `NotTrusted`, and `FormatUnsupported` if the back end asked for cannot open this one.
        """
        layout = discover(cwd, environ)
        if not layout.trusted:
            from git_jit.store.plumbing import confirm

            layout = confirm(layout, environ)
        config = read_entries(layout, environ)
        layout = replace(layout, budgets=budgets(config))
        chosen = choices(config)
        log.setting(config.get(log.SETTING, (None,))[-1])
        if durability is not None:
            chosen = chosen._replace(durability=durability)
        queue = queue_of(layout, system)
        if backend == "auto":
            backend = ("libgit2" if "pygit2" in loaded else "files") if layout.plain else "plumbing"
        opened = open_backend(backend, layout, environ, queue, chosen.durability, system)
        return cls(layout, environ, config, chosen, opened, queue)

    @property
    def environ(self) -> Mapping[str, str]:
        """What git is started with."""
        return self._environ

    @property
    def config(self) -> Entries:
        """Git's configuration, as it was when the repository was opened or last mended."""
        return self._config

    @property
    def retry_budget(self) -> float:
        return self.layout.budgets.retry

    # --- reading --------------------------------------------------------------------------------------

    def view(self, at: str | None = None) -> View:
        """See `Store.view`. Raises `NotInitialised`, or `RefMissing` where issues once were."""
        from git_jit.store.indexed import open_view

        return open_view(self, self.tip() if at is None else self.resolve(at))

    def tip(self) -> Oid:
        """The commit that is the present. Raises `NotInitialised` or `RefMissing`."""
        tip = self.backend.ref(self.ref)
        if tip is None:
            from git_jit.store.traces import nothing_here

            raise nothing_here(self)
        return tip

    def resolve(self, rev: str) -> Oid:
        """The commit that `rev` names, as git understands it; but HEAD is the tip of the issues, not of the code.

        `~2` and `@{1}` count from there too. Raises `UnknownRevision`.
        """
        from git_jit.store import revisions

        return revisions.resolve(self, rev)

    def read_commit(self, oid: Oid) -> Commit:
        from git_jit.store import commits

        return commits.parse(self.backend.read(oid))

    def history(
        self, start: str | None = None, *, path: str | None = None, without: Collection[Oid] = ()
    ) -> Iterator[Commit]:
        from git_jit.store import revisions

        return revisions.history(self, self.tip() if start is None else self.resolve(start), path, without)

    def changes(self, commit: Commit) -> list[FileChange]:
        from git_jit.store import revisions

        return revisions.changes(self, commit)

    def taken_over(self, commit: Commit) -> Mapping[str, int]:
        from git_jit.store import revisions

        return revisions.taken_over(self, commit)

    def pulse(self) -> object:
        from git_jit.paths import RUNS
        from git_jit.store.pulse import pulse

        return pulse(self.layout, (self.ref, RUNS, *self.claims().refs))

    def blob_at(self, rev: str, path: str) -> bytes | None:
        from git_jit.store import revisions

        return revisions.blob_at(self, self.resolve(rev), path)

    def compare(self, old: str | None, new: str) -> list[PathChange]:
        from git_jit.store import revisions

        return revisions.compare(self, None if old is None else self.resolve(old), self.resolve(new))

    def files(self, directory: str, at: str) -> Mapping[str, Oid]:
        from git_jit.store import revisions

        return revisions.files(self, self.resolve(at), directory)

    def blobs(self, oids: Iterable[Oid]) -> Iterator[bytes | None]:
        return (found.data if isinstance(found, Object) else None for found in self.backend.read_many(oids))

    def beside(self, ref: str) -> Oid | None:
        return self.backend.ref(ref)

    def in_code(self, commit: str | None, paths: Collection[str]) -> frozenset[str] | None:
        from git_jit.store.code import existing

        return existing(self.layout, self._environ, commit, paths)

    def code_commits(self, revisions: str) -> "list[CodeCommit]":
        from git_jit.store.codelog import speaking_commits

        return speaking_commits(self.layout, self._environ, revisions)

    def recall(self, name: str) -> bytes | None:
        from git_jit.store.notes import read_note

        return read_note(self.layout.common_dir, name)

    def remember(self, name: str, note: bytes) -> None:
        from git_jit.store.notes import write_note

        write_note(self.layout.common_dir, name, note)

    @property
    def durability(self) -> Durability:
        """What an acknowledged write survives (`jit.durability`)."""
        return self._chosen.durability

    @property
    def prune_grace(self) -> bool:
        """Whether `git gc` leaves young objects alone."""
        return self._chosen.prune_grace

    @property
    def queue(self) -> "Queue":
        """Where writers wait for their turn."""
        return self._queue()

    # --- what lies around the issues ------------------------------------------------------------------

    def survey(self, *, deep: bool = False, ask: bool = False) -> "Clone":
        """See `Store.survey`. Without `deep` it is cheap: a process is started only if the last commit is packed."""
        from git_jit.store.survey import survey

        return survey(self, self._config, self._environ, deep=deep, ask=ask)

    def rescue(self) -> "Salvage":
        """See `Store.rescue`."""
        from git_jit.store.salvage import Salvage

        return Salvage(self, self.queue)

    def proposals(self) -> "Proposals":
        """See `Store.proposals`."""
        from git_jit.store.proposals import Proposals

        return Proposals(self)

    def has_news(self) -> bool:
        """See `Store.has_news`. Not while git receives a push: then references must not move."""
        if self.layout.quarantined or not any(key.startswith("remote.") for key in self._config):
            return False
        from git_jit.store.tracking import news, sharing

        shared = sharing(self._config)
        return shared.auto_merge and news(self, shared) is not None

    def has_claims(self) -> bool:
        """See `Store.has_claims`."""
        if AUTHORITY not in self._config:
            return self.backend.ref(CLAIMS) is not None
        from git_jit.store.tracking import claims_ref

        return self.backend.ref(claims_ref(self._config)) is not None

    def decides_elsewhere(self) -> bool:
        """See `Store.decides_elsewhere`. Lists ask it, so what reads the setting is loaded only where there is one."""
        if AUTHORITY not in self._config:
            return False
        from git_jit.store.tracking import claims_remote

        return claims_remote(self._config) is not None

    def claims(self) -> "Claims":
        """See `Store.claims`."""
        from git_jit.store.chain import GitChain
        from git_jit.store.claims import Claims
        from git_jit.store.tracking import claims_remote

        if self._claims is None:
            remote = claims_remote(self._config)
            if remote is None:
                self._claims = Claims(GitChain(self))
            else:
                from git_jit.store.remoteclaims import RemoteChain

                self._claims = Claims(RemoteChain(self, remote), Claims(GitChain(self)))
        return self._claims

    def runs(self) -> "Runs":
        """See `Store.runs`."""
        from git_jit.store.runs import Runs

        return Runs(self)

    def upstream(self) -> tuple[str, Oid] | None:
        """See `Store.upstream`."""
        from git_jit.store.tracking import sharing

        shared = sharing(self._config)
        tip = self.backend.ref(shared.tracking(shared.remote)) if shared.remote else None
        return (shared.remote, tip) if shared.remote and tip else None

    def exchange(self) -> "Exchange":
        """See `Store.exchange`."""
        from git_jit.store.exchange import Exchange

        return Exchange(self, self.world)

    def mend(self, name: str) -> str | None:
        """See `Store.mend`. Raises `Quarantined`, `LockTimeout` and errors of the disk."""
        from git_jit.store.mend import mend

        self.require_writable()
        try:
            return mend(self, name)
        finally:
            self._config = read_entries(self.layout, self._environ)  # a mend may change settings

    # --- writing --------------------------------------------------------------------------------------

    def commit(self, plan: Plan, *, base: Oid | None, message: Message, still: Still | None = None) -> Oid:
        """See `Store.commit`. A plan that changes no byte publishes nothing and returns `base`."""
        from git_jit.store import highwater, places, tree
        from git_jit.store.housekeeping import after_write
        from git_jit.store.remembering import Remembering

        self.require_writable()
        with self.queue:
            mark = highwater.read_mark(self.layout.common_dir, self.ref)  # before the tip: see 'rewound'
            tip = self.tip()
            if tip != base:
                raise RefConflict(
                    f"'{self.ref}' has moved since it was read",
                    hint="run the same command again",
                    details={"ref": self.ref, "expected": base, "found": tip},
                )
            if mark and (lost := highwater.compare(self, mark.tip, tip)):
                raise lost.error()
            parent = self.read_commit(tip)
            reader, edits = Remembering(self.backend), places.edits_of(plan)
            root, objects = tree.splice(reader, parent.tree, edits)
            if root == parent.tree:
                return tip
            published, written = self.publish(root, objects, parent, message, still=still)
        after_write(self, published, {**reader.at_hand, **written}, places.encoded_issues(plan, edits))
        return published

    def init(self, config: Config, message: Message) -> Oid:
        """Make the first commit. Raises `AlreadyInitialised` if there is any sign of issues here."""
        from git_jit.store.beginning import begin

        self.require_writable()
        return begin(self, config, message)

    def publish(
        self,
        root: Oid,
        objects: list[Object],
        parent: Commit | None,
        message: Message,
        *,
        ref: str | None = None,
        still: Still | None = None,
    ) -> tuple[Oid, dict[Oid, Object]]:
        """Move `ref` (the issues' own, if none is named) to a commit of the tree `root`, in our turn; the commit, and
        the objects that were written for it. What may go in there is the caller's business.
        """
        from git_jit.store.publish import Change, Place, publish

        commit, committer = self.compose(root, parent, message)
        change = Change(
            ref=ref or self.ref,
            old=parent.oid if parent else None,
            new=commit.oid,
            objects=[*objects, commit],
            committer=committer,
            subject=f"jit: {message.subject}",
            request=message.request,
            still=still,
        )
        place = Place(self.backend, self.layout.common_dir, self._chosen.durability, self._chosen.prune_grace)
        published = publish(place, change)
        return published, {object.oid: object for object in change.objects}

    def compose(
        self, root: Oid, parent: Commit | None, message: Message, *, also: Sequence[Commit] = ()
    ) -> tuple[Object, str]:
        """A commit of the tree `root`, written nowhere yet, and its committer with the time. `also`: more parents."""
        from git_jit.store import commits, tree
        from git_jit.store.settings import identity

        who = identity(self.layout, self._environ, self._config)
        now = commits.unix_ms(message.at)
        parents = [*([parent] if parent else []), *also]
        clock = commits.tick(
            now, [commits.clock_of(each) for each in parents], commits.node_name(self.layout.common_dir)
        )
        data = commits.encode(
            tree=root,
            parents=[each.oid for each in parents],
            author=who.author,
            committer=who.committer,
            message=message,
            clock=clock,
        )
        commit = tree.make(Kind.COMMIT, data, self.backend.object_format)
        return commit, f"{who.committer} {max(now // 1000, 0)} +0000"

    def require_writable(self) -> None:
        """Raises `Quarantined`."""
        if self.layout.quarantined:
            raise Quarantined("git is receiving a push; nothing can be written until it is accepted")

    # --- the first time -------------------------------------------------------------------------------

    def traces(self) -> list[str]:
        """References and files which show that there are, or were, issues in this repository."""
        from git_jit.store.traces import traces

        return traces(self)

    def close(self) -> None:
        self.backend.close()
