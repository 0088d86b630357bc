"""Several clones of one tracker, with real git: `python -m tests.faults.clones --steps 10000 --seed S`.

Everybody edits what they see, with clocks that are wrong by minutes or years, and now and then synchronises with one
host. Some are cut off for a while; some syncs are killed with SIGKILL at a random moment, their git left behind. At the
end all are connected again and sync: then every clone must have the very same commit, git and `validate` must find
nothing wrong, and every edit that was acknowledged must be there, be overwritten by somebody who saw it, or wait in a
recorded conflict. A failure is told with its seed, which makes the same choices again (only the kills differ).
"""

import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Final

from git_jit.errors import JitError
from git_jit.merge import CONFLICTS
from git_jit.model import IssueId, Priority
from git_jit.ops.conflicts import waiting
from git_jit.ops.validation import validate
from git_jit.validate import Severity
from tests.faults.rounds import in_rounds
from tests.sharing.team import REF, Clone, Team, close_all, started

SKEWS: Final = (0, 0, -600, 600, -10 * 365 * 86_400, 2 * 86_400)
"""Seconds: right, ten minutes off, ten years behind, two days ahead."""
SYNCS: Final = 0.25
"""Of the steps; of these a tenth is killed."""
KILLED: Final = 0.1
CUTS: Final = 0.03
LONGEST_S: Final = 0.4
"""A sync that is to be killed lives for at most so long."""
CLONES: Final = 4


