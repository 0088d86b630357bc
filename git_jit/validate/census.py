"""What rules across issues need to know of each, as plain maps: from the index, without decoding an issue."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeVar

from git_jit.config import Config
from git_jit.model import Gate, GateKey, Issue, IssueId, State, Timestamp
from git_jit.paths import place_of
from git_jit.record import field, record, replace
from git_jit.view import View, rules_to_read_by

T = TypeVar("T")


@record(kw_only=True)
class Census:
    """All issues at once, by id, in order of id. The maps may be shared: do not change them, see `with_issues`."""

    states: Mapping[IssueId, State] = field(default_factory=dict)
    """Every issue that can be read."""
    created: Mapping[IssueId, Timestamp] = field(default_factory=dict)
    labels: Mapping[IssueId, tuple[str, ...]] = field(default_factory=dict)
    edges: Mapping[IssueId, tuple[IssueId, ...]] = field(default_factory=dict)
    """What each waits for, missing ones included."""
    links: Mapping[IssueId, tuple[str, ...]] = field(default_factory=dict)
    """`type:target`, of those that have any."""
    gates: Mapping[IssueId, tuple[str, ...]] = field(default_factory=dict)
    """`key` and `key=verdict` for each required gate, of those that have any."""
    documents: Mapping[IssueId, tuple[str, ...]] = field(default_factory=dict)
    """Paths in the code, of those that have any."""
    definitions: Mapping[GateKey, Gate] = field(default_factory=dict)
    """The gates that are defined, and can be read."""
    unreadable: frozenset[IssueId] = frozenset()
    """Issues that are there and cannot be read."""
    commented: Mapping[IssueId, int] = field(default_factory=dict)
    """How many comments lie in the name of an issue, which may be gone."""
    config: Config = field(default_factory=Config)

    def has(self, id: str) -> bool:
        """Whether there is such an issue, readable or not."""
        return id in self.states or id in self.unreadable

    def with_issues(self, changes: Mapping[IssueId, Issue | None]) -> "Census":
        """The census with these issues put in or, where None, taken out. Costs one copy, however many they are."""
        if not changes:
            return self
        return replace(
            self,
            states=_merged(self.states, changes, lambda issue: issue.state),
            created=_merged(self.created, changes, lambda issue: issue.created_at),
            labels=_merged(self.labels, changes, lambda issue: issue.labels),
            edges=_merged(self.edges, changes, lambda issue: issue.dependencies),
            links=_merged(self.links, changes, _links),
            gates=_merged(self.gates, changes, _gates),
            documents=_merged(self.documents, changes, _documents),
        )

    def put(self, issue: Issue) -> "Census":
        return self.with_issues({issue.id: issue})

    def remove(self, id: IssueId) -> "Census":
        return self.with_issues({id: None})


def census_of(view: View, paths: Iterable[str] = ()) -> Census:
    """The census of a view, from its index alone. `paths` are those of its tree; of them only who has comments is
    read. Rules that cannot be read count as none.
    """
    rows = view.rows(view.ids())
    places = (place_of(broken.path) for broken in view.broken())
    return Census(
        states={row.id: row.state for row in rows},
        created={row.id: row.created_at for row in rows},
        labels={row.id: row.labels for row in rows},
        edges=view.edges(),
        links=view.members("link"),
        gates=view.members("gate"),
        documents=view.members("doc"),
        definitions=view.gates(),
        unreadable=frozenset(place.issue for place in places if place.area == "issues" and place.issue),
        commented=commented_in(paths),
        config=rules_to_read_by(view),
    )


def commented_in(paths: Iterable[str]) -> dict[IssueId, int]:
    """How many comments lie in the name of each issue."""
    return dict(Counter(_owners(paths)))


def _owners(paths: Iterable[str]) -> Iterator[IssueId]:
    for path in paths:
        if path.startswith("comments/"):
            place = place_of(path)
            if place.issue is not None:
                yield place.issue


def _merged(
    known: Mapping[IssueId, T], changes: Mapping[IssueId, Issue | None], value_of: Callable[[Issue], T | None]
) -> dict[IssueId, T]:
    """`known` with the changes, in order of id; what is empty is left out of maps of those that have any."""
    merged = dict(known)
    for id, issue in changes.items():
        value = None if issue is None else value_of(issue)
        if value is None:
            merged.pop(id, None)
        else:
            merged[id] = value
    return {id: merged[id] for id in sorted(merged)}


def _links(issue: Issue) -> tuple[str, ...] | None:
    return tuple(sorted({f"{link.type}:{link.target}" for link in issue.links})) or None


def _gates(issue: Issue) -> tuple[str, ...] | None:
    return tuple(sorted({t for key, gate in issue.gates.items() for t in (key, f"{key}={gate.status.value}")})) or None


def _documents(issue: Issue) -> tuple[str, ...] | None:
    return tuple(sorted({document.path for document in issue.documents})) or None
