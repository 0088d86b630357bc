"""A filter as a tree: what was written, before anybody asks what it means.

Trees compare by meaning of the text only; where a piece stood (`span`) is carried for error messages and
takes no part in equality. A tree that `parse` returns always prints, and parses back to an equal tree.
"""

from typing import Final, NamedTuple, TypeAlias

from git_jit.record import field as attribute
from git_jit.record import record


class Span(NamedTuple):
    """The characters `source[start:end]` of a filter."""

    source: str
    start: int
    end: int


NOWHERE: Final = Span("", 0, 0)
"""The span of what nobody typed."""


@record
class Word:
    """A piece of text as typed: one value of a term or, standing alone, a word to search for.

    Only a bare word has wildcards and special values (`none`, `me`, `7d`); a quoted one is just its text.
    """

    text: str
    quoted: bool = False
    span: Span = attribute(default_factory=lambda: NOWHERE, compare=False)


@record
class Term:
    """`field:op value,value…`; the op is one of `OPS`, most often the empty one. At least one value."""

    field: str
    op: str
    values: tuple[Word, ...]
    span: Span = attribute(default_factory=lambda: NOWHERE, compare=False)


@record
class Not:
    part: "Expr"


@record
class And:
    """At least two parts."""

    parts: "tuple[Expr, ...]"


@record
class Or:
    """At least two parts."""

    parts: "tuple[Expr, ...]"


Expr: TypeAlias = Or | And | Not | Term | Word

OPS: Final = ("", "=", "!=", "<", "<=", ">", ">=")

MAX_LENGTH: Final = 4096
"""Characters of a filter. A shell line of this length is no longer written by hand."""
MAX_DEPTH: Final = 64
"""Levels of nesting (reliability.md, I9): far above any honest filter, far below Python's recursion limit."""
MAX_TERMS: Final = 512
"""Terms and words of a filter, those of the saved queries it names included."""
MAX_VALUES: Final = 256
"""Alternatives of one term."""
