"""Trees of blobs to judge and mend: made from values, damaged, and read like a commit."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from git_jit.codec import encode_comment, encode_config, encode_gate, encode_issue
from git_jit.config import Config
from git_jit.model import (
    Actor,
    Comment,
    CommentId,
    Gate,
    GateKey,
    Issue,
    IssueId,
    Json,
    Link,
    Message,
    Timestamp,
)
from git_jit.paths import comment_path, gate_path, issue_path
from git_jit.store.memory import MemoryStore
from git_jit.validate.census import Census, census_of
from git_jit.validate.document_rules import check_document
from git_jit.validate.finding import Finding
from git_jit.validate.repair import Documents, LastGood, Repaired, check, repair
from git_jit.view import Plan, View, rules_to_read_by

NOW = Timestamp("2026-11-21T09:00:00.000000Z")


def id_of(number: int) -> IssueId:
    """Ids whose first seven digits differ."""
    return IssueId(f"{number:07x}{'0' * 25}")


def issue(number: int, *waits_for: int, **fields: object) -> Issue:
    """An issue that was created at second `number`, with the most usual fields given by number."""
    created = Timestamp(f"2026-11-21T09:00:{number % 60:02}.000000Z")
    edges = tuple(sorted(id_of(other) for other in waits_for))
    values: dict[str, object] = {"title": f"Issue {number}", "created_at": created, "dependencies": edges, **fields}
    return Issue(id=id_of(number), **values)  # type: ignore[arg-type]


def link(type_: str, number: int) -> Link:
    return Link(type_, id_of(number))


def comment(on: int, number: int = 1) -> Comment:
    id = CommentId(f"01J{number:023}")
    return Comment(id=id, issue=id_of(on), author=Actor("human:ada"), created_at=NOW, body="Hm.")


def blobs_of(*values: Issue | Comment | Gate | Config) -> dict[str, bytes]:
    """Each value where it belongs."""
    found: dict[str, bytes] = {}
    for value in values:
        match value:
            case Issue():
                found[issue_path(value.id)] = encode_issue(value)
            case Comment():
                found[comment_path(value.issue, value.id)] = encode_comment(value)
            case Gate():
                found[gate_path(value.key)] = encode_gate(value)
            case Config():
                found["config.json"] = encode_config(value)
    return found


def with_keys(data: bytes, **keys: Json) -> bytes:
    """The same document with some keys set, spelled as another program would."""
    return json.dumps({**json.loads(data), **keys}, indent=1).encode()


@dataclass(frozen=True)
class Tree:
    """One commit, and what a store would answer about it."""

    blobs: Mapping[str, bytes]
    missing: frozenset[str] = frozenset()
    """Paths whose objects are gone."""
    earlier: Mapping[str, bytes] = field(default_factory=dict)
    """What history has."""

    def view(self) -> View:
        store = MemoryStore()
        message = Message(op="x", subject="x", actor=Actor("human:ada"), request="r", at=NOW)
        held = {path: b"" if path in self.missing else data for path, data in self.blobs.items()}
        store.commit(Plan(raw=held), base=None, message=message)
        return store.view()

    def documents(self, config: Config) -> Documents:
        found = {path: tuple(check_document(path, self.read(path), config)) for path in sorted(self.blobs)}
        found = {path: findings for path, findings in found.items() if findings}
        return Documents(paths=self.blobs.keys(), findings=found, read=self.read)

    def read(self, path: str) -> bytes | None:
        return None if path in self.missing else self.blobs.get(path)

    @property
    def last_good(self) -> LastGood:
        return self.earlier.get

    def check(self, code: Callable[[str, str | None], bool | None] | None = None) -> tuple[Finding, ...]:
        view = self.view()
        return check(view, self.documents(rules_to_read_by(view)), code=code, last_good=self.last_good)

    def repair(self, **options: object) -> Repaired:
        view = self.view()
        documents = self.documents(rules_to_read_by(view))
        return repair(view, documents, last_good=self.last_good, **options)  # type: ignore[arg-type]

    def after(self, repaired: Repaired) -> "Tree":
        blobs = {**self.blobs, **repaired.edits}
        kept = {path: data for path, data in blobs.items() if data is not None}
        return Tree(kept, self.missing - repaired.edits.keys(), self.earlier)

    def readable(self) -> set[IssueId]:
        return set(self.view().ids())


def tree(*values: Issue | Comment | Gate | Config, **extra: bytes) -> Tree:
    return Tree({**blobs_of(*values), **extra})


def census(*values: Issue | Comment | Gate | Config) -> Census:
    made = tree(*values)
    return census_of(made.view(), made.blobs)


def gate(key: str) -> Gate:
    return Gate(key=GateKey(key), title=key.title())


def said(findings: object) -> list[tuple[str, str, str]]:
    """Code, subject (an id shortened to its number) and message of each."""
    return [(f.code, _subject(f.subject), f.message) for f in findings]  # type: ignore[attr-defined]


def _subject(subject: str) -> str:
    return f"#{int(subject[:7], 16)}" if len(subject) == 32 and "/" not in subject else subject
