"""Recovery of real repositories: each way to lose or damage the reference, and what comes back."""

from collections.abc import Callable
from pathlib import Path

import pytest

from git_jit.errors import JitError
from git_jit.model import IssueId, Oid
from git_jit.ops import recovery
from git_jit.ops.recovery import AmbiguousRecovery, CandidateNotFound, FarBack, FewerIssues, NothingToRecover
from git_jit.rescue import Closure, Trouble
from git_jit.store import NotInitialised, RefMissing, issue_path
from git_jit.store.backends import BackendName
from git_jit.store.repository import Repository
from git_jit.view import Plan
from tests.ops.world import World
from tests.store.gitrepo import FOREIGN, REF, SHAPES, Place, has_reftable, ordinary
from tests.store.making import issue, message
from tests.store.trackers import A, by_hand, opened, put, started, title

B = IssueId("b" * 32)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return ordinary(tmp_path)


def two_writes(place: Place, backend: BackendName = "auto") -> tuple[Repository, Oid, Oid]:
    store = started(place, backend)
    return store, put(store, "one"), put(store, "two", 2)


def path(place: Place, name: str = REF) -> Path:
    return Path(place.layout.common_dir, name)


def forget(place: Place, *, reflog: bool = True) -> None:
    """Take away the easy ways: the high-water mark and the reflog."""
    path(place, "jit/high-water").unlink()
    if reflog:
        path(place, f"logs/{REF}").unlink(missing_ok=True)


def recovered(place: Place, name: str | None = None) -> recovery.Recovery:
    return recovery.apply(opened(place), name)


# --- the reference ---


def test_when_nothing_is_wrong_nothing_is_done(place: Place) -> None:
    _, _, tip = two_writes(place)
    found = recovered(place)
    assert (found.situation.trouble, found.chosen, found.outcome) == (Trouble.NONE, None, None)
    assert recovery.look(opened(place)).situation.candidates == ()
    assert opened(place).tip() == tip


def test_where_nothing_ever_was_there_is_nothing_to_recover(place: Place) -> None:
    for ask in (recovery.look, lambda store: recovery.apply(store, None)):
        with pytest.raises(NotInitialised):
            ask(opened(place))


@pytest.mark.parametrize("shape", ["ordinary", "bare", "worktree", *FOREIGN])
def test_r6_a_deleted_reference_comes_back_in_every_shape(tmp_path: Path, shape: str) -> None:
    if shape == "reftable" and not has_reftable():
        pytest.skip("this git knows no reftable")
    place = SHAPES[shape](tmp_path)
    _, _, tip = two_writes(place)
    place.git("update-ref", "-d", REF)
    with pytest.raises(RefMissing):
        opened(place).view()
    found = recovered(place)
    assert found.situation.trouble is Trouble.MISSING
    assert opened(place).tip() == tip
    assert title(opened(place)) == "two"
    (entry,) = opened(place).backend.reflog(REF)
    assert (entry.old, entry.new, entry.message.partition(":")[0]) == (None, tip, "recover")
    put(opened(place), "three", 3)


DAMAGE: dict[str, Callable[[Path], object]] = {
    "empty": lambda file: file.write_bytes(b""),
    "a line break": lambda file: file.write_bytes(b"\n"),
    "garbage": lambda file: file.write_bytes(b"dead\n"),
    "41 NULs": lambda file: file.write_bytes(b"\0" * 41),
    "nothing there": lambda file: file.write_text("1" * 40 + "\n"),
    "names itself": lambda file: file.write_text(f"ref: {REF}\n"),
    "names nothing": lambda file: file.write_text("ref: refs/heads/none\n"),
    "a link to itself": lambda file: file.symlink_to(file),
    "an empty directory": lambda file: file.mkdir(),
    "a directory": lambda file: (file / "x" / "y").mkdir(parents=True),
    "a directory with a file": lambda file: (make_directory(file) / "x").write_text("stray"),
}


def make_directory(path: Path) -> Path:
    path.mkdir()
    return path


