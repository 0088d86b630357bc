"""From characters to tokens. A whole term is one token, because its value must be read right after its field:
only there is `epic:foo` in `label:epic:foo` a value. One pass, one character at a time, no regular expressions.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from git_jit.query.ast import MAX_LENGTH, MAX_TERMS, MAX_VALUES, Span, Term, Word
from git_jit.query.errors import EmptyFilter, QuerySyntax, shown
from git_jit.query.fields import FIELDS, SYNONYMS, canonical
from git_jit.text import nearest

KEYWORDS: Final = frozenset({"AND", "OR", "NOT"})
_OPERATOR: Final = frozenset("<>=!")
_WORD_END: Final = frozenset('():"')
_VALUE_END: Final = frozenset('(),"')
_ESCAPABLE: Final = frozenset('"\\')


class Token(NamedTuple):
    """`kind` is `(`, `)`, `-`, `AND`, `OR`, `NOT` or `term`; only a `term` has a node."""

    kind: str
    span: Span
    node: Term | Word | None = None


def scan(text: str) -> list[Token]:
    """Cut a filter into tokens. Raises `QuerySyntax`, or `EmptyFilter` when there is none."""
    _check_characters(text)
    found = list(_Lexer(text).tokens())
    if not found:
        raise EmptyFilter("the filter is empty", Span(text, 0, 0))
    terms = [token for token in found if token.node]
    if len(terms) > MAX_TERMS:
        raise QuerySyntax(f"the filter has more than {MAX_TERMS} terms", terms[MAX_TERMS].span)
    return found


def _check_characters(text: str) -> None:
    """Refuse what no issue holds and no terminal should be sent: control characters and broken encodings."""
    if len(text) > MAX_LENGTH:
        raise QuerySyntax(
            f"the filter is longer than {MAX_LENGTH} characters",
            Span(text, MAX_LENGTH, len(text)),
            "a saved query keeps a long filter short",
        )
    if text.isprintable():
        return
    for at, char in enumerate(text):
        if (char < " " and char not in "\t\n\r") or "\x7f" <= char <= "\x9f" or "\ud800" <= char <= "\udfff":
            raise QuerySyntax(f"the filter holds the unprintable character U+{ord(char):04X}", Span(text, at, at + 1))


class _Lexer:
    __slots__ = ("at", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def tokens(self) -> Iterator[Token]:
        text = self.text
        while self.at < len(text):
            char = text[self.at]
            if char.isspace():
                self.at += 1
            elif char in "()":
                self.at += 1
                yield Token(char, self.since(self.at - 1))
            elif char == "-":
                yield self.minus()
            else:
                yield self.word_or_term()

    def since(self, start: int) -> Span:
        return Span(self.text, start, self.at)

    def peek(self) -> str:
        """The next character; empty at the end."""
        return self.text[self.at : self.at + 1]

    def minus(self) -> Token:
        self.at += 1
        span = self.since(self.at - 1)
        if not self.peek().strip() or self.peek() == ")":
            raise QuerySyntax("'-' excludes nothing", span, "put '-' directly before what it excludes: -label:bug:ui")
        return Token("-", span)

    def word_or_term(self) -> Token:
        start = self.at
        word = self.quoted() if self.peek() == '"' else self.bare(_WORD_END)
        if not word.quoted and self.peek() == ":":
            return self.term(word)
        if not word.quoted and word.text.upper() in KEYWORDS and self.peek() != '"':
            return Token(word.text.upper(), self.since(start))
        self.check_end(word)
        self.check_operator(word)
        return Token("term", word.span, word)

    def term(self, name: Word) -> Token:
        """`name` is read, a colon is next."""
        field = canonical(name.text)
        if field is None:
            raise self.unknown_field(name)
        self.at += 1
        op = self.operator()
        values = [self.value(field)]
        while self.peek() == ",":
            self.at += 1
            values.append(self.value(field))
        self.check_end(values[-1])
        if len(values) > MAX_VALUES:
            raise QuerySyntax(f"'{field}:' has more than {MAX_VALUES} alternatives", values[MAX_VALUES].span)
        span = self.since(name.span.start)
        return Token("term", span, Term(field, op, tuple(values), span))

    def operator(self) -> str:
        start = self.at
        while self.peek() in _OPERATOR:
            self.at += 1
        op = self.text[start : self.at]
        if op in {"", "=", "!=", "<", "<=", ">", ">="}:
            return op
        advice = "exclude with '-' before the field" if op == "!" else "operators are = != < <= > >="
        raise QuerySyntax(f"{shown(op)} is not an operator", self.since(start), advice)

    def value(self, field: str) -> Word:
        if self.peek() == '"':
            return self.quoted()
        word = self.bare(_VALUE_END)
        if word.text[:1] in _OPERATOR:
            advice = (
                f"the operator stands before all alternatives: {field}:{word.text[0]}…; else join two terms with OR"
            )
            raise QuerySyntax(f"{shown(word.text)} begins with an operator", word.span, advice)
        if not word.text:
            before = self.text[self.at - 1]
            raise QuerySyntax(
                f"a value is missing after '{field + ':' if before == ':' else before}'",
                word.span,
                f"leave out the space after '{before}'; quote a value that holds one"
                if self.peek().isspace()
                else None,
            )
        return word

    def bare(self, end: frozenset[str]) -> Word:
        """Characters up to white space or one of `end`."""
        text, start, at = self.text, self.at, self.at
        while at < len(text) and (char := text[at]) not in end and not char.isspace():
            at += 1
        self.at = at
        return Word(text[start:at], span=self.since(start))

    def quoted(self) -> Word:
        """From the opening quote to the closing one."""
        start, text, chars = self.at, self.text, list[str]()
        self.at += 1
        while (char := self.peek()) != '"':
            if not char:
                raise QuerySyntax("the quote is never closed", Span(text, start, start + 1), "add a closing '\"'")
            if char == "\\":
                char = self.escaped()
            chars.append(char)
            self.at += 1
        self.at += 1
        return Word("".join(chars), quoted=True, span=self.since(start))

    def escaped(self) -> str:
        """The character after a backslash, which is next."""
        self.at += 1
        if self.peek() not in _ESCAPABLE:
            raise QuerySyntax(
                "a backslash in quotes escapes nothing here",
                Span(self.text, self.at - 1, self.at),
                r"write \\ for a backslash and \" for a quote",
            )
        return self.peek()

    def check_end(self, word: Word) -> None:
        """Nothing may stick to the end of a term: `label:a(b)` must not quietly become two terms."""
        after = self.peek()
        if not after or after.isspace() or after == ")":
            return
        what = "the closing quote" if word.quoted else shown(word.text)
        raise QuerySyntax(
            f"'{after}' sticks to {what}",
            Span(self.text, self.at, self.at + 1),
            "separate two terms by a space; quote a text that holds quotes, parentheses or colons",
        )

    def check_operator(self, word: Word) -> None:
        """`priority>high`, `>high` and `!crash` are slips of the pen, not words to search for."""
        at = next((at for at, char in enumerate(word.text) if char in _OPERATOR), None)
        if word.quoted or at is None:
            return
        field = canonical(word.text[:at])
        if field:
            message = f"{shown(word.text)} has an operator, but no colon before it"
            advice = f"write {shown(f'{field}:{word.text[at:]}')}"
        elif at == 0:
            message = f"{shown(word.text)} begins with an operator"
            advice = (
                "exclude with '-'" if word.text[0] == "!" else "operators follow a field and a colon: priority:>=high"
            )
        else:
            return
        raise QuerySyntax(message, word.span, f"{advice}; to search for the text, quote it")

    def unknown_field(self, name: Word) -> QuerySyntax:
        if not name.text:
            return QuerySyntax("a field is missing before ':'", self.since(self.at)._replace(end=self.at + 1))
        folded = name.text.lower().replace("_", "-")
        best = SYNONYMS.get(folded) or nearest(folded, FIELDS)
        advice = f"did you mean '{best}:'? " if best else f"fields: {', '.join(FIELDS)}, field.<name>; "
        return QuerySyntax(f"unknown field {shown(name.text)}", name.span, advice + "to search for the text, quote it")
