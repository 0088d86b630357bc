"""What one clone shares with remotes: the one object by which use cases fetch, publish and bring together.

It holds nothing but names; what it does is told in `tracking`, `fetching`, `pushing` and `joining`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from git_jit.model import Commit, Message, Oid
from git_jit.store import MissingObject, commits, fetching, grammar, joining, leftout, pushing, tracking, tree
from git_jit.store.backend import MAX_BLOB, Kind, Object
from git_jit.store.fetching import Fetched
from git_jit.store.grammar import Misfit
from git_jit.store.pushing import Pushed
from git_jit.store.remembering import REMEMBERED_TREES, Remembering
from git_jit.store.remote import Remote, RemoteUnknown, named
from git_jit.store.retrying import World
from git_jit.store.tracking import News
from git_jit.store.tree import Entry, TreeChange


class Tracked(NamedTuple):
    """A remote, and where its issues were when last seen; None if it has none that are known here."""

    remote: str
    tip: Oid | None


class Exchange:
    """Use `Repository.exchange`. `world` is another clock and sleep, for tests."""

    def __init__(self, home: joining.Home, world: World | None = None) -> None:
        self._home = home
        self._names = tracking.sharing(home.config)
        self._trees = Remembering(home.backend)
        self._commits: dict[Oid, Commit] = {}
        self._entries: dict[Oid, dict[str, Entry]] = {}
        """Trees by name: a merge asks for many paths of each commit, and commits share most of their trees."""
        self.world = world

    # --- remotes --------------------------------------------------------------------------------------

    @property
    def auto_merge(self) -> bool:
        """Whether what was fetched may be brought in without being asked for (`jit.autoMerge`)."""
        return self._names.auto_merge

    @property
    def publish_ref(self) -> str:
        """The reference on remotes (`jit.publishRef`)."""
        return self._names.publish

    @property
    def shallow(self) -> bool:
        """Whether history may end early here."""
        return bool(tracking.look(f"{self._home.layout.common_dir}/shallow"))

    def remote(self, name: str | None = None) -> Remote:
        """A remote by name, or the one that is synced with. Raises `RemoteUnknown`."""
        wanted = name or self._names.remote
        if wanted is None:
            some = ", ".join(self._names.remotes)
            raise RemoteUnknown(
                f"it is not said which remote: there are {some}" if some else "this clone has no remote",
                hint="name one, or set 'jit.remote' for good with 'git jit config'"
                if some
                else "'git remote add origin URL' names one",
                details={"remotes": list(self._names.remotes)},
            )
        return named(wanted, self._home.layout, self._home.environ, self._home.config)

    def tracked(self, name: str | None = None) -> list[Tracked]:
        """The remotes of this clone, or the one named, as they were when last seen."""
        wanted = [name] if name else self._names.remotes
        return [Tracked(each, self._home.backend.ref(self._names.tracking(each))) for each in wanted]

    def usual(self) -> str | None:
        """The name of the remote that is synced with, if there is one."""
        return self._names.remote

    def fetch(self, remote: Remote, *, deep: bool = False, follow: bool = False) -> Fetched:
        """See `fetching.fetch`."""
        return fetching.fetch(self._home, self._names, remote, deep=deep, follow=follow, world=self.world)

    def push(self, remote: Remote, commit: Oid, *, request: str) -> Pushed:
        """See `pushing.push`."""
        return pushing.push(self._home, self._names, remote, commit, request=request, world=self.world)

    def news(self, remote: str | None = None) -> News | None:
        """See `tracking.news`."""
        return tracking.news(self._home, self._names, remote)

    def known(self, remote: str) -> Oid | None:
        """See `fetching.known`."""
        return fetching.known(self._home, self._names, remote)

    def settle(self, remote: str, *, taken: Oid | None = None, seen: Oid | None = None) -> None:
        """See `tracking.settle`."""
        tracking.settle(self._home, self._names.tracking(remote), taken=taken, seen=seen)

    def note_left_out(self, remote: str, found: Sequence[tuple[str, str]]) -> None:
        """Remember paths that did not come in, with the reasons, for whoever examines this clone."""
        leftout.remember(self._home.layout.common_dir, [leftout.LeftOut(remote, *each) for each in found])

    def keep(self, remote: str, tip: Oid) -> str | None:
        """A reference below `refs/jit/backup/` for what a remote had and lost."""
        return fetching.keep(self._home, remote, tip)

    # --- commits --------------------------------------------------------------------------------------

    def tip(self) -> Oid | None:
        """Where the issues are; None if there are none here."""
        return self._home.backend.ref(self._home.ref)

    def lost_here(self) -> bool:
        """Whether there were issues in this clone, so that their absence is a loss and not a beginning."""
        return tracking.was_here(self._home)

    def commit(self, oid: Oid) -> Commit:
        if oid not in self._commits:
            self._commits[oid] = commits.parse(self._trees.read(oid))
        return self._commits[oid]

    def leads_to(self, newer: Oid, older: Oid) -> bool:
        """Whether `older` is `newer` or lies behind it."""
        return newer == older or bool(self.bases([newer], [older]) == [older])

    def bases(self, one: Sequence[Oid], other: Sequence[Oid]) -> list[Oid]:
        """See `joining.merge_bases`."""
        return joining.merge_bases(self._home, one, other)

    def independent(self, oids: Sequence[Oid]) -> list[Oid]:
        """See `joining.independent`."""
        return joining.independent(self._home, oids)

    def counts(self, ours: Oid, theirs: Oid) -> tuple[int, int]:
        """See `joining.counts`."""
        return joining.counts(self._home, ours, theirs)

    def beyond(self, tip: Oid, without: Sequence[Oid], *, first_parents: bool = False) -> list[Oid]:
        """See `joining.beyond`."""
        return joining.beyond(self._home, tip, without, first_parents=first_parents)

    def changed(self, old: Oid | None, new: Oid) -> list[TreeChange]:
        """Every path in which the trees of two commits differ; None is the empty one. Paths are as they are stored."""
        before = None if old is None else self.commit(old).tree
        return sorted(tree.diff(self._trees, before, self.commit(new).tree), key=lambda change: change.path)

    def oid_at(self, commit: Oid, path: str) -> Oid | None:
        """The blob at `path`; None if there is none."""
        here = self.commit(commit).tree
        *directories, name = path.split("/")
        for directory in directories:
            below = self._tree(here).get(directory)
            if below is None or not below.is_tree:
                return None
            here = below.oid
        entry = self._tree(here).get(name)
        return None if entry is None or entry.is_tree else entry.oid

    def _tree(self, oid: Oid) -> dict[str, Entry]:
        """A tree by name; of a doubled name the first counts, as everywhere."""
        if oid not in self._entries:
            if len(self._entries) >= REMEMBERED_TREES:
                self._entries.clear()
            parsed = tree.parse(self._trees.read(oid).data, len(oid) // 2)
            self._entries[oid] = {entry.name: entry for entry in reversed(parsed)}
        return self._entries[oid]

    def name_of(self, data: bytes) -> Oid:
        """The name that a blob of this content has."""
        return tree.object_id(Kind.BLOB, data, self._home.backend.object_format)

    def blobs(self, oids: Sequence[Oid]) -> Iterator[bytes | None]:
        """Their contents, in order; None for one that is missing, damaged or too large."""
        return (
            found.data if isinstance(found, Object) and len(found.data) <= MAX_BLOB else None
            for found in self._home.backend.read_many(oids)
        )

    def blob(self, oid: Oid) -> bytes:
        """Raises `MissingObject`."""
        data = next(self.blobs([oid]))
        if data is None:
            raise MissingObject(f"object '{oid}' cannot be read", hint="'git jit doctor --deep' names what is damaged")
        return data

    def misfits(self, old: Oid | None, new: Oid) -> Iterator[Misfit]:
        """Entries of the tree of `new` that no tree of the issues may have, without those of `old`."""
        before = None if old is None else self.commit(old).tree
        return grammar.misfits(self._home.backend, before, self.commit(new).tree)

    # --- moving ---------------------------------------------------------------------------------------

    def advance(self, new: Oid, *, base: Oid | None, message: Message) -> Oid:
        """See `joining.advance`."""
        return joining.advance(self._home, new, base=base, message=message)

    def join(
        self,
        edits: Mapping[str, bytes | Oid | None],
        *,
        start: Oid | None,
        parents: Sequence[Oid],
        base: Oid | None,
        message: Message,
    ) -> Oid:
        """See `joining.join`."""
        return joining.join(self._home, edits, start=start, parents=parents, base=base, message=message)

    @property
    def retry_budget(self) -> float:
        """Seconds for which a move that loses races may be repeated."""
        return self._home.layout.budgets.retry

    @property
    def sleep(self) -> Callable[[float], None]:
        """How to pause between rounds."""
        from time import sleep

        return self.world.sleep if self.world else sleep
