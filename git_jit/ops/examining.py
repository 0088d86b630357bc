"""Looking at every document of a commit, and remembering what was found, so that the next look is short.

What a document is worth depends on its bytes and on the rules in `config.json`, nothing else. So a note of this clone
keeps which documents had findings, and the commit that is true of; later only those are read again, and what differs
between that commit and the one asked about. The note is derived: one that is gone, damaged, of other rules or of a
commit that is no longer here costs a full pass, and nothing else.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final, TypeAlias
from zlib import crc32

from git_jit import __version__
from git_jit.errors import JitError
from git_jit.model import Json, Oid, Progress, ignore
from git_jit.paths import CONFIG, place_of
from git_jit.record import field, record
from git_jit.store import Store
from git_jit.validate import Finding, Severity
from git_jit.validate.catalogue import CATALOGUE
from git_jit.validate.finding import Fix
from git_jit.validate.repair import Documents

NOTE: Final = "validated"
BATCH: Final = 512
"""Documents in memory at a time: of the usual size 1 MiB, of the largest allowed 1 GiB."""
RULES: Final = 2
"""Goes up with every change of what a rule finds that shows neither in the catalogue nor in the program's version."""

Judge: TypeAlias = Callable[[str, bytes | None], Sequence[Finding]]
"""What is wrong with the bytes at a path; None: the object they should be in is missing or damaged."""
Answers: TypeAlias = Mapping[tuple[str, str | None], bool | None]
"""What the code said to each question: a path and a commit of the code."""


@record(kw_only=True)
class Memory:
    """What is known about one commit under one version of the rules."""

    version: str
    commit: Oid
    unsound: frozenset[str]
    """Paths of documents with findings of their own."""
    counts: Mapping[str, int]
    findings: tuple[Finding, ...]
    """Every finding about the commit."""
    answers: Answers = field(default_factory=dict)
    """What it also depends on: files of the code that were there or not."""
    moment: str = ""
    """The day and the code that rules were asked about; empty where none depends on either."""


@record(kw_only=True)
class Examined:
    """The documents of one commit, as rules want them, and how many were read for that."""

    listing: Mapping[str, Oid]
    documents: Documents
    read: int


def version_of_rules() -> str:
    """Differs when the same documents may have other findings."""
    codes = "".join(f"{code}:{kind.severity};" for code, kind in sorted(CATALOGUE.items()))
    return f"{RULES}/{__version__}/{crc32(codes.encode()):08x}"


def recall(store: Store, name: str = NOTE) -> Memory | None:
    """What the last run found out, if this version of the rules can use it. `name` is that of the note."""
    note = store.recall(name)
    if note is None:
        return None
    try:
        memory = _decode(note)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None
    return memory if memory.version == version_of_rules() else None


def remember(store: Store, memory: Memory, name: str = NOTE) -> None:
    """Keep it for the next run of this clone."""
    store.remember(name, _encode(memory))


def examine(
    store: Store,
    commit: Oid,
    judge: Judge,
    known: Memory | None,
    progress: Callable[[Progress], None] = ignore,
) -> Examined:
    """Judge every document of `commit`; only what changed since `known` and what had findings then is read."""
    listing = {change.path: change.new for change in store.compare(None, commit) if change.new is not None}
    wanted = _unknown(store, commit, known)
    paths = sorted(path for path in (listing if wanted is None else wanted & listing.keys()) if place_of(path).area)
    found: dict[str, tuple[Finding, ...]] = {}
    for number, (path, data) in enumerate(_contents(store, paths, listing)):
        if number % BATCH == 0:
            progress(Progress("validating", number, len(paths)))
        if findings := judge(path, data):
            found[path] = tuple(findings)

    def read(path: str) -> bytes | None:
        oid = listing.get(path)
        return None if oid is None else next(store.blobs([oid]))

    def read_many(paths: Sequence[str]) -> Iterator[bytes | None]:
        known = [listing[path] for path in paths if path in listing]
        blobs = store.blobs(known)
        return (next(blobs) if path in listing else None for path in paths)

    documents = Documents(paths=listing.keys(), findings=found, read=read, read_many=read_many)
    return Examined(listing=listing, documents=documents, read=len(paths))


def _unknown(store: Store, commit: Oid, known: Memory | None) -> Collection[str] | None:
    """The paths to look at; None is all of them."""
    if known is None:
        return None
    try:
        changed = {change.path for change in store.compare(known.commit, commit)}
    except JitError:  # the commit of the note is gone, or something it needs
        return None
    return None if CONFIG in changed else changed | known.unsound


def _contents(store: Store, paths: Iterable[str], listing: Mapping[str, Oid]) -> Iterator[tuple[str, bytes | None]]:
    rest = iter(paths)
    while batch := list(islice(rest, BATCH)):
        yield from zip(batch, store.blobs(listing[path] for path in batch), strict=True)


# --- the note -------------------------------------------------------------------------------------------


def _encode(memory: Memory) -> bytes:
    import json

    value = {
        "version": memory.version,
        "commit": memory.commit,
        "unsound": sorted(memory.unsound),
        "counts": dict(memory.counts),
        "findings": [_row(finding) for finding in memory.findings],
        "moment": memory.moment,
        "answers": [[path, commit, answer] for (path, commit), answer in memory.answers.items()],
    }
    return json.dumps(value, separators=(",", ":")).encode()


def _decode(note: bytes) -> Memory:
    """Raises any of the errors that looking for the right thing in the wrong place raises."""
    import json

    value = json.loads(note)
    return Memory(
        version=_text(value["version"]),
        commit=Oid(_text(value["commit"])),
        unsound=frozenset(map(_text, value["unsound"])),
        counts={_text(name): int(number) for name, number in value["counts"].items()},
        findings=tuple(_finding(*row) for row in value["findings"]),
        moment=_text(value["moment"]),
        answers={(_text(path), _maybe(commit)): _judgement(answer) for path, commit, answer in value["answers"]},
    )


def _row(finding: Finding) -> list[Json]:
    fix = finding.fix
    said: list[Json] = [finding.code, str(finding.severity), finding.subject, finding.message, finding.hint]
    return [*said, *([fix.kind, fix.summary] if fix else [None, None]), finding.rule]


def _finding(
    code: Json, severity: Json, subject: Json, message: Json, hint: Json, kind: Json, summary: Json, rule: Json
) -> Finding:
    """A finding to show. Its fix says what would be done; how, only the rule knows."""
    return Finding(
        code=_text(code),
        severity=Severity(_text(severity)),
        subject=_text(subject),
        message=_text(message),
        hint=_maybe(hint),
        fix=None if kind is None else Fix(kind=_text(kind), summary=_text(summary)),
        rule=_maybe(rule),
    )


def _text(value: Json) -> str:
    if not isinstance(value, str):
        raise TypeError("a note holds text")
    return value


def _maybe(value: Json) -> str | None:
    return None if value is None else _text(value)


def _judgement(value: Json) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    raise TypeError("a note holds an answer")
