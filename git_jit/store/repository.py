"""The tracker in a git repository: one reference, one tree of blobs, one commit for each change.

Everything that is the same for all back ends is here: what a plan writes where, the order of a write, reading
history, and what to say when the reference is not there. How objects and references are reached is the back
end's business; how a change becomes certain is `publish`'s.
"""

import contextlib
import os
import sys
from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final, Literal, Self

from git_jit import codec, log
from git_jit.clone import Clone
from git_jit.config import Config
from git_jit.errors import Refused
from git_jit.model import Commit, FileChange, Message, Oid, PathChange
from git_jit.record import replace
from git_jit.store import (
    FormatUnsupported,
    MissingObject,
    RefConflict,
    UnknownRevision,
    commits,
    places,
    tree,
)
from git_jit.store.backend import Backend, Durability, Kind, Object
from git_jit.store.budgets import budgets
from git_jit.store.gitconfig import OWN_INCLUDE, Choices, choices, protect_reflogs, read_entries
from git_jit.store.layout import Entries, Layout, discover
from git_jit.store.locks import Queue
from git_jit.store.system import System
from git_jit.view import Plan, View

if TYPE_CHECKING:
    from git_jit.store.salvage import Salvage

BackendName = Literal["auto", "files", "libgit2", "plumbing"]

README: Final = b"""\
# Issues

This branch holds the issues of this repository, one file each, and nothing else. It is written by `git jit`:
every change is one commit, and its message says who did what. Edit it with `git jit`, not by hand.

- `issues/` one JSON file for each issue
- `comments/` remarks on issues
- `gates/` definitions of quality gates
- `config.json` the rules of this repository
"""
ATTRIBUTES: Final = b"""\
* -text
*.json diff merge=jit
"""
"""No translation of line ends: a blob is its bytes. The merge driver merges field by field where it is installed."""


