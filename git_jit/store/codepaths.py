"""A path as somebody types it, as a file of the code: from the top of the working tree, and nothing outside of it.

What a path means is decided by its words, as git does, never by where a symbolic link leads: `..` takes a word away.
"""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from git_jit.errors import InvalidValue, NotFound, Refused
from git_jit.store.code import askable
from git_jit.store.codetree import Code, Entry, FileKind
from git_jit.store.layout import Layout

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_PATH: Final = 4096
"""Bytes of a path: PATH_MAX of Linux, four times that of macOS."""


class DocumentOutside(Refused):
    """A path that leads out of the repository."""

    code = "document_outside"


class DocumentUnfit(Refused):
    """What lies there is no file of this repository's code: a directory, a link, something of a submodule."""

    code = "document_unfit"


class DocumentUntracked(NotFound):
    """The code has no file of this name."""

    code = "document_untracked"


def repository_path(layout: Layout, cwd: str, text: str) -> str:
    """The path from the top that `text`, typed in `cwd`, means; "" is the top, from where it counts if bare.

    Raises `DocumentOutside`, `InvalidValue`.
    """
    check_name(text)
    top = layout.worktree
    if top is None:
        return path_from_top(text)
    if os.path.isabs(text):
        return _inside(text, _from_top(top, os.path.normpath(text)))
    return _inside(text, os.path.relpath(os.path.normpath(os.path.join(os.path.realpath(cwd), text)), top))


def path_from_top(text: str) -> str:
    """The path that `text` means at the top of the code, wherever that lies. Raises as `repository_path` does."""
    check_name(text)
    if os.path.isabs(text):
        raise _outside(text)
    return _inside(text, os.path.normpath(text))


def check_name(path: str) -> None:
    """Raise `InvalidValue` for what cannot be told on one line, or be no path."""
    if not path:
        raise InvalidValue("path", "must not be empty")
    if len(path.encode("utf-8", "surrogateescape")) > MAX_PATH:
        raise InvalidValue("path", f"must not be longer than {MAX_PATH} bytes")
    for character in path:
        if not character.isprintable():
            raise InvalidValue(
                "path",
                f"must be one line of visible characters, not with U+{ord(character):04X}",
                hint="git mv gives the file another name",
            )


def _from_top(top: str, path: str) -> str:
    """An absolute path by its words; one of its beginnings may be the top under another name."""
    if path == top or path.startswith(f"{top}/"):
        return os.path.relpath(path, top)
    above, rest = path, ""
    while above != os.path.dirname(above):
        above, name = os.path.split(above)
        rest = os.path.join(name, rest) if rest else name
        if os.path.realpath(above) == top:
            return rest
    return os.pardir


def _inside(text: str, found: str) -> str:
    if found == os.pardir or found.startswith(f"{os.pardir}/"):
        raise _outside(text)
    if found == os.curdir:
        return ""
    if found.partition("/")[0] == ".git":
        raise DocumentOutside(f"'{text}' belongs to git, not to the code", hint="name a file of the code")
    return found


def _outside(text: str) -> DocumentOutside:
    return DocumentOutside(
        f"'{text}' lies outside of the repository",
        hint="copy it into the repository and commit it, or name it in the description",
        details={"path": text},
    )


# --- is it a file? --------------------------------------------------------------------------------------


def check_file(code: Code, path: str, commit: str | None, *, top: str | None = None) -> Entry:
    """The entry of `path` at `commit` (None: now), if it is a plain file. `top`: where the working tree lies.

    Raises `DocumentUnfit`, `DocumentOutside`, `DocumentUntracked`.
    """
    if not path:
        raise DocumentUnfit("the top of the repository is a directory", hint="name a file in it")
    above = _above(path)
    found = code.entries([path, *above], commit)
    for directory in above:
        if directory in found and found[directory].kind != FileKind.DIRECTORY:
            raise _beyond(path, directory, found[directory], top)
    entry = found.get(path)
    if entry is None:
        raise missing(code, path, commit, top)
    match entry.kind:
        case FileKind.FILE:
            return entry
        case FileKind.DIRECTORY:
            raise DocumentUnfit(f"'{path}' is a directory", hint="name a file in it", details={"kind": entry.kind})
        case kind:
            hint = _goal_hint(top, path) if kind == FileKind.SYMLINK else "name a file of this repository"
            raise DocumentUnfit(f"'{path}' is a {kind}", hint=hint, details={"kind": kind})


