"""Letting the links of a page lead elsewhere, with no other byte changed."""

from collections.abc import Callable
from typing import NamedTuple

from git_jit.markdown import Link
from git_jit.markdown.addresses import address, target
from git_jit.markdown.reading import read


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
    pieces: list[str] = []
    position = changed = 0
    wanted: list[Link] = []
    for link in read(text).links:
        found = target(old, link.href)
        if found is None or found.path is None or link.href.startswith("#"):
            continue
        goal = moved(found.path)
        aim = target(new, link.href)
        if aim is not None and aim.path == goal:
            continue
        wanted.append(link)
        if link.span is None or link.span[0] < position:
            continue
        spelled = address(new, goal, link)
        pieces += [text[position : link.span[0]], spelled]
        position = link.span[1]
        changed += 1
    result = "".join([*pieces, text[position:]])
    return Rewritten(result, changed, _astray(result, wanted, old, new, moved) if wanted else ())


def _astray(text: str, wanted: list[Link], old: str, new: str, moved: Callable[[str], str]) -> tuple[Link, ...]:
    """The links of which the new page does not have as many as it should."""
    there: dict[tuple[str | None, str], int] = {}
    for link in read(text).links:
        if (found := target(new, link.href)) is not None:
            key = (found.path, found.fragment)
            there[key] = there.get(key, 0) + 1
    left = []
    for link in wanted:
        found = target(old, link.href)
        assert found is not None
        assert found.path is not None
        key = (moved(found.path), found.fragment)
        if not there.get(key):
            left.append(link)
        else:
            there[key] -= 1
    return tuple(left)
