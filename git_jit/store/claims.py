"""Where leases lie: one small file for each issue on a reference of its own, and what this clone knows besides.

The chain of commits on `refs/jit/claims` holds every change of holder. Its first commit brings `authority.json` with a
random name, which is part of every token: tokens of a chain that was made anew are worth nothing. Renewals do not go
into history: they, and since when this clone has seen a lease unchanged, are in `<common git dir>/jit/claims/`, a small
file for each issue, written in the queue. They may be lost: then leases look older, and observation begins again;
tokens do not care.

What may be written here is decided by `leases`, and only `ops.claims` and `ops.fencing` ask for it.
"""

import os
import time
from collections.abc import Collection, Iterable, Mapping
from contextlib import AbstractContextManager, suppress
from typing import Any, Final

from git_jit.canonical import Malformed, dumps, loads
from git_jit.errors import JitError
from git_jit.leases import Holder, Lease, Moment, Sighting
from git_jit.model import Actor, IssueId, Json, Message, Oid, Timestamp
from git_jit.paths import CLAIMS
from git_jit.record import record, replace
from git_jit.store import holder
from git_jit.store.chain import Chain
from git_jit.store.leaserecords import decode, encode

AUTHORITY: Final = "authority.json"
DIRECTORY: Final = "claims/"
CLONE: Final = "clone"
SUSPENDED: Final = "suspended"
"""Says that the remote lost claims which were seen here; it is there until they are put together again."""
UNTOLD: Final = "untold"
"""Losses that their former holders have not heard of yet: issue to the request that made it one."""
FEW: Final = 32
"""Leases looked up one by one, at three small reads each, before the whole directory is listed."""


@record
class Renewal:
    """A renewal that is in no history: what it is of, and when it began on this machine's clock."""

    epoch: int
    renew: int
    wall: Timestamp
    boot_ms: int
    boot_id: str


