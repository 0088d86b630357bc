"""Where the repository is and what kind it is, found exactly as git finds it.

A short command answers from files, so it cannot afford to ask git (3 ms) before it knows where it stands.
`discover` follows git's own search (gitrepository-layout(5), git(1) "ENVIRONMENT VARIABLES") with a few
`stat`s. Where git would have to judge (a foreign owner, an extension we do not know) the `Layout` says so,
and whoever opens the repository lets git decide: see `plumbing.confirm`.
"""

import os
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from git_jit.record import record
from git_jit.store import NoRepository
from git_jit.store.budgets import DEFAULTS, Budgets
from git_jit.store.configfile import Entries, is_true, read_config_file, read_text

KNOWN_EXTENSIONS: Final = frozenset(
    {"noop", "preciousobjects", "worktreeconfig", "relativeworktrees", "partialclone", "objectformat", "refstorage"}
)
"""Extensions that do not change how objects and references are read, or whose value `Layout` carries."""
VERSION_0_EXTENSIONS: Final = frozenset({"noop", "preciousobjects", "worktreeconfig", "partialclone"})
"""The ones that git obeys in version 0 as well."""
SHA1_DIGITS: Final = 40
_RELATIVE: Final = ("GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY")
"""Paths in the environment that count from where one stands, and that are needed all along the search."""
MAX_ALTERNATES: Final = 5
"""How deep object stores may borrow from each other; git's own limit (object-file.c)."""


@record(kw_only=True)
class Layout:
    """One repository as found from `cwd`. All paths are absolute."""

    cwd: str
    git_dir: str
    """Of this worktree: `HEAD` is here."""
    common_dir: str
    """Shared by all worktrees: references, objects, configuration."""
    objects_dir: str
    """Where new objects go; `GIT_OBJECT_DIRECTORY` if that is set, as in a receiving hook."""
    alternates: tuple[str, ...] = ()
    """Further object stores, from `GIT_ALTERNATE_OBJECT_DIRECTORIES`."""
    object_format: str = "sha1"
    ref_format: str = "files"
    bare: bool = False
    worktree: str | None = None
    """The top of the working tree, if there is one."""
    partial: bool = False
    """A partial clone: objects may be missing here and fetched by git when it is asked for them."""
    owned: bool = True
    """Whether the repository belongs to the user who runs us."""
    trusted: bool = True
    """Whether git would open it without asking its configuration (`safe.directory`, `safe.bareRepository`)."""
    quarantined: bool = False
    """We run inside a receiving hook: objects are on trial, references must not move."""
    known: bool = True
    """Whether version and extensions are among those we understand."""
    budgets: Budgets = DEFAULTS
    """How long things may take here; the defaults until the configuration has been read."""

    @property
    def plain(self) -> bool:
        """Whether our own file access and libgit2 may open it; otherwise only git itself."""
        return (
            self.object_format == "sha1"
            and self.ref_format == "files"
            and self.known
            and self.owned
            and self.trusted
            and not self.partial
        )


def discover(cwd: str, environ: Mapping[str, str]) -> Layout:
    """The repository that git would use in `cwd`.

    Raises `NoRepository` if there is none, or if `GIT_DIR` or a `.git` file names something else.
    """
    cwd = os.path.realpath(cwd)
    given = {name: os.path.join(cwd, environ[name]) for name in _RELATIVE if environ.get(name)}
    environ = {**environ, **given} if given else environ
    named = environ.get("GIT_DIR")
    found = _search(cwd, environ) if named is None else _explicit(cwd, named, environ)
    return _describe(cwd, found, environ)


def object_dirs(layout: Layout) -> tuple[str, ...]:
    """Every object store the repository reads from: its own first, then the ones it borrows from."""
    found: dict[str, None] = {}
    _borrow(layout.objects_dir, found, MAX_ALTERNATES)
    for alternate in layout.alternates:
        _borrow(alternate, found, MAX_ALTERNATES)
    return tuple(found)


def _borrow(objects: str, found: dict[str, None], depth: int) -> None:
    found.setdefault(objects)
    text = read_text(os.path.join(objects, "info", "alternates"))
    if text is None or depth == 0:
        return
    for line in text.split("\n"):
        if line and not line.startswith("#"):
            store = os.path.normpath(os.path.join(objects, line))
            if store not in found:
                _borrow(store, found, depth - 1)


# --- the search -----------------------------------------------------------------------------------------


