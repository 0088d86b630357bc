"""Repositories of N issues with realistic shapes, by the generator that ships with the package."""

import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from git_jit.model import Actor, Issue, Message, Priority, Timestamp
from git_jit.ops.sample import Profile, Sample, sample
from git_jit.record import replace
from git_jit.store.repository import Repository
from git_jit.view import Plan

TENTH = "bench:tenth"
"""A label on every tenth issue: 100 of 1,000 are changed in bulk, 1,000 of 10,000."""
FOREIGN = 100
"""Issues that another clone changed, for the refresh of the index."""
AT = Timestamp("2026-11-21T09:00:00.000000Z")


@dataclass(frozen=True, slots=True)
class Workspace:
    """A repository, the issues in it, and ids of some that are good to ask for."""

    path: Path
    ref: str
    issues: Sequence[Issue]
    open: Issue
    """Not finished, if there is one."""
    hub: Issue
    """Waits for the most others."""
    start: Issue
    """Waited for by others."""

    @property
    def size(self) -> int:
        return len(self.issues)

    @property
    def index(self) -> Path:
        return self.path / ".git" / "jit" / "index.sqlite"


class Workspaces:
    """Made when first asked for, kept for the run."""

    def __init__(self, scratch: Path, variables: dict[str, str]) -> None:
        self._scratch = scratch
        self._variables = variables
        self._made: dict[int, Workspace] = {}

    def get(self, size: int) -> Workspace:
        if size not in self._made:
            path = self._scratch / f"issues-{size}"
            self._made[size] = fill(empty(path), labelled(sample(Profile(issues=size))), self._variables)
        return self._made[size]


def labelled(made: Sample) -> Sample:
    issues = [
        replace(issue, labels=tuple(sorted({*issue.labels, TENTH}))) if number % 10 == 0 else issue
        for number, issue in enumerate(made.issues)
    ]
    return replace(made, issues=tuple(issues))


def empty(path: Path) -> Path:
    """A git repository without anything in it."""
    subprocess.run(["git", "init", "-q", "-b", "main", str(path)], check=True)
    return path


def message(op: str, request: str) -> Message:
    return Message(op=op, subject=f"{op}: bench", actor=Actor("agent:bench"), request=request, at=AT)


def fill(path: Path, made: Sample, variables: dict[str, str]) -> Workspace:
    store = Repository.open(str(path), variables)
    base = store.init(made.config, message("init", "init"))
    store.commit(made.plan(), base=base, message=message("import", "import"))
    ref = store.ref
    store.close()
    issues = made.issues
    waited_for = {id for issue in issues for id in issue.dependencies}
    return Workspace(
        path=path,
        ref=ref,
        issues=issues,
        open=next((issue for issue in reversed(issues) if not issue.state.terminal), issues[-1]),
        hub=max(issues, key=lambda issue: len(issue.dependencies)),
        start=next((issue for issue in issues if issue.id in waited_for), issues[0]),
    )


def change_elsewhere(workspace: Workspace, variables: dict[str, str], request: str) -> Path:
    """Change up to `FOREIGN` issues as a fetch would: the index stays behind. A copy of the stale index."""
    stale = workspace.path / ".git" / "jit" / "stale.sqlite"
    store = Repository.open(str(workspace.path), variables)
    with store.view() as view:
        base = view.base
        found = [view.issue(issue.id) for issue in workspace.issues[-FOREIGN:]]
    shutil.copyfile(workspace.index, stale)
    other = Priority.LOW if any(issue and issue.priority is not Priority.LOW for issue in found) else Priority.HIGH
    changed = {issue.id: replace(issue, priority=other) for issue in found if issue}
    store.commit(Plan(issues=changed), base=base, message=message("update", request))
    store.close()
    return stale


def blob_names(workspace: Workspace) -> bytes:
    """The oid of every issue, a line each."""
    listed = subprocess.run(
        ["git", "ls-tree", "-r", "--object-only", workspace.ref, "issues/"],
        cwd=workspace.path, check=True, capture_output=True,
    )  # fmt: skip
    return listed.stdout


def taskwarrior_json(issues: Sequence[Issue]) -> str:
    """The same issues as Taskwarrior imports them."""
    return json.dumps([_task(issue) for issue in issues], ensure_ascii=False)


def _task(issue: Issue) -> dict[str, object]:
    task: dict[str, object] = {
        "uuid": task_uuid(issue),
        "description": issue.title,
        "status": "completed" if issue.state.terminal else "pending",
        "entry": _compact(issue.created_at),
        "tags": [label.replace(":", "_").replace("-", "_") for label in issue.labels],
    }
    if issue.state.terminal:
        task["end"] = _compact(issue.closed_at or issue.created_at)
    if issue.dependencies:
        task["depends"] = [_dashed(id) for id in issue.dependencies]
    if issue.description:
        task["annotations"] = [{"entry": _compact(issue.created_at), "description": issue.description}]
    return task


def task_uuid(issue: Issue) -> str:
    return _dashed(issue.id)


def _dashed(id: str) -> str:
    return f"{id[:8]}-{id[8:12]}-{id[12:16]}-{id[16:20]}-{id[20:]}"


def _compact(at: str) -> str:
    return at[:19].replace("-", "").replace(":", "") + "Z"
