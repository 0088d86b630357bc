"""The part of JSON Schema 2020-12 that our own schemas use, without a library.

`jsonschema` takes 76 ms to import; a short command has 15 in all. This says the same about documents of our
kinds, which a test proves on thousands of them, right and wrong. A schema becomes one function once;
keywords that are not known here are refused at that moment, so a schema cannot outgrow it in silence.
"""

from collections.abc import Callable, Mapping
from functools import cache
from itertools import chain
from json import dumps
from typing import Any, Final, TypeAlias

from git_jit import patterns, schemas
from git_jit.model import Json
from git_jit.validate.finding import SchemaFinding

Check: TypeAlias = Callable[[Any], list[SchemaFinding]]
"""A value to what is wrong with it; paths begin at the value (`""` is the value itself)."""
Schema: TypeAlias = Mapping[str, Any]

_IGNORED: Final = frozenset({"$schema", "$id", "$defs", "title", "description"})
_CLASSES: Final[Mapping[str, type]] = {
    "null": type(None),
    "boolean": bool,
    "integer": int,
    "string": str,
    "array": list,
    "object": dict,
}


def errors(kind: str, document: Json) -> list[SchemaFinding]:
    """Where `document` does not fit the schema of `kind` (`schemas.KINDS`); empty if it does."""
    found = _checker(kind)(document)
    return [SchemaFinding("$" + path, message) for path, message in found]


@cache
def _checker(kind: str) -> Check:
    root = schemas.schema(kind)
    return compile_schema(root, root)


def compile_schema(schema: Schema, root: Schema) -> Check:
    """`schema` as a function; `$ref` points into `root`."""
    checks = [_KEYWORDS[name](value, schema, root) for name, value in schema.items() if name not in _IGNORED]
    if len(checks) == 1:
        return checks[0]

    def check(value: Any) -> list[SchemaFinding]:
        found: list[SchemaFinding] = []
        for each in checks:
            found += each(value)
        return found

    return check


def _test(passes: Callable[[Any], bool], message: str) -> Check:
    wrong = [SchemaFinding("", message)]
    return lambda value: [] if passes(value) else wrong


def _type(wanted: str | list[str], *_: Schema) -> Check:
    names = [wanted] if isinstance(wanted, str) else wanted
    classes = tuple(_CLASSES[name] for name in names)
    wrong = [SchemaFinding("", f"must be {' or '.join(names)}")]
    # Not by `_test`: every line of every description comes here, and a call more would be a third of the time.
    if "integer" in names:  # Python takes True for an integer
        return lambda value: [] if isinstance(value, classes) and not isinstance(value, bool) else wrong
    return lambda value: [] if isinstance(value, classes) else wrong


def _enum(members: list[str | None], *_: Schema) -> Check:
    message = f"must be one of {', '.join(member or 'null' for member in members)}"
    return _test(lambda value: (value is None or isinstance(value, str)) and value in members, message)


def _const(wanted: Json, *_: Schema) -> Check:
    return _test(lambda value: type(value) is type(wanted) and value == wanted, f"must be {wanted}")


def _pattern(pattern: str, *_: Schema) -> Check:
    return _test(lambda value: not isinstance(value, str) or patterns.found(pattern, value), f"must match {pattern}")


def _min_length(least: int, *_: Schema) -> Check:
    return _test(
        lambda value: not isinstance(value, str) or len(value) >= least, f"must have {least} characters or more"
    )


def _max_length(most: int, *_: Schema) -> Check:
    return _test(lambda value: not isinstance(value, str) or len(value) <= most, f"must have at most {most} characters")


def _max_items(most: int, *_: Schema) -> Check:
    return _test(lambda value: not isinstance(value, list) or len(value) <= most, f"must have at most {most} members")


def _minimum(least: int, *_: Schema) -> Check:
    return _test(
        lambda value: not isinstance(value, int) or isinstance(value, bool) or value >= least,
        f"must be at least {least}",
    )


def _unique(*_: object) -> Check:
    def passes(value: Any) -> bool:
        if not isinstance(value, list):
            return True
        # Sorted text is equal exactly when JSON values are (True is not 1); strings need no such care.
        members = (
            value if all(isinstance(item, str) for item in value) else [dumps(item, sort_keys=True) for item in value]
        )
        return len(set(members)) == len(value)

    return _test(passes, "must not have the same member twice")


def _required(names: list[str], *_: Schema) -> Check:
    def check(value: Any) -> list[SchemaFinding]:
        if not isinstance(value, dict):
            return []
        return [SchemaFinding("", f"must have '{name}'") for name in names if name not in value]

    return check


def _properties(parts: Mapping[str, Schema], _: Schema, root: Schema) -> Check:
    checks = {name: compile_schema(part, root) for name, part in parts.items()}

    def check(value: Any) -> list[SchemaFinding]:
        found: list[SchemaFinding] = []
        if isinstance(value, dict):
            for name, test in checks.items():
                if name in value and (wrong := test(value[name])):
                    found += _below(f".{name}", wrong)
        return found

    return check


def _additional(rest: Any, schema: Schema, root: Schema) -> Check:
    known = schema.get("properties", {})
    if rest is False:
        return _test(lambda value: not isinstance(value, dict) or value.keys() <= known.keys(), "has an unknown key")
    test = compile_schema(rest, root)

    def check(value: Any) -> list[SchemaFinding]:
        found: list[SchemaFinding] = []
        if isinstance(value, dict):
            for name, item in value.items():
                if name not in known and (wrong := test(item)):
                    found += _below(f".{name}", wrong)
        return found

    return check


def _property_names(names: Schema, _: Schema, root: Schema) -> Check:
    test = compile_schema(names, root)

    def check(value: Any) -> list[SchemaFinding]:
        return [*chain.from_iterable(map(test, value))] if isinstance(value, dict) else []

    return check


def _items(part: Schema, _: Schema, root: Schema) -> Check:
    test = compile_schema(part, root)

    def check(value: Any) -> list[SchemaFinding]:
        found: list[SchemaFinding] = []
        if isinstance(value, list):
            for index, item in enumerate(value):
                if wrong := test(item):
                    found += _below(f"[{index}]", wrong)
        return found

    return check


def _any_of(choices: list[Schema], _: Schema, root: Schema) -> Check:
    tests = [compile_schema(choice, root) for choice in choices]
    return _test(lambda value: not all(test(value) for test in tests), "must fit one of several forms")


def _ref(pointer: str, _: Schema, root: Schema) -> Check:
    return compile_schema(root["$defs"][pointer.removeprefix("#/$defs/")], root)


def _below(step: str, found: list[SchemaFinding]) -> list[SchemaFinding]:
    return [SchemaFinding(step + path, message) for path, message in found]


_KEYWORDS: Final[Mapping[str, Callable[[Any, Schema, Schema], Check]]] = {
    "$ref": _ref,
    "additionalProperties": _additional,
    "anyOf": _any_of,
    "const": _const,
    "enum": _enum,
    "items": _items,
    "maxItems": _max_items,
    "maxLength": _max_length,
    "minLength": _min_length,
    "minimum": _minimum,
    "pattern": _pattern,
    "properties": _properties,
    "propertyNames": _property_names,
    "required": _required,
    "type": _type,
    "uniqueItems": _unique,
}
