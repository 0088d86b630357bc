"""Notes: replaced whole, and never an error."""

from pathlib import Path

from git_jit.store.notes import read_note, write_note


def test_a_note_is_what_was_written_last(tmp_path: Path) -> None:
    write_note(str(tmp_path), "verdict", b"one")
    write_note(str(tmp_path), "verdict", b"two")
    assert read_note(str(tmp_path), "verdict") == b"two"
    assert [path.name for path in (tmp_path / "jit/notes").iterdir()] == ["verdict"]


def test_no_note_is_no_error(tmp_path: Path) -> None:
    assert read_note(str(tmp_path), "verdict") is None


def test_what_cannot_be_kept_is_forgotten(tmp_path: Path) -> None:
    (tmp_path / "jit").write_text("in the way")
    write_note(str(tmp_path), "verdict", b"one")
    assert read_note(str(tmp_path), "verdict") is None


def test_a_draft_that_cannot_take_its_place_is_removed(tmp_path: Path) -> None:
    (tmp_path / "jit/notes/verdict").mkdir(parents=True)
    write_note(str(tmp_path), "verdict", b"one")
    assert [path.name for path in (tmp_path / "jit/notes").iterdir()] == ["verdict"]
