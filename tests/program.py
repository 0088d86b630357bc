"""The real program in real repositories, for tests from end to end."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, cast

from git_jit.cli.table import NOUNS, TOP, find

PROGRAM = [sys.executable, "-m", "git_jit"]
JIT = f"'{sys.executable}' -m git_jit"
"""The same for a shell."""
REF = "refs/jit/issues"
LIMIT_S = 60
"""A command that takes longer hangs: it waits for somebody who is not there. Many times what a busy machine needs."""
DESTRUCTIVE = re.compile(r"\b(?:delete|bulk-delete|rm -|--force|reset|gc|prune|push|update-ref -d)\b")
"""What no hint may propose."""


class Done(NamedTuple):
    status: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)["data"]


@dataclass
class Repo:
    """A repository, and the program in it."""

    path: Path
    env: dict[str, str] = field(default_factory=lambda: dict(os.environ))

    def start(self, *words: str | bytes, env: Mapping[str, str] | None = None, **how: Any) -> subprocess.Popen[bytes]:
        how = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | how
        environ = self.env if env is None else env
        return cast("subprocess.Popen[bytes]", subprocess.Popen([*PROGRAM, *words], cwd=self.path, env=environ, **how))

    def jit(self, *words: str | bytes, stdin: bytes = b"", **how: Any) -> Done:
        with self.start(*words, **how) as process:
            out, err = process.communicate(stdin, timeout=LIMIT_S)
        status = process.returncode
        assert b"Traceback" not in err, err.decode()
        return Done(status, (out or b"").decode(), (err or b"").decode())

    def works(self, *words: str | bytes, **how: Any) -> Done:
        done = self.jit(*words, **how)
        assert done.status == 0, done
        return done

    def refused(self, code: str, status: int, *words: str | bytes, **how: Any) -> dict[str, Any]:
        """The error that the command gives; with it everything is as it was."""
        before = self.everything()
        done = self.jit(*words, "--json", **how)
        error: dict[str, Any] = json.loads(done.out)["error"]
        assert (error["code"], done.status) == (code, status), error
        assert error["message"]
        assert not error["message"].endswith(".")
        check_hint(error["hint"] or "")
        assert self.everything() == before
        return error

    def git(self, *words: str, stdin: bytes = b"", check: bool = True) -> str:
        done = subprocess.run(
            ["git", *words], cwd=self.path, env=self.env, input=stdin, capture_output=True, check=False
        )
        assert done.returncode == 0 or not check, done.stderr.decode()
        return done.stdout.decode().strip()

    def everything(self) -> str:
        """Every commit, tree and blob of the issues, by name: git reads each of them, so none may be missing."""
        return self.git("rev-list", "--objects", REF, check=False)

    def path_of(self, id: str) -> str:
        (found,) = [
            p for p in self.git("ls-tree", "-r", "--name-only", REF).splitlines() if p.startswith("issues/") and id in p
        ]
        return found

    def plant(self, files: Mapping[str, bytes], *, mode: str = "100644") -> None:
        """Put blobs on the ref by hand, with git's plumbing."""
        index = {**self.env, "GIT_INDEX_FILE": str(self.path / ".git" / "by-hand")}
        here = Repo(self.path, index)
        here.git("read-tree", REF)
        lines = [
            f"{mode} {here.git('hash-object', '-w', '--stdin', stdin=data)}\t{path}" for path, data in files.items()
        ]
        here.git("update-index", "--add", "--index-info", stdin="\n".join(lines).encode())
        commit = here.git("commit-tree", here.git("write-tree"), "-p", REF, "-m", "by hand")
        self.git("update-ref", REF, commit)

    def blob(self, id: str) -> bytes:
        return (self.git("cat-file", "blob", f"{REF}:{self.path_of(id)}") + "\n").encode()


def alive(pid: int) -> bool:
    """Whether the process runs. It may end while its entry is read: then there is an entry, and no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except (FileNotFoundError, ProcessLookupError):
        return False


def check_hint(hint: str) -> None:
    """Every `git jit` command that a hint names exists, and nothing in it destroys."""
    assert not DESTRUCTIVE.search(hint), hint
    for words in re.findall(r"git jit ((?:[a-z-]+ ?)+)", hint):
        first, *_ = words.split()
        assert first in {*TOP, *NOUNS}, hint
        assert first in TOP or find(words.split())[0] is not None, hint


def make_repo(path: Path, home: Path) -> Repo:
    """A new repository of somebody who has a name."""
    env = {key: value for key, value in os.environ.items() if not key.startswith(("GIT_", "JIT_"))}
    repo = Repo(path, {**env, "HOME": str(home), "GIT_CONFIG_NOSYSTEM": "1"})
    repo.git("init", "-q")
    repo.git("config", "user.name", "Ada Lovelace")
    repo.git("config", "user.email", "ada@example.org")
    return repo


def make_quiet(path: Path) -> Path:
    """A repository with one issue where all is well and known to be, and a third commit of the code about to be made."""
    for words in (
        ["git", "init", "-q"],
        ["git", "config", "user.name", "A"],
        ["git", "config", "user.email", "a@b"],
        ["git", "commit", "-q", "--allow-empty", "-m", "first"],
        ["git", "commit", "-q", "--allow-empty", "-m", "second"],
        [*PROGRAM, "init", "--template", "minimal"],
        [*PROGRAM, "create", "Hello"],
        [*PROGRAM, "hook", "run", "pre-commit"],
        [*PROGRAM, "list"],
    ):
        subprocess.run(words, cwd=path, check=True, capture_output=True)
    (path / ".git/COMMIT_EDITMSG").write_text("third\n")
    return path


PLAN = {
    "issues": [
        {"key": "a", "title": "A"},
        {"key": "b", "title": "B", "depends_on": ["a"]},
        {"key": "c", "title": "C"},
    ]
}


def ids(repo: Repo) -> dict[str, str]:
    """The id of each issue by its title."""
    return {issue["title"]: issue["id"] for issue in repo.works("query", "all", "--json").data}


def forget_index(repo: Repo) -> None:
    """As if it had never been made."""
    for file in (repo.path / ".git/jit").glob("index*"):
        file.unlink()