@pytest.mark.parametrize("harm", DAMAGE)
@pytest.mark.parametrize("backend", ["files", "plumbing"])
def test_r5_a_damaged_reference_is_replaced(place: Place, harm: str, backend: BackendName) -> None:
    _, _, tip = two_writes(place)
    path(place).unlink()
    DAMAGE[harm](path(place))
    found = recovery.apply(opened(place, backend), None)
    assert found.situation.trouble is not Trouble.NONE
    assert found.outcome is not None
    assert found.outcome.commit == tip
    assert path(place).read_text() == f"{tip}\n"
    assert title(opened(place)) == "two"
    place.git("fsck", "--strict")
    assert recovery.look(opened(place)).situation.trouble is Trouble.NONE


def test_r5_what_lay_in_the_place_of_the_reference_is_kept(place: Place) -> None:
    _, _, tip = two_writes(place)
    path(place).write_text("garbage\n")
    found = recovered(place)
    assert found.outcome is not None
    (aside,) = found.outcome.set_aside
    assert Path(aside).read_text() == "garbage\n"
    assert Path(aside).parent == path(place, "jit/quarantine")
    assert opened(place).tip() == tip


def test_r9_references_below_the_name_are_kept(place: Place) -> None:
    two_writes(place)
    for name in (REF, f"logs/{REF}"):
        path(place, name).unlink()
    place.git("update-ref", f"{REF}/below", "HEAD")
    recovered(place)
    assert place.git("rev-parse", f"refs/jit/lost/{place.git('rev-parse', 'HEAD')}") == place.git("rev-parse", "HEAD")
    assert title(opened(place)) == "two"


def test_r7_a_reference_that_was_moved_back_comes_forward_again(place: Place) -> None:
    _, first, tip = two_writes(place)
    place.git("update-ref", REF, first)
    found = recovered(place)
    assert (found.situation.trouble, found.situation.present) == (Trouble.REWOUND, first)
    assert found.outcome is not None
    assert (found.outcome.commit, found.outcome.kept) == (tip, ()), "what it named lies behind what it names"
    put(opened(place), "three", 3)


def test_r7_of_two_histories_none_is_chosen_silently(place: Place) -> None:
    _, first, tip = two_writes(place)
    place.git("update-ref", REF, first)
    other = by_hand(place)
    for ask in (recovery.look, lambda store: recovery.apply(store, None)):
        with pytest.raises(AmbiguousRecovery) as refused:
            ask(opened(place))
        named = {one["commit"] for one in refused.value.details["candidates"]}  # type: ignore[attr-defined]
        assert named == {tip, other}
    assert opened(place).tip() == other
    found = recovered(place, tip[:12])
    assert found.outcome is not None
    assert found.outcome.kept == (f"refs/jit/lost/{other}",)
    assert opened(place).tip() == tip
    assert recovery.look(opened(place)).situation.trouble is Trouble.NONE


def test_r7_the_present_can_be_accepted_and_what_was_published_is_kept(place: Place) -> None:
    _, first, tip = two_writes(place)
    place.git("update-ref", REF, first)
    found = recovery.accept_present(opened(place))
    assert found.outcome is not None
    assert found.outcome.kept == (f"refs/jit/lost/{tip}",)
    third = put(opened(place), "another two", 3)
    place.git("gc", "-q", "--prune=now")
    assert place.git("cat-file", "-t", tip) == "commit"
    path(place).unlink(missing_ok=True)
    place.git("pack-refs", "--all")
    place.git("update-ref", "-d", REF)
    recovered(place)
    assert opened(place).tip() == third, "what was taken out on purpose does not come back by itself"


def test_a_dry_run_changes_no_file(place: Place) -> None:
    two_writes(place)
    place.git("update-ref", "-d", REF)
    before = every_file(place)
    found = recovery.apply(opened(place), None, dry_run=True)
    assert found.chosen is not None
    assert found.outcome is None
    recovery.look(opened(place), search=True)
    assert every_file(place) == before


