"""What one term means: every value checked against what its field may hold, and nothing guessed.

One function a kind of field, in the table at the end. A new field is a name in `fields.py` and a line there.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from git_jit import condition as c
from git_jit.condition import Condition, Flag
from git_jit.config import Config
from git_jit.model import (
    ID_LENGTH,
    MIN_PREFIX,
    PRIORITIES,
    Actor,
    Date,
    GateVerdict,
    LinkType,
    Priority,
    State,
    Timestamp,
)
from git_jit.query.ast import Term, Word
from git_jit.query.errors import QuerySyntax, did_you_mean, shown
from git_jit.query.fields import CUSTOM, FIELDS, NOT_PRESENT_ABLE, canonical
from git_jit.query.times import Clock, Period, dates, days_before, timestamps
from git_jit.text import tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class BindContext:
    """What a filter may refer to without saying it."""

    now: Timestamp
    today: Date
    me: Actor | None = None
    config: Config = field(default_factory=Config)
    resolve_id: Callable[[str], Sequence[str]] | None = None
    """The ids that begin with some digits (`View.starting_with`). Without it a prefix stays a prefix."""


Pieces = tuple["str | int | None", ...]
"""A pattern as `condition.Glob` has it."""

_ORDER: Final = frozenset({"<", "<=", ">", ">="})
_NEARER: Final[Mapping[str, str]] = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
"""For a distance back in time, nearer is later."""
_HEX: Final = frozenset("0123456789abcdef")
_GATE_KEY: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789._-*?")
_IN_PROGRESS: Final = c.OneOf("state", (State.IN_PROGRESS.value,))
_NEVER_EMPTY: Final = frozenset({"created", "updated"})
_MAX_ESTIMATE_DIGITS: Final = 9
_STATES: Final = tuple([state.value for state in State])
_PRIORITIES: Final = tuple([priority.value for priority in PRIORITIES])
_FLAGS: Final = tuple([flag.value for flag in Flag])


def term_condition(term: Term, context: BindContext) -> Condition:
    """What `term` asks. Raises `QuerySyntax`. Its field is any of `FIELDS` but `query`, or a custom one."""
    meaning = _custom if term.field.startswith(CUSTOM) else _MEANINGS[term.field]
    found = meaning(term, context)
    return c.Not(found) if term.op == "!=" else found


def search(where: str, word: Word) -> Condition:
    """A search for the tokens of `word` next to each other; a bare word may end in `*`: only a beginning."""
    text = word.text
    prefix = not word.quoted and text.endswith("*")
    text = text[:-1] if prefix else text
    found = tokens(text)
    if not found:
        raise QuerySyntax(f"{shown(word.text)} has no letter or digit to search for", word.span)
    if not word.quoted and ("*" in text or "?" in text):
        advice = "to compare the whole title write 'title:=…'; to search for the character, quote it"
        raise QuerySyntax("a wildcard in a search may only be a '*' at the end", word.span, advice)
    if prefix and len(tokens(text + "x")) > len(found):
        raise QuerySyntax("'*' must follow a letter or digit", word.span)
    return c.Words(where, tuple(found), prefix)


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


# --- words --------------------------------------------------------------------------------------------------


def _each(term: Term, meaning: Callable[[Word], Condition]) -> Condition:
    """Any of the alternatives of a field that has no order."""
    if term.op in _ORDER:
        raise QuerySyntax(f"'{term.field}' has no order, so '{term.op}' does not fit it", term.span)
    return any_of([meaning(word) for word in term.values])


def _only(term: Term) -> Word:
    """The one value of a term with an order."""
    if len(term.values) > 1:
        raise QuerySyntax(f"'{term.op}' takes one value", term.values[1].span, "join two terms with OR")
    word = term.values[0]
    if _is_none(word):
        raise QuerySyntax(f"'none' is neither before nor after anything, so '{term.op}' does not fit it", word.span)
    return word


def _is_none(word: Word) -> bool:
    return not word.quoted and word.text.lower() == "none"


def _absent(field: str) -> Condition:
    return c.Not(c.Present(field))


def _has_wildcard(word: Word) -> bool:
    return not word.quoted and ("*" in word.text or "?" in word.text)


def _pieces(text: str) -> Pieces:
    """`text` cut at its wildcards.

    >>> _pieces("a?**b")
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


