"""What differs between two commits of the issues, read as a reviewer wants it."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Final

from git_jit.differences import Differences, Fate, IssueDifference, differences, document
from git_jit.errors import JitError
from git_jit.model import FileChange, IssueId, Oid, PathChange, State
from git_jit.ops import resolve
from git_jit.ops.trailers import mentions
from git_jit.record import record, replace
from git_jit.store import Store, UnknownRevision, issue_path
from git_jit.store.codelog import CodeCommit
from git_jit.view import View

if TYPE_CHECKING:
    from git_jit.store.proposals import Proposals

HEAD: Final = "HEAD"
"""The tip of the issues."""
BATCH: Final = 512
"""Files in memory at a time: of the usual size 1 MiB."""


@record(kw_only=True)
class Differing:
    """Two commits, and all that differs between them."""

    old: Oid
    new: Oid
    differences: Differences


@record(kw_only=True)
class Named:
    """An issue that commits of the code name."""

    text: str
    """As it is named first."""
    issue: IssueId | None = None
    """None: the name fits no issue, or several; `problem` says which."""
    title: str | None = None
    state: State | None = None
    closes: bool = False
    """Whether one of the commits closes it, once it is on the default branch."""
    commits: tuple[Oid, ...] = ()
    problem: str | None = None

    def to_json(self) -> dict[str, object]:
        """As `--json` shows it."""
        return {
            "text": self.text,
            "id": self.issue,
            "title": self.title,
            "state": self.state,
            "closes": self.closes,
            "commits": list(self.commits),
            "problem": self.problem,
        }


def differ(store: Store, old: str, new: str) -> Differing:
    """Compare the trees of two revisions. Raises `UnknownRevision`."""
    before, after = commit_of(store, old), commit_of(store, new)
    found = differences(files_between(store, before, after))
    return Differing(old=before, new=after, differences=_with_titles(store, found, after))


def _with_titles(store: Store, found: Differences, rev: str) -> Differences:
    """Also issues of which only a comment differs have a name."""

    def titled(issue: IssueDifference) -> IssueDifference:
        if issue.title is not None or issue.fate is not Fate.UPDATED:
            return issue
        title = (document(store.blob_at(rev, issue_path(issue.id))) or {}).get("title")
        return replace(issue, title=title) if isinstance(title, str) else issue

    return replace(found, issues=tuple(map(titled, found.issues)))


def span_of(store: Store, range: str | None) -> tuple[str, str]:
    """The two revisions that a range names: `old..new`, `old...new`, `old` (up to now); without one, from what is
    published up to now. Raises `UnknownRevision`, `NothingPublished`.
    """
    if range is None:
        return published_tip(store), HEAD
    old, dots, new = range.partition("...")
    if dots:
        return common_base(store, old or HEAD, new or HEAD), new or HEAD
    old, _, new = range.partition("..")
    return old or HEAD, new or HEAD


def published_tip(store: Store) -> str:
    """Where the published issues are, by the last fetch. Raises `NothingPublished`."""
    return proposals_of(store).published().tip


def proposals_of(store: Store) -> "Proposals":
    """What git knows beyond the issues of here. Raises `NothingPublished` where there is no clone."""
    found = store.proposals()
    if found is None:
        from git_jit.store.proposals import NothingPublished

        raise NothingPublished("these issues are in no repository that could publish them")
    return found


def common_base(store: Store, one: str, other: str) -> Oid:
    """The last commit that two revisions have in common. Raises `UnknownRevision` if they have none."""
    bases = proposals_of(store).exchange.bases([commit_of(store, one)], [commit_of(store, other)])
    if not bases:
        raise UnknownRevision(
            f"'{one}' and '{other}' have no commit in common",
            hint=f"'git jit diff {one}..{other}' compares them as they are",
        )
    return bases[0]


def named_by(store: Store, commits: Sequence[CodeCommit]) -> list[Named]:
    """The issues that commits of the code name, in order of first mention; also names that fit none."""
    found: dict[str, Named] = {}
    with store.view() as view:
        for commit in commits:
            for mention in mentions(commit.message):
                one = _named(view, mention.text)
                known = found.get(one.issue or one.text, one)
                found[one.issue or one.text] = replace(
                    known, closes=known.closes or mention.closes, commits=(*known.commits, commit.oid)
                )
    return list(found.values())


def _named(view: View, text: str) -> Named:
    try:
        id = resolve(view, text)
    except JitError as error:
        return Named(text=text, problem=error.message)
    (row,) = view.rows([id])
    return Named(text=text, issue=id, title=row.title, state=row.state)


def commit_of(store: Store, rev: str) -> Oid:
    """The commit that a revision names. Raises `UnknownRevision`."""
    return next(store.history(rev)).oid


def files_between(store: Store, old: str | None, new: str) -> Iterator[FileChange]:
    """Both versions of every file that differs; None also for one whose object is missing or damaged."""
    rest = iter(store.compare(old, new))
    while batch := list(islice(rest, BATCH)):
        yield from _read(store, batch)


def _read(store: Store, batch: list[PathChange]) -> Iterator[FileChange]:
    """A blob that is there but cannot be read is no absent one: it is read as no document."""
    wanted = [oid for change in batch for oid in (change.old, change.new) if oid is not None]
    found = iter(list(store.blobs(wanted)))

    def next_of(oid: Oid | None) -> bytes | None:
        return None if oid is None else next(found) or b""

    for change in batch:
        old = next_of(change.old)
        yield FileChange(path=change.path, old=old, new=next_of(change.new))
