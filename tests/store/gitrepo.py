"""Repositories of every shape, made by git itself, for tests of the store."""

import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from git_jit.model import Oid
from git_jit.store.backend import Backend, Kind, Object
from git_jit.store.layout import Layout, discover
from git_jit.store.tree import object_id

REF = "refs/jit/issues"
ADA = f"Ada Lovelace <ada@example.org> {int(time.time())} +0000"
"""Now: `git gc` expires older entries of a reflog."""


def git(cwd: Path, *args: str, input: bytes | None = None, env: dict[str, str] | None = None) -> str:
    """Run git, expect success, return what it says."""
    done = subprocess.run(
        ["git", *args], cwd=cwd, input=input, capture_output=True, check=False, env={**os.environ, **(env or {})}
    )
    assert done.returncode == 0, (args, done.stderr.decode())
    return done.stdout.decode().strip()


@dataclass
class Place:
    """A repository: where one stands in it, and with which environment."""

    cwd: Path
    env: dict[str, str] = field(default_factory=dict)

    @property
    def environ(self) -> dict[str, str]:
        return {**os.environ, **self.env}

    @property
    def layout(self) -> Layout:
        return discover(str(self.cwd), self.environ)

    def git(self, *args: str, input: bytes | None = None) -> str:
        return git(self.cwd, *args, input=input, env=self.env)

    def loose(self, oid: Oid) -> Path:
        return Path(self.layout.objects_dir, oid[:2], oid[2:])

    def blob(self, data: bytes) -> Object:
        return make(Kind.BLOB, data, self.layout.object_format)

    def commit(self, data: bytes, *parents: Oid) -> list[Object]:
        """A blob, a tree that holds it as `file`, and a commit of that tree."""
        blob = self.blob(data)
        tree = make(Kind.TREE, b"100644 file\0" + bytes.fromhex(blob.oid), self.layout.object_format)
        lines = [f"tree {tree.oid}", *(f"parent {parent}" for parent in parents), f"author {ADA}", f"committer {ADA}"]
        text = "\n".join([*lines, "", "say something\n"]).encode()
        return [blob, tree, make(Kind.COMMIT, text, self.layout.object_format)]


BACKENDS = ("files", "libgit2", "plumbing")


def open_backend(name: str, place: Place) -> Backend:
    match name:
        case "files":
            from git_jit.store.files import Files

            return Files(place.layout, place.environ)
        case "libgit2":
            from git_jit.store.git import Libgit2

            return Libgit2(place.layout, place.environ)
        case _:
            from git_jit.store.plumbing import Plumbing

            return Plumbing(place.layout, place.environ)


def make(kind: Kind, data: bytes, object_format: str = "sha1") -> Object:
    return Object(object_id(kind, data, object_format), kind, data)


def ordinary(base: Path) -> Place:
    git(base, "init", "-q", ".")
    git(base, "commit", "-q", "--allow-empty", "-m", "first")
    return Place(base)


def bare(base: Path) -> Place:
    git(base, "init", "-q", "--bare", ".")
    return Place(base, {"GIT_DIR": str(base)})


def worktree(base: Path) -> Place:
    main = base / "main"
    main.mkdir()
    ordinary(main).git("worktree", "add", "-q", "../linked")
    return Place(base / "linked")


def subdirectory(base: Path) -> Place:
    below = ordinary(base).cwd / "a" / "b"
    below.mkdir(parents=True)
    return Place(below)


def by_name(base: Path) -> Place:
    """Standing elsewhere, with `GIT_DIR` set."""
    inside, outside = base / "inside", base / "outside"
    inside.mkdir()
    outside.mkdir()
    return Place(outside, {"GIT_DIR": str(ordinary(inside).cwd / ".git")})


def unborn(base: Path) -> Place:
    git(base, "init", "-q", ".")
    return Place(base)


def detached(base: Path) -> Place:
    place = ordinary(base)
    place.git("checkout", "-q", "--detach")
    return place


def sha256(base: Path) -> Place:
    git(base, "init", "-q", "--object-format=sha256", ".")
    return Place(base)


def partial(base: Path) -> Place:
    origin = base / "origin"
    origin.mkdir()
    far = ordinary(origin)
    (origin / "file").write_text("far away\n")
    far.git("add", "file")
    far.git("commit", "-q", "-m", "second")
    far.git("config", "uploadpack.allowFilter", "true")
    far.git("config", "uploadpack.allowAnySHA1InWant", "true")
    git(base, "clone", "-q", "--filter=blob:none", "--no-checkout", origin.as_uri(), "near")
    return Place(base / "near")


def reftable(base: Path) -> Place:
    git(base, "init", "-q", "--ref-format=reftable", ".")
    return Place(base)


SHAPES: dict[str, Callable[[Path], Place]] = {
    shape.__name__: shape
    for shape in (ordinary, bare, worktree, subdirectory, by_name, unborn, detached, sha256, partial, reftable)
}
PLAIN = ("ordinary", "bare", "worktree", "subdirectory", "by_name", "unborn", "detached")
"""Shapes that every back end can open."""
FOREIGN = ("sha256", "partial", "reftable")
"""Shapes that only git itself can open."""


def has_reftable() -> bool:
    done = subprocess.run(["git", "init", "-h"], capture_output=True, check=False)
    return b"--ref-format" in done.stdout + done.stderr
