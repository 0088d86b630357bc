"""The table of fields: for each, what happens when both sides changed it differently.

A rule is `(desk, path, field, base, one, other) -> value`, symmetric in the last two. It is asked only after the
three-way test. Values may be anything that JSON can be: a rule that needs more falls back to `later`.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeAlias

from git_jit.merge.compare import key, same, three_way
from git_jit.merge.desk import Desk, merge_mapping, shown
from git_jit.merge.lines import merge_lines
from git_jit.merge.values import MISSING, Entry, FieldPath
from git_jit.model import MAX_BODY

Rule: TypeAlias = Callable[[Desk, str, FieldPath, Any, Any, Any], Any]
Table: TypeAlias = Callable[[str], tuple[Rule, Any]]
"""From the name of a key to its rule and to what its absence means."""


def later(desk: Desk, path: str, field: FieldPath, base: Any, one: Any, other: Any) -> Any:
    """The value with the higher stamp; the other is recorded."""
    low, high = desk.by_stamp(path, one, other, field)
    desk.record(path, field, "both_changed", base, high, low)
    return high.value


def logged(desk: Desk, path: str, field: FieldPath, _base: Any, one: Any, other: Any) -> Any:
    """The value with the higher stamp; the other is told, not asked about."""
    low, high = desk.by_stamp(path, one, other, field)
    desk.note(path, field, f"{'.'.join(field)} is {shown(high.value)}, not {shown(low.value)}")
    return high.value


def union(desk: Desk, path: str, field: FieldPath, base: Any, one: Any, other: Any) -> Any:
    """`(A ∪ B) − ((O − A) ∪ (O − B))`, for a set of texts: every addition and every removal counts."""
    sets = [_texts(value) for value in (base, one, other)]
    if any(found is None for found in sets):
        return later(desk, path, field, base, one, other)
    before, first, second = (set(found or ()) for found in sets)
    return sorted((first | second) - ((before - first) | (before - second)))


def _texts(value: Any) -> Iterable[str] | None:
    if value is MISSING or value is None:
        return ()
    return value if isinstance(value, list) and all(isinstance(member, str) for member in value) else None


MEMBERS: Final[Mapping[str, tuple[str, ...]]] = {
    "links": ("type", "target"),
    "unresolved": ("type", "target"),
    "documents": ("path", "commit"),
}
"""Sets of objects, and what makes a member of each itself."""


def member_name(field: str, member: Mapping[str, Any]) -> str:
    """A member of a set of objects, as the path to a field in it has it: `parent 8f3c…`, `docs/plan.md`."""
    return " ".join(_word(member.get(name)) for name in MEMBERS[field]).strip()


def links(desk: Desk, path: str, field: FieldPath, base: Any, one: Any, other: Any) -> Any:
    """The same set rule for objects, each of which is itself by its type and target."""
    return _members(desk, path, field, (base, one, other), in_order=False)


def references(desk: Desk, path: str, field: FieldPath, base: Any, one: Any, other: Any) -> Any:
    """As for links; what was there keeps its place in the list."""
    return _members(desk, path, field, (base, one, other), in_order=True)


def documents(desk: Desk, path: str, field: FieldPath, base: Any, one: Any, other: Any) -> Any:
    """As for references; a document is itself by its path and commit."""
    return _members(desk, path, field, (base, one, other), in_order=True)


def _members(desk: Desk, path: str, field: FieldPath, values: tuple[Any, Any, Any], *, in_order: bool) -> Any:
    found = [_named(field[-1], value) for value in values]
    before, first, second = found
    if before is None or first is None or second is None:
        return later(desk, path, field, *values)
    gone = (before.keys() - first.keys()) | (before.keys() - second.keys())
    merged = {}
    for name in sorted((first.keys() | second.keys()) - gone):
        sides = [side.get(name, MISSING) for side in (before, first, second)]
        present = [side for side in sides[1:] if side is not MISSING]
        if len(present) == 1:
            merged[name] = present[0]
        else:
            merged[name] = keys(desk, path, (*field, name), *sides)
    places = {name: place for place, name in enumerate(before)} if in_order else {}
    return [merged[name] for name in sorted(merged, key=lambda name: (places.get(name, len(places)), name))]


def _named(field: str, value: Any) -> dict[str, Any] | None:
    """The members of a list by what makes them themselves; None if they are no such objects."""
    if value is MISSING or value is None:
        return {}
    if not isinstance(value, list) or not all(isinstance(member, dict) for member in value):
        return None
    return {member_name(field, member): member for member in value}


def _word(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else key(value)


def lines(desk: Desk, path: str, field: FieldPath, base: Any, one: Any, other: Any) -> Any:
    """Line by line; where both wrote at one place, one text stays as its author wrote it, the other is recorded."""
    texts = [_texts(value) for value in (base, one, other)]
    if any(text is None for text in texts):
        return later(desk, path, field, base, one, other)
    merged = merge_lines(*([*(text or ())] for text in texts))
    if merged is not None and sum(len(line.encode("utf-8", "replace")) + 1 for line in merged) <= MAX_BODY:
        return [] if merged == [""] else merged
    low, high = desk.by_stamp(path, one, other, field)
    desk.record(path, field, "overlap" if merged is None else "too_large", base, high, low)
    return high.value


def keys(desk: Desk, path: str, field: FieldPath, base: Any, one: Any, other: Any) -> Any:
    """Key by key, as deep as both sides have objects; else the later value."""
    decided, value = three_way(base, one, other)
    if decided:
        return value
    if not isinstance(one, dict) or not isinstance(other, dict):
        return later(desk, path, field, base, one, other)
    return merge_mapping(desk, path, field, base, one, other, lambda _: (keys, MISSING))


def entries(desk: Desk, path: str, field: FieldPath, base: Any, one: Any, other: Any) -> Any:
    """Key by key, and each value as a whole."""
    if not isinstance(one, dict) or not isinstance(other, dict):
        return later(desk, path, field, base, one, other)
    return merge_mapping(desk, path, field, base, one, other, lambda _: (later, MISSING))


def highest(_desk: Desk, _path: str, _field: FieldPath, _base: Any, one: Any, other: Any) -> Any:
    """The larger one: of a format version, that which both can be read as."""
    return max(one, other, key=lambda value: (value if isinstance(value, int) else 0, key(value)))


def table(rules: Mapping[str, tuple[Rule, Any]]) -> Table:
    """Known keys by their rule; others key by key."""
    return lambda name: rules.get(name, (keys, MISSING))


VERDICT: Final = ("status", "run", "tree", "at", "by", "definition")
"""One unit: what a run of a gate says."""


def verdicts(desk: Desk, path: str, field: FieldPath, base: Any, one: Any, other: Any) -> Any:
    """Which gates are required is a set; of two verdicts the later run counts, and the other is told."""
    if not all(isinstance(value, dict) or value is MISSING or value is None for value in (base, one, other)):
        return later(desk, path, field, base, one, other)
    before, first, second = (value if isinstance(value, dict) else {} for value in (base, one, other))
    gone = (before.keys() - first.keys()) | (before.keys() - second.keys())
    merged = {}
    for name in sorted(first.keys() | second.keys()):
        sides = [side.get(name, MISSING) for side in (before, first, second)]
        present = [side for side in sides[1:] if side is not MISSING]
        if name in gone:
            _tell_unasked(desk, path, (*field, name), before[name], present)
        elif len(present) == 1:
            merged[name] = present[0]
        else:
            decided, value = three_way(*sides)
            merged[name] = value if decided else _verdict(desk, path, (*field, name), *sides)
    return merged


def _tell_unasked(desk: Desk, path: str, field: FieldPath, before: Any, present: list[Any]) -> None:
    for value in present:
        if not same(value, before):
            desk.note(path, field, f"{'.'.join(field)} is not required any more; its verdict was {_said(value)}")


def _verdict(desk: Desk, path: str, field: FieldPath, base: Any, one: Any, other: Any) -> Any:
    """The unit of the later run, together with keys that are not ours, one by one."""
    if not isinstance(one, dict) or not isinstance(other, dict):
        return later(desk, path, field, base, one, other)
    units = [{name: side[name] for name in VERDICT if name in side} for side in (one, other)]
    before = {name: base[name] for name in VERDICT if name in base} if isinstance(base, dict) else MISSING
    decided, unit = three_way(before, *units)
    if not decided:
        low, unit = sorted(units, key=_run)
        desk.note(path, field, f"{'.'.join(field)} is {_said(unit)} by the later run, not {_said(low)}")
    before, first, second = (_rest(side) for side in (base, one, other))
    return {**merge_mapping(desk, path, field, before, first, second, lambda _: (keys, MISSING)), **unit}


def _rest(side: Any) -> dict[str, Any]:
    return {name: value for name, value in side.items() if name not in VERDICT} if isinstance(side, dict) else {}


def _run(unit: Mapping[str, Any]) -> tuple[str, str, str]:
    """Runs in order of time; one that was never made comes first."""
    at, run = unit.get("at"), unit.get("run")
    return at if isinstance(at, str) else "", run if isinstance(run, str) else "", key(unit)


def _said(unit: Any) -> str:
    return shown(unit.get("status")) if isinstance(unit, dict) else shown(unit)


def whole(desk: Desk, path: str, one: Any, other: Any) -> Any:
    """A file that nothing can be said about: the later one stays, the other is in the history, which is told."""
    low, high = desk.by_stamp(path, one, other, ())
    if isinstance(low.value, dict):
        desk.record(path, (), "both_changed", MISSING, Entry(MISSING, high.stamp), Entry(low.value, low.stamp, path))
    else:
        desk.note(path, (), f"'{path}' was changed on both sides; one version stays, the other is in the history")
    return high.value
