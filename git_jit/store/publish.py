"""The last steps of every write: objects, then the reference, then certainty about what happened."""

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Final, NamedTuple

from git_jit import log
from git_jit.errors import JitError, OutcomeUnknown
from git_jit.model import Oid
from git_jit.store import CorruptObject, RefConflict, WriteFailed, gc
from git_jit.store.backend import Backend, Durability, Keep, Kind, Object, Still
from git_jit.store.commits import REQUEST

PACK_FROM: Final = 50
"""Changed blobs from which one pack costs less than loose files: 22 against 175 ms for 100 (storage.md 3)."""
SNATCHED: Final = 4
"""How often gc may delete a pack under our hands; each of its runs does so once at most."""
SEARCH_LIMIT: Final = 10_000
"""Commits searched for a write whose outcome is in doubt; more cannot have happened since its base."""


HELD_BACK: Final = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGALRM})
"""Signals that raise an exception wherever the program is (`hooks.running` has the last)."""


class Change(NamedTuple):
    """A commit that is ready to be published: its objects, and the reference that shall name it."""

    ref: str
    old: Oid | None
    new: Oid
    objects: Sequence[Object]
    committer: str
    subject: str
    request: str
    still: Still | None = None


class Place(NamedTuple):
    """Where to publish, and how."""

    backend: Backend
    common_dir: str
    durability: Durability
    prune_grace: bool = True

    def in_danger(self) -> bool:
        return gc.is_dangerous(self.common_dir, grace=self.prune_grace)


def publish(place: Place, change: Change) -> Oid:
    """Store the objects and move the reference; returns the commit that now is history. Without objects the commit
    is here already.

    Raises `RefConflict`, `RefLocked` or a storage error when nothing was published, and `OutcomeUnknown` when
    that cannot be told, or when it was published but not secured.
    """
    try:
        _publish(place, change)
    except BaseException as error:  # noqa: BLE001 - an interrupt leaves the same question behind
        log.warning("publish.settle", commit=change.new, request=change.request, error=error)
        return _settle(place.backend, change, error)
    log.info("publish", ref=change.ref, commit=change.new, base=change.old, request=change.request)
    return change.new


def _publish(place: Place, change: Change) -> None:
    """See `gc` for why the steps are in this order."""
    backend, objects = place.backend, change.objects
    if not objects:
        with uninterrupted():
            _swap(backend, change)
        return
    keeps: list[Keep] = []
    try:
        blobs = sum(object.kind is Kind.BLOB for object in objects)
        if blobs >= PACK_FROM or place.in_danger():
            keeps.append(_write_kept(place, objects))
        else:
            backend.write(objects, place.durability)
            if place.in_danger():
                keeps.append(_write_kept(place, objects))
        _read_back(backend, objects)
        with uninterrupted():
            _swap(backend, change)
            if not keeps and (place.in_danger() or not all(backend.exists(object.oid) for object in objects)):
                keeps.append(_write_kept(place, objects))
    finally:
        for keep in keeps:
            keep.release()


def _swap(backend: Backend, change: Change) -> None:
    who, what = change.committer, change.subject
    backend.swap(change.ref, change.new, change.old, committer=who, message=what, still=change.still)


def _write_kept(place: Place, objects: Sequence[Object]) -> Keep:
    """A kept pack, whatever it takes: prune deletes the unfinished packs of others too, at the end of its run."""
    for _ in range(SNATCHED):
        with suppress(WriteFailed):
            return place.backend.write_pack(objects, place.durability)
    return place.backend.write_pack(objects, place.durability)


def _read_back(backend: Backend, objects: Sequence[Object]) -> None:
    """A reference must never name what is not there, whatever the disk or a library said about the write.

    A pack was verified while git indexed it; its commit stands for the rest.
    """
    some = objects if len(objects) <= PACK_FROM else objects[-1:]
    for object, found in zip(some, backend.read_many([object.oid for object in some]), strict=True):
        if found != object:
            raise CorruptObject(
                f"object '{object.oid}' cannot be read back after it was written",
                hint="nothing was published; 'git jit doctor --deep' names what is damaged",
                details={"oid": object.oid},
            )


def _settle(backend: Backend, change: Change, error: BaseException) -> Oid:
    """The commit, if the change is published all the same; else raises: an exception is not a "no".

    Between an error and the truth stands only the reference: the change is published exactly if its commit
    is there, or (had another attempt of the same request got through) its request id.
    """
    try:
        published = find(backend, change)
    except JitError as second:
        raise OutcomeUnknown(
            f"cannot tell whether the change was published: {second.message}",
            hint=f"look for 'Jit-Request: {change.request}' with 'git jit events' before trying again",
            details={"request": change.request, "commit": change.new, "cause": str(error)},
        ) from error
    if published is None:
        raise error
    if isinstance(error, JitError) and not isinstance(error, RefConflict) and not error.retryable:
        raise OutcomeUnknown(
            f"the change is published, but may not survive a power cut or a running gc: {error.message}",
            hint="'git jit doctor --deep' tells whether everything is in place",
            details={"request": change.request, "commit": change.new},
        ) from error
    if not isinstance(error, Exception):
        raise error  # an interrupt: it is published, and the program still has to stop
    return published


def find(backend: Backend, change: Change) -> Oid | None:
    """The commit that holds the change in what its reference has and its base has not, if one does.

    All parents are followed, for another process may have merged the change meanwhile; commits are looked at in the
    order of their clocks, which run ahead of their parents'. Raises `OutcomeUnknown` after `SEARCH_LIMIT` commits, and
    whatever reading raises.
    """
    tip = backend.ref(change.ref)
    if tip is None or tip == change.old:
        return None
    from git_jit.store.walking import Line

    line = Line(backend)
    line.put(tip, known=False)
    if change.old:
        line.put(change.old, known=True)
    for _ in range(SEARCH_LIMIT):
        found = line.take()
        if found is None:
            return None
        if found.oid == change.new or found.trailers.get(REQUEST) == change.request:
            return found.oid
    raise OutcomeUnknown(f"'{change.ref}' has moved by more than {SEARCH_LIMIT} commits")


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold back Ctrl-C, SIGTERM and the end of a hook's time until the outcome is known: a few milliseconds
    (reliability.md 1.3). Of this thread: in others, where Python never handles a signal, there is nothing to hold back.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, HELD_BACK)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
