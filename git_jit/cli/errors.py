"""`errors`: what went wrong in this clone, as it was kept; nothing of it is in the issues or leaves this machine."""

import os
from collections.abc import Sequence
from typing import Final

from git_jit.cli import App, options
from git_jit.cli.command import command
from git_jit.cli.json_out import envelope
from git_jit.cli.parameters import Argument, Option, flag, text
from git_jit.cli.render import answer, show_rows
from git_jit.cli.sanitize import block, one_line
from git_jit.cli.tracking import incidents, state_dir
from git_jit.errors import UsageError
from git_jit.model import Timestamp
from git_jit.ops import incidents as errors
from git_jit.record import replace
from git_jit.store.incidents import Event, Incident, Incidents
from git_jit.text import counted

LIMIT: Final = 30
MAX_NUMBER_DIGITS: Final = 18

_severity = Option(
    names=("--severity",),
    dest="severity",
    help="Only what is this bad or worse.",
    kind="choice",
    choices=errors.SEVERITIES,
)
_since = text("--since", metavar="TIME", help="Only what happened since this date or time.")
_limit = replace(options.limit, default=LIMIT)
_numbers = Argument(dest="numbers", metavar="NUMBER...", many=True, required=False)


class SayWhich(UsageError):
    """It is not said which errors are meant, and all of them is not taken for granted."""

    code = "say_which"


@command("list", examples=["git jit errors list", "git jit errors list --severity storage --since 2026-11-01 --json"])
@_severity
@text("--code", metavar="CODE", help="Only errors of this code.")
@_since
@flag("--all", "Resolved ones too.")
@_limit
@options.offset
@options.color
def list_(
    app: App, severity: str | None, code: str | None, since: str | None, all: bool, limit: int, offset: int
) -> int:
    """List the errors that commands met in this clone, the last seen first."""
    query = errors.Query(
        severity=severity, code=code, since=_moment(since), resolved=all, limit=limit or None, offset=offset
    )
    page = errors.listed(_incidents(app), query)
    following = offset + len(page.incidents)
    left = page.total - following
    doubts = [page.doubt] if page.doubt else []
    if app.json:
        data = [_brief(one) for one in page.incidents]
        next = str(following) if left > 0 and data else None
        app.stdout.write(envelope(data, total=page.total, returned=len(data), next=next, warnings=doubts))
        return 0
    head = ("NUMBER", "LAST SEEN", "SEVERITY", "TIMES", "CODE", "COMMAND", "MESSAGE")
    show_rows(app, None, head, [_row(one) for one in page.incidents], empty="no errors")
    if left > 0 and page.incidents:
        app.note(f"… {left} more (--limit 0 shows all)")
    for doubt in doubts:
        app.note(f"note: {one_line(doubt)}")
    return 0


@command("show", examples=["git jit errors show 3", "git jit errors show 3 --json"])
@Argument(dest="number", metavar="NUMBER")
def show(app: App, number: str) -> None:
    """Show all that is kept of an error: when, where, under which versions, and the traceback of a bug."""
    found, events = errors.shown(_incidents(app), _number(number))
    answer(app, _whole(found, events), lambda: _page(found, events))


@command("stats", examples=["git jit errors stats", "git jit errors stats --since 2026-11-01 --json"])
@_since
@flag("--all", "Resolved ones too.")
def stats(app: App, since: str | None, all: bool) -> None:
    """Count the errors of this clone by severity, code and day."""
    found = errors.stats(_incidents(app), errors.Query(since=_moment(since), resolved=all))
    data = {"total": found.total, "severities": found.severities, "codes": found.codes, "days": found.days}
    groups = {"severity": found.severities, "code": found.codes, "day": found.days}
    lines = [f"{group}\t{name}\t{n}\n" for group, counts in groups.items() for name, n in counts.items()]
    warnings = [found.doubt] if found.doubt else []
    answer(app, data, lambda: "".join([*lines, f"total\t\t{found.total}\n"]), warnings=warnings)


