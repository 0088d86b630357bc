"""What the commands need that share, merge and decide: a clone with a remote, a decision that waits, files of git's."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from git_jit import canonical
from git_jit.config import Config
from git_jit.merge import Conflict, Entry, Stamp, stored
from git_jit.model import Actor, Message, Timestamp
from git_jit.record import replace
from git_jit.store.layout import Layout, discover
from git_jit.store.repository import Repository
from git_jit.view import Plan
from tests.cli.console import Console, FakeGit

SHARING = frozenset({"sync", "fetch", "pull", "push", "merge", "propose", "check"})
FILES = frozenset({"merge-file", "textconv"})
INIT = Message(
    op="init",
    subject="init",
    actor=Actor("human:ada"),
    request="00",
    at=Timestamp("2026-11-21T08:00:00.000000Z"),
)


def prepared(console: Console, path: str) -> Console:
    """A console in which the sample of the command works."""
    if path in SHARING:
        return replace(console, store=clone())
    if path.startswith("gate "):
        console.ok("gate", "define", "review")
    if path in {"gate rm", "gate pass", "gate fail"}:
        console.ok("gate", "add", "01ab", "review")
    if path.startswith("doc "):
        console = replace(console, git=BesideCode(code_at=str(code())))
        console.cwd = console.git.code_at  # type: ignore[attr-defined]
        console.ok("doc", "add", "01ab", "docs/plan.md")
    if path.startswith("snapshot "):
        console.cwd = mkdtemp()
        console.ok("snapshot", "export", "-o", "made.tar.gz")
    if path == "resolve":
        wait(console)
    if path in FILES:
        console.cwd = mkdtemp()
        for name in ("base", "ours", "theirs"):
            Path(console.cwd, f"{name}.json").write_bytes(b'{\n  "schema": 1\n}\n')
    return console


@dataclass
class BesideCode(FakeGit):
    """The same, beside code that lies on a disk."""

    code_at: str = ""

    def layout(self) -> Layout:
        return discover(self.code_at, environment(self.code_at))


def environment(home: str) -> dict[str, str]:
    return {**os.environ, "HOME": home, "GIT_CONFIG_NOSYSTEM": "1"}


def code() -> Path:
    """A repository with a page in it, and no issues."""
    base = Path(mkdtemp())
    (base / "docs").mkdir()
    (base / "docs/plan.md").write_text("# A plan\n")
    for words in (
        ("init", "-q"),
        ("add", "."),
        ("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "commit", "-q", "-m", "Write the plan down"),
    ):
        subprocess.run(["git", *words], cwd=base, env=environment(str(base)), check=True, capture_output=True)
    return base


def clone() -> Repository:
    """A clone whose remote has the same issues, fetched and all."""
    base = Path(mkdtemp())
    environ = environment(str(base))
    for words in (
        ("init", "-q", "--bare", "hub"),
        ("clone", "-q", "hub", "clone"),
        ("-C", "clone", "config", "user.name", "Ada"),
        ("-C", "clone", "config", "user.email", "ada@example.org"),
    ):
        subprocess.run(["git", *words], cwd=base, env=environ, check=True, capture_output=True)
    store = Repository.open(str(base / "clone"), environ)
    store.init(Config(), INIT)
    words = ("push", "-q", "origin", "refs/jit/issues:refs/heads/jit/issues")
    subprocess.run(["git", *words], cwd=base / "clone", env=environ, check=True, capture_output=True)
    return store


def wait(console: Console, title: str = "Repair the gate") -> None:
    """Let a decision wait about the title of the issue that is done first."""
    with console.store.view() as view:
        id = view.starting_with("01ab")[0]
        issue = view.issue(id)
        assert issue is not None
        conflict = Conflict(
            path=f"issues/{id[:2]}/{id}.json",
            field=("title",),
            reason="both_changed",
            base="Repair",
            kept=Entry(issue.title, Stamp(2, 0, "b")),
            lost=(Entry(title, Stamp(1, 0, "a")),),
        )
        base = view.base
    plan = Plan(raw={conflict.file: canonical.dumps(stored(conflict))})
    console.store.commit(plan, base=base, message=INIT)
