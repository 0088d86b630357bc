"""Short names of issues: the fewest digits, seven or more, that name one issue here."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from git_jit.model import ID_LENGTH, IssueId
from git_jit.view import View

ABBREVIATION: Final = 7
"""Digits, as git abbreviates: enough for a talk, few enough to type."""
FEW: Final = 256
"""Up to here asking the index once for each id is cheaper than reading every id."""


def short_names(view: View, ids: Iterable[IssueId]) -> Mapping[IssueId, str]:
    """An abbreviation for each id that is unique in the view."""
    wanted = list(dict.fromkeys(ids))
    if len(wanted) <= FEW:
        return {id: _asked(view, id) for id in wanted}
    everything = view.ids()
    return {id: id[: _unique_length(everything, id)] for id in wanted}


def _asked(view: View, id: IssueId) -> str:
    length = ABBREVIATION
    while length < ID_LENGTH and len(view.starting_with(id[:length], 2)) > 1:
        length += 1
    return id[:length]


def _unique_length(everything: Sequence[IssueId], id: IssueId) -> int:
    """In sorted ids only the neighbours share the longest beginning."""
    from bisect import bisect_left

    at = bisect_left(everything, id)
    neighbours = [*everything[max(0, at - 1) : at], *(other for other in everything[at : at + 2] if other != id)]
    return min(ID_LENGTH, max([ABBREVIATION, *(_common(id, other) + 1 for other in neighbours)]))


def _common(one: str, other: str) -> int:
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))
