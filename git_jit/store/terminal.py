"""Hand the terminal to the user's editor or pager, the way git does it."""

import contextlib
import os
from collections.abc import Iterator, Mapping
from itertools import count
from typing import NamedTuple

from git_jit.errors import Refused
from git_jit.store.layout import Layout
from git_jit.store.process import spawn, wait
from git_jit.store.settings import editor, pager
from git_jit.store.system import write_error

EDITED = "JIT_EDITMSG"
"""The file in the git directory that holds the text, with `.md` for the editor's sake. Two people may edit at the
same time, and a text that could not be used is kept, so a name that is taken gets a number.
"""


NOT_STARTED = (126, 127)
"""What a shell ends with when the command cannot be run, or is not there (POSIX, "Exit Status for Commands")."""


class Edited(NamedTuple):
    """What came back from the editor, and the file that keeps it until the caller removes that."""

    text: str
    """Bytes that are not UTF-8 are surrogates."""
    path: str


class EditorFailed(Refused):
    """The editor ended with an error, which is how a user says "do not"."""

    code = "editor_failed"


def edit(layout: Layout, environ: Mapping[str, str], text: str) -> Edited:
    """Let the user edit the text. Raises `EditorFailed` if the editor does; what was written is kept."""
    command = editor(layout, environ)
    path = _new_file(layout.git_dir, text)
    status = 0
    if command != ":":  # git's word for "no editor", as in hooks
        with _deaf():
            status = wait(spawn(["sh", "-c", f'{command} "$@"', command, path], environ, stdin=0, stdout=1, stderr=2))
    after = _read(path)
    if status == 0 and after is not None:
        return Edited(after, path)
    kept = after not in {None, text}
    if not kept:
        remove(path)
    what = "failed" if status else "left no text"
    raise EditorFailed(
        f"the editor '{command}' {what}",
        hint=f"your text is kept in '{path}'" if kept else None,
        details={"path": path if kept else None, "status": status},
    )


def _new_file(directory: str, text: str) -> str:
    """A file of its own that holds `text`."""
    for number in count(1):
        path = os.path.join(directory, f"{EDITED}.md" if number == 1 else f"{EDITED}-{number}.md")
        try:
            with open(path, "x", encoding="utf-8", errors="surrogateescape", newline="") as file:
                try:
                    file.write(text)
                    file.flush()
                except OSError:
                    remove(path)
                    raise
        except FileExistsError:
            continue
        except OSError as error:
            raise write_error(error, "write the text to edit") from error
        return path
    raise AssertionError  # `count` has no end


def _read(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
            return file.read()
    except OSError:
        return None


def remove(path: str) -> None:
    """Remove a text that is not needed any more, if it can be removed."""
    with contextlib.suppress(OSError):
        os.unlink(path)


def page(layout: Layout, environ: Mapping[str, str], text: str) -> bool:
    """Show the text in the user's pager; False if there is none, or it does not start: the text was not shown."""
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
        status = wait(pid)
    return status not in NOT_STARTED


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
