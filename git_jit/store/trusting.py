"""Approvals of gates: files of the user who approved, outside of every repository, one for each version of a gate.

They lie under the user's state directory (`$XDG_STATE_HOME` or `~/.local/state`), in `git-jit/trust/<repository>/`. The
name of the repository is made of where it lies and of what the file system calls it, never of anything in it: one that
is copied or moved has no approvals. A state directory inside the repository, or a file that others may have written,
counts for nothing.
"""

import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Final

from git_jit import canonical
from git_jit.canonical import Malformed
from git_jit.digests import sha256
from git_jit.errors import UsageError
from git_jit.model import GateKey, Json, Timestamp
from git_jit.reader import Reader
from git_jit.record import items, replace
from git_jit.store import WriteFailed
from git_jit.store.layout import Layout
from git_jit.store.system import put
from git_jit.trust import HASH_DIGITS, Approval

MAX_FILE: Final = 1 << 20
"""Bytes of a file of allowed hashes, or of one approval, that are read."""
OWN: Final = "own"
"""The file by which what this user's commands define is approved without a terminal."""
_HEX: Final = frozenset("0123456789abcdef")
_OTHERS: Final = 0o077


class TrustFileUnusable(UsageError):
    """A file of allowed hashes that cannot be read, or lies where the repository's content could write it."""

    code = "trust_file_unusable"


def state_directory(environ: Mapping[str, str]) -> str | None:
    """Where this user's programs keep what they remember (XDG base directories); None if that cannot be told."""
    named = environ.get("XDG_STATE_HOME", "")
    if os.path.isabs(named):
        return named
    home = environ.get("HOME", "")
    return f"{home}/.local/state" if os.path.isabs(home) else None


def repository_key(common_dir: str) -> str:
    """What approvals of a repository are filed under: where it lies, and which directory that is."""
    path = os.path.realpath(common_dir)
    found = os.stat(path)
    return sha256(f"{path}\0{found.st_dev}\0{found.st_ino}".encode("utf-8", "surrogateescape")).hexdigest()


class Approvals:
    """The approvals of one repository by one user."""

    def __init__(self, layout: Layout, environ: Mapping[str, str]) -> None:
        state = state_directory(environ)
        self._directory: str | None = None
        self._known: list[Approval] | None = None
        if state is not None and not is_inside(state, layout):
            self._directory = f"{state}/git-jit/trust/{repository_key(layout.common_dir)}"

    def all(self) -> list[Approval]:
        """Every approval that can be believed; read once."""
        if self._known is None:
            self._known = list(self._read_all())
        return list(self._known)

    def _read_all(self) -> Iterator[Approval]:
        if self._directory is not None:
            with suppress(OSError):
                for name in sorted(filter(_is_hash, os.listdir(self._directory))):
                    if found := self._read(name):
                        yield found

    @property
    def repository(self) -> str | None:
        """What the approvals are filed under; None where none can be kept."""
        return self._directory and os.path.basename(self._directory)

    @property
    def own_count(self) -> bool:
        """Whether the user said, at a terminal, that what their own commands define is approved without one."""
        return self._directory is not None and read_own(f"{self._directory}/{OWN}") is not None

    def let_own_count(self, note: Mapping[str, Json]) -> None:
        """Say so; `note` is kept for whoever wonders. Raises `WriteFailed`."""
        self._keep(OWN, canonical.dumps({"schema": 1, **note}))

    def own_count_no_more(self) -> None:
        """Take it back. Raises `WriteFailed`."""
        try:
            if self._directory is not None:
                os.unlink(f"{self._directory}/{OWN}")
        except FileNotFoundError:
            pass
        except OSError as error:
            raise WriteFailed(f"what counted as approved still does: {error.strerror}") from error

    def add(self, approval: Approval) -> Approval:
        """Keep it as the newest of its name. Raises `WriteFailed`."""
        number = 1 + max((one.number for one in self.all() if one.key == approval.key), default=0)
        kept = replace(approval, number=number)
        self._keep(approval.hash, canonical.dumps({"schema": 1, **dict(items(kept))}))
        self._known = None
        return kept

    def _keep(self, name: str, data: bytes) -> None:
        if self._directory is None:
            raise WriteFailed("there is no directory of yours to keep approvals in", hint="set HOME")
        path = f"{self._directory}/{name}"
        try:
            os.makedirs(self._directory, mode=0o700, exist_ok=True)
            put(path, data, mode=0o600)
        except OSError as error:
            raise WriteFailed(f"the approval cannot be kept: {error.strerror}", details={"path": path}) from error

    def _read(self, name: str) -> Approval | None:
        data = read_own(f"{self._directory}/{name}")
        if data is None:
            return None
        try:
            read = Reader(canonical.loads(data))
            found = Approval(
                key=GateKey(read.text("key")),
                hash=read.text("hash"),
                number=read.integer("number", 0),
                by=read.text("by"),
                at=Timestamp(read.text("at")),
                how=read.text("how"),
                terminal=read.optional("terminal"),
                definition=read.object("definition"),
                pins=read.texts("pins"),
            )
        except Malformed:
            return None
        return found if found.hash == name else None


def read_own(path: str) -> bytes | None:
    """The content of a file that nobody but this user can have written; None for any other."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    with open(fd, "rb") as file:
        found = os.fstat(fd)
        if found.st_uid != os.geteuid() or found.st_mode & _OTHERS:
            return None
        return file.read(MAX_FILE)


def allowed_hashes(path: str, layout: Layout) -> frozenset[str]:
    """The hashes in a file that the owner of continuous integration gives: one a line, `#` begins a remark.

    It must lie outside of the repository, whose content anybody may push, and not be for everybody to write. Raises
    `TrustFileUnusable`.
    """
    if is_inside(path, layout):
        raise TrustFileUnusable(
            f"'{path}' lies inside the repository, whose content anybody may have pushed",
            hint="keep the file of allowed hashes with the configuration of the runner",
        )
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise TrustFileUnusable(f"'{path}' cannot be read: {error.strerror}") from error
    mode = os.fstat(fd).st_mode
    if not stat.S_ISREG(mode) or mode & stat.S_IWOTH:
        os.close(fd)
        raise TrustFileUnusable(f"'{path}' is no file, or anybody may write it", hint=f"'chmod o-w {path}' is enough")
    with open(fd, encoding="utf-8", errors="replace") as file:
        lines = file.read(MAX_FILE).splitlines()
    words = [line.split("#", 1)[0].split() for line in lines]
    hashes = {line[0].lower() for line in words if line}
    if wrong := sorted(word for word in hashes if not _is_hash(word)):
        raise TrustFileUnusable(f"'{wrong[0]}' in '{path}' is not a hash of 64 hexadecimal digits")
    return frozenset(hashes)


def is_inside(path: str, layout: Layout) -> bool:
    """Whether a path leads into the working tree or the repository."""
    real = os.path.realpath(path)
    places = [layout.common_dir, layout.git_dir, *([layout.worktree] if layout.worktree else [])]
    return any(real == place or real.startswith(place.rstrip("/") + "/") for place in map(os.path.realpath, places))


def _is_hash(text: str) -> bool:
    return len(text) == HASH_DIGITS and set(text) <= _HEX
