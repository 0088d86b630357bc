"""`propose`: put what was done here up for review, on a branch that a host can show as a pull request."""

from collections.abc import Collection

from git_jit.cli import App, options
from git_jit.cli.command import command
from git_jit.cli.differing import counts_text
from git_jit.cli.parameters import Argument, flag, text
from git_jit.cli.render import answer, show_rows
from git_jit.cli.sanitize import one_line
from git_jit.errors import UsageError
from git_jit.model import IssueId
from git_jit.ops import proposing
from git_jit.ops.proposing import Proposed, Withdrawn
from git_jit.text import counted
from git_jit.validate.finding import Severity

SHOWN = 10
"""Digits of a commit, as 'git jit log' shows them."""


@command(
    "propose",
    examples=[
        "git jit propose",
        "git jit propose 'triage sprint 12'",
        "git jit propose 'triage sprint 12' --update",
        "git jit propose 'new labels' --filter label:component:web --dry-run",
    ],
)
@Argument(dest="title", metavar="TITLE", required=False)
@flag("--update", "Add to the proposal of this title, and merge in what was published since.", short="-u")
@flag("--withdraw", "Take the proposal of this title back.")
@text("--filter", "-f", metavar="EXPR", help="Propose only changes of issues that meet this filter.")
@text("--remote", metavar="NAME", help="The remote; by default the one that is synced with.")
@options.dry_run
@options.actor
def propose_(
    app: App, title: str | None, update: bool, withdraw: bool, filter: str | None, remote: str | None, dry_run: bool
) -> int:
    """Put what is not published yet on a branch of its own, for others to review.

    The branch grows from what is published, so a host shows it as a pull request; its name is made from your name and
    TITLE. Without a TITLE, list the proposals there are. What was proposed stays here as it is, and 'git jit sync'
    finds it again when it was merged, by merge, squash or rebase.
    """
    if update and withdraw:
        raise UsageError("'--update' and '--withdraw' cannot be said together", hint="say one of them at a time")
    if withdraw:
        return _told_withdrawn(app, proposing.withdraw(app.store, app.caller(), title, remote=remote, dry_run=dry_run))
    if title is None and not update:
        if filter is not None or dry_run:
            raise UsageError("a proposal needs a title", hint="git jit propose 'what it is about'")
        return _list(app, remote)
    caller = app.caller()
    done = proposing.propose(
        app.store,
        caller,
        title or proposing.only_own(app.store, caller, remote),
        remote=remote,
        update=update,
        only=_selected(app, filter) if filter is not None else None,
        dry_run=dry_run,
    )
    return _told(app, done)


def _selected(app: App, filter: str) -> Collection[IssueId]:
    from git_jit.ops.queries import Asker, narrowed

    with app.store.view() as view:
        condition = narrowed(view, [filter], Asker(me=app.actor, now=app.now()))
        return frozenset(view.select(condition).ids)


def _told(app: App, done: Proposed) -> int:
    verb = "would be proposed" if done.dry_run else "updated" if done.before else "proposed"
    lines = [f"{one_line(done.branch)}\n", *([f"{one_line(done.url)}\n"] if done.url else [])]
    warnings = [
        f"{one.subject[:7]}: {one.message}" for one in done.checked.complaints if one.severity is Severity.WARNING
    ]
    answer(app, done.to_json(), lambda: "".join(lines), warnings=warnings)
    app.note(f"{verb}: {counted(done.commits, 'commit')}, {counts_text(done.checked.differences)}")
    if done.left:
        app.note(f"note: {counted(done.left, 'unpublished commit')} left out by the filter")
    if done.url is None and not done.dry_run:
        app.note(f"hint: on the host of '{done.remote}', ask for this branch to be merged")
    return 0


def _told_withdrawn(app: App, done: Withdrawn) -> int:
    verb = "would withdraw" if done.dry_run else "withdrew"
    answer(app, done.to_json(), lambda: f"{verb} {one_line(done.branch)} (it was at {done.head[:SHOWN]})\n")
    return 0


def _list(app: App, remote: str | None) -> int:
    found = proposing.listed(app.store, remote)
    data = [{"branch": branch, "head": head} for branch, head in found]
    rows = [(branch, head[:SHOWN]) for branch, head in found]
    return show_rows(app, data, ("branch", "commit"), rows, empty="there are no proposals")
