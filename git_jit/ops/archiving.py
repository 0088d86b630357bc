"""Archiving documents: the files move, what links to them follows, and every issue names them by their new paths.

What shall be is computed from what is committed, so that it comes out the same when it is asked for again. Files are
moved and staged first, then one commit of the issues names them anew: whoever is stopped in between runs the same
command again, and each half is done that is not.
"""

import posixpath
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, Protocol, TypeAlias

from git_jit.config import ARCHIVE, Config
from git_jit.errors import NotFound, Refused
from git_jit.markdown import is_markdown
from git_jit.markdown.addresses import spelled, target
from git_jit.markdown.reading import read
from git_jit.markdown.rewriting import rewrite
from git_jit.model import Caller, Oid
from git_jit.ops.document_checks import MAX_PAGE
from git_jit.ops.documents import Naming, is_among, repoint, repointing
from git_jit.ops.report import Report
from git_jit.paths import shown
from git_jit.record import record
from git_jit.store import Store
from git_jit.store.codetree import Code, Entry, FileKind, FileTooLarge, NoCode
from git_jit.store.moving import Change
from git_jit.view import View, rules_to_read_by

MEDIA: Final = ("image/", "audio/", "video/", "application/pdf")
"""What a document can own although it only links to it: nobody wants the source code archived that a design names."""
ASSETS: Final = "assets"
"""The directory beside an archived document for what came from elsewhere."""
MAX_MOVED: Final = 1000
"""Files in one go; more is a reorganisation, and git mv's business."""


class NothingToArchive(NotFound):
    """The issue names no document that could be archived, or all are archived."""

    code = "nothing_to_archive"


class ArchiveRefused(Refused):
    """The document may not be archived, or not there."""

    code = "archive_refused"


class Archivable(Code, Protocol):
    """The code, with what archiving asks beyond looking."""

    def checked_out(self, path: str, entry: Entry) -> bytes | None:
        """The content of an entry as it lies in a working tree."""
        ...

    def mentioning(self, words: Sequence[str], commit: Oid) -> list[str]:
        """The text files of a commit in which any of the words stands."""
        ...


class Carrier(Protocol):
    """Changes files of the working tree and the index, and may be asked twice."""

    def check(self, changes: Sequence[Change]) -> None: ...

    def carry_out(self, changes: Sequence[Change]) -> None: ...


@record(kw_only=True)
class Archive:
    """What archiving comes to."""

    moves: Mapping[str, str]
    """Every file that moves: documents, and the assets that only they use."""
    changes: tuple[Change, ...]
    """What becomes of files; those that stay where they are have links that follow."""
    notes: tuple[str, ...] = ()
    """What a person has to look at: links that could not be spelled anew, files that name a path in other words."""

    @property
    def rewritten(self) -> tuple[str, ...]:
        """Files that stay and whose links change."""
        return tuple(change.path for change in self.changes if not change.moves)


Placed: TypeAlias = Callable[[str], str]
"""Where a file of the archived document's own goes."""


def archive(
    store: Store,
    caller: Caller,
    code: Archivable,
    carrier: Carrier,
    paths: Sequence[str],
    *,
    to: str | None = None,
    dry_run: bool = False,
) -> tuple[Archive, Report]:
    """Move documents and what only they use to the archive, or to the directory `to`.

    Raises `NoCode`, `ArchiveRefused`, `NothingToArchive`, and what `Carrier` raises. Nothing was changed then, if it
    does not say otherwise.
    """
    from git_jit.ops.fencing import refusals

    with store.view() as view:
        made = plan(code, view, paths, to=to)
        sheet = repointing(view, caller, made.moves)
        wrong = [*refusals(store, view, sheet.plan, caller).values(), *(r.error for r in sheet.plan.refused)]
    for error in wrong:
        raise error
    carrier.check(made.changes)
    if not dry_run:
        carrier.carry_out(made.changes)
    return made, repoint(store, caller, made.moves, op="doc-archive", dry_run=dry_run)


