"""The settings that decide where issues lie, read without starting git where that is certain.

Every command needs `jit.ref` before anything else, and a process costs a tenth of a short command. Most people's
configuration is a few plain files; as soon as there is an include, an unusual line or an override in the
environment, git itself is asked (`settings.read_config`).
"""

import contextlib
from collections.abc import Mapping
from typing import Final, NamedTuple

from git_jit.store import UnusableSetting
from git_jit.store.backend import Durability
from git_jit.store.configfile import Entries, is_true, parse_config
from git_jit.store.layout import Layout

DEFAULT_REF: Final = "refs/jit/issues"
AUTHORITY: Final = "jit.claim.authority"
"""Who decides about claims, where that is not this clone."""
PROPOSALS: Final = "jit/proposals"
"""Below it each actor has a directory, and in that each proposal its branch (data.md "Refs")."""
OWN_INCLUDE: Final = "jit/config"
"""The file of ours that the repository's configuration includes, relative to it."""
OVERRIDES: Final = ("GIT_CONFIG_PARAMETERS", "GIT_CONFIG_COUNT", "GIT_CONFIG", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM")
SYSTEM: Final = "/etc/gitconfig"
OWN_SETTINGS: Final = """\
# Written by git jit, and read by git: what happened to issues stays in the reflog; and in a checkout of the issues,
# where .gitattributes names these drivers, git shows and merges documents by field.
[gc "refs/jit/*"]
\treflogExpire = never
\treflogExpireUnreachable = never
[diff "jit"]
\ttextconv = git jit textconv
[merge "jit"]
\tname = issues, field by field
\tdriver = git jit merge-file %O %A %B %P
"""


class Choices(NamedTuple):
    """What git's configuration says about us."""

    ref: str
    durability: Durability
    prune_grace: bool
    """Whether `git gc` leaves young objects alone (gc.pruneExpire is not set)."""


def choices(entries: Entries) -> Choices:
    """Raises `UnusableSetting` for a value that makes no sense."""
    ref = entries.get("jit.ref", (DEFAULT_REF,))[-1]
    durability = entries.get("jit.durability", (Durability.FULL.value,))[-1]
    if not is_ref_name(ref):
        hint = "'git config --show-origin jit.ref' tells where it comes from"
        raise UnusableSetting(f"'{ref}' in the setting 'jit.ref' is not a reference", hint=hint)
    if durability not in set(Durability):
        raise UnusableSetting(
            f"'{durability}' in the setting 'jit.durability' is neither 'full' nor 'fast'",
            hint="'git config --show-origin jit.durability' tells where it comes from",
        )
    return Choices(ref, Durability(durability), "gc.pruneexpire" not in entries)


def is_ref_name(name: str) -> bool:
    """Whether `name` is a full reference by the rules of git-check-ref-format(1)."""
    parts = name.split("/")
    return (
        len(parts) > 2
        and parts[0] == "refs"
        and all(part and part[0] != "." and not part.endswith(".lock") for part in parts)
        and ".." not in name
        and "@{" not in name
        and not name.endswith(".")
        and not any(c <= " " or c in "~^:?*[\\\x7f" for c in name)
    )


def read_entries(layout: Layout, environ: Mapping[str, str]) -> Entries:
    """The whole configuration, `section.key` to values in order of rising precedence."""
    found = plain_entries(layout, environ)
    if found is None:
        from git_jit.store.settings import read_config

        return read_config(layout, environ)
    return found


def plain_entries(layout: Layout, environ: Mapping[str, str]) -> Entries | None:
    """The same from the files that git would read; None unless we understand every word of them."""
    if any(name in environ for name in OVERRIDES):
        return None
    merged: dict[str, tuple[str, ...]] = {}
    for path in _files(layout, environ):
        if path.endswith("/config.worktree") and not _has_worktree_config(merged):
            continue
        entries = _file(path)
        own = (
            path == f"{layout.common_dir}/config" and entries and set(entries.get("include.path", ())) == {OWN_INCLUDE}
        )
        inner = _file(f"{layout.common_dir}/{OWN_INCLUDE}") if own else {}
        if entries is None or inner is None or _has_includes(inner) or (_has_includes(entries) and not own):
            return None
        for key, values in (*entries.items(), *inner.items()):
            merged[key] = merged.get(key, ()) + values
    return merged


def _files(layout: Layout, environ: Mapping[str, str]) -> list[str]:
    """In git's order (git-config(1), "FILES")."""
    home = environ.get("HOME", "")
    xdg = environ.get("XDG_CONFIG_HOME") or (f"{home}/.config" if home else "")
    files = [] if is_true(environ.get("GIT_CONFIG_NOSYSTEM")) else [SYSTEM]
    files += [f"{xdg}/git/config"] if xdg else []
    files += [f"{home}/.gitconfig"] if home else []
    return [*files, f"{layout.common_dir}/config", f"{layout.git_dir}/config.worktree"]


def _has_includes(entries: Entries) -> bool:
    return any(key == "include.path" or key.startswith("includeif.") for key in entries)


def _has_worktree_config(entries: Entries) -> bool:
    return is_true(entries.get("extensions.worktreeconfig", ("false",))[-1])


def _file(path: str) -> Entries | None:
    """One file's entries; nothing for one that is not there; None for one that git should read."""
    try:
        with open(path, encoding="utf-8") as file:
            entries, clear = parse_config(file.read())
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError):
        return None
    return entries if clear else None


def protect_reflogs(layout: Layout, environ: Mapping[str, str], config: Entries) -> None:
    """Tell git, by an included file of our own, never to expire the reflogs of our references.

    git drops entries after 90 days otherwise, and with them the way back to what a reference was. The file
    comes last: where it is, everything is in place.
    """
    from git_jit.store.process import failure
    from git_jit.store.settings import change_config
    from git_jit.store.system import System, create, make_directories

    if OWN_INCLUDE not in config.get("include.path", ()):
        added = change_config(layout, environ, "--add", "include.path", OWN_INCLUDE)
        if added.status:
            raise failure(added, "including our settings into the repository's")
    path = f"{layout.common_dir}/{OWN_INCLUDE}"
    make_directories(System(), path.rpartition("/")[0])
    with contextlib.suppress(FileExistsError):
        create(System(), path, OWN_SETTINGS.encode(), sync=True)
