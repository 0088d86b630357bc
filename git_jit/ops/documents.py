"""Files of the code that issues name: naming them, listing them, and following them when the code changes."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TypeAlias

from git_jit.condition import Condition
from git_jit.errors import JitError, NotFound
from git_jit.model import TERMINAL, Caller, Document, Issue, IssueId, Oid, State, short
from git_jit.ops.batch import Sheet, publish, run, work_through
from git_jit.ops.desk import Desk, Terms
from git_jit.ops.edit import Patch
from git_jit.ops.report import Report
from git_jit.record import record, replace
from git_jit.store import Store
from git_jit.view import View, readable

Moves: TypeAlias = Mapping[str, str | None]
"""The path of a file to its new one; None: it is deleted."""


class DocumentNotFound(NotFound):
    """The issue names no such document."""

    code = "document_not_found"


@record(kw_only=True)
class Naming:
    """One document of one issue."""

    id: IssueId
    title: str
    state: State
    document: Document


# --- naming ---------------------------------------------------------------------------------------------


def add(
    store: Store, caller: Caller, id: str, documents: Sequence[Document], *, if_version: Oid | None = None
) -> Report:
    """Let an issue name documents. One that it names already, at the same commit, takes label and type of the new."""

    def step(desk: Desk, found: IssueId) -> JitError | None:
        return desk.change(desk.issue(found), Patch(add_documents=tuple(documents)))

    return run(store, caller, "doc-add", [id], step, Terms(now=caller.now), if_version=if_version)


def remove(
    store: Store,
    caller: Caller,
    id: str,
    paths: Sequence[str],
    *,
    commit: str | None = None,
    if_version: Oid | None = None,
) -> Report:
    """Let an issue name documents no longer, the files stay; with `commit`, only as of a commit that begins so.

    Raises `DocumentNotFound`.
    """

    def step(desk: Desk, found: IssueId) -> JitError | None:
        issue = desk.issue(found)
        gone = [each for path in paths for each in documents_at(issue, path, commit)]
        kept = [each for each in issue.documents if each.path in paths and each not in gone]
        return desk.change(issue, Patch(remove_documents=tuple(paths), add_documents=tuple(kept)))

    return run(store, caller, "doc-rm", [id], step, Terms(now=caller.now), if_version=if_version)


def documents_at(issue: Issue, path: str, commit: str | None = None) -> list[Document]:
    """The documents of an issue at a path. Raises `DocumentNotFound`."""
    found = [each for each in issue.documents if each.path == path and (each.commit or "").startswith(commit or "")]
    if not found:
        at = f" at commit '{commit[:10]}'" if commit else ""
        raise DocumentNotFound(
            f"'{short(issue.id)}' names no document '{path}'{at}",
            hint=f"'git jit doc list {short(issue.id)}' shows those it names",
            details={"path": path, "documents": [each.path for each in issue.documents]},
        )
    return found


# --- listing --------------------------------------------------------------------------------------------


def listed(
    view: View,
    *,
    ids: Collection[IssueId] | None = None,
    paths: Collection[str] = (),
    condition: Condition | None = None,
) -> list[Naming]:
    """The documents of these issues (None: of all), of issues that meet `condition`, of files at or below `paths`.

    In order of path, then of issue. Issues that cannot be read are left out; 'validate' tells of them.
    """
    chosen = [id for id in view.members("doc") if ids is None or id in ids]
    if condition is not None:
        fitting = set(view.select(condition).ids)
        chosen = [id for id in chosen if id in fitting]
    found = [
        Naming(id=id, title=issue.title, state=issue.state, document=document)
        for id in chosen
        if (issue := readable(view, id))
        for document in issue.documents
        if not paths or is_among(document.path, paths)
    ]
    return sorted(found, key=lambda each: (each.document.path, each.document.commit or "", each.id))


def is_among(path: str, paths: Collection[str]) -> bool:
    """Whether it is one of them, or lies below one."""
    return any(one in {"", path} or path.startswith(f"{one.rstrip('/')}/") for one in paths)


def by_file(namings: Iterable[Naming]) -> dict[tuple[str, str | None], list[Naming]]:
    """Who names each file, by path and commit."""
    found: dict[tuple[str, str | None], list[Naming]] = {}
    for each in namings:
        found.setdefault((each.document.path, each.document.commit), []).append(each)
    return found


# --- following ------------------------------------------------------------------------------------------


def follow(store: Store, caller: Caller, moves: Moves, head: Oid) -> Report:
    """Let open issues name what was renamed by its new path, and what was deleted as of `head`, which still has it.

    One commit; none when no open issue names any of it.
    """
    return publish(store, caller, "documents", lambda view: _following(view, caller, moves, head, is_open))


def repoint(
    store: Store, caller: Caller, moves: Mapping[str, str], *, op: str = "documents", dry_run: bool = False
) -> Report:
    """Let every issue, finished or not, name files by their new paths, in one commit.

    What is pinned to a commit stays: there the file has its old name.
    """
    return publish(store, caller, op, lambda view: repointing(view, caller, moves), dry_run=dry_run)


def repointing(view: View, caller: Caller, moves: Mapping[str, str]) -> Sheet:
    """The plan of `repoint`."""
    return _following(view, caller, moves, None, lambda _: True)


def is_open(state: State | None) -> bool:
    return state not in TERMINAL


def _following(
    view: View, caller: Caller, moves: Moves, head: Oid | None, wanted: Callable[[State | None], bool]
) -> Sheet:
    def step(desk: Desk, id: IssueId) -> JitError | None:
        issue = desk.issue(id)
        moving = [each for each in issue.documents if each.commit is None and each.path in moves]
        if not moving:
            return None
        staying = [each for each in issue.documents if each not in moving]
        kept = tuple(each for each in staying if each.path in {gone.path for gone in moving})
        moved = tuple(_moved(each, moves[each.path], head) for each in moving)
        paths = tuple(sorted({each.path for each in moving}))
        return desk.change(issue, Patch(add_documents=(*kept, *moved), remove_documents=paths))

    chosen = [
        id for id, paths in view.members("doc").items() if moves.keys() & set(paths) and wanted(view.state_of(id))
    ]
    return work_through(view, chosen, step, Terms(now=caller.now))


def _moved(document: Document, new: str | None, head: Oid | None) -> Document:
    return replace(document, commit=head) if new is None else replace(document, path=new)
