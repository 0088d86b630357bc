"""From commits to a merge: what both sides changed since their base, when, and what the base is."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Final, Generic, Protocol, TypeVar

from git_jit.merge.compare import get, same
from git_jit.merge.issues import rules_of
from git_jit.merge.values import MISSING, UNKNOWN, FieldPath, Merged, Rules, Side, Stamp, Value
from git_jit.merge.whole import merge
from git_jit.paths import CONFIG
from git_jit.record import replace

C = TypeVar("C", bound=Hashable)
"""The name of a commit."""

DEEPEST: Final = 50
"""Criss-cross merges behind criss-cross merges that are looked into. Histories that still have no single base there
are begun from the bases' lowest; no tracker of people gets near it, and a hostile one shall end.
"""


class History(Protocol[C]):
    """What a merge asks about commits. The caller answers from its store, and remembers what is asked often."""

    def merge_bases(self, one: Sequence[C], other: Sequence[C]) -> Sequence[C]:
        """The best common ancestors of a merge of all of `one` and a merge of all of `other`: of the commits that are
        (or are behind) some of `one` and some of `other`, those behind no other such commit. In any order.
        (`git merge-base --all A B C` answers for A and a merge of B and C.)
        """
        ...

    def order(self, commit: C) -> str:
        """A text that sorts commits the same way in every clone; their name will do."""
        ...

    def parents(self, commit: C) -> Sequence[C]: ...

    def clock(self, commit: C) -> Stamp:
        """When the commit was made, by its trailer."""
        ...

    def changed(self, one: C | None, other: C | None) -> Iterable[str]:
        """The paths in which two trees differ; None is the empty tree. Compare subtrees by name before entering."""
        ...

    def version(self, commit: C, path: str) -> Hashable:
        """What is equal exactly when the blobs at `path` are: their name; None is absence."""
        ...

    def read(self, commit: C, path: str) -> Value:
        """The document at `path`."""
        ...


class Base(Generic[C]):
    """What two histories have in common: one commit, or what their several best common ancestors merge to."""

    def __init__(self, history: History[C], commits: tuple[C, ...], edits: Mapping[str, Value]) -> None:
        self._history = history
        self.commits = commits
        """The best common ancestors in order; empty for histories without a common beginning."""
        self.edits = edits
        """What a virtual base says otherwise than the first of `commits`; empty where there is one."""

    @property
    def commit(self) -> C | None:
        """The tree that `edits` lie on; None is the empty tree."""
        return self.commits[0] if self.commits else None

    def read(self, path: str) -> Value:
        if path in self.edits:
            return self.edits[path]
        return None if self.commit is None else self._history.read(self.commit, path)

    def changed(self, commit: C) -> set[str]:
        """The paths in which a commit may differ from this base, and those of `edits`."""
        return {*self._history.changed(self.commit, commit), *self.edits}


def merge_commits(history: History[C], one: C, other: C, rules: Rules | None = None) -> Merged:
    """Merge two commits: everything since their base, which is recursive where histories crossed.

    `Rules.unchanged` and `config` are read from the base; the rest is the caller's. `Merged.edits` are against the
    base: what a commit on top of `one` must change are those of its paths that differ there.
    """
    return merge_onto(history, virtual_base(history, one, other, rules), one, other, rules)


def merge_onto(history: History[C], base: Base[C], one: C, other: C, rules: Rules | None = None) -> Merged:
    """The same with the base at hand."""
    paths = sorted(base.changed(one) | base.changed(other))
    before = {path: base.read(path) for path in paths}
    given = _in_force(rules or Rules(), base)
    return merge(before, _side(history, base, one, paths), _side(history, base, other, paths), given)


def _in_force(rules: Rules, base: Base[C]) -> Rules:
    """What the repository's rules say at a base."""
    found = rules_of(base.read(CONFIG))
    return replace(rules, unchanged=base.read, config=rules.config if found is None else found)


def virtual_base(history: History[C], one: C, other: C, rules: Rules | None = None) -> Base[C]:
    """The base of a merge. Of several best common ancestors none is the right one: taking any brings back what another
    removed. So they are merged, each with the merge of those before it, in the order every clone finds them, and what
    they disagree about is decided as it was when it was merged for real. Conflicts recorded there stay, so that one
    which was resolved since is seen as resolved.
    """
    return _base(history, (one,), (other,), rules or Rules(), 0)


def _base(history: History[C], one: tuple[C, ...], other: tuple[C, ...], rules: Rules, depth: int) -> Base[C]:
    commits = tuple(sorted(history.merge_bases(one, other), key=history.order))
    edits: dict[str, Value] = {}
    if depth >= DEEPEST:
        return Base(history, commits[:1], edits)
    for number, commit in enumerate(commits[1:], start=1):
        merged = commits[:number]
        inner = _base(history, merged, (commit,), rules, depth + 1)
        so_far = Base(history, commits[:1], edits)
        edits = {**edits, **_merge_bases(history, inner, so_far, merged, commit, rules)}
    return Base(history, commits, edits)


def _merge_bases(
    history: History[C], inner: Base[C], so_far: Base[C], merged: tuple[C, ...], commit: C, rules: Rules
) -> Mapping[str, Value]:
    """What one more ancestor makes of the ancestors merged so far."""
    assert so_far.commit is not None
    paths = sorted(inner.changed(so_far.commit) | so_far.edits.keys() | inner.changed(commit))
    before = {path: inner.read(path) for path in paths}
    given = replace(_in_force(rules, inner), waits_for=None)

    def stamp(path: str, field: FieldPath) -> Stamp:
        return max(stamp_of(history, inner, tip, path, field) for tip in merged)

    left = Side(documents={path: so_far.read(path) for path in paths}, stamp=stamp)
    return merge(before, left, _side(history, inner, commit, paths), given).edits


def _side(history: History[C], base: Base[C], tip: C, paths: Iterable[str]) -> Side:
    def stamp(path: str, field: FieldPath) -> Stamp:
        return stamp_of(history, base, tip, path, field)

    return Side(documents={path: history.read(tip, path) for path in paths}, stamp=stamp)


def stamp_of(history: History[C], base: Base[C], tip: C, path: str, field: FieldPath) -> Stamp:
    """The clock of the last commit since the base that gave the field the value it has at `tip`.

    A merge that took a value over did not write it: the search goes on at the parents that have it. Of several
    commits that wrote the same value the latest counts.
    """
    field = _asked(history, base, tip, path, field)
    value = get(history.read(tip, path), field)
    found, seen, waiting = UNKNOWN, {tip}, [tip]
    behind = set(base.commits)
    while waiting:
        commit = waiting.pop()
        if commit in behind:
            continue
        same_there = [p for p in history.parents(commit) if _has(history, p, commit, path, field, value)]
        if not same_there:
            found = max(found, history.clock(commit))
        waiting += [parent for parent in same_there if parent not in seen]
        seen.update(same_there)
    return found


def _asked(history: History[C], base: Base[C], tip: C, path: str, field: FieldPath) -> FieldPath:
    """The part of a field's path that can be followed: members of a list, or groups that a rule made up, change with
    the whole field.
    """
    known = get(history.read(tip, path), field) is not MISSING or get(base.read(path), field) is not MISSING
    return field if known else field[:1]


def _has(history: History[C], parent: C, commit: C, path: str, field: FieldPath, value: object) -> bool:
    """Whether the parent of a commit that has `value` has it too."""
    if history.version(parent, path) == history.version(commit, path):
        return True
    return same(get(history.read(parent, path), field), value)
