"""`graph`: the whole of the dependencies, walked, ordered and drawn."""

from collections.abc import Mapping, Sequence

import click

from git_jit import graph
from git_jit.cli import App, options
from git_jit.cli.command import command
from git_jit.cli.json_out import envelope, minified
from git_jit.cli.listing import Shape, shape_options, show_list
from git_jit.cli.names import short_names
from git_jit.cli.narrow import narrow_options
from git_jit.cli.render import show_rows
from git_jit.cli.sanitize import one_line
from git_jit.model import IssueId
from git_jit.ops import queries, resolve
from git_jit.ops.queries import Asker, Question, Wanted
from git_jit.view import Selection, View

Edges = Mapping[IssueId, tuple[IssueId, ...]]


@command("deps", examples=["git jit graph deps 3f9c2a1"])
@options.id
@click.option("--depth", type=click.IntRange(min=1), metavar="N", help="Steps away at most.")
@options.at
@shape_options
@options.color
def deps(app: App, id: str, depth: int | None, at: str | None, shape: Shape) -> int:
    """List everything an issue waits for, directly or not."""
    with app.store.view(at) as view:
        return _reached(app, view, graph.descendants(view.edges(), resolve(view, id)), depth, shape)


@command("rdeps", examples=["git jit graph rdeps 3f9c2a1 --depth 1", "git jit graph downstream 3f9c2a1"])
@options.id
@click.option("--depth", type=click.IntRange(min=1), metavar="N", help="Steps away at most.")
@options.at
@shape_options
@options.color
def rdeps(app: App, id: str, depth: int | None, at: str | None, shape: Shape) -> int:
    """List everything that waits for an issue, directly or not."""
    with app.store.view(at) as view:
        return _reached(app, view, graph.ancestors(view.edges(), resolve(view, id)), depth, shape)


def _reached(app: App, view: View, depths: Mapping[IssueId, int], depth: int | None, shape: Shape) -> int:
    """The nearest first; the issue itself and those that are missing are no part of a list."""
    near = [id for id, steps in depths.items() if steps and (depth is None or steps <= depth)]
    return _show(app, view, [id for id in near if view.state_of(id) is not None], shape)


@command("roots", examples=["git jit graph roots", "git jit graph roots --filter type:epic"])
@narrow_options
@options.at
@shape_options
@options.color
def roots(app: App, filters: Sequence[str], at: str | None, shape: Shape) -> int:
    """List the issues that no other waits for."""
    with app.store.view(at) as view:
        wanted = Wanted(question=Question.OPEN, filters=["is:root", *filters])
        return show_list(app, view, queries.select(view, wanted, _asker(app)), shape)


@command("order", examples=["git jit graph order"])
@narrow_options
@options.at
@shape_options
@options.color
def order(app: App, filters: Sequence[str], at: str | None, shape: Shape) -> int:
    """List open issues so that each comes after what it waits for."""
    with app.store.view(at) as view:
        return _show(app, view, graph.order(_open_edges(app, view, filters)), shape)


@command("waves", examples=["git jit graph waves", "git jit graph waves --filter milestone:v1 --json"])
@narrow_options
@options.at
@options.color
def waves(app: App, filters: Sequence[str], at: str | None) -> int:
    """Group open issues into steps that can be worked on side by side."""
    with app.store.view(at) as view:
        found = graph.waves(_open_edges(app, view, filters))
        names = short_names(view, [id for wave in found for id in wave])
        rows = [
            (str(number), names[row.id], row.state, row.title)
            for number, wave in enumerate(found, 1)
            for row in view.rows(wave)
        ]
    return show_rows(app, found, ("WAVE", "ID", "STATE", "TITLE"), rows, empty="no open issues")


@command("critical-path", examples=["git jit graph critical-path", "git jit graph critical-path --by estimate"])
@narrow_options
@click.option("--by", type=click.Choice(["count", "estimate"]), default="count", help="What makes a chain long.")
@options.at
@shape_options
@options.color
def critical_path(app: App, filters: Sequence[str], by: str, at: str | None, shape: Shape) -> int:
    """Show the longest chain of open issues, what can be begun first."""
    with app.store.view(at) as view:

        def weight(id: IssueId) -> int:
            issue = view.issue(id) if by == "estimate" else None
            return (issue.estimate or 0) if issue else int(by == "count")

        chain, length = graph.critical_path(_open_edges(app, view, filters), weight)
        app.note(f"{length} {'issues' if by == 'count' else 'minutes'}")
        return _show(app, view, chain, shape)


@command(
    "export",
    examples=["git jit graph export --format mermaid", "git jit graph export --format dot | dot -Tsvg > issues.svg"],
)
@click.option("--format", type=click.Choice(["dot", "mermaid", "json"]), default="dot", help="The language to print.")
@click.option("--closed/--no-closed", default=False, help="Finished issues too.")
@narrow_options
@options.at
def export(app: App, format: str, closed: bool, filters: Sequence[str], at: str | None) -> None:
    """Print the graph as dot, mermaid or json."""
    with app.store.view(at) as view:
        question = Question.ALL if closed else Question.OPEN
        ids = queries.select(view, Wanted(question=question, filters=filters), _asker(app)).ids
        names = short_names(view, ids)
        drawn = [graph.Drawn(row.id, f"{names[row.id]} {one_line(row.title)}", row.state) for row in view.rows(ids)]
        edges = {str(id): targets for id, targets in view.edges().items()}
    if app.json:
        app.stdout.write(envelope(graph.to_json(drawn, edges), total=len(ids), returned=len(ids)))
    elif format == "json":
        app.stdout.write(minified(graph.to_json(drawn, edges)))
    else:
        app.stdout.write(graph.to_dot(drawn, edges) if format == "dot" else graph.to_mermaid(drawn, edges))


def _open_edges(app: App, view: View, filters: Sequence[str]) -> Edges:
    """The graph of the open issues that meet the filters, edges out of it left out."""
    chosen = queries.select(view, Wanted(question=Question.OPEN, filters=filters), _asker(app)).ids
    members = set(chosen)
    edges = view.edges()
    return {id: tuple(target for target in edges.get(id, ()) if target in members) for id in chosen}


def _show(app: App, view: View, ids: Sequence[IssueId], shape: Shape) -> int:
    return show_list(app, view, Selection(tuple(ids), len(ids)), shape)


def _asker(app: App) -> Asker:
    return Asker(me=app.actor, now=app.now())
