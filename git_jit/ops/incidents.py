"""Errors as something to look at: which of them are kept, and what can be asked about those that were.

Judging is pure (`judge`); what is kept lies in `store.incidents`, on this machine alone.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Final, NamedTuple

from git_jit.errors import JitError, NotFound
from git_jit.model import Timestamp
from git_jit.record import record
from git_jit.store.incidents import ErrorStoreFailed, Event, Happened, Incident, Incidents, Wanted

SEVERITIES: Final = ("bug", "storage", "network", "contention", "refusal")
"""The worst first."""
_BY_STATUS: Final = {70: "bug", 10: "storage", 128: "storage", 9: "network", 6: "contention"}
"""Of an exit status (`errors`); everything else is a refusal. Not to know what happened is as bad as a bad disk."""
NO_INCIDENT: Final = frozenset(
    {
        "file_unreadable",
        "no_identity",
        "no_repository",
        "not_initialised",
        "output_failed",
        "repo_not_trusted",
    }
)
"""Status 128 all the same, but the user's situation, not the program's or the disk's."""
NEGATIVE: Final = 1
"""The honest no is an answer, however often."""
MAX_MESSAGE: Final = 2000
MAX_TRACEBACK: Final = 16_000
FRAMES: Final = 3
"""The innermost frames of ours make the fingerprint of a bug; line numbers change with every version."""
EVENTS_SHOWN: Final = 20


class ErrorNotFound(NotFound):
    """No incident has this number."""

    code = "error_not_found"


class Circumstances(NamedTuple):
    """What the command line knows about a failure."""

    at: Timestamp
    operation: str
    request: str
    message: str
    """Scrubbed, as is the traceback."""
    traceback: str | None
    versions: Mapping[str, str]


def severity_of(error: JitError) -> str:
    """One of `SEVERITIES`."""
    return _BY_STATUS.get(error.status, "refusal")


def is_of_interest(error: JitError) -> bool:
    """Whether it is kept, at once or when it repeats."""
    return error.status != NEGATIVE and error.code not in NO_INCIDENT


def judge(error: JitError, cause: BaseException, found: Circumstances) -> Happened:
    """What is to be kept of a failure; `cause` is the exception that a bug was made of."""
    severity = severity_of(error)
    return Happened(
        at=found.at,
        fingerprint=_fingerprint(error, cause, found),
        severity=severity,
        code=error.code,
        operation=found.operation,
        message=found.message[:MAX_MESSAGE],
        request=found.request,
        versions=found.versions,
        traceback=found.traceback[-MAX_TRACEBACK:] if found.traceback else None,
        suspect=severity == "refusal",
    )


def _fingerprint(error: JitError, cause: BaseException, found: Circumstances) -> str:
    """Twelve digits that two failures share when they are of one kind: for a bug the place, else the sentence.

    Numbers and names of objects are folded, so that the next process or issue is no other kind.
    """
    from git_jit.store.backend import Kind
    from git_jit.store.tree import object_id  # a hash that is loaded already

    if severity_of(error) == "bug":
        parts = [type(cause).__name__, *list(_places(cause.__traceback__))[-FRAMES:]]
    else:
        parts = [found.operation, re.sub(r"\b[0-9a-f]{7,}\b|\d+", "#", found.message)]
    return object_id(Kind.BLOB, "\n".join([error.code, *parts]).encode("utf-8", "replace"))[:12]


def _places(traceback: TracebackType | None) -> Iterator[str]:
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if "git_jit" in code.co_filename:
            yield f"{code.co_filename.rpartition('git_jit')[2]}:{code.co_name}"
        traceback = traceback.tb_next


@record(kw_only=True)
class Query:
    """Which incidents are wanted; None means any."""

    severity: str | None = None
    """This bad or worse."""
    code: str | None = None
    since: Timestamp | None = None
    resolved: bool = False
    limit: int | None = None
    offset: int = 0

    @property
    def wanted(self) -> Wanted:
        worse = SEVERITIES[: SEVERITIES.index(self.severity) + 1] if self.severity else ()
        return Wanted(severities=worse, code=self.code, since=self.since, resolved=self.resolved)


@record(kw_only=True)
class Page:
    """Some of the incidents, and how many there are. `doubt`: why there may be more."""

    incidents: tuple[Incident, ...]
    total: int
    doubt: str | None = None


@record(kw_only=True)
class Stats:
    """How many events of each kind."""

    total: int
    severities: Mapping[str, int]
    codes: Mapping[str, int]
    days: Mapping[str, int]
    doubt: str | None = None


def listed(incidents: Incidents, query: Query) -> Page:
    """The incidents, the last seen first. A file that cannot be read is as good as none."""
    try:
        found, total = incidents.page(query.wanted, limit=query.limit, offset=query.offset)
    except ErrorStoreFailed as error:
        return Page(incidents=(), total=0, doubt=error.message)
    return Page(incidents=tuple(found), total=total)


def shown(incidents: Incidents, id: int) -> tuple[Incident, list[Event]]:
    """One incident with its latest events. Raises `ErrorNotFound`."""
    try:
        found = incidents.get(id, events=EVENTS_SHOWN)
    except ErrorStoreFailed:
        found = None  # nothing that cannot be read can be shown
    if found is None:
        raise _unknown([id])
    return found


def stats(incidents: Incidents, query: Query) -> Stats:
    """Events by severity, by code and by day, most frequent codes first."""
    try:
        tallies, doubt = incidents.tally(query.wanted), None
    except ErrorStoreFailed as error:
        tallies, doubt = [], error.message
    severities, codes, days = Counter[str](), Counter[str](), Counter[str]()
    for tally in tallies:
        severities[tally.severity] += tally.times
        codes[tally.code] += tally.times
        days[tally.day] += tally.times
    return Stats(
        total=sum(days.values()),
        severities={name: severities[name] for name in SEVERITIES if severities[name]},
        codes=dict(sorted(codes.items(), key=lambda pair: (-pair[1], pair[0]))),
        days=dict(sorted(days.items())),
        doubt=doubt,
    )


def resolve(incidents: Incidents, ids: Sequence[int] | None, at: Timestamp) -> list[int]:
    """Mark incidents as settled, all for None; those that were open. Raises `ErrorNotFound`, `ErrorStoreFailed`."""
    if ids is not None:
        known = {one.id for one in listed(incidents, Query(resolved=True)).incidents}
        if missing := sorted(set(ids) - known):
            raise _unknown(missing)
    return incidents.resolve(ids, at)


def clear(incidents: Incidents, before: Timestamp | None, *, dry_run: bool = False) -> int:
    """Forget the incidents that did not happen since `before`, all for None; how many. Raises `ErrorStoreFailed`."""
    if not dry_run:
        return incidents.clear(before)
    return sum(before is None or one.last_seen < before for one in listed(incidents, Query(resolved=True)).incidents)


def _unknown(ids: Sequence[int]) -> ErrorNotFound:
    named = ", ".join(f"'{id}'" for id in ids)
    return ErrorNotFound(
        f"no error {named} is kept here",
        hint="'git jit errors list --all' shows those there are",
        details={"missing": list(ids)},
    )
