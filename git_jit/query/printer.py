"""From a tree back to a filter: `parse(unparse(tree)) == tree`."""

from typing import assert_never

from git_jit.query.ast import And, Expr, Not, Or, Term, Word
from git_jit.query.errors import QuerySyntax
from git_jit.query.lexer import scan


def unparse(expr: Expr) -> str:
    r"""The filter that parses to `expr`: a space for AND, `-` for NOT, parentheses only where they are needed.

    Raises ValueError for a bare word that no filter can spell, such as `Word("a b")`; quote those.

    >>> from git_jit.query.parser import parse
    >>> unparse(parse('(state:ready) and not (label:bug:* or "a \\"b\\"")'))
    'state:ready -(label:bug:* OR "a \\"b\\"")'
    """
    match expr:
        case Or(parts):
            return " OR ".join(_inside(part, Or) for part in parts)
        case And(parts):
            return " ".join(_inside(part, Or | And) for part in parts)
        case Not(part):
            return "-" + _inside(part, Or | And)
        case Term(field, op, values):
            return f"{field}:{op}" + ",".join(_value(value) for value in values)
        case Word(text, quoted):
            return _quote(text) if quoted else _checked(text, expr)
        case _:
            assert_never(expr)


def _inside(expr: Expr, grouped: object) -> str:
    """`expr` as a part, in parentheses if it is one of the kinds `grouped`."""
    text = unparse(expr)
    return f"({text})" if isinstance(expr, grouped) else text  # type: ignore[arg-type]


def _value(word: Word) -> str:
    if word.quoted:
        return _quote(word.text)
    _checked(f"label:{word.text}", Term("label", "", (word,)))
    return word.text


def _checked(text: str, wanted: Expr) -> str:
    try:
        found = [token.node for token in scan(text)]
    except QuerySyntax:
        found = []
    if found != [wanted]:
        raise ValueError(f"{wanted!r} cannot be written bare")
    return text


def _quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
