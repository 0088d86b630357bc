"""Keep the beginning and the end of what a command writes, however much it writes."""

import os
from collections import deque
from typing import Final

from git_jit.runner.job import EXCERPT

_LEFT_OUT: Final = "\n[… {} bytes left out …]\n"


class Capture:
    """An output file that grows to `head` bytes at once, and gets the last `tail` bytes at the end.

    Where the file cannot be written (a full disk), the output is counted and its end kept all the same: what a
    command answers does not depend on where its words go.
    """

    def __init__(self, path: str, head: int, tail: int) -> None:
        self.path = path
        self.written = 0
        self.left_out = 0
        self._head, self._tail = head, tail
        self._chunks: deque[bytes] = deque()
        self._held = 0
        self._fd: int | None = None
        try:
            self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError:
            self._lost()

    def add(self, data: bytes) -> None:
        room = max(self._head - self.written, 0)
        self.written += len(data)
        if room:
            self._write(data[:room])
        self._hold(data)

    def _hold(self, data: bytes) -> None:
        """Keep the end of everything; the excerpt may reach back into what is in the file."""
        self._chunks.append(data)
        self._held += len(data)
        most = max(self._tail, EXCERPT)
        while self._held - len(self._chunks[0]) >= most:
            self._held -= len(self._chunks.popleft())

    def last(self) -> bytes:
        """The end of the output."""
        return b"".join(self._chunks)[-EXCERPT:]

    def close(self) -> None:
        """Write the end to the file, and close it. Twice is once."""
        if self._fd is None:
            return
        rest = max(self.written - self._head, 0)
        tail = b"".join(self._chunks)[-min(rest, self._tail) :] if min(rest, self._tail) else b""
        self.left_out = rest - len(tail)
        if self.left_out:
            self._write(_LEFT_OUT.format(self.left_out).encode())
        self._write(tail)
        self._lost()

    def _write(self, data: bytes) -> None:
        try:
            while data and self._fd is not None:
                data = data[os.write(self._fd, data) :]
        except OSError:
            self._lost()

    def _lost(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