def archivable(namings: Sequence[Naming], config: Config) -> list[str]:
    """The documents of an issue that can be archived: not pinned, and not in the archive already."""
    found = dict.fromkeys(each.document.path for each in namings if each.document.commit is None)
    return [path for path in found if not is_among(path, [directory(config)])]


def directory(config: Config) -> str:
    return (config.archive_directory or ARCHIVE).rstrip("/")


def plan(code: Archivable, view: View, paths: Sequence[str], *, to: str | None = None) -> Archive:
    """What archiving `paths` comes to, from what is committed. Raises `NoCode`, `ArchiveRefused`."""
    head = code.head()
    if head is None:
        raise NoCode("there is no commit of the code yet", hint="commit the document with git first")
    config = rules_to_read_by(view)
    there = code.names(head)
    named = [path for each in view.members("doc").values() for path in each]
    moves: dict[str, str] = {}
    for path in dict.fromkeys(paths):
        _check_source(path, there, config)
        place = _placing(path, _type_of(view, path), config, to)
        moves[path] = place(path)
    kept = {*named, *paths}
    for path in list(moves):
        place = _placing(path, _type_of(view, path), config, to)
        for asset in _assets(code, there, path):
            if asset not in kept and not is_among(asset, config.archive_never) and asset not in moves:
                users = set(code.mentioning(_words(asset), head)) - {asset, *paths}
                if not users:
                    moves[asset] = place(asset)
    _check_goals(moves, there)
    return _with_links(code, there, head, moves)


def _check_source(path: str, there: Mapping[str, Entry], config: Config) -> None:
    if any(name.startswith(f"{path}/") for name in there):
        raise ArchiveRefused(f"'{path}' is a directory", hint="name the documents in it")
    if path not in there:
        raise ArchiveRefused(
            f"the last commit of the code has no '{path}'",
            hint="commit it first; 'git jit doc check --fix' follows a file that was moved already",
        )
    if there[path].kind != FileKind.FILE:
        raise ArchiveRefused(f"'{path}' is a {there[path].kind}, not a file", hint="archive the file it stands for")
    if is_among(path, config.archive_never):
        hint = "'git jit config get archive_never' shows what is kept where it is"
        raise ArchiveRefused(f"'{path}' is never archived here", hint=hint)


def _type_of(view: View, path: str) -> str | None:
    """The type that issues give a document, if they agree."""
    from git_jit.ops.documents import listed

    types = {each.document.type for each in listed(view, paths=[path]) if each.document.type}
    return types.pop() if len(types) == 1 else None


def _placing(document: str, type_: str | None, config: Config, to: str | None) -> Placed:
    """Where a document goes, and what goes with it.

    Without anything said, what lies beside the archive keeps its path below it, so that links within stay as they are:
    `docs/a/plan.md` goes to `docs/archive/a/plan.md`. With a category, or `to`, the document goes right there, and what
    lies below its directory keeps its place beside it.
    """
    archive_directory = directory(config)
    category = config.archive_categories.get(type_ or "")
    if to is None and category is None:
        parent = posixpath.dirname(archive_directory)
        return lambda path: posixpath.join(
            archive_directory, path.removeprefix(f"{parent}/") if parent and path.startswith(f"{parent}/") else path
        )
    home = posixpath.normpath(to if to is not None else posixpath.join(archive_directory, category or ""))
    own = posixpath.dirname(document)

    def place(path: str) -> str:
        if not own or path.startswith(f"{own}/"):
            return posixpath.normpath(posixpath.join(home, path.removeprefix(f"{own}/") if own else path))
        return posixpath.normpath(posixpath.join(home, ASSETS, posixpath.basename(path)))

    return place


