"""One document that both sides changed: which table of fields it has, and what holds for it as a whole."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from git_jit import canonical, config
from git_jit.canonical import Malformed
from git_jit.config import Config, ConfigInvalid, Namespace
from git_jit.merge import fields as f
from git_jit.merge.compare import same
from git_jit.merge.desk import Desk, merge_mapping
from git_jit.merge.states import UNIT, merge_state
from git_jit.merge.values import MISSING, Document, Entry
from git_jit.model import MAX_LABELS

ISSUE: Final[Mapping[str, tuple[f.Rule, Any]]] = {
    "assignee": (f.later, None),
    "context": (f.keys, MISSING),
    "created_at": (f.later, MISSING),
    "created_by": (f.later, None),
    "defer_until": (f.later, None),
    "dependencies": (f.union, MISSING),
    "description": (f.lines, MISSING),
    "documents": (f.documents, MISSING),
    "due": (f.later, None),
    "estimate": (f.later, None),
    "external": (f.keys, MISSING),
    "fields": (f.keys, MISSING),
    "gates": (f.verdicts, MISSING),
    "id": (f.later, MISSING),
    "labels": (f.union, MISSING),
    "links": (f.links, MISSING),
    "priority": (f.logged, "normal"),
    "schema": (f.highest, MISSING),
    "title": (f.later, MISSING),
    "unresolved": (f.references, MISSING),
}
GATE: Final[Mapping[str, tuple[f.Rule, Any]]] = {
    "argv": (f.later, MISSING),
    "description": (f.lines, MISSING),
    "env_allow": (f.union, MISSING),
    "pins": (f.union, MISSING),
    "schema": (f.highest, MISSING),
}
CONFIG: Final[Mapping[str, tuple[f.Rule, Any]]] = {
    "archive_categories": (f.entries, MISSING),
    "archive_never": (f.union, MISSING),
    "fields": (f.later, None),
    "membership": (f.entries, MISSING),
    "namespaces": (f.entries, MISSING),
    "queries": (f.entries, MISSING),
    "required_sections": (f.entries, MISSING),
    "rules": (f.entries, MISSING),
    "schema": (f.highest, MISSING),
    "severities": (f.entries, MISSING),
    "strategic_types": (f.union, MISSING),
    "templates": (f.entries, MISSING),
    "types": (f.entries, MISSING),
}
COMMENT: Final[Mapping[str, tuple[f.Rule, Any]]] = {"body": (f.later, MISSING), "schema": (f.highest, MISSING)}

HIERARCHY: Final = ("default_type", "membership", "required_sections", "strategic_types", "types")
"""Rules that must fit each other (`config` checks it), so that a mixture of two sides may be none."""
ASKING: Final = ("queries", "rules")
"""Where rules about issues are used, they must fit too: their filters name types and saved queries."""


def merge_issue(desk: Desk, path: str, base: Any, one: Document, other: Document) -> Document:
    """An issue, field by field. With `base` None both sides made it; then everything they agree on is common."""
    first, second = ({name: value for name, value in side.items() if name not in UNIT} for side in (one, other))
    merged = merge_mapping(desk, path, (), base, first, second, f.table(ISSUE)) | merge_state(
        desk, path, base, one, other
    )
    _settle_labels(desk, path, merged, one, other)
    return _storable(desk, path, merged, one, other)


def merge_plain(
    desk: Desk, path: str, base: Any, one: Document, other: Document, rules: Mapping[str, tuple[f.Rule, Any]]
) -> Document:
    """A document without rules across its fields."""
    return _storable(desk, path, merge_mapping(desk, path, (), base, one, other, f.table(rules)), one, other)


def merge_config(desk: Desk, path: str, base: Any, one: Document, other: Document) -> Document:
    """The rules, by key. Where both sides' rules cannot hold together the old ones stay in force."""
    merged = merge_mapping(desk, path, (), base, one, other, f.table(CONFIG))
    if _is_valid(merged) or not (_is_valid(one) and _is_valid(other)):
        return _storable(desk, path, merged, one, other)
    names = (*HIERARCHY, *(ASKING if any("rules" in side for side in (merged, one, other)) else ()))
    low, high = desk.by_stamp(path, one, other, *((name,) for name in names))
    old = base if isinstance(base, dict) and _is_valid(base) else None
    source = high.value if old is None else old
    merged = {name: value for name, value in merged.items() if name not in names} | _part(source, names)
    if not _is_valid(merged):
        merged = dict(source)
    lost = [entry for entry in (low, high) if not same(_part(entry.value, names), _part(source, names))]
    entries = [Entry(_part(entry.value, names), entry.stamp) for entry in lost]
    kept = Entry(_part(source, names), high.stamp if old is None else low.stamp)
    desk.conflicts = [c for c in desk.conflicts if c.path != path or c.field[:1] not in {(n,) for n in names}]
    desk.record(path, ("types",), "incompatible", MISSING if old is None else _part(old, names), kept, *entries)
    return merged


