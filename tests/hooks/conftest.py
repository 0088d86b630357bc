"""Repositories whose hooks find the program, and git as a user calls it."""

import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.program import Done, Repo


@dataclass
class Hooked(Repo):
    """A repository in which git can call the program by its name."""

    def run(self, *words: str, env: Mapping[str, str] | None = None, stdin: str = "") -> Done:
        """git, or any other program; whatever it says."""
        done = subprocess.run(
            words,
            cwd=self.path,
            env={**self.env, **(env or {})},
            input=stdin.encode(),
            capture_output=True,
            check=False,
        )
        assert b"Traceback" not in done.stderr, done.stderr.decode()
        return Done(done.returncode, done.stdout.decode(), done.stderr.decode())

    def commit(self, message: str = "work", *more: str, env: Mapping[str, str] | None = None) -> Done:
        return self.run("git", "commit", "-q", "-m", message, *more, env=env)

    def write(self, path: str, text: str = "text\n") -> str:
        file = self.path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return path

    def stage(self, path: str, text: str = "text\n") -> str:
        self.write(path, text)
        self.git("add", "--", path)
        return path

    @property
    def hooks(self) -> Path:
        return Path(self.git("rev-parse", "--path-format=absolute", "--git-common-dir")) / "hooks"


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory for the PATH with `git-jit` in it."""
    directory = tmp_path_factory.mktemp("bin")
    script = directory / "git-jit"
    script.write_text(f"#!/bin/sh\nexec '{sys.executable}' -P -m git_jit \"$@\"\n")
    script.chmod(0o755)
    return directory


@pytest.fixture
def hooked(three_issues: Path, tmp_path: Path, program: Path) -> Hooked:
    """A repository with one commit of code and the issues `A`, `B`, `C`; no hook is installed."""
    shutil.copytree(three_issues, tmp_path / "code")
    repo = Hooked(tmp_path / "code")
    repo.env["PATH"] = f"{program}:{repo.env['PATH']}"
    repo.git("symbolic-ref", "HEAD", "refs/heads/main")
    repo.stage("README", "code\n")
    repo.git("commit", "-q", "-m", "first")
    return repo
