"""What is repeated at a remote, when, and what never is: with a clock that only sleeping and asking move."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_jit.errors import JitError, NetworkError, OutcomeUnknown
from git_jit.record import replace
from git_jit.store.breaker import RemoteResting
from git_jit.store.budgets import DEFAULTS, Limits
from git_jit.store.layout import Layout
from git_jit.store.remote import Remote, RemoteRefused, RemoteTimeout, RemoteUnreachable
from git_jit.store.retrying import (
    ATTEMPTS,
    FIRST_DELAY_S,
    MAX_DELAY_S,
    Applied,
    NotApplied,
    Reading,
    Settled,
    Unknown,
    World,
    Writing,
    at_remote,
)

GONE = RemoteUnreachable("gone")
REFUSED = RemoteRefused("no")


def remote(total: float = 60, idle: float = 20) -> Remote:
    budgets = replace(DEFAULTS, remote=total, idle=idle)
    layout = Layout(cwd="/", git_dir="/g", common_dir="/g", objects_dir="/g/objects", budgets=budgets)
    return Remote("origin", "x", layout, {}, None)


@dataclass
class Scene:
    """A remote that answers by a script, and everything that was asked of the world."""

    script: Sequence[JitError | str]
    seconds: float = 0.0
    """How long each attempt takes."""
    now: float = 100.0
    limits: list[Limits] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)
    bounds: list[tuple[float, float]] = field(default_factory=list)
    draw: Callable[[float, float], float] = lambda _, high: high

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def uniform(self, low: float, high: float) -> float:
        self.bounds.append((low, high))
        return self.draw(low, high)

    @property
    def world(self) -> World:
        return World(lambda: self.now, self.sleep, self.uniform)

    def attempt(self, limits: Limits) -> str:
        self.limits.append(limits)
        self.now += self.seconds
        answer = self.script[len(self.limits) - 1]
        if isinstance(answer, JitError):
            raise answer
        return answer

    def read(self, at: Remote | None = None) -> str:
        return at_remote(at or remote(), self.attempt, Reading(), world=self.world)


def test_a_reading_that_fails_for_a_while_succeeds() -> None:
    scene = Scene([GONE, RemoteTimeout("late"), GONE, "answer"])
    assert scene.read() == "answer"
    assert scene.bounds == [(0, 0.5), (0, 1.0), (0, 2.0)]
    assert scene.slept == [0.5, 1.0, 2.0]


def test_each_attempt_gets_what_is_left_and_no_more() -> None:
    scene = Scene([GONE, GONE, "answer"], seconds=7)
    scene.read()
    assert scene.limits == [Limits(60, 20), Limits(52.5, 20), Limits(44.5, 20)]


def test_it_gives_up_after_so_many_attempts() -> None:
    scene = Scene([GONE] * 9)
    with pytest.raises(RemoteUnreachable) as last:
        scene.read()
    assert last.value is GONE
    assert (len(scene.limits), len(scene.slept)) == (ATTEMPTS, ATTEMPTS - 1)


def test_it_gives_up_before_a_pause_that_would_outlast_the_budget() -> None:
    scene = Scene([GONE] * 9, seconds=1)
    with pytest.raises(RemoteUnreachable):
        scene.read(remote(total=3))
    assert (scene.now, scene.slept) == (102.5, [0.5])


def test_when_time_is_up_nothing_is_asked() -> None:
    scene = Scene(["never asked"])
    with pytest.raises(RemoteTimeout, match="no time was left to ask the remote 'origin'"):
        scene.read(remote(total=0))
    assert scene.limits == []


@pytest.mark.parametrize("error", [REFUSED, RemoteResting("resting"), OutcomeUnknown("?")])
def test_what_will_not_pass_is_not_repeated(error: JitError) -> None:
    scene = Scene([error, "never asked"])
    with pytest.raises(type(error)):
        scene.read()
    assert (len(scene.limits), scene.slept) == (1, [])


def test_a_bug_is_not_repeated() -> None:
    asked = []

    def broken(_: Limits) -> None:
        asked.append(1)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        at_remote(remote(), broken, Reading(), world=Scene([]).world)
    assert asked == [1]


@given(st.randoms(use_true_random=False), st.floats(0.1, 100), st.floats(0, 10), st.integers(0, 8))
def test_full_jitter_within_the_budget(source: random.Random, total: float, seconds: float, failures: int) -> None:
    scene = Scene([*[GONE] * failures, *["answer"] * 9], seconds=seconds, draw=source.uniform)
    try:
        scene.read(remote(total=total))
    except RemoteUnreachable:
        assert len(scene.limits) <= min(failures, ATTEMPTS)
    else:
        assert len(scene.limits) == failures + 1
    assert scene.bounds == [(0, min(FIRST_DELAY_S * 2**n, MAX_DELAY_S)) for n in range(len(scene.bounds))]
    assert all(0 <= pause <= high for pause, (_, high) in zip(scene.slept, scene.bounds, strict=False))
    assert scene.now - 100 <= total + seconds + 1e-9, "only an attempt may overrun, and git itself ends that"


# --- writes ---------------------------------------------------------------------------------------------


@dataclass
class Settling:
    """Answers of `settle`, one after the other."""

    answers: Sequence[Settled[str] | JitError]
    asked: int = 0

    def __call__(self) -> Settled[str]:
        answer = self.answers[self.asked]
        self.asked += 1
        if isinstance(answer, JitError):
            raise answer
        return answer


def write(scene: Scene, settle: Settling, at: Remote | None = None) -> str:
    return at_remote(at or remote(), scene.attempt, Writing("01REQUEST", settle), world=scene.world)


def test_a_write_that_succeeds_is_not_settled() -> None:
    settle = Settling([])
    assert write(Scene(["done"]), settle) == "done"


def test_a_write_that_happened_after_all_is_a_success() -> None:
    scene, settle = Scene([GONE, "a second time"]), Settling([Applied("done")])
    assert write(scene, settle) == "done"
    assert len(scene.limits) == 1


def test_a_write_is_repeated_only_when_it_did_not_happen() -> None:
    scene, settle = Scene([GONE, GONE, "done"]), Settling([NotApplied(), NotApplied()])
    assert write(scene, settle) == "done"
    assert (len(scene.limits), settle.asked) == (3, 2)


@pytest.mark.parametrize("answer", [Unknown("no answer"), RemoteUnreachable("no answer")])
@pytest.mark.parametrize("error", [GONE, REFUSED])
def test_what_cannot_be_settled_is_unknown_and_never_repeated(
    error: NetworkError, answer: Settled[str] | JitError
) -> None:
    scene = Scene([error, "a second time"])
    with pytest.raises(OutcomeUnknown) as unknown:
        write(scene, Settling([answer]))
    assert unknown.value.status == 10
    assert unknown.value.details == {"request": "01REQUEST", "cause": error.code, "reason": "no answer"}
    assert unknown.value.__cause__ is error
    assert len(scene.limits) == 1


def test_the_last_failure_is_settled_too() -> None:
    """Time is up, and the write happened: that is no failure."""
    scene, settle = Scene([GONE], seconds=61), Settling([Applied("done")])
    assert write(scene, settle) == "done"


def test_a_refused_write_that_did_not_happen_is_refused() -> None:
    scene = Scene([REFUSED, "a second time"])
    with pytest.raises(RemoteRefused):
        write(scene, Settling([NotApplied()]))
    assert len(scene.limits) == 1


def test_a_write_that_was_never_tried_need_not_be_settled() -> None:
    settle = Settling([])
    with pytest.raises(RemoteResting):
        write(Scene([RemoteResting("resting")]), settle)
    assert settle.asked == 0


@given(st.lists(st.booleans(), max_size=8), st.integers(0, 8))
def test_no_write_happens_twice(replies: list[bool], arrive: int) -> None:
    """Every attempt may arrive or not, and its answer may be lost; settling tells the truth."""
    applied: list[int] = []
    asked = [0]

    def attempt(_: Limits) -> str:
        number = asked[0]
        asked[0] += 1
        if number >= arrive:
            applied.append(number)
        if number >= arrive and (replies[number : number + 1] or [True])[0]:
            return "done"
        raise GONE

    scene = Scene([])
    safety = Writing("01REQUEST", lambda: Applied("done") if applied else NotApplied())
    try:
        assert at_remote(remote(), attempt, safety, world=scene.world) == "done"
    except RemoteUnreachable:
        assert applied == []
    else:
        assert len(applied) == 1


# --- the order ------------------------------------------------------------------------------------------


def test_the_breaker_is_innermost() -> None:
    """It counts attempts, not operations, and is asked before each."""
    seen: list[str] = []

    class Spy:
        def call(self, operation: Callable[[], str]) -> str:
            seen.append("asked")
            try:
                return operation()
            except RemoteUnreachable:
                seen.append("failure")
                raise

    scene = Scene([GONE, GONE, "answer"])
    assert at_remote(remote(), scene.attempt, Reading(), breaker=Spy(), world=scene.world) == "answer"  # type: ignore[arg-type]
    assert seen == ["asked", "failure", "asked", "failure", "asked"]
