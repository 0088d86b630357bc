"""Every corruption once, on a smaller tracker; `python -m tests.faults.corruptions --seeds N` has the whole."""

from collections.abc import Iterator
from dataclasses import replace
from zlib import crc32

import pytest

from git_jit.validate.catalogue import CATALOGUE
from tests.faults.corrupting import CORRUPTIONS, Family
from tests.faults.corruptions import examine, make_origin
from tests.faults.kit.commands import Place, Workshop, workshop

SEEDS = 1_000
"""Each corruption has another of so many seeds here."""
Origin = tuple[Workshop, Place]


@pytest.fixture(scope="module")
def origin() -> Iterator[Origin]:
    with workshop() as shop:
        yield shop, make_origin(shop.directory / "origin", issues=40, writes=5)


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_it_is_told_and_mended_as_far_as_it_can_be_and_nothing_is_lost(name: str, origin: Origin) -> None:
    shop, place = origin
    verdict = examine(place, shop.new_path(), CORRUPTIONS[name], crc32(name.encode()) % SEEDS)
    assert verdict.wrong == [], f"python -m tests.faults.corruptions --only {name} --seed {verdict.seed} --seeds 1"


def test_there_are_more_than_forty_and_each_has_a_code_of_the_catalogue() -> None:
    assert len(CORRUPTIONS) > 40
    assert {corruption.code for corruption in CORRUPTIONS.values()} <= CATALOGUE.keys()


def test_the_judge_hears_what_is_wrong(origin: Origin) -> None:
    """Another code than the one that was told, and a mend that was promised and does not come."""
    shop, place = origin
    cycle = replace(CORRUPTIONS["cycle"], code="dependency_missing", left=frozenset())
    verdict = examine(place, shop.new_path(), cycle, 0)
    assert [wrong.partition(":")[0].partition(",")[0] for wrong in verdict.wrong] == [
        "not told by its code",
        "left after mending",
        "after undo the damage is not told",
    ]


def test_a_look_that_changes_something_is_heard(origin: Origin) -> None:
    shop, place = origin
    untidy = replace(CORRUPTIONS["keep"], family=Family.REFERENCE)
    mended = replace(untidy, left=frozenset({"orphaned_keep"}))
    verdict = examine(place, shop.new_path(), mended, 0)
    assert verdict.wrong == ["gone, which nobody expected: ['orphaned_keep']"]
