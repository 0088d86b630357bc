"""`python -m bench [NAME…]`: measure, print Markdown, keep JSON, compare with an earlier run.

python -m bench                                     everything, to 10,000 issues
python -m bench commands --sizes 100000             the documented large run
python -m bench validation                          only health and validate
python -m bench commands --sizes 10 --rounds 1 --here   a look, in seconds
python -m bench --json new.json --compare docs/performance/baseline.json
python -m bench --plot docs/performance
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import commands, environment, figures, hooks, imports, one_commit, plot, validation, weight, writers
from bench.figures import Figure, Report
from bench.harness import ROUNDS, Harness, load
from bench.workspaces import Workspaces

SIZES = "10,100,1000,10000"
USUAL = 1_000
"""The size of what is measured at one size only, if so many are asked for."""
UPDATES = 10_000
"""Single updates of `weight`, in as many issues."""
WRITES = 100
"""Of each process of `writers`; the first slow ones must not decide what p99 is."""

RACES = 200
"""Issues that 16 processes race for in `claims`: two beyond the 99th percentile of those who get one."""


@dataclass(frozen=True, slots=True)
class Run:
    """What every benchmark may use."""

    environment: environment.Environment
    workspaces: Workspaces
    scratch: Path
    sizes: list[int]
    rounds: int

    @property
    def usual(self) -> int:
        return min(USUAL, max(self.sizes))


def _commands(run: Run) -> Iterator[Figure]:
    harness = Harness(run.environment, run.scratch, run.rounds)
    yield from commands.all_sizes(harness, run.workspaces, run.sizes, run.scratch)


def _hooks(run: Run) -> list[Figure]:
    harness = Harness(run.environment, run.scratch, run.rounds)
    return hooks.run(harness, run.workspaces.get(run.usual), run.scratch)


def _validation(run: Run) -> Iterator[Figure]:
    harness = Harness(run.environment, run.scratch, run.rounds)
    yield from validation.all_sizes(harness, run.workspaces, run.sizes)


def _queries(run: Run) -> list[Figure]:
    from bench import queries  # imports pytest, which nothing else needs

    return queries.run(quick=run.rounds < ROUNDS)


def _imports(run: Run) -> list[Figure]:
    return imports.run(run.environment, run.workspaces.get(run.usual))


def _one_commit(run: Run) -> list[Figure]:
    return one_commit.run(run.workspaces.get(run.usual), run.scratch, run.environment.variables, run.rounds)


def _merging(run: Run) -> list[Figure]:
    from bench import merging  # brings the whole merge, which nothing else needs

    return merging.run(run.workspaces.get(run.usual), run.scratch, run.environment.variables, run.rounds)


def _writers(run: Run) -> list[Figure]:
    if run.rounds < ROUNDS:
        return writers.run(run.scratch, 3, (1, 2))
    return writers.run(run.scratch, WRITES)


def _gates(run: Run) -> list[Figure]:
    from bench import gates  # brings the runner, which nothing else needs

    own = Workspaces(run.scratch / "gates", run.environment.variables)
    return gates.run(Harness(run.environment, run.scratch, run.rounds), own)


def _claims(run: Run) -> list[Figure]:
    from bench import claims  # brings the races, which nothing else needs

    own = Workspaces(run.scratch / "claims", run.environment.variables)
    harness = Harness(run.environment, run.scratch, run.rounds)
    return claims.run(harness, own.get(run.usual), run.scratch / "claims", RACES if run.rounds >= ROUNDS else 2)


def _weight(run: Run) -> list[Figure]:
    own = Workspaces(run.scratch / "weight", run.environment.variables)  # nobody else wants 10,000 more commits
    size = min(max(run.sizes), UPDATES)
    return weight.run(own.get(size), run.environment.variables, size)


BENCHMARKS: dict[str, Callable[[Run], "Sequence[Figure] | Iterator[Figure]"]] = {
    "commands": _commands,
    "validation": _validation,
    "hooks": _hooks,
    "gates": _gates,
    "claims": _claims,
    "queries": _queries,
    "imports": _imports,
    "one_commit": _one_commit,
    "merging": _merging,
    "writers": _writers,
    "weight": _weight,
}


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}; without one, all")
    made.add_argument("--sizes", default=SIZES, help=f"numbers of issues (default: {SIZES})")
    made.add_argument("--rounds", type=int, default=ROUNDS, help=f"runs of each command (default: {ROUNDS})")
    made.add_argument("--here", action="store_true", help="use this environment instead of a real install")
    made.add_argument("--json", type=Path, metavar="FILE", help="keep the figures")
    made.add_argument(
        "--compare", type=Path, metavar="FILE", help="report what changed by more than 10 %%; status 1 for a regression"
    )
    made.add_argument(
        "--slower",
        type=float,
        default=figures.SLOWER,
        metavar="FACTOR",
        help=f"a regression ({figures.SLOWER})",
    )
    made.add_argument("--plot", type=Path, metavar="DIR", help="draw time against scale")
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    unknown = [name for name in options.names if name not in BENCHMARKS]
    if unknown:
        print(f"no benchmark is called {', '.join(unknown)}", file=sys.stderr)
        return 2
    for variable in ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH"):
        os.environ.pop(variable, None)
    with tempfile.TemporaryDirectory(prefix="git-jit-bench-", ignore_cleanup_errors=True) as directory:
        report = measure(options, Path(directory))
    return tell(report, options)


def measure(options: argparse.Namespace, scratch: Path) -> Report:
    place = environment.here(scratch) if options.here else environment.installed(scratch)
    for complaint in place.complaints:
        print(f"warning: {complaint}", file=sys.stderr)
    run = Run(
        environment=place,
        workspaces=Workspaces(scratch, place.variables),
        scratch=scratch,
        sizes=sorted(int(size) for size in options.sizes.split(",")),
        rounds=options.rounds,
    )
    report = Report(figures.machine(place.python) | {"complaints": list(place.complaints), "rounds": options.rounds})
    loads = report.machine["load"] = {}
    for name in options.names or BENCHMARKS:
        loads[name] = round(load(), 2)
        print(f"{name} … (load {load():.2f})", file=sys.stderr, flush=True)
        report.figures.extend(BENCHMARKS[name](run))
    return report


def tell(report: Report, options: argparse.Namespace) -> int:
    """Print and keep what was found; 1 if it is compared and something became slower, else 0."""
    status = 0
    print(figures.tables(report.figures))
    missed = figures.misses(report.figures)
    print(f"{len(missed)} targets missed" + "".join(f"\n- {miss}" for miss in missed))
    print(f"machine: {report.machine}")
    if options.compare:
        before = Report.load(options.compare)
        found = figures.changes(before, report)
        print(f"{len(found)} differ by more than 10 %" + "".join(f"\n- {line}" for line in found))
        slower = figures.regressions(before, report, options.slower)
        print(figures.told(slower, options.slower))
        if warning := figures.another_machine(before, report):
            print(f"warning: {warning}")
        status = 1 if slower else 0
    if options.json:
        report.save(options.json)
    if options.plot:
        plot.draw(report.figures, options.plot)
    return status


if __name__ == "__main__":
    sys.exit(main())
