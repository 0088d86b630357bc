"""How far long work is, on one line of a terminal's standard error; nothing anywhere else."""

import time
from typing import Self

from git_jit.cli import App
from git_jit.model import Progress

PATIENCE_S = 1.0
"""Work that is done before this needs no progress: git waits as long."""


class Meter:
    """Call it with each `Progress`; leave it, as a context, when the work is done.

    `wanted` is what `--[no-]progress` said; None: when somebody watches, and has waited for a while.
    """

    def __init__(self, app: App, *, wanted: bool | None) -> None:
        self._stream = app.stderr
        self._on = (app.stderr_is_terminal if wanted is None else wanted) and not app.json
        self._begin = time.monotonic() + (0 if wanted else PATIENCE_S)
        self._shown = ""

    def __call__(self, progress: Progress) -> None:
        if self._on and time.monotonic() >= self._begin:
            of = "" if progress.total is None else f"/{progress.total}"
            line = f"\r{progress.what}: {progress.done}{of}\x1b[K"
            if line != self._shown:
                self._stream.write(line)
                self._stream.flush()
                self._shown = line

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown:
            self._stream.write("\r\x1b[K")
