"""git's reflogs as values."""

from collections.abc import Sequence

from git_jit.model import Oid
from git_jit.store import RefCorrupt
from git_jit.store.backend import ReflogEntry

LOOK = "'git jit recover --list' shows what can be brought back"


def parse_reflog(text: str) -> list[ReflogEntry]:
    """The entries of a log file, oldest first; lines that are none (a crash may tear one) are left out."""
    return [entry for entry in map(_entry, text.split("\n")) if entry]


def names_no_commit(name: str, log: Sequence[ReflogEntry]) -> RefCorrupt:
    """The error for a reference that does not hold an object's name. git itself shows no reflog of such a one."""
    last = next((entry.new for entry in reversed(log) if entry.new), None)
    return RefCorrupt(
        f"'{name}' does not hold the name of a commit",
        hint=LOOK,
        details={"ref": name, "last": last},
    )


def _entry(line: str) -> ReflogEntry | None:
    head, _, message = line.partition("\t")
    old, _, rest = head.partition(" ")
    new, _, committer = rest.partition(" ")
    if len(old) not in {40, 64} or len(new) != len(old):
        return None
    return ReflogEntry(_oid(old), _oid(new), committer, message)


def _oid(text: str) -> Oid | None:
    return Oid(text) if text.strip("0") else None
