"""Anchors: eight references that follow the tip at a distance, so that no single loss takes everything.

A reference dies with its reflog (git deletes both), and a reflog can be wiped alone. `refs/jit/backup/anchor-0` to
`anchor-7` are references of their own: `git gc` keeps what they name, and whoever deletes or rewinds the issues'
reference does not touch them. They are a ring. After a write, when the newest is 64 commits or a day behind the
tip, the oldest moves to the tip by compare-and-swap.

Whether it is time, the record of `highwater` tells, which is read for another reason anyway: a write that moves no
anchor costs one small file read and one small file written, and asks git nothing.
"""

import time
from collections.abc import Mapping
from typing import Final

from git_jit.errors import JitError
from git_jit.model import Oid
from git_jit.store import RefConflict, RefCorrupt, commits
from git_jit.store.highwater import Mark, Site, read_mark, write_mark

PREFIX: Final = "refs/jit/backup/"
RING: Final = 8
EVERY_COMMITS: Final = 64
EVERY_SECONDS: Final = 86_400
"""Ring and distances are those of reliability.md L4: the way back from an anchor is short, and the eight reach
over the last 512 commits or the last week of quiet work."""
LOST: Final = "refs/jit/lost/"
"""Below this, one reference each, what was taken out of the history: it is no candidate any more, but kept."""
COMMITTER: Final = "git jit <git-jit>"
"""Nobody in person sets an anchor."""


def slots() -> list[str]:
    """The names of the ring."""
    return [f"{PREFIX}anchor-{number}" for number in range(RING)]


def after_write(site: Site, tip: Oid, *, now: float | None = None) -> None:
    """Note that `tip` was published, and set an anchor if it is time. Raises `JitError` or `OSError`."""
    now = time.time() if now is None else now
    mark = read_mark(site.layout.common_dir, site.ref)
    since, anchored = (mark.since + 1, mark.anchored) if mark else (0, 0)
    try:
        if is_due(mark, now):
            anchor(site, tip, "anchor: it was time", now=now)
            since, anchored = 0, int(now)
    finally:
        write_mark(site.layout.common_dir, Mark(site.ref, tip, since, anchored))


def is_due(mark: Mark | None, now: float) -> bool:
    """Whether the newest anchor is too far behind. A clock that ran back counts as a day."""
    return mark is None or mark.since + 1 >= EVERY_COMMITS or abs(now - mark.anchored) >= EVERY_SECONDS


def anchor(site: Site, tip: Oid, reason: str, *, now: float | None = None) -> str | None:
    """Let the oldest anchor name `tip`, and say why in its reflog; before any step that could lose it.

    Returns the reference; None if another one names `tip` already, or another writer moved the slot first.
    """
    held = site.backend.refs(PREFIX)
    if tip in held.values():
        return None
    for slot in _oldest_first(site, held):
        try:
            site.backend.swap(slot, tip, held.get(slot), committer=committer(now), message=reason)
        except RefCorrupt:  # 'refs' left it out; it is not ours to overwrite
            continue
        except RefConflict:
            return None
        return slot
    return None


def keep(site: Site, oid: Oid, reason: str, *, now: float | None = None) -> str | None:
    """Keep a commit that leaves the history, under a reference of its own. None if it cannot be read: a reference to
    it would keep nothing, and stop every 'git gc'.
    """
    name = f"{LOST}{oid}"
    try:
        site.backend.read(oid)
    except JitError:
        return None
    if name not in site.backend.refs(LOST):
        site.backend.swap(name, oid, None, committer=committer(now), message=reason)
    return name


def committer(now: float | None = None) -> str:
    """Who sets anchors, as a reflog has it."""
    return f"{COMMITTER} {max(int(time.time() if now is None else now), 0)} +0000"


def _oldest_first(site: Site, held: Mapping[str, Oid]) -> list[str]:
    """Empty slots, then the others by the time of what they name."""
    age = {slot: _age(site, held[slot]) if slot in held else (-1, 0) for slot in slots()}
    return sorted(age, key=lambda slot: age[slot])


def _age(site: Site, oid: Oid) -> tuple[int, int]:
    try:
        clock = commits.clock_of(commits.parse(site.backend.read(oid)))
    except JitError:
        return (-1, 1)
    return (clock.ms, clock.counter)
