"""Clones that claim, part and meet again, in short; `python -m tests.faults.parted --steps 2000` is the long run."""

from pathlib import Path

import pytest

from tests.faults.parted import simulate
from tests.sharing.team import close_all


@pytest.mark.parametrize(("seed", "authority"), [(1, True), (2, False)], ids=["remote", "local"])
def test_clones_agree_who_holds_what_and_each_loss_is_told_once(seed: int, authority: bool, tmp_path: Path) -> None:
    try:
        assert simulate(18, seed, tmp_path, authority=authority).done.total() > 5
    finally:
        close_all()
