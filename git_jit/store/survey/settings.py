"""What git's configuration says about our references: whether logs may expire, what remotes may do, which hooks run."""

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from git_jit.clone import Remote
from git_jit.errors import JitError
from git_jit.glob import compiled
from git_jit.model import Oid
from git_jit.store import commits
from git_jit.store.backend import Backend, ReflogEntry
from git_jit.store.configfile import Entries, is_true
from git_jit.store.layout import Layout

NEVER: Final = frozenset({"never", "false"})
"""How git-config(1) spells a time that never comes."""
EXPIRIES: Final = ("reflogexpire", "reflogexpireunreachable")
HOOK_MARK: Final = b"jit hook run"
"""What a hook of ours contains: the command that it hands over to."""
MAX_HOOK: Final = 64 * 1024
SEARCHED: Final = 200
"""Commits that are looked at for the remote's tip, when the reflog does not name it."""


def is_protected(config: Entries, ref: str) -> bool:
    """Whether git would never expire the reflog of `ref`: both times, of the first pattern that fits or in general."""
    for key in EXPIRIES:
        patterned = [
            values[-1]
            for name, values in config.items()
            if name.startswith("gc.") and name.endswith(f".{key}") and _fits(name[3 : -len(key) - 1], ref)
        ]
        said = patterned[0] if patterned else config.get(f"gc.{key}", ("",))[-1]
        if said.strip().lower() not in NEVER:
            return False
    return True


def _fits(pattern: str, ref: str) -> bool:
    """As git matches names of references: a star stands for anything, slashes too."""
    first, *rest = pattern.split("*")
    return compiled((first, *(piece for text in rest for piece in (None, text))))(ref)


# --- remotes --------------------------------------------------------------------------------------------


def look_at_remotes(
    backend: Backend, config: Entries, ref: str, tip: Oid | None, log: Sequence[ReflogEntry]
) -> tuple[Remote, ...]:
    """Every remote of the configuration, with what it may do to our references and how far it is behind."""
    tracked = ref.removeprefix("refs/").removeprefix("heads/")
    found = []
    for name in _names(config):
        try:
            there = backend.ref(f"refs/remotes/{name}/{tracked}")
        except JitError:
            there = None
        unsynced = None if tip is None or there is None else _ahead(backend, tip, there, log)
        found.append(Remote(name=name, overwrites=tuple(_overwrites(config, name, ref)), tip=there, unsynced=unsynced))
    return tuple(found)


def _names(config: Entries) -> list[str]:
    keys = (key[7:] for key in config if key.startswith("remote."))
    return sorted({key.rpartition(".")[0] for key in keys if key.endswith((".url", ".fetch"))} - {""})


def _overwrites(config: Entries, remote: str, ref: str) -> Iterator[str]:
    """Settings with which a fetch forces our reference or deletes it, or a push forces the remote's."""
    prunes = is_true((config.get("fetch.prune", ()) + config.get(f"remote.{remote}.prune", ()) or ("",))[-1])
    for refspec in config.get(f"remote.{remote}.fetch", ()):
        target = refspec.removeprefix("+").partition(":")[2]
        if not refspec.startswith("^") and target and _fits(target, ref) and (refspec.startswith("+") or prunes):
            yield f"remote.{remote}.fetch = {refspec}"
    for refspec in config.get(f"remote.{remote}.push", ()):
        source = refspec.removeprefix("+").partition(":")[0]
        if refspec.startswith("+") and source and _fits(source, ref):
            yield f"remote.{remote}.push = {refspec}"
    if is_true((config.get(f"remote.{remote}.mirror") or ("",))[-1]) and not config.get(f"remote.{remote}.fetch"):
        yield f"remote.{remote}.mirror = true"


def _ahead(backend: Backend, tip: Oid, there: Oid, log: Sequence[ReflogEntry]) -> int | None:
    """Commits that the remote has not seen; None where it is not among our recent ones."""
    if tip == there:
        return 0
    newest_first = [entry.new for entry in reversed(log)]
    if newest_first[:1] == [tip] and there in newest_first:
        return newest_first.index(there)
    here: Oid | None = tip
    for count in range(SEARCHED):
        if here is None or here == there:
            return count if here else None
        try:
            parents = commits.parse(backend.read(here)).parents
        except JitError:
            return None
        here = parents[0] if parents else None
    return None


# --- hooks ----------------------------------------------------------------------------------------------


def unreached_hooks(layout: Layout, config: Entries, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Hooks of ours in the repository that git does not run, each with the reason; none where none is installed."""
    own = f"{layout.common_dir}/hooks"
    asked = _hooks_path(layout, config, environ) or own
    reached = {name for name in _ours(asked) if os.access(f"{asked}/{name}", os.X_OK)}
    found = []
    for name in _ours(own):
        if name in reached:
            continue
        if os.path.realpath(asked) != os.path.realpath(own):
            found.append(f"hooks/{name}: core.hooksPath leads elsewhere")
        else:
            found.append(f"hooks/{name}: it is not executable")
    return tuple(found)


def _hooks_path(layout: Layout, config: Entries, environ: Mapping[str, str]) -> str | None:
    """Where git looks for hooks: relative to the top of the working tree, from where it runs them."""
    said = config.get("core.hookspath", ("",))[-1]
    if said.startswith("~/"):
        said = f"{environ.get('HOME', '~')}{said[1:]}"
    return os.path.join(layout.worktree or layout.git_dir, said) if said else None


def _ours(directory: str) -> list[str]:
    try:
        names = sorted(name for name in os.listdir(directory) if not name.endswith(".sample"))
    except OSError:
        return []
    return [name for name in names if _is_marked(f"{directory}/{name}")]


def _is_marked(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return HOOK_MARK in file.read(MAX_HOOK)
    except OSError:
        return False
