"""What makes the next command faster or safer, done after a write: the reflog protected, the tip remembered for
recovery, the index refreshed, a dead writer's pack released, git asked to tidy up.

The change is published by then, so nothing here may fail the command. Whatever was left undone, the next write or the
next reader does.
"""

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Protocol

from git_jit.model import Oid
from git_jit.store.backend import Encoded, Object
from git_jit.store.configfile import Entries
from git_jit.store.gitconfig import OWN_INCLUDE, protect_reflogs
from git_jit.store.highwater import Site
from git_jit.store.locks import Queue


class Kept(Site, Protocol):
    """A repository in which something was just written."""

    @property
    def queue(self) -> Queue: ...

    @property
    def config(self) -> Entries: ...


def after_write(kept: Kept, published: Oid, known: Mapping[Oid, Object], issues: Encoded | None = None) -> None:
    """`known` (the objects of the change, and the trees before it) need not be read again, `issues` not decoded.

    Raises nothing.
    """
    steps: tuple[Callable[[], None], ...] = (
        lambda: _protect(kept),
        lambda: _remember_tip(kept, published),
        lambda: _refresh(kept, known, issues),
        lambda: _sweep(kept),
        lambda: _maintain(kept),
    )
    for step in steps:
        with suppress(Exception):
            step()


def _protect(kept: Kept) -> None:
    if not os.path.exists(f"{kept.layout.common_dir}/{OWN_INCLUDE}"):
        with kept.queue:
            protect_reflogs(kept.layout, kept.environ, kept.config)


def _remember_tip(kept: Kept, published: Oid) -> None:
    """What recovery lives on: the high-water mark at every write, an anchor at every 64th."""
    from git_jit.store import anchors

    anchors.after_write(kept, published)


def _refresh(kept: Kept, known: Mapping[Oid, Object], issues: Encoded | None) -> None:
    """Spare the next reader the work; but while others write, the last of them does it for all."""
    if kept.queue.is_busy():
        return
    from git_jit.store.cache import index_of
    from git_jit.store.refreshing import refresh

    refresh(index_of(kept), known, issues)


def _sweep(kept: Kept) -> None:
    """Let gc have the pack that a bulk write kept before it was killed. In our turn, so that none is just made."""
    names = [name for name in os.listdir(f"{kept.layout.objects_dir}/pack") if name.endswith(".keep")]
    if names and not kept.queue.is_busy():
        from git_jit.store.keeps import sweep_keeps

        with kept.queue:
            sweep_keeps(kept.layout)


def _maintain(kept: Kept) -> None:
    from git_jit.store import gc

    if gc.is_due(kept.layout.common_dir, kept.layout.objects_dir):
        from git_jit.store.settings import maintenance

        maintenance(kept.layout, kept.environ)
