"""Ask git itself: the back end for every repository that neither our file access nor libgit2 can open.

SHA-256, reftable, partial clones, foreign owners, unknown extensions: git decides, we only ask. It is not
the slow way: a command costs 3 ms, less than it takes to load libgit2.
"""

import contextlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from git_jit.errors import Fatal
from git_jit.model import Oid
from git_jit.record import replace
from git_jit.store import RefConflict, RefLocked, WriteFailed
from git_jit.store.backend import Durability, Keep, Object, ReflogEntry, Still
from git_jit.store.budgets import DEFAULTS
from git_jit.store.gitobjects import CatFile, index_pack, require_writable, unpack
from git_jit.store.keeps import sweep_keeps
from git_jit.store.layout import Layout
from git_jit.store.loose import set_aside_damaged, sync_loose
from git_jit.store.process import MAX_STDERR, Finished, execute, failure, git_environ, run
from git_jit.store.reflog import names_no_commit, parse_reflog
from git_jit.store.settings import (
    Identity,
    editor,
    head_tree,
    identity,
    maintenance,
    pager,
    read_config,
    set_config,
)
from git_jit.store.system import System, sync_path
from git_jit.store.terminal import edit, page

LOCK_TIMEOUTS: Final = ("core.filesRefLockTimeout", "core.packedRefsTimeout", "reftable.lockTimeout")
"""How long git itself waits, with growing random pauses, for another process to finish; in milliseconds."""
SWAP_ATTEMPTS: Final = 2
"""The second one is for a lock that was there while git looked and gone when we did."""
MAX_REF: Final = 4096

__all__ = [
    "CatFile",
    "Identity",
    "Plumbing",
    "confirm",
    "edit",
    "editor",
    "head_tree",
    "identity",
    "index_pack",
    "maintenance",
    "page",
    "pager",
    "read_config",
    "run",
    "set_config",
    "sweep_keeps",
]


class NotTrusted(Fatal):
    """The repository belongs to somebody else, and git was not told to trust it."""

    code = "repo_not_trusted"


def confirm(layout: Layout, environ: Mapping[str, str]) -> Layout:
    """Let git judge a repository that `discover` could not: a foreign owner, a bare one met by walking up.

    Naming a directory (`--git-dir`) switches git's own checks off, so they must come first. Returns the
    layout as trusted, or raises `NotTrusted`.
    """
    if layout.trusted:
        return layout
    argv = ["git", "-C", layout.cwd, "rev-parse", "--git-dir"]
    done = execute(argv, git_environ(layout, environ), input=b"", timeout=DEFAULTS.git)
    if done.status == 0:
        return replace(layout, trusted=True)
    details = {"git_dir": layout.git_dir, "stderr": done.err[:MAX_STDERR]}
    if layout.owned:
        raise NotTrusted(
            f"git does not use the bare repository '{layout.git_dir}' unless it is named",
            hint="name it with `git --git-dir=<path> jit`; see safe.bareRepository in `git help config`",
            details=details,
        )
    raise NotTrusted(
        f"'{layout.git_dir}' belongs to another user (uid {_owner(layout.git_dir)}), and git does not trust it",
        hint="if you do, see safe.directory in `git help config`",
        details=details,
    )


def _owner(path: str) -> str:
    try:
        return str(os.stat(path).st_uid)
    except OSError:
        return "unknown"


