"""Clones that claim issues, part and meet again, with real git: `python -m tests.faults.parted --steps 2000 --seed S`.

Everybody claims, gives back, takes away, takes over, finishes and reopens what they see, with clocks that are wrong, and
synchronises now and then. Half of the runs have a remote that decides about claims (`remote`), from which some are cut
off for a while and claim tentatively; in the others clones only meet by merge (`local`). At the end all are connected
and sync until nothing moves: then every clone must have the same commit, at most one holder an issue, who is the one
that the issue names, no tentative claim may be left, and every loss must have been told exactly once, to whoever lost.
A failure is told with its seed, which makes the same choices again.
"""

import random
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from git_jit.errors import JitError
from git_jit.leases import LeaseState
from git_jit.model import WORKING, IssueId
from git_jit.ops import choosing, claims, holding, issues
from git_jit.ops.conflicts import waiting
from git_jit.ops.edit import Patch
from git_jit.ops.tentative import noted
from git_jit.ops.validation import validate
from git_jit.record import replace
from git_jit.validate import Severity
from tests.faults.rounds import in_rounds
from tests.sharing.team import Clone, Team, close_all, started

SKEWS: Final = (0, 0, -600, 600, -10 * 365 * 86_400, 2 * 86_400)
"""Seconds: right, ten minutes off, ten years behind, two days ahead."""
CLONES: Final = 3
ISSUES: Final = 4
SYNCS: Final = 0.3
CUTS: Final = 0.08


