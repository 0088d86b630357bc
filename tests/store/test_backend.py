"""One promise, kept by three back ends in repositories of every shape."""

import os
import subprocess
import sys
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from git_jit.errors import JitError
from git_jit.model import Oid
from git_jit.store import CorruptObject, MissingObject, NotWritable, RefConflict, RefCorrupt, RefLocked
from git_jit.store.backend import MAX_BLOB, Durability, ReflogEntry
from tests.store.gitrepo import ADA, BACKENDS, FOREIGN, PLAIN, REF, SHAPES, Place, has_reftable, open_backend

ALL = [(name, shape) for shape in PLAIN for name in BACKENDS] + [("plumbing", shape) for shape in FOREIGN]
CHOICE = [(name, "ordinary") for name in BACKENDS] + [("plumbing", "sha256")]
"""Enough for what does not depend on the shape."""
BOMB = 8 * MAX_BLOB
"""Bytes: so many that unpacking it shows among those of a reader, and no more, for git packs it again and again."""


class Subject:
    """A back end with the repository it works on."""

    def __init__(self, name: str, place: Place) -> None:
        self.name = name
        self.place = place
        self.backend = open_backend(name, place)

    def publish(self, data: bytes, old: Oid | None = None, message: str = "jit: say something") -> Oid:
        objects = self.place.commit(data, *([old] if old else []))
        self.backend.write(objects, Durability.FULL)
        self.backend.swap(REF, objects[-1].oid, old, committer=ADA, message=message)
        return objects[-1].oid

    def assert_sound(self) -> None:
        assert self.place.git("fsck", "--strict", "--no-dangling", "--no-progress") == ""


@pytest.fixture
def subject(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Subject]:
    name, shape = request.param
    if shape == "reftable" and not has_reftable():
        pytest.skip("this git knows no reftable")
    base = tmp_path / "with a blank, ümläut\nand line break"
    base.mkdir()
    subject = Subject(name, SHAPES[shape](base))
    yield subject
    subject.backend.close()


