"""The code as it lies in the working tree, as one git tree: what a verdict of a gate is earned on.

What is not committed counts as much as what is. So the tree is the one that a commit of everything would have: of a
clean working tree that of HEAD, and committing what was tested does not change it. Ignored files are no part of it.

It is made with a copy of the index and a store of objects that is thrown away, so nothing of the repository changes.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

from git_jit.model import Oid
from git_jit.store.backend import Durability
from git_jit.store.layout import Layout
from git_jit.store.process import Finished, execute, git_argv, git_environ
from git_jit.store.settings import head_tree
from git_jit.store.staged import index_path


def code_tree(layout: Layout, environ: Mapping[str, str]) -> Oid | None:
    """The tree of everything that is not ignored (6 ms where little changed); in a bare repository, of HEAD, or None
    where there is none.

    Where it cannot be told (a broken index, no room for a copy of it) it is a name that no tree has, another one each
    time: no verdict was earned on it, and none that is earned now will count.
    """
    if layout.worktree is None:
        return head_tree(layout, environ)
    try:
        with _scratch(environ) as scratch:
            found = _written(layout, environ, scratch)
    except OSError:
        found = None
    return found or Oid(os.urandom(20).hex())


def _written(layout: Layout, environ: Mapping[str, str], scratch: str) -> Oid | None:
    copy = f"{scratch}/index"
    with suppress(OSError), open(index_path(layout, environ), "rb") as source, open(copy, "wb") as target:
        target.write(source.read())
        target.flush()  # what is written later would be dated later
        times = os.fstat(source.fileno())
        os.utime(copy, ns=(times.st_atime_ns, times.st_mtime_ns))  # by it git knows which entries are in doubt
    os.mkdir(f"{scratch}/objects")
    borrowed = [layout.objects_dir, *layout.alternates]
    child = {
        **git_environ(layout, environ),
        "GIT_INDEX_FILE": copy,
        "GIT_OBJECT_DIRECTORY": f"{scratch}/objects",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": os.pathsep.join(borrowed),
    }
    for what in ("--all", "--update"):  # the latter where there is a directory that git refuses to look into
        if _git(layout, child, "add", what, "--ignore-errors").status in {0, 1}:
            break
    else:
        return None
    done = _git(layout, child, "write-tree")
    return Oid(done.out.decode().strip()) if done.status == 0 else None


@contextmanager
def _scratch(environ: Mapping[str, str]) -> Iterator[str]:
    """A directory of one's own that is gone afterwards. `tempfile` would be half of what is imported here (7 ms)."""
    path = f"{environ.get('TMPDIR') or '/tmp'}/git-jit-{os.getpid()}-{os.urandom(8).hex()}"  # noqa: S108 - see mkdir
    os.mkdir(path, 0o700)  # follows no link, and takes nothing that is there
    try:
        yield path
    finally:
        for top, _, files in os.walk(path, topdown=False):
            for name in files:
                with suppress(OSError):
                    os.unlink(f"{top}/{name}")
            with suppress(OSError):
                os.rmdir(top)


def _git(layout: Layout, environ: Mapping[str, str], *words: str) -> Finished:
    naming = [f"--work-tree={layout.worktree}", *words]
    return execute(git_argv(layout, naming, Durability.FAST), environ, input=b"", timeout=layout.budgets.git)
