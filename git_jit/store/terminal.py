"""Hand the terminal to the user's editor or pager, the way git does it."""

import contextlib
import os
from collections.abc import Iterator, Mapping

from git_jit.errors import Refused
from git_jit.store.layout import Layout
from git_jit.store.process import spawn, wait
from git_jit.store.settings import editor, pager
from git_jit.store.system import write_error

EDITED = "JIT_EDITMSG"
"""The file in the git directory that holds the text; it stays there if the editor fails."""


class EditorFailed(Refused):
    """The editor ended with an error, which is how a user says "do not"."""

    code = "editor_failed"


def edit(layout: Layout, environ: Mapping[str, str], text: str) -> str:
    """Let the user edit the text. Raises `EditorFailed` if the editor does."""
    path = os.path.join(layout.git_dir, EDITED)
    try:
        with open(path, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(text)
    except OSError as error:
        raise write_error(error, "write the text to edit") from error
    command = editor(layout, environ)
    if command != ":":  # git's word for "no editor", as in hooks
        with _deaf():
            status = wait(spawn(["sh", "-c", f'{command} "$@"', command, path], environ, stdin=0, stdout=1, stderr=2))
        if status:
            raise EditorFailed(f"the editor '{command}' failed", details={"path": path, "status": status})
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def page(layout: Layout, environ: Mapping[str, str], text: str) -> bool:
    """Show the text in the user's pager; False if there is none and the text was not shown."""
    command = pager(layout, environ)
    if command in {"", "cat"}:
        return False
    source, feed = os.pipe()
    with _deaf(), os.fdopen(feed, "wb") as file:
        try:
            shown = {"LESS": "FRX", "LV": "-c", **environ, "GIT_PAGER_IN_USE": "1"}
            pid = spawn(["sh", "-c", command], shown, stdin=source, stdout=1, stderr=2)
        finally:
            os.close(source)
        with contextlib.suppress(BrokenPipeError):  # the reader has seen enough
            file.write(text.encode("utf-8", "surrogateescape"))
            file.flush()
        with contextlib.suppress(BrokenPipeError):
            file.close()
        wait(pid)
    return True


@contextlib.contextmanager
def _deaf() -> Iterator[None]:
    """Leave Ctrl-C to the program that has the terminal: `less` uses it, and an editor must not be orphaned."""
    import signal

    try:
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    except ValueError:  # not the main thread: signals do not come here
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
