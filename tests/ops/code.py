"""The code as a variable: `ops.archiving.Archivable` without a repository."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from git_jit.model import Oid
from git_jit.store import UnknownRevision
from git_jit.store.backend import Kind
from git_jit.store.codetree import Entry, NoCode
from git_jit.store.moving import Change
from git_jit.store.tree import object_id


@dataclass
class MemoryCode:
    """Files by commit; None is now, `HEAD` the last commit. `links` are paths that are symbolic links."""

    commits: dict[str | None, Mapping[str, str | bytes]] = field(default_factory=dict)
    renames: Mapping[str, str] = field(default_factory=dict)
    modes: Mapping[str, str] = field(default_factory=dict)

    def resolve(self, rev: str) -> Oid:
        if rev not in self.commits:
            raise UnknownRevision(f"'{rev}' names no commit of the code")
        return Oid(rev)

    def head(self) -> Oid | None:
        return Oid("HEAD") if "HEAD" in self.commits else None

    def names(self, commit: str | None) -> Mapping[str, Entry]:
        if commit is not None:
            self.resolve(commit)
        if commit not in self.commits:
            raise NoCode("no code")
        return {path: self._entry(path, _bytes(text)) for path, text in self.commits[commit].items()}

    def entries(self, paths: Collection[str], commit: str | None) -> Mapping[str, Entry]:
        return {path: entry for path, entry in self.names(commit).items() if path in paths}

    def read(self, path: str, commit: str | None) -> bytes | None:
        found = self.commits[commit].get(path)
        return None if found is None else _bytes(found)

    def renamed(self, path: str) -> str | None:
        return self.renames.get(path)

    def checked_out(self, path: str, entry: Entry) -> bytes | None:
        return self.read(path, "HEAD")

    def mentioning(self, words: Sequence[str], commit: Oid) -> list[str]:
        found = {path: _bytes(text) for path, text in self.commits[commit].items()}
        return [path for path, data in found.items() if b"\0" not in data and any(w.encode() in data for w in words)]

    def _entry(self, path: str, data: bytes) -> Entry:
        return Entry(self.modes.get(path, "100644"), object_id(Kind.BLOB, data))


@dataclass
class Porter:
    """Carries nothing, and remembers what it was asked."""

    checked: list[Sequence[Change]] = field(default_factory=list)
    carried: list[Sequence[Change]] = field(default_factory=list)

    def check(self, changes: Sequence[Change]) -> None:
        self.checked.append(changes)

    def carry_out(self, changes: Sequence[Change]) -> None:
        self.carried.append(changes)


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()
