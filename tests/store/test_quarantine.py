"""S3: damaged files go out of the way, and what they held comes back from a copy."""

from pathlib import Path

import pytest

from git_jit.model import Oid
from git_jit.store.quarantine import damaged_files, heal, set_aside
from tests.store.gitrepo import Place, ordinary
from tests.store.making import Objects
from tests.store.test_salvage import blob_of, spoil
from tests.store.trackers import opened, put, started


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return ordinary(tmp_path)


@pytest.mark.parametrize("data", [b"", b"x\x9c", b"\x78\x01garbage", b"x\x01\x03\x00\x00\x00\x00\x01"])
def test_s3_a_damaged_file_is_found_and_its_packed_copy_is_enough(place: Place, data: bytes) -> None:
    put(started(place), "one")
    blob = blob_of(place)
    loose = place.loose(blob).read_bytes()
    place.git("repack", "-adq")
    place.loose(blob).parent.mkdir(exist_ok=True)
    place.loose(blob).write_bytes(loose)
    store = opened(place)
    assert damaged_files(store) == []
    spoil(place.loose(blob), data)
    assert damaged_files(store) == [blob]
    healed = heal(store, [blob])
    assert (healed.restored, healed.lost) == ((blob,), ())
    assert [Path(path).read_bytes() for path in healed.set_aside] == [data]
    assert damaged_files(store) == []


def test_s3_without_any_copy_it_is_said(place: Place) -> None:
    put(started(place), "one")
    blob = blob_of(place)
    spoil(place.loose(blob), b"")
    healed = heal(opened(place), [blob])
    assert (healed.restored, healed.lost, len(healed.set_aside)) == ((), (blob,), 1)
    again = heal(opened(place), [blob])
    assert (again.set_aside, again.lost) == ((), (blob,))


def test_a_copy_from_elsewhere_is_written(place: Place) -> None:
    store = started(place)
    put(store, "one")
    blob = blob_of(place)
    copies = Objects()
    copies.stored[blob] = store.backend.read(blob)
    place.loose(blob).unlink()
    assert heal(opened(place), [blob], copies).restored == (blob,)
    assert opened(place).backend.read(blob) == copies.stored[blob]


def test_two_files_of_one_name_are_both_kept(place: Place) -> None:
    store = started(place)
    names = []
    for text in ("first", "second"):
        stray = Path(place.layout.common_dir, "refs", "stray")
        stray.write_text(text)
        names.append(Path(set_aside(store, str(stray))).name)
    assert names == ["refs-stray", "refs-stray.1"]
    assert heal(store, [Oid("1" * 40)]).lost == (Oid("1" * 40),)
