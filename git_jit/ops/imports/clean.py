"""Foreign text to values that may be stored. Nothing is lost without a word: each function that alters says so.

Every function takes `note`, which is called as `note(rule, what)` with a rule of `rules.RULES`.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from typing import Any, Final

from git_jit.canonical import MAX_INT
from git_jit.errors import InvalidValue
from git_jit.model import (
    ACTOR_PATTERN,
    LABEL_PATTERN,
    MAX_BODY,
    MAX_LABEL,
    MAX_LABELS,
    MAX_TITLE,
    Actor,
    Comment,
    CommentId,
    Date,
    IssueId,
    Json,
    Timestamp,
)
from git_jit.times import is_date, normalise_timestamp

Note = Callable[[str, str], None]

NO_TITLE: Final = "(no title)"
BARE_LABELS: Final = "tag"
"""The namespace of labels that have none."""
MAX_NESTING: Final = 16
"""Levels of a foreign value inside `fields`; deeper ones are kept as JSON text. Stored documents end at 32."""
MAX_FIELD: Final = 1 << 16
"""Bytes of one foreign value in `fields`; a longer one continues in comments, as long text does."""
MAX_ACTOR: Final = 128
EMPTY: Final[Mapping[str, Json]] = {}

_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_BREAKS: Final = re.compile("[\t\n\v\f\r\x85\u2028\u2029]+")
_LABEL: Final = re.compile(LABEL_PATTERN)
_ACTOR: Final = re.compile(ACTOR_PATTERN)
_LOOSE_TIME: Final = re.compile(
    r"(\d{4}-\d{2}-\d{2})(?:[Tt ](\d{2}:\d{2})(:\d{2})?(\.\d{1,9})?)?(Z|z|[+-]\d{2}:?\d{2})?"
)
_CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def text(value: str, note: Note) -> str:
    """Line ends as LF; other control characters and lone surrogates as visible escapes."""
    if "\r" in value:
        value = value.replace("\r\n", "\n").replace("\r", "\n")
    if _CONTROL.search(value) is None:
        return value
    note("control-characters", value[:80])
    return _CONTROL.sub(_escape, value)


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def title(value: str, note: Note) -> tuple[str, str]:
    """A title of one line and at most `MAX_TITLE` characters, and the text to put before the description."""
    one_line = " ".join(_BREAKS.sub(" ", value.strip()).split(" ")).strip()
    if one_line != value.strip() or not one_line:
        note("title-rewritten", value[:80] or "an empty title")
    whole = text(one_line, note) or NO_TITLE
    if len(whole) <= MAX_TITLE:
        return whole, ""
    note("title-too-long", f"{len(whole)} characters: {whole[:60]}")
    cut = whole[: MAX_TITLE - 1]
    head = cut.rsplit(" ", 1)[0] if " " in cut[MAX_TITLE // 2 :] else cut
    return head.rstrip() + "…", whole


def label(value: str, note: Note) -> str | None:
    """A label within the grammar, or None where no letter or digit of it can be kept."""
    if len(value) <= MAX_LABEL and _LABEL.match(value) and not value.endswith("\n"):
        return value
    namespace, colon, rest = value.partition(":")
    if not colon or not rest.strip():
        namespace, rest = BARE_LABELS, namespace
    name = re.sub(r"[^a-z0-9-]+", "-", namespace.lower()).strip("-")
    name = name if name[:1].isalpha() else f"{BARE_LABELS}-{name}".rstrip("-")
    slug = re.sub(r"[^A-Za-z0-9._/-]+", "-", rest).strip("-._/")
    made = f"{name}:{slug}"[:MAX_LABEL].rstrip("-./_")
    if not slug or not _LABEL.match(made):
        note("label-rewritten", f"'{value}' has no form here")
        return None
    bare = made == f"{BARE_LABELS}:{value}"
    note("label-namespaced" if bare else "label-rewritten", f"'{value}' to '{made}'")
    return made


def labels(values: Iterable[str], note: Note, always: Iterable[str] = ()) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The labels in order, and the originals of those that are not recognisable any more.

    `always` are labels of ours; they are never those that are too many.
    """
    ours = set(always)
    made: dict[str, None] = {}
    lost: list[str] = []
    for value in values:
        one = label(value, note)
        if one is None or one not in {value, f"{BARE_LABELS}:{value}"}:
            lost.append(value)
        if one is not None:
            made[one] = None
    theirs = sorted(made.keys() - ours)
    room = MAX_LABELS - len(ours)
    if len(theirs) > room:
        note("too-many-labels", f"{len(theirs)} labels")
        lost += theirs[room:]
    return tuple(sorted({*ours, *theirs[:room]})), tuple(lost)


