"""`snapshot`: a whole tracker with the files it names, out and in again."""

import os
from collections.abc import Sequence
from typing import Final

from git_jit.cli import App, options
from git_jit.cli.command import command
from git_jit.cli.documenting import code_of
from git_jit.cli.move import report_text
from git_jit.cli.narrow import narrow_options
from git_jit.cli.parameters import Argument, Option, text
from git_jit.cli.progress import Meter
from git_jit.cli.render import answer
from git_jit.cli.sanitize import one_line
from git_jit.errors import UsageError
from git_jit.ops.queries import Asker, narrowed
from git_jit.ops.snapshot_manifest import AREAS, Manifest
from git_jit.ops.snapshots import export_snapshot, from_code, import_snapshot, verify
from git_jit.store import NoRepository
from git_jit.store.codetree import CodeTree, NoCode

_source: Final = Argument(dest="source", metavar="PATH")
_prefer: Final = Option(
    names=("--prefer",),
    dest="prefer",
    kind="choice",
    choices=("here", "source"),
    default="here",
    help="Whose word counts where both sides have an issue, and differ.",
)


@command(
    "export",
    examples=[
        "git jit snapshot export -o tracker.tar.gz",
        "git jit snapshot export --at HEAD~10 -o then.tar.gz",
        "git jit snapshot export --filter 'milestone:v1' -o v1",
    ],
)
@text("--output", "-o", metavar="PATH", help="Where to: a '.tar.gz', '.tgz' or '.tar', else a directory.")
@narrow_options
@options.at
@text("--code-at", metavar="REVISION", help="The commit of the code for documents without one; HEAD by itself.")
@options.progress
def export(
    app: App, output: str | None, filters: Sequence[str], at: str | None, code_at: str | None, progress: bool | None
) -> None:
    """Write all issues and the files that they name, with a manifest.

    Comments, gates and rules are part of it. The manifest has the size and the SHA-256 of every file; the same commit
    gives the same bytes. Files that cannot be had are listed as left out.
    """
    if output is None:
        raise UsageError("a snapshot needs a place", hint="add '--output PATH', like 'tracker.tar.gz'")
    code = _code(app)
    if code is None and code_at is not None:
        raise UsageError("there is no code here to take documents from", hint="leave '--code-at' out")
    fetch = from_code(code, code_at)
    with app.store.view(at) as view, Meter(app, wanted=progress) as meter:
        chosen = narrowed(view, filters, Asker(me=app.actor, now=app.now())) if filters else None
        target = os.path.join(app.cwd, output)
        made = export_snapshot(view, target, fetch, chosen, filter=" ".join(filters) or None, progress=meter)
    warnings = [f"left out: '{one['path']}' {one['reason']}" for one in made.left_out]
    answer(app, {"output": output, **made.summary()}, lambda: _text(made), warnings=warnings)


@command(
    "import",
    examples=["git jit snapshot import tracker.tar.gz --dry-run", "git jit snapshot import tracker.tar.gz"],
)
@_source
@options.dry_run
@text("--documents", metavar="DIR", help="Write the documents into this directory; never over a file.")
@_prefer
@options.progress
@options.actor
def import_(app: App, source: str, dry_run: bool, documents: str | None, prefer: str, progress: bool | None) -> None:
    """Take over the issues of a snapshot, in one commit.

    PATH is a file, a directory, or '-' for a tar file on standard input. It is verified whole before anything is
    written. Gates that come with it have to be approved like any others before they run.
    """
    with Meter(app, wanted=progress) as meter:
        done = import_snapshot(
            app.store,
            app.caller(),
            _path(app, source),
            app.stdin,
            into=None if documents is None else os.path.join(app.cwd, documents),
            dry_run=dry_run,
            prefer_source=prefer == "source",
            progress=meter,
        )
    data = done.to_json()
    lines = "".join(f"document\t{one_line(name)}\n" for name in done.written)
    answer(app, data, lambda: report_text(data) + lines)


@command("verify", examples=["git jit snapshot verify tracker.tar.gz"])
@_source
def verify_(app: App, source: str) -> None:
    """Check that a snapshot is what its manifest says, file by file."""
    found = verify(_path(app, source), app.stdin)
    answer(app, found.summary(), lambda: _text(found))


def _path(app: App, source: str) -> str:
    return source if source == "-" else os.path.join(app.cwd, source)


def _code(app: App) -> CodeTree | None:
    try:
        return code_of(app)
    except (NoCode, NoRepository):
        return None


def _text(found: Manifest) -> str:
    lines = [f"{area}\t{found.counts[area]}\n" for area in AREAS]
    return f"revision\t{found.revision or 'none'}\n" + "".join(lines) + f"files\t{len(found.files)}\n"
