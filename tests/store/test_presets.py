"""Files of presets in the user's configuration."""

from pathlib import Path

import pytest

from git_jit.store import WriteFailed
from git_jit.store.presets import directory, keep, names, read


@pytest.mark.parametrize(
    ("environ", "place"),
    [
        ({"HOME": "/home/ada"}, "/home/ada/.config/git-jit/presets"),
        ({"HOME": "/home/ada", "XDG_CONFIG_HOME": "/config"}, "/config/git-jit/presets"),
        ({"HOME": "/home/ada", "XDG_CONFIG_HOME": "config"}, "/home/ada/.config/git-jit/presets"),
        ({"HOME": "ada"}, None),
        ({}, None),
    ],
)
def test_where_they_are(environ: dict[str, str], place: str | None) -> None:
    assert directory(environ) == place


def test_what_is_kept_is_read_again_and_replaced(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path)}
    assert (names(environ), read(environ, "house")) == ([], None)
    path = keep(environ, "house", b"one")
    assert path == str(tmp_path / ".config/git-jit/presets/house.json")
    keep(environ, "boat", b"two")
    keep(environ, "house", b"three")
    assert (names(environ), read(environ, "house"), read(environ, "boat")) == (["boat", "house"], b"three", b"two")
    assert sorted(file.name for file in Path(path).parent.iterdir()) == ["boat.json", "house.json"]


def test_a_name_leads_nowhere_else(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path)}
    keep(environ, "house", b"one")
    (tmp_path / ".config/git-jit/secret.json").write_text("secret")
    for name in ("../secret", "house/../../secret", "", ".", "house.json"):
        assert read(environ, name) is None


def test_without_a_home_nothing_is_kept(tmp_path: Path) -> None:
    assert (names({}), read({}, "house")) == ([], None)
    with pytest.raises(WriteFailed, match="no directory of yours"):
        keep({}, "house", b"one")
    (tmp_path / ".config").write_text("a file")
    with pytest.raises(WriteFailed, match="cannot be kept"):
        keep({"HOME": str(tmp_path)}, "house", b"one")
