from collections.abc import Iterator

import pytest

from tests.sharing.team import close_all


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """What a test opened is closed when it is over."""
    yield
    close_all()
