"""The disk below the repository: room, kind of file system, and directories that cannot be written."""

import os
import stat
from collections.abc import Iterator
from typing import Final

from git_jit.clone import Disk
from git_jit.store.layout import Layout

NETWORK: Final = frozenset(
    {"9p", "afs", "ceph", "cifs", "davfs", "drvfs", "fuse.rclone", "fuse.s3fs", "fuse.sshfs", "glusterfs", "lustre",
     "ncpfs", "nfs", "nfs4", "prl_fs", "smb3", "smbfs", "vboxsf", "vmhgfs"}
)  # fmt: skip
"""File systems that other machines write to as well: `flock` may hold on one machine only, or nowhere."""
MAX_NAMED: Final = 20


def look_at_disk(layout: Layout) -> Disk | None:
    """None if the object store cannot be looked at."""
    try:
        room = os.statvfs(layout.objects_dir)
        device = os.stat(layout.objects_dir).st_dev
        owner = os.stat(layout.common_dir).st_uid
    except OSError:
        return None
    kind = _kind(device)
    unwritable, foreign = [], []
    for path in _directories(layout):
        name = os.path.relpath(path, layout.common_dir)
        if not os.access(path, os.W_OK | os.X_OK, effective_ids=os.access in os.supports_effective_ids):
            unwritable.append(name)
        elif _is_foreign(path, owner):
            foreign.append(name)
    return Disk(
        free=room.f_bavail * room.f_frsize,
        files=room.f_favail if room.f_files else None,
        kind=kind,
        network=kind in NETWORK,
        unwritable=tuple(unwritable[:MAX_NAMED]),
        foreign=tuple(foreign[:MAX_NAMED]),
    )


def _directories(layout: Layout) -> Iterator[str]:
    """Every directory in which a write of ours, or git's tidying up, makes a file."""
    common = layout.common_dir
    yield common
    for place in (layout.objects_dir, f"{common}/refs", f"{common}/jit"):
        yield from (each for each in (place, *_children(place)) if os.path.isdir(each))
    for place in (f"{common}/refs/jit", f"{common}/logs/refs/jit"):
        yield from (directory for directory, _, _ in os.walk(place))


def _children(place: str) -> list[str]:
    try:
        with os.scandir(place) as entries:
            found = [entry.path for entry in entries if entry.is_dir()]
    except OSError:
        return []
    return sorted(path for path in found if not path.endswith(("/heads", "/tags", "/remotes", "refs/jit")))


def _is_foreign(path: str, owner: int) -> bool:
    """Whether the repository's owner would stumble over it: somebody else's, and not open to a group."""
    try:
        status = os.stat(path)
    except OSError:
        return False
    return status.st_uid != owner and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _kind(device: int) -> str:
    """The type of the file system with this device number; empty where nothing tells."""
    wanted = f"{os.major(device)}:{os.minor(device)}"
    try:
        with open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as file:
            for line in file:
                head, dash, tail = line.partition(" - ")
                if dash and head.split(" ", 3)[2] == wanted:
                    return tail.split(" ", 1)[0]
    except (OSError, IndexError):
        pass
    return ""
