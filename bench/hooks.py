"""What hooks cost whoever commits, merges and pushes: each alone, and a whole `git commit` with and without them.

The words are those of the installed block, so the shell that starts the program is part of the figure.
"""

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path

from bench.figures import Figure
from bench.harness import Case, Harness
from bench.workspaces import Workspace

QUIET: Mapping[str, float] = {"pre-commit": 3.0, "commit-msg": 3.0, "pre-push": 3.0, "post-merge": 5.0}
"""Times the bare interpreter, with nothing to say (performance.md: 3 for pre-commit)."""
CHANGED_MS = 1_000.0
"""After a change of the issues: what changed is judged, and the graph."""
PUSH_MS = 2_000.0
PUBLISHED = "refs/heads/jit/issues"


def run(harness: Harness, workspace: Workspace, scratch: Path) -> list[Figure]:
    """All hooks, in a copy of the workspace that has code and a server beside it."""
    place, server = scratch / "hooks", scratch / "hooks-server"
    shutil.copytree(workspace.path, place)
    git = _Git(place, harness.environment.variables)
    git("init", "-q", "--bare", str(server))
    git("commit", "-q", "--allow-empty", "-m", "first")
    git("commit", "-q", "--allow-empty", "-m", "second")
    git("update-ref", "ORIG_HEAD", "HEAD~1")
    git("push", "-q", str(server), "HEAD:refs/heads/main", f"refs/jit/issues:{PUBLISHED}")
    _Git(server, harness.environment.variables)("jit", "hooks", "install", "--server")
    (place / ".git/COMMIT_EDITMSG").write_text("third\n\nSigned-off-by: Ada <ada@example.org>\n")
    git("jit", "hooks", "install")
    harness.cwd = place
    cases = [*_quiet(), *_judging(git, workspace), *_whole(git, server)]
    return harness.measure("hooks", cases, workspace.size)


def _quiet() -> Iterator[Case]:
    words: Mapping[str, list[str]] = {
        "commit-msg": [".git/COMMIT_EDITMSG"],
        "post-merge": ["0"],
        "pre-push": ["o", "u"],
    }
    for name, target in QUIET.items():
        yield Case(f"{name}, nothing to say", [f".git/hooks/{name}", *words.get(name, [])], target, silent=True)


def _judging(git: "_Git", workspace: Workspace) -> Iterator[Case]:
    numbers = count()

    def change() -> None:
        git("jit", "update", workspace.open.id, "--estimate", str(next(numbers)))

    words = [".git/hooks/pre-commit"]
    yield Case("pre-commit after one change", words, CHANGED_MS, True, prepare=change, silent=True)
    message = git.path / "NAMING"
    message.write_text(f"third\n\nJit: {workspace.open.id}\n")
    words = [".git/hooks/commit-msg", str(message)]
    yield Case("commit-msg that names an issue", words, CHANGED_MS, True, silent=True)


def _whole(git: "_Git", server: Path) -> Iterator[Case]:
    """git's own commands, with and without hooks."""
    numbers = count()
    words = ["git", "commit", "-q", "--allow-empty", "-m", "{round}"]

    def install() -> None:
        git("jit", "hooks", "install")

    def grow() -> None:
        install()
        git("jit", "create", f"Pushed {next(numbers)}")

    push = ["git", "push", "-q", str(server), f"refs/jit/issues:{PUBLISHED}"]
    yield Case("git commit with hooks", words, prepare=install, silent=True)
    yield Case("git commit without hooks", [*words, "--no-verify"], silent=True)
    yield Case("git push of one change, judged here and there", push, PUSH_MS, True, prepare=grow, silent=True)


class _Git:
    def __init__(self, path: Path, variables: Mapping[str, str]) -> None:
        self.path = path
        self._variables = variables

    def __call__(self, *words: str) -> None:
        subprocess.run(["git", *words], cwd=self.path, env=self._variables, check=True, capture_output=True)