def _squashed(text: str) -> str:
    return text.lower().replace("-", "").replace("_", "")


def _member(word: Word, known: Iterable[str], what: str, advice: str | None = None) -> str:
    """The one of `known` that `word` spells, in any case, with or without `-` and `_`."""
    wanted = _squashed(word.text)
    names = list(known)
    for name in names:
        if _squashed(name) == wanted:
            return name
    advice = advice or did_you_mean(word.text, names, known=f"a {what} is one of")
    raise QuerySyntax(f"unknown {what} {shown(word.text)}", word.span, advice)


# --- fields -------------------------------------------------------------------------------------------------


def _text(term: Term, _: BindContext) -> Condition:
    """`epic`, `milestone`, `doc`: as stored, case and all."""
    return _each(term, lambda word: _as_stored(term.field, word))


def _as_stored(field: str, word: Word) -> Condition:
    if _is_none(word):
        return _absent(field)
    if not word.text:
        raise QuerySyntax(f"'{field}' is never an empty text", word.span, f"'no:{field}' finds issues without one")
    return c.Glob(field, _pieces(word.text)) if _has_wildcard(word) else c.OneOf(field, (word.text,))


def _custom(term: Term, _: BindContext) -> Condition:
    field = term.field
    if term.op not in _ORDER:
        return _each(term, lambda word: _as_stored(field, word) if word.text else c.OneOf(field, ("",)))
    word = _only(term)
    if not word.quoted and word.text.lstrip("+-").replace(".", "", 1).isdigit():
        advice = f'to compare as text, quote it: {field}:{term.op}"{word.text}"'
        raise QuerySyntax(f"'{field}' is text, in which 10 comes before 9", word.span, advice)
    return c.Compare(field, term.op, word.text)


def _label(term: Term, _: BindContext) -> Condition:
    def one(word: Word) -> Condition:
        if ":" not in word.text and not _has_wildcard(word) and not _is_none(word):
            advice = f"labels are 'namespace:value'; {shown(f'label:{word.text}:*')} finds a whole namespace"
            raise QuerySyntax(f"{shown(word.text)} is not a label", word.span, advice)
        return _as_stored("label", word)

    return _each(term, one)


def _type(term: Term, context: BindContext) -> Condition:
    def one(word: Word) -> Condition:
        if not types or _is_none(word) or _has_wildcard(word):
            return _as_stored("type", word)
        return c.OneOf("type", (_member(word, types, "type"),))

    types = context.config.types
    return _each(term, one)


def _title(term: Term, _: BindContext) -> Condition:
    """Words of the title; with `=` or `!=` the whole of it."""
    if term.op in {"=", "!="}:
        return _each(term, _whole_title)
    return _each(term, lambda word: search("title", word))


def _whole_title(word: Word) -> Condition:
    return c.Glob("title", _pieces(word.text)) if _has_wildcard(word) else c.OneOf("title", (word.text,))


def _fulltext(term: Term, _: BindContext) -> Condition:
    if term.op:
        raise QuerySyntax("'text' can only be searched", term.span, f"leave out the '{term.op}'")
    return _each(term, lambda word: search("text", word))


def _actor(term: Term, context: BindContext) -> Condition:
    def one(word: Word) -> Condition:
        if not word.quoted and word.text.lower() in {"me", "@me"}:
            if context.me is None:
                raise QuerySyntax("nobody here is 'me'", word.span, "name the actor, as in 'human:ada'")
            return c.OneOf(term.field, (context.me,))
        if ":" not in word.text and not _has_wildcard(word) and not _is_none(word):
            advice = f"actors are 'kind:name'; {shown(f'*:{word.text}')} finds that name of every kind"
            raise QuerySyntax(f"{shown(word.text)} is not an actor", word.span, advice)
        return _as_stored(term.field, word)

    return _each(term, one)


def _claimed_by(term: Term, context: BindContext) -> Condition:
    """The assignee of an issue in progress; `none` finds every issue that nobody works on."""

    def one(word: Word) -> Condition:
        if _is_none(word):
            return c.Not(_present("claimed-by"))
        return c.All((_IN_PROGRESS, _actor(Term("assignee", "", (word,)), context)))

    return _each(term, one)


