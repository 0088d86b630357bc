"""Every rule across issues, asked at once."""

from collections.abc import Callable
from typing import TypeAlias

from git_jit.validate.census import Census
from git_jit.validate.finding import Finding

Code: TypeAlias = Callable[[str, str | None], bool | None]
"""Whether a path exists in the code at a commit (None: what is checked out); None if that cannot be known."""


def check_census(census: Census, *, code: Code | None = None) -> list[Finding]:
    """What is wrong between issues, weighed by the rules of the repository, in order of rule and subject."""
    raise NotImplementedError
