"""The back end of a short command: git's own files, read and written without git.

Importing pygit2 costs more than everything a short command does, and starting git costs as much as the write
itself. Loose objects and references are simple files; what is packed is asked of `git cat-file`, once it is
needed. A question needs nothing but the place of one reference, so what reads objects (`objectfiles`) and what
moves references (`refmoves`) is loaded when it is asked for.
"""

import contextlib
import errno
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from git_jit.model import Oid
from git_jit.store import RefCorrupt
from git_jit.store.backend import Durability, Keep, Object, ReflogEntry, Still
from git_jit.store.layout import Layout

if TYPE_CHECKING:
    from git_jit.store.locks import Queue
    from git_jit.store.objectfiles import ObjectFiles
    from git_jit.store.system import System

MAX_SYMBOLIC: Final = 5
"""git's own limit for references that point to references."""

_HEX: Final = frozenset("0123456789abcdef")


class Files:
    """`Backend` on the files of a repository whose layout is `plain`."""

    name = "files"

    def __init__(
        self,
        layout: Layout,
        environ: Mapping[str, str],
        *,
        durability: Durability = Durability.FULL,
        queue: "Callable[[], Queue] | None" = None,
        system: "System | None" = None,
    ) -> None:
        """`queue` gives the queue of writers, which a reader never asks for."""
        self.object_format = layout.object_format
        self._layout = layout
        self._environ = environ
        self._common = layout.common_dir
        self._durability = durability
        self._given_system = system
        self._queue = queue
        self._opened: ObjectFiles | None = None

    @property
    def asks_git(self) -> bool:
        """Whether a git process was needed, for a packed object."""
        return self._opened is not None and self._opened.asks_git

    def _system(self) -> "System":
        if self._given_system is None:
            from git_jit.store.system import System

            self._given_system = System()
        return self._given_system

    # --- objects --------------------------------------------------------------------------------------

    def _objects(self) -> "ObjectFiles":
        if self._opened is None:
            from git_jit.store.objectfiles import ObjectFiles

            self._opened = ObjectFiles(self._layout, self._environ, self._system())
        return self._opened

    def read(self, oid: Oid) -> Object:
        """See `Backend`; verified against its name."""
        return self._objects().read(oid)

    def read_many(self, oids: Iterable[Oid]) -> Iterator[Object | Oid]:
        return self._objects().read_many(oids)

    def exists(self, oid: Oid) -> bool:
        return self._objects().exists(oid)

    def write(self, objects: Sequence[Object], durability: Durability) -> None:
        self._objects().write(objects, durability)

    def write_pack(self, objects: Sequence[Object], durability: Durability) -> Keep:
        return self._objects().write_pack(objects, durability)

    # --- references -----------------------------------------------------------------------------------

    def ref(self, name: str) -> Oid | None:
        target: str | None = name
        for _ in range(MAX_SYMBOLIC):
            text = self._ref_text(target) if target else None
            if text is None:
                return None
            if not text.startswith("ref:"):
                return self._as_oid(name, text)
            target = text[4:].strip()
        raise _corrupt(f"'{name}' leads through too many symbolic references")

    def refs(self, prefix: str) -> dict[str, Oid]:
        """Loose ones win over packed ones; what is no valid reference is left out, as git does."""
        names = {name for name in self._packed_refs() if name.startswith(prefix)}
        start = prefix if prefix.endswith("/") else os.path.dirname(prefix)
        for directory, _, files in os.walk(f"{self._common}/{start}"):
            below = os.path.relpath(directory, self._common)
            names.update(name for file in files if (name := f"{below}/{file}").startswith(prefix))
        found = {}
        for name in sorted(names):
            if not name.endswith(".lock"):
                with contextlib.suppress(RefCorrupt):
                    oid = self.ref(name)
                    if oid is not None:
                        found[name] = oid
        return found

    def _ref_text(self, name: str) -> str | None:
        """The loose file, else the packed line. In that order a concurrent `pack-refs` cannot hide anything:
        it writes the packed file before it removes the loose one.
        """
        base = self._common if name.startswith("refs/") else self._layout.git_dir
        try:
            with open(f"{base}/{name}", encoding="utf-8", errors="replace") as file:
                return file.read(4096)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return self._packed_refs().get(name)
        except OSError as error:
            raise _corrupt(f"'{name}' cannot be read: {os.strerror(error.errno or errno.EIO).lower()}") from error

    def _packed_refs(self) -> dict[str, str]:
        try:
            with open(f"{self._common}/packed-refs", encoding="utf-8", errors="surrogateescape", newline="\n") as file:
                # Not splitlines: a name may hold U+2028, and what stands before it is the name of another reference.
                lines = file.read().split("\n")
        except FileNotFoundError:
            return {}
        pairs = (line.partition(" ") for line in lines if line and line[0] not in "#^")
        return {name: oid for oid, _, name in pairs}

    def _as_oid(self, name: str, text: str) -> Oid:
        oid = text.split(None, 1)[0].lower() if text.strip() else ""
        if len(oid) != (40 if self.object_format == "sha1" else 64) or not _HEX.issuperset(oid):
            from git_jit.store.reflog import names_no_commit

            raise names_no_commit(name, self.reflog(name))
        return Oid(oid)

    def swap(
        self, name: str, new: Oid, old: Oid | None, *, committer: str, message: str, still: Still | None = None
    ) -> None:
        """See `Backend`. By git's own rules for locks and logs; the log is written whatever the settings say."""
        from git_jit.store.locks import Queue
        from git_jit.store.refmoves import Mover

        budgets, system = self._layout.budgets, self._system()
        queue = self._queue() if self._queue else Queue(self._common, system=system, budget=budgets.queue)
        sync = self._durability is Durability.FULL
        mover = Mover(self._common, self.ref, queue, system=system, patience=budgets.ref, sync=sync)
        mover.swap(name, new, old, committer=committer, message=message, still=still)

    def reflog(self, name: str) -> list[ReflogEntry]:
        from git_jit.store.reflog import parse_reflog

        try:
            with open(f"{self._common}/logs/{name}", encoding="utf-8", errors="replace", newline="\n") as file:
                return parse_reflog(file.read())
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return []

    def close(self) -> None:
        if self._opened is not None:
            self._opened.close()


def _corrupt(sentence: str) -> RefCorrupt:
    from git_jit.store.reflog import LOOK

    return RefCorrupt(sentence, hint=LOOK)
