"""Several clones of one repository and the host between them: real git, use cases without a process of their own."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from time import monotonic
from zlib import crc32

from git_jit.config import Config
from git_jit.model import Actor, Caller, Issue, IssueId, Message, Oid, Timestamp
from git_jit.ops import comments, issues, sync
from git_jit.ops.edit import Patch
from git_jit.ops.issues import Draft
from git_jit.ops.sync import Synced
from git_jit.store.repository import Repository
from git_jit.store.retrying import World

REF = "refs/jit/issues"
BRANCH = "refs/heads/jit/issues"
_OPENED: list[Repository] = []


def close_all() -> None:
    """Close the stores of every clone; for the end of a test."""
    while _OPENED:
        _OPENED.pop().close()


def run(cwd: Path, *words: str, env: dict[str, str], input: bytes = b"", check: bool = True) -> str:
    done = subprocess.run(["git", *words], cwd=cwd, env=env, input=input, capture_output=True, check=False)
    assert done.returncode == 0 or not check, (words, done.stderr.decode())
    return done.stdout.decode("utf-8", "replace").strip()


@dataclass
class Clone:
    """One person's clone. `skew_s` is how far their clock is off; every act takes a second."""

    path: Path
    env: dict[str, str]
    name: str
    seconds: Iterator[int]
    skew_s: int = 0
    numbers: Iterator[int] = field(default_factory=count)

    def open(self) -> Repository:
        store = Repository.open(str(self.path), self.env)
        store.world = World(monotonic, lambda _: None, lambda low, _: low)
        _OPENED.append(store)
        return store

    @property
    def store(self) -> Repository:
        """Opened anew each time, as by a command."""
        return self.open()

    def caller(self) -> Caller:
        now = 1_795_000_000 + next(self.seconds) + self.skew_s
        moment = Timestamp(f"{_spelled(now)}.000000Z")
        return Caller(
            actor=Actor(f"human:{self.name}"),
            now=moment,
            new_id=lambda: IssueId(os.urandom(16).hex()),
            new_ulid=self._ulid,
            new_request=self._ulid,
        )

    def _ulid(self) -> str:
        return f"{crc32(self.name.encode()):010d}{next(self.numbers):016d}"

    def git(self, *words: str, input: bytes = b"", check: bool = True) -> str:
        return run(self.path, *words, env=self.env, input=input, check=check)

    # --- acts -----------------------------------------------------------------------------------------

    def init(self) -> None:
        caller = self.caller()
        message = Message(op="init", subject="init", actor=caller.actor, request=self._ulid(), at=caller.now)
        self.open().init(Config(), message)

    def create(self, title: str, *on: str) -> IssueId:
        return issues.create(self.store, self.caller(), Draft(title=title, depends_on=on)).outcomes[0].id

    def update(self, id: IssueId, **patch: object) -> None:
        issues.update(self.store, self.caller(), [id], Patch(**patch))  # type: ignore[arg-type]

    def comment(self, id: IssueId, body: str) -> None:
        comments.add(self.store, self.caller(), id, body)

    def sync(self, remote: str | None = None, **how: object) -> Synced:
        return sync.sync(self.store, self.caller(), remote, **how)  # type: ignore[arg-type]

    # --- looks ----------------------------------------------------------------------------------------

    @property
    def tip(self) -> Oid:
        return Oid(self.git("rev-parse", "--verify", REF))

    @property
    def tree(self) -> str:
        return self.git("rev-parse", f"{REF}^{{tree}}")

    def issue(self, id: IssueId) -> Issue:
        with self.store.view() as view:
            found = view.issue(id)
        assert found is not None
        return found

    def titles(self) -> list[str]:
        with self.store.view() as view:
            return sorted(row.title for row in view.rows(view.ids()))

    def subjects(self) -> list[str]:
        return self.git("log", "--format=%s", REF).splitlines()

    def plant(self, files: dict[str, bytes | None], ref: str = REF) -> Oid:
        """A commit by hand, with git's plumbing, on top of `ref`."""
        env = {**self.env, "GIT_INDEX_FILE": str(self.path / ".git" / "by-hand")}
        run(self.path, "read-tree", ref, env=env)
        for path, data in files.items():
            if data is None:
                run(self.path, "update-index", "--force-remove", path, env=env)
                continue
            blob = run(self.path, "hash-object", "-w", "--stdin", env=env, input=data)
            run(self.path, "update-index", "--add", "--cacheinfo", f"100644,{blob},{path}", env=env)
        tree = run(self.path, "write-tree", env=env)
        return Oid(run(self.path, "commit-tree", tree, "-p", ref, "-m", "by hand", env=env))


@dataclass
class Team:
    """A bare repository that plays the host, and everybody's clones of it."""

    base: Path
    env: dict[str, str]
    seconds: Iterator[int] = field(default_factory=count)

    @property
    def hub(self) -> Path:
        return self.base / "hub.git"

    def clone(self, name: str, url: str | None = None, *options: str) -> Clone:
        run(self.base, "clone", "-q", *options, url or str(self.hub), name, env=self.env)
        found = Clone(self.base / name, self.env, name, self.seconds)
        found.git("config", "user.name", name.capitalize())
        found.git("config", "user.email", f"{name}@example.org")
        return found

    def hub_git(self, *words: str, input: bytes = b"") -> str:
        return run(self.hub, *words, env=self.env, input=input)

    @property
    def published(self) -> str:
        return self.hub_git("rev-parse", "--verify", BRANCH)


def team(base: Path) -> Team:
    """A host with nothing on it."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "JIT_"))}
    env |= {"HOME": str(base), "GIT_CONFIG_NOSYSTEM": "1"}
    run(base, "init", "-q", "--bare", "hub.git", env=env)
    return Team(base, env)


def started(base: Path, *names: str) -> tuple[Team, list[Clone]]:
    """A host with issues on it, and clones that have them."""
    made = team(base)
    first = made.clone(names[0])
    first.init()
    first.sync()
    clones = [first, *(made.clone(name) for name in names[1:])]
    for clone in clones[1:]:
        clone.sync()
    return made, clones


def copied(made: Team, clones: Sequence[Clone], base: Path) -> tuple[Team, list[Clone]]:
    """The same host and clones at another place; cheaper than making them anew."""
    shutil.copytree(made.base, base)
    moved = Team(base, {**made.env, "HOME": str(base)}, made.seconds)
    copies = [Clone(base / clone.name, moved.env, clone.name, clone.seconds) for clone in clones]
    for clone in copies:
        clone.git("remote", "set-url", "origin", str(moved.hub))
    return moved, copies


def _spelled(seconds: int) -> str:
    from time import gmtime, strftime

    return strftime("%Y-%m-%dT%H:%M:%S", gmtime(seconds))
