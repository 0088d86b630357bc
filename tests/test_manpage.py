"""The manual page git-jit(1) says what the program does."""

import doctest
import importlib.util
import re
import shutil
import subprocess
from pathlib import Path
from types import ModuleType

import pytest
from click import Option

from git_jit.cli.table import NOUNS, TOP
from tests.cli.tree import commands

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "man" / "git-jit.1"
SOURCES = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "git_jit").rglob("*.py"))


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MANPAGE = load(ROOT / "docs" / "manpage.py")


def text() -> str:
    """The page without the escapes and macros that stand inside of words."""
    page = PAGE.read_text(encoding="utf-8").replace("\\-", "-").replace("\\(aq", "'")
    return re.sub(r"\\f[BIR]", "", page)


def section(title: str) -> str:
    return text().split(f"\n.SH {title}\n")[1].split("\n.SH ")[0]


def test_the_list_of_commands_is_up_to_date() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == MANPAGE.filled(page), "python docs/manpage.py"


def test_every_command_is_listed_with_its_line_of_help() -> None:
    listed = section("COMMANDS")
    for name, entry in TOP.items():
        assert f"\n.B {name}\n{entry.help}\n" in listed
    for noun, group in NOUNS.items():
        for name, entry in group.entries.items():
            assert f"\n.B {noun} {name}\n{entry.help}\n" in listed


def test_a_page_without_marks_is_not_overwritten() -> None:
    with pytest.raises(ValueError, match="has lost a mark"):
        MANPAGE.filled(".TH GIT-JIT 1\n")


def test_examples_of_the_script() -> None:
    assert doctest.testmod(MANPAGE).failed == 0


def test_every_option_that_is_named_exists() -> None:
    known = {"--version", "--help"}
    for _, _, command in commands():
        known |= {name for option in command.params if isinstance(option, Option) for name in option.opts}
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", text()))
    assert named <= known
    assert len(named) > 10


def test_every_variable_and_every_setting_of_ours_is_there() -> None:
    variables = set(re.findall(r'environ(?:\.get\(|\[)"(JIT_[A-Z_]+)"', SOURCES))
    settings = set(re.findall(r'"((?:jit|color)\.[a-z]+)"', SOURCES))
    assert variables >= {"JIT_ACTOR", "JIT_DEBUG"}
    assert settings >= {"jit.ref", "jit.actor", "color.ui"}
    assert {name for name in variables if name not in section("ENVIRONMENT")} == set()
    configuration = section("CONFIGURATION").lower()  # git takes them in any case
    assert {name for name in settings if name not in configuration} == set()


def test_exit_statuses_are_those_of_the_page_of_errors() -> None:
    errors = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8").split("## Exit status")[1].split("\n## ")[0]
    assert re.findall(r"^\.B (\d+)$", section("EXIT STATUS"), re.MULTILINE) == re.findall(
        r"^\| (\d+) \|", errors, re.MULTILINE
    )


@pytest.mark.skipif(shutil.which("groff") is None, reason="there is no groff here")
@pytest.mark.parametrize("page", sorted(PAGE.parent.iterdir()), ids=lambda page: page.name)
def test_groff_has_nothing_to_complain_about(page: Path) -> None:
    done = subprocess.run(["groff", "-man", "-ww", "-Tutf8", str(page)], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert max(len(re.sub(r".\x08|\x1b\[[0-9;]*m", "", line)) for line in done.stdout.splitlines()) <= 80
