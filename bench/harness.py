"""Whole commands, timed as a user feels them, always beside a reference of the same run.

Machines are noisy and ratios are not: every figure is a median over interleaved rounds and is reported as a
multiple of the bare interpreter (`python -I -c pass`) of the same environment, measured in the same rounds.
"""

import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROUNDS = 15
"""Medians of at least ten; odd, so that the median is a run that happened."""


@dataclass(frozen=True, slots=True)
class Case:
    """One command to time. `prepare` runs before each round and is not timed."""

    name: str
    argv: Sequence[str]
    cwd: Path
    target: float | None = None
    """Times the bare interpreter, at most; None for a reference."""
    input: bytes | None = None
    prepare: Sequence[str] | None = None
    ok: tuple[int, ...] = (0,)


@dataclass(frozen=True, slots=True)
class Timing:
    name: str
    ms: float
    ratio: float
    target: float | None

    @property
    def verdict(self) -> str:
        if self.target is None:
            return ""
        return "ok" if self.ratio <= self.target else "MISSED"


def interpreter() -> str:
    """The real interpreter of this environment: a pyenv shim would falsify every figure."""
    return os.path.realpath(sys.executable) if "shims" in sys.executable else sys.executable


def git_jit() -> str:
    """The installed console script beside the interpreter."""
    return str(Path(sys.executable).with_name("git-jit"))


def check_environment() -> list[str]:
    """What would falsify the figures, in words."""
    complaints = []
    if os.environ.get("PYTHONDONTWRITEBYTECODE"):
        complaints.append("PYTHONDONTWRITEBYTECODE is set: every start compiles the package again")
    if "shims" in (shutil.which("python3") or ""):
        complaints.append("note: python3 on PATH is a shim; the interpreter of this environment is used instead")
    return complaints


def environment() -> dict[str, str]:
    env = {k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "JIT_", "PYTHON"))}
    return env | {
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "bench", "GIT_AUTHOR_EMAIL": "bench@example.org",
        "GIT_COMMITTER_NAME": "bench", "GIT_COMMITTER_EMAIL": "bench@example.org",
        "JIT_ACTOR": "agent:bench",
    }  # fmt: skip


def run_once(case: Case, env: dict[str, str]) -> float:
    if case.prepare:
        subprocess.run(case.prepare, cwd=case.cwd, env=env, check=True, capture_output=True)
    start = time.perf_counter()
    done = subprocess.run(case.argv, cwd=case.cwd, env=env, input=case.input, capture_output=True, check=False)
    elapsed = time.perf_counter() - start
    if done.returncode not in case.ok:
        raise SystemExit(f"{case.name}: exit {done.returncode}\n{done.stderr.decode()}")
    return elapsed * 1000


def measure(cases: Sequence[Case], rounds: int = ROUNDS) -> list[Timing]:
    """Time all cases in interleaved rounds; the first result is the bare interpreter."""
    env = environment()
    bare = Case("bare interpreter", [interpreter(), "-I", "-c", "pass"], Path.cwd())
    everything = [bare, *cases]
    samples: dict[str, list[float]] = {case.name: [] for case in everything}
    for case in everything:
        run_once(case, env)  # warm caches, and .pyc files
    for _ in range(rounds):
        for case in everything:
            samples[case.name].append(run_once(case, env))
    medians = {name: statistics.median(times) for name, times in samples.items()}
    unit = medians[bare.name]
    return [Timing(case.name, medians[case.name], medians[case.name] / unit, case.target) for case in everything]


def table(timings: Sequence[Timing]) -> str:
    """The figures as Markdown."""
    lines = ["| command | ms | × bare | target |  |", "|---|---|---|---|---|"]
    for t in timings:
        target = "" if t.target is None else f"≤ {t.target:g}"
        lines.append(f"| {t.name} | {t.ms:.1f} | {t.ratio:.1f} | {target} | {t.verdict} |")
    return "\n".join(lines)
