"""Whether the issues are sound as they stand, at the price of one file read when nothing changed since the last look.

Hooks ask before every commit of code, so this page imports nothing: what judges is loaded when there is something to
judge (`ops.incoming`).
"""

from typing import Final

from git_jit import __version__
from git_jit.model import Oid
from git_jit.ops.objection import Objection
from git_jit.store import Store

SOUND: Final = "sound"
"""The note: by which version of the program which commit was found without errors."""


def errors_at(store: Store, tip: Oid) -> tuple[Objection, ...]:
    """What is wrong with the issues as of their tip: errors alone, and none about files of the code."""
    if store.recall(SOUND) == _stamp(tip):
        return ()
    from git_jit.ops.incoming import standing_errors

    found = standing_errors(store, tip)
    if not found:
        store.remember(SOUND, _stamp(tip))
    return found


def _stamp(tip: Oid) -> bytes:
    return f"{__version__} {tip}\n".encode()
