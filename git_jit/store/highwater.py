"""The high-water mark: the last tip that this clone has seen published.

A reference that somebody moved back (`update-ref`, a forced fetch, a restored backup) looks like any other. What
tells it apart is a memory outside of it: after each write, `<common git dir>/jit/high-water` says which commit
was published. A tip that does not descend from that commit has lost history, and nothing may be built on it.

The mark is no truth and is not synced: one that is gone or torn warns of nothing, and the next write makes it anew.
Two writers may set it in the wrong order; then it names an ancestor of the tip, which is as good.
"""

import os
from collections.abc import Mapping
from typing import Final, NamedTuple, Protocol, Self

from git_jit.errors import JitError
from git_jit.model import Oid
from git_jit.record import record
from git_jit.store import RefRewound, commits
from git_jit.store.backend import Backend
from git_jit.store.layout import Layout

NAME: Final = "high-water"
NEAR: Final = 16
"""Commits looked at one by one before git is asked: as many as a burst of other writers publishes between our
last write and this one, and still cheaper than the 3 ms of a process."""


class Site(Protocol):
    """A repository, as far as questions about its reference need it."""

    @property
    def layout(self) -> Layout: ...

    @property
    def backend(self) -> Backend: ...

    @property
    def ref(self) -> str: ...

    @property
    def environ(self) -> Mapping[str, str]: ...


class Mark(NamedTuple):
    """What the file holds: the tip last published, and how far the newest anchor is behind it."""

    ref: str
    tip: Oid
    since: int
    """Commits since the newest anchor was set."""
    anchored: int
    """When that was, in seconds since 1970."""

    def encode(self) -> bytes:
        return f"{self.tip} {self.since} {self.anchored} {self.ref}\n".encode("utf-8", "surrogateescape")

    @classmethod
    def parse(cls, data: bytes) -> Self | None:
        """The mark, or None for anything that is not a whole one."""
        parts = data.decode("utf-8", "surrogateescape").split(" ", 3)
        if len(parts) != 4 or not parts[3].endswith("\n") or len(parts[0]) not in {40, 64}:
            return None
        if set(parts[0]) - set("0123456789abcdef") or not all(_is_number(part) for part in parts[1:3]):
            return None
        return cls(parts[3][:-1], Oid(parts[0]), int(parts[1]), int(parts[2]))


@record
class Rewound:
    """The reference was moved back, or aside: `tip` does not descend from `mark`, which was published."""

    ref: str
    mark: Oid
    tip: Oid

    def error(self) -> RefRewound:
        """What a write says that would build on it."""
        return RefRewound(
            f"'{self.ref}' was moved back: it does not lead to '{self.mark[:10]}', which was published here",
            hint="'git jit recover --list' shows what can be brought back; "
            "'git jit recover --accept-present' takes the present as right",
            details={"ref": self.ref, "published": self.mark, "found": self.tip},
        )


def read_mark(common_dir: str, ref: str) -> Mark | None:
    """The mark of this reference; None if there is none that can be read."""
    try:
        with open(path_of(common_dir), "rb") as file:
            mark = Mark.parse(file.read(4096))
    except OSError:
        return None
    return mark if mark and mark.ref == ref else None


def write_mark(common_dir: str, mark: Mark) -> None:
    """Replace the mark. Raises `OSError`; readers see the old one or the new one."""
    from git_jit.store.system import put  # whoever only asks whether history was lost writes nothing

    put(path_of(common_dir), mark.encode())


def path_of(common_dir: str) -> str:
    """Where the mark is kept."""
    return f"{common_dir}/jit/{NAME}"


def rewound(site: Site) -> Rewound | None:
    """Whether the reference lost history since this clone last wrote. None also where it is missing or damaged:
    that is another trouble.
    """
    mark = read_mark(site.layout.common_dir, site.ref)  # before the tip: what is marked was published earlier
    if mark is None:
        return None
    try:
        tip = site.backend.ref(site.ref)
    except JitError:
        return None
    return None if tip is None else compare(site, mark.tip, tip)


def compare(site: Site, mark: Oid, tip: Oid) -> Rewound | None:
    """Judge a tip that was read after the mark. Costs nothing when they are the same commit."""
    if tip == mark or _is_near(site, mark, tip):
        return None
    # In a shallow clone history ends early: there only a plain step back is certain.
    shallow = os.path.exists(f"{site.layout.common_dir}/shallow")
    lost = is_ancestor(site, tip, mark) if shallow else not is_ancestor(site, mark, tip)
    return Rewound(site.ref, mark, tip) if lost else None


def is_ancestor(site: Site, older: Oid, newer: Oid) -> bool:
    """Whether `older` is `newer` or lies behind it, as git sees it; false if one of them is not there."""
    from git_jit.store.process import run

    question = ["merge-base", "--is-ancestor", older, newer]
    return run(site.layout, question, environ=site.environ).status == 0


def _is_near(site: Site, mark: Oid, tip: Oid) -> bool:
    here: Oid | None = tip
    for _ in range(NEAR):
        if here is None or here == mark:
            return here is not None
        try:
            parents = commits.parse(site.backend.read(here)).parents
        except JitError:
            return False
        here = parents[0] if parents else None
    return False


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 15
