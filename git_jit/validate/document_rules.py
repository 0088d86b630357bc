"""Everything that is wrong with one blob by itself: readable, in its place, fit for its schema, well spelled."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeAlias

from git_jit import codec
from git_jit.canonical import Malformed, loads
from git_jit.codec import SchemaNewer
from git_jit.config import Config, ConfigInvalid
from git_jit.model import Comment, Gate, Issue, short
from git_jit.paths import MISPLACED, Place, comment_path, gate_path, issue_path, place_of, shown
from git_jit.validate import mends, shape
from git_jit.validate.catalogue import check_severities, finding, weigh
from git_jit.validate.finding import Finding, Fix
from git_jit.validate.issue_rules import check_stored_issue

Value: TypeAlias = Issue | Comment | Gate | Config

NOT_READ: Final = frozenset({"config_invalid", "id_mismatch", "misplaced", "schema_unknown", "unreadable"})
"""Codes of documents that the tracker does not read as what their path says; such a document has no other."""
MISSING: Final = "its object is missing or damaged"


def check_document(path: str, data: bytes | None, config: Config) -> list[Finding]:
    """What is wrong with the blob at `path` under the rules of `config`, errors and warnings, weighed.

    None: the object is missing or damaged. What lies outside of our directories is nobody's business. A fix that
    moves a blob is offered whether or not its place is free, which a document alone cannot know.
    """
    place = place_of(path)
    return weigh(_judge(path, place, data, config), config) if place.area else []


def is_read(findings: list[Finding] | tuple[Finding, ...]) -> bool:
    """Whether a document with these findings is read as what its path says."""
    return not any(each.code in NOT_READ for each in findings)


def _judge(path: str, place: Place, data: bytes | None, config: Config) -> Iterator[Finding]:
    if data is None:
        yield finding("unreadable", shown(path), f"cannot be read: {MISSING}", _way_back(path))
    elif place.odd:
        yield _misplaced(path, place, data)
    else:
        try:
            value = _decode(place, data)
        except (Malformed, SchemaNewer, ConfigInvalid) as error:
            yield _not_read(path, error)
            return
        home = _home(value)
        if home is None or home == path:
            yield from _content(path, place, value, data, config)
        else:
            yield _mismatch(path, home, data)


def _content(path: str, place: Place, value: Value, data: bytes, config: Config) -> Iterator[Finding]:
    encoded = _encode(value)
    canonical = encoded == data
    kind, subject = _names(path, place)
    fix = _respelled(path, value, encoded)
    if isinstance(value, Issue):
        yield from check_stored_issue(value, config)
    elif isinstance(value, Config):
        yield from _rules(value)
    if not (canonical and kind == "issue"):  # of a canonical issue, `check_stored_issue` has seen every key
        yield from _schema(kind, subject, loads(data), None if encoded is None else loads(encoded), fix)
    if encoded is None:
        yield finding("not_storable", subject, "is larger than it may be, spelled canonically")
    elif not canonical:
        hint = "every reader understands it; the next change of it by git jit spells it canonically"
        yield finding("not_canonical", path, "is not spelled canonically", hint, fix)


def _names(path: str, place: Place) -> tuple[str, str]:
    """The kind of document, and the subject of findings about its content."""
    match place:
        case Place("issues", issue=str(id)):
            return "issue", id
        case Place("comments"):
            return "comment", path
        case Place("gates"):
            return "gate", path
        case _:
            return "config", path


def _schema(kind: str, subject: str, raw: object, respelled: object, fix: Fix | None) -> Iterator[Finding]:
    """Where a document as it lies there does not fit; with a fix where it would, spelled canonically."""
    found = shape.errors(kind, raw)  # type: ignore[arg-type]
    rest = set(shape.errors(kind, respelled)) if found and respelled is not None else set()  # type: ignore[arg-type]
    hint = f"'git jit schema {kind}' prints what it may hold"
    for where, message in found:
        if kind == "issue" and (where, message) in rest:
            continue  # `check_stored_issue` has said it better
        mend = None if respelled is None or (where, message) in rest else fix
        yield finding("schema_invalid", subject, f"'{where}' does not fit the schema: {message}", hint, mend)


def _rules(rules: Config) -> Iterator[Finding]:
    """What the parser of the configuration does not know."""
    try:
        check_severities(rules)
        if rules.fields is not None:
            from git_jit.validate.schema import check_field_schema  # imports jsonschema

            check_field_schema(rules.fields)
    except ConfigInvalid as error:
        yield finding("config_invalid", "config.json", error.message, error.hint)
    if rules.templates:
        from git_jit.plans import templates  # a repository's own, which few have

        for found in filter(None, (templates.objection(*one) for one in rules.templates.items())):
            yield finding("config_invalid", "config.json", found.message, found.hint)
    if rules.rules:
        from git_jit.query.rules import objections  # the language of filters

        for objection in objections(rules).values():
            yield finding("config_invalid", "config.json", objection.message, objection.hint)


# --- what cannot be read as what its path says ------------------------------------------------------------


def _not_read(path: str, error: Malformed | SchemaNewer | ConfigInvalid) -> Finding:
    match error:
        case SchemaNewer():
            return finding("schema_unknown", shown(path), f"cannot be read: {error.message}", error.hint)
        case ConfigInvalid():
            return finding("config_invalid", shown(path), error.message, error.hint)
        case _:
            return finding("unreadable", shown(path), f"cannot be read: {error.message}", _way_back(path))


def _mismatch(path: str, home: str, data: bytes) -> Finding:
    hint = "'git jit log' names the commit that did it, 'git jit undo COMMIT' takes it back"
    return finding("id_mismatch", path, f"holds the document that belongs at '{home}'", hint, _move(path, home, data))


def _misplaced(path: str, place: Place, data: bytes) -> Finding:
    """Perhaps one of our documents under a wrong name."""
    hint = "'git jit log' names the commit that put it there"
    try:
        home = _home(_DECODE[place.area](data))
    except (Malformed, SchemaNewer, ConfigInvalid):
        home = None
    fix = None if home is None else _move(path, home, data)
    return finding("misplaced", shown(path), MISPLACED, hint, fix)


def _move(path: str, home: str, data: bytes) -> Fix | None:
    place = place_of(home)
    if not place.area or place.odd:
        return None  # it says an id that no path can have
    return Fix(kind="moved_to_place", summary=f"move it to '{home}'", blobs={path: None, home: data})


def _home(value: Value) -> str | None:
    """Where a document belongs by what it says; None: it does not say."""
    match value:
        case Issue():
            return issue_path(value.id)
        case Comment():
            return comment_path(value.issue, value.id)
        case Gate():
            return gate_path(value.key)
        case Config():
            return None


def _way_back(path: str) -> str:
    """What brings a readable version back."""
    place = place_of(path)
    if place.area == "issues" and place.issue:
        id = short(place.issue)
        return f"'git jit issue history {id}' lists its versions, 'git jit issue restore {id} --at COMMIT' takes one"
    return "'git jit log' names the commit that did it, 'git jit undo COMMIT' takes it back"


# --- documents --------------------------------------------------------------------------------------------

_DECODE: Final[Mapping[str, Callable[[bytes], Value]]] = {
    "issues": codec.decode_issue,
    "comments": codec.decode_comment,
    "gates": codec.decode_gate,
    "config": codec.decode_config,
}


def _decode(place: Place, data: bytes) -> Value:
    return _DECODE[place.area](data)


def _encode(value: Value) -> bytes | None:
    """The canonical bytes; None if they would be too large, which indents can do to what just fits."""
    try:
        match value:
            case Issue():
                return codec.encode_issue(value)
            case Comment():
                return codec.encode_comment(value)
            case Gate():
                return codec.encode_gate(value)
            case Config():
                return codec.encode_config(value)
    except Malformed:
        return None


def _respelled(path: str, value: Value, encoded: bytes | None) -> Fix | None:
    if encoded is None:
        return None
    if isinstance(value, Issue):
        return mends.respell()
    return Fix(kind="respelled", summary="spell it canonically", blobs={path: encoded})
