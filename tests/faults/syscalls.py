"""Every system call of a whole command made to fail, from outside, git's processes included; or the process killed there.

    python -m tests.faults.syscalls --command create --errno ENOSPC,EIO --when both --jobs 2
    python -m tests.faults.syscalls --command create --every            every error and KILL at every call
    python -m tests.faults.syscalls --all --jobs 2                      every command, one error a call, rotating

First the command is recorded with strace(1); then it runs once for each of its calls that change files below the
repository (or end such a change), each time on a fresh copy on a file system in memory, with that call failing:
`once`, or it and all later calls of its name (`on`). Then: no traceback, a documented exit status, "done" only if
it is published, "no" only if it is not, everything from before still there, and the next write works.

Prints one JSON object and ends with status 1 if anything is wrong. Needs strace.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from threading import Lock
from typing import Final

from tests.faults.kit import strace
from tests.faults.kit.calls import ERRORS
from tests.faults.kit.commands import Command, Done, Workshop, every, workshop
from tests.faults.kit.judge import UNKNOWN, goes_on, outcome, word_of
from tests.faults.kit.strace import Call, Injection, Struck

KILL: Final = "KILL"
ONCE_ONLY: Final = frozenset({KILL, "EINTR"})
"""Who is dead dies no second time; and an interrupted call is repeated until it is not interrupted, by everybody."""
INDEX_EACH: Final = 9
"""Of the writes of SQLite to the index, which may be deleted at any time, one of so many."""
UNTOLD: Final = "output_failed"
"""It may be published, but when every write, or every file that is opened, fails, nobody can be told anything."""
SPEECH: Final = frozenset({"write", "openat", "close"})
"""What it takes to answer, parts of the program that are loaded for it included."""
FATAL: Final = 128


@dataclass
class Report:
    """What was tried and what was found."""

    runs: int = 0
    missed: int = 0
    """Runs in which the command ended before it came to the call."""
    points: dict[str, int] = field(default_factory=dict)
    by_command: dict[str, int] = field(default_factory=dict)
    outcomes: dict[str, int] = field(default_factory=dict)
    unexplained: list[str] = field(default_factory=list)
    """Refusals without an error object, because it could not be written."""
    found: list[str] = field(default_factory=list)
    seconds: float = 0.0


def points(calls: Sequence[Call], directory: str) -> list[tuple[str, int, bool]]:
    """Name, ordinal, and whether it is git's, of every call worth to fail."""
    main = calls[0].pid
    writing: set[tuple[int, str]] = set()
    index = 0
    found = []
    for call in calls:
        key = (call.pid, str(call.args[0]))
        if call.name == "openat" and call.result >= 0:
            key = (call.pid, str(call.result))
            (writing.add if call.changes() else writing.discard)(key)
        if not call.is_below(directory) or not call.changes() or (call.name == "close" and key not in writing):
            continue
        if "index.sqlite" in call.paths[0]:
            index += 1
            if index % INDEX_EACH:
                continue
        found.append((call.name, call.nth, call.pid != main))
    return list(dict.fromkeys(found))


def injections(found: Iterable[tuple[str, int, bool]], errors: Sequence[str], when: str) -> Iterator[Injection]:
    """Every error at every point."""
    for name, nth, inside in found:
        for error in errors:
            for on in (False, True):
                if when in {"both", "on" if on else "once"} and not (on and error in ONCE_ONLY):
                    yield Injection(name, nth, error, on, inside)


def rotating(found: Iterable[tuple[str, int, bool]], turn: int) -> Iterator[Injection]:
    """One error a point, the next one at the next; every third for ever; every fourth point dies as well."""
    for at, (name, nth, inside) in enumerate(found, turn):
        error = ERRORS[at % len(ERRORS)]
        yield Injection(name, nth, error, at % 3 == 0 and error not in ONCE_ONLY, inside)
        if at % 4 == 0:
            yield Injection(name, nth, KILL, inside_git=inside)


