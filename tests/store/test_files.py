"""Our own file access: how many syncs, what every failing call leaves behind, what damage does."""

import errno
import os
import resource
import zlib
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from git_jit.model import Oid
from git_jit.store import CorruptObject, DiskFull, NotWritable, RefCorrupt, WriteFailed
from git_jit.store.backend import Durability, Object
from git_jit.store.files import Files
from git_jit.store.system import System
from tests.store.gitrepo import ADA, REF, SHAPES, Place, ordinary

FULL, FAST = Durability.FULL, Durability.FAST


class Counting(System):
    """Counts calls, and remembers what was synced."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.synced: list[str] = []

    def fsync(self, fd: int) -> None:
        self.calls["fsync"] += 1
        self.synced.append(str(Path(f"/proc/self/fd/{fd}").readlink()))
        super().fsync(fd)


class Failing(System):
    """Fails one call, chosen by its number, with one error; or every call from there on."""

    def __init__(self, at: int, code: int, *, for_ever: bool = False) -> None:
        self.at, self.code, self.for_ever = at, code, for_ever
        self.count = 0

    def _step(self, path: object) -> None:
        self.count += 1
        if self.count == self.at or (self.for_ever and self.count > self.at):
            raise OSError(self.code, os.strerror(self.code), path)

    def open(self, path: str, flags: int, mode: int = 0o666) -> int:
        self._step(path)
        return super().open(path, flags, mode)

    def write(self, fd: int, data: bytes) -> int:
        self._step(None)
        return super().write(fd, data)

    def fsync(self, fd: int) -> None:
        self._step(None)
        super().fsync(fd)

    def link(self, source: str, target: str) -> None:
        self._step(source)
        super().link(source, target)

    def rename(self, source: str, target: str) -> None:
        self._step(source)
        super().rename(source, target)

    def unlink(self, path: str) -> None:
        self._step(path)
        super().unlink(path)

    def mkdir(self, path: str) -> None:
        self._step(path)
        super().mkdir(path)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return ordinary(tmp_path)


def files(place: Place, system: System | None = None, durability: Durability = FULL) -> Files:
    return Files(place.layout, place.environ, durability=durability, system=system)


def publish(backend: Files, objects: list[Object], old: Oid | None, durability: Durability = FULL) -> Oid:
    backend.write(objects, durability)
    backend.swap(REF, objects[-1].oid, old, committer=ADA, message="jit: test")
    return objects[-1].oid


def leftovers(place: Place) -> list[str]:
    """Whatever a failed write should have taken away."""
    common = Path(place.layout.common_dir)
    found = [*common.glob("objects/**/tmp_*"), *common.glob("refs/**/*.lock"), *common.glob("jit/intent*")]
    return sorted(str(path.relative_to(common)) for path in found)


# --- durability ---


def test_a_full_write_syncs_every_object_the_reference_its_log_and_each_directory(place: Place) -> None:
    first = publish(files(place), place.commit(b"one"), None)
    system = Counting()
    objects = place.commit(b"two", first)
    publish(files(place, system), objects, first)
    common = place.layout.common_dir
    synced = Counter(os.path.relpath(path, common) for path in system.synced)
    directories = {f"objects/{object.oid[:2]}" for object in objects}
    new = sum("tmp_obj_jit" in path for path in synced)
    expected = {*directories, "refs/jit", f"logs/{REF}", f"refs/jit/{Path(REF).name}.lock"}
    assert new == 3
    assert {path for path in synced if "tmp_obj_jit" not in path} - expected <= {
        "objects",
        "jit/intent.refs%2Fjit%2Fissues",
    }
    assert {*directories, "refs/jit", f"logs/{REF}"} <= synced.keys()
    assert set(synced.values()) == {1}


def test_a_fast_write_syncs_nothing(place: Place) -> None:
    system = Counting()
    publish(files(place, system, FAST), place.commit(b"one"), None, FAST)
    assert system.calls["fsync"] == 0


def test_objects_are_synced_before_they_have_a_name_and_all_before_the_reference_moves(place: Place) -> None:
    class Ordered(Counting):
        order: list[str]

        def fsync(self, fd: int) -> None:
            super().fsync(fd)
            self.order.append(f"sync {Path(self.synced[-1]).name[:7]}")

        def rename(self, source: str, target: str) -> None:
            super().rename(source, target)
            self.order.append("publish" if target.endswith(REF) else "name")

    first = publish(files(place), place.commit(b"zero"), None)
    system = Ordered()
    system.order = []
    publish(files(place, system), place.commit(b"one", first), first)
    order = system.order
    last_sync = max(i for i, step in enumerate(order) if step == "sync tmp_obj")
    assert last_sync < order.index("name")
    assert order.count("name") == 3
    assert order.index("publish") > max(i for i, step in enumerate(order) if step == "name")
    assert order[-1] == "sync jit", "the directory in which the reference was renamed"


def test_what_exists_already_is_made_durable_too(place: Place) -> None:
    """Another process may have written it a moment ago and not synced it (storage.md 3)."""
    objects = place.commit(b"one")
    files(place, durability=FAST).write(objects, FAST)
    system = Counting()
    files(place, system).write(objects, FULL)
    paths = {str(place.loose(object.oid)) for object in objects}
    assert paths <= set(system.synced)
    assert {str(Path(path).parent) for path in paths} <= set(system.synced)


def test_what_exists_already_becomes_young_again(place: Place) -> None:
    objects = place.commit(b"one")
    files(place).write(objects, FULL)
    os.utime(place.loose(objects[0].oid), (1, 1))
    files(place).write(objects, FAST)
    assert place.loose(objects[0].oid).stat().st_mtime > 1


# --- damage ---


def zeroed(path: Path) -> None:
    path.write_bytes(b"")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-3])


def other_content(path: Path) -> None:
    path.write_bytes(zlib.compress(b"blob 1\0x"))


def nonsense(path: Path) -> None:
    path.write_bytes(zlib.compress(b"no header at all"))


DAMAGES = [zeroed, cut, other_content, nonsense]


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("which", [0, 1, 2])
def test_a_damaged_object_is_named_and_the_next_write_replaces_it(
    place: Place, damage: Callable[[Path], None], which: int
) -> None:
    objects = place.commit(b"one")
    backend = files(place)
    backend.write(objects, FULL)
    path = place.loose(objects[which].oid)
    path.chmod(0o644)
    damage(path)
    with pytest.raises(CorruptObject, match=f"object '{objects[which].oid}' is damaged"):
        backend.read(objects[which].oid)
    assert list(backend.read_many([o.oid for o in objects])) == [
        o.oid if i == which else o for i, o in enumerate(objects)
    ]
    backend.write(objects, FULL)
    assert list(backend.read_many([o.oid for o in objects])) == objects
    place.git("fsck", "--strict")
    backend.close()


def test_a_pack_makes_up_for_a_damaged_loose_file(place: Place) -> None:
    objects = place.commit(b"one")
    backend = files(place)
    publish(backend, objects, None)
    place.git("repack", "-a", "-q")
    zeroed_path = place.loose(objects[0].oid)
    zeroed_path.chmod(0o644)
    zeroed(zeroed_path)
    assert backend.read(objects[0].oid) == objects[0]
    backend.close()


# --- every failing call ---

CODES = {
    errno.ENOSPC: DiskFull,
    errno.EDQUOT: DiskFull,
    errno.EROFS: NotWritable,
    errno.EACCES: NotWritable,
    errno.EIO: WriteFailed,
}


def steps(place: Place) -> int:
    """How many calls a whole write makes."""
    system = Failing(0, 0)
    first = publish(files(place), place.commit(b"first"), None)
    publish(files(place, system), place.commit(b"second", first), first)
    return system.count


@pytest.mark.parametrize("code", CODES, ids=errno.errorcode.get)
def test_each_call_that_fails_once_is_told_and_leaves_nothing(place: Place, code: int) -> None:
    total = steps(place)
    tip = files(place).ref(REF)
    moved = 0
    for at in range(1, total + 6):  # a write makes a few calls more where directories are new
        objects = place.commit(b"%d" % at, *([tip] if tip else []))
        before = tip
        with suppress(CODES[code]):
            tip = publish(files(place, Failing(at, code)), objects, tip)
        failed = tip == before
        tip = files(place).ref(REF)
        assert tip in {before, objects[-1].oid}
        moved += failed and tip != before
        assert files(place).reflog(REF)[-1].new == tip, "the log tells what happened, no more and no less"
        tip = publish(files(place), place.commit(b"after %d" % at, *([tip] if tip else [])), tip)
        assert leftovers(place) == [], at
    assert total > 20
    assert moved <= 4, "only a sync after the rename can fail although the reference moved"
    place.git("fsck", "--strict")


def test_calls_that_fail_for_ever_leave_what_the_next_writer_heals(place: Place) -> None:
    total = steps(place)
    tip = files(place).ref(REF)
    for at in range(1, total + 6):  # a write makes a few calls more where directories are new
        objects = place.commit(b"%d" % at, *([tip] if tip else []))
        acknowledged = None
        with suppress(WriteFailed):
            acknowledged = publish(files(place, Failing(at, errno.EIO, for_ever=True)), objects, tip)
        tip = files(place).ref(REF)
        assert acknowledged in {None, tip}, "only the cleaning up afterwards may fail in silence"
        tip = publish(files(place), place.commit(b"after %d" % at, *([tip] if tip else [])), tip)
        assert [path for path in leftovers(place) if "tmp_obj" not in path] == []
    place.git("fsck", "--strict")


def test_short_writes_are_continued(place: Place) -> None:
    class Stingy(System):
        def write(self, fd: int, data: bytes) -> int:
            return super().write(fd, data[:7])

    tip = publish(files(place, Stingy()), place.commit(os.urandom(300)), None)
    assert place.git("rev-parse", REF) == tip
    place.git("fsck", "--strict")


def test_a_file_size_limit_is_an_error_and_not_half_an_object(place: Place) -> None:
    """The kernel's own short write: the first takes what fits, the next fails."""
    objects = place.commit(os.urandom(9000))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        with pytest.raises(WriteFailed, match="file too large"):
            files(place).write(objects, FULL)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not any(place.loose(object.oid).exists() for object in objects)
    assert leftovers(place) == []


