"""Headings in a description, and those that the rules of a repository ask for."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from git_jit.config import ANY_TYPE, Config

_HEADING: Final = re.compile(r" {0,3}#{1,6}[ \t]+(\S.*)")
"""An ATX heading of CommonMark 0.31, section 4.2."""
_FENCE: Final = re.compile(r" {0,3}(`{3,}|~{3,})")
"""The beginning of a fenced code block (section 4.5), in which `#` is no heading."""


def missing_sections(description: str, types: Iterable[str], config: Config) -> list[str]:
    """The required headings that `description` lacks, for an issue of these types. Case does not count."""
    if not config.required_sections:
        return []
    wanted = [h for name in (ANY_TYPE, *types) for h in config.required_sections.get(name, ())]
    present = {heading.casefold() for heading in headings(description)} if wanted else set()
    return [heading for heading in dict.fromkeys(wanted) if heading.casefold() not in present]


def headings(markdown: str) -> Iterator[str]:
    """The text of each heading that begins with `#`, outside of fenced code."""
    fence = ""
    for line in markdown.split("\n"):
        mark = _FENCE.match(line)
        if fence:
            if mark and mark[1].startswith(fence) and not line.strip(" `~"):
                fence = ""
        elif mark:
            fence = mark[1]
        elif found := _HEADING.fullmatch(line):
            yield " ".join(found[1].rstrip("# \t").split())
