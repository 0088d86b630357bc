"""Are the documents of issues there, and do the links in them lead somewhere?

Judged is what the next commit can have: a link to a file that git does not track works for its author alone. Links to
other places (`https:`, `mailto:`) are counted and never fetched.
"""

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from functools import cached_property
from typing import Final

from git_jit.markdown import Link, Page, is_markdown
from git_jit.markdown.addresses import target
from git_jit.markdown.reading import read
from git_jit.model import IssueId
from git_jit.ops.documents import Naming, by_file, is_among
from git_jit.paths import shown
from git_jit.record import record, replace
from git_jit.store import UnknownRevision
from git_jit.store.codetree import Code, Entry, FileKind, FileNotPlain, FileTooLarge

MAX_PAGE: Final = 512 << 10
"""Bytes of a page whose links are looked at: up to 15 s for the worst that a person can write."""
MAX_COMPARED: Final = 20_000
"""Headings that are compared in search of the one that was meant, at each version of the code: less than a second of
work. What is wrong after that is told without advice.
"""
_LINES: Final = re.compile(r"l\d+(-l\d+)?|top|")
"""Anchors that every page has: its lines, its top (HTML, section 7.4.6.3)."""


class FaultKind(StrEnum):
    """What can be wrong with a document."""

    MISSING = "document_missing"
    RENAMED = "document_renamed"
    UNREADABLE = "document_unreadable"
    COMMIT_UNKNOWN = "commit_unknown"
    LINK_BROKEN = "link_broken"
    LINK_OUTSIDE = "link_outside"
    ANCHOR_MISSING = "anchor_missing"


@record(kw_only=True)
class Fault:
    """One thing that is wrong with a file, at a commit (None: now)."""

    kind: FaultKind
    path: str
    message: str
    commit: str | None = None
    line: int | None = None
    """From 1; None: it is about the file as a whole."""
    hint: str | None = None
    issues: tuple[IssueId, ...] = ()
    """Those that name the file."""
    new: str | None = None
    """Where a renamed file is now."""


@record(kw_only=True)
class Checked:
    """What was looked at, and what is wrong with it."""

    files: int
    links: int
    """All of them, with those to other places."""
    external: int
    """Links to other places, which nobody followed."""
    faults: tuple[Fault, ...]
    """In order of file and line."""

    @property
    def renamed(self) -> Mapping[str, str]:
        """Where files went that issues name by their old path."""
        return {fault.path: fault.new for fault in self.faults if fault.new is not None and fault.commit is None}


class _Snapshot:
    """The code at one commit, or now, with what was read of it."""

    def __init__(self, code: Code, commit: str | None) -> None:
        self.code = code
        self.commit = commit
        self._pages: dict[str, Page | str] = {}
        self._comparisons = MAX_COMPARED

    @cached_property
    def names(self) -> Mapping[str, Entry]:
        return self.code.names(self.commit)

    @cached_property
    def directories(self) -> frozenset[str]:
        return frozenset(name[:at] for name in self.names for at, character in enumerate(name) if character == "/") | {
            ""
        }

    @cached_property
    def folded(self) -> Mapping[str, str]:
        return {name.casefold(): name for name in self.names}

    @cached_property
    def same_name(self) -> Mapping[str, Sequence[str]]:
        """Every file, by its name without directories."""
        found: dict[str, list[str]] = {}
        for path in self.names:
            found.setdefault(posixpath.basename(path), []).append(path)
        return found

    def has(self, path: str) -> bool:
        """Files and directories; what lies in a submodule cannot be known."""
        if path in self.names or path in self.directories:
            return True
        parts = path.split("/")
        above = (self.names.get("/".join(parts[:count])) for count in range(1, len(parts)))
        return any(entry is not None and entry.kind == FileKind.SUBMODULE for entry in above)

    def pages_at(self, path: str) -> list[str]:
        """The pages below a directory; what is no directory is meant itself."""
        if path not in self.directories:
            return [path]
        return [name for name in self.names if is_markdown(name) and is_among(name, [path])]

    def page(self, path: str) -> Page | str:
        """A Markdown page, or why it cannot be read."""
        if path not in self._pages:
            self._pages[path] = self._read(path)
        return self._pages[path]

    def _read(self, path: str) -> Page | str:
        try:
            data = self.code.read(path, self.commit)
        except (FileNotPlain, FileTooLarge) as error:
            return error.message
        if data is None:
            return "its content is not in this clone"
        if len(data) > MAX_PAGE:
            return f"has {len(data)} bytes; links are looked at in pages of up to {MAX_PAGE}"
        return read(data.decode("utf-8", "surrogateescape"))

    def path_meant(self, path: str) -> str | None:
        """Another case of letters, else the one file of that name elsewhere."""
        same = self.same_name.get(posixpath.basename(path), ())
        return self.folded.get(path.casefold()) or (same[0] if len(same) == 1 else None)

    def anchor_meant(self, wanted: str, page: Page) -> str | None:
        from difflib import get_close_matches

        self._comparisons -= len(page.anchors)
        close = get_close_matches(wanted, sorted(page.anchors), n=1) if self._comparisons >= 0 else []
        return close[0] if close else None


