"""Findings about single documents, found once and remembered until the document changes.

What a document is worth depends on its bytes and on the rules in `config.json`, nothing else. So a note of this clone
keeps the findings of the last time with the commit they belong to, and only what differs between that commit and
the one asked about is read again. The note is derived: one that is gone, damaged, of other rules or of a commit that
is no longer here costs a full pass, and nothing else.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final, TypeAlias

from git_jit.errors import JitError
from git_jit.model import Json, Oid, PathChange, Progress, ignore
from git_jit.record import field, record
from git_jit.store import Store
from git_jit.validate.finding import Finding, Fix, Severity

NOTE: Final = "validated"
CONFIG: Final = "config.json"
BATCH: Final = 512
"""Documents in memory at a time: of the usual size 1 MiB, of the largest allowed 1 GiB."""

Judge: TypeAlias = Callable[[str, bytes | None], Sequence[Finding]]
"""What is wrong with the bytes at a path; None: the object they should be in is missing or damaged."""
Documents: TypeAlias = Mapping[str, tuple[Finding, ...]]
"""Findings by path; a path that is in order is not in it."""


@record(kw_only=True)
class Memory:
    """What is known about one commit under one version of the rules."""

    version: str
    commit: Oid
    documents: Documents = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    whole: tuple[Finding, ...] | None = None
    """Every finding about the whole at this commit, if that was asked; None if only documents were looked at."""


def recall(store: Store, version: str) -> Memory | None:
    """What the last run found out, if this version of the rules can use it."""
    note = store.recall(NOTE)
    if note is None:
        return None
    try:
        memory = _decode(note)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None
    return memory if memory.version == version else None


def remember(store: Store, memory: Memory) -> None:
    """Keep it for the next run of this clone."""
    store.remember(NOTE, _encode(memory))


def examine(
    store: Store,
    commit: Oid,
    judge: Judge,
    known: Memory | None,
    progress: Callable[[Progress], None] = ignore,
) -> Documents:
    """The findings about every document of `commit`; only what changed since `known` is read."""
    changes, before = _since(store, known, commit)
    found = {path: findings for path, findings in before.items() if path not in {change.path for change in changes}}
    present = [change for change in changes if change.new is not None]
    for number, (path, data) in enumerate(_read(store, present)):
        if number % BATCH == 0:
            progress(Progress("validating", number, len(present)))
        if findings := judge(path, data):
            found[path] = tuple(findings)
    return dict(sorted(found.items()))


def _since(store: Store, known: Memory | None, commit: Oid) -> tuple[list[PathChange], Documents]:
    """What must be looked at, and what is known about the rest."""
    if known is not None:
        try:
            changes = store.compare(known.commit, commit)
        except JitError:  # the commit of the note is gone, or something it needs
            changes = None
        if changes is not None and all(change.path != CONFIG for change in changes):
            return changes, known.documents
    return store.compare(None, commit), {}


def _read(store: Store, changes: Iterable[PathChange]) -> Iterator[tuple[str, bytes | None]]:
    """Each path with its bytes."""
    rest = iter(changes)
    while batch := list(islice(rest, BATCH)):
        blobs = store.blobs(change.new for change in batch if change.new is not None)
        yield from zip((change.path for change in batch), blobs, strict=True)


# --- the note -------------------------------------------------------------------------------------------


def _encode(memory: Memory) -> bytes:
    import json

    value = {
        "version": memory.version,
        "commit": memory.commit,
        "counts": dict(memory.counts),
        "documents": {path: [_row(finding) for finding in found] for path, found in memory.documents.items()},
        "whole": None if memory.whole is None else [_row(finding) for finding in memory.whole],
    }
    return json.dumps(value, separators=(",", ":")).encode()


def _decode(note: bytes) -> Memory:
    """Raises any of the errors that looking for the right thing in the wrong place raises."""
    import json

    value = json.loads(note)
    whole = value["whole"]
    return Memory(
        version=str(value["version"]),
        commit=Oid(str(value["commit"])),
        counts={str(name): int(number) for name, number in value["counts"].items()},
        documents={str(path): tuple(map(_finding, rows)) for path, rows in value["documents"].items()},
        whole=None if whole is None else tuple(map(_finding, whole)),
    )


def _row(finding: Finding) -> list[Json]:
    fix = finding.fix
    said: list[Json] = [finding.code, str(finding.severity), finding.subject, finding.message, finding.hint]
    return [*said, *([fix.kind, fix.summary] if fix else [None, None])]


def _finding(row: Sequence[str | None]) -> Finding:
    """A finding to show. Its fix says what would be done; how, only the rule knows."""
    code, severity, subject, message, hint, kind, summary = row
    return Finding(
        code=_text(code),
        severity=Severity(_text(severity)),
        subject=_text(subject),
        message=_text(message),
        hint=hint if hint is None else _text(hint),
        fix=None if kind is None else Fix(kind=_text(kind), summary=_text(summary)),
    )


def _text(value: str | None) -> str:
    if not isinstance(value, str):
        raise TypeError("a note holds text")
    return value
