"""Healthy clones are called healthy; the full thousand is `python -m tests.faults.healthy`."""

from pathlib import Path

import pytest

from tests.faults.healthy import FalseAlarm, Life, examine, live
from tests.store.damage import healthy, no_reflog


@pytest.mark.parametrize("seed", range(1000, 1025))
def test_ordinary_use_raises_no_alarm(tmp_path: Path, seed: int) -> None:
    live(seed, tmp_path)


def test_an_alarm_would_be_heard(tmp_path: Path) -> None:
    (tmp_path / "clone").mkdir()
    place = healthy(tmp_path / "clone")
    life = Life(tmp_path, None)  # type: ignore[arg-type]
    examine(life, 0)
    no_reflog(place)
    with pytest.raises(FalseAlarm, match="reflog_missing"):
        examine(life, 0)