@command("resolve", examples=["git jit errors resolve 3", "git jit errors resolve --all"])
@_numbers
@flag("--all", "Every one that is open.")
def resolve(app: App, numbers: tuple[str, ...], all: bool) -> None:
    """Mark errors as settled; one that happens again is open again."""
    if bool(numbers) == all:
        raise SayWhich("name the errors that are settled, or say --all", hint="'git jit errors list' shows them")
    wanted = None if all else sorted({_number(number) for number in numbers})
    done = errors.resolve(_incidents(app), wanted, app.now())
    answer(app, {"resolved": done}, lambda: f"{counted(len(done), 'error')} resolved\n", total=len(done))


@command("clear", examples=["git jit errors clear --before 2026-11-01 --dry-run", "git jit errors clear --all"])
@text("--before", metavar="TIME", help="Those that did not happen since this date or time.")
@flag("--all", "Every one.")
@options.dry_run
def clear(app: App, before: str | None, all: bool, dry_run: bool) -> None:
    """Forget errors for good; issues are not touched."""
    if (before is not None) == all:
        raise SayWhich("say which errors to forget: --before TIME or --all", hint="'git jit errors list' shows them")
    gone = errors.clear(_incidents(app), _moment(before), dry_run=dry_run)
    verb = "would be forgotten" if dry_run else "forgotten"
    answer(app, {"cleared": gone, "dry_run": dry_run}, lambda: f"{counted(gone, 'error')} {verb}\n")


def _incidents(app: App) -> Incidents:
    """The store of errors of this clone; outside of repositories the user's own, which need not be there."""
    return incidents(app.local_dir() or state_dir(app.environ) or os.devnull)


def _moment(said: str | None) -> Timestamp | None:
    """A date is its first moment. Raises `InvalidValue`."""
    from git_jit.times import is_date, normalise_timestamp

    if said is None:
        return None
    return Timestamp(f"{said}T00:00:00.000000Z") if is_date(said) else normalise_timestamp(said, field="time")


def _number(said: str) -> int:
    plain = said.removeprefix("#")
    if not (plain.isascii() and plain.isdigit()) or len(plain) > MAX_NUMBER_DIGITS:
        raise errors.ErrorNotFound(f"'{said}' is not the number of an error", hint="'git jit errors list' shows them")
    return int(plain)


def _row(one: Incident) -> Sequence[str]:
    seen = one.last_seen[:19] + "Z"
    return (str(one.id), seen, one.severity, str(one.count), one.code, one.operation or "-", one.message)


def _brief(one: Incident) -> dict[str, object]:
    return {
        "number": one.id,
        "severity": one.severity,
        "code": one.code,
        "operation": one.operation,
        "message": one.message,
        "count": one.count,
        "first_seen": one.first_seen,
        "last_seen": one.last_seen,
        "request": one.request,
        "fingerprint": one.fingerprint,
        "resolved_at": one.resolved_at,
    }


def _whole(one: Incident, events: Sequence[Event]) -> dict[str, object]:
    return {
        **_brief(one),
        "versions": dict(one.versions),
        "traceback": one.traceback,
        "events": [{"at": event.at, "request": event.request} for event in events],
    }


def _page(one: Incident, events: Sequence[Event]) -> str:
    pairs = {
        "number": str(one.id),
        "severity": one.severity,
        "code": one.code,
        "command": one.operation or "-",
        "message": one.message,
        "times": str(one.count),
        "first seen": one.first_seen,
        "last seen": one.last_seen,
        "resolved": one.resolved_at or "no",
        "fingerprint": one.fingerprint,
        "versions": ", ".join(f"{name} {value}" for name, value in one.versions.items()),
    }
    lines = [f"{name}\t{one_line(value)}\n" for name, value in pairs.items()]
    lines += [f"happened\t{event.at}\trequest {one_line(event.request)}\n" for event in events]
    return "".join(lines) + (f"\n{block(one.traceback)}" if one.traceback else "")
