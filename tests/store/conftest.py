"""What tests of the store share: an ordinary repository, and trackers that are closed again."""

from collections.abc import Iterator
from contextlib import suppress
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


@pytest.fixture(scope="module", autouse=True)
def no_child_outlives_its_module() -> Iterator[None]:
    """Whoever opens a store closes it: a `git cat-file` that nobody ends stays until all tests are over.

    Where the kernel does not list children (only Linux does) nothing is looked at.
    """
    before = children()
    yield
    left = [words for pid, words in children().items() if pid not in before]
    assert not left, f"started and never ended: {left}"


def children() -> dict[str, str]:
    """The living children of this process: their ids and words. One that has ended and waits to be asked is none."""
    found = {}
    for listing in Path("/proc/self/task").glob("*/children"):
        for pid in listing.read_text().split():
            with suppress(OSError):
                found[pid] = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    return {pid: words for pid, words in found.items() if words}
