"""What differs between two commits of the issues, read as a reviewer wants it."""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from git_jit.differences import Differences, differences
from git_jit.model import FileChange, Oid, PathChange
from git_jit.record import record
from git_jit.store import Store

BATCH: Final = 512
"""Files in memory at a time: of the usual size 1 MiB."""


@record(kw_only=True)
class Differing:
    """Two commits, and all that differs between them."""

    old: Oid
    new: Oid
    differences: Differences


def differ(store: Store, old: str, new: str) -> Differing:
    """Compare the trees of two revisions. Raises `UnknownRevision`."""
    before, after = commit_of(store, old), commit_of(store, new)
    return Differing(old=before, new=after, differences=differences(files_between(store, before, after)))


def commit_of(store: Store, rev: str) -> Oid:
    """The commit that a revision names. Raises `UnknownRevision`."""
    return next(store.history(rev)).oid


def files_between(store: Store, old: str | None, new: str) -> Iterator[FileChange]:
    """Both versions of every file that differs; None also for one whose object is missing or damaged."""
    rest = iter(store.compare(old, new))
    while batch := list(islice(rest, BATCH)):
        yield from _read(store, batch)


def _read(store: Store, batch: list[PathChange]) -> Iterator[FileChange]:
    """A blob that is there but cannot be read is no absent one: it is read as no document."""
    wanted = [oid for change in batch for oid in (change.old, change.new) if oid is not None]
    found = iter(list(store.blobs(wanted)))

    def next_of(oid: Oid | None) -> bytes | None:
        return None if oid is None else next(found) or b""

    for change in batch:
        old = next_of(change.old)
        yield FileChange(path=change.path, old=old, new=next_of(change.new))
