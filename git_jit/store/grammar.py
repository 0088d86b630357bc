"""What a tree of the issues may look like, entry by entry, before anything in it is read as a document.

git checks little of this: `..`, links, doubled names come through a fetch, with nothing but a warning even under
`transfer.fsckObjects` (reliability.md, D3). Reading such a tree is safe here (`store.tree`); accepting one is not
wanted, for the next program that checks it out may be less careful.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from git_jit.errors import JitError
from git_jit.model import Oid
from git_jit.record import record
from git_jit.store.backend import Kind, ObjectReader
from git_jit.store.places import shown
from git_jit.store.tree import FILE_MODE, Entry, encode, parse

DEEPEST: Final = 8
"""Levels of directories: ours needs four, a workflow of a host three."""
MAX_ENTRIES: Final = 200_000
"""Entries of one directory: 100,000 issues have 400 in each of theirs, and their comments no more."""
MAX_NAME: Final = 255
"""Bytes of a name: what file systems take (NAME_MAX)."""
_KINDS: Final = {
    "120000": "a symbolic link",
    "160000": "a submodule",
    "100755": "an executable file",
}


@record
class Misfit:
    """An entry that no tree of the issues may have."""

    path: str
    """Fit to be shown: bytes that are not UTF-8 are spelled out."""
    why: str
    orderly: bool = False
    """Nothing is wrong with any entry by itself: written anew, they are as they must be."""


def misfits(objects: ObjectReader, old: Oid | None, new: Oid) -> Iterator[Misfit]:
    """Everything in the tree `new` that is not as it must be; what it shares with the tree `old` is not looked at."""
    yield from _below(objects, "", old, new, 1)


def _below(objects: ObjectReader, prefix: str, old: Oid | None, new: Oid, depth: int) -> Iterator[Misfit]:
    if depth > DEEPEST:
        yield Misfit(prefix, f"lies deeper than {DEEPEST} directories")
        return
    try:
        entries = _entries(objects, new)
    except JitError as error:
        yield Misfit(prefix or "/", f"cannot be read: {error.message}")
        return
    if len(entries) > MAX_ENTRIES:
        yield Misfit(prefix or "/", f"has {len(entries)} entries; the limit is {MAX_ENTRIES}")
        return
    yield from _order(prefix, entries)
    known = {} if old is None else {entry.name: entry.oid for entry in _known(objects, old) if entry.is_tree}
    for entry in entries:
        path = prefix + spelled(entry.name)
        if why := _wrong(entry):
            yield Misfit(path, why)
        elif entry.is_tree and known.get(entry.name) != entry.oid:
            yield from _below(objects, f"{path}/", known.get(entry.name), entry.oid, depth + 1)


def _entries(objects: ObjectReader, oid: Oid) -> list[Entry]:
    found = objects.read(oid)
    return parse(found.data, len(oid) // 2) if found.kind is Kind.TREE else []


def _known(objects: ObjectReader, oid: Oid) -> Sequence[Entry]:
    try:
        return _entries(objects, oid)
    except JitError:
        return ()


def _order(prefix: str, entries: Sequence[Entry]) -> Iterator[Misfit]:
    seen: set[str] = set()
    doubled = {entry.name for entry in entries if entry.name in seen or seen.add(entry.name)}  # type: ignore[func-returns-value]
    for name in sorted(doubled):
        yield Misfit(prefix + spelled(name), "is there more than once")
    if not doubled and parse(encode(entries), len(entries[0].oid) // 2 if entries else 20) != entries:
        yield Misfit(prefix or "/", "is not sorted as git sorts", orderly=True)


def _wrong(entry: Entry) -> str | None:
    """Why this entry may not be; None if it may."""
    if why := _misnamed(entry.name):
        return why
    if not entry.is_tree and entry.mode != FILE_MODE:
        return f"is {_KINDS.get(entry.mode, f'of mode {entry.mode}')}; only plain files may be there"
    if entry.is_tree and entry.mode != "40000":
        return f"is a directory of mode {entry.mode}"
    return None if entry.oid.strip("0") else "names no object"


def _misnamed(name: str) -> str | None:
    if name in {"", ".", ".."} or name.rstrip(". ").lower() == ".git" or name.lower().startswith("git~"):
        return "has a name that leads elsewhere"
    if not name.isprintable() or any(c in name for c in "/\\:"):
        return "has a name that is no plain text"
    if len(name.encode()) > MAX_NAME:
        return f"has a name of more than {MAX_NAME} bytes"
    return None


def is_proper(path: str) -> bool:
    """Whether every part of a path is a name that an entry may have."""
    return all(_misnamed(name) is None for name in path.split("/"))


def spelled(name: str) -> str:
    """A name, or a path, as text that no terminal acts upon."""
    return shown("".join(c if c.isprintable() or not c.isascii() else repr(c)[1:-1] for c in name))
