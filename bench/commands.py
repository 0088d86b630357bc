"""Scenarios 1 and 5: whole commands on repositories of growing size, each beside its references.

References are the bare interpreter, git itself, click alone, the objects of all issues through `git cat-file`
(the floor of anything without an index), and Taskwarrior with the same issues where it is installed.
"""

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from bench.figures import Figure
from bench.harness import Case, Harness
from bench.workspaces import (
    FOREIGN,
    TENTH,
    Workspace,
    Workspaces,
    blob_names,
    change_elsewhere,
    empty,
    task_uuid,
    taskwarrior_json,
)
from git_jit.ops.sample import Profile, sample
from git_jit.ops.sample_files import write_workspace

START = 4.5
READS: Mapping[int, float] = {1_000: 5.5, 10_000: 6.5, 100_000: 8}
WRITES: Mapping[int, float] = {1_000: 10, 10_000: 10.5, 100_000: 12}
LIST_ALL: Mapping[int, float] = {10_000: 12}
BULK: Mapping[int, float] = {1_000: 14, 10_000: 35}
GRAPH: Mapping[int, float] = {1_000: 8, 10_000: 25}
BUILD_MS: Mapping[int, float] = {10_000: 1_000}
REFRESH_MS = 30.0
IMPORTED = 3_000
IMPORT_MS = 1_500.0
MEMORY_MIB: Mapping[int, float] = {100_000: 120}
TELLING = 100
"""With fewer issues a question may have no answer; from there on an empty answer is a mistake of ours."""
PEER_LIMIT = 10_000
"""Taskwarrior takes six seconds a command here, and minutes to take over more."""
PEERS = {
    "list": "Taskwarrior: list",
    "list all as JSON": "Taskwarrior: export",
    "filter by state and label": "Taskwarrior: filter by state and label",
    "ready": "Taskwarrior: ready",
    "show": "Taskwarrior: show",
    "search": "Taskwarrior: search",
    "create": "Taskwarrior: create",
    "update": "Taskwarrior: update",
}
"""Ours, and what does about the same."""
TO_BEAT = frozenset({"list", "filter by state and label", "ready", "show", "search"})
"""Not slower than Taskwarrior from 1,000 issues on. (Its writes make no commit and wait for no disk.)"""


def run(harness: Harness, workspaces: Workspaces, size: int, scratch: Path) -> list[Figure]:
    """Every command at one size."""
    workspace = workspaces.get(size)
    harness.cwd = workspace.path
    ours = [*_start(workspace), *_reads(workspace), *_writes(workspace)]
    if size < TELLING:
        ours = [replace(case, silent=True) for case in ours]
    cases = [*_references(harness, workspace), *ours, *_taskwarrior(workspace, scratch)]
    figures = harness.measure("commands", cases, size)
    return [
        *figures,
        *_beside_peers(figures, size),
        *_index(harness, workspace),
        *_memory(harness, ours, size),
    ]


def _jit(name: str, *words: str, target: float | None = None, memory: bool = False, silent: bool = False) -> Case:
    return Case(name, ["git", "jit", *words], target, memory=memory, silent=silent)


def _references(harness: Harness, workspace: Workspace) -> list[Case]:
    return [
        Case("git --version", ["git", "--version"]),
        Case("git log -1", ["git", "log", "-1", workspace.ref]),
        Case("import click", [harness.environment.python, "-I", "-c", "import click"], silent=True),
        Case("git cat-file --batch of all issues", ["git", "cat-file", "--batch"], input=blob_names(workspace)),
    ]


def _start(workspace: Workspace) -> list[Case]:
    return [
        _jit("--version", "--version", target=START),
        _jit("completion of an id", "__complete", "--", "show", workspace.open.id[:2], target=START, memory=True),
    ]


def _reads(workspace: Workspace) -> list[Case]:
    n, target = workspace.size, READS.get(workspace.size)
    word = "crash"
    everything = ("list", "--filter", "is:open OR is:closed", "--limit", "0", "--json")
    return [
        _jit("list", "list", target=target, memory=True),
        Case("list, without git's dispatch", ["git-jit", "list"]),
        _jit("filter by state and label", "list", "-s", "ready", "-l", "type:task", target=target, memory=True),
        _jit("ready", "ready", target=target, memory=True),
        _jit("show", "show", workspace.hub.id[:12], target=target, memory=True),
        _jit("search", "search", word, target=target, memory=True, silent=n < 1_000),
        _jit("list all as JSON", *everything, target=LIST_ALL.get(n), memory=True),
        _jit("graph export", "graph", "export", "--closed", target=GRAPH.get(n), memory=True),
        _jit("graph export as SVG", "graph", "export", "--format", "svg", memory=True),
        _jit("graph order", "graph", "order", memory=True),
        _jit("graph roots", "graph", "roots", memory=True),
        _jit("graph rdeps, 1 step", "graph", "rdeps", workspace.start.id, "--depth", "1"),
        _jit("graph rdeps, all", "graph", "rdeps", workspace.start.id),
    ]


