"""What the rules of a repository may ask about the issues, and what they say then; and the answers of a tree.

Writes have a ground of their own (`ops.obeying`): what would be, of which no index knows yet.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Final, NamedTuple, Protocol, TypeAlias

from git_jit import facts
from git_jit.condition import Condition, Words
from git_jit.config import Config
from git_jit.model import Comment, Date, Gate, GateKey, GateStatus, GateVerdict, Issue, IssueId, Oid, State, Timestamp
from git_jit.record import record
from git_jit.validate.census import Census
from git_jit.validate.graph_rules import parents_of
from git_jit.view import View


@record
class Lack:
    """One thing that keeps an issue from meeting a rule."""

    message: str
    hint: str | None = None


@record(kw_only=True)
class Answer:
    """What a rule says of one issue."""

    wanted: str
    """What was looked for."""
    found: str
    lacks: tuple[Lack, ...] = ()
    """Empty: the rule is met."""


Judge: TypeAlias = Callable[[IssueId], Answer]


class Content(NamedTuple):
    """What whole issues are read for."""

    description: str = ""
    gates: Mapping[GateKey, GateStatus] = {}


def content_of(issue: Issue | None) -> Content:
    return Content() if issue is None else Content(issue.description, issue.gates)


@record(kw_only=True)
class Moment:
    """What may change without any commit of the issues."""

    day: Date
    """The present day in UTC."""
    tree: Callable[[], Oid | None]
    """The code as it is checked out; None where there is none. Finding it costs a process."""


class Ground(Protocol):
    """Issues as rules see them."""

    @property
    def config(self) -> Config: ...

    @property
    def moment(self) -> Moment | None:
        """None: rules that depend on it are not asked."""
        ...

    @property
    def gates(self) -> Mapping[GateKey, Gate]: ...

    def holds(self, condition: Condition, id: IssueId) -> bool: ...

    def issue(self, id: IssueId) -> Issue | None:
        """The whole issue; the dearest question."""
        ...

    def content(self, id: IssueId) -> "Content":
        """What no index has; of an issue that is not there, nothing."""
        ...

    def has_passed(self, id: IssueId) -> bool:
        """Whether any gate of it has passed: without reading the issue."""
        ...

    def labels(self, id: IssueId) -> Sequence[str]: ...

    def state(self, id: IssueId) -> State | None: ...

    def waits_for(self, id: IssueId) -> Iterable[IssueId]: ...

    def parents(self, id: IssueId) -> Collection[IssueId]: ...

    def children(self, id: IssueId) -> Iterable[IssueId]: ...

    def starting_with(self, prefix: str) -> Sequence[IssueId]: ...


_PASSED: Final = f"={GateVerdict.PASSED.value}"
BATCH: Final = 256
"""Contents in memory at a time."""


class TreeGround:
    """All issues of a view. `mended`: some differ from what its index knows, and `census` and `read` say how."""

    def __init__(
        self,
        view: View,
        census: Census,
        read: Callable[[IssueId], Issue | None],
        skim: Callable[[Sequence[IssueId]], Iterable[Content]],
        moment: Moment | None,
        *,
        mended: bool = False,
    ) -> None:
        self._view = view
        self._census = census
        self._mended = mended
        self._met: dict[Condition, frozenset[IssueId]] = {}
        self._skim = skim
        self._ahead: dict[IssueId, Content] = {}
        self.issue = read
        self.moment = moment

    @property
    def config(self) -> Config:
        return self._census.config

    @property
    def gates(self) -> Mapping[GateKey, Gate]:
        return self._census.definitions

    def meeting(self, condition: Condition) -> frozenset[IssueId]:
        """Every issue that meets it."""
        if condition not in self._met:
            found: Iterable[IssueId]
            if self._mended:
                found = (id for id in self._census.states if facts.matches(condition, self._facts(id, condition)))
            else:
                found = self._view.select(condition, sort=()).ids
            self._met[condition] = frozenset(found)
        return self._met[condition]

    def holds(self, condition: Condition, id: IssueId) -> bool:
        return id in self.meeting(condition)

    def prepared(self, ids: Sequence[IssueId]) -> Iterator[IssueId]:
        """The same ids, whose contents are read ahead: one at a time costs a round trip each."""
        for start in range(0, len(ids), BATCH):
            some = ids[start : start + BATCH]
            self._ahead = dict(zip(some, self._skim(some), strict=True))
            yield from some
        self._ahead = {}

    def content(self, id: IssueId) -> Content:
        return self._ahead[id] if id in self._ahead else next(iter(self._skim([id])))

    def has_passed(self, id: IssueId) -> bool:
        return any(member.endswith(_PASSED) for member in self._census.gates.get(id, ()))

    def labels(self, id: IssueId) -> Sequence[str]:
        return self._census.labels.get(id, ())

    def state(self, id: IssueId) -> State | None:
        return self._census.states.get(id)

    def waits_for(self, id: IssueId) -> Iterable[IssueId]:
        return self._census.edges.get(id, ())

    def parents(self, id: IssueId) -> Collection[IssueId]:
        return self._parents.get(id, ())

    def children(self, id: IssueId) -> Iterable[IssueId]:
        return self._children.get(id, ())

    def starting_with(self, prefix: str) -> Sequence[IssueId]:
        return [id for id in self._census.states if id.startswith(prefix)]

    @cached_property
    def _parents(self) -> Mapping[IssueId, tuple[IssueId, ...]]:
        return parents_of(self._census)

    @cached_property
    def _children(self) -> Mapping[IssueId, list[IssueId]]:
        return _reversed(self._parents)

    @cached_property
    def _dependents(self) -> Mapping[IssueId, list[IssueId]]:
        return _reversed(self._census.edges)

    @cached_property
    def _updated(self) -> Mapping[IssueId, Timestamp]:
        return self._view.updated_at(self._view.ids())

    def _facts(self, id: IssueId, condition: Condition) -> facts.Facts:
        issue = self.issue(id)
        if issue is None:
            return facts.facts_of_broken(id)
        waits = (self._census.states.get(other) for other in issue.dependencies)
        return facts.facts_of(
            issue,
            comments=comments_for(condition, self._view, id),
            blocks=self._dependents.get(id, ()),
            updated=self._updated.get(id) if facts.asks_for_updated(condition) else None,
            blocked=not issue.state.terminal and any(state is None or not state.terminal for state in waits),
            config=self.config,
        )


def comments_for(condition: Condition, view: View, id: IssueId) -> Sequence[Comment]:
    """The comments of an issue, where a condition asks for their text or their number."""
    asked = any(isinstance(leaf, Words) or getattr(leaf, "field", "") == "comment" for leaf in facts.leaves(condition))
    return view.comments(id) if asked else ()


def _reversed(edges: Mapping[IssueId, Iterable[IssueId]]) -> dict[IssueId, list[IssueId]]:
    found: dict[IssueId, list[IssueId]] = {}
    for id, targets in edges.items():
        for target in targets:
            found.setdefault(target, []).append(id)
    return found
