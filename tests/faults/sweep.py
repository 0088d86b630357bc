"""Every call of every write made to fail, inside one process: fast enough to see all of them often.

    python -m tests.faults.sweep                               every command, every call, one error each, rotating
    python -m tests.faults.sweep --all                         every command, every call, every error, once and for ever
    python -m tests.faults.sweep --command create --errno EIO  one of it

Of the calls that go through `git_jit.store.system.System` number n fails, for n = 1, 2, … until the command is
through before it comes to n. After each the judge looks (`kit/judge.py`): done and published, or a typed error and
not published, or "unknown"; everything that was acknowledged is still there; the next write works.
`tests.faults.syscalls` does the same to the whole process from outside, git's own processes included.

Prints one JSON object and ends with status 1 if anything is wrong.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Final, NamedTuple

from tests.faults.kit.calls import ERRORS, Failing, number
from tests.faults.kit.commands import Command, Workshop, every, workshop
from tests.faults.kit.judge import goes_on, outcome, word_of

MOST_CALLS: Final = 2_000
"""A command that makes more calls than this does not end."""


class Fault(NamedTuple):
    """Call number `at` fails with `error`; `for_ever`: and all that follow."""

    at: int
    error: str
    for_ever: bool


@dataclass
class Report:
    """What was tried and what was found."""

    runs: int = 0
    by_command: dict[str, int] = field(default_factory=dict)
    outcomes: dict[str, int] = field(default_factory=dict)
    found: list[str] = field(default_factory=list)
    seconds: float = 0.0


def rotated(turn: int) -> Iterator[list[Fault]]:
    """For each call one error, the next one at the next call; every third for ever."""
    for at in range(1, MOST_CALLS):
        yield [Fault(at, ERRORS[(at + turn) % len(ERRORS)], for_ever=(at + turn) % 3 == 0)]


def whole(errors: Sequence[str]) -> Iterator[list[Fault]]:
    """For each call every error, once and for ever."""
    for at in range(1, MOST_CALLS):
        yield [Fault(at, error, for_ever) for error in errors for for_ever in (False, True)]


def sweep(shop: Workshop, name: str, command: Command, faults: Iterator[list[Fault]], report: Report) -> None:
    """All faults of one command, call by call, until no call is left to fail."""
    for group in faults:
        fired = [_try(shop, name, command, fault, report) for fault in group]
        if not any(fired):
            return


def _try(shop: Workshop, name: str, command: Command, fault: Fault, report: Report) -> bool:
    with shop.case(command.start) as place:
        system = Failing(fault.at, number(fault.error), for_ever=fault.for_ever)
        before = place.tip()
        done = place.run(*command.words, "--json", stdin=command.stdin, system=system)
        if not system.fired:
            return False
        report.runs += 1
        report.by_command[name] = report.by_command.get(name, 0) + 1
        report.outcomes[word_of(done)] = report.outcomes.get(word_of(done), 0) + 1
        wrong = outcome(place, command, before, done) or goes_on(place, command)
        if wrong:
            report.found.append(f"{name}: {fault.error} at call {fault.at}{' and on' * fault.for_ever}: {wrong}")
    return True


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--command", action="append", choices=sorted(every()), help="only this one; may be repeated")
    parser.add_argument("--errno", type=lambda text: text.split(","), help=f"of {','.join(ERRORS)}")
    parser.add_argument("--all", action="store_true", help="every error at every call, once and for ever")
    parser.add_argument("--turn", type=int, default=0, help="where the rotation begins")
    options = parser.parse_args(arguments)
    report = Report()
    start = time.monotonic()
    with workshop() as shop:
        for name in options.command or sorted(every()):
            faults = whole(options.errno or ERRORS) if options.all or options.errno else rotated(options.turn)
            sweep(shop, name, every()[name], faults, report)
    report.seconds = round(time.monotonic() - start, 1)
    print(json.dumps(asdict(report), indent=1))
    return 1 if report.found else 0


if __name__ == "__main__":
    sys.exit(main())
