"""Objects in git's own files: read and verified, written so that a power cut leaves none half there.

Content goes under a temporary name that `git gc` knows how to sweep, then a rename gives it its own
(gitrepository-layout(5)). Stricter than git, because both were seen to destroy data (storage.md, sections 0 and 3):
an object that "exists already" is verified and, if damaged, replaced; and it is forced to the disk like a new one, for
another process may have written it a moment ago and not synced it.
"""

import contextlib
import errno
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count, islice
from typing import TYPE_CHECKING, Final

from git_jit.model import Oid
from git_jit.store import CorruptObject, MissingObject
from git_jit.store.backend import Durability, Keep, Object
from git_jit.store.layout import Layout
from git_jit.store.loose import KINDS, MAX_FILE, damaged, deflate, inflate
from git_jit.store.system import System, create, discard, make_directories, sync_path, write_all, write_error
from git_jit.store.tree import object_id

if TYPE_CHECKING:
    from git_jit.store.gitobjects import CatFile

OPEN_FILES: Final = 64
"""Temporary files held open at a time while a batch is synced."""
RENAMES: Final = 5
"""How often a concurrent `git gc` may snatch our file, or the directory it goes to, before we give up."""
READ_BATCH: Final = 256


class ObjectFiles:
    """The objects of a repository whose layout is `plain`: loose ones from their files, packed ones from git."""

    def __init__(self, layout: Layout, environ: Mapping[str, str], system: System) -> None:
        self.object_format = layout.object_format
        self._layout = layout
        self._environ = environ
        self._objects = layout.objects_dir
        self._system = system
        self._cat: CatFile | None = None
        self._token = os.urandom(6).hex()  # a process id returns, and a killed writer's files may still be there
        self._serials = count(1)  # asking it is one step for all threads, where `+= 1` is several

    @property
    def asks_git(self) -> bool:
        """Whether a git process was needed, for a packed object."""
        return self._cat is not None

    # --- reading --------------------------------------------------------------------------------------

    def read(self, oid: Oid) -> Object:
        """Verified against its name. A damaged loose file is forgiven when a pack holds the object too."""
        try:
            found = self._loose(oid)
        except CorruptObject as damage:
            with contextlib.suppress(MissingObject, CorruptObject):
                return self._packed().read(oid)
            raise damage from None
        return found or self._packed().read(oid)

    def read_many(self, oids: Iterable[Oid]) -> Iterator[Object | Oid]:
        rest = iter(oids)
        while batch := list(islice(rest, READ_BATCH)):
            found = [self._loose_or_none(oid) for oid in batch]
            missing = [oid for oid, object in zip(batch, found, strict=True) if object is None]
            # A list, not a generator: whoever consumes us may use the same pipe in between.
            packed = iter(list(self._packed().read_many(missing)) if missing else [])
            yield from (object or next(packed) for object in found)

    def exists(self, oid: Oid) -> bool:
        return os.path.exists(self._path(oid)) or self._packed().exists(oid)

    def _path(self, oid: Oid) -> str:
        return f"{self._objects}/{oid[:2]}/{oid[2:]}"

    def _packed(self) -> "CatFile":
        if self._cat is None:
            from git_jit.store.gitobjects import CatFile

            self._cat = CatFile(self._layout, self._environ)
        return self._cat

    def _loose_or_none(self, oid: Oid) -> Object | None:
        try:
            return self._loose(oid)
        except CorruptObject:
            return None

    def _loose(self, oid: Oid) -> Object | None:
        """The object from its own file; None if it has none. Raises `CorruptObject`."""
        try:
            with open(self._path(oid), "rb", buffering=0) as file:
                # Not MAX_FILE itself: a raw read makes room for all that it is asked for.
                packed = file.read(min(os.fstat(file.fileno()).st_size, MAX_FILE))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise damaged(oid, os.strerror(error.errno or errno.EIO).lower()) from error
        word, size, data = inflate(oid, packed)
        kind = KINDS.get(word)
        if kind is None and word == b"tag":
            raise CorruptObject(f"object '{oid}' is a tag, which issues never are", hint="'git show' tells its subject")
        if kind is None or size != b"%d" % len(data) or object_id(kind, data, self.object_format) != oid:
            raise damaged(oid, "its content does not match its name")
        return Object(oid, kind, data)

    # --- writing --------------------------------------------------------------------------------------

    def write(self, objects: Sequence[Object], durability: Durability) -> None:
        """Store loose objects: write all, then sync all, then give all their names, then sync the directories.

        In that order the syncs of a batch share one flush of the disk's journal, and no name ever stands for
        content that a power cut could empty.
        """
        sync = durability is Durability.FULL
        directories: dict[str, None] = {}
        try:
            fresh = [object for object in objects if not self._is_stored(object.oid, directories, sync=sync)]
            for start in range(0, len(fresh), OPEN_FILES):
                self._write_batch(fresh[start : start + OPEN_FILES], directories, sync=sync)
            if sync:
                for directory in directories:
                    self._sync_directory(directory)
        except OSError as error:
            raise write_error(error, "store the change") from error

    def _is_stored(self, oid: Oid, directories: dict[str, None], *, sync: bool) -> bool:
        """Whether a good loose copy is here already; if so it is made as durable and as young as a new one."""
        path = self._path(oid)
        if not os.path.exists(path):
            return False
        try:
            if self._loose(oid) is None:
                return False
            os.utime(path)  # `git prune` goes by age
            if sync:
                sync_path(self._system, path)
        except (CorruptObject, FileNotFoundError, PermissionError):
            return False
        directories.setdefault(os.path.dirname(path))
        return True

    def _write_batch(self, objects: Sequence[Object], directories: dict[str, None], *, sync: bool) -> None:
        names = [self._temporary_name() for _ in objects]
        opened: list[int] = []
        try:
            for object, name in zip(objects, names, strict=True):
                opened.append(self._system.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o444))
                write_all(self._system, opened[-1], deflate(object))
                if sync:
                    self._system.flush_soon(opened[-1])
            if sync:
                for fd in opened:
                    self._system.fsync(fd)
            while opened:
                self._system.close(opened.pop())
            for object, name in zip(objects, names, strict=True):
                self._give_name(object, name, directories, sync=sync)
        except BaseException:
            for fd in opened:
                os.close(fd)
            for name in names:
                discard(self._system, name)
            raise

    def _temporary_name(self) -> str:
        """In `objects/`, with the prefix by which `git gc` knows leftovers of the dead."""
        return f"{self._objects}/tmp_obj_jit_{self._token}_{os.getpid()}_{next(self._serials)}"  # noqa: S108

    def _give_name(self, object: Object, temporary: str, directories: dict[str, None], *, sync: bool) -> None:
        """Rename into place, over a damaged file if there is one.

        A `git gc --prune=now` removes temporary files and empty directories at any moment; then once more.
        """
        path = self._path(object.oid)
        directory = os.path.dirname(path)
        for attempt in range(RENAMES):
            if make_directories(self._system, directory):
                directories.setdefault(self._objects)
            try:
                self._system.rename(temporary, path)
                break
            except FileNotFoundError:
                if attempt + 1 == RENAMES:
                    raise
                if not os.path.exists(temporary):
                    create(self._system, temporary, deflate(object), mode=0o444, sync=sync)
        directories.setdefault(directory)

    def _sync_directory(self, directory: str) -> None:
        # A directory that gc removed in between was empty: then our object is gone too, and the look after
        # the swap (see `publish`) finds that out.
        with contextlib.suppress(FileNotFoundError):
            sync_path(self._system, directory)

    def write_pack(self, objects: Sequence[Object], durability: Durability) -> Keep:
        from git_jit.store.gitobjects import index_pack

        return index_pack(self._layout, self._environ, objects, durability)

    def close(self) -> None:
        if self._cat is not None:
            self._cat.close()
            self._cat = None
