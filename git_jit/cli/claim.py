"""The noun `claim`: who may work on what."""

from collections.abc import Sequence

from git_jit.cli import App, options
from git_jit.cli.command import command
from git_jit.cli.json_out import envelope
from git_jit.cli.parameters import Argument, flag, number, text
from git_jit.cli.reporting import show_notes
from git_jit.cli.sanitize import one_line
from git_jit.errors import UsageError
from git_jit.leases import MAX_TTL_S, LeaseState, is_other
from git_jit.model import short
from git_jit.ops import choosing, claims, holding
from git_jit.ops import tentative as tentatively
from git_jit.record import replace

some_ids = replace(options.ids, required=False)
one_id = Argument(dest="id", metavar="ID", required=False)
UNITS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}


class BadDuration(UsageError):
    code = "bad_duration"


@command(
    "take", examples=["git jit claim take --next", "git jit claim 3f9c2a1", "git jit claim --next -f label:area:ui"]
)
@one_id
@flag("--next", "Choose: the most urgent issue that can be worked on now.")
@text("--filter", "-f", metavar="EXPR", many=True, help="With --next: only issues that meet this filter.")
@text("--ttl", metavar="TIME", help="How long it holds without a renewal: 45m, 2h; 0 for no end (needs --reason).")
@options.reason
@number("--pid", help="The process that stands for you: when it ends, others need not wait.")
@flag("--tentative", "If the remote that decides cannot be reached, note the claim here; it promises nothing.")
@options.session
@options.actor
def take(
    app: App,
    id: str | None,
    next: bool,
    filter: Sequence[str],
    ttl: str | None,
    reason: str | None,
    pid: int | None,
    tentative: bool,
) -> int:
    """Claim an issue: it is yours, in progress, and nobody else gets it."""
    if next == (id is not None):
        raise UsageError("give the id of an issue, or --next", hint="'git jit ready' lists what can be claimed")
    if filter and not next:
        raise UsageError("a filter goes with --next", hint="'git jit claim -h' shows examples")
    return claim_and_show(app, id=id, filters=filter, ttl=ttl, reason=reason, pid=pid, tentative=tentative)


def claim_and_show(
    app: App,
    *,
    id: str | None = None,
    filters: Sequence[str] = (),
    ttl: str | None = None,
    reason: str | None = None,
    pid: int | None = None,
    tentative: bool = False,
) -> int:
    """Claim the issue `id`, or the next one that meets `filters`, and print it; the exit status."""
    asked = choosing.Asked(
        id=id,
        filters=filters,
        ttl_s=None if ttl is None else seconds(ttl),
        reason=reason,
        pid=pid if pid is not None else _pid(app),
        tentative=tentative,
    )
    caller = app.caller()
    notes = [*tentatively.reports(tentatively.offer(app.store, caller), caller)]
    done = claims.claim(app.store, caller, asked)
    notes += (*done.notes, *_losses(app))
    holder = done.lease.holder
    if asked.pid and holder and not holder.pid_start:
        notes.append(f"no process {asked.pid} runs here, so its end will prove nothing to others")
    if app.json:
        app.stdout.write(envelope(done.to_json(), warnings=notes))
        return 0
    app.stdout.write(f"{short(done.issue.id)}\t{done.token}\t{one_line(done.issue.title)}\n")
    if done.before:
        app.note(f"note: taken over from '{done.before}' ({done.way})")
    elif done.way == "own":
        app.note("note: it is yours already")
    if done.lease.state is LeaseState.TENTATIVE:
        app.note("note: tentative: nobody was asked, and others may claim it too")
    show_notes(app, notes)
    return 0


@command("renew", examples=["git jit claim renew 3f9c2a1"])
@some_ids
@options.token
@options.session
@options.actor
def renew(app: App, ids: Sequence[str]) -> int:
    """Begin the time of your claims anew; without an id, of those of the token."""
    return _show_standings(app, holding.renew_all(app.store, app.caller(), ids), "renewed")


@command("check", examples=["git jit claim check 3f9c2a1"])
@some_ids
@options.token
@options.session
@options.actor
def check(app: App, ids: Sequence[str]) -> int:
    """Say by the exit status whether your claims still hold: 0, or 6. For scripts, before what cannot be undone."""
    return _show_standings(app, holding.check(app.store, app.caller(), ids), "held")


@command("release", examples=["git jit claim release 3f9c2a1 --reason 'not today'"])
@some_ids
@options.reason
@options.token
@options.session
@options.actor
def release(app: App, ids: Sequence[str], reason: str | None) -> int:
    """Give issues back: ready again, assigned to nobody."""
    return _show_freed(app, holding.release_all(app.store, app.caller(), ids, reason=reason))


