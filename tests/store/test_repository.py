"""The tracker in real repositories: the first time, every shape, and every way a write can end."""

import errno
import os
import subprocess
import sys
from collections.abc import Callable, Container, Iterable, Iterator
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
from git_jit.store.backend import Backend, Durability, Keep, Object
from git_jit.store.plumbing import NotTrusted
from git_jit.store.repository import AlreadyInitialised, BackendName, Quarantined, Repository
from git_jit.store.tree import MAX_DEPTH
from git_jit.view import Plan
from tests.store.gitrepo import FOREIGN, PLAIN, SHAPES, Place, git, has_reftable, ordinary
from tests.store.making import issue, message

A = IssueId("a" * 32)
REF = "refs/jit/issues"
LOOK = "'git jit recover --list' shows what can be brought back"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return ordinary(tmp_path)


OPEN: list[Repository] = []


@pytest.fixture(autouse=True)
def closing() -> Iterator[None]:
    yield
    while OPEN:
        OPEN.pop().close()


def opened(place: Place, backend: BackendName = "auto", *, loaded: Container[str] = ()) -> Repository:
    """`loaded`: other tests may have imported libgit2, which must make no difference here."""
    OPEN.append(Repository.open(str(place.cwd), place.environ, backend=backend, loaded=loaded))
    return OPEN[-1]


def started(place: Place, backend: BackendName = "auto") -> Repository:
    store = opened(place, backend)
    store.init(Config(), message(subject="init"))
    return store


def put(store: Repository, title: str, second: int = 1) -> Oid:
    return store.commit(Plan(issues={A: issue(title=title)}), base=store.tip(), message=message(second=second))


def title(store: Repository) -> str:
    with store.view() as view:
        found = view.issue(A)
        assert found is not None
        return found.title


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
        assert caught.value.hint == "run 'git jit init'"
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


class Odd:
    """A back end that does something unexpected at one step of a write."""

    def __init__(
        self,
        backend: Backend,
        *,
        before_swap: Callable[[], None] = lambda: None,
        after_swap: Callable[[], None] = lambda: None,
        forgets: bool = False,
    ) -> None:
        self._backend = backend
        self.name = backend.name
        self.object_format = backend.object_format
        self.ref, self.refs, self.exists = backend.ref, backend.refs, backend.exists
        self.reflog, self.close = backend.reflog, backend.close
        self.before, self.after, self._forgets = before_swap, after_swap, forgets
        self.packs = 0
        self.asked: set[str] = set()
        """Objects that were read."""

    def read(self, oid: Oid) -> Object:
        self.asked.add(oid)
        return self._backend.read(oid)

    def read_many(self, oids: Iterable[Oid]) -> Iterator[Object | Oid]:
        wanted = list(oids)
        self.asked.update(wanted)
        return self._backend.read_many(wanted)

    def write(self, objects: list[Object], durability: Durability) -> None:
        self._backend.write(objects[:-1] if self._forgets else objects, durability)

    def write_pack(self, objects: list[Object], durability: Durability) -> Keep:
        self.packs += 1
        return self._backend.write_pack(objects, durability)

    def swap(self, name: str, new: Oid, old: Oid | None, *, committer: str, message: str) -> None:
        self.before()
        self._backend.swap(name, new, old, committer=committer, message=message)
        self.after()


def raising(error: BaseException) -> Callable[[], None]:
    def act() -> None:
        raise error

    return act


def odd(store: Repository, **steps: object) -> Odd:
    store.backend = Odd(store.backend, **steps)  # type: ignore[arg-type, assignment]
    return store.backend  # type: ignore[return-value]


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


def by_hand(place: Place, trailer: str = "") -> Oid:
    """A commit that a person made with git: nothing of our locks or trailers."""
    made = place.git("commit-tree", f"{REF}^{{tree}}", "-p", REF, "-m", f"by hand\n\n{trailer}")
    place.git("update-ref", REF, made)
    return Oid(made)


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


def test_a_broken_index_fails_no_command(place: Place) -> None:
    store = started(place)
    index = Path(place.layout.common_dir, "jit", "index.sqlite")
    index.unlink()
    index.mkdir()
    put(store, "published all the same")
    assert title(opened(place)) == "published all the same"


def test_the_index_is_refreshed_from_what_was_just_written(place: Place) -> None:
    store = started(place)
    before = put(store, "before")
    spy = odd(store)
    spy.after = spy.asked.clear
    put(store, "after", 2)
    trees = place.git("ls-tree", "-rdt", "--object-only", before).split()
    assert spy.asked == {*trees, place.git("rev-parse", f"{before}^{{tree}}")}, "the trees of before, to compare"
    assert title(store) == "after"


# --- beside a gc ---


