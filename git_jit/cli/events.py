"""`events`: what happened, as a list or as a stream that goes on."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from git_jit.cli import App, options
from git_jit.cli.command import command
from git_jit.cli.history import EVENT_LIMIT, SINCE, UNTIL, moment, named, show_events, text_of
from git_jit.cli.json_out import envelope, minified
from git_jit.cli.parameters import flag, number, text
from git_jit.cli.render import show_rows
from git_jit.errors import UsageError
from git_jit.model import IssueId
from git_jit.ops.event_kinds import SOURCES, chosen
from git_jit.ops.events import Teller, Told, events
from git_jit.ops.history import EventQuery
from git_jit.record import replace

ME: Final = "me"


@command(
    "events",
    examples=[
        "git jit events",
        "git jit events --kind state_changed --since 2026-01-01 --json",
        "git jit events --follow --jsonl --by 'agent:*'",
    ],
)
@number("--limit", "-L", help=f"At most this many; 0 for all. Without it {EVENT_LIMIT}, or all with --since-commit.")
@SINCE
@UNTIL
@text("--issue", metavar="ID", help="Only what happened to this issue.")
@text("--filter", "-f", metavar="EXPR", help="Only what happened to issues that meet this filter now.")
@text("--by", "--actor", dest="by", metavar="WHO", many=True, help="Only what this actor did: 'me', 'agent:*'.")
@text("--kind", metavar="KIND", many=True, help="Only of this kind, like 'state_changed' or 'gate_*'; see --kinds.")
@text("--op", metavar="OP", many=True, help="Only what this operation did, like 'bulk-update' or 'claim*'.")
@flag("--follow", "Oldest first, and go on with what comes, until you stop it.")
@flag("--reverse", "Oldest first.")
@text(
    "--since-commit",
    metavar="REVISION",
    help="Only what came after this commit, or after the 'cursor' of a line of --jsonl; oldest first.",
)
@flag("--jsonl", "One JSON object a line, without an envelope.")
@flag("--kinds", "List every kind of event with its meaning.")
@options.color
def events_(
    app: App,
    limit: int | None,
    since: str | None,
    until: str | None,
    issue: str | None,
    filter: str | None,
    by: Sequence[str],
    kind: Sequence[str],
    op: Sequence[str],
    follow: bool,
    reverse: bool,
    since_commit: str | None,
    jsonl: bool,
    kinds: bool,
) -> int:
    """Show what changed, newest first: one event a commit, one line a field.

    Commits of the issues, claims, runs of gates in this clone and proposals are events; 'git jit events --kinds' lists
    what they can be.
    """
    if kinds:
        return _show_kinds(app)
    if app.json and (jsonl or follow):
        other = "--jsonl" if jsonl else "--follow"
        raise UsageError(
            f"'--json' is one object; it does not go with '{other}'", hint="'--jsonl' alone prints an object a line"
        )
    query = EventQuery(
        issue=None if issue is None else named(app, issue),
        actors=[app.actor() if one == ME else one for one in by],
        kinds=chosen(kind),
        ops=op,
        since=moment(since),
        until=moment(until, end=True),
    )

    def wanted() -> EventQuery:
        return query if filter is None else replace(query, issues=_meeting(app, filter))

    whole = limit == 0 or (limit is None and since_commit is not None)
    most = None if whole else limit or EVENT_LIMIT
    if not (follow or reverse or since_commit is not None):
        found = events(app.store, wanted())
        if not jsonl:
            return show_events(app, found, most or 0)
        return _stream(app, (Told(event, "") for event in found), most, jsonl=True)
    teller = Teller(app.store, wanted)
    if since_commit is None:
        told = teller.past(most)
        most = None
    else:
        told = teller.after(since_commit)
    if follow:
        _stream(app, told, None, jsonl=jsonl)
        _stream(app, teller.follow(app.wait), None, jsonl=jsonl)
    return _stream(app, told, most, jsonl=jsonl) if jsonl or not app.json else _envelope(app, told, most)


def _stream(app: App, told: Iterator[Told], limit: int | None, *, jsonl: bool) -> int:
    """Each event as soon as it is known."""
    for event, cursor in islice(told, limit):
        line = minified({**event.to_json(), **({"cursor": cursor} if cursor else {})}) if jsonl else text_of(event)
        app.stdout.write(line)
        app.stdout.flush()
    if limit is not None and next(told, None) is not None:
        app.note("… more (--limit 0 shows all)")
    return 0


def _envelope(app: App, told: Iterator[Told], limit: int | None) -> int:
    shown = list(islice(told, limit))
    more = limit is not None and next(told, None) is not None
    data = [{**event.to_json(), "cursor": cursor} for event, cursor in shown]
    app.stdout.write(envelope(data, total=len(data), returned=len(data), next=shown[-1].cursor if more else None))
    return 0


def _meeting(app: App, filter: str) -> frozenset[IssueId]:
    """The issues that meet a filter now. Raises `QuerySyntax`."""
    from git_jit.ops.queries import Asker, narrowed

    with app.store.view() as view:
        return frozenset(view.select(narrowed(view, [filter], Asker(me=app.actor, now=app.now()))).ids)


def _show_kinds(app: App) -> int:
    rows = [(kind, source, meaning) for source, kinds in SOURCES.items() for kind, meaning in kinds.items()]
    data = [{"kind": kind, "source": source, "meaning": meaning} for kind, source, meaning in rows]
    return show_rows(app, data, ("KIND", "SOURCE", "MEANING"), rows, empty="none")
