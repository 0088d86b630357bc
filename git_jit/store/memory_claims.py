"""Claims of a store in a variable: the chain as a list of files by path."""

from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from threading import RLock

from git_jit.model import Message, Oid
from git_jit.paths import CLAIMS
from git_jit.store.backend import Kind
from git_jit.store.budgets import DEFAULTS
from git_jit.store.chain import moved
from git_jit.store.tree import object_id


class MemoryChain:
    """`Chain` in a variable. Safe to share between threads."""

    ref = CLAIMS
    name = "memory"

    def __init__(self) -> None:
        self.commits: list[tuple[Oid, Mapping[str, bytes], Message]] = []
        self._notes: dict[str, bytes | None] = {}
        self._lock = RLock()

    @property
    def retry_budget(self) -> float:
        return DEFAULTS.retry

    def turn(self) -> AbstractContextManager[object]:
        return self._lock

    def tip(self) -> Oid | None:
        return self.commits[-1][0] if self.commits else None

    def prepare(self) -> Oid | None:
        return self.tip()

    def read(self, tip: Oid, path: str) -> bytes | None:
        return self.read_all(tip, None).get(path)

    def read_all(self, tip: Oid, paths: Collection[str] | None) -> Mapping[str, bytes]:
        (found,) = (files for oid, files, _ in self.commits if oid == tip)
        return found if paths is None else {path: found[path] for path in paths if path in found}

    def signers(self, tip: Oid, requests: Collection[str]) -> Mapping[str, str]:
        del tip, requests
        return {}

    def publish(self, edits: Mapping[str, bytes], base: Oid | None, message: Message) -> Oid:
        with self._lock:
            if self.tip() != base:
                raise moved(self.ref, base, self.tip())
            files = {**(self.commits[-1][1] if self.commits else {}), **edits}
            oid = object_id(Kind.COMMIT, f"{len(self.commits)} {message.request}".encode())
            self.commits.append((oid, files, message))
        return oid

    def load(self, name: str) -> bytes | None:
        return self._notes.get(name)

    def save(self, name: str, note: bytes | None) -> None:
        self._notes[name] = note

    def begin(self, name: str, note: bytes) -> None:
        self._notes.setdefault(name, note)
