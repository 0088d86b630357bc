"""The lines for agents: put in on request alone, taken out byte for byte, never outside of the working tree."""

import os
import subprocess
from pathlib import Path

import pytest

from git_jit.errors import JitError
from git_jit.ops.agents import MARKS, Change, Deed, install, lines, uninstall
from git_jit.store.layout import Layout, discover


@pytest.fixture
def top(tmp_path: Path) -> Path:
    path = tmp_path / "code"
    subprocess.run(["git", "init", "-q", str(path)], check=True)
    return path


def layout(top: Path) -> Layout:
    return discover(str(top), {**os.environ, "GIT_CONFIG_NOSYSTEM": "1"})


def put_in(top: Path, path: str | None = None, *, dry_run: bool = False) -> Change:
    return install(layout(top), str(top), path, dry_run=dry_run)


def take_out(top: Path, path: str | None = None, *, dry_run: bool = False) -> Change:
    return uninstall(layout(top), str(top), path, dry_run=dry_run)


def test_a_file_that_is_not_there_comes_and_goes(top: Path) -> None:
    assert put_in(top, dry_run=True) == Change(path="AGENTS.md", deed=Deed.CREATED)
    assert not (top / "AGENTS.md").exists()
    assert put_in(top).deed == "created"
    assert (top / "AGENTS.md").read_bytes() == lines(ours=True)
    assert put_in(top).deed == "unchanged"
    assert take_out(top, dry_run=True).deed == "deleted"
    assert take_out(top).deed == "deleted"
    assert sorted(path.name for path in top.iterdir()) == [".git"]
    assert take_out(top).deed == "unchanged"


def test_what_somebody_adds_to_it_stays(top: Path) -> None:
    put_in(top)
    with (top / "AGENTS.md").open("ab") as file:
        file.write(b"\nMine.\n")
    assert take_out(top).deed == "removed"
    assert (top / "AGENTS.md").read_bytes() == b"\nMine.\n"


@pytest.mark.parametrize(
    "data", [b"", b"# Mine\n", b"# Mine", b"# Mine\r\n\r\nWords", b"# Mine\r\n", b"\xef\xbb\xbfx\n", b"\xff\n"]
)
def test_a_file_of_somebody_elses_is_as_it_was(top: Path, data: bytes) -> None:
    file = top / "AGENTS.md"
    file.write_bytes(data)
    file.chmod(0o600)
    assert put_in(top) == Change(path="AGENTS.md", deed=Deed.ADDED)
    inside = file.read_bytes()
    assert inside.startswith(data)
    assert inside.count(b"\r\n") in {0, inside.count(b"\n")}
    assert put_in(top).deed == "unchanged"
    assert file.read_bytes() == inside
    assert take_out(top) == Change(path="AGENTS.md", deed=Deed.REMOVED)
    assert file.read_bytes() == data
    assert file.stat().st_mode & 0o777 == 0o600


def test_older_lines_are_renewed_where_they_stand(top: Path) -> None:
    older = MARKS.begin + b" old -->\nOld words.\n" + MARKS.end + b"\n"
    (top / "AGENTS.md").write_bytes(b"Before.\n" + older + b"Behind.\n" + older)
    assert put_in(top).deed == "renewed"
    assert (top / "AGENTS.md").read_bytes() == b"Before.\n" + lines(ours=False) + b"Behind.\n" + older
    assert take_out(top).deed == "removed"
    assert (top / "AGENTS.md").read_bytes() == b"Before.\nBehind.\n"


def test_a_link_inside_is_followed_and_stays_a_link(top: Path) -> None:
    (top / "docs").mkdir()
    (top / "docs/agents.md").write_bytes(b"Mine.\n")
    (top / "CLAUDE.md").symlink_to("docs/agents.md")
    assert put_in(top, "CLAUDE.md") == Change(path="docs/agents.md", deed=Deed.ADDED)
    assert (top / "CLAUDE.md").is_symlink()
    assert take_out(top, "docs/agents.md").deed == "removed"
    assert (top / "docs/agents.md").read_bytes() == b"Mine.\n"


def test_a_path_counts_from_where_one_is(top: Path) -> None:
    (top / "docs").mkdir()
    assert install(layout(top), str(top / "docs"), "X.md").path == "docs/X.md"
    assert install(layout(top), str(top / "docs"), None).path == "AGENTS.md"


def wrongs(top: Path) -> dict[str, str]:
    """Paths that nothing is written to, and the error of each."""
    outside = top.parent / "outside"
    outside.mkdir()
    (outside / "file.md").write_bytes(b"Theirs.\n")
    (top / "away.md").symlink_to(outside / "file.md")
    (top / "away").symlink_to(outside)
    (top / "dangling.md").symlink_to(outside / "none.md")
    (top / "inner.md").symlink_to(".git/config")
    (top / "loop.md").symlink_to("loop.md")
    (top / "directory").mkdir()
    (top / "wide.md").write_bytes("Words".encode("utf-16"))
    os.mkfifo(top / "pipe")
    return {
        "away.md": "document_outside", "away/file.md": "document_outside", "dangling.md": "document_outside",
        "../outside/file.md": "document_outside", str(outside / "file.md"): "document_outside",
        "inner.md": "document_outside", ".git/config": "document_outside", ".GIT/x": "document_outside",
        "loop.md": "document_unfit", "directory": "document_unfit", "wide.md": "document_unfit",
        "pipe": "document_unfit", "none/x.md": "document_unfit", ".": "document_unfit", "": "invalid_value",
        "a\nb": "invalid_value",
    }  # fmt: skip


def test_nothing_else_is_ever_written_to(top: Path) -> None:
    for path, code in wrongs(top).items():
        for act in (put_in, take_out):
            with pytest.raises(JitError) as caught:
                act(top, path)
            assert caught.value.code == code, path
    assert (top.parent / "outside/file.md").read_bytes() == b"Theirs.\n"
    assert sorted(path.name for path in (top.parent / "outside").iterdir()) == ["file.md"]


def test_a_bare_repository_has_no_files(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", "--bare", str(tmp_path / "bare")], check=True)
    with pytest.raises(JitError, match="a bare repository has no files"):
        put_in(tmp_path / "bare")
