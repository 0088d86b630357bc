"""`init` and `status`: begin to keep issues, and see what there is."""

from git_jit.cli import App, options
from git_jit.cli.command import command
from git_jit.cli.names import short_names
from git_jit.cli.parameters import Option, flag, text
from git_jit.cli.render import answer
from git_jit.cli.sanitize import one_line
from git_jit.condition import Flag, Is
from git_jit.errors import UsageError
from git_jit.model import State
from git_jit.ops import settings
from git_jit.ops.apart import Apart, apart, decisions
from git_jit.ops.queries import Asker, doubts
from git_jit.store import NotInitialised
from git_jit.view import View

FLAGS = (Flag.READY, Flag.BLOCKED, Flag.OVERDUE, Flag.BROKEN)
"""What `status` counts beside the states."""


@command("init", examples=["git jit init", "git jit init --template agile", "git jit init --publish"])
@text(
    "--template",
    default="default",
    metavar="NAME",
    help="The rules to begin with: minimal, default, agile or research.",
)
@flag("--publish", "Publish the issues on a remote, with a pipeline by which its host checks every change.")
@text("--remote", metavar="NAME", help="With --publish: the remote; by default the one that is synced with.")
@Option(
    names=("--host",),
    dest="host",
    help="With --publish: whose pipelines the host runs, if its name does not tell.",
    kind="choice",
    choices=("github", "gitlab", "gitea"),
)
@options.actor
def init(app: App, template: str, publish: bool, remote: str | None, host: str | None) -> None:
    """Begin to keep issues in this repository.

    The rules of the template are the first commit; 'git jit config' changes them. With --publish also where there are
    issues already.
    """
    if not publish:
        if remote or host:
            raise UsageError("'--remote' and '--host' need '--publish'", hint="'git jit init -h' shows the usage")
        commit = settings.begin(app.init_store, app.caller(), template)
        answer(app, {"commit": commit, "template": template}, lambda: f"issues are kept here now ({commit[:10]})\n")
        app.note("hint: create the first issue with: git jit create 'What is to be done'")
        return
    _publish(app, template, remote, host)


def _publish(app: App, template: str, remote: str | None, host: str | None) -> None:
    from git_jit.hosts import Kind
    from git_jit.ops.publishing import publish
    from git_jit.ops.reviewing import SETTING, review_mode
    from git_jit.ops.sync import exchange_of

    exchange_of(app.store).remote(remote)  # nothing is begun that cannot be published
    begun = _begun(app, template, remote)
    with app.store.view() as view:
        mode = review_mode(app.git.config(SETTING), view.config)
    done = publish(app.store, app.caller(), remote=remote, host=Kind(host) if host else None, mode=mode)
    lines = [f"issues are kept here now ({begun[:10]})\n"] if begun else []
    lines.append(f"published {done.commit[:10]} on '{one_line(done.remote)}' as {one_line(done.branch)}\n")
    answer(app, {**done.to_json(), "begun": begun}, lambda: "".join(lines))
    if done.path:
        app.note(f"note: '{one_line(done.path)}' in the tree of the issues tells the host to check every change")


def _begun(app: App, template: str, remote: str | None) -> str | None:
    """Issues that are here or on the remote already are not begun anew; the first commit, if they were."""
    from git_jit.ops.sync import NoIssuesThere, pull

    try:
        app.store.view().close()
        return None
    except NotInitialised:
        pass
    try:
        pull(app.store, app.caller(), remote)
        return None
    except NoIssuesThere:
        return settings.begin(app.init_store, app.caller(), template)


@command("status", examples=["git jit status", "git jit status --json"])
@options.at
@flag("--verbose", "Also the issues that differ from those of the remote.", short="-v")
def status(app: App, at: str | None, verbose: bool) -> None:
    """Show what there is: where the issues are, and how many in each state.

    Also how many commits are not published, or were fetched and not brought in, and how many decisions wait.
    """
    with app.store.view(at) as view:
        states = view.values("state")
        counts = {state: states.get(state, 0) for state in State}
        flags = {flag: _count(view, flag, Asker(me=app.actor, now=app.now())) for flag in FLAGS}
        warnings = doubts(view)
        data: dict[str, object] = {"base": view.base, "states": counts, "flags": flags, "total": sum(counts.values())}
        shared = apart(app.store, view.base, each=verbose) if view.base and at is None else None
        waiting = decisions(app.store, view.base) if view.base else 0
        data |= {"remote": shared.to_json() if shared else None, "conflicts": waiting}
        differing = _differing(view, shared)
    base = view.base[:10] if view.base else "nothing yet"
    lines = [f"{sum(counts.values())} issues at {base}\n"]
    lines += [f"{state}\t{count}\n" for state, count in counts.items() if count]
    lines += [f"is:{flag}\t{count}\n" for flag, count in flags.items() if count]
    lines += [f"conflicts\t{waiting}\n"] if waiting else []
    lines += [f"{one_line(shared.remote)}\t{shared.ahead} ahead, {shared.behind} behind\n"] if shared else []
    answer(app, data, lambda: "".join([*lines, *differing]), warnings=warnings)


def _differing(view: View, shared: Apart | None) -> list[str]:
    """A line for each issue that differs: its short id, which side changed it, and its title if it is here."""
    if shared is None or not shared.issues:
        return []
    names = short_names(view, [id for id, _ in shared.issues])
    here = {row.id: row.title for row in view.rows([id for id, _ in shared.issues if view.state_of(id)])}
    return [f"{names[id]}\t{side}\t{one_line(here.get(id, ''))}\n" for id, side in shared.issues]


def _count(view: View, flag: Flag, asker: Asker) -> int:
    return view.select(Is(flag, asker.today, asker.now), limit=1).total
