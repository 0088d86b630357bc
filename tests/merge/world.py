"""N clones of one tracker in memory: commits, partitions, clocks that are wrong, and a book of what was promised."""

import random
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from git_jit import canonical, graph
from git_jit.clock import DAY_MS
from git_jit.codec import is_canonical
from git_jit.merge import Base, Merged, Note, Rules, Stamp, Value, get, merge_onto, same, virtual_base
from git_jit.merge.issues import rules_of
from git_jit.model import IssueId
from git_jit.paths import issue_path, place_of
from git_jit.workflow import FURTHER

Tree = dict[str, Any]

START_MS = 1_763_683_200_000
STEP_MS = 60_000
SKEWS = (0, 0, -600_000, 600_000, -10 * 365 * DAY_MS, 10 * 365 * DAY_MS)
"""Clocks: right, ten minutes off, ten years off."""


RULES = {
    "default_type": None,
    "namespaces": {"sprint": {"unique": True}},
    "queries": {},
    "schema": 1,
    "types": {"bug": 1},
}


class Commits:
    """A history in a list; ancestors are bits."""

    def __init__(self) -> None:
        self.trees: list[Tree] = []
        self.above: list[tuple[int, ...]] = []
        self.clocks: list[Stamp] = []
        self.behind: list[int] = []
        self.joined: dict[tuple[frozenset[int], str], int] = {}

    def add(self, parents: tuple[int, ...], tree: Tree, clock: Stamp) -> int:
        bits = 1 << len(self.trees)
        for parent in parents:
            bits |= self.behind[parent]
        self.trees.append(tree)
        self.above.append(parents)
        self.clocks.append(clock)
        self.behind.append(bits)
        return len(self.trees) - 1

    def join(self, one: int, other: int, tree: Tree) -> int:
        """A merge commit; the same one whoever makes it, so that two who merge each other meet."""
        name = (frozenset({one, other}), repr(sorted(tree.items())))
        if name not in self.joined:
            last = max(self.clocks[one], self.clocks[other])
            self.joined[name] = self.add((one, other), tree, Stamp(last.ms, last.counter + 1, "join"))
        return self.joined[name]

    def is_behind(self, old: int, new: int) -> bool:
        return bool(self.behind[new] >> old & 1)

    def merge_bases(self, one: Sequence[int], other: Sequence[int]) -> list[int]:
        first = second = 0
        for commit in one:
            first |= self.behind[commit]
        for commit in other:
            second |= self.behind[commit]
        found, common = [], first & second
        while common:
            best = common.bit_length() - 1  # the newest common commit is behind no other
            found.append(best)
            common &= ~self.behind[best]
        return found

    def order(self, commit: int) -> str:
        return f"{commit * 2654435761 % 2**32:08x}"  # as unrelated to age as the name of a commit is

    def parents(self, commit: int) -> tuple[int, ...]:
        return self.above[commit]

    def clock(self, commit: int) -> Stamp:
        return self.clocks[commit]

    def changed(self, one: int | None, other: int | None) -> Iterable[str]:
        a = {} if one is None else self.trees[one]
        b = {} if other is None else self.trees[other]
        found = [path for path, value in a.items() if path not in b or (b[path] is not value and b[path] != value)]
        return found + [path for path in b if path not in a]

    def version(self, commit: int, path: str) -> Any:
        return self.trees[commit].get(path)

    def read(self, commit: int, path: str) -> Value:
        value: Value = self.trees[commit].get(path)
        return value


class Clone:
    def __init__(self, name: str, tip: int, skew: int) -> None:
        self.name = name
        self.tip = tip
        self.skew = skew


