"""Discovery is right when it agrees with git: every case asks `git rev-parse` for the truth."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from git_jit.store import NoRepository
from git_jit.store.layout import Layout, discover, object_dirs
from tests.store.gitrepo import SHAPES, Place, git, has_reftable, ordinary


def truth(place: Place) -> dict[str, object]:
    """What git says about the repository."""

    def ask(*args: str) -> str:
        return place.git("rev-parse", *args)

    bare = ask("--is-bare-repository") == "true"
    try:
        worktree = ask("--show-toplevel") or None
    except AssertionError:
        worktree = None  # it must be run in a work tree
    return {
        "git_dir": ask("--absolute-git-dir"),
        "common_dir": os.path.realpath(place.cwd / ask("--git-common-dir")),
        "objects_dir": os.path.realpath(place.cwd / ask("--git-path", "objects")),
        "object_format": ask("--show-object-format"),
        "bare": bare,
        "worktree": worktree,
    }


def found(layout: Layout) -> dict[str, object]:
    return {
        "git_dir": os.path.realpath(layout.git_dir),
        "common_dir": os.path.realpath(layout.common_dir),
        "objects_dir": os.path.realpath(layout.objects_dir),
        "object_format": layout.object_format,
        "bare": layout.bare,
        "worktree": layout.worktree,
    }


def submodule(base: Path) -> Place:
    inner, outer = base / "inner", base / "outer"
    inner.mkdir()
    outer.mkdir()
    ordinary(inner)
    ordinary(outer).git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner), "part")
    (outer / "part" / "below").mkdir()
    return Place(outer / "part" / "below")


def bare_found(base: Path) -> Place:
    git(base, "init", "-q", "--bare", ".")
    return Place(base / "objects")


def separate(base: Path) -> Place:
    git(base, "init", "-q", "--separate-git-dir", "elsewhere", "here")
    return Place(base / "here")


def symbolic(base: Path) -> Place:
    (base / "real").mkdir()
    git(base, "init", "-q", "real")
    (base / "real" / ".git").rename(base / "store")
    (base / "real" / ".git").symlink_to("../store")
    (base / "link").symlink_to("real")
    return Place(base / "link")


def work_tree_set(base: Path) -> Place:
    inside = ordinary(base).cwd
    (base / "tree").mkdir()
    return Place(base / "tree", {"GIT_DIR": str(inside / ".git"), "GIT_WORK_TREE": str(base / "tree")})


def work_tree_configured(base: Path) -> Place:
    place = ordinary(base)
    (base / "tree").mkdir()
    place.git("config", "core.worktree", "../tree")
    return Place(base / "tree")


def bare_by_option(base: Path) -> Place:
    return Place(base, {"GIT_DIR": str(ordinary(base).cwd / ".git"), "GIT_IMPLICIT_WORK_TREE": "0"})


def worktree_of_bare(base: Path) -> Place:
    place = ordinary(base)
    place.git("clone", "-q", "--bare", ".", "bare.git")
    git(base / "bare.git", "worktree", "add", "-q", "../linked")
    return Place(base / "linked")


def worktree_config(base: Path) -> Place:
    place = worktree_of_bare(base)
    place.git("config", "extensions.worktreeConfig", "true")
    place.git("config", "--worktree", "core.bare", "false")
    return place


def worktree_config_main(base: Path) -> Place:
    place = work_tree_configured(base)
    place.git("config", "extensions.worktreeConfig", "true")
    return place


def common_dir_set(base: Path) -> Place:
    place = ordinary(base)
    linked = base / "mine"
    linked.mkdir()
    (linked / "HEAD").write_text("ref: refs/heads/other\n")
    return Place(base, {"GIT_DIR": str(linked), "GIT_COMMON_DIR": str(place.cwd / ".git")})


def git_file_named(base: Path) -> Place:
    """`GIT_DIR` names a `.git` file."""
    return Place(base, {"GIT_DIR": str(separate(base).cwd / ".git")})


def objects_elsewhere(base: Path) -> Place:
    place = ordinary(base)
    (base / "store").mkdir()
    store = {
        "GIT_OBJECT_DIRECTORY": str(base / "store"),
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(base / ".git/objects"),
    }
    return Place(place.cwd, store)


MORE = (
    submodule,
    bare_found,
    separate,
    symbolic,
    work_tree_set,
    work_tree_configured,
    bare_by_option,
    worktree_of_bare,
    worktree_config,
    worktree_config_main,
    common_dir_set,
    git_file_named,
    objects_elsewhere,
)


@pytest.mark.parametrize("shape", [*SHAPES.values(), *MORE], ids=lambda shape: shape.__name__)
def test_discover_agrees_with_git(shape: Callable[[Path], Place], tmp_path: Path) -> None:
    if shape.__name__ == "reftable" and not has_reftable():
        pytest.skip("this git knows no reftable")
    base = tmp_path / "ünd a blank"
    base.mkdir()
    place = shape(base)
    assert found(place.layout) == truth(place)


def test_an_odd_name(tmp_path: Path) -> None:
    """Not even a line break in the path to a worktree's repository matters."""
    base = tmp_path / "a\nb"
    base.mkdir()
    place = SHAPES["worktree"](base)
    assert place.layout.git_dir == str(base / "main/.git/worktrees/linked")
    assert place.layout.worktree == str(base / "linked")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda top: None, "not a git repository (or any of the parent directories)"),
        (lambda top: (top / ".git").write_text("gitdir: nowhere\n"), 'not a git repository: "{top}/nowhere"'),
        (lambda top: (top / ".git").write_text("nonsense\n"), 'invalid gitfile format: "{top}/.git"'),
        (lambda top: (top / ".git").mkdir(), "not a git repository (or any of the parent directories)"),
    ],
)
def test_no_repository(spoil: Callable[[Path], object], message: str, outside: Path) -> None:
    below = outside / "a"
    below.mkdir()
    spoil(outside)
    with pytest.raises(NoRepository) as none:
        discover(str(below), os.environ)
    assert none.value.message == message.format(top=outside)
    with pytest.raises(AssertionError):
        git(below, "rev-parse", "--git-dir")


