"""Reads our own exported directory: one file an issue, comments beside it, gates and rules."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, TypeVar

from git_jit import canonical
from git_jit.canonical import Malformed
from git_jit.codec import SCHEMA, SchemaNewer, decode_config
from git_jit.config import Config, ConfigInvalid
from git_jit.model import Comment, IssueId
from git_jit.ops.imports.jsonl import is_own, own_comment, own_gate, own_record
from git_jit.ops.imports.reading import json_object, printable, regular_files
from git_jit.ops.imports.record import MalformedInput, Parsed, Problem, Record, Remarks, SourceMissing

SYSTEM: Final = "jsonl"
T = TypeVar("T")


def read_directory(path: str) -> Parsed:
    """Read what `export --format directory` wrote. Raises `SourceMissing` or `MalformedInput` with every problem."""
    root = Path(path)
    if not (root / "issues").is_dir():
        raise SourceMissing(f"'{path}' holds no 'issues' directory", hint="name a file, or an exported directory")
    remarks, problems = Remarks(), list[Problem]()
    comments: dict[IssueId, list[Comment]] = {}
    for comment in _read(root, "comments", lambda document, _: own_comment(document), remarks, problems):
        comments.setdefault(comment.issue, []).append(comment)
    gates = list(_read(root, "gates", lambda document, _: own_gate(document), remarks, problems))
    issues = _read(root, "issues", lambda document, where: _issue(document, where, comments), remarks, problems)
    records = list(issues)
    config = _config(root, problems)
    if problems:
        raise MalformedInput(problems)
    if not records:
        remarks.add("empty-input", path, "no issue")
    return Parsed(
        system=SYSTEM, origin=path, records=tuple(records), gates=tuple(gates), config=config, remarks=remarks
    )


def _issue(document: dict[str, Any], where: str, comments: dict[IssueId, list[Comment]]) -> Record:
    if not is_own(document):
        raise ValueError("is not an issue of an export")
    return own_record(document, where, comments)


def _read(
    root: Path,
    folder: str,
    make: Callable[[dict[str, Any], str], T],
    remarks: Remarks,
    problems: list[Problem],
) -> Iterator[T]:
    """Each document of a folder as `make` understands it; what it does not goes into `problems`."""
    for document, where in _objects(root, folder, remarks, problems):
        try:
            yield make(document, where)
        except (ValueError, Malformed, SchemaNewer) as error:
            problems.append(Problem(where, None, str(error)))


def _objects(
    root: Path, folder: str, remarks: Remarks, problems: list[Problem]
) -> Iterator[tuple[dict[str, Any], str]]:
    """Every JSON object of a folder and the folders in it, with its path."""
    place = root / folder
    if not place.is_dir():
        return
    for name, usable in regular_files(place, ".json"):
        where = printable(f"{folder}/{name}")
        full = place / name
        if full.is_dir() and not full.is_symlink():
            yield from _objects(root, f"{folder}/{name}", remarks, problems)
        elif not usable:
            remarks.add("file-not-read", where, "not a JSON file")
        else:
            try:
                yield json_object(full, where), where
            except MalformedInput as error:
                problems += error.problems


def _config(root: Path, problems: list[Problem]) -> Config | None:
    path = root / "config.json"
    if not path.is_file():
        return None
    try:
        return decode_config(canonical.dumps({"schema": SCHEMA, **json_object(path, "config.json")}))
    except MalformedInput as error:
        problems += error.problems
    except (Malformed, SchemaNewer, ConfigInvalid) as error:
        problems.append(Problem("config.json", None, error.message))
    return None
