"""What people type for a field's value, forgivingly: any case, unique beginnings, names of other trackers."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeVar

from git_jit.cli import App
from git_jit.cli.actor import parse_actor
from git_jit.cli.parameters import Option
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


def state_option(help: str) -> Option:
    """The option `--state`."""
    verbs = tuple(str(verb) for verb in Verb if verb is not Verb.CLAIM)
    return _word("state", "-s", verbs, VERB_SYNONYMS, help)


def priority_option(help: str, *, default: str | None = None) -> Option:
    """The option `--priority`."""
    return _word("priority", "-p", tuple(map(str, Priority)), PRIORITY_SYNONYMS, help, default=default)


def _word(
    name: str, short: str, words: tuple[str, ...], synonyms: Mapping[str, str], help: str, default: str | None = None
) -> Option:
    return Option(
        names=(f"--{name}", short),
        dest=name,
        help=help,
        kind="word",
        noun=name,
        choices=words,
        synonyms={word: str(meant) for word, meant in synonyms.items()},
        default=default,
    )


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
