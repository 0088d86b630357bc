"""libgit2 as a back end: for processes that live long or read much. The only importer of pygit2.

It reads. What it would write goes through `Files`, on purpose, because libgit2 1.9 (storage.md, sections 0
and 3 to 5; every line was measured):

- reports success for a commit it could not write on a full disk (`create_commit`);
- skips an object whose file exists, although the file may be empty after a power cut: no retry ever heals it;
- syncs nothing unless told to, and then every object and its directory one by one: 9 ms instead of 4;
- moves a reference without looking whether its target exists (`transaction().set_target()`), or over what
  another writer did (`create_reference(force=True)`);
- leaves the lock of a killed writer for ever, and writes no reflog in a bare repository.

And it must not read loose objects: one that is cut off makes it loop for ever (libgit2 issue 7342), one whose
header lies about its size makes it write beyond its memory (issue 7177, open). So it is given the packs, which
is where much is read from, and `Files` reads the rest.

It also ignores `GIT_DIR`, `git -c` and the quarantine of a receiving hook, so it is given plain directories.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

import pygit2

from git_jit.model import Oid
from git_jit.store import FormatUnsupported
from git_jit.store.backend import Durability, Keep, Kind, Object, ReflogEntry, Still, is_too_large
from git_jit.store.files import Files
from git_jit.store.layout import Layout, object_dirs
from git_jit.store.locks import Queue
from git_jit.store.reflog import names_no_commit

HARMLESS_EXTENSIONS: Final = ("partialclone", "refstorage")
"""Ones that libgit2 does not know. `Layout.plain` has looked at their values: nothing here depends on them."""

_KINDS: Final = {
    int(pygit2.enums.ObjectType.COMMIT): Kind.COMMIT,
    int(pygit2.enums.ObjectType.TREE): Kind.TREE,
    int(pygit2.enums.ObjectType.BLOB): Kind.BLOB,
}
_REFUSED: Final = (pygit2.GitError, KeyError, ValueError, OSError)
"""Everything that pygit2 raises, by whatever name in whatever version."""

pygit2.settings.set_extensions(list(HARMLESS_EXTENSIONS))
pygit2.settings.enable_fsync_gitdir(True)  # should libgit2 ever write anything here after all
pygit2.settings.enable_strict_hash_verification(True)


class Libgit2:
    """`Backend` that reads with libgit2. Raises `FormatUnsupported` if it cannot open the repository."""

    name = "libgit2"

    def __init__(
        self,
        layout: Layout,
        environ: Mapping[str, str],
        *,
        durability: Durability = Durability.FULL,
        queue: Callable[[], Queue] | None = None,
    ) -> None:
        if not layout.plain:
            raise _unsupported(layout, "its format is not one of libgit2's")
        flags = pygit2.enums.RepositoryOpenFlag.NO_SEARCH | pygit2.enums.RepositoryOpenFlag.NO_DOTGIT
        try:
            self._repository = pygit2.Repository(layout.git_dir, flags)
            self._packs = pygit2.Odb()
            for store in object_dirs(layout):
                self._packs.add_backend(pygit2.OdbBackendPack(store), 1)
        except _REFUSED as error:
            raise _unsupported(layout, str(error)) from error
        self._loose = layout.objects_dir
        self._files = Files(layout, environ, durability=durability, queue=queue)
        self.object_format = layout.object_format

    # --- objects --------------------------------------------------------------------------------------

    def read(self, oid: Oid) -> Object:
        """What no pack holds, or libgit2 finds damaged, is asked of `Files`: the rest, and the right error."""
        return self._packed(oid) or self._files.read(oid)

    def read_many(self, oids: Iterable[Oid]) -> Iterator[Object | Oid]:
        for oid in oids:
            found = self._packed(oid)
            if found:
                yield found
            else:
                yield from self._files.read_many((oid,))

    def _packed(self, oid: Oid) -> Object | None:
        """The object from a pack, verified against its name by libgit2.

        One that is loose is left to `Files`, for a miss makes libgit2 list the packs again (50 µs).
        """
        if os.path.exists(f"{self._loose}/{oid[:2]}/{oid[2:]}"):
            return None
        try:
            if is_too_large(*self._header(oid)):
                return None
            type, data = self._packs.read(oid)
        except _REFUSED:
            return None
        kind = _KINDS.get(int(type))
        return Object(oid, kind, data) if kind else None

    def _header(self, oid: Oid) -> tuple[Kind | None, int]:
        type, size = self._packs.read_header(oid)
        return _KINDS.get(int(type)), size

    def exists(self, oid: Oid) -> bool:
        """Not from libgit2, which holds packs that gc has removed."""
        return self._files.exists(oid)

    def write(self, objects: Sequence[Object], durability: Durability) -> None:
        self._files.write(objects, durability)

    def write_pack(self, objects: Sequence[Object], durability: Durability) -> Keep:
        return self._files.write_pack(objects, durability)

    # --- references -----------------------------------------------------------------------------------

    def ref(self, name: str) -> Oid | None:
        try:
            return Oid(str(self._repository.lookup_reference(name).resolve().target))
        except KeyError:
            return None
        except _REFUSED as error:
            raise names_no_commit(name, self.reflog(name)) from error

    def refs(self, prefix: str) -> dict[str, Oid]:
        """References that lead nowhere or hold no oid are left out, as git does."""
        return self._files.refs(prefix)

    def swap(
        self, name: str, new: Oid, old: Oid | None, *, committer: str, message: str, still: Still | None = None
    ) -> None:
        """By the protocol of `Files`, which heals locks and always writes the reflog; see the module for why."""
        self._files.swap(name, new, old, committer=committer, message=message, still=still)

    def reflog(self, name: str) -> list[ReflogEntry]:
        return self._files.reflog(name)

    def close(self) -> None:
        self._files.close()
        self._repository.free()


def _unsupported(layout: Layout, why: str) -> FormatUnsupported:
    return FormatUnsupported(
        f"libgit2 cannot open '{layout.git_dir}': {why.strip().splitlines()[0].lower() if why.strip() else 'unknown'}",
        details={"git_dir": layout.git_dir, "cause": why},
    )
