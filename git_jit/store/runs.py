"""Records of gate runs, on a reference of their own: many, small, and never in the way of a review of issues.

Each is one document, `<2 digits>/<issue>/<gate>/<run>.json`. The newest `KEPT` of each gate of each issue stay; a
commit on this reference has no parent, so git lets go of what is dropped once the reflog has forgotten it. Whole
outputs are files of this clone, `<common git dir>/jit/runs/<run>.out`, of which the newest `OUTPUTS` stay.

The reference is not exchanged with remotes: what ran elsewhere is told by the verdict on the issue, believed or not.
"""

import os
import time
from collections.abc import Container, Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from git_jit import log
from git_jit.errors import JitError
from git_jit.model import GateKey, IssueId, Message, Oid
from git_jit.paths import RUNS
from git_jit.store import RefConflict, RefLocked, commits, tree
from git_jit.store.backend import Backend, Durability, Kind, Object
from git_jit.store.configfile import Entries
from git_jit.store.layout import Layout

if TYPE_CHECKING:  # only who asks in what order they were made pays for it
    from git_jit.store.runlog import Recorded

ACCEPT: Final = "jit.gate.acceptRemote"
ISOLATE: Final = "jit.gate.isolate"
NONE: Final = "none"
ANY: Final = "any"
KEPT: Final = 10
"""Runs of one gate of one issue: enough to see whether it is flaky, and a bound on what 100,000 issues can pile up."""
OUTPUTS: Final = 200
"""Whole outputs of at most 2 MiB each that stay in this clone."""
ATTEMPTS: Final = 50
"""Lost races after which a record is given up; the verdict on the issue does not depend on it."""
PAUSE_S: Final = 0.002
"""After a lost race: about the time that one commit takes."""
DIRECTORY: Final = "runs"


class Home(Protocol):
    """What is needed of a repository."""

    @property
    def layout(self) -> Layout: ...

    @property
    def backend(self) -> Backend: ...

    @property
    def prune_grace(self) -> bool: ...

    @property
    def config(self) -> Entries: ...


class Stored(NamedTuple):
    """One record as it is stored, and where it belongs."""

    issue: IssueId
    gate: GateKey
    run: str
    data: bytes