def _check_goals(moves: Mapping[str, str], there: Mapping[str, Entry]) -> None:
    taken: dict[str, str] = {}
    for old, new in moves.items():
        if old == new:
            place = posixpath.dirname(new)
            raise NothingToArchive(f"'{old}' lies in '{place}' already", hint="--to DIRECTORY names another place")
        above = {new[:at] for at, character in enumerate(new) if character == "/"}
        if new in there or new in taken or any(f.startswith(f"{new}/") for f in there) or above & there.keys():
            raise ArchiveRefused(
                f"'{old}' cannot go to '{new}': there is something of that name",
                hint="--to DIRECTORY names another place",
                details={"old": old, "new": new},
            )
        taken[new] = old
    if len(moves) > MAX_MOVED:
        raise ArchiveRefused(f"{len(moves)} files would move, of {MAX_MOVED} at once", hint="archive fewer documents")


# --- links ----------------------------------------------------------------------------------------------


def _assets(code: Archivable, there: Mapping[str, Entry], path: str) -> Iterator[str]:
    """The files that a page shows, and the media that it links to."""
    import mimetypes

    text = _text(code, there, path)
    if text is None:
        return
    for link in read(text).links:
        goal = target(path, link.href)
        if goal is None or goal.path is None or goal.path == path or is_markdown(goal.path):
            continue
        kind = mimetypes.guess_type(goal.path)[0] or ""
        entry = there.get(goal.path)
        if entry and entry.kind == FileKind.FILE and (link.embedded or kind.startswith(MEDIA)):
            yield goal.path


def _words(path: str) -> list[str]:
    """How others may write the name of a file: as it is, and as an address."""
    name = posixpath.basename(path)
    return list(dict.fromkeys((name, spelled(name))))


def _with_links(code: Archivable, there: Mapping[str, Entry], head: Oid, moves: Mapping[str, str]) -> Archive:
    changes: list[Change] = []
    notes: list[str] = []
    for old, new in moves.items():
        content = code.checked_out(old, there[old])
        if content is None:
            raise ArchiveRefused(f"the content of '{old}' is not in this clone", hint="git fetch brings it")
        changes.append(_change(old, new, there[old], content, moves, notes))
    for path in sorted(set(code.mentioning([word for old in moves for word in _words(old)], head)) - moves.keys()):
        if not is_markdown(path) or there[path].kind != FileKind.FILE:
            continue
        content = code.checked_out(path, there[path]) or b""
        change = _change(path, path, there[path], content, moves, notes)
        if change.content != content:
            changes.append(change)
    notes += _other_mentions(code, head, moves)
    return Archive(moves=moves, changes=tuple(changes), notes=tuple(notes))


def _change(old: str, new: str, before: Entry, content: bytes, moves: Mapping[str, str], notes: list[str]) -> Change:
    """One file with its links following. Bytes that are not UTF-8 pass through."""
    if is_markdown(old) and len(content) <= MAX_PAGE:
        done = rewrite(content.decode("utf-8", "surrogateescape"), old, new, lambda path: _moved(path, moves))
        content = done.text.encode("utf-8", "surrogateescape")
        notes += [
            f"{shown(new)}:{link.line}: the link '{link.href}' could not be changed and leads nowhere now"
            for link in done.left
        ]
    elif is_markdown(old):
        notes.append(f"'{shown(old)}' is too large to look for links in it")
    return Change(old=old, path=new, before=before, content=content)


def _moved(path: str, moves: Mapping[str, str]) -> str:
    return moves.get(path, path)


def _other_mentions(code: Archivable, head: Oid, moves: Mapping[str, str]) -> list[str]:
    """Files of other kinds that name a moved file by its whole path: configuration, scripts, source code."""
    notes = []
    for old in moves:
        found = [path for path in code.mentioning([old], head) if not is_markdown(path)]
        notes += [f"'{shown(path)}' mentions '{shown(old)}' and is left as it is" for path in sorted(found)]
    return notes


def _text(code: Archivable, there: Mapping[str, Entry], path: str) -> str | None:
    if not is_markdown(path):
        return None
    try:
        content = code.checked_out(path, there[path])
    except FileTooLarge:
        return None
    return None if content is None or len(content) > MAX_PAGE else content.decode("utf-8", "surrogateescape")
