"""Long runs of real clones in rounds: each with the next seed, in a directory of its own, and told by its seed."""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.sharing.team import close_all


def in_rounds(about: str | None, *, steps: int, each: int, run: Callable[[int, int, Path], str]) -> int:
    """The program of such a run, `about` it in its help: `--steps` in all, `--each` a round, `--seed` of the first.

    `run(steps, seed, directory)` does one round and says in a few words what it did; what it raises ends the program.
    """
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=steps)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--each", type=int, default=each, help="steps of one run; then a new one with the next seed")
    options = parser.parse_args()
    done, seed, begun = 0, options.seed, time.monotonic()
    while done < options.steps:
        length = min(options.each, options.steps - done)
        with tempfile.TemporaryDirectory(prefix="rounds-") as directory:
            try:
                told = run(length, seed, Path(directory))
            except Exception as error:
                print(f"seed {seed}, {length} steps: {type(error).__name__}: {error}", flush=True)
                raise
            finally:
                close_all()
        done += length
        print(f"seed {seed}: {done} steps, {time.monotonic() - begun:.0f} s: {told}", flush=True)
        seed += 1
    return 0
