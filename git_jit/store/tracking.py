"""What remotes were seen to have: the names of the references involved, and the note of this clone about each remote.

A remote's issues are tracked like a branch of code, under `refs/remotes/<remote>/…`, so a plain `git fetch` brings them
too. The note, one line a reference in `<common git dir>/jit/remotes`, remembers two things: the tip up to which a
remote's issues were brought in here (so that the next command can tell at the price of one file read that nothing
moved), and the newest tip that the remote was ever seen to have. The latter is a high-water mark: a remote that does
not lead there any more has lost history.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from git_jit.model import Oid
from git_jit.paths import CLAIMS
from git_jit.store import UnusableSetting
from git_jit.store.configfile import Entries, is_true
from git_jit.store.gitconfig import AUTHORITY, is_ref_name

if TYPE_CHECKING:  # every command looks here
    from git_jit.store.highwater import Site

PUBLISH: Final = "refs/heads/jit/issues"
"""A branch, so that hosts show it and pull requests can target it (data.md "Refs")."""
LOCAL: Final = "local"
NAME: Final = "remotes"
NONE: Final = "-"
DEFAULT_REMOTE: Final = "origin"
ABSENT: Final = "absent"
LOOSE: Final = "loose"
"""Stands for a tracking reference with a file of its own, which is read each time."""


class Sharing(NamedTuple):
    """What the configuration says about sharing."""

    publish: str
    """The reference on a remote."""
    remotes: tuple[str, ...]
    remote: str | None
    """The one that is synced with if none is named."""
    auto_merge: bool
    """Whether what was fetched is brought in without being asked for."""

    def tracking(self, remote: str) -> str:
        """Where this clone keeps what the remote has."""
        return f"refs/remotes/{remote}/{self._short}"

    def incoming(self, remote: str) -> str:
        """Where it waits for judgement."""
        return f"refs/jit-in/{remote}/{self._short}"

    @property
    def _short(self) -> str:
        return self.publish.removeprefix("refs/").removeprefix("heads/")


def sharing(entries: Entries) -> Sharing:
    """Raises `UnusableSetting` for a value that makes no sense."""
    publish = entries.get("jit.publishref", (PUBLISH,))[-1]
    if not is_ref_name(publish):
        hint = "'git config --show-origin jit.publishRef' tells where it comes from"
        raise UnusableSetting(f"'{publish}' in the setting 'jit.publishRef' is not a reference", hint=hint)
    remotes = tuple(sorted({key[7:-4] for key in entries if key.startswith("remote.") and key.endswith(".url")}))
    said = entries.get("jit.remote", ("",))[-1]
    auto = is_true(entries.get("jit.automerge", ("true",))[-1])
    return Sharing(publish, remotes, said or _usual(remotes), auto)


def claims_ref(entries: Entries) -> str:
    """Where this clone has the claims: its own, or what it last saw of the remote that decides about them."""
    remote = claims_remote(entries)
    return CLAIMS if remote is None else f"refs/jit-in/{remote}/claims"


def claims_remote(entries: Entries) -> str | None:
    """The remote that decides who holds what; None: this clone does. Raises `UnusableSetting`."""
    said = entries.get(AUTHORITY, (LOCAL,))[-1]
    kind, _, remote = said.partition(":")
    if said == LOCAL:
        return None
    if kind != "remote" or not remote or not is_ref_name(f"refs/remotes/{remote}/x"):
        hint = "'git config --show-origin jit.claim.authority' tells where it comes from"
        raise UnusableSetting(
            f"'{said}' in the setting 'jit.claim.authority' is neither 'local' nor 'remote:NAME'", hint=hint
        )
    return remote


def _usual(remotes: tuple[str, ...]) -> str | None:
    if len(remotes) == 1:
        return remotes[0]
    return DEFAULT_REMOTE if DEFAULT_REMOTE in remotes else None


# --- the note -------------------------------------------------------------------------------------------


class Noted(NamedTuple):
    """What is remembered of one tracking reference."""

    seen: Oid | None = None
    """The newest tip that it was seen to have."""
    taken: Oid | None = None
    """The tip of the tracking reference that was brought in last, or looked at in vain."""
    stamp: str = NONE
    """What the file of packed references looked like when `taken` was read from it."""

    def encode(self, ref: str) -> str:
        return f"{self.seen or NONE} {self.taken or NONE} {self.stamp} {ref}\n"

    @classmethod
    def parse(cls, line: str) -> tuple[str, Self] | None:
        """The reference and what is noted of it; None for anything that is not a whole line."""
        parts = line.split(" ", 3)
        if len(parts) != 4 or not parts[3].endswith("\n") or not all(_is_oid(part) for part in parts[:2]):
            return None
        seen, taken = (None if part == NONE else Oid(part) for part in parts[:2])
        return parts[3][:-1], cls(seen, taken, parts[2])


def read_noted(common_dir: str) -> dict[str, Noted]:
    """What is remembered, by tracking reference; nothing where the note is gone or torn."""
    try:
        with open(_path(common_dir), encoding="utf-8", errors="surrogateescape") as file:
            return dict(found for line in file if (found := Noted.parse(line)))
    except OSError:
        return {}


def note(common_dir: str, ref: str, noted: Noted) -> None:
    """Remember it. Raises `OSError`; readers see the old note or the new one."""
    from git_jit.store.system import put  # every command reads the note, few write it

    everything = {**read_noted(common_dir), ref: noted}
    path = _path(common_dir)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    put(path, "".join(one.encode(name) for name, one in sorted(everything.items())).encode("utf-8", "surrogateescape"))


def _path(common_dir: str) -> str:
    return f"{common_dir}/jit/{NAME}"


def _is_oid(text: str) -> bool:
    return text == NONE or (len(text) in {40, 64} and set(text) <= set("0123456789abcdef"))


# --- what moved -----------------------------------------------------------------------------------------


class News(NamedTuple):
    """A tracking reference that moved since it was last brought in."""

    remote: str
    tip: Oid
    noted: Noted


def news(site: "Site", shared: Sharing, remote: str | None = None) -> News | None:
    """Whether git has fetched something that was not brought in yet.

    Costs nothing without a remote, and one file read when nothing moved: of the note, or, where the reference has a
    file of its own, of that one too. A packed reference is looked up only when the file of all of them has changed.
    """
    remote = remote or shared.remote
    if remote is None:
        return None
    ref = shared.tracking(remote)
    noted = read_noted(site.layout.common_dir).get(ref, Noted())
    stamp = _stamp(site, ref)
    if stamp == noted.stamp and stamp != LOOSE:
        return None
    tip = site.backend.ref(ref)
    if tip is None or tip == noted.taken:
        if noted != (fresh := noted._replace(taken=tip, stamp=stamp)):
            _restamp(site, ref, fresh)
        return None
    return News(remote, tip, noted)


def settle(site: "Site", ref: str, *, taken: Oid | None = None, seen: Oid | None = None) -> None:
    """Remember that the tracking reference `ref` was brought in as far as `taken`, or that the remote has `seen`.

    What cannot be remembered is only looked at once more.
    """
    noted = read_noted(site.layout.common_dir).get(ref, Noted())
    # No stamp: the reference may have moved again since its tip was read.
    with suppress(OSError):
        note(site.layout.common_dir, ref, Noted(seen or noted.seen, taken or noted.taken, NONE))


def _restamp(site: "Site", ref: str, noted: Noted) -> None:
    """Not where there are no issues: looking must leave no directory behind."""
    if os.path.isdir(f"{site.layout.common_dir}/jit"):
        with suppress(OSError):
            note(site.layout.common_dir, ref, noted)


def _stamp(site: "Site", ref: str) -> str:
    """What would be different if the reference had moved."""
    common = site.layout.common_dir
    if site.layout.ref_format == "reftable":
        return look(f"{common}/reftable/tables.list") or ABSENT
    if os.path.exists(f"{common}/{ref}"):
        return LOOSE
    return look(f"{common}/packed-refs") or ABSENT


def look(path: str) -> str:
    """What a file looks like from outside, which changes when it does; "" if there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return ""
    return f"{found.st_mtime_ns}:{found.st_size}:{found.st_ino}"


def tracked(site: "Site", shared: Sharing) -> Iterator[tuple[str, Oid]]:
    """Every remote whose issues this clone knows of, and where they are."""
    for remote in shared.remotes:
        tip = site.backend.ref(shared.tracking(remote))
        if tip:
            yield remote, tip


def was_here(site: "Site") -> bool:
    """Whether this clone had issues of its own before: then a missing reference is a loss, not a beginning."""
    from git_jit.store.anchors import LOST, PREFIX
    from git_jit.store.highwater import read_mark

    backend = site.backend
    if read_mark(site.layout.common_dir, site.ref) or backend.refs(PREFIX) or backend.refs(LOST):
        return True
    return any(entry.old for entry in backend.reflog(site.ref))
