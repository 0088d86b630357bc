"""Telling events: newest first as a list, oldest first one by one, and on and on while somebody listens.

Whoever was told an event up to some cursor is told every later one from there, once: the cursor names what was told,
not when. Only runs of gates that were recorded in one step are told again if the cursor lies between them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from heapq import merge
from itertools import takewhile
from typing import Final, NamedTuple, TypeAlias

from git_jit.errors import NotFound
from git_jit.ops import event_kinds
from git_jit.ops.event_sources import Found, Heads, Mark, Source, sources, tell, untell
from git_jit.ops.history import UNTOLD, Event, EventQuery
from git_jit.store import MissingObject, Store, UnknownRevision
from git_jit.store.commits import clock_of, unix_ms

INTERVAL_S: Final = 0.5
"""Between two looks at whether a reference moved: a person does not wait for it, and a few `stat`s cost nothing."""
LOOK_ANYWAY: Final = 10
"""Looks after which the references are read whatever `Store.pulse` says: proposals have no pulse, and some file systems
are slow to tell.
"""

KEYS: Final = ("i", "c", "o", "r", "p")
"""Of the sources, in a cursor."""
HEX: Final = "0123456789abcdef"

Places: TypeAlias = dict[str, Heads]
"""What was told, by the key of the source."""


class CursorUnknown(NotFound):
    """The place that a cursor names is not in this clone any more."""

    code = "event_cursor_unknown"


class Told(NamedTuple):
    """One event, and the cursor from which whoever has it may go on."""

    event: Event
    cursor: str


def events(
    store: Store, wanted: EventQuery, *, only: Sequence[str] = tuple(event_kinds.SOURCES), brief: bool = False
) -> Iterator[Event]:
    """The events that fit, newest first; what is not asked for is not read.

    `only` names the sources. `brief` leaves the changes out, and with them the reading of every blob that changed; if
    the query depends on them, they are read all the same.
    """
    brief = brief and not wanted.needs_changes
    found = sources(store, wanted, only)
    for source, one in _newest_first([(source, source.past(source.now())) for source in found], wanted):
        if _may_fit(one, wanted) and wanted.fits(event := source.event(one, wanted, brief=brief)):
            yield event


def _newest_first(
    pasts: Sequence[tuple[Source, Iterator[Found]]], wanted: EventQuery
) -> Iterator[tuple[Source, Found]]:
    """All of them by time, as far back as anything can fit."""
    earliest = unix_ms(wanted.since) if wanted.since else None
    tagged = [_tagged(source, past, earliest) for source, past in pasts]
    return merge(*tagged, key=lambda pair: (-pair[1].order[0], -pair[1].order[1]))


def _tagged(source: Source, past: Iterator[Found], earliest: int | None) -> Iterator[tuple[Source, Found]]:
    """What is found back to a time. Our commits are later than all that they stand on; of others nobody knows."""
    for one in past:
        if earliest is not None and one.order[0] < earliest and one.op != UNTOLD:
            return
        yield source, one


def _may_fit(one: Found, wanted: EventQuery) -> bool:
    return not one.apart and wanted.may_fit(actor=one.actor, op=one.op, at=one.at)


def _fits(source: Source, one: Found, wanted: EventQuery) -> bool:
    return _may_fit(one, wanted) and (not wanted.needs_changes or wanted.fits(source.event(one, wanted)))


# --- oldest first -----------------------------------------------------------------------------------------


class _Step(NamedTuple):
    """One event that was found on the way back, by its name."""

    source: Source
    mark: Mark
    fits: bool


class Teller:
    """Tells events oldest first, and what comes after.

    `wanted` is asked for anew whenever something has come: what a filter of issues means may have changed.
    """

    def __init__(self, store: Store, wanted: Callable[[], EventQuery]) -> None:
        self._store = store
        self._wanted = wanted
        self._sources = sources(store, wanted())
        self._pulse = store.pulse()  # before looking: what comes meanwhile is news
        self._now: Places = {source.key: source.now() for source in self._sources}
        self._told: Places = dict(self._now)

    @property
    def cursor(self) -> str:
        """The place up to which everything was told."""
        return ";".join(f"{key}={'+'.join(heads)}" for key, heads in self._told.items())

    def past(self, limit: int | None = None) -> Iterator[Told]:
        """The last `limit` events that fit (all of them without one), the first of them first.

        Keeps the names of what it passes over, not the events.
        """
        pasts = [(source, source.past(self._now[source.key])) for source in self._sources]
        return self._backlog(pasts, limit)

    def after(self, place: str) -> Iterator[Told]:
        """What happened since a cursor, or since a commit of the issues; of other sources since the time of that.

        Raises `CursorUnknown`, `UnknownRevision`.
        """
        if not place.startswith(tuple(f"{key}=" for key in KEYS)):
            return self._backlog([(source, self._since_commit(source, place)) for source in self._sources], None)
        said = _parse(place)
        told = {source.key: said.get(source.key, ()) for source in self._sources}
        for source in self._sources:
            self._check(source, told[source.key])
        pasts = [(one, self._guarded(one.news(told[one.key], self._now[one.key]))) for one in self._sources]
        return self._backlog(pasts, None, told)

    def _since_commit(self, source: Source, rev: str) -> Iterator[Found]:
        found, heads = next(self._store.history(rev)), self._now[source.key]
        if source.name == event_kinds.ISSUES:
            return source.news((found.oid,), heads)
        at = clock_of(found).ms
        return takewhile(lambda one: one.order[0] > at, source.past(heads))

    def _check(self, source: Source, heads: Heads) -> None:
        if source.key in "ico":
            try:
                for head in heads:
                    next(self._store.history(head))
            except UnknownRevision as error:
                raise _unknown(heads[0]) from error

    @staticmethod
    def _guarded(found: Iterator[Found]) -> Iterator[Found]:
        try:
            yield from found
        except MissingObject as error:
            raise _unknown("a step of the gate runs") from error

    def _backlog(
        self, pasts: Sequence[tuple[Source, Iterator[Found]]], limit: int | None, told: Places | None = None
    ) -> Iterator[Told]:
        wanted, steps, fitting = self._wanted(), list[_Step](), 0
        before = dict(self._now)
        for source, one in _newest_first(pasts, wanted):
            fits = _fits(source, one, wanted)
            steps.append(_Step(source, one.mark, fits))
            before[source.key] = untell(before[source.key], one.mark)
            fitting += fits
            if fitting == limit:
                break
        self._told = told or before
        yield from self._tell(steps, wanted)

    def _tell(self, steps: list[_Step], wanted: EventQuery) -> Iterator[Told]:
        """The events of these steps that fit, the last of them first."""
        while steps:
            source, mark, fits = steps.pop()
            self._told[source.key] = tell(self._told[source.key], mark)
            if fits:
                yield Told(source.event(source.load(mark), wanted), self.cursor)

    # --- what comes ---------------------------------------------------------------------------------------

    def follow(self, wait: Callable[[float], None]) -> Iterator[Told]:
        """What comes from now on, for ever: `wait` waits so many seconds, or ends it by raising."""
        while True:
            self._wait(wait)
            yield from self.news()

    def news(self) -> Iterator[Told]:
        """What has come since this was asked for last."""
        self._pulse = self._store.pulse()
        now = {source.key: source.now() for source in self._sources}
        moved = [source for source in self._sources if now[source.key] != self._now[source.key]]
        self._now = now
        if not moved:
            return
        wanted = self._wanted()
        pasts = [(source, source.news(self._told[source.key], now[source.key])) for source in moved]
        steps = []
        for source, one in _newest_first(pasts, EventQuery()):
            fits = _fits(source, one, wanted)
            steps.append(_Step(source, one.mark, fits))
        yield from self._tell(steps, wanted)

    def _wait(self, wait: Callable[[float], None]) -> None:
        for _ in range(LOOK_ANYWAY):
            wait(INTERVAL_S)
            if self._store.pulse() != self._pulse:
                return


def _parse(text: str) -> Mapping[str, Heads]:
    """The inverse of `Teller.cursor`. Raises `CursorUnknown`."""
    places = {}
    for part in text.split(";"):
        key, equals, names = part.partition("=")
        heads = tuple(name for name in names.split("+") if name)
        if not equals or key not in KEYS or not all(len(one) in {40, 64} and not one.strip(HEX) for one in heads):
            raise _unknown(text)
        places[key] = heads
    return places


def _unknown(what: str) -> CursorUnknown:
    return CursorUnknown(
        f"'{what}' is not a place in the events of this clone",
        hint="'git jit events --since TIME' tells what happened since a time",
        details={"cursor": what},
    )
