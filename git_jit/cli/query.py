"""Lists: `list`, `ready`, `blocked` and the noun `query`: one question each."""

from collections.abc import Sequence
from typing import Any

from git_jit.cli import App, options
from git_jit.cli.command import Command, command
from git_jit.cli.listing import Shape, list_options, show_list
from git_jit.cli.narrow import names_states, narrow_options
from git_jit.cli.parameters import flag, number
from git_jit.errors import UsageError
from git_jit.ops import queries
from git_jit.ops.queries import Asker, Question, Wanted
from git_jit.record import replace


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
    stale_days: int | None = None,
) -> int:
    """Put one question to the issues and print the answer."""
    wanted = Wanted(
        question=question,
        filters=filters,
        words=words,
        sort=queries.parse_sort(sort) if sort else (),
        limit=limit or None,
        offset=offset,
        stale_days=stale_days,
    )
    with app.store.view(at) as view:
        selection = queries.select(view, wanted, Asker(me=app.actor, now=app.now()))
        return show_list(app, view, selection, shape, offset=offset)


def _listing(name: str, question: Question, help: str, examples: Sequence[str], *, most: int = 0) -> Command:
    """A command that lists what answers a question: all of it, or `most` by itself."""

    @command(name, examples=examples, help=help)
    @narrow_options
    @list_options
    def run(app: App, shape: Shape, filters: Sequence[str], limit: int | None, **rest: object) -> int:
        asked = Question.ALL if question is Question.OPEN and names_states(filters) else question
        count = most if limit is None else limit
        return ask(app, asked, shape, filters=filters, limit=count, **rest)  # type: ignore[arg-type]

    return run


list_ = _listing(
    "list",
    Question.OPEN,
    "List open issues, newest first.\n\nWhere --state or a filter names states, it decides instead. Of a long list the "
    "first 50 are shown, and how many more there are is said.",
    [
        "git jit list",
        "git jit list -p '>=high' -l 'component:*'",
        "git jit list --filter 'is:blocked OR due:<7d' --json",
    ],
    most=options.LIST_LIMIT,
)


@command(
    "ready",
    examples=["git jit ready", "git jit ready --compact --limit 50", "git jit ready --claim --filter label:area:ui"],
)
@flag("--claim", "Claim the first of them and print it, as 'git jit claim --next' does.")
@narrow_options
@list_options
@options.session
@options.actor
def ready(app: App, claim: bool, shape: Shape, filters: Sequence[str], **rest: Any) -> int:
    """List what can be worked on now, most urgent first."""
    if not claim:
        return ask(app, Question.READY, shape, filters=filters, **rest)
    if shape != Shape() or rest["sort"] or rest["at"] or rest["offset"] or rest["limit"] not in {None, 1}:
        raise UsageError(
            "'--claim' takes one issue, the most urgent now: only what narrows the list goes with it, and '--json'",
            hint="'git jit ready' lists what could be claimed",
        )
    from git_jit.cli.claim import claim_and_show

    return claim_and_show(app, filters=filters)


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


@command(
    "stale",
    examples=["git jit query stale", "git jit query stale --days 3 --filter 'assignee:agent:*' --json"],
)
@number("--days", least=1, help="Days without a change; by default the rule 'stale_days'.")
@narrow_options
@list_options
def stale(app: App, days: int | None, shape: Shape, filters: Sequence[str], **rest: Any) -> int:
    """List issues that were begun and that nobody touched for long, oldest first, with the time of the last change."""
    return ask(app, Question.STALE, replace(shape, also=("updated_at",)), filters=filters, stale_days=days, **rest)
