"""Clones that part and meet again, in short; `python -m tests.faults.clones --steps 10000` is the long run."""

from pathlib import Path

import pytest

from tests.faults.clones import simulate
from tests.sharing.team import close_all


@pytest.mark.parametrize("seed", [1, 2])
def test_clones_come_together_and_nothing_that_was_acknowledged_is_lost(seed: int, tmp_path: Path) -> None:
    try:
        simulate(60, seed, tmp_path)
    finally:
        close_all()
