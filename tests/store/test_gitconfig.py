"""Settings read without git are git's own answer, or none."""

import itertools
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from git_jit.store import UnusableSetting
from git_jit.store.backend import Durability
from git_jit.store.gitconfig import (
    Choices,
    choices,
    is_ref_name,
    plain_entries,
    protect_reflogs,
    read_entries,
)
from tests.store.gitrepo import Place, git, ordinary, worktree

LINES = [
    "[jit]\n\tref = refs/jit/mine\n",
    "[jit]\n  durability = fast ; why\n[jit]\n  durability = full\n",
    '[user]\n\tname = "A \\"B\\" # C"\n',
]


def by_git(place: Place, environ: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    done = subprocess.run(
        ["git", "config", "-z", "--list"], cwd=place.cwd, env=environ, check=True, capture_output=True
    )
    found: dict[str, tuple[str, ...]] = {}
    for entry in done.stdout.decode().split("\0")[:-1]:
        key, _, value = entry.partition("\n")
        found[key] = (*found.get(key, ()), value)
    return found


@pytest.mark.parametrize("texts", list(itertools.product(["", *LINES], repeat=3)), ids=str)
def test_plain_files_are_read_as_git_reads_them(tmp_path: Path, texts: tuple[str, str, str]) -> None:
    place = ordinary(tmp_path)
    home, xdg, own = texts
    environ = {**place.environ, "HOME": str(tmp_path / "home"), "XDG_CONFIG_HOME": str(tmp_path / "xdg")}
    (tmp_path / "home").mkdir()
    (tmp_path / "xdg" / "git").mkdir(parents=True)
    (tmp_path / "home" / ".gitconfig").write_text(home)
    (tmp_path / "xdg" / "git" / "config").write_text(xdg)
    with (tmp_path / ".git" / "config").open("a") as file:
        file.write(own)
    assert plain_entries(place.layout, environ) == by_git(place, environ)


def test_our_own_include_is_followed(tmp_path: Path) -> None:
    place = ordinary(tmp_path)
    for _ in range(2):
        protect_reflogs(place.layout, place.environ, read_entries(place.layout, place.environ))
    found = plain_entries(place.layout, place.environ)
    assert found == by_git(place, place.environ)
    assert found is not None
    assert found["include.path"] == ("jit/config",)
    for key in ("gc.refs/jit/*.reflogexpire", "gc.refs/jit/*.reflogexpireunreachable"):
        assert found[key] == ("never",)


@pytest.mark.parametrize(
    "unusual",
    [
        "[include]\n\tpath = other\n",
        '[includeIf "gitdir:/x"]\n\tpath = other\n',
        "[jit]\n\tref = refs/jit/\\\nmine\n",
        "[include]\n\tpath = jit/config\n\tpath = other\n",
    ],
)
def test_whatever_is_unusual_is_left_to_git(tmp_path: Path, unusual: str) -> None:
    place = ordinary(tmp_path)
    (tmp_path / ".git" / "other").write_text("[jit]\n\tref = refs/jit/other\n")
    with (tmp_path / ".git" / "config").open("a") as file:
        file.write(unusual)
    assert plain_entries(place.layout, place.environ) is None
    found = read_entries(place.layout, place.environ)
    assert {key: found[key] for key in found if not key.startswith("core.")} == {
        key: value for key, value in by_git(place, place.environ).items() if not key.startswith("core.")
    }


def test_overrides_of_one_command_are_left_to_git(tmp_path: Path) -> None:
    place = ordinary(tmp_path)
    environ = {
        **place.environ,
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "jit.ref",
        "GIT_CONFIG_VALUE_0": "refs/jit/x",
    }
    assert plain_entries(place.layout, environ) is None
    assert choices(read_entries(place.layout, environ)).ref == "refs/jit/x"


def test_a_worktree_of_its_own_mind(tmp_path: Path) -> None:
    place = worktree(tmp_path)
    place.git("config", "extensions.worktreeConfig", "true")
    place.git("config", "--worktree", "jit.ref", "refs/jit/here")
    found = plain_entries(place.layout, place.environ)
    assert found == by_git(place, place.environ)
    assert choices(found or {}).ref == "refs/jit/here"


def test_what_is_chosen() -> None:
    assert choices({}) == Choices("refs/jit/issues", Durability.FULL, prune_grace=True)
    found = {"jit.ref": ("refs/a/b", "refs/c/d"), "jit.durability": ("fast",), "gc.pruneexpire": ("now",)}
    assert choices(found) == Choices("refs/c/d", Durability.FAST, prune_grace=False)


@pytest.mark.parametrize("entries", [{"jit.ref": ("issues",)}, {"jit.durability": ("off",)}, {"jit.durability": ("",)}])
def test_what_cannot_be_meant_is_refused(entries: dict[str, tuple[str, ...]]) -> None:
    with pytest.raises(UnusableSetting, match="in the setting 'jit"):
        choices(entries)


NAMES = ["refs/jit/issues", "refs/jit", "jit/issues", "refs/a/.b", "refs/a/b.lock", "refs/a//b", "refs/a/b.", "refs/a/b..c",
         "refs/a/b c", "refs/a/b@{c", "refs/a/@", "refs/a/b~", "refs/a/b^", "refs/a/b:", "refs/a/b?", "refs/a/b*",
         "refs/a/b[", "refs/a/b\\", "refs/a/\x7f", "refs/a/é", "refs/a/b/", "/refs/a/b", "refs/.a/b", "refs/a.lock/b"]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_names_of_references_are_judged_as_by_git(tmp_path: Path, name: str) -> None:
    try:
        git(tmp_path, "check-ref-format", name)
        valid = name.startswith("refs/") and name.count("/") > 1
    except AssertionError:
        valid = False
    assert is_ref_name(name) is valid


def test_the_setting_reaches_git(tmp_path: Path) -> None:
    place: Place = ordinary(tmp_path)
    protect_reflogs(place.layout, place.environ, {})
    assert place.git("config", "gc.refs/jit/*.reflogExpire") == "never"
