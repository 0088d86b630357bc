"""Use cases of dependencies: let issues wait for others, and wait no longer."""

from collections.abc import Sequence

from git_jit.model import Caller, Oid
from git_jit.ops.batch import run
from git_jit.ops.desk import Terms
from git_jit.ops.edit import Patch
from git_jit.ops.issues import patching
from git_jit.ops.report import Report
from git_jit.store import Store


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
    step = patching(Patch(add_dependencies=tuple(on)))
    return run(store, caller, "dep-add", ids, step, Terms(now=caller.now), if_version=if_version, dry_run=dry_run)


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
    step = patching(Patch(remove_dependencies=tuple(on)))
    return run(store, caller, "dep-rm", ids, step, Terms(now=caller.now), if_version=if_version, dry_run=dry_run)
