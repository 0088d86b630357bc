"""`diff`: what differs between two commits of the issues, or which issues commits of the code name."""

from collections.abc import Iterator
from typing import Final

from git_jit.cli import App, options
from git_jit.cli.command import command
from git_jit.cli.differing import counts_text, markdown_lines, tally_text, text_lines, value_of
from git_jit.cli.json_out import envelope
from git_jit.cli.paging import write_long
from git_jit.cli.parameters import Argument, Option, flag, text
from git_jit.cli.render import show_rows
from git_jit.cli.sanitize import one_line
from git_jit.differences import Differences, summary
from git_jit.errors import UsageError
from git_jit.model import short
from git_jit.ops.differing import Differing, Named, differ, named_by, span_of
from git_jit.text import counted

FORMATS: Final = ("text", "json", "markdown", "github")
FOUND: Final = 1
"""Exit status of `--exit-code` when there are differences, as of `git diff`."""
format_ = Option(
    names=("--format",),
    dest="format",
    help="How to say it: text, json, markdown, or github for the log of a workflow there.",
    kind="choice",
    choices=FORMATS,
    default="text",
)
each = flag("--each", "Tell every issue by itself, also where the same was done to many.")


@command("diff", examples=["git jit diff", "git jit diff HEAD~3..HEAD", "git jit diff --code main..topic --json"])
@Argument(dest="range", metavar="OLD..NEW", required=False)
@text("--code", metavar="RANGE", help="List the issues that commits of the code name, by 'Closes-Jit:' and 'Jit:'.")
@format_
@each
@flag("--exit-code", "Exit with 1 if anything differs.")
@options.color
def diff(app: App, range: str | None, code: str | None, format: str, each: bool, exit_code: bool) -> int:
    """Show what differs between two commits, a line for each issue.

    Without a range: what was done here and is not published yet. One revision stands for all since then, OLD...NEW for
    what NEW did since both were the same. Where the same was done to several issues one line tells it, and from ten
    issues on a summary comes first.
    """
    app.json = app.json or format == "json"
    if code is not None:
        if range is not None:
            raise UsageError("'--code' takes the place of a range of issues", hint="leave one of them out")
        return _show_named(app, named_by(app.store, app.store.code_commits(code)))
    found = differ(app.store, *span_of(app.store, range))
    if app.json:
        data = {"old": found.old, "new": found.new, **value_of(found.differences)}
        count = len(found.differences.issues)
        app.stdout.write(envelope(data, total=count, returned=count))
    else:
        write_long(app, "".join(line + "\n" for line in _lines(app, found, format, each=each)))
        if format == "text":
            app.note(f"{found.old[:10]}..{found.new[:10]}: {counts_text(found.differences)}")
    differs = bool(found.differences.issues or found.differences.files)
    return FOUND if exit_code and differs else 0


def _lines(app: App, found: Differing, format: str, *, each: bool) -> Iterator[str]:
    if format == "markdown":
        return markdown_lines(found.differences, each=each)
    if format == "github":
        return github_lines(found.differences, app.request, each=each)
    return text_lines(found.differences, each=each)


def github_lines(found: Differences, guard: str, *, each: bool = False) -> Iterator[str]:
    """For the log of a workflow: one notice, which the page of the run shows, and all lines in a group to unfold.

    Between two lines that say `guard`, which nobody else can know, nothing foreign is taken for a command.
    """
    told = [
        counts_text(found),
        *(f"{counted(len(tally.ids), 'issue')}: {tally_text(tally)}" for tally in summary(found)),
    ]
    notice = escaped("\n".join(told))
    yield f"::notice title=Issues::{notice}"
    yield f"::group::{escaped(counts_text(found))}"
    yield f"::stop-commands::{guard}"
    yield from text_lines(found, each=each)
    yield f"::{guard}::"
    yield "::endgroup::"


def escaped(text: str, *, value: bool = False) -> str:
    """Text for a workflow command of GitHub, or for the value of one of its properties (toolkit, core/command.ts)."""
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if value else text


def _show_named(app: App, found: list[Named]) -> int:
    data = [named.to_json() for named in found]
    rows = [
        (
            short(named.issue) if named.issue else named.text,
            "closes" if named.closes else "mentions",
            named.state or "unknown",
            ",".join(oid[:10] for oid in named.commits),
            one_line(named.title or named.problem or ""),
        )
        for named in found
    ]
    head = ("id", "how", "state", "commits", "title")
    return show_rows(app, data, head, rows, empty="these commits name no issue")
