"""The pages about the filter language say what the code does: every example runs, every picture is current."""

import doctest
import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path
from random import Random
from types import ModuleType

import pytest

import git_jit.query
from git_jit.condition import Flag
from git_jit.config import Config
from git_jit.query import ast as limits
from git_jit.query import bind, parse
from git_jit.query.fields import FIELDS
from git_jit.record import replace
from tests.exprs import CONTEXT

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs/reference/filter-language.md"
GRAMMAR = ROOT / "docs/reference/filter-language.ebnf"
PICTURE = ROOT / "docs/reference/filter-language.svg"
MANUAL = ROOT / "docs/man/gitjit-query.7"
SAVED = replace(CONTEXT, config=Config(queries={"mine": "assignee:me"}))


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec
    assert spec.loader
    module = sys.modules[path.stem] = importlib.util.module_from_spec(spec)  # dataclasses look themselves up there
    spec.loader.exec_module(module)
    return module


RAILROAD = load(ROOT / "docs/railroad.py")
RULES = RAILROAD.read(GRAMMAR.read_text(encoding="utf-8"))


def cells(column: str) -> list[str]:
    """The code in the column of that name of every table of the page."""
    found: list[str] = []
    at = None
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        row = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
        if column in row:
            at = row.index(column)
        elif not row:
            at = None
        elif at is not None:
            found += re.findall(r"`([^`]+)`", row[at])
    return found


def test_the_page_shows_enough() -> None:
    assert len(cells("filter")) > 40
    assert {name.partition(" ")[0] for name in cells("field")} == {*FIELDS, "field.<name>"}
    assert len(cells("for example")) == len(FIELDS) + 1


@pytest.mark.parametrize("text", [*cells("filter"), *cells("for example"), "query:mine priority:high"])
def test_every_example_of_the_page_is_understood(text: str) -> None:
    bind(parse(text), SAVED)


def test_the_examples_of_fields_are_about_them() -> None:
    for name, text in zip(cells("field"), cells("for example"), strict=True):
        assert text.lstrip("-").startswith(name.replace("<name>", "")), (name, text)


def test_the_page_names_every_property_and_limit() -> None:
    assert {f"is:{flag}" for flag in Flag} <= set(cells("filter"))
    text = PAGE.read_text(encoding="utf-8")
    numbers = (limits.MAX_LENGTH, limits.MAX_TERMS, limits.MAX_VALUES, limits.MAX_DEPTH)
    assert re.findall(r"^\| (?:characters|terms|alternatives|levels).*\| (\d+) \|$", text, re.MULTILINE) == [
        str(number) for number in numbers
    ]


def test_the_page_runs_as_python() -> None:
    assert doctest.testfile(str(PAGE), module_relative=False) == doctest.TestResults(failed=0, attempted=9)


@pytest.mark.parametrize("name", ["fields", "parser", "printer", "times", "values"])
def test_docstrings_run(name: str) -> None:
    found = doctest.testmod(importlib.import_module(f"{git_jit.query.__name__}.{name}"))
    assert found.failed == 0
    assert found.attempted


# --- the grammar ----------------------------------------------------------------------------------------------


def test_the_page_has_the_grammar() -> None:
    assert f"```ebnf\n{GRAMMAR.read_text(encoding='utf-8')}```\n" in PAGE.read_text(encoding="utf-8")


def test_the_picture_is_drawn_from_the_grammar() -> None:
    """`python docs/railroad.py` draws it again."""
    assert PICTURE.read_text(encoding="utf-8") == RAILROAD.svg(RULES)


def test_no_track_ends_in_the_open() -> None:
    """Where a path begins or ends, another one, a box or a buffer stop is: nothing is drawn beside the rails."""
    rails, ends = set(), []
    for x0, y0, path in re.findall(r'<path d="M(\d+) (\d+)([^"]*)"', PICTURE.read_text(encoding="utf-8")):
        x, y = int(x0), int(y0)
        ends.append((x, y))
        for kind, numbers in re.findall(r"([hvq])([-\d ]+)", path):
            *_, before, last = [0, *map(int, numbers.split())]
            dx, dy = {"h": (last, 0), "v": (0, last), "q": (before, last)}[kind]
            if kind == "h":
                rails |= {(at, y) for at in range(min(x, x + dx) + 1, max(x, x + dx))}
            x, y = x + dx, y + dy
        if not path.endswith("v-5v10"):
            ends.append((x, y))
    for x0, y0, width, height in re.findall(r'x="(\d+)" y="(\d+)" width="(\d+)" height="(\d+)"', PICTURE.read_text()):
        ends += [(int(x0), int(y0) + int(height) // 2), (int(x0) + int(width), int(y0) + int(height) // 2)]
    starts = {(x, y) for x, y in ends if x == RAILROAD.GAP}
    assert {end for end in ends if ends.count(end) < 2 and end not in rails} <= starts


PROSE = {
    "name of a field": ["title", "text"],
    "name of a custom field": ["size", "größe"],
    'characters except space ( ) " ,': ["a", "b:c", "ü"],
    'characters except space ( ) " :': ["a", "b,c", "ü*"],
    'character except " \\': ["a", " ", "("],
}


def sentence(node: object, random: Random, depth: int = 0) -> str:  # noqa: PLR0911 - one for each kind of node
    """Something that the grammar allows."""

    def inner(part: object) -> str:
        return sentence(part, random, depth + 1)

    r = RAILROAD
    match node:
        case r.Literal(text):
            return str(text)
        case r.Prose(text):
            return random.choice(PROSE[text])
        case r.Rule(name):
            return (" {} " if name in {"or", "and", "unary"} else "{}").format(inner(RULES[name]))
        case r.Sequence(parts):
            return "".join(inner(part) for part in parts)
        case r.Choice(parts):
            return inner(random.choice(parts[-2:] if depth > 12 else parts))
        case r.Maybe(part):
            return random.choice(["", inner(part)])
        case r.Many(part):
            return "".join(inner(part) for _ in range(0 if depth > 12 else random.randint(0, 2)))
    raise AssertionError(node)


def test_what_the_grammar_allows_is_understood() -> None:
    random = Random(1)
    texts = {re.sub(r"-\s+", "-", sentence(RULES["filter"], random)) for _ in range(500)}
    assert len(texts) > 200
    for text in texts:
        parse(text)


# --- the manual page ------------------------------------------------------------------------------------------


def test_the_manual_page_names_every_field() -> None:
    plain = MANUAL.read_text(encoding="utf-8").replace("\\-", "-")
    fields = plain[plain.index(".SH FIELDS") : plain.index(".SH TIMES")]
    assert all(re.search(rf"(?<![\w-]){name}(?![\w-])", fields) for name in (*FIELDS, *Flag))


def test_the_examples_of_the_manual_page_are_understood() -> None:
    plain = MANUAL.read_text(encoding="utf-8").replace("\\-", "-").replace("\\(dq", '"')
    examples = re.findall(r"^\.TP\n\.B (.*)$", plain[plain.index(".SH EXAMPLES") :], re.MULTILINE)
    quoted = re.findall(r"\\\(aq(.*)\\\(aq", plain)
    assert (len(examples), len(quoted)) == (5, 2)
    for text in (*examples, *quoted):
        bind(parse(text), SAVED)


@pytest.mark.skipif(not shutil.which("man"), reason="needs man")
def test_the_manual_page_is_well_formed() -> None:
    done = subprocess.run(["man", "--warnings", "-l", str(MANUAL)], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert "the filter language of git jit" in done.stdout
