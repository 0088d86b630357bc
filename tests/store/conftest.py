"""What tests of the store share: an ordinary repository, and trackers that are closed again."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.store import trackers
from tests.store.gitrepo import Place, ordinary


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return ordinary(tmp_path)


@pytest.fixture(autouse=True)
def closing() -> Iterator[None]:
    yield
    while trackers.OPEN:
        trackers.OPEN.pop().close()