def _state(term: Term, _: BindContext) -> Condition:
    def one(word: Word) -> Condition:
        flag = word.text.lower()
        advice = f"did you mean 'is:{flag}'?" if flag in _FLAGS else None
        return c.OneOf("state", (_member(word, _STATES, "state", advice),))

    return _each(term, one)


def _priority(term: Term, _: BindContext) -> Condition:
    def rank(word: Word) -> int:
        return Priority(_member(word, _PRIORITIES, "priority")).rank

    if term.op in _ORDER:
        return c.Compare("priority", term.op, rank(_only(term)))
    return _each(term, lambda word: c.OneOf("priority", (rank(word),)))


def _estimate(term: Term, _: BindContext) -> Condition:
    if term.op in _ORDER:
        return c.Compare("estimate", term.op, _minutes(_only(term)))
    return _each(term, lambda word: _absent("estimate") if _is_none(word) else c.OneOf("estimate", (_minutes(word),)))


def _minutes(word: Word) -> int:
    """`90`, `90m`, `1h`, `1h30m`."""
    hours, has_hours, rest = word.text.lower().rpartition("h")
    minutes = rest.removesuffix("m")
    parts = [hours] * bool(has_hours) + [minutes] * bool(minutes or not has_hours)
    if not all(part.isascii() and part.isdigit() and len(part) <= _MAX_ESTIMATE_DIGITS for part in parts):
        raise QuerySyntax(f"{shown(word.text)} is not an estimate", word.span, "write minutes or hours: 90, 90m, 1h30m")
    return 60 * int(hours or 0) + int(minutes or 0)


def _id(term: Term, context: BindContext) -> Condition:
    """`id`, `depends-on`, `blocks`, `parent`."""

    def one(word: Word) -> Condition:
        if _is_none(word) and term.field != "id":
            return _absent(term.field)
        return _fits(term.field, _id_pieces(word, word.text, context))

    return _each(term, one)


def _fits(field: str, pattern: Pieces) -> Condition:
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


def _id_pieces(word: Word, text: str, context: BindContext) -> Pieces:
    """The id, or the pattern of ids, that `text` (some of `word`) means."""
    digits = text.lower().replace("-", "")
    wild = _has_wildcard(Word(text, word.quoted))
    literal = digits.replace("*", "").replace("?", "") if wild else digits
    if not digits or len(digits) > ID_LENGTH or not _HEX.issuperset(literal):
        raise QuerySyntax(
            f"{shown(text)} is not an issue id", word.span, "ids are hexadecimal; 'git jit list' shows them"
        )
    if wild:
        return _pieces(digits)
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


def _link(term: Term, context: BindContext) -> Condition:
    """`type` or `type:target`."""

    def one(word: Word) -> Condition:
        if _is_none(word):
            return _absent("link")
        kind, colon, target = word.text.partition(":")
        known = Word(kind, word.quoted, word.span)
        types = _pieces(kind) if _has_wildcard(known) else (_member(known, _LINKS, "link type"),)
        return _fits("link", (*types, ":", *(_id_pieces(word, target, context) if colon else (None,))))

    return _each(term, one)


def _gate(term: Term, _: BindContext) -> Condition:
    """`key` or `key=verdict`. The set holds both; a pattern of keys must not reach into the verdict."""

    def one(word: Word) -> Condition:
        if _is_none(word):
            return _absent("gate")
        key, equals, verdict = word.text.partition("=")
        key = key.lower()
        if not key or not _GATE_KEY.issuperset(key) or (word.quoted and ("*" in key or "?" in key)):
            raise QuerySyntax(f"{shown(word.text)} is not a gate", word.span, "write 'gate:key' or 'gate:key=verdict'")
        known = Word(verdict, word.quoted, word.span)
        if equals and not _has_wildcard(known):
            verdict = _member(known, _VERDICTS, "verdict")
        if not _has_wildcard(word):
            return c.OneOf("gate", (key + equals + verdict,))
        return c.Glob("gate", _pieces(f"{key}={verdict or '*'}"))

    return _each(term, one)


