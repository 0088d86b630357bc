"""Where claims are kept: commits that hold files, moved on by compare-and-swap, and private files beside them.

What the files mean is `claims`' affair.
"""

import os
from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager, suppress
from typing import TYPE_CHECKING, Final, Protocol

from git_jit.model import Message, Oid
from git_jit.paths import CLAIMS
from git_jit.store import RefConflict, tree
from git_jit.store.commits import node_name
from git_jit.store.system import put

if TYPE_CHECKING:  # which makes them
    from git_jit.store.repository import Repository

NOTES: Final = "claims"


class Chain(Protocol):
    """Where the claims are kept: commits that hold files, moved on by compare-and-swap; and private files."""

    ref: str
    name: str
    """Of this clone, as good as unique."""

    @property
    def retry_budget(self) -> float: ...

    def turn(self) -> AbstractContextManager[object]:
        """The queue of all writers of this clone."""
        ...

    def tip(self) -> Oid | None: ...

    def prepare(self) -> Oid | None:
        """`tip`, after asking whoever decides."""
        ...

    def read(self, tip: Oid, path: str) -> bytes | None: ...

    def read_all(self, tip: Oid, paths: Collection[str] | None) -> Mapping[str, bytes]:
        """All files, or those of `paths` that are there."""
        ...

    def signers(self, tip: Oid, requests: Collection[str]) -> Mapping[str, str]:
        """Who signed the commits of these requests, by the account of git; those that nobody signed are left out."""
        ...

    def publish(self, edits: Mapping[str, bytes], base: Oid | None, message: Message) -> Oid:
        """One commit on top of `base`. Raises `RefConflict` if that is not the tip, and as `publish.publish` does."""
        ...

    def load(self, name: str) -> bytes | None: ...

    def save(self, name: str, note: bytes | None) -> None:
        """Replace a private file, or remove it. Raises nothing: what cannot be kept is only forgotten."""
        ...

    def begin(self, name: str, note: bytes) -> None:
        """Make a private file, unless there is one: of many that do so at once one is first."""
        ...


class GitChain:
    """`Chain` on a reference of a repository."""

    def __init__(self, repository: "Repository", ref: str = CLAIMS) -> None:
        self._repository = repository
        self.ref = ref
        self.name = node_name(repository.layout.common_dir)
        self._directory = f"{repository.layout.common_dir}/jit/{NOTES}"

    @property
    def retry_budget(self) -> float:
        return self._repository.retry_budget

    def turn(self) -> AbstractContextManager[object]:
        self._repository.require_writable()
        return self._repository.queue

    def tip(self) -> Oid | None:
        return self._repository.backend.ref(self.ref)

    def prepare(self) -> Oid | None:
        return self.tip()

    def read(self, tip: Oid, path: str) -> bytes | None:
        backend = self._repository.backend
        entry = tree.lookup(backend, self._repository.read_commit(tip).tree, path)
        return None if entry is None or entry.is_tree else backend.read(entry.oid).data

    def read_all(self, tip: Oid, paths: Collection[str] | None) -> Mapping[str, bytes]:
        if paths is not None:
            return {path: data for path in paths if (data := self.read(tip, path)) is not None}
        backend = self._repository.backend
        oids = {change.path: change.new for change in tree.diff(backend, None, self._repository.read_commit(tip).tree)}
        wanted = {path: oid for path, oid in oids.items() if oid}
        found = zip(wanted, self._repository.blobs(wanted.values()), strict=True)
        return {path: data for path, data in found if data is not None}

    def signers(self, tip: Oid, requests: Collection[str]) -> Mapping[str, str]:
        from git_jit.store.signatures import signers

        return signers(self._repository, tip, requests)

    def publish(self, edits: Mapping[str, bytes], base: Oid | None, message: Message) -> Oid:
        repository = self._repository
        repository.require_writable()
        with repository.queue:
            tip = self.tip()
            if tip != base:
                raise moved(self.ref, base, tip)
            parent = None if tip is None else repository.read_commit(tip)
            root, objects = tree.splice(repository.backend, parent.tree if parent else None, dict(edits))
            published, _ = repository.publish(root, objects, parent, message, ref=self.ref)
        return published

    def load(self, name: str) -> bytes | None:
        try:
            with open(self._path(name), "rb") as file:
                return file.read()
        except OSError:
            return None

    def save(self, name: str, note: bytes | None) -> None:
        with suppress(OSError):
            if note is None:
                os.unlink(self._path(name))
                return
            os.makedirs(self._directory, exist_ok=True)
            put(self._path(name), note)

    def begin(self, name: str, note: bytes) -> None:
        draft = f"{name}.{os.urandom(6).hex()}"
        self.save(draft, note)
        try:
            os.link(self._path(draft), self._path(name))
        except FileExistsError:
            pass
        except OSError:  # nothing can be linked here
            self.save(name, note)
        self.save(draft, None)

    def _path(self, name: str) -> str:
        return f"{self._directory}/{name}.json"


def moved(ref: str, expected: Oid | None, found: Oid | None) -> RefConflict:
    return RefConflict(
        f"'{ref}' has moved since it was read",
        hint="run the same command again",
        details={"ref": ref, "expected": expected, "found": found},
    )
