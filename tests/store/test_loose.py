"""The format of loose objects: an inverse for what is whole, one typed error for everything else."""

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_jit.model import Oid
from git_jit.store import CorruptObject
from git_jit.store.backend import Kind
from git_jit.store.loose import deflate, inflate
from git_jit.store.tree import make

OID = Oid("a" * 40)


@given(st.sampled_from(list(Kind)), st.binary(max_size=200))
def test_what_was_packed_is_unpacked(kind: Kind, data: bytes) -> None:
    item = make(kind, data, "sha1")
    assert inflate(item.oid, deflate(item)) == (kind.value.encode(), b"%d" % len(data), data)


@given(st.binary(max_size=200), st.integers(0, 250))
def test_no_beginning_of_a_file_passes_for_the_whole(data: bytes, length: int) -> None:
    packed = deflate(make(Kind.BLOB, data, "sha1"))
    cut = packed[: min(length, len(packed) - 5)]  # the last four bytes are a checksum of what was complete before
    with pytest.raises(CorruptObject, match=r"its file is (cut off|empty)"):
        inflate(OID, cut)


@given(st.binary(max_size=60))
def test_nonsense_is_damage_or_seen_to_be_by_its_size(data: bytes) -> None:
    for packed in (data, zlib.compress(data)):
        try:
            _, size, content = inflate(OID, packed)
        except CorruptObject:
            continue
        assert not size.isdigit() or len(content) <= int(size) + 1


def test_an_object_that_claims_to_be_huge_is_refused_before_it_is_unpacked() -> None:
    with pytest.raises(CorruptObject, match=r"it is too large \(99999999999 bytes\)"):
        inflate(OID, zlib.compress(b"blob 99999999999\0"))
