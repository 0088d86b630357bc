"""`check`: judge a change of the issues before it is published; what continuous integration runs."""

from collections.abc import Iterator

from git_jit.cli import App, options
from git_jit.cli.command import command
from git_jit.cli.diff import each, escaped, format_, github_lines
from git_jit.cli.differing import cell, counts_text, markdown_lines, text_lines, value_of
from git_jit.cli.json_out import envelope
from git_jit.cli.parameters import Argument, flag
from git_jit.cli.sanitize import one_line
from git_jit.errors import UsageError
from git_jit.model import ID_LENGTH, short
from git_jit.ops.checking import Checked, Complaint, check
from git_jit.text import counted
from git_jit.validate.finding import Severity


@command(
    "check",
    examples=["git jit check HEAD~1..HEAD", "git jit check origin/jit/issues..HEAD --format github"],
)
@Argument(dest="range", metavar="BASE..HEAD")
@format_
@each
@flag("--published", "HEAD is published already, and must lead on from BASE.")
@options.color
def check_(app: App, range: str, format: str, each: bool, published: bool) -> int:
    """Judge what one commit would make of another, and show what differs.

    Where HEAD does not lead on from BASE, both are merged as 'git jit sync' would, and the result is judged: commits,
    files, documents, references, circles, and what no command changes (who made an issue, comments). What was wrong in
    BASE already is no fault of HEAD. Exit status 4 when a rule is broken, 5 when only the graph is.
    """
    base, dots, head = range.partition("..")
    if not dots or not base or head.startswith("."):
        raise UsageError(f"'{range}' is no range", hint="it is BASE..HEAD, like origin/jit/issues..HEAD")
    found = check(app.store, base, head or "HEAD", now=app.now(), published=published)
    app.json = app.json or format == "json"
    if app.json:
        count = len(found.complaints)
        app.stdout.write(envelope(value(found), total=count, returned=count, ok=found.status == 0))
    else:
        app.stdout.writelines(line + "\n" for line in _lines(app, found, format, each=each))
        if format == "text":
            app.note(_verdict(found))
    return found.status


def _lines(app: App, found: Checked, format: str, *, each: bool) -> Iterator[str]:
    if format == "markdown":
        yield from _markdown(found, each=each)
    elif format == "github":
        yield from _github(found, app.request, each=each)
    else:
        yield from _text(found, each=each)


def _text(found: Checked, *, each: bool) -> Iterator[str]:
    for one in found.complaints:
        yield "\t".join((one.severity, one.code, _subject(one), _message(one), place(one)))
    for hint in _hints(found):
        yield f"    {hint}"
    if found.complaints:
        yield ""
    yield from text_lines(found.differences, each=each)


def _github(found: Checked, guard: str, *, each: bool) -> Iterator[str]:
    """Annotations on the lines of the files, then what differs."""
    for one in found.complaints:
        where = f"file={escaped(one_line(one.path), value=True)},line={one.line}," if one.path else ""
        hint = f"\n{one_line(one.hint)}" if one.hint else ""
        said = escaped(f"{_subject(one)} {_message(one)}{hint}")
        yield f"::{one.severity} {where}title={escaped(one.code, value=True)}::{said}"
    yield from github_lines(found.differences, guard, each=each)


def _markdown(found: Checked, *, each: bool) -> Iterator[str]:
    sign = "✅" if found.status == 0 else "❌"
    yield f"### {sign} {_verdict(found)}"
    if found.complaints:
        yield from ("", "| | code | subject | what is wrong | where |", "|---|---|---|---|---|")
        for one in found.complaints:
            cells = map(cell, (one.severity, one.code, _subject(one), _message(one), place(one)))
            yield f"| {' | '.join(cells)} |"
    if hints := _hints(found):
        yield ""
        yield from (f"- {cell(hint)}" for hint in hints)
    yield ""
    yield from markdown_lines(found.differences, each=each)


def _subject(one: Complaint) -> str:
    return short(one.subject) if len(one.subject) == ID_LENGTH else one_line(one.subject)


def _message(one: Complaint) -> str:
    return one_line(one.message)


def place(one: Complaint) -> str:
    """`issues/3f/3f….json:12`; empty where there is no file to look at."""
    return f"{one_line(one.path)}:{one.line}" if one.path else ""


def _hints(found: Checked) -> list[str]:
    return list(dict.fromkeys(f"hint: {one_line(one.hint)}" for one in found.complaints if one.hint))


def _verdict(found: Checked) -> str:
    """`1 error, 0 warnings; 3 issues: 3 updated (merge of ab12… and cd34…)`."""
    wrong = f"{counted(found.count(Severity.ERROR), 'error')}, {counted(found.count(Severity.WARNING), 'warning')}"
    before = f" ({found.before} more there before)" if found.before else ""
    what = f"{found.base[:10]}..{found.head[:10]}" + (", merged" if found.result != found.head else "")
    return f"{wrong}{before}; {counts_text(found.differences)} ({what})"


def value(found: Checked) -> dict[str, object]:
    """As `--json` and `--format json` show it."""
    return {
        "base": found.base,
        "head": found.head,
        "merged": found.result != found.head,
        "errors": found.count(Severity.ERROR),
        "warnings": found.count(Severity.WARNING),
        "errors_before": found.before,
        "findings": [
            {
                "severity": one.severity,
                "code": one.code,
                "subject": one.subject,
                "message": one.message,
                "hint": one.hint,
                "path": one.path,
                "line": one.line if one.path else None,
            }
            for one in found.complaints
        ],
        **value_of(found.differences),
    }
