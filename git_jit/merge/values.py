"""What goes into a merge and what comes out of it. All of it is values; nothing here knows git or a clock.

Documents are decoded JSON as it is stored, not values of `model`: keys of a newer version are merged like any
other, and nothing is rewritten that nobody changed.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeAlias

from git_jit.clock import Clock
from git_jit.config import Config
from git_jit.merge.places import conflict_path, subject_of
from git_jit.record import field, record

Document: TypeAlias = Mapping[str, Any]
"""One stored JSON object: an issue, a comment, a definition of a gate, the rules, a conflict."""

FieldPath: TypeAlias = tuple[str, ...]
"""Keys from the top of a document: `("title",)`, `("fields", "points")`; `()` is the document itself. Of a set,
`("labels", "sprint")` are the labels of one namespace and `("links", "parent 8f3c…")` is one member.
"""


@record
class Opaque:
    """A blob that is no JSON object of ours: the README, or a document that cannot be read. Merged as a whole."""

    oid: str
    """What makes two of them equal; the name of the blob."""


Value: TypeAlias = "Document | Opaque | None"
"""What lies at a path; None is absence."""


class Missing:
    """The value of a key that is not there, where null would be another answer."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing()


Stamp: TypeAlias = Clock
"""When a value was written: the clock of its commit. Values of one and the same stamp are told apart by their bytes."""

UNKNOWN: Final = Stamp(0, 0, "0")
"""The stamp where there is no history to ask: lower than any other."""


def no_stamps(_path: str, _field: FieldPath) -> Stamp:
    """For a merge without history: every tie is broken by bytes."""
    return UNKNOWN


@record(kw_only=True)
class Side:
    """One of the two sides of a merge."""

    documents: Mapping[str, Value]
    """For every path that either side changed since the base: what lies there on this side. A path that is not
    in the mapping is absent.
    """
    stamp: Callable[[str, FieldPath], Stamp] = no_stamps
    """When this side last changed that field of the document at that path, since the base. Asked only for fields
    that both sides changed. For one that an older commit than the base wrote, any low stamp.
    """


def _nothing(_: str) -> Value:
    return None


@record(kw_only=True)
class Rules:
    """What the repository and its workflow say. Both sides of a merge are judged by the same."""

    config: Config = field(default_factory=Config)
    """The rules in force at the base; a merge that changes `config.json` goes by what it makes of it."""
    further: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """State to the states that lie further along: `workflow.FURTHER`."""
    unchanged: Callable[[str], Value] = _nothing
    """What lies at a path that neither side changed. Asked for stored conflicts that the merge adds to, and for issues
    that new dependencies or links to a parent lead to.
    """
    waits_for: Callable[[str], Iterable[str]] | None = None
    """Dependencies of an issue, by id, where neither side changed it: an index knows them without reading the issue.
    None: `unchanged` is read.
    """
    latest_ms: int | None = None
    """No stamp counts as later than this (`Stamp.ms`); the caller's time and `DAY_MS`. None: no bound."""


@record
class Entry:
    """One value and when it was written. `path` is set when the value is the whole document that lay there."""

    value: Any
    """JSON, or `MISSING` for a field that was taken away."""
    stamp: Stamp = UNKNOWN
    path: str | None = None


@record(kw_only=True)
class Conflict:
    """A decision that is somebody's: what a merge kept, and what it did not. Stored, listed, resolved."""

    path: str
    """The document it is about, as in `issues/3f/3f….json`."""
    field: FieldPath
    reason: str
    """One of `stored.REASONS`."""
    base: Any
    """What both sides began with; `MISSING` if there was nothing."""
    kept: Entry
    lost: tuple[Entry, ...]
    """One; several only for a deletion: the issue as it was and the comments it got."""

    @property
    def subject(self) -> str:
        """The directory below `conflicts/`: an issue's id, `config`, or `gate-<key>`."""
        return subject_of(self.path)

    @property
    def file(self) -> str:
        """Where it is stored: `conflicts/<subject>/<field>.json`."""
        return conflict_path(self.path, self.field)


@record(order=True)
class Note:
    """A loss that is told and not asked about: a priority, a field of an issue that the other side deleted."""

    path: str
    field: FieldPath
    text: str
    """One line for the user, with the value that was lost."""


@record
class Row:
    """What became of one field that both sides changed; a line of `merge --dry-run`."""

    path: str
    field: FieldPath
    base: Any
    one: Any
    other: Any
    merged: Any
    rule: str
    """The name of the rule in `docs/concepts/merge.md`: `later`, `set`, `further`, `lines`, …"""


@record(kw_only=True)
class Statistics:
    """For the line `merged 12 issues, 1 decision needs you: 3f9c2a1 title`."""

    merged: int = 0
    """Issues (with their comments) that both sides changed."""
    taken: int = 0
    """Issues that one side changed."""
    decisions: int = 0
    """Conflicts that this merge recorded."""


@record(kw_only=True)
class Merged:
    """The outcome. Publish `edits` on top of the base (or, which is the same, the differences on top of a side)."""

    edits: Mapping[str, Value]
    """What shall lie at each path that either side changed, at each path the merge itself makes (an issue under
    a new id), and at each stored conflict. Where it is the very object that a side gave, that side's blob can be
    taken as it is.
    """
    conflicts: tuple[Conflict, ...] = ()
    """What this merge recorded, in order of file; their stored form is in `edits` too."""
    notes: tuple[Note, ...] = ()
    rows: tuple[Row, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)
    """Old id to new id, where both sides had made an issue under one id."""
    clamped: tuple[Stamp, ...] = ()
    """Stamps beyond `Rules.latest_ms`, as they were: each deserves a warning."""
    statistics: Statistics = field(default_factory=Statistics)
