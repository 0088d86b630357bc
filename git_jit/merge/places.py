"""Where conflicts lie in the tree: `conflicts/<subject>/<field>.json`."""

import re
from hashlib import sha256
from typing import Final

from git_jit.paths import CONFIG, place_of

CONFLICTS: Final = "conflicts"

WHOLE: Final = "document"
"""The name of the field that is the whole document; no stored field has it."""
LONGEST_NAME: Final = 100
"""Characters of a field's name in a path. File systems take 255 bytes, and a checkout shall be possible."""
_PLAIN: Final = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
_DIGEST: Final = 16
"""Hexadecimal digits that stand for a name no path can hold; 64 bits, among the fields of one document."""


def subject_of(path: str) -> str:
    """The directory of the conflicts about the document at `path`: the id of the issue it is or belongs to,
    `config`, `gate-<key>`, or for anything else `file-` and a digest of the path.

    >>> subject_of("gates/unit-tests.json")
    'gate-unit-tests'
    """
    place = place_of(path)
    if path == CONFIG:
        return "config"
    if place.issue is not None:
        return place.issue
    if place.gate is not None and len(place.gate) <= LONGEST_NAME and _PLAIN.fullmatch(place.gate):
        return f"gate-{place.gate}"
    return f"file-{_digest(path)}"


def conflict_path(path: str, field: tuple[str, ...]) -> str:
    """Where the conflict about one field of the document at `path` is stored. The document in it has both names
    in full; here a key that is no good file name is replaced by a digest.

    >>> conflict_path("config.json", ("types", "bug"))
    'conflicts/config/types.bug.json'
    """
    place = place_of(path)
    name = ".".join(field) or WHOLE
    if place.comment is not None:
        name = f"comment.{place.comment}" + (f".{name}" if field else "")
    if len(name) > LONGEST_NAME or not _PLAIN.fullmatch(name) or any("." in key for key in field):
        name = f"{_first_word(field)}.{_digest(chr(0).join((path, *field)))}"
    return f"{CONFLICTS}/{subject_of(path)}/{name}.json"


def _first_word(field: tuple[str, ...]) -> str:
    return field[0] if field and len(field[0]) < LONGEST_NAME // 2 and _PLAIN.fullmatch(field[0]) else "field"


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST]