def _writes(workspace: Workspace) -> list[Case]:
    n, tenth = workspace.size, f"label:{TENTH}"
    bulk = ("issue", "bulk-update", "--filter", tenth, "--estimate", "{round}")
    return [
        _jit("create", "create", "Repair the door {round}", "-l", "type:task", target=WRITES.get(n)),
        _jit("update", "update", workspace.open.id, "--title", "Title {round}", target=WRITES.get(n), silent=True),
        _jit("bulk-update of a tenth", *bulk, target=BULK.get(n), silent=True),
        _jit("bulk-update of a tenth, dry run", *bulk, "--dry-run"),
    ]


def _taskwarrior(workspace: Workspace, scratch: Path) -> list[Case]:
    if shutil.which("task") is None or workspace.size > PEER_LIMIT:
        return []
    place = scratch / f"task-{workspace.size}"
    place.mkdir()
    rc, exported = place / "taskrc", place / "issues.json"
    rc.write_text(f"data.location={place}\nconfirmation=no\nbulk=0\nhooks=no\nnews.version=99.0\nverbose=nothing\n")
    exported.write_text(taskwarrior_json(workspace.issues), encoding="utf-8")
    task = ["task", f"rc:{rc}"]
    subprocess.run([*task, "import", str(exported)], check=True, capture_output=True)
    one = task_uuid(workspace.open)

    def case(name: str, *words: str) -> Case:
        return Case(name, [*task, *words], ok=(0, 1), silent=True)  # 1: nothing found

    return [
        case(PEERS["list"], "limit:50", "status:pending", "ls"),
        case(PEERS["list all as JSON"], "export"),
        case(PEERS["filter by state and label"], "limit:50", "status:pending", "+type_task", "ls"),
        case(PEERS["ready"], "limit:50", "ready"),
        case(PEERS["show"], task_uuid(workspace.hub), "info"),
        case(PEERS["search"], "description.contains:crash", "limit:50", "all"),
        case(PEERS["create"], "add", "+type_task", "Repair the door {round}"),
        case(PEERS["update"], one, "modify", "Title {round}"),
    ]


def _beside_peers(figures: list[Figure], size: int) -> list[Figure]:
    value = {figure.name: figure.value for figure in figures}
    judged = TO_BEAT if size >= 1_000 else frozenset()
    return [
        Figure(
            "beside Taskwarrior",
            ours,
            value[ours] / value[peer],
            "× its time",
            size,
            target=1.0 if ours in judged else None,
            absolute=True,
        )
        for ours, peer in PEERS.items()
        if peer in value
    ]


def _index(harness: Harness, workspace: Workspace) -> list[Figure]:
    """What a list costs more when there is no index, and when another clone's changes are not in it yet."""
    stale = change_elsewhere(workspace, harness.environment.variables, f"foreign-{workspace.size}")
    words = ["git", "jit", "list"]
    warm, first, behind = "index warm: list", "index: first build", f"index: refresh after {FOREIGN} changes"
    cases = [
        Case(warm, words),
        Case(first, words, BUILD_MS.get(workspace.size), True, prepare=workspace.index.unlink, after=warm),
        Case(behind, words, REFRESH_MS, True, prepare=lambda: _put_back(stale, workspace.index), after=warm),
    ]
    return [
        figure for figure in harness.measure("index", cases, workspace.size) if figure.name in {warm, first, behind}
    ]


def _put_back(stale: Path, index: Path) -> None:
    shutil.copyfile(stale, index)


def _memory(harness: Harness, cases: list[Case], size: int) -> list[Figure]:
    return harness.peaks("memory", cases, size, MEMORY_MIB.get(size))


def moving_in(harness: Harness, scratch: Path, count: int = IMPORTED) -> list[Figure]:
    """Import a workspace of the Rust tool, in one commit, into a repository that has just been made."""
    source, place, template = scratch / "source", scratch / "import", scratch / "template"
    source.mkdir()
    write_workspace(sample(Profile(issues=count)), str(source))
    variables = harness.environment.variables
    subprocess.run(["git", "jit", "init"], cwd=empty(template), env=variables, check=True, capture_output=True)
    issues = str(source / ".jit")

    def fresh() -> None:
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(template, place)

    target = IMPORT_MS if count == IMPORTED else None
    words = ["git", "jit", "import", "--from", "jit", issues]
    case = Case("import", words, target, True, prepare=fresh, cwd=place)
    figures = harness.measure("import", [case], count)
    return [figure for figure in figures if figure.name == case.name]


def all_sizes(harness: Harness, workspaces: Workspaces, sizes: list[int], scratch: Path) -> Iterator[Figure]:
    for size in sizes:
        yield from run(harness, workspaces, size, scratch)
    yield from moving_in(harness, scratch, IMPORTED if max(sizes) >= 1_000 else max(sizes))
