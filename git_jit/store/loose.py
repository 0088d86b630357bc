"""Loose objects: their format, and what git leaves undone about those that are there already.

git and libgit2 skip the write when the file exists. But the file may be damaged (a power cut leaves it empty,
and then no retry ever heals it), or another process may have written it a moment ago without syncing it.
"""

import contextlib
import os
import zlib
from collections.abc import Iterable, Sequence
from typing import Final

from git_jit.model import Oid
from git_jit.store import CorruptObject
from git_jit.store.backend import MAX_OBJECT, Kind, Object, is_too_large
from git_jit.store.layout import Layout
from git_jit.store.system import System, sync_path, write_error

COMPRESSION: Final = 1
"""git's own default for loose objects (core.looseCompression): they will be packed anyway."""
MAX_HEADER: Final = 32
"""Bytes in front of an object's content: `commit 9999999999999999999` and a NUL."""
MAX_FILE: Final = MAX_OBJECT + (MAX_OBJECT >> 10)
"""Bytes of a loose file that are read: what zlib cannot compress it makes longer by less than a thousandth."""
KINDS: Final = {kind.value.encode(): kind for kind in Kind}


def loose_path(layout: Layout, oid: Oid) -> str:
    return os.path.join(layout.objects_dir, oid[:2], oid[2:])


def set_aside_damaged(layout: Layout, objects: Iterable[Object]) -> list[Oid]:
    """Rename each of these objects' files that does not hold what its name says; returns the names.

    The new name begins with `tmp_obj_`: evidence for two weeks, then `git gc` removes it.
    """
    found = []
    for item in objects:
        path = loose_path(layout, item.oid)
        if os.path.exists(path) and not _holds(path, item):
            try:
                os.rename(path, os.path.join(layout.objects_dir, f"tmp_obj_damaged_{item.oid}"))
            except OSError as error:
                raise write_error(error, f"set the damaged object '{item.oid}' aside") from error
            found.append(item.oid)
    return found


def _holds(path: str, item: Object) -> bool:
    try:
        with open(path, "rb") as file:
            raw = zlib.decompress(file.read())
    except (OSError, zlib.error):
        return False
    return raw == b"%s %d\0%s" % (item.kind.value.encode(), len(item.data), item.data)


def sync_loose(layout: Layout, oids: Sequence[Oid]) -> None:
    """Force those of the objects that are loose to the disk, with the directories that name them."""
    system = System()
    paths = [loose_path(layout, oid) for oid in oids]
    try:
        for path in paths:
            with contextlib.suppress(FileNotFoundError):  # it is in a pack
                sync_path(system, path)
        for directory in {os.path.dirname(path) for path in paths} | {layout.objects_dir}:
            with contextlib.suppress(FileNotFoundError):
                sync_path(system, directory)
    except OSError as error:
        raise write_error(error, "force objects to the disk") from error


def damaged(oid: Oid, why: str) -> CorruptObject:
    return CorruptObject(
        f"object '{oid}' is damaged: {why}",
        hint="'git jit doctor --deep' names what is damaged; 'git jit recover' brings back what can be",
        details={"oid": oid},
    )


def inflate(oid: Oid, packed: bytes) -> tuple[bytes, bytes, bytes]:
    """Kind, announced size and content of a loose file; no more of it is unpacked than may be read.

    Raises `CorruptObject`, also for what is too large.
    """
    stream = zlib.decompressobj()
    try:
        header, _, start = stream.decompress(packed, MAX_HEADER).partition(b"\0")
        word, _, size = header.partition(b" ")
        announced = int(size) if size.isdigit() else 0
        if is_too_large(KINDS.get(word), announced):
            raise damaged(oid, f"it is too large ({announced} bytes)")
        data = start + stream.decompress(stream.unconsumed_tail, max(announced - len(start), 0) + 1)
    except zlib.error:
        raise damaged(oid, "its file is cut off" if packed else "its file is empty") from None
    if not stream.eof and len(data) <= announced:
        raise damaged(oid, "its file is cut off" if packed else "its file is empty")
    return word, size, data


def deflate(object: Object) -> bytes:
    return zlib.compress(b"%s %d\0" % (object.kind.value.encode(), len(object.data)) + object.data, COMPRESSION)
