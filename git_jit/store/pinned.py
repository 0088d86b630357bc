"""Files around a gate: what it pins in the working tree, where it works, and what it is told about the issue."""

import os
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

MAX_PIN: Final = 64 << 20
"""Bytes of a pinned file: a program, not a data set."""


def pinned(top: str, paths: Iterable[str]) -> dict[str, bytes | None]:
    """The content of pinned files; None for what is not there.

    Where something is that is no such file (see `unpinnable`) it is a content that nothing has, another one each time:
    nobody approved it, and nobody can.
    """
    return {path: _content(top, path) for path in paths}


def unpinnable(top: str, paths: Iterable[str]) -> list[str]:
    """Those where something is that is no file below `top`, wherever links lead, or one that is above `MAX_PIN` or that
    we may not read.
    """
    return [path for path in paths if _is_there(top, path) and _file(top, path) is None]


def _content(top: str, path: str) -> bytes | None:
    if not _is_there(top, path):
        return None
    real = _file(top, path)
    if real is not None:
        with suppress(OSError), open(real, "rb") as file:
            return file.read()
    return os.urandom(32)


def _is_there(top: str, path: str) -> bool:
    return os.path.lexists(os.path.join(top, path))


def _file(top: str, path: str) -> str | None:
    real = below(top, path)
    if real is None or not os.path.isfile(real) or os.path.getsize(real) > MAX_PIN or not os.access(real, os.R_OK):
        return None
    return real


def below(top: str, path: str) -> str | None:
    """Where `path` leads, counted from `top`; None if it leads out of there."""
    top = os.path.realpath(top)
    real = os.path.realpath(os.path.join(top, path))
    return real if real == top or real.startswith(f"{top}/") else None


def leave(path: str, content: bytes) -> None:
    """Write a file for one process to read, readable by its owner only. One that cannot be written is not there."""
    with suppress(OSError):
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with open(fd, "wb") as file:
            file.write(content)


def discard(path: str) -> None:
    """Remove it again."""
    with suppress(OSError):
        os.unlink(path)
