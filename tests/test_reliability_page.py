"""`docs/reliability.md` promises only what a test can break: each that it names exists, and no row is forgotten."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
CATALOGUE = {"S": 16, "R": 12, "L": 5, "GC": 5, "K": 14, "Q": 11, "D": 12, "F": 5}
"""How many rows each part has."""
ROWS = [f"{part}{number}" for part, count in CATALOGUE.items() for number in range(1, count + 1)]
PROMISES = [f"P{number}" for number in range(1, 10)]


@cache
def collected(path: str) -> frozenset[str]:
    """The functions of a file that pytest collects, read without importing it."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name[:5] == "test_")


def cells() -> Iterator[tuple[str, str, list[str]]]:
    """Of each line of the tables: its row, the file that its tests are in, and the cells behind."""
    file = ""
    for line in PAGE.splitlines():
        if found := re.match(r"Tests without a file are in `(.+)`", line):
            file = found[1]
        if re.match(r"\| [A-Z]+\d+ \|", line):
            row, *rest = (cell.strip() for cell in line.strip("|").split(" | "))
            yield row, file, rest


def named(row: str) -> list[tuple[str, str]]:
    """The tests of a row, each with its file."""
    ((file, rest),) = [(file, rest) for name, file, rest in cells() if name == row]
    found = [text.rpartition("::") for text in re.findall(r"`((?:tests/\S+::)?test_\w+)`", rest[-1])]
    return [(path or file, test) for path, _, test in found]


def test_every_row_of_the_catalogue_stands_there_once_and_in_order() -> None:
    assert [row for row, _, _ in cells()] == ROWS
    assert all(len(rest) == 3 and all(rest) for _, _, rest in cells())


@pytest.mark.parametrize("row", ROWS)
def test_a_row_names_all_tests_that_bear_its_name_and_none_that_is_not_there(row: str) -> None:
    tests = named(row)
    assert [(path, test) for path, test in tests if test not in collected(path)] == []
    files = (str(path.relative_to(ROOT)) for path in sorted((ROOT / "tests/faults").glob("test_catalogue_*.py")))
    bearing = {(path, test) for path in files for test in collected(path) if test.startswith(f"test_{row}_")}
    assert bearing
    assert bearing <= set(tests)


def test_every_test_of_the_catalogue_bears_the_name_of_a_row() -> None:
    for path in (ROOT / "tests/faults").glob("test_catalogue_*.py"):
        for test in collected(str(path.relative_to(ROOT))):
            assert test.split("_")[1] in ROWS, test


def test_no_test_of_the_catalogue_is_skipped() -> None:
    """What cannot be tried here is said in the table; a test that is skipped looks like one that passes."""
    for path in (ROOT / "tests/faults").glob("test_catalogue_*.py"):
        assert not re.search(
            r"pytest\.(?:mark\.)?(?:skip|skipif|xfail|importorskip)\b", path.read_text(encoding="utf-8")
        ), path


def test_every_promise_names_what_would_break_it() -> None:
    parts = re.split(r"^\*\*(P\d), ", PAGE.partition("\n## Faults")[0], flags=re.MULTILINE)[1:]
    assert parts[::2] == PROMISES
    for promise, text in zip(parts[::2], parts[1::2], strict=True):
        tests = re.findall(r"`(tests/\S+)::(test_\w+)`", text)
        assert tests or promise == "P9"
        assert [(path, test) for path, test in tests if test not in collected(path)] == []


def test_the_commands_exist_with_their_options() -> None:
    commands = re.findall(r"`python -m (tests\.[\w.]+)([^`]*)`", PAGE)
    assert len(commands) > 6
    for module, words in commands:
        source = (ROOT / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8")
        missing = [word for word in words.split() if word.startswith("--") and f'"{word}"' not in source]
        assert missing == [], module
