"""Which back end reaches the objects and references of a repository; each is loaded only when it is chosen."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Literal

from git_jit.store import FormatUnsupported
from git_jit.store.backend import Backend, Durability
from git_jit.store.layout import Layout

if TYPE_CHECKING:
    from git_jit.store.locks import Queue
    from git_jit.store.system import System

BackendName = Literal["auto", "files", "libgit2", "plumbing"]


def queue_of(layout: Layout, system: "System | None") -> "Callable[[], Queue]":
    """Where the writers of a repository wait for each other: made when somebody writes."""

    @cache
    def queue() -> "Queue":
        from git_jit.store.locks import Queue

        return Queue(layout.common_dir, system=system, budget=layout.budgets.queue)

    return queue


def open_backend(
    name: BackendName,
    layout: Layout,
    environ: Mapping[str, str],
    queue: "Callable[[], Queue]",
    durability: Durability,
    system: "System | None" = None,
) -> Backend:
    """Raises `FormatUnsupported` if the back end asked for cannot open this repository."""
    if name != "plumbing" and not layout.plain:
        raise FormatUnsupported(
            f"the back end '{name}' cannot open this repository", hint="leave the choice to git jit"
        )
    if name == "files":
        from git_jit.store.files import Files

        return Files(layout, environ, durability=durability, queue=queue, system=system)
    if name == "libgit2":
        from git_jit.store.git import Libgit2

        return Libgit2(layout, environ, durability=durability, queue=queue)
    from git_jit.store.plumbing import Plumbing

    return Plumbing(layout, environ)
