"""Corruptions by seed: each damages a tracker of a hundred issues in one way, somewhere that the seed chooses.

    python -m tests.faults.corruptions                       every corruption, with 10 seeds each
    python -m tests.faults.corruptions --seeds 50
    python -m tests.faults.corruptions --only cycle --seed 417 --seeds 1

Then the judge does what a user would: reads, `validate`, `doctor --deep`; mends by the command that the runbook
(docs/how-to/error-recovery.md) names; the same again; and undo. It says what is wrong if the damage is not told by its
code, a command ends in a bug, a look changes anything, fewer issues can be read afterwards, the second mending changes
anything, something is left that should be mended, undo does not bring back every byte, or the next write fails.

Prints a table and ends with status 1 if anything is wrong.
"""

import argparse
import json
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final

from git_jit.errors import JitError
from git_jit.model import Actor, Message, Timestamp
from git_jit.ops.sample import Profile, sample
from git_jit.record import replace
from git_jit.store.ancestry import Ancestry
from git_jit.store.closure import Inspector
from tests.faults.corrupting import CONSEQUENCES, CORRUPTIONS, Corruption, Family
from tests.faults.kit.commands import Done, Place, make_empty, workshop
from tests.faults.kit.damage import REF
from tests.faults.kit.judge import said
from tests.faults.kit.wrongs import Hand

ISSUES: Final = 100
CLOSED: Final = 0.5
"""The part of them that is closed: enough open ones to contradict each other."""
WRITES: Final = 70
"""Single writes after the import: so many that the ring of anchors has moved (every 64)."""

READS: Final = (
    ("list",),
    ("query", "all"),
    ("graph", "order"),
    ("log", "-n", "5"),
    ("health",),
)
"""What a user may do who knows of nothing: answers from the index, from documents, from history and about the clone."""
MENDS: Final = {
    Family.DOCUMENTS: (("validate", "--fix"),),
    Family.CLONE: (("doctor", "--deep", "--fix"),),
    Family.REFERENCE: (("recover", "--apply"), ("doctor", "--fix")),
}
"""What the runbook says to do."""


@dataclass
class Verdict:
    """What came of one corruption with one seed."""

    name: str
    seed: int
    told: set[str] = field(default_factory=set)
    """The codes that were not there before."""
    left: set[str] = field(default_factory=set)
    """Those that are there after mending."""
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0


# --- the tracker to damage --------------------------------------------------------------------------------


def make_origin(path: Path, *, issues: int = ISSUES, writes: int = WRITES) -> Place:
    """A healthy tracker with a history: an import, and the single writes of some days."""
    place = make_empty(path)
    place.works("init")
    made = sample(Profile(issues=issues, closed=CLOSED))
    rules = replace(made.config, severities={"orphan_leaf": "off"})  # samples have some
    store = place.open()
    at = Timestamp("2026-11-20T00:00:30.000000Z")
    message = Message(op="import", subject="import: a sample", actor=Actor("human:ada"), request="r-1", at=at)
    store.commit(replace(made.plan(), config=rules), base=store.tip(), message=message)
    store.close()
    for document in {document.path for issue in made.issues for document in issue.documents}:
        (path / document).parent.mkdir(parents=True, exist_ok=True)
        (path / document).write_text("As agreed.\n")
    for words in (["add", "docs"], ["commit", "-q", "-m", "Write the designs down"]):
        place.git(f"--work-tree={path}", "-C", str(path), *words)
    for number in range(writes):
        place.works("comment", made.issues[number % issues].id, f"Seen for the {number}th time.")
    place.works("create", "Something new", "-l", "type:task")
    place.works("update", made.issues[-1].id, "--priority", "high")
    assert codes_of(place.run("validate", "--json")) == set()
    assert codes_of(place.run("doctor", "--deep", "--json")) == set()
    return place


# --- looking ----------------------------------------------------------------------------------------------


