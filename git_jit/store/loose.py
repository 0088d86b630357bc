"""What git leaves undone about loose objects that are there already.

git and libgit2 skip the write when the file exists. But the file may be damaged (a power cut leaves it empty,
and then no retry ever heals it), or another process may have written it a moment ago without syncing it.
"""

import contextlib
import os
import zlib
from collections.abc import Iterable, Sequence

from git_jit.model import Oid
from git_jit.store.backend import Object
from git_jit.store.layout import Layout
from git_jit.store.system import System, sync_path, write_error


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
