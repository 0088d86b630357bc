"""What a power cut leaves: the crash states of a recorded command, after the model of ALICE (Pillai et al., OSDI 2014).

A command is a list of operations on files. After a cut behind the k-th of them the disk holds

- of the *names* (created, linked, renamed, removed) a prefix of the list that reaches at least to the last sync of a
  directory: a journal keeps their order, but not how far it came;
- of the *content* of each file at least what was synced; of the rest all, half or nothing.

The index (`jit/index*`) is left out: it is never synced, and not believed after a start of the machine.
"""

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Final, Literal, NamedTuple

from tests.faults.kit.strace import Call

Kept = Literal["synced", "half", "all"]
"""How much of the content that was not synced is there."""

_NAMING: Final = frozenset({"create", "mkdir", "link", "rename", "unlink", "rmdir"})


class Operation(NamedTuple):
    """One step. `path` is relative to the repository; content belongs to a file, whatever its names are."""

    kind: str
    path: str = ""
    target: str = ""
    file: int = 0
    offset: int = 0
    data: bytes = b""


class State(NamedTuple):
    """What lies on the disk: names of files and directories, and the content of files."""

    after: int
    """How many operations had begun."""
    names: Mapping[str, int]
    """`-1` is a directory."""
    content: Mapping[int, bytes]

    def digest(self) -> bytes:
        found = hashlib.sha1(usedforsecurity=False)
        for path, file in sorted(self.names.items()):
            found.update(f"{path}\0{file < 0}\0".encode("utf-8", "surrogateescape"))
            found.update(self.content.get(file, b""))
        return found.digest()


def listing(root: Path) -> tuple[dict[str, int], dict[int, bytes]]:
    """The names and contents of a repository as it is; two names of one file (a lock and its intent) stay that."""
    numbers = count(1)
    known: dict[int, int] = {}
    names: dict[str, int] = {}
    content: dict[int, bytes] = {}
    for directory, below, files in os.walk(root):
        for name in below:
            names[os.path.relpath(os.path.join(directory, name), root)] = -1  # noqa: PTH118
        for name in files:
            path = Path(directory, name)
            inode = path.stat().st_ino
            number = known[inode] if inode in known else known.setdefault(inode, next(numbers))
            names[str(path.relative_to(root))] = number
            content[number] = path.read_bytes()
    return names, content


class Recorder:
    """Turns system calls into operations, following descriptors to the files they stand for."""

    def __init__(self, root: str, names: Mapping[str, int], content: Mapping[int, bytes]) -> None:
        self._root = root
        self._names = dict(names)
        self._sizes = {file: len(data) for file, data in content.items()}
        self._numbers = count(max(self._sizes, default=0) + 1)
        self._open: dict[tuple[int, int], int] = {}
        self._at: dict[tuple[int, int], int] = {}
        self._appending: set[tuple[int, int]] = set()
        self.operations: list[Operation] = []
        self.acknowledged: int | None = None
        """After how many operations the answer was given."""

    def take(self, calls: Sequence[Call]) -> None:
        main = calls[0].pid
        for call in calls:
            if call.result < 0:
                continue
            if call.pid == main and call.name == "write" and call.args[0] == "1" and self.acknowledged is None:
                self.acknowledged = len(self.operations)
            elif call.name == "openat":
                self._opened(call)
            elif call.name in {"write", "pwrite64", "ftruncate", "fsync", "fdatasync", "close"}:
                self._on_descriptor(call)
            else:
                self._on_names(call)

    def _below(self, path: str) -> str | None:
        inner = path.removeprefix(f"{self._root}/")
        return None if inner == path or inner.startswith(".git/jit/index") else inner

    def _opened(self, call: Call) -> None:
        key = (call.pid, call.result)
        self._open.pop(key, None)
        path = self._below(call.paths[0])
        if path is None or self._names.get(path) == -1:
            return
        flags = str(call.args[2])
        if path not in self._names:
            if "O_CREAT" not in flags:
                return  # opened below another name, which the model has not seen
            self._names[path] = next(self._numbers)
            self._sizes[self._names[path]] = 0
            self.operations.append(Operation("create", path, file=self._names[path]))
        file = self._names[path]
        if "O_TRUNC" in flags and self._sizes[file]:
            self._resize(file, 0)
        self._open[key], self._at[key] = file, 0
        (self._appending.add if "O_APPEND" in flags else self._appending.discard)(key)

    def _resize(self, file: int, size: int) -> None:
        self._sizes[file] = size
        self.operations.append(Operation("resize", file=file, offset=size))

    def _on_descriptor(self, call: Call) -> None:
        key = (call.pid, int(str(call.args[0])))
        path = self._below(call.paths[0]) if call.paths else None
        if call.name == "close":
            self._open.pop(key, None)
        elif call.name in {"fsync", "fdatasync"} and path is not None and self._names.get(path) == -1:
            self.operations.append(Operation("sync names", path))
        elif key in self._open:
            self._on_file(call, key, self._open[key])

    def _on_file(self, call: Call, key: tuple[int, int], file: int) -> None:
        if call.name in {"fsync", "fdatasync"}:
            self.operations.append(Operation("sync", file=file))
        elif call.name == "ftruncate":
            if (size := int(str(call.args[1]))) != self._sizes[file]:
                self._resize(file, size)
        elif call.result:
            offset = self._sizes[file] if key in self._appending else self._at[key]
            offset = int(str(call.args[3])) if call.name == "pwrite64" else offset
            data = call.args[1]
            assert isinstance(data, bytes)
            self.operations.append(Operation("write", file=file, offset=offset, data=data[: call.result]))
            self._sizes[file] = max(self._sizes[file], offset + call.result)
            if call.name == "write":
                self._at[key] = offset + call.result

    def _on_names(self, call: Call) -> None:
        found = [self._below(path) for path in call.paths if not path.endswith(".git") or "/.git/" in path]
        paths = [path for path in found if path is not None]
        kind = call.name.removesuffix("at").removesuffix("at2")
        if kind == "unlink" and "AT_REMOVEDIR" in str(call.args):
            kind = "rmdir"
        if kind not in _NAMING or not paths or (kind in {"link", "rename"} and len(paths) != 2):
            return
        step = Operation(kind, paths[0], paths[1] if len(paths) > 1 else "")
        rename(self._names, step)
        self.operations.append(step)