class World:
    """Clones that write, meet and are kept apart. `promised` maps each token that a clone wrote to where it was."""

    def __init__(self, clones: int, seed: int, most_issues: int = 6) -> None:
        self.most_issues = most_issues
        self.random = random.Random(seed)
        self.seed = seed
        self.commits = Commits()
        root = self.commits.add((), {"config.json": RULES}, Stamp(START_MS, 0, "root"))
        self.clones = [Clone(f"c{n}", root, self.random.choice(SKEWS)) for n in range(clones)]
        self.groups = [0] * clones
        self.shown = 0
        """Commits, as bits, that another clone has looked at."""
        self.now = START_MS
        self.promised: set[str] = set()
        self.superseded: set[str] = set()
        """Tokens that somebody who saw them replaced or removed."""
        self.removed: set[str] = set()
        """Those of them that no merge may bring back."""
        self.told: set[str] = set()
        """Tokens whose loss a note told."""
        self.merges = self.decisions = self.criss_cross = 0
        self.count = 0

    def token(self) -> str:
        self.count += 1
        return f"tok{self.count}x"

    def commit(self, clone: Clone, tree: Tree) -> int:
        last = self.commits.clocks[clone.tip]
        ms = max(0, self.now + clone.skew)
        clock = Stamp(ms, 0, clone.name) if ms > last.ms else Stamp(last.ms, last.counter + 1, clone.name)
        return self.commits.add((clone.tip,), tree, clock)

    def write(self, clone: Clone, edit: Callable[["World", Tree], None]) -> None:
        """One command in one clone: its edit becomes a commit, its promise counts from then on."""
        self.now += STEP_MS
        before = self.commits.trees[clone.tip]
        after = dict(before)
        edit(self, after)
        if after == before:
            return
        paths = [path for path in before.keys() | after.keys() if before.get(path) is not after.get(path)]
        old, new = {path: before.get(path) for path in paths}, {path: after.get(path) for path in paths}
        self.superseded |= tokens(_waiting(old)) - tokens(_waiting(new))
        self.promised |= tokens(_waiting(new)) - tokens(_waiting(old))
        self.removed |= tokens(_firm(old)) - tokens(_firm(new))
        clone.tip = self.commit(clone, after)

    def rules(self) -> Rules:
        return Rules(further=FURTHER, latest_ms=self.now + DAY_MS)

    def sync(self, clone: Clone, other: Clone, *, crash: bool = False) -> None:
        """`clone` takes what `other` has, as `git jit sync` does."""
        one, two = clone.tip, other.tip
        self.shown |= self.commits.behind[two]
        if self.commits.is_behind(two, one):
            return
        if self.commits.is_behind(one, two):
            clone.tip = two
            return
        base = virtual_base(self.commits, one, two, self.rules())
        self.criss_cross += len(base.commits) > 1
        merged = merge_onto(self.commits, base, one, two, self.rules())
        if crash:
            return  # a merge is one commit: nothing happened
        self.merges += 1
        self.decisions += merged.statistics.decisions
        self._listen(base, merged, one, two)
        tree = applied(self.commits.trees[one], merged)
        own = self.commits.behind[one] & ~self.commits.behind[two]
        if tree == self.commits.trees[two] and not own & self.shown:
            clone.tip = two  # what was done here is all there, and nobody else has seen how it was done
        else:
            clone.tip = self.commits.join(one, two, tree)

    def _listen(self, base: Base[int], merged: Merged, one: int, two: int) -> None:
        """What notes tell is not lost in silence: everything at the field they name."""
        former = {issue_path(IssueId(new)): issue_path(IssueId(old)) for old, new in merged.renamed.items()}
        for note in merged.notes:
            for path in {note.path, former.get(note.path, note.path)}:
                for side in (one, two):
                    document = self.commits.trees[side].get(path)
                    self.told |= tokens(_at(document, note)) - tokens(_at(base.read(path), note))

    def heal(self) -> None:
        """Everybody hears of everything: through one, and back."""
        hub = self.clones[0]
        for clone in self.clones[1:]:
            self.sync(hub, clone)
        for clone in self.clones[1:]:
            self.sync(clone, hub)

    def check(self) -> None:
        """After healing: all alike, valid, and no promise broken."""
        trees = [self.commits.trees[clone.tip] for clone in self.clones]
        spelled = [{path: canonical.dumps(document) for path, document in tree.items()} for tree in trees]
        assert all(tree == spelled[0] for tree in spelled), f"seed {self.seed}: clones differ"
        self._check_valid(trees[0])
        here = tokens(_waiting(trees[0]))
        lost = self.promised - self.superseded - self.told - here
        assert not lost, f"seed {self.seed}: lost {sorted(lost)[:5]}"
        back = tokens(_firm(trees[0])) & self.removed
        assert not back, f"seed {self.seed}: came back {sorted(back)[:5]}"

    def _check_valid(self, tree: Tree) -> None:
        config = rules_of(tree.get("config.json", {"schema": 1}))
        assert config is not None, f"seed {self.seed}: the rules contradict each other"
        waits, parents = {}, {}
        for path, document in tree.items():
            place = place_of(path)
            if place.comment:
                assert f"issues/{path[9:11]}/{place.issue}.json" in tree, f"seed {self.seed}: a comment on nothing"
            elif place.issue:
                assert is_canonical(canonical.dumps(document)), f"seed {self.seed}: {path} is not canonical"
                waits[place.issue] = tuple(document["dependencies"])
                parents[place.issue] = tuple(k["target"] for k in document["links"] if k["type"] == "parent")
                assert all(f"issues/{t[:2]}/{t}.json" in tree for t in waits[place.issue]), (
                    f"seed {self.seed}: dangling"
                )
                for name, rule in config.namespaces.items():
                    found = [label for label in document["labels"] if label.startswith(f"{name}:")]
                    assert not (rule.unique and len(found) > 1), f"seed {self.seed}: {found}"
        for edges in (waits, parents):
            assert graph.find_cycle({k: [t for t in v if t in edges] for k, v in edges.items()}) is None, self.seed


def applied(tree: Tree, merged: Merged) -> Tree:
    """A tree with what a merge says."""
    result = dict(tree)
    for path, value in merged.edits.items():
        if value is None:
            result.pop(path, None)
        elif path not in result or not same(result[path], value):
            result[path] = value
    return result


def _waiting(tree: Tree) -> list[Any]:
    """Everything that is said in a tree, or waits in it for a decision."""
    return [d["lost"] if d and p.startswith("conflicts/") else d for p, d in tree.items()]


def _firm(tree: Tree) -> list[Any]:
    """What stays away once it was removed. Of a text or a state, one side's is taken as a whole where both changed it,
    of verdicts that of the later run, whoever saw which, and contradicting rules fall back to old ones.
    """
    free = {"description", "state", "closed_at", "close_reason", "gates"}
    issues = [d for p, d in tree.items() if d and p.startswith("issues/")]
    return [[value for name, value in document.items() if name not in free] for document in issues]


def _at(document: Any, note: Note) -> Any:
    found = get(document, note.field)
    return found if isinstance(found, dict | list | str) else None


_TOKEN: Final = re.compile("tok[0-9]+x")


def tokens(value: Any) -> set[str]:
    """Every promise in a value."""
    return set(_TOKEN.findall(repr(value)))
