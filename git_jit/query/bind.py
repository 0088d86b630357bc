"""From a tree to a `Condition`: names, dates and `me` resolved, saved queries expanded, every value checked.

What a single term means is `terms.py`; this page walks the tree and keeps it finite.
"""

from typing import assert_never

from git_jit import condition as c
from git_jit.condition import Condition
from git_jit.query.ast import MAX_DEPTH, MAX_TERMS, NOWHERE, And, Expr, Not, Or, Span, Term, Word
from git_jit.query.errors import QuerySyntax, shown
from git_jit.query.parser import parse
from git_jit.query.terms import search, term_condition
from git_jit.query.values import BindContext, any_of
from git_jit.text import suggestion


def bind(expr: Expr, context: BindContext) -> Condition:
    """What `expr` asks of an issue, in this repository, for this person, now.

    The result is at most `MAX_DEPTH` levels of `All`, `Some` and `Not` deep, plus those inside one term. Raises
    `QuerySyntax` for a value its field cannot hold, and for a saved query that is unknown, circular or too large.
    """
    return _Binder(context).condition(expr, 0)


def condition_for(text: str, context: BindContext) -> Condition:
    """`bind(parse(text))`. Raises `QuerySyntax`; `EmptyFilter`, which is one, when nothing is written."""
    return bind(parse(text), context)


class _Binder:
    __slots__ = ("context", "expanding", "terms")

    def __init__(self, context: BindContext) -> None:
        self.context = context
        self.terms = 0
        self.expanding: list[str] = []

    def condition(self, expr: Expr, depth: int) -> Condition:
        if depth > MAX_DEPTH:
            raise QuerySyntax(f"the filter is nested more than {MAX_DEPTH} levels deep", _span(expr))
        match expr:
            case Or(parts):
                return c.Some(tuple([self.condition(part, depth + 1) for part in parts]))
            case And(parts):
                return c.All(tuple([self.condition(part, depth + 1) for part in parts]))
            case Not(part):
                return c.Not(self.condition(part, depth + 1))
            case Term() | Word():
                return self.leaf(expr, depth)
            case _:
                assert_never(expr)

    def leaf(self, expr: Term | Word, depth: int) -> Condition:
        self.terms += 1
        if self.terms > MAX_TERMS:
            raise QuerySyntax(f"the filter has more than {MAX_TERMS} terms", expr.span)
        if isinstance(expr, Word):
            return search("text", expr)
        if expr.field == "query":
            return self.saved_queries(expr, depth)
        return term_condition(expr, self.context)

    def saved_queries(self, term: Term, depth: int) -> Condition:
        if term.op not in {"", "=", "!="}:
            raise QuerySyntax(f"'query' has no order, so '{term.op}' does not fit it", term.span)
        found = any_of([self.saved_query(name, depth + 1) for name in term.values])
        return c.Not(found) if term.op == "!=" else found

    def saved_query(self, word: Word, depth: int) -> Condition:
        name = word.text
        saved = self.context.config.queries.get(name)
        if saved is None:
            advice = suggestion(name, self.context.config.queries, known="saved queries:")
            raise QuerySyntax(f"unknown saved query {shown(name)}", word.span, advice)
        if name in self.expanding:
            circle = " → ".join([*self.expanding[self.expanding.index(name) :], name])
            raise QuerySyntax(f"saved query '{name}' refers to itself", word.span, circle)
        self.expanding.append(name)
        try:
            return self.condition(parse(saved), depth)
        except QuerySyntax as error:
            if error.span.source != saved:
                raise
            # Never an `EmptyFilter`: a caller may take that for "every issue".
            raise QuerySyntax(f"in saved query '{name}': {error.message}", error.span, error.advice) from error
        finally:
            self.expanding.pop()


def _span(expr: Expr) -> Span:
    """Where `expr` begins."""
    match expr:
        case Term() | Word():
            return expr.span
        case Not(part):
            return _span(part)
        case And(parts) | Or(parts):
            return _span(parts[0]) if parts else NOWHERE
        case _:
            assert_never(expr)