class Simulation:
    """Clones, a host, and a book of what was acknowledged."""

    def __init__(self, base: Path, seed: int) -> None:
        self.random = random.Random(seed)
        self.team: Team
        self.team, self.clones = started(base, *(f"clone{number}" for number in range(CLONES)))
        for clone in self.clones:
            clone.skew_s = self.random.choice(SKEWS)
            clone.git("config", "jit.durability", "fast")
            clone.git("config", "gc.auto", "0")
        self.cut: set[str] = set()
        self.words: Iterator[int] = count()
        self.issues: list[IssueId] = []
        self.titles: dict[IssueId, set[str]] = {}
        """Titles that nobody who saw them has overwritten."""
        self.labels: set[tuple[IssueId, str]] = set()
        self.lines: set[tuple[IssueId, str]] = set()
        self.bodies: set[tuple[IssueId, str]] = set()
        self.kills = self.syncs = self.edits = 0

    def word(self, what: str) -> str:
        return f"{what}{next(self.words)}"

    # --- steps ----------------------------------------------------------------------------------------

    def step(self) -> None:
        clone, chance = self.random.choice(self.clones), self.random.random()
        if chance < CUTS:
            self.cut ^= {clone.name}
        elif chance < SYNCS:
            if clone.name in self.cut:
                return
            self.syncs += 1
            (self.kill if self.random.random() < KILLED else self.sync)(clone)
        else:
            self.edit(clone)
        close_all()

    def sync(self, clone: Clone) -> None:
        clone.sync()

    def kill(self, clone: Clone) -> None:
        """A sync whose process dies at some moment. What it has started lives on, as after a real kill."""
        pid = os.fork()
        if pid == 0:
            with suppress(BaseException):
                clone.sync()
            os._exit(0)
        time.sleep(self.random.random() * LONGEST_S)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        self.kills += os.waitpid(pid, 0)[1] != 0

    def edit(self, clone: Clone) -> None:
        here = self.here(clone)
        acts: list[Callable[[Clone, IssueId], None]] = [self.title, self.title, self.label, self.unlabel]
        acts += [self.describe, self.comment, self.priority, self.wait]
        self.edits += 1
        if not here or self.random.random() < 0.1:
            self.create(clone)
            return
        with suppress(JitError):  # a rule may refuse it: then nothing was promised
            self.random.choice(acts)(clone, self.random.choice(here))

    def here(self, clone: Clone) -> list[IssueId]:
        with clone.store.view() as view:
            return [*view.ids()]

    def create(self, clone: Clone) -> None:
        title = self.word("title")
        id = clone.create(title)
        self.issues.append(id)
        self.titles[id] = {title}

    def title(self, clone: Clone, id: IssueId) -> None:
        before, title = clone.issue(id).title, self.word("title")
        clone.update(id, title=title)
        self.titles[id] = self.titles[id] - {before} | {title}

    def label(self, clone: Clone, id: IssueId) -> None:
        label = f"part:{self.word('x')}"
        clone.update(id, add_labels=(label,))
        self.labels.add((id, label))

    def unlabel(self, clone: Clone, id: IssueId) -> None:
        labels = clone.issue(id).labels
        if labels:
            label = self.random.choice(labels)
            clone.update(id, remove_labels=(label,))
            self.labels.discard((id, label))

    def describe(self, clone: Clone, id: IssueId) -> None:
        line = self.word("line")
        text = clone.issue(id).description
        clone.update(id, description=f"{text}\n{line}".strip())
        self.lines.add((id, line))

    def comment(self, clone: Clone, id: IssueId) -> None:
        body = self.word("body")
        clone.comment(id, body)
        self.bodies.add((id, body))

    def priority(self, clone: Clone, id: IssueId) -> None:
        clone.update(id, priority=self.random.choice([*Priority]))

    def wait(self, clone: Clone, id: IssueId) -> None:
        clone.update(id, add_dependencies=(self.random.choice(self.here(clone)),))

    # --- the end --------------------------------------------------------------------------------------

    def heal(self) -> None:
        self.cut.clear()
        for _ in range(2):
            for clone in self.clones:
                clone.sync()

    def check(self) -> None:
        """Raises `AssertionError` with what is wrong."""
        tips = {clone.tip for clone in self.clones}
        assert tips == {self.team.published}, f"not alike: {tips}"
        clone = self.clones[0]
        assert clone.git("fsck", "--no-dangling", "--connectivity-only", REF) == ""
        store = clone.store
        wrong = [f for f in validate(store, at=REF).findings if f.severity is Severity.ERROR]
        assert wrong == [], wrong[:3]
        with store.view() as view:
            lost: dict[tuple[str, str], str] = {}
            for one in waiting(store, view):
                told = repr([entry.value for entry in one.conflict.lost])
                lost[one.subject, one.field] = lost.get((one.subject, one.field), "") + told
            assert len(store.files(CONFLICTS, REF)) == len(lost)
            assert {*self.issues} <= {*view.ids()}, "an issue is gone"
            for id in self.issues:
                issue = view.issue(id)
                assert issue is not None
                for title in self.titles[id] - {issue.title}:
                    assert title in lost.get((id, "title"), ""), f"title {title} of {id}"
                for line in (line for owner, line in self.lines if owner == id):
                    somewhere = issue.description.split("\n"), lost.get((id, "description"), "")
                    assert line in somewhere[0] or repr(line) in somewhere[1], f"line {line} of {id}"
                missing = {label for owner, label in self.labels if owner == id} - {*issue.labels}
                assert not missing, f"labels {missing} of {id}"
                bodies = {comment.body for comment in view.comments(id)}
                gone = {body for owner, body in self.bodies if owner == id} - bodies
                assert not gone, f"comments {gone} of {id}"


def simulate(steps: int, seed: int, base: Path) -> Simulation:
    """One run from its beginning to its healing; raises `AssertionError`."""
    simulation = Simulation(base, seed)
    for _ in range(steps):
        simulation.step()
    simulation.heal()
    simulation.check()
    return simulation


def main() -> int:
    def run(steps: int, seed: int, base: Path) -> str:
        one = simulate(steps, seed, base)
        return f"{one.edits} edits, {one.syncs} syncs, {one.kills} killed, {len(one.issues)} issues"

    return in_rounds(__doc__, steps=10_000, each=500, run=run)


if __name__ == "__main__":
    sys.exit(main())
