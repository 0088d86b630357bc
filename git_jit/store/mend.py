"""Mending what lies around the issues in one clone: locks, leftovers, reflog, index. Never the issues themselves.

Every mend looks again, in the writers' queue, before it touches anything, and does nothing when there is nothing to
do; so it may run twice, and beside anybody.
"""

from collections.abc import Callable, Mapping
from typing import Final

from git_jit.errors import UsageError
from git_jit.store.survey.gathering import Home


class NoSuchMend(UsageError):
    """There is no mend of this name."""

    code = "no_such_mend"


def mend(home: Home, name: str) -> str | None:
    """Do what `Fix.local` names; says what was done, None if there was nothing to do. Raises storage errors."""
    if name not in MENDS:
        raise NoSuchMend(f"there is no mend named '{name}'")
    return MENDS[name](home)


MENDS: Final[Mapping[str, Callable[[Home], str | None]]] = {}
