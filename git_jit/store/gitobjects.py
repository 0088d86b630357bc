"""Objects through git's own commands: read by `cat-file`, stored by `index-pack` and `unpack-objects`."""

import contextlib
import os
from _thread import allocate_lock
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final

from git_jit.model import Oid
from git_jit.store import CorruptObject, MissingObject, NotWritable, WriteFailed
from git_jit.store.backend import Durability, Keep, Kind, Object, is_too_large
from git_jit.store.keeps import KeptPack, making, owner_record
from git_jit.store.layout import Layout, object_dirs
from git_jit.store.loose import set_aside_damaged
from git_jit.store.pack import encode
from git_jit.store.process import SIGTERM, failure, git_argv, git_environ, pipes, run, spawn, wait
from git_jit.store.system import System, sync_path
from git_jit.store.tree import object_id

WINDOW: Final = 56
"""Questions sent ahead of the answers. 56 oids of 65 bytes, with a few fences, are less than the smallest pipe
(4,096 bytes), so writing never blocks, and git is never stuck on an answer while we are stuck on a question."""
CHUNK: Final = 1 << 16
_KINDS: Final = {kind.value.encode(): kind for kind in Kind}


class CatFile:
    """A lasting `git cat-file --batch`: objects by name for some 20 µs each once it runs.

    It starts with the first question and ends with `close`. What it returns is verified: the content has the
    name that it was asked for by. Whoever asks while an iteration is under way, in this thread or another, is
    served by a process of their own.
    """

    def __init__(self, layout: Layout, environ: Mapping[str, str]) -> None:
        self._layout = layout
        self._environ = environ
        self._turn = allocate_lock()
        self._pipe: _Pipe | None = None

    def read(self, oid: Oid) -> Object:
        """One object. Raises `MissingObject` or `CorruptObject`."""
        for found in self.read_many((oid,)):
            if isinstance(found, Object):
                return found
        raise self._why(oid)

    def read_many(self, oids: Iterable[Oid]) -> Iterator[Object | Oid]:
        """Objects in the order asked for; a bare oid stands for one that is missing, corrupt or too large.

        Questions run ahead of answers, so git unpacks the next object while we look at this one.
        """
        if self._turn.acquire(blocking=False):
            try:
                yield from self._pipelined(oids)
            finally:
                self._turn.release()
        else:
            with contextlib.closing(CatFile(self._layout, self._environ)) as another:
                yield from another.read_many(oids)

    def exists(self, oid: Oid) -> bool:
        """Whether it is there at this moment. The lasting process would not do: it holds packs that gc removed."""
        loose = os.path.exists(os.path.join(self._layout.objects_dir, oid[:2], oid[2:]))
        return loose or run(self._layout, ["cat-file", "-e", oid], environ=self._environ).status == 0

    def close(self) -> None:
        """End the process. The next question starts another."""
        if self._pipe is not None:
            self._pipe.close()
            self._pipe = None

    def _pipelined(self, oids: Iterable[Oid]) -> Iterator[Object | Oid]:
        rest = iter(oids)
        asked: list[Oid] = []
        try:
            while True:
                if len(asked) <= WINDOW // 2:
                    more = list(islice(rest, WINDOW - len(asked)))
                    if more:
                        asked += more
                        self._send(more)
                if not asked:
                    return
                found = self._receive(asked[0])
                if found is None:  # git died of this object, or sent another; the others are asked for again
                    self.close()
                    self._require_git()
                    found = asked[0]
                    self._send(asked[1:])
                del asked[0]
                yield found
        finally:
            if asked:  # the caller lost interest: unread answers would pass for those to the next questions
                self.close()

    def _send(self, oids: Sequence[Oid]) -> None:
        if oids:
            self._pipe = self._pipe or _Pipe(self._layout, self._environ)
            self._pipe.send(oids)

    def _receive(self, oid: Oid) -> Object | Oid | None:
        """The next answer; None if it is not one to this question. Then the ones behind it cannot be found either."""
        assert self._pipe is not None
        header = self._pipe.line().split()
        found: Object | Oid | None = oid if header else None  # `<oid> missing`, or nothing
        if len(header) > 2:
            size = int(header[2])
            if is_too_large(_KINDS.get(header[1]), size):
                found = oid if self._pipe.skip(size) else None
            else:
                found = self._object(oid, header[1], self._pipe.content(size))
        self._pipe.answered()
        return found

    def _object(self, oid: Oid, word: bytes, data: bytes | None) -> Object | Oid | None:
        kind = _KINDS.get(word)
        if data is None or kind is None:  # a tag is nothing of ours, and nothing we can represent
            return None if data is None else oid
        return Object(oid, kind, data) if object_id(kind, data, self._layout.object_format) == oid else None

    def _require_git(self) -> None:
        """Tell a git that cannot work here at all from one that stumbled over an object."""
        done = run(self._layout, ["rev-parse", "--git-dir"], environ=self._environ)
        if done.status:
            raise failure(done, "opening the repository")

    def _why(self, oid: Oid) -> CorruptObject | MissingObject:
        hint = "'git jit doctor --deep' names what is damaged; 'git jit recover' brings back what can be"
        details: dict[str, object] = {"oid": oid}
        stores = object_dirs(self._layout)
        loose = any(os.path.exists(os.path.join(store, oid[:2], oid[2:])) for store in stores)
        if loose or run(self._layout, ["cat-file", "-e", oid], environ=self._environ).status == 0:
            return CorruptObject(f"object '{oid}' is damaged", hint=hint, details=details)
        if gone := [store for store in stores[1:] if not os.path.isdir(store)]:
            told = f"object '{oid}' is missing, and '{gone[0]}', from which objects are borrowed, is not there"
            hint = "'cat .git/objects/info/alternates' tells where objects are borrowed from; bring that place back"
            return MissingObject(told, hint=hint, details={**details, "borrowed_from": gone})
        return MissingObject(f"object '{oid}' is missing", hint=hint, details=details)


