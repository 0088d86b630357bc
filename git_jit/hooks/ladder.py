"""How hooks get installed, decided by values: nothing here looks at a file or writes one.

From the best way to the last: git's own configuration, where git is new enough to run hooks from there; the user's hook
manager, to which we say what to add; a block in the scripts of this repository. What is not understood (a hook in
Python, a link to a tracked file, one that was switched off by its mode) is left alone, with the line to put into it.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final

from git_jit.hooks import blocks
from git_jit.hooks.managers import MANAGERS, Manager
from git_jit.record import record
from git_jit.store.hook_files import HookFile, Kind, Surroundings

CONFIG_HOOKS: Final = (2, 54)
"""The git that runs hooks from `hook.<name>.command` (release notes of git 2.54)."""


class Way(StrEnum):
    """How the hooks of a repository are installed."""

    CONFIG = "config"
    MANAGER = "manager"
    FILES = "files"


class Deed(StrEnum):
    """What is to be done about one file."""

    CREATE = "create"
    INSERT = "insert"
    RENEW = "renew"
    """There is a block, of another version."""
    KEEP = "keep"
    """All is in place."""
    LEAVE = "leave"
    """It is not touched."""


@record(kw_only=True)
class Step:
    """One hook. `data` is the whole file to write; None where nothing is written."""

    name: str
    deed: Deed
    data: bytes | None = None
    why: str = ""
    """Why it is left alone."""


@record(kw_only=True)
class Ladder:
    """What installing would do. Of `steps` and `manager` the way says which counts."""

    way: Way
    names: tuple[str, ...]
    steps: tuple[Step, ...] = ()
    manager: Manager | None = None
    directory: str = ""
    """Where the manager, or core.hooksPath, has its hooks."""
    settings: bytes | None = None
    """Our file of configuration as it shall be; None if it is so already."""


def climb(found: Surroundings, names: Sequence[str]) -> Ladder:
    """The first way that can be gone here."""
    wanted = tuple(names)
    if found.git >= CONFIG_HOOKS and found.initialised:
        new = blocks.remove(found.settings) + blocks.settings(wanted)
        return Ladder(way=Way.CONFIG, names=wanted, settings=None if new == found.settings else new)
    if found.manager is not None:
        directory = found.hooks_path or found.directory
        return Ladder(way=Way.MANAGER, names=wanted, manager=MANAGERS[found.manager], directory=directory)
    steps = tuple(_step(found, found.files[name]) for name in wanted)
    return Ladder(way=Way.FILES, names=wanted, steps=steps, directory=found.directory)


def _step(found: Surroundings, file: HookFile) -> Step:
    name = file.name
    if not found.own:
        return Step(name=name, deed=Deed.LEAVE, why="the directory of hooks is a link to somewhere else")
    match file.kind:
        case Kind.ABSENT:
            return Step(name=name, deed=Deed.CREATE, data=blocks.insert(blocks.SHEBANG, name))
        case Kind.LINK:
            return Step(name=name, deed=Deed.LEAVE, why="it is a symbolic link, and what it leads to may be shared")
        case Kind.OTHER:
            return Step(name=name, deed=Deed.LEAVE, why="it is no script")
        case Kind.FILE:
            return _into(file)


def _into(file: HookFile) -> Step:
    if not blocks.is_shell(file.data):
        return Step(name=file.name, deed=Deed.LEAVE, why="it is not a shell script")
    if not file.runs:
        return Step(name=file.name, deed=Deed.LEAVE, why="it is not executable, so git does not run it")
    if not blocks.has_block(file.data):
        return Step(name=file.name, deed=Deed.INSERT, data=blocks.insert(file.data, file.name))
    if blocks.block(file.name) in file.data:
        return Step(name=file.name, deed=Deed.KEEP)
    return Step(name=file.name, deed=Deed.RENEW, data=blocks.insert(blocks.remove(file.data), file.name))


def descend(found: Surroundings, noted: Mapping[str, object]) -> dict[str, bytes | None]:
    """What files become when all of ours is taken out: by name of the hook, None for one that we had made."""
    after: dict[str, bytes | None] = {}
    for name, file in found.files.items():
        if file.kind is Kind.FILE and blocks.has_block(file.data):
            rest = blocks.remove(file.data)
            after[name] = None if rest == blocks.SHEBANG and is_ours(noted, name) else rest
    return after


def is_ours(noted: Mapping[str, object], name: str) -> bool:
    """Whether the file of a hook was made by us; without a note it is what it looks like."""
    said = noted.get(name)
    return bool(said.get("created")) if isinstance(said, dict) else True
