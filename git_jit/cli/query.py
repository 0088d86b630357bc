"""Lists: `list`, `ready`, `blocked` and the noun `query`: one question each, made to a command when it is asked for.

Building a command with fourteen options takes 0.4 ms; all of these would cost every list 3 ms.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

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


class Listing(NamedTuple):
    """A command that lists what answers a question."""

    name: str
    question: Question
    help: str
    examples: Sequence[str]
    limit: int = 0


LISTINGS: Final[Mapping[str, Listing]] = {
    "list_": Listing(
        "list",
        Question.OPEN,
        "List open issues, newest first.",
        [
            "git jit list",
            "git jit list -p '>=high' -l 'component:*'",
            "git jit list --filter 'is:blocked OR due:<7d' --json",
        ],
        options.LIST_LIMIT,
    ),
    "ready": Listing(
        "ready",
        Question.READY,
        "List what can be worked on now, most urgent first.",
        ["git jit ready", "git jit ready --limit 1 --format '{id}'"],
    ),
    "blocked": Listing(
        "blocked",
        Question.BLOCKED,
        "List open issues that wait for another one.",
        ["git jit blocked", "git jit blocked --filter 'assignee:me'"],
    ),
    "all_": Listing(
        "all",
        Question.ALL,
        "List issues in every state.",
        ["git jit query all --filter 'label:component:* -is:closed'", "git jit query all --at ~1"],
    ),
    "strategic": Listing(
        "strategic",
        Question.STRATEGIC,
        "List milestones and epics: what the rest belongs to.",
        ["git jit query strategic --fields id,title,state"],
    ),
    "closed": Listing(
        "closed",
        Question.CLOSED,
        "List finished issues, latest first.",
        ["git jit query closed --limit 10"],
    ),
    "stale": Listing(
        "stale",
        Question.STALE,
        "List open issues that nobody touched for long, oldest first.",
        ["git jit query stale"],
    ),
}


def __getattr__(attribute: str) -> Command:
    if attribute in LISTINGS:
        return _command(LISTINGS[attribute])
    raise AttributeError(attribute)


def _command(listing: Listing) -> Command:
    @command(listing.name, examples=listing.examples, help=listing.help)
    @narrow_options
    @options.sort
    @options.limit
    @options.offset
    @options.at
    @shape_options
    @options.color
    def run(app: App, shape: Shape, filters: Sequence[str], limit: int | None, **rest: object) -> int:
        question = listing.question
        asked = Question.ALL if question is Question.OPEN and names_states(filters) else question
        count = listing.limit if limit is None else limit
        return ask(app, asked, shape, filters=filters, limit=count, **rest)  # type: ignore[arg-type]

    return run
