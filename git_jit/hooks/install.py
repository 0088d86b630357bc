"""Installing hooks, taking them out again, and proving that git reaches them."""

import os
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final

from git_jit.errors import Refused
from git_jit.hooks import blocks
from git_jit.hooks.ladder import CONFIG_HOOKS, Deed, Ladder, Way, climb, descend
from git_jit.hooks.running import CLIENT, SERVER
from git_jit.record import record
from git_jit.store import hook_files
from git_jit.store.configfile import Entries
from git_jit.store.gitconfig import OWN_INCLUDE
from git_jit.store.hook_files import MODE, HookFile, Kind, Surroundings
from git_jit.store.layout import Layout

PROBE: Final = "JIT_HOOK_PROBE"
"""Set by `status`: a hook that is reached says so, and ends before anything else of its script is run."""
PROBING: Final = (2, 36)
"""The git that has `git hook run` (release notes of git 2.36)."""
EVERY: Final = (*CLIENT, *SERVER, "update")


class NothingToHook(Refused):
    """Nobody commits in a bare repository."""

    code = "bare_repository"


class Reach(StrEnum):
    """Whether git gets to a hook of ours."""

    RUNS = "runs"
    """git itself was asked to run it, and it answered."""
    FOUND = "found"
    """It is where git looks, or in the manager's configuration; it was not tried."""
    UNREACHED = "unreached"
    """It is installed, and git runs something else, or nothing."""
    ABSENT = "absent"


@record(kw_only=True)
class State:
    """One hook."""

    name: str
    reach: Reach
    where: str = ""
    why: str = ""


@record(kw_only=True)
class Site:
    """The repository whose hooks it is about."""

    layout: Layout
    environ: Mapping[str, str]
    entries: Entries

    def look(self, names: Sequence[str] = EVERY) -> Surroundings:
        return hook_files.look(self.layout, self.environ, self.entries, names)


def install(site: Site, *, server: bool = False, dry_run: bool = False) -> Ladder:
    """Install the hooks of a clone, or of a server; what it says is what was done. Idempotent.

    Raises `NothingToHook`, and errors of the disk: then some hooks are installed, and running it again goes on.
    """
    if site.layout.bare and not server:
        raise NothingToHook(
            "nobody commits in a bare repository",
            hint="'git jit hooks install --server' installs what looks at pushes",
        )
    names = SERVER if server else CLIENT
    found = site.look(names)
    ladder = climb(found, names)
    if dry_run:
        return ladder
    if ladder.settings is not None:
        hook_files.write(f"{site.layout.common_dir}/{OWN_INCLUDE}", ladder.settings, 0o644)
    if ladder.way is Way.FILES:
        _write(site, found, ladder)
    return ladder


def _write(site: Site, found: Surroundings, ladder: Ladder) -> None:
    noted = hook_files.load_record(site.layout)
    written = [step for step in ladder.steps if step.data is not None]
    if written and "directory" not in noted:
        noted["directory"] = {"created": not os.path.isdir(found.directory)}
    for step in written:
        file = found.files[step.name]
        if step.deed is not Deed.RENEW:
            noted[step.name] = _note(file)
    if written:
        hook_files.save_record(site.layout, noted)  # first: a note too many harms nobody
    for step in written:
        file = found.files[step.name]
        hook_files.write(file.path, step.data, MODE if step.deed is Deed.CREATE else file.mode)


def _note(file: HookFile) -> dict[str, object]:
    """What a file was: its hash proves that it is again."""
    from hashlib import sha256

    return {"created": file.kind is Kind.ABSENT, "mode": file.mode, "sha256": sha256(file.data).hexdigest()}


