"""Use cases: one function each, store and values in, a result value out.

This page holds what they share: `transact`, the only loop that retries, and `resolve`, the only place
where what a user typed becomes an id.
"""

import contextlib
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from git_jit import log
from git_jit.errors import JitError, NotFound
from git_jit.model import ID_LENGTH, MIN_PREFIX, Caller, IssueId, Message, Oid
from git_jit.record import replace
from git_jit.store import LockTimeout, RefConflict, RefLocked, Store
from git_jit.view import Plan, View

if TYPE_CHECKING:
    from git_jit.ops.fencing import Pass

FIRST_DELAY_S: Final = 0.002
MAX_DELAY_S: Final = 0.05
"""Bounds of the pause after a lost race, which is drawn evenly from zero up to a bound that doubles from the first to
the last ("full jitter"; reliability.md 1.1). One commit takes 3 ms durably, so the first bound is about one turn.
"""


class IssueNotFound(NotFound):
    code = "issue_not_found"


class AmbiguousId(NotFound):
    code = "ambiguous_id"


class Published:
    """What came of a transaction: the plan that was made last, and the commit if there was one to make."""

    __slots__ = ("commit", "plan")

    def __init__(self, plan: Plan, commit: Oid | None) -> None:
        self.plan = plan
        self.commit = commit


def transact(
    store: Store,
    plan: Callable[[View], Plan],
    message: Callable[[Plan], Message],
    *,
    caller: Caller | None = None,
    dry_run: bool = False,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
    uniform: Callable[[float, float], float] | None = None,
) -> Published:
    """Publish what `plan` asks for; `plan` must be pure, for it runs again when another writer was faster.

    Retries use full jitter within `store.retry_budget`, then raise `LockTimeout`, naming who was in the way. A plan
    without edits, or a dry run, publishes nothing. `uniform` draws a number between two others (`random.uniform`).

    Every plan passes the fence of `ops.fencing`: `Held`, `ClaimLost`. `caller` brings the tokens; without one the
    actor of the message stands for itself.
    """
    budget = store.retry_budget
    deadline = clock() + budget
    delay = FIRST_DELAY_S
    while True:
        with store.view() as view:
            wanted = plan(view)
            base = view.base
            said = None if dry_run or wanted.empty else message(wanted)
            leave = _admitted(store, view, wanted, said, caller) if said else None
            if caller and caller.tokens and wanted.empty:
                _admitted(store, view, wanted, None, caller)  # who has lost an issue must not hear that all is well
        if said is None:
            return Published(wanted, None)
        try:
            if leave is None:
                return Published(wanted, store.commit(wanted, base=base, message=said))
            return Published(wanted, _fenced(store, wanted, base, said, leave, caller))
        except (RefConflict, RefLocked) as error:
            log.warning("write.lost", code=error.code, base=base)
            if clock() >= deadline:
                raise _gave_up(store, error, budget) from error
        sleep(min((uniform or _uniform())(0, delay), max(deadline - clock(), 0)))
        delay = min(delay * 2, MAX_DELAY_S)


def _admitted(store: Store, view: View, plan: Plan, said: Message | None, caller: Caller | None) -> "Pass | None":
    """Leave to publish; None where nobody has claimed anything, which costs one look at a reference."""
    if not (caller and caller.tokens) and not store.has_claims():
        return None
    from git_jit.ops.fencing import admit

    speaker = caller or (_speaker(said) if said else None)
    return admit(store, view, plan, speaker) if speaker else None


def _fenced(store: Store, plan: Plan, base: Oid | None, said: Message, leave: "Pass", caller: Caller | None) -> Oid:
    from git_jit.ops.fencing import follow

    said = replace(said, trailers={**said.trailers, **leave.trailers})
    made = store.commit(plan, base=base, message=said, still=leave.still)
    follow(store, caller or _speaker(said), leave)
    return made


def _speaker(said: Message) -> Caller:
    """The caller that a message tells of: no tokens, no session."""
    return Caller(
        actor=said.actor,
        now=said.at,
        new_id=lambda: IssueId(""),
        new_ulid=lambda: "",
        new_request=lambda: f"{said.request}.claim",
    )


def _uniform() -> Callable[[float, float], float]:
    from random import uniform  # 1.5 ms that only the loser of a race pays

    return uniform


def _gave_up(store: Store, error: RefConflict | RefLocked, budget: float) -> LockTimeout:
    """Who was in the way: the process that holds the lock, or whoever published while we lost."""
    winner = None
    if isinstance(error, RefConflict):
        with contextlib.suppress(JitError):
            from git_jit.store.commits import ACTOR  # who loses a race is told to whom

            winner = next(iter(store.history())).trailers.get(ACTOR)
    who = f"; '{winner}' wrote last" if winner else f": {error.message}"
    return LockTimeout(
        f"other writers kept the issues busy for {budget:g} s{who}",
        hint="run the same command again; 'git jit log' shows who writes",
        details={**error.details, "actor": winner},
    )


def resolve(view: View, text: str) -> IssueId:
    """The one issue that `text` names: a whole id or a unique prefix of at least four digits, hyphens ignored.

    Raises `IssueNotFound` or `AmbiguousId` (with at most ten candidates).
    """
    prefix = text.strip().lower().replace("-", "")
    if len(prefix) > ID_LENGTH or not prefix or any(c not in "0123456789abcdef" for c in prefix):
        raise IssueNotFound(f"'{text}' is not an issue id", hint="ids are hexadecimal; 'git jit list' shows them")
    if len(prefix) < MIN_PREFIX:
        raise IssueNotFound(f"'{text}' is too short for an issue id", hint=f"give at least {MIN_PREFIX} digits")
    found = view.starting_with(prefix)
    if not found:
        raise IssueNotFound(f"no issue '{text}'", hint="'git jit query all' lists every issue")
    if len(found) > 1:
        shown = ", ".join(id[: len(prefix) + 4] for id in found[:10])
        raise AmbiguousId(
            f"short id '{text}' is ambiguous",
            hint=f"use more digits: {shown}{' …' if len(found) > 10 else ''}",
            details={"candidates": list(found[:10])},
        )
    return found[0]
