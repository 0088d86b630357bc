"""git's own commands on the issues: readable as they are, and by field in a checkout of the branch."""

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.program import REF, Repo, ids


@pytest.fixture
def checkout(repo: Repo) -> Repo:
    """A worktree of a branch of the issues, as somebody has who merges by hand; the program is on the PATH."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    repo.git("worktree", "add", "-q", "-b", "by-hand", str(repo.path.parent / "by-hand"), REF)
    return replace(repo, path=repo.path.parent / "by-hand", env={**repo.env, "PATH": path})


def changed_lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line[:1] in {"+", "-"} and line[:3] not in {"+++", "---"}]


def test_a_plain_log_shows_the_line_that_changed(repo: Repo) -> None:
    repo.works("update", ids(repo)["A"], "-p", "high", "-d", "One.\nTwo.")
    assert changed_lines(repo.git("log", "-p", "-1", REF)) == [
        '-  "description": [],',
        '+  "description": [',
        '+    "One.",',
        '+    "Two."',
        "+  ],",
        '-  "priority": "normal",',
        '+  "priority": "high",',
    ]


def test_a_log_in_a_checkout_shows_fields(repo: Repo, checkout: Repo) -> None:
    repo.works("update", ids(repo)["A"], "-p", "high", "-d", "One.\nTwo.")
    assert changed_lines(checkout.git("log", "-p", "-1", REF)) == [
        "-priority: normal",
        "+priority: high",
        "+",
        "+One.",
        "+Two.",
    ]


def test_a_plain_merge_in_a_checkout_merges_fields(repo: Repo, checkout: Repo) -> None:
    """Both sides add a label where the other one does: as text, that is a conflict."""
    a = ids(repo)["A"]
    repo.works("update", a, "-l", "one:x", "-p", "high")
    theirs = repo.git("rev-parse", REF)
    repo.git("update-ref", REF, f"{REF}~1")  # as if in another clone
    repo.works("recover", "--accept-present")
    repo.works("update", a, "-l", "two:y")
    checkout.git("merge", "-q", "--ff-only", REF)
    checkout.git("merge", "-q", "-m", "both", theirs)
    text = checkout.git("show", f"HEAD:{repo.path_of(a)}")
    assert ['"one:x"' in text, '"two:y"' in text, '"priority": "high"' in text] == [True, True, True]
