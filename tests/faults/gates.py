"""Commands that misbehave, over and over: `python -m tests.faults.gates --runs 1000`.

Eight kinds of them take turns, several at once. Whatever they do, the answer is right, comes in time, the output has its
bound to the byte, nothing of them is alive afterwards, and the runner has not grown. Prints one JSON object, and ends
with status 1 if any of it was not so (reliability.md, goal G16).
"""

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from git_jit.runner import Bounds, Ended, Ending, Job, survivors
from git_jit.runner.running import run_all

SECONDS = 0.4
"""The time limit of each: long enough for a shell to have started what it leaves behind."""
GRACE = 0.2
LATE_S = 2.0
"""What may pass between the kill and the answer: goal G16 has 7 s for a grace of 5."""
KEPT = 1 << 16
"""Bytes kept of the beginning, and of the end, of each output."""
MARK = len("\n[…  bytes left out …]\n".encode())
GROWTH_MIB = 32.0


class Child(NamedTuple):
    """A kind of bad behaviour, as a script of a shell, and the answers that are right."""

    script: str
    right: frozenset[Ending]
    floods: bool = False


NOTE = "echo $$ > child.$$"
CHILDREN = {
    "hangs": Child(f"{NOTE}; sleep 1000000000", frozenset({Ending.TIMEOUT})),
    "deaf": Child(f"trap '' TERM HUP INT; {NOTE}; while :; do sleep 60; done", frozenset({Ending.TIMEOUT})),
    "session": Child(f"setsid sh -c '{NOTE}; sleep 60' & exit 0", frozenset({Ending.PASSED})),
    "deaf session": Child(
        f"setsid sh -c 'trap \"\" TERM HUP INT; {NOTE}; while :; do sleep 60; done' & sleep 0.05; exit 1",
        frozenset({Ending.FAILED}),
    ),
    "daemon": Child(
        f"(setsid sh -c '{NOTE}; exec sleep 60' >/dev/null 2>&1 &) ; sleep 0.05; exit 0", frozenset({Ending.PASSED})
    ),
    "hidden": Child(
        f"(env -i PATH=/usr/bin:/bin setsid sh -c '{NOTE}; exec sleep 60' &) ; sleep 0.05; exit 0",
        frozenset({Ending.PASSED}),
    ),
    "flood": Child(f"{NOTE}; yes", frozenset({Ending.TIMEOUT}), floods=True),
    "brood": Child(
        f"{NOTE}; for n in 1 2 3 4 5 6 7 8 9 10; do (trap '' TERM; sleep 60) & done; kill -SEGV $$",
        frozenset({Ending.ERROR}),
    ),
}


@dataclass
class Storm:
    """What came of it."""

    runs: int = 0
    endings: Counter[str] = field(default_factory=Counter)
    leaked: int = 0
    """Processes that outlived their command and were ended."""
    slowest_s: float = 0.0
    grown_mib: float = 0.0
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def good(self) -> bool:
        return not self.wrong


def storm(
    directory: Path,
    runs: int,
    at_once: int,
    seed: int,
    *,
    run: Callable[..., list[Ended]] = run_all,
) -> Storm:
    """Run them in batches of `at_once`; after each batch nothing may be left. `run` is what is examined."""
    chance, found, before = random.Random(seed), Storm(), survivors.children()
    begun = time.monotonic()
    kinds = [name for _ in range(-(-runs // len(CHILDREN))) for name in chance.sample(sorted(CHILDREN), len(CHILDREN))]
    first = 0.0
    for number in range(0, runs, at_once):
        batch = kinds[number : min(number + at_once, runs)]
        jobs = [
            _job(directory / f"{number + place}", f"{seed}-{number + place}", name) for place, name in enumerate(batch)
        ]
        started = time.monotonic()
        ended = run(jobs, at_once=at_once)
        found.slowest_s = max(found.slowest_s, time.monotonic() - started)
        for name, job, end in zip(batch, jobs, ended, strict=True):
            _judge(found, name, job, end)
        if left := survivors.below(survivors.children() - before):
            found.wrong.append(f"{len(left)} processes were left by {batch}")
            survivors.end(left)
        first = first or _resident_mib()
    found.grown_mib = round(max(_resident_mib() - first, 0.0), 1)
    if found.grown_mib > GROWTH_MIB:
        found.wrong.append(f"the runner grew by {found.grown_mib} MiB")
    if found.slowest_s > SECONDS + GRACE + LATE_S:
        found.wrong.append(f"an answer took {found.slowest_s:.1f} s")
    found.seconds = round(time.monotonic() - begun, 1)
    return found


def _job(place: Path, cookie: str, name: str) -> Job:
    place.mkdir(parents=True)
    return Job(
        argv=("sh", "-c", CHILDREN[name].script),
        cwd=str(place),
        environ={"PATH": os.environ["PATH"]},
        output=str(place / "out"),
        cookie=f"storm-{os.getpid()}-{cookie}",
        bounds=Bounds(seconds=SECONDS, grace=GRACE, head=KEPT, tail=KEPT),
    )


def _judge(found: Storm, name: str, job: Job, ended: Ended) -> None:
    found.runs += 1
    found.endings[f"{name}: {ended.ending}"] += 1
    found.leaked += ended.leaked
    child = CHILDREN[name]
    if ended.ending not in child.right:
        found.wrong.append(f"'{name}' was called {ended.ending} ({ended.cause})")
    size = Path(job.output).stat().st_size
    if child.floods and size != 2 * KEPT + MARK + len(str(ended.left_out)):
        found.wrong.append(f"'{name}' left an output of {size} bytes, {ended.left_out} were left out")
    for file in Path(job.cwd).glob("child.*"):
        if _is_alive(file.read_text().strip(), job.cwd):
            found.wrong.append(f"a process of '{name}' is alive")
    if survivors.with_cookie(job.cookie, survivors.every_process()):
        found.wrong.append(f"a process with the cookie of '{name}' is alive")


def _is_alive(pid: str, cwd: str) -> bool:
    """Whether it is, and is the one that was meant: numbers are used again, and other programs run here too."""
    try:
        return (
            str(Path(f"/proc/{pid}/cwd").readlink()) == os.path.realpath(cwd)
            and Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
        )
    except OSError:
        return False


def _resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--at-once", type=int, default=4)
    parser.add_argument("--seed", type=int, default=20261121)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="git-jit-gates-", ignore_cleanup_errors=True) as directory:
        found = storm(Path(directory), options.runs, options.at_once, options.seed)
    print(json.dumps({**vars(found), "wrong": found.wrong[:10], "good": found.good}, indent=1))
    return 0 if found.good else 1


if __name__ == "__main__":
    sys.exit(main())