def rename(names: dict[str, int], step: Operation) -> None:
    """Apply one operation on names."""
    match step.kind:
        case "create":
            names[step.path] = step.file
        case "mkdir":
            names[step.path] = -1
        case "link":
            names[step.target] = names[step.path]
        case "rename":
            moved = {path: file for path, file in names.items() if path.startswith(f"{step.path}/")}
            for path, file in {step.path: names[step.path], **moved}.items():
                names[step.target + path.removeprefix(step.path)] = file
                del names[path]
        case _:
            names.pop(step.path, None)


def fill(content: dict[int, bytes], step: Operation, *, half: bool = False) -> None:
    """Apply one operation on content; with `half` only the first half of what it writes arrives."""
    old = content.get(step.file, b"")
    if step.kind == "resize":
        content[step.file] = old[: step.offset].ljust(step.offset, b"\0")
    elif step.kind == "write":
        data = step.data[: len(step.data) // 2] if half else step.data
        content[step.file] = old[: step.offset].ljust(step.offset, b"\0") + data + old[step.offset + len(data) :]


def states(names: Mapping[str, int], content: Mapping[int, bytes], operations: Sequence[Operation]) -> Iterator[State]:
    """Every different state that a cut may leave; a state comes once, with the most that had been done before it."""
    seen: dict[bytes, State] = {}
    for k in range(len(operations) + 1):
        least = max((i + 1 for i in range(k) if operations[i].kind == "sync names"), default=0)
        for cut in sorted({least, (least + k) // 2, k}):
            present = dict(names)
            for step in operations[:cut]:
                if step.kind in _NAMING:
                    rename(present, step)
            for kept in ("synced", "half", "all"):
                state = State(k, present, _content(content, operations[:k], kept))
                seen[state.digest()] = state
    yield from seen.values()


def _content(content: Mapping[int, bytes], done: Sequence[Operation], kept: Kept) -> dict[int, bytes]:
    synced = {step.file: at for at, step in enumerate(done) if step.kind == "sync"}
    found = dict(content)
    for at, step in enumerate(done):
        if step.kind in {"write", "resize"}:
            safe = at < synced.get(step.file, -1)
            if safe or kept != "synced":
                fill(found, step, half=not safe and kept == "half")
    return found


def build(base: Path, to: Path, names: Mapping[str, int], content: Mapping[int, bytes], state: State) -> None:
    """Make a repository that is in this state, from `base`, which has `names` and `content`.

    What is the same is a hard link.
    """
    to.mkdir()
    written: dict[int, Path] = {}
    for path, file in sorted(state.names.items()):
        target = to / path
        if file < 0:
            target.mkdir(parents=True, exist_ok=True)
        elif file in written:
            os.link(written[file], target)
        elif names.get(path) == file and content[file] == state.content.get(file, b"") and "/objects/" in path:
            os.link(base / path, target)
        else:
            target.write_bytes(state.content.get(file, b""))
            written[file] = target
