"""A command in a box of its own, where bubblewrap (`bwrap`) is installed: Linux, with namespaces for users.

Inside, everything can be read but the user's home, and only the working tree can be written, without its repository.
There is no network, no other process, no socket of a service of this machine, and nothing outlives the command. What
can be read and is not at home stays readable: a box against damage and theft of credentials, not against curiosity.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from git_jit.record import record

BWRAP: Final = "bwrap"
EMPTY: Final = ("/tmp", "/var/tmp", "/run", "/dev/shm")  # noqa: S108 - they are hidden, not used
"""Directories that are empty inside: other people's files, and sockets by which services are asked."""
PROBE_S: Final = 10.0
"""Seconds for the box to open; it takes some milliseconds."""


@record(kw_only=True)
class Box:
    """What a command sees of the file system."""

    writable: str
    """The directory that it may change."""
    readable: tuple[str, ...] = ()
    """Paths that it may read and not change, wherever they lie."""
    home: str | None = None
    """Hidden, but for the paths above."""


def boxed(box: Box, argv: Sequence[str], cwd: str) -> tuple[str, ...]:
    """The words that run a command inside. Its exit status comes through, a signal as 128 and its number."""
    return (BWRAP, *_words(box), "--chdir", cwd, "--", *argv)


def _words(box: Box) -> Iterator[str]:
    yield from ("--unshare-all", "--die-with-parent", "--cap-drop", "ALL")
    yield from ("--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc")
    hidden = [path for path in (*EMPTY, box.home) if path and os.path.isdir(path)]
    for path in dict.fromkeys(map(os.path.realpath, hidden)):
        if path != "/":
            yield from ("--tmpfs", path)
    yield from ("--bind", box.writable, box.writable)
    for path in box.readable:
        if os.path.exists(path):
            yield from ("--ro-bind", path, path)


def obstacle(box: Box, environ: Mapping[str, str]) -> str | None:
    """Why nothing can be boxed here, as a clause; None if it can: it is tried."""
    import subprocess

    try:
        tried = subprocess.run(
            boxed(box, ["true"], box.writable),
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PROBE_S,
            check=False,
        )
    except FileNotFoundError:
        return f"'{BWRAP}' is not installed"
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        return f"'{BWRAP}' cannot be started: {error}"
    said = tried.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
    return None if tried.returncode == 0 else f"'{BWRAP}' refuses: {said or f'status {tried.returncode}'}"
