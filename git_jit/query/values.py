"""Values of terms: what is special in a bare one, patterns, ids, and how alternatives join."""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Final, TypeAlias

from git_jit import condition as c
from git_jit.condition import Condition
from git_jit.config import Config
from git_jit.model import ID_LENGTH, MIN_PREFIX, Actor, Date, Timestamp
from git_jit.query.ast import Term, Word
from git_jit.query.errors import QuerySyntax, shown
from git_jit.record import field, record
from git_jit.text import suggestion

Pieces: TypeAlias = tuple["str | int | None", ...]
"""A pattern as `condition.Glob` has it."""

ORDER: Final = frozenset({"<", "<=", ">", ">="})
_HEX: Final = frozenset("0123456789abcdef")


@record(kw_only=True)
class BindContext:
    """What a filter may refer to without saying it."""

    now: Timestamp
    today: Date
    me: Actor | None = None
    config: Config = field(default_factory=Config)
    resolve_id: Callable[[str], Sequence[str]] | None = None
    """The ids that begin with some digits (`View.starting_with`). Without it a prefix stays a prefix."""


def any_of(parts: Sequence[Condition]) -> Condition:
    """True when some part is; equal tests of one field become one."""
    if len(parts) == 1:
        return parts[0]
    exact = [part for part in parts if isinstance(part, c.OneOf)]
    if len(exact) == 1 or len({part.field for part in exact}) > 1:
        return c.Some(tuple(parts))
    merged: list[Condition] = [part for part in parts if not isinstance(part, c.OneOf)]
    if exact:
        values = dict.fromkeys([value for part in exact for value in part.values])
        merged.insert(0, c.OneOf(exact[0].field, tuple(values)))
    return merged[0] if len(merged) == 1 else c.Some(tuple(merged))


def each(term: Term, meaning: Callable[[Word], Condition]) -> Condition:
    """Any of the alternatives of a field that has no order."""
    if term.op in ORDER:
        raise QuerySyntax(f"'{term.field}' has no order, so '{term.op}' does not fit it", term.span)
    return any_of([meaning(word) for word in term.values])


def only(term: Term) -> Word:
    """The one value of a term with an order."""
    if len(term.values) > 1:
        raise QuerySyntax(f"'{term.op}' takes one value", term.values[1].span, "join two terms with OR")
    word = term.values[0]
    if is_none(word):
        raise QuerySyntax(f"'none' is neither before nor after anything, so '{term.op}' does not fit it", word.span)
    return word


def is_none(word: Word) -> bool:
    return not word.quoted and word.text.lower() == "none"


def absent(field: str) -> Condition:
    return c.Not(c.Present(field))


def has_wildcard(word: Word) -> bool:
    return not word.quoted and ("*" in word.text or "?" in word.text)


def pieces(text: str) -> Pieces:
    """`text` cut at its wildcards.

    >>> pieces("a?**b")
    ('a', 1, None, 'b')
    """
    found: list[str | int | None] = []
    plain = ""
    for char in text:
        if char not in "*?":
            plain += char
            continue
        if plain:
            found.append(plain)
            plain = ""
        if char == "?":
            found.append(1)
        elif not found or found[-1] is not None:
            found.append(None)
    return (*found, plain) if plain else tuple(found)


def spelled(text: str, known: Iterable[str]) -> str | None:
    """The one of `known` that `text` spells, in any case, with or without `-` and `_`."""
    wanted = _squashed(text)
    return next((name for name in known if _squashed(name) == wanted), None)


def _squashed(text: str) -> str:
    return text.lower().replace("-", "").replace("_", "")


def member(word: Word, known: Collection[str], what: str, advice: str | None = None) -> str:
    """The one of `known` that `word` spells; there must be one."""
    name = spelled(word.text, known)
    if name is not None:
        return name
    advice = advice or suggestion(word.text, known, known=f"a {what} is one of:")
    raise QuerySyntax(f"unknown {what} {shown(word.text)}", word.span, advice)


def as_stored(field: str, word: Word) -> Condition:
    """`none`, a pattern, or exactly this text."""
    if is_none(word):
        return absent(field)
    if not word.text:
        raise QuerySyntax(f"'{field}' is never an empty text", word.span, f"'no:{field}' finds issues without one")
    return c.Glob(field, pieces(word.text)) if has_wildcard(word) else c.OneOf(field, (word.text,))


def fits(field: str, pattern: Pieces) -> Condition:
    """A glob, or the plain test where the pattern has no wildcard."""
    joined: list[str | int | None] = []
    for piece in pattern:
        last = joined[-1] if joined else None
        if isinstance(piece, str) and isinstance(last, str):
            joined[-1] = last + piece
        else:
            joined.append(piece)
    only = joined[0] if len(joined) == 1 else None
    return c.OneOf(field, (only,)) if isinstance(only, str) else c.Glob(field, tuple(joined))


def id_pieces(word: Word, text: str, context: BindContext) -> Pieces:
    """The id, or the pattern of ids, that `text` (some of `word`) means."""
    digits = text.lower().replace("-", "")
    wild = has_wildcard(Word(text, word.quoted))
    literal = digits.replace("*", "").replace("?", "") if wild else digits
    if not digits or len(digits) > ID_LENGTH or not _HEX.issuperset(literal):
        raise QuerySyntax(
            f"{shown(text)} is not an issue id", word.span, "ids are hexadecimal; 'git jit list' shows them"
        )
    if wild:
        return pieces(digits)
    if len(digits) == ID_LENGTH:
        return (digits,)
    if len(digits) < MIN_PREFIX:
        advice = f"give at least {MIN_PREFIX} digits, or '{digits}*' for every id that begins so"
        raise QuerySyntax(f"{shown(text)} is too short for an issue id", word.span, advice)
    if context.resolve_id is None:
        return (digits, None)
    return (_resolved(word, digits, context.resolve_id(digits)),)


def _resolved(word: Word, digits: str, found: Sequence[str]) -> str:
    if not found:
        raise QuerySyntax(f"no issue '{digits}'", word.span, "'git jit query all' lists every issue")
    if len(found) > 1:
        some = ", ".join([id[: len(digits) + 4] for id in found[:3]])
        advice = f"use more digits ({some}{' …' if len(found) > 3 else ''}), or '{digits}*' for all of them"
        raise QuerySyntax(f"short id '{digits}' is ambiguous", word.span, advice)
    return found[0]