def over(combinations: list[tuple[str, str]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("subject", combinations, indirect=True, ids="-".join)


@over(ALL)
def test_a_life(subject: Subject) -> None:
    """Empty, created, moved, refused, packed away: in every shape of repository."""
    backend, place = subject.backend, subject.place
    assert backend.object_format == place.layout.object_format
    assert (backend.ref(REF), backend.refs("refs/jit/"), backend.reflog(REF)) == (None, {}, [])

    first = subject.publish(b"one", message="jit: begin")
    second = subject.publish(b"two", first, message="jit:  go\n on")
    assert backend.refs("refs/jit/") == {REF: second}
    assert place.git("rev-parse", REF) == second
    assert backend.reflog(REF) == [
        ReflogEntry(None, first, ADA, "jit: begin"),
        ReflogEntry(first, second, ADA, "jit: go on"),
    ]
    assert place.git("log", "-g", "--format=%H %gs", REF) == f"{second} jit: go on\n{first} jit: begin"

    for wrong in (first, None):
        with pytest.raises(RefConflict) as lost:
            backend.swap(REF, first, wrong, committer=ADA, message="jit: too late")
        assert lost.value.details == {"ref": REF, "expected": wrong, "found": second}
    missing = "refs/jit/other"
    with pytest.raises(RefConflict):
        backend.swap(missing, second, first, committer=ADA, message="jit: of nothing")

    place.git("pack-refs", "--all", "--prune")
    assert backend.ref(REF) == second
    third = subject.publish(b"three", second)
    place.git("repack", "-adq")
    assert backend.ref(REF) == third
    assert backend.read(third).data.startswith(b"tree ")
    assert len(backend.reflog(REF)) == 3
    subject.assert_sound()


@over([*CHOICE, *(("plumbing", shape) for shape in FOREIGN if shape != "sha256")])
def test_bulk_in_a_kept_pack(subject: Subject) -> None:
    """What is in a kept pack survives the worst gc before anything refers to it; afterwards it is ordinary."""
    backend, place = subject.backend, subject.place
    blobs = [place.blob(b"issue %d\n" % n) for n in range(150)]
    objects = [*blobs, *place.commit(b"bulk")]
    keep = backend.write_pack(objects, Durability.FULL)
    place.git("gc", "-q", "--prune=now")
    assert list(backend.read_many(o.oid for o in objects)) == objects
    backend.swap(REF, objects[-1].oid, None, committer=ADA, message="jit: bulk")
    kept = list(Path(place.layout.objects_dir, "pack").glob("*.keep"))
    assert len(kept) == 1
    keep.release()
    keep.release()
    assert not kept[0].exists()
    place.git("gc", "-q", "--prune=now")
    assert [backend.exists(o.oid) for o in (objects[-1], blobs[0])] == [True, False]
    subject.assert_sound()


@over(CHOICE)
@pytest.mark.parametrize("durability", list(Durability))
def test_objects_come_back(subject: Subject, durability: Durability) -> None:
    """Of any size and content, loose, packed or both, in the order asked for."""
    backend, place = subject.backend, subject.place
    blobs = [place.blob(data) for data in (b"", b"\0", b"a\nb\n", "ü".encode() * 10_000, os.urandom(200_000))]
    objects = [*blobs, *place.commit(b"x")]
    backend.write(objects, durability)
    backend.write(objects, durability)
    backend.write_pack(objects[:3], durability).release()
    assert [backend.read(o.oid) for o in objects] == objects
    wanted = [o.oid for o in (*reversed(objects), *objects)]
    assert list(backend.read_many(wanted)) == [*reversed(objects), *objects]
    assert place.git("cat-file", "-t", objects[-1].oid) == "commit"
    subject.assert_sound()


@over(CHOICE)
def test_missing(subject: Subject) -> None:
    here = subject.place.blob(b"here")
    gone = Oid("1" * len(here.oid))
    subject.backend.write([here], Durability.FAST)
    with pytest.raises(MissingObject) as missing:
        subject.backend.read(gone)
    assert missing.value.details["oid"] == gone
    assert not subject.backend.exists(gone)
    assert list(subject.backend.read_many([gone, here.oid, gone])) == [gone, here, gone]


def damages() -> dict[str, Callable[[bytes], bytes]]:
    return {
        "empty": lambda _: b"",
        "garbage": lambda _: b"no zlib at all",
        "cut": lambda good: good[: len(good) // 2],
        "another": lambda _: zlib.compress(b"blob 3\0abc"),
        "header": lambda _: zlib.compress(b"potato 3\0abc"),
        "claims nothing": claiming(0),
        "claims less": claiming(49_999),
        "claims more": claiming(50_001),
        "claims much": claiming(1_000_000),
        "claims enormously": claiming(10**15),
    }


def claiming(size: int) -> Callable[[bytes], bytes]:
    """Everything is there, but the file says that it is of another size."""
    return lambda good: zlib.compress(zlib.decompress(good).replace(b"blob 50000", b"blob %d" % size, 1))


@over(CHOICE)
@pytest.mark.parametrize("damage", damages().values(), ids=damages().keys())
@pytest.mark.parametrize("packed", [False, True], ids=["loose", "pack"])
def test_damage_is_found_and_healed_by_writing_again(
    subject: Subject, damage: Callable[[bytes], bytes], packed: bool
) -> None:
    """git and libgit2 skip the write because the file exists; success may be claimed only if it can be read."""
    backend, place = subject.backend, subject.place
    good, bad = place.blob(b"good"), place.blob(os.urandom(50_000))
    backend.write([good, bad], Durability.FAST)
    path = place.loose(bad.oid)
    path.chmod(0o644)
    path.write_bytes(damage(path.read_bytes()))

    with pytest.raises(CorruptObject) as found:
        backend.read(bad.oid)
    assert found.value.details["oid"] == bad.oid
    assert list(backend.read_many([good.oid, bad.oid, good.oid])) == [good, bad.oid, good]

    if packed:
        backend.write_pack([good, bad], Durability.FULL).release()
    else:
        backend.write([good, bad], Durability.FULL)
    fresh = open_backend(subject.name, place)
    assert (backend.read(bad.oid), fresh.read(bad.oid)) == (bad, bad)
    fresh.close()
    if not packed:
        subject.assert_sound()


@over(CHOICE)
def test_a_flipped_bit_in_a_pack(subject: Subject) -> None:
    backend, place = subject.backend, subject.place
    bad, good = place.blob(os.urandom(5_000)), place.blob(b"good")
    backend.write_pack([bad, good], Durability.FAST).release()
    backend.close()
    pack = next(Path(place.layout.objects_dir, "pack").glob("*.pack"))
    pack.chmod(0o644)
    data = bytearray(pack.read_bytes())
    data[2_000] ^= 0x10
    pack.write_bytes(data)
    fresh = open_backend(subject.name, place)
    with pytest.raises(CorruptObject):
        fresh.read(bad.oid)
    assert list(fresh.read_many([bad.oid, good.oid])) == [bad.oid, good]
    fresh.close()


@over(CHOICE)
@pytest.mark.parametrize("packed", [False, True], ids=["loose", "pack"])
def test_what_is_too_large_to_be_ours_is_not_unpacked(subject: Subject, packed: bool) -> None:
    """A megabyte of zeros is a kilobyte in a push. What lies behind the bomb is read all the same."""
    place = subject.place
    largest, bomb, good = place.blob(bytes(MAX_BLOB)), place.blob(bytes(BOMB)), place.blob(b"good")
    for blob in (largest, bomb, good):
        assert place.git("hash-object", "-w", "--stdin", input=blob.data) == blob.oid
    if packed:
        oids = "".join(f"{blob.oid}\n" for blob in (largest, bomb, good))
        place.git("pack-objects", f"{place.layout.objects_dir}/pack/pack", input=oids.encode())
        place.git("prune-packed")
    backend = open_backend(subject.name, place)
    with pytest.raises(CorruptObject):
        backend.read(bomb.oid)
    tracemalloc.start()
    assert list(backend.read_many([bomb.oid, good.oid, bomb.oid, largest.oid])) == [bomb.oid, good, bomb.oid, largest]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < BOMB
    backend.close()


@over(CHOICE)
def test_iterations_may_be_left_and_nested(subject: Subject) -> None:
    blobs = [subject.place.blob(b"%d" % n) for n in range(200)]
    subject.backend.write_pack(blobs, Durability.FAST).release()
    found = subject.backend.read_many(blob.oid for blob in blobs)
    for expected in blobs[:5]:
        assert next(found) == expected
        assert subject.backend.read(blobs[-1].oid) == blobs[-1]
    del found
    assert subject.backend.read(blobs[7].oid) == blobs[7]


@over(CHOICE)
def test_many_questions_and_long_answers(subject: Subject) -> None:
    """More of both than the pipes hold: nobody may wait for somebody who waits."""
    blob = subject.place.blob(os.urandom(2_000))
    subject.backend.write_pack([blob], Durability.FAST).release()
    assert list(subject.backend.read_many([blob.oid] * 3_000)) == [blob] * 3_000


@over(CHOICE)
@pytest.mark.parametrize("text", ["", "\n", "dead\n", "\0" * 41, "ref: refs/heads/nothing\n"])
def test_a_reference_that_is_none(subject: Subject, text: str) -> None:
    """git calls it missing. Whoever believed that would start an empty tracker over the issues."""
    subject.publish(b"one")
    Path(subject.place.layout.common_dir, REF).write_text(text)
    if text.startswith("ref:"):
        assert subject.backend.ref(REF) is None
        return
    with pytest.raises(RefCorrupt):
        subject.backend.ref(REF)
    assert subject.backend.refs("refs/jit/") == {}
    with pytest.raises(JitError):
        subject.publish(b"two")


@over(CHOICE)
def test_a_guess_is_not_a_reference(subject: Subject) -> None:
    """`git rev-parse refs/jit/issues` finds a branch of that name; nobody may take it for the issues."""
    objects = subject.place.commit(b"x")
    subject.backend.write(objects, Durability.FAST)
    subject.place.git("update-ref", f"refs/heads/{REF}", objects[-1].oid)
    assert subject.backend.ref(REF) is None
    assert subject.backend.refs("refs/heads/refs/j") == {f"refs/heads/{REF}": objects[-1].oid}


@over(CHOICE)
def test_a_name_with_a_line_separator_in_it_is_no_other_name(subject: Subject) -> None:
    """git takes U+0085 and U+2028 for characters of a name; whoever may push one branch must not move another."""
    first = subject.publish(b"one")
    second = subject.publish(b"two", first)
    names = {f"{REF}{separator}x": first for separator in ("\x85", "\u2028", "\u2029")}
    for name in names:
        subject.place.git("update-ref", name, first)
    subject.place.git("pack-refs", "--all")
    assert subject.backend.ref(REF) == second
    assert subject.backend.refs(REF) == {REF: second, **names}


@over(CHOICE)
def test_head(subject: Subject) -> None:
    born = subject.place.layout.object_format == "sha1"
    expected = subject.place.git("rev-parse", "HEAD") if born else None
    assert subject.backend.ref("HEAD") == expected


@over([("files", "ordinary"), ("plumbing", "ordinary")])
def test_a_foreign_lock_is_waited_for_and_never_broken(subject: Subject) -> None:
    first = subject.publish(b"one")
    lock = Path(subject.place.layout.common_dir, f"{REF}.lock")
    lock.write_bytes(b"")
    began = time.monotonic()
    with pytest.raises(RefLocked) as locked:
        subject.publish(b"two", first)
    assert 0.5 < time.monotonic() - began < 30
    assert locked.value.retryable
    assert lock.exists()
    assert subject.backend.ref(REF) == first
    lock.unlink()
    subject.publish(b"two", first)


@over([("plumbing", "ordinary"), ("plumbing", "sha256")])
def test_nothing_is_written_while_a_push_is_on_trial(subject: Subject) -> None:
    place = Place(subject.place.cwd, {"GIT_QUARANTINE_PATH": str(subject.place.cwd)})
    backend, objects = open_backend(subject.name, place), place.commit(b"x")
    for write in (
        lambda: backend.write(objects, Durability.FULL),
        lambda: backend.write_pack(objects, Durability.FULL),
        lambda: backend.swap(REF, objects[-1].oid, None, committer=ADA, message="jit: x"),
    ):
        with pytest.raises(NotWritable):
            write()
    backend.close()


@over(CHOICE)
def test_the_language_of_the_user_does_not_matter(subject: Subject) -> None:
    place = Place(subject.place.cwd, {"LANG": "de_DE.UTF-8", "LC_ALL": "de_DE.UTF-8", "LANGUAGE": "de"})
    german = Subject(subject.name, place)
    first = german.publish("größer".encode())
    second = german.publish(b"two", first)
    with pytest.raises(RefConflict):
        german.publish(b"three", first)
    assert german.backend.ref(REF) == second
    german.backend.close()


@over(CHOICE)
def test_replaced_objects_are_read_as_they_are(subject: Subject) -> None:
    """`git replace` shows one object under the name of another; an oid of ours names its own content."""
    one, two = subject.place.blob(b"one"), subject.place.blob(b"two")
    subject.backend.write_pack([one, two], Durability.FAST).release()
    subject.place.git("replace", one.oid, two.oid)
    assert subject.backend.read(one.oid) == one


COUNTER = """
import os, sys
from git_jit.store import RefConflict, RefLocked
from git_jit.store.backend import Durability
from tests.store.gitrepo import ADA, REF, Place, open_backend
from pathlib import Path
place = Place(Path(sys.argv[2]))
backend = open_backend(sys.argv[1], place)
for _ in range(int(sys.argv[3])):
    while True:
        head = backend.ref(REF)
        tree = backend.read(head).data[5:].split(b"\\n")[0].decode() if head else None
        count = int(backend.read(backend.read(tree).data[12:].hex()).data) if tree else 0
        objects = place.commit(b"%d" % (count + 1), *([head] if head else []))
        backend.write(objects, Durability.FAST)
        try:
            backend.swap(REF, objects[-1].oid, head, committer=ADA, message="jit: count")
            break
        except (RefConflict, RefLocked):
            pass
backend.close()
"""


@over(CHOICE)
def test_processes_lose_no_increment(subject: Subject) -> None:
    """As many as collide in every round; `tests.faults.stress writers` has sixteen of them and a thousand rounds."""
    processes, rounds = 4, 4
    argv = [sys.executable, "-c", COUNTER, subject.name, str(subject.place.cwd), str(rounds)]
    root = str(Path(__file__).parents[2])
    counters = [subprocess.Popen(argv, cwd=root, stderr=subprocess.PIPE) for _ in range(processes)]
    failures = [stderr for counter in counters for stderr in [counter.communicate()[1]] if counter.returncode]
    assert failures == []
    assert subject.place.git("cat-file", "-p", f"{REF}:file") == str(processes * rounds)
    assert subject.place.git("rev-list", "--count", REF) == str(processes * rounds)
    assert len(subject.backend.reflog(REF)) == processes * rounds
    subject.assert_sound()


@over([("plumbing", "partial")])
def test_a_promised_object_is_fetched(subject: Subject) -> None:
    layout = subject.place.layout
    assert (layout.partial, layout.plain) == (True, False)
    promised = subject.place.blob(b"far away\n")
    assert not subject.place.loose(promised.oid).exists()
    assert subject.backend.read(promised.oid) == promised