@pytest.mark.parametrize("after", ["open", "rename"])
def test_a_gc_that_snatches_temporary_files_and_directories_is_outrun(place: Place, after: str) -> None:
    class Snatching(System):
        left = 3

        def open(self, path: str, flags: int, mode: int = 0o666) -> int:
            fd = super().open(path, flags, mode)
            if after == "open" and "tmp_obj" in path and self.left:
                self.left -= 1
                Path(path).unlink()
            return fd

        def rename(self, source: str, target: str) -> None:
            if after == "rename" and self.left:
                self.left -= 1
                Path(target).parent.rmdir()
            super().rename(source, target)

    objects = place.commit(b"one")
    backend = files(place, Snatching())
    backend.write(objects, FULL)
    assert list(backend.read_many([o.oid for o in objects])) == objects


# --- references and logs ---


@pytest.mark.parametrize("shape", ["ordinary", "bare", "worktree"])
@pytest.mark.parametrize("setting", [None, "false", "true", "always"])
def test_the_reflog_is_written_whatever_git_is_configured_to(tmp_path: Path, shape: str, setting: str | None) -> None:
    place = SHAPES[shape](tmp_path)
    if setting:
        place.git("config", "core.logAllRefUpdates", setting)
    first = publish(files(place), place.commit(b"one"), None)
    second = publish(files(place), place.commit(b"two", first), first)
    assert [(entry.old, entry.new) for entry in files(place).reflog(REF)] == [(None, first), (first, second)]
    assert place.git("rev-parse", f"{REF}@{{1}}") == first
    assert place.git("reflog", "exists", REF) == ""


