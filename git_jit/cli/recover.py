"""`recover` and `bundle`: bring back what was lost, and keep a copy of everything in one file."""

import os

from git_jit.cli import App, options
from git_jit.cli.command import command
from git_jit.cli.parameters import Argument, Option, flag, text
from git_jit.cli.render import answer, show_rows
from git_jit.cli.sanitize import one_line
from git_jit.errors import UsageError
from git_jit.ops import recovery
from git_jit.ops.recovery import Recovery
from git_jit.rescue import Bundle, Candidate, Closure, Trouble
from git_jit.store.places import moment

SHOWN = 10
"""Digits of a commit, as 'git jit log' shows them."""
BEST = "best"
"""What `--apply` takes when it names no commit."""
MEANING = {
    Trouble.NONE: "nothing is wrong",
    Trouble.MISSING: "the reference is missing",
    Trouble.CORRUPT: "the reference does not hold the name of a commit",
    Trouble.REWOUND: "the reference was moved back: it lost commits that were published here",
    Trouble.BROKEN: "something of the present cannot be read",
    Trouble.HISTORY: "all issues can be read, but something of their history is missing",
}
HEAD = ("commit", "time", "issues", "readable", "commits", "closure", "against now", "found at")

_apply = Option(
    names=("--apply",),
    dest="apply",
    help="Let the reference name this candidate; without a commit, the best one if there is no rival.",
    metavar="COMMIT",
    bare=BEST,
)


class OneAtATime(UsageError):
    """Options of recovery that mean different things."""

    code = "one_at_a_time"


@command("recover", examples=["git jit recover --list", "git jit recover --apply", "git jit recover --issue 3f9c2a1"])
@flag("--list", "Show all that could take the reference's place, even if nothing is wrong.", dest="list_")
@_apply
@text("--from-bundle", metavar="FILE", help="Look into this bundle too.")
@flag("--accept-present", "Take a reference that was moved back on purpose for right; what it led to is kept.")
@text("--issue", metavar="ID", help="Bring back this one issue and its comments, in one commit.")
@text("--from", dest="from_", metavar="REVISION", help="With --issue: as of this commit; else the newest readable.")
@options.dry_run
@options.actor
def recover(
    app: App,
    list_: bool,
    apply: str | None,
    from_bundle: str | None,
    accept_present: bool,
    issue: str | None,
    from_: str | None,
    dry_run: bool,
) -> int:
    """Find what was lost, and bring it back.

    Looks into the reflog, the anchors, the references of remotes, bundles, and everything else the repository still
    holds. Nothing is changed without --apply; what the reference named before is kept; between two candidates that
    each hold something of their own the choice is yours.
    """
    _check(list_=list_, apply=apply, accept=accept_present, issue=issue, from_=from_)
    path = os.path.join(app.cwd, from_bundle) if from_bundle else None
    if issue is not None:
        return _issue(app, issue, from_)
    if accept_present:
        return _accepted(app, recovery.accept_present(app.store))
    if apply is not None:
        name = None if apply == BEST else apply
        return _applied(app, recovery.apply(app.store, name, path=path, dry_run=dry_run), dry_run=dry_run)
    found = recovery.look(app.store, search=list_, path=path)
    if found.chosen and not dry_run and _agrees(app, found):
        return _applied(app, recovery.apply(app.store, found.chosen.oid, path=path), dry_run=False)
    return _show(app, found)


@command("bundle", examples=["git jit bundle", "git jit bundle ../issues.bundle", "git jit bundle --list"])
@Argument(dest="file", metavar="FILE", required=False)
@flag("--list", "List the bundles made here, newest first.", dest="list_")
@options.actor
def bundle(app: App, file: str | None, list_: bool) -> int:
    """Write all issues with their history into one file, and verify it.

    Without FILE it goes into the repository's own directory, which keeps the newest four; copy one elsewhere to
    survive the loss of the disk. 'git jit recover --from-bundle' reads it.
    """
    if list_:
        found = recovery.bundles(app.store)
        rows = [_bundle_row(one) for one in found]
        return show_rows(
            app, [one.to_json() for one in found], ("commit", "bytes", "file"), rows, empty="there are no bundles here"
        )
    made = recovery.write_bundle(app.store, app.caller(), os.path.join(app.cwd, file) if file else None)
    answer(app, made.to_json(), lambda: f"{one_line(made.path)}\n")
    return 0