def _above(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]


def _beyond(path: str, directory: str, entry: Entry, top: str | None) -> Refused:
    if entry.kind == FileKind.SUBMODULE:
        return DocumentUnfit(
            f"'{path}' belongs to the submodule '{directory}'",
            hint="name it in the issues of that repository",
            details={"kind": entry.kind},
        )
    if entry.kind == FileKind.FILE:
        return DocumentUnfit(f"'{directory}' is a file, so '{path}' cannot be", hint="name a file of the code")
    return _through_link(path, directory, top)


def _through_link(path: str, directory: str, top: str | None) -> Refused:
    goal = os.path.realpath(os.path.join(top, path)) if top else ""
    if top and goal != top and not goal.startswith(f"{top}/"):
        return DocumentOutside(
            f"'{path}' leads out of the repository, by the symbolic link '{directory}'",
            hint="copy it into the repository and commit it",
            details={"path": path, "link": directory},
        )
    where = f"name it as '{os.path.relpath(goal, top)}'" if top else "name it where it really lies"
    return DocumentUnfit(f"'{path}' lies behind the symbolic link '{directory}'", hint=where, details={"kind": "link"})


def _goal_hint(top: str | None, path: str) -> str:
    goal = os.path.realpath(os.path.join(top, path)) if top else ""
    inside = top is not None and goal.startswith(f"{top}/") and os.path.isfile(goal)
    return f"name the file it leads to: '{os.path.relpath(goal, top)}'" if inside else "name a file of this repository"


def missing(code: Code, path: str, commit: str | None, top: str | None) -> Refused | NotFound:
    """Why there is no such file. `top`: where the working tree lies."""
    if commit is not None or not askable(path):
        said = f"there is no '{path}' at commit '{commit[:10]}'" if commit else f"no file of the code can be '{path}'"
        return DocumentUntracked(said, hint="git log -- with its path shows the commits that have it")
    if top is not None and (found := _on_disk(path, top)):
        return found
    if near := _alike(path, code.names(None)):
        return DocumentUntracked(f"the code has no '{path}'", hint=f"did you mean '{near}'?", details={"near": near})
    if top is not None and os.path.lexists(os.path.join(top, path)):
        return DocumentUntracked(f"'{path}' is not tracked by git", hint="git add it, then name it here")
    if new := code.renamed(path) if code.head() else None:
        return DocumentUntracked(f"'{path}' was renamed", hint=f"it is '{new}' now", details={"near": new})
    hint = "'git jit doc add ID PATH --commit REV' names one that an earlier commit has"
    return DocumentUntracked(f"the code has no '{path}'", hint=hint)


def _on_disk(path: str, top: str) -> Refused | None:
    """What lies there instead of a tracked file, if that explains it."""
    for directory in _above(path):
        if os.path.islink(os.path.join(top, directory)):
            return _through_link(path, directory, top)
    whole = os.path.join(top, path)
    if os.path.isdir(whole) and not os.path.islink(whole):
        return DocumentUnfit(f"'{path}' is a directory", hint="name a file in it", details={"kind": "directory"})
    return None


def _alike(path: str, names: "Mapping[str, Entry] | Iterable[str]") -> str | None:
    """A name that differs only in case, or in how accents are composed."""
    import unicodedata

    def key(text: str) -> str:
        return unicodedata.normalize("NFC", text).casefold()

    wanted = key(path)
    return next((name for name in names if key(name) == wanted), None)
