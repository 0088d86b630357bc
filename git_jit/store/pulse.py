"""Whether a reference may have moved, without reading one: for who waits.

git replaces files of references by renaming, so another file is there afterwards. The place depends on how the
reference is stored: a file of its own, a line of `packed-refs`, or a table of `reftable/`.
"""

import os
from collections.abc import Iterable
from typing import Final

from git_jit.store.layout import Layout

SHARED: Final = ("packed-refs", "reftable/tables.list")


def pulse(layout: Layout, refs: Iterable[str]) -> tuple[tuple[int, int, int] | None, ...]:
    """Which files hold the references, when they were written and how large they are; None for one that is not there.

    Two changes between two looks that leave a file of the same number, size and time are not seen: look at the
    references themselves now and then.
    """
    return tuple(_seen(f"{layout.common_dir}/{name}") for name in (*refs, *SHARED))


def _seen(path: str) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
