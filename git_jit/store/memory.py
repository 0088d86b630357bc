"""The store in a variable: the same promises as the one in git, in microseconds.

It keeps what git would keep, as bytes through the codec, under the same object names; so what works here
works there. It ships with the package, for tests above the store and for plans that are only tried.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from threading import Lock
from typing import TYPE_CHECKING, Final, Self

from git_jit import facts
from git_jit.condition import NEWEST_FIRST, Condition, Sort
from git_jit.config import Config
from git_jit.facts import Facts
from git_jit.model import (
    PRIORITIES,
    Broken,
    Comment,
    Commit,
    FileChange,
    Gate,
    GateKey,
    Issue,
    IssueId,
    Message,
    Oid,
    PathChange,
    State,
    Timestamp,
)
from git_jit.record import record
from git_jit.store import RefConflict, UnknownRevision, commits, issue_path, places
from git_jit.store.backend import Kind, Object, Still
from git_jit.store.budgets import DEFAULTS
from git_jit.store.places import CONFIG, Document, Place, place_of
from git_jit.store.tree import object_id
from git_jit.view import Plan, Row, Selection

if TYPE_CHECKING:
    from git_jit.store.claims import Claims
    from git_jit.store.codelog import CodeCommit

REMEMBERED: Final = 16_384
"""Decoded blobs kept for the next view, which differs in a few; about 50 MB at worst."""
REF: Final = "refs/jit/issues"
PERSON: Final = "Memory <memory@localhost>"


@record
class Blob:
    oid: Oid
    data: bytes


@dataclass(frozen=True)
class Snapshot:
    """One commit with everything it holds; `changed` are the paths in which it differs from its parent."""

    commit: Commit | None
    parent: "Snapshot | None"
    blobs: Mapping[str, Blob]
    changed: frozenset[str]


EMPTY: Final = Snapshot(None, None, {}, frozenset())


class MemoryStore:
    """`Store` without a repository. Safe to share between threads."""

    def __init__(self) -> None:
        self._tip = EMPTY
        self._known: dict[Oid, Snapshot] = {}
        self._publishing = Lock()
        self._notes: dict[str, bytes] = {}
        self._claims: Claims | None = None
        self.code: dict[str | None, frozenset[str]] = {}
        """The files of the code by commit; None is what is checked out."""
        self.others: dict[str, Oid] = {}
        """References beside the issues; to commits of this store."""

    @property
    def retry_budget(self) -> float:
        return DEFAULTS.retry

    def view(self, at: str | None = None) -> "MemoryView":
        return MemoryView(self._tip if at is None else self._resolve(at))

    def commit(self, plan: Plan, *, base: Oid | None, message: Message, still: Still | None = None) -> Oid:
        edits = places.edits_of(plan)
        with self._publishing:
            if still and still.oid != self.claims().tip():
                raise RefConflict(f"'{still.ref}' has moved on", hint="run the same command again")
            if base != _oid(self._tip):
                raise RefConflict(
                    f"'{REF}' has moved on",
                    hint="run the same command again",
                    details={"expected": base, "found": _oid(self._tip)},
                )
            made = _snapshot(self._tip, edits, message)
            if not made.changed and base is not None:
                return base  # what changes no byte is no commit
            assert made.commit is not None
            self._known[made.commit.oid] = made
            self._tip = made
        return made.commit.oid

    def history(self, start: str | None = None, *, path: str | None = None) -> Iterator[Commit]:
        below = None if path is None else path.rstrip("/") + "/"
        for snapshot in _line(self._tip if start is None else self._resolve(start)):
            touched = below is None or any(f"{changed}/".startswith(below) for changed in snapshot.changed)
            if snapshot.commit is not None and touched:
                yield snapshot.commit

    def changes(self, commit: Commit) -> list[FileChange]:
        new = self._resolve(commit.oid)
        old = new.parent or EMPTY
        return [
            FileChange(path=path, old=_data(old.blobs.get(path)), new=_data(new.blobs.get(path)))
            for path in sorted(new.changed)
        ]

    def blob_at(self, rev: str, path: str) -> bytes | None:
        return _data(self._resolve(rev).blobs.get(path))

    def compare(self, old: str | None, new: str) -> list[PathChange]:
        before, after = ({} if rev is None else self._resolve(rev).blobs for rev in (old, new))
        pairs = [(path, _name(before.get(path)), _name(after.get(path))) for path in sorted({*before, *after})]
        return [PathChange(path=path, old=one, new=other) for path, one, other in pairs if one != other]

    def files(self, directory: str, at: str) -> Mapping[str, Oid]:
        below = directory.rstrip("/") + "/"
        return {path: blob.oid for path, blob in self._resolve(at).blobs.items() if path.startswith(below)}

    def blobs(self, oids: Iterable[Oid]) -> Iterator[bytes | None]:
        found = {blob.oid: blob.data for known in self._known.values() for blob in known.blobs.values()}
        return (found.get(oid) for oid in oids)

    def beside(self, ref: str) -> Oid | None:
        """What a test put into `others`."""
        return self.others.get(ref)

    def in_code(self, commit: str | None, paths: Collection[str]) -> frozenset[str] | None:
        """There is no code beside a variable, except what a test put into `code`."""
        known = self.code.get(commit)
        return None if known is None else known & frozenset(paths)

    def code_commits(self, revisions: str) -> "list[CodeCommit]":
        """The code's history is no part of the variable."""
        del revisions
        return []

    def recall(self, name: str) -> bytes | None:
        return self._notes.get(name)

    def remember(self, name: str, note: bytes) -> None:
        self._notes[name] = note

    def survey(self, *, deep: bool = False, ask: bool = False) -> None:
        """There is no clone around a variable."""
        del deep, ask

    def mend(self, name: str) -> None:
        """Nothing can break."""
        del name

    def has_news(self) -> bool:
        return False

    def has_claims(self) -> bool:
        return self._claims is not None and self._claims.tip() is not None

    def claims(self) -> "Claims":
        from git_jit.store.memory_claims import MemoryChain

        if self._claims is None:
            from git_jit.store.claims import Claims

            self._claims = Claims(MemoryChain())
        return self._claims

    def runs(self) -> None:
        """Nothing runs in a variable."""
        return

    def upstream(self) -> None:
        """A variable has no remotes."""
        return

    def exchange(self) -> None:
        """A variable has no remotes."""
        return

    def proposals(self) -> None:
        """No remote has ever heard of a variable."""
        return

    def rescue(self) -> None:
        """A variable is not lost."""

    def close(self) -> None:
        """Nothing is held."""

    def _resolve(self, rev: str) -> Snapshot:
        """An oid or its unique beginning, `HEAD` or the ref's name for the tip; each may end in `~<n>`."""
        name, _, back = rev.partition("~")
        found = [known for oid, known in self._known.items() if oid.startswith(name)]
        if name in {"HEAD", REF} and self._tip.commit:
            found = [self._tip]
        steps = int(back or "1") if "~" in rev and (back or "1").isdecimal() else 0
        line = list(_line(found[0])) if len(found) == 1 and name else []
        if steps >= len(line):
            raise UnknownRevision(f"no commit '{rev}'", hint="'git jit log' shows the commits")
        return line[steps]


