"""The filter language: one language for lists, bulk changes, claims, exports, the web and agents.

`parse` reads a filter, `unparse` prints it, `bind` turns it into a `condition.Condition` that a view can
answer. Nothing of a filter goes unused: what is not understood is a `QuerySyntax`, never a wider match.
The language is described in `docs/reference/filter-language.md`.
"""

from git_jit.query.ast import And, Expr, Not, Or, Term, Word
from git_jit.query.bind import bind, condition_for
from git_jit.query.errors import EmptyFilter, QuerySyntax
from git_jit.query.parser import parse
from git_jit.query.printer import unparse
from git_jit.query.values import BindContext

__all__ = [
    "And",
    "BindContext",
    "EmptyFilter",
    "Expr",
    "Not",
    "Or",
    "QuerySyntax",
    "Term",
    "Word",
    "bind",
    "condition_for",
    "parse",
    "unparse",
]
