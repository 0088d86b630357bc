"""What git calls: one function for each hook, all of them `Scene` in, `Answer` out.

This page is the contract that every hook imports; `running` finds the function by name, limits its time and turns
whatever goes wrong into an answer. A hook reads: nothing in the index or the working tree is ever changed, and only
`post-merge` writes to the issues.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Final, NamedTuple

from git_jit.model import Caller, Oid
from git_jit.ops.objection import Objection
from git_jit.record import record
from git_jit.store.configfile import Entries, is_true
from git_jit.store.gitconfig import PROPOSALS, read_entries
from git_jit.store.layout import Layout, discover
from git_jit.store.repository import Repository

OURS: Final = "refs/jit/"
FREE: Final = "refs/jit/backup/"
"""Anchors move and go as a clone needs them."""
SHOWN: Final = 10
"""Objections that are told one by one; `git jit validate` lists all."""


@record(kw_only=True)
class Answer:
    """What a hook has to say. git goes on unless there is an objection."""

    objections: tuple[Objection, ...] = ()
    notes: tuple[str, ...] = ()
    """One-line remarks for the user: a few at most, none when all is as usual."""

    @property
    def refused(self) -> bool:
        return bool(self.objections)

    def lines(self) -> Iterator[str]:
        """What to print, a sentence each: errors, then what to do about them, then remarks."""
        for each in self.objections[:SHOWN]:
            yield f"error: {each.subject}: {each.message} ({each.code})"
        if len(self.objections) > SHOWN:
            yield f"error: and {len(self.objections) - SHOWN} more"
        for hint in dict.fromkeys(each.hint for each in self.objections[:SHOWN] if each.hint):
            yield f"hint: {hint}"
        for note in self.notes:
            yield f"git jit: {note}"


class Move(NamedTuple):
    """What a push wants of one reference; None is its absence."""

    ref: str
    old: Oid | None
    new: Oid | None


def oid_or_none(text: str) -> Oid | None:
    """The name of a commit as git tells it to hooks: zeros are none."""
    return Oid(text) if text.strip("0") else None


@record(kw_only=True)
class Scene:
    """Where and why git calls, and what the hook may use. What costs something is made when first asked for."""

    arguments: tuple[str, ...]
    environ: Mapping[str, str]
    cwd: str
    read_input: Callable[[], bytes]
    """What git says on standard input."""
    caller: Callable[[], Caller]
    now_ms: Callable[[], int]
    """Milliseconds since 1970."""
    fix: bool = False
    """Mend what can be mended instead of refusing it."""


class Ground:
    """The repository that a hook runs in."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    @cached_property
    def layout(self) -> Layout:
        return discover(self._scene.cwd, self._scene.environ)

    @cached_property
    def entries(self) -> Entries:
        """The whole configuration."""
        return read_entries(self.layout, self._scene.environ)

    @cached_property
    def store(self) -> Repository:
        return Repository.open(self._scene.cwd, self._scene.environ)

    def tip(self) -> Oid | None:
        """Where the issues are; None where there are none: then hooks have nothing to say about them."""
        return self.store.backend.ref(self.store.ref)

    @property
    def publish(self) -> str:
        """The reference under which issues are published."""
        from git_jit.store.tracking import sharing

        return sharing(self.entries).publish

    @property
    def proposals(self) -> str:
        """The directory of references that hold proposals."""
        return f"refs/heads/{self.entries.get('jit.proposals', (PROPOSALS,))[-1]}/"

    def holds_issues(self, ref: str) -> bool:
        """Whether what is under this reference is a tree of issues."""
        return ref in {self.publish, self.store.ref} or ref.startswith(self.proposals)

    def guards(self, ref: str) -> bool:
        """Whether what becomes of this reference matters to us: not code, and no anchor of a clone."""
        return self.holds_issues(ref) or (ref.startswith(OURS) and not ref.startswith(FREE))

    def path(self, name: str) -> str:
        """A file that git names from where it runs hooks."""
        return os.path.join(self._scene.cwd, name)

    def close(self) -> None:
        """Release what was opened."""
        if "store" in self.__dict__:
            self.store.close()


def is_strict(entries: Entries) -> bool:
    """Whether what could not be judged is refused (`jit.hooks.strict`)."""
    return is_true(entries.get("jit.hooks.strict", ("",))[-1])
