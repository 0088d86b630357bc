"""Moving and rewriting files of the code, staged as `git mv` does it and committed by nobody.

All that could be in the way is looked for first. Then the index changes, all of it at once, behind git's own lock; then
the working tree. Whatever ends this in between, the same call again finds each file in one of the two states it knows,
as committed or as planned, and does what is left. A file in any other state is somebody's work, and stops it.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Final

from git_jit.errors import Fatal, JitError, Refused
from git_jit.model import Oid
from git_jit.record import record
from git_jit.store.codetree import CodeTree, Entry, open_directory, read_file
from git_jit.store.process import failure
from git_jit.store.system import System, write_all

NOBODY: Final = "0"
"""The mode that takes a path out of the index (git-update-index(1), "Using --index-info")."""
_UNFINISHED: Final = ".git-jit-unfinished"
"""The end of the name of a file that is being written."""
EXECUTABLE: Final = "100755"


class MoveBlocked(Refused):
    """Something is in the way, and nothing was changed. `details.blocked` has a sentence for each thing."""

    code = "move_blocked"


class MoveUnfinished(Fatal):
    """The index has all of it, the working tree not yet: the same command again does the rest."""

    code = "move_unfinished"


@record(kw_only=True)
class Change:
    """What becomes of one file: it goes from `old` to `path`, and its content may change on the way."""

    old: str
    path: str
    before: Entry
    """At `old` in HEAD."""
    content: bytes
    """As it shall lie in the working tree."""

    @property
    def moves(self) -> bool:
        return self.old != self.path


class Mover:
    """Carries out changes in one working tree."""

    def __init__(self, code: CodeTree, top: str, system: System | None = None) -> None:
        self._code = code
        self._top = top
        self._system = system or System()

    def check(self, changes: Sequence[Change]) -> None:
        """Raise `MoveBlocked` if any file is neither as committed nor as planned. Changes nothing."""
        self._states(changes, [self._hash(change.path, change.content) for change in changes])

    def carry_out(self, changes: Sequence[Change]) -> None:
        """Do it, or the rest of it. Raises `MoveBlocked` (nothing was changed), `MoveUnfinished`."""
        planned = [self._hash(change.path, change.content, write=True) for change in changes]
        staged = self._states(changes, planned)
        self._stage([(c, oid) for c, oid, done in zip(changes, planned, staged, strict=True) if not done])
        try:
            for change in changes:
                self._write(change)
            for change in changes:
                if change.moves:
                    self._remove(change.old)
        except (OSError, JitError) as error:
            said = getattr(error, "strerror", None) or str(error)
            raise MoveUnfinished(
                f"all is staged, but the working tree is not there yet: {said.lower()}",
                hint="run the same command again when the cause is gone: it does what is left",
            ) from error
        self._code.git("update-index", "-q", "--refresh")

    # --- looking ---

    def _states(self, changes: Sequence[Change], planned: Sequence[Oid]) -> list[bool]:
        """Whether each change is staged already. Raises `MoveBlocked`."""
        index = self._code.entries({path for change in changes for path in (change.old, change.path)}, None)
        staged: list[bool] = []
        blocked: list[str] = []
        for change, oid in zip(changes, planned, strict=True):
            done = index.get(change.path) == Entry(change.before.mode, oid) and (
                not change.moves or change.old not in index
            )
            staged.append(done)
            blocked += self._in_the_index(change, index) if not done else []
            blocked += self._in_the_tree(change, oid, staged=done)
        if blocked:
            first, more = blocked[0], f" (and {len(blocked) - 1} more)" if len(blocked) > 1 else ""
            raise MoveBlocked(
                first + more,
                hint="git status shows it; commit it or put it elsewhere, then run the same command again",
                details={"blocked": blocked},
            )
        return staged

    def _in_the_index(self, change: Change, index: Mapping[str, Entry]) -> Iterator[str]:
        if index.get(change.old) != change.before:
            yield f"'{change.old}' has staged changes"
        elif change.moves and change.path in index:
            yield f"'{change.path}' is there already"

    def _in_the_tree(self, change: Change, planned: Oid, *, staged: bool) -> Iterator[str]:
        try:
            old = self._lying(change.old)
            new = self._lying(change.path) if change.moves else None
        except JitError as error:
            yield error.message
            return
        fine = {change.before.oid} if change.moves else {change.before.oid, planned}
        if old is None and not (staged and change.moves):
            yield f"'{change.old}' is not in the working tree"
        elif old is not None and old not in fine:
            yield f"'{change.old}' has changes that are not committed"
        if new is not None and new != planned:
            yield f"'{change.path}' is there already"
        if change.moves and (above := self._in_the_way(change.path)):
            yield f"'{above}' is no directory"

    def _lying(self, path: str) -> Oid | None:
        """The name of what lies at a path of the working tree, as `git add` would give it. Raises `FileNotPlain`."""
        data = read_file(self._top, path)
        return None if data is None else self._hash(path, data)

    def _in_the_way(self, path: str) -> str | None:
        """What lies where a directory has to be."""
        parts = path.split("/")[:-1]
        for count in range(1, len(parts) + 1):
            above = "/".join(parts[:count])
            whole = os.path.join(self._top, above)
            if os.path.lexists(whole) and (os.path.islink(whole) or not os.path.isdir(whole)):
                return above
        return None

    def _hash(self, path: str, content: bytes, *, write: bool = False) -> Oid:
        words = ["hash-object", *(["-w"] if write else []), "--stdin", f"--path={path}"]
        done = self._code.git(*words, input=content)
        if done.status:
            raise failure(done, f"reading '{path}'")
        return Oid(done.out.decode().strip())

    # --- doing ---

    def _stage(self, changes: Sequence[tuple[Change, Oid]]) -> None:
        lines = []
        for change, oid in changes:
            if change.moves:
                lines.append(f"{NOBODY} {'0' * len(oid)}\t{change.old}")
            lines.append(f"{change.before.mode} {oid}\t{change.path}")
        if not lines:
            return
        text = "".join(f"{line}\0" for line in lines).encode("utf-8", "surrogateescape")
        done = self._code.git("update-index", "-z", "--index-info", input=text)
        if done.status and "index.lock" in done.err:
            raise MoveBlocked(
                "another git command is changing the index", hint="run the same command again when it is over"
            )
        if done.status:
            raise failure(done, "staging the move")

    def _write(self, change: Change) -> None:
        if read_file(self._top, change.path) == change.content:
            return
        *above, name = change.path.split("/")
        directory = self._directory(above)
        unfinished = f"{name}{_UNFINISHED}"
        mode = 0o777 if change.before.mode == EXECUTABLE else 0o666
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
            descriptor = os.open(unfinished, flags, mode, dir_fd=directory)
            try:
                write_all(self._system, descriptor, change.content)
            finally:
                os.close(descriptor)
            os.rename(unfinished, name, src_dir_fd=directory, dst_dir_fd=directory)
        finally:
            os.close(directory)

    def _directory(self, names: Sequence[str]) -> int:
        """A directory below the top, made if it is not there, no symbolic link on the way."""
        descriptor = open_directory(self._top, ())
        for name in names:
            try:
                with suppress(FileExistsError):
                    os.mkdir(name, dir_fd=descriptor)
                flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
                below = os.open(name, flags, dir_fd=descriptor)
            finally:
                os.close(descriptor)
            descriptor = below
        return descriptor

    def _remove(self, path: str) -> None:
        """Take a file away, and the directories that are empty without it, as git does."""
        *above, name = path.split("/")
        with suppress(FileNotFoundError, NotADirectoryError):
            directory = open_directory(self._top, above)
            try:
                os.unlink(name, dir_fd=directory)
            finally:
                os.close(directory)
        while above:
            with suppress(OSError):
                os.rmdir(os.path.join(self._top, *above))
            above.pop()
