"""A note of what was left out of fetched commits, so that whoever examines this clone is told.

The bytes themselves stay behind the commits that were fetched. The note is of this clone alone; losing it loses nothing
else.
"""

from collections.abc import Iterable
from contextlib import suppress
from typing import Final, NamedTuple

from git_jit.store.notes import read_note, write_note

NAME: Final = "left-out"
MOST: Final = 200
"""Entries that are kept; a remote that sends more is told by these."""


class LeftOut(NamedTuple):
    """One path that did not come in."""

    remote: str
    path: str
    why: str


def remember(common_dir: str, found: Iterable[LeftOut]) -> None:
    """Add to the note; the newest word about a path counts."""
    entries = {(one.remote, one.path): one for one in (*recall(common_dir), *found)}
    lines = ["\t".join(" ".join(word.split()) for word in one) for one in list(entries.values())[-MOST:]]
    write_note(common_dir, NAME, "".join(f"{line}\n" for line in lines).encode("utf-8", "replace"))


def recall(common_dir: str) -> list[LeftOut]:
    """What is noted; nothing where the note is gone or not ours."""
    lines = (read_note(common_dir, NAME) or b"").decode("utf-8", "replace").splitlines()
    found = []
    for line in lines:
        with suppress(TypeError):
            found.append(LeftOut(*line.split("\t")))
    return found


def forget(common_dir: str) -> int:
    """Empty the note; how many it named."""
    count = len(recall(common_dir))
    if count:
        write_note(common_dir, NAME, b"")
    return count
