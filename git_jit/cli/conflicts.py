"""`conflicts` and `resolve`, `merge`, and what git itself calls: the merge driver and the diff driver."""

import os
from collections.abc import Iterator

from git_jit.cli import App, options
from git_jit.cli.command import command
from git_jit.cli.json_out import envelope
from git_jit.cli.names import short_names
from git_jit.cli.parameters import Argument, Option, flag, text
from git_jit.cli.render import answer, show_rows
from git_jit.cli.sanitize import block, one_line
from git_jit.errors import NotFound, UsageError
from git_jit.merge import Row, merge_file
from git_jit.merge.desk import shown
from git_jit.ops import conflicts as deciding
from git_jit.ops import merging
from git_jit.ops import resolve as issue_named
from git_jit.ops.conflicts import Choice, Waiting
from git_jit.ops.sync import exchange_of
from git_jit.view import View

HEAD = ("issue", "field", "stands", "waits", "title")
TABLE = ("issue", "field", "base", "here", "there", "merged", "rule")

_take = Option(
    names=("--take",),
    dest="take",
    help="Let the value that waits stand instead; a number says which of several.",
    metavar="N",
    bare="1",
)


class FileMissing(NotFound):
    """A file that git should have handed over is not there."""

    code = "file_missing"


@command("conflicts", examples=["git jit conflicts", "git jit conflicts 3f9c2a1 --json"])
@Argument(dest="id", metavar="ID", required=False)
@options.color
def conflicts(app: App, id: str | None) -> int:
    """List what merges could not decide.

    One value stands, so that everything works; the other waits for 'git jit resolve'. With ID, only about that issue.
    """
    with app.store.view() as view:
        found = deciding.waiting(app.store, view, id)
        if id is not None and not found and not deciding.is_other_subject(id):
            issue_named(view, id)  # raises where there is none: that nothing waits would be no answer
        names = _names(view, found)
    data = [one.to_json() for one in found]
    rows = [
        (
            names.get(one.subject, one.subject),
            one.field,
            shown(one.conflict.kept.value),
            " | ".join(shown(entry.value) for entry in one.conflict.lost),
            f"{one.title} ({one.why})",
        )
        for one in found
    ]
    return show_rows(app, data, HEAD, rows, empty="nothing waits for a decision")


def _names(view: View, found: list[Waiting]) -> dict[str, str]:
    issues = list(dict.fromkeys(one.issue for one in found if one.issue))
    return {str(id): name for id, name in short_names(view, issues).items()}


@command(
    "resolve",
    examples=[
        "git jit resolve 3f9c2a1 title --keep",
        "git jit resolve 3f9c2a1 title --take",
        "git jit resolve 3f9c2a1 title --value 'Repair both doors'",
    ],
)
@options.id
@Argument(dest="field", metavar="FIELD", required=False)
@flag("--keep", "Let the value that stands go on standing.")
@_take
@text("--value", metavar="TEXT", help="Let this value stand instead of either.")
@options.dry_run
@options.actor
def resolve(
    app: App, id: str, field: str | None, keep: bool, take: str | None, value: str | None, dry_run: bool
) -> None:
    """Decide what a merge could not.

    The decision is a commit like any other: it is shared by 'git jit sync', and 'git jit undo' takes it back.
    """
    if [keep, take is not None, value is not None].count(True) != 1:
        raise UsageError("say what shall stand: '--keep', '--take' or '--value'", hint="git jit conflicts")
    number = int(take) if take and take.isascii() and take.isdigit() and len(take) < 9 else None
    if take is not None and number is None:
        raise UsageError(f"'{one_line(take)}' is no number", hint="'--take=2' takes the second value that waits")
    choice = Choice(keep=keep, take=number, value=value)
    done = deciding.resolve(app.store, app.caller(), id, field, choice, dry_run=dry_run)
    verb = "would stand" if dry_run else "stands"
    what = "as it is" if choice.keep else one_line(shown(done.value))
    answer(app, done.to_json(), lambda: f"{one_line(done.waiting.field)} {verb}: {what}\n")


