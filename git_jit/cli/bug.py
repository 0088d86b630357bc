"""What is kept when the program itself is wrong: a file with all that a report needs, and no issue text."""

import os
import platform
import tempfile
import traceback
from collections.abc import Sequence
from typing import ClassVar

from git_jit import __version__
from git_jit.cli import App
from git_jit.cli.table import NOUNS, TOP
from git_jit.errors import JitError


class Bug(JitError):
    """The program is wrong. Never the user's fault."""

    code: ClassVar[str] = "bug"
    status: ClassVar[int] = 70


def write_report(app: App, arguments: Sequence[str], error: Exception) -> str | None:
    """Write the report into the repository's log directory, else into the temporary one; the path, or None."""
    text = "\n".join(
        [
            f"git-jit {__version__}",
            f"python {platform.python_version()} on {platform.platform()}",
            f"time {app.now()}",
            f"command {_verbs(arguments)}",
            "",
            *traceback.format_exception(error),
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


def _verbs(arguments: Sequence[str]) -> str:
    """The command without its values: titles and texts may be private."""
    known = {*NOUNS, *TOP, *(name for noun in NOUNS.values() for name in noun.entries)}
    return " ".join(word.partition("=")[0] for word in arguments if word in known or word.startswith("-"))


def _log_dir(app: App) -> str | None:
    try:
        return app.log_dir()
    except Exception:  # noqa: BLE001 — while reporting a bug nothing else may get in the way
        return None
