"""Equality and order of JSON values, as stored and not as Python sees them."""

from json import dumps
from typing import Any

from git_jit.merge.values import MISSING, Missing, Opaque


def same(one: Any, other: Any) -> bool:
    """Whether two values are one JSON value. (Python takes `True` for 1.)"""
    if one is other:
        return True
    if one != other:
        return False
    return isinstance(one, str | Opaque) or key(one) == key(other)


def key(value: Any) -> str:
    """A text by which any two values compare; equal only for the same value."""
    match value:
        case Missing():
            return ""
        case Opaque(oid=oid):
            return f"!{oid}"
        case _:
            return dumps(value, sort_keys=True, separators=(",", ":"), default=str)


def get(document: Any, field: tuple[str, ...]) -> Any:
    """The value at a path of keys; `MISSING` where there is none."""
    for name in field:
        if not isinstance(document, dict) or name not in document:
            return MISSING
        document = document[name]
    return document


def three_way(base: Any, one: Any, other: Any) -> tuple[bool, Any]:
    """The test before any rule: whether it is decided, and what remains. Changed on one side only: that side."""
    if same(one, other) or same(base, other):
        return True, one
    if same(base, one):
        return True, other
    return False, None
