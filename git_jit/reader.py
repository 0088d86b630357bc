"""Taking a JSON object apart, key by key, with errors that name the place.

A `Reader` removes each key it is asked for; what is left is what the caller does not know. A key that is
absent has its default: a document of an older version lacks what was added since.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, TypeVar

from git_jit.canonical import Malformed
from git_jit.errors import InvalidValue
from git_jit.model import ID_LENGTH, Date, IssueId, Json, Timestamp
from git_jit.times import normalise_date, normalise_timestamp

E = TypeVar("E", bound=StrEnum)

_HEX: Final = "0123456789abcdef"


class Reader:
    """One JSON object on its way to becoming a value. Every method raises `Malformed` with path and reason."""

    __slots__ = ("path", "rest")

    def __init__(self, document: Json, path: str = "$") -> None:
        if not isinstance(document, dict):
            raise Malformed(path, "must be an object")
        self.path = path
        self.rest = dict(document)
        """The keys nobody has asked for yet."""

    def fail(self, key: str, reason: str) -> Malformed:
        """The error to raise for `key`."""
        return Malformed(f"{self.path}.{key}", reason)

    def text(self, key: str) -> str:
        value = self.rest.pop(key, None)
        if isinstance(value, str):
            return value
        raise self.fail(key, "must be a string")

    def optional(self, key: str) -> str | None:
        value = self.rest.pop(key, None)
        if value is None or isinstance(value, str):
            return value
        raise self.fail(key, "must be a string or null")

    def integer(self, key: str, default: int) -> int:
        value = self.rest.pop(key, default)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        raise self.fail(key, "must be an integer")

    def optional_integer(self, key: str) -> int | None:
        value = self.rest.pop(key, None)
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        raise self.fail(key, "must be an integer or null")

    def flag(self, key: str) -> bool:
        value = self.rest.pop(key, False)
        if isinstance(value, bool):
            return value
        raise self.fail(key, "must be true or false")

    def array(self, key: str) -> list[Json]:
        value = self.rest.pop(key, [])
        if isinstance(value, list):
            return value
        raise self.fail(key, "must be an array")

    def object(self, key: str) -> dict[str, Json]:
        value = self.rest.pop(key, {})
        if isinstance(value, dict):
            return value
        raise self.fail(key, "must be an object")

    def optional_object(self, key: str) -> dict[str, Json] | None:
        value = self.rest.pop(key, None)
        if value is None or isinstance(value, dict):
            return value
        raise self.fail(key, "must be an object or null")

    def objects(self, key: str) -> "list[Reader]":
        """An array of objects, each ready to be taken apart."""
        return [Reader(value, f"{self.path}.{key}[{index}]") for index, value in enumerate(self.array(key))]

    def strings(self, key: str) -> list[str]:
        values = self.array(key)
        strings = [value for value in values if isinstance(value, str)]
        if len(strings) == len(values):
            return strings
        index = next(i for i, value in enumerate(values) if not isinstance(value, str))
        raise self.fail(f"{key}[{index}]", "must be a string")

    def lines(self, key: str) -> str:
        """An array of lines, as one string."""
        return "\n".join(self.strings(key))

    def texts(self, key: str) -> Mapping[str, str]:
        """An object whose values are strings."""
        values = self.object(key)
        texts = {name: value for name, value in values.items() if isinstance(value, str)}
        if len(texts) == len(values):
            return texts
        name = next(name for name, value in values.items() if not isinstance(value, str))
        raise self.fail(f"{key}.{name}", "must be a string")

    def member(self, members: Mapping[str, E], key: str, default: E) -> E:
        """One of an enumeration, given as name to member."""
        value = self.rest.pop(key, default)
        if isinstance(value, str) and value in members:
            return members[value]
        raise self.fail(key, f"must be one of {', '.join(members)}")

    def id(self, key: str) -> IssueId:
        value = self.text(key)
        if is_id(value):
            return IssueId(value)
        raise self.fail(key, f"must be {ID_LENGTH} lower-case hexadecimal digits")

    def ids(self, key: str) -> list[IssueId]:
        values = self.strings(key)
        for index, value in enumerate(values):
            if not is_id(value):
                raise self.fail(f"{key}[{index}]", f"must be {ID_LENGTH} lower-case hexadecimal digits")
        return [IssueId(value) for value in values]

    def timestamp(self, key: str) -> Timestamp:
        value = self.text(key)
        try:
            return normalise_timestamp(value)
        except InvalidValue as error:
            raise self.fail(key, str(error.details["rule"])) from None

    def optional_timestamp(self, key: str) -> Timestamp | None:
        if self.rest.get(key) is None:
            self.rest.pop(key, None)
            return None
        return self.timestamp(key)

    def date(self, key: str) -> Date | None:
        value = self.optional(key)
        if value is None:
            return None
        try:
            return normalise_date(value)
        except InvalidValue as error:
            raise self.fail(key, str(error.details["rule"])) from None


def is_id(text: str) -> bool:
    """Whether `text` is an issue id: 32 lower-case hexadecimal digits."""
    return len(text) == ID_LENGTH and not text.strip(_HEX)
