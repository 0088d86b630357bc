"""The corpus of hostile pushes, a part of it; `python -m tests.faults.hostile_pushes --count 1000` has all of it."""

from pathlib import Path

from tests.faults.hostile_pushes import CORPUS, run

FEW = 10
"""Pushes here; the order is drawn from the seed, so another seed tries other kinds."""


def test_every_hostile_push_is_refused_with_a_message(tmp_path: Path) -> None:
    report = run(tmp_path, FEW, seed=7)
    assert report.found == []
    assert (report.pushes, report.refused, report.sound) == (FEW, FEW, 2)


def test_the_corpus_has_every_row_of_the_catalogue_that_a_push_can_bring() -> None:
    assert {name.split()[0] for name in CORPUS} == {"D1", "D2", "D3", "D4", "D5", "D6", "D7", "D8", "D9", "D12"}
