"""Where events come from: the issues, the claims, the records of gate runs, and the proposals of others.

Each source tells what happened newest first, what is new since it was looked at last, and keeps its place: *heads* are
names of which all that they lead to has been told.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple, Protocol, TypeAlias

from git_jit.changes import exact_changes
from git_jit.differences import Fate
from git_jit.model import Commit, FileChange, GateKey, GateVerdict, IssueId, Oid, Timestamp
from git_jit.ops import event_kinds
from git_jit.ops.history import Change, Event, EventQuery, actor_of, event_of, op_of, timestamp_of
from git_jit.ops.verdicts import GateRun, parse
from git_jit.store import Store, comment_path, issue_path
from git_jit.store.claims import lease_path
from git_jit.store.commits import clock_of, unix_ms
from git_jit.store.runlog import Recorded
from git_jit.store.runs import Runs

Heads: TypeAlias = tuple[str, ...]
ATTESTED: Final[Mapping[str, str]] = {GateVerdict.PASSED: "gate-pass", GateVerdict.FAILED: "gate-fail"}
"""The operation behind a record without a command: somebody's word."""


class Mark(NamedTuple):
    """One event by its name, and how telling it moves the heads: what it stands on goes, it comes."""

    id: str
    before: Heads
    after: Heads


class Found(NamedTuple):
    """One event as far as it is known without looking at what it changed."""

    order: tuple[int, int]
    """Later is larger, across all sources."""
    mark: Mark
    at: Timestamp
    actor: str
    op: str
    body: object
    """What the source makes the event of."""
    apart: bool = False
    """Whether it is known to have nothing to do with the issue that is asked for."""


class Source(Protocol):
    """One place where events come from. `key` is its letter in a cursor."""

    key: str
    name: str

    def now(self) -> Heads:
        """The heads by which everything has been told."""
        ...

    def past(self, heads: Heads) -> Iterator[Found]:
        """What the heads lead to, newest first."""
        ...

    def news(self, told: Heads, heads: Heads) -> Iterator[Found]:
        """What `heads` lead to and `told` do not, newest first."""
        ...

    def load(self, mark: Mark) -> Found:
        """What was found under this mark."""
        ...

    def event(self, found: Found, wanted: EventQuery, *, brief: bool = False) -> Event:
        """The whole event; `brief` without what it changed, and without reading that."""
        ...


def tell(heads: Heads, mark: Mark) -> Heads:
    """The heads after telling what stands on nothing untold."""
    return (*(head for head in heads if head not in {*mark.before, *mark.after}), *mark.after)


def untell(heads: Heads, mark: Mark) -> Heads:
    """The heads before the newest was told."""
    kept = [head for head in heads if head not in mark.after]
    return (*kept, *(head for head in mark.before if head not in kept))


def sources(store: Store, wanted: EventQuery, only: Sequence[str] = tuple(event_kinds.SOURCES)) -> list[Source]:
    """The sources, of those in `only`, that may hold what is wanted."""
    found: list[Source] = []
    for name in only:
        if wanted.kinds and not event_kinds.SOURCES[name].keys() & set(wanted.kinds):
            continue
        match name:
            case event_kinds.ISSUES:
                found.append(Commits(store, "i", name, None, wanted.issue))
            case event_kinds.CLAIMS:
                refs = store.claims().refs
                pairs = zip("co", refs, strict=False)
                found += [Commits(store, key, name, ref, wanted.issue) for key, ref in pairs]
            case event_kinds.RUNS if runs := store.runs():
                found.append(RunRecords(runs, wanted.issue))
            case event_kinds.PROPOSALS if wanted.issue is None and wanted.issues is None:
                found.append(ProposalBranches(store))
    return found


class Commits:
    """The commits of the issues, or of a reference beside them."""

    def __init__(self, store: Store, key: str, name: str, ref: str | None, issue: IssueId | None) -> None:
        self.key = key
        self.name = name
        self._store = store
        self._ref = ref
        self._issue = issue

    def now(self) -> Heads:
        if self._ref is None:
            return (next(self._store.history()).oid,)
        tip = self._store.beside(self._ref)
        return (tip,) if tip else ()

    def past(self, heads: Heads) -> Iterator[Found]:
        left = self._touching(heads) if self._issue else None
        for head in heads[:1]:
            for commit in self._store.history(head):
                yield self._found(commit)._replace(apart=left is not None and commit.oid not in left)
                if left is not None:
                    left.discard(commit.oid)
                    if not left:
                        return

    def _touching(self, heads: Heads) -> set[str]:
        """The commits that changed a file about the issue. git compares many commits faster than we read one."""
        assert self._issue is not None
        remarks = comment_path(self._issue, "").rpartition("/")[0]
        paths = [issue_path(self._issue), remarks, f"conflicts/{self._issue}"]
        if self._ref is not None:
            paths = [lease_path(self._issue)]
        return {commit.oid for head in heads for path in paths for commit in self._store.history(head, path=path)}

    def news(self, told: Heads, heads: Heads) -> Iterator[Found]:
        for head in heads:
            yield from map(self._found, self._store.history(head, without=[Oid(one) for one in told]))

    def load(self, mark: Mark) -> Found:
        return self._found(next(self._store.history(mark.id)))

    def event(self, found: Found, wanted: EventQuery, *, brief: bool = False) -> Event:
        commit = found.body
        assert isinstance(commit, Commit)
        files: list[FileChange] = [] if brief else self._store.changes(commit)
        taken = {} if brief or len(commit.parents) < 2 else self._store.taken_over(commit)
        return event_of(commit, files, wanted=wanted, source=self.name, taken=taken)

    def _found(self, commit: Commit) -> Found:
        clock = clock_of(commit)
        mark = Mark(commit.oid, commit.parents, (commit.oid,))
        order = (clock.ms, clock.counter)
        return Found(order, mark, timestamp_of(commit), actor_of(commit), op_of(commit), commit)


