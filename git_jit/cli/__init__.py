"""The command line: options to values, one use case, one render.

This page is the contract that every noun of the command line imports: `App`, the world as a command sees
it. One is made in `__main__` and is the first argument of every command; a test makes its own, with a store in
memory, a fixed clock and buffers, and patches nothing.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, Protocol, TextIO

from git_jit.config import Config
from git_jit.errors import UsageError
from git_jit.model import Actor, Caller, IssueId, Message, Oid, Timestamp
from git_jit.store import Store

if TYPE_CHECKING:
    from git_jit.store.layout import Layout


class BadEncoding(UsageError):
    """Text that is not UTF-8 came in."""

    code = "bad_encoding"


class Edited(NamedTuple):
    """What came back from the editor, and the file that keeps it."""

    text: str
    path: str


class Git(Protocol):
    """What a command asks of git itself, outside of issues: configuration, identity, editor and pager."""

    def config(self, key: str) -> str | None:
        """The value of a configuration key (`jit.actor`), `-c` and includes honoured; None if not set."""
        ...

    def set_config(self, key: str, value: str | None) -> None:
        """Set the repository's own value of a key, in place of all it has; None removes it."""
        ...

    def identity(self) -> str | None:
        """`Name <address>` of who would commit now; None if git does not know."""
        ...

    def edit(self, text: str) -> Edited:
        """What the user makes of `text` in git's editor. It is kept in a file until `forget`."""
        ...

    def forget(self, path: str) -> None:
        """Remove a text that the editor left: it is where it should be, or there is nothing in it."""
        ...

    def page(self, text: str) -> bool:
        """Show `text` in git's pager; False when there is none and it must be printed."""
        ...

    def layout(self) -> "Layout | None":
        """Where the repository lies on disk; None where it does not. Raises `NoRepository`."""
        ...

    def tree(self) -> Oid | None:
        """The code as it lies here, committed or not, which gates are earned on; None where there is none."""
        ...


class App:
    """Everything outside that a command may touch.

    `json`, `actor_name`, `color` and `log_level` are what the command line said; they start as "nothing said".
    """

    def __init__(
        self,
        *,
        environ: Mapping[str, str],
        cwd: str,
        stdin: BinaryIO,
        stdout: TextIO,
        stderr: TextIO,
        stdin_is_terminal: bool = False,
        stdout_is_terminal: bool = False,
        stderr_is_terminal: bool = False,
        size: Callable[[], tuple[int, int]] = lambda: (80, 24),
        open_store: Callable[[], Store],
        init_store: Callable[[Config, Message], Oid],
        git: Git,
        now: Callable[[], Timestamp],
        new_id: Callable[[], IssueId],
        new_ulid: Callable[[], str],
        local_dir: Callable[[], str],
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        """`size` gives columns and lines of the terminal, `local_dir` the directory of this clone that holds what
        is of no interest elsewhere: logs, errors, reports of bugs. It is "" where there is none. `wait` lets so many
        seconds pass, and raises `BrokenPipeError` when nobody reads any more.

        `open_store` opens the issues of this repository; `init_store` makes their first commit.
        """
        self.environ = environ
        self.cwd = cwd
        self.stdin = stdin
        self.stdout = stdout
        self.stderr = stderr
        self.stdin_is_terminal = stdin_is_terminal
        self.stdout_is_terminal = stdout_is_terminal
        self.stderr_is_terminal = stderr_is_terminal
        self.size = size
        self.open_store = open_store
        self.init_store = init_store
        self.git = git
        self.tree = cache(git.tree)
        """The code as it lay here when this command first asked; who runs something in between asks `git.tree`."""
        self.now = now
        self.new_id = new_id
        self.new_ulid = new_ulid
        self.local_dir = local_dir
        self.wait = wait
        self.json = False
        self.actor_name: str | None = None
        self.color: str | None = None
        self.session: str | None = None
        self.token: str | None = None
        self.override = False
        self.log_level: str | None = None
        self.lazy = True
        """Whether what git has fetched since the last command is brought in when the store is opened."""
        self.take_up: Callable[[App], None] | None = None
        """Brings in what git has fetched; whoever runs commands sets it (`program`)."""
        self._request: str | None = None
        self._commits = 0
        self._store: Store | None = None

    @property
    def store(self) -> Store:
        """The issues of this repository, opened when first asked for."""
        if self._store is None:
            self._store = self.open_store()
            if self.lazy and self.take_up is not None and self._store.has_news():
                self.take_up(self)
        return self._store

    @property
    def request(self) -> str:
        """The correlation id of this command: the same in its commit, its log and the record of its error."""
        if self._request is None:
            self._request = self.new_ulid()
        return self._request

    def new_request(self) -> str:
        """The request id of the next commit: the command's own, then with `.2`, `.3` and so on."""
        self._commits += 1
        return self.request if self._commits == 1 else f"{self.request}.{self._commits}"

    @property
    def on_screen(self) -> bool:
        """Whether a person is watching: a terminal, or the pager that `git -p` started for us."""
        return self.stdout_is_terminal or self.color == "always" or self.environ.get("GIT_PAGER_IN_USE") == "true"

    def close(self) -> None:
        """Release the store, if one was opened. The answer stands, whatever cannot be closed."""
        if self._store is not None:
            with suppress(OSError):
                self._store.close()
            self._store = None

    def caller(self) -> Caller:
        """Who asks, and when. Raises `NoActor` when nothing says who; `BadActor`, `BadToken`."""
        from git_jit.cli.actor import parse_tokens

        return Caller(
            actor=self.actor(),
            now=self.now(),
            new_id=self.new_id,
            new_ulid=self.new_ulid,
            new_request=self.new_request,
            session=self.session or self.environ.get("JIT_SESSION", ""),
            tokens=parse_tokens(self.token or self.environ.get("JIT_CLAIM_TOKEN", "")),
            override=self.override,
        )

    def actor(self) -> Actor:
        """`--actor`, else `JIT_ACTOR`, else `jit.actor`, else the person git knows."""
        from git_jit.cli.actor import parse_actor, person

        said = self.actor_name or self.environ.get("JIT_ACTOR") or self.git.config("jit.actor")
        return parse_actor(said) if said else person(self.git.identity())

    def note(self, text: str) -> None:
        """Say something that is not data: on standard error, and never in the way of `--json`."""
        if not self.json:
            self.stderr.write(text + "\n")
