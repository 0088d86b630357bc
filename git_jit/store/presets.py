"""Presets of the user: files of definitions beside their other configuration, for all of their repositories.

They lie in `$XDG_CONFIG_HOME/git-jit/presets/` (or `~/.config/…`), `<name>.json` each. What is in one is read as any
definition that came from elsewhere: it is not approved by lying there.
"""

import os
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from git_jit.store import WriteFailed
from git_jit.store.system import put

SUFFIX: Final = ".json"
MAX_PRESET: Final = 1 << 20
"""Bytes of a file that are read: thousands of gates."""


def directory(environ: Mapping[str, str]) -> str | None:
    """Where they are (XDG base directories); None if that cannot be told."""
    named = environ.get("XDG_CONFIG_HOME", "")
    home = environ.get("HOME", "")
    config = named if os.path.isabs(named) else f"{home}/.config" if os.path.isabs(home) else None
    return config and f"{config}/git-jit/presets"


def names(environ: Mapping[str, str]) -> list[str]:
    """The names of all, in order."""
    place = directory(environ)
    found: list[str] = []
    if place is not None:
        with suppress(OSError):
            found = [name.removesuffix(SUFFIX) for name in os.listdir(place) if name.endswith(SUFFIX)]
    return sorted(found)


def read(environ: Mapping[str, str], name: str) -> bytes | None:
    """The file of that name; None if there is none that can be read."""
    place = directory(environ)
    if place is None or name not in names(environ):
        return None
    try:
        with open(f"{place}/{name}{SUFFIX}", "rb") as file:
            return file.read(MAX_PRESET + 1)
    except OSError:
        return None


def keep(environ: Mapping[str, str], name: str, data: bytes) -> str:
    """Write one, in place of any of that name; its path. Raises `WriteFailed`."""
    place = directory(environ)
    if place is None:
        raise WriteFailed("there is no directory of yours to keep presets in", hint="set HOME")
    path = f"{place}/{name}{SUFFIX}"
    try:
        os.makedirs(place, exist_ok=True)
        put(path, data)
    except OSError as error:
        raise WriteFailed(f"the preset cannot be kept: {error.strerror}", details={"path": path}) from error
    return path
