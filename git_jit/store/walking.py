"""Walking along all parents, the latest first, through what one commit has and another has not.

The order is that of the clocks in the trailers, which run ahead of their parents' whatever the clock on the wall says
(`commits.tick`); for what other programs committed it is the committer's time, as in git itself.
"""

from collections.abc import Container
from heapq import heappop, heappush

from git_jit.model import Commit, Oid
from git_jit.store import commits
from git_jit.store.backend import ObjectReader


class Line:
    """Commits waiting to be looked at, the latest first; of each it is known whether the base has it too."""

    def __init__(self, objects: ObjectReader, ends: Container[str] = ()) -> None:
        """`ends` are commits whose parents are not looked for, as in a shallow clone."""
        self._objects = objects
        self._ends = ends
        self._taken: tuple[Commit, bool] | None = None
        """The commit taken last, whose parents are looked for when the next one is asked for."""
        self._known: dict[Oid, bool] = {}
        self._waiting: list[tuple[int, int, Oid, Commit]] = []
        self._new = 0
        """How many of the waiting are not the base's."""

    def put(self, oid: Oid, *, known: bool) -> None:
        """Wait for this commit; `known` if the base has it. Raises what reading raises."""
        before = self._known.get(oid)
        if before is None:
            commit = commits.parse(self._objects.read(oid))
            clock = commits.clock_of(commit)
            heappush(self._waiting, (-clock.ms, -clock.counter, oid, commit))
            self._new += not known
        elif known and not before and any(oid == other for _, _, other, _ in self._waiting):
            self._new -= 1
        self._known[oid] = known or bool(before)

    def take(self) -> Commit | None:
        """The next commit that the base has not; None if there is none left. Raises what reading raises."""
        while True:
            if self._taken is not None:
                (commit, known), self._taken = self._taken, None
                for parent in () if commit.oid in self._ends else commit.parents:
                    self.put(parent, known=known)
            if not self._new:
                return None
            _, _, oid, commit = heappop(self._waiting)
            known = self._known[oid]
            self._new -= not known
            self._taken = (commit, known)
            if not known:
                return commit
