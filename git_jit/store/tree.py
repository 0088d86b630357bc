"""Git trees as values: parse, encode, compare, splice. Nothing here touches a file.

Everything works on raw tree bytes, for SHA-1 and SHA-256 alike. What we write is strict (modes 100644 and
40000, sorted, unique names); what we read may be anything a foreign tool, or an attacker, pushed: odd
modes, doubled names, names with slashes or bytes that are not UTF-8. Such entries are carried along
unchanged and never followed out of their place.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol, TypeAlias

from git_jit.digests import sha1, sha256
from git_jit.model import Oid
from git_jit.store import CorruptObject
from git_jit.store.backend import Kind, Object, ObjectReader

if TYPE_CHECKING:
    import re

FILE_MODE: Final = "100644"
TREE_MODE: Final = "40000"
_FILE: Final = FILE_MODE.encode()
_TREE: Final = TREE_MODE.encode()
_TREE_MODES: Final = frozenset({_TREE, b"040000"})  # some old tools wrote the leading zero
MAX_DEPTH: Final = 32
"""Levels that `diff` descends. Ours has four; a hostile tree of 100,000 must not eat the memory."""

BATCH: Final = 512
"""Directories read at a time: enough to keep a pipe to git busy, little enough to bound the memory."""

_Pair: TypeAlias = "tuple[str, Oid | None, Oid | None]"
_Raw: TypeAlias = "dict[bytes, tuple[bytes, bytes]]"
"""A tree as it is stored: name to mode and oid."""
_RawLine: TypeAlias = "tuple[bytes, bytes, bytes]"
"""One line of it: mode, name, oid."""
_SLASH: Final = "\udc2f"
"""Stands for a slash *inside* a name, so that an entry called `issues/00` never passes for a path."""


class Entry(NamedTuple):
    """One line of a tree. `name` holds bytes that are not UTF-8 as lone surrogates (`surrogateescape`)."""

    mode: str
    name: str
    oid: Oid

    @property
    def is_tree(self) -> bool:
        return self.mode.encode("latin-1") in _TREE_MODES


class TreeChange(NamedTuple):
    """One path that differs. None is absence; `mode` is the new entry's (the old one's, when it is gone)."""

    path: str
    old: Oid | None
    new: Oid | None
    mode: str = FILE_MODE


class Source(ObjectReader, Protocol):
    """What `splice` needs: trees to read, and how to name new ones."""

    object_format: str


def object_id(kind: Kind, data: bytes, algorithm: str = "sha1") -> Oid:
    """The name git gives to this content. `algorithm` is `sha1` or `sha256`."""
    header = b"%s %d\0" % (kind.value.encode(), len(data))
    if algorithm == "sha1":
        return Oid(sha1(header + data).hexdigest())
    return Oid(sha256(header + data).hexdigest())


def make(kind: Kind, data: bytes, algorithm: str) -> Object:
    return Object(object_id(kind, data, algorithm), kind, data)


def parse(data: bytes, width: int = 20) -> list[Entry]:
    """Every entry in stored order; `width` is the size of an oid in bytes (20 or 32).

    Raises `CorruptObject` when the bytes are cut off or are no tree at all.
    """
    entries: list[Entry] = []
    at, end = 0, len(data)
    while at < end:
        space = data.find(b" ", at)
        nul = data.find(b"\0", space)
        after = nul + 1 + width
        if space < 0 or nul < 0 or after > end:
            raise CorruptObject(
                "a tree object is cut off or malformed", hint="'git jit doctor --deep' names what is damaged"
            )
        mode = data[at:space].decode("latin-1")
        entries.append(Entry(mode, _decode_name(data[space + 1 : nul]), Oid(data[nul + 1 : after].hex())))
        at = after
    return entries


def encode(entries: Iterable[Entry]) -> bytes:
    """The inverse of `parse`, in git's order (a directory sorts as if its name ended in a slash)."""
    return _joined([(e.mode.encode("latin-1"), _encode_name(e.name), bytes.fromhex(e.oid)) for e in entries])


def _joined(lines: Iterable[_RawLine]) -> bytes:
    ordered = sorted(lines, key=lambda line: line[1] + b"/" if line[0] in _TREE_MODES else line[1])
    return b"".join([b"%s %s\0%s" % line for line in ordered])


