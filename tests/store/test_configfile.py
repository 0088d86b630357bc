"""Reading git's configuration format is right when it agrees with git, and harmless whatever it is given."""

import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_jit.store.configfile import parse_config, read_config_file
from tests.store.gitrepo import git

NAMES = st.text(string.ascii_letters + "-", min_size=1, max_size=8).map(lambda name: "a" + name)
VALUES = st.text(string.printable.replace("\r", "").replace("\x0b", "").replace("\x0c", "") + "ü", max_size=12)


@given(st.lists(st.tuples(NAMES, st.none() | VALUES, NAMES, VALUES), max_size=4))
def test_parse_config_reads_what_git_writes(
    tmp_path_factory: pytest.TempPathFactory, settings: list[tuple[str, str | None, str, str]]
) -> None:
    """git writes the file, git reads it, we read it: the same."""
    path = tmp_path_factory.mktemp("config") / "config"
    path.touch()
    for section, sub, key, value in settings:
        name = f"{section}.{sub}.{key}" if sub is not None and "\n" not in sub else f"{section}.{key}"
        git(path.parent, "config", "-f", str(path), "--add", "--", name, value)
    listed = git(path.parent, "config", "-f", str(path), "-z", "--list") if settings else ""
    expected: dict[str, tuple[str, ...]] = {}
    for entry in listed.split("\0"):
        key, _, value = entry.partition("\n")
        if key:
            expected[key] = (*expected.get(key, ()), value)
    assert parse_config(path.read_text()) == (expected, True)


@given(st.text(string.printable, max_size=60))
def test_parse_config_takes_anything(text: str) -> None:
    parse_config(text)


def test_a_file_that_is_not_there_is_empty_and_one_that_cannot_be_read_is_unclear(tmp_path: Path) -> None:
    (tmp_path / "directory").mkdir()
    (tmp_path / "dangling").symlink_to("nowhere")
    assert [read_config_file(str(tmp_path / name)) for name in ("absent", "directory", "dangling")] == [
        ({}, True), ({}, False), ({}, False),
    ]  # fmt: skip
