"""What a snapshot says about itself: every file with size and SHA-256, and nothing that could lie outside of it."""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from git_jit.errors import Refused
from git_jit.model import MAX_ISSUE, Oid
from git_jit.paths import place_of
from git_jit.record import record
from git_jit.store.archive import Announced
from git_jit.store.code import askable
from git_jit.store.codetree import MAX_FILE

FORMAT: Final = "git-jit-snapshot"
VERSION: Final = 1
MANIFEST: Final = "manifest.json"
DOCUMENTS: Final = "documents/"
AREAS: Final = ("issues", "comments", "gates", "documents")
"""What is counted."""
MAX_TOTAL: Final = 4 << 30
"""Bytes of all files together: a thousand times the largest tracker known."""
TOLD: Final = 20
"""Problems that are named; the count is whole."""


class SnapshotInvalid(Refused):
    """It is not what its manifest says. Nothing was written; `details.problems` names the files."""

    code = "snapshot_invalid"


class SnapshotNewer(Refused):
    """A later version of the program made it."""

    code = "snapshot_newer"


@record(kw_only=True)
class Manifest:
    """What is in a snapshot. `files` has every file but the manifest itself."""

    revision: Oid | None
    """The commit of the issues."""
    filter: str | None = None
    counts: Mapping[str, int]
    files: Mapping[str, Announced]
    documents: Sequence[Mapping[str, Any]] = ()
    """Each document: its `path`, the `commit` that issues name (or null), the commit it was taken `at`, its `file`."""
    left_out: Sequence[Mapping[str, str]] = ()
    """What could not be taken in, with the reason."""

    def to_json(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "version": VERSION,
            "revision": self.revision,
            "filter": self.filter,
            "counts": dict(self.counts),
            "files": {name: {"size": one.size, "sha256": one.sha256} for name, one in self.files.items()},
            "documents": list(self.documents),
            "left_out": list(self.left_out),
        }

    def summary(self) -> dict[str, Any]:
        """The same without the list of files."""
        return {**{key: value for key, value in self.to_json().items() if key != "files"}, "files": len(self.files)}

    def encode(self) -> bytes:
        """The file of it; the same each time."""
        text = json.dumps(self.to_json(), ensure_ascii=False, sort_keys=True, indent=2)
        return text.encode("utf-8", "backslashreplace") + b"\n"


def count(names: Collection[str]) -> dict[str, int]:
    """How many files of each kind there are."""
    areas = [name.partition("/")[0] for name in names]
    return {area: areas.count(area) for area in AREAS}


def parse(source: str, data: bytes) -> Manifest:
    """The inverse of `Manifest.encode`, for what may come from anybody. Raises `SnapshotInvalid`, `SnapshotNewer`."""
    try:
        value = json.loads(data, object_pairs_hook=_once)
        if value.get("format") != FORMAT or not isinstance(version := value.get("version"), int):
            raise ValueError("is of no snapshot")
        if version > VERSION:
            raise SnapshotNewer(
                f"'{source}' is a snapshot of version {version}; up to {VERSION} are understood",
                hint="a newer version of git jit reads it; 'git jit version' says which this is",
            )
        files = {name: Announced(one["size"], one["sha256"]) for name, one in value["files"].items()}
        if bad := [(name, why) for name, one in files.items() if (why := _objection(name, one))]:
            raise invalid(bad[:TOLD], len(bad))
        if sum(one.size for one in files.values()) > MAX_TOTAL:
            raise ValueError(f"announces more than {MAX_TOTAL} bytes")
        listed = [{key: one[key] for key in ("path", "commit", "at", "file")} for one in value["documents"]]
        if any(not is_safe(one["path"]) or one["file"] != f"{DOCUMENTS}{one['at']}/{one['path']}" for one in listed):
            raise ValueError("names documents where they cannot be")
        if missing := [one["file"] for one in listed if one["file"] not in files]:
            raise ValueError(f"does not list '{missing[0]}'")
        if value["counts"] != count(files):
            raise ValueError("counts other files than it lists")
        if value["revision"] is not None and not _is_hash(value["revision"], (40, 64)):
            raise ValueError("names no commit")
        return Manifest(
            revision=value["revision"],
            filter=None if value["filter"] is None else str(value["filter"]),
            counts=value["counts"],
            files=files,
            documents=listed,
            left_out=[{"path": str(one["path"]), "reason": str(one["reason"])} for one in value["left_out"]],
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        said = f"lacks {error}" if isinstance(error, KeyError) else str(error)
        raise invalid([(MANIFEST, said[:160])]) from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("says something twice")
    return found


def _objection(name: str, one: Announced) -> str | None:
    """Why there can be no such file in a snapshot."""
    size: object = one.size  # of any type, in a manifest that somebody wrote by hand
    if not isinstance(size, int) or isinstance(size, bool) or size < 0 or not _is_hash(one.sha256):
        return "has no size or no checksum"
    if name.startswith(DOCUMENTS):
        at, _, path = name.removeprefix(DOCUMENTS).partition("/")
        fits, most = _is_hash(at, (40, 64)) and is_safe(path), MAX_FILE
    else:
        place = place_of(name)
        fits, most = bool(place.area) and not place.odd, MAX_ISSUE
    if not fits:
        return "is no path of a snapshot"
    return f"has {one.size} bytes; at most {most}" if one.size > most else None


def _is_hash(text: object, lengths: Collection[int] = (64,)) -> bool:
    return isinstance(text, str) and len(text) in lengths and not text.strip("0123456789abcdef")


def is_safe(path: object) -> bool:
    """Whether a path stays below where it is put, is no path of git's, and can be shown."""
    if not isinstance(path, str) or not path.isprintable() or "\\" in path or not askable(path) or path.endswith("/"):
        return False
    return ".git" not in path.lower().split("/")


def invalid(problems: Sequence[tuple[str, str]], count: int = 1) -> SnapshotInvalid:
    name, why = problems[0]
    more = f", and {count - 1} more like it" if count > 1 else ""
    return SnapshotInvalid(
        f"'{name}' {why}{more}",
        hint="nothing was imported; get the snapshot again from whoever made it",
        details={"problems": [{"file": file, "message": said} for file, said in problems], "count": count},
    )
