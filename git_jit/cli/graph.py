"""`graph`: the whole of the dependencies, walked, ordered and drawn."""

from collections.abc import Sequence
from typing import Final

from git_jit.cli import App, options
from git_jit.cli.command import command
from git_jit.cli.json_out import envelope, minified
from git_jit.cli.listing import Shape, shape_options, show_list
from git_jit.cli.names import short_names
from git_jit.cli.narrow import narrow_options
from git_jit.cli.parameters import Option, flag, number
from git_jit.cli.render import show_rows
from git_jit.cli.sanitize import one_line
from git_jit.model import IssueId
from git_jit.ops import graphs, queries
from git_jit.ops.graphs import Agenda
from git_jit.ops.queries import Asker, Question, Wanted, doubts
from git_jit.text import counted
from git_jit.view import Selection, View

INCOMPLETE: Final = 1
"""Exit status when damaged data holds a cycle, and whoever is behind it has no place in the answer."""

_depth = number("--depth", least=1, help="Steps away at most.")
_by = Option(
    names=("--by",),
    dest="by",
    help="What makes a chain long.",
    kind="choice",
    choices=("count", "estimate"),
    default="count",
)
_format = Option(
    names=("--format",),
    dest="format",
    help="The language to print.",
    kind="choice",
    choices=("dot", "mermaid", "json", "svg"),
    default="dot",
)


@command(
    "deps", examples=["git jit graph deps 3f9c2a1", "git jit graph deps 3f9c2a1 --depth 2 --filter 'is:open -is:leaf'"]
)
@options.id
@_depth
@narrow_options
@options.at
@shape_options
@options.color
def deps(app: App, id: str, depth: int | None, filters: Sequence[str], at: str | None, shape: Shape) -> int:
    """List everything an issue waits for, directly or not.

    The nearest first. With filters, those of them that are met; the way to an issue may lead through any others.
    """
    with app.store.view(at) as view:
        return _show(app, view, graphs.reached(view, id, filters, _asker(app), depth=depth), shape)


@command("rdeps", examples=["git jit graph rdeps 3f9c2a1 --depth 1", "git jit graph downstream 3f9c2a1"])
@options.id
@_depth
@narrow_options
@options.at
@shape_options
@options.color
def rdeps(app: App, id: str, depth: int | None, filters: Sequence[str], at: str | None, shape: Shape) -> int:
    """List everything that waits for an issue, directly or not.

    The nearest first. With filters, those of them that are met; the way to an issue may lead through any others.
    """
    with app.store.view(at) as view:
        return _show(app, view, graphs.reached(view, id, filters, _asker(app), reverse=True, depth=depth), shape)


@command("roots", examples=["git jit graph roots", "git jit graph roots --filter type:epic"])
@narrow_options
@options.at
@shape_options
@options.color
def roots(app: App, filters: Sequence[str], at: str | None, shape: Shape) -> int:
    """List the issues that no other waits for."""
    return _open(app, ["is:root", *filters], at, shape)


@command("leaves", examples=["git jit graph leaves", "git jit graph leaves --filter 'priority:>=high'"])
@narrow_options
@options.at
@shape_options
@options.color
def leaves(app: App, filters: Sequence[str], at: str | None, shape: Shape) -> int:
    """List the issues that wait for no other."""
    return _open(app, ["is:leaf", *filters], at, shape)


def _open(app: App, filters: Sequence[str], at: str | None, shape: Shape) -> int:
    with app.store.view(at) as view:
        wanted = Wanted(question=Question.OPEN, filters=filters)
        return show_list(app, view, queries.select(view, wanted, _asker(app)), shape)


@command("order", examples=["git jit graph order"])
@narrow_options
@options.at
@shape_options
@options.color
def order(app: App, filters: Sequence[str], at: str | None, shape: Shape) -> int:
    """List open issues so that each comes after what it waits for."""
    with app.store.view(at) as view:
        plan = graphs.agenda(view, filters, _asker(app))
        return _show(app, view, graphs.order(plan), shape, plan)


