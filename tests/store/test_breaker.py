"""The breaker against a small model, between processes, and with a file that is of no use."""

import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from git_jit.store.breaker import (
    CLOSED,
    FAILURES,
    GRACE_S,
    HALF_OPEN,
    NAME,
    OPEN,
    REST_S,
    Breaker,
    BreakerState,
    RemoteResting,
    breaker_states,
)
from git_jit.store.layout import Layout
from git_jit.store.remote import Remote, RemoteRefused, RemoteTimeout, RemoteUnreachable

URL = "https://ada:s3cr3t@example.org/x.git"
LIMIT_S = 60.0
"""The budget of a remote, within which a probe must end."""


def remote(common_dir: str, url: str = URL) -> Remote:
    layout = Layout(cwd="/", git_dir=common_dir, common_dir=common_dir, objects_dir=f"{common_dir}/objects")
    return Remote("origin", url, layout, {}, None)


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def failing(error: BaseException) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


DOWN = failing(RemoteUnreachable("gone"))


def fail(breaker: Breaker, times: int = FAILURES) -> None:
    for _ in range(times):
        with pytest.raises(RemoteUnreachable):
            breaker.call(DOWN)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def common(tmp_path: Path) -> str:
    return str(tmp_path)


# --- the rules ------------------------------------------------------------------------------------------

OUTCOMES: dict[str, BaseException | None] = {
    "answers": None,
    "silent": RemoteTimeout("late"),
    "gone": RemoteUnreachable("gone"),
    "refuses": RemoteRefused("no"),
    "bug": ZeroDivisionError(),
}
FAILING = {"silent", "gone", "bug"}


class BreakerModel(RuleBasedStateMachine):
    """Two processes and one file, against three variables."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = tempfile.TemporaryDirectory()
        self.clock = Clock()
        self.breakers = [Breaker(remote(self.directory.name), clock=self.clock) for _ in range(2)]
        self.failures, self.opened, self.lease = 0, -1.0, -1.0
        self.used = False

    def teardown(self) -> None:
        self.directory.cleanup()

    def resting_until(self) -> float | None:
        now = self.clock.now
        if self.opened < 0:
            return None
        if now < self.lease <= now + 600 + GRACE_S:
            return self.lease
        return self.opened + REST_S if self.opened <= now < self.opened + REST_S else None

    @rule(which=st.integers(0, 1), outcome=st.sampled_from(sorted(OUTCOMES)))
    def call(self, which: int, outcome: str) -> None:
        asked = []
        error = OUTCOMES[outcome]
        until, before = self.resting_until(), self.failures
        self.used = True

        def operation() -> str:
            asked.append(outcome)
            if error:
                raise error
            return "answer"

        if until is None and error is None:
            assert self.breakers[which].call(operation) == "answer"
        else:
            with pytest.raises(RemoteResting if until is not None else type(error)) as raised:  # type: ignore[type-var]
                self.breakers[which].call(operation)
            resting = {"remote": "origin", "failures": before, "retry_at": until}
            assert raised.value is error or getattr(raised.value, "details", None) == resting
        assert bool(asked) is (until is None)
        if asked and outcome in FAILING:
            self.failures += 1
            if self.opened >= 0 or self.failures >= FAILURES:
                self.opened = self.clock.now
        elif asked:
            self.failures, self.opened = 0, -1.0
        if asked:
            self.lease = -1.0

    @rule(which=st.integers(0, 1))
    def die_as_the_probe(self, which: int) -> None:
        if self.opened >= 0 and self.resting_until() is None:
            self.breakers[which]._admit()
            self.lease = self.clock.now + LIMIT_S + GRACE_S

    @rule(seconds=st.sampled_from([0.001, 1, 30, 59.999, 60, 70, 71, 1e6]))
    def wait(self, seconds: float) -> None:
        self.clock.now += seconds

    @rule(seconds=st.sampled_from([1, 1000, 100_000]))
    def set_the_clock_back(self, seconds: float) -> None:
        self.clock.now -= seconds

    @invariant()
    def everybody_sees_the_same(self) -> None:
        expected = BreakerState(name="origin", failures=self.failures)
        if self.opened >= 0:
            retry = self.resting_until() or self.clock.now
            expected = BreakerState(
                name="origin", state=OPEN, failures=self.failures, opened_at=self.opened, retry_at=retry
            )
        assert [breaker.state() for breaker in self.breakers] == [expected, expected]
        known = breaker_states(self.directory.name, clock=self.clock)
        assert known in ([expected], [] if expected.failures == 0 and expected.state == CLOSED else None)


TestModel = BreakerModel.TestCase


def test_it_opens_rests_probes_and_closes(common: str, clock: Clock) -> None:
    breaker = Breaker(remote(common), clock=clock)
    fail(breaker)
    with pytest.raises(RemoteResting) as resting:
        breaker.call(lambda: pytest.fail("asked a remote that rests"))
    assert resting.value.message == "the remote 'origin' failed 5 times in a row and is left alone for another 60 s"
    assert (resting.value.code, resting.value.status, resting.value.retryable) == ("breaker_open", 9, True)
    clock.now += REST_S
    seen = breaker.call(lambda: breaker_states(common, clock=clock))
    assert [(state.state, state.retry_at) for state in seen] == [(HALF_OPEN, clock.now + LIMIT_S + GRACE_S)]
    assert breaker_states(common, clock=clock) == [BreakerState(name="origin")]


def test_a_remote_that_was_pointed_elsewhere_begins_anew(common: str, clock: Clock) -> None:
    fail(Breaker(remote(common), clock=clock))
    assert Breaker(remote(common, "https://example.org/moved"), clock=clock).call(lambda: 1) == 1
    assert breaker_states(common, clock=clock) == []


def test_a_late_answer_tells_nothing_about_now(common: str, clock: Clock) -> None:
    """It was asked for before the others failed."""
    late, other = (Breaker(remote(common), clock=clock) for _ in range(2))
    late.call(lambda: fail(other))
    state = late.state()
    assert (state.state, state.failures) == (OPEN, FAILURES)


def test_a_probe_that_was_given_up_does_not_end_the_next(common: str, clock: Clock) -> None:
    slow, next_ = (Breaker(remote(common), clock=clock) for _ in range(2))
    fail(slow)
    clock.now += REST_S

    def overtaken() -> None:
        clock.now += LIMIT_S + GRACE_S + 1
        next_._admit()
        raise RemoteUnreachable("at last")

    with pytest.raises(RemoteUnreachable):
        slow.call(overtaken)
    assert slow.state().retry_at == clock.now + LIMIT_S + GRACE_S


def test_the_words_are_those_of_pybreaker() -> None:
    import pybreaker

    assert (pybreaker.STATE_CLOSED, pybreaker.STATE_OPEN, pybreaker.STATE_HALF_OPEN) == (CLOSED, OPEN, HALF_OPEN)


# --- processes ------------------------------------------------------------------------------------------

PROBER = """
import sys
from tests.store.test_breaker import Breaker, Clock, REST_S, RemoteResting, remote
clock = Clock()
clock.now += REST_S
breaker = Breaker(remote(sys.argv[1]), clock=clock)
def probe():
    print("asked", flush=True)
    sys.stdin.readline()
