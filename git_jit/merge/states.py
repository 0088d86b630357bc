"""The state of an issue with what travels along: one unit, so that nothing is open and closed at once."""

from collections.abc import Mapping
from typing import Any, Final

from git_jit.merge.compare import key, same, three_way
from git_jit.merge.desk import Desk
from git_jit.merge.values import MISSING, Entry, Row
from git_jit.model import TERMINAL

UNIT: Final = ("state", "closed_at", "close_reason", "resolution")
TEXTS: Final = ("close_reason", "resolution")
"""What somebody wrote; it is never lost in silence, whatever becomes of the state."""
_FIELDS: Final = tuple((name,) for name in UNIT)
_DEFAULTS: Final[Mapping[str, Any]] = {"state": "backlog", "closed_at": None, "close_reason": None}


def merge_state(desk: Desk, path: str, base: Any, one: Any, other: Any) -> dict[str, Any]:
    """The unit of two versions of an issue."""
    before, first, second = (_unit(document) for document in (base, one, other))
    decided, unit = three_way(before, first, second)
    if decided:
        return _spelled(unit, one, other)
    merged = _merged(desk, path, before, first, second)
    states = [unit["state"] for unit in (before, first, second, merged)]
    desk.rows.append(Row(path, ("state",), states[0], states[1], states[2], states[3], "state"))
    return _spelled(merged, one, other)


def _spelled(unit: Mapping[str, Any], one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """The unit as it goes into the document: what both sides leave to its default stays so."""
    said = _without_missing(unit)
    return {name: v for name, v in said.items() if name in one or name in other or not same(v, _DEFAULTS.get(name))}


def _unit(document: Any) -> dict[str, Any]:
    known = document if isinstance(document, dict) else {}
    return {name: known.get(name, _DEFAULTS.get(name, MISSING)) for name in UNIT}


def _merged(
    desk: Desk, path: str, before: dict[str, Any], first: dict[str, Any], second: dict[str, Any]
) -> dict[str, Any]:
    low, high = desk.by_stamp(path, first, second, *_FIELDS)
    if follows(desk, before, low.value, high.value):
        kept, lost = high, low
    elif follows(desk, before, high.value, low.value):
        kept, lost = low, high
    elif same(low.value["state"], high.value["state"]):
        kept, lost = high, low
    else:
        desk.record(path, ("state",), "states", _without_missing(before), _entry(high), _entry(low))
        return dict(high.value)
    merged = _with_texts(before, kept.value, lost.value)
    if any(lost.value[name] not in (None, MISSING, merged[name], before[name]) for name in TEXTS):
        desk.record(
            path,
            ("state",),
            "both_changed",
            _without_missing(before),
            Entry(_without_missing(merged), kept.stamp),
            _entry(lost),
        )
    return merged


def follows(desk: Desk, before: Mapping[str, Any], near: Mapping[str, Any], far: Mapping[str, Any]) -> bool:
    """Whether the state of `far` lies further along than that of `near`. Of an issue that was closed and is now open
    on one side only, nobody can say.
    """
    states = [key(unit["state"]).strip('"') for unit in (before, near, far)]
    was, first, second = states
    if was in TERMINAL and (first in TERMINAL) != (second in TERMINAL):
        return False
    return second in desk.rules.further.get(first, frozenset())


def _with_texts(before: Mapping[str, Any], kept: Mapping[str, Any], lost: Mapping[str, Any]) -> dict[str, Any]:
    """The kept unit; of closed issues with what only the other side changed."""
    merged = dict(kept)
    if kept["state"] in TERMINAL and lost["state"] in TERMINAL and before["state"] in TERMINAL:
        for name in UNIT[1:]:
            if same(kept[name], before[name]):
                merged[name] = lost[name]
    return merged


def _entry(entry: Entry) -> Entry:
    return Entry(_without_missing(entry.value), entry.stamp)


def _without_missing(unit: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in unit.items() if value is not MISSING}
