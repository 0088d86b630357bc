"""A command line without a process: an `App` with a store in memory, fixed clock and ids, and buffers."""

import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from typing import Any, NamedTuple

from git_jit.cli import App, Edited
from git_jit.cli.program import run
from git_jit.config import Config
from git_jit.model import IssueId, Message, Oid, Timestamp
from git_jit.store import Store
from git_jit.store.layout import Layout
from git_jit.store.memory import MemoryStore
from git_jit.view import Plan

TREE = Oid("7" * 40)
DRAFT = "/repository/JIT_EDITMSG.md"


class Result(NamedTuple):
    status: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """The data of a `--json` answer."""
        return json.loads(self.out)["data"]

    @property
    def error(self) -> Any:
        return json.loads(self.out)["error"]


@dataclass
class FakeGit:
    """Git as a few variables. `changes` is what the user does to a text in the editor."""

    settings: dict[str, str] = field(default_factory=dict)
    person: str | None = "Ada Lovelace <ada@example.org>"
    changes: Callable[[str], str] = str
    offered: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    paged: list[str] = field(default_factory=list)
    has_pager: bool = True
    asked_for_tree: int = 0

    def config(self, key: str) -> str | None:
        return self.settings.get(key)

    def set_config(self, key: str, value: str | None) -> None:
        self.settings.pop(key, None)
        if value is not None:
            self.settings[key] = value

    def identity(self) -> str | None:
        return self.person

    def edit(self, text: str) -> Edited:
        self.offered.append(text)
        self.kept.append(DRAFT)
        return Edited(self.changes(text), DRAFT)

    def forget(self, path: str) -> None:
        self.kept.remove(path)

    def page(self, text: str) -> bool:
        if self.has_pager:
            self.paged.append(text)
        return self.has_pager

    def layout(self) -> Layout | None:
        """It lies on no disk."""
        return None

    def tree(self) -> Oid | None:
        self.asked_for_tree += 1
        return TREE


@dataclass
class Console:
    """Runs command lines one after the other against one store. Each takes a second."""

    store: Store = field(default_factory=MemoryStore)
    git: FakeGit = field(default_factory=FakeGit)
    environ: dict[str, str] = field(default_factory=dict)
    terminal: bool = False
    size: tuple[int, int] = (100, 24)
    local: str = ""
    cwd: str = "/"
    days: int = 0
    """How long after the first command's day it is."""
    seconds: Iterator[int] = field(default_factory=count)
    ids: Iterator[str] = field(default_factory=lambda: (f"{number:02d}abcdef{'0' * 24}" for number in count(1)))
    ulids: Iterator[int] = field(default_factory=lambda: count(1))

    def __call__(self, *words: str, stdin: bytes = b"") -> Result:
        out, err = io.StringIO(), io.StringIO()
        status = run(words, self.app(out, err, stdin))
        return Result(status, out.getvalue(), err.getvalue())

    def app(self, out: io.StringIO, err: io.StringIO, stdin: bytes = b"") -> App:
        second = next(self.seconds)
        day = date(2026, 11, 21) + timedelta(days=self.days)
        moment = Timestamp(f"{day}T09:{second // 60:02d}:{second % 60:02d}.000000Z")
        return App(
            environ=self.environ,
            cwd=self.cwd,
            stdin=io.BytesIO(stdin),
            stdout=out,
            stderr=err,
            stdin_is_terminal=self.terminal,
            stdout_is_terminal=self.terminal,
            stderr_is_terminal=self.terminal,
            size=lambda: self.size,
            open_store=lambda: self.store,
            init_store=self.init,
            git=self.git,
            now=lambda: moment,
            new_id=lambda: IssueId(next(self.ids)),
            new_ulid=lambda: f"01{next(self.ulids):024d}",
            local_dir=lambda: self.local,
        )

    def app_for_parsing(self) -> App:
        return self.app(io.StringIO(), io.StringIO())

    def init(self, config: Config, message: Message) -> Oid:
        return self.store.commit(Plan(config=config), base=None, message=message)

    def ok(self, *words: str, stdin: bytes = b"") -> str:
        """What a command printed that has nothing to complain about."""
        result = self(*words, stdin=stdin)
        assert result.status == 0, result.err
        return result.out

    def created(self, *words: str) -> str:
        return self.ok("create", *words).strip()


def envelope(data: object, **rest: object) -> Mapping[str, object]:
    """The whole `--json` answer that holds one thing."""
    return {"schema": 1, "ok": True, "data": data, "total": 1, "returned": 1, "next": None, "warnings": [], **rest}
