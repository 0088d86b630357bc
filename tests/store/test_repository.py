"""The tracker in real repositories: the first time, every shape, and every way a write can end."""

import errno
import os
import subprocess
import sys
from collections.abc import Container
from pathlib import Path

import pytest

from git_jit.config import Config
from git_jit.errors import JitError, OutcomeUnknown
from git_jit.model import IssueId, Oid
from git_jit.store import (
    CorruptObject,
    FormatUnsupported,
    NoIdentity,
    NoRepository,
    NotInitialised,
    RefConflict,
    RefCorrupt,
    RefLocked,
    RefMissing,
    UnusableSetting,
    WriteFailed,
    issue_path,
)
from git_jit.store.backend import Durability
from git_jit.store.backends import BackendName
from git_jit.store.beginning import AlreadyInitialised
from git_jit.store.plumbing import NotTrusted
from git_jit.store.repository import Quarantined, Repository
from git_jit.view import Plan
from tests.store.gitrepo import FOREIGN, PLAIN, REF, SHAPES, Place, git, has_reftable
from tests.store.making import issue, message
from tests.store.trackers import A, by_hand, odd, opened, packs, put, raising, started, title

LOOK = "'git jit recover --list' shows what can be brought back"


# --- every shape of repository ---


@pytest.mark.parametrize("shape", [*PLAIN, *FOREIGN])
def test_a_life_in_every_shape(tmp_path: Path, shape: str) -> None:
    if shape == "reftable" and not has_reftable():
        pytest.skip("this git knows no reftable")
    place = SHAPES[shape](tmp_path)
    status = place.git("status", "--porcelain=v2", "--branch") if not place.layout.bare else ""
    store = started(place)
    assert store.backend.name == ("plumbing" if shape in FOREIGN else "files")
    first, second = put(store, "one"), put(store, "two", 2)
    assert title(opened(place)) == "two"
    assert [entry.new for entry in store.backend.reflog(REF)][1:] == [first, second]
    assert place.git("rev-parse", f"{REF}@{{1}}") == first
    assert place.git("config", "gc.refs/jit/*.reflogExpireUnreachable") == "never"
    if shape != "partial":
        place.git("fsck", "--strict")
    if not place.layout.bare:
        assert place.git("status", "--porcelain=v2", "--branch") == status, "index, HEAD and files are not ours"
    store.close()


def test_worktrees_share_one_tracker(tmp_path: Path) -> None:
    place = SHAPES["worktree"](tmp_path)
    put(started(place), "from the linked one")
    assert title(opened(Place(tmp_path / "main"))) == "from the linked one"
    shared = {path.name for path in (tmp_path / "main" / ".git" / "jit").iterdir()}
    assert shared >= {"config", "index.sqlite", "lock"}


def test_outside_of_a_repository(outside: Path) -> None:
    with pytest.raises(NoRepository):
        Repository.open(str(outside), os.environ)


@pytest.mark.parametrize("backend", ["files", "libgit2"])
def test_a_back_end_that_cannot_open_it_says_so(tmp_path: Path, backend: BackendName) -> None:
    with pytest.raises(FormatUnsupported):
        opened(SHAPES["sha256"](tmp_path), backend)


@pytest.mark.parametrize(
    ("shape", "loaded", "name"),
    [
        ("ordinary", (), "files"),
        ("ordinary", {"pygit2"}, "libgit2"),
        ("sha256", (), "plumbing"),
        ("sha256", {"pygit2"}, "plumbing"),
    ],
)
def test_auto_takes_libgit2_only_where_it_is_loaded(
    tmp_path: Path, shape: str, loaded: Container[str], name: str
) -> None:
    assert opened(SHAPES[shape](tmp_path), loaded=loaded).backend.name == name


def test_what_is_loaded_is_asked_of_python(place: Place) -> None:
    import pygit2  # noqa: F401

    assert Repository.open(str(place.cwd), place.environ).backend.name == "libgit2"


def test_a_bare_repository_that_git_trusts_is_opened_like_any_other(tmp_path: Path) -> None:
    below = SHAPES["bare"](tmp_path).cwd / "refs"
    store = started(Place(below))
    assert (store.backend.name, store.layout.trusted) == ("files", True)
    put(store, "met by walking up")
    git(tmp_path, "config", "--global", "safe.bareRepository", "explicit")
    with pytest.raises(NotTrusted):
        opened(Place(below))


