"""`doc`: the files of the code that issues name."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from git_jit.cli import App, options, words
from git_jit.cli.command import command
from git_jit.cli.documenting import (
    SHOWN_COMMIT,
    Named,
    checked_value,
    code_of,
    document_of,
    document_row,
    document_value,
    fault_line,
    issue_of,
    named,
    path_of,
    show_archive,
    stored_path,
    write_bytes,
    write_content,
)
from git_jit.cli.json_out import envelope
from git_jit.cli.paging import write_long
from git_jit.cli.parameters import Argument, flag, text
from git_jit.cli.render import show_rows
from git_jit.cli.reporting import outcome_line, report_value, show_notes, show_report
from git_jit.cli.sanitize import block, one_line
from git_jit.condition import Condition
from git_jit.errors import UsageError
from git_jit.model import Document
from git_jit.ops import documents
from git_jit.record import replace
from git_jit.store.codetree import CodeTree
from git_jit.text import clean_line, counted
from git_jit.view import View

if TYPE_CHECKING:
    from git_jit.ops.document_checks import Checked

FAULTY = 1
"""Exit status of a check that found something, as of grep and diff."""
HISTORY = 30
"""Commits that 'history' shows by itself: a screen."""
MAX_WORDS = 200
"""Characters of a label or a type."""

_paths = Argument(dest="paths", metavar="PATH...", many=True)
_what = Argument(dest="what", metavar="ID|PATH...", many=True)
_anything = Argument(dest="what", metavar="ID|PATH...", many=True, required=False)
_one = Argument(dest="what", metavar="ID [PATH]|PATH", many=True)
_commit = text("--commit", metavar="REV", help="As of this commit of the code.")


@command(
    "add",
    examples=[
        "git jit doc add 3f9c2a1 docs/plan.md",
        "git jit doc add 3f9c2a1 docs/plan.md --label 'The plan' --type design",
        "git jit doc add 3f9c2a1 docs/plan.md --commit v1.2",
    ],
)
@options.id
@_paths
@_commit
@text("--label", "-l", metavar="TEXT", help="What it is, on one line.")
@text("--type", metavar="TEXT", help="Which kind of document it is: design, notes.")
@options.if_version
@options.acting
def add(
    app: App,
    id: str,
    paths: Sequence[str],
    commit: str | None,
    label: str | None,
    type: str | None,
    if_version: str | None,
) -> int:
    """Let an issue name files of the code.

    A path counts from here. With --commit the issue names the file as it was then, wherever it is now; without, the
    file as it is, and the hooks follow when it is renamed.
    """
    from git_jit.store.codepaths import check_file

    code = code_of(app)
    at = None if commit is None else code.resolve(commit)
    found = []
    for given in paths:
        path = path_of(app, given)
        check_file(code, path, at, top=code.worktree)
        found.append(Document(path=path, commit=at, label=_line(label, "label"), type=_line(type, "type")))
    version = words.version(if_version)
    return show_report(app, documents.add(app.store, app.caller(), id, found, if_version=version))


def _line(said: str | None, field: str) -> str | None:
    return None if said is None else clean_line(said, field=field, limit=MAX_WORDS)


@command("rm", examples=["git jit doc rm 3f9c2a1 docs/plan.md"])
@options.id
@_paths
@text("--commit", metavar="REV", help="Only as of this commit of the code, which may be abbreviated.")
@options.if_version
@options.acting
def rm(app: App, id: str, paths: Sequence[str], commit: str | None, if_version: str | None) -> int:
    """Let an issue name files no longer; the files stay."""
    with app.store.view() as view:
        issue = issue_of(view, id)
    gone = [stored_path(app, issue, given) for given in paths]
    at = commit
    if commit is not None and not any((each.commit or "").startswith(commit) for each in issue.documents):
        at = code_of(app).resolve(commit)
    version = words.version(if_version)
    return show_report(app, documents.remove(app.store, app.caller(), issue.id, gone, commit=at, if_version=version))


@command(
    "list",
    examples=[
        "git jit doc list",
        "git jit doc list 3f9c2a1",
        "git jit doc list docs/plan.md",
        "git jit doc list --filter 'is:open' --json",
    ],
)
@_anything
@text("--filter", "-f", metavar="EXPR", many=True, help="Only of issues that meet this filter.")
@options.at
@options.color
def list_(app: App, what: Sequence[str], filter: Sequence[str], at: str | None) -> int:
    """List which issues name which files; of issues, of files, of directories, or all."""
    with app.store.view(at) as view:
        said = named(app, view, what)
        found = documents.listed(view, ids=said.ids or None, paths=said.paths, condition=_narrowed(app, view, filter))
    head = ("ISSUE", "STATE", "PATH", "COMMIT", "TYPE", "LABEL")
    rows = [document_row(each) for each in found]
    return show_rows(app, [document_value(each) for each in found], head, rows, empty="no documents")


def _narrowed(app: App, view: View, filters: Sequence[str]) -> Condition | None:
    from git_jit.ops.queries import Asker, narrowed

    return narrowed(view, filters, Asker(me=app.actor, now=app.now())) if filters else None


@command(
    "show",
    examples=["git jit doc show 3f9c2a1", "git jit doc show 3f9c2a1 docs/plan.md", "git jit doc show docs/plan.md"],
)
@_one
@_commit
@options.color
def show(app: App, what: Sequence[str], commit: str | None) -> None:
    """Show a document: as it lies here, or as of the commit it is pinned to."""
    from git_jit.ops.document_versions import content

    document = _document(app, what)
    write_content(app, content(code_of(app), document.path, commit or document.commit))


@command("history", examples=["git jit doc history 3f9c2a1", "git jit doc history docs/plan.md --limit 5"])
@_one
@replace(options.limit, default=HISTORY)
@options.color
def history(app: App, what: Sequence[str], limit: int) -> int:
    """List the commits of the code that changed a document, newest first, through renames."""
    from git_jit.ops import document_versions
    from git_jit.times import as_timestamp

    found = document_versions.history(code_of(app), _document(app, what), limit or None)
    data = [
        {
            "commit": each.commit,
            "at": as_timestamp(each.time),
            "author": each.author,
            "subject": each.subject,
            "path": each.path,
            "old": each.old,
        }
        for each in found
    ]
    rows = [
        (
            each.commit[:SHOWN_COMMIT],
            as_timestamp(each.time)[:10],
            each.author,
            f"{each.old} → {each.path}" if each.old else each.path,
            each.subject,
        )
        for each in found
    ]
    return show_rows(app, data, ("COMMIT", "DATE", "AUTHOR", "PATH", "SUBJECT"), rows, empty="no commit has it")


@command(
    "diff",
    examples=["git jit doc diff 3f9c2a1", "git jit doc diff docs/plan.md --from v1.0 --to v1.2"],
)
@_one
@text(
    "--from", dest="old", metavar="REV", help="Begin at this commit of the code; by itself where it is pinned, or HEAD."
)
@text("--to", dest="new", metavar="REV", help="End at this commit of the code; by itself now.")
@options.color
def diff(app: App, what: Sequence[str], old: str | None, new: str | None) -> int:
    """Show what changed in a document: since the commit it is pinned to, or between two."""
    from git_jit.ops.document_versions import changes

    document = _document(app, what, pinned=True)
    found = changes(code_of(app), document, old, new)
    if app.json:
        data = {
            "path": document.path,
            "from": old or document.commit,
            "to": new,
            "diff": found.decode("utf-8", "replace"),
        }
        app.stdout.write(envelope(data))
    elif app.on_screen:
        write_long(app, block(found.decode("utf-8", "surrogateescape")))
    else:
        write_bytes(app, found)
    if not found:
        app.note("nothing differs")
    return 0


def _document(app: App, what: Sequence[str], *, pinned: bool = False) -> Document:
    if len(what) > 2:
        raise UsageError("one document at a time", hint="give an id, a path, or an id and a path")
    return document_of(app, what, pinned=pinned)


@command(
    "check",
    examples=["git jit doc check", "git jit doc check 3f9c2a1", "git jit doc check --all --fix --dry-run"],
)
@_anything
@flag("--all", "Documents of finished issues too.")
@flag("--fix", "Let the issues name renamed files where they are now, in one commit.")
@options.dry_run
@options.actor
def check(app: App, what: Sequence[str], all: bool, fix: bool, dry_run: bool) -> int:
    """Check that documents are there, and that their links lead somewhere.

    By itself those of open issues; of a directory all pages. Links, images, definitions and HTML in Markdown are looked
    at, with the headings they name; other sites are not asked. Exit status 1 when something is wrong.
    """
    code = code_of(app)
    with app.store.view() as view:
        said = named(app, view, what)
    checked = _look(app, code, said, all=all or bool(what))
    report = None
    if (fix or dry_run) and (moves := checked.renamed):
        report = documents.repoint(app.store, app.caller(), moves, dry_run=dry_run)
        if not dry_run:
            said = replace(said, paths=tuple(moves.get(path, path) for path in said.paths))
            checked = _look(app, code, said, all=all or bool(what))
    if app.json:
        count = len(checked.faults)
        data = {**checked_value(checked), "fixed": report_value(report) if report else None}
        app.stdout.write(envelope(data, total=count, returned=count, ok=not checked.faults))
    else:
        app.stdout.writelines(f"{fault_line(fault)}\n" for fault in checked.faults)
        for outcome in report.outcomes if report else ():
            app.stdout.write(outcome_line(outcome, dry_run=dry_run) + "\n")
        show_notes(app, report.notes if report else ())
        for hint in dict.fromkeys(fault.hint for fault in checked.faults if fault.hint):
            app.note(f"hint: {one_line(hint)}")
        app.note(_summary(checked.files, checked.links, checked.external, len(checked.faults)))
    return FAULTY if checked.faults else 0


def _look(app: App, code: CodeTree, said: Named, *, all: bool) -> "Checked":
    """Check what is named: documents of issues, and pages that no issue names if their paths are given."""
    from git_jit.ops.document_checks import check as look

    with app.store.view() as view:
        found = documents.listed(view, ids=said.ids or None, paths=said.paths)
    chosen = [each for each in found if all or documents.is_open(each.state)]
    return look(code, chosen, also=said.paths)


def _summary(files: int, links: int, external: int, faults: int) -> str:
    parts = [counted(n, what) for n, what in ((files, "file"), (links, "link"), (faults, "fault"))]
    elsewhere = f" ({external} to other places)" if external else ""
    return f"{parts[0]}, {parts[1]}{elsewhere}: {parts[2]}"


@command(
    "archive",
    examples=[
        "git jit doc archive docs/plan.md --dry-run",
        "git jit doc archive 3f9c2a1",
        "git jit doc archive docs/plan.md --to docs/old",
    ],
)
@_what
@text("--to", metavar="DIRECTORY", help="Move there; by itself to the archive of this repository.")
@options.dry_run
@options.acting
def archive(app: App, what: Sequence[str], to: str | None, dry_run: bool) -> int:
    """Move documents and what only they use to the archive; links and issues follow.

    The files are moved and staged as git mv does, and it is for you to commit them; the issues that name them follow at
    once, in one commit. Where anything is in the way nothing is changed.
    """
    from git_jit.ops import archiving
    from git_jit.store.moving import Mover
    from git_jit.view import rules_to_read_by

    code = code_of(app)
    if code.worktree is None:
        raise archiving.ArchiveRefused("there is no working tree to move files in", hint="run it in a clone with one")
    home = None if to is None else path_of(app, to)
    with app.store.view() as view:
        said = named(app, view, what)
        paths = [*said.paths]
        if said.ids:
            paths += archiving.archivable(documents.listed(view, ids=said.ids), rules_to_read_by(view))
    if not paths:
        raise archiving.NothingToArchive(
            "no document is left to archive", hint="'git jit doc list' shows the documents of issues"
        )
    made, report = archiving.archive(
        app.store, app.caller(), code, Mover(code, code.worktree), paths, to=home, dry_run=dry_run
    )
    return show_archive(app, made, report)
