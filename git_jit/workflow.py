"""What an intent leads to. One table, used by single updates, bulk, claims, hooks, web and agents alike."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from git_jit.errors import JitError, Refused
from git_jit.model import Gate, GateKey, Issue, IssueId, Oid, Timestamp
from git_jit.view import Overlay


class GateFailed(JitError):
    """A required gate has not passed."""

    code = "gates_not_passed"
    status = 7


class GatePending(GateFailed):
    """A precheck gate has not passed, so that work may not begin."""

    code = "gate_pending"


class Blocked(Refused):
    """Some dependency is missing or not finished. `details` has `blockers`, full ids."""

    code = "blocked"


class BadTransition(Refused):
    """The table has no such step. `details` has `from` and `to`."""

    code = "bad_transition"


class ReasonRequired(Refused):
    code = "reason_required"


class ReopenRequired(Refused):
    """The issue is finished; only an explicit reopening takes it out of there."""

    code = "reopen_required"


class Verb(StrEnum):
    """Where an issue shall go: the states, and two ways that choose the state themselves."""

    BACKLOG = "backlog"
    READY = "ready"
    IN_PROGRESS = "in_progress"
    GATED = "gated"
    DONE = "done"
    REJECTED = "rejected"
    ARCHIVED = "archived"
    REOPEN = "reopen"
    """To `ready`, or to `backlog` if blocked; leaves an open issue alone."""
    CLAIM = "claim"
    """To `in_progress`, from `backlog` too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """A verb and how it is meant."""

    verb: Verb
    reason: str | None = None
    reopen: bool = False
    """A finished issue is taken for one in `backlog`."""
    force: bool = False
    """Overrules the table, blockers and gates; needs a reason. Never makes a blocked issue `ready`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the world says about the issue when the intent meets it."""

    now: Timestamp
    blockers: tuple[IssueId, ...] = ()
    """Dependencies that are missing or not terminal."""
    gates: Mapping[GateKey, Gate] = field(default_factory=dict)
    """Definitions. A required gate without one counts as a postcheck."""
    tree: Oid | None = None
    """The code tree a gate must have passed on; None: do not check."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """Where the intent led."""

    issue: Issue
    """With `state`, `closed_at` and `close_reason` as they are now; the same object when nothing changed."""
    unmet: GateFailed | None = None
    """Why an issue that should be `done` went to `gated` instead."""
    forced: tuple[str, ...] = ()
    """Codes of the rules that `force` overruled; they are recorded in the commit."""


def advance(issue: Issue, intent: Intent, facts: Facts) -> Transition | JitError:
    """Ask the table. A refusal is a value: one of the errors above."""
    raise NotImplementedError


def settle(overlay: Overlay, changed: Iterable[IssueId], asked: frozenset[IssueId] = frozenset()) -> list[IssueId]:
    """Let the neighbours of `changed` follow, in the overlay; returns the ids that moved."""
    raise NotImplementedError
