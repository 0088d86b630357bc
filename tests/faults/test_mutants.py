"""That the mutants are where they are looked for; `python -m tests.faults.mutants claims` tries them all."""

from pathlib import Path

import pytest

from tests.faults.kit.mutant import Mutant
from tests.faults.mutants import FAMILIES, ROOT, broken, copy

EVERY = [mutant for family in FAMILIES.values() for mutant in family]


@pytest.mark.parametrize("mutant", EVERY, ids=lambda mutant: mutant.name)
def test_the_text_is_there_once_and_the_tests_exist(mutant: Mutant) -> None:
    assert (ROOT / mutant.file).read_text().count(mutant.old) == 1
    for test in mutant.tests:
        path, _, name = test.partition("::")
        assert f"def {name.partition('[')[0]}(" in (ROOT / path).read_text(), test


def test_a_copy_is_broken_and_the_original_is_not(tmp_path: Path) -> None:
    copy(tmp_path)
    mutant = EVERY[0]
    assert broken(tmp_path, mutant) is None
    assert mutant.new in (tmp_path / mutant.file).read_text()
    assert mutant.new not in (ROOT / mutant.file).read_text()
    assert broken(tmp_path, mutant) == f"{mutant.name}: the text is 0 times in '{mutant.file}', not once"
