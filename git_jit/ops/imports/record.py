"""What a reader hands to the planner: source records in our terms, and what had to be said about them.

A reader (`jit`, `beads`, `jsonl`, `backlog`) turns files into `Parsed`; `planning` turns that into a plan.
Between the two stand only these values, so that a new source is one file.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Final, NamedTuple

from git_jit.config import Config
from git_jit.errors import NotFound, Refused
from git_jit.model import ID_LENGTH, Comment, Gate, Issue, IssueId, Timestamp
from git_jit.ops.imports.rules import RULES
from git_jit.record import field, record

DEPENDS_ON: Final = "depends-on"
"""The type of a reference that becomes a dependency; all other types are those of links."""
MAX_EXAMPLES: Final = 5
"""Examples kept for each rule; the count is always whole."""
MAX_EXAMPLE: Final = 160
"""Characters of one example."""
MAX_PROBLEMS: Final = 20
"""Malformed places named in one error; a file that is broken throughout need not be listed line by line."""


OWN_IDS: Final = frozenset({"jit", "jsonl"})
"""Systems whose ids are 128 random bits, as ours are, and are kept."""


UNKNOWN_TIME: Final = Timestamp("1970-01-01T00:00:00.000000Z")
"""Stands for a time the source does not say. What is new gets the time of the import instead."""


class SourceMissing(NotFound):
    """There is nothing to import at that path."""

    code = "import_source_missing"


class Problem(NamedTuple):
    """One place that cannot be read."""

    file: str
    line: int | None
    message: str

    def __str__(self) -> str:
        return f"'{self.file}'{f' line {self.line}' if self.line else ''} {self.message}"


class MalformedInput(Refused):
    """The input cannot be understood. Nothing was written; `details` lists file, line and message."""

    code = "import_malformed"

    def __init__(self, problems: list[Problem], *, hint: str | None = None) -> None:
        self.problems = problems
        more = f", and {len(problems) - 1} more like it" if len(problems) > 1 else ""
        shown = [{"file": p.file, "line": p.line, "message": p.message} for p in problems[:MAX_PROBLEMS]]
        super().__init__(
            f"{problems[0]}{more}",
            hint=hint or "nothing was imported; mend the file, or take the line out, and import it again",
            details={"problems": shown, "count": len(problems)},
        )


class Example(NamedTuple):
    """Where a rule applied, and to what."""

    where: str
    text: str


class Tally:
    """How often one rule applied, with the first few places."""

    __slots__ = ("count", "examples")

    def __init__(self) -> None:
        self.count = 0
        self.examples: list[Example] = []


class Remarks:
    """Counts per rule. Everything that an import changes, guesses or leaves out is said here."""

    __slots__ = ("_tallies",)

    def __init__(self) -> None:
        self._tallies: dict[str, Tally] = {}

    def add(self, rule: str, where: str, text: str, count: int = 1) -> None:
        """Note that `rule` (a key of `rules.RULES`) applied `count` times."""
        tally = self._tallies.setdefault(rule, Tally())
        if not tally.count and rule not in RULES:
            raise KeyError(rule)
        tally.count += count
        if len(tally.examples) < MAX_EXAMPLES:
            tally.examples.append(Example(where, str(text) if len(text) <= MAX_EXAMPLE else text[:MAX_EXAMPLE] + "…"))

    def tallies(self) -> Mapping[str, Tally]:
        """By rule, in the order of the table of rules."""
        return {rule: self._tallies[rule] for rule in RULES if rule in self._tallies}

    def copy(self) -> "Remarks":
        """For a planner that may have to run twice."""
        other = Remarks()
        for rule, tally in self._tallies.items():
            twin = other._tallies.setdefault(rule, Tally())
            twin.count, twin.examples = tally.count, list(tally.examples)
        return other


class Reference(NamedTuple):
    """One issue's mention of another: `target` as the source spells it, `id` as it would be here."""

    type: str
    target: str
    id: IssueId


@record(kw_only=True)
class Record:
    """One issue of a source. `issue` has no dependencies, links or unresolved ones yet: see `references`."""

    source_id: str
    where: str
    """`file:line`, for the report."""
    issue: Issue
    references: tuple[Reference, ...] = ()
    comments: tuple[Comment, ...] = ()
    updated_at: Timestamp | None = None
    """Decides between two records with one id."""
    open: bool = False
    """The source says no more than "open": `ready` or `backlog` follows from what it waits for."""
    exact: bool = False
    """From our own export: taken as it is, with its references inside `issue`."""


@record(kw_only=True)
class Parsed:
    """Everything that was understood of one source."""

    system: str
    """The key in `Issue.external`: `jit`, `beads`, `backlog`, `jsonl`."""
    origin: str
    """The path, as it was given."""
    records: tuple[Record, ...] = ()
    gates: tuple[Gate, ...] = ()
    config: Config | None = None
    left_out: Mapping[IssueId, str] = field(default_factory=dict)
    """Records that are not imported on purpose (tombstones), by the id they would have; why, in a word."""
    remarks: Remarks = field(default_factory=Remarks)


def stable_id(system: str, source_id: str) -> IssueId:
    """The id that `source_id` of `system` has in every clone that ever imports it.

    The first 32 hexadecimal digits of SHA-256 over `system`, NUL, `source_id`.

    >>> stable_id("beads", "bd-1")
    '50c584e121d20e09252a2aa5f6612eae'
    """
    return IssueId(sha256(f"{system}\0{source_id}".encode()).hexdigest()[:ID_LENGTH])


def identify(system: str, target: str) -> IssueId:
    """The id here of what `system` calls `target`. A UUID of jit, or an id of ours, already is one."""
    if system in OWN_IDS:
        plain = target.strip().lower().replace("-", "")
        if len(plain) == ID_LENGTH and not plain.strip("0123456789abcdef"):
            return IssueId(plain)
    return stable_id(system, target)