def _part(document: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: document[name] for name in names if name in document}


def _is_valid(document: Mapping[str, Any]) -> bool:
    return rules_of(document) is not None


def rules_of(document: Any) -> Config | None:
    """The rules that a `config.json` says; None if it cannot be read."""
    if not isinstance(document, dict):
        return None
    try:
        found = config.parse({name: value for name, value in document.items() if name != "schema"})
        if found.rules:
            from git_jit.query.rules import check  # the language of filters

            check(found)
    except ConfigInvalid:
        return None
    return found


def _settle_labels(desk: Desk, path: str, merged: dict[str, Any], one: Document, other: Document) -> None:
    """A union can break what both sides kept: one label of a namespace, at least one, not too many."""
    sides = [_labels(side) for side in (one, other)]
    found = merged.get("labels")
    if not isinstance(found, list) or sides[0] is None or sides[1] is None:
        return
    labels = set(found)
    for name, rule in sorted(desk.rules.config.namespaces.items()):
        chosen = _chosen(desk, path, name, rule, labels, sides[0], sides[1])
        labels = {label for label in labels if not _is_in(name, label)} | chosen
    merged["labels"] = sorted(labels)
    if len(labels) > MAX_LABELS >= max(len(side or ()) for side in sides):
        low, high = desk.by_stamp(path, sorted(sides[0]), sorted(sides[1]), ("labels",))
        desk.record(path, ("labels",), "too_many", MISSING, high, low)
        merged["labels"] = high.value


def _chosen(
    desk: Desk, path: str, name: str, rule: Namespace, labels: set[str], one: set[str], other: set[str]
) -> set[str]:
    """The labels of one namespace."""
    merged, first, second = ({label for label in side if _is_in(name, label)} for side in (labels, one, other))
    crowded = rule.unique and len(merged) > 1 and len(first) <= 1 and len(second) <= 1
    emptied = rule.required and not merged and first and second
    if not crowded and not emptied:
        return merged
    low, high = desk.by_stamp(path, sorted(first), sorted(second), ("labels",))
    if not same(low.value, high.value):
        desk.record(path, ("labels", name), "namespace", MISSING, high, low)
    return set(high.value)


def _is_in(namespace: str, label: str) -> bool:
    return label.partition(":")[0] == namespace


def _labels(document: Document) -> set[str] | None:
    labels = document.get("labels", [])
    is_set = isinstance(labels, list) and all(isinstance(label, str) for label in labels)
    return set(labels) if is_set else None


def _storable(desk: Desk, path: str, merged: dict[str, Any], one: Document, other: Document) -> Document:
    """The merged document with its sets in order; if it would be too large, the later side's as a whole."""
    for name in ("labels", "dependencies"):
        values = merged.get(name)
        if isinstance(values, list) and all(isinstance(value, str) for value in values):
            merged[name] = sorted(set(values))
    try:
        canonical.dumps(merged)
    except Malformed:
        low, high = desk.by_stamp(path, one, other, ())
        lost = Entry(low.value, low.stamp, path)
        desk.record(path, (), "too_large", MISSING, Entry(MISSING, high.stamp), lost)
        chosen: Document = high.value
        return chosen
    return merged


def changed_fields(base: Any, document: Any) -> list[str]:
    """The fields in which two versions differ."""
    before, after = (side if isinstance(side, dict) else {} for side in (base, document))
    names = sorted(before.keys() | after.keys())
    return [name for name in names if not same(before.get(name, MISSING), after.get(name, MISSING))]
