"""The store in a variable: the same promises as the one in git, in microseconds.

It keeps what git would keep, as bytes through the codec, under the same object names; so what works here
works there. It ships with the package, for tests above the store and for plans that are only tried.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from threading import Lock
from typing import TYPE_CHECKING, Final

from git_jit.model import (
    Commit,
    FileChange,
    Message,
    Oid,
    PathChange,
)
from git_jit.store import RefConflict, UnknownRevision, commits, places
from git_jit.store.backend import Kind, Object, Still
from git_jit.store.budgets import DEFAULTS
from git_jit.store.memory_view import EMPTY, Blob, MemoryView, Snapshot, line_of
from git_jit.store.tree import object_id
from git_jit.view import Plan

if TYPE_CHECKING:
    from git_jit.store.claims import Claims
    from git_jit.store.codelog import CodeCommit

REF: Final = "refs/jit/issues"
PERSON: Final = "Memory <memory@localhost>"


class MemoryStore:
    """`Store` without a repository. Safe to share between threads."""

    def __init__(self) -> None:
        self._tip = EMPTY
        self._known: dict[Oid, Snapshot] = {}
        self._publishing = Lock()
        self._notes: dict[str, bytes] = {}
        self._claims: Claims | None = None
        self.code: dict[str | None, frozenset[str]] = {}
        """The files of the code by commit; None is what is checked out."""
        self.others: dict[str, Oid] = {}
        """References beside the issues; to commits of this store."""

    @property
    def retry_budget(self) -> float:
        return DEFAULTS.retry

    def view(self, at: str | None = None) -> "MemoryView":
        return MemoryView(self._tip if at is None else self._resolve(at))

    def commit(self, plan: Plan, *, base: Oid | None, message: Message, still: Still | None = None) -> Oid:
        edits = places.edits_of(plan)
        with self._publishing:
            if still and still.oid != self.claims().tip():
                raise RefConflict(f"'{still.ref}' has moved on", hint="run the same command again")
            if base != _oid(self._tip):
                raise RefConflict(
                    f"'{REF}' has moved on",
                    hint="run the same command again",
                    details={"expected": base, "found": _oid(self._tip)},
                )
            made = _snapshot(self._tip, edits, message)
            if not made.changed and base is not None:
                return base  # what changes no byte is no commit
            assert made.commit is not None
            self._known[made.commit.oid] = made
            self._tip = made
        return made.commit.oid

    def history(
        self, start: str | None = None, *, path: str | None = None, without: Collection[Oid] = ()
    ) -> Iterator[Commit]:
        below = None if path is None else path.rstrip("/") + "/"
        known = [one for oid in without if oid in self._known for one in line_of(self._known[oid])]
        for snapshot in line_of(self._tip if start is None else self._resolve(start)):
            if any(snapshot is one for one in known):
                return
            touched = below is None or any(f"{changed}/".startswith(below) for changed in snapshot.changed)
            if snapshot.commit is not None and touched:
                yield snapshot.commit

    def changes(self, commit: Commit) -> list[FileChange]:
        new = self._resolve(commit.oid)
        old = new.parent or EMPTY
        return [
            FileChange(path=path, old=_data(old.blobs.get(path)), new=_data(new.blobs.get(path)))
            for path in sorted(new.changed)
        ]

    def taken_over(self, commit: Commit) -> Mapping[str, int]:
        """There are no merges."""
        del commit
        return {}

    def pulse(self) -> object:
        return _oid(self._tip)

    def blob_at(self, rev: str, path: str) -> bytes | None:
        return _data(self._resolve(rev).blobs.get(path))

    def compare(self, old: str | None, new: str) -> list[PathChange]:
        before, after = ({} if rev is None else self._resolve(rev).blobs for rev in (old, new))
        pairs = [(path, _name(before.get(path)), _name(after.get(path))) for path in sorted({*before, *after})]
        return [PathChange(path=path, old=one, new=other) for path, one, other in pairs if one != other]

    def files(self, directory: str, at: str) -> Mapping[str, Oid]:
        below = directory.rstrip("/") + "/"
        return {path: blob.oid for path, blob in self._resolve(at).blobs.items() if path.startswith(below)}

    def blobs(self, oids: Iterable[Oid]) -> Iterator[bytes | None]:
        found = {blob.oid: blob.data for known in self._known.values() for blob in known.blobs.values()}
        return (found.get(oid) for oid in oids)

    def beside(self, ref: str) -> Oid | None:
        """What a test put into `others`."""
        return self.others.get(ref)

    def in_code(self, commit: str | None, paths: Collection[str]) -> frozenset[str] | None:
        """There is no code beside a variable, except what a test put into `code`."""
        known = self.code.get(commit)
        return None if known is None else known & frozenset(paths)

    def code_commits(self, revisions: str) -> "list[CodeCommit]":
        """The code's history is no part of the variable."""
        del revisions
        return []

    def recall(self, name: str) -> bytes | None:
        return self._notes.get(name)

    def remember(self, name: str, note: bytes) -> None:
        self._notes[name] = note

    def survey(self, *, deep: bool = False, ask: bool = False) -> None:
        """There is no clone around a variable."""
        del deep, ask

    def mend(self, name: str) -> None:
        """Nothing can break."""
        del name

    def has_news(self) -> bool:
        return False

    def has_claims(self) -> bool:
        return self._claims is not None and self._claims.tip() is not None

    def decides_elsewhere(self) -> bool:
        return False

    def claims(self) -> "Claims":
        from git_jit.store.memory_claims import MemoryChain

        if self._claims is None:
            from git_jit.store.claims import Claims

            self._claims = Claims(MemoryChain())
        return self._claims

    def runs(self) -> None:
        """Nothing runs in a variable."""
        return

    def upstream(self) -> None:
        """A variable has no remotes."""
        return

    def exchange(self) -> None:
        """A variable has no remotes."""
        return

    def proposals(self) -> None:
        """No remote has ever heard of a variable."""
        return

    def rescue(self) -> None:
        """A variable is not lost."""

    def close(self) -> None:
        """Nothing is held."""

    def _resolve(self, rev: str) -> Snapshot:
        """An oid or its unique beginning, `HEAD` or the ref's name for the tip; each may end in `~<n>`."""
        name, _, back = rev.partition("~")
        found = [known for oid, known in self._known.items() if oid.startswith(name)]
        if name in {"HEAD", REF} and self._tip.commit:
            found = [self._tip]
        steps = int(back or "1") if "~" in rev and (back or "1").isdecimal() else 0
        line = list(line_of(found[0])) if len(found) == 1 and name else []
        if steps >= len(line):
            raise UnknownRevision(f"no commit '{rev}'", hint="'git jit log' shows the commits")
        return line[steps]


