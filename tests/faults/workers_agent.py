"""One worker of `tests.faults.workers`: a process that knows nothing but the command line, as an agent does.

It claims, looks, writes a file, commits it in a working tree of its own, runs the gates, closes, and goes on until
nothing is left. What it asked and what it was told goes to a log, a line at a time, so that it survives `kill -9`.
"""

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

PROGRAM: Final = [sys.executable, "-m", "git_jit"]
PLAN: Final = "plan:fleet"
"""The label of what is to be done; the rest of the tracker is none of a worker's business."""
CLUMSY: Final = 0.2
"""How often a worker gets it wrong at first, so that a gate has something to say."""
PATIENCE_S: Final = 120.0
"""For one command that is refused as busy."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.05, 1.0
BUSY, GATE_FAILED, NOTHING = 6, 7, 1


class Refused(Exception):
    """The answer was no, and trying again is no use."""

    def __init__(self, status: int, error: Mapping[str, Any]) -> None:
        super().__init__(error["code"])
        self.status = status
        self.code = error["code"]
        self.details = error.get("details", {})


@dataclass
class Agent:
    """`lingers` is the number of the claim at which it falls silent, holding it; 0 for never."""

    tree: Path
    name: str
    seed: int
    lingers: int
    log: int
    dice: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.dice = random.Random(f"{self.seed} {self.name}")

    def note(self, do: str, **what: object) -> None:
        """One line of the log, in one write."""
        os.write(self.log, json.dumps({"at": time.time(), "do": do, **what}).encode() + b"\n")

    def ask(self, *words: str, token: str = "") -> Any:
        """Run one command until it is not refused as busy; its data. Raises `Refused`."""
        deadline, pause = time.monotonic() + PATIENCE_S, FIRST_PAUSE_S
        env = {**os.environ, "JIT_CLAIM_TOKEN": token}
        while True:
            begun = time.monotonic()
            done = subprocess.run(
                [*PROGRAM, *words, "--json"], cwd=self.tree, env=env, capture_output=True, text=True, check=False
            )
            answer = (
                json.loads(done.stdout) if done.stdout else {"error": {"code": "no_answer", "message": done.stderr}}
            )
            verdict = (
                {"code": "gate_failed"} if done.returncode == GATE_FAILED else {}
            )  # some of several: data, no error
            error = answer.get("error") or verdict
            data = answer.get("data")
            self.note(
                words[0] if words[0] != "gate" else f"{words[0]} {words[1]}",
                status=done.returncode,
                code=error.get("code"),
                ms=round((time.monotonic() - begun) * 1000),
                issue=data.get("id") if isinstance(data, dict) else None,
                commit=data.get("commit") if isinstance(data, dict) else None,
            )
            if done.returncode == 0:
                return data
            again = done.returncode == BUSY and error.get("retryable", True) and error.get("code") != "claim_lost"
            if not again or time.monotonic() > deadline:
                raise Refused(done.returncode, error or {"code": "some"})
            time.sleep(self.dice.uniform(0, pause))
            pause = min(2 * pause, LONGEST_PAUSE_S)

    # --- the day of a worker ----------------------------------------------------------------------------------

    def work(self) -> None:
        """Take one issue after the other until all of the plan are closed."""
        pause, claims = FIRST_PAUSE_S, 0
        while True:
            try:
                mine = self.claim()
            except Refused as refused:
                if refused.status != NOTHING:
                    raise
                if not refused.details["open"]:
                    self.note("end")
                    return
                time.sleep(self.dice.uniform(pause / 2, pause))  # others are at what this waits for
                pause = min(2 * pause, LONGEST_PAUSE_S)
                continue
            pause, claims = FIRST_PAUSE_S, claims + 1
            self.note("claimed", issue=mine["id"], token=mine["token"], way=mine["way"])
            if claims == self.lingers:
                time.sleep(10 * PATIENCE_S)  # until somebody ends it
            self.finish(mine["id"], mine["token"])

    def claim(self) -> Any:
        words = ["ready", "--claim"] if self.dice.random() < 0.5 else ["claim", "--next"]
        return self.ask(*words, "--filter", f"label:{PLAN}")

    def finish(self, id: str, token: str) -> None:
        issue = self.ask("show", id)
        wrong = self.dice.random() < CLUMSY
        self.commit(issue, "not yet\n" if wrong else self.result(issue))
        try:
            try:
                self.ask("gate", "run-all", id, token=token)
            except Refused as refused:
                if refused.status != GATE_FAILED:
                    raise
                self.commit(issue, self.result(issue))
                self.ask("gate", "run-all", id, token=token)
            self.ask("close", id, "--reason", f"done by {self.name}", token=token)
            self.note("closed", issue=id)
        except Refused as refused:
            if refused.status != BUSY:
                raise
            self.note("lost", issue=id, code=refused.code)

    def result(self, issue: Any) -> str:
        return f"{issue['id']}\n{issue['title']}\n"

    def commit(self, issue: Any, text: str) -> None:
        path = self.tree / "done" / issue["id"]
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        for words in (["add", "done"], ["commit", "-q", "--allow-empty", "-m", f"Work on {issue['id'][:7]}"]):
            subprocess.run(["git", *words], cwd=self.tree, check=True, capture_output=True)


def main(words: Sequence[str]) -> None:
    """`TREE NAME SEED LINGERS LOG`."""
    tree, name, seed, lingers, path = words
    os.environ |= {"JIT_ACTOR": f"agent:{name}", "JIT_CLAIM_PID": str(os.getpid())}
    log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    Agent(Path(tree), name, int(seed), int(lingers), log).work()


if __name__ == "__main__":
    main(sys.argv[1:])
