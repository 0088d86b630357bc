"""Options and arguments that several commands share, so that the same word means the same everywhere."""

from git_jit.cli.parameters import Argument, Function, Option, add, flag, number, text
from git_jit.record import replace

LIST_LIMIT = 50
"""Issues that a list shows by itself: a screen or two; how many more there are is always said."""

ids = Argument(dest="ids", metavar="ID...", many=True)
id = Argument(dest="id", metavar="ID")
actor = replace(
    text("--actor", dest="actor_name", metavar="KIND:NAME", help="Act as this actor."),
    of_app=True,
)
session = replace(
    text("--session", dest="session", metavar="NAME", help="Tells workers of one name apart (or JIT_SESSION)."),
    of_app=True,
)
token = replace(
    text("--token", dest="token", metavar="TOKEN", help="The claim you act under (or JIT_CLAIM_TOKEN)."), of_app=True
)
override = replace(
    flag("--override", "Change what somebody else has claimed; recorded, and their claim is over."), of_app=True
)


def acting(function: Function) -> Function:
    """The options of commands that change issues: who acts, and under which claim."""
    return add((token, override, session, actor), function)


color = Option(
    names=("--color",),
    dest="color",
    help="When to use colours.",
    kind="choice",
    choices=("always", "never", "auto"),
    bare="always",
    of_app=True,
)
if_version = text(
    "--if-version", metavar="OID", help="Refuse when the issue is no longer this version (see 'show --json')."
)
dry_run = flag("--dry-run", "Say what would happen, and do nothing.", short="-n", off="--no-dry-run")
reason = text("--reason", "-r", metavar="TEXT", help="Why; kept in history.")
force = flag("--force", "Overrule rules that allow it; needs --reason.", off="--no-force")
at = text("--at", metavar="REVISION", help="As of this commit of the issues.")
limit = number("--limit", "-L", help="At most this many; 0 for all.")
offset = number("--offset", default=0, help="Leave out so many first ('next' of --json).")
progress = replace(
    flag("--progress", "Show how far it is; by itself only on a terminal.", off="--no-progress"), default=None
)
sort = text("--sort", metavar="FIELD,...", help="Order, like '-priority,created'; '-' is descending.")
