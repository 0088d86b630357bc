"""A view, and a store of such views, that note what their graph is asked: to count work instead of time."""

from collections.abc import Mapping
from typing import Self

from git_jit.model import IssueId
from git_jit.store import Store
from git_jit.view import View


class WatchedView:
    """A view that notes what its graph is asked."""

    def __init__(self, view: View, asked: list[str] | None = None) -> None:
        self._view = view
        self.asked: list[str] = [] if asked is None else asked

    def __getattr__(self, name: str) -> object:
        return getattr(self._view, name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._view.close()

    def waits_for(self, id: IssueId) -> tuple[IssueId, ...]:
        self.asked.append(f"waits_for {id[:4]}")
        return self._view.waits_for(id)

    def dependents(self, id: IssueId) -> tuple[IssueId, ...]:
        self.asked.append(f"dependents {id[:4]}")
        return self._view.dependents(id)

    def edges(self) -> Mapping[IssueId, tuple[IssueId, ...]]:
        self.asked.append("edges")
        return self._view.edges()


class WatchedStore:
    """A store whose views are watched; `asked` has what all of them were asked."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.asked: list[str] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def view(self, at: str | None = None) -> WatchedView:
        return WatchedView(self._store.view(at), self.asked)
