"""Two things under one name: issues (or comments) that both sides made, each its own, with the same id.

Ids are random, so this is a copied file or an import, not chance. Both stay: the one created later gets a new id,
which follows from what it is, so that every clone finds the same one whenever it merges.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final, NamedTuple

from git_jit.merge.compare import key, same, three_way
from git_jit.merge.values import FieldPath, Side, Stamp, Value
from git_jit.model import ID_LENGTH, IssueId
from git_jit.paths import comment_path, issue_path, place_of

IDENTITY: Final = ("created_at", "created_by")
"""What never changes about an issue: it tells two of one id apart, and is what the new id is made of."""
_CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ULID_TIME: Final = 10
_ULID_RANDOM: Final = 16


class Renaming(NamedTuple):
    """What one side calls otherwise from now on: issues by id, comments by path."""

    issues: dict[str, str]
    comments: dict[str, str]


def separate(base: Mapping[str, Value], one: Side, other: Side) -> tuple[dict[str, Value], Side, Side, dict[str, str]]:
    """Base and sides with collided names made different, and the new ids of issues by the old ones.

    A side that met the collision before calls an issue otherwise already; the base and the other side follow it, so
    that what they say about the issue reaches it under its new id.
    """
    trees = (base, one.documents, other.documents)
    names = tuple(Renaming({}, {}) for _ in trees)
    for path in sorted(one.documents.keys() | other.documents.keys()):
        place = place_of(path)
        if place.area == "issues" and place.issue:
            _collide(path, place.issue, trees, names)
    for path in sorted(one.documents.keys() & other.documents.keys()):
        a, b = one.documents[path], other.documents[path]
        if place_of(path).comment and base.get(path) is None and isinstance(a, dict) and isinstance(b, dict):
            _collide_comments(path, a, b, names)
    if not any(any(renaming) for renaming in names):
        return dict(base), one, other, {}
    before = _renamed({}, Side(documents=base), names[0]).documents if any(names[0]) else base
    left, right = (
        _renamed({} if any(names[0]) else base, side, renaming)
        for side, renaming in zip((one, other), names[1:], strict=True)
    )
    paths = {*before, *left.documents, *right.documents}
    return {path: before.get(path) for path in paths}, left, right, names[1].issues | names[2].issues


def _collide(path: str, id: str, trees: Sequence[Mapping[str, Value]], names: Sequence[Renaming]) -> None:
    """Of several issues under one id, the one that was created first keeps it; one that a side has moved already is
    moved everywhere.
    """
    found = [_identity(document) if isinstance(document := tree.get(path), dict) else None for tree in trees]
    several = {identity for identity in found if identity is not None}
    moved = {identity for identity in several if _knows(trees, id, identity)}
    rest = several - moved
    if len(rest) > 1 and not three_way(*(tree.get(path) for tree in trees))[0]:
        moved |= rest - {min(rest)}  # else one was deleted and made anew on one side; nobody took it for the other
    for identity, renaming in zip(found, names, strict=True):
        if identity in moved:
            assert identity is not None
            renaming.issues[id] = _free_id(trees, id, identity)


def _knows(trees: Sequence[Mapping[str, Value]], id: str, identity: tuple[str, ...]) -> bool:
    """Whether some side has met the collision, and moved the issue out of the way. Where one tree has the issue under
    both ids, it was made anew meanwhile (an import, repeated): then these are two.
    """
    new, old = issue_path(IssueId(_new_id(id, identity))), issue_path(IssueId(id))
    holders = [tree for tree in trees if _is(tree.get(new), identity)]
    return bool(holders) and not any(_is(tree.get(old), identity) for tree in holders)


def _is(document: Value, identity: tuple[str, ...]) -> bool:
    return isinstance(document, dict) and _identity(document) == identity


def _free_id(trees: Sequence[Mapping[str, Value]], id: str, identity: tuple[str, ...]) -> str:
    """The new id of an issue: where it was moved to already, else the first that nothing has."""
    new = _new_id(id, identity)
    if _knows(trees, id, identity):
        return new
    while any(tree.get(issue_path(IssueId(new))) is not None for tree in trees):
        new = _new_id(new, identity)
    return new


def _collide_comments(path: str, one: dict[str, Any], other: dict[str, Any], names: Sequence[Renaming]) -> None:
    place = place_of(path)
    if place.issue and place.comment and not same(one, other) and not any(place.issue in n.issues for n in names):
        later, renaming = (one, names[1]) if key(one) > key(other) else (other, names[2])
        renaming.comments[path] = comment_path(place.issue, _new_ulid(place.comment, later))


def _identity(document: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(key(document.get(name)) for name in IDENTITY)


def _new_id(id: str, identity: tuple[str, ...]) -> str:
    """The id of an issue that must give way; the same wherever and however late the collision is met."""
    return sha256("\0".join(("git-jit collision", id, *identity)).encode()).hexdigest()[:ID_LENGTH]


def _new_ulid(ulid: str, document: Mapping[str, Any]) -> str:
    """The same time, other digits."""
    digits = sha256(f"{ulid}\0{key(document)}".encode()).digest()
    return ulid[:_ULID_TIME] + "".join(_CROCKFORD[byte % len(_CROCKFORD)] for byte in digits[:_ULID_RANDOM])


def _renamed(base: Mapping[str, Value], side: Side, names: Renaming) -> Side:
    """The side as if it had used the new names from the beginning. What the base says about an issue that it does not
    have, means no issue of this side.
    """
    if not any(names):
        return side
    documents: dict[str, Value] = {}
    origins: dict[str, str] = {}
    unmet = {id for id in names.issues if base.get(issue_path(IssueId(id))) is None}
    for path, found in side.documents.items():
        document = found
        moved = _moved(path, names) if not same(base.get(path), document) else path
        if isinstance(document, dict):
            document = _rewritten(base.get(path), document, names, unmet)
        if document is not None:
            documents[moved] = document
        if document is None or moved != path:
            documents.setdefault(path, None)
        if moved != path:
            origins[moved] = path

    def stamp(path: str, field: FieldPath) -> Stamp:
        return side.stamp(origins.get(path, path), field)

    return Side(documents=documents, stamp=stamp)


def _moved(path: str, names: Renaming) -> str:
    path = names.comments.get(path, path)
    place = place_of(path)
    if place.issue is None or place.issue not in names.issues:
        return path
    id = IssueId(names.issues[place.issue])
    return issue_path(id) if place.comment is None else comment_path(id, place.comment)


def _rewritten(base: Value, document: dict[str, Any], names: Renaming, unmet: Collection[str]) -> Value:
    """The document with its references to renamed issues; those to `unmet` ids that the base has already stay."""
    ids = names.issues
    changed: dict[str, Any] = {
        name: ids[document[name]] for name in ("id", "issue") if _is_key(document.get(name), ids)
    }
    comments = _comment_ids(names.comments)
    if _is_key(document.get("id"), comments):
        changed["id"] = comments[document["id"]]
    before = base if isinstance(base, dict) else {}
    for name in ("dependencies", "links"):
        if isinstance(members := document.get(name), list):
            old = before.get(name)
            kept = [member for member in old if _target(member) in unmet] if isinstance(old, list) else []
            followed = [*_followed(members, kept, ids)]
            changed[name] = members if same(followed, members) else sorted(followed, key=_place)
    result = document | changed
    return document if same(result, document) else result


def _target(member: Any) -> Any:
    target = member.get("target") if isinstance(member, dict) else member
    return target if isinstance(target, str) else None


def _place(member: Any) -> tuple[str, ...]:
    """The order of references in a stored issue: that of ids, or of type and target."""
    return (f"{member.get('type')}", f"{member.get('target')}") if isinstance(member, dict) else (f"{member}",)


def _comment_ids(comments: Mapping[str, str]) -> dict[str, str]:
    """Comment ids, old to new, of paths."""
    return {_name(old): _name(new) for old, new in comments.items()}


def _name(path: str) -> str:
    return path.rpartition("/")[2].removesuffix(".json")


def _is_key(value: Any, ids: Mapping[str, str]) -> bool:
    return isinstance(value, str) and value in ids


def _followed(members: list[Any], kept: Any, ids: Mapping[str, str]) -> Iterator[Any]:
    for member in members:
        if member in kept:
            yield member
        elif _is_key(member, ids):
            yield ids[member]
        elif isinstance(member, dict) and _is_key(member.get("target"), ids):
            yield {**member, "target": ids[member["target"]]}
        else:
            yield member
