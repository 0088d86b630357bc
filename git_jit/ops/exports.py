"""Moving out: everything, or what a filter chose, as JSON, JSON Lines, Markdown, CSV or a directory.

`json`, `jsonl` and `directory` can be imported again and give equal issues (`import --from jsonl`);
`markdown` and `csv` are for people. All are written piece by piece, and the same view gives the same bytes.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from git_jit import __version__
from git_jit.codec import SCHEMA, encode_comment, encode_gate, encode_issue, issue_document
from git_jit.condition import All, Condition, Sort
from git_jit.config import Config, dump
from git_jit.errors import Refused
from git_jit.model import Comment, Issue, Progress, ignore
from git_jit.paths import CONFIG, comment_path, gate_path, issue_path
from git_jit.view import View


class Format(StrEnum):
    JSON = "json"
    JSONL = "jsonl"
    MARKDOWN = "markdown"
    CSV = "csv"
    DIRECTORY = "directory"


class TargetExists(Refused):
    """The directory to export into is not empty. Nothing was written."""

    code = "export_target_exists"


class TargetNotWritable(Refused):
    """The export cannot be written there."""

    code = "export_not_writable"


STEP: Final = 200
"""Issues between two reports of progress."""
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""Beginnings that a spreadsheet takes for a formula (OWASP, CSV injection)."""
COLUMNS: Final = (
    "id", "title", "state", "priority", "assignee", "labels", "dependencies", "parents", "due", "defer_until",
    "estimate", "created_at", "created_by", "closed_at", "close_reason", "comments", "description",
)  # fmt: skip
OLDEST_FIRST: Final = (Sort("created"), Sort("id"))


def export(
    view: View,
    format: Format,
    condition: Condition | None = None,
    *,
    filter: str | None = None,
    progress: Callable[[Progress], None] = ignore,
) -> Iterator[str]:
    """The text of an export, piece by piece; `filter` is the condition as it was typed. Not for `directory`."""
    issues = _chosen(view, condition, progress)
    match format:
        case Format.JSON:
            return _json(view, issues, filter)
        case Format.JSONL:
            return _jsonl(view, issues)
        case Format.MARKDOWN:
            return _markdown(view, issues)
        case Format.CSV:
            return _csv(view, issues)
        case Format.DIRECTORY:
            raise ValueError(format)


def export_directory(
    view: View, path: str, condition: Condition | None = None, *, progress: Callable[[Progress], None] = ignore
) -> int:
    """Write one file an issue, its comments, the gates and the rules below `path`; the number of issues.

    Files are the stored documents, under the names they have in the repository. Raises `TargetExists` unless
    `path` is absent or empty, `TargetNotWritable`.
    """
    try:
        root = Path(path)
        if (root.exists() or root.is_symlink()) and not (root.is_dir() and not any(root.iterdir())):
            raise TargetExists(f"'{path}' is there and not empty", hint="name a directory that does not exist yet")
        count = 0
        (root / "issues").mkdir(parents=True, exist_ok=True)
        for name, data in documents(view, condition, progress=progress):
            count += name.startswith("issues/")
            _write(root, name, data)
        return count
    except OSError as error:
        reason = (error.strerror or "cannot be written").lower()
        message = f"'{path}' cannot be written: {reason}"
        raise TargetNotWritable(message, hint="check the path, its permissions and free space") from error


def documents(
    view: View, condition: Condition | None = None, *, progress: Callable[[Progress], None] = ignore
) -> Iterator[tuple[str, bytes]]:
    """The stored documents under the names they have in the repository: issues with their comments, oldest first, then
    the gates and the rules. What cannot be read is left out.
    """
    for issue in _chosen(view, condition, progress):
        yield issue_path(issue.id), encode_issue(issue)
        for comment in view.comments(issue.id):
            yield comment_path(issue.id, comment.id), encode_comment(comment)
    for key, gate in sorted(view.gates().items()):
        yield gate_path(key), encode_gate(gate)
    yield CONFIG, _pretty(_config(view.config))


def _write(root: Path, name: str, data: bytes) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _chosen(view: View, condition: Condition | None, progress: Callable[[Progress], None]) -> Iterator[Issue]:
    """The issues, oldest first: what exists stays where it is when something new arrives."""
    ids = view.select(condition or All(()), sort=OLDEST_FIRST).ids
    for number, id in enumerate(ids):
        if number % STEP == 0:
            progress(Progress("exporting", number, len(ids)))
        if issue := view.issue(id):
            yield issue


# JSON


def _json(view: View, issues: Iterable[Issue], filter: str | None) -> Iterator[str]:
    """One document (`git jit schema export`), an issue or comment a line."""
    head = {"schema": SCHEMA, "generator": f"git-jit {__version__}", "base": view.base, "filter": filter}
    yield _line(head)[:-1] + f',"config":{_line(_config(view.config))},"gates":['
    yield from _members(_line(_plain(encode_gate(gate), "description")) for _, gate in sorted(view.gates().items()))
    comments: list[Comment] = []
    yield '],"issues":['
    yield from _members(_line(issue_json(issue)) for issue in _noting(view, issues, comments))
    yield '],"comments":['
    yield from _members(_line(comment_json(comment)) for comment in comments)
    yield "]}\n"


def _noting(view: View, issues: Iterable[Issue], comments: list[Comment]) -> Iterator[Issue]:
    for issue in issues:
        comments += view.comments(issue.id)
        yield issue


def _members(lines: Iterable[str]) -> Iterator[str]:
    before = "\n"
    for line in lines:
        yield before + line
        before = ",\n"


