"""Power cuts: a command is recorded, and every state that a cut may leave of it is built and looked at.

    python -m tests.faults.replay --command create
    python -m tests.faults.replay --all                    the 2,400 states of goal G2 and more
    python -m tests.faults.replay --command create --durability fast

In each state (`kit/disk.py` says which there are) the issues must be readable as they were before or after the command;
if the command had answered, as they are after; the same command, or if it is done another write, must work; and a part
of the states is given to `git fsck` too. With `--durability fast` an answer promises less: what is found then is
counted and shown, and is no failure.

Prints one JSON object and ends with status 1 if anything is wrong. Needs strace.
"""

import argparse
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import NamedTuple

from git_jit.paths import CLAIMS
from tests.faults.kit import strace
from tests.faults.kit.commands import Command, Done, Place, Workshop, every, workshop
from tests.faults.kit.disk import Operation, Recorder, State, build, listing, states
from tests.faults.kit.judge import UNKNOWN, goes_on, outcome

FSCK_EACH = 10
"""One of so many states is looked at by git itself: a process costs as much as everything else."""


@dataclass
class Report:
    """What was tried and what was found."""

    durability: str = "full"
    states: int = 0
    acknowledged: int = 0
    """States after the answer."""
    by_command: dict[str, int] = field(default_factory=dict)
    operations: dict[str, int] = field(default_factory=dict)
    found: list[str] = field(default_factory=list)
    seconds: float = 0.0


class Recording(NamedTuple):
    """A command that ran once, and the disk before it."""

    command: Command
    base: Place
    after: str | None
    """What the reference names afterwards."""
    names: dict[str, int]
    content: dict[int, bytes]
    operations: list[Operation]
    acknowledged: int
    """The number of operations after which it had answered."""


def record(shop: Workshop, command: Command, program: Path, durability: str) -> Recording:
    """Run the command on a copy of its start; the copy is made again, to build states from."""
    path = shop.new_path()
    base = shop.start(command.start).copy(path)
    base.git("config", "jit.durability", durability)
    before = path.with_name(f"{path.name}-before")
    base.copy(before)
    names, content = listing(path)
    environ = strace.environment(base.environ, program)
    calls = strace.record([*command.words, "--json"], path, environ, command.stdin)
    recorder = Recorder(str(path), names, content)
    recorder.take(calls)
    after = base.tip()
    shutil.rmtree(path)
    assert recorder.acknowledged is not None, "it has not answered"
    untouched = Place(before)
    untouched.tokens = base.tokens
    return Recording(command, untouched, after, names, content, recorder.operations, recorder.acknowledged)


def look(recording: Recording, state: State, place: Place, *, with_git: bool) -> str | None:
    """What is wrong in this state; None if nothing is."""
    command, before = recording.command, recording.base.tip()
    if state.after >= recording.acknowledged and place.tip() != recording.after:
        return "it had answered, and the change is not there"
    if place.tip() not in {before, recording.after}:
        return f"the reference names '{place.tip()}'"
    wrong = outcome(place, command, before, Done(UNKNOWN, "", ""))
    if wrong is None and with_git and place.tip() is not None:
        wrong = _unsound(place)
    if wrong is None and place.tip() == before and command.claims is None:
        done = place.run(*command.words, "--json", stdin=command.stdin)
        wrong = f"the command fails now: {done.out[:300]}" if done.status else outcome(place, command, before, done)
    return wrong or goes_on(place, command)


def _unsound(place: Place) -> str | None:
    done = subprocess.run(
        ["git", "fsck", "--strict", "--no-dangling", "--no-progress"],
        cwd=place.path,
        env=place.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    said = [line for line in done.stderr.splitlines() if not line.startswith("notice:")]
    return f"git fsck: {said[:3]}" if done.returncode else None


def replay(shop: Workshop, name: str, report: Report, program: Path, *, most: int | None = None) -> None:
    """All states of one command, or `most` of them, evenly chosen."""
    recording = record(shop, every()[name], program, report.durability)
    replay_recording(shop, name, recording, report, most=most)
    shutil.rmtree(recording.base.path)


def replay_recording(
    shop: Workshop, name: str, recording: Recording, report: Report, *, most: int | None = None
) -> None:
    """Build and judge what a recorded command may have left; in a choice, all states after its answer are."""
    report.operations[name] = len(recording.operations)
    found = list(states(recording.names, recording.content, recording.operations))
    each = 1 if most is None else -(-len(found) // most)
    chosen = [s for at, s in enumerate(found) if at % each == 0 or s.after >= recording.acknowledged]
    for number, state in enumerate(chosen):
        path = shop.new_path()
        build(recording.base.path, path, recording.names, recording.content, state)
        place = Place(path, ids=2000, second=100 if recording.base.tokens else 6000)  # while claims are good
        place.environ |= recording.base.tokens
        place.claimed, place.moved = place.tip(CLAIMS), True
        wrong = look(recording, state, place, with_git=number % FSCK_EACH == 0)
        shutil.rmtree(path)
        report.states += 1
        report.acknowledged += state.after >= recording.acknowledged
        report.by_command[name] = report.by_command.get(name, 0) + 1
        if wrong:
            last = recording.operations[state.after - 1] if state.after else None
            where = f"{last.kind} {last.path}{last.target and ' ' + last.target}" if last else "the start"
            report.found.append(f"{name}: cut after operation {state.after} ({where}): {wrong}")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--command", action="append", choices=sorted(every()), help="only this one; may be repeated")
    parser.add_argument("--all", action="store_true", help="every mutating command")
    parser.add_argument("--durability", choices=["full", "fast"], default="full")
    parser.add_argument("--most", type=int, help="at most so many states a command")
    options = parser.parse_args(arguments)
    if not strace.available():
        print("there is no strace that may trace", file=sys.stderr)
        return 2
    report = Report(durability=options.durability)
    start = time.monotonic()
    with workshop() as shop:
        program = strace.package(shop.directory)
        for name in options.command or (sorted(every()) if options.all else ["create"]):
            replay(shop, name, report, program, most=options.most)
            print(f"{name}: {report.by_command[name]} states", file=sys.stderr, flush=True)
    report.seconds = round(time.monotonic() - start, 1)
    print(json.dumps(asdict(report), indent=1))
    return 1 if report.found and options.durability == "full" else 0


if __name__ == "__main__":
    sys.exit(main())
