"""Small derived notes of this clone: what a command found out and the next one need not find out again.

Each is one file, `<common git dir>/jit/notes/<name>`, replaced whole. Nothing here is truth: whoever reads a note
checks that it still fits what it was made from, and whatever goes wrong with one is no error.
"""

import os
from contextlib import suppress

DIRECTORY = "notes"


def read_note(common_dir: str, name: str) -> bytes | None:
    """The note; None if there is none that can be read."""
    try:
        with open(_path(common_dir, name), "rb") as file:
            return file.read()
    except OSError:
        return None


def write_note(common_dir: str, name: str, note: bytes) -> None:
    """Replace the note. Readers see the old one or the new one; what cannot be written is left out."""
    from git_jit.store.system import put  # lists read notes and write none

    path = _path(common_dir, name)
    with suppress(OSError):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        put(path, note)


def _path(common_dir: str, name: str) -> str:
    return f"{common_dir}/jit/{DIRECTORY}/{name}"