def codes_of(done: Done) -> set[str]:
    """The codes that `validate` or `doctor` answers with, or that of its error."""
    answer: dict[str, Any] = json.loads(done.out)
    if "error" in answer:
        return {answer["error"]["code"]}
    data = answer["data"]
    items = data["findings"] if "findings" in data else [item for part in data["parts"] for item in part["items"]]
    return {item["code"] for item in items}


def readable(place: Place) -> int:
    """Issues of the tip that can be read, counted without index and rules."""
    try:
        store = place.open()
        try:
            tip = store.backend.ref(store.ref)
            if tip is None:
                return 0
            ancestry = Ancestry(store.backend)
            ancestry.load_one(tip)
            return Inspector(store, ancestry).contents(tip).readable
        finally:
            store.close()
    except JitError:
        return 0


DERIVED: Final = ("jit/index", "jit/errors", "jit/lock", "jit/breakers", "jit/log", "jit/notes")
"""What commands write down for themselves, and may lose."""


def state(place: Place) -> dict[str, bytes | None]:
    """Everything in the common git directory but what is derived: by path, the content."""
    found: dict[str, bytes | None] = {}
    for path in sorted(place.common.rglob("*")):
        name = str(path.relative_to(place.common))
        if not name.startswith(DERIVED):
            found[name] = path.read_bytes() if path.is_file() else None
    return found


def tip_of(place: Place) -> str | None:
    """The commit of the reference as git sees it; None if it sees none."""
    try:
        return place.git("rev-parse", "--verify", "-q", REF)
    except AssertionError:
        return None


def tree_of(place: Place, rev: str = REF) -> str:
    return place.git("rev-parse", f"{rev}^{{tree}}")


# --- judging ----------------------------------------------------------------------------------------------


class Judge:
    """One corrupted tracker, and what is wrong with how the program deals with it."""

    def __init__(self, place: Place, corruption: Corruption, seed: int) -> None:
        self.place = place
        self.corruption = corruption
        self.verdict = Verdict(corruption.name, seed)
        self.dice = Random(f"{corruption.name} {seed}")

    def judge(self) -> Verdict:
        start = time.perf_counter()
        self.corruption.harm(self.place, Hand(self.place.common, self.dice))
        count = self._detect()
        self._mend(count)
        self.verdict.seconds = time.perf_counter() - start
        return self.verdict

    def _detect(self) -> int:
        """Look in every way; how many issues can be read."""
        before = state(self.place)
        self.verdict.told = self._told()
        if self.corruption.code not in self.verdict.told:
            self._wrong(f"not told by its code, but as {sorted(self.verdict.told)}")
        for words in READS:
            self._run(*words)
        if state(self.place) != before:
            self._wrong(f"looking changed {self._difference(before)}")
        return readable(self.place)

    def _mend(self, count: int) -> None:
        damaged = tip_of(self.place)
        self._run_all()
        after = readable(self.place)
        if after < max(count, self.corruption.least):
            self._wrong(f"{count} issues could be read, {after} afterwards")
        documents = self.corruption.family is Family.DOCUMENTS
        self.verdict.left = codes_of(self._run("validate")) if documents else self._told()
        if extra := self.verdict.left - self.corruption.left - CONSEQUENCES:
            self._wrong(f"left after mending: {sorted(extra)}")
        if missing := self.corruption.left - self.verdict.left:
            self._wrong(f"gone, which nobody expected: {sorted(missing)}")
        once = state(self.place)
        self._run_all()
        if state(self.place) != once:
            self._wrong(f"mending again changed {self._difference(once)}")
        if documents and tip_of(self.place) != damaged:
            self._take_back(str(damaged))
        self._go_on()

    def _take_back(self, damaged: str) -> None:
        """Undo brings the damage back byte by byte, and redo mends it again."""
        if not self.corruption.undoable:
            if '"nothing_to_undo"' not in self._run("undo").out:
                self._wrong("undo did not say that there is nothing to take back")
            return
        mended = tree_of(self.place)
        self._run("undo", ok=True)
        if tree_of(self.place) != tree_of(self.place, damaged):
            self._wrong("undo did not bring back what was there")
        if self.corruption.code not in codes_of(self._run("validate")):
            self._wrong("after undo the damage is not told")
        self._run("redo", ok=True)
        if tree_of(self.place) != mended:
            self._wrong("redo did not mend again")

    def _go_on(self) -> None:
        if self.corruption.writable and (done := self._run("create", "Afterwards", "-l", "type:task")).status:
            self._wrong(f"the next write fails: {done.out[:300]}")

    def _told(self) -> set[str]:
        doctor = self._run("doctor", "--deep")  # first: what is derived, a command that reads makes anew
        return codes_of(doctor) | codes_of(self._run("validate"))

    def _run_all(self) -> None:
        for words in MENDS[self.corruption.family]:
            self._run(*words)

    def _run(self, *words: str, ok: bool = False) -> Done:
        done = self.place.run(*words, "--json")
        if wrong := said(done):
            self._wrong(f"'{' '.join(words)}': {wrong}")
        elif ok and done.status:
            self._wrong(f"'{' '.join(words)}' fails: {done.out[:300]}")
        return done

    def _difference(self, before: dict[str, bytes | None]) -> list[str]:
        after = state(self.place)
        return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))[:5]

    def _wrong(self, what: str) -> None:
        self.verdict.wrong.append(what)


