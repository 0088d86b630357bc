"""One document, in the versions it has: what it says, which commits of the code changed it, and how two differ."""

from collections.abc import Sequence

from git_jit.errors import NotFound
from git_jit.model import Document, Issue, Oid, short
from git_jit.ops.documents import documents_at
from git_jit.record import record
from git_jit.store.codehistory import Version, difference, names, versions
from git_jit.store.codepaths import check_file, missing
from git_jit.store.codetree import CodeTree, Entry, FileKind, NoCode


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

    Raises `DocumentUntracked`, `DocumentUnfit`, `DocumentOutside`, `FileTooLarge`, `FileNotPlain`.
    """
    at = None if commit is None else code.resolve(commit)
    check_file(code, path, at, top=code.worktree)
    data = code.read(path, at)
    if data is None:
        raise missing(code, path, at, code.worktree)
    return Content(path=path, commit=at, data=data)


def history(code: CodeTree, document: Document, limit: int | None) -> list[Version]:
    """The commits of the code that changed it, newest first, through renames; of a pinned one those up to there.

    Raises `NoCode`, `UnknownRevision`, and `DocumentUntracked` or `DocumentUnfit` for what never was a file.
    """
    now = _now(code, document.path)
    found = versions(code, document.path, _start(code, document.commit), limit)
    if not found and now is None:
        raise missing(code, document.path, document.commit, code.worktree)
    return found


def changes(code: CodeTree, document: Document, old: str | None, new: str | None) -> bytes:
    """What `git diff` says between two commits of the code: by itself from where the document is pinned (else HEAD) to
    now. A file that was renamed meanwhile is followed, whichever of its names is given.

    Raises `NoCode`, `UnknownRevision`, and `DocumentUntracked` or `DocumentUnfit` for what is a file at neither end.
    """
    _now(code, document.path)
    first = _start(code, old or document.commit)
    last = None if new is None else code.resolve(new)
    known = names(code, document.path, last)
    there = [code.entries(known, end) for end in (first, last)]
    ends = {name for files in there if (name := next((name for name in known if name in files), None))}
    if not ends:
        raise missing(code, document.path, last, code.worktree)
    return difference(code, sorted(ends), first, last)


def _now(code: CodeTree, path: str) -> Entry | None:
    """What is at `path` now. Raises `DocumentUnfit` for a directory."""
    found = code.entries([path], None).get(path)
    if found is not None and found.kind == FileKind.DIRECTORY:
        check_file(code, path, None)
    return found


def _start(code: CodeTree, commit: str | None) -> Oid:
    if commit is not None:
        return code.resolve(commit)
    head = code.head()
    if head is None:
        raise NoCode("there is no commit of the code yet", hint="commit the document with git first")
    return head
