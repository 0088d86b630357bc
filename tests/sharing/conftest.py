from collections.abc import Iterator

import pytest

from tests.sharing.team import OPENED


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """What a test opened is closed when it is over."""
    yield
    while OPENED:
        OPENED.pop().close()
