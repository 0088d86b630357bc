"""What hot commands cost, counted and not timed: modules, files of objects, processes, waits for the disk.

Each is a ceiling a little above what is needed today. Red means that a command does more than it did. Look first whether
it has to (a module that only some uses need is imported where they begin); raise the number only if it does, and say why.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.cli.test_imports import id_of
from tests.program import make_quiet

PROBE = """
import json, os, sys
before, counts = set(sys.modules), {"objects": 0, "processes": 0, "syncs": 0, "quoted": 0}
def heard(event, args):
    if event == "open" and "/objects/" in str(args[0]):
        counts["objects"] += 1
    elif event in ("subprocess.Popen", "os.posix_spawn", "os.fork", "os.system"):
        counts["processes"] += 1
    elif event == "compile" and sys._getframe(1).f_globals.get("__name__") == "typing":
        counts["quoted"] += 1
def counted(sync):
    def call(fd):
        counts["syncs"] += 1
        return sync(fd)
    return call
os.fsync = counted(os.fsync)
sys.addaudithook(heard)
sys.argv = ["git-jit", *sys.argv[1:]]
from git_jit.__main__ import command_line
status = command_line(sys.argv[1:])
sys.stdout.flush()
come = set(sys.modules) - before
counts["ours"] = sum(name.startswith("git_jit") for name in come)
counts["others"] = len(come) - counts["ours"]
print(json.dumps([status, counts, sorted(come)]), file=sys.stderr)
"""


class Cost(NamedTuple):
    """Ceilings. `quoted` is always 0: a type in quotes in a `NamedTuple` is compiled at every start, a tenth of a list."""

    ours: int
    others: int
    """Modules of the standard library beyond those that start the interpreter and this count; click is none of them."""
    objects: int = 0
    """Files below `.git/objects` that are opened, to read or to write."""
    processes: int = 0
    syncs: int = 0


QUESTIONS = {
    "list": Cost(ours=49, others=18),
    "ready": Cost(ours=49, others=18),
    "search hello": Cost(ours=50, others=18),
    "show {id}": Cost(ours=52, others=19),
    "__complete -- show {id}": Cost(ours=39, others=15),
}
WRITES = {
    "create Another": Cost(ours=85, others=25, objects=22, syncs=14),
    "update {id} -p high": Cost(ours=86, others=25, objects=22, syncs=14),
    "close {id}": Cost(ours=86, others=25, objects=22, syncs=14),
}
HOOKS = {
    "hook run pre-commit": Cost(ours=46, others=19, processes=1),
    "hook run commit-msg .git/COMMIT_EDITMSG": Cost(ours=40, others=18),
    "hook run pre-push origin elsewhere": Cost(ours=40, others=18),
}
"""The hook before a commit asks git what is staged."""


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A repository where all is well and known to be, and the id of its issue."""
    path = make_quiet(tmp_path_factory.mktemp("quiet"))
    return path, id_of(path)


def spent(place: tuple[Path, str], line: str) -> tuple[dict[str, int], list[str]]:
    path, id = place
    words = [sys.executable, "-c", PROBE, *line.format(id=id).split()]
    done = subprocess.run(words, cwd=path, check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    status, counts, modules = json.loads(done.stderr.splitlines()[-1])
    assert status == 0, done.stderr
    return counts, modules


@pytest.mark.parametrize("line", [*HOOKS, *QUESTIONS, *WRITES])
def test_a_command_costs_no_more_than_it_did(quiet: tuple[Path, str], line: str) -> None:
    ceiling = {**HOOKS, **QUESTIONS, **WRITES}[line]._asdict() | {"quoted": 0}
    counts, modules = spent(quiet, line)
    assert {name: counts[name] for name in ceiling if counts[name] > ceiling[name]} == {}, modules
