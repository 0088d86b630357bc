"""Records of gate runs (`refs/jit/runs`) and leases (`refs/jit/claims`), judged as values.

Of a run this looks only at what every stored document says, and at the issue it belongs to; of a lease at the terms
of its specification: holder, epoch, count of renewals, time to live.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final

from git_jit.canonical import Malformed, loads
from git_jit.codec import SCHEMA
from git_jit.model import IssueId, Json, Timestamp, short
from git_jit.reader import is_id
from git_jit.validate.catalogue import finding
from git_jit.validate.finding import Finding

SKEW_S: Final = 15 * 60
"""How far clocks of two machines may differ before one takes a lease for expired too early: the default of the
cold-start rule. A lease that is taken over too early is fenced by its epoch, so this is a matter of comfort.
"""
_LEASE_STATES: Final = ("free", "held", "tentative")


def check_runs(records: Mapping[str, bytes | None], known: Collection[IssueId]) -> list[Finding]:
    """Records by path that cannot be read, or that belong to none of the `known` issues. None: the object is gone."""
    return [found for path in sorted(records) for found in _run(path, records[path], known)]


def _run(path: str, data: bytes | None, known: Collection[IssueId]) -> Iterator[Finding]:
    try:
        record = None if data is None else loads(data)
    except Malformed as error:
        yield finding("run_invalid", path, f"cannot be read: {error.message}")
        return
    if record is None:
        yield finding("run_invalid", path, "cannot be read: its object is missing or damaged")
    elif not isinstance(record, dict) or not _count(record.get("schema"), least=1):
        yield finding("run_invalid", path, "is not the record of a gate run")
    elif record["schema"] == SCHEMA:  # what a newer program wrote is not judged
        yield from _owner("run_orphaned", path, record, "run_invalid", known)


def check_leases(records: Mapping[str, Json], now: Timestamp, known: Collection[IssueId]) -> list[Finding]:
    """Leases by the path of their record that do not say what one has to say, are held on none of the `known`
    issues, or were not renewed for longer than they were given.
    """
    return [found for path in sorted(records) for found in _lease(path, records[path], now, known)]


def check_stale(conflicts: Mapping[str, Json]) -> list[Finding]:
    """Of the decisions that wait, by path, those about changes under a claim that had passed on."""
    return [
        finding(
            "stale_claim", path, f"'{_named(document.get('field'))}' of '{short(IssueId(path.split('/')[1]))}' waits"
        )
        for path, document in sorted(conflicts.items())
        if isinstance(document, dict) and document.get("reason") == "stale_claim" and path.count("/") > 1
    ]


def check_authority(remote: str | None) -> list[Finding]:
    """`remote`: whose claims are not believed any more; None for none."""
    return [finding("claims_suspended", remote, "lost claims that were seen here")] if remote else []


def check_signers(others: Mapping[str, tuple[str, str]]) -> list[Finding]:
    """Claims by path whose actor and signer are not of one name, as (actor, signer)."""
    return [
        finding("claim_signer", path, f"is held by '{actor}', and was signed by '{signer}'")
        for path, (actor, signer) in sorted(others.items())
    ]


def next_expiry(records: Mapping[str, Json]) -> Timestamp | None:
    """When the first lease that is held will count as expired, if nobody renews it; None: none will."""
    due = [
        end
        for record in records.values()
        if isinstance(record, dict) and not any(_wrong(record)) and record["state"] != "free" and record["ttl_s"]
        for end in [_plus(record.get("wall_hint"), record["ttl_s"])]
        if end is not None
    ]
    return min(due, default=None)


def _plus(hint: Json, ttl: Json) -> Timestamp | None:
    from datetime import datetime, timedelta

    if not isinstance(hint, str) or not isinstance(ttl, int):
        return None
    try:
        end = datetime.fromisoformat(hint) + timedelta(seconds=ttl + SKEW_S)
    except (ValueError, OverflowError):
        return None
    return Timestamp(end.strftime("%Y-%m-%dT%H:%M:%S.%fZ"))


def _lease(path: str, record: Json, now: Timestamp, known: Collection[IssueId]) -> Iterator[Finding]:
    if not isinstance(record, dict):
        yield finding("lease_invalid", path, "is not the record of a lease")
        return
    if wrong := list(_wrong(record)):
        yield finding("lease_invalid", path, f"has no proper '{wrong[0]}'")
        return
    if record["state"] == "free":
        return
    yield from _owner("lease_orphaned", path, record, "lease_invalid", known)
    holder, ttl, hint = record["holder"], record["ttl_s"], record.get("wall_hint")
    late = _seconds(hint, now) if isinstance(hint, str) else None
    if isinstance(holder, dict) and not ttl:
        age = "for an unknown time" if late is None else f"for {_days(late)}"
        why = f": {record['reason']}" if isinstance(record.get("reason"), str) else ", and says no reason"
        yield finding("lease_indefinite", path, f"is held by '{holder['actor']}' {age}, without end{why}")
    if isinstance(holder, dict) and isinstance(ttl, int) and ttl and late is not None and late > ttl + SKEW_S:
        message = f"is held by '{holder['actor']}' and was not renewed for {late // 60} minutes, of {ttl // 60} given"
        yield finding("lease_expired", path, message)


def _wrong(record: Mapping[str, Json]) -> Iterator[str]:
    """The terms that are missing or cannot be."""
    if record.get("state") not in _LEASE_STATES:
        yield "state"
    for term in ("epoch", "renew", "ttl_s"):
        if not _count(record.get(term)):
            yield term
    holder = record.get("holder")
    if record.get("state") != "free" and not (isinstance(holder, dict) and isinstance(holder.get("actor"), str)):
        yield "holder"


def _owner(code: str, path: str, record: Mapping[str, Json], invalid: str, known: Iterable[str]) -> Iterator[Finding]:
    issue = record.get("issue")
    if not isinstance(issue, str) or not is_id(issue):
        yield finding(invalid, path, "has no proper 'issue'")
    elif issue not in known:
        yield finding(code, path, f"belongs to '{short(issue)}', which is not here")


def _named(field: Json) -> str:
    return ".".join(map(str, field)) if isinstance(field, list) else "document"


def _days(seconds: int) -> str:
    hours = seconds // 3600
    return f"{hours // 24} days" if hours >= 48 else f"{hours} h" if hours else f"{seconds // 60} min"


def _count(value: Json, least: int = 0) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _seconds(earlier: str, now: str) -> int | None:
    """Whole seconds from one time to the other; None if the first is no time, or in the future: that is not known."""
    from datetime import datetime

    try:
        passed = datetime.fromisoformat(now) - datetime.fromisoformat(earlier)
    except (ValueError, TypeError):
        return None
    return int(passed.total_seconds()) if passed.total_seconds() >= 0 else None
