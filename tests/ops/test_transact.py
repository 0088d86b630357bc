"""The one loop that retries: its pauses, its end, and whom it names, without a moment of waiting."""

import random
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_jit.errors import Contention
from git_jit.model import Message, Oid
from git_jit.ops import FIRST_DELAY_S, MAX_DELAY_S, Published, transact
from git_jit.record import replace
from git_jit.store import LockTimeout, RefConflict, RefLocked, Store
from git_jit.view import Plan, View
from tests.ops.world import World

CONFLICT = RefConflict("'refs/jit/issues' has moved since it was read", details={"ref": "refs/jit/issues"})
HOLDER = {"pid": 7, "start": "1", "boot": "b", "space": "s", "host": "here"}
LOCKED = RefLocked("'refs/jit/issues' is locked by process 7 on here", details={"holder": HOLDER})


@dataclass
class Busy:
    """A store where somebody else is always faster, until they are not."""

    world: World
    losses: int
    error: Contention = CONFLICT
    retry_budget: float = 5.0
    cost: float = 0.0
    """Seconds that each attempt takes."""
    now: float = 50.0
    views: int = 0
    bounds: list[tuple[float, float]] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)

    def __getattr__(self, name: str) -> object:
        return getattr(self.world.store, name)

    def view(self, at: str | None = None) -> View:
        self.views += 1
        return self.world.store.view(at)

    def commit(self, plan: Plan, *, base: Oid | None, message: Message) -> Oid:
        self.now += self.cost
        if self.losses:
            self.losses -= 1
            raise self.error
        return self.world.store.commit(plan, base=base, message=message)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def run(self, source: random.Random | None = None) -> Published:
        def uniform(low: float, high: float) -> float:
            self.bounds.append((low, high))
            return source.uniform(low, high) if source else high

        store: Store = self  # type: ignore[assignment]
        return transact(store, self.plan, self.message, clock=lambda: self.now, sleep=self.sleep, uniform=uniform)

    def plan(self, view: View) -> Plan:
        return Plan(config=replace(view.config, stale_days=view.config.stale_days + 1))

    def message(self, _: Plan) -> Message:
        caller = self.world.caller("agent:faster")
        return Message(op="test", subject="test", actor=caller.actor, request=caller.new_ulid(), at=caller.now)


@pytest.fixture
def world() -> World:
    world = World()
    Busy(world, 0).run()
    return world


def test_without_a_race_there_is_no_pause(world: World) -> None:
    busy = Busy(world, 0)
    assert busy.run().commit is not None
    assert (busy.views, busy.slept) == (1, [])


def test_pauses_double_up_to_a_bound(world: World) -> None:
    busy = Busy(world, 8)
    busy.run()
    bounds = [0.002, 0.004, 0.008, 0.016, 0.032, 0.05, 0.05, 0.05]
    assert busy.bounds == [(0, bound) for bound in bounds]
    assert busy.slept == bounds
    assert busy.views == 9


def test_who_wrote_last_is_named_when_time_is_up(world: World) -> None:
    busy = Busy(world, 10**9, cost=1)
    with pytest.raises(LockTimeout) as late:
        busy.run()
    assert late.value.message == "other writers kept the issues busy for 5 s; 'agent:faster' wrote last"
    assert late.value.details == {"ref": "refs/jit/issues", "actor": "agent:faster"}
    assert (late.value.status, late.value.retryable) == (6, True)
    assert late.value.__cause__ is CONFLICT


def test_who_holds_the_lock_is_named_when_time_is_up(world: World) -> None:
    with pytest.raises(LockTimeout) as late:
        Busy(world, 10**9, LOCKED, cost=1, retry_budget=0.5).run()
    assert late.value.message == f"other writers kept the issues busy for 0.5 s: {LOCKED.message}"
    assert late.value.details == {"holder": HOLDER, "actor": None}


def test_without_a_budget_there_is_one_attempt(world: World) -> None:
    busy = Busy(world, 1, retry_budget=0)
    with pytest.raises(LockTimeout):
        busy.run()
    assert (busy.views, busy.slept) == (1, [])


@given(st.randoms(use_true_random=False), st.integers(0, 400), st.floats(0, 2), st.sampled_from([0.0, 0.001, 0.3]))
def test_full_jitter_within_the_budget(source: random.Random, losses: int, budget: float, cost: float) -> None:
    busy = Busy(World(), 0)
    busy.run()
    busy.losses, busy.retry_budget, busy.cost = losses, budget, cost
    begin, busy.now = busy.now, busy.now
    try:
        busy.run(source)
    except LockTimeout:
        assert busy.now - begin >= budget - 1e-9, "it gave up too early"
    assert all(0 <= pause <= high for pause, (_, high) in zip(busy.slept, busy.bounds, strict=True))
    assert [high for _, high in busy.bounds] == [
        min(FIRST_DELAY_S * 2**n, MAX_DELAY_S) for n in range(len(busy.bounds))
    ]
    assert sum(busy.slept) <= budget + 1e-9
    assert busy.now - begin <= budget + cost + 1e-9, "only one attempt may overrun"
