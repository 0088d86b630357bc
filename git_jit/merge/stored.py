"""Conflicts as they are stored: one document for each field, with every value that is waiting for a decision.

The documents are merged like everything else: as a set of lost values. What was resolved on one side stays
resolved, what another merge recorded meanwhile is added.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from git_jit import canonical
from git_jit.canonical import Malformed
from git_jit.merge.compare import key
from git_jit.merge.values import MISSING, UNKNOWN, Conflict, Document, Entry, Stamp, Value

SCHEMA: Final = 1

REASONS: Final[Mapping[str, str]] = {
    "both_changed": "both sides gave it a value",
    "overlap": "both sides rewrote the same lines",
    "states": "neither state follows from the other",
    "deleted": "one side deleted it, the other went on writing",
    "target_deleted": "it refers to an issue that the other side deleted",
    "cycle": "with it, issues would wait for each other in a circle",
    "parent_cycle": "with it, issues would be parts of each other",
    "namespace": "a label of the namespace excludes another",
    "too_many": "there would be more than an issue may have",
    "too_large": "together the texts would be larger than what may be stored",
    "stale_claim": "it was done under a claim that had passed on to others",
    "incompatible": "the rules of both sides contradict each other",
}
"""Why a decision is somebody's."""


def stored(conflict: Conflict, earlier: Value = None) -> dict[str, Any]:
    """The document of a conflict, together with what `earlier` (the document that lies there) still holds."""
    waiting = _lost(earlier) | {_name(entry): _entry(entry) for entry in conflict.lost}
    waiting.pop(_name(conflict.kept), None)
    document: dict[str, Any] = {
        "field": [*conflict.field],
        "kept": _entry(conflict.kept),
        "lost": _in_order(waiting),
        "path": conflict.path,
        "reason": conflict.reason,
        "schema": SCHEMA,
    }
    if conflict.base is not MISSING:
        document["base"] = conflict.base
    return _fitting(document)


def merge_stored(base: Value, one: Value, other: Value) -> Value:
    """What two sides left of a conflict, after the three-way test."""
    before, first, second = _lost(base), _lost(one), _lost(other)
    removed = (before.keys() - first.keys()) | (before.keys() - second.keys())
    waiting: dict[str, dict[str, Any]] = {}
    for name in (first.keys() | second.keys()) - removed:
        found = [side[name] for side in (first, second) if name in side]
        waiting[name] = max(found, key=lambda entry: (_stamp(entry), key(entry)))
    heads = [document for document in (one, other) if isinstance(document, dict)]
    if not waiting or not heads:
        return None
    low, head = min(heads, key=_rank), max(heads, key=_rank)
    return _fitting({**low, **head, "lost": _in_order(waiting)})


def decode(document: Document) -> Conflict | None:
    """The conflict that a stored document tells, with all values that are waiting; None if it tells none."""
    field, path, lost = document.get("field"), document.get("path"), _lost(document)
    if not isinstance(field, list) or not isinstance(path, str) or not lost:
        return None
    if not all(isinstance(name, str) for name in field):
        return None
    return Conflict(
        path=path,
        field=tuple(field),
        reason=str(document.get("reason")),
        base=document.get("base", MISSING),
        kept=_read(document["kept"]) if isinstance(document.get("kept"), dict) else Entry(MISSING),
        lost=tuple(_read(lost[name]) for name in sorted(lost)),
    )


def without(document: Document, settled: Iterable[Entry]) -> dict[str, Any] | None:
    """The document after `settled` values were decided upon; None when nothing is left of it."""
    waiting = _lost(document)
    for entry in settled:
        waiting.pop(_name(entry), None)
    return {**document, "lost": _in_order(waiting)} if waiting else None


def _in_order(waiting: Mapping[str, dict[str, Any]]) -> list[dict[str, Any]]:
    return [waiting[name] for name in sorted(waiting)]


def _rank(document: Document) -> tuple[Stamp, str]:
    kept = document.get("kept")
    return _stamp(kept if isinstance(kept, dict) else {}), key(document)


def _lost(document: Value) -> dict[str, dict[str, Any]]:
    """The values that wait in a document, by what makes each itself: its place and value, not its time."""
    entries = document.get("lost") if isinstance(document, dict) else None
    found = [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    return {_entry_name(entry): entry for entry in found}


def _entry(entry: Entry) -> dict[str, Any]:
    document: dict[str, Any] = {"stamp": None if entry.stamp == UNKNOWN else str(entry.stamp)}
    if entry.value is not MISSING:
        document["value"] = entry.value
    if entry.path is not None:
        document["path"] = entry.path
    return document


def _name(entry: Entry) -> str:
    return _entry_name(_entry(entry))


def _entry_name(entry: Mapping[str, Any]) -> str:
    return key({name: value for name, value in entry.items() if name != "stamp"})


def _stamp(entry: Mapping[str, Any]) -> Stamp:
    text = entry.get("stamp")
    return (Stamp.parse(text) if isinstance(text, str) else None) or UNKNOWN


def _read(entry: Mapping[str, Any]) -> Entry:
    path = entry.get("path")
    value = entry.get("value", MISSING)
    if isinstance(entry.get("json"), str):
        try:
            value = canonical.loads(entry["json"].encode())
        except (Malformed, UnicodeEncodeError):
            value = entry["json"]
    return Entry(value, _stamp(entry), path if isinstance(path, str) else None)


def _fitting(document: dict[str, Any]) -> dict[str, Any]:
    """The document if it can be stored; else with less around the lost values, and at the very last without them:
    then they are in the history only, where the merge commit has both sides as parents.
    """
    for attempt in _ladder(document):
        try:
            canonical.dumps(attempt)
        except Malformed:
            continue
        return attempt
    return {**_bare(document), "lost": [_dropped(entry) for entry in document["lost"]]}


def _ladder(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield document
    yield _bare(document)
    yield {**_bare(document), "lost": [_packed(entry) for entry in document["lost"]]}


def _bare(document: dict[str, Any]) -> dict[str, Any]:
    rest = {name: value for name, value in document.items() if name in {"field", "path", "reason", "schema"}}
    kept = document.get("kept")
    return {**rest, "kept": _dropped(kept) if isinstance(kept, dict) else {"stamp": None}, "lost": document["lost"]}


def _packed(entry: dict[str, Any]) -> dict[str, Any]:
    """The value as JSON in a string: indentation and nesting cost nothing there."""
    rest = {name: value for name, value in entry.items() if name != "value"}
    return {**rest, "json": key(entry["value"])} if "value" in entry else rest


def _dropped(entry: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name in {"stamp", "path"}}
