"""One document, in the versions it has: what it says, which commits of the code changed it, and how two differ."""

from collections.abc import Sequence

from git_jit.errors import NotFound
from git_jit.model import Document, Issue, Oid, short
from git_jit.ops.documents import documents_at
from git_jit.record import record
from git_jit.store.codehistory import Version, difference, follow, versions
from git_jit.store.codepaths import missing
from git_jit.store.codetree import CodeTree, NoCode


class DocumentAmbiguous(NotFound):
    """The issue names several documents, and none was said. `details.documents` has them."""

    code = "document_ambiguous"


@record(kw_only=True)
class Content:
    """A document as it is at one commit, or now."""

    path: str
    commit: Oid | None
    """None: now, as it lies in the working tree."""
    data: bytes


def one_of(issue: Issue, path: str | None, *, pinned: bool = False) -> Document:
    """The document of an issue at `path`, or its only one; of several versions the one that is not pinned, or with
    `pinned` one that is.

    Raises `DocumentNotFound`, `DocumentAmbiguous`.
    """
    found: Sequence[Document] = issue.documents if path is None else documents_at(issue, path)
    if path is None and len({each.path for each in found}) != 1:
        said = f"names {len(found)} documents" if found else "names no document"
        raise DocumentAmbiguous(
            f"'{short(issue.id)}' {said}",
            hint=f"'git jit doc list {short(issue.id)}' shows them; give the path of one"
            if found
            else f"'git jit doc add {short(issue.id)} PATH' names one",
            details={"documents": [each.path for each in found]},
        )
    return (max if pinned else min)(found, key=lambda each: each.commit or "")


def content(code: CodeTree, path: str, commit: str | None) -> Content:
    """What a document says at a commit, or now.

    Raises `DocumentUntracked`, `DocumentUnfit`, `FileTooLarge`, `FileNotPlain`.
    """
    at = None if commit is None else code.resolve(commit)
    data = code.read(path, at) if at is not None or path in code.entries([path], None) else None
    if data is None:
        raise missing(code, path, at, code.worktree)
    return Content(path=path, commit=at, data=data)


def history(code: CodeTree, document: Document, limit: int | None) -> list[Version]:
    """The commits of the code that changed it, newest first, through renames; of a pinned one those up to there.

    Raises `NoCode`, `UnknownRevision`.
    """
    return versions(code, document.path, _start(code, document.commit), limit)


def changes(code: CodeTree, document: Document, old: str | None, new: str | None) -> bytes:
    """What `git diff` says between two commits of the code: by itself from where the document is pinned (else HEAD) to
    now. A file that was renamed meanwhile is followed. Raises `NoCode`, `UnknownRevision`.
    """
    first = _start(code, old or document.commit)
    last = None if new is None else code.resolve(new)
    paths = {document.path}
    for version in versions(code, document.path, first, None)[:1]:
        paths.add(version.path)
    if document.path not in code.entries([document.path], None) and (now := follow(code, document.path)):
        paths.add(now)
        if last is not None or old is not None:
            paths |= {version.path for version in versions(code, now, last or _start(code, None), None)}
    return difference(code, sorted(paths), first, last)


def _start(code: CodeTree, commit: str | None) -> Oid:
    if commit is not None:
        return code.resolve(commit)
    head = code.head()
    if head is None:
        raise NoCode("there is no commit of the code yet", hint="commit the document with git first")
    return head