def test_a_named_directory_or_none(outside: Path) -> None:
    """With `GIT_DIR` set nothing is searched, not even from inside a good repository."""
    place = ordinary(outside)
    for wrong in ("nowhere", ""):
        with pytest.raises(NoRepository):
            discover(str(place.cwd), {**os.environ, "GIT_DIR": wrong})


def test_ceilings(tmp_path: Path) -> None:
    """The search ends below a ceiling; the place one stands in is looked at even if it is one."""
    top = ordinary(tmp_path).cwd
    below = top / "a" / "b"
    below.mkdir(parents=True)
    (tmp_path / "link").symlink_to("a")
    for ceilings, cwd, seen in [
        (str(top), below, False),
        (str(top / "a"), below, False),
        (str(top), top, True),
        (str(top.parent), below, True),
        (f"/nowhere:{top / 'a'}:", below, False),
        (str(tmp_path / "link"), below, False),
        (f":{tmp_path / 'link'}", below, True),
        ("a", below, True),
    ]:
        place = Place(cwd, {"GIT_CEILING_DIRECTORIES": ceilings})
        try:
            assert place.layout.git_dir == str(top / ".git"), ceilings
            assert seen, ceilings
            assert place.git("rev-parse", "--absolute-git-dir") == str(top / ".git")
        except NoRepository:
            assert not seen, ceilings
            with pytest.raises(AssertionError):
                place.git("rev-parse", "--absolute-git-dir")


def test_another_file_system_ends_the_search(outside: Path) -> None:
    """`/dev/shm` is another device than its parent on any Linux; elsewhere there is nothing to test."""
    if not Path("/dev/shm").is_dir() or Path("/dev/shm").stat().st_dev == Path("/dev").stat().st_dev:
        pytest.skip("no second file system at hand")
    with pytest.raises(NoRepository) as none:
        discover("/dev/shm", os.environ)
    assert "mount point" in none.value.message