class Runs:
    """All records of this clone."""

    def __init__(self, home: Home) -> None:
        self._home = home

    @property
    def directory(self) -> str:
        """Where whole outputs are, and who runs what at this moment."""
        return f"{self._home.layout.common_dir}/jit/{DIRECTORY}"

    @property
    def clone(self) -> str:
        """What tells this clone from others."""
        return commits.node_name(self._home.layout.common_dir)

    @property
    def accepts_remote(self) -> bool:
        """Whether a verdict that was earned elsewhere counts here (`jit.gate.acceptRemote`)."""
        return self._home.config.get(ACCEPT.lower(), (NONE,))[-1].lower() == ANY

    @property
    def isolates(self) -> bool:
        """Whether commands of gates run in a box of their own (`jit.gate.isolate`)."""
        return self._home.config.get(ISOLATE.lower(), ("false",))[-1].lower() == "true"

    def of(self, issue: IssueId, gate: GateKey | None = None) -> list[Stored]:
        """The records of an issue, newest first. What cannot be read is left out; `validate` tells of it."""
        names = self._names(self._root(), issue, None if gate is None else (gate,))
        wanted = [(g, run, oid) for g in names for run, oid in names[g].items()]
        wanted.sort(key=lambda one: one[1], reverse=True)
        found = self._home.backend.read_many([oid for _, _, oid in wanted])
        pairs = zip(wanted, found, strict=True)
        return [Stored(issue, g, run, one.data) for (g, run, _), one in pairs if isinstance(one, Object)]

    def get(self, issue: IssueId, gate: GateKey, run: str) -> bytes | None:
        """One record; None if it is not here."""
        try:
            root = self._root()
            entry = root and tree.lookup(self._home.backend, root, _path(issue, gate, run))
            return self._home.backend.read(entry.oid).data if entry else None
        except (JitError, ValueError):
            return None

    def tip(self) -> Oid | None:
        """What the records are now; None if nothing ever ran here."""
        return self._home.backend.ref(RUNS)

    def newest_first(self, tip: Oid) -> "Iterator[Recorded]":
        """See `runlog.newest_first`."""
        from git_jit.store.runlog import newest_first

        return newest_first(self._home.backend, tip)

    def added(self, old: Oid | None, new: Oid) -> "list[Recorded]":
        """See `runlog.added`."""
        from git_jit.store.runlog import added

        return added(self._home.backend, old, new)

    def read(self, one: "Recorded") -> bytes:
        """A record. Raises `MissingObject`, `CorruptObject`."""
        return self._home.backend.read(one.blob).data

    def add(self, records: Sequence[Stored], message: Message) -> Oid | None:
        """Keep records, drop what is more than `KEPT`; None if other writers left no gap for it, or another git holds
        the reference: that was waited for already (`jit.timeout.ref`), and one that died holds it for ever.
        """
        for _ in range(ATTEMPTS):
            try:
                return self._add(records, message)
            except RefConflict:
                time.sleep(PAUSE_S)
            except RefLocked:
                break
        log.warning("runs.lost", records=len(records))
        return None

    def _add(self, records: Sequence[Stored], message: Message) -> Oid:
        from git_jit.store.anchors import COMMITTER  # what writes pays for writing
        from git_jit.store.anchors import committer as committer_at
        from git_jit.store.publish import Change, Place, publish

        home = self._home
        old = home.backend.ref(RUNS)
        root = None if old is None else commits.parse(home.backend.read(old)).tree
        edits: dict[str, bytes | Oid | None] = {
            _path(one.issue, one.gate, one.run): one.data for one in records
        } | dict.fromkeys(self._surplus(root, records))
        root, objects = tree.splice(home.backend, root, edits)
        now = commits.unix_ms(message.at)
        clock = commits.tick(now, [], commits.node_name(home.layout.common_dir))
        data = commits.encode(
            tree=root, parents=[], author=COMMITTER, committer=COMMITTER, message=message, clock=clock
        )
        commit = tree.make(Kind.COMMIT, data, home.backend.object_format)
        if commit.oid == old:
            return commit.oid
        place = Place(home.backend, home.layout.common_dir, Durability.FAST, home.prune_grace)
        return publish(
            place,
            Change(
                ref=RUNS,
                old=old,
                new=commit.oid,
                objects=[*objects, commit],
                committer=committer_at(now / 1000),
                subject=f"jit: {message.subject}",
                request=message.request,
            ),
        )

    def _surplus(self, root: Oid | None, records: Sequence[Stored]) -> Iterator[str]:
        """Paths of the oldest records of the gates that get new ones."""
        come: dict[IssueId, dict[GateKey, list[str]]] = {}
        for one in records:
            come.setdefault(one.issue, {}).setdefault(one.gate, []).append(one.run)
        for issue, gates in come.items():
            present = self._names(root, issue, gates)
            for gate, new in gates.items():
                there = present.get(gate, {})
                for run in sorted({*there, *new}, reverse=True)[KEPT:]:
                    if run in there:
                        yield _path(issue, gate, run)

    def _root(self) -> Oid | None:
        tip = self._home.backend.ref(RUNS)
        return None if tip is None else commits.parse(self._home.backend.read(tip)).tree

    def _names(
        self, root: Oid | None, issue: IssueId, gates: Container[GateKey] | None = None
    ) -> dict[GateKey, dict[str, Oid]]:
        """Every record of an issue by its gate (None: of all gates) and its run."""
        entry = root and tree.lookup(self._home.backend, root, f"{issue[:2]}/{issue}")
        if not entry or not entry.is_tree:
            return {}
        return {
            GateKey(gate.name): {
                run.name.removesuffix(".json"): run.oid
                for run in self._entries(gate.oid)
                if not run.is_tree and run.name.endswith(".json")
            }
            for gate in self._entries(entry.oid)
            if gate.is_tree and (gates is None or gate.name in gates)
        }

    def _entries(self, oid: Oid) -> list[tree.Entry]:
        return tree.parse(self._home.backend.read(oid).data, len(oid) // 2)

    # --- outputs ----------------------------------------------------------------------------------------

    def output_path(self, run: str) -> str:
        """The file for the whole output of a run; its directory is made. Raises nothing: see `runner.capture`."""
        with suppress(OSError):
            os.makedirs(self.directory, mode=0o700, exist_ok=True)
        return f"{self.directory}/{run}.out"

    def drop_old_outputs(self) -> None:
        """Remove all but the newest `OUTPUTS`; a name begins with the time of its run."""
        with suppress(OSError):
            names = sorted(name for name in os.listdir(self.directory) if name.endswith(".out"))
            for name in names[:-OUTPUTS]:
                with suppress(OSError):
                    os.unlink(f"{self.directory}/{name}")


def _path(issue: IssueId, gate: GateKey, run: str) -> str:
    return f"{issue[:2]}/{issue}/{gate}/{run}.json"
