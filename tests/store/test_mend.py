"""Mending what lies around the issues: what it does, that it does it once, and what it never touches."""

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from git_jit.store import LockTimeout
from git_jit.store.holder import this_process
from git_jit.store.mend import MENDS
from git_jit.store.repository import Quarantined, Repository
from git_jit.validate.clone_rules import check_clone
from tests.store import damage
from tests.store.damage import FAULTS, LOCK, common, healthy, store_in, tip, write
from tests.store.gitrepo import REF, SHAPES, Place, has_reftable

MENDABLE = {
    "left_out": "forget_left_out",
    "anchor_missing": "keep_anchor",
    "index_inconsistent": "rebuild_index",
    "orphaned_keep": "sweep_keeps",
    "orphaned_lock": "remove_orphaned_lock",
    "orphaned_temp": "sweep_temp",
    "reflog_gap": "create_reflog",
    "reflog_missing": "create_reflog",
    "reflog_unprotected": "protect_reflog",
}
"""Codes to the mend that their finding names."""


def mends_of(store: Repository, *, deep: bool = False) -> list[str]:
    found = check_clone(store.survey(deep=deep))
    return [each.fix.local for each in found if each.fix and each.fix.local]


@pytest.mark.parametrize(
    "fault", [fault for fault in FAULTS if fault[1] in MENDABLE], ids=lambda fault: fault[0].__name__
)
def test_what_can_be_mended_is_mended_once(tmp_path: Path, fault: tuple[Callable[[Place], None], str]) -> None:
    place = healthy(tmp_path)
    inflict, code = fault
    inflict(place)
    store = store_in(place)
    before = tip(place)
    assert mends_of(store) == [MENDABLE[code]]
    assert store.mend(MENDABLE[code])
    assert check_clone(store_in(place).survey(deep=True)) == []
    if code != "index_inconsistent":  # making it anew is always something
        assert store_in(place).mend(MENDABLE[code]) is None
    assert tip(place) == before
    write(store, 77)
    assert check_clone(store_in(place).survey()) == []


def test_the_mends_are_those_that_findings_name() -> None:
    assert set(MENDABLE.values()) == set(MENDS)


def test_an_index_that_forgot_is_made_anew(tmp_path: Path) -> None:
    place = healthy(tmp_path)
    damage.forgetful_index(place)
    store = store_in(place)
    assert mends_of(store, deep=True) == ["rebuild_index"]
    assert store.mend("rebuild_index") == "made the index anew"
    assert mends_of(store, deep=True) == []


@pytest.mark.parametrize("shape", [*SHAPES])
@pytest.mark.parametrize("name", [*MENDS])
def test_in_a_healthy_clone_nothing_is_mended(tmp_path: Path, shape: str, name: str) -> None:
    if shape == "reftable" and not has_reftable():
        pytest.skip("this git does not know reftable")
    place = healthy(tmp_path, 1, shape=SHAPES[shape])
    store = store_in(place)
    if name not in {"rebuild_index", "keep_anchor"}:  # these do what they are asked for, needed or not
        assert store.mend(name) is None
    store.mend(name)
    assert check_clone(store_in(place).survey(deep=True)) == []


@pytest.mark.parametrize("name", [*MENDS])
def test_where_there_are_no_issues_there_is_nothing_to_mend(tmp_path: Path, name: str) -> None:
    place = SHAPES["ordinary"](tmp_path)
    done = store_in(place).mend(name)
    assert done is None if name != "protect_reflog" else done == f"told git to keep the reflog of '{REF}'"


# --- never somebody else's ------------------------------------------------------------------------------


def test_a_foreign_lock_is_never_removed(tmp_path: Path) -> None:
    place = healthy(tmp_path)
    damage.foreign_lock(place)
    assert store_in(place).mend("remove_orphaned_lock") is None
    assert (common(place) / LOCK).exists()