def every_file(place: Place) -> dict[str, bytes]:
    top = Path(place.layout.common_dir)
    return {str(file): file.read_bytes() for file in sorted(top.rglob("*")) if file.is_file()}


def test_l2_a_wiped_reflog_is_no_hindrance(place: Place) -> None:
    _, _, tip = two_writes(place)
    place.git("reflog", "expire", "--expire=now", "--all")
    path(place, f"logs/{REF}").write_text("")
    place.git("update-ref", "-d", REF)
    forget(place)
    assert recovered(place).chosen is not None
    assert opened(place).tip() == tip


def test_l3_an_entry_of_a_write_that_did_not_happen_is_no_witness(place: Place) -> None:
    store, first, tip = two_writes(place)
    phantom = place.git("commit-tree", f"{first}^{{tree}}", "-p", first, "-m", "never published")
    log = path(place, f"logs/{REF}")
    lines = log.read_text().splitlines(keepends=True)
    log.write_text("".join([*lines[:-1], f"{first} {phantom} Ada <a@b> 1795264708 +0000\tjit: never\n", lines[-1]]))
    path(place).unlink()
    path(place, "jit/high-water").unlink()
    assert [entry.new for entry in store.backend.reflog(REF)][-2:] == [phantom, tip]
    assert recovered(place).chosen is not None
    assert opened(place).tip() == tip


def test_l3_a_torn_line_hides_none_of_the_others(place: Place) -> None:
    _, _, tip = two_writes(place)
    log = path(place, f"logs/{REF}")
    log.write_text(log.read_text() + f"{tip} 123")
    path(place).unlink()
    path(place, "jit/high-water").unlink()
    found = recovered(place)
    assert found.chosen is not None
    assert found.chosen.sources == ("reflog @{0}",)


def test_what_lost_a_race_is_no_rival(place: Place) -> None:
    """Its request got through in another commit; nothing else tells it from history that is looked for."""
    _, first, tip = two_writes(place)
    place.env["GIT_COMMITTER_DATE"] = "2026-11-20T09:00:00Z"
    place.git("commit-tree", f"{first}^{{tree}}", "-p", f"{first}~1", "-m", "x\n\nJit-Op: x\nJit-Request: request-2")
    place.git("update-ref", "-d", REF)
    forget(place)
    found = recovered(place)
    assert opened(place).tip() == tip
    assert tip in [one.oid for one in found.situation.candidates]
    assert all(one.beyond_best == 0 for one in found.situation.candidates)


def test_what_nobody_recorded_is_a_rival_of_what_nobody_recorded(place: Place) -> None:
    _, first, tip = two_writes(place)
    other = place.git("commit-tree", f"{first}^{{tree}}", "-p", first, "-m", "x\n\nJit-Op: x\nJit-Request: other")
    place.git("update-ref", "-d", REF)
    forget(place)
    with pytest.raises(AmbiguousRecovery) as refused:
        recovered(place)
    named = {one["commit"] for one in refused.value.details["candidates"]}  # type: ignore[attr-defined]
    assert named == {tip, other}


def test_what_nobody_recorded_is_no_rival_of_what_was_published(place: Place) -> None:
    _, first, tip = two_writes(place)
    place.git("commit-tree", f"{first}^{{tree}}", "-p", first, "-m", "x\n\nJit-Op: x\nJit-Request: other")
    place.git("update-ref", "-d", REF)
    recovered(place)
    assert opened(place).tip() == tip


def test_the_remotes_copy_is_a_source(place: Place) -> None:
    _, first, _ = two_writes(place)
    place.git("update-ref", "refs/remotes/origin/jit/issues", first)
    for name in (REF, "refs/jit/backup/anchor-0"):
        place.git("update-ref", "-d", name)
    forget(place)
    place.git("reflog", "expire", "--expire=now", "--all")
    place.git("gc", "-q", "--prune=now")
    found = recovered(place)
    assert found.chosen is not None
    assert found.chosen.sources == ("refs/remotes/origin/jit/issues",)
    assert opened(place).tip() == first


