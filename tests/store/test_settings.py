"""Configuration, identity, editor: whatever git would say."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from git_jit.store import NoIdentity, WriteFailed
from git_jit.store.settings import (
    Identity,
    editor,
    head_tree,
    identity,
    pager,
    read_config,
    set_config,
)
from tests.store.gitrepo import Place, ordinary, sha256


def test_read_config(tmp_path: Path) -> None:
    """Every scope, includes, several values, odd ones, and what came with `git -c`."""
    place = ordinary(tmp_path)
    (tmp_path / "more").write_text("[jit]\n\tfromInclude = yes\n\tflag\n")
    place.git("config", "include.path", "../more")
    place.git("config", "--add", "remote.Origin.fetch", "one")
    place.git("config", "--add", "remote.Origin.fetch", "two\nlines = ü")
    env = {"GIT_CONFIG_PARAMETERS": "'jit.actor'='agent:x' 'jit.empty'", "GIT_CONFIG_COUNT": "1"}
    env |= {"GIT_CONFIG_KEY_0": "jit.counted", "GIT_CONFIG_VALUE_0": "1=1"}
    config = read_config(place.layout, Place(tmp_path, env).environ)
    assert config["jit.frominclude"] == ("yes",)
    assert config["jit.flag"] == ("true",)
    assert config["remote.Origin.fetch"] == ("one", "two\nlines = ü")
    assert (config["jit.actor"], config["jit.counted"]) == (("agent:x",), ("1=1",))
    assert config["user.name"] == ("Ada Lovelace",)


@pytest.mark.parametrize("value", ["plain", "", "-c", "--unset", " blanks ", 'a "quote" \\ # and\nmore', "ü"])
def test_set_config(value: str, tmp_path: Path) -> None:
    place = ordinary(tmp_path)
    for key in ("jit.one", "gc.refs/jit/*.reflogExpire"):
        set_config(place.layout, place.environ, key, "first")
        set_config(place.layout, place.environ, key, value)
        lower = key if "/" not in key else "gc.refs/jit/*.reflogexpire"
        assert read_config(place.layout, place.environ)[lower] == (value,)
        set_config(place.layout, place.environ, key, None)
        set_config(place.layout, place.environ, key, None)
        assert lower not in read_config(place.layout, place.environ)


def test_a_locked_configuration(tmp_path: Path) -> None:
    place = ordinary(tmp_path)
    (tmp_path / ".git" / "config.lock").touch()
    with pytest.raises(WriteFailed) as refused:
        set_config(place.layout, place.environ, "jit.one", "1")
    lock = str(tmp_path / ".git" / "config.lock")
    assert (refused.value.details["errno"], refused.value.details["path"]) == ("EEXIST", lock)
    assert Path(lock).exists()


def test_a_change_of_the_configuration_keeps_what_it_is_and_leaves_nothing(tmp_path: Path) -> None:
    """A symbolic link stays one, a mode stays what it was, and of a refused change there is no trace."""
    place = ordinary(tmp_path)
    config, real = tmp_path / ".git" / "config", tmp_path / "real"
    config.rename(real)
    config.symlink_to(real)
    real.chmod(0o640)
    set_config(place.layout, place.environ, "jit.one", "1")
    with pytest.raises(WriteFailed, match=r"setting 'no\.\.key\.'"):
        set_config(place.layout, place.environ, "no..key.", "1")
    assert (config.is_symlink(), real.stat().st_mode & 0o777) == (True, 0o640)
    assert place.git("config", "jit.one") == "1"
    assert not list(tmp_path.rglob("*.lock"))


ADA = "Ada Lovelace <ada@example.org>"


@pytest.mark.parametrize(
    ("config", "env", "expected"),
    [
        ({}, {}, Identity(ADA, ADA)),
        ({}, {"GIT_AUTHOR_NAME": "Bö B"}, Identity("Bö B <ada@example.org>", ADA)),
        ({}, {"GIT_COMMITTER_EMAIL": "c@d"}, Identity(ADA, "Ada Lovelace <c@d>")),
        ({"author.name": "A", "committer.email": "c@d"}, {}, Identity("A <ada@example.org>", "Ada Lovelace <c@d>")),
        ({"user.name": "<odd>, \n"}, {}, Identity("odd <ada@example.org>", "odd <ada@example.org>")),
        ({"user.email": "x<y>z"}, {}, Identity("Ada Lovelace <xyz>", "Ada Lovelace <xyz>")),
        ({"user.email": ""}, {"EMAIL": "e@f"}, None),
    ],
)
def test_identity(config: dict[str, str], env: dict[str, str], expected: Identity | None, tmp_path: Path) -> None:
    place = ordinary(tmp_path)
    for key, value in config.items():
        place.git("config", key, value)
    there = Place(tmp_path, env)
    truth = [
        there.git("var", f"GIT_{role}_IDENT").rpartition(" ")[0].rpartition(" ")[0] for role in ("AUTHOR", "COMMITTER")
    ]
    found = identity(place.layout, there.environ)
    assert list(found) == truth
    if expected:
        assert found == expected
    assert identity(place.layout, there.environ, read_config(place.layout, there.environ)) == found


def test_nobody_is_invented(tmp_path: Path) -> None:
    place = ordinary(tmp_path)
    Path(os.environ["HOME"], ".gitconfig").write_text("[user]\n\tuseConfigOnly = true\n")
    with pytest.raises(NoIdentity) as nobody:
        identity(place.layout, place.environ)
    assert nobody.value.hint
    assert "user.name" in nobody.value.hint
    assert "user.email" in nobody.value.hint
    env = {**place.environ, **{f"GIT_{r}_{p}": "x" for r in ("AUTHOR", "COMMITTER") for p in ("NAME", "EMAIL")}}
    assert identity(place.layout, env) == Identity("x <x>", "x <x>")


def test_editor_and_pager(tmp_path: Path) -> None:
    place = ordinary(tmp_path)
    env = {**place.environ, "GIT_EDITOR": "vi -u 'no ne'", "GIT_PAGER": "less -R"}
    assert (editor(place.layout, env), pager(place.layout, env)) == ("vi -u 'no ne'", "less -R")
    place.git("config", "core.pager", "more")
    assert pager(place.layout, {**place.environ, "PAGER": "cat"}) == "more"


def test_head_tree(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    unborn, born = sha256(tmp_path / "a"), ordinary(tmp_path / "b")
    assert head_tree(unborn.layout, unborn.environ) is None
    assert head_tree(born.layout, born.environ) == born.git("rev-parse", "HEAD^{tree}")


MAINTAIN = """
import os, sys
from git_jit.store.layout import discover
from git_jit.store.settings import maintenance
maintenance(discover(sys.argv[1], os.environ), os.environ)
try:
    sys.exit(f"a child is left: {os.waitpid(-1, os.WNOHANG)}")
except ChildProcessError:
    pass
"""


def test_maintenance_leaves_nobody_behind(tmp_path: Path) -> None:
    """It runs, in the end; and no zombie of ours stays."""
    place = ordinary(tmp_path)
    mark = tmp_path / "ran"
    shim = tmp_path / "bin"
    shim.mkdir()
    (shim / "git").write_text(f'#!/bin/sh\necho "$@" > "{mark}.new" && mv "{mark}.new" "{mark}"\n')
    (shim / "git").chmod(0o755)
    env = {**place.environ, "PATH": f"{shim}:{os.environ['PATH']}"}
    subprocess.run([sys.executable, "-X", "dev", "-c", MAINTAIN, str(tmp_path)], env=env, check=True)
    subprocess.run(["sh", "-c", f'until [ -f "{mark}" ]; do sleep 0.01; done'], timeout=10, check=True)
    words = mark.read_text().split()
    assert f"--git-dir={place.layout.git_dir}" in words
    assert words[-4:] == ["maintenance", "run", "--auto", "--quiet"]
