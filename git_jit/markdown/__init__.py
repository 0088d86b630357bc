"""Markdown files as far as they lead to other files: links, embedded files, and the headings that links name.

Files of the code are read here, with a whole parser. `validate.sections`, which every write asks about headings of
descriptions, has to do without: loading the parser takes tens of milliseconds.
"""

from typing import Final, Literal, TypeAlias

from git_jit.record import record

SUFFIXES: Final = (".md", ".markdown", ".mdown", ".mkd")
"""What hosts take for Markdown (github/linguist, languages.yml)."""

Spelling: TypeAlias = Literal["bare", "angle", "attribute"]


@record(kw_only=True)
class Link:
    """One place of a page that leads elsewhere: a link, an image, a definition `[label]: …`, an attribute of HTML."""

    href: str
    """As a browser gets it: entities and backslashes resolved, percent-encoded."""
    line: int
    """From 1; where the paragraph begins if the place in it cannot be told."""
    span: tuple[int, int] | None = None
    """Where the destination stands in the text, so that it can be replaced; None: it cannot."""
    spelling: Spelling = "bare"
    embedded: bool = False
    """Whether the file is shown as part of the page, like an image."""


@record(kw_only=True)
class Page:
    """What a Markdown text says of others and of itself."""

    links: tuple[Link, ...]
    """In order of the text."""
    anchors: frozenset[str]
    """What `#…` may name in it, in lower case."""


def is_markdown(path: str) -> bool:
    return path.lower().endswith(SUFFIXES)
