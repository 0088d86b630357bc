"""Trying again at a remote: what may be repeated, how often, how long, and what is asked in between.

Four decorators, outermost first. Their types fit together in this order only, so a checker sees a wrong one:

    within(budget)      () -> T           one deadline for everything below
    repeated(safety)    Deadline -> T     again after a failure that may pass, with full jitter
    limited(limits)     Deadline -> T     what one attempt may take: the rest of the deadline at most
    guarded(breaker)    Limits -> T       the breaker, innermost: it counts attempts, and is asked before each

Only two kinds of operation are repeated. One that reads. And one that writes, carries an operation id, and can be
*settled*: after every failure it is found out whether the write happened after all (35 of 100 killed pushes had moved
the remote; reliability.md F6). It is repeated only after "not applied"; "applied" is success; else `OutcomeUnknown`.
Nothing is ever repeated blindly. The last failure is settled too, even when time is up: settling reads, has limits of
its own, and the answer is worth more than the seconds.
"""

import time
from collections.abc import Callable
from typing import Final, Generic, NamedTuple, TypeVar

from git_jit import log
from git_jit.errors import JitError, OutcomeUnknown
from git_jit.store.breaker import Breaker, RemoteResting
from git_jit.store.budgets import Limits
from git_jit.store.remote import Remote, RemoteTimeout

T = TypeVar("T")

FIRST_DELAY_S: Final = 0.5
"""The bound of the first pause; it doubles. A remote needs tens of milliseconds to seconds for one answer."""
MAX_DELAY_S: Final = 8.0
ATTEMPTS: Final = 5
"""At most, even if there is time: pauses of 4 s in all on average, which outlasts the restart of a server."""


class World(NamedTuple):
    """Clock (seconds, never set back), sleep, and a number drawn evenly between two others."""

    clock: Callable[[], float]
    sleep: Callable[[float], None]
    uniform: Callable[[float, float], float]


def real_world() -> World:
    from random import uniform

    return World(time.monotonic, time.sleep, uniform)


class Deadline(NamedTuple):
    """When everything must be over, on the clock that came with it."""

    at: float
    clock: Callable[[], float]

    def left(self) -> float:
        return max(self.at - self.clock(), 0.0)


class Applied(NamedTuple, Generic[T]):
    """The write happened; `value` is what the operation would have returned."""

    value: T


class NotApplied(NamedTuple):
    """The write did not happen, and cannot happen any more."""


class Unknown(NamedTuple):
    """It cannot be told now."""

    reason: str = ""


Settled = Applied[T] | NotApplied | Unknown


class Reading(NamedTuple):
    """The operation changes nothing anywhere."""


class Writing(NamedTuple, Generic[T]):
    """The operation writes under the id `request`; `settle` looks whether that write is there.

    `settle` reads only. It may raise: then the outcome is unknown. For a push: `ls-remote`, and whether what the remote
    advertises contains the commit that carries the id.
    """

    request: str
    settle: Callable[[], Settled[T]]


Safety = Reading | Writing[T]


def at_remote(
    remote: Remote,
    operation: Callable[[Limits], T],
    safety: Safety[T],
    *,
    breaker: Breaker | None = None,
    world: World | None = None,
) -> T:
    """Do something at a remote within its budget. `breaker` is for long-lived processes; a command has none.

    Raises what the last attempt raised, `RemoteTimeout` when time was up before it began, `RemoteResting`, and
    `OutcomeUnknown` for a write that could not be settled.
    """
    world = world or real_world()
    attempt = limited(remote)(guarded(breaker)(operation))
    return within(remote.limits.total, world.clock)(repeated(safety, world)(attempt))()


def within(seconds: float, clock: Callable[[], float]) -> Callable[[Callable[[Deadline], T]], Callable[[], T]]:
    """One deadline for all attempts and pauses together."""

    def decorate(operation: Callable[[Deadline], T]) -> Callable[[], T]:
        return lambda: operation(Deadline(clock() + seconds, clock))

    return decorate


def repeated(safety: Safety[T], world: World) -> Callable[[Callable[[Deadline], T]], Callable[[Deadline], T]]:
    """Again after a failure that is `retryable` and, for a write, settled as not applied.

    Before the n-th repetition it sleeps for a time drawn evenly from 0 to `FIRST_DELAY_S` times 2 to the n-1, at most
    `MAX_DELAY_S`. It gives up after `ATTEMPTS`, or when the deadline would pass during the pause.
    """

    def decorate(operation: Callable[[Deadline], T]) -> Callable[[Deadline], T]:
        def run(deadline: Deadline) -> T:
            from tenacity import Retrying, retry_if_exception

            retrying = Retrying(
                retry=retry_if_exception(_may_pass),
                wait=lambda state: world.uniform(0, min(FIRST_DELAY_S * 2 ** (state.attempt_number - 1), MAX_DELAY_S)),
                stop=lambda state: state.attempt_number >= ATTEMPTS or state.upcoming_sleep >= deadline.left(),
                sleep=world.sleep,
                before_sleep=lambda state: log.warning("remote.retry", attempt=state.attempt_number),
                reraise=True,
            )
            result: T = retrying(_settling, operation, safety, deadline)
            return result

        return run

    return decorate


def limited(remote: Remote) -> Callable[[Callable[[Limits], T]], Callable[[Deadline], T]]:
    """Each attempt gets what is left of the deadline, and the remote's limit for silence."""

    def decorate(operation: Callable[[Limits], T]) -> Callable[[Deadline], T]:
        def run(deadline: Deadline) -> T:
            left = deadline.left()
            if left <= 0:
                raise RemoteTimeout(
                    f"no time was left to ask the remote '{remote.name}'",
                    hint="'git jit config get jit.timeout.remote' shows how long it may take",
                    details={"remote": remote.name, "limit": "total"},
                )
            return operation(Limits(left, remote.limits.idle))

        return run

    return decorate


def guarded(breaker: Breaker | None) -> Callable[[Callable[[Limits], T]], Callable[[Limits], T]]:
    """Through the breaker, if there is one."""

    def decorate(operation: Callable[[Limits], T]) -> Callable[[Limits], T]:
        if breaker is None:
            return operation
        return lambda limits: breaker.call(lambda: operation(limits))

    return decorate


def _may_pass(error: BaseException) -> bool:
    """A breaker says no for longer than any pause here."""
    return isinstance(error, JitError) and error.retryable and not isinstance(error, RemoteResting)


def _settling(operation: Callable[[Deadline], T], safety: Safety[T], deadline: Deadline) -> T:
    """One attempt; the failure of a write is settled before anybody hears of it."""
    try:
        return operation(deadline)
    except JitError as error:
        if isinstance(safety, Reading) or isinstance(error, RemoteResting):
            raise
        found = _ask(safety)
        if isinstance(found, Applied):
            value: T = found.value
            return value
        if isinstance(found, NotApplied):
            raise
        raise OutcomeUnknown(
            f"it is not known whether the remote took the change: {error.message}",
            hint="'git jit log' shows what is here; look at the remote before trying again",
            details={"request": safety.request, "cause": error.code, "reason": found.reason},
        ) from error


def _ask(safety: Writing[T]) -> Settled[T]:
    try:
        found: Settled[T] = safety.settle()
        return found
    except JitError as error:
        return Unknown(error.message)