def _jsonl(view: View, issues: Iterable[Issue]) -> Iterator[str]:
    for issue in issues:
        comments = [comment_json(comment) for comment in view.comments(issue.id)]
        yield _line({**issue_json(issue), "comments": comments}) + "\n"


def issue_json(issue: Issue) -> dict[str, Any]:
    """The stored document with the description as one string, as everywhere but in the store."""
    return {**issue_document(issue), "description": issue.description}


def comment_json(comment: Comment) -> dict[str, Any]:
    return _plain(encode_comment(comment), "body")


def _plain(data: bytes, lines: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(data)
    return {**document, lines: "\n".join(document[lines])}


def _config(config: Config) -> dict[str, Any]:
    return dump(config)


def _line(value: Mapping[str, Any]) -> str:
    """One line of JSON. Line separators of Unicode are escaped, so that every reader sees one line."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029").replace("\x85", "\\u0085")


def _pretty(value: Mapping[str, Any]) -> bytes:
    return (json.dumps(value, ensure_ascii=False, sort_keys=True, indent=2) + "\n").encode()


# For people


def _markdown(view: View, issues: Iterable[Issue]) -> Iterator[str]:
    yield "# Issues\n"
    for issue in issues:
        yield f"\n## {_escape(issue.title)}\n\n{_facts(view, issue)}"
        if issue.description:
            yield f"\n{_demoted(issue.description)}\n"
        for comment in _current(view.comments(issue.id)):
            yield f"\n> **{comment.author or 'unknown'}**, {comment.created_at[:19]}Z\n>\n"
            yield "".join(f"> {line}".rstrip() + "\n" for line in comment.body.split("\n"))


def _facts(view: View, issue: Issue) -> str:
    """What is known about an issue, as a list; what is not said is left out."""
    facts = [
        ("Id", f"`{issue.id}`"),
        ("State", issue.state),
        ("Priority", issue.priority),
        ("Assignee", _escape(issue.assignee or "")),
        ("Labels", ", ".join(f"`{label}`" for label in issue.labels)),
        ("Waits for", ", ".join(_named(view, id) for id in issue.dependencies)),
        *((link.type.capitalize(), _named(view, link.target)) for link in issue.links),
        *((f"{link.type.capitalize()} (not here)", _escape(link.target)) for link in issue.unresolved),
        ("Gates", ", ".join(f"{key}: {status.status}" for key, status in sorted(issue.gates.items()))),
        ("Documents", ", ".join(_escape(document.path) for document in issue.documents)),
        ("Due", issue.due or ""),
        ("Created", f"{issue.created_at[:19]}Z"),
        ("Closed", f"{issue.closed_at[:19]}Z" if issue.closed_at else ""),
        ("Reason", _escape(" ".join((issue.close_reason or "").split()))),
    ]
    return "".join(f"- {name}: {value}\n" for name, value in facts if value)


def _named(view: View, id: str) -> str:
    issue = view.issue(id)  # type: ignore[arg-type]
    return f"{_escape(issue.title)} (`{id[:7]}`)" if issue else f"`{id}` (not here)"


def _escape(text: str) -> str:
    """Text that Markdown shows as it is."""
    return "".join(f"\\{c}" if c in "\\`*_[]<>#|&" else c for c in text)


def _demoted(text: str) -> str:
    """Headings below the issue's own, outside of code blocks."""
    lines, fenced = [], False
    for line in text.split("\n"):
        fenced ^= line.lstrip().startswith(("```", "~~~"))
        heading = not fenced and line.startswith("#") and line.lstrip("#").startswith(" ")
        lines.append(f"{'##'[: max(0, 6 - _level(line))]}{line}" if heading else line)
    return "\n".join(lines)


def _level(line: str) -> int:
    return len(line) - len(line.lstrip("#"))


def _current(comments: Iterable[Comment]) -> list[Comment]:
    """Comments without those that another one replaces."""
    every = list(comments)
    replaced = {comment.replaces for comment in every}
    return [comment for comment in every if comment.id not in replaced]


def _csv(view: View, issues: Iterable[Issue]) -> Iterator[str]:
    """RFC 4180 with CR LF. Cells that a spreadsheet would run get a leading apostrophe; see `unescape_cell`."""
    yield ",".join(COLUMNS) + "\r\n"
    for issue in issues:
        yield ",".join(_cell(value) for value in _row(view, issue)) + "\r\n"


def _row(view: View, issue: Issue) -> tuple[str, ...]:
    parents = [link.target for link in issue.links if link.type == "parent"]
    return (
        issue.id,
        issue.title,
        issue.state,
        issue.priority,
        issue.assignee or "",
        " ".join(issue.labels),
        " ".join(issue.dependencies),
        " ".join(parents),
        issue.due or "",
        issue.defer_until or "",
        "" if issue.estimate is None else str(issue.estimate),
        issue.created_at,
        issue.created_by or "",
        issue.closed_at or "",
        issue.close_reason or "",
        str(len(_current(view.comments(issue.id)))),
        issue.description,
    )


def _cell(text: str) -> str:
    text = escape_cell(text)
    if any(character in text for character in ',"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text


def escape_cell(text: str) -> str:
    """A cell that no spreadsheet runs. One that begins with an apostrophe gets another, so that it can be undone."""
    return f"'{text}" if text.startswith((*FORMULA, "'")) else text


def unescape_cell(text: str) -> str:
    """The inverse of `escape_cell`."""
    return text.removeprefix("'")
