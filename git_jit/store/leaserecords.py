"""Leases as they are stored: one JSON document for each issue that was ever claimed."""

from typing import Final

from git_jit.canonical import dumps, loads
from git_jit.leases import DEFAULT_TTL_S, Holder, Lease, LeaseState
from git_jit.model import Actor, IssueId, Timestamp
from git_jit.reader import Reader

SCHEMA: Final = 1
"""Version of the stored form; a reader may rely on every key it knows as long as this does not change."""
HOLDER_KEYS: Final = ("actor", "clone", "session", "host", "pid", "pid_start", "boot_id", "space")


def encode(lease: Lease) -> bytes:
    """The stored form, in canonical bytes."""
    holder = lease.holder
    return dumps(
        {
            **lease.extra,
            "schema": SCHEMA,
            "issue": lease.issue,
            "state": lease.state.value,
            "holder": {key: getattr(holder, key) for key in HOLDER_KEYS} if holder else None,
            "epoch": lease.epoch,
            "renew": lease.renew,
            "ttl_s": lease.ttl_s,
            "op_id": lease.op_id,
            "wall_hint": lease.wall_hint,
            "reason": lease.reason,
            **({"lost_to": lease.lost_to} if lease.lost_to else {}),
            **({"order": lease.order} if lease.order else {}),
        }
    )


def decode(data: bytes) -> Lease:
    """The inverse of `encode`; keys that are not known are kept. Raises `Malformed`."""
    read = Reader(loads(data))
    if read.integer("schema", SCHEMA) != SCHEMA:
        raise read.fail("schema", "is of a newer version of the program")
    state, named = read.text("state"), read.rest.pop("holder", None)
    if state not in set(LeaseState):
        raise read.fail("state", "is no state of a lease")
    hint, lost_to = read.optional("wall_hint"), read.optional("lost_to")
    return Lease(
        issue=IssueId(read.text("issue")),
        state=LeaseState(state),
        holder=None if named is None else _holder(Reader(named, "$.holder")),
        epoch=read.integer("epoch", 0),
        renew=read.integer("renew", 0),
        ttl_s=read.integer("ttl_s", DEFAULT_TTL_S),
        op_id=read.optional("op_id") or "",
        wall_hint=Timestamp(hint) if hint else None,
        reason=read.optional("reason"),
        lost_to=Actor(lost_to) if lost_to else None,
        order=read.integer("order", 0),
        extra=read.rest,
    )


def _holder(read: Reader) -> Holder:
    return Holder(
        actor=Actor(read.text("actor")),
        clone=read.optional("clone") or "",
        pid=read.integer("pid", 0),
        **{key: read.optional(key) or "" for key in ("session", "host", "pid_start", "boot_id", "space")},
    )
