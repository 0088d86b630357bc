"""What can be brought back, as values: the state of the reference, and the commits that could take its place.

Here is also the one rule by which candidates are ordered and one of them is chosen. Finding them is the store's.
"""

from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum

from git_jit.model import Oid
from git_jit.record import record, replace


class Trouble(StrEnum):
    """What is wrong with the reference."""

    NONE = "none"
    MISSING = "missing"
    CORRUPT = "corrupt"
    """It does not hold the name of a commit."""
    REWOUND = "rewound"
    """It lost history that was published here."""
    BROKEN = "broken"
    """Its commit, or something in that commit's tree, is missing or damaged."""
    HISTORY = "history"
    """Everything of now can be read; something of former times cannot."""


class Closure(StrEnum):
    """Whether everything is there that a commit leads to."""

    WHOLE = "whole"
    TIP = "tip"
    """What it holds is whole; something of the history behind it is missing or damaged."""
    BROKEN = "broken"


@record(kw_only=True)
class Candidate:
    """A commit that the reference could name."""

    oid: Oid
    sources: tuple[str, ...]
    """Where it was found: references, `reflog @{n}`, `high-water`, `bundle FILE`, `unreachable`, `before OID`."""
    witnessed: bool
    """Whether a record of this clone, or another one's reference, says that it was published."""
    set_aside: bool = False
    """It was taken out of the history on purpose, or is behind such a commit."""
    time: int
    """Seconds since 1970, by its committer's clock."""
    clock: tuple[int, int]
    subject: str
    issues: int
    readable: int
    commits: int
    closure: Closure
    damaged: tuple[Oid, ...] = ()
    """Objects of its tree that cannot be read, ten at most."""
    ahead: int = 0
    """Commits it has that the present has not."""
    behind: int = 0
    """Commits of the present that it has not."""
    beyond_best: int = 0
    """Commits it has that the best candidate has not: 0 for all that lies behind the best."""
    depth: int = 0
    """How many other candidates lead to it."""
    support: tuple[int, int] = (-1, 0)
    """The clock of the newest witnessed commit in its history."""

    def to_json(self) -> dict[str, object]:
        return {
            "commit": self.oid,
            "sources": list(self.sources),
            "witnessed": self.witnessed,
            "set_aside": self.set_aside,
            "time": self.time,
            "subject": self.subject,
            "issues": self.issues,
            "readable": self.readable,
            "commits": self.commits,
            "closure": self.closure,
            "damaged": list(self.damaged),
            "ahead": self.ahead,
            "behind": self.behind,
            "beyond_best": self.beyond_best,
        }


@record(kw_only=True)
class Situation:
    """The reference as it is, and all that could take its place, best first."""

    trouble: Trouble
    ref: str
    present: Oid | None
    published: Oid | None
    """What this clone last saw published."""
    issues: int = 0
    readable: int = 0
    candidates: tuple[Candidate, ...] = ()
    notes: tuple[str, ...] = ()
    """Places that were looked at and could not be used."""

    def to_json(self) -> dict[str, object]:
        return {
            "trouble": self.trouble,
            "ref": self.ref,
            "present": self.present,
            "published": self.published,
            "issues": self.issues,
            "readable": self.readable,
            "candidates": [candidate.to_json() for candidate in self.candidates],
            "notes": list(self.notes),
        }


@record(kw_only=True)
class Outcome:
    """What recovery did. `commit` is what the reference names now."""

    commit: Oid
    kept: tuple[str, ...] = ()
    """References to what the new history does not lead to."""
    set_aside: tuple[str, ...] = ()
    """Damaged files that were moved into the quarantine."""
    restored: tuple[Oid, ...] = ()
    """Damaged objects that were written anew."""


@record(kw_only=True)
class Bundle:
    """A file with the issues in it: what it is, and the commit it holds."""

    path: str
    size: int
    """In bytes."""
    tip: Oid | None
    """The commit of the issues' reference in it; None for a file that cannot be read."""

    def to_json(self) -> dict[str, object]:
        return {"path": self.path, "size": self.size, "tip": self.tip}


def rank(candidate: Candidate) -> tuple[object, ...]:
    """What can be read before what cannot; descendants before ancestors; what is known to have been published
    before what only lies around; the newest by its own clock first.
    """
    support, clock = candidate.support, candidate.clock
    newest = (-support[0], -support[1], -clock[0], -clock[1])
    return (candidate.set_aside, candidate.closure is Closure.BROKEN, candidate.depth, *newest, candidate.oid)


def ranked(found: Iterable[Candidate], beyond: Callable[[Oid, Oid], int]) -> tuple[Candidate, ...]:
    """Best first, each with how far it leads beyond the best; `beyond(a, b)` counts what `a` has and `b` has not."""
    order = sorted(found, key=rank)
    return tuple(replace(one, beyond_best=beyond(one.oid, order[0].oid)) for one in order)


def rivals(candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """The candidates that hold something the best one does not, and may have been published.

    Where the best is known to have been published, a commit that nobody recorded and that it does not lead to is
    what a writer left that lost its race or died; otherwise it may be the history that is looked for.
    """
    if not candidates:
        return ()
    best = candidates[0]
    return tuple(
        other
        for other in candidates[1:]
        if other.beyond_best and _counts(other) and (other.witnessed or not best.witnessed)
    )


def _counts(candidate: Candidate) -> bool:
    return not candidate.set_aside and candidate.closure is not Closure.BROKEN


def loses_issues(candidate: Candidate, situation: Situation) -> bool:
    """Whether fewer issues could be read afterwards. What a later commit deleted in good order is no loss."""
    if candidate.readable >= situation.readable:
        return False
    deleted_later = candidate.ahead > 0 and candidate.behind == 0 and candidate.readable == candidate.issues
    return not deleted_later
