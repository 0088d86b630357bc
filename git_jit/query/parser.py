"""From tokens to a tree, by recursive descent.

or    := and ("OR" and)*
and   := unary (["AND"] unary)*
unary := ("NOT" | "-") unary | "(" or ")" | term
"""

from git_jit.query.ast import MAX_DEPTH, And, Expr, Not, Or, Span
from git_jit.query.errors import QuerySyntax
from git_jit.query.lexer import Token, scan


def parse(text: str) -> Expr:
    """The tree of a filter, in time linear to its length.

    Every character of `text` is used. Raises `QuerySyntax`; `EmptyFilter`, which is one, when nothing is written.

    >>> parse("state:ready -crash").parts[1]
    Not(part=Word(text='crash', quoted=False))
    """
    parser = _Parser(text, scan(text))
    expr = parser.disjunction(0)
    if left_over := parser.peek():
        raise QuerySyntax("')' closes nothing", left_over.span, "remove it, or add the '(' it belongs to")
    return expr


class _Parser:
    __slots__ = ("at", "text", "tokens")

    def __init__(self, text: str, tokens: list[Token]) -> None:
        self.text = text
        self.tokens = tokens
        self.at = 0

    def peek(self) -> Token | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def accept(self, kind: str) -> Token | None:
        """The next token, taken, if it is of this kind."""
        token = self.peek()
        if token is None or token.kind != kind:
            return None
        self.at += 1
        return token

    def disjunction(self, depth: int) -> Expr:
        parts = [self.conjunction(depth)]
        while self.accept("OR"):
            parts.append(self.conjunction(depth))
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def conjunction(self, depth: int) -> Expr:
        parts = [self.unary(depth)]
        while (token := self.peek()) and token.kind not in {"OR", ")"}:
            self.accept("AND")
            parts.append(self.unary(depth))
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def unary(self, depth: int) -> Expr:
        token = self.peek()
        if token is None:
            raise self.missing(None)
        if depth > MAX_DEPTH:
            raise QuerySyntax(f"the filter is nested more than {MAX_DEPTH} levels deep", token.span)
        self.at += 1
        if token.node is not None:
            return token.node
        if token.kind in {"NOT", "-"}:
            return Not(self.unary(depth + 1))
        if token.kind == "(":
            return self.group(token, depth)
        raise self.missing(token)

    def group(self, opening: Token, depth: int) -> Expr:
        """`(` is taken."""
        if closing := self.accept(")"):
            span = Span(self.text, opening.span.start, closing.span.end)
            raise QuerySyntax("there is nothing between the parentheses", span)
        inside = self.disjunction(depth + 1)
        if not self.accept(")"):
            raise self.unclosed(opening)
        return inside

    def missing(self, found: Token | None) -> QuerySyntax:
        """Something had to come here; `found` (already taken) came instead, or the end."""
        at = self.at - 1 if found else self.at
        before = self.tokens[at - 1] if at else None
        after = f"something is missing after '{before.kind}'" if before else ""
        if found:
            first = before is None or before.kind == "("
            advice = "quote a keyword to search for it" if found.kind != ")" else None
            return QuerySyntax(f"something is missing before '{found.kind}'" if first else after, found.span, advice)
        if before and before.kind == "(":
            return self.unclosed(before)
        return QuerySyntax(after, Span(self.text, len(self.text), len(self.text)))

    def unclosed(self, opening: Token) -> QuerySyntax:
        return QuerySyntax("the parenthesis is never closed", opening.span, "add the missing ')'")