class Parted:
    """Clones, a host, and a book of what each was told."""

    def __init__(self, base: Path, seed: int, *, authority: bool) -> None:
        self.random = random.Random(seed)
        self.authority = authority
        self.team: Team
        self.team, self.clones = started(base, *(f"clone{number}" for number in range(CLONES)))
        self.away = str(base / "away.git")
        self.cut: set[str] = set()
        self.told: Counter[str] = Counter()
        self.done: Counter[str] = Counter()
        self.issues = [self.clones[0].create("An issue") for _ in range(ISSUES)]
        for clone in (*self.clones, *self.clones):
            clone.git("config", "jit.durability", "fast")
            clone.git("config", "jit.timeout.remote", "20s")
            if authority:
                clone.git("config", "jit.claim.authority", "remote:origin")
            clone.sync()
        for clone in self.clones:
            clone.skew_s = self.random.choice(SKEWS)

    # --- steps ----------------------------------------------------------------------------------------

    def step(self) -> None:
        clone, chance = self.random.choice(self.clones), self.random.random()
        if chance < CUTS:
            self.connect(clone, there=clone.name in self.cut)
        elif chance < CUTS + SYNCS:
            if clone.name not in self.cut:
                self.sync(clone)
        else:
            acts: list[Callable[[Clone, IssueId], None]] = [self.claim, self.claim, self.claim, self.release]
            acts += [self.evict, self.take_over, self.title, self.close, self.reopen]
            act = self.random.choice(acts)
            id = self.random.choice(self.issues)
            with suppress(JitError):  # a rule may refuse it
                act(clone, id)
                self.done[act.__name__] += 1
        close_all()

    def connect(self, clone: Clone, *, there: bool) -> None:
        clone.git("remote", "set-url", "origin", str(self.team.hub) if there else self.away)
        (self.cut.discard if there else self.cut.add)(clone.name)

    def sync(self, clone: Clone) -> bool:
        """Whether anything came or went."""
        done = clone.sync()
        self.told[clone.name] += sum(not one.won and one.actor == f"human:{clone.name}" for one in done.claims)
        self.done["confirmed"] += sum(one.won for one in done.claims)
        return bool(done.pushed or (done.taken and done.taken.issues))

    def claim(self, clone: Clone, id: IssueId) -> None:
        hoped = clone.name in self.cut
        done = claims.claim(clone.store, clone.caller(), choosing.Asked(id=id, tentative=hoped))
        self.done["tentative"] += done.lease.state is LeaseState.TENTATIVE

    def release(self, clone: Clone, id: IssueId) -> None:
        holding.release_all(clone.store, clone.caller(), [id])

    def evict(self, clone: Clone, id: IssueId) -> None:
        holding.evict_all(clone.store, clone.caller(), [id], reason="to see what happens")

    def take_over(self, clone: Clone, id: IssueId) -> None:
        """As after the whole time of the lease: the clock of this one runs ahead for a moment."""
        store = clone.store
        book = store.claims()
        real = book.clock
        with suppress(JitError):
            claims.claim(store, clone.caller(), choosing.Asked(id=id))
        book.clock = lambda: (real()[0] + 10_000, real()[1])
        claims.claim(store, clone.caller(), choosing.Asked(id=id))

    def title(self, clone: Clone, id: IssueId) -> None:
        patch = Patch(title=f"An issue {self.random.random()}")
        issues.update(clone.store, clone.caller(), [id], patch)

    def close(self, clone: Clone, id: IssueId) -> None:
        issues.close(clone.store, clone.caller(), [id])

    def reopen(self, clone: Clone, id: IssueId) -> None:
        if clone.issue(id).state in WORKING:
            return
        issues.reopen(clone.store, clone.caller(), [id])
        issues.update(clone.store, replace(clone.caller(), override=False), [id], Patch(assignee=None))

    # --- the end --------------------------------------------------------------------------------------

    def heal(self) -> None:
        for clone in self.clones:
            self.connect(clone, there=True)
        for _ in range(10):
            if not [clone for clone in self.clones if self.sync(clone)]:
                return

    def check(self) -> None:
        """Raises `AssertionError` with what is wrong."""
        assert {clone.tip for clone in self.clones} == {self.team.published}, "not alike"
        wrong = [found for found in validate(self.clones[0].store).findings if found.severity is Severity.ERROR]
        assert wrong == [], wrong[:3]
        with self.clones[0].store.view() as view:
            undecided = {
                one.issue for one in waiting(self.clones[0].store, view)
            }  # an edit without a claim, against one
        holders: dict[IssueId, set[tuple[str, str]]] = {}
        for clone in self.clones:
            store = clone.store
            assert noted(store) == {}, f"tentative claims are left in {clone.name}"
            book = store.claims()
            if self.authority:
                book.prepare()
            for id, lease in book.leases(book.tip()).items():
                assert lease.holder is not None
                holders.setdefault(id, set()).add((lease.holder.actor, lease.holder.clone))
            self._check_told(clone)
        for id, held in holders.items():
            assert len(held) == 1, f"{id} is held by {held}"
            issue = self.clones[0].issue(id)
            if issue.state in WORKING and id not in undecided:
                assert issue.assignee == next(iter(held))[0], f"{id} is {issue.assignee}'s, and held by {held}"

    def _check_told(self, clone: Clone) -> None:
        """Every loss is one commit on the clone's own claims, and was told once."""
        words = ["log", "--format=%(trailers:key=Jit-Op,valueonly,separator=)", "refs/jit/claims", "--"]
        lost = clone.git(*words, check=False).split().count("claim-lost")
        assert lost == self.told[clone.name], f"{clone.name} lost {lost}, and was told of {self.told[clone.name]}"
        self.done["lost"] += lost


def simulate(steps: int, seed: int, base: Path, *, authority: bool) -> Parted:
    """One run from its beginning to its healing; raises `AssertionError`."""
    parted = Parted(base, seed, authority=authority)
    for _ in range(steps):
        parted.step()
    parted.heal()
    parted.check()
    return parted


def main() -> int:
    def run(steps: int, seed: int, base: Path) -> str:
        one = simulate(steps, seed, base, authority=seed % 2 == 1)
        acts = ", ".join(f"{count} {name}" for name, count in sorted(one.done.items()))
        return f"{'remote' if one.authority else 'local'}: {acts}"

    return in_rounds(__doc__, steps=2_000, each=100, run=run)


if __name__ == "__main__":
    sys.exit(main())
