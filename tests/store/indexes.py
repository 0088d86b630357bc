"""Forty issues and their index, for the tests of the file and of how it is brought up to date."""

from pathlib import Path

import pytest

from git_jit.model import IssueId, Oid
from git_jit.store.cache import Index
from git_jit.store.indexed import view_of
from git_jit.view import Plan
from tests.store.making import NOWHERE, Objects, issue
from tests.store.test_view import answers

IDS = [IssueId(f"{number:02x}{'0' * 30}") for number in range(40)]


@pytest.fixture
def objects() -> Objects:
    """Forty issues, each waiting for the one before."""
    made = Objects()
    made.commit(Plan(issues={id: issue(id=id, dependencies=tuple(IDS[n - 1 : n])) for n, id in enumerate(IDS)}))
    return made


@pytest.fixture
def index(objects: Objects, tmp_path: Path) -> Index:
    return index_of(objects, tmp_path)


def index_of(objects: Objects, directory: Path, *, boot: str = "boot", patience: float = 5) -> Index:
    return Index(str(directory), objects, lambda: objects.tip, boot=boot, patience=patience)


def tip(objects: Objects) -> Oid:
    assert objects.tip is not None
    return objects.tip


def from_nothing(objects: Objects) -> dict[str, object]:
    """The answers of an index that never saw an earlier commit."""
    with view_of(index_of(objects, Path(NOWHERE)), tip(objects)) as view:
        return answers(view)


def shown(index: Index, objects: Objects) -> dict[str, object]:
    with view_of(index, tip(objects)) as view:
        return answers(view)