class _Found(NamedTuple):
    """A repository before its configuration is read."""

    git_dir: str
    top: str | None = None
    """The directory that holds its `.git`; None if it is bare or was named by `GIT_DIR`."""
    link: str | None = None
    """The `.git` file that led to it."""
    explicit: bool = False
    """Named by `GIT_DIR`."""


def _explicit(cwd: str, named: str, environ: Mapping[str, str]) -> _Found:
    """`GIT_DIR` is set: that one or none. git does not ask who owns it, for the user named it."""
    path = os.path.join(cwd, named)
    if os.path.isfile(path):
        path = _follow(path)
    if not named or not _is_git_dir(path, environ):
        raise NoRepository(f'not a git repository: "{named}"', details={"git_dir": named})
    return _Found(path, explicit=True)


def _search(cwd: str, environ: Mapping[str, str]) -> _Found:
    within = None if is_true(environ.get("GIT_DISCOVERY_ACROSS_FILESYSTEM")) else _device(cwd)
    for directory in _upwards(cwd, environ):
        if within is not None and _device(directory) != within:
            raise NoRepository(
                f'not a git repository (or any parent up to mount point "{directory}")',
                hint="GIT_DISCOVERY_ACROSS_FILESYSTEM=1 makes the search go on beyond this file system",
                details={"path": cwd},
            )
        found = _look_in(directory, environ)
        if found is not None:
            return found
    raise NoRepository(
        "not a git repository (or any of the parent directories)",
        hint="change into one, or start one with `git init`",
        details={"path": cwd},
    )


def _look_in(directory: str, environ: Mapping[str, str]) -> _Found | None:
    """A `.git` file wins over a `.git` directory, which wins over the directory being bare itself."""
    path = os.path.join(directory, ".git")
    if os.path.isfile(path):
        git_dir = _follow(path)
        if not _is_git_dir(git_dir, environ):
            raise NoRepository(f'not a git repository: "{git_dir}"', details={"path": path})
        return _Found(git_dir, top=directory, link=path)
    if _is_git_dir(path, environ):
        return _Found(path, top=directory)
    return _Found(directory) if _is_git_dir(directory, environ) else None


def _upwards(cwd: str, environ: Mapping[str, str]) -> Iterator[str]:
    """`cwd` and its parents, up to but without the nearest directory in `GIT_CEILING_DIRECTORIES`.

    `cwd` itself is always looked at. Entries after an empty one are compared as written (git(1)).
    """
    ceilings = set()
    resolve = True
    for entry in environ.get("GIT_CEILING_DIRECTORIES", "").split(os.pathsep):
        if not entry:
            resolve = False
        elif os.path.isabs(entry):
            ceilings.add(os.path.realpath(entry) if resolve else os.path.normpath(entry))
    yield cwd
    while (parent := os.path.dirname(cwd)) != cwd and parent not in ceilings:
        yield parent
        cwd = parent


def _follow(link: str) -> str:
    """The directory that a `.git` file names."""
    text = read_text(link) or ""
    if not text.startswith("gitdir: "):
        raise NoRepository(f'invalid gitfile format: "{link}"', details={"path": link})
    return os.path.realpath(os.path.join(os.path.dirname(link), text.removeprefix("gitdir: ").rstrip("\r\n")))


def _is_git_dir(path: str, environ: Mapping[str, str]) -> bool:
    """A directory with a HEAD that could be one, a store of objects and a store of references."""
    if not _is_head(os.path.join(path, "HEAD")):
        return False
    common = _common_dir(path, environ)
    objects = environ.get("GIT_OBJECT_DIRECTORY") or os.path.join(common, "objects")
    return os.access(objects, os.X_OK) and os.access(os.path.join(common, "refs"), os.X_OK)


def _is_head(path: str) -> bool:
    try:
        return os.readlink(path).startswith("refs/")
    except OSError:
        text = read_text(path) or ""
    if text.startswith("ref:"):
        return text.removeprefix("ref:").lstrip().startswith("refs/")
    return len(text) >= SHA1_DIGITS and not text[:SHA1_DIGITS].strip("0123456789abcdef")


def _common_dir(git_dir: str, environ: Mapping[str, str]) -> str:
    named = environ.get("GIT_COMMON_DIR")
    if named:
        return os.path.realpath(named)
    text = read_text(os.path.join(git_dir, "commondir"))
    if text is None:
        return git_dir
    return os.path.realpath(os.path.join(git_dir, text.rstrip("\r\n")))