class _Pipe:
    """A running `git cat-file --batch`: questions in, answers out.

    Of a blob in a damaged file git sends what is there, whatever size it has announced (git 2.39): who waits for
    the rest waits for ever. So behind each batch of questions goes one more that cannot have an answer, the
    *fence*: where that is refused, there is nothing more to wait for.
    """

    def __init__(self, layout: Layout, environ: Mapping[str, str]) -> None:
        (child_in, self._ask), (self._answers, child_out) = pipes(2)
        try:
            argv = git_argv(layout, ["cat-file", "--batch"])
            self._pid = spawn(argv, git_environ(layout, environ), stdin=child_in, stdout=child_out)
        except BaseException:
            os.close(self._ask)
            os.close(self._answers)
            raise
        finally:
            os.close(child_in)
            os.close(child_out)
        self._name = os.urandom(8).hex()
        self._batches: list[int] = []
        """How many answers are missing before each fence."""
        self._sent = 0
        self._end = b""
        """What git answers to the last question."""
        self._buffer = bytearray()

    def send(self, oids: Sequence[Oid]) -> None:
        self._batches.append(len(oids))
        self._sent += 1
        fence = f"{self._name}.{self._sent}/"  # by its end no reference either: git need not look for it
        self._end = f"{fence} missing\n".encode()
        question = "".join([f"{oid}\n" for oid in (*oids, fence)]).encode()
        with contextlib.suppress(BrokenPipeError):  # the missing answer will tell
            os.write(self._ask, question)

    def line(self) -> bytes:
        """The next line; empty if there is none, for git has died."""
        while (end := self._buffer.find(b"\n")) < 0:
            if not self._more():
                return b""
        return self._take(end + 1)

    def content(self, size: int) -> bytes | None:
        """So many bytes, and the line break behind them; None if git sends another number."""
        while len(self._buffer) <= size:
            if self._buffer.endswith(self._end) or not self._more():
                return None
        found = self._take(size + 1)
        return found[:size] if found.endswith(b"\n") else None

    def skip(self, size: int) -> bool:
        """Let so many bytes, and the line break behind them, go by; False if git sends another number."""
        while size >= CHUNK:
            spare = min(len(self._buffer) - len(self._end), size)
            if spare > 0:
                size -= len(self._take(spare))
            elif self._buffer.endswith(self._end) or not self._more():
                return False
        return self.content(size) is not None

    def answered(self) -> None:
        """An answer is through, and with the last one of a batch its fence."""
        self._batches[0] -= 1
        if self._batches[0] == 0:
            del self._batches[0]
            self.line()

    def close(self) -> None:
        os.close(self._ask)
        os.close(self._answers)
        os.kill(self._pid, SIGTERM)  # it holds nothing; an unread answer must not keep it
        wait(self._pid)

    def _take(self, size: int) -> bytes:
        found = bytes(self._buffer[:size])
        del self._buffer[:size]
        return found

    def _more(self) -> bool:
        chunk = os.read(self._answers, CHUNK)
        self._buffer += chunk
        return bool(chunk)


# --- writing objects ------------------------------------------------------------------------------------


def index_pack(layout: Layout, environ: Mapping[str, str], objects: Sequence[Object], durability: Durability) -> Keep:
    """Store the objects as one pack that gc leaves alone until it is released.

    git verifies every name while it writes the index, and syncs both files before it names them.
    """
    require_writable(layout)
    data = encode(objects, layout.object_format)
    record = owner_record()
    args = ["index-pack", "--stdin", f"--keep={record}"]
    directory = os.path.join(layout.objects_dir, "pack")
    with making():
        done = run(layout, args, environ=environ, input=data, durability=durability)
        if done.status and set_aside_damaged(layout, objects):
            done = run(layout, args, environ=environ, input=data, durability=durability)
        if done.status:
            raise failure(done, "storing a pack", WriteFailed)
        if durability is Durability.FULL:
            sync_path(System(), directory)
        return KeptPack(os.path.join(directory, f"pack-{done.out.split()[-1].decode()}.keep"), record)


def unpack(layout: Layout, environ: Mapping[str, str], objects: Sequence[Object], durability: Durability) -> None:
    """Store the objects as loose files."""
    require_writable(layout)
    done = run(
        layout,
        ["unpack-objects", "-q"],
        environ=environ,
        input=encode(objects, layout.object_format),
        durability=durability,
    )
    if done.status:
        raise failure(done, "storing objects", WriteFailed)


def require_writable(layout: Layout) -> None:
    """Raises `NotWritable` in a receiving hook: what is written there vanishes if the push is refused."""
    if layout.quarantined:
        raise NotWritable(
            "issues cannot be changed while git receives a push",
            hint="change them after the push, for example in a post-receive hook",
        )
