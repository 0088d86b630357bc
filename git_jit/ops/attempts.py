"""Turns of a loop that may lose races for the claims, with a pause in between and an end."""

import time
from collections.abc import Iterator

from git_jit.errors import Contention
from git_jit.ops import FIRST_DELAY_S, MAX_DELAY_S


class ClaimsBusy(Contention):
    """Other writers were faster, again and again."""

    code = "claims_busy"


def attempts(budget: float) -> Iterator[int]:
    """Turns of a loop that loses races: full jitter in between. Raises `ClaimsBusy` after `budget` seconds."""
    from random import uniform

    deadline, delay, n = time.monotonic() + budget, FIRST_DELAY_S, 0
    while True:
        yield n
        n += 1
        if time.monotonic() >= deadline:
            raise ClaimsBusy(
                f"others kept the claims busy for {budget:g} s", hint="run the same command again in a moment"
            )
        time.sleep(uniform(0, delay))
        delay = min(delay * 2, MAX_DELAY_S)
