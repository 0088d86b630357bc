"""`dep`: which issues wait for which."""

from collections.abc import Sequence

from git_jit.cli import App, options
from git_jit.cli.command import command
from git_jit.cli.json_out import envelope
from git_jit.cli.names import short_names
from git_jit.cli.paging import write_long
from git_jit.cli.parameters import flag, number, text
from git_jit.cli.render import answer
from git_jit.cli.sanitize import one_line
from git_jit.errors import UsageError
from git_jit.model import IssueId, Oid
from git_jit.ops import graphs
from git_jit.ops.graphs import TreeLine, Why
from git_jit.view import View

INDENT = "  "

_on = text(
    "--on", many=True, metavar="ID", help="What they all wait for; without it, the first ID waits for the others."
)


class NoBlocker(UsageError):
    """Nothing was named that the issue shall wait for."""

    code = "no_blocker"


@command("add", examples=["git jit dep add 3f9c2a1 77ab012", "git jit dep add 3f9c2a1 5c41d00 --on 77ab012"])
@options.ids
@_on
@options.if_version
@options.dry_run
@options.actor
def add(app: App, ids: Sequence[str], on: Sequence[str], if_version: str | None, dry_run: bool) -> int:
    """Let issues wait for others.

    A cycle is refused. An edge that others imply already is removed, with a word about it.
    """
    return _write(app, "add", ids, on, if_version, dry_run=dry_run)


@command("rm", examples=["git jit dep rm 3f9c2a1 77ab012"])
@options.ids
@_on
@options.if_version
@options.dry_run
@options.actor
def remove(app: App, ids: Sequence[str], on: Sequence[str], if_version: str | None, dry_run: bool) -> int:
    """Let issues wait for others no longer."""
    return _write(app, "remove", ids, on, if_version, dry_run=dry_run)


def _write(app: App, verb: str, ids: Sequence[str], on: Sequence[str], seen: str | None, *, dry_run: bool) -> int:
    """Both ways to change edges. What writes is imported here: `tree` and `why` only look."""
    from git_jit.cli.reporting import show_report
    from git_jit.ops import deps

    waiting, blockers = _ends(ids, on)
    change = {"add": deps.add, "remove": deps.remove}[verb]
    version = _version(seen)
    return show_report(app, change(app.store, app.caller(), waiting, blockers, if_version=version, dry_run=dry_run))


def _version(text: str | None) -> Oid | None:
    if text is None:
        return None
    from git_jit.cli import words  # with click, which nobody needs who named no version

    return words.version(text)


def _ends(ids: Sequence[str], on: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """Who waits, and for what. Raises `NoBlocker`."""
    blockers = [part for value in on for part in value.split(",") if part.strip()]
    if blockers:
        return ids, blockers
    if len(ids) < 2:
        raise NoBlocker(f"'{ids[0]}' shall wait for what?", hint="name it: 'git jit dep add ID BLOCKER'")
    return ids[:1], ids[1:]


@command("tree", examples=["git jit dep tree 3f9c2a1", "git jit dep tree 3f9c2a1 --reverse --depth 2"])
@options.id
@flag("--reverse", "What waits for it, instead.", off="--no-reverse")
@number("--depth", help="Levels below the issue at most.")
@options.at
def tree(app: App, id: str, reverse: bool, depth: int | None, at: str | None) -> None:
    """Show what an issue waits for, level below level."""
    with app.store.view(at) as view:
        lines = graphs.tree(view, id, reverse=reverse, depth=depth)
        if app.json:
            data = [_line_value(line) for line in lines]
            app.stdout.write(envelope(data, total=len(data), returned=len(data)))
            return
        names = short_names(view, [line.id for line in lines])
    write_long(app, "".join(f"{INDENT * line.depth}{names[line.id]} {_about(line)}\n" for line in lines))


def _about(line: TreeLine) -> str:
    if line.state is None:
        return "(missing)"
    marks = [
        mark for mark, holds in (("blocked", line.blocked), ("see above", line.repeated), ("…", line.cut)) if holds
    ]
    return " ".join([f"[{line.state}]", one_line(line.title or ""), *(f"({mark})" for mark in marks)])


def _line_value(line: TreeLine) -> dict[str, object]:
    return {
        "id": line.id,
        "depth": line.depth,
        "title": line.title,
        "state": line.state,
        "blocked": line.blocked,
        "repeated": line.repeated,
        "cut": line.cut,
    }


@command("why", examples=["git jit dep why 3f9c2a1", "git jit graph why 3f9c2a1 --json"])
@options.id
@options.at
def why(app: App, id: str, at: str | None) -> None:
    """Say why an issue is blocked, and what to do first."""
    with app.store.view(at) as view:
        found = graphs.why(view, id)
        data = {
            "id": found.id,
            "blocked": found.blocked,
            "chain": found.chain,
            "actionable": found.actionable,
            "missing": found.missing,
            "cycle": found.cycle,
        }
        answer(app, data, lambda: _reasons(view, found))


def _reasons(view: View, why: Why) -> str:
    names = short_names(view, [why.id, *why.chain, *why.actionable, *why.missing, *why.cycle])

    def line(id: IssueId) -> str:
        rows = view.rows([id]) if view.state_of(id) else []
        return f"{names[id]} [{rows[0].state}] {one_line(rows[0].title)}" if rows else f"{names[id]} (missing)"

    if not why.blocked:
        return f"{line(why.id)}\nis not blocked\n"
    lines = [f"{line(why.id)}\n", *(f"waits for {line(id)}\n" for id in why.chain[1:])]
    lines += [f"do first  {line(id)}\n" for id in why.actionable]
    lines += [f"missing   {names[id]}\n" for id in why.missing]
    if why.cycle:
        lines.append(f"waits in a circle: {' -> '.join(names[id] for id in why.cycle)}\n")
    return "".join(lines)
