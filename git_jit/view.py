"""The working values between the store and the rules: what is (`View`), and what shall be (`Plan`).

A command reads a view, computes a plan from it and hands the plan back to the store, which publishes it
only if the view still is the present. Plans are values: print one and it is a dry run.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol, Self

from git_jit.condition import NEWEST_FIRST, Condition, Sort
from git_jit.config import Config
from git_jit.errors import JitError
from git_jit.model import (
    Broken,
    Comment,
    CommentId,
    Gate,
    GateKey,
    Issue,
    IssueId,
    Oid,
    State,
    Timestamp,
)
from git_jit.record import field, record, replace


class Row(NamedTuple):
    """What a line of a list needs; costs no decoding of the issue."""

    id: IssueId
    title: str
    state: State
    priority: str
    assignee: str | None
    labels: tuple[str, ...]
    blocked: bool
    created_at: Timestamp
    due: str | None


@record
class Selection:
    """Ids in the order asked for, cut to the limit, and how many there were before the cut."""

    ids: tuple[IssueId, ...]
    total: int


class View(Protocol):
    """All issues as of one commit. Later writes never show through it.

    Answers come from an index where there is one; only `issue` and `comments` decode bodies.
    Use it as a context manager: leaving it frees what it holds.
    """

    @property
    def base(self) -> Oid | None:
        """The commit this is the state of; None before the first one."""
        ...

    @property
    def config(self) -> Config:
        """The rules of the repository as of this commit."""
        ...

    def ids(self) -> Sequence[IssueId]:
        """Every issue, in order of id."""
        ...

    def issue(self, id: IssueId) -> Issue | None:
        """The whole issue; None if there is none. Raises `CorruptIssue` if its blob cannot be read."""
        ...

    def version(self, id: IssueId) -> Oid | None:
        """The oid of the issue's blob: changes exactly when the issue does."""
        ...

    def starting_with(self, prefix: str, limit: int = 11) -> Sequence[IssueId]:
        """The first `limit` ids that begin with `prefix`, in order; broken ones too."""
        ...

    def state_of(self, id: IssueId) -> State | None: ...

    def waits_for(self, id: IssueId) -> tuple[IssueId, ...]:
        """What `id` depends on, missing ones included."""
        ...

    def dependents(self, id: IssueId) -> tuple[IssueId, ...]:
        """The issues that depend on `id`, in order of id."""
        ...

    def edges(self) -> Mapping[IssueId, tuple[IssueId, ...]]:
        """Every issue with what it waits for: the whole graph, without decoding an issue."""
        ...

    def select(
        self,
        condition: Condition,
        *,
        sort: Sequence[Sort] = NEWEST_FIRST,
        limit: int | None = None,
        offset: int = 0,
    ) -> Selection:
        """The issues that meet `condition`. Broken ones never do, except for `is:broken`."""
        ...

    def rows(self, ids: Iterable[IssueId]) -> list[Row]:
        """One row for each id, in that order."""
        ...

    def values(self, field: str) -> Mapping[str, int]:
        """Each distinct member of `label`, `assignee`, `state` or `priority`, and how many issues have it."""
        ...

    def members(self, field: str) -> Mapping[IssueId, tuple[str, ...]]:
        """Every readable issue that has something in the set `field` (`label`, `link`, `parent`, `gate`, `doc`),
        with its members in order; without decoding an issue.
        """
        ...

    def updated_at(self, ids: Iterable[IssueId]) -> Mapping[IssueId, Timestamp]:
        """When each issue (or a comment on it) last changed, by history."""
        ...

    def comments(self, id: IssueId) -> tuple[Comment, ...]:
        """Every record, oldest first, replaced ones included."""
        ...

    def gates(self) -> Mapping[GateKey, Gate]: ...

    def broken(self) -> tuple[Broken, ...]:
        """Blobs on this commit that cannot be read."""
        ...

    def close(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


@record(kw_only=True)
class Refusal:
    """One issue a rule would not let change, and why. A value, because the others go through."""

    id: IssueId
    error: JitError


@record(kw_only=True)
class Plan:
    """What a command wants the next commit to say, and what it has to say about the rest.

    In the four maps None means "delete". An empty plan publishes nothing.
    """

    issues: Mapping[IssueId, Issue | None] = field(default_factory=dict)
    comments: Mapping[tuple[IssueId, CommentId], Comment | None] = field(default_factory=dict)
    gates: Mapping[GateKey, Gate | None] = field(default_factory=dict)
    raw: Mapping[str, bytes | None] = field(default_factory=dict)
    """Whole blobs by path: what `restore` and `undo` bring back exactly as it was."""
    config: Config | None = None
    unchanged: tuple[IssueId, ...] = ()
    refused: tuple[Refusal, ...] = ()
    notes: tuple[str, ...] = ()
    """One-line remarks for the user about side effects (a promotion, a redundant edge)."""

    @property
    def empty(self) -> bool:
        return not (self.issues or self.comments or self.gates or self.raw or self.config)


class Overlay:
    """A view with some issues changed: lets a plan see its own first half.

    Only the questions the workflow asks are answered; selections belong to the view below.
    """

    __slots__ = ("_children", "_dependents", "_issues", "_view")

    def __init__(self, view: View) -> None:
        self._view = view
        self._issues: dict[IssueId, Issue | None] = {}
        self._dependents: dict[IssueId, set[IssueId]] = {}
        """What the edits depend on, from the other end: a bulk change must not scan itself for each issue."""
        self._children: dict[IssueId, set[IssueId]] = {}
        """What the edits are part of, likewise."""

    @property
    def below(self) -> View:
        """What the changes are laid over."""
        return self._view

    @property
    def edits(self) -> Mapping[IssueId, Issue | None]:
        """What was put over the view, in the order of first change."""
        return self._issues

    @property
    def config(self) -> Config:
        return self._view.config

    def put(self, issue: Issue) -> None:
        self._forget_edges(issue.id)
        self._issues[issue.id] = issue
        for target in issue.dependencies:
            self._dependents.setdefault(target, set()).add(issue.id)
        for parent in issue.parents:
            self._children.setdefault(parent, set()).add(issue.id)

    def remove(self, id: IssueId) -> None:
        self._forget_edges(id)
        self._issues[id] = None

    def _forget_edges(self, id: IssueId) -> None:
        earlier = self._issues.get(id)
        if earlier is None:
            return
        for target in earlier.dependencies:
            self._dependents[target].discard(id)
        for parent in earlier.parents:
            self._children[parent].discard(id)

    def issue(self, id: IssueId) -> Issue | None:
        return self._issues[id] if id in self._issues else self._view.issue(id)

    def state_of(self, id: IssueId) -> State | None:
        if id not in self._issues:
            return self._view.state_of(id)
        issue = self._issues[id]
        return issue.state if issue else None

    def waits_for(self, id: IssueId) -> tuple[IssueId, ...]:
        if id not in self._issues:
            return self._view.waits_for(id)
        issue = self._issues[id]
        return issue.dependencies if issue else ()

    def dependents(self, id: IssueId) -> tuple[IssueId, ...]:
        below = {other for other in self._view.dependents(id) if other not in self._issues}
        return tuple(sorted(below | self._dependents.get(id, set())))

    def children_among_edits(self, id: IssueId) -> tuple[IssueId, ...]:
        """The changed issues that are part of it; those of the view below are its business."""
        return tuple(sorted(self._children.get(id, ())))

    def plan(self, **rest: object) -> Plan:
        """The plan that makes the overlay real; what equals the view below is left out."""
        changed = {id: issue for id, issue in self._issues.items() if self._differs(id, issue)}
        return replace(Plan(issues=changed), **rest)

    def _differs(self, id: IssueId, issue: Issue | None) -> bool:
        if issue is None:
            return self._view.version(id) is not None
        return issue != readable(self._view, id)


def readable(view: View, id: IssueId) -> Issue | None:
    """The whole issue; None if there is none, or none that can be read."""
    return view.issue(id) if view.state_of(id) is not None else None


def rules_to_read_by(view: View) -> Config:
    """The rules of the repository; the defaults where they cannot be read, because that must not hide the issues.

    For reading only: what is written must meet the real rules.
    """
    try:
        return view.config
    except JitError:
        return Config()
