"""The operating system as seen by a write, made to fail: subclasses of `System` for tests inside one process."""

import errno
import os
from collections import Counter
from typing import Final

from git_jit.store.system import System

ERRORS: Final = ("ENOSPC", "EIO", "EACCES", "EMFILE", "ENOMEM", "EINTR", "EDQUOT", "EROFS")
"""What a full, broken, forbidden or exhausted machine says; every call of a write is made to say each of them."""


def number(name: str) -> int:
    """`ENOSPC` to 28."""
    return int(getattr(errno, name))


class Killed(BaseException):
    """Stands for SIGKILL inside one process: no handler of ours may run to any effect after it."""


class Watched(System):
    """Numbers the calls of a write from 1 and lets `step` decide about each. `count` is how many there were."""

    def __init__(self) -> None:
        self.count = 0
        self.names: Counter[str] = Counter()

    def step(self, name: str, path: str | None) -> None:
        """Called before call number `count`; raising makes it fail."""

    def _next(self, name: str, path: str | None = None) -> None:
        self.count += 1
        self.names[name] += 1
        self.step(name, path)

    def open(self, path: str, flags: int, mode: int = 0o666) -> int:
        self._next("open", path)
        return super().open(path, flags, mode)

    def write(self, fd: int, data: bytes) -> int:
        self._next("write")
        return super().write(fd, data)

    def fsync(self, fd: int) -> None:
        self._next("fsync")
        super().fsync(fd)

    def link(self, source: str, target: str) -> None:
        self._next("link", source)
        super().link(source, target)

    def rename(self, source: str, target: str) -> None:
        self._next("rename", source)
        super().rename(source, target)

    def unlink(self, path: str) -> None:
        self._next("unlink", path)
        super().unlink(path)

    def mkdir(self, path: str) -> None:
        self._next("mkdir", path)
        super().mkdir(path)


class Failing(Watched):
    """Call number `at` fails with error number `code`; with `for_ever` every call from there on."""

    def __init__(self, at: int, code: int, *, for_ever: bool = False) -> None:
        super().__init__()
        self.at, self.code, self.for_ever = at, code, for_ever
        self.fired = 0

    def step(self, name: str, path: str | None) -> None:
        if self.count == self.at or (self.for_ever and self.count > self.at):
            self.fired += 1
            raise OSError(self.code, os.strerror(self.code), path)


class Dying(Watched):
    """At call number `at` the process is as good as dead: that call and all later ones change nothing."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self.at = at
        self.fired = 0

    def step(self, name: str, path: str | None) -> None:
        if self.count >= self.at:
            self.fired += 1
            raise Killed


class Stingy(Watched):
    """Each write takes at most `most` bytes, as near a full disk or behind a slow pipe."""

    def __init__(self, most: int = 7) -> None:
        super().__init__()
        self.most = most

    def write(self, fd: int, data: bytes) -> int:
        return super().write(fd, data[: self.most])


class Full(System):
    """A disk with `room` bytes left: the write that needs more takes what fits, and from then on nothing fits."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.fired = 0

    def open(self, path: str, flags: int, mode: int = 0o666) -> int:
        if flags & os.O_CREAT and not os.path.exists(path):  # noqa: PTH110
            self._need(path)
        return super().open(path, flags, mode)

    def write(self, fd: int, data: bytes) -> int:
        self._need(None)
        taken = super().write(fd, data[: self.room])
        self.room -= taken
        return taken

    def mkdir(self, path: str) -> None:
        self._need(path)
        super().mkdir(path)

    def _need(self, path: str | None) -> None:
        if self.room <= 0:
            self.fired += 1
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)


class ReadOnly(Watched):
    """A file system that was mounted read-only: what would change it says so, what looks does not."""

    def __init__(self) -> None:
        super().__init__()
        self.fired = 0

    def open(self, path: str, flags: int, mode: int = 0o666) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            return super().open(path, flags, mode)
        return System.open(self, path, flags, mode)

    def fsync(self, fd: int) -> None:
        System.fsync(self, fd)

    def step(self, name: str, path: str | None) -> None:
        self.fired += 1
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), path)
