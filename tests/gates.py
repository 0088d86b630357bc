"""The program inside this process, in real clones, with approvals in a home of their own."""

import io
import itertools
import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from git_jit.cli import App
from git_jit.cli.program import run
from git_jit.cli.world import RealGit, new_id, new_ulid
from git_jit.model import Timestamp
from git_jit.store.repository import Repository
from git_jit.store.trusting import Approvals
from tests.cli.console import Result

_SECONDS = itertools.count()


@dataclass
class Clone:
    """One person's clone. `home` is where their approvals are."""

    path: Path
    home: Path
    name: str = "ada"
    environ: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "JIT_", "XDG_"))}
        self.environ = {
            **kept,
            "HOME": str(self.home),
            "USER": self.name,
            "GIT_CONFIG_NOSYSTEM": "1",
            "JIT_ACTOR": f"human:{self.name}",
            **self.environ,
        }

    def __call__(self, *words: str, stdin: bytes = b"", terminal: bool = False) -> Result:
        out, err = io.StringIO(), io.StringIO()
        app = self.app(out, err, stdin, terminal=terminal)
        status = run(words, app)
        assert "this is a bug" not in err.getvalue(), err.getvalue()
        return Result(status, out.getvalue(), err.getvalue())

    def app(self, out: io.StringIO, err: io.StringIO, stdin: bytes, *, terminal: bool) -> App:
        here = RealGit(str(self.path), self.environ)
        now = Timestamp(time.strftime("2026-11-21T%H:%M:%S.000000Z", time.gmtime(next(_SECONDS))))
        return App(
            environ=self.environ,
            cwd=str(self.path),
            stdin=io.BytesIO(stdin),
            stdout=out,
            stderr=err,
            stdin_is_terminal=terminal,
            stderr_is_terminal=terminal,
            open_store=self.open,
            init_store=lambda config, message: self.open().init(config, message),
            git=here,
            now=lambda: now,
            new_id=new_id,
            new_ulid=new_ulid,
            local_dir=here.local_dir,
        )

    def open(self) -> Repository:
        return Repository.open(str(self.path), self.environ)

    def ok(self, *words: str, stdin: bytes = b"", terminal: bool = False) -> str:
        result = self(*words, stdin=stdin, terminal=terminal)
        assert result.status == 0, (words, result)
        return result.out

    def git(self, *words: str, stdin: bytes = b"", env: dict[str, str] | None = None) -> str:
        done = subprocess.run(
            ["git", *words], cwd=self.path, env={**self.environ, **(env or {})}, input=stdin, capture_output=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, (words, done.stderr.decode())
        return done.stdout.decode().strip()

    def commit(self, message: str = "code", **files: str) -> None:
        """A commit of the code with these files."""
        for name, text in files.items():
            (self.path / name).write_text(text)
        self.git("add", "--all")
        self.git("commit", "-q", "--allow-empty", "-m", message)

    def let_own_count(self) -> None:
        """What 'gate trust --mine' does: here nobody sits at a terminal."""
        Approvals(self.open().layout, self.environ).let_own_count({"by": self.name})

    def approve(self, key: str) -> Result:
        """What a person does who has read it."""
        hash = self("gate", "show", key, "--json").data["hash"]
        return self("gate", "trust", key, stdin=f"{hash[:8]}\n".encode(), terminal=True)

    def plant(self, path: str, data: bytes) -> None:
        """A blob on the reference, by hand."""
        index = {"GIT_INDEX_FILE": str(self.path / ".git/by-hand")}
        self.git("read-tree", "refs/jit/issues", env=index)
        blob = self.git("hash-object", "-w", "--stdin", stdin=data)
        self.git("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}", env=index)
        tree = self.git("write-tree", env=index)
        self.git(
            "update-ref", "refs/jit/issues", self.git("commit-tree", tree, "-p", "refs/jit/issues", "-m", "by hand")
        )

    def runs(self) -> Iterator[Path]:
        return (self.path / ".git/jit/runs").glob("*")


def start(path: Path, home: Path, name: str = "ada") -> Clone:
    """A new repository with a commit of code and a tracker."""
    path.mkdir(parents=True)
    clone = Clone(path, home, name)
    clone.git("init", "-q")
    person(clone)
    clone.commit(**{"code.txt": "one\n"})
    clone.ok("init", "--template", "minimal")
    clone.let_own_count()
    return clone


def person(clone: Clone) -> None:
    clone.git("config", "user.name", clone.name)
    clone.git("config", "user.email", f"{clone.name}@example.org")