def uninstall(site: Site, *, dry_run: bool = False) -> list[str]:
    """Take out all of ours; the paths that change, those in the common git directory relative to it.

    A file that was there before is again as it was, byte for byte; one that was changed since keeps its changes.
    """
    found = site.look()
    noted = hook_files.load_record(site.layout)
    after = descend(found, noted)
    settings = blocks.remove(found.settings)
    changed = [f"hooks/{name}" for name in after]
    changed += [OWN_INCLUDE] if settings != found.settings else []
    if dry_run:
        return changed
    for name, data in after.items():
        hook_files.write(found.files[name].path, data, found.files[name].mode)
    if settings != found.settings:
        hook_files.write(f"{site.layout.common_dir}/{OWN_INCLUDE}", settings, 0o644)
    directory = noted.get("directory")
    if isinstance(directory, dict) and directory.get("created"):
        hook_files.drop_directory(found.directory)
    if noted:
        hook_files.save_record(site.layout, {})
    return changed


# --- is it reached? ---------------------------------------------------------------------------------------


def status(site: Site) -> list[State]:
    """For each hook that belongs here, and each that is here, whether git gets to it."""
    found = site.look()
    usual = SERVER if site.layout.bare else CLIENT
    states = [_state(site, found, name) for name in EVERY]
    return [state for state in states if state.name in usual or state.reach is not Reach.ABSENT]


def _state(site: Site, found: Surroundings, name: str) -> State:
    if found.git >= CONFIG_HOOKS and f'"jit-{name}"'.encode() in found.settings:
        there = f"jit-{name}" in hook_files.listed(site.layout, site.environ, name)
        return State(name=name, reach=Reach.RUNS if there else Reach.UNREACHED, where=OWN_INCLUDE)
    path = hook_files.reached(site.layout, site.environ, name)
    file = hook_files.read(path, name)
    where = _shown(site, path)
    if blocks.has_block(file.data):
        return _tried(site, found, file, where)
    told = _in_manager(site, found, name)
    if told or _calls(file, name):
        return State(name=name, reach=Reach.FOUND, where=told or where, why="not tried: other hooks would run too")
    if blocks.has_block(found.files[name].data):
        why = "core.hooksPath leads elsewhere" if found.hooks_path else "git looks elsewhere"
        return State(name=name, reach=Reach.UNREACHED, where=f"hooks/{name}", why=why)
    return State(name=name, reach=Reach.ABSENT)


def _tried(site: Site, found: Surroundings, file: HookFile, where: str) -> State:
    if not file.runs:
        return State(name=file.name, reach=Reach.UNREACHED, where=where, why="it is not executable")
    if found.git < PROBING or not blocks.comes_first(file.data):
        why = "other lines come first" if found.git >= PROBING else "this git has no 'git hook run'"
        return State(name=file.name, reach=Reach.FOUND, where=where, why=f"not tried: {why}")
    token = os.urandom(8).hex()
    answer = hook_files.try_hook(site.layout, site.environ, file.name, {PROBE: token, "JIT_HOOKS": "1"})
    if reply(file.name, token) in answer:
        return State(name=file.name, reach=Reach.RUNS, where=where)
    missing = blocks.NOT_HERE in answer or "status 127" in answer
    why = "git-jit is not on the PATH" if missing else "it does not answer"
    return State(name=file.name, reach=Reach.UNREACHED, where=where, why=why)


def reply(name: str, token: str) -> str:
    """What a hook says to a probe."""
    return f"git jit {name} {token}"


def _calls(file: HookFile, name: str) -> bool:
    return file.runs and f"jit hook run {name}".encode() in file.data


def _in_manager(site: Site, found: Surroundings, name: str) -> str | None:
    """The file of a hook manager that names the hook."""
    top = site.layout.worktree
    if found.manager is None or top is None:
        return None
    files = (f".husky/{name}", *hook_files.CONFIGS.get(found.manager, ()))
    return next((file for file in files if _calls_text(f"{top}/{file}", name)), None)


def _calls_text(path: str, name: str) -> bool:
    return f"jit hook run {name}".encode() in hook_files.read(path, name).data


def _shown(site: Site, path: str) -> str:
    base = f"{site.layout.common_dir}/"
    return path.removeprefix(base)