def packs(place: Place) -> list[str]:
    return sorted(path.suffix for path in Path(place.layout.objects_dir, "pack").iterdir())


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


def test_many_writes_ask_git_to_tidy_up_and_do_not_wait(place: Place) -> None:
    store = started(place)
    directory = Path(place.layout.objects_dir, "17")
    directory.mkdir(exist_ok=True)
    for n in range(30):
        (directory / f"{n:038x}").touch()
    put(store, "one")
    assert Path(place.layout.common_dir, "jit", "maintenance").exists()


def test_the_pack_that_a_killed_writer_kept_is_let_go(place: Place) -> None:
    store = started(place)
    code = (
        "import os, signal, sys; from git_jit.store.gitobjects import index_pack;"
        "from git_jit.store.layout import discover; from git_jit.store.backend import Durability;"
        "from tests.store.gitrepo import Place; from pathlib import Path; place = Place(Path(sys.argv[1]));"
        "index_pack(place.layout, place.environ, [place.blob(b'bulk')], Durability.FAST); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, str(place.cwd)], cwd=Path(__file__).parents[2], check=False)
    by_hand = Path(place.layout.objects_dir, "pack", "mine.keep")
    by_hand.write_text("kept by hand")
    assert packs(place).count(".keep") == 2
    put(store, "one")
    assert packs(place).count(".keep") == 1
    assert by_hand.exists()


# --- errors of the disk, through the whole ---


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EROFS])
def test_no_error_of_the_disk_is_a_traceback(place: Place, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    store = started(place, "files")
    tip = store.tip()

    def fail(*_: object) -> int:
        raise OSError(code, os.strerror(code))

    store.backend._system.write = fail  # type: ignore[attr-defined]
    with pytest.raises(JitError, match="cannot store the change: "):
        put(store, "x")
    assert opened(place).tip() == tip


# --- revisions ---


def test_revisions_are_gits_own_and_count_from_the_issues(place: Place) -> None:
    store = started(place)
    commits = [store.tip(), put(store, "1", 1), put(store, "2", 2)]
    place.git("tag", "-a", "-m", "x", "release", commits[1])
    names = {
        "HEAD": 2, "@": 2, "HEAD~1": 1, "@~2": 0, "~1": 1, "^": 1, "@{1}": 1, "HEAD@{2}": 0, "refs/jit/issues": 2,
        "jit/issues^": 1, "release": 1, commits[0]: 0, commits[0][:9]: 0,
    }  # fmt: skip
    assert {name: commits.index(store.resolve(name)) for name in names} == names
    code = git(place.cwd, "rev-parse", "HEAD")
    assert store.resolve(code) == code, "any commit can be named, also one of the code"


def test_a_shallow_clone_has_the_history_it_has(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    far = ordinary(tmp_path / "far")
    store = started(far)
    for n in range(3):
        put(store, str(n), n)
    (tmp_path / "near").mkdir()
    near = ordinary(tmp_path / "near")
    near.git("fetch", "-q", "--depth=2", (tmp_path / "far").as_uri(), f"{REF}:{REF}")
    shallow = opened(near)
    assert [commit.oid for commit in shallow.history()] == [commit.oid for commit in store.history()][:2]
    assert [len(list(shallow.history(path=path))) for path in (issue_path(A), "nowhere")] == [2, 0]
    assert {change.path for change in shallow.changes(list(shallow.history())[-1])} == {
        ".gitattributes", "README.md", "config.json", issue_path(A),
    }  # fmt: skip
    put(shallow, "a write on top", 9)
    assert title(opened(near)) == "a write on top"


def test_changes_are_in_order_of_path_even_where_one_is_a_file_and_a_directory(place: Place) -> None:
    """Below the deepest directory that is compared, both are changes of one path."""
    store = started(place)
    deep = "a/" * (MAX_DEPTH - 1) + "x"
    for edits in ({deep: b"1"}, {f"{deep}/y": b"2"}):
        store.commit(Plan(raw=edits), base=store.tip(), message=message())
    found = store.changes(next(iter(store.history())))
    assert [(change.path, change.old) for change in found] == [(deep, b"1"), (deep, None)]


def test_a_merge_changes_what_it_brings_to_its_first_parent(place: Place) -> None:
    store = started(place)
    ours = put(store, "ours")
    side = place.git("commit-tree", f"{REF}~1^{{tree}}", "-p", f"{REF}~1", "-m", "side")
    merge = place.git("commit-tree", f"{REF}~1^{{tree}}", "-p", ours, "-p", side, "-m", "merge that undoes ours")
    place.git("update-ref", REF, merge)
    assert [commit.oid for commit in store.history(path=issue_path(A))] == [merge, ours]
    (change,) = store.changes(next(iter(store.history())))
    assert (change.path, change.new) == (issue_path(A), None)
