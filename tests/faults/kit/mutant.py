"""One way to break the program on purpose."""

from typing import NamedTuple


class Mutant(NamedTuple):
    """A textual replacement, and who must notice it."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]
    """Each of them alone must notice."""
