"""The home of `jsonschema`: stored documents against our schemas, custom fields against the repository's.

The library is imported when the first document is checked, never before. Nothing is ever fetched: our
schemas refer to themselves only, and a repository's schema may not refer at all.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from json import dumps, loads
from typing import TYPE_CHECKING, Any, Final

from git_jit import patterns, schemas
from git_jit.config import ConfigInvalid
from git_jit.model import Json
from git_jit.validate.finding import SchemaFinding

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator, SchemaError, ValidationError

_FORBIDDEN: Final = ("$ref", "$dynamicRef", "$recursiveRef", "$id", "$anchor", "$dynamicAnchor", "patternProperties")
"""Keywords that a schema of custom fields may not use: references can fetch, loop, or grow without bound."""


MAX_MESSAGE: Final = 200
"""Characters of a message of the library, which quotes the whole value."""


def errors(kind: str, document: Json) -> list[SchemaFinding]:
    """Where `document` does not fit the schema of `kind` (`schemas.KINDS`), in document order."""
    return _findings(_validator(kind).iter_errors(document))


def field_errors(rules: Mapping[str, Json], fields: Mapping[str, Json]) -> list[SchemaFinding]:
    """Where custom `fields` do not fit the repository's schema for them. Raises `ConfigInvalid` as below."""
    return _findings(_field_validator(dumps(dict(rules))).iter_errors(dict(fields)))


def check_field_schema(rules: Mapping[str, Json]) -> None:
    """Raises `ConfigInvalid` unless `rules` is a JSON Schema 2020-12 that is safe to run."""
    from jsonschema import SchemaError

    for keyword, value in _keywords(dict(rules)):
        if keyword in _FORBIDDEN:
            raise ConfigInvalid("fields", f"may not use '{keyword}'")
        if keyword == "pattern" and isinstance(value, str) and (objection := patterns.objection(value)):
            raise ConfigInvalid("fields", f"has the pattern '{value[:40]}', which {objection}")
    try:
        _dialect().check_schema(dict(rules))
    except SchemaError as error:
        raise ConfigInvalid(
            "fields", f"is not a JSON Schema at '{_path(error)}': {error.message[:MAX_MESSAGE]}"
        ) from None


def _keywords(schema: Json) -> Iterator[tuple[str, Json]]:
    """Every key with its value, wherever it stands: stricter than needed, and nothing is missed."""
    if isinstance(schema, dict):
        for key, value in schema.items():
            yield key, value
            yield from _keywords(value)
    elif isinstance(schema, list):
        for item in schema:
            yield from _keywords(item)


def _findings(errors: "Iterable[ValidationError]") -> list[SchemaFinding]:
    return [SchemaFinding(_path(error), error.message[:MAX_MESSAGE]) for error in errors]


def _path(error: "ValidationError | SchemaError") -> str:
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.absolute_path)


@cache
def _validator(kind: str) -> "Draft202012Validator":
    return _dialect()(schemas.schema(kind))


@lru_cache(maxsize=4)
def _field_validator(rules: str) -> "Draft202012Validator":
    schema = loads(rules)
    check_field_schema(schema)
    return _dialect()(schema)


@cache
def _dialect() -> "type[Draft202012Validator]":
    """JSON Schema 2020-12 with our reading of `pattern` (`patterns.occurs`)."""
    from jsonschema import Draft202012Validator, ValidationError
    from jsonschema.validators import extend

    def pattern(_: Any, wanted: str, value: Any, __: Any) -> "Iterator[ValidationError]":
        if isinstance(value, str) and not patterns.occurs(wanted, value):
            yield ValidationError(f"{value!r} does not match {wanted!r}")

    dialect: type[Draft202012Validator] = extend(Draft202012Validator, {"pattern": pattern})  # type: ignore[no-untyped-call]
    return dialect