@command("waves", examples=["git jit graph waves", "git jit graph waves --filter milestone:v1 --json"])
@narrow_options
@options.at
@options.color
def waves(app: App, filters: Sequence[str], at: str | None) -> int:
    """Group open issues into steps that can be worked on side by side."""
    with app.store.view(at) as view:
        plan = graphs.agenda(view, filters, _asker(app))
        found = graphs.waves(plan)
        names = short_names(view, [id for wave in found for id in wave])
        rows = [
            (str(number), names[row.id], row.state, row.title)
            for number, wave in enumerate(found, 1)
            for row in view.rows(wave)
        ]
        warnings = (*doubts(view), *_stuck(plan))
    show_rows(app, found, ("WAVE", "ID", "STATE", "TITLE"), rows, empty="no open issues", warnings=warnings)
    return INCOMPLETE if plan.stuck else 0


@command("critical-path", examples=["git jit graph critical-path", "git jit graph critical-path --by estimate"])
@narrow_options
@_by
@options.at
@shape_options
@options.color
def critical_path(app: App, filters: Sequence[str], by: str, at: str | None, shape: Shape) -> int:
    """Show the longest chain of open issues, what can be begun first."""
    with app.store.view(at) as view:

        def weight(id: IssueId) -> int:
            issue = view.issue(id) if by == "estimate" else None
            return (issue.estimate or 0) if issue else int(by == "count")

        plan = graphs.agenda(view, filters, _asker(app))
        chain, length = graphs.critical_path(plan, weight)
        app.note(counted(length, "issue" if by == "count" else "minute"))
        return _show(app, view, chain, shape, plan)


@command(
    "export",
    examples=[
        "git jit graph export --format svg > issues.svg",
        "git jit graph export --format mermaid --filter milestone:v1",
        "git jit graph export --format dot | dot -Tpng > issues.png",
    ],
)
@_format
@flag("--closed", "Finished issues too.", off="--no-closed")
@narrow_options
@options.at
def export(app: App, format: str, closed: bool, filters: Sequence[str], at: str | None) -> None:
    """Print the graph as dot, mermaid, json or svg.

    An arrow points from an issue to what it waits for. The same issues give the same bytes.
    """
    from git_jit import drawing  # of no use to the other commands here

    with app.store.view(at) as view:
        question = Question.ALL if closed else Question.OPEN
        ids = queries.select(view, Wanted(question=question, filters=filters), _asker(app)).ids
        names = short_names(view, ids)
        drawn = [drawing.Drawn(row.id, names[row.id], one_line(row.title), row.state) for row in view.rows(ids)]
        edges = {str(id): targets for id, targets in view.edges().items()}
        warnings = doubts(view)
    if app.json:
        data = drawing.to_json(drawn, edges)
        app.stdout.write(envelope(data, total=len(ids), returned=len(ids), warnings=warnings))
        return
    write = {"dot": drawing.to_dot, "mermaid": drawing.to_mermaid, "svg": drawing.to_svg}.get(format)
    app.stdout.write(write(drawn, edges) if write else minified(drawing.to_json(drawn, edges)))
    for warning in warnings:
        app.note(f"note: {warning}")


def _show(app: App, view: View, ids: Sequence[IssueId], shape: Shape, plan: Agenda | None = None) -> int:
    """The issues, and a word about those that a cycle keeps out of the list."""
    warnings = _stuck(plan) if plan else ()
    status = show_list(app, view, Selection(tuple(ids), len(ids)), shape, warnings=warnings)
    return INCOMPLETE if warnings else status


def _stuck(plan: Agenda) -> tuple[str, ...]:
    return (plan.stuck.sentence,) if plan.stuck else ()


def _asker(app: App) -> Asker:
    return Asker(me=app.actor, now=app.now())
