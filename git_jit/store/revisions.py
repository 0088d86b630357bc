"""Commits by name, the line of history behind one, and what changed on it: reading that goes beyond one view.

HEAD and `@` stand for the tip of the issues, not of the code. History follows all parents, the latest first, so that
what was done in another clone is told like what was done here; a merge itself changes only what it decided: what none
of its parents says.
"""

from collections.abc import Collection, Iterator
from contextlib import suppress
from typing import Protocol

from git_jit.model import Commit, FileChange, Oid, PathChange
from git_jit.store import MissingObject, UnknownRevision, commits, places, tree
from git_jit.store.backend import Kind
from git_jit.store.highwater import Site


class Line(Site, Protocol):
    """A repository with issues in it."""

    def tip(self) -> Oid:
        """The commit that is the present. Raises `NotInitialised` or `RefMissing`."""
        ...


def resolve(line: Line, rev: str) -> Oid:
    """The commit that `rev` names, as git understands it. `~2` and `@{1}` count from the tip too.

    Raises `UnknownRevision`.
    """
    relative = rev.removeprefix("HEAD")
    if relative == "@" or relative.startswith(("@~", "@^")):
        relative = relative[1:]
    name = f"{line.ref}{relative}" if not relative or relative[0] in "~^@" else rev
    oid = Oid(rev) if _is_oid(rev, line.backend.object_format) else None
    if oid is None and name == line.ref:
        return line.tip()
    if oid is None:
        oid = _ask_git(line, name)
    try:
        if oid is not None and line.backend.read(oid).kind is Kind.COMMIT:
            return oid
    except MissingObject:
        pass
    raise UnknownRevision(f"'{rev}' names no commit", hint="'git jit log' shows those of the issues")


def _ask_git(site: Site, name: str) -> Oid | None:
    from git_jit.store.process import run

    question = ["rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"]
    done = run(site.layout, question, environ=site.environ)
    return Oid(done.out.decode().strip()) if done.status == 0 else None


def _is_oid(text: str, object_format: str) -> bool:
    return len(text) == (40 if object_format == "sha1" else 64) and set(text) <= set("0123456789abcdef")


def read_commit(site: Site, oid: Oid) -> Commit:
    """Raises `MissingObject` and `CorruptObject`, also for what is no commit."""
    return commits.parse(site.backend.read(oid))


def history(site: Site, newest: Oid, path: str | None = None, without: Collection[Oid] = ()) -> Iterator[Commit]:
    """The commits from `newest` back to the first; with `path`, only those that changed it.

    Not those that `without` leads to; commits of it that are not here any more lead nowhere.
    """
    if path is not None:
        found = (read_commit(site, oid) for oid in _touching(site, newest, path))
        yield from (commit for commit in found if not _only_took_over(site, commit, path))
        return
    from git_jit.store.walking import Line

    line = Line(site.backend, shallow_ends(site))
    line.put(newest, known=False)
    for oid in without:
        with suppress(MissingObject):
            line.put(oid, known=True)
    while (commit := line.take()) is not None:
        yield commit


def _touching(site: Site, start: Oid, path: str) -> list[Oid]:
    """The commits that changed `path`. git compares ten thousand commits in the time we take for a hundred."""
    from git_jit.store.process import failure, run

    command = ["--literal-pathspecs", "rev-list", "--full-history", "--topo-order", start, "--", path]
    done = run(site.layout, command, environ=site.environ)
    if done.status:
        raise failure(done, "reading history")
    return [Oid(line) for line in done.out.decode().splitlines()]


def _only_took_over(site: Site, commit: Commit, path: str) -> bool:
    """Whether a merge has at `path` what one of its parents has: that one's history tells how it came about."""
    if len(commit.parents) < 2:
        return False
    here = tree.lookup(site.backend, commit.tree, path)
    return any(tree.lookup(site.backend, read_commit(site, one).tree, path) == here for one in commit.parents)


def changes(site: Site, commit: Commit) -> list[FileChange]:
    """What `commit` changed against its first parent, in order of path; of a merge only what differs from every
    parent: the rest is told by the commits that it brought together.
    """
    parents = () if commit.oid in shallow_ends(site) else commit.parents
    trees: list[Oid | None] = [read_commit(site, parent).tree for parent in parents]
    trees = trees or [None]
    found = sorted(tree.diff(site.backend, trees[0], commit.tree), key=lambda change: change.path)
    for other in trees[1:]:
        differing = {change.path for change in tree.diff(site.backend, other, commit.tree)}
        found = [change for change in found if change.path in differing]
    return [FileChange(path=c.path, old=read_blob(site, c.old), new=read_blob(site, c.new)) for c in found]


def taken_over(site: Site, commit: Commit) -> dict[str, int]:
    """Of a merge, the paths at which it has what its first parent has not but another one has, and which: 2 is the
    second. Together with `changes` that is all in which it differs from its first parent.
    """
    if len(commit.parents) < 2 or commit.oid in shallow_ends(site):
        return {}
    first, *others = (read_commit(site, parent).tree for parent in commit.parents)
    found: dict[str, int] = {}
    left = {change.path for change in tree.diff(site.backend, first, commit.tree)}
    for number, other in enumerate(others, start=2):
        same = left - {change.path for change in tree.diff(site.backend, other, commit.tree)}
        found |= dict.fromkeys(sorted(same), number)
        left -= same
    return found


def compare(site: Site, old: Oid | None, new: Oid) -> list[PathChange]:
    """The paths that differ between two commits, in order; None is a commit without files."""
    before, after = (None if oid is None else read_commit(site, oid).tree for oid in (old, new))
    found = sorted(tree.diff(site.backend, before, after), key=lambda change: change.path)
    return [PathChange(path=places.shown(change.path), old=change.old, new=change.new) for change in found]


def blob_at(site: Site, commit: Oid, path: str) -> bytes | None:
    """The file `path` of a commit; None if it has none."""
    entry = tree.lookup(site.backend, read_commit(site, commit).tree, path)
    return None if entry is None or entry.is_tree else read_blob(site, entry.oid)


def files(site: Site, commit: Oid, directory: str) -> dict[str, Oid]:
    """Every file below a directory of a commit, by its path."""
    root = read_commit(site, commit).tree
    entry = tree.lookup(site.backend, root, directory)
    if entry is None or not entry.is_tree:
        return {}
    found = tree.diff(site.backend, None, entry.oid)
    return {f"{directory}/{places.shown(change.path)}": change.new for change in found if change.new}


def read_blob(site: Site, oid: Oid | None) -> bytes | None:
    """The content of a blob; None for none. Raises `MissingObject` and `CorruptObject`."""
    return None if oid is None else site.backend.read(oid).data


def shallow_ends(site: Site) -> frozenset[str]:
    """The commits whose parents a shallow clone left out."""
    try:
        with open(f"{site.layout.common_dir}/shallow", encoding="ascii") as file:
            return frozenset(file.read().split())
    except OSError:
        return frozenset()