@command("evict", examples=["git jit claim evict 3f9c2a1 --reason 'the machine is gone'"])
@options.ids
@options.reason
@options.actor
def evict(app: App, ids: Sequence[str], reason: str | None) -> int:
    """Take issues from whoever holds them; needs --reason. Tokens given before are worthless at once."""
    return _show_freed(app, holding.evict_all(app.store, app.caller(), ids, reason=reason))


@command("rejoin", examples=["git jit claim rejoin"])
@options.actor
def rejoin(app: App) -> int:
    """Put claims together again that the remote which decides about them has lost. Until then no token counts."""
    from git_jit.ops.rejoining import rejoin as put_together

    done = put_together(app.store, app.caller())
    if app.json:
        app.stdout.write(envelope(done.to_json()))
        return 0
    for id in done.ended:
        app.stdout.write(f"{short(id)}\tfree\n")
    app.note(f"published {done.commit[:10]}" if done.commit else "nothing was lost")
    return 0


@command("list", examples=["git jit claim list", "git jit claim list --mine --json"])
@flag("--mine", "Only your own.")
@options.session
@options.actor
def list_(app: App, mine: bool) -> int:
    """List who holds what, and when others may take it over."""
    found = holding.listed(app.store, app.caller(), mine=mine)
    if app.json:
        rows = [one.to_json() for one in found]
        app.stdout.write(envelope(rows, total=len(found), returned=len(found), warnings=_losses(app)))
        return 0
    for one in found:
        app.stdout.write(_line(one) + "\n")
    if not found:
        app.note("no claims")
    show_notes(app, [*_signers(found), *_losses(app)])
    return 0


def _signers(found: Sequence[holding.Standing]) -> list[str]:
    """Claims that somebody else has signed than they name."""
    return [
        f"'{short(one.lease.issue)}' is claimed as '{one.lease.holder.actor}', and signed by '{one.signer}'"
        for one in found
        if one.signer and one.lease.holder and is_other(one.lease.holder.actor, one.signer)
    ]


def _losses(app: App) -> tuple[str, ...]:
    """What the caller has lost to others and has not heard of; it is told once."""
    return tuple(one.line for one in tentatively.tell(app.store, app.caller()))


def _line(one: holding.Standing) -> str:
    holder, sign = one.lease.holder, "~" if one.lease.state is LeaseState.TENTATIVE else ""
    parts = [short(one.lease.issue), sign + (holder.actor if holder else "nobody"), _when(one)]
    parts.append(one_line(one.title or "(no such issue)"))
    if one.lease.reason:
        parts.append(one_line(one.lease.reason))
    return "\t".join(parts)


def _when(one: holding.Standing) -> str:
    if one.dead:
        return "its process has ended"
    if one.takeover_s is None:
        return "does not end"
    return "may be taken over" if one.takeover_s <= 0 else f"{max(round(one.takeover_s / 60), 1)} min"


def _show_standings(app: App, found: Sequence[holding.Standing], word: str) -> int:
    if not found:
        raise holding.NotClaimed("no claim was named", hint="give an id, or a token with --token or JIT_CLAIM_TOKEN")
    if app.json:
        rows = [one.to_json() for one in found]
        app.stdout.write(envelope(rows, total=len(found), returned=len(found), warnings=_losses(app)))
        return 0
    for one in found:
        app.stdout.write(f"{short(one.lease.issue)}\t{word}\t{_when(one)}\n")
    show_notes(app, _losses(app))
    return 0


def _show_freed(app: App, done: holding.Freed) -> int:
    if app.json:
        app.stdout.write(envelope(done.to_json(), warnings=done.notes))
        return 0
    for lease in done.leases:
        app.stdout.write(f"{short(lease.issue)}\tfree\n")
    show_notes(app, done.notes)
    return 0


def seconds(text: str) -> int:
    """`90`, `45m`, `2h`, `1d` as seconds. Raises `BadDuration`."""
    word = text.strip().lower()
    digits = word.rstrip("abcdefghijklmnopqrstuvwxyz")
    unit = word[len(digits) :] or "s"
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 9 or unit not in UNITS:
        raise BadDuration(
            f"'{one_line(text)}' is not a time", hint=f"times look like 45m, 2h or 0; at most {MAX_TTL_S // 86400}d"
        )
    return int(digits) * UNITS[unit]


def _pid(app: App) -> int:
    said = app.environ.get("JIT_CLAIM_PID", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else 0