def actor(value: str, note: Note) -> tuple[Actor | None, bool]:
    """`kind:name` for anybody, and whether the original can be read from it."""
    value = value.strip().removeprefix("@")  # as in "@ada", which says no more than "ada"
    if not value:
        return None, True
    if len(value) <= MAX_ACTOR and _ACTOR.match(value):
        return Actor(value), True
    if len(value) < MAX_ACTOR - 6 and _ACTOR.match(f"human:{value}"):
        note("actor-kind", f"'{value}' to 'human:{value}'")
        return Actor(f"human:{value}"), True
    slug = re.sub(r"[^a-z0-9._@/+-]+", "-", value.lower()).strip("-._@/+")[: MAX_ACTOR - 6] or "unknown"
    note("actor-rewritten", f"'{value}' to 'human:{slug}'")
    return Actor(f"human:{slug}"), False


def timestamp(value: object, note: Note) -> Timestamp | None:
    """A time of RFC 3339, also without zone (UTC), seconds or time of day; None if it is none."""
    if not isinstance(value, str):
        return None
    try:
        return normalise_timestamp(value.strip())
    except InvalidValue:
        found = _LOOSE_TIME.fullmatch(value.strip())
    if found is None:
        return None
    day, clock, seconds, fraction, zone = found.groups()
    if zone and ":" not in zone and len(zone) == 5:
        zone = f"{zone[:3]}:{zone[3:]}"
    try:
        guess = normalise_timestamp(f"{day}T{clock or '00:00'}{seconds or ':00'}{fraction or ''}{zone or 'Z'}")
    except InvalidValue:
        return None
    if not zone:
        note("time-guessed", value)
    return guess


def date(value: object, note: Note) -> Date | None:
    """A day; of a time, its day in UTC."""
    if isinstance(value, str) and is_date(value.strip()):
        return Date(value.strip())
    moment = timestamp(value, note)
    return Date(moment[:10]) if moment else None


def storable(value: Any, note: Note, depth: int = 0) -> Json:  # noqa: PLR0911 - one return for each kind
    """Any JSON value as one that may be stored: unsafe numbers as text, very deep structure as JSON text."""
    match value:
        case bool() | None:
            return value
        case int() if -MAX_INT <= value <= MAX_INT:
            return value
        case int() | float():
            note("number-as-text", str(value))
            return str(value)
        case str():
            if type(value) is not str:  # reading.UnsafeNumber
                note("number-as-text", value)
            return text(str(value), note)
        case dict() | list() if depth >= MAX_NESTING:
            return json.dumps(value, ensure_ascii=False, sort_keys=True)
        case dict():
            return {text(str(key), note): storable(item, note, depth + 1) for key, item in value.items()}
        case list() | tuple():
            return [storable(item, note, depth + 1) for item in value]
        case _:
            return str(value)


def parts(body: str, limit: int = MAX_BODY) -> list[str]:
    r"""`body` in pieces of at most `limit` bytes of UTF-8, cut at line ends where there are any.

    >>> parts("one\ntwo\nthree", 9)
    ['one\ntwo', 'three']
    """
    if len(body) * 4 <= limit or len(data := body.encode()) <= limit:
        return [body]
    pieces = []
    while len(data) > limit:
        cut = data.rfind(b"\n", 0, limit + 1)
        if cut <= 0:
            cut = limit
            while data[cut] & 0xC0 == 0x80:  # never inside a character
                cut -= 1
            pieces.append(data[:cut].decode())
            data = data[cut:]
        else:
            pieces.append(data[:cut].decode())
            data = data[cut + 1 :]
    return [*pieces, data.decode()]


def comments(
    issue: IssueId, key: str, body: str, at: Timestamp, by: Actor | None, extra: Mapping[str, Json] = EMPTY
) -> list[Comment]:
    """`body` as one comment, or as several where it is too long. `key` tells it from others of the issue."""
    return [
        Comment(
            id=stable_ulid(at, issue, key, str(number)),
            issue=issue,
            author=by,
            created_at=at,
            body=part,
            extra=extra if number == 0 else EMPTY,
        )
        for number, part in enumerate(parts(body))
    ]


def stable_ulid(at: Timestamp, *names: str) -> CommentId:
    """A ULID made of a time and of what it names, so that every import of the same thing has the same id."""
    from datetime import datetime

    milliseconds = max(0, int(datetime.fromisoformat(at).timestamp() * 1000))
    number = milliseconds << 80 | int.from_bytes(sha256("\0".join(names).encode()).digest()[:10], "big")
    return CommentId("".join(_CROCKFORD[number >> 5 * place & 31] for place in reversed(range(26))))