class Plumbing:
    """`Backend` through git commands. Raises `NotTrusted` if git would not open the repository."""

    name = "plumbing"

    def __init__(self, layout: Layout, environ: Mapping[str, str]) -> None:
        self._layout = confirm(layout, environ)
        self._environ = environ
        self._objects = CatFile(self._layout, environ)
        self.object_format = layout.object_format

    def read(self, oid: Oid) -> Object:
        return self._objects.read(oid)

    def read_many(self, oids: Iterable[Oid]) -> Iterator[Object | Oid]:
        return self._objects.read_many(oids)

    def exists(self, oid: Oid) -> bool:
        return self._objects.exists(oid)

    def write(self, objects: Sequence[Object], durability: Durability) -> None:
        """Git skips an object whose file exists, so all are read back; damaged ones are written again."""
        unpack(self._layout, self._environ, objects, durability)
        if self._unreadable(objects) and set_aside_damaged(self._layout, objects):
            unpack(self._layout, self._environ, objects, durability)
        lost = self._unreadable(objects)
        if lost:
            raise WriteFailed(f"object '{lost[0]}' cannot be read back after writing", details={"oids": lost})
        if durability is Durability.FULL:
            sync_loose(self._layout, [item.oid for item in objects])

    def _unreadable(self, objects: Sequence[Object]) -> list[Oid]:
        found = self._objects.read_many([item.oid for item in objects])
        return [oid for oid in found if not isinstance(oid, Object)]

    def write_pack(self, objects: Sequence[Object], durability: Durability) -> Keep:
        return index_pack(self._layout, self._environ, objects, durability)

    def ref(self, name: str) -> Oid | None:
        """Not `rev-parse`: that would take `refs/heads/refs/jit/issues` for a good guess."""
        found = self._for_each_ref(name).get(name) if name.startswith("refs/") else self._rev_parse(name)
        if found is None and self._is_garbage(name):
            found = self._for_each_ref(name).get(name)  # it may have been written between the two looks
            if found is None:
                raise names_no_commit(name, self.reflog(name))
        return found

    def refs(self, prefix: str) -> dict[str, Oid]:
        found = self._for_each_ref(prefix[: prefix.rfind("/") + 1])
        return {name: oid for name, oid in found.items() if name.startswith(prefix)}

    def _for_each_ref(self, pattern: str) -> dict[str, Oid]:
        args = ["for-each-ref", "--format=%(objectname) %(refname)", *([pattern] if pattern else [])]
        done = run(self._layout, args, environ=self._environ)
        if done.status:
            raise failure(done, "reading references")
        lines = done.out.decode("utf-8", "surrogateescape").split("\n")  # not splitlines: see `Files`
        return {name: Oid(oid) for oid, _, name in (line.partition(" ") for line in lines) if name}

    def _rev_parse(self, name: str) -> Oid | None:
        done = run(self._layout, ["rev-parse", "--quiet", "--verify", name], environ=self._environ)
        return Oid(done.out.decode().strip()) if done.status == 0 else None

    def _is_garbage(self, name: str) -> bool:
        """Whether the reference is a file that holds neither an oid nor the name of another reference.

        git calls such a one missing; but starting an empty tracker in its place would bury the issues.
        """
        base = self._layout.common_dir if name.startswith("refs/") else self._layout.git_dir
        try:
            with open(os.path.join(base, name), "rb") as file:
                return not file.read(MAX_REF).startswith(b"ref:")
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return False
        except OSError:
            return True

    def swap(
        self, name: str, new: Oid, old: Oid | None, *, committer: str, message: str, still: Still | None = None
    ) -> None:
        """One `update-ref` transaction. After a failure the reference itself tells what happened, not git's words.

        `RefConflict` also if it is at `new`: that may be another's equal commit. `publish` finds out whose.
        """
        require_writable(self._layout)
        for _ in range(SWAP_ATTEMPTS):
            done = self._update_ref(name, new, old, committer, message, still)
            if done.status == 0:
                self._sync_ref(name)
                return
            for ref, expected in ((name, old), *([still] if still else [])):
                now = self.ref(ref)
                if now != expected:
                    details = {"ref": ref, "expected": expected, "found": now}
                    raise RefConflict(
                        f"'{ref}' has moved since it was read", hint="run the same command again", details=details
                    )
            if any(map(os.path.lexists, self._locks(name))):
                raise RefLocked(
                    f"'{name}' is locked by another git process",
                    hint="run the same command again when the other git is done",
                    details={"lock": self._locks(name)[0]},
                )
        raise failure(done, f"moving '{name}'", WriteFailed)

    def _update_ref(
        self, name: str, new: Oid, old: Oid | None, committer: str, message: str, still: Still | None
    ) -> Finished:
        patience = round(self._layout.budgets.ref * 1000)
        change = f"create {name}\0{new}\0" if old is None else f"update {name}\0{new}\0{old}\0"
        if still:
            change += f"verify {still.ref}\0{still.oid}\0"
        return run(
            self._layout,
            [
                *(word for key in LOCK_TIMEOUTS for word in ("-c", f"{key}={patience}")),
                "update-ref",
                "-m",
                " ".join(message.split()) or "jit",
                "-z",
                "--stdin",
            ],
            environ={**self._environ, **_committer(committer)},
            input=change.encode("utf-8", "surrogateescape"),
        )

    def _locks(self, name: str) -> tuple[str, ...]:
        common = self._layout.common_dir
        if self._layout.ref_format == "reftable":
            return (os.path.join(common, "reftable", "tables.list.lock"),)
        return (os.path.join(common, f"{name}.lock"), os.path.join(common, "packed-refs.lock"))

    def _sync_ref(self, name: str) -> None:
        """Git syncs the file (core.fsync=reference) but not the directories that lead to it."""
        path = "reftable" if self._layout.ref_format == "reftable" else os.path.dirname(name)
        while path:
            with contextlib.suppress(OSError):
                sync_path(System(), os.path.join(self._layout.common_dir, path))
            path = os.path.dirname(path)

    def reflog(self, name: str) -> list[ReflogEntry]:
        if self._layout.ref_format == "reftable":
            return self._reflog_by_git(name)
        try:
            path = os.path.join(self._layout.common_dir, "logs", name)
            with open(path, encoding="utf-8", errors="replace", newline="\n") as file:
                return parse_reflog(file.read())
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return []

    def _reflog_by_git(self, name: str) -> list[ReflogEntry]:
        """Git prints new values only: each entry's old value is the one before it."""
        args = ["log", "-g", "-z", "--date=raw", "--format=%H%x09%gn <%ge> %gd%x09%gs", name, "--"]
        done = run(self._layout, args, environ=self._environ)
        entries: list[ReflogEntry] = []
        for line in reversed(done.out.decode("utf-8", "replace").split("\0")):
            if line:
                new, person, message = line.split("\t", 2)
                who, _, when = person.rpartition("> ")
                at = when.rpartition("@{")[2].removesuffix("}")
                entries.append(ReflogEntry(entries[-1].new if entries else None, Oid(new), f"{who}> {at}", message))
        return entries

    def close(self) -> None:
        self._objects.close()


def _committer(line: str) -> dict[str, str]:
    """`Name <mail>`, with or without a time, as git's environment has it."""
    name, _, rest = line.partition(" <")
    mail, _, when = rest.partition(">")
    who = {"GIT_COMMITTER_NAME": name, "GIT_COMMITTER_EMAIL": mail}
    return {**who, "GIT_COMMITTER_DATE": when.strip()} if when.strip() else who