class Claims:
    """The leases of one authority, as this clone has them. `clock` is CLOCK_BOOTTIME and the boot it counts from."""

    def __init__(self, chain: Chain, own: "Claims | None" = None) -> None:
        """`own`: what this clone notes by itself where `chain` is another's."""
        self.chain = chain
        self.own = own
        self.clock = boot_clock
        self.processes = holder.this_process

    @property
    def ref(self) -> str:
        return self.chain.ref

    @property
    def refs(self) -> tuple[str, ...]:
        """Every reference with claims: whose that decides, and this clone's own where that is another one."""
        return (self.ref, *(self.own.refs if self.own else ()))

    @property
    def retry_budget(self) -> float:
        return self.chain.retry_budget

    @property
    def is_local(self) -> bool:
        """Whether this clone decides by itself."""
        return self.chain.ref == CLAIMS

    @property
    def suspended(self) -> bool:
        """Whether no token counts at present, for whoever decides has lost claims."""
        return not self.is_local and self.chain.load(SUSPENDED) is not None

    def turn(self) -> AbstractContextManager[object]:
        """Decide in it: nobody else of this clone writes meanwhile."""
        return self.chain.turn()

    def tip(self) -> Oid | None:
        """The commit of the claims; None where nothing was ever claimed."""
        return self.chain.tip()

    def prepare(self) -> Oid | None:
        """The commit to decide on, as new as can be: asks whoever decides. In a turn.

        Raises `AuthorityUnreachable`, and `RefRewound` where the remote lost claims.
        """
        return self.chain.prepare()

    # --- leases ---------------------------------------------------------------------------------------

    def authority(self, tip: Oid | None) -> str:
        """The name of who decides; "" before the first claim."""
        data = self.chain.read(tip, AUTHORITY) if tip else None
        document = _object(data)
        named = document.get("id")
        return named if isinstance(named, str) else ""

    def lease(self, issue: IssueId, tip: Oid | None) -> Lease:
        """What is on record about the issue, renewals of this clone laid over it. Raises `Malformed`."""
        data = self.chain.read(tip, lease_path(issue)) if tip else None
        return self._first(issue) if data is None else self._renewed(decode(data))

    def _first(self, issue: IssueId) -> Lease:
        """The lease on an issue that was never claimed here. Where this clone decided by itself before, epochs go on
        from there.
        """
        known = self.own.lease(issue, self.own.tip()).epoch if self.own else 0
        return Lease(issue=issue, epoch=known)

    def leases(self, tip: Oid | None, issues: Collection[IssueId] | None = None) -> dict[IssueId, Lease]:
        """The leases of `issues` that are not free (of all issues, if none are given), in order of id.

        Records that cannot be read are left out: `validate` names them.
        """
        if tip is None:
            return {}
        paths = None if issues is None or len(issues) > FEW else [lease_path(issue) for issue in issues]
        found: dict[IssueId, Lease] = {}
        for path, data in sorted(self.chain.read_all(tip, paths).items()):
            if path.startswith(DIRECTORY) and (issues is None or path[len(DIRECTORY) + 3 : -5] in issues):
                with suppress(Malformed):
                    lease = decode(data)
                    if not lease.is_free:
                        found[lease.issue] = self._renewed(lease)
        return found

    def every(self, tip: Oid) -> dict[IssueId, Lease]:
        """All records at a commit, free ones too, as they are stored; those that cannot be read are left out."""
        found: dict[IssueId, Lease] = {}
        for path, data in sorted(self.chain.read_all(tip, None).items()):
            if path.startswith(DIRECTORY):
                with suppress(Malformed):
                    found[IssueId(path[len(DIRECTORY) + 3 : -5])] = decode(data)
        return found

    def signers(self, tip: Oid | None, leases: Iterable[Lease]) -> dict[IssueId, str]:
        """Who signed the claims of these leases; nothing of those that nobody signed, or that git cannot check."""
        by_request = {lease.op_id: lease.issue for lease in leases if lease.op_id}
        found = self.chain.signers(tip, by_request.keys()) if tip and by_request else {}
        return {by_request[request]: signer for request, signer in found.items()}

    def publish(self, leases: Iterable[Lease], *, base: Oid | None, message: Message) -> Oid:
        """One commit with these leases, if `base` still is the tip: the moment at which it is decided who holds what.

        Raises `RefConflict`, storage errors when nothing was published, and `OutcomeUnknown`.
        """
        edits = {lease_path(lease.issue): encode(lease) for lease in leases}
        if base is None:
            edits[AUTHORITY] = dumps({"schema": 1, "id": os.urandom(8).hex()})
        return self.chain.publish(edits, base, message)

    # --- what this clone knows besides ----------------------------------------------------------------

    def renew(self, lease: Lease) -> None:
        """Keep a renewal of this clone's own. In a turn."""
        boot_s, boot_id = self.clock()
        entry: dict[str, Json] = {
            "epoch": lease.epoch,
            "renew": lease.renew,
            "wall": lease.wall_hint,
            "boot_ms": int(boot_s * 1000),
            "boot_id": boot_id,
        }
        self._save(lease.issue, {**self._note(lease.issue), "renewed": entry})

    def renewal(self, lease: Lease) -> Renewal | None:
        """The last claim or renewal of this epoch that was made in this clone."""
        found = _entry(self._note(lease.issue), "renewed")
        with suppress(KeyError, TypeError):
            if found["epoch"] == lease.epoch:
                return Renewal(
                    found["epoch"], found["renew"], Timestamp(found["wall"]), found["boot_ms"], found["boot_id"]
                )
        return None

    def sighting(self, lease: Lease) -> Sighting | None:
        """Since when this clone has seen a lease unchanged."""
        found = _entry(self._note(lease.issue), "seen")
        with suppress(KeyError, TypeError):
            return Sighting(found["epoch"], found["renew"], found["since_ms"] / 1000, found["boot_id"])
        return None

    def remember(self, seen: Mapping[IssueId, Sighting]) -> None:
        """Keep since when leases were seen as they are. In a turn."""
        for issue, sighting in seen.items():
            note = self._note(issue)
            if note.get("seen") != _stored(sighting):
                self._save(issue, {**note, "seen": _stored(sighting)})

    def are_known(self, seen: Mapping[IssueId, Sighting]) -> bool:
        """Whether `remember` would keep nothing new."""
        return all(self._note(issue).get("seen") == _stored(sighting) for issue, sighting in seen.items())

    def forget(self, issues: Iterable[IssueId]) -> None:
        """Drop what is kept about leases that are free. In a turn."""
        for issue in issues:
            self.chain.save(issue, None)

    def untold(self) -> dict[IssueId, str]:
        """Losses that were not told yet, by issue, each with the request that made it one."""
        found = self._note(UNTOLD).get("lost")
        lost = found.items() if isinstance(found, dict) else ()
        return {IssueId(issue): request for issue, request in lost if isinstance(request, str)}

    def keep_untold(self, lost: Mapping[IssueId, str]) -> None:
        """Keep which losses are to be told. In a turn."""
        if lost:
            self._save(UNTOLD, {"lost": {str(issue): request for issue, request in lost.items()}})
        else:
            self.chain.save(UNTOLD, None)

    def moment(self, wall: Timestamp) -> Moment:
        boot_s, boot_id = self.clock()
        return Moment(wall, boot_s, boot_id)

    def holder(self, actor: Actor, session: str = "", pid: int = 0) -> Holder:
        """The holder that `actor` is in this clone. `pid`: the process that stands for it."""
        here = self.processes()
        found = holder.of_process(pid) if pid else None
        return Holder(
            actor=actor,
            clone=self.clone(),
            session=session,
            host=here.host,
            pid=pid,
            pid_start=found.start if found else "",
            boot_id=here.boot,
            space=here.space,
        )

    def clone(self) -> str:
        """The name of this clone: random, and another one in a copy of it."""
        kept = self._note(CLONE).get("clone")
        if not isinstance(kept, str):
            self.chain.begin(CLONE, dumps({"clone": os.urandom(4).hex(), "schema": 1}))
            kept = self._note(CLONE).get("clone")
        if not isinstance(kept, str):  # damaged, or nothing can be kept here
            kept = os.urandom(4).hex()
            self._save(CLONE, {"clone": kept})
        return f"{self.chain.name}-{kept}"

    def is_dead(self, of: Holder) -> bool:
        """Whether the process that stands for a holder ran on this machine, and provably does no longer.

        Never by its number alone, and never across a restart: a host of the same name may be another one.
        """
        if of.pid <= 1 or not of.pid_start or not of.boot_id:
            return False
        here = self.processes()
        if (of.host, of.boot_id, of.space) != (here.host, here.boot, here.space) or of.pid == here.pid:
            return False
        return holder.is_dead(holder.Holder(of.pid, of.pid_start, of.boot_id, of.space, of.host), here, queued=True)

    def _renewed(self, lease: Lease) -> Lease:
        found = _entry(self._note(lease.issue), "renewed")
        renew, wall = found.get("renew"), found.get("wall")
        if found.get("epoch") != lease.epoch or not isinstance(renew, int) or renew <= lease.renew:
            return lease
        return replace(lease, renew=renew, wall_hint=Timestamp(wall) if isinstance(wall, str) else lease.wall_hint)

    def _note(self, name: str) -> dict[str, Json]:
        return _object(self.chain.load(name))

    def _save(self, name: str, note: Mapping[str, Json]) -> None:
        self.chain.save(name, dumps({**note, "schema": 1}))


def lease_path(issue: IssueId) -> str:
    return f"{DIRECTORY}{issue[:2]}/{issue}.json"


def boot_clock() -> tuple[float, str]:
    """Seconds since this machine was started, suspended ones included, and the name of that start."""
    seconds = time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()
    return seconds, holder.read_record("/proc/sys/kernel/random/boot_id").strip()


def _stored(sighting: Sighting) -> dict[str, Json]:
    return {
        "epoch": sighting.epoch,
        "renew": sighting.renew,
        "since_ms": round(sighting.since_s * 1000),
        "boot_id": sighting.boot_id,
    }


def _object(data: bytes | None) -> dict[str, Json]:
    """A JSON object; an empty one for anything else."""
    try:
        document = None if data is None else loads(data)
    except JitError:
        return {}
    return document if isinstance(document, dict) else {}


def _entry(note: Mapping[str, Json], part: str) -> dict[str, Any]:
    found = note.get(part)
    return found if isinstance(found, dict) else {}
