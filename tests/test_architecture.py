"""The map of the program is complete and true: every module has a row, and every row a module."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "git_jit"


def mapped(page: str) -> set[Path]:
    """What the tables below "What lies where" name, as paths from the package."""
    section = page.partition("\n## What lies where\n")[2].partition("\n## ")[0]
    found: set[Path] = set()
    for part in section.split("\n### ")[1:]:
        heading, _, rest = part.partition("\n")
        base = Path(heading.strip("`")) if heading != "`git_jit/`" else Path()
        for row in re.findall(r"^\| (`[^|]*) \|", rest, re.MULTILINE):
            found |= {base / name for name in re.findall(r"`([^`]+)`", row)}
    return found


def modules() -> set[Path]:
    return {path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py")}


def missing(page: str) -> set[Path]:
    """Modules without a row. A package that has a table is not covered by being named."""
    named = mapped(page)
    return {path for path in modules() if path not in named and not named & set(path.parents)}


PAGE = (ROOT / "docs/architecture.md").read_text()


def test_every_module_is_on_the_map() -> None:
    assert missing(PAGE) == set()


def test_everything_on_the_map_is_there() -> None:
    assert {path for path in mapped(PAGE) if not (PACKAGE / path).exists()} == set()


def test_a_module_without_a_row_is_found() -> None:
    without = PAGE.replace("`anchors.py`, ", "").replace("| `survey/` |", "| `nowhere/` |")
    survey = {path for path in modules() if path.parts[:2] == ("store", "survey")}
    assert missing(without) - missing(PAGE) == {Path("store/anchors.py"), *survey}
    assert Path("store/nowhere") in mapped(without)
