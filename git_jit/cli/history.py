"""What happened, and taking it back: `log`, `issue history`, `undo`, `redo`. `events` has a page of its own."""

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Final

from git_jit.changes import FieldChange
from git_jit.cli import App, options
from git_jit.cli.command import command
from git_jit.cli.fields import document_text
from git_jit.cli.json_out import envelope, minified
from git_jit.cli.names import ABBREVIATION
from git_jit.cli.paging import write_long
from git_jit.cli.parameters import Argument, text
from git_jit.cli.render import answer
from git_jit.cli.sanitize import one_line
from git_jit.differences import Fate
from git_jit.model import IssueId, Timestamp
from git_jit.ops import resolve
from git_jit.ops.event_kinds import ISSUES
from git_jit.ops.events import events
from git_jit.ops.history import Event, EventQuery
from git_jit.ops.undo import UndoReport, redo, undo
from git_jit.record import replace
from git_jit.text import counted
from git_jit.times import is_date, normalise_timestamp

EVENT_LIMIT: Final = 30
"""Events shown by themselves; as many as `git log` fits on a screen."""
COMMIT_DIGITS: Final = 10
"""Enough to name a commit for good in all but the largest repositories, as git abbreviates there."""
MAX_VALUE: Final = 60
"""Characters of an old or new value in text; JSON has them whole."""

_limit = replace(options.limit, default=EVENT_LIMIT)
SINCE: Final = text("--since", metavar="TIME", help="Not before this date or time.")
UNTIL: Final = text("--until", metavar="TIME", help="Not after this date or time.")


@command("log", examples=["git jit log", "git jit log --limit 5 --json"])
@_limit
@SINCE
@UNTIL
@text("--by", metavar="WHO", help="Only what this actor did: 'me', 'agent:*'.")
@options.color
def log(app: App, limit: int, since: str | None, until: str | None, by: str | None) -> int:
    """Show the commits of the issues, newest first, a line each."""
    wanted = EventQuery(actors=[by] if by else (), since=moment(since), until=moment(until, end=True))
    return show_events(app, events(app.store, wanted, only=[ISSUES], brief=True), limit, brief=True)


@command("history", examples=["git jit issue history 3f9c2a1"])
@options.id
@_limit
@options.color
def history(app: App, id: str, limit: int) -> int:
    """Show what happened to one issue, newest first."""
    return show_events(app, events(app.store, EventQuery(issue=named(app, id)), only=[ISSUES]), limit)


@command("undo", examples=["git jit undo", "git jit undo 1b2c3d4e5f --dry-run"])
@Argument(dest="commit", metavar="COMMIT", required=False)
@options.dry_run
@options.actor
def undo_(app: App, commit: str | None, dry_run: bool) -> int:
    """Take back a commit: by default your latest one that still stands.

    A new commit does it; history stays. Work that came later is never overwritten: then nothing is changed, and the
    answer says what stands in the way.
    """
    report = undo(app.store, app.caller(), request=app.new_request(), target=commit, dry_run=dry_run)
    return _tell(app, report, "would take back" if dry_run else "took back")


@command("redo", examples=["git jit redo"])
@options.dry_run
@options.actor
def redo_(app: App, dry_run: bool) -> int:
    """Take back your latest undo."""
    report = redo(app.store, app.caller(), request=app.new_request(), dry_run=dry_run)
    return _tell(app, report, "would do again" if dry_run else "did again")


def _tell(app: App, report: UndoReport, verb: str) -> int:
    count = counted(len(report.paths), "file")
    answer(app, report.to_json(), lambda: f"{verb}: {one_line(report.undone.subject)} ({count})\n")
    return 0


def named(app: App, text: str) -> IssueId:
    """The issue that `text` names: one of now, or, by its whole id, one that is gone."""
    from git_jit.model import ID_LENGTH

    whole = text.strip().lower().replace("-", "")
    if len(whole) == ID_LENGTH:
        return IssueId(whole)
    with app.store.view() as view:
        return resolve(view, text)


def moment(text: str | None, *, end: bool = False) -> Timestamp | None:
    """A date is its first moment, or its last one where a range ends. Raises `InvalidValue`."""
    if text is None:
        return None
    if is_date(text):
        return Timestamp(f"{text}T23:59:59.999999Z" if end else f"{text}T00:00:00.000000Z")
    return normalise_timestamp(text, field="time")


def show_events(app: App, found: Iterator[Event], limit: int, *, brief: bool = False) -> int:
    """The first `limit` events (0: all), as text or in the envelope; says when there are more."""
    shown = list(islice(found, limit or None))
    more = next(found, None) is not None
    if app.json:
        data = [event.to_json() for event in shown]
        app.stdout.write(envelope(data, total=len(shown), returned=len(shown), next=shown[-1].id if more else None))
        return 0
    write_long(app, "".join(text_of(event, brief=brief) for event in shown))
    if more:
        app.note("… more (--limit 0 shows all)")
    elif not shown:
        app.note("nothing happened that fits")
    return 0


def text_of(event: Event, *, brief: bool = False) -> str:
    """An event for people: a line, and below it one for each field that changed."""
    lines = (_heading(event), *(() if brief else _details(event)))
    return "".join(line + "\n" for line in lines)


def _heading(event: Event) -> str:
    at = event.at[:19] + "Z"
    reason = f" ({event.reason})" if event.reason else ""
    name = event.commit[:COMMIT_DIGITS] if event.commit else event.id
    return "\t".join(map(one_line, (name, at, event.actor, event.subject + reason)))


def _details(event: Event) -> Iterator[str]:
    for change in event.changes:
        name = change.issue[:ABBREVIATION] if change.issue else change.path
        if event.source != ISSUES or change.fate is not Fate.UPDATED or not change.fields:
            yield one_line(f"    {name}  {' '.join(change.kinds)}")
            continue
        for field in change.fields:
            yield one_line(f"    {name}  {_field(field)}")


def _field(field: FieldChange) -> str:
    if field.field == "gates":
        return f"gates: {', '.join(_gates(field))}"
    if isinstance(field.old, list) or isinstance(field.new, list):
        show = _SHOWN.get(field.field, _value)
        parts = [*(f"-{show(m)}" for m in field.removed), *(f"+{show(m)}" for m in field.added)]
        return f"{field.field}: {' '.join(parts)}"
    return f"{field.field}: {_value(field.old)} → {_value(field.new)}"


def _gates(field: FieldChange) -> Iterator[str]:
    """What became of each gate, by its verdict."""
    old, new = ({key: _verdict(gate) for key, gate in _object(value).items()} for value in (field.old, field.new))
    for key in sorted({*old, *new}):
        before, after = old.get(key), new.get(key)
        if after is None:
            yield f"-{key}"
        elif before is None:
            yield f"+{key}" if after == "pending" else f"+{key} {after}"
        elif before != after:
            yield f"{key} {before} → {after}"
        elif _object(field.old)[key] != _object(field.new)[key]:
            yield f"{key} {after} again"


def _object(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _verdict(gate: object) -> str:
    return str(_object(gate).get("status"))


def _short(id: object) -> str:
    return str(id)[:ABBREVIATION]


def _value(value: object) -> str:
    if value is None:
        return "none"
    text = value if isinstance(value, str) else minified(value).rstrip("\n")
    return text if len(text) <= MAX_VALUE else text[: MAX_VALUE - 1] + "…"


def _document(stored: object) -> str:
    return document_text(stored) if isinstance(stored, dict) else _value(stored)


_SHOWN: Final[Mapping[str, Callable[[object], str]]] = {"dependencies": _short, "documents": _document}
"""How a member of these fields is told; all others as they are."""
