"""Damaged objects: their files set aside, and what they held brought back from wherever there is a copy.

A damaged loose file is never healed by itself: git does not write an object whose file exists. So the file is moved to
`<common git dir>/jit/quarantine/`, as evidence; then a copy in a pack is in sight again, and one from a bundle or
another object store can be written in its place.
"""

import os
from collections.abc import Iterable
from typing import Final

from git_jit.model import Oid
from git_jit.record import record
from git_jit.store.backend import Durability, Object, ObjectReader
from git_jit.store.highwater import Site
from git_jit.store.layout import object_dirs
from git_jit.store.loose import loose_path
from git_jit.store.system import System, make_directories, write_error

BATCH: Final = 64
LARGEST: Final = 256 << 20
"""Bytes of a loose file that are looked at; git itself streams larger ones (core.bigFileThreshold, 512 MiB)."""


@record
class Healed:
    """What became of damaged objects."""

    set_aside: tuple[str, ...]
    """The files in quarantine."""
    restored: tuple[Oid, ...]
    lost: tuple[Oid, ...]
    """Objects of which there is no copy that can be read."""


def directory(common_dir: str) -> str:
    """Where damaged files are kept."""
    return f"{common_dir}/jit/quarantine"


def set_aside(site: Site, path: str) -> str:
    """Move a file or a directory into the quarantine; its new path. Raises errors of the disk."""
    place = directory(site.layout.common_dir)
    name = os.path.relpath(path, site.layout.common_dir).replace(os.sep, "-")
    try:
        make_directories(System(), place)
        number, target = 0, f"{place}/{name}"
        while os.path.lexists(target):
            number += 1
            target = f"{place}/{name}.{number}"
        os.rename(path, target)
    except OSError as error:
        raise write_error(error, f"set '{path}' aside") from error
    return target


def heal(site: Site, damaged: Iterable[Oid], copies: ObjectReader | None = None) -> Healed:
    """Set the files of damaged objects aside, and write each object anew that can still be read: here once its
    file is out of the way, or from `copies` (a bundle's objects, say).
    """
    wanted = list(dict.fromkeys(damaged))
    moved = [set_aside(site, loose_path(site.layout, oid)) for oid in wanted if _is_damaged_file(site, oid)]
    missing = [oid for oid, found in _read(site.backend, wanted) if found is None]
    found = [item for _, item in _read(copies, missing) if item] if copies else []
    for start in range(0, len(found), BATCH):
        site.backend.write(found[start : start + BATCH], Durability.FULL)
    lost = {oid for oid, item in _read(site.backend, wanted) if item is None}
    return Healed(tuple(moved), tuple(oid for oid in wanted if oid not in lost), tuple(sorted(lost)))


def damaged_files(site: Site) -> list[Oid]:
    """Every loose object of the repository's own store whose file does not hold what its name says."""
    store = object_dirs(site.layout)[0]
    names = [name for name in sorted(os.listdir(store)) if len(name) == 2 and name.isalnum()]
    oids = [Oid(name + rest) for name in names for rest in sorted(os.listdir(f"{store}/{name}")) if len(rest) >= 38]
    return [oid for oid in oids if _is_damaged_file(site, oid)]


def _is_damaged_file(site: Site, oid: Oid) -> bool:
    """Whether there is a loose file of this name, and its content is another's or nobody's."""
    import hashlib
    import zlib

    try:
        with open(loose_path(site.layout, oid), "rb") as file:
            inflated = zlib.decompressobj()
            content = inflated.decompress(file.read(LARGEST), LARGEST)
    except FileNotFoundError:
        return False
    except (OSError, zlib.error):
        return True
    return not inflated.eof or hashlib.new(site.layout.object_format, content).hexdigest() != oid


def _read(objects: ObjectReader, oids: list[Oid]) -> list[tuple[Oid, Object | None]]:
    found = objects.read_many(oids)
    return [(oid, item if isinstance(item, Object) else None) for oid, item in zip(oids, found, strict=True)]
