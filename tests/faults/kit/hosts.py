"""A host that dies in the middle of a push: after it took it and before it said so, or with a lock in its hands."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from typing import Final

DROPPED: Final = """#!/bin/sh
# The server has taken the push, and dies before it says so.
grep -qs reply "$GIT_DIR/deaths" && test $(od -An -N1 -tu1 /dev/urandom) -ge {most} && exit 0
echo reply >> "$GIT_DIR/deaths"
kill -9 $PPID
"""
KILLED: Final = """#!/bin/sh
# The server holds the lock of the reference, and dies before it renames it.
test "$1" = prepared || exit 0
grep -qs lock "$GIT_DIR/deaths" && test $(od -An -N1 -tu1 /dev/urandom) -ge {most} && exit 0
echo lock >> "$GIT_DIR/deaths"
kill -9 $PPID
"""


def trouble(hub: Path, share: float) -> None:
    """Let the host die in `share` of the pushes, half of them with the lock in its hands; in either way at least once."""
    if not share:
        return
    for name, script in (("post-receive", DROPPED), ("reference-transaction", KILLED)):
        hook = hub / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(script.format(most=int(256 * share / 2)))
        hook.chmod(0o755)


@contextmanager
def operator(hub: Path) -> Iterator[None]:
    """Somebody who looks after the host: a lock that is there for half a second is a dead process's."""
    done = Event()
    lock = hub / "refs/jit/claims.lock"

    def watch() -> None:
        while not done.wait(0.1):
            with suppress(OSError):
                if time.time() - lock.stat().st_mtime > 0.5:
                    lock.unlink()

    thread = Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def deaths(hub: Path) -> int:
    """How often it died."""
    with suppress(OSError):
        return len((hub / "deaths").read_text().split())
    return 0