def test_a_foreign_owner_is_left_to_git(place: Place) -> None:
    place.env["GIT_TEST_ASSUME_DIFFERENT_OWNER"] = "1"
    with pytest.raises(NotTrusted):
        opened(place)
    place.git("config", "--global", "safe.directory", str(place.cwd))
    assert opened(place).backend.name == "plumbing"


# --- the first time ---


def test_init_makes_one_commit_that_explains_itself(place: Place) -> None:
    store = started(place)
    assert place.git("ls-tree", "-r", "--name-only", REF).split() == [".gitattributes", "README.md", "config.json"]
    assert (
        place.git("log", "--format=%s|%an|%ae|%(trailers:key=Jit-Op,valueonly)", REF)
        == "init|Ada Lovelace|ada@example.org|create"
    )
    (entry,) = store.backend.reflog(REF)
    assert (entry.old, entry.new, entry.message) == (None, store.tip(), "jit: init")
    with store.view() as view:
        assert (view.base, list(view.ids()), view.config) == (store.tip(), [], Config())


def test_nothing_here_yet(place: Place) -> None:
    store = opened(place)
    for ask in (store.view, lambda: list(store.history()), lambda: store.commit(Plan(), base=None, message=message())):
        with pytest.raises(NotInitialised, match="there are no issues in this repository yet") as caught:
            ask()
        assert (
            caught.value.hint
            == "begin with 'git jit init'; where others have published theirs, 'git jit pull' fetches them"
        )
    assert not Path(place.layout.common_dir, REF).exists()


@pytest.mark.parametrize(
    "ref", ["refs/remotes/origin/jit/issues", "refs/jit/backup/2026-11-21", "refs/heads/jit/issues"]
)
def test_signs_of_issues_are_never_taken_for_an_empty_tracker(place: Place, ref: str) -> None:
    place.git("update-ref", ref, "HEAD")
    store = opened(place)
    with pytest.raises(RefMissing, match=f"'{REF}' is missing, but '{ref}' shows that there are issues") as missing:
        store.view()
    assert missing.value.hint == LOOK
    with pytest.raises(AlreadyInitialised, match=f"there are issues here already: '{ref}'"):
        store.init(Config(), message())


def test_a_deleted_reference_is_missing_and_not_new(place: Place) -> None:
    started(place)
    place.git("update-ref", "-d", REF)
    store = opened(place)
    with pytest.raises(RefMissing) as missing:
        store.view()
    assert missing.value.hint == LOOK
    with pytest.raises(AlreadyInitialised):
        store.init(Config(), message())


def forget_all_but_the_reflog(place: Place) -> None:
    common = Path(place.layout.common_dir)
    place.git("update-ref", "-d", "refs/jit/backup/anchor-0")
    for path in (REF, "jit/config", "jit/high-water"):
        (common / path).unlink()


def test_the_reflog_tells_where_a_lost_reference_was(place: Place) -> None:
    store = started(place)
    tip = put(store, "one")
    forget_all_but_the_reflog(place)
    with pytest.raises(RefMissing, match=r"@\{0\}' shows that there are issues"):
        store.view()
    with pytest.raises(AlreadyInitialised):
        store.init(Config(), message())
    place.git("update-ref", REF, tip, "")
    assert store.tip() == tip


def test_an_init_that_was_killed_after_its_log_entry_can_be_repeated(place: Place) -> None:
    store = started(place)
    forget_all_but_the_reflog(place)
    with pytest.raises(NotInitialised):
        store.view()
    store.init(Config(), message())


def test_what_a_damaged_reference_held_last_is_told(place: Place) -> None:
    tip = started(place).tip()
    path = Path(place.layout.common_dir, REF)
    path.write_text("garbage\n")
    with pytest.raises(RefCorrupt) as corrupt:
        opened(place).view()
    assert (corrupt.value.hint, corrupt.value.details["last"]) == (LOOK, tip)


def test_a_damaged_reference_is_damaged_and_not_new(place: Place) -> None:
    store = started(place)
    Path(place.layout.common_dir, REF).write_text("")
    with pytest.raises(RefCorrupt):
        store.view()
    with pytest.raises(RefCorrupt):
        store.init(Config(), message())