def check(code: Code, namings: Iterable[Naming], *, also: Sequence[str] = ()) -> Checked:
    """Look at each file that is named, once for each commit it is named at. Raises `NoCode`.

    `also`: files, and directories of pages, whether issues name them or not.
    """
    snapshots: dict[str | None, _Snapshot] = {None: _Snapshot(code, None)}
    faults: list[Fault] = []
    found = by_file(namings)
    for path in also:
        for one in snapshots[None].pages_at(path):
            found.setdefault((one, None), [])
    links = external = 0
    for (path, commit), named in found.items():
        snapshot = snapshots.setdefault(commit, _Snapshot(code, commit))
        ids = tuple(dict.fromkeys(each.id for each in named))
        own = list(_of_file(snapshot, path))
        faults += [_at(fault, commit, ids) for fault in own]
        page = snapshot.page(path) if not own and is_markdown(path) else None
        if isinstance(page, str):
            faults.append(_at(Fault(kind=FaultKind.UNREADABLE, path=path, message=page), commit, ids))
        elif page is not None:
            faults += [_at(fault, commit, ids) for fault in _of_page(snapshot, path, page)]
            links += len(page.links)
            external += sum(target(path, link.href) is None for link in page.links)
    ordered = sorted(faults, key=lambda fault: (fault.path, fault.commit or "", fault.line or 0))
    return Checked(files=len(found), links=links, external=external, faults=tuple(ordered))


def _at(fault: Fault, commit: str | None, ids: tuple[IssueId, ...]) -> Fault:
    return replace(fault, commit=commit, issues=ids)


def _of_file(snapshot: _Snapshot, path: str) -> Iterator[Fault]:
    try:
        entry = snapshot.names.get(path)
    except UnknownRevision:
        said = f"is named at commit '{snapshot.commit}', which is not in this clone"
        hint = "git fetch --unshallow brings the whole history of the code"
        yield Fault(kind=FaultKind.COMMIT_UNKNOWN, path=path, message=said, hint=hint)
        return
    if entry is None and path.rstrip("/") in snapshot.directories:
        return
    if entry is None:
        yield _absent(snapshot, path)
    elif entry.kind != FileKind.FILE:
        yield Fault(kind=FaultKind.UNREADABLE, path=path, message=f"is a {entry.kind}, not a file")


def _absent(snapshot: _Snapshot, path: str) -> Fault:
    if snapshot.commit is not None:
        said = f"does not exist at commit '{snapshot.commit[:10]}'"
        return Fault(kind=FaultKind.MISSING, path=path, message=said)
    new = snapshot.code.renamed(path) if snapshot.code.head() else None
    if new is not None:
        hint = "'git jit doc check --fix' lets the issues name files where they are"
        return Fault(kind=FaultKind.RENAMED, path=path, message=f"was renamed to '{shown(new)}'", hint=hint, new=new)
    said = f"does not exist{_instead(snapshot, path)}"
    hint = "'git jit doc history PATH' shows the commits that had it, 'git jit doc add ID PATH --commit REV' names one"
    return Fault(kind=FaultKind.MISSING, path=path, message=said, hint=hint)


# --- links ----------------------------------------------------------------------------------------------


def _of_page(snapshot: _Snapshot, path: str, page: Page) -> Iterator[Fault]:
    for link in page.links:
        goal = target(path, link.href)
        if goal is None:
            continue
        what = "the image" if link.embedded else "the link"
        if goal.path is None:
            said = f"{what} '{link.href}' leads out of the repository"
            yield Fault(kind=FaultKind.LINK_OUTSIDE, path=path, line=link.line, message=said)
        elif not snapshot.has(goal.path):
            said = f"{what} '{link.href}' leads to '{shown(goal.path)}', which does not exist"
            said += _instead(snapshot, goal.path)
            yield Fault(kind=FaultKind.LINK_BROKEN, path=path, line=link.line, message=said)
        elif goal.fragment and is_markdown(goal.path) and goal.path in snapshot.names:
            yield from _of_anchor(snapshot, path, link, goal.path, goal.fragment)


def _of_anchor(snapshot: _Snapshot, path: str, link: Link, goal: str, fragment: str) -> Iterator[Fault]:
    page = snapshot.page(goal)
    wanted = fragment.lower().removeprefix("user-content-")
    if isinstance(page, str) or wanted in page.anchors or _LINES.fullmatch(wanted):
        return
    where = "this page" if goal == path else f"'{shown(goal)}'"
    meant = snapshot.anchor_meant(wanted, page)
    advice = f"; did you mean '#{meant}'?" if meant else ""
    said = f"the link '{link.href}' names a heading that {where} does not have{advice}"
    yield Fault(kind=FaultKind.ANCHOR_MISSING, path=path, line=link.line, message=said)


def _instead(snapshot: _Snapshot, path: str) -> str:
    meant = snapshot.path_meant(path)
    return f"; did you mean '{shown(meant)}'?" if meant else ""
