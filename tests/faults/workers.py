"""A fleet of workers that finish a plan together: `python -m tests.faults.workers --workers 8 --issues 60 --seed 1`.

Real processes, each with a working tree of its own, take issues from one tracker by the command line alone
(`workers_agent`), beside the issues of a real workspace if `JIT_REAL_DATA` names one, else of a made-up one. The
gates of the plan come from another user, and a person approves them at a terminal. `--kill N` ends N of the workers with
SIGKILL; others must take over what they held. Afterwards history alone is asked what happened
(`workers_judge`). Prints one JSON object, and ends with status 1 if a promise was broken.
"""

import argparse
import json
import os
import pty
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from git_jit.ops.sample import Profile, sample
from git_jit.ops.sample_files import write_workspace
from tests.faults.kit.machine import fast_place
from tests.faults.workers_agent import PLAN, PROGRAM
from tests.faults.workers_judge import Verdict, judge

CHECK: Final = """\
test "$(head -n 1 "done/$JIT_ISSUE_ID")" = "$JIT_ISSUE_ID"
"""
"""What a gate of the plan runs: the work is there, and it is about this issue."""
GATES: Final = {
    "fleet-named": ("sh", "check.sh"),
    "fleet-whole": ("sh", "-c", 'test "$(wc -l < done/$JIT_ISSUE_ID)" = 2'),
}
SECONDS_AN_ISSUE: Final = 15
"""Ten times what one takes on two busy cores; who takes longer stands still."""
LAST_CLAIM: Final = 2
"""The claim at which a victim is killed: it has finished one issue, so it is known to work."""
LATEST_DEATH_S: Final = 2.0
LOOK_S: Final = 0.05
NEAR: Final = 8
"""How far back in the plan an issue may wait for another."""


