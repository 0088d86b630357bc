"""What the commands about documents have in common: what their words name, and how they answer."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from git_jit.cli import App
from git_jit.cli.json_out import envelope
from git_jit.cli.paging import write_long
from git_jit.cli.reporting import report_value, show_notes
from git_jit.cli.sanitize import block, one_line
from git_jit.model import MIN_PREFIX, Document, Issue, IssueId, short
from git_jit.ops import IssueNotFound, resolve
from git_jit.ops.report import Report
from git_jit.record import record
from git_jit.store.codetree import CodeTree, NoCode
from git_jit.view import View

if TYPE_CHECKING:
    from git_jit.ops.archiving import Archive
    from git_jit.ops.document_checks import Checked, Fault
    from git_jit.ops.document_versions import Content
    from git_jit.ops.documents import Naming

HEX = frozenset("0123456789abcdef-")
SHOWN_COMMIT = 10
"""Digits of a commit of the code, as in sentences of git jit about commits."""


@record
class Named:
    """What the words of a command name: issues, and paths from the top of the code."""

    ids: tuple[IssueId, ...]
    paths: tuple[str, ...]


def code_of(app: App) -> CodeTree:
    """The code beside the issues. Raises `NoCode`."""
    layout = app.git.layout()
    if layout is None:
        raise NoCode("there is no code beside these issues", hint="run it in a clone of the repository")
    return CodeTree(layout, app.environ)


def path_of(app: App, text: str) -> str:
    """The path from the top that `text`, typed here, means. Raises `DocumentOutside`, `InvalidValue`."""
    from git_jit.store.codepaths import repository_path

    layout = app.git.layout()
    if layout is None:
        raise NoCode("there is no code beside these issues", hint="run it in a clone of the repository")
    return repository_path(layout, app.cwd, text)


def stored_path(app: App, issue: Issue, text: str) -> str:
    """The same for a document that an issue names; one that is stored just so may be any text."""
    return text if any(each.path == text for each in issue.documents) else path_of(app, text)


def named(app: App, view: View, words: Sequence[str]) -> Named:
    """Issues and paths; hexadecimal digits are an issue, if there is one. Raises `IssueNotFound`, `AmbiguousId`."""
    ids: list[IssueId] = []
    paths: list[str] = []
    for word in words:
        id = _issue(view, word)
        if id is not None:
            ids.append(id)
        else:
            paths.append(path_of(app, word))
    return Named(tuple(ids), tuple(paths))


def _issue(view: View, word: str) -> IssueId | None:
    if len(word) < MIN_PREFIX or not set(word.lower()) <= HEX:
        return None
    try:
        return resolve(view, word)
    except IssueNotFound:
        if any(word in paths for paths in view.members("doc").values()):
            return None
        raise


def issue_of(view: View, text: str) -> Issue:
    """The issue itself. Raises `IssueNotFound`."""
    issue = view.issue(resolve(view, text))
    if issue is None:
        raise IssueNotFound(f"no issue '{text}'", hint="'git jit query all' lists every issue")
    return issue


def document_of(app: App, words: Sequence[str], *, pinned: bool = False) -> Document:
    """The one document that `ID`, `ID PATH` or `PATH` names. Raises `DocumentNotFound`, `DocumentAmbiguous`."""
    from git_jit.ops.document_versions import one_of

    with app.store.view() as view:
        first = _issue(view, words[0])
        if first is None:
            return Document(path=path_of(app, words[0]))
        issue = issue_of(view, first)
        return one_of(issue, stored_path(app, issue, words[1]) if len(words) > 1 else None, pinned=pinned)


# --- answers --------------------------------------------------------------------------------------------


def document_value(each: "Naming") -> dict[str, object]:
    document = each.document
    return {
        "issue": each.id,
        "title": each.title,
        "state": each.state,
        "path": document.path,
        "commit": document.commit,
        "label": document.label,
        "type": document.type,
    }


def document_row(each: "Naming") -> tuple[str, ...]:
    document = each.document
    return (
        short(each.id),
        each.state,
        document.path,
        (document.commit or "")[:SHOWN_COMMIT],
        document.type or "",
        document.label or each.title,
    )


def write_content(app: App, found: "Content") -> None:
    """As `git show` does: the very bytes in a pipe; on a screen text that cannot act, through the pager."""
    if app.json:
        import base64

        try:
            text, binary = found.data.decode(), None
        except UnicodeDecodeError:
            text, binary = None, base64.b64encode(found.data).decode()
        data = {"path": found.path, "commit": found.commit, "size": len(found.data), "content": text, "base64": binary}
        app.stdout.write(envelope(data))
    elif not app.on_screen:
        write_bytes(app, found.data)
    elif b"\0" in found.data:
        app.note(f"'{one_line(found.path)}' is binary, {len(found.data)} bytes; in a pipe it comes as it is")
    else:
        write_long(app, block(found.data.decode("utf-8", "surrogateescape")))


def write_bytes(app: App, data: bytes) -> None:
    """Bytes as they are, where standard output takes bytes."""
    raw = getattr(app.stdout, "buffer", None)
    if raw is None:
        app.stdout.write(data.decode("utf-8", "replace"))
        return
    app.stdout.flush()
    raw.write(data)
    raw.flush()


def checked_value(checked: "Checked") -> dict[str, object]:
    return {
        "files": checked.files,
        "links": checked.links,
        "external": checked.external,
        "faults": [fault_value(fault) for fault in checked.faults],
    }


def fault_value(fault: "Fault") -> dict[str, object]:
    return {
        "code": fault.kind,
        "path": fault.path,
        "commit": fault.commit,
        "line": fault.line,
        "message": fault.message,
        "hint": fault.hint,
        "issues": fault.issues,
        "new": fault.new,
    }


def fault_line(fault: "Fault") -> str:
    """`docs/plan.md:12<TAB>link_broken<TAB>the link …`; issues are named where the file itself is what is wrong."""
    at = f"@{fault.commit[:SHOWN_COMMIT]}" if fault.commit else ""
    line = "" if fault.line is None else f":{fault.line}"
    who = f" (named by {', '.join(map(short, fault.issues))})" if fault.line is None and fault.issues else ""
    return "\t".join(map(one_line, (f"{fault.path}{at}{line}", fault.kind, f"{fault.message}{who}")))


def show_archive(app: App, made: "Archive", report: Report) -> int:
    """What moved, whose links changed, and which issues follow."""
    if app.json:
        data = {"moves": made.moves, "rewritten": made.rewritten, "notes": made.notes, **report_value(report)}
        count = len(made.moves)
        app.stdout.write(envelope(data, total=count, returned=count, warnings=(*made.notes, *report.notes)))
        return report.status
    app.stdout.writelines(f"{line}\n" for line in _archive_lines(made, report))
    show_notes(app, (*made.notes, *report.notes))
    if report.dry_run:
        app.note("nothing was changed")
    else:
        app.note("hint: the files are staged; git commit makes it last")
    return report.status


def _archive_lines(made: "Archive", report: Report) -> Iterator[str]:
    for old, new in made.moves.items():
        yield f"move\t{one_line(old)}\t{one_line(new)}"
    for path in made.rewritten:
        yield f"links\t{one_line(path)}"
    for outcome in report.outcomes:
        if outcome.changed:
            yield f"issue\t{short(outcome.id)}\t{one_line(outcome.issue.title if outcome.issue else '')}"
