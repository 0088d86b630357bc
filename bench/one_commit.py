"""What publishing one change takes inside a process, by back end and durability, and its waits for the disk."""

import os
import shutil
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.figures import Figure
from bench.workspaces import Workspace, message
from git_jit.model import Issue, Oid
from git_jit.record import replace
from git_jit.store.backend import Durability
from git_jit.store.backends import BackendName
from git_jit.store.repository import Repository
from git_jit.view import Plan

BACKENDS: tuple[BackendName, ...] = ("files", "libgit2", "plumbing")
IN_PACK = 100
"""Issues of the larger commit: enough for the back end to write a pack."""


def run(workspace: Workspace, scratch: Path, variables: dict[str, str], rounds: int) -> list[Figure]:
    """On copies, so that every combination begins alike. The index is brought up to date by each commit too."""
    figures = []
    for durability in Durability:
        for backend in BACKENDS:
            place = scratch / f"commit-{backend}-{durability}"
            shutil.copytree(workspace.path, place)
            store = Repository.open(str(place), variables, backend=backend, durability=durability)
            name = f"{backend}, {durability}"
            for count in (1, IN_PACK):
                issues = workspace.issues[:count]
                with counted_fsyncs() as fsyncs:
                    took = [_commit(store, issues, number) for number in range(rounds + 1)][1:]
                what = f"commit of {len(issues)}"
                figures.append(Figure(what, name, statistics.median(took), "ms", workspace.size))
                if backend == "files":
                    waits = fsyncs[0] / (rounds + 1)
                    figures.append(Figure(f"{what}: fsyncs", name, waits, "", workspace.size))
            store.close()
    return figures


def _commit(store: Repository, issues: Sequence[Issue], number: int) -> float:
    """Milliseconds for new titles of `issues`."""
    changed = {issue.id: replace(issue, title=f"Title {number} {len(issues)}") for issue in issues}
    base: Oid = store.tip()
    start = time.perf_counter()
    store.commit(Plan(issues=changed), base=base, message=message("update", f"{number}-{len(issues)}"))
    return (time.perf_counter() - start) * 1000


@contextmanager
def counted_fsyncs() -> Iterator[list[int]]:
    """How often this process waits for the disk in the body, in a list of one; children of git are not seen."""
    count = [0]
    real = os.fsync

    def counting(fd: int) -> None:
        count[0] += 1
        real(fd)

    os.fsync = counting  # type: ignore[assignment]
    try:
        yield count
    finally:
        os.fsync = real
