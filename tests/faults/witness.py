"""Was anything lost, doubled or told in the wrong order? The chain of commits is the one order there is."""

import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final


def witness(acknowledged: Mapping[str, tuple[int, int]], chain: Sequence[str]) -> str | None:
    """What is wrong with a history, or None.

    `acknowledged`: operation to the times at which it was asked for and answered; `chain`: the operations in
    the order of their commits, oldest first. An operation that was answered before another was asked for must
    come before it: then the chain is a linearisation (Herlihy and Wing, 1990).
    """
    place = {op: i for i, op in enumerate(chain)}
    if len(place) != len(chain):
        doubled = sorted(op for op in place if chain.count(op) > 1)
        return f"doubled: {doubled[:5]}"
    lost = sorted(op for op in acknowledged if op not in place)
    if lost:
        return f"{len(lost)} acknowledged writes lost: {lost[:5]}"
    earliest_answer = float("inf")
    for op in reversed(chain):
        if op in acknowledged:
            asked, answered = acknowledged[op]
            if asked > earliest_answer:
                return f"real-time order inverted at {op}"
            earliest_answer = min(earliest_answer, answered)
    return None


class Unreadable(Exception):
    """The history is broken: an object of it is gone."""


def requests(repository: Path, ref: str = "refs/jit/issues") -> list[str]:
    """The Jit-Request of every commit, oldest first, as git itself reads them."""
    done = subprocess.run(
        ["git", "log", "--reverse", "--first-parent", "--format=%(trailers:key=Jit-Request,valueonly,separator=)", ref],
        cwd=repository,
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise Unreadable(done.stderr.strip())
    return [line for line in done.stdout.split("\n") if line]


def stored(repository: Path, ref: str = "refs/jit/issues") -> set[str]:
    """The ids of all issues at the tip, as git lists them."""
    done = subprocess.run(
        ["git", "ls-tree", "-r", "--name-only", ref, "issues/"],
        cwd=repository,
        check=True,
        capture_output=True,
        text=True,
    )
    return {Path(line).stem for line in done.stdout.splitlines()}


GC_LIMIT_S: Final = 120


def wait_for_gc(repository: Path) -> None:
    marks = [repository / ".git" / "gc.pid", repository / ".git" / "objects" / "maintenance.lock"]
    deadline = time.monotonic() + GC_LIMIT_S
    while any(mark.exists() for mark in marks):
        assert time.monotonic() < deadline, marks
        time.sleep(0.01)


def unsound(repository: Path) -> str:
    """What `git fsck` complains about; empty for a sound repository.

    A gc that runs beside it (our writers ask for one) moves objects while fsck looks for them; it is waited for.
    """
    wait_for_gc(repository)
    done = subprocess.run(
        ["git", "fsck", "--strict", "--no-dangling", "--no-progress"],
        cwd=repository,
        check=False,
        capture_output=True,
        text=True,
    )
    said = "\n".join(line for line in (done.stdout + done.stderr).splitlines() if not line.startswith("notice:"))
    return said if done.returncode or said else ""
