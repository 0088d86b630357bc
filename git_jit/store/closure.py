"""Whether everything is there that a commit leads to.

Of what a commit holds, every object is read, and verified against its name. Of the history behind it, git walks every
commit and tree and looks for the presence of every blob; a blob of former times that is there but damaged shows only
when it is read.
"""

from typing import Final

from git_jit.errors import JitError
from git_jit.model import Oid
from git_jit.record import record
from git_jit.rescue import Closure
from git_jit.store import places, tree
from git_jit.store.ancestry import Ancestry
from git_jit.store.backend import Kind, Object
from git_jit.store.highwater import Site
from git_jit.store.process import run

FAR: Final = 1_000
"""Ancestors looked at for one that is whole. A power cut damages the last few; what is older was on the disk."""
MAX_DEPTH: Final = 8
"""Levels of directories that are descended; ours has four. What lies deeper is somebody else's, and no damage."""


@record
class Contents:
    """What a commit holds, counted: issues by their paths, and those of them that are issues when read."""

    issues: int = 0
    readable: int = 0
    damaged: tuple[Oid, ...] = ()
    """Trees and blobs that are missing or damaged."""

    def __add__(self, other: "Contents") -> "Contents":
        return Contents(self.issues + other.issues, self.readable + other.readable, self.damaged + other.damaged)


class Inspector:
    """Looks into commits of one repository. What two of them share is read once."""

    def __init__(self, site: Site, ancestry: Ancestry) -> None:
        self._site = site
        self._objects = site.backend
        self._ancestry = ancestry
        self._width = 20 if site.layout.object_format == "sha1" else 32
        self._known: dict[tuple[str, Oid], Contents] = {}
        self._whole: set[Oid] = set()

    def contents(self, commit: Oid) -> Contents:
        """What the commit holds. One that is missing itself holds nothing, and is the damage."""
        node = self._ancestry.nodes.get(commit)
        return Contents(damaged=(commit,)) if node is None else self._directory("", node.tree, MAX_DEPTH)

    def closure(self, commit: Oid) -> Closure:
        """How much of what the commit leads to is there."""
        if self.contents(commit).damaged:
            return Closure.BROKEN
        if commit not in self._whole and self._history_is_whole(commit):
            self._whole |= self._ancestry.behind(commit)
        return Closure.WHOLE if commit in self._whole else Closure.TIP

    def whole_ancestor(self, commit: Oid) -> Oid | None:
        """The nearest commit behind this one, along first parents, whose contents can all be read."""
        here = commit
        for _ in range(FAR):
            node = self._ancestry.nodes.get(here)
            if node is None or not node.parents:
                return None
            here = node.parents[0]
            if not self.contents(here).damaged:
                return here
        return None

    def _history_is_whole(self, commit: Oid) -> bool:
        command = ["rev-list", "--objects", "--quiet", "--end-of-options", commit]
        return run(self._site.layout, command, environ=self._site.environ).status == 0

    def _directory(self, path: str, oid: Oid, depth: int) -> Contents:
        if (path, oid) not in self._known:
            self._known[path, oid] = self._read_directory(path, oid, depth)
        return self._known[path, oid]

    def _read_directory(self, path: str, oid: Oid, depth: int) -> Contents:
        if depth == 0:
            return Contents()
        try:
            found = self._objects.read(oid)
            entries = tree.parse(found.data, self._width) if found.kind is Kind.TREE else None
        except JitError:
            entries = None
        if entries is None:
            return Contents(damaged=(oid,))
        total = Contents()
        for entry in entries:
            if entry.is_tree:
                total += self._directory(f"{path}{entry.name}/", entry.oid, depth - 1)
        files = [(f"{path}{entry.name}", entry.oid) for entry in entries if entry.mode.startswith("100")]
        new = [file for file in files if file not in self._known]
        for file, blob in zip(new, self._objects.read_many([oid for _, oid in new]), strict=True):
            self._known[file] = _judge(*file, blob)
        return sum((self._known[file] for file in files), total)


def _judge(path: str, oid: Oid, blob: Object | Oid) -> Contents:
    place = places.place_of(path)
    is_issue = place.issue is not None and place.comment is None
    if not isinstance(blob, Object):
        return Contents(int(is_issue), 0, (oid,))
    good = is_issue and not isinstance(places.examine(place, blob.data), str)
    return Contents(int(is_issue), int(good))