class RunRecords:
    """The records of gate runs of this clone."""

    key = "r"
    name = event_kinds.RUNS

    def __init__(self, runs: Runs, issue: IssueId | None) -> None:
        self._runs = runs
        self._issue = issue

    def now(self) -> Heads:
        tip = self._runs.tip()
        return (tip,) if tip else ()

    def past(self, heads: Heads) -> Iterator[Found]:
        for head in heads:
            for one in self._runs.newest_first(Oid(head)):
                if found := self._found(one):
                    yield found

    def news(self, told: Heads, heads: Heads) -> Iterator[Found]:
        old = Oid(told[0]) if told else None
        for head in heads:
            if head != old:
                yield from filter(None, map(self._found, reversed(self._runs.added(old, Oid(head)))))

    def load(self, mark: Mark) -> Found:
        issue, gate, run, blob = mark.id.split("/")
        one = Recorded(IssueId(issue), GateKey(gate), run, Oid(blob), _one(mark.before), _one(mark.after))
        found = self._found(one)
        assert found is not None, "it could be read before"
        return found

    def event(self, found: Found, wanted: EventQuery, *, brief: bool = False) -> Event:
        del brief
        ran, path = found.body, f"{found.mark.id.rpartition('/')[0]}.json"
        assert isinstance(ran, GateRun)
        fields = tuple(exact_changes(None, ran.to_json()))
        change = Change(event_kinds.run_kinds(ran.verdict), ran.issue, path, fields, Fate.CREATED)
        return Event(
            id=ran.run,
            source=self.name,
            commit=None,
            at=ran.at,
            actor=ran.by,
            op=found.op,
            subject=f"{found.op}: {ran.gate} {ran.verdict}",
            reason=ran.reason,
            changes=(change,) if wanted.wants(change) else (),
        )

    def _found(self, one: Recorded) -> Found | None:
        """None for a record that cannot be read; `validate` tells of it."""
        ran = parse(self._runs.read(one))
        if ran is None:
            return None
        mark = Mark(f"{one.issue}/{one.gate}/{one.run}/{one.blob}", _heads(one.before), _heads(one.told))
        op = "gate-run" if ran.argv else ATTESTED.get(ran.verdict, "gate-run")
        apart = self._issue is not None and ran.issue != self._issue
        return Found((unix_ms(ran.at), 0), mark, ran.at, ran.by, op, ran, apart)


class ProposalBranches:
    """The proposals that this clone has seen on remotes."""

    key = "p"
    name = event_kinds.PROPOSALS

    def __init__(self, store: Store) -> None:
        self._store = store
        self._names: Mapping[str, str] = {}

    def now(self) -> Heads:
        proposals = self._store.proposals()
        self._names = {oid: name for name, oid in proposals.seen().items()} if proposals else {}
        return tuple(sorted(self._names))

    def past(self, heads: Heads) -> Iterator[Found]:
        yield from sorted((self._found(head) for head in heads), key=lambda found: found.order, reverse=True)

    def news(self, told: Heads, heads: Heads) -> Iterator[Found]:
        return self.past(tuple(head for head in heads if head not in told))

    def load(self, mark: Mark) -> Found:
        return self._found(mark.id)

    def event(self, found: Found, wanted: EventQuery, *, brief: bool = False) -> Event:
        del wanted, brief
        commit = found.body
        assert isinstance(commit, Commit)
        return Event(
            id=commit.oid,
            source=self.name,
            commit=commit.oid,
            parents=commit.parents,
            at=found.at,
            actor=found.actor,
            op=found.op,
            subject=f"{event_kinds.PROPOSED}: {self._names.get(commit.oid, commit.subject)}",
            kinds=(event_kinds.PROPOSED,),
        )

    def _found(self, oid: str) -> Found:
        commit = next(self._store.history(oid))
        clock = clock_of(commit)
        mark = Mark(oid, (), (oid,))
        return Found((clock.ms, clock.counter), mark, timestamp_of(commit), actor_of(commit), "propose", commit)


def _heads(oid: Oid | None) -> Heads:
    return () if oid is None else (oid,)


def _one(heads: Heads) -> Oid | None:
    return Oid(heads[0]) if heads else None
