"""The real world for `App`: streams, clock, random ids, git. Tests bring their own instead."""

import os
import sys
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, TextIO

from git_jit.cli import App, Edited
from git_jit.model import IssueId, Oid, Timestamp

if TYPE_CHECKING:
    from git_jit.store.layout import Layout
    from git_jit.store.repository import Repository

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Base 32 without the letters that read like digits (https://www.crockford.com/base32.html)."""
NO_TERMINAL = (80, 24)
"""Columns and lines where nothing tells: the VT100's."""
ULID_TIME_CHARS = 10
ULID_RANDOM_CHARS = 16
"""48 bits of milliseconds and 80 random bits (https://github.com/ulid/spec)."""


def real_app() -> App:
    """The `App` of a process: standard streams, this directory, this moment."""
    environ, cwd = os.environ, _cwd()
    git = RealGit(cwd, environ)
    _open_missing_streams()
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character must not end the command; '\\u2192' is better than a traceback.
        stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")  # type: ignore[union-attr]
    return App(
        environ=environ,
        cwd=cwd,
        stdin=sys.stdin.buffer,
        stdout=sys.stdout,
        stderr=sys.stderr,
        stdin_is_terminal=_is_terminal(sys.stdin),
        stdout_is_terminal=_is_terminal(sys.stdout),
        stderr_is_terminal=_is_terminal(sys.stderr),
        size=_size,
        open_store=lambda: open_repository(cwd),
        init_store=lambda config, message: open_repository(cwd).init(config, message),
        git=git,
        now=now,
        new_id=new_id,
        new_ulid=new_ulid,
        local_dir=git.local_dir,
        wait=wait,
    )


def _open_missing_streams() -> None:
    """A stream that was closed before we started is the null device, as git has it; never somebody's file."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 — lives as long as we


def open_repository(cwd: str) -> "Repository":
    """The repository that git would use here."""
    from git_jit.store.repository import Repository  # a failure in there belongs to a command, not to the start

    return Repository.open(cwd, os.environ)


def now() -> Timestamp:
    """This moment, in the one form the tracker stores."""
    seconds, nanoseconds = divmod(time.time_ns(), 1_000_000_000)
    return Timestamp(f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{nanoseconds // 1000:06d}Z")


def wait(seconds: float) -> None:
    """Let time pass, or raise `BrokenPipeError` as soon as nobody reads our output: there may never be a next line."""
    import select

    output = select.poll()
    output.register(sys.stdout.fileno(), 0)  # no event is asked for; errors are told unasked (poll(2))
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        if any(found & (select.POLLERR | select.POLLHUP) for _, found in output.poll(left * 1000)):
            raise BrokenPipeError
        time.sleep(max(min(until - time.monotonic(), seconds), 0))  # something that cannot be watched


def new_id() -> IssueId:
    """128 random bits: two machines never meet on one."""
    return IssueId(os.urandom(16).hex())


def new_ulid() -> str:
    """26 characters that sort by the millisecond they were made in."""
    return ulid(time.time_ns() // 1_000_000, os.urandom(10))


def ulid(milliseconds: int, randomness: bytes) -> str:
    """Spell a ULID.

    >>> ulid(1469918176385, bytes(10))
    '01ARYZ6S410000000000000000'
    """
    return _base32(milliseconds, ULID_TIME_CHARS) + _base32(int.from_bytes(randomness, "big"), ULID_RANDOM_CHARS)


def _base32(number: int, length: int) -> str:
    return "".join(CROCKFORD[number >> (5 * place) & 31] for place in reversed(range(length)))


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty()


def _size() -> tuple[int, int]:
    """Columns and lines, as `shutil` finds them: the environment, else the terminal. Its import costs 2 ms."""
    columns, lines = (_number(os.environ.get(name, "")) for name in ("COLUMNS", "LINES"))
    try:
        terminal = os.get_terminal_size(sys.stdout.fileno())
    except (OSError, ValueError):
        terminal = os.terminal_size(NO_TERMINAL)
    return columns or terminal.columns or NO_TERMINAL[0], lines or terminal.lines or NO_TERMINAL[1]


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0


def _cwd() -> str:
    try:
        return os.getcwd()
    except FileNotFoundError:
        return "/"  # the directory was deleted under us; the repository is looked for, and not found, from here


class RealGit:
    """Git itself, asked only when something needs it: a process costs more than most commands take."""

    def __init__(self, cwd: str, environ: Mapping[str, str]) -> None:
        self._cwd = cwd
        self._environ = environ
        self._layout: Layout | None = None
        self._config: Mapping[str, tuple[str, ...]] | None = None

    def layout(self) -> "Layout":
        """Where the repository is. Raises `NoRepository`."""
        from git_jit.store.layout import discover

        if self._layout is None:
            self._layout = discover(self._cwd, self._environ)
        return self._layout

    def _all(self) -> Mapping[str, tuple[str, ...]]:
        from git_jit.store.gitconfig import read_entries

        if self._config is None:
            self._config = read_entries(self.layout(), self._environ)
        return self._config

    def config(self, key: str) -> str | None:
        return self._all().get(key.lower(), (None,))[-1]

    def set_config(self, key: str, value: str | None) -> None:
        from git_jit.store.settings import set_config

        set_config(self.layout(), self._environ, key, value)
        self._config = None

    def identity(self) -> str | None:
        from git_jit.store import NoIdentity
        from git_jit.store.settings import identity

        try:
            return identity(self.layout(), self._environ, self._all()).author
        except NoIdentity:
            return None

    def edit(self, text: str) -> Edited:
        from git_jit.store.terminal import edit

        return Edited(*edit(self.layout(), self._environ, text))

    def forget(self, path: str) -> None:
        from git_jit.store.terminal import remove

        remove(path)

    def page(self, text: str) -> bool:
        from git_jit.store.terminal import page

        return page(self.layout(), self._environ, text)

    def tree(self) -> Oid | None:
        from git_jit.store.worktree import code_tree

        return code_tree(self.layout(), self._environ)

    def local_dir(self) -> str:
        """Where this clone keeps what is of no interest elsewhere; "" in a repository of somebody else."""
        from git_jit.store import NoRepository

        try:
            layout = self.layout()
        except NoRepository:
            return ""
        return f"{layout.common_dir}/jit" if layout.trusted or layout.owned else ""
