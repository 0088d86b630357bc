"""What is kept when the program itself is wrong: a file with all that a report needs, and no issue text."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from typing import ClassVar

from git_jit.cli import App
from git_jit.cli.table import find
from git_jit.cli.tracking import operation, scrubbed_traceback, versions_here
from git_jit.errors import JitError


class Bug(JitError):
    """The program is wrong. Never the user's fault."""

    code: ClassVar[str] = "bug"
    status: ClassVar[int] = 70


def write_report(app: App, arguments: Sequence[str], error: Exception) -> str | None:
    """Write the report into the repository's log directory, else into the temporary one; the path, or None."""
    versions = versions_here()
    text = "\n".join(
        [
            f"git-jit {versions['git_jit']}",
            f"python {versions['python']} on {versions['platform']}",
            f"time {app.now()}",
            f"request {app.request}",
            f"command {' '.join([operation(arguments), *_options(arguments)])}",
            "",
            scrubbed_traceback(app, error),
        ]
    )
    for directory in (_log_dir(app), tempfile.gettempdir()):
        if directory is None:
            continue
        try:
            os.makedirs(directory, mode=0o700, exist_ok=True)
            handle, path = tempfile.mkstemp(prefix="bug-", suffix=".log", dir=directory)
            with open(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
            return path
        except OSError:
            continue
    return None


def _options(arguments: Sequence[str]) -> Iterator[str]:
    """The names of the options that were given, as far as the command knows them: what follows one may be private."""
    from git_jit.cli.command import load

    entry, words = find(arguments)
    try:
        known = load(entry).option_names if entry else frozenset()
    except Exception:  # noqa: BLE001 — the module of the command may be what is wrong
        return
    for word in words:
        if word == "--":
            return
        name = word.partition("=")[0] if word.startswith("--") else word[:2]
        if name in known:
            yield name


def _log_dir(app: App) -> str | None:
    try:
        here = app.local_dir()
    except Exception:  # noqa: BLE001 — while reporting a bug nothing else may get in the way
        return None
    return f"{here}/log" if here else None
