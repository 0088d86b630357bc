"""What people type for a field's value, forgivingly: any case, unique beginnings, names of other trackers."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

import click

from git_jit.cli import App
from git_jit.cli.actor import parse_actor
from git_jit.errors import UsageError
from git_jit.model import Actor, Date, Json, Oid, Priority
from git_jit.ops.edit import LEAVE, Left
from git_jit.times import minutes as minutes  # noqa: PLC0414 - one of the words
from git_jit.workflow import Verb

NONE: Final = "none"
"""What empties a field that may be empty."""

VERB_SYNONYMS: Final[Mapping[str, Verb]] = {
    "open": Verb.REOPEN,
    "todo": Verb.READY,
    "doing": Verb.IN_PROGRESS,
    "wip": Verb.IN_PROGRESS,
    "started": Verb.IN_PROGRESS,
    "closed": Verb.DONE,
    "close": Verb.DONE,
    "complete": Verb.DONE,
    "completed": Verb.DONE,
    "wontfix": Verb.REJECTED,
    "cancelled": Verb.REJECTED,
}
PRIORITY_SYNONYMS: Final[Mapping[str, Priority]] = {
    "p0": Priority.CRITICAL,
    "p1": Priority.HIGH,
    "p2": Priority.NORMAL,
    "p3": Priority.LOW,
    "urgent": Priority.CRITICAL,
    "medium": Priority.NORMAL,
}

T = TypeVar("T")


class Word(click.ParamType[Any]):
    """One of several words. A prefix will do when only one word begins with it."""

    def __init__(self, name: str, words: Sequence[str], synonyms: Mapping[str, str] | None = None) -> None:
        self.name = name
        self.words = tuple(words)
        self.synonyms = synonyms or {}

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        return self.name.upper()

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The word that `value` means; a click usage error names the nearest."""
        said = str(value).strip().lower().replace("-", "_").replace(" ", "_")
        if said in self.words:
            return said
        if said in self.synonyms:
            return str(self.synonyms[said])
        begun = [word for word in self.words if said and word.startswith(said)]
        if len(begun) == 1:
            return begun[0]
        return self.fail(self._sentence(str(value), begun), param, ctx)

    def _sentence(self, value: str, begun: Sequence[str]) -> str:
        from difflib import get_close_matches

        near = begun or get_close_matches(value.lower(), self.words, n=1)
        advice = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(self.words)}"
        return f"'{value}' is not a {self.name}; {advice}"


PRIORITY: Final = Word("priority", [*Priority], PRIORITY_SYNONYMS)
VERB: Final = Word("state", [verb for verb in Verb if verb is not Verb.CLAIM], VERB_SYNONYMS)


def verb(text: str | None) -> Verb | Left:
    return Verb(text) if text is not None else LEAVE


def priority(text: str | None) -> Priority | Left:
    return Priority(text) if text is not None else LEAVE


def assignee(app: App, text: str | None) -> Actor | Left | None:
    """`me`, `none`, `kind:name`, or a bare name for a person."""
    if text is None:
        return LEAVE
    if text.lower() == NONE:
        return None
    return app.actor() if text.lower() in {"me", "@me"} else parse_actor(text)


def optional(text: str | None, convert: Callable[[str], T]) -> T | Left | None:
    """LEAVE when nothing was said, None for `none`, else what `convert` makes of it."""
    if text is None:
        return LEAVE
    return None if text.lower() == NONE else convert(text)


def date(app: App) -> Callable[[str], Date]:
    """Reads `2026-12-24`, `tomorrow`, `7d`, `2w`."""

    def convert(text: str) -> Date:
        from git_jit.errors import InvalidValue
        from git_jit.query.times import Clock, dates

        now = app.now()
        period = dates(text, Clock(now, Date(now[:10])))
        if period is None or period.first != period.last:
            raise InvalidValue("date", f"must be a day like 2026-12-24, tomorrow or 7d, not '{text[:40]}'")
        return Date(period.first)

    return convert


OID_LENGTHS: Final = (40, 64)
"""Digits of an object's name: SHA-1, SHA-256."""


def version(text: str | None) -> Oid | None:
    """What `--if-version` says. Raises `UsageError` for what cannot be a version."""
    if text is None:
        return None
    if len(text) not in OID_LENGTHS or not set(text) <= set("0123456789abcdef"):
        raise UsageError(f"'{text}' is not a version", hint="'git jit show ID --json' has it as 'version'")
    return Oid(text)


def several(values: Sequence[str]) -> tuple[str, ...]:
    """Options that may be repeated or hold a list: `-l a:b -l c:d,e:f`."""
    return tuple(part.strip() for value in values for part in value.split(",") if part.strip())


def pairs(values: Sequence[str], name: str) -> dict[str, str]:
    """Reads `key=value` options."""
    found = {}
    for value in values:
        key, equals, text = value.partition("=")
        if not equals or not key.strip():
            raise UsageError(f"--{name} needs key=value, not '{value}'", hint=f"write --{name} '{key or 'key'}=…'")
        found[key.strip()] = text
    return found


def json_or_text(text: str) -> Json:
    """`3`, `true`, `["a"]` are JSON; anything else, and every fraction (stored numbers are whole), is text."""
    import json

    try:
        value = json.loads(text, parse_float=str, parse_constant=str)
    except ValueError:
        return text
    return text if isinstance(value, str) else value


def or_none(value: T | Left | None) -> T | None:
    """For a new issue "leave it" and "none" are the same."""
    return None if value is LEAVE else value
