"""What lies beside the issues, each on a reference of its own: records of gate runs, and leases.

Their findings are about this clone, like a lock that was left. Once nothing was wrong, nothing is read again until a
reference moves, or the time comes at which a lease expires.
"""

import json
from collections.abc import Mapping
from typing import Final

from git_jit.canonical import Malformed, loads
from git_jit.errors import JitError
from git_jit.leases import is_other
from git_jit.merge import CONFLICTS
from git_jit.model import Actor, IssueId, Json, Oid, Timestamp
from git_jit.paths import CLAIMS, RUNS
from git_jit.store import Store
from git_jit.store.claims import AUTHORITY
from git_jit.validate import Finding
from git_jit.validate.catalogue import finding
from git_jit.validate.run_rules import (
    check_authority,
    check_leases,
    check_runs,
    check_signers,
    check_stale,
    next_expiry,
)
from git_jit.view import View

NOTE: Final = "beside"
NEVER: Final = Timestamp("9999-12-31T23:59:59.999999Z")


def check_beside(store: Store, view: View, now: Timestamp) -> list[Finding]:
    """What is wrong with runs and leases, as of `now`."""
    stale = [*_stale(store, view), *_suspended(store)]
    claims = [CLAIMS, *([store.claims().ref] if store.decides_elsewhere() else [])]
    tips = {ref: store.beside(ref) for ref in (RUNS, *claims)}
    if not any(tips.values()):
        return stale
    state = [view.base, *tips.values()]
    if _was_sound(store, state, now):
        return stale
    known = set(view.ids())
    records = {path: data for ref in claims for path, data in _records(store, tips[ref]).items()}
    leases = {path: _value(data) for path, data in records.items() if path != AUTHORITY}
    found = [*check_runs(_records(store, tips[RUNS]), known), *check_leases(leases, now, known)]
    found += _signed_by_others(store, leases)
    if not found:
        note = {"state": state, "from": now, "until": next_expiry(leases) or NEVER}
        store.remember(NOTE, json.dumps(note).encode())
    return [*found, *stale]


def check_claims(store: Store, now: Timestamp) -> list[Finding]:
    """What is to be said of claims without reading an issue, or leaving a note: for whoever may change nothing."""
    if not store.has_claims():
        return _suspended(store)
    claims = store.claims()
    try:
        records = _records(store, claims.tip())
    except JitError as error:
        return [finding("lease_invalid", claims.ref, f"cannot be read: {error.message}")]
    leases = {path: _value(data) for path, data in records.items() if path != AUTHORITY}
    known = {IssueId(path.rsplit("/", 1)[-1].removesuffix(".json")) for path in leases}
    return [*check_leases(leases, now, known), *_signed_by_others(store, leases), *_suspended(store)]


def _signed_by_others(store: Store, leases: Mapping[str, Json]) -> list[Finding]:
    """Claims in the name of somebody who did not sign them."""
    named: dict[str, tuple[str, Actor]] = {}
    for path, record in leases.items():
        holder = record.get("holder") if isinstance(record, dict) and record.get("state") == "held" else None
        if isinstance(record, dict) and isinstance(holder, dict):
            named[str(record.get("op_id"))] = path, Actor(str(holder.get("actor")))
    chain = store.claims().chain
    tip = chain.tip()
    signers = chain.signers(tip, named.keys()) if tip and named else {}
    found = {named[request][0]: (named[request][1], signer) for request, signer in signers.items()}
    return check_signers({path: pair for path, pair in found.items() if is_other(*pair)})


def _stale(store: Store, view: View) -> list[Finding]:
    """Changes that nobody obeyed, because their claim had passed on."""
    files = store.files(CONFLICTS, view.base) if view.base else {}
    return check_stale({path: _value(data) for path, data in zip(files, store.blobs(files.values()), strict=True)})


def _suspended(store: Store) -> list[Finding]:
    """The remote that decides about claims, if it lost some."""
    return check_authority(store.claims().ref if store.decides_elsewhere() and store.claims().suspended else None)


def _was_sound(store: Store, state: list[Oid | None], now: Timestamp) -> bool:
    """Whether nothing was wrong with just this. A clock that went back proves nothing about leases."""
    note = store.recall(NOTE)
    try:
        known = json.loads(note) if note else {}
        return bool(known["state"] == state and known["from"] <= now < known["until"])
    except (ValueError, LookupError, TypeError):
        return False


def _records(store: Store, tip: Oid | None) -> Mapping[str, bytes | None]:
    """Every file there, by path."""
    if tip is None:
        return {}
    names = {change.path: change.new for change in store.compare(None, tip) if change.new is not None}
    return dict(zip(names, store.blobs(names.values()), strict=True))


def _value(data: bytes | None) -> Json:
    """The record; what cannot be read is none."""
    try:
        return None if data is None else loads(data)
    except Malformed:
        return None
