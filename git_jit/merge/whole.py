"""The merge of two trees: every path by its rule, then what holds between documents.

The cases, numbered as in `docs/concepts/merge.md` and `tests/cases/merge/`:

1. Nobody, or one side only, changed a path: what the side says.
2. Both made the same change: that.
3. Both made a document under one name: one thing if it was created by the same person at the same time, and merged
   with an empty base; else two things (`collisions`).
4. One side deleted what the other changed: it stays deleted; text that was written meanwhile is recorded.
5. Both changed it: field by field (`issues`, `fields`).

Then, between documents: comments follow a deleted issue; an edge to an issue that is gone, and an edge that closes a
circle, are set aside; a pass that was earned under another definition of its gate is pending again.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from git_jit.codec import SCHEMA, SchemaNewer
from git_jit.merge import fields as f
from git_jit.merge.collisions import separate
from git_jit.merge.compare import same, three_way
from git_jit.merge.desk import Desk, shown
from git_jit.merge.issues import COMMENT, GATE, changed_fields, merge_config, merge_issue, merge_plain, rules_of
from git_jit.merge.places import CONFLICTS
from git_jit.merge.relations import settle_relations
from git_jit.merge.stored import merge_stored, stored
from git_jit.merge.values import MISSING, Entry, Merged, Opaque, Rules, Side, Statistics, Value
from git_jit.paths import CONFIG, issue_path, place_of
from git_jit.record import replace


def merge(base: Mapping[str, Value], one: Side, other: Side, rules: Rules | None = None) -> Merged:
    """Merge what two sides made of `base`. Pure; `merge(b, x, y)` and `merge(b, y, x)` agree in everything but the
    order of columns in `rows`.

    `base` and both sides' documents are by path, for every path that a side changed; a path that a mapping lacks is
    absent there. What cannot be decided is in the result as `Conflict`; the result is as valid as the sides are.
    Raises `codec.SchemaNewer` for a document of a format that this version does not know, when both sides changed it.
    """
    base, one, other, renamed = separate(base, one, other)
    paths = sorted({*base, *one.documents, *other.documents})
    desk = Desk(one, other, rules or Rules())
    edits: dict[str, Value] = {}
    for path in sorted(paths, key=lambda path: path != CONFIG):
        edits[path] = _merge_path(desk, path, base.get(path), one.documents.get(path), other.documents.get(path))
        if path == CONFIG and (found := rules_of(edits[path])) is not None:
            desk.rules = replace(desk.rules, config=found)
    _bury(desk, base, edits)
    settle_relations(desk, base, edits)
    _file(desk, edits)
    return Merged(
        edits=edits,
        conflicts=tuple(sorted(desk.conflicts, key=lambda c: (c.file, c.path))),
        notes=tuple(sorted(desk.notes)),
        rows=tuple(desk.rows),
        renamed=renamed,
        clamped=tuple(sorted(desk.clamped)),
        statistics=_statistics(desk, base),
    )


def _merge_path(desk: Desk, path: str, base: Value, one: Value, other: Value) -> Value:
    decided, value = three_way(base, one, other)
    if decided:
        found: Value = value
        return found
    if isinstance(one, dict) and isinstance(other, dict):
        return _merge_document(desk, path, base, one, other)
    if one is None or other is None:
        edited = other if one is None else one
        return _deleted(desk, path, base, edited, one_deleted=one is None)
    return _merge_blob(desk, path, one, other)


def _merge_blob(desk: Desk, path: str, one: Value, other: Value) -> Value:
    """What can be read stands against what cannot."""
    if isinstance(one, Opaque) and isinstance(other, Opaque):
        found: Value = f.whole(desk, path, one, other)
        return found
    desk.note(path, (), f"'{path}' cannot be read on one side; the version that can be read stays")
    return other if isinstance(one, Opaque) else one


def _merge_document(desk: Desk, path: str, base: Value, one: dict[str, Any], other: dict[str, Any]) -> Value:
    for side in (one, other):
        schema = side.get("schema")
        if isinstance(schema, int) and schema > SCHEMA:
            raise SchemaNewer(schema)
    if path.startswith(f"{CONFLICTS}/"):
        return merge_stored(base, one, other)
    place = place_of(path)
    if path == CONFIG:
        return merge_config(desk, path, base, one, other)
    if place.comment is not None:
        return merge_plain(desk, path, base, one, other, COMMENT)
    if place.issue is not None:
        return merge_issue(desk, path, base, one, other)
    return merge_plain(desk, path, base, one, other, GATE if place.gate else {})


def _deleted(desk: Desk, path: str, base: Value, edited: Value, *, one_deleted: bool) -> Value:
    """Deleted things do not come back by themselves, except the rules: nobody deletes those on purpose."""
    stamp = desk.stamps(path, ())[1 if one_deleted else 0]
    if path.startswith(f"{CONFLICTS}/"):
        return merge_stored(base, None, edited)
    if path == CONFIG:
        desk.note(path, (), f"'{path}' was deleted on one side and changed on the other; it stays")
        return edited
    place = place_of(path)
    changed = changed_fields(base, edited)
    if place.issue is not None and place.comment is None and "description" not in changed:
        before = edited if isinstance(edited, dict) else {}
        what = ", ".join(f"{name} {shown(before.get(name))}" for name in changed)
        desk.note(path, (), f"'{place.issue[:7]}' was deleted; the other side had changed {what}")
    elif isinstance(edited, Opaque):
        desk.note(path, (), f"'{path}' was deleted; the other side's changes are in the history")
    else:
        desk.record(path, (), "deleted", MISSING, Entry(MISSING), Entry(edited, stamp, path))
    return None


def _bury(desk: Desk, base: Mapping[str, Value], edits: dict[str, Value]) -> None:
    """A deleted issue takes its comments along. Those that the other side wrote meanwhile are recorded, together with
    the issue as that side had it, so that one decision brings all of it back.
    """
    gone: dict[str, list[Entry]] = {}
    for path, id in list(_comments(edits)):
        issue = issue_path(id)
        if edits.get(issue, MISSING) is not None or base.get(issue) is None:
            continue
        entries = gone.setdefault(issue, [])
        for side, stamps in ((desk.one, 0), (desk.other, 1)):
            document = side.documents.get(path)
            if document is not None and not same(document, base.get(path)):
                entries.append(Entry(document, desk.stamps(path, ())[stamps], path))
        edits[path] = None
    for issue, entries in sorted(gone.items()):
        _record_buried(desk, issue, entries)


def _comments(edits: Mapping[str, Value]) -> Iterator[tuple[str, Any]]:
    for path in edits:
        place = place_of(path)
        if place.comment is not None:
            yield path, place.issue


def _record_buried(desk: Desk, issue: str, entries: list[Entry]) -> None:
    comments = {entry.path: entry for entry in sorted(entries, key=lambda e: e.stamp) if isinstance(entry.value, dict)}
    if not comments:
        return
    whole = [c for c in desk.conflicts if c.path in {issue, *comments} and not c.field]
    desk.conflicts = [c for c in desk.conflicts if c not in whole]
    lost = {entry.path: entry for c in whole for entry in c.lost} | comments
    if issue not in lost:
        for side, number in ((desk.one, 0), (desk.other, 1)):
            if isinstance(document := side.documents.get(issue), dict):
                lost[issue] = Entry(document, desk.stamps(issue, ())[number], issue)
    desk.notes = [note for note in desk.notes if note.path != issue or note.field]
    ordered = [lost[path] for path in sorted(lost, key=str)]
    desk.record(issue, (), "deleted", MISSING, Entry(MISSING), *ordered)


def _file(desk: Desk, edits: dict[str, Value]) -> None:
    """Put the conflicts where they are stored, beside what waits there already."""
    for conflict in sorted(desk.conflicts, key=lambda c: (c.file, c.path, c.field, c.lost[0].stamp)):
        earlier = edits[conflict.file] if conflict.file in edits else desk.rules.unchanged(conflict.file)
        edits[conflict.file] = stored(conflict, earlier)


def _statistics(desk: Desk, base: Mapping[str, Value]) -> Statistics:
    sides = [
        {id for path, document in side.documents.items() if (id := place_of(path).issue) and document != base.get(path)}
        for side in (desk.one, desk.other)
    ]
    return Statistics(
        merged=len(sides[0] & sides[1]), taken=len(sides[0] ^ sides[1]), decisions=len({c.file for c in desk.conflicts})
    )
