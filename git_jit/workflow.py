"""What an intent leads to. One table, used by single updates, bulk, claims, hooks, web and agents alike.

Two functions. `advance` takes one issue and an intent to where the table says. `settle` lets the issues
around a change follow: a waiting issue whose last blocker is gone becomes `ready`, a `ready` issue that
got a blocker goes back to `backlog`. An issue that is in `backlog` though nothing blocks it was parked
there by somebody, and stays.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Final

from git_jit.errors import JitError, Refused
from git_jit.model import (
    TERMINAL,
    Gate,
    GateKey,
    GateStage,
    GateStatus,
    GateVerdict,
    Issue,
    IssueId,
    Oid,
    State,
    Timestamp,
    short,
)
from git_jit.record import field, record, replace
from git_jit.view import Overlay, View

SHOWN_BLOCKERS: Final = 5
"""How many blockers a sentence names; `details` has all of them."""


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


@record(kw_only=True)
class Rule:
    """What one row of the table asks for."""

    sources: frozenset[State]
    unblocked: bool = False
    reason: bool = False
    stages: frozenset[GateStage] = frozenset()
    """Gates of these stages must have passed."""


OPEN: Final = frozenset(State) - TERMINAL

TABLE: Final[Mapping[State, Rule]] = {
    State.BACKLOG: Rule(sources=OPEN),
    State.READY: Rule(sources=frozenset({State.BACKLOG, State.IN_PROGRESS, State.GATED}), unblocked=True),
    State.IN_PROGRESS: Rule(sources=frozenset({State.READY}), unblocked=True, stages=frozenset({GateStage.PRECHECK})),
    State.GATED: Rule(sources=frozenset({State.IN_PROGRESS})),
    State.DONE: Rule(
        sources=frozenset({State.READY, State.IN_PROGRESS, State.GATED}), unblocked=True, stages=frozenset(GateStage)
    ),
    State.REJECTED: Rule(sources=OPEN, reason=True),
    State.ARCHIVED: Rule(sources=frozenset({State.DONE, State.REJECTED})),
}
"""To which state, from where, and what it needs. A finished issue that is reopened counts as `backlog`."""


def _further() -> dict[str, frozenset[str]]:
    order = list(State)
    onward: dict[State, frozenset[State]] = {}
    for state in reversed(order):
        steps = {t for t, rule in TABLE.items() if state in rule.sources and order.index(t) > order.index(state)}
        onward[state] = frozenset(steps.union(*(onward[step] for step in steps)))
    return {state.value: frozenset(t.value for t in onward[state]) for state in order}


FURTHER: Final[Mapping[str, frozenset[str]]] = _further()
"""Each state with those that lie further along: what the table reaches by steps that do not lead back. A merge takes
the further one of two states.
"""

CLAIMABLE: Final = TABLE[State.IN_PROGRESS].sources | {State.BACKLOG}


@record(kw_only=True)
class Intent:
    """A verb and how it is meant."""

    verb: Verb
    reason: str | None = None
    reopen: bool = False
    """A finished issue is taken for one in `backlog`."""
    force: bool = False
    """Overrules the table, blockers and gates; needs a reason. Never makes a blocked issue `ready`."""


def anywhere(_key: GateKey, _status: GateStatus) -> bool:
    """Where a gate ran makes no difference."""
    return True


@record(kw_only=True)
class Facts:
    """What the world says about the issue when the intent meets it."""

    now: Timestamp
    blockers: tuple[IssueId, ...] = ()
    """Dependencies that are missing or not terminal."""
    gates: Mapping[GateKey, Gate] = field(default_factory=dict)
    """Definitions. A required gate without one counts as a postcheck."""
    tree: Oid | None = None
    """The code tree a gate must have passed on; None: do not check."""
    earned: Callable[[GateKey, GateStatus], bool] = anywhere
    """Whether a verdict of a command counts here, by where it ran."""


@record(kw_only=True)
class Transition:
    """Where the intent led."""

    issue: Issue
    """With `state`, `closed_at` and `close_reason` as they are now; the same object when nothing changed."""
    unmet: GateFailed | None = None
    """Why an issue that should be `done` went to `gated` instead."""
    forced: tuple[str, ...] = ()
    """Codes of the rules that `force` overruled; they are recorded in the commit."""


def advance(issue: Issue, intent: Intent, facts: Facts) -> Transition | JitError:
    """Ask the table. A refusal is a value: one of the errors above.

    When several rules say no, the answer is the first of: `reopen_required`, `blocked`, `bad_transition`,
    `reason_required`, `gate_pending` or `gates_not_passed`. `done` with gates that have not passed leads to
    `gated`, unless the issue is there already.
    """
    target = _target(issue, intent, facts)
    if target is issue.state:
        return Transition(issue=issue)
    refusals = list(_refusals(issue, intent, target, facts))
    if not refusals:
        return Transition(issue=_moved(issue, target, intent, facts))
    if intent.force:
        return _forced(issue, intent, target, facts, refusals)
    first = refusals[0]
    if isinstance(first, GateFailed) and target is State.DONE and issue.state is not State.GATED:
        return Transition(issue=_moved(issue, State.GATED, intent, facts), unmet=first)
    return first


def _target(issue: Issue, intent: Intent, facts: Facts) -> State:
    match intent.verb:
        case Verb.CLAIM:
            return State.IN_PROGRESS
        case Verb.REOPEN if issue.state in OPEN:
            return issue.state
        case Verb.REOPEN:
            return State.BACKLOG if facts.blockers else State.READY
        case _:
            return State(intent.verb.value)


def _refusals(issue: Issue, intent: Intent, target: State, facts: Facts) -> Iterator[JitError]:
    """Every rule that is against it, the most telling first."""
    rule = TABLE[target]
    sources = CLAIMABLE if intent.verb is Verb.CLAIM else rule.sources
    source = issue.state
    if source in TERMINAL and source not in sources:
        if not (intent.reopen or intent.verb is Verb.REOPEN):
            yield _reopen_required(issue)
        source = State.BACKLOG
    if rule.unblocked and facts.blockers:
        yield _blocked(issue, facts.blockers)
    if source not in sources:
        yield _bad_transition(issue, target)
    if rule.reason and not intent.reason:
        yield _reason_required(issue, target)
    unmet = [key for key, stage in _stages(issue, facts) if stage in rule.stages and not passed(issue, key, facts)]
    if unmet:
        yield _gates_not_passed(issue, target, unmet)


def _forced(
    issue: Issue, intent: Intent, target: State, facts: Facts, refusals: list[JitError]
) -> Transition | JitError:
    if not intent.reason:
        return _reason_required(issue, target)
    if target is State.READY and facts.blockers:  # `ready` means that nothing blocks; no flag makes that true
        return _blocked(issue, facts.blockers)
    moved = _moved(issue, target, intent, facts)
    return Transition(issue=moved, forced=tuple(error.code for error in refusals))


def _moved(issue: Issue, target: State, intent: Intent, facts: Facts) -> Issue:
    """The issue in its new state; when and why it was closed travel along."""
    if target not in TERMINAL:
        return replace(issue, state=target, closed_at=None, close_reason=None)
    if target is State.ARCHIVED and issue.state in TERMINAL:
        return replace(issue, state=target)
    return replace(issue, state=target, closed_at=facts.now, close_reason=intent.reason)


def _stages(issue: Issue, facts: Facts) -> Iterator[tuple[GateKey, GateStage]]:
    """The required gates in order of key."""
    for key in sorted(issue.gates):
        gate = facts.gates.get(key)
        yield key, gate.stage if gate else GateStage.POSTCHECK


def passed(issue: Issue, key: GateKey, facts: Facts) -> bool:
    """Whether the gate counts: passed, on the present code and under the present definition, and, if it is a command,
    where its word is taken.
    """
    from git_jit.trust import stale_because  # most issues have no gate

    status, gate = issue.gates[key], facts.gates.get(key)
    if status.status is not GateVerdict.PASSED or stale_because(status, gate, facts.tree):
        return False
    return gate is None or not gate.argv or facts.earned(key, status)


def unfinished(view: View | Overlay, ids: Iterable[IssueId]) -> tuple[IssueId, ...]:
    """Those of `ids` that are missing or not terminal."""
    return tuple(id for id in ids if view.state_of(id) not in TERMINAL)


def blockers(view: View | Overlay, id: IssueId) -> tuple[IssueId, ...]:
    """What `id` waits for that is missing or not finished."""
    return unfinished(view, view.waits_for(id))


def settle(overlay: Overlay, changed: Iterable[IssueId], asked: frozenset[IssueId] = frozenset()) -> list[IssueId]:
    """Let `changed` and what waits for them follow the change, in the overlay; returns the ids that moved.

    An issue in `backlog` that was blocked before the overlay, and no longer is, becomes `ready`, unless its
    state was `asked` for. An issue in `ready` that is blocked becomes `backlog`. Both states are open, so
    nothing further can follow from it. A dependency that is missing counts as open.
    """
    moved: list[IssueId] = []
    near = {other for id in changed for other in (id, *overlay.dependents(id))}
    for id in sorted(near):
        state = overlay.state_of(id)
        if state is State.READY and blockers(overlay, id):
            _put_state(overlay, id, State.BACKLOG)
        elif state is State.BACKLOG and id not in asked and _was_freed(overlay, id):
            _put_state(overlay, id, State.READY)
        else:
            continue
        moved.append(id)
    return moved


def _was_freed(overlay: Overlay, id: IssueId) -> bool:
    return not blockers(overlay, id) and bool(blockers(overlay.below, id))


def _put_state(overlay: Overlay, id: IssueId, state: State) -> None:
    issue = overlay.issue(id)
    assert issue is not None, "an issue with a state is there"
    overlay.put(replace(issue, state=state))


def _reopen_required(issue: Issue) -> ReopenRequired:
    return ReopenRequired(
        f"'{short(issue.id)}' is {issue.state}",
        hint=f"'git jit issue reopen {short(issue.id)}' takes it up again",
        details={"id": issue.id, "from": issue.state.value},
    )


def _blocked(issue: Issue, waiting_for: tuple[IssueId, ...]) -> Blocked:
    shown = ", ".join(f"'{short(id)}'" for id in waiting_for[:SHOWN_BLOCKERS])
    rest = len(waiting_for) - SHOWN_BLOCKERS
    return Blocked(
        f"'{short(issue.id)}' waits for {shown}{f' and {rest} more' if rest > 0 else ''}",
        hint=f"'git jit dep why {short(issue.id)}' shows what to do first",
        details={"id": issue.id, "blockers": list(waiting_for)},
    )


def _bad_transition(issue: Issue, target: State) -> BadTransition:
    open_to = [state.value for state, rule in TABLE.items() if issue.state in rule.sources and state is not issue.state]
    return BadTransition(
        f"'{short(issue.id)}' cannot go from {issue.state} to {target}",
        hint=f"from {issue.state} it can go to {', '.join(open_to) or 'nothing without reopening'}",
        details={"id": issue.id, "from": issue.state.value, "to": target.value, "allowed": open_to},
    )


def _reason_required(issue: Issue, target: State) -> ReasonRequired:
    return ReasonRequired(
        f"'{short(issue.id)}' cannot become {target} this way without a reason",
        hint="say why with --reason",
        details={"id": issue.id, "to": target.value},
    )


def _gates_not_passed(issue: Issue, target: State, unmet: list[GateKey]) -> GateFailed:
    names = ", ".join(f"'{key}'" for key in unmet)
    family = GatePending if target is State.IN_PROGRESS else GateFailed
    return family(
        f"'{short(issue.id)}' cannot become {target}: {names} not passed",
        hint=f"'git jit show {short(issue.id)}' lists its gates and their verdicts",
        details={"id": issue.id, "gates": list(unmet), "to": target.value},
    )