def _snapshot(parent: Snapshot, edits: Mapping[str, bytes | None], message: Message) -> Snapshot:
    blobs = dict(parent.blobs)
    for path, data in edits.items():
        if data is None:
            blobs.pop(path, None)
        else:
            blobs[path] = Blob(object_id(Kind.BLOB, data), data)
    changed = frozenset(path for path in edits if blobs.get(path) != parent.blobs.get(path))
    tree = object_id(
        Kind.TREE, "\n".join(f"{path} {blobs[path].oid}" for path in sorted(blobs)).encode("utf-8", "replace")
    )
    before = [parent.commit] if parent.commit else []
    content = commits.encode(
        tree=tree,
        parents=[commit.oid for commit in before],
        author=PERSON,
        committer=PERSON,
        message=message,
        clock=commits.tick(commits.unix_ms(message.at), [commits.clock_of(commit) for commit in before], "000000"),
    )
    commit = commits.parse(Object(object_id(Kind.COMMIT, content), Kind.COMMIT, content))
    return Snapshot(commit, parent, blobs, changed)


def _oid(snapshot: Snapshot) -> Oid | None:
    return snapshot.commit.oid if snapshot.commit else None


def _name(blob: Blob | None) -> Oid | None:
    return blob.oid if blob else None


def _data(blob: Blob | None) -> bytes | None:
    return blob.data if blob else None