def _date(term: Term, context: BindContext) -> Condition:
    """`due`, `defer`: days, looking ahead."""
    clock = Clock(context.now, context.today)
    return _time(term, lambda text: dates(text, clock), "2026-01-31, 2026-01, today, 7d (d w m y), -7d")


def _timestamp(term: Term, context: BindContext) -> Condition:
    """`created`, `updated`, `closed`: moments, looking back."""
    clock = Clock(context.now, context.today)
    ordered = term.op in _ORDER
    forms = "2026-01-31, 2026-01, 2026-01-31T10:00Z, today" + (", 7d (h d w m y)" if ordered else ", 7d (d w m y)")
    return _time(term, lambda text: timestamps(text, clock, ordered=ordered), forms, back=True)


def _time(term: Term, read: Callable[[str], Period | None], forms: str, *, back: bool = False) -> Condition:
    def period(word: Word) -> Period:
        found = None if word.quoted else read(word.text)
        if found is None:
            raise QuerySyntax(f"{shown(word.text)} is not a time for '{term.field}'", word.span, f"times are {forms}")
        return found

    def one(word: Word) -> Condition:
        if _is_none(word) and term.field not in _NEVER_EMPTY:
            return _absent(term.field)
        return _within(term.field, period(word))

    if term.op not in _ORDER:
        return _each(term, one)
    first, last, distance = period(_only(term))
    op = _NEARER[term.op] if distance and back else term.op
    return c.Compare(term.field, op, first if op in {"<", ">="} else last)


def _within(field: str, period: Period) -> Condition:
    if period.first == period.last:
        return c.OneOf(field, (period.first,))
    return c.All((c.Compare(field, ">=", period.first), c.Compare(field, "<=", period.last)))


def _is(term: Term, context: BindContext) -> Condition:
    def one(word: Word) -> Condition:
        wanted = _squashed(word.text)
        state = next((state for state in _STATES if _squashed(state) == wanted), None)
        advice = f"did you mean 'state:{state}'?" if state else None
        flag = Flag(_member(word, _FLAGS, "property", advice))
        stale = days_before(context.now, context.config.stale_days) if flag is Flag.STALE else ""
        return c.Is(flag, context.today, stale)

    return _each(term, one)


def _has(term: Term, _: BindContext) -> Condition:
    return _each(term, lambda word: _present(_presence_field(word)))


def _no(term: Term, _: BindContext) -> Condition:
    return _each(term, lambda word: c.Not(_present(_presence_field(word))))


def _presence_field(word: Word) -> str:
    """The field whose presence is asked for."""
    name = word.text.lower()
    field = "doc" if name in {"document", "documents"} else "comment" if name == "comment" else canonical(word.text)
    if field is None or field in NOT_PRESENT_ABLE:
        known = [*(name for name in FIELDS if name not in NOT_PRESENT_ABLE), "document", "comment"]
        raise QuerySyntax(
            f"{shown(word.text)} is not something an issue has",
            word.span,
            did_you_mean(word.text, known, known="it may have"),
        )
    return field


def _present(field: str) -> Condition:
    return c.All((_IN_PROGRESS, c.Present("assignee"))) if field == "claimed-by" else c.Present(field)


_LINKS: Final = tuple([kind.value for kind in LinkType])
_VERDICTS: Final = tuple([verdict.value for verdict in GateVerdict])
_MEANINGS: Final[Mapping[str, Callable[[Term, BindContext], Condition]]] = {
    "assignee": _actor,
    "blocks": _id,
    "claimed-by": _claimed_by,
    "closed": _timestamp,
    "created": _timestamp,
    "created-by": _actor,
    "defer": _date,
    "depends-on": _id,
    "doc": _text,
    "due": _date,
    "epic": _text,
    "estimate": _estimate,
    "gate": _gate,
    "has": _has,
    "id": _id,
    "is": _is,
    "label": _label,
    "link": _link,
    "milestone": _text,
    "no": _no,
    "parent": _id,
    "priority": _priority,
    "state": _state,
    "text": _fulltext,
    "title": _title,
    "type": _type,
    "updated": _timestamp,
}
