"""What one term means: every value checked against what its field may hold, and nothing guessed.

One function a kind of field, in the table at the end. A new field is a name in `fields.py` and a line there.
"""

from collections.abc import Callable, Mapping
from typing import Final

from git_jit import condition as c
from git_jit.condition import Condition, Flag
from git_jit.model import PRIORITIES, GateVerdict, LinkType, Priority, State
from git_jit.query.ast import Term, Word
from git_jit.query.errors import QuerySyntax, shown
from git_jit.query.fields import CUSTOM, FIELDS, NOT_PRESENT_ABLE, canonical
from git_jit.query.times import Clock, Period, dates, days_before, timestamps
from git_jit.query.values import (
    ORDER,
    BindContext,
    absent,
    as_stored,
    each,
    fits,
    has_wildcard,
    id_pieces,
    is_none,
    member,
    only,
    pieces,
    spelled,
)
from git_jit.text import suggestion, tokens

_NEARER: Final[Mapping[str, str]] = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
"""For a distance back in time, nearer is later."""
_GATE_KEY: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789._-*?")
_IN_PROGRESS: Final = c.OneOf("state", (State.IN_PROGRESS.value,))
_NEVER_EMPTY: Final = frozenset({"created", "updated"})
_MAX_ESTIMATE_DIGITS: Final = 9
_MAX_DIGITS: Final = 16
"""Of an integer that a document may hold (`canonical.MAX_INT`)."""
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


def _text(term: Term, _: BindContext) -> Condition:
    """`epic`, `milestone`, `doc`: as stored, case and all."""
    return each(term, lambda word: as_stored(term.field, word))


def _custom(term: Term, _: BindContext) -> Condition:
    """Text, or a number: `5` equals both, but in an order a bare `5` stands among numbers and `"5"` among texts."""
    field = term.field
    if term.op not in ORDER:
        return each(term, lambda word: _custom_value(field, word))
    word = only(term)
    if word.quoted or not word.text.lstrip("+-").replace(".", "", 1).isdigit():
        return c.Compare(field, term.op, word.text)
    number = _integer(word.text)
    if number is None:
        advice = f'to compare as text, quote it: {field}:{term.op}"{word.text}"'
        raise QuerySyntax(f"{shown(word.text)} is not a whole number", word.span, advice)
    return c.Compare(field, term.op, number)


def _custom_value(field: str, word: Word) -> Condition:
    if not word.text:
        return c.OneOf(field, ("",))
    number = _integer(word.text)
    return as_stored(field, word) if number is None else c.OneOf(field, (word.text, number))


def _integer(text: str) -> int | None:
    """The number that is written so, and no other way."""
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > _MAX_DIGITS or str(int(text)) != text:
        return None
    return int(text)


def _label(term: Term, _: BindContext) -> Condition:
    def one(word: Word) -> Condition:
        if ":" not in word.text and not has_wildcard(word) and not is_none(word):
            advice = f"labels are 'namespace:value'; {shown(f'label:{word.text}:*')} finds a whole namespace"
            raise QuerySyntax(f"{shown(word.text)} is not a label", word.span, advice)
        return as_stored("label", word)

    return each(term, one)


def _type(term: Term, context: BindContext) -> Condition:
    def one(word: Word) -> Condition:
        if not types or is_none(word) or has_wildcard(word):
            return as_stored("type", word)
        return c.OneOf("type", (member(word, types, "type"),))

    types = context.config.types
    return each(term, one)


def _title(term: Term, _: BindContext) -> Condition:
    """Words of the title; with `=` or `!=` the whole of it."""
    if term.op in {"=", "!="}:
        return each(term, _whole_title)
    return each(term, lambda word: search("title", word))


def _whole_title(word: Word) -> Condition:
    if not word.text:
        raise QuerySyntax("a title is never an empty text", word.span)
    return c.Glob("title", pieces(word.text)) if has_wildcard(word) else c.OneOf("title", (word.text,))


def _fulltext(term: Term, _: BindContext) -> Condition:
    if term.op:
        raise QuerySyntax("'text' can only be searched", term.span, f"leave out the '{term.op}'")
    return each(term, lambda word: search("text", word))


def _actor(term: Term, context: BindContext) -> Condition:
    def one(word: Word) -> Condition:
        if not word.quoted and word.text.lower() in {"me", "@me"}:
            if context.me is None:
                raise QuerySyntax("nobody here is 'me'", word.span, "name the actor, as in 'human:ada'")
            return c.OneOf(term.field, (context.me,))
        if ":" not in word.text and not has_wildcard(word) and not is_none(word):
            advice = f"actors are 'kind:name'; {shown(f'*:{word.text}')} finds that name of every kind"
            raise QuerySyntax(f"{shown(word.text)} is not an actor", word.span, advice)
        return as_stored(term.field, word)

    return each(term, one)


def _claimed_by(term: Term, context: BindContext) -> Condition:
    """The assignee of an issue in progress; `none` finds every issue that nobody works on."""

    def one(word: Word) -> Condition:
        if is_none(word):
            return c.Not(_present("claimed-by"))
        return c.All((_IN_PROGRESS, _actor(Term("assignee", "", (word,)), context)))

    return each(term, one)


def _state(term: Term, _: BindContext) -> Condition:
    def one(word: Word) -> Condition:
        flag = spelled(word.text, _FLAGS)
        return c.OneOf("state", (member(word, _STATES, "state", flag and f"did you mean 'is:{flag}'?"),))

    return each(term, one)


def _priority(term: Term, _: BindContext) -> Condition:
    def rank(word: Word) -> int:
        return Priority(member(word, _PRIORITIES, "priority")).rank

    if term.op in ORDER:
        return c.Compare("priority", term.op, rank(only(term)))
    return each(term, lambda word: c.OneOf("priority", (rank(word),)))


