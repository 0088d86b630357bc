"""Letting the links of a page lead elsewhere, with no other byte changed."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

from git_jit.markdown import Link
from git_jit.markdown.addresses import Target, address, target
from git_jit.markdown.reading import read

Aimed: TypeAlias = tuple[Link, Target]
"""A link, and where it shall lead."""


class Rewritten(NamedTuple):
    text: str
    changed: int
    """Links that are spelled otherwise now."""
    left: tuple[Link, ...]
    """Those that should lead elsewhere and could not be spelled anew."""


def rewrite(text: str, old: str, new: str, moved: Callable[[str], str]) -> Rewritten:
    """The page that lies at `old`, for its place at `new`, while other files go where `moved` says.

    The result is read again: a link that does not lead where it should by then is `left`.
    """
    goals = [(link, goal) for link in read(text).links if (goal := _goal(link, old, new, moved))]
    moving = [(link, goal) for link, goal in goals if target(new, link.href) != goal]
    pieces: list[str] = []
    position = changed = 0
    for link, goal in moving:
        if link.span is not None and link.span[0] >= position:
            pieces += [text[position : link.span[0]], address(new, goal.path or "", link)]
            position = link.span[1]
            changed += 1
    result = "".join([*pieces, text[position:]])
    return Rewritten(result, changed, _astray(result, new, goals, moving) if moving else ())


def _goal(link: Link, old: str, new: str, moved: Callable[[str], str]) -> Target | None:
    """Where a link shall lead; None if that is not in the repository."""
    found = target(old, link.href)
    if found is None or found.path is None:
        return None
    return found._replace(path=new if link.href.startswith("#") else moved(found.path))


def _astray(text: str, new: str, goals: Sequence[Aimed], moving: Sequence[Aimed]) -> tuple[Link, ...]:
    """The links of which the new page does not have as many as it should; rather those that could not be changed."""
    lacking: Counter[Target | None] = Counter(goal for _, goal in goals)
    lacking.subtract(target(new, link.href) for link in read(text).links)
    left = []
    for link, goal in sorted(moving, key=lambda one: one[0].span is not None):
        if lacking[goal] > 0:
            lacking[goal] -= 1
            left.append(link)
    return tuple(sorted(left, key=lambda link: link.line))
