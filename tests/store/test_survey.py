"""Looking at a clone: nothing is missed, nothing is made up, nothing is changed."""

import fcntl
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from git_jit.clone import IndexState, RefState
from git_jit.model import Oid
from git_jit.record import replace
from git_jit.store.holder import this_process
from git_jit.store.survey.disk import look_at_disk
from git_jit.validate.clone_rules import check_clone
from git_jit.validate.health import Health, judge
from tests.store import damage
from tests.store.damage import DEEP_FAULTS, FAULTS, LOCK, common, healthy, store_in, tip, write
from tests.store.gitrepo import REF, SHAPES, Place, git, has_reftable, ordinary, unborn

Fault = tuple[Callable[[Place], None], str]


def codes(place: Place, *, deep: bool = False) -> list[str]:
    store = store_in(place)
    try:
        return [found.code for found in check_clone(store.survey(deep=deep))]
    finally:
        store.close()


def snapshot(directory: Path) -> dict[str, tuple[bytes, float]]:
    """Every file below, with its content and the time of its last change."""
    files = (path for path in sorted(directory.rglob("*")) if path.is_file())
    return {str(path): (path.read_bytes(), path.stat().st_mtime) for path in files}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault[0].__name__)
def test_every_fault_is_named_at_the_first_look(tmp_path: Path, fault: Fault) -> None:
    place = healthy(tmp_path)
    assert codes(place) == []
    inflict, code = fault
    inflict(place)
    before = snapshot(common(place))
    store = store_in(place)
    clone = store.survey()
    store.close()
    assert code in [found.code for found in check_clone(clone)]
    assert judge(clone).state is not Health.HEALTHY
    assert snapshot(common(place)) == before


@pytest.mark.parametrize("fault", DEEP_FAULTS, ids=lambda fault: fault[0].__name__)
def test_what_lies_deeper_is_found_by_looking_deeper(tmp_path: Path, fault: Fault) -> None:
    place = healthy(tmp_path)
    assert codes(place, deep=True) == []
    inflict, code = fault
    inflict(place)
    before = snapshot(common(place))
    assert codes(place) == []
    assert codes(place, deep=True) == [code]
    assert snapshot(common(place)) == before


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_of_repository_is_healthy(tmp_path: Path, shape: str) -> None:
    if shape == "reftable" and not has_reftable():
        pytest.skip("this git does not know reftable")
    place = healthy(tmp_path, shape=SHAPES[shape])
    assert codes(place) == []
    assert codes(place, deep=True) == []


def test_a_look_from_every_back_end_is_the_same(tmp_path: Path) -> None:
    place = healthy(tmp_path)
    found = []
    for backend in ("files", "libgit2", "plumbing"):
        store = store_in(place, backend=backend)
        clone = store.survey(deep=True)
        store.close()
        found.append(replace(clone, taken_at=0, shape=replace(clone.shape, backend=""), disk=None))
    assert found[0] == found[1] == found[2]
    assert found[0].index.state is IndexState.FRESH


def test_where_nobody_keeps_issues_nothing_is_wrong(tmp_path: Path) -> None:
    store = store_in(unborn(tmp_path))
    clone = store.survey(deep=True)
    assert (clone.ref.state, clone.tip, check_clone(clone)) == (RefState.ABSENT, None, [])


def test_a_clone_of_a_hub_with_issues_says_that_they_are_not_here(tmp_path: Path) -> None:
    (tmp_path / "hub").mkdir()
    hub = healthy(tmp_path / "hub")
    hub.git("branch", "jit/issues", REF)
    git(tmp_path, "clone", "-q", str(hub.cwd), "copy")
    store = store_in(Place(tmp_path / "copy"))
    clone = store.survey()
    assert clone.ref.state is RefState.MISSING
    assert clone.ref.traces == ("refs/remotes/origin/jit/issues",)
    assert [found.code for found in check_clone(clone)] == ["ref_missing"]


def test_commits_that_the_remote_lacks_are_counted(tmp_path: Path) -> None:
    place = healthy(tmp_path)
    place.git("remote", "add", "hub", "/nowhere/hub.git")
    place.git("update-ref", "refs/remotes/hub/jit/issues", REF)
    store = store_in(place)
    assert [remote.unsynced for remote in store.survey().remotes] == [0]
    for number in range(66):
        write(store, number + 10)
    clone = store.survey()
    assert [(remote.name, remote.unsynced) for remote in clone.remotes] == [("hub", 66)]
    assert [(found.code, found.subject) for found in check_clone(clone)] == [("unsynced", "hub")]


def test_remotes_are_asked_only_when_there_is_time(tmp_path: Path) -> None:
    (tmp_path / "hub").mkdir()
    (tmp_path / "clone").mkdir()
    hub, place = ordinary(tmp_path / "hub"), healthy(tmp_path / "clone")
    place.git("remote", "add", "near", str(hub.cwd))
    place.git("remote", "add", "gone", "/nowhere/hub.git")
    store = store_in(place)
    assert [remote.reachable for remote in store.survey(ask=True).remotes] == [None, None]
    deep = store.survey(deep=True)
    assert [(remote.name, remote.reachable) for remote in deep.remotes] == [("gone", False), ("near", True)]
    assert [(found.code, found.subject) for found in check_clone(deep)] == [("remote_unreachable", "gone")]


def test_a_breaker_that_nobody_uses_any_more_is_no_trouble(tmp_path: Path) -> None:
    place = healthy(tmp_path)
    damage.resting_remote(place)
    place.git("remote", "rename", "hub", "old")
    assert codes(place) == []


