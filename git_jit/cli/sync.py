"""`sync` and its parts `fetch`, `pull` and `push`: sharing issues with remotes."""

from git_jit.cli import App, options
from git_jit.cli.command import command
from git_jit.cli.parameters import Argument, flag
from git_jit.cli.progress import Meter
from git_jit.cli.render import answer
from git_jit.cli.sanitize import one_line
from git_jit.errors import UsageError
from git_jit.model import Caller
from git_jit.ops import sync as sharing
from git_jit.ops.reviewing import SETTING, ReviewMode, review_mode
from git_jit.ops.sync import How, Lost, Synced, Taken
from git_jit.view import rules_to_read_by

SHOWN = 10
"""Digits of a commit, as 'git jit log' shows them."""
NOBODY = "human:unknown"
_remote = Argument(dest="remote", metavar="REMOTE", required=False)
_rejoin = flag("--rejoin", "If the remote lost history: put together what it had and what it has.")
_adopt = flag("--adopt", "If the remote lost history: go on with what it has now.")


@command("fetch", examples=["git jit fetch", "git jit fetch upstream"])
@_remote
@_rejoin
@_adopt
def fetch(app: App, remote: str | None, rejoin: bool, adopt: bool) -> None:
    """Fetch the issues of a remote, and bring nothing in.

    The next command does that, unless 'jit.autoMerge' is off. Without REMOTE it is 'jit.remote', the only remote there
    is, or 'origin'.
    """
    app.lazy = False
    done = sharing.fetch(app.store, remote, lost=_lost(rejoin=rejoin, adopt=adopt))
    tip = done.fetched.tip if done.fetched else None
    _show(app, done, [f"'{done.remote}' is at {tip[:SHOWN]}"] if tip else [])


@command("pull", examples=["git jit pull", "git jit pull upstream"])
@_remote
@_rejoin
@_adopt
@options.actor
def pull(app: App, remote: str | None, rejoin: bool, adopt: bool) -> None:
    """Fetch the issues of a remote, and bring them together with those of this clone."""
    app.lazy = False
    with Meter(app, wanted=None) as meter:
        lost = _lost(rejoin=rejoin, adopt=adopt)
        done = sharing.pull(app.store, app.caller(), remote, lost=lost, progress=meter)
    _show(app, done, _came(done.taken, done.remote))


@command("push", examples=["git jit push", "git jit push upstream"])
@_remote
@options.actor
def push(app: App, remote: str | None) -> None:
    """Publish the issues of this clone on a remote.

    Nothing is ever forced: a remote with something that is not here yet refuses, and 'git jit sync' brings both
    together.
    """
    app.lazy = False
    done = sharing.push(app.store, app.caller(), remote, mode=_mode(app))
    _show(app, done, _went(done))


@command("sync", examples=["git jit sync", "git jit sync upstream"])
@_remote
@_rejoin
@_adopt
@options.actor
def sync(app: App, remote: str | None, rejoin: bool, adopt: bool) -> None:
    """Exchange issues with a remote: fetch, merge, publish, until both have everything.

    What both sides changed is merged field by field; what cannot be decided is kept for 'git jit conflicts'. It is done
    when the remote shows a commit that holds everything that is here.
    """
    app.lazy = False
    with Meter(app, wanted=None) as meter:
        mode, lost = _mode(app), _lost(rejoin=rejoin, adopt=adopt)
        done = sharing.sync(app.store, app.caller(), remote, mode=mode, lost=lost, progress=meter)
    lines = _came(done.taken, done.remote) if done.taken and done.taken.how is not How.NOTHING else []
    lines += _went(done)
    _show(app, done, lines or [f"nothing to exchange with '{done.remote}'"])


def _mode(app: App) -> ReviewMode:
    """How changes are published here. A fresh clone has no rules yet, and nothing to publish either."""
    from git_jit.store import NotInitialised, RefMissing

    try:
        with app.store.view() as view:
            return review_mode(app.git.config(SETTING), rules_to_read_by(view))
    except (NotInitialised, RefMissing):
        return ReviewMode.OFF


def _lost(*, rejoin: bool, adopt: bool) -> Lost:
    if rejoin and adopt:
        raise UsageError("'--rejoin' and '--adopt' contradict each other", hint="say one of them")
    return Lost.REJOIN if rejoin else Lost.ADOPT if adopt else Lost.ASK


def _came(taken: Taken | None, remote: str) -> list[str]:
    return [taken.line if taken else f"nothing new from '{remote}'"]


def _went(done: Synced) -> list[str]:
    return [f"published {done.pushed[:SHOWN]} on '{done.remote}'"] if done.pushed else []


def _show(app: App, done: Synced, lines: list[str]) -> None:
    warnings = (*(done.taken.warnings if done.taken else ()), *done.notes)
    answer(app, done.to_json(), lambda: "".join(f"{one_line(line)}\n" for line in lines), warnings=warnings)
    if done.taken and done.taken.decisions:
        app.note("hint: 'git jit conflicts' lists what waits for a decision")


# --- on the way to every other command ------------------------------------------------------------------


def take_up(app: App) -> None:
    """Bring in what git fetched since the last command, with a line about it. What cannot be brought in is told, and
    never in the way of the command.
    """
    from git_jit.errors import JitError

    try:
        taken = sharing.take_up(app.store, _caller(app))
    except JitError as error:
        app.note(f"note: what git fetched was not brought in: {one_line(error.message)}")
        if error.hint:
            app.note(f"hint: {one_line(error.hint)}")
        return
    if taken is None:
        return
    app.note(f"note: {one_line(taken.line)}")
    for warning in taken.warnings:
        app.note(f"note: {one_line(warning)}")


def _caller(app: App) -> Caller:
    """Whoever only reads needs no name; a merge asks for one by itself."""
    from git_jit.cli.actor import NoActor

    try:
        return app.caller()
    except NoActor:
        app.actor_name = NOBODY
        try:
            return app.caller()
        finally:
            app.actor_name = None
