"""What is kept of a failure after the user was told, and what its name is: verbs, versions, no values.

Nothing here may change what the failing command says or how it ends.
"""

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from git_jit.cli import App
from git_jit.cli.table import ALIASES, NOUNS, TOP
from git_jit.errors import JitError

if TYPE_CHECKING:
    from git_jit.store.incidents import Incidents

MAX_LOOKED_AT: Final = 1 << 16
"""Characters of a message or traceback that are scrubbed; the rest is not kept."""


def track(app: App, arguments: Sequence[str], error: JitError, cause: BaseException) -> None:
    """Keep the failure in the store of errors if it is of interest. Never raises, waits 50 ms at most."""
    with suppress(Exception):
        from git_jit.ops.incidents import Circumstances, is_of_interest, judge

        if not is_of_interest(error):
            return
        is_bug = error is not cause
        happened = judge(
            error,
            cause,
            Circumstances(
                at=app.now(),
                operation=operation(arguments),
                request=app.request,
                message=scrubbed(app, _words(error, cause)),
                traceback=scrubbed_traceback(app, cause) if is_bug else None,
                versions=versions_here(),
            ),
        )
        here = app.local_dir()
        directory = here or state_dir(app.environ)
        if directory is None:
            return
        if not happened.suspect:  # which is no reason to make a directory
            os.makedirs(directory, mode=0o777 if here else 0o700, exist_ok=True)
        incidents(directory).add(happened)


def incidents(directory: str) -> "Incidents":
    """The store of errors in this directory."""
    from git_jit.store.incidents import NAME, Incidents

    return Incidents(f"{directory}/{NAME}")


def state_dir(environ: Mapping[str, str]) -> str | None:
    """Where a program keeps its state by the XDG Base Directory Specification; None if nobody has a home."""
    named, home = environ.get("XDG_STATE_HOME", ""), environ.get("HOME", "")
    base = named if os.path.isabs(named) else f"{home}/.local/state" if home else None
    return None if base is None else f"{base}/git-jit"


def operation(arguments: Sequence[str]) -> str:
    """The verbs of a command, like `issue create`, without its values: titles and texts may be private."""
    first = ALIASES.get(arguments[0], arguments[0]) if arguments else ""
    if first in NOUNS:
        noun = NOUNS[first]
        second = (*noun.spelled_out(arguments[1:])[:1], "")[0]
        verb = noun.aliases.get(second, second)
        return f"{first} {verb}" if verb in noun.entries else first
    return first if first in TOP else ""


def versions_here() -> dict[str, str]:
    """What runs here: git jit, Python, and the system without the machine's name."""
    import sys

    from git_jit import __version__

    machine = os.uname()
    return {
        "git_jit": __version__,
        "python": sys.version.split()[0],
        "platform": f"{machine.sysname} {machine.release} {machine.machine}",
    }


def scrubbed_traceback(app: App, error: BaseException) -> str:
    """Where it happened, without secrets."""
    import traceback

    return scrubbed(app, "".join(traceback.format_exception(error))[-MAX_LOOKED_AT:])


def scrubbed(app: App, text: str) -> str:
    """`text` without secrets, and without who the user is."""
    from git_jit.scrub import scrub

    environ = app.environ
    user = environ.get("USER") or environ.get("LOGNAME", "")
    return scrub(text[:MAX_LOOKED_AT], home=environ.get("HOME", ""), user=user)


def _words(error: JitError, cause: BaseException) -> str:
    """The sentence; of a bug what Python says about it, for the sentence names a file that changes each time."""
    return error.message if error is cause else f"{type(cause).__name__}: {cause}"
