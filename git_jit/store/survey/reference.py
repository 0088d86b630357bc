"""The reference, the last commit with what it brought, and the ways back: reflog and anchors."""

import os
from collections.abc import Iterator, Sequence
from typing import Final, Protocol

from git_jit.clock import Clock
from git_jit.clone import Anchors, Damage, Reference, Reflog, RefState, Tip
from git_jit.codec import SchemaNewer
from git_jit.errors import JitError
from git_jit.model import Oid
from git_jit.store import MissingObject, commits, places, tree
from git_jit.store.backend import Backend, Kind, Object, ReflogEntry
from git_jit.store.highwater import Site, rewound
from git_jit.store.reflog import parse_reflog

LAST_COMMIT_OBJECTS: Final = 64
"""Objects of the last commit that are looked at: all of an ordinary one. `deep` reads the rest of a bulk change."""
REFLOG_TAIL: Final = 64 * 1024
"""Bytes at the end of a reflog that are read: some 300 entries, more than happen between two looks."""
ANCHORS: Final = "refs/jit/backup/"


class Home(Site, Protocol):
    """What a survey needs of a repository."""

    def traces(self) -> list[str]: ...


def look_at_reference(home: Home) -> Reference:
    """Where the reference stands. Whether its commit can be read, `look_at_tip` tells."""
    try:
        tip = home.backend.ref(home.ref)
        traces = () if tip else tuple(home.traces())
    except (JitError, OSError) as error:
        return Reference(name=home.ref, state=RefState.CORRUPT, cause=_why(error))
    if tip is None:
        return Reference(name=home.ref, state=RefState.MISSING if traces else RefState.ABSENT, traces=traces)
    lost = rewound(home)
    return Reference(name=home.ref, state=RefState.INTACT, tip=tip, rewound_from=lost.mark if lost else None)


def look_at_tip(backend: Backend, oid: Oid, shallow: frozenset[str]) -> Tip:
    """The last commit, its rules, and each object that it brought, read and compared with its name."""
    try:
        commit = commits.parse(backend.read(oid))
    except JitError as error:
        return Tip(oid=oid, time=0, clock=None, damaged=(_damage(oid, "the last commit", error),))
    clock = Clock.parse(commit.trailers.get(commits.CLOCK, ""))
    parent = commit.parents[0] if commit.parents and commit.parents[0] not in shallow and oid not in shallow else None
    before, damaged = _tree_of(backend, parent)
    damaged += [*_brought(backend, before, commit.tree)]
    rules, newer = _rules(backend, commit.tree)
    return Tip(
        oid=oid,
        time=commit.time,
        clock=clock.ms // 1000 if clock else None,
        damaged=tuple(dict.fromkeys(damaged)),
        rules=rules,
        newer=newer,
    )


def _tree_of(backend: Backend, commit: Oid | None) -> tuple[Oid | None, list[Damage]]:
    if commit is None:
        return None, []
    try:
        return commits.parse(backend.read(commit)).tree, []
    except JitError as error:
        return None, [_damage(commit, "the commit before the last one", error)]


def _brought(backend: Backend, before: Oid | None, after: Oid) -> Iterator[Damage]:
    """What is damaged among the objects that are in `after` and not in `before`, up to `LAST_COMMIT_OBJECTS`."""
    waiting: list[tuple[str, Oid | None, Oid]] = [("", before, after)]
    for _ in range(LAST_COMMIT_OBJECTS):
        if not waiting:
            return
        path, old, new = waiting.pop(0)
        if old == new:
            continue
        try:
            found = backend.read(new)
            known = _entries(backend.read(old)) if old and found.kind is Kind.TREE else {}
            entries = _entries(found) if found.kind is Kind.TREE else {}
        except JitError as error:
            yield _damage(new, path or "the tree of the last commit", error)
            continue
        for name, entry in entries.items():
            other = known.get(name)
            if other is None or other.oid != entry.oid:
                below = other.oid if other and other.is_tree and entry.is_tree else None
                waiting.append((places.shown(f"{path}/{name}" if path else name), below, entry.oid))


def _entries(found: Object) -> dict[str, tree.Entry]:
    return {entry.name: entry for entry in tree.parse(found.data, len(found.oid) // 2)}


def _rules(backend: Backend, root: Oid) -> tuple[str | None, bool]:
    """Why the rules cannot be read (None if they can), and whether that is because they are of a newer program."""
    try:
        entry = tree.lookup(backend, root, places.CONFIG)
        if entry is not None:
            places.read_config(backend.read(entry.oid).data, entry.oid)
    except SchemaNewer as error:
        return error.message, True
    except JitError as error:
        return error.message, False
    return None, False


def _damage(oid: Oid, where: str, error: JitError) -> Damage:
    return Damage(oid=oid, missing=isinstance(error, MissingObject), where=where)


# --- the ways back --------------------------------------------------------------------------------------


def look_at_reflog(home: Home, *, protected: bool) -> tuple[Reflog, Sequence[ReflogEntry]]:
    """The reflog, and its newest entries, oldest first."""
    path = f"{home.layout.common_dir}/logs/{home.ref}"
    if home.layout.ref_format != "files":
        try:
            entries = home.backend.reflog(home.ref)
        except JitError:
            entries = []
        if not entries:
            return Reflog(exists=False, protected=protected), ()
        return _reflog(entries, entries, len(entries), protected=protected), entries
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            head = file.read(4096) if size > REFLOG_TAIL else b""
            file.seek(max(0, size - REFLOG_TAIL))
            tail = file.read()
    except OSError:
        return Reflog(exists=False, protected=protected), ()
    entries = parse_reflog(tail.decode("utf-8", "replace"))
    count = len(entries) if size <= REFLOG_TAIL else len(entries) * size // REFLOG_TAIL
    oldest = parse_reflog(head.decode("utf-8", "replace"))[:1] or entries
    return _reflog(entries, oldest, count, protected=protected), entries


def _reflog(entries: Sequence[ReflogEntry], oldest: Sequence[ReflogEntry], count: int, *, protected: bool) -> Reflog:
    since = oldest[0].committer.rpartition("> ")[2].split(" ")[0] if oldest else ""
    return Reflog(
        exists=True,
        entries=count,
        last=entries[-1].new if entries else None,
        since=int(since) if since.isascii() and since.isdigit() and len(since) <= 15 else None,
        protected=protected,
    )


def look_at_anchors(backend: Backend) -> Anchors:
    """Which there are, and the time of the newest of them that can be read."""
    try:
        held = backend.refs(ANCHORS)
    except (JitError, OSError):
        return Anchors()
    times = []
    for found in backend.read_many(dict.fromkeys(held.values())):
        if isinstance(found, Object):
            try:
                times.append(commits.parse(found).time)
            except JitError:
                continue
    return Anchors(names=tuple(sorted(held)), newest=max(times, default=None), due=not times)


def shallow_ends(common_dir: str) -> frozenset[str]:
    """The commits at which a shallow clone ends."""
    try:
        with open(f"{common_dir}/shallow", encoding="utf-8", errors="replace") as file:
            return frozenset(file.read().split())
    except (OSError, ValueError):
        return frozenset()


def _why(error: JitError | OSError) -> str:
    return error.message if isinstance(error, JitError) else (error.strerror or "cannot be read").lower()
