"""The files of the code: as they are now, or in a commit. Read through git; nothing is changed, nothing is fetched.

"Now" is the index, with the content of the working tree: what the next commit can have; in a bare repository, HEAD.
Paths are text from the top of the working tree; bytes that are not UTF-8 are lone surrogates, as Python has them.
"""

import os
import stat
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final, NamedTuple, Protocol

from git_jit.errors import Fatal, NotFound, Refused
from git_jit.model import Oid
from git_jit.store import UnknownRevision
from git_jit.store.code import askable, chunks, encodable
from git_jit.store.layout import Layout
from git_jit.store.process import Finished, execute, failure, git_argv, git_environ

MAX_FILE: Final = 64 << 20
"""Bytes of a file that is read into memory; larger ones are named and not read."""
_NOW: Final = ("ls-files", "-s", "-z")
_QUIET: Final = {"GIT_NO_LAZY_FETCH": "1"}


class NoCode(NotFound):
    """There is no commit of the code yet, or no repository with code at all."""

    code = "no_code"


class FileTooLarge(Refused):
    code = "file_too_large"


class FileNotPlain(Refused):
    """What lies at a path of the working tree is not the file that git knows there."""

    code = "file_not_plain"


class FileKind:
    """What an entry of a tree is, by git's mode."""

    FILE: Final = "file"
    SYMLINK: Final = "symbolic link"
    SUBMODULE: Final = "submodule"
    DIRECTORY: Final = "directory"


_KINDS: Final[Mapping[str, str]] = {
    "100644": FileKind.FILE,
    "100755": FileKind.FILE,
    "120000": FileKind.SYMLINK,
    "160000": FileKind.SUBMODULE,
    "040000": FileKind.DIRECTORY,
}


class Entry(NamedTuple):
    """One name in the code. `mode` is git's: six octal digits."""

    mode: str
    oid: Oid

    @property
    def kind(self) -> str:
        return _KINDS.get(self.mode, FileKind.FILE)


class Code(Protocol):
    """What use cases ask the code; `commit` None is now."""

    def resolve(self, rev: str) -> Oid:
        """The commit of the code that `rev` names. Raises `UnknownRevision`."""
        ...

    def head(self) -> Oid | None:
        """The commit that is checked out; None before the first one."""
        ...

    def entries(self, paths: Collection[str], commit: str | None) -> Mapping[str, Entry]:
        """What is at each of `paths`; what is nowhere is left out. Raises `UnknownRevision`."""
        ...

    def names(self, commit: str | None) -> Mapping[str, Entry]:
        """Every file. Raises `UnknownRevision`."""
        ...

    def read(self, path: str, commit: str | None) -> bytes | None:
        """The content of a file as it is checked out; None where there is none.

        Raises `FileTooLarge`, `FileNotPlain`.
        """
        ...

    def renamed(self, path: str) -> str | None:
        """The path by which a file is known now that was at `path` once; None: it is deleted, or never was there."""
        ...


