"""Files around a gate: what it pins in the working tree, where it works, and what it is told about the issue."""

import os
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

MAX_PIN: Final = 64 << 20
"""Bytes of a pinned file: a program, not a data set."""


def pinned(top: str, paths: Iterable[str]) -> dict[str, bytes | None]:
    """The content of pinned files; None for one that is not a file below `top`, wherever links lead."""
    found: dict[str, bytes | None] = {}
    for path in paths:
        real = below(top, path)
        found[path] = None
        if real is not None and os.path.isfile(real) and os.path.getsize(real) <= MAX_PIN:
            with suppress(OSError), open(real, "rb") as file:
                found[path] = file.read()
    return found


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