def examine(origin: Place, place: Path, corruption: Corruption, seed: int) -> Verdict:
    """Damage a copy of `origin` at `place`, and judge. The copy is removed."""
    try:
        shutil.copytree(origin.path, place, symlinks=True)
        return Judge(Place(place, ids=1000, second=5000), corruption, seed).judge()
    finally:
        shutil.rmtree(place, ignore_errors=True)


# --- running ----------------------------------------------------------------------------------------------


def run(corruptions: Sequence[Corruption], seeds: Sequence[int]) -> Iterator[list[Verdict]]:
    """The verdicts about each corruption."""
    with workshop() as shop:
        origin = make_origin(shop.directory / "origin")
        for corruption in corruptions:
            yield [examine(origin, shop.new_path(), corruption, seed) for seed in seeds]


def _line(verdicts: Sequence[Verdict], say: Callable[[str], object]) -> None:
    name = verdicts[0].name
    code = CORRUPTIONS[name].code
    detected = sum(code in verdict.told for verdict in verdicts)
    mended = sum(code not in verdict.left for verdict in verdicts)
    mean = sum(verdict.seconds for verdict in verdicts) / len(verdicts)
    bad = sum(bool(verdict.wrong) for verdict in verdicts)
    say(f"{name:<26}{code:<26}{len(verdicts):>6}{detected:>10}{mended:>8}{bad:>7}{mean:>9.2f}")
    for verdict in verdicts:
        for wrong in verdict.wrong:
            say(f"    seed {verdict.seed}: {wrong}")


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10, help="of each corruption")
    parser.add_argument("--seed", type=int, default=0, help="the first one")
    parser.add_argument("--only", choices=sorted(CORRUPTIONS), action="append")
    asked = parser.parse_args(words)
    chosen = [CORRUPTIONS[name] for name in asked.only or CORRUPTIONS]
    print(f"{'corruption':<26}{'code':<26}{'seeds':>6}{'detected':>10}{'mended':>8}{'wrong':>7}{'seconds':>9}")
    every: list[Verdict] = []
    for verdicts in run(chosen, range(asked.seed, asked.seed + asked.seeds)):
        _line(verdicts, print)
        every += verdicts
    bad = sum(bool(verdict.wrong) for verdict in every)
    print(f"{len(chosen)} corruptions, {len(every)} runs, {bad} wrong")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