class Bench:
    """Where commands are struck: the program, the repositories, and the report."""

    def __init__(self, shop: Workshop) -> None:
        self.shop = shop
        self.program: Path = strace.package(shop.directory)
        self.report = Report()
        self._guard = Lock()

    def points_of(self, name: str, command: Command) -> list[tuple[str, int, bool]]:
        with self.shop.case(command.start) as place:
            environ = strace.environment(place.environ, self.program)
            calls = strace.record([*command.words, "--json"], place.path, environ, command.stdin)
            found = points(calls, str(place.path))
        self.report.points[name] = len(found)
        return found

    def strike(self, name: str, command: Command, injection: Injection) -> None:
        with self.shop.case(command.start) as place:
            environ = strace.environment(place.environ, self.program)
            before = place.tip()
            struck = strace.strike(injection, [*command.words, "--json"], place.path, environ, command.stdin)
            done = _done(struck, injection)
            with self._guard:
                wrong = None if not struck.hit else outcome(place, command, before, done) or goes_on(place, command)
                self._note(name, injection, struck, done, wrong)

    def _note(self, name: str, injection: Injection, struck: Struck, done: Done, wrong: str | None) -> None:
        if not struck.hit:
            self.report.missed += 1
            return
        self.report.runs += 1
        self.report.by_command[name] = self.report.by_command.get(name, 0) + 1
        word = "killed" if struck.status < 0 else kind_of(done, struck)
        self.report.outcomes[word] = self.report.outcomes.get(word, 0) + 1
        if word.startswith("status"):
            self.report.unexplained.append(f"{name}: {injection}: {struck.err.decode('utf-8', 'replace')[-200:]}")
        if wrong:
            self.report.found.append(f"{name}: {injection}: {wrong} [{struck.hit[0][-160:]}]")


def _done(struck: Struck, injection: Injection) -> Done:
    """How it ended, as the judge wants it. Who died, or could not speak, said nothing."""
    err = struck.err.decode("utf-8", "replace")
    silent = struck.status == FATAL and injection.for_ever and injection.name in SPEECH and not struck.out
    if struck.status < 0 or silent:
        return Done(UNKNOWN, "", err)
    return Done(struck.status, struck.out.decode("utf-8", "replace"), err)


def kind_of(done: Done, struck: Struck) -> str:
    if done.status == 0:
        return "done"
    if struck.status == FATAL and done.status == UNKNOWN:
        return UNTOLD
    return word_of(done) if done.out.startswith("{") else f"status {done.status}"


def run(bench: Bench, names: Sequence[str], options: argparse.Namespace) -> None:
    with ThreadPoolExecutor(options.jobs) as pool:
        for name in names:
            command = every()[name]
            found = bench.points_of(name, command)
            errors = [*ERRORS, KILL] if options.every else options.errno
            cases = injections(found, errors, options.when) if errors else rotating(found, options.turn)
            chosen = list(cases)[:: options.stride]
            list(pool.map(bench.strike, [name] * len(chosen), [command] * len(chosen), chosen))
            print(f"{name}: {bench.report.by_command.get(name, 0)} runs", file=sys.stderr, flush=True)


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--command", action="append", choices=sorted(every()), help="only this one; may be repeated")
    made.add_argument("--all", action="store_true", help="every mutating command")
    made.add_argument("--errno", type=lambda text: text.split(","), help=f"of {','.join(ERRORS)},{KILL}")
    made.add_argument("--every", action="store_true", help="every error at every call, and KILL")
    made.add_argument("--when", choices=["once", "on", "both"], default="both")
    made.add_argument("--turn", type=int, default=0, help="where the rotation begins")
    made.add_argument("--stride", type=int, default=1, help="only one of so many cases")
    made.add_argument("--jobs", type=int, default=1)
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    if not strace.available():
        print("there is no strace that may trace", file=sys.stderr)
        return 2
    start = time.monotonic()
    with workshop() as shop:
        bench = Bench(shop)
        run(bench, options.command or (sorted(every()) if options.all else ["create"]), options)
    bench.report.seconds = round(time.monotonic() - start, 1)
    print(json.dumps(asdict(bench.report), indent=1))
    return 1 if bench.report.found else 0


if __name__ == "__main__":
    sys.exit(main())
