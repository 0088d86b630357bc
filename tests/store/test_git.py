"""What libgit2 must not do here, shown by doing it; the common promise is in `test_backend`."""

import os
import zlib
from pathlib import Path

import pytest

from git_jit.store import CorruptObject, FormatUnsupported, RefCorrupt
from git_jit.store.backend import Durability, Kind
from git_jit.store.git import Libgit2
from tests.store.gitrepo import FOREIGN, REF, SHAPES, Place, has_reftable, make, ordinary, unborn


def libgit2(place: Place) -> Libgit2:
    return Libgit2(place.layout, place.environ)


@pytest.mark.parametrize("shape", FOREIGN)
def test_what_it_cannot_open_it_refuses(shape: str, tmp_path: Path) -> None:
    if shape == "reftable" and not has_reftable():
        pytest.skip("this git knows no reftable")
    with pytest.raises(FormatUnsupported):
        libgit2(SHAPES[shape](tmp_path))


def test_an_extension_that_changes_nothing(tmp_path: Path) -> None:
    """libgit2 by itself refuses `refStorage = files`, which git 3 writes into every new repository."""
    place = ordinary(tmp_path)
    head = place.git("rev-parse", "HEAD")
    with (tmp_path / ".git" / "config").open("a") as config:
        config.write("[core]\n\trepositoryFormatVersion = 1\n[extensions]\n\trefStorage = files\n")
    backend = libgit2(place)
    assert backend.ref("HEAD") == head
    backend.close()


def test_a_broken_repository_is_refused(tmp_path: Path) -> None:
    place = ordinary(tmp_path)
    layout = place.layout
    (tmp_path / ".git" / "HEAD").unlink()
    with pytest.raises(FormatUnsupported) as refused:
        Libgit2(layout, place.environ)
    assert refused.value.details["git_dir"] == layout.git_dir


def test_loose_objects_never_reach_libgit2(tmp_path: Path) -> None:
    """A cut-off one would hang it (libgit2 issue 7342), one that lies about its size corrupts its memory (7177)."""
    place = unborn(tmp_path)
    backend = libgit2(place)
    blob = place.blob(os.urandom(5000))
    path = place.loose(blob.oid)
    path.parent.mkdir()
    path.write_bytes(zlib.compress(b"blob 5000\0" + blob.data)[:-100])
    with pytest.raises(CorruptObject):
        backend.read(blob.oid)
    assert list(backend.read_many([blob.oid])) == [blob.oid]
    path.write_bytes(zlib.compress(b"blob 2\0" + blob.data))
    assert list(backend.read_many([blob.oid])) in ([blob], [blob.oid])
    backend.close()


def test_a_good_copy_in_a_pack_stands_in_for_a_damaged_loose_one(tmp_path: Path) -> None:
    place = unborn(tmp_path)
    backend = libgit2(place)
    blob = place.blob(b"twice")
    backend.write_pack([blob], Durability.FAST).release()
    place.loose(blob.oid).parent.mkdir()
    place.loose(blob.oid).touch()
    assert backend.read(blob.oid) == blob
    backend.close()


def test_packs_are_read_by_libgit2(tmp_path: Path) -> None:
    """No git process is needed for what is packed, deltas included, nor for packs that appear later."""
    place = unborn(tmp_path)
    backend = libgit2(place)
    versions = [place.blob(b"line\n" * 1000 + b"%d" % n) for n in range(20)]
    for half in (versions[:10], versions[10:]):
        backend.write_pack(half, Durability.FAST).release()
        assert [backend.read(blob.oid) for blob in half] == half
    tree = make(Kind.TREE, b"".join(b"100644 %02d\0" % n + bytes.fromhex(b.oid) for n, b in enumerate(versions)))
    backend.write([tree], Durability.FAST)
    place.git("update-ref", "refs/keep/tree", tree.oid)
    place.git("repack", "-adfq")
    fresh = Libgit2(place.layout, {"PATH": ""})
    assert list(fresh.read_many(blob.oid for blob in versions)) == versions
    assert not fresh._files.asks_git
    fresh.close()
    backend.close()


def test_borrowed_objects(tmp_path: Path) -> None:
    (tmp_path / "origin").mkdir()
    origin = ordinary(tmp_path / "origin")
    origin.git("repack", "-adq")
    origin.git("clone", "-q", "--shared", ".", "../borrower")
    place = Place(tmp_path / "borrower")
    backend = libgit2(place)
    head = backend.ref("HEAD")
    assert head
    assert backend.read(head).kind is Kind.COMMIT
    backend.close()


def test_a_tag_is_no_object_of_ours(tmp_path: Path) -> None:
    place = ordinary(tmp_path)
    place.git("tag", "-a", "-m", "x", "v1")
    tag = place.git("rev-parse", "v1")
    place.git("repack", "-adq")
    backend = libgit2(place)
    assert list(backend.read_many([backend.ref("refs/tags/v1") or make(Kind.BLOB, b"").oid])) == [tag]
    backend.close()


def test_a_reference_that_is_none(tmp_path: Path) -> None:
    place = ordinary(tmp_path)
    (tmp_path / ".git" / REF).parent.mkdir()
    (tmp_path / ".git" / REF).write_text("nonsense\n")
    backend = libgit2(place)
    with pytest.raises(RefCorrupt) as corrupt:
        backend.ref(REF)
    assert corrupt.value.details == {"ref": REF, "last": None}
    backend.close()


def test_a_damaged_pack_is_noticed(tmp_path: Path) -> None:
    """libgit2 verifies what it reads only when told to; we have told it."""
    place = unborn(tmp_path)
    stored, named = place.blob(b"what is stored"), place.blob(b"what is named!")
    backend = libgit2(place)
    backend.write_pack([stored], Durability.FAST).release()
    backend.close()
    index = next(Path(place.layout.objects_dir, "pack").glob("*.idx"))
    index.chmod(0o644)
    data = index.read_bytes().replace(bytes.fromhex(stored.oid), bytes.fromhex(named.oid))
    first = int(named.oid[:2], 16)
    fanout = b"".join((n >= first).to_bytes(4, "big") for n in range(256))
    index.write_bytes(data[:8] + fanout + data[8 + 1024 :])
    backend = libgit2(place)
    assert list(backend.read_many([named.oid])) == [named.oid]
    assert backend._packed(named.oid) is None
    backend.close()
