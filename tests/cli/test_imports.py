"""Start-up is part of every command: which modules each hot command may load. Counted, not timed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROBE = """
import sys
before = set(sys.modules)
sys.argv = ["git-jit", *sys.argv[1:]]
from git_jit.__main__ import command_line
status = command_line(sys.argv[1:])
sys.stdout.flush()
after = set(sys.modules)
import json
print(json.dumps([status, sorted(after - before)]), file=sys.stderr)
"""

HEAVY = {
    "pygit2", "jsonschema", "rich", "subprocess", "logging", "tempfile", "pathlib", "importlib.metadata", "secrets",
    "asyncio", "argparse", "difflib", "shutil", "socket", "urllib.request", "concurrent",
}  # fmt: skip
"""What costs more than a hot command has (ecosystem.md, "Start-up")."""

HOT = {
    "_bisect", "_collections", "_functools", "_json", "_opcode", "_operator", "_sha1", "_sqlite3", "_sre", "_struct",
    "_typing", "atexit", "bisect", "collections", "contextlib", "copyreg", "enum", "errno", "fcntl", "functools", "gc",
    "importlib", "itertools", "json", "keyword", "operator", "re", "reprlib", "types", "typing", "unicodedata",
    "warnings", "zlib",
}  # fmt: skip
"""All that a hot command may import: no click, and nothing of what it brings (inspect, datetime, uuid and others)."""


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("repository")
    for words in (["git", "init", "-q"], ["git", "config", "user.name", "A"], ["git", "config", "user.email", "a@b"]):
        subprocess.run(words, cwd=path, check=True)
    for arguments in (["init", "--template", "minimal"], ["create", "Hello"], ["list"]):
        subprocess.run([sys.executable, "-m", "git_jit", *arguments], cwd=path, check=True, capture_output=True)
    return path


def loaded(repository: Path, *arguments: str) -> set[str]:
    """The modules that a command loads beyond the interpreter's own."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *arguments], cwd=repository, check=True, capture_output=True, text=True
    )
    status, modules = json.loads(done.stderr.splitlines()[-1])
    assert status == 0, done.stderr
    return set(modules)


def top(modules: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules}


def id_of(repository: Path) -> str:
    words = [sys.executable, "-m", "git_jit", "list", "--limit", "1", "--format", "{id}"]
    return subprocess.run(words, cwd=repository, check=True, capture_output=True, text=True).stdout.strip()


def test_the_version_is_told_before_click_is_imported(repository: Path) -> None:
    assert loaded(repository, "--version") == {"atexit", "gc", "git_jit", "git_jit.__main__"}


@pytest.mark.parametrize(
    ("arguments", "noun"),
    [
        (["list"], "query"),
        (["list", "--json"], "query"),
        (["ready"], "query"),
        (["blocked", "--limit", "3"], "query"),
        (["search", "hello"], "search"),
        (["list", "--filter", "is:open priority:>=low"], "query"),
        (["query", "all", "--fields", "id,title"], "query"),
        (["show", "{id}"], "show"),
        (["status"], "setup"),
        (["prime", "--actor", "agent:a"], "prime"),
    ],
)
def test_reading_loads_only_what_it_needs(repository: Path, arguments: list[str], noun: str) -> None:
    modules = loaded(repository, *(word.format(id=id_of(repository)) for word in arguments))
    assert top(modules) - {"git_jit"} <= HOT
    ours = {name for name in modules if name.startswith("git_jit.")}
    filtered = "--filter" in arguments
    assert any(name.startswith("git_jit.query") for name in ours) is filtered
    assert not any(name.startswith(("git_jit.validate", "git_jit.graph", "git_jit.schemas")) for name in ours)
    assert not ours & {"git_jit.store.git", "git_jit.store.process", "git_jit.store.memory", "git_jit.store.settings"}
    nouns = {name for name in ours if name.startswith("git_jit.cli.")}
    assert (
        nouns & {f"git_jit.cli.{other}" for other in ("change", "create", "graph", "dep", "label", "terminal", "bug")}
        == set()
    )
    assert f"git_jit.cli.{noun}" in nouns


@pytest.mark.parametrize(
    "arguments",
    [
        "graph deps {id} --depth 2",
        "graph rdeps {id} -s ready",
        "graph why {id}",
        "graph roots",
        "graph leaves",
        "graph order",
        "graph waves",
        "graph critical-path --by estimate",
        "graph export --format svg",
        "dep tree {id} --reverse",
        "dep rm {id} --on {id}",
    ],
)
def test_the_graph_is_asked_without_click(repository: Path, arguments: str) -> None:
    modules = loaded(repository, *arguments.format(id=id_of(repository)).split())
    assert top(modules) - {"git_jit", "heapq", "_heapq"} <= HOT | {"select"}
    writing = arguments.startswith("dep rm")
    assert ("git_jit.ops.desk" in modules) is writing
    assert ("git_jit.drawing" in modules) is ("export" in arguments)


@pytest.mark.parametrize("arguments", ["gate list", "gate show tests", "gate history {id}", "gate history {id} tests"])
def test_gates_are_looked_at_without_what_runs_and_writes_them(repository: Path, arguments: str) -> None:
    if "show" in arguments:
        define = [sys.executable, "-m", "git_jit", "gate", "define", "tests", "--", "true"]
        subprocess.run(define, cwd=repository, check=True, capture_output=True)
    modules = loaded(repository, *arguments.format(id=id_of(repository)).split())
    assert top(modules) - {"git_jit", "_sha256", "_sha2", "shlex"} <= HOT
    assert not modules & {"git_jit.runner", "git_jit.ops.desk", "git_jit.store.publish", "git_jit.workflow"}


def test_completion_needs_no_click(repository: Path) -> None:
    for line in ("", "--a"):
        assert top(loaded(repository, "__complete", "--", "show", line)) - {"git_jit"} <= HOT


def test_the_overview_imports_no_command(repository: Path) -> None:
    modules = loaded(repository, "-h")
    assert modules & HEAVY <= {"difflib"}, "click's parser of options asks for it"
    assert {name for name in modules if name.startswith(("git_jit.ops", "git_jit.store."))} == set()


@pytest.mark.parametrize(
    "arguments",
    [
        ["create", "Another", "-p", "HI", "-l", "a:b"],
        ["update", "{id}", "-p", "high"],
        ["update", "{id}", "-s", "wip", "--estimate", "2h"],
        ["comment", "{id}", "Seen."],
        ["label", "add", "{id}", "a:c"],
        ["issue", "bulk-update", "--filter", "id:{id}", "--estimate", "9", "--dry-run"],
        ["close", "{id}"],
    ],
)
def test_writing_loads_neither_pygit2_nor_click(repository: Path, arguments: list[str]) -> None:
    modules = loaded(repository, *(word.format(id=id_of(repository)) for word in arguments))
    assert (
        modules & {"pygit2", "click", "rich", "subprocess", "asyncio", "logging", "importlib.metadata", "secrets"}
        == set()
    )