def _decode_name(raw: bytes) -> str:
    name = raw.decode("utf-8", "surrogateescape")
    return name.replace("/", _SLASH) if "/" in name else name


def _encode_name(name: str) -> bytes:
    return name.replace(_SLASH, "/").encode("utf-8", "surrogateescape")


def _entries(backend: ObjectReader, oid: Oid | None) -> dict[str, Entry]:
    """The tree by name; of a doubled name the first counts, as in git's own look-up."""
    return {} if oid is None else _by_name(backend.read(oid))


def _by_name(tree: Object) -> dict[str, Entry]:
    return {entry.name: entry for entry in reversed(_parsed(tree))}


def _parsed(tree: Object) -> list[Entry]:
    if tree.kind is not Kind.TREE:
        raise CorruptObject(
            f"object '{tree.oid}' is a {tree.kind.value}, not a tree",
            hint="'git jit doctor --deep' names what is damaged",
        )
    return parse(tree.data, len(tree.oid) // 2)


def lookup(backend: ObjectReader, root: Oid | None, path: str) -> Entry | None:
    """The entry at `path` below the tree `root`; None if there is none."""
    *parents, name = path.split("/")
    here = root
    for part in parents:
        entry = _entries(backend, here).get(part)
        if entry is None or not entry.is_tree:
            return None
        here = entry.oid
    return _entries(backend, here).get(name)


def diff(backend: ObjectReader, old: Oid | None, new: Oid | None) -> Iterator[TreeChange]:
    """Every path that differs between two trees, in no promised order.

    Oids of subtrees are compared first, and only different ones are read: one changed issue among 100,000
    costs two reads a level. Levels are read in batches (`read_many`), which is what the slower back ends need.
    """
    level: list[_Pair] = [("", old, new)] if old != new else []
    for depth in range(MAX_DEPTH):
        below: list[_Pair] = []
        for start in range(0, len(level), BATCH):
            for change in _compare_many(backend, level[start : start + BATCH]):
                if change.mode != TREE_MODE or depth + 1 == MAX_DEPTH:
                    yield change
                else:
                    below.append((change.path + "/", change.old, change.new))
        level = below


def _compare_many(backend: ObjectReader, pairs: Sequence[_Pair]) -> list[TreeChange]:
    """Differences of some directories. A list, so that the caller may read while it goes through them."""
    trees = _read_trees(backend, (oid for _, *pair in pairs for oid in pair if oid is not None))
    changes: list[TreeChange] = []
    for prefix, before, after in pairs:
        left = next(trees) if before is not None else {}
        right = next(trees) if after is not None else {}
        changes += _compare(prefix, left, right)
    return changes


def _read_trees(backend: ObjectReader, oids: Iterable[Oid]) -> Iterator[_Raw]:
    for found in backend.read_many(oids):
        yield _raw_by_name(found if isinstance(found, Object) else backend.read(found))  # `read` says what is wrong


def _raw_by_name(tree: Object) -> _Raw:
    return {name: (mode, oid) for mode, name, oid in reversed(_raw_lines(tree))}


def _raw_lines(tree: Object) -> list[_RawLine]:
    """The tree in stored order, undecoded: of two trees, or of one that is edited, most entries stay as they are, and
    decoding them would be most of the work.
    """
    width = len(tree.oid) // 2
    found: list[_RawLine] = _lines(width).findall(tree.data)
    whole = sum(len(mode) + len(name) + len(oid) + 2 for mode, name, oid in found) == len(tree.data)
    if whole and tree.kind is Kind.TREE:
        return found
    return [(e.mode.encode("latin-1"), _encode_name(e.name), bytes.fromhex(e.oid)) for e in _parsed(tree)]


@lru_cache
def _lines(width: int) -> "re.Pattern[bytes]":
    import re

    return re.compile(rb"([^ \0]*) ([^\0]*)\0(.{%d})" % width, re.DOTALL)


def _compare(prefix: str, left: _Raw, right: _Raw) -> Iterator[TreeChange]:
    """Differences of one directory. Subtrees come with mode 40000, apart from the leaves of the same name."""
    for raw in {name for name, _ in left.items() ^ right.items()}:
        before, after = _entry(raw, left.get(raw)), _entry(raw, right.get(raw))
        path = prefix + _decode_name(raw)
        for trees in (False, True):
            one = before if before and before.is_tree is trees else None
            two = after if after and after.is_tree is trees else None
            last = two or one
            if last:
                mode = TREE_MODE if trees else last.mode
                yield TreeChange(path, one.oid if one else None, two.oid if two else None, mode)


def _entry(name: bytes, found: tuple[bytes, bytes] | None) -> Entry | None:
    return Entry(found[0].decode("latin-1"), _decode_name(name), Oid(found[1].hex())) if found else None


def splice(backend: Source, root: Oid | None, edits: Mapping[str, bytes | Oid | None]) -> tuple[Oid, list[Object]]:
    """The tree `root` with `edits` (path to content, or to a blob that is stored already; None deletes), and the
    objects to store for it.

    Only touched directories are rewritten; those that become empty vanish; edits that change nothing give no
    objects. Objects come children first, so that a store that is cut short never holds a dangling tree.
    Raises `ValueError` for a path that no tracker writes (`..`, empty parts, `.git`).
    """
    nested: dict[str, object] = {}
    for path, content in edits.items():
        _plant(nested, path, content)
    objects: dict[Oid, Object] = {}
    tree = _splice(backend, backend.read(root) if root else None, nested, objects)
    if tree is None:
        empty = make(Kind.TREE, b"", backend.object_format)
        objects[empty.oid] = empty
        tree = empty.oid
    return tree, list(objects.values())


def _plant(nested: dict[str, object], path: str, content: bytes | Oid | None) -> None:
    *parents, name = path.split("/")
    if content is not None and any(_forbidden(part) for part in (*parents, name)):
        raise ValueError(f"'{path}' is not a path of the tracker")
    for part in parents:
        below = nested.setdefault(part, {})
        if not isinstance(below, dict):
            raise ValueError(f"'{path}' lies below another edited file")  # noqa: TRY004
        nested = below
    if isinstance(nested.get(name), dict):
        raise ValueError(f"'{path}' is a file and a directory")  # noqa: TRY004
    nested[name] = content


def _forbidden(part: str) -> bool:
    return part in {"", ".", ".."} or part.lower() == ".git" or "\0" in part or _SLASH in part


def _splice(
    backend: Source, root: Object | None, edits: Mapping[str, object], objects: dict[Oid, Object]
) -> Oid | None:
    """The oid of the edited directory; None when nothing is left in it."""
    edited = {_encode_name(name): edit for name, edit in edits.items()}
    before = _raw_lines(root) if root is not None else []
    known = {line[1]: line for line in reversed(before) if line[1] in edited}
    below = _directories(backend, [line for name, line in known.items() if isinstance(edited[name], dict)])
    after = [line for line in before if line[1] not in edited]
    for name, edit in edited.items():
        old = known.get(name)
        if isinstance(edit, dict):
            oid = _splice(backend, below.get(name), edit, objects)
            if oid is not None:
                after.append((_TREE, name, bytes.fromhex(oid)))
            elif old is not None and name not in below:
                after.append(old)  # deleting below a file deletes nothing
        elif isinstance(edit, bytes):
            blob = make(Kind.BLOB, edit, backend.object_format)
            stored = bytes.fromhex(blob.oid)
            if old is None or old[2] != stored:
                objects[blob.oid] = blob
            after.append((_FILE, name, stored))
        elif isinstance(edit, str):
            after.append((_FILE, name, bytes.fromhex(edit)))
    if not after:
        return None
    tree = make(Kind.TREE, _joined(after), backend.object_format)
    if root is None or tree.oid != root.oid:
        objects[tree.oid] = tree
    return tree.oid


def _directories(backend: Source, lines: Sequence[_RawLine]) -> dict[bytes, Object]:
    """Those of the entries that are trees, by name, read in one batch."""
    oids = {name: Oid(oid.hex()) for mode, name, oid in lines if mode in _TREE_MODES}
    found = zip(oids.items(), backend.read_many(oids.values()), strict=True)
    return {name: one if isinstance(one, Object) else backend.read(oid) for (name, oid), one in found}