def test_a_lock_of_another_machine_is_never_removed(tmp_path: Path) -> None:
    place = healthy(tmp_path)
    damage.orphaned_lock(place)
    record = this_process()._replace(boot="another", host="elsewhere")
    (common(place) / "jit" / "lock").write_bytes(record.encode())
    assert store_in(place).mend("remove_orphaned_lock") is None
    assert (common(place) / LOCK).exists()


@pytest.mark.parametrize("name", ["remove_orphaned_lock", "sweep_temp", "create_reflog", "sweep_keeps"])
def test_mending_waits_for_its_turn_and_gives_up(tmp_path: Path, name: str) -> None:
    place = healthy(tmp_path)
    for inflict in (damage.orphaned_lock, damage.unfinished_object, damage.no_reflog, damage.orphaned_keep):
        inflict(place)
    place.git("config", "jit.timeout.queue", "10ms")
    before = sorted(path for path in common(place).rglob("*"))
    with (common(place) / "jit" / "lock").open() as queue:
        fcntl.flock(queue, fcntl.LOCK_EX)
        with pytest.raises(LockTimeout):
            store_in(place).mend(name)
    assert sorted(path for path in common(place).rglob("*")) == before


def test_sweeping_leaves_what_may_be_alive_and_what_is_evidence(tmp_path: Path) -> None:
    place = healthy(tmp_path)
    objects = Path(place.layout.objects_dir)
    stays = [objects / "tmp_object_git2_abcdef", objects / "pack" / "tmp_pack_new", objects / "tmp_obj_damaged_1"]
    for path in stays:
        path.write_bytes(b"data")
    os.utime(stays[2], (damage.LONG_AGO, damage.LONG_AGO))
    damage.unfinished_object(place)
    damage.old_unfinished_object(place)
    inside = objects / "17" / "tmp_obj_abcdef"
    inside.parent.mkdir(exist_ok=True)
    inside.write_bytes(b"old")
    os.utime(inside, (damage.LONG_AGO, damage.LONG_AGO))
    assert store_in(place).mend("sweep_temp") == "removed 3 unfinished files of 18 bytes"
    assert all(path.exists() for path in stays)
    assert not inside.exists()


def test_nothing_is_mended_while_git_receives_a_push(tmp_path: Path) -> None:
    place = healthy(tmp_path)
    damage.no_reflog(place)
    inside = Place(place.cwd, {**place.env, "GIT_QUARANTINE_PATH": str(tmp_path)})
    with pytest.raises(Quarantined):
        store_in(inside).mend("create_reflog")


# --- the reflog -----------------------------------------------------------------------------------------


def test_a_gap_is_noted_and_the_log_stays_readable(tmp_path: Path) -> None:
    place = healthy(tmp_path)
    log = common(place) / "logs" / REF
    log.write_text(log.read_text().rpartition("\n")[0][:-30])  # a crash tore the last line
    torn = store_in(place)
    assert torn.mend("create_reflog") is None  # torn, but it names the commit: the next write cuts it off
    damage.reflog_elsewhere(place)
    store = store_in(place)
    assert store.mend("create_reflog") == f"noted in the reflog of '{REF}' that it stands at '{tip(place)[:10]}'"
    entries = store.backend.reflog(REF)
    assert (entries[-1].new, entries[-1].old, entries[-1].message) == (
        tip(place),
        entries[-2].new,
        "jit: the reference moved here without a trace",
    )
    assert place.git("rev-parse", f"{REF}@{{0}}") == tip(place)
    assert place.git("rev-parse", f"{REF}@{{1}}") == entries[-2].new


def test_a_reference_of_another_name_is_protected_by_name(tmp_path: Path) -> None:
    place = SHAPES["ordinary"](tmp_path)
    place.git("config", "jit.ref", "refs/heads/jit/issues")
    place = healthy(tmp_path, shape=lambda _: place)
    store = store_in(place)
    assert [each.code for each in check_clone(store.survey())] == ["reflog_unprotected"]
    assert store.mend("protect_reflog") == "told git to keep the reflog of 'refs/heads/jit/issues'"
    assert check_clone(store_in(place).survey()) == []
    assert store_in(place).mend("protect_reflog") is None
