"""`import` and `export`: moving in from other trackers, and out again."""

import json
import os
import re
from collections.abc import Iterable, Sequence

from git_jit.cli import App, options
from git_jit.cli.command import command
from git_jit.cli.json_out import envelope
from git_jit.cli.narrow import narrow_options
from git_jit.cli.parameters import Argument, choice, flag, switch, text
from git_jit.cli.progress import Meter
from git_jit.cli.render import answer
from git_jit.cli.sanitize import ACTING, block, one_line
from git_jit.condition import Condition
from git_jit.errors import UsageError
from git_jit.ops.queries import Asker, narrowed
from git_jit.record import replace
from git_jit.view import View

SOURCES = ("jit", "beads", "backlog", "jsonl")
FORMATS = ("json", "jsonl", "markdown", "csv", "directory")
STDIN = "-"
_ACTING_IN_LINES = re.compile(rf"(?!\n){ACTING}")


@command(
    "import",
    examples=[
        "git jit import --from beads .beads/issues.jsonl --dry-run",
        "git jit import --from jit .",
        "git jit import --from jsonl - < issues.jsonl",
    ],
)
@replace(choice("--from", SOURCES, "What wrote the data.", dest="source"), required=True)
@Argument(dest="path", metavar="PATH")
@options.dry_run
@switch("--strict", "Refuse when anything is guessed, altered or left out.")
@flag("--with-tombstones", "Import deleted records of beads as rejected.", off="--without-tombstones")
@choice(
    "--prefer",
    ("here", "source"),
    "Whose word counts where both sides changed something since the last import.",
    default="here",
)
@options.progress
@options.actor
def import_(
    app: App,
    source: str,
    path: str,
    dry_run: bool,
    strict: bool,
    with_tombstones: bool,
    prefer: str,
    progress: bool | None,
) -> None:
    """Take over the issues of another tracker, in one commit.

    PATH is a file, a directory, or '-' for standard input. Doing it again changes only what the source has
    changed. Everything that is altered, guessed or left out is counted in the report, by rule.
    """
    from git_jit.ops import imports

    data = app.stdin.read() if path == STDIN else None
    shown = "standard input" if path == STDIN else path
    if data is not None and source in {"jit", "backlog"}:
        raise UsageError(f"'{source}' is a directory; it cannot be read from standard input", hint="name its path")
    parsed = imports.read(source, shown, data=data, with_tombstones=with_tombstones)
    with Meter(app, wanted=progress) as meter:
        report = imports.import_issues(
            app.store,
            app.caller(),
            parsed,
            dry_run=dry_run,
            strict=strict,
            prefer_source=prefer == "source",
            progress=meter,
        )
    answer(app, report.to_json(), lambda: report_text(report.to_json()))


def report_text(report: dict[str, object]) -> str:
    """Counts, then one line a rule: name, how often, what it means, and the first place."""
    would = "would be " if report["dry_run"] else ""
    lines = [f"{would}{name.replace('_', ' ')}\t{report[name]}\n" for name in ("created", "updated")]
    lines += [f"{name.replace('_', ' ')}\t{report[name]}\n" for name in ("unchanged", "left_out", "comments", "gates")]
    for rule in report["rules"]:  # type: ignore[attr-defined]
        first = rule["examples"][0]
        place = one_line(f"{first['where']}: {first['text']}")
        lines.append(f"{rule['rule']}\t{rule['count']}\t{rule['meaning']}\t{place}\n")
    return "".join(lines)


@command(
    "export",
    examples=[
        "git jit export > issues.json",
        "git jit export --format csv --output issues.csv --filter 'is:open'",
        "git jit export --format directory --output backup",
    ],
)
@choice("--format", FORMATS, "What to write.", default="json")
@text("--output", "-o", metavar="PATH", help="The file or directory to write; by itself standard output.")
@narrow_options
@options.at
@options.progress
def export(
    app: App,
    format: str,
    output: str | None,
    filters: Sequence[str],
    at: str | None,
    progress: bool | None,
) -> None:
    """Write issues as JSON, JSON Lines, Markdown, CSV or a directory of files.

    'json', 'jsonl' and 'directory' can be imported again and give the same issues; 'markdown' and 'csv' are for
    people. Without a filter it is every issue in every state.
    """
    if output is None and format == "directory":
        raise UsageError("a directory needs a place", hint="add '--output PATH'")
    if output is None and app.json and format != "json":
        raise UsageError(f"'--json' and '--format {format}' both say what to print", hint="add '--output PATH'")
    with app.store.view(at) as view, Meter(app, wanted=progress) as meter:
        chosen = narrowed(view, filters, Asker(me=app.actor, now=app.now())) if filters else None
        _export(app, view, format, output, chosen, " ".join(filters) or None, meter)


def _export(
    app: App,
    view: View,
    format: str,
    output: str | None,
    chosen: Condition | None,
    filter: str | None,
    meter: Meter,
) -> None:
    from git_jit.ops import exports

    if format == "directory" and output is not None:
        count = exports.export_directory(view, output, chosen, progress=meter)
        answer(app, {"format": format, "output": output, "issues": count}, lambda: f"{count} issues\n")
        return
    pieces = exports.export(view, exports.Format(format), chosen, filter=filter, progress=meter)
    harmless = map(_in_json if format in {"json", "jsonl"} else _in_text, pieces)
    if output is not None:
        _write_file(output, harmless)
        answer(app, {"format": format, "output": output}, lambda: "")
    elif app.json:
        app.stdout.write(envelope(json.loads("".join(harmless))))
    else:
        app.stdout.writelines(harmless)


def _in_json(piece: str) -> str:
    """Acting characters as JSON's own escapes: nothing is lost, and nothing acts on a screen."""
    return _ACTING_IN_LINES.sub(lambda found: json.dumps(found[0])[1:-1], piece)


def _in_text(piece: str) -> str:
    """Acting characters made visible; the line ends of CSV stay."""
    return "\r\n".join(map(block, piece.split("\r\n")))


def _write_file(path: str, pieces: Iterable[str]) -> None:
    """Write beside the file and put it in its place when it is whole. Raises `TargetNotWritable`."""
    from git_jit.ops.exports import TargetNotWritable

    beside = f"{path}.part"
    try:
        with open(beside, "w", encoding="utf-8", newline="") as file:
            file.writelines(pieces)
        os.replace(beside, path)
    except OSError as error:
        reason = (error.strerror or "cannot be written").lower()
        raise TargetNotWritable(
            f"'{path}' cannot be written: {reason}", hint="check the path and its permissions"
        ) from error
