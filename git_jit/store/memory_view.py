"""The view of a store in a variable, in plain Python: the meaning against which the index is tested."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final, Self

from git_jit import facts
from git_jit.condition import NEWEST_FIRST, Condition, Sort
from git_jit.config import Config
from git_jit.facts import Facts
from git_jit.model import (
    PRIORITIES,
    Broken,
    Comment,
    Commit,
    Gate,
    GateKey,
    Issue,
    IssueId,
    Oid,
    State,
    Timestamp,
)
from git_jit.record import record
from git_jit.store import issue_path, places
from git_jit.store.places import CONFIG, Document, Place, place_of
from git_jit.view import Row, Selection

REMEMBERED: Final = 16_384
"""Decoded blobs kept for the next view, which differs in a few; about 50 MB at worst."""


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


def line_of(snapshot: Snapshot | None) -> Iterator[Snapshot]:
    """A snapshot and those before it, newest first."""
    while snapshot is not None and snapshot.commit is not None:
        yield snapshot
        snapshot = snapshot.parent


_examine = lru_cache(maxsize=REMEMBERED)(places.examine)


class MemoryView:
    """`View` of one snapshot."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    @property
    def base(self) -> Oid | None:
        return self._snapshot.commit.oid if self._snapshot.commit else None

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
        for snapshot in line_of(self._snapshot):
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
