"""Objects read once: a write edits the trees that the index compares after it, and walking history asks for the same
trees again and again.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from git_jit.model import Oid
from git_jit.store.backend import Kind, Object
from git_jit.store.tree import Source

REMEMBERED_TREES: Final = 2_000
"""Objects kept while history is walked: the parent's trees are needed again for the next commit."""


class Remembering:
    """Objects that are at hand already, and the trees and commits read since."""

    def __init__(self, objects: Source, known: Mapping[Oid, Object] | None = None) -> None:
        self.object_format = objects.object_format
        self._objects = objects
        self._known = known or {}
        self._read: dict[Oid, Object] = {}

    @property
    def at_hand(self) -> Mapping[Oid, Object]:
        """The trees and commits that were read."""
        return self._read

    def read(self, oid: Oid) -> Object:
        return self._at_hand(oid) or self._remember(self._objects.read(oid))

    def read_many(self, oids: Iterable[Oid]) -> Iterator[Object | Oid]:
        wanted = [(oid, self._at_hand(oid)) for oid in oids]
        fetched = self._objects.read_many([oid for oid, found in wanted if found is None])
        for _, found in wanted:
            if found is not None:
                yield found
                continue
            one = next(fetched)
            yield self._remember(one) if isinstance(one, Object) else one

    def _at_hand(self, oid: Oid) -> Object | None:
        return self._known.get(oid) or self._read.get(oid)

    def _remember(self, object: Object) -> Object:
        if object.kind is not Kind.BLOB:
            if len(self._read) >= REMEMBERED_TREES:
                self._read.clear()
            self._read[object.oid] = object
        return object