@dataclass
class Fleet:
    """The repository and its surroundings."""

    directory: Path
    options: argparse.Namespace
    source: str = ""
    foreign_errors: int = 0
    """Errors that the imported issues bring along."""
    issues: dict[str, str] = field(default_factory=dict)
    """The plan: key to id."""
    gave_up: list[str] = field(default_factory=list)
    """Workers that met what they could not go on from."""

    @property
    def path(self) -> Path:
        return self.directory / "repository"

    @property
    def env(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "JIT_", "XDG_", "PYTHON"))}
        lib = str(Path(__file__).parents[2])
        return {**kept, "HOME": str(self.directory / "home"), "GIT_CONFIG_NOSYSTEM": "1", "PYTHONPATH": lib}

    def git(self, *words: str) -> None:
        subprocess.run(["git", *words], cwd=self.path, env=self.env, check=True, capture_output=True)

    def jit(self, *words: str, actor: str = "human:ada", stdin: str = "", home: str = "home") -> Any:
        """The data of a command that must work."""
        env = {**self.env, "JIT_ACTOR": actor, "HOME": str(self.directory / home)}
        end = words.index("--") if "--" in words else len(words)
        done = subprocess.run(
            [*PROGRAM, *words[:end], "--json", *words[end:]], cwd=self.path, env=env, input=stdin, capture_output=True,
            text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, (words, done)
        return json.loads(done.stdout)["data"]

    def errors(self) -> int:
        """How many errors `validate` finds."""
        done = subprocess.run(
            [*PROGRAM, "validate", "--json"], cwd=self.path, env=self.env, capture_output=True, text=True, check=False
        )
        return sum(finding["severity"] == "error" for finding in json.loads(done.stdout)["data"]["findings"])

    def log_of(self, name: str) -> Path:
        return self.directory / f"{name}.log"

    def told(self, name: str) -> list[dict[str, Any]]:
        """What a worker noted so far."""
        path = self.log_of(name)
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


# --- before -------------------------------------------------------------------------------------------------


def prepare(fleet: Fleet) -> None:
    """A repository with code, other people's issues, approved gates, and the plan."""
    for path in (fleet.path, fleet.directory / "home", fleet.directory / "elsewhere"):
        path.mkdir(parents=True)
    fleet.git("-c", "init.defaultBranch=main", "init", "-q")
    for key, value in (("user.name", "Ada"), ("user.email", "ada@example.org"), ("gc.auto", "0")):
        fleet.git("config", key, value)
    (fleet.path / "check.sh").write_text(CHECK)
    fleet.git("add", "check.sh")
    fleet.git("commit", "-q", "-m", "A check")
    fleet.jit("init", "--template", "minimal")
    fleet.jit("import", "--from", "jit", _workspace(fleet))
    fleet.foreign_errors = fleet.errors()
    for key, argv in GATES.items():
        pins = ["--pin", "check.sh"] if "check.sh" in argv else []
        fleet.jit("gate", "define", key, *pins, "--", *argv, actor="agent:planner", home="elsewhere")
        assert fleet.jit("gate", "show", key)["here"] == "not approved"
        approve(fleet, key)
    made = fleet.jit("issue", "create-many", "-", actor="agent:planner", stdin=json.dumps(plan(fleet.options)))
    fleet.issues = made["created"]
    for name in names(fleet.options):
        fleet.git("worktree", "add", "-q", "-b", name, str(fleet.directory / name))


def _workspace(fleet: Fleet) -> str:
    """The directory of a tracker to import, real where there is one."""
    data = os.environ.get("JIT_REAL_DATA")
    if data:
        fleet.source = "the real workspace"
        return str(Path(data, "jit-workspace"))
    fleet.source = "a made-up workspace"
    path = fleet.directory / "workspace"
    path.mkdir()
    write_workspace(sample(Profile(issues=150, seed=fleet.options.seed)), str(path))
    return str(path)


def names(options: argparse.Namespace) -> list[str]:
    return [f"worker-{number}" for number in range(1, options.workers + 1)]


def plan(options: argparse.Namespace) -> dict[str, object]:
    """So many issues; most wait for one or two of those shortly before them."""
    dice = random.Random(options.seed)
    issues = []
    for n in range(options.issues):
        before = range(max(0, n - NEAR), n)
        waits = dice.sample(before, min(len(before), dice.choice([0, 0, 1, 1, 1, 2])))
        issues.append(
            {
                "key": f"k{n}",
                "title": f"Part {n} of the plan",
                "priority": dice.choice(["low", "normal", "normal", "high", "critical"]),
                "depends_on": [f"k{other}" for other in sorted(waits)],
                "gates": list(GATES) if dice.random() < 0.5 else [next(iter(GATES))],
            }
        )
    return {"plan": "fleet", "defaults": {"labels": [PLAN]}, "issues": issues}


def approve(fleet: Fleet, key: str) -> None:
    """What a person does who has read it: type the first digits of the hash, at a terminal."""
    ours, theirs = pty.openpty()
    env = {**fleet.env, "JIT_ACTOR": "human:ada", "TERM": "dumb"}
    with subprocess.Popen(
        [*PROGRAM, "gate", "trust", key], cwd=fleet.path, env=env, stdin=theirs, stdout=theirs, stderr=theirs
    ) as person:
        os.close(theirs)
        said = b""
        while not said.endswith(b"on this machine: "):
            said += os.read(ours, 4096)
        found = re.search(rb"^hash: ([0-9a-f]+)", said, re.MULTILINE)
        assert found, said
        os.write(ours, found[1][:8] + b"\n")
        assert person.wait(60) == 0, said
    os.close(ours)


# --- the run ------------------------------------------------------------------------------------------------


def run(words: Sequence[str], directory: Path) -> Verdict:
    """Prepare, let them work, and judge."""
    fleet = Fleet(directory, parser().parse_args(words))
    prepare(fleet)
    begun = time.monotonic()
    killed = _let_work(fleet)
    seconds = time.monotonic() - begun
    told = {name: fleet.told(name) for name in names(fleet.options)}
    verdict = judge(fleet.path, fleet.env, fleet.issues, told, killed)
    verdict.wrong += fleet.gave_up
    if (errors := fleet.errors()) != fleet.foreign_errors:
        verdict.wrong.append(f"{errors} errors, after {fleet.foreign_errors} before")
    if held := [lease["id"] for lease in fleet.jit("claim", "list")]:
        verdict.wrong.append(f"still claimed: {held}")
    verdict.summary = {"beside": fleet.source, "seconds": round(seconds, 1), **summary(told), **verdict.summary}
    return verdict


def _let_work(fleet: Fleet) -> list[str]:
    """Start all workers, kill some, and wait for the others; the names of the killed ones.

    Every second victim falls silent with an issue in its hands before it is killed; the others die whatever they are at.
    """
    victims = names(fleet.options)[: fleet.options.kill]
    silent = set(victims[::2])
    workers = {name: _start(fleet, name, LAST_CLAIM if name in silent else 0) for name in names(fleet.options)}
    dice = random.Random(fleet.options.seed)
    due: dict[str, float] = {}
    killed = []
    deadline = time.monotonic() + SECONDS_AN_ISSUE * fleet.options.issues
    try:
        while any(worker.poll() is None for worker in workers.values()):
            for name in victims:
                if name not in due and sum(line["do"] == "claimed" for line in fleet.told(name)) >= LAST_CLAIM:
                    due[name] = time.monotonic() + dice.uniform(0, LATEST_DEATH_S)
                elif name not in killed and time.monotonic() > due.get(name, deadline) and workers[name].poll() is None:
                    os.kill(workers[name].pid, signal.SIGKILL)
                    killed.append(name)
            if time.monotonic() > deadline:
                fleet.gave_up.append("the workers stand still")
                break
            time.sleep(LOOK_S)
    finally:
        for worker in workers.values():
            worker.kill()
            worker.wait()
    fleet.gave_up += [
        f"{name} gave up: {(fleet.directory / f'{name}.err').read_text()[-1000:]}"
        for name, worker in workers.items()
        if worker.returncode > 0
    ]
    return killed


def _start(fleet: Fleet, name: str, lingers: int) -> "subprocess.Popen[bytes]":
    words = [str(fleet.directory / name), name, str(fleet.options.seed), str(lingers), str(fleet.log_of(name))]
    with (fleet.directory / f"{name}.err").open("wb") as errors:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.faults.workers_agent", *words], env=fleet.env, stderr=errors,
            stdin=subprocess.DEVNULL, cwd=fleet.env["PYTHONPATH"],
        )  # fmt: skip


def summary(told: dict[str, list[dict[str, Any]]]) -> dict[str, object]:
    """What the workers noted, for people."""
    lines = [line for log in told.values() for line in log]
    times: dict[str, list[int]] = {}
    for line in lines:
        if "ms" in line:
            times.setdefault(line["do"], []).append(line["ms"])
    return {
        "closed_by": {name: sum(line["do"] == "closed" for line in log) for name, log in told.items()},
        "commands": sum(map(len, times.values())),
        "refusals": dict(Counter(line["code"] for line in lines if line.get("status"))),
        "median_ms": {do: sorted(found)[len(found) // 2] for do, found in sorted(times.items())},
    }


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    top.add_argument("--workers", type=int, default=8)
    top.add_argument("--issues", type=int, default=60)
    top.add_argument("--kill", type=int, default=0, help="end so many workers with SIGKILL")
    top.add_argument("--seed", type=int, default=1)
    return top


def main() -> int:
    directory = Path(tempfile.mkdtemp(prefix="jit-workers-", dir=fast_place()))
    try:
        verdict = run(sys.argv[1:], directory)
        print(json.dumps({"good": verdict.good, **verdict.summary, "wrong": verdict.wrong}, indent=1))
        return 0 if verdict.good else 1
    finally:
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