@pytest.mark.parametrize(
    ("config", "plain"),
    [
        ("", True),
        ("[core]\n\trepositoryformatversion = 0\n\tbare = false\n", True),
        ("[include]\n\tpath = other\n", True),  # git reads no include to learn the format
        ("[core]\n\trepositoryformatversion = 1\n[extensions]\n\tpreciousObjects = true\n", True),
        ("[core]\n\trepositoryformatversion = 1\n[extensions]\n\trefStorage = files\n", True),
        ("[core]\n\trepositoryformatversion = 1\n[extensions]\n\tobjectFormat = sha256\n", False),
        ("[core]\n\trepositoryformatversion = 1\n[extensions]\n\trefStorage = reftable\n", False),
        ("[core]\n\trepositoryformatversion = 1\n[extensions]\n\tcompatObjectFormat = sha256\n", False),
        ("[core]\n\trepositoryformatversion = 1\n[extensions]\n\tnewThing = yes\n", False),
        ("[core]\n\trepositoryformatversion = 2\n", False),
        ("[core]\n\trepositoryformatversion = many\n", False),
        ("[extensions]\n\tobjectFormat = sha1\n", False),  # needs version 1; git refuses it
        ("[extensions]\n\tpartialClone = origin\n", False),
        ('[remote "origin"]\n\tpromisor = true\n', False),
        ('[remote "origin"]\n\tpromisor = false\n', True),
        ("[core]\n\tbare = fal\\\nse\n", False),  # a continued line: git may read it, we do not
        ("what is this\n", False),
    ],
)
def test_plain(config: str, plain: bool, tmp_path: Path) -> None:
    place = ordinary(tmp_path)
    (tmp_path / ".git" / "config").write_text(config)
    assert place.layout.plain is plain


def test_whom_it_belongs_to(tmp_path: Path) -> None:
    """A foreign repository is git's to judge, except where the user names it; then git does not ask either."""
    place = ordinary(tmp_path)
    assert (place.layout.owned, place.layout.trusted, place.layout.plain) == (True, True, True)
    foreign = {"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"}
    layout = Place(tmp_path, foreign).layout
    assert (layout.owned, layout.trusted, layout.plain) == (False, False, False)
    layout = Place(tmp_path, {**foreign, "GIT_DIR": ".git"}).layout
    assert (layout.owned, layout.trusted, layout.plain) == (False, True, False)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_really_another_owner(tmp_path: Path) -> None:
    place = ordinary(tmp_path)
    os.chown(tmp_path / ".git", 12345, 12345)
    assert not place.layout.owned
    with pytest.raises(AssertionError):
        place.git("status")
    assert Place(tmp_path, {"SUDO_UID": "12345"}).layout.owned
    assert not Place(tmp_path, {"SUDO_UID": "-1"}).layout.owned


def test_a_bare_one_met_by_walking_is_not_trusted(tmp_path: Path) -> None:
    """safe.bareRepository may forbid it, and will by default in git 3."""
    layout = bare_found(tmp_path).layout
    assert (layout.bare, layout.owned, layout.trusted) == (True, True, False)


def test_quarantine(tmp_path: Path) -> None:
    place = ordinary(tmp_path)
    assert not place.layout.quarantined
    assert Place(tmp_path, {"GIT_QUARANTINE_PATH": "/x"}).layout.quarantined


def test_object_dirs(tmp_path: Path) -> None:
    """Borrowed stores, relative ones and those of borrowed stores too; a circle ends."""
    for name in "abc":
        (tmp_path / name / "info").mkdir(parents=True)
    (tmp_path / "a/info/alternates").write_text(f"# mine\n{tmp_path}/b\n\n")
    (tmp_path / "b/info/alternates").write_text("../c\n../a\n")
    place = ordinary(tmp_path)
    env = {"GIT_OBJECT_DIRECTORY": "a", "GIT_ALTERNATE_OBJECT_DIRECTORIES": f"c:{tmp_path}/.git/objects"}
    stores = object_dirs(Place(place.cwd, env).layout)
    assert stores == tuple(str(tmp_path / name) for name in ("a", "b", "c", ".git/objects"))