def _snapshot(parent: Snapshot, edits: Mapping[str, bytes | None], message: Message) -> Snapshot:
    blobs = dict(parent.blobs)
    for path, data in edits.items():
        if data is None:
            blobs.pop(path, None)
        else:
            blobs[path] = Blob(object_id(Kind.BLOB, data), data)
    changed = frozenset(path for path in edits if blobs.get(path) != parent.blobs.get(path))
    tree = object_id(
        Kind.TREE, "\n".join(f"{path} {blobs[path].oid}" for path in sorted(blobs)).encode("utf-8", "replace")
    )
    before = [parent.commit] if parent.commit else []
    content = commits.encode(
        tree=tree,
        parents=[commit.oid for commit in before],
        author=PERSON,
        committer=PERSON,
        message=message,
        clock=commits.tick(commits.unix_ms(message.at), [commits.clock_of(commit) for commit in before], "000000"),
    )
    commit = commits.parse(Object(object_id(Kind.COMMIT, content), Kind.COMMIT, content))
    return Snapshot(commit, parent, blobs, changed)


def _line(snapshot: Snapshot | None) -> Iterator[Snapshot]:
    while snapshot is not None and snapshot.commit is not None:
        yield snapshot
        snapshot = snapshot.parent


def _oid(snapshot: Snapshot) -> Oid | None:
    return snapshot.commit.oid if snapshot.commit else None


def _name(blob: Blob | None) -> Oid | None:
    return blob.oid if blob else None


def _data(blob: Blob | None) -> bytes | None:
    return blob.data if blob else None


_examine = lru_cache(maxsize=REMEMBERED)(places.examine)


