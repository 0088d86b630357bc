"""How much of what a commit leads to is there: every object damaged in turn."""

from pathlib import Path

import pytest

from git_jit.model import IssueId, Oid
from git_jit.rescue import Closure
from git_jit.store.ancestry import Ancestry
from git_jit.store.closure import Contents, Inspector
from git_jit.view import Plan
from tests.faults.kit.damage import plant
from tests.store.damage import overwrite
from tests.store.gitrepo import REF, Place, ordinary
from tests.store.making import issue, message
from tests.store.trackers import A, opened, put, started

B = IssueId("b" * 32)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Two issues and three commits: the start, both issues, another title of the first."""
    place = ordinary(tmp_path)
    store = started(place)
    both = {A: issue(title="one"), B: issue(id=B, title="other")}
    store.commit(Plan(issues=both), base=store.tip(), message=message(second=1))
    put(store, "two", 2)
    store.close()
    return place


def inspector(place: Place) -> tuple[Inspector, Oid]:
    store = opened(place)
    ancestry = Ancestry(store.backend)
    tip = Oid(place.git("rev-parse", REF))
    ancestry.load([tip])
    return Inspector(store, ancestry), tip


def name(place: Place, what: str) -> Oid:
    return Oid(place.git("rev-parse", f"{REF}{what}"))


BLOB = f":issues/aa/{A}.json"
OTHER = f":issues/bb/{B}.json"


def test_of_a_sound_tracker_everything_is_whole(place: Place) -> None:
    found, tip = inspector(place)
    assert found.contents(tip) == Contents(2, 2)
    assert (found.closure(tip), found.closure(name(place, "~2"))) == (Closure.WHOLE, Closure.WHOLE)
    assert found.contents(name(place, "~2")) == Contents(0, 0)


@pytest.mark.parametrize(
    ("what", "contents"),
    [
        (BLOB, (2, 1)),
        (OTHER, (2, 1)),
        (":issues/aa", (1, 1)),
        (":issues", (0, 0)),
        ("^{tree}", (0, 0)),
        ("", (0, 0)),
    ],
)
@pytest.mark.parametrize("data", [None, b"", b"x\x01garbage"], ids=["missing", "empty", "garbage"])
def test_one_damaged_object_is_named_and_the_others_counted(
    place: Place, what: str, contents: tuple[int, int], data: bytes | None
) -> None:
    tip, oid = name(place, ""), name(place, what)
    file = place.loose(oid)
    file.unlink() if data is None else overwrite(file, data)
    store = opened(place)
    ancestry = Ancestry(store.backend)
    ancestry.load([tip])
    found = Inspector(store, ancestry)
    assert found.contents(tip) == Contents(*contents, (oid,))
    assert found.closure(tip) is Closure.BROKEN


def test_the_nearest_commit_before_the_damage_is_found(place: Place) -> None:
    overwrite(place.loose(name(place, BLOB)), b"")
    found, tip = inspector(place)
    before = name(place, "~1")
    assert found.whole_ancestor(tip) == before
    assert found.closure(before) is Closure.WHOLE
    assert found.whole_ancestor(name(place, "~2")) is None


def test_damage_that_is_older_goes_further_back(place: Place) -> None:
    """The other issue is in both commits."""
    overwrite(place.loose(name(place, OTHER)), b"")
    found, tip = inspector(place)
    assert found.whole_ancestor(tip) == name(place, "~2")


@pytest.mark.parametrize("what", ["~1", f"~1{BLOB}"])
def test_damage_of_former_times_leaves_the_tip_whole(place: Place, what: str) -> None:
    place.loose(name(place, what)).unlink()
    found, tip = inspector(place)
    assert found.contents(tip) == Contents(2, 2)
    assert found.closure(tip) is Closure.TIP


def test_a_document_that_is_no_issue_counts_but_is_not_readable(place: Place) -> None:
    plant(Path(place.layout.common_dir), {f"issues/bb/{B}.json": b"{"})
    found, tip = inspector(place)
    assert found.contents(tip) == Contents(2, 1)
    assert found.closure(tip) is Closure.WHOLE


def test_a_deep_directory_of_somebody_else_is_no_damage(place: Place) -> None:
    plant(Path(place.layout.common_dir), {f"{'x/' * 12}deep": b"x"})
    found, tip = inspector(place)
    assert (found.contents(tip), found.closure(tip)) == (Contents(2, 2), Closure.WHOLE)
