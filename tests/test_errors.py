"""The page of errors and the program say the same, and no message leads astray."""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import git_jit
from git_jit.cli.table import ALIASES, NOUNS, TOP
from git_jit.errors import JitError

ROOT = Path(__file__).parent.parent
ROW = re.compile(
    r"^\| `(?P<code>[a-z0-9_]+)`(?P<again> ↻)? \| (?P<status>\d+) \| (?P<meaning>.+) \| (?P<remedy>.+) \|$",
    re.MULTILINE,
)
STATUSES = {1, 3, 4, 5, 6, 7, 8, 9, 10, 70, 128, 129}
PLANNED: set[str] = set()
"""Commands that messages may name before they exist; a name leaves this set when its command comes."""
DESTRUCTIVE = re.compile(
    r"\b(bulk-delete|issue delete|rm -|reset --hard|push --force|--force\b|gc --prune|update-ref -d|reflog expire|branch -D)"
)
"""reliability.md I12: the text of an error never holds a command that destroys."""


def errors() -> dict[str, list[type[JitError]]]:
    """Every kind of error of the package, by code."""
    for module in pkgutil.walk_packages(git_jit.__path__, "git_jit."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found: dict[str, list[type[JitError]]] = {}
    for kind in _family(JitError):
        found.setdefault(kind.code, []).append(kind)
    return found


def _family(kind: type[JitError]) -> Iterator[type[JitError]]:
    if kind.__module__.startswith("git_jit."):
        yield kind
    for child in kind.__subclasses__():
        yield from _family(child)


def documented() -> dict[str, re.Match[str]]:
    page = (ROOT / "docs/errors.md").read_text(encoding="utf-8")
    rows = list(ROW.finditer(page))
    assert len(rows) == len({row["code"] for row in rows}), "a code stands twice"
    return {row["code"]: row for row in rows}


def test_every_error_is_documented_and_nothing_else() -> None:
    assert sorted(documented()) == sorted(errors())


def test_the_page_tells_status_and_whether_to_try_again() -> None:
    rows = documented()
    for code, kinds in errors().items():
        for kind in kinds:
            assert kind.status in STATUSES, f"{kind.__name__} has the status {kind.status}"
            assert int(rows[code]["status"]) == kind.status, f"status of '{code}'"
            assert bool(rows[code]["again"]) is kind.retryable, f"retryable of '{code}'"


def test_a_code_belongs_to_one_kind_of_error() -> None:
    shared = {code: kinds for code, kinds in errors().items() if len(kinds) > 1}
    assert shared == {}


def test_the_rows_are_in_order_of_status_and_code() -> None:
    rows = [(int(row["status"]), code) for code, row in documented().items()]
    assert rows == sorted(rows)


def texts() -> Iterator[tuple[str, str]]:
    """Every string of the package that is not documentation, with its place."""
    for path in sorted((ROOT / "git_jit").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        documentation = {
            node.value for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in documentation:
                yield f"{path.relative_to(ROOT)}:{node.lineno}", node.value


def test_commands_that_messages_name_exist() -> None:
    top = {*TOP, *NOUNS, *ALIASES}
    assert not top & PLANNED, "take what exists now out of PLANNED"
    wrong = []
    for place, text in texts():
        for command in re.finditer(r"'git jit ([a-z-]+)(?: ([a-z-]+))?", text):
            noun, verb = command[1], command[2]
            if noun in PLANNED or noun.startswith("-"):
                continue
            group = NOUNS.get(noun)
            if verb and (verb.startswith("-") or (group and group.default)):
                verb = None  # an option, or the argument of the command that need not be named
            if noun not in top or (group and verb and verb not in {*group.entries, *group.aliases}):
                wrong.append(f"{place}: {command[0]}'")
    assert wrong == []


def test_no_message_holds_a_destructive_command() -> None:
    hints = [(place, text) for place, text in texts() if "git jit" in text or "git " in text]
    assert len(hints) > 50
    helps = ("git_jit/cli/",)  # examples in help pages are not errors
    found = [f"{place}: {text}" for place, text in hints if DESTRUCTIVE.search(text) and not place.startswith(helps)]
    assert found == []