class MemoryView:
    """`View` of one snapshot, in plain Python: the meaning against which the index is tested."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    @property
    def base(self) -> Oid | None:
        return _oid(self._snapshot)

    @cached_property
    def config(self) -> Config:
        blob = self._snapshot.blobs.get(CONFIG)
        return places.read_config(blob.data, blob.oid) if blob else Config()

    def ids(self) -> Sequence[IssueId]:
        return sorted(self._issues)

    def issue(self, id: IssueId) -> Issue | None:
        if id in self._issues:
            return self._issues[id]
        path = issue_path(id)
        if path in self._broken:
            raise places.corrupt_issue(path, self._snapshot.blobs[path].oid, self._broken[path].cause)
        return None

    def version(self, id: IssueId) -> Oid | None:
        blob = self._snapshot.blobs.get(issue_path(id))
        return blob.oid if blob else None

    def starting_with(self, prefix: str, limit: int = 11) -> Sequence[IssueId]:
        found = [place.issue for place in self._places.values() if place.area == "issues" and place.issue]
        return sorted(id for id in found if id.startswith(prefix))[:limit]

    def state_of(self, id: IssueId) -> State | None:
        issue = self._issues.get(id)
        return issue.state if issue else None

    def waits_for(self, id: IssueId) -> tuple[IssueId, ...]:
        issue = self._issues.get(id)
        return issue.dependencies if issue else ()

    def dependents(self, id: IssueId) -> tuple[IssueId, ...]:
        return self._dependents.get(id, ())

    def edges(self) -> Mapping[IssueId, tuple[IssueId, ...]]:
        return {id: self._issues[id].dependencies for id in self.ids()}

    def select(
        self,
        condition: Condition,
        *,
        sort: Sequence[Sort] = NEWEST_FIRST,
        limit: int | None = None,
        offset: int = 0,
    ) -> Selection:
        found = facts.ordered((known for known in self._facts(condition) if facts.matches(condition, known)), sort)
        ids = tuple(known.id for known in found)
        return Selection(ids[offset : None if limit is None else offset + limit], len(ids))

    def rows(self, ids: Iterable[IssueId]) -> list[Row]:
        return [self._row(id) for id in ids]

    def values(self, field: str) -> Mapping[str, int]:
        counts: dict[str, int] = {}
        for issue in self._issues.values():
            for value in facts.fields_of(issue).get(facts.check_field(field), ()):
                name = PRIORITIES[value].value if isinstance(value, int) else value
                counts[name] = counts.get(name, 0) + 1
        return dict(sorted(counts.items()))

    def members(self, field: str) -> Mapping[IssueId, tuple[str, ...]]:
        name = facts.check_field(field)
        found = {id: facts.fields_of(self._issues[id]).get(name, ()) for id in self.ids()}
        return {id: tuple(sorted(map(str, set(values)))) for id, values in found.items() if values}

    def updated_at(self, ids: Iterable[IssueId]) -> Mapping[IssueId, Timestamp]:
        return {id: self._updated[id] for id in ids if id in self._issues}

    def comments(self, id: IssueId) -> tuple[Comment, ...]:
        return self._comments.get(id, ())

    def gates(self) -> Mapping[GateKey, Gate]:
        return {found.key: found for found in self._documents.values() if isinstance(found, Gate)}

    def broken(self) -> tuple[Broken, ...]:
        return tuple(self._broken[path] for path in sorted(self._broken))

    def close(self) -> None:
        """Nothing is held."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- computed once, when first needed ---

    @cached_property
    def _places(self) -> dict[str, Place]:
        return {path: place for path in self._snapshot.blobs if (place := place_of(path)).area}

    @cached_property
    def _documents(self) -> dict[str, Document | str]:
        """What each blob is, or why it cannot be read."""
        return {path: _examine(place, self._snapshot.blobs[path].data) for path, place in sorted(self._places.items())}

    @cached_property
    def _broken(self) -> dict[str, Broken]:
        return {
            path: Broken(path=places.shown(path), oid=self._snapshot.blobs[path].oid, cause=found)
            for path, found in self._documents.items()
            if isinstance(found, str)
        }

    @cached_property
    def _issues(self) -> dict[IssueId, Issue]:
        return {found.id: found for found in self._documents.values() if isinstance(found, Issue)}

    @cached_property
    def _comments(self) -> dict[IssueId, tuple[Comment, ...]]:
        found: dict[IssueId, tuple[Comment, ...]] = {}
        for comment in self._documents.values():
            if isinstance(comment, Comment):
                found[comment.issue] = (*found.get(comment.issue, ()), comment)
        return found

    @cached_property
    def _dependents(self) -> dict[IssueId, tuple[IssueId, ...]]:
        found: dict[IssueId, tuple[IssueId, ...]] = {}
        for id in self.ids():
            for target in self._issues[id].dependencies:
                found[target] = (*found.get(target, ()), id)
        return found

    @cached_property
    def _updated(self) -> dict[IssueId, Timestamp]:
        found: dict[IssueId, Timestamp] = {}
        for snapshot in _line(self._snapshot):
            for path in snapshot.changed:
                issue = place_of(path).issue
                if issue is not None and snapshot.commit is not None:
                    found.setdefault(issue, places.moment(snapshot.commit.time))
        return found

    def _blocked(self, id: IssueId) -> bool:
        if self._issues[id].state.terminal:
            return False
        states = (self.state_of(target) for target in self._issues[id].dependencies)
        return any(state is None or not state.terminal for state in states)

    def _facts(self, condition: Condition) -> Iterator[Facts]:
        # Unreadable rules must not take the lists down with them: only the question that needs them fails.
        config = self.config if facts.asks_for_orphans(condition) else Config()
        for id, issue in self._issues.items():
            yield facts.facts_of(
                issue,
                comments=self.comments(id),
                blocks=self.dependents(id),
                updated=self._updated.get(id),
                blocked=self._blocked(id),
                config=config,
            )
        for path, place in self._places.items():
            if path in self._broken and place.area == "issues" and place.issue:
                yield facts.facts_of_broken(place.issue)

    def _row(self, id: IssueId) -> Row:
        if issue_path(id) in self._broken:
            return places.row_of_broken(id)
        issue = self._issues[id]
        return Row(
            id, issue.title, issue.state, issue.priority, issue.assignee, issue.labels, self._blocked(id),
            issue.created_at, issue.due,
        )  # fmt: skip