def test_init_again_changes_nothing(place: Place) -> None:
    store = started(place)
    tip = store.tip()
    with pytest.raises(AlreadyInitialised, match=REF):
        opened(place).init(Config(stale_days=3), message())
    assert store.tip() == tip


def test_of_many_first_times_one_is_first(place: Place) -> None:
    code = (
        "import os, sys; from git_jit.store.repository import Repository; from git_jit.config import Config;"
        "from tests.store.making import message; store = Repository.open(sys.argv[1], os.environ); print('ready', flush=True);"
        "sys.stdin.readline(); print(store.init(Config(), message()))"
    )
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(place.cwd)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
        )
        for _ in range(3)
    ]  # fmt: skip
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    said = [racer.communicate("go\n") for racer in racers]
    assert sorted(racer.returncode for racer in racers) == [0, 1, 1]
    assert sum("AlreadyInitialised" in err for _, err in said) == 2
    assert [out.strip() for out, _ in said if out.strip()] == [opened(place).tip()]


def test_nobody_commits_without_a_name(place: Place) -> None:
    place.git("config", "user.useConfigOnly", "true")
    environ = {**place.environ, "HOME": "/nonexistent", "XDG_CONFIG_HOME": "/nonexistent"}
    store = Repository.open(str(place.cwd), environ)
    with pytest.raises(NoIdentity):
        store.init(Config(), message())
    assert store.backend.ref(REF) is None


# --- settings ---


def test_the_reference_is_a_setting(place: Place) -> None:
    place.git("config", "jit.ref", "refs/jit/mine")
    put(started(place), "elsewhere")
    assert place.git("for-each-ref", "--format=%(refname)", "refs/jit").split() == [
        "refs/jit/backup/anchor-0",
        "refs/jit/mine",
    ]
    place.git("config", "jit.ref", "mine")
    with pytest.raises(UnusableSetting):
        opened(place)


def test_durability_is_a_setting_and_an_argument(place: Place) -> None:
    place.git("config", "jit.durability", "fast")
    assert opened(place)._chosen.durability is Durability.FAST
    given = Repository.open(str(place.cwd), place.environ, durability=Durability.FULL)
    assert given._chosen.durability is Durability.FULL


def test_nothing_is_written_while_a_push_is_on_trial(place: Place) -> None:
    store = started(place)
    place.env["GIT_QUARANTINE_PATH"] = "/somewhere"
    with pytest.raises(Quarantined):
        put(opened(place), "x")
    with pytest.raises(Quarantined):
        opened(place).init(Config(), message())
    assert [commit.subject for commit in store.history()] == ["init"]


# --- how a write ends ---


def test_an_error_before_the_reference_moved_is_a_no(place: Place) -> None:
    store = started(place)
    tip = store.tip()
    for error in (WriteFailed("x"), RefLocked("x"), KeyboardInterrupt()):
        odd(store, before_swap=raising(error))
        with pytest.raises(type(error)):
            put(store, "never")
        store = opened(place)
        assert store.tip() == tip
    assert put(store, "later") == store.tip()


@pytest.mark.parametrize("error", [RefConflict("x"), RefLocked("x"), RuntimeError("x")])
def test_an_error_after_it_moved_is_a_yes(place: Place, error: Exception) -> None:
    store = started(place)
    odd(store, after_swap=raising(error))
    assert put(store, "published") == opened(place).tip()
    assert title(opened(place)) == "published"


def test_a_disk_error_after_it_moved_is_neither(place: Place) -> None:
    store = started(place)
    odd(store, after_swap=raising(WriteFailed("cannot sync")))
    with pytest.raises(OutcomeUnknown, match="the change is published, but may not survive") as caught:
        put(store, "published")
    assert caught.value.details == {"request": "request-1", "commit": opened(place).tip()}