# --- locks and leftovers: only with proof of death ------------------------------------------------------


def test_a_live_writer_has_nothing_orphaned(tmp_path: Path) -> None:
    """While somebody holds the queue, its locks and unfinished files are its own."""
    place = healthy(tmp_path)
    damage.orphaned_lock(place)
    damage.unfinished_object(place)
    with (common(place) / "jit" / "lock").open() as queue:
        fcntl.flock(queue, fcntl.LOCK_EX)
        assert codes(place) == []
    assert codes(place) == ["orphaned_lock", "orphaned_temp"]


def test_a_writer_that_holds_the_queue_for_long_is_told(tmp_path: Path) -> None:
    place = healthy(tmp_path)
    path = common(place) / "jit" / "lock"
    code = (
        "import fcntl,sys\nfrom git_jit.store.holder import this_process\nqueue = open(sys.argv[1], 'r+b')\n"
        "fcntl.flock(queue, fcntl.LOCK_EX)\nqueue.write(this_process().encode())\nqueue.flush()\nprint(flush=True)\n"
        "sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdin
        assert holder.stdout
        holder.stdout.readline()
        assert codes(place) == []
        os.utime(path, (damage.LONG_AGO, damage.LONG_AGO))
        store = store_in(place)
        (found,) = check_clone(store.survey())
        assert (found.code, f"process {holder.pid} on " in found.message) == ("queue_held", True)
        holder.stdin.close()


def test_a_young_foreign_lock_is_nobodys_business(tmp_path: Path) -> None:
    place = healthy(tmp_path)
    (common(place) / LOCK).write_text("")
    assert codes(place) == []


def test_a_lock_whose_holder_may_live_elsewhere_is_not_called_orphaned(tmp_path: Path) -> None:
    place = healthy(tmp_path)
    damage.orphaned_lock(place)
    record = this_process()._replace(boot="another", host="elsewhere")
    (common(place) / "jit" / "lock").write_bytes(record.encode())
    os.utime(common(place) / LOCK, (damage.LONG_AGO, damage.LONG_AGO))
    assert codes(place) == ["foreign_lock"]


def test_young_unfinished_files_of_others_and_evidence_are_left_alone(tmp_path: Path) -> None:
    place = healthy(tmp_path)
    objects = Path(place.layout.objects_dir)
    (objects / "tmp_object_git2_abcdef").write_bytes(b"being written")
    old = objects / "tmp_obj_damaged_abcdef"
    old.write_bytes(b"evidence")
    os.utime(old, (damage.LONG_AGO, damage.LONG_AGO))
    store = store_in(place)
    assert [(each.path, each.dead) for each in store.survey().temporary] == [("objects/tmp_object_git2_abcdef", False)]
    assert codes(place) == []


def test_looking_keeps_no_writer_out(tmp_path: Path) -> None:
    place = healthy(tmp_path)
    store, other = store_in(place), store_in(place)
    store.survey()
    write(other, 9)
    assert store.survey().ref.tip == other.tip() == tip(place)


# --- disk -----------------------------------------------------------------------------------------------


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_directories_of_another_owner_are_told_unless_shared(tmp_path: Path) -> None:
    place = healthy(tmp_path)
    directory = common(place) / "refs" / "jit"
    os.chown(directory, 12345, 12345)
    disk = look_at_disk(place.layout)
    assert disk
    assert (disk.foreign, disk.unwritable) == (("refs/jit",), ())
    assert codes(place) == ["owner_mixed"]
    directory.chmod(0o2775)
    assert codes(place) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="root becomes somebody who may not write")
def test_directories_that_cannot_be_written_are_told() -> None:
    code = (
        "import os,sys\nos.environ['GIT_DIR'] = sys.argv[1]\n"
        "from git_jit.store.layout import discover\nfrom git_jit.store.survey.disk import look_at_disk\n"
        "layout = discover('/', os.environ)\nos.setuid(12345)\nprint(look_at_disk(layout).unwritable[:2])"
    )
    with tempfile.TemporaryDirectory() as directory:  # pytest's own is open to root alone
        Path(directory).chmod(0o755)
        place = healthy(Path(directory))
        subprocess.run(["chmod", "-R", "go+rX", directory], check=True)  # whatever the umask left of it
        words = [sys.executable, "-c", code, str(common(place))]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.stdout == "('.', 'objects')\n", done.stderr


def test_a_packed_clone_in_a_worktree_is_healthy(tmp_path: Path) -> None:
    (tmp_path / "main").mkdir()
    place = healthy(tmp_path / "main", shape=ordinary)
    place.git("worktree", "add", "-q", "../linked")
    place.git("gc", "-q", "--prune=now")
    linked = Place(tmp_path / "linked")
    assert codes(linked) == []
    assert codes(linked, deep=True) == []
    store = store_in(linked)
    assert store.survey().shape.worktrees == 1


def test_of_a_hole_in_history_only_the_hole_is_told(tmp_path: Path) -> None:
    """git names the commit, too, whose parent it did not find; that one is sound."""
    place = healthy(tmp_path, writes=4)
    gone = place.git("rev-parse", f"{REF}~2")
    place.loose(Oid(gone)).unlink()
    store = store_in(place)
    history = store.survey(deep=True).history
    store.close()
    assert history is not None
    assert [(each.oid, each.missing) for each in history] == [(gone, True)]