@command("merge", examples=["git jit merge --dry-run", "git jit merge upstream/jit/issues"])
@Argument(dest="revision", metavar="REVISION", required=False)
@options.dry_run
@options.actor
def merge_(app: App, revision: str | None, dry_run: bool) -> None:
    """Bring a commit together with the issues of this clone, field by field.

    Without REVISION it is what was last fetched from the remote that is synced with. With --dry-run nothing is changed,
    and every field that both sides changed is shown with what becomes of it.
    """
    app.lazy = False
    exchange = exchange_of(app.store)
    if revision is None:
        remote = exchange.remote()
        tip = exchange.tracked(remote.name)[0].tip
        name = remote.name
        if tip is None:
            raise NotFound(f"nothing that '{name}' publishes is known here", hint="'git jit fetch' fetches it")
    else:
        name, tip = revision, next(iter(app.store.history(revision))).oid
    taken = merging.bring_in(app.store, exchange, app.caller(), name, tip, dry_run=dry_run)
    rows = taken.merged.rows if taken.merged else ()
    data = {**taken.to_json(), "fields": [_row_value(row) for row in rows], "dry_run": dry_run}
    lines = [f"{one_line(taken.line)}\n"]
    if dry_run:
        lines = ["\t".join(map(one_line, _row(row))) + "\n" for row in rows] + lines
    answer(app, data, lambda: "".join(lines), warnings=taken.warnings)


def _row(row: Row) -> tuple[str, ...]:
    values = (shown(value) for value in (row.base, row.one, row.other, row.merged))
    return (merging.place_name(row.path), ".".join(row.field) or "document", *values, row.rule)


def _row_value(row: Row) -> dict[str, object]:
    from git_jit.merge import MISSING

    values = {"base": row.base, "here": row.one, "there": row.other, "merged": row.merged}
    told = {name: None if value is MISSING else value for name, value in values.items()}
    return {"path": row.path, "field": list(row.field), **told, "rule": row.rule}


# --- called by git --------------------------------------------------------------------------------------


@command("merge-file", examples=["git jit merge-file %O %A %B %P"])
@Argument(dest="base", metavar="BASE")
@Argument(dest="ours", metavar="OURS")
@Argument(dest="theirs", metavar="THEIRS")
@Argument(dest="path", metavar="PATH")
def merge_file_(app: App, base: str, ours: str, theirs: str, path: str) -> int:
    """Merge one file of the issues, as git's merge driver.

    For whoever merges the published branch with plain 'git merge': fields instead of lines, and never conflict markers.
    OURS is overwritten with the result. Exit status 1 when something is left to decide; what was not taken is told.
    """
    merged = merge_file(_read(app, base), _read(app, ours), _read(app, theirs), path)
    if merged.data is not None:
        with open(os.path.join(app.cwd, ours), "wb") as file:
            file.write(merged.data)
    told = list(_told(path, merged.problem, merged.conflicts))
    if app.json:
        app.stdout.write(envelope({"path": path, "clean": merged.clean, "told": told}, ok=merged.clean))
    for line in told:
        app.note(line)
    return 0 if merged.clean else 1


def _told(path: str, problem: str | None, conflicts: object) -> Iterator[str]:
    name = one_line(merging.place_name(path))
    if problem:
        yield f"error: '{one_line(path)}' {one_line(problem)}"
    for one in conflicts if isinstance(conflicts, tuple) else ():
        lost = " | ".join(shown(entry.value) for entry in one.lost)
        yield f"conflict: {name} {'.'.join(one.field) or 'document'} is {shown(one.kept.value)}, not {lost}"


def _read(app: App, name: str) -> bytes:
    try:
        with open(os.path.join(app.cwd, name), "rb") as file:
            return file.read()
    except OSError as error:
        raise FileMissing(f"cannot read '{one_line(name)}': {(error.strerror or '').lower()}") from error


@command("textconv", examples=["git jit textconv issue.json"])
@Argument(dest="file", metavar="FILE")
def textconv(app: App, file: str) -> None:
    """Print one file of the issues for people, as git's diff driver.

    One line a field, without what is empty; a description as it is written. What is no document is printed as it is.
    """
    from git_jit.ops.reading import readable

    data = _read(app, file)
    lines = readable(data)
    answer(app, {"lines": lines}, lambda: block("\n".join(lines)) + "\n")