class CodeTree:
    """`Code` of a repository."""

    def __init__(self, layout: Layout, environ: Mapping[str, str]) -> None:
        self._layout = layout
        self._environ = {**git_environ(layout, environ), **_QUIET}
        self._names: dict[str | None, Mapping[str, Entry]] = {}
        self._head: Oid | None = None

    @property
    def worktree(self) -> str | None:
        return self._layout.worktree

    def resolve(self, rev: str) -> Oid:
        found = self._rev_parse(rev)
        if found is None:
            raise UnknownRevision(f"'{rev}' names no commit of the code", hint="git log shows those there are")
        return found

    def head(self) -> Oid | None:
        if self._head is None:
            self._head = self._rev_parse("HEAD")
        return self._head

    def _rev_parse(self, rev: str) -> Oid | None:
        if "\0" in rev or not encodable(rev):
            return None
        done = self.git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{rev}^{{commit}}")
        return Oid(done.out.decode().strip()) if done.status == 0 else None

    def entries(self, paths: Collection[str], commit: str | None) -> Mapping[str, Entry]:
        found: dict[str, Entry] = {}
        for chunk in chunks([path for path in paths if askable(path)]):
            words = _NOW if self._is_index(commit) else ("ls-tree", "-z", "--full-tree", self._tree(commit))
            found.update(_parse(self._must("looking for files of the code", *words, "--", *chunk)))
        for path in {*paths} - found.keys():  # the index knows no directories
            if any(name.startswith(f"{path}/") for name in found):
                found[path] = Entry("040000", Oid(""))
        return {path: entry for path, entry in found.items() if path in paths}

    def names(self, commit: str | None) -> Mapping[str, Entry]:
        if commit not in self._names:
            words = _NOW if self._is_index(commit) else ("ls-tree", "-r", "-z", "--full-tree", self._tree(commit))
            self._names[commit] = dict(_parse(self._must("listing the files of the code", *words)))
        return self._names[commit]

    def read(self, path: str, commit: str | None) -> bytes | None:
        if self._is_index(commit) and (found := read_file(self._layout.worktree or "", path)) is not None:
            return found
        entry = self.entries([path], commit).get(path)
        if entry is None or entry.kind not in {FileKind.FILE, FileKind.SYMLINK}:
            return None
        return self.checked_out(path, entry)

    def checked_out(self, path: str, entry: Entry) -> bytes | None:
        """The content of an entry as `git checkout` would write it. None where the object is not here."""
        size = self.git("cat-file", "-s", entry.oid)
        if size.status:
            return None
        if int(size.out) > MAX_FILE:
            raise too_large(path, int(size.out))
        done = self.git("cat-file", "--filters", f"--path={path}", entry.oid)
        if done.status:
            raise failure(done, f"reading '{path}'")
        return done.out

    def renamed(self, path: str) -> str | None:
        from git_jit.store.codehistory import follow

        return follow(self, path)

    def mentioning(self, words: Sequence[str], commit: Oid) -> list[str]:
        """The text files of a commit in which any of `words` stands."""
        from git_jit.store.codehistory import mentioning

        return mentioning(self, words, commit)

    # --- git ---

    def git(self, *words: str, input: bytes = b"", literal: bool = True) -> Finished:
        """One git command, at the top of the working tree; `literal`: paths are no patterns."""
        here = ["-C", self._layout.worktree, f"--work-tree={self._layout.worktree}"] if self._layout.worktree else []
        argv = git_argv(self._layout, [*here, *(["--literal-pathspecs"] if literal else []), *words])
        return execute(argv, self._environ, input=input, timeout=self._layout.budgets.git)

    def _must(self, doing: str, *words: str) -> bytes:
        done = self.git(*words)
        if done.status:
            raise failure(done, doing)
        return done.out

    def _is_index(self, commit: str | None) -> bool:
        return commit is None and self._layout.worktree is not None

    def _tree(self, commit: str | None) -> str:
        if commit is not None:
            return self.resolve(commit)
        head = self.head()
        if head is None:
            raise NoCode("there is no commit of the code yet", hint="commit the document with git, then name it here")
        return head


def _parse(out: bytes) -> Iterator[tuple[str, Entry]]:
    """Lines of `ls-files -s` (mode, name, stage) and `ls-tree` (mode, type, name). Of a conflict the last stage."""
    for line in out.decode("utf-8", "surrogateescape").split("\0")[:-1]:
        meta, _, path = line.partition("\t")
        mode, second, third = meta.split(" ")
        yield path, Entry(mode, Oid(third if second in {"blob", "tree", "commit"} else second))


def too_large(path: str, size: int) -> FileTooLarge:
    return FileTooLarge(f"'{path}' has {size} bytes", hint=f"up to {MAX_FILE} bytes are read", details={"size": size})


# --- the working tree, where anything may lie -----------------------------------------------------------


def read_file(top: str, path: str) -> bytes | None:
    """A file below `top`; None where there is none, or a link on the way, which git does not follow either.

    No device or pipe is waited for.

    Raises `FileNotPlain`, `FileTooLarge`.
    """
    *above, name = path.split("/")
    try:
        directory = open_directory(top, above)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise _not_plain(path, error) from error
    try:
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=directory)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _not_plain(path, error) from error
    finally:
        os.close(directory)
    try:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode):
            raise FileNotPlain(f"'{path}' is no plain file", hint=_LOOK)
        if about.st_size > MAX_FILE:
            raise too_large(path, about.st_size)
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read(MAX_FILE)
    finally:
        os.close(descriptor)


def open_directory(top: str, names: Sequence[str]) -> int:
    """A descriptor of a directory below `top`, no symbolic link on the way. Raises `OSError`."""
    descriptor = os.open(top, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    for name in names:
        try:
            below = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=descriptor)
        finally:
            os.close(descriptor)
        descriptor = below
    return descriptor


_LOOK: Final = "git status shows what differs from what is committed"


def _not_plain(path: str, error: OSError) -> FileNotPlain | Fatal:
    return FileNotPlain(
        f"'{path}' cannot be read in the working tree: {(error.strerror or 'unknown').lower()}", hint=_LOOK
    )