# --- what kind it is ------------------------------------------------------------------------------------


def _describe(cwd: str, found: _Found, environ: Mapping[str, str]) -> Layout:
    common = _common_dir(found.git_dir, environ)
    shared, clear = read_config_file(os.path.join(common, "config"))
    extensions = {k.removeprefix("extensions."): v[-1] for k, v in shared.items() if k.startswith("extensions.")}
    own, own_clear = _own_config(found.git_dir, common, shared, extensions)
    bare = is_true(own["core.bare"][-1]) if "core.bare" in own else None
    worktree = _worktree(cwd, found, bare=bare, configured=own.get("core.worktree", ("",))[-1], environ=environ)
    borrowed = environ.get("GIT_ALTERNATE_OBJECT_DIRECTORIES", "").split(os.pathsep)
    owned = _is_owned(found, environ)
    return Layout(
        cwd=cwd,
        git_dir=found.git_dir,
        common_dir=common,
        objects_dir=environ.get("GIT_OBJECT_DIRECTORY") or os.path.join(common, "objects"),
        alternates=tuple(os.path.join(cwd, entry) for entry in borrowed if entry),
        object_format=extensions.get("objectformat", "sha1").lower(),
        ref_format=extensions.get("refstorage", "files").lower(),
        bare=bare is not False and worktree is None,
        worktree=worktree,
        partial="partialclone" in extensions or _has_promisor(shared),
        owned=owned,
        trusted=found.explicit or (owned and found.top is not None),
        quarantined="GIT_QUARANTINE_PATH" in environ,
        known=clear and own_clear and _is_known(shared, extensions),
    )


def _own_config(git_dir: str, common: str, shared: Entries, extensions: Mapping[str, str]) -> tuple[Entries, bool]:
    """What decides about *this* worktree: `core.bare` of the shared file does not speak for linked ones."""
    if is_true(extensions.get("worktreeconfig")):
        own, clear = read_config_file(os.path.join(git_dir, "config.worktree"))
        return {**shared, **own}, clear
    return (shared if common == git_dir else {}), True


def _worktree(cwd: str, found: _Found, *, bare: bool | None, configured: str, environ: Mapping[str, str]) -> str | None:
    """In git's order: the environment, core.bare, core.worktree, and where the repository was found."""
    named = environ.get("GIT_WORK_TREE")
    if named:
        return os.path.realpath(os.path.join(cwd, named))
    if bare:
        return None
    if configured:
        return os.path.realpath(os.path.join(found.git_dir, configured))
    if found.explicit:
        return cwd if is_true(environ.get("GIT_IMPLICIT_WORK_TREE", "true")) else None
    return found.top


def _is_known(config: Entries, extensions: Mapping[str, str]) -> bool:
    """Whether git's rule for versions and extensions (technical/repository-version) lets us in for certain.

    In version 0 an extension that needs version 1 is an error; whether the others count is git's affair.
    """
    version = config.get("core.repositoryformatversion", ("0",))[-1].strip()
    if version == "0":
        return extensions.keys() <= VERSION_0_EXTENSIONS
    return (
        version == "1"
        and extensions.keys() <= KNOWN_EXTENSIONS
        and extensions.get("objectformat", "sha1").lower() in {"sha1", "sha256"}
        and extensions.get("refstorage", "files").lower() in {"files", "reftable"}
    )


def _has_promisor(config: Entries) -> bool:
    """Whether a remote promises objects that are not here: how git before 2.45 marks a partial clone."""
    return any(key.startswith("remote.") and key.endswith(".promisor") and is_true(config[key][-1]) for key in config)


def _is_owned(found: _Found, environ: Mapping[str, str]) -> bool:
    """The rule of git (safe.directory in git-config(1)): directory, `.git` file and worktree belong to the user.

    Under sudo the files of the user who called it count as root's own. The test variable is git's.
    """
    if is_true(environ.get("GIT_TEST_ASSUME_DIFFERENT_OWNER")):
        return False
    users = {os.geteuid()}
    if 0 in users and environ.get("SUDO_UID", "").isdecimal():
        users.add(int(environ["SUDO_UID"]))
    try:
        return all(os.lstat(path).st_uid in users for path in (found.git_dir, found.top, found.link) if path)
    except OSError:
        return False


def _device(path: str) -> int | None:
    try:
        return os.stat(path).st_dev
    except OSError:
        return None
