"""What git knows about the user and the repository: configuration, identity, editor and pager.

Always git's own answer: `git -c`, `includeIf`, `GIT_CONFIG_COUNT`, `GIT_AUTHOR_NAME`, `user.useConfigOnly`
reach no library, and whoever reads the files alone disagrees with git sooner or later.
"""

import os
from collections.abc import Mapping
from contextlib import suppress
from typing import Final, NamedTuple

from git_jit.model import Oid
from git_jit.store import NoIdentity, WriteFailed
from git_jit.store.layout import Layout
from git_jit.store.process import MAX_STDERR, Finished, failure, git_argv, git_environ, run, spawn, wait
from git_jit.store.system import System, create, discard, sync_path, write_error

Config = Mapping[str, tuple[str, ...]]
"""`section.key` in lower case (a subsection keeps its case) to every value, the one that wins last."""

CRUD: Final = " .,:;<>\"\\'"
"""What git strips from the ends of a name (ident.c); such names are left to git."""


class Identity(NamedTuple):
    """Who acts, each as `Name <mail>`."""

    author: str
    committer: str


def read_config(layout: Layout, environ: Mapping[str, str]) -> Config:
    """The whole configuration as git sees it here, in one call (1.5 ms)."""
    done = run(layout, ["config", "-z", "--list", "--includes"], environ=environ)
    if done.status:
        raise failure(done, "reading the configuration")
    config: dict[str, tuple[str, ...]] = {}
    for entry in done.out.decode("utf-8", "surrogateescape").split("\0")[:-1]:
        key, equals, value = entry.partition("\n")
        config[key] = (*config.get(key, ()), value if equals else "true")
    return config


def set_config(layout: Layout, environ: Mapping[str, str], key: str, value: str | None) -> None:
    """Set one value in the repository's own configuration, in place of all it has; None removes it."""
    change = ("--unset-all", key) if value is None else ("--replace-all", key, value)
    done = change_config(layout, environ, *change)
    was_not_there = value is None and done.status == 5  # git-config(1), "exit codes"
    if done.status and not was_not_there:
        raise failure(done, f"setting '{key}'", WriteFailed)


def change_config(layout: Layout, environ: Mapping[str, str], *change: str) -> Finished:
    """Let `git config` change the repository's own configuration; a bad exit status is the caller's to judge.

    git renames the new file into place without having synced it (2.39, whatever `core.fsync` says), and what a power
    cut leaves then is an empty `config`: user and remotes are gone, or no git starts any more. So git changes a copy
    under the name of its own lock, and the copy is synced before it takes the place. Raises `WriteFailed`,
    `DiskFull` or `NotWritable`.
    """
    system = System()
    path = os.path.realpath(f"{layout.common_dir}/config")
    lock = f"{path}.lock"
    try:
        _copy_to_lock(system, path, lock)
        try:
            done = run(layout, ["config", "--file", lock, *change], environ=environ)
            if done.status == 0:
                sync_path(system, lock)
                system.rename(lock, path)
        except BaseException:
            discard(system, lock)
            raise
        if done.status:
            discard(system, lock)
        else:
            with suppress(OSError):  # it is there; whether its name outlives a power cut changes no answer
                sync_path(system, os.path.dirname(path))
    except OSError as error:
        raise write_error(error, "change the configuration of the repository") from error
    return done


def _copy_to_lock(system: System, path: str, lock: str) -> None:
    try:
        with open(path, "rb") as file:
            create(system, lock, file.read())
            os.chmod(lock, os.fstat(file.fileno()).st_mode & 0o777)
    except FileNotFoundError:
        create(system, lock, b"")


def identity(layout: Layout, environ: Mapping[str, str], config: Config | None = None) -> Identity:
    """Who git would name as author and committer of a commit made now.

    `config` spares a call if it has been read. Raises `NoIdentity` where `git commit` would refuse.
    """
    config = read_config(layout, environ) if config is None else config
    return Identity(_person("author", layout, environ, config), _person("committer", layout, environ, config))


def _person(role: str, layout: Layout, environ: Mapping[str, str], config: Config) -> str:
    """From what is set outright if that is clear, else from `git var`, which knows all the other sources."""
    name, mail = (
        environ.get(f"GIT_{role.upper()}_{part.upper()}")
        or _last(config, f"{role}.{part}")
        or _last(config, f"user.{part}")
        for part in ("name", "email")
    )
    if name and mail and _is_clean(name) and _is_clean(mail):
        return f"{name} <{mail}>"
    done = run(layout, ["var", f"GIT_{role.upper()}_IDENT"], environ=environ)
    if done.status:
        raise NoIdentity(
            "git does not know who you are",
            hint='run `git config --global user.name "Your Name"` and `git config --global user.email you@example.org`',
            details={"role": role, "stderr": done.err[:MAX_STDERR]},
        )
    return done.out.decode("utf-8", "replace").rpartition(">")[0] + ">"


def _is_clean(text: str) -> bool:
    return text == text.strip(CRUD) and text.isprintable() and not set("<>") & set(text)


def _last(config: Config, key: str) -> str:
    return config.get(key, ("",))[-1]


def editor(layout: Layout, environ: Mapping[str, str]) -> str:
    """The command, in shell syntax, that git would start to edit a text."""
    return _variable("GIT_EDITOR", layout, environ)


def pager(layout: Layout, environ: Mapping[str, str]) -> str:
    """The command, in shell syntax, that git would show a long text with; `cat` means none."""
    return _variable("GIT_PAGER", layout, environ)


def _variable(name: str, layout: Layout, environ: Mapping[str, str]) -> str:
    done = run(layout, ["var", name], environ=environ)
    if done.status:
        raise failure(done, f"asking for '{name}'")
    return done.out.decode("utf-8", "surrogateescape").strip()


def head_tree(layout: Layout, environ: Mapping[str, str]) -> Oid | None:
    """The tree of the commit checked out here; None before the first commit."""
    done = run(layout, ["rev-parse", "--quiet", "--verify", "HEAD^{tree}"], environ=environ)
    return Oid(done.out.decode().strip()) if done.status == 0 else None


def maintenance(layout: Layout, environ: Mapping[str, str]) -> None:
    """Let git tidy up if it thinks it is time, in the background; returns at once (2 ms).

    A shell starts it and ends, so it is init's child and not our zombie, in a session of its own, so that
    Ctrl-C does not reach it.
    """
    command = git_argv(layout, ["maintenance", "run", "--auto", "--quiet"])
    wait(spawn(["sh", "-c", '"$@" &', "sh", *command], git_environ(layout, environ), new_session=True))
