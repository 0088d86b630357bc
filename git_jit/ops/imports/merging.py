"""What a repeated import may change: only what the source changed, and nobody changed here.

Each issue of an import carries, in `external["<system>:seen"]`, a fingerprint of every aspect as the source
said it: `assignee=1f3a… title=…`. On the next import an aspect whose fingerprint is the same has nothing to
say. One that differs is taken over if the issue still is as the last import left it, else it stays as
edited here, and the report says so. No stored copy of the source is needed.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple
from zlib import crc32

from git_jit.model import Issue, IssueId, State
from git_jit.ops.imports.record import DEPENDS_ON, Reference, identify

OPEN: Final = "open"
"""Stands for `ready` and `backlog` where the source only says "open"."""

ASPECTS: Final[Mapping[str, tuple[str, ...]]] = {
    "title": ("title",),
    "description": ("description",),
    "state": ("state", "closed_at", "close_reason"),
    "priority": ("priority",),
    "assignee": ("assignee",),
    "labels": ("labels",),
    "references": ("dependencies", "links", "unresolved"),
    "gates": ("gates",),
    "documents": ("documents",),
    "context": ("context",),
    "due": ("due",),
    "defer_until": ("defer_until",),
    "estimate": ("estimate",),
    "fields": ("fields",),
    "created": ("created_at", "created_by"),
}
"""What is compared and taken over as one, and the fields of `Issue` that it is made of."""
ADAPTED: Final = ("references", "state", "created")
"""Aspects that an import may have to store otherwise than the source says them."""


def seen_key(system: str) -> str:
    return f"{system}:seen"


def fingerprints(issue: Issue, references: tuple[Reference, ...], *, open_work: bool) -> dict[str, str]:
    """Eight digits for each aspect of `issue`, `references` standing for its own. CRC-32: this detects
    change, it protects nothing.
    """
    found = {name: mark for name in ASPECTS if (mark := fingerprint(issue, name, references))}
    if open_work:
        found["state"] = _OPEN_MARK
    return found


class Mark(NamedTuple):
    """One aspect as of the last import: as the source said it, and as it was stored."""

    source: str
    stored: str


def spell(said: Mapping[str, str], stored: Mapping[str, str]) -> str:
    """`name=mark` for each aspect; `name=said/stored` where an import had to store something else."""
    pairs = ((name, mark, stored.get(name, "")) for name, mark in sorted(said.items()))
    return " ".join(f"{name}={mark}" if mark == kept else f"{name}={mark}/{kept}" for name, mark, kept in pairs)


def parse(seen: str) -> dict[str, Mark]:
    """The inverse of `spell`. What it cannot read is as if it had never been seen."""
    found = {}
    for part in seen.split():
        name, equals, marks = part.partition("=")
        said, slash, stored = marks.partition("/")
        if equals:
            found[name] = Mark(said, stored if slash else said)
    return found


def edited(name: str, mark: Mark | None, now: Mapping[str, str], issue: Issue) -> bool:
    """Whether an aspect is no longer as the last import stored it. `now` are the issue's own fingerprints."""
    if name == "state" and mark and mark.source == _OPEN_MARK:
        return issue.state not in {State.BACKLOG, State.READY} or issue.closed_at is not None
    return now.get(name, "") != (mark.stored if mark else "")


def references_of(issue: Issue, system: str) -> tuple[Reference, ...]:
    """The references of a stored issue in the form of a record's, unresolved ones included."""
    made = [Reference(DEPENDS_ON, id, id) for id in issue.dependencies]
    made += [Reference(link.type, link.target, IssueId(link.target)) for link in issue.links]
    made += [Reference(link.type, link.target, identify(system, link.target)) for link in issue.unresolved]
    return tuple(made)


def fingerprint(issue: Issue, aspect: str, references: Sequence[Reference]) -> str | None:
    """One aspect's; None for one that has the value it has by default: most have."""
    match aspect:
        case "references":
            plain_references = sorted({(reference.type, reference.id) for reference in references})
            return _crc(plain_references) if plain_references else None
        case "state":
            return _crc([issue.state, issue.closed_at, issue.close_reason])
        case "created":
            return _crc([issue.created_at, issue.created_by])
        case "gates":
            plain = {key: [s.status, s.run, s.tree, s.at, s.by] for key, s in issue.gates.items()}
            return _crc(plain) if plain else None
        case "documents":
            plain_documents = sorted([d.path, d.commit or "", d.label or "", d.type or ""] for d in issue.documents)
            return _crc(plain_documents) if plain_documents else None
        case _:
            value = getattr(issue, aspect)
            return _crc(value) if value else None


_SPELL: Final = json.JSONEncoder(sort_keys=True).encode
"""`json.dumps` would make an encoder for each of ten aspects of each issue."""


def _crc(value: object) -> str:
    return f"{crc32(_SPELL(value).encode()):08x}"


_OPEN_MARK: Final = _crc(OPEN)
