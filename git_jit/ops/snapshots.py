"""A whole tracker as one directory or file: issues as of a commit, and the files of the code that they name.

Its manifest lists every file with size and SHA-256. Nothing of a snapshot is understood, and nothing written, before
all of it was seen to be what the manifest says; then the reader of exported directories takes over.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO, Final

from git_jit.condition import Condition
from git_jit.errors import Refused
from git_jit.model import Caller, Document, Oid, Progress, ignore
from git_jit.ops.exports import TargetExists, TargetNotWritable, documents
from git_jit.ops.imports import ImportReport, SourceMissing, import_issues, read
from git_jit.ops.snapshot_manifest import DOCUMENTS, MANIFEST, TOLD, Manifest, count, invalid, is_safe, parse
from git_jit.record import record, replace
from git_jit.store import Store, UnknownRevision, archive
from git_jit.store.archive import Announced, Files, Unsafe, sha256
from git_jit.store.codetree import MAX_FILE, CodeTree, FileKind, NoCode
from git_jit.view import View

STDIN: Final = "-"
Fetch = Callable[[Document], "tuple[Oid, bytes] | str"]
"""The commit and content of a document, or why there is none."""


class DocumentsInTheWay(Refused):
    """Files are there already that differ from those of the snapshot. Nothing was written."""

    code = "snapshot_documents_exist"


# --- out ----------------------------------------------------------------------------------------------------


def export_snapshot(
    view: View,
    target: str,
    fetch: Fetch,
    condition: Condition | None = None,
    *,
    filter: str | None = None,
    progress: Callable[[Progress], None] = ignore,
) -> Manifest:
    """Write a snapshot of `view` to a new file (`.tar`, `.tar.gz`, `.tgz`) or a new or empty directory.

    The same view and the same code give the same bytes. Raises `TargetExists`, `TargetNotWritable`.
    """
    if archive.is_taken(target):
        raise TargetExists(f"'{target}' is there already", hint="name a file or directory that does not exist yet")
    files = dict(documents(view, condition, progress=progress))
    named = sorted({one for name, data in files.items() if name.startswith("issues/") for one in _named(data)})
    listed, left_out = _take(named, fetch, files)
    left_out += [{"path": broken.path, "reason": broken.cause} for broken in view.broken()]
    manifest = Manifest(
        revision=view.base,
        filter=filter,
        counts=count(files),
        files={name: Announced(len(data), sha256(data)) for name, data in sorted(files.items())},
        documents=listed,
        left_out=left_out,
    )
    try:
        archive.write(target, [(MANIFEST, manifest.encode()), *sorted(files.items())])
    except OSError as error:
        raise _not_written(f"'{target}' cannot be written", error) from error
    return manifest


def _named(issue: bytes) -> Iterator[tuple[str, str]]:
    """The documents that an issue names, by path and commit ("" is none)."""
    for document in json.loads(issue)["documents"]:
        yield document["path"], document["commit"] or ""


def _take(
    named: Sequence[tuple[str, str]], fetch: Fetch, files: dict[str, bytes]
) -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
    """Put the documents among the files; what is known of each, and what could not be had."""
    listed: list[dict[str, Any]] = []
    left_out: list[dict[str, str]] = []
    for path, commit in named:
        found = fetch(Document(path=path, commit=commit or None)) if is_safe(path) else "is no path of a file"
        if isinstance(found, str):
            left_out.append({"path": path, "reason": found})
            continue
        at, data = found
        file = f"{DOCUMENTS}{at}/{path}"
        files[file] = data
        listed.append({"path": path, "commit": commit or None, "at": at, "file": file})
    return listed, left_out


def from_code(code: CodeTree | None, at: str | None) -> Fetch:
    """Documents from the code: at the commit that is named, else at `at` (HEAD). Raises `UnknownRevision`."""
    start = None if code is None else code.resolve(at) if at is not None else code.head()

    def fetch(document: Document) -> tuple[Oid, bytes] | str:
        if code is None or (start is None and document.commit is None):
            return "cannot be had: there is no code here"
        try:
            commit = code.resolve(document.commit) if document.commit else start
            entry = code.entries([document.path], commit).get(document.path)
        except (UnknownRevision, NoCode):
            return f"cannot be had: there is no commit '{document.commit}' here"
        if commit is None or entry is None:
            return f"is not in the code at {commit}"
        if entry.kind is not FileKind.FILE:
            return f"is a {entry.kind}"
        size = code.git("cat-file", "-s", entry.oid)
        if size.status or int(size.out) > MAX_FILE:
            return "is not in this clone" if size.status else f"has more than {MAX_FILE} bytes"
        return commit, code.git("cat-file", "blob", entry.oid).out

    return fetch


def _not_written(what: str, error: OSError, hint: str = "check the path, its permissions and free space") -> Refused:
    return TargetNotWritable(f"{what}: {(error.strerror or str(error)).lower()}", hint=hint)


# --- in -----------------------------------------------------------------------------------------------------


def verify(source: str, stdin: BinaryIO, use: Callable[[str, bytes], None] | None = None) -> Manifest:
    """The manifest of a snapshot that is what it says; each file of it goes to `use`, before all are known to be right.

    Raises `SourceMissing`, `SnapshotInvalid`, `SnapshotNewer`.
    """
    try:
        with archive.opened(source, MANIFEST, stdin if source == STDIN else None) as files:
            return _verified(source, files, use)
    except Unsafe as error:
        raise invalid([(source, str(error))]) from error
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        raise SourceMissing(
            f"'{source}' cannot be read: {reason}", hint="check the path and its permissions"
        ) from error


def _verified(source: str, files: Files, use: Callable[[str, bytes], None] | None) -> Manifest:
    manifest = parse(source, files.first(MANIFEST))
    problems: list[tuple[str, str]] = []
    found = 0
    for problem in files.check(manifest.files, use):
        found += 1
        problems += [problem] if found <= TOLD else []
    if problems:
        raise invalid(problems, found)
    return manifest


@record(kw_only=True)
class SnapshotImport:
    """What came of an import: of the issues, and the documents that were written."""

    manifest: Manifest
    report: ImportReport
    written: tuple[str, ...] = ()

    def to_json(self) -> dict[str, object]:
        return {
            **self.report.to_json(),
            "source": "snapshot",
            "revision": self.manifest.revision,
            "documents": list(self.written),
        }


def import_snapshot(
    store: Store,
    caller: Caller,
    source: str,
    stdin: BinaryIO,
    *,
    into: str | None = None,
    dry_run: bool = False,
    prefer_source: bool = False,
    progress: Callable[[Progress], None] = ignore,
) -> SnapshotImport:
    """Take over the issues of a snapshot in one commit, and put its documents `into` a directory if one is named.

    The same again changes nothing. Raises what `verify` and `import_issues` raise, and `DocumentsInTheWay`.
    """
    with TemporaryDirectory(prefix="git-jit-snapshot-") as inside:
        manifest = verify(source, stdin, lambda name, data: _keep(inside, name, data))
        Path(inside, "issues").mkdir(exist_ok=True)
        wanted = {} if into is None else _destinations(manifest, inside)
        new = [] if into is None else _new(into, wanted)
        parsed = replace(read("jsonl", inside), origin=source)
        report = import_issues(store, caller, parsed, dry_run=dry_run, prefer_source=prefer_source, progress=progress)
        if into is not None and not dry_run:
            _put(into, new, wanted)
        return SnapshotImport(manifest=manifest, report=report, written=tuple(new))


def _keep(inside: str, name: str, data: bytes) -> None:
    try:
        archive.put_new(inside, name, data)
    except OSError as error:
        raise _not_written("the snapshot cannot be unpacked for a look", error, "check free space") from error


def _destinations(manifest: Manifest, inside: str) -> dict[str, bytes]:
    """Content by the path it goes to: a document as of a commit goes below the name of that commit."""
    return {
        f"{one['at']}/{one['path']}" if one["commit"] else str(one["path"]): Path(inside, one["file"]).read_bytes()
        for one in manifest.documents
    }


def _new(into: str, wanted: Mapping[str, bytes]) -> list[str]:
    """Which of the files are not there. Raises `DocumentsInTheWay` for one that is, and differs."""
    new = []
    for name, data in sorted(wanted.items()):
        try:
            there = archive.content(into, name)
        except OSError as error:
            raise _not_written(f"'{name}' in '{into}' cannot be read", error) from error
        if there is None:
            new.append(name)
        elif there != data:
            raise DocumentsInTheWay(
                f"'{name}' is in '{into}' already, and differs",
                hint="name another directory with --documents",
                details={"path": name, "directory": into},
            )
    return new


def _put(into: str, new: Sequence[str], wanted: Mapping[str, bytes]) -> None:
    try:
        archive.put_all(into, ((name, wanted[name]) for name in new))
    except OSError as error:
        what = f"the issues were imported, but the documents not written to '{into}'"
        raise _not_written(what, error, "the same command again writes what is missing") from error
