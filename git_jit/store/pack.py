"""Encode git packs: many objects as one file, written and synced once (gitformat-pack(5), version 2).

Undeltified: git's own repacking finds the deltas later, with all of history to choose from.
"""

import zlib
from collections.abc import Sequence
from typing import Final

from git_jit.model import Oid
from git_jit.store import CorruptObject
from git_jit.store.backend import Kind, Object
from git_jit.store.tree import object_id

_TYPES: Final = {Kind.COMMIT: 1, Kind.TREE: 2, Kind.BLOB: 3}
_LEVEL: Final = 1
"""zlib's fastest: git compresses again when it repacks, and issues are short."""


def encode(objects: Sequence[Object], object_format: str = "sha1") -> bytes:
    """The bytes of a pack with these objects, in order. Equal objects are stored once.

    Raises `CorruptObject` if one does not have the name of its content: git would name it by its content,
    and whoever refers to it would find nothing.
    """
    unique: dict[Oid, Object] = {}
    for item in objects:
        if object_id(item.kind, item.data, object_format) != item.oid:
            raise CorruptObject(f'"{item.oid}" is not the name of its content', details={"oid": item.oid})
        unique[item.oid] = item
    parts = [b"PACK", (2).to_bytes(4, "big"), len(unique).to_bytes(4, "big")]
    for item in unique.values():
        parts += _header(_TYPES[item.kind], len(item.data)), zlib.compress(item.data, _LEVEL)
    body = b"".join(parts)
    return body + _checksum(body, object_format)


def _header(type: int, size: int) -> bytes:
    """Type and size: four bits of size beside the type, then seven a byte, the top bit for "more follows"."""
    first, size = type << 4 | size & 0x0F, size >> 4
    out = bytearray()
    while size:
        out.append(first | 0x80)
        first, size = size & 0x7F, size >> 7
    out.append(first)
    return bytes(out)


def _checksum(body: bytes, object_format: str) -> bytes:
    from hashlib import new

    return new(object_format, body, usedforsecurity=False).digest()
