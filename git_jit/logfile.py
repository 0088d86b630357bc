"""The log when it is on: JSON lines, scrubbed, to a file that stays small or to standard error.

Every record is one `write` of at most 4 KiB on a file opened for appending, so the lines of processes that write at
the same time stand one after the other and never in one another. All errors end here.
"""

import fcntl
import logging
import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

from git_jit.log import LEVELS, OFF, SETTING, VARIABLE, Command, Level
from git_jit.scrub import scrub

NAME: Final = "git-jit.log"
OLD: Final = ".1"
MAX_BYTES: Final = 5 << 20
"""Of the file and of the one before it: 2 × 5 MiB hold about 40,000 records (reliability.md, error tracking)."""
MAX_RECORD: Final = 4096
"""PIPE_BUF of Linux: what one `write` puts into a pipe unbroken; for files the kernel's lock on the inode does it."""
MAX_TEXT: Final = 1000
"""Characters of a value in a record."""
MAX_MEMBERS: Final = 40
MODE: Final = 0o600


class Lines(logging.Handler):
    """Writes every record as one line of JSON with `put`; after a failure it is silent for good."""

    def __init__(self, command: Command, put: Callable[[bytes], None], release: Callable[[], None]) -> None:
        super().__init__()
        self._put: Callable[[bytes], None] | None = put
        self._release = release
        self._constant = {"request": command.request(), "pid": os.getpid(), "command": command.name()}
        self._version = command.version
        self._home = command.environ.get("HOME", "")
        self._user = command.environ.get("USER") or command.environ.get("LOGNAME", "")

    def emit(self, record: logging.LogRecord) -> None:
        if self._put is None:
            return
        try:
            self._put(self._line(record))
        except Exception:  # noqa: BLE001 — a log that fails must not be noticed
            self._put = None

    def close(self) -> None:
        super().close()
        self._put = None
        with suppress(Exception):
            self._release()

    def _line(self, record: logging.LogRecord) -> bytes:
        known = getattr(record, "jit", {})
        value = {
            "time": _timestamp(record.created),
            "level": record.levelname.lower(),
            "event": self._clean(record.getMessage()),
            **self._constant,
            "version": self._version,
            "ms": None if known.get("ms") is None else round(known["ms"], 3),
            "code": known.get("code"),
            "attrs": self._clean(known.get("attrs", {})),
        }
        line = _encoded(value)
        return line if len(line) <= MAX_RECORD else _encoded({**value, "attrs": {"cut": len(line)}})

    def _clean(self, value: object) -> object:
        """`value` as plain data without secrets, and not too much of it."""
        match value:
            case None | bool() | int() | float():
                return value
            case Mapping():
                pairs = list(value.items())[:MAX_MEMBERS]
                return {str(key): self._clean(member) for key, member in pairs}
            case list() | tuple():
                # Members are cleaned together: '--token' tells what the next word is.
                words = [str(member).replace("\n", " ") for member in value[:MAX_MEMBERS]]
                return self._clean_text("\n".join(words)).split("\n") if words else []
            case _:
                return self._clean_text(str(value))

    def _clean_text(self, text: str) -> str:
        return scrub(text[: MAX_RECORD * 4], home=self._home, user=self._user)[:MAX_TEXT]


class File:
    """A file for appending that is renamed when it is full: never more than two of them."""

    def __init__(self, path: str) -> None:
        """Raises `OSError`. A pipe that nobody reads is an error too, not something to wait for."""
        self._path = path
        self._fd = self._open()

    def put(self, line: bytes) -> None:
        if os.fstat(self._fd).st_size + len(line) > MAX_BYTES:
            self._rotate()
        os.write(self._fd, line)

    def close(self) -> None:
        os.close(self._fd)

    def _open(self) -> int:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY
        return os.open(self._path, flags, MODE)

    def _rotate(self) -> None:
        """Under a lock on the very file, so that of several processes one renames it and the others follow."""
        with suppress(OSError):
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(self._fd), os.stat(self._path)):
                os.replace(self._path, self._path + OLD)
        fresh = self._open()
        os.close(self._fd)
        self._fd = fresh


class LoggerSink:
    """`log.Sink` on Python's logger `git_jit`, so that a server can hang other handlers on it."""

    def __init__(self, handler: logging.Handler, level: Level) -> None:
        self._logger = logging.getLogger("git_jit")
        self._handler = handler
        self._logger.addHandler(handler)
        self._logger.setLevel(level.upper())
        self._logger.propagate = False

    def write(self, level: Level, event: str, ms: float | None, code: str | None, attrs: Mapping[str, object]) -> None:
        jit = {"ms": ms, "code": code, "attrs": attrs}
        self._logger.log(logging.getLevelNamesMapping()[level.upper()], "%s", event, extra={"jit": jit})

    def close(self) -> None:
        self._logger.removeHandler(self._handler)
        self._handler.close()


def open_sink(command: Command, said: str, level: str | None) -> LoggerSink | None:
    """The log that `said` (of `JIT_LOG` or `jit.log`) and `level` (of `--log-level`) ask for; None if it is off.

    `said` is a level, `stderr`, an absolute path, or two of them separated by a comma.
    """
    try:
        wanted, place = _understood(command, said)
        wanted = level or wanted
        if wanted not in LEVELS:
            return None
        put, release = _destination(command, place)
        return LoggerSink(Lines(command, put, release), wanted)
    except Exception:  # noqa: BLE001 — without a log everything goes on
        return None


def _understood(command: Command, said: str) -> tuple[str, str]:
    """Level and place; the place is empty for this clone's own file."""
    level, place = "", ""
    for word in filter(None, map(str.strip, said.split(","))):
        if word.lower() in {*LEVELS, OFF}:
            level = word.lower()
        elif word == "stderr" or os.path.isabs(word):
            place = word
        else:
            command.complain(f"'{word}' in {VARIABLE} or '{SETTING}' is neither a level, 'stderr' nor an absolute path")
    return level or ("info" if place else ""), place


def _destination(command: Command, place: str) -> tuple[Callable[[bytes], None], Callable[[], None]]:
    if place == "stderr":
        return (lambda line: _show(command, line)), (lambda: None)
    if not place:
        directory = command.directory()
        os.makedirs(directory, mode=0o700, exist_ok=True)
        place = f"{directory}/{NAME}"
    file = File(place)
    return file.put, file.close


def _show(command: Command, line: bytes) -> None:
    command.stderr.write(line.decode())
    command.stderr.flush()


def _encoded(value: Mapping[str, object]) -> bytes:
    """ASCII alone: no character of a log acts on the terminal that shows it, and its length is its size."""
    import json

    return json.dumps(value, separators=(",", ":")).encode() + b"\n"


def _timestamp(seconds: float) -> str:
    whole, fraction = divmod(seconds, 1)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(whole))}.{int(fraction * 1_000_000):06d}Z"


logging.raiseExceptions = False
