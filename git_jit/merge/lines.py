"""A three-way merge of lines, without markers: one text, or the knowledge that two people wrote at one place.

The differences of each side to the base are found apart, so nothing depends on which side is which. git's own
text merge would be a process for each text and names sides; `difflib` is quadratic on repetitive text.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

MOST_EDITS: Final = 400
"""Lines taken away or put in until a text counts as rewritten. The search takes the square of it: 0.1 s."""


class Hunk(NamedTuple):
    """Lines `start` to `end` (not included) of the base, and what stands there instead."""

    start: int
    end: int
    lines: tuple[str, ...]


def merge_lines(base: Sequence[str], one: Sequence[str], other: Sequence[str]) -> list[str] | None:
    """Both sides' changes to `base`; None where they overlap. Adjoining lines may change on different sides; an
    insertion must not touch a change of the other side, because their order would be a guess.

    >>> merge_lines(["a", "b", "c"], ["A", "b", "c"], ["a", "b", "C"])
    ['A', 'b', 'C']
    """
    hunks = sorted({*changes(base, one), *changes(base, other)})
    for earlier, later in pairwise(hunks):
        if _overlap(earlier, later):
            return None
    merged: list[str] = []
    position = 0
    for hunk in hunks:
        merged += base[position : hunk.start]
        merged += hunk.lines
        position = hunk.end
    return [*merged, *base[position:]]


def _overlap(earlier: Hunk, later: Hunk) -> bool:
    if earlier.start == earlier.end or later.start == later.end:
        return later.start <= earlier.end
    return later.start < earlier.end


def changes(base: Sequence[str], text: Sequence[str]) -> Iterator[Hunk]:
    """What turns `base` into `text`, in order; hunks of one side never touch each other."""
    start = 0
    shortest = min(len(base), len(text))
    while start < shortest and base[start] == text[start]:
        start += 1
    end = 0
    while end < shortest - start and base[-1 - end] == text[-1 - end]:
        end += 1
    old, new = base[start : len(base) - end], text[start : len(text) - end]
    if not old and not new:
        return
    at = at_new = 0
    for x, y in [*_common(old, new), (len(old), len(new))]:
        if (at, at_new) != (x, y):
            yield Hunk(start + at, start + x, tuple(new[at_new:y]))
        at, at_new = x + 1, y + 1


def _common(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Places of equal lines in a shortest edit script (Myers, "An O(ND) Difference Algorithm", 1986); none when the
    script would be longer than `MOST_EDITS`.
    """
    if not old or not new:
        return []
    furthest = {1: 0}
    steps: list[dict[int, int]] = []
    for edits in range(min(len(old) + len(new), MOST_EDITS) + 1):
        steps.append(dict(furthest))
        for diagonal in range(-edits, edits + 1, 2):
            x = _begin(furthest, diagonal, edits)
            y = x - diagonal
            while x < len(old) and y < len(new) and old[x] == new[y]:
                x, y = x + 1, y + 1
            furthest[diagonal] = x
            if x >= len(old) and y >= len(new):
                return _way_back(steps, len(old), len(new))
    return []


def _begin(furthest: dict[int, int], diagonal: int, edits: int) -> int:
    """Where the best way on `diagonal` begins: one line down from the diagonal above, or one to the right."""
    down = diagonal == -edits or (diagonal != edits and furthest[diagonal - 1] < furthest[diagonal + 1])
    return furthest[diagonal + 1] if down else furthest[diagonal - 1] + 1


def _way_back(steps: list[dict[int, int]], x: int, y: int) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for edits in range(len(steps) - 1, -1, -1):
        furthest, diagonal = steps[edits], x - y
        begin = _begin(furthest, diagonal, edits)
        while x > begin and y > begin - diagonal and x > 0 and y > 0:
            x, y = x - 1, y - 1
            found.append((x, y))
        if edits:
            down = diagonal == -edits or (diagonal != edits and furthest[diagonal - 1] < furthest[diagonal + 1])
            x, y = (x, y - 1) if down else (x - 1, y)
    return found[::-1]