def test_a_torn_last_line_of_the_log_is_cut_off(place: Place) -> None:
    first = publish(files(place), place.commit(b"one"), None)
    log = Path(place.layout.common_dir, "logs", REF)
    log.write_bytes(log.read_bytes() + b"0123 torn")
    second = publish(files(place), place.commit(b"two", first), first)
    assert [entry.new for entry in files(place).reflog(REF)] == [first, second]


def test_a_log_that_cannot_be_written_stops_the_write(place: Place) -> None:
    Path(place.layout.common_dir, "logs", REF).mkdir(parents=True)
    with pytest.raises(WriteFailed, match="cannot move 'refs/jit/issues': is a directory"):
        publish(files(place), place.commit(b"one"), None)
    assert files(place).ref(REF) is None


@pytest.mark.parametrize("text", ["", "\n", "dead", "\0" * 41, "g" * 40, "1" * 41, "1" * 39 + "\n"])
def test_a_reference_that_holds_no_oid_is_corrupt(place: Place, text: str) -> None:
    path = Path(place.layout.common_dir, REF)
    path.parent.mkdir(parents=True)
    path.write_text(text)
    with pytest.raises(RefCorrupt, match="'refs/jit/issues' does not hold the name of a commit"):
        files(place).ref(REF)
    assert files(place).refs("refs/jit/") == {}


def test_symbolic_references_are_followed_but_not_for_ever(place: Place) -> None:
    tip = publish(files(place), place.commit(b"one"), None)
    place.git("symbolic-ref", "refs/x/a", REF)
    assert files(place).ref("refs/x/a") == tip
    Path(place.layout.common_dir, "refs/x/loop").write_text("ref: refs/x/loop\n")
    with pytest.raises(RefCorrupt, match="too many symbolic references"):
        files(place).ref("refs/x/loop")


def test_packed_and_loose_references_are_one_namespace(place: Place) -> None:
    first = publish(files(place), place.commit(b"one"), None)
    place.git("update-ref", "refs/jit/other", first)
    place.git("pack-refs", "--all", "--prune")
    second = publish(files(place), place.commit(b"two", first), first)
    backend = files(place)
    assert backend.refs("refs/jit/") == {"refs/jit/issues": second, "refs/jit/other": first}
    assert backend.refs("refs/jit/iss") == {"refs/jit/issues": second}
    assert backend.ref("HEAD") == place.git("rev-parse", "HEAD")


def test_a_group_shares_new_directories(place: Place) -> None:
    """A repository made with `--shared` marks its directories; a colleague must be able to write into ours."""
    objects = place.commit(b"one")
    top = Path(place.layout.objects_dir)
    top.chmod(0o2775)
    before = os.umask(0o077)
    try:
        files(place).write(objects, FAST)
    finally:
        os.umask(before)
    made = top / objects[0].oid[:2]
    assert oct(made.stat().st_mode & 0o7777) == "0o2770"
