"""What it costs to know that all is well: `health`, and `validate` with and without a memory of the last run."""

import subprocess
from collections.abc import Iterator, Mapping
from itertools import count

from bench.figures import Figure
from bench.harness import Case, Harness
from bench.workspaces import Workspace, Workspaces

HEALTH_MS = 50.0
"""What a page that asks every few seconds may wait for."""
AGAIN = 14.0
"""Two and a half times a list."""
CHANGED_MS = 1_000.0
FIRST_MS: Mapping[int, float] = {1_000: 1_000, 10_000: 6_000}
MOST = 10_000
"""With more issues the first validation takes a minute a round."""


def run(harness: Harness, workspace: Workspace) -> list[Figure]:
    """Health; validation that remembers the last run, one issue after it, and one that remembers nothing."""
    harness.cwd = workspace.path
    words, n = ["git", "jit", "validate"], workspace.size
    numbers = count()

    def change() -> None:
        update = ["git", "jit", "update", workspace.open.id, "--estimate", str(next(numbers))]
        subprocess.run(update, cwd=workspace.path, env=harness.environment.variables, check=True, capture_output=True)

    def forget() -> None:
        (workspace.index.parent / "notes" / "validated").unlink(missing_ok=True)

    cases = [
        Case("health", ["git", "jit", "health"], HEALTH_MS, True),
        Case("validate again", words, AGAIN, silent=True),
        Case("validate after one change", words, CHANGED_MS, True, prepare=change, silent=True),
        Case("validate, the first time", words, FIRST_MS.get(n), True, prepare=forget, silent=True),
    ]
    return harness.measure("validation", cases if n <= MOST else cases[:1], n)


def all_sizes(harness: Harness, workspaces: Workspaces, sizes: list[int]) -> Iterator[Figure]:
    for size in sizes:
        yield from run(harness, workspaces.get(size))