def _check(*, list_: bool, apply: str | None, accept: bool, issue: str | None, from_: str | None) -> None:
    said = [
        name
        for name, is_said in (
            ("--list", list_),
            ("--apply", apply is not None),
            ("--accept-present", accept),
            ("--issue", issue is not None),
        )
        if is_said
    ]
    if len(said) > 1:
        raise OneAtATime(f"'{said[0]}' and '{said[1]}' cannot be said together", hint="say one of them at a time")
    if from_ is not None and issue is None:
        raise OneAtATime("'--from' needs '--issue'", hint="'git jit recover --apply COMMIT' brings back everything")


def _issue(app: App, id: str, rev: str | None) -> int:
    from git_jit.cli.reporting import show_report

    return show_report(app, recovery.recover_issue(app.store, app.caller(), id, rev))


def _agrees(app: App, found: Recovery) -> bool:
    """Whether a person who watches says yes. Nobody else is asked."""
    if app.json or not (app.stdin_is_terminal and app.stdout_is_terminal) or found.chosen is None:
        return False
    app.stdout.write(_lines(found))
    app.stderr.write("bring it back? [y/N] ")
    app.stderr.flush()
    return app.stdin.readline(16).strip().lower() in {b"y", b"yes"}


def _show(app: App, found: Recovery) -> int:
    answer(app, found.to_json(), lambda: _lines(found), warnings=found.situation.notes)
    if found.chosen:
        app.note("hint: 'git jit recover --apply' brings it back")
    elif found.situation.trouble is Trouble.HISTORY:
        app.note("hint: another clone or a bundle may hold what is missing: 'git jit recover --from-bundle FILE'")
    return 0


def _applied(app: App, found: Recovery, *, dry_run: bool) -> int:
    chosen, done = found.chosen, found.outcome
    if chosen is None:
        return _show(app, found)
    verb = "would bring back" if dry_run else "brought back"
    lines = [f"{verb}: {chosen.oid[:SHOWN]} {one_line(chosen.subject)} ({chosen.readable} issues)\n"]
    if done:
        lines += [f"kept: {one_line(name)}\n" for name in done.kept]
        lines += [f"set aside: {one_line(path)}\n" for path in done.set_aside]
        lines += [f"restored: {oid}\n" for oid in done.restored]
    answer(app, found.to_json(), lambda: "".join(lines), warnings=found.situation.notes)
    return 0


def _accepted(app: App, found: Recovery) -> int:
    done = found.outcome
    kept = f"; what it led to before is '{done.kept[0]}'" if done and done.kept else ""
    answer(app, found.to_json(), lambda: f"the present is taken for right{kept}\n")
    return 0


def _lines(found: Recovery) -> str:
    situation = found.situation
    lines = [MEANING[situation.trouble] + "\n"]
    lines += ["\t".join(map(one_line, _row(one))) + "\n" for one in situation.candidates]
    return "".join(lines)


def _row(one: Candidate) -> tuple[str, ...]:
    counts = (str(one.issues), str(one.readable), str(one.commits))
    closure = "history damaged" if one.closure is Closure.TIP else one.closure
    against = f"+{one.ahead} -{one.behind}"
    aside = " (set aside)" if one.set_aside else ""
    return (one.oid[:SHOWN], moment(one.time)[:19] + "Z", *counts, closure, against, ", ".join(one.sources) + aside)


def _bundle_row(one: Bundle) -> tuple[str, str, str]:
    return (one.tip[:SHOWN] if one.tip else "unreadable", str(one.size), one.path)