def test_when_everything_is_gone_it_is_said(place: Place) -> None:
    two_writes(place)
    for name in (REF, "refs/jit/backup/anchor-0"):
        place.git("update-ref", "-d", name)
    forget(place)
    place.git("gc", "-q", "--prune=now")
    with pytest.raises((NothingToRecover, RefMissing)):
        recovered(place)


def test_a_name_that_fits_no_candidate(place: Place) -> None:
    two_writes(place)
    for name in ("1234567", "", "refs/jit/backup/none"):
        with pytest.raises(CandidateNotFound):
            recovered(place, name)


def test_never_fewer_issues_than_can_be_read_now(place: Place) -> None:
    store, first, _ = two_writes(place)
    store.commit(Plan(issues={B: issue(id=B)}), base=store.tip(), message=message(second=3))
    with pytest.raises(FewerIssues) as refused:
        recovered(place, "refs/jit/backup/anchor-0")
    assert refused.value.details["present"] == 2
    with pytest.raises(CandidateNotFound):
        recovered(place, first)  # it lies behind the others, and no record names it apart


def test_a_change_in_between_is_noticed(place: Place) -> None:
    store, first, tip = two_writes(place)
    place.git("update-ref", REF, first)
    rescue = store.rescue()
    situation = rescue.look()
    by_hand(place)
    with pytest.raises(JitError, match="has moved since it was looked at"):
        rescue.apply(situation.candidates[0], situation)
    assert situation.candidates[0].oid == tip


# --- objects ---


def blob_of(place: Place, rev: str = REF) -> Oid:
    return Oid(place.git("rev-parse", f"{rev}:{issue_path(A)}"))


def spoil(file: Path, data: bytes) -> None:
    file.chmod(0o644)
    file.write_bytes(data)


@pytest.mark.parametrize("kind", ["blob", "tree", "subtree", "commit"])
@pytest.mark.parametrize("data", [None, b"", b"x\x01garbage"], ids=["missing", "empty", "garbage"])
def test_s2_a_broken_tip_falls_back_to_the_nearest_whole_commit(place: Place, kind: str, data: bytes | None) -> None:
    """What a power cut leaves of the last commit, without durability."""
    store, first, tip = two_writes(place)
    store.close()
    what = {"blob": blob_of(place), "tree": f"{tip}^{{tree}}", "subtree": f"{tip}:issues", "commit": tip}[kind]
    file = place.loose(Oid(place.git("rev-parse", what)))
    file.unlink() if data is None else spoil(file, data)
    found = recovered(place)
    assert found.situation.trouble is Trouble.BROKEN
    assert opened(place).tip() == first
    assert title(opened(place)) == "one"
    if kind != "commit":
        assert found.outcome is not None
        assert found.outcome.kept == (f"refs/jit/lost/{tip}",)
    put(opened(place), "two once more", 2)
    assert title(opened(place)) == "two once more"


def test_s2_after_an_emptied_commit_git_can_tidy_up_again(place: Place) -> None:
    """A reference to a file that nobody can read, or the file itself, would stop every 'git gc'."""
    store, first, tip = two_writes(place)
    store.close()
    spoil(place.loose(tip), b"")
    found = recovered(place)
    assert found.outcome is not None
    assert found.outcome.kept == ()
    quarantined = path(place, f"jit/quarantine/objects-{tip[:2]}-{tip[2:]}")
    assert found.outcome.set_aside == (str(quarantined),)
    assert quarantined.read_bytes() == b""
    place.git("gc", "-q", "--prune=now")
    assert opened(place).tip() == first


def test_s3_a_damaged_file_gives_way_to_the_copy_in_a_bundle(place: Place) -> None:
    store, _, tip = two_writes(place)
    recovery.write_bundle(store, World().caller(), None)
    store.close()
    blob = blob_of(place)
    spoil(place.loose(blob), b"")
    found = recovered(place)
    assert found.outcome is not None
    assert (found.outcome.commit, found.outcome.restored) == (tip, (blob,))
    assert len(found.outcome.set_aside) == 1
    assert (opened(place).tip(), title(opened(place))) == (tip, "two")
    place.git("fsck", "--strict")


