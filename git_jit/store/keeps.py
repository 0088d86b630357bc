"""Packs that no gc may take: the `.keep` beside a new pack, and the sweeping of those whose owner died.

A `git gc --prune=now` beside a writer deletes objects that no reference reaches yet, and no check before or
after the compare-and-swap helps (reliability.md F3). A pack with a `.keep` is left alone. So bulk goes into
one pack, kept until the reference has moved. The file says who keeps it, so that the next process can tell a
working owner from a dead one.
"""

import contextlib
import os
from collections.abc import Iterator
from typing import Final

from git_jit.store.holder import Holder, is_dead, this_process
from git_jit.store.layout import Layout

MARK: Final = "git-jit "
"""How the text of our `.keep` files begins. Everybody else's are not ours to remove."""
MAX_RECORD: Final = 4096

_live: set[str] = set()
"""What this process keeps at this moment."""
_coming: set[object] = set()
"""Packs that are being made here: git writes the `.keep` of one before we know its name."""


@contextlib.contextmanager
def making() -> Iterator[None]:
    """While it lasts nothing that this process keeps is taken for a leftover by another of its threads."""
    one = object()
    _coming.add(one)
    try:
        yield
    finally:
        _coming.discard(one)


class KeptPack:
    """One pack kept until `release`."""

    def __init__(self, path: str, record: str) -> None:
        self.path = path
        self._record = record
        _live.add(path)

    def release(self) -> None:
        """Let gc have it. What cannot be removed now is swept later."""
        if self.path in _live:
            _live.discard(self.path)
            if _text(self.path) == self._record:
                with contextlib.suppress(OSError):
                    os.unlink(self.path)


def owner_record() -> str:
    """This process, as the one line that goes into its `.keep` files."""
    return MARK + this_process().encode().decode().strip()


def sweep_keeps(layout: Layout) -> list[str]:
    """Remove the `.keep` files that a process of ours left when it died; returns their paths.

    Only with proof of death: the recorded process is gone from this machine's process table, or the machine
    was started again since. Records of other machines and containers stay.
    """
    swept = []
    for path in dead_keeps(layout):
        with contextlib.suppress(OSError):
            os.unlink(path)
            swept.append(path)
    return swept


def dead_keeps(layout: Layout) -> list[str]:
    """The paths of those that `sweep_keeps` would remove now."""
    directory = os.path.join(layout.objects_dir, "pack")
    try:
        names = sorted(name for name in os.listdir(directory) if name.endswith(".keep"))
    except OSError:
        return []
    found = []
    me: Holder | None = None
    for path in (os.path.join(directory, name) for name in names):
        record = _text(path)
        owner = Holder.parse(record.removeprefix(MARK).encode()) if record.startswith(MARK) else None
        if owner is None:
            continue
        me = me or this_process()
        if _is_gone(owner, me, path):
            found.append(path)
    return found


def _is_gone(owner: Holder, me: Holder, path: str) -> bool:
    if owner == me:
        return path not in _live and not _coming
    if owner.boot == me.boot and owner.space != me.space:
        return False  # a container: its processes are not in our table
    return is_dead(owner, me, queued=True)


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(MAX_RECORD).strip()
    except OSError:
        return ""
