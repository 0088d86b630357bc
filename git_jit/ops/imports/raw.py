"""One foreign object on its way to becoming a record: keys are taken one by one, the rest is kept."""

from collections.abc import Mapping
from typing import Any, Final

from git_jit.model import Actor, Date, Json, Timestamp
from git_jit.ops.imports import clean
from git_jit.ops.imports.reading import REPEATED, UnsafeNumber
from git_jit.ops.imports.record import Remarks

_MISSING: Final = object()


class Raw:
    """Takes keys from a JSON object. A value of the wrong type is said and kept, never guessed at.

    Whatever nobody asked for, and whatever could not be used, is in `leftovers`.
    """

    __slots__ = ("_unused", "context", "remarks", "rest", "where")

    def __init__(self, document: Mapping[str, Any], remarks: Remarks, where: str) -> None:
        self.remarks = remarks
        self.where = where
        self.rest = dict(document)
        self._unused: dict[str, Any] = {}
        self.context: dict[str, str] = {}
        """Originals of values that had to be rewritten."""

    def note(self, rule: str, what: str) -> None:
        self.remarks.add(rule, self.where, what)

    def has(self, key: str) -> bool:
        return self.rest.get(key) is not None

    def take(self, key: str) -> Any:
        """The value as it is; None where it is absent."""
        return self.rest.pop(key, None)

    def drop(self, *keys: str) -> None:
        """Take keys whose content is known to be derived."""
        for key in keys:
            self.rest.pop(key, None)

    def keep(self, key: str, value: Any, rule: str = "wrong-type") -> None:
        """Put a value aside that has no place, and say so."""
        number, free = 0, key
        while free in self._unused:
            number += 1
            free = f"{key}{REPEATED}{number}"
        self._unused[free] = value
        self.note(rule, f"{key}: {value!r}")

    def string(self, key: str) -> str | None:
        """Text; numbers and booleans are spelled out. None where there is none."""
        value = self.rest.pop(key, None)
        match value:
            case None:
                return None
            case str():
                return clean.text(str(value), self.note)
            case bool():
                return "true" if value else "false"
            case int():
                return str(value)
            case _:
                self.keep(key, value)
                return None

    def required(self, key: str) -> str:
        """Text that must be there. Raises `ValueError` with the reason."""
        value = self.rest.get(key, _MISSING)
        if value is _MISSING or value is None:
            raise ValueError(f"has no '{key}'")
        if isinstance(value, dict | list):
            raise ValueError(  # noqa: TRY004 - what readers collect, with the place, as malformed input
                f"has a '{key}' that is {'a list' if isinstance(value, list) else 'an object'}"
            )
        found = str(self.rest.pop(key)) if not isinstance(value, bool) else (self.string(key) or "")
        if key != "title" and not found.strip():
            raise ValueError(f"has an empty '{key}'")
        return found

    def timestamp(self, key: str) -> Timestamp | None:
        found = clean.timestamp(value := self.rest.pop(key, None), self.note)
        if found is None and value not in (None, ""):
            self.keep(key, value, "bad-time")
        return found

    def date(self, key: str) -> Date | None:
        found = clean.date(value := self.rest.pop(key, None), self.note)
        if found is None and value not in (None, ""):
            self.keep(key, value, "bad-time")
        return found

    def actor(self, key: str, system: str) -> Actor | None:
        value = self.string(key)
        if value is None:
            return None
        found, readable = clean.actor(value, self.note)
        if not readable:
            self.context[f"{system}.{key}"] = value
        return found

    def minutes(self, key: str) -> int | None:
        value = self.rest.pop(key, None)
        if value is None:
            return None
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return value
        self.keep(key, value)
        return None

    def array(self, key: str) -> list[Any]:
        """A list; a single value stands for a list of one."""
        value = self.rest.pop(key, None)
        match value:
            case None | "":
                return []
            case list():
                return value
            case str() | int():
                return [value]
            case _:
                self.keep(key, value)
                return []

    def strings(self, key: str) -> list[str]:
        """The texts of a list; members that are none are kept aside."""
        found, odd = [], []
        for value in self.array(key):
            if isinstance(value, str | int) and not isinstance(value, bool | UnsafeNumber):
                found.append(clean.text(str(value), self.note).strip())
            elif value is not None:
                odd.append(value)
        if odd:
            self.keep(key, odd)
        return [value for value in found if value]

    def objects(self, key: str) -> list[dict[str, Any]]:
        """The objects of a list; members that are none are kept aside."""
        values = self.array(key)
        odd = [value for value in values if not isinstance(value, dict) and value is not None]
        if odd:
            self.keep(key, odd)
        return [value for value in values if isinstance(value, dict)]

    def object(self, key: str) -> dict[str, Any]:
        value = self.rest.pop(key, None)
        if value is None or isinstance(value, dict):
            return value or {}
        self.keep(key, value)
        return {}

    def labels(self, key: str, system: str, *, always: tuple[str, ...] = ()) -> tuple[str, ...]:
        made, lost = clean.labels(self.strings(key), self.note, always)
        if lost:
            self.context[f"{system}.{key}"] = ", ".join(lost)
        return made

    def leftovers(self) -> dict[str, Json]:
        """Everything not taken, as storable values; nulls and empty values say nothing and are dropped."""
        kept: dict[str, Json] = {}
        for key, value in {**self.rest, **self._unused}.items():
            if value in (None, "", [], {}):
                continue
            if key not in self._unused:
                self.note(self._rule(key), key)
            kept[clean.text(key, self.note)] = clean.storable(value, self.note)
        return kept

    def surplus(self, system: str) -> dict[str, Json]:
        """`leftovers`, and originals of rewritten values, as the extra keys of a smaller document."""
        kept = {**self.context, **self.leftovers()}
        return {system: kept} if kept else {}

    def _rule(self, key: str) -> str:
        base, mark, number = key.rpartition(REPEATED)
        return "repeated-key" if mark and number.isdigit() and base else "unknown-key"
