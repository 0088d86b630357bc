"""Is there an order of these operations that respects time and the rules of leases? A search, one issue at a time.

Wing and Gong's search with Lowe's memory of visited states (reliability.md, Appendix B). An operation whose outcome is
unknown ends never: it may have happened at any time after it began, or not at all.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, TypeAlias

NEVER = float("inf")


class Event(NamedTuple):
    """One operation: when it was asked for and answered, what it was, and what it said (None: not known)."""

    begun: float
    ended: float
    kind: str
    """`acquire`, `release`, `write`."""
    who: str
    epoch: int
    """The token of `release` and `write`."""
    said: int | bool | None
    """Of `acquire` the epoch, 0 for "held"; else whether it was done."""


State: TypeAlias = tuple[str, int]
"""The holder ("" for nobody) and the epoch."""
FREE: State = ("", 0)


def step(state: State, event: Event) -> Iterable[State]:
    """The states that the event may lead to if it happens now; none if it cannot have said what it said."""
    holder, epoch = state
    if event.kind == "acquire":
        return list(_acquire(state, event))
    valid = bool(holder) and (holder, epoch) == (event.who, event.epoch)
    after = ("", epoch) if event.kind == "release" else state
    if event.said is None:
        return [after if valid else state]
    return [after if valid else state] if event.said == valid else []


def _acquire(state: State, event: Event) -> Iterable[State]:
    holder, epoch = state
    if holder == event.who:
        if event.said in {None, epoch}:
            yield state
    elif holder:
        if event.said in {None, 0}:
            yield state
    elif event.said in {None, epoch + 1}:
        yield event.who, epoch + 1


def is_linearizable(
    history: Sequence[Event],
    start: State = FREE,
    step: Callable[[State, Event], Iterable[State]] = step,
) -> bool:
    order = sorted(range(len(history)), key=lambda i: history[i].begun)
    optional = sum(1 << i for i, event in enumerate(history) if event.ended == NEVER)
    full = (1 << len(history)) - 1
    seen: set[tuple[int, State]] = set()
    stack = [(0, start, 0)]
    while stack:
        done, state, low = stack.pop()
        if (done | optional) == full:
            return True
        while low < len(order) and done >> order[low] & 1:
            low += 1
        for i in _next(history, order[low:], done):
            for after in step(state, history[i]):
                key = (done | 1 << i, after)
                if key not in seen:
                    seen.add(key)
                    stack.append((*key, low))
    return False


def _next(history: Sequence[Event], order: Sequence[int], done: int) -> list[int]:
    """The events that may come next: those that began before any other that is open has ended."""
    earliest, candidates = NEVER, []
    for i in order:
        if done >> i & 1:
            continue
        if history[i].begun > earliest:
            break
        candidates.append(i)
        earliest = min(earliest, history[i].ended)
    return [i for i in candidates if history[i].begun <= earliest]
