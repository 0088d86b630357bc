"""What is wrong with a filter, and where: a sentence, the filter with a caret line, and a way on."""

import unicodedata
from typing import Final

from git_jit.errors import UsageError
from git_jit.query.ast import Span

WIDTH: Final = 72
"""Columns of a drawing: an 80-column terminal less `hint: ` and a margin."""


class QuerySyntax(UsageError):
    """The filter cannot be understood.

    `details` holds `column` (from 1, in characters), `length` (0 at the very end) and `text` (the filter, or the saved
    query in it, that the column counts in). The hint is the drawing and, on a line of its own, the advice.
    """

    code = "query_syntax"

    def __init__(self, message: str, span: Span, advice: str | None = None) -> None:
        lines = [*draw(span), *_wrapped(advice or "")]
        details = {"column": span.start + 1, "length": span.end - span.start, "text": span.source}
        super().__init__(message, hint="\n".join(lines) or None, details=details)
        self.span = span
        self.advice = advice


class EmptyFilter(QuerySyntax):
    """There is nothing in the filter. Reads may take it for "everything"; writes refuse it."""

    code = "empty_filter"


def _wrapped(advice: str) -> list[str]:
    if len(advice) <= WIDTH:
        return [advice] if advice else []
    from textwrap import wrap  # only a long answer to a mistake pays for it

    return wrap(advice, WIDTH, break_long_words=False, break_on_hyphens=False)


def shown(text: str) -> str:
    """`text` in quotes, on one line and short enough for a sentence."""
    return f"'{_cut(text, 40)}'"


def draw(span: Span) -> list[str]:
    """The filter on one line and carets below the span; none for a filter that nobody typed.

    Wide characters take two columns and combining ones none, as in a terminal. A long filter is cut
    around the span, with `…` for what is left out.
    """
    source, start, end = span
    if not source.strip():
        return []
    left = _cut(source[:start], WIDTH // 2, keep_end=True)
    marked = _cut(source[start:end], WIDTH - _width(left))
    right = _cut(source[end:], max(1, WIDTH - _width(left) - _width(marked)))
    return [(left + marked + right).rstrip(), " " * _width(left) + "^" * max(1, _width(marked))]


def _cut(text: str, columns: int, *, keep_end: bool = False) -> str:
    """`text` with spaces for line breaks and tabs, and at most `columns` wide."""
    text = "".join(
        " " if c.isspace() else c if c.isprintable() or _columns(c) == 0 else "\N{REPLACEMENT CHARACTER}" for c in text
    )
    if _width(text) <= columns:
        return text
    kept: list[str] = []
    room = columns - 1
    for char in reversed(text) if keep_end else text:
        room -= _columns(char)
        if room < 0:
            break
        kept.append(char)
    return "…" + "".join(reversed(kept)) if keep_end else "".join(kept) + "…"


def _width(text: str) -> int:
    return len(text) if text.isascii() else sum(map(_columns, text))


def _columns(char: str) -> int:
    """How many columns of a terminal `char` takes (Unicode Standard Annex 11; marks and formats take none)."""
    if unicodedata.category(char) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1
