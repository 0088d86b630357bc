"""What we encode, git accepts, names and gives back."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_jit.store import CorruptObject
from git_jit.store.backend import Kind, Object
from git_jit.store.pack import encode
from tests.store.gitrepo import SHAPES, Place, make

FORMATS = ["sha1", "sha256"]
SIZES = (0, 1, 15, 16, 17, 2047, 2048, 2049, 300_000)
"""Around the places where the size needs another byte: 4 bits, then 7 more each."""


def place_for(object_format: str, base: Path) -> Place:
    return SHAPES["sha256" if object_format == "sha256" else "unborn"](base)


@pytest.mark.parametrize("object_format", FORMATS)
def test_git_takes_it(object_format: str, tmp_path: Path) -> None:
    place = place_for(object_format, tmp_path)
    blobs = [make(Kind.BLOB, os.urandom(size), object_format) for size in SIZES]
    objects = [*blobs, *place.commit(b"x"), blobs[3]]
    pack = tmp_path / "some.pack"
    pack.write_bytes(encode(objects, object_format))
    place.git("index-pack", "--strict", "--fsck-objects", str(pack))
    place.git("verify-pack", str(pack))
    listed = place.git("verify-pack", "-v", str(pack)).splitlines()
    found = {(words[0], words[1], int(words[2])) for line in listed if len(words := line.split()) == 5}
    assert found == {(o.oid, o.kind.value, len(o.data)) for o in objects}


def test_an_empty_one(tmp_path: Path) -> None:
    place = place_for("sha1", tmp_path)
    (tmp_path / "empty.pack").write_bytes(encode([]))
    place.git("index-pack", "empty.pack")


@given(st.lists(st.tuples(st.sampled_from(Kind), st.binary(max_size=300)), max_size=6), st.sampled_from(FORMATS))
def test_equal_objects_are_stored_once(contents: list[tuple[Kind, bytes]], object_format: str) -> None:
    objects = [make(kind, data, object_format) for kind, data in contents]
    pack = encode(objects + objects, object_format)
    assert pack == encode(objects, object_format)
    assert int.from_bytes(pack[8:12], "big") == len({o.oid for o in objects})


def test_a_name_that_lies_is_refused() -> None:
    good = make(Kind.BLOB, b"good")
    for lie in (good._replace(data=b"bad"), good._replace(kind=Kind.TREE), Object(good.oid, Kind.BLOB, b"")):
        with pytest.raises(CorruptObject):
            encode([good, lie])