def test_an_interrupt_after_it_moved_stops_the_program_all_the_same(place: Place) -> None:
    store = started(place)
    odd(store, after_swap=raising(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        put(store, "published")
    assert title(opened(place)) == "published"


def test_another_attempt_of_the_same_request_counts(place: Place) -> None:
    store = started(place)
    other: list[Oid] = []
    odd(store, before_swap=lambda: other.append(by_hand(place, "Jit-Request: request-1")))
    assert put(store, "ours") == other[0]


def test_a_reference_that_cannot_be_read_afterwards_leaves_the_question_open(place: Place) -> None:
    store = started(place)

    def damage() -> None:
        Path(place.layout.common_dir, REF).write_text("x")
        raise WriteFailed("x")

    odd(store, after_swap=damage)
    with pytest.raises(OutcomeUnknown, match="cannot tell whether the change was published") as caught:
        put(store, "perhaps")
    assert caught.value.details["request"] == "request-1"


@pytest.mark.parametrize("backend", ["files", "libgit2", "plumbing"])
def test_a_foreign_commit_in_between_is_a_conflict_and_stays(place: Place, backend: BackendName) -> None:
    store = started(place, backend)
    odd(store, before_swap=lambda: by_hand(place) and None)
    with pytest.raises(RefConflict):
        put(store, "ours")
    store = opened(place, backend)
    assert [commit.subject for commit in store.history()] == ["by hand", "init"]
    put(store, "ours")
    assert [commit.subject for commit in store.history()] == ["create: one", "by hand", "init"]


def test_what_was_not_written_is_not_published(place: Place) -> None:
    """libgit2 reported success on a full disk and wrote nothing (storage.md, section 0)."""
    store = started(place)
    tip = store.tip()
    odd(store, forgets=True)
    with pytest.raises(CorruptObject, match="cannot be read back after it was written"):
        put(store, "lost")
    assert opened(place).tip() == tip


# --- beside a gc ---


def gc_begins(place: Place) -> None:
    Path(place.layout.common_dir, "gc.pid").write_text(f"{os.getpid()} {os.uname().nodename}")


@pytest.mark.parametrize("backend", ["files", "libgit2", "plumbing"])
def test_beside_a_dangerous_gc_objects_go_into_a_pack_that_is_kept_until_it_is_safe(
    place: Place, backend: BackendName
) -> None:
    store = started(place, backend)
    gc_begins(place)
    kept: list[list[str]] = []
    odd(store, after_swap=lambda: kept.append(packs(place)))
    made = put(store, "safe")
    assert kept[0].count(".keep") == 1
    assert packs(place).count(".keep") == 0
    assert not (Path(place.layout.objects_dir) / made[:2] / made[2:]).exists(), "nothing loose that prune could take"
    place.git("fsck", "--strict")


@pytest.mark.parametrize("moment", ["before_swap", "after_swap"])
def test_a_gc_that_begins_meanwhile_finds_a_kept_pack(place: Place, moment: str) -> None:
    store = started(place)
    spy = odd(store, **{moment: lambda: gc_begins(place)})
    put(store, "safe")
    assert spy.packs == 1
    assert packs(place).count(".pack") == 1


def test_what_a_gc_took_meanwhile_is_written_again(place: Place) -> None:
    """It began after the first look and was over before the last: only the missing object tells."""
    store = started(place)
    blobs: list[Path] = []

    def prune() -> None:
        names = place.git("ls-tree", "-r", REF, issue_path(A)).split()
        blobs.append(place.loose(Oid(names[2])))
        blobs[0].unlink()

    odd(store, after_swap=prune)
    put(store, "taken and restored")
    assert not blobs[0].exists()
    assert title(opened(place)) == "taken and restored"
    place.git("fsck", "--strict")


def test_bulk_is_one_pack_and_nothing_loose(place: Place) -> None:
    store = started(place)
    place.git("gc", "-q")
    many = {IssueId(f"{n:032x}"): issue(id=IssueId(f"{n:032x}")) for n in range(60)}
    store.commit(Plan(issues=many), base=store.tip(), message=message())
    assert place.git("count-objects", "-v").splitlines()[0] == "count: 0"
    assert packs(place).count(".keep") == 0


# --- errors of the disk, through the whole ---


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EROFS])
def test_no_error_of_the_disk_is_a_traceback(place: Place, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    store = started(place, "files")
    tip = store.tip()

    def fail(*_: object) -> int:
        raise OSError(code, os.strerror(code))

    store.backend._system().write = fail  # type: ignore[attr-defined]
    with pytest.raises(JitError, match="cannot store the change: "):
        put(store, "x")
    assert opened(place).tip() == tip
