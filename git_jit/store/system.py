"""The operating system as one value, so that tests can count its calls and make any of them fail.

Only what a *write* needs goes through here; and here an `OSError` becomes the error a user understands.
"""

import contextlib
import errno
import os
import sys
from typing import Final

from git_jit.errors import JitError
from git_jit.store import DiskFull, NotWritable, WriteFailed

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_READ_ONLY: Final = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})


class System:
    """Thin names for `os` functions. A test passes a subclass."""

    def open(self, path: str, flags: int, mode: int = 0o666) -> int:
        return os.open(path, flags | os.O_CLOEXEC, mode)

    def close(self, fd: int) -> None:
        os.close(fd)

    def write(self, fd: int, data: bytes) -> int:
        return os.write(fd, data)

    def fsync(self, fd: int) -> None:
        """Force the file to the disk itself."""
        if sys.platform == "darwin":  # there a plain fsync stops at the drive's cache
            import fcntl

            fcntl.fcntl(fd, fcntl.F_FULLFSYNC)
        else:
            os.fsync(fd)

    def flush_soon(self, fd: int) -> None:
        """Ask for writeback to begin, so that the fsyncs of a batch wait together and not one by one."""
        if sys.platform == "linux":
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)

    def link(self, source: str, target: str) -> None:
        os.link(source, target)

    def rename(self, source: str, target: str) -> None:
        os.rename(source, target)

    def unlink(self, path: str) -> None:
        os.unlink(path)

    def mkdir(self, path: str) -> None:
        os.mkdir(path)


def write_all(system: System, fd: int, data: bytes) -> None:
    """Write every byte: one `write` may take fewer than asked, near a full disk or a file size limit."""
    view = memoryview(data)
    while view:
        view = view[system.write(fd, bytes(view) if len(view) < len(data) else data) :]


def create(system: System, path: str, data: bytes, *, mode: int = 0o666, sync: bool = False) -> None:
    """A new file with this content; nothing is left of it after an error. Raises `FileExistsError`."""
    fd = system.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        try:
            write_all(system, fd, data)
            if sync:
                system.fsync(fd)
        finally:
            system.close(fd)
    except BaseException:
        discard(system, path)
        raise


def put(path: str, data: bytes, *, mode: int | None = None) -> None:
    """Replace a small file whole, in a directory that is there: readers see what it held before or `data`.

    `mode` is given to the file as it is, whatever the umask; None leaves that to the umask. Raises `OSError`; then the
    file is as it was. What is written lies beside it meanwhile, under a name that no other thread takes and nobody can
    have laid a link to. It is not synced: for notes that may be lost, and files that are made again.
    """
    draft = f"{path}.{os.urandom(6).hex()}"
    fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666 if mode is None else 0o600)
    try:
        with open(fd, "wb") as file:
            file.write(data)
            if mode is not None:
                os.fchmod(fd, mode)
        os.replace(draft, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(draft)
        raise


def discard(system: System, path: str) -> bool:
    """Remove a file of ours if it can be removed, and say whether it is gone: the error that brought us here is the one
    to tell.
    """
    try:
        system.unlink(path)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def sync_path(system: System, path: str) -> None:
    """Force an existing file or directory to the disk, by name."""
    fd = system.open(path, os.O_RDONLY)
    try:
        system.fsync(fd)
    finally:
        system.close(fd)


def make_directories(system: System, path: str) -> list[str]:
    """Create `path` and its missing parents; returns the ones that were made, outermost first.

    A repository shared by a group marks its directories set-gid and group-writable; new ones inherit that.
    """
    made: list[str] = []
    missing: list[str] = []
    while not os.path.isdir(path):
        missing.append(path)
        path = os.path.dirname(path)
    for directory in reversed(missing):
        try:
            system.mkdir(directory)
        except FileExistsError:
            if not os.path.isdir(directory):
                raise
            continue
        shared = os.stat(os.path.dirname(directory)).st_mode & 0o2070
        if shared & 0o2020 == 0o2020:
            os.chmod(directory, os.stat(directory).st_mode | shared)
        made.append(directory)
    return made


def write_error(error: OSError, doing: str, otherwise: type[WriteFailed] = WriteFailed) -> JitError:
    """What an `OSError` while `doing` something means to a user; `otherwise` if neither space nor permission lacked."""
    reason = os.strerror(error.errno) if error.errno else str(error)
    details = {"errno": errno.errorcode.get(error.errno or 0), "path": error.filename}
    sentence = f"cannot {doing}: {reason.lower()}"
    if error.errno in _FULL:
        return DiskFull(sentence, hint="free some space and run the same command again", details=details)
    if error.errno in _READ_ONLY:
        hint = "check owner and mode of the repository's directory"
        return NotWritable(sentence, hint=hint, details=details)
    return otherwise(sentence, hint="'git jit doctor --deep' names what is damaged", details=details)
