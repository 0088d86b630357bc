"""What differs between two versions of a thing, field by field, and how to take a difference back.

Works on decoded JSON documents, not on model values, so that keys of a newer version are compared and
restored like any other.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from git_jit.model import Json
from git_jit.record import record

Fields = Mapping[str, Json]

OLD: Final = "old"
NEW: Final = "new"
_INVERSE: Final = {OLD: NEW, NEW: OLD, "": ""}


@record
class FieldChange:
    """One field before and after; None stands for null and for absent alike, unless `absent` tells them apart."""

    field: str
    old: Json
    new: Json
    absent: str = ""
    """The side whose document has no such key: `OLD`, `NEW`, or neither; only `exact_changes` says so."""

    @property
    def added(self) -> list[Json]:
        """For a list: the members that came."""
        return _members_only_in(self.new, self.old)

    @property
    def removed(self) -> list[Json]:
        """For a list: the members that went."""
        return _members_only_in(self.old, self.new)


def field_changes(old: Fields | None, new: Fields | None) -> list[FieldChange]:
    """Every field that differs, in order of name; None for `old` or `new` means there is no such version.

    >>> field_changes({"title": "a", "due": None}, {"title": "b"})
    [FieldChange(field='title', old='a', new='b')]
    """
    before, after = old or {}, new or {}
    names = sorted(before.keys() | after.keys())
    return [FieldChange(n, before.get(n), after.get(n)) for n in names if before.get(n) != after.get(n)]


def exact_changes(old: Fields | None, new: Fields | None) -> list[FieldChange]:
    """Every field that differs, in order of name, so that `applied` makes one document of the other.

    Other than `field_changes` it tells a field that is null from one that is not there.

    >>> exact_changes({"due": None}, {})
    [FieldChange(field='due', old=None, new=None, absent='new')]
    """
    before, after = old or {}, new or {}
    found = []
    for name in sorted(before.keys() | after.keys()):
        absent = OLD if name not in before else NEW if name not in after else ""
        if absent or before[name] != after[name]:
            found.append(FieldChange(name, before.get(name), after.get(name), absent))
    return found


def applied(document: Fields, changes: Iterable[FieldChange]) -> dict[str, Json]:
    """`document` after `exact_changes`, whatever it said about these fields before.

    >>> applied({"title": "a"}, exact_changes({"title": "a"}, {"title": "b", "due": None}))
    {'title': 'b', 'due': None}
    """
    result = dict(document)
    for change in changes:
        if change.absent == NEW:
            result.pop(change.field, None)
        else:
            result[change.field] = change.new
    return result


def inverse(changes: Iterable[FieldChange]) -> list[FieldChange]:
    """What takes `exact_changes` back."""
    return [FieldChange(c.field, c.new, c.old, _INVERSE[c.absent]) for c in changes]


def take_back(old: Fields, new: Fields, now: Fields) -> tuple[dict[str, Json], list[FieldChange]]:
    """Undo the step `old` → `new` on `now`: the document that results, and what stands in the way.

    A field that still is as the step left it goes back to what it was. One that was changed again since is
    later work: it stays, and is returned as `FieldChange(field, new, now)`. Lists that are sets (labels,
    dependencies, links) are taken back member by member, so that later members survive.

    >>> take_back({"title": "a"}, {"title": "b"}, {"title": "b", "due": "2027-01-01"})
    ({'title': 'a', 'due': '2027-01-01'}, [])
    """
    result = dict(now)
    later: list[FieldChange] = []
    for change in field_changes(old, new):
        present = now.get(change.field)
        if present == change.new:
            _set(result, change.field, old)
        elif change.field in SETS and isinstance(present, list):
            kept = [m for m in present if m not in change.added]
            result[change.field] = kept + [m for m in change.removed if m not in kept]
        else:
            later.append(FieldChange(change.field, change.new, present))
    return result, later


SETS = frozenset({"labels", "dependencies", "links", "documents", "unresolved"})
"""Fields whose arrays have no order; the codec sorts them on the way out."""


def _set(document: dict[str, Json], field: str, source: Fields) -> None:
    if field in source:
        document[field] = source[field]
    else:
        document.pop(field, None)


def _members_only_in(one: Json, other: Json) -> list[Json]:
    if not isinstance(one, list):
        return []
    rest = other if isinstance(other, list) else []
    return [member for member in one if member not in rest]
