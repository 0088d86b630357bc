"""Consoles for the tests of the command line."""

from pathlib import Path

import pytest

from tests.cli.console import Console


@pytest.fixture
def jit() -> Console:
    """A command line on a fresh store without rules."""
    console = Console()
    console.ok("init", "--template", "minimal")
    return console


@pytest.fixture
def house(jit: Console) -> Console:
    """Three issues: the wall waits for the door, the roof is done."""
    jit.created("Repair the door", "-p", "high", "-l", "part:door", "-a", "agent:worker-1")
    jit.created("Paint the wall", "-d", "Two coats.\nOf *paint*.", "--depends-on", "01ab")
    jit.created("Mend the roof", "--due", "2026-12-24")
    jit.ok("close", "03ab")
    return jit


@pytest.fixture(autouse=True)
def own_temporary_directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Reports of bugs that tests provoke end here."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
