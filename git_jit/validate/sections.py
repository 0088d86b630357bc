"""Headings in a description, what lies below them, and those that the rules of a repository ask for."""

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from git_jit.config import ANY_TYPE, Config

_HEADING: Final = re.compile(r" {0,3}(#{1,6})[ \t]+(\S.*)")
"""An ATX heading of CommonMark 0.31, section 4.2."""
_FENCE: Final = re.compile(r" {0,3}(`{3,}|~{3,})")
"""The beginning of a fenced code block (section 4.5), in which `#` is no heading."""
_ITEM: Final = re.compile(r"[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+(?:\[[ xX]\][ \t]+)?(?=\S)")
"""The mark of a list item (section 5.2), with or without a box."""


class Line(NamedTuple):
    """One line of Markdown."""

    text: str
    """Of a heading, its text alone."""
    level: int = 0
    """1 to 6 for a heading, 0 for any other line."""
    code: bool = False
    """In a fenced block, or its fence."""


def missing_sections(description: str, types: Iterable[str], config: Config) -> list[str]:
    """The required headings that `description` lacks, for an issue of these types. Case does not count."""
    if not config.required_sections:
        return []
    wanted = [h for name in (ANY_TYPE, *types) for h in config.required_sections.get(name, ())]
    present = {heading.casefold() for heading in headings(description)} if wanted else set()
    return [heading for heading in dict.fromkeys(wanted) if heading.casefold() not in present]


def headings(markdown: str) -> Iterator[str]:
    """The text of each heading that begins with `#`, outside of fenced code."""
    return (line.text for line in lines(markdown) if line.level)


def section(markdown: str, heading: str) -> list[Line] | None:
    """What lies below the first heading of that text, in any case of letters, down to the next one of its level or
    above; None if there is no such heading.
    """
    found: list[Line] | None = None
    wanted, level = heading.casefold(), 0
    folded = markdown.casefold()
    if not all(word in folded for word in wanted.split()):
        return None  # most texts end here, without a look at each line
    for line in lines(markdown):
        if found is not None:
            if 0 < line.level <= level:
                break
            found.append(line)
        elif line.level and line.text.casefold() == wanted:
            found, level = [], line.level
    return found


def is_written(found: Iterable[Line]) -> bool:
    """Whether anything but headings and blanks is there."""
    return any(not line.level and line.text.strip() for line in found)


def items(found: Iterable[Line]) -> Iterator[str]:
    """The text of each item of a list, without its mark and box; of one that goes on, the first line."""
    for line in found:
        if not line.code and not line.level and (mark := _ITEM.match(line.text)):
            yield line.text[mark.end() :]


def lines(markdown: str) -> Iterator[Line]:
    """Every line, as far as headings and fences are concerned."""
    fence = ""
    for line in markdown.split("\n"):
        mark = _FENCE.match(line)
        if fence:
            yield Line(line, code=True)
            if mark and mark[1].startswith(fence) and not line.strip(" `~"):
                fence = ""
        elif mark:
            fence = mark[1]
            yield Line(line, code=True)
        elif found := _HEADING.fullmatch(line):
            yield Line(" ".join(found[2].rstrip("# \t").split()), len(found[1]))
        else:
            yield Line(line)
