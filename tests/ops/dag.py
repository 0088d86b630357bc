"""A history of any shape in a dictionary, behind as much of `Store` as events ask for."""

from collections.abc import Collection, Iterator, Mapping
from types import SimpleNamespace
from typing import Any, cast

from git_jit.model import Commit, FileChange, Oid
from git_jit.store import Store, UnknownRevision, revisions
from tests.store.making import NOWHERE, Objects


class Dag:
    """`tips` are where the references are: of the issues, and of claims beside them."""

    def __init__(self) -> None:
        self.backend = Objects()
        self.layout: Any = SimpleNamespace(common_dir=NOWHERE)
        self.tips: dict[str, Oid] = {}
        self._second = 0

    @property
    def store(self) -> Store:
        return cast("Store", self)

    def commit(
        self, edits: Mapping[str, bytes | None], *parents: Oid, ref: str = "issues", second: int | None = None
    ) -> Oid:
        """A commit on top of `parents` (of the tip, if none are given), which is the tip then."""
        self._second += 1
        tip = (self.tips[ref],) if ref in self.tips else ()
        at = self._second if second is None else second
        self.backend.commit(edits, parents=parents or tip, second=at)
        assert self.backend.tip is not None
        self.tips[ref] = self.backend.tip
        return self.backend.tip

    def tree(self, commit: Oid) -> dict[str, bytes]:
        """Every file of a commit by its path."""
        found = revisions.compare(cast("Any", self), None, commit)
        return {change.path: self.backend.read(change.new).data for change in found if change.new}

    # --- what events ask for --------------------------------------------------------------------------------

    def history(
        self, start: str | None = None, *, path: str | None = None, without: Collection[Oid] = ()
    ) -> Iterator[Commit]:
        assert path is None, "git is not asked here"
        newest = Oid(start or self.tips["issues"])
        if newest not in self.backend.stored:
            raise UnknownRevision(f"'{start}' names no commit")
        return revisions.history(cast("Any", self), newest, without=without)

    def changes(self, commit: Commit) -> list[FileChange]:
        return revisions.changes(cast("Any", self), commit)

    def taken_over(self, commit: Commit) -> Mapping[str, int]:
        return revisions.taken_over(cast("Any", self), commit)

    def pulse(self) -> object:
        return dict(self.tips)

    def beside(self, ref: str) -> Oid | None:
        return self.tips.get(ref)

    def claims(self) -> Any:
        return SimpleNamespace(refs=("claims",))

    def runs(self) -> None:
        """Nothing ran."""

    def proposals(self) -> None:
        """Nothing was proposed."""
