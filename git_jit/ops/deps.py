"""Use cases of dependencies: who waits for whom."""

from collections.abc import Sequence
from dataclasses import dataclass

from git_jit.model import Caller, IssueId, Oid, State
from git_jit.ops.report import Report
from git_jit.store import Store
from git_jit.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeLine:
    """One line of a dependency tree, in reading order."""

    id: IssueId
    depth: int
    title: str | None
    """None, like `state`, when the issue is missing."""
    state: State | None
    blocked: bool
    repeated: bool
    """Shown in full further up; its own dependencies are not shown again."""
    cut: bool
    """Has dependencies beyond the depth asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """Why an issue is blocked."""

    id: IssueId
    blocked: bool
    chain: tuple[IssueId, ...] = ()
    """The shortest way from the issue to something that can be worked on now (or is missing); both included."""
    actionable: tuple[IssueId, ...] = ()
    """Every issue it waits for, directly or not, that is itself not blocked."""
    missing: tuple[IssueId, ...] = ()


def add(
    store: Store,
    caller: Caller,
    ids: Sequence[str],
    on: Sequence[str],
    *,
    if_version: Oid | None = None,
    dry_run: bool = False,
) -> Report:
    """Let each of `ids` wait for each of `on`.

    Raises `CycleError` (code `cycle`, `details["path"]`). Edges that say nothing new are removed with a note.
    """
    raise NotImplementedError


def remove(
    store: Store,
    caller: Caller,
    ids: Sequence[str],
    on: Sequence[str],
    *,
    if_version: Oid | None = None,
    dry_run: bool = False,
) -> Report:
    """Let them wait no longer. `on` may name issues that are gone."""
    raise NotImplementedError


def tree(view: View, id: str, *, reverse: bool = False, depth: int | None = None) -> tuple[TreeLine, ...]:
    """What `id` waits for (`reverse`: what waits for it), level below level; each issue in full once."""
    raise NotImplementedError


def why(view: View, id: str) -> Why:
    raise NotImplementedError
