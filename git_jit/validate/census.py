"""What rules across issues need to know of each, as plain maps: from the index, without decoding an issue."""

from collections.abc import Iterable, Mapping

from git_jit.config import Config
from git_jit.model import Gate, GateKey, Issue, IssueId, State, Timestamp
from git_jit.record import field, record
from git_jit.view import View


@record(kw_only=True)
class Census:
    """All issues at once, by id. The maps are shared: do not change them, use `put` and `remove`."""

    states: Mapping[IssueId, State] = field(default_factory=dict)
    """Every issue that can be read."""
    created: Mapping[IssueId, Timestamp] = field(default_factory=dict)
    labels: Mapping[IssueId, tuple[str, ...]] = field(default_factory=dict)
    edges: Mapping[IssueId, tuple[IssueId, ...]] = field(default_factory=dict)
    links: Mapping[IssueId, tuple[str, ...]] = field(default_factory=dict)
    gates: Mapping[IssueId, tuple[str, ...]] = field(default_factory=dict)
    documents: Mapping[IssueId, tuple[str, ...]] = field(default_factory=dict)
    definitions: Mapping[GateKey, Gate] = field(default_factory=dict)
    unreadable: frozenset[IssueId] = frozenset()
    commented: frozenset[IssueId] = frozenset()
    config: Config = field(default_factory=Config)

    def put(self, issue: Issue) -> "Census":
        raise NotImplementedError

    def remove(self, id: IssueId) -> "Census":
        raise NotImplementedError


def census_of(view: View, paths: Iterable[str] = ()) -> Census:
    """The census of a view. `paths` are those of its tree; only who has comments is read from them."""
    raise NotImplementedError