class AlreadyInitialised(Refused):
    """There are issues here already, or signs that there were."""

    code = "already_initialised"


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
        queue: Queue,
    ) -> None:
        self.layout = layout
        self.backend = backend
        self.ref = chosen.ref
        self._environ = environ
        self._config = config
        self._chosen = chosen
        self._queue = queue
        self._written: dict[Oid, Object] = {}
        self._shallow: frozenset[str] | None = None

    @classmethod
    def open(
        cls,
        cwd: str,
        environ: Mapping[str, str],
        *,
        backend: BackendName = "auto",
        durability: Durability | None = None,
        loaded: Container[str] = sys.modules,
        system: System | None = None,
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
        queue = Queue(layout.common_dir, system=system, budget=layout.budgets.queue)
        if backend == "auto":
            backend = ("libgit2" if "pygit2" in loaded else "files") if layout.plain else "plumbing"
        opened = _open_backend(backend, layout, environ, queue, chosen.durability, system)
        return cls(layout, environ, config, chosen, opened, queue)

    @property
    def environ(self) -> Mapping[str, str]:
        """What git is started with."""
        return self._environ

    @property
    def retry_budget(self) -> float:
        return self.layout.budgets.retry

    # --- reading --------------------------------------------------------------------------------------

    def view(self, at: str | None = None) -> View:
        """See `Store.view`. Raises `NotInitialised`, or `RefMissing` where issues once were."""
        from git_jit.store.cache import open_view

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
        relative = rev.removeprefix("HEAD")
        if relative == "@" or relative.startswith(("@~", "@^")):
            relative = relative[1:]
        name = f"{self.ref}{relative}" if not relative or relative[0] in "~^@" else rev
        oid = Oid(rev) if _is_oid(rev, self.backend.object_format) else None
        if oid is None and name == self.ref:
            return self.tip()
        if oid is None:
            from git_jit.store.process import run

            question = ["rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"]
            done = run(self.layout, question, environ=self._environ)
            oid = Oid(done.out.decode().strip()) if done.status == 0 else None
        try:
            if oid is not None and self.backend.read(oid).kind is Kind.COMMIT:
                return oid
        except MissingObject:
            pass
        raise UnknownRevision(f"'{rev}' names no commit", hint="'git jit log' shows those of the issues")

    def read_commit(self, oid: Oid) -> Commit:
        return commits.parse(self.backend.read(oid))

    def history(self, start: str | None = None, *, path: str | None = None) -> Iterator[Commit]:
        newest = self.tip() if start is None else self.resolve(start)
        if path is not None:
            yield from map(self.read_commit, self._touching(newest, path))
            return
        here: Oid | None = newest
        while here is not None:
            commit = self.read_commit(here)
            yield commit
            here = self._parent(commit)

    def _touching(self, start: Oid, path: str) -> list[Oid]:
        """The commits that changed `path`. git compares ten thousand commits in the time we take for a hundred."""
        from git_jit.store.process import failure, run

        command = ["--literal-pathspecs", "rev-list", "--first-parent", start, "--", path]
        done = run(self.layout, command, environ=self._environ)
        if done.status:
            raise failure(done, "reading history")
        return [Oid(line) for line in done.out.decode().splitlines()]

    def _parent(self, commit: Commit) -> Oid | None:
        """The first parent; None also where a shallow clone ends."""
        if self._shallow is None:
            try:
                with open(f"{self.layout.common_dir}/shallow", encoding="ascii") as file:
                    self._shallow = frozenset(file.read().split())
            except OSError:
                self._shallow = frozenset()
        return commit.parents[0] if commit.parents and commit.oid not in self._shallow else None

    def changes(self, commit: Commit) -> list[FileChange]:
        parent = self._parent(commit)
        before = self.read_commit(parent).tree if parent else None
        found = sorted(tree.diff(self.backend, before, commit.tree), key=lambda change: change.path)
        return [FileChange(path=c.path, old=self._blob(c.old), new=self._blob(c.new)) for c in found]

    def blob_at(self, rev: str, path: str) -> bytes | None:
        entry = tree.lookup(self.backend, self.read_commit(self.resolve(rev)).tree, path)
        return None if entry is None or entry.is_tree else self._blob(entry.oid)

    def compare(self, old: str | None, new: str) -> list[PathChange]:
        before, after = (None if rev is None else self.read_commit(self.resolve(rev)).tree for rev in (old, new))
        found = sorted(tree.diff(self.backend, before, after), key=lambda change: change.path)
        return [PathChange(path=places.shown(change.path), old=change.old, new=change.new) for change in found]

    def blobs(self, oids: Iterable[Oid]) -> Iterator[bytes | None]:
        return (found.data if isinstance(found, Object) else None for found in self.backend.read_many(oids))

    def in_code(self, commit: str | None, paths: Collection[str]) -> frozenset[str] | None:
        from git_jit.store.code import existing

        return existing(self.layout, self._environ, commit, paths)

    def recall(self, name: str) -> bytes | None:
        from git_jit.store.notes import read_note

        return read_note(self.layout.common_dir, name)

    def remember(self, name: str, note: bytes) -> None:
        from git_jit.store.notes import write_note

        write_note(self.layout.common_dir, name, note)

    @property
    def queue(self) -> Queue:
        """Where writers wait for their turn."""
        return self._queue

    # --- what lies around the issues ------------------------------------------------------------------

    def survey(self, *, deep: bool = False, ask: bool = False) -> Clone:
        """See `Store.survey`. Without `deep` it is cheap: a process is started only if the last commit is packed."""
        from git_jit.store.survey import survey

        return survey(self, self._config, self._environ, deep=deep, ask=ask)

    def rescue(self) -> "Salvage":
        """See `Store.rescue`."""
        from git_jit.store.salvage import Salvage

        return Salvage(self, self._queue)

    def mend(self, name: str) -> str | None:
        """See `Store.mend`. Raises `Quarantined`, `LockTimeout` and errors of the disk."""
        from git_jit.store.mend import mend

        self._require_writable()
        try:
            return mend(self, name)
        finally:
            self._config = read_entries(self.layout, self._environ)  # a mend may change settings

    def _blob(self, oid: Oid | None) -> bytes | None:
        return None if oid is None else self.backend.read(oid).data

    # --- writing --------------------------------------------------------------------------------------

    def commit(self, plan: Plan, *, base: Oid | None, message: Message) -> Oid:
        """See `Store.commit`. A plan that changes no byte publishes nothing and returns `base`."""
        self._require_writable()
        with self._queue:
            from git_jit.store import highwater

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
            root, objects = tree.splice(self.backend, parent.tree, places.edits_of(plan))
            if root == parent.tree:
                return tip
            published = self._publish(root, objects, parent, message)
        self._after_write(published)
        return published

    def init(self, config: Config, message: Message) -> Oid:
        """Make the first commit. Raises `AlreadyInitialised` if there is any sign of issues here."""
        self._require_writable()
        with self._queue:
            traces = ([self.ref] if self.backend.ref(self.ref) else []) + self.traces()
            if traces:
                raise AlreadyInitialised(
                    f"there are issues here already: '{traces[0]}'",
                    hint="run 'git jit status'",
                    details={"found": traces},
                )
            files: dict[str, bytes | None] = {
                "README.md": README,
                ".gitattributes": ATTRIBUTES,
                "config.json": codec.encode_config(config),
            }
            root, objects = tree.splice(self.backend, None, files)
            published = self._publish(root, objects, None, message)
        self._after_write(published)
        return published

    def _publish(self, root: Oid, objects: list[Object], parent: Commit | None, message: Message) -> Oid:
        from git_jit.store.publish import Change, Place, publish
        from git_jit.store.settings import identity

        who = identity(self.layout, self._environ, self._config)
        now = commits.unix_ms(message.at)
        clock = commits.tick(
            now, [commits.clock_of(parent)] if parent else [], commits.node_name(self.layout.common_dir)
        )
        data = commits.encode(
            tree=root,
            parents=[parent.oid] if parent else [],
            author=who.author,
            committer=who.committer,
            message=message,
            clock=clock,
        )
        commit = tree.make(Kind.COMMIT, data, self.backend.object_format)
        change = Change(
            ref=self.ref,
            old=parent.oid if parent else None,
            new=commit.oid,
            objects=[*objects, commit],
            committer=f"{who.committer} {max(now // 1000, 0)} +0000",
            subject=f"jit: {message.subject}",
            request=message.request,
        )
        place = Place(self.backend, self.layout.common_dir, self._chosen.durability, self._chosen.prune_grace)
        published = publish(place, change)
        self._written = {object.oid: object for object in change.objects}
        return published

    def _require_writable(self) -> None:
        if self.layout.quarantined:
            raise Quarantined("git is receiving a push; nothing can be written until it is accepted")

    def _after_write(self, published: Oid) -> None:
        """What makes the next command faster or safer. The change is published: nothing here may fail the command.

        Whatever was left undone, the next write or the next reader does.
        """
        steps = (
            self._protect,
            lambda: self._remember_tip(published),
            lambda: self._refresh(published),
            self._sweep,
            self._maintain,
        )
        for step in steps:
            with contextlib.suppress(Exception):
                step()

    def _protect(self) -> None:
        if not os.path.exists(f"{self.layout.common_dir}/{OWN_INCLUDE}"):
            with self._queue:
                protect_reflogs(self.layout, self._environ, self._config)

    def _remember_tip(self, published: Oid) -> None:
        """What recovery lives on: the high-water mark at every write, an anchor at every 64th."""
        from git_jit.store.anchors import after_write

        after_write(self, published)

    def _refresh(self, published: Oid) -> None:
        """Spare the next reader the work; but while others write, the last of them does it for all."""
        if self._queue.is_busy():
            return
        from git_jit.store.cache import refresh

        written, self._written = self._written, {}
        refresh(self, published, written)

    def _sweep(self) -> None:
        """Let gc have the pack that a bulk write kept before it was killed. In our turn, so that none is just made."""
        kept = [name for name in os.listdir(f"{self.layout.objects_dir}/pack") if name.endswith(".keep")]
        if kept and not self._queue.is_busy():
            from git_jit.store.keeps import sweep_keeps

            with self._queue:
                sweep_keeps(self.layout)

    def _maintain(self) -> None:
        from git_jit.store import gc

        if gc.is_due(self.layout.common_dir, self.layout.objects_dir):
            from git_jit.store.settings import maintenance

            maintenance(self.layout, self._environ)

    # --- the first time -------------------------------------------------------------------------------

    def traces(self) -> list[str]:
        """References and files which show that there are, or were, issues in this repository."""
        from git_jit.store.traces import traces

        return traces(self)

    def close(self) -> None:
        self.backend.close()


def _is_oid(text: str, object_format: str) -> bool:
    return len(text) == (40 if object_format == "sha1" else 64) and set(text) <= set("0123456789abcdef")


def _open_backend(
    name: BackendName,
    layout: Layout,
    environ: Mapping[str, str],
    queue: Queue,
    durability: Durability,
    system: System | None = None,
) -> Backend:
    if name != "plumbing" and not layout.plain:
        raise FormatUnsupported(
            f"the back end '{name}' cannot open this repository", hint="leave the choice to git jit"
        )
    if name == "files":
        from git_jit.store.files import Files

        return Files(layout, environ, durability=durability, queue=queue, system=system)
    if name == "libgit2":
        from git_jit.store.git import Libgit2

        return Libgit2(layout, environ, durability=durability, queue=queue)
    from git_jit.store.plumbing import Plumbing

    return Plumbing(layout, environ)