print("ready", flush=True)
sys.stdin.readline()
try:
    breaker.call(probe)
except RemoteResting:
    print("resting", flush=True)
"""


def test_of_all_processes_one_probes(common: str, clock: Clock) -> None:
    fail(Breaker(remote(common), clock=clock))
    started = [
        subprocess.Popen(
            [sys.executable, "-c", PROBER, common], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    for process in started:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in started:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    said = [process.stdout.readline().strip() for process in started if process.stdout]
    assert sorted(said) == ["asked", "resting", "resting", "resting"]
    for process in started:
        process.communicate("answer\n")
    assert [state.state for state in breaker_states(common)] == [CLOSED]


def test_states_are_read_without_pybreaker(common: str, clock: Clock) -> None:
    fail(Breaker(remote(common), clock=clock))
    code = (
        "import json, sys; from git_jit.store.breaker import breaker_states\n"
        "print(json.dumps([[s.name for s in breaker_states(sys.argv[1])], 'pybreaker' in sys.modules]))"
    )
    said = subprocess.check_output([sys.executable, "-c", code, common])
    assert json.loads(said) == [["origin"], False]


# --- the file -------------------------------------------------------------------------------------------


def test_it_is_the_owners_alone_and_holds_no_address(common: str, clock: Clock) -> None:
    fail(Breaker(remote(common), clock=clock))
    file = Path(common, "jit", NAME)
    assert file.stat().st_mode & 0o777 == 0o600
    assert b"s3cr3t" not in file.read_bytes()
    assert b"example.org" not in file.read_bytes()


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\0" + bytes(500)])
def test_a_damaged_file_is_replaced(content: bytes, common: str, clock: Clock) -> None:
    fail(Breaker(remote(common), clock=clock))
    Path(common, "jit", NAME).write_bytes(content)
    assert breaker_states(common) == []
    breaker = Breaker(remote(common), clock=clock)
    fail(breaker)
    assert [state.state for state in breaker_states(common, clock=clock)] == [OPEN]


@pytest.mark.parametrize(
    "sql",
    [
        "DROP TABLE breaker; CREATE TABLE breaker (key TEXT PRIMARY KEY, other TEXT)",
        "UPDATE breaker SET state = 'ajar'",
        "UPDATE breaker SET failures = 'many'",
        "UPDATE breaker SET opened_at = 'yesterday'",
    ],
)
def test_what_another_program_put_there_is_not_believed(sql: str, common: str, clock: Clock) -> None:
    fail(Breaker(remote(common), clock=clock))
    with sqlite3.connect(Path(common, "jit", NAME)) as file:
        file.executescript(sql)
    file.close()
    assert breaker_states(common) == []
    assert Breaker(remote(common), clock=clock).call(lambda: "answer") == "answer"


def test_with_a_file_that_is_held_each_remembers_alone(common: str, clock: Clock) -> None:
    fail(Breaker(remote(common), clock=clock))
    held = sqlite3.connect(Path(common, "jit", NAME), isolation_level=None)
    held.execute("BEGIN EXCLUSIVE")
    breaker = Breaker(remote(common), clock=clock)
    assert breaker.state() == BreakerState(name="origin")
    assert breaker_states(common) == []
    held.close()


def test_without_a_place_for_the_file_each_remembers_alone(tmp_path: Path, clock: Clock) -> None:
    """A file stands where the directory should be: so for root as well."""
    Path(tmp_path, "jit").touch()
    breaker, other = (Breaker(remote(str(tmp_path)), clock=clock) for _ in range(2))
    fail(breaker)
    with pytest.raises(RemoteResting):
        breaker.call(lambda: None)
    assert other.call(lambda: "answer") == "answer"
    clock.now += REST_S
    assert breaker.call(lambda: "answer") == "answer"
    assert breaker.state().state == CLOSED


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_file_that_cannot_be_written(common: str, clock: Clock) -> None:
    fail(Breaker(remote(common), clock=clock))
    Path(common, "jit", NAME).chmod(0o400)
    assert Breaker(remote(common), clock=clock).call(lambda: "answer") == "answer"
