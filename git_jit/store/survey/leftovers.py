"""Temporary files that processes left among the objects, and which of them are provably nobody's any more."""

import os
from collections.abc import Iterator
from typing import Final

from git_jit.clone import Leftover
from git_jit.store.layout import Layout

OURS: Final = "tmp_obj_jit_"
"""What our own file access writes under; only ever by a writer in the queue."""
EVIDENCE: Final = "tmp_obj_damaged_"
"""Damaged objects that were set aside; git removes them after two weeks, and until then they can be looked at."""
TEMPORARY: Final = ("tmp_obj_", "tmp_object_git2_", "tmp_pack_", "tmp_idx_", "tmp_rev_", "pack_git2_", ".tmp-")
"""How git and libgit2 call what is not finished (builtin/prune.c, odb_loose.c, repack.c)."""
BOOT_MARGIN_S: Final = 86_400
"""A clock may be off by its time zone until it is set, some time after the start: less than a day."""
MAX_LEFTOVERS: Final = 1_000


def look_at_leftovers(layout: Layout, *, idle: bool, local: bool, now: float, deep: bool) -> tuple[Leftover, ...]:
    """Unfinished files in the object store. `idle`: no writer of ours can be at work; `local`: the file system is not
    shared with other machines, whose processes we cannot see. Only `deep` looks into all directories of objects.
    """
    started = boot_time()
    found = []
    for path in _temporary(layout.objects_dir, deep=deep):
        try:
            status = os.stat(path)
        except OSError:
            continue  # finished meanwhile
        before_boot = started is not None and status.st_mtime < started - BOOT_MARGIN_S
        ours = os.path.basename(path).startswith(OURS)
        found.append(
            Leftover(
                path=os.path.relpath(path, layout.common_dir),
                bytes=status.st_size,
                age=now - status.st_mtime,
                dead=local and (before_boot or (ours and idle)),
            )
        )
        if len(found) == MAX_LEFTOVERS:
            break
    return tuple(found)


def _temporary(objects: str, *, deep: bool) -> Iterator[str]:
    directories = ["", "pack", *(f"{number:02x}" for number in range(256) if deep)]
    for directory in directories:
        place = os.path.join(objects, directory) if directory else objects
        try:
            names = sorted(os.listdir(place))
        except OSError:
            continue
        for name in names:
            if name.startswith(TEMPORARY) and not name.startswith(EVIDENCE) and os.path.isfile(f"{place}/{name}"):
                yield f"{place}/{name}"


def boot_time() -> float | None:
    """When this machine was started, seconds since 1970; None where nothing tells."""
    try:
        with open("/proc/stat", encoding="utf-8", errors="replace") as file:
            for line in file:
                if line.startswith("btime "):
                    return float(line.split()[1])
    except (OSError, ValueError, IndexError):
        pass
    return None
