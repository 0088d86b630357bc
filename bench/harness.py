"""Whole commands, timed as a user feels them, always beside a reference of the same run.

Machines are noisy and ratios are not: every figure is a median over interleaved rounds and is reported as a
multiple of the bare interpreter (`python -I -c pass`) of the same environment, measured in the same rounds.
Output goes to a file that is not kept, as into a pipe; the warm-up run is looked at, so that no failure is timed.
"""

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.environment import Environment
from bench.figures import Figure

ROUNDS = 15
"""Medians of at least ten; odd, so that the median is a run that happened."""
SLOW_MS = 700.0
"""What takes longer than this is run `SLOW_ROUNDS` times only: noise is a small part of it."""
SLOW_ROUNDS = 3
BARE = "bare interpreter"
SPREAD = "bare interpreter, nine runs of ten"
"""How quiet the machine was: no run of it can be trusted more closely than this."""
RSS = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(done.returncode)
"""
"""Run by a small interpreter: a child's peak begins with what its parent had in memory."""


@dataclass(frozen=True, slots=True)
class Case:
    """One command to time. In its words `{round}` is another number in each round.

    `prepare` runs before each round and is not timed. `after` names the case whose time is taken off: what is
    reported is the difference. `memory` asks for the peak of resident memory too.
    """

    name: str
    words: Sequence[str]
    target: float | None = None
    """Times the bare interpreter, at most; milliseconds if `absolute`. None: a reference."""
    absolute: bool = False
    input: bytes | None = None
    prepare: Callable[[], None] | None = None
    ok: tuple[int, ...] = (0,)
    silent: bool = False
    """Whether it may print nothing."""
    after: str | None = None
    memory: bool = False
    cwd: Path | None = None
    """Another directory than that of the other cases."""


class Harness:
    def __init__(self, environment: Environment, cwd: Path, rounds: int = ROUNDS) -> None:
        self.environment = environment
        self.cwd = cwd
        self.rounds = rounds
        self._runs = 0

    def measure(self, bench: str, cases: Sequence[Case], size: int | None = None) -> list[Figure]:
        """Time all cases in interleaved rounds, the bare interpreter first."""
        bare = Case(BARE, [self.environment.python, "-I", "-c", "pass"], silent=True)
        first = {case.name: self._warm(case) for case in [bare, *cases]}
        times: dict[str, list[float]] = {name: [] for name in first}
        for number in range(self.rounds):
            for case in [bare, *cases]:
                if first[case.name] < SLOW_MS or number < SLOW_ROUNDS:
                    times[case.name].append(self._time(case))
        medians = {name: statistics.median(found) for name, found in times.items()}
        slow = Figure(bench, SPREAD, _ninth_decile(times[BARE]), "ms", size, _ninth_decile(times[BARE]) / medians[BARE])
        return [slow, *(_figure(bench, case, medians, size) for case in [bare, *cases])]

    def peaks(self, bench: str, cases: Sequence[Case], size: int | None, target: float | None) -> list[Figure]:
        """The peak of resident memory of each case that asks for it."""
        found = []
        for case in cases:
            if case.memory:
                words = [self.environment.python, "-ISc", RSS, *self._words(case)]
                done = subprocess.run(
                    words, cwd=self.cwd, env=self.environment.variables, check=True, capture_output=True
                )
                mib = int(done.stdout) / 1024
                found.append(Figure(bench, case.name, mib, "MiB", size, target=target, absolute=True))
        return found

    def _warm(self, case: Case) -> float:
        """The first run: fills caches, and must do what it is timed for."""
        if case.prepare:
            case.prepare()
        start = time.perf_counter()
        done = subprocess.run(
            self._words(case), cwd=case.cwd or self.cwd, env=self.environment.variables, input=case.input,
            stdin=subprocess.DEVNULL if case.input is None else None, capture_output=True, check=False,
        )  # fmt: skip
        elapsed = time.perf_counter() - start
        if done.returncode not in case.ok or not (case.silent or done.stdout):
            raise SystemExit(f"{case.name}: exit {done.returncode}\n{(done.stdout + done.stderr).decode()[-2000:]}")
        return elapsed * 1000

    def _time(self, case: Case) -> float:
        if case.prepare:
            case.prepare()
        words = self._words(case)
        start = time.perf_counter()
        done = subprocess.run(
            words, cwd=case.cwd or self.cwd, env=self.environment.variables, input=case.input,
            stdin=subprocess.DEVNULL if case.input is None else None,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False,
        )  # fmt: skip
        elapsed = time.perf_counter() - start
        if done.returncode not in case.ok:
            raise SystemExit(f"{case.name}: exit {done.returncode} in a later round")
        return elapsed * 1000

    def _words(self, case: Case) -> list[str]:
        self._runs += 1
        return [word.replace("{round}", str(self._runs)) for word in case.words]


def _ninth_decile(times: Sequence[float]) -> float:
    return sorted(times)[int(len(times) * 0.9)]


def _figure(bench: str, case: Case, medians: dict[str, float], size: int | None) -> Figure:
    value = medians[case.name] - (medians[case.after] if case.after else 0)
    ratio = None if case.after else value / medians[BARE]
    return Figure(bench, case.name, value, "ms", size, ratio, case.target, case.absolute)


def load() -> float:
    """Of the last minute, in processes that wanted to run."""
    return os.getloadavg()[0]
