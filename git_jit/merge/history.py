"""From commits to a merge: what both sides changed since their base, when, and what the base is."""

from collections.abc import Hashable, Iterable, Sequence
from typing import Protocol, TypeVar

from git_jit.merge.values import Stamp, Value

C = TypeVar("C", bound=Hashable)
"""The name of a commit."""


class History(Protocol[C]):
    """What a merge asks about commits. The caller answers from its store, and remembers what is asked often."""

    def merge_bases(self, one: Sequence[C], other: Sequence[C]) -> Sequence[C]:
        """The best common ancestors of a merge of all of `one` and a merge of all of `other`: of the commits that are
        (or are behind) some of `one` and some of `other`, those behind no other such commit. In any order.
        """
        ...

    def parents(self, commit: C) -> Sequence[C]: ...

    def clock(self, commit: C) -> Stamp:
        """When the commit was made, by its trailer."""
        ...

    def changed(self, one: C | None, other: C) -> Iterable[str]:
        """The paths in which two trees differ; None is the empty tree. Compare subtrees by name before entering."""
        ...

    def version(self, commit: C, path: str) -> Hashable:
        """What is equal exactly when the blobs at `path` are: their name; None is absence."""
        ...

    def read(self, commit: C, path: str) -> Value:
        """The document at `path`."""
        ...
