"""Fitting patterns of `*` and `?`, never trying anything twice.

Between two stars stands a *run* of fixed length. Taking the first place where a run fits leaves the most room for
those after it, so there is never a reason to come back: the work is the text's length times the run's at worst,
where a regular expression of the same meaning tries every way to share the text out among the stars.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple, TypeAlias

Pattern: TypeAlias = tuple[str | int | None, ...]
"""Plain text as it is, None for `*`, and 1 for `?`: see `condition.Glob`."""


class _Run(NamedTuple):
    """What stands between two stars."""

    length: int
    texts: tuple[tuple[int, str], ...]
    """Plain text, each with its distance from the beginning."""

    def fits(self, text: str, start: int) -> bool:
        return all(text.startswith(plain, start + distance) for distance, plain in self.texts)

    def find(self, text: str, start: int) -> int:
        """The end of the first place from `start` where it fits; beyond the text if there is none."""
        if not self.texts:
            return start + self.length
        distance, plain = self.texts[0]
        at = text.find(plain, start + distance)
        while at >= 0 and not self.fits(text, at - distance):
            at = text.find(plain, at + 1)
        return at - distance + self.length if at >= 0 else len(text) + 1


@lru_cache(maxsize=64)
def compiled(pattern: Pattern) -> Callable[[str], bool]:
    """Whether a whole text fits the pattern, as a function of the text."""
    first, *middle = _runs(pattern)
    if not middle:
        return lambda text: len(text) == first.length and first.fits(text, 0)
    last = middle.pop()

    def fits(text: str) -> bool:
        end = len(text) - last.length
        at = first.length
        if at > end or not first.fits(text, 0) or not last.fits(text, end):
            return False
        for run in middle:
            at = run.find(text, at)
            if at > end:
                return False
        return True

    return fits


def _runs(pattern: Pattern) -> list[_Run]:
    """One more than there are stars; any may be empty."""
    runs = [_Run(0, ())]
    for piece in pattern:
        length, texts = runs[-1]
        match piece:
            case None:
                runs.append(_Run(0, ()))
            case str():
                runs[-1] = _Run(length + len(piece), (*texts, (length, piece)))
            case _:
                runs[-1] = _Run(length + 1, texts)
    return runs
