"""What of a fetched commit may come in, path by path. What may not is left out, told, and never in the way of the rest.

Left out is what no tracker writes: entries of a tree that lead elsewhere or are no plain files, documents that cannot
be read or do not fit their schema. The bytes stay where they were fetched, behind a commit that git keeps; nothing of
them is run, unpacked into files or repaired by guess. A document of a newer version is no such thing: it comes in as it
is, and waits for a newer program.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import islice
from typing import Final

from git_jit import canonical
from git_jit.canonical import Malformed
from git_jit.codec import SCHEMA, SchemaNewer
from git_jit.config import Config
from git_jit.model import Json, Oid, Progress, ignore
from git_jit.paths import place_of
from git_jit.record import record
from git_jit.store.exchange import Exchange
from git_jit.store.grammar import spelled
from git_jit.store.tree import FILE_MODE, TreeChange
from git_jit.validate.document_rules import check_document
from git_jit.validate.finding import errors_in

BATCH: Final = 512
"""Documents in memory at a time."""
MOST: Final = 1_000
"""How many that were left out are named one by one."""


@record(kw_only=True)
class LeftOut:
    """One path of a fetched commit that does not come in. `path` is fit to be shown."""

    path: str
    why: str
    oid: Oid | None = None

    def to_json(self) -> dict[str, object]:
        return {"path": self.path, "why": self.why, "oid": self.oid}


@record(kw_only=True)
class Judged:
    """A fetched commit, and what of it does not come in."""

    tip: Oid
    changes: Sequence[TreeChange]
    """Every path in which it differs from what it was compared with, in order."""
    left_out: tuple[LeftOut, ...] = ()
    refused: frozenset[str] = frozenset()
    """The paths among `changes` that are left out, as they are stored."""
    disorder: bool = False
    """Some tree of it is not sorted: it must be written anew."""

    @property
    def clean(self) -> bool:
        """Whether its tree can stay as it is."""
        return not self.left_out and not self.disorder


def judge(exchange: Exchange, old: Oid | None, new: Oid, progress: Callable[[Progress], None] = ignore) -> Judged:
    """Look at everything that `new` has and `old` (None: nothing) has not.

    Raises `SchemaNewer` if the rules themselves are of a newer version: then this program must not write at all.
    """
    changes = exchange.changed(old, new)
    misfits = list(islice(exchange.misfits(old, new), MOST))
    reasons = {misfit.path.rstrip("/"): misfit.why for misfit in misfits if not misfit.orderly}
    found = [LeftOut(path=misfit.path, why=misfit.why) for misfit in misfits if not misfit.orderly]
    refused = set()
    for change in changes:
        if why := _entry(change, reasons):
            refused.add(change.path)  # also what is gone: something else may only have taken its place
            if change.new is not None and spelled(change.path) not in reasons:
                found.append(LeftOut(path=spelled(change.path), why=why, oid=change.new))
    documents = [change for change in changes if change.new and change.path not in refused and _is_ours(change.path)]
    for change, why in _documents(exchange, documents, progress):
        refused.add(change.path)
        found.append(LeftOut(path=spelled(change.path), why=why, oid=change.new))
    disorder = any(misfit.orderly for misfit in misfits)
    return Judged(tip=new, changes=changes, left_out=tuple(found), refused=frozenset(refused), disorder=disorder)


def _entry(change: TreeChange, reasons: Collection[str]) -> str | None:
    """Why the entry itself may not come in, whatever it holds."""
    if change.new is not None and change.mode != FILE_MODE:
        return f"is not a plain file (mode {change.mode})"
    if not reasons:
        return None
    parts = spelled(change.path).split("/")
    above = ("/".join(parts[:length]) for length in range(1, len(parts) + 1))
    return "lies where nothing may lie" if any(path in reasons for path in above) else None


def _is_ours(path: str) -> bool:
    return bool(place_of(path).area)


def _documents(
    exchange: Exchange, changes: Sequence[TreeChange], progress: Callable[[Progress], None]
) -> Iterator[tuple[TreeChange, str]]:
    for start in range(0, len(changes), BATCH):
        progress(Progress("judging", start, len(changes)))
        some = changes[start : start + BATCH]
        blobs = exchange.blobs([change.new for change in some if change.new])
        for change, data in zip(some, blobs, strict=True):
            if why := _document(change.path, data):
                yield change, why


def _document(path: str, data: bytes | None) -> str | None:
    """Why a document may not come in. What the rules of a repository say of it is left to `validate`: rules change,
    and a document that was sound under the old ones is nobody's attack.
    """
    if data is None:
        return "names an object that is missing, damaged or too large"
    newer = _newer(data)
    if newer is not None and place_of(path).area == "config":
        raise SchemaNewer(newer)
    errors = errors_in(check_document(path, data, Config())) if newer is None else []
    return errors[0].message if errors else None


def _newer(data: bytes) -> int | None:
    """The version that a document says it has, if that is newer than ours."""
    try:
        document: Json = canonical.loads(data)
    except Malformed:
        return None
    said = document.get("schema") if isinstance(document, dict) else None
    return said if isinstance(said, int) and not isinstance(said, bool) and said > SCHEMA else None
