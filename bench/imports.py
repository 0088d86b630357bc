"""Scenario 5: which modules a command loads, and what importing them takes.

Counts do not depend on the machine; `tests/cli/test_imports.py` says which are allowed, this says what they cost.
"""

import re
import subprocess
from collections.abc import Sequence

from bench.environment import Environment
from bench.figures import Figure
from bench.workspaces import Workspace

IMPORTED = re.compile(r"^import time:\s+(\d+) \|\s+\d+ \|\s*(\S+)$", re.MULTILINE)
ROUNDS = 5
"""The least of so many: whatever else the machine did only adds."""
RUN = "import sys; sys.argv = ['git-jit', *sys.argv[1:]]; from git_jit.__main__ import main; main()"


def run(environment: Environment, workspace: Workspace) -> list[Figure]:
    commands: dict[str, Sequence[str]] = {
        "--version": ["--version"],
        "completion of an id": ["__complete", "--", "show", workspace.open.id[:2]],
        "list": ["list"],
        "ready": ["ready"],
        "show": ["show", workspace.open.id],
        "search": ["search", "crash"],
        "graph export": ["graph", "export"],
        "update": ["update", workspace.open.id, "-p", "low"],
        "create": ["create", "Repair the door"],
        "bulk-update": ["issue", "bulk-update", "--filter", f"id:{workspace.open.id}", "--estimate", "9", "--dry-run"],
        "import": ["import", "--from", "jsonl", "/dev/null", "--dry-run"],
    }
    bare = {name for _, name in _imports(environment, workspace, ["-c", "pass"])}
    figures = []
    for name, words in commands.items():
        loaded = _imports(environment, workspace, ["-c", RUN, *words])
        own = [(cost, module) for cost, module in loaded if module not in bare]
        figures += [
            Figure("modules", name, len(own), "modules"),
            Figure("import time", name, sum(cost for cost, _ in own) / 1000, "ms"),
        ]
    return figures


def dearest(environment: Environment, workspace: Workspace, words: Sequence[str], count: int = 12) -> list[str]:
    """The modules whose own code takes longest to import, with microseconds."""
    loaded = sorted(_imports(environment, workspace, ["-c", RUN, *words]), reverse=True)
    return [f"{module} {cost}" for cost, module in loaded[:count]]


def _imports(environment: Environment, workspace: Workspace, words: Sequence[str]) -> list[tuple[int, str]]:
    """Microseconds of itself and name of every module imported, in the quickest of some runs."""
    runs = [_import_once(environment, workspace, words) for _ in range(ROUNDS)]
    return min(runs, key=lambda run: sum(cost for cost, _ in run))


def _import_once(environment: Environment, workspace: Workspace, words: Sequence[str]) -> list[tuple[int, str]]:
    done = subprocess.run(
        [environment.python, "-X", "importtime", *words],
        cwd=workspace.path, env=environment.variables, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return [(int(cost), name) for cost, name in IMPORTED.findall(done.stderr)]