def test_s4_a_flipped_bit_in_a_pack_is_mended_from_a_bundle(place: Place) -> None:
    store, _, tip = two_writes(place)
    recovery.write_bundle(store, World().caller(), None)
    store.close()
    blob = blob_of(place)
    place.git("repack", "-adq")
    (pack,) = Path(place.layout.objects_dir, "pack").glob("*.pack")
    shown = place.git("verify-pack", "-v", str(pack.with_suffix(".idx"))).splitlines()
    offset = int(next(line for line in shown if line.startswith(blob)).split()[4])
    data = bytearray(pack.read_bytes())
    data[offset + 20] ^= 0x10
    spoil(pack, bytes(data))
    assert recovery.look(opened(place)).situation.trouble is Trouble.BROKEN
    found = recovered(place)
    assert found.outcome is not None
    assert found.outcome.restored == (blob,)
    assert (opened(place).tip(), title(opened(place))) == (tip, "two")


def test_damage_of_former_times_is_no_reason_to_go_back(place: Place) -> None:
    store, first, tip = two_writes(place)
    store.close()
    place.loose(blob_of(place, first)).unlink()
    found = recovery.look(opened(place), search=True)
    assert found.situation.trouble is Trouble.HISTORY
    assert found.situation.candidates[0].oid == tip
    assert found.situation.candidates[0].closure is Closure.TIP
    assert recovered(place, tip[:10]).chosen is not None
    assert opened(place).tip() == tip


@pytest.mark.parametrize("data", [None, b""], ids=["missing", "empty"])
def test_s3_old_damage_costs_one_version_of_one_issue_and_not_the_work_since(place: Place, data: bytes | None) -> None:
    store, first, _ = two_writes(place)
    blob = blob_of(place)
    for number in range(3, 20):
        other = issue(id=B, title=str(number))
        tip = store.commit(Plan(issues={B: other}), base=store.tip(), message=message(second=number))
    store.close()
    place.loose(blob).unlink() if data is None else spoil(place.loose(blob), data)
    for ask in (recovery.look, lambda store: recovery.apply(store, None)):
        with pytest.raises(FarBack) as refused:
            ask(opened(place))
        assert refused.value.details == {"commit": first, "behind": 18}
    assert opened(place).tip() == tip
    recovery.recover_issue(opened(place), World().caller(), A, None)
    assert title(opened(place)) == "one"
    with opened(place).view() as view:
        kept = view.issue(B)
    assert kept is not None
    assert kept.title == "19"
    left = Trouble.HISTORY if data is None else Trouble.NONE  # a damaged file of former times shows when it is read
    assert recovery.look(opened(place)).situation.trouble is left


# --- bundles ---


def test_a_bundle_brings_everything_back_after_gc(place: Place) -> None:
    store, _, tip = two_writes(place)
    made = recovery.write_bundle(store, World().caller(), str(place.cwd / "issues.bundle"))
    assert made.tip == tip
    for name in (REF, "refs/jit/backup/anchor-0"):
        place.git("update-ref", "-d", name)
    forget(place)
    place.git("gc", "-q", "--prune=now")
    before = every_file(place)
    found = recovery.look(opened(place), path=made.path)
    assert every_file(place) == before, "looking into a bundle writes nothing"
    assert found.chosen is not None
    assert found.chosen.sources == (f"bundle {made.path}",)
    recovery.apply(opened(place), None, path=made.path)
    assert (opened(place).tip(), title(opened(place))) == (tip, "two")
    place.git("fsck", "--strict")


def test_recovery_after_a_kill_at_the_worst_moment_can_be_repeated(place: Place) -> None:
    """The damaged file is out of the way, and the reference is not yet written."""
    _, _, tip = two_writes(place)
    path(place).write_text("garbage\n")
    quarantine = path(place, "jit/quarantine")
    quarantine.mkdir()
    path(place).rename(quarantine / "refs-jit-issues")
    assert recovered(place).chosen is not None
    assert opened(place).tip() == tip
