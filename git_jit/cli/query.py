"""Lists: `list`, `ready`, `blocked`, `search`, and the noun `query`."""

from collections.abc import Sequence

import click

from git_jit.cli import App, options
from git_jit.cli.command import Command, command
from git_jit.cli.listing import Shape, shape_options, show_list
from git_jit.cli.narrow import names_states, narrow_options
from git_jit.ops import queries
from git_jit.ops.queries import Asker, Question, Wanted


def ask(
    app: App,
    question: Question,
    shape: Shape,
    *,
    filters: Sequence[str] = (),
    words: str | None = None,
    sort: str | None,
    limit: int | None,
    offset: int,
    at: str | None,
) -> int:
    """Put one question to the issues and print the answer."""
    wanted = Wanted(
        question=question,
        filters=filters,
        words=words,
        sort=queries.parse_sort(sort) if sort else (),
        limit=limit or None,
        offset=offset,
    )
    with app.store.view(at) as view:
        selection = queries.select(view, wanted, Asker(me=app.actor, now=app.now()))
        return show_list(app, view, selection, shape, offset=offset)


def _listing(name: str, question: Question, help: str, examples: Sequence[str], limit: int = 0) -> Command:
    """A command that lists what answers `question`."""

    @command(name, examples=examples, help=help)
    @narrow_options
    @options.sort
    @options.limit
    @options.offset
    @options.at
    @shape_options
    @options.color
    def listing(app: App, shape: Shape, filters: Sequence[str], limit: int | None, **rest: object) -> int:
        asked = Question.ALL if question is Question.OPEN and names_states(filters) else question
        count = default if limit is None else limit
        return ask(app, asked, shape, filters=filters, limit=count, **rest)  # type: ignore[arg-type]

    default = limit
    return listing


list_ = _listing(
    "list",
    Question.OPEN,
    "List open issues, newest first.",
    [
        "git jit list",
        "git jit list -p '>=high' -l 'component:*'",
        "git jit list --filter 'is:blocked OR due:<7d' --json",
    ],
    options.LIST_LIMIT,
)
ready = _listing(
    "ready",
    Question.READY,
    "List what can be worked on now, most urgent first.",
    ["git jit ready", "git jit ready --limit 1 --format '{id}'"],
)
blocked = _listing(
    "blocked",
    Question.BLOCKED,
    "List open issues that wait for another one.",
    ["git jit blocked", "git jit blocked --filter 'assignee:me'"],
)
all_ = _listing(
    "all",
    Question.ALL,
    "List issues in every state.",
    ["git jit query all --filter 'label:component:* -is:closed'", "git jit query all --at ~1"],
)
strategic = _listing(
    "strategic",
    Question.STRATEGIC,
    "List milestones and epics: what the rest belongs to.",
    ["git jit query strategic --fields id,title,state"],
)
closed = _listing(
    "closed",
    Question.CLOSED,
    "List finished issues, latest first.",
    ["git jit query closed --limit 10"],
)
stale = _listing(
    "stale",
    Question.STALE,
    "List open issues that nobody touched for long, oldest first.",
    ["git jit query stale"],
)


@command("saved", examples=["git jit query saved", "git jit query saved urgent"])
@click.argument("name", required=False)
@options.sort
@options.limit
@options.offset
@options.at
@shape_options
@options.color
def saved(app: App, name: str | None, shape: Shape, at: str | None, **rest: object) -> int:
    """List the issues of a saved query; without a name, the saved queries."""
    if name is None:
        return _saved_names(app, at)
    with app.store.view(at) as view:
        text = queries.saved(view.config, name)
    return ask(app, Question.ALL, shape, filters=[text], at=at, **rest)  # type: ignore[arg-type]


def _saved_names(app: App, at: str | None) -> int:
    from git_jit.cli.render import show_pairs

    with app.store.view(at) as view:
        found = dict(sorted(view.config.queries.items()))
    return show_pairs(app, found, head=("QUERY", "FILTER"), empty="no saved queries")


@command("search", examples=["git jit search login", "git jit search '\"memory leak\"'"])
@click.argument("words", nargs=-1, required=True)
@narrow_options
@options.sort
@options.limit
@options.offset
@options.at
@shape_options
@options.color
def search(app: App, words: Sequence[str], shape: Shape, limit: int | None, **rest: object) -> int:
    """Find issues by words of their title, description and comments.

    Words match from their beginning; text in double quotes must stand together. Finished issues are found too.
    """
    found = options.LIST_LIMIT if limit is None else limit
    return ask(app, Question.ALL, shape, words=" ".join(words), limit=found, **rest)  # type: ignore[arg-type]
