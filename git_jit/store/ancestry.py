"""Commits and their parents, read from a repository in which any of them may be missing or damaged.

git's own walks stop at the first missing commit; this one says what is there.
"""

from collections.abc import Iterable
from typing import NamedTuple

from git_jit.model import Commit, Oid
from git_jit.store import commits
from git_jit.store.backend import Kind, Object, ObjectReader

_OP = b"\nJit-Op: "
_REQUEST = b"\nJit-Request: "


class Node(NamedTuple):
    """One commit as far as walking needs it. (Reading all its trailers would cost ten times as much.)"""

    tree: Oid
    parents: tuple[Oid, ...]
    is_ours: bool
    """Whether a program of ours made it."""
    request: bytes
    """The id of the request it came from; empty if it has none."""


class Ancestry:
    """All commits that were asked for, and what lies behind them."""

    def __init__(self, objects: ObjectReader) -> None:
        self._objects = objects
        self.nodes: dict[Oid, Node] = {}
        self._followed: set[Oid] = set()
        self._behind: dict[Oid, frozenset[Oid]] = {}

    def add(self, found: Object) -> None:
        """Take in a commit that was read elsewhere. What is behind it is not looked for."""
        if node := parse(found):
            self.nodes[found.oid] = node

    def load(self, oids: Iterable[Oid]) -> None:
        """Read these commits and everything behind them. What cannot be read is left out."""
        self._behind.clear()
        wanted = [oid for oid in dict.fromkeys(oids) if oid not in self._followed]
        while wanted:
            self._followed.update(wanted)
            unknown = [oid for oid in wanted if oid not in self.nodes]
            for found in self._objects.read_many(unknown):
                if isinstance(found, Object):
                    self.add(found)
            parents = dict.fromkeys(parent for oid in wanted if oid in self.nodes for parent in self.nodes[oid].parents)
            wanted = [parent for parent in parents if parent not in self._followed]

    def load_one(self, oid: Oid) -> None:
        """Read this commit alone."""
        for found in self._objects.read_many([oid]):
            if isinstance(found, Object):
                self.add(found)

    def behind(self, oid: Oid) -> frozenset[Oid]:
        """The commit and all that lies behind it, as far as it can be read."""
        if oid not in self._behind:
            self._behind[oid] = frozenset(self.behind_all([oid]))
        return self._behind[oid]

    def beyond(self, one: Oid, other: Oid) -> int:
        """How many commits `one` has that `other` has not."""
        return len(self.behind(one) - self.behind(other))

    def behind_all(self, oids: Iterable[Oid]) -> set[Oid]:
        """All that lies behind any of the commits, and they themselves."""
        found: set[Oid] = set()
        todo = [oid for oid in oids if oid in self.nodes]
        while todo:
            here = todo.pop()
            if here not in found:
                found.add(here)
                todo += [parent for parent in self.nodes[here].parents if parent in self.nodes]
        return found

    def heads(self, oids: Iterable[Oid]) -> list[Oid]:
        """Those of the commits that lie behind no other of them, in the order given."""
        wanted = [oid for oid in dict.fromkeys(oids) if oid in self.nodes]
        covered: set[Oid] = set()
        todo = [parent for oid in wanted for parent in self.nodes[oid].parents]
        while todo:
            here = todo.pop()
            if here in self.nodes and here not in covered:
                covered.add(here)
                todo += self.nodes[here].parents
        return [oid for oid in wanted if oid not in covered]

    def commit(self, oid: Oid) -> Commit:
        """The commit with all that its message says."""
        return commits.parse(self._objects.read(oid))


def parse(found: Object) -> Node | None:
    """The commit's tree and parents; None if it is no commit."""
    lines = found.data.partition(b"\n\n")[0].split(b"\n")
    if found.kind is not Kind.COMMIT or not lines[0].startswith(b"tree "):
        return None
    parents = tuple(Oid(line[7:].decode()) for line in lines[1:] if line.startswith(b"parent "))
    request = found.data.partition(_REQUEST)[2].partition(b"\n")[0]
    return Node(Oid(lines[0][5:].decode()), parents, _OP in found.data, request)
