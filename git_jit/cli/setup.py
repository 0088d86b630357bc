"""`init` and `status`: begin to keep issues, and see what there is."""

from git_jit.cli import App, options
from git_jit.cli.command import command
from git_jit.cli.parameters import text
from git_jit.cli.render import answer
from git_jit.condition import Flag, Is
from git_jit.model import State
from git_jit.ops import settings
from git_jit.ops.queries import Asker, doubts
from git_jit.view import View

FLAGS = (Flag.READY, Flag.BLOCKED, Flag.OVERDUE, Flag.BROKEN)
"""What `status` counts beside the states."""


@command("init", examples=["git jit init", "git jit init --template agile"])
@text(
    "--template",
    "-t",
    default="default",
    metavar="NAME",
    help="The rules to begin with: minimal, default, agile or research.",
)
@options.actor
def init(app: App, template: str) -> None:
    """Begin to keep issues in this repository.

    The rules of the template are the first commit; 'git jit config' changes them.
    """
    commit = settings.begin(app.init_store, app.caller(), template)
    answer(app, {"commit": commit, "template": template}, lambda: f"issues are kept here now ({commit[:10]})\n")
    app.note("hint: create the first issue with: git jit create 'What is to be done'")


@command("status", examples=["git jit status", "git jit status --json"])
@options.at
def status(app: App, at: str | None) -> None:
    """Show what there is: where the issues are, and how many in each state."""
    with app.store.view(at) as view:
        states = view.values("state")
        counts = {state: states.get(state, 0) for state in State}
        flags = {flag: _count(view, flag, Asker(me=app.actor, now=app.now())) for flag in FLAGS}
        warnings = doubts(view)
        data = {"base": view.base, "states": counts, "flags": flags, "total": sum(counts.values())}
    base = view.base[:10] if view.base else "nothing yet"
    lines = [f"{sum(counts.values())} issues at {base}\n"]
    lines += [f"{state}\t{count}\n" for state, count in counts.items() if count]
    lines += [f"is:{flag}\t{count}\n" for flag, count in flags.items() if count]
    answer(app, data, lambda: "".join(lines), warnings=warnings)


def _count(view: View, flag: Flag, asker: Asker) -> int:
    return view.select(Is(flag, asker.today, asker.now), limit=1).total
