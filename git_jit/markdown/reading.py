"""Reading a page. The one home of markdown-it, which decides what is a link and what only looks like one.

markdown-it tells the lines of a paragraph and not the columns of a link. So its answer is the set of destinations in
each paragraph; where they stand is found by looking for what begins a destination, and reading it with markdown-it's
own rule. What is found but was not in the answer is no link: it stands in code, or in a comment.
"""

import html
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from git_jit.markdown import Link, Page, Spelling
from git_jit.record import replace

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_LINE: Final = re.compile(r"\r\n?|\n")
_INLINE: Final = re.compile(r"\]\([ \t]*(?:(?:\r\n?|\n)[ \t>]*)?")
_DEFINITION: Final = re.compile(r"\]:[ \t]*(?:\r\n?|\n)?[ \t>]*")
_ATTRIBUTE: Final = re.compile(
    r"""\b(?:src|href|poster|data)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>=`]+))""", re.IGNORECASE
)
_PAIR: Final = r"""\s+([a-z_:][\w:.-]*)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>=`]+)))?"""
"""An attribute of a tag (CommonMark 0.31, section 6.6)."""
_PAIRS: Final = re.compile(_PAIR, re.IGNORECASE | re.ASCII)
_MARKUP: Final = re.compile(
    r"<!--.*?(?:-->|\Z)|<\?.*?(?:\?>|\Z)|<!\[CDATA\[.*?(?:\]\]>|\Z)"
    rf"|<([a-z][a-z0-9-]*)((?:{_PAIR})*)\s*/?>",
    re.IGNORECASE | re.ASCII | re.DOTALL,
)
"""An opening tag, or what hides those that stand in it. (html.parser takes minutes for 20 KB of `<a `.)"""
_HIDING: Final = frozenset({"script", "style", "textarea", "title"})
"""Between these and their end is no tag (HTML, section 13.1.2, "raw text")."""
_CODE: Final = re.compile(r"(?<![`\\])(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
"""A code span (CommonMark 0.31, section 6.1)."""
_NO_TEXT: Final = re.compile(r"[\udc80-\udcff]")
"""A byte that is not UTF-8, as Python has it."""
_LINKING: Final = {"a": "href", "area": "href"}
_EMBEDDING: Final = {
    **dict.fromkeys(("img", "video", "audio", "source", "embed", "track", "iframe"), ("src", "poster")),
    "object": ("data",),
}
_NO_SLUG: Final = re.compile(r"[^\w\- ]")
"""What GitHub takes out of a heading to make its anchor; GitLab and Gitea do alike."""


@cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    class Parser(MarkdownIt):
        """Bytes that are not UTF-8 stay what they are in a destination."""

        def normalizeLink(self, url: str) -> str:  # noqa: N802 - the name that markdown-it calls
            return super().normalizeLink(_NO_TEXT.sub(lambda found: f"%{ord(found[0]) - 0xDC00:02X}", url))

    return Parser("commonmark").enable("table")


def read(text: str) -> Page:
    """The links and anchors of a Markdown text. Every text is one; takes about a second for 100 KB."""
    env: dict[str, dict[str, Any]] = {}
    tokens = _parser().parse(text, env)
    starts = [0, *(found.end() for found in _LINE.finditer(text)), len(text)]
    links: list[Link] = []
    for token in tokens:
        if token.map and token.type in {"inline", "html_block"}:
            links += _of_block(text, starts, token.map, _said(token))
    definitions = env.get("references", {}).values()
    defined = {one["href"] for one in definitions}
    links = [link for link in links if link.span or link.href not in defined]
    for one in definitions:
        links += _defined(text, starts, one["map"], one["href"])
    return Page(links=tuple(sorted(links, key=lambda link: (link.line, link.span or (0, 0)))), anchors=_anchors(tokens))


# --- what the parser says -------------------------------------------------------------------------------


def _said(token: "Token") -> list[tuple[str, bool]]:
    """The destinations in a block, and whether each is shown as part of the page."""
    found: list[tuple[str, bool]] = []
    for child in _below(token):
        match child.type:
            case "link_open":
                found.append((str(child.attrs.get("href", "")), False))
            case "image":
                found.append((str(child.attrs.get("src", "")), True))
            case "html_inline" | "html_block":
                found += _tags(child.content).destinations
    return [(href, embedded) for href, embedded in found if href]


def _below(token: "Token") -> "Sequence[Token]":
    return [token] if token.children is None else token.children


class _Html(NamedTuple):
    """What the tags of a piece of HTML lead to, with whether it is shown in place, and what can be linked to in it."""

    destinations: list[tuple[str, bool]]
    anchors: list[str]


def _tags(text: str) -> _Html:
    found = _Html([], [])
    for tag, name, value in _attributes_said(text):
        if name == _LINKING.get(tag) or name in _EMBEDDING.get(tag, ()):
            found.destinations.append((_normal(value.strip()), tag in _EMBEDDING))
        elif name == "id" or (name == "name" and tag == "a"):
            found.anchors.append(value)
    return found


def _attributes_said(text: str) -> Iterator[tuple[str, str, str]]:
    """Tag, attribute and value, of all attributes that have one. In one pass: nothing is looked at twice."""
    at = 0
    while found := _MARKUP.search(text, at):
        at = found.end()
        if not found[1]:
            continue
        tag = found[1].lower()
        for name, *values in _PAIRS.findall(found[2]):
            if value := html.unescape("".join(values)):
                yield tag, name.lower(), value
        if tag in _HIDING:
            end = re.compile(f"</{tag}", re.IGNORECASE).search(text, at)
            at = end.end() if end else len(text)


def _anchors(tokens: "Sequence[Token]") -> frozenset[str]:
    """As GitHub makes them: a heading that is there twice has `-1` behind it the second time."""
    slugs: dict[str, int] = {}
    found: set[str] = set()
    for before, token in zip([None, *tokens], tokens, strict=False):
        if token.type == "inline" and before is not None and before.type == "heading_open":
            said = "".join(child.content for child in _below(token) if child.type in {"text", "code_inline", "image"})
            slug = _NO_SLUG.sub("", said.strip().lower()).replace(" ", "-")
            number = slugs.get(slug, 0)
            slugs[slug] = number + 1
            found.add(f"{slug}-{number}" if number else slug)
        if token.type in {"inline", "html_block"}:
            html_parts = [child for child in _below(token) if child.type.startswith("html_")]
            found.update(name.lower() for part in html_parts for name in _tags(part.content).anchors)
    return frozenset(found)


# --- where it stands ------------------------------------------------------------------------------------


def _of_block(
    text: str, starts: Sequence[int], lines: Sequence[int], said: Sequence[tuple[str, bool]]
) -> Iterator[Link]:
    if not said:
        return
    first, last = starts[lines[0]], starts[min(lines[1], len(starts) - 1)]
    shown = {href for href, embedded in said if embedded}
    unseen = Counter(href for href, _ in said)
    for link in (*_inline(text, first, last), *_attributes(text, first, last)):
        if link.href in unseen:
            unseen[link.href] -= 1
            yield replace(link, embedded=link.href in shown, line=_line_of(starts, link.span, lines[0]))
    for href in (+unseen).elements():
        yield Link(href=href, line=lines[0] + 1, embedded=href in shown)


def _line_of(starts: Sequence[int], span: tuple[int, int] | None, otherwise: int) -> int:
    return otherwise + 1 if span is None else bisect_right(starts, span[0], hi=len(starts) - 1)


def _inline(text: str, first: int, last: int) -> Iterator[Link]:
    code = [found.span() for found in _CODE.finditer(text, first, last)]
    for found in _INLINE.finditer(text, first, last):
        if not _within(found.start(), code) and (link := _destination(text, found.end(), last)):
            yield link


def _within(at: int, spans: Sequence[tuple[int, int]]) -> bool:
    """Whether `at` lies in one of the spans, which are in order."""
    place = bisect_right(spans, (at, len(spans) and spans[-1][1]))
    return place > 0 and at < spans[place - 1][1]


def _destination(text: str, at: int, last: int) -> Link | None:
    """The destination that begins at `at`, read by markdown-it's own rule."""
    parser = _parser()
    found = parser.helpers.parseLinkDestination(text, at, last)
    if not found.ok or found.pos == at:
        return None
    angle: Spelling = "angle" if text[at] == "<" else "bare"
    return Link(href=parser.normalizeLink(found.str), line=0, span=(at, found.pos), spelling=angle)


def _attributes(text: str, first: int, last: int) -> Iterator[Link]:
    for found in _ATTRIBUTE.finditer(text, first, last):
        group = next(number for number in (1, 2, 3) if found[number] is not None)
        raw = html.unescape(found[group]).strip()
        yield Link(href=_normal(raw), line=0, span=found.span(group), spelling="attribute")


def _defined(text: str, starts: Sequence[int], lines: Sequence[int], href: str) -> Iterator[Link]:
    """The definition of a label, told once, however many links use it."""
    first, last = starts[lines[0]], starts[min(lines[1], len(starts) - 1)]
    for found in _DEFINITION.finditer(text, first, last):
        link = _destination(text, found.end(), last)
        if link is not None and link.href == href:
            yield replace(link, line=_line_of(starts, link.span, lines[0]))
            return
    yield Link(href=href, line=lines[0] + 1)


def _normal(href: str) -> str:
    return _parser().normalizeLink(href)
