"""Repositories for tests of single faults: copies of a small tracker, on a file system in memory where there is one."""

from collections.abc import Iterator

import pytest

from tests.faults.kit.commands import Place, Workshop, workshop


@pytest.fixture(scope="module")
def shop() -> Iterator[Workshop]:
    with workshop() as made:
        yield made


@pytest.fixture
def place(shop: Workshop) -> Iterator[Place]:
    """A tracker of five issues that a test may do anything to."""
    with shop.case() as made:
        yield made