def _estimate(term: Term, _: BindContext) -> Condition:
    if term.op in ORDER:
        return c.Compare("estimate", term.op, _minutes(only(term)))
    return each(term, lambda word: absent("estimate") if is_none(word) else c.OneOf("estimate", (_minutes(word),)))


def _minutes(word: Word) -> int:
    """`90`, `90m`, `1h`, `1h30m`."""
    hours, h, rest = word.text.lower().rpartition("h")
    minutes = rest.removesuffix("m")
    numbers = [hours, minutes] if h and rest else [hours] if h else [minutes]
    if not all(part.isascii() and part.isdigit() and len(part) <= _MAX_ESTIMATE_DIGITS for part in numbers):
        raise QuerySyntax(f"{shown(word.text)} is not an estimate", word.span, "write minutes or hours: 90, 90m, 1h30m")
    return 60 * int(hours or 0) + int(minutes or 0)


def _id(term: Term, context: BindContext) -> Condition:
    """`id`, `depends-on`, `blocks`, `parent`."""

    def one(word: Word) -> Condition:
        if is_none(word) and term.field != "id":
            return absent(term.field)
        return fits(term.field, id_pieces(word, word.text, context))

    return each(term, one)


def _link(term: Term, context: BindContext) -> Condition:
    """`type` or `type:target`."""

    def one(word: Word) -> Condition:
        if is_none(word):
            return absent("link")
        kind, colon, target = word.text.partition(":")
        known = Word(kind, word.quoted, word.span)
        types = pieces(kind) if has_wildcard(known) else (member(known, _LINKS, "link type"),)
        return fits("link", (*types, ":", *(id_pieces(word, target, context) if colon else (None,))))

    return each(term, one)


def _gate(term: Term, _: BindContext) -> Condition:
    """`key` or `key=verdict`. The set holds both; a pattern of keys must not reach into the verdict."""

    def one(word: Word) -> Condition:
        if is_none(word):
            return absent("gate")
        key, equals, verdict = word.text.partition("=")
        key = key.lower()
        if not key or not _GATE_KEY.issuperset(key) or (word.quoted and ("*" in key or "?" in key)):
            raise QuerySyntax(f"{shown(word.text)} is not a gate", word.span, "write 'gate:key' or 'gate:key=verdict'")
        known = Word(verdict, word.quoted, word.span)
        if equals and not has_wildcard(known):
            verdict = member(known, _VERDICTS, "verdict")
        if not has_wildcard(word):
            return c.OneOf("gate", (key + equals + verdict,))
        return c.Glob("gate", pieces(f"{key}={verdict or '*'}"))

    return each(term, one)


def _date(term: Term, context: BindContext) -> Condition:
    """`due`, `defer`: days, looking ahead."""
    clock = Clock(context.now, context.today)
    return _time(term, lambda text: dates(text, clock), "2026-01-31, 2026-01, today, 7d (d w m y), -7d")


def _timestamp(term: Term, context: BindContext) -> Condition:
    """`created`, `updated`, `closed`: moments, looking back."""
    clock = Clock(context.now, context.today)
    ordered = term.op in ORDER
    forms = "2026-01-31, 2026-01, 2026-01-31T10:00Z, today" + (", 7d (h d w m y)" if ordered else ", 7d (d w m y)")
    return _time(term, lambda text: timestamps(text, clock, ordered=ordered), forms, back=True)


def _time(term: Term, read: Callable[[str], Period | None], forms: str, *, back: bool = False) -> Condition:
    def period(word: Word) -> Period:
        found = None if word.quoted else read(word.text)
        if found is None:
            raise QuerySyntax(f"{shown(word.text)} is not a time for '{term.field}'", word.span, f"times are {forms}")
        return found

    def one(word: Word) -> Condition:
        if is_none(word) and term.field not in _NEVER_EMPTY:
            return absent(term.field)
        return _within(term.field, period(word))

    if term.op not in ORDER:
        return each(term, one)
    first, last, distance = period(only(term))
    op = _NEARER[term.op] if distance and back else term.op
    return c.Compare(term.field, op, first if op in {"<", ">="} else last)


def _within(field: str, period: Period) -> Condition:
    if period.first == period.last:
        return c.OneOf(field, (period.first,))
    return c.All((c.Compare(field, ">=", period.first), c.Compare(field, "<=", period.last)))


def _is(term: Term, context: BindContext) -> Condition:
    def one(word: Word) -> Condition:
        state = spelled(word.text, _STATES)
        flag = Flag(member(word, _FLAGS, "property", state and f"did you mean 'state:{state}'?"))
        stale = days_before(context.now, context.config.stale_days) if flag is Flag.STALE else ""
        return c.Is(flag, context.today, stale)

    return each(term, one)


def _has(term: Term, _: BindContext) -> Condition:
    return each(term, lambda word: _present(_presence_field(word)))


def _no(term: Term, _: BindContext) -> Condition:
    return each(term, lambda word: c.Not(_present(_presence_field(word))))


def _presence_field(word: Word) -> str:
    """The field whose presence is asked for."""
    name = word.text.lower()
    field = "doc" if name in {"document", "documents"} else "comment" if name == "comment" else canonical(word.text)
    if field is None or field in NOT_PRESENT_ABLE:
        known = [*(name for name in FIELDS if name not in NOT_PRESENT_ABLE), "document", "comment"]
        raise QuerySyntax(
            f"{shown(word.text)} is not something an issue has",
            word.span,
            suggestion(word.text, known, known="it may have:"),
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
