"""Writing beside `git gc`, and asking for one.

The danger is `git gc --prune=now`, a common recipe. It first lists what is reachable, then deletes the loose
objects that are not on its list, however young. An object written in between, whose reference moved in
between, is deleted although it is in use: acknowledged writes vanish (reliability.md F3, storage.md 9).
Checking before the swap does not help, nor does writing again after it, as long as that gc still runs.

What does help, and why:

1. Prune deletes loose objects only. Packs are deleted by `repack` alone, and only those that it listed when
   it began and that had no `.keep`. So objects in a pack with a `.keep`, made before the swap and released
   after it, survive: either the gc began to list before the pack existed or while it was kept (then it does not
   delete it), or it begins after the release (then the reference moved before, and it finds them reachable).
2. While it runs, gc holds `gc.pid`. If that is there before the write, or appears while we write, the change
   goes into such a pack.
3. If it was absent until just before the swap but is there after, that gc may have listed before the swap: the
   objects, still in memory, are written once more as such a pack. If it came *and went* in between, what it
   deletes it has deleted: missing objects show that, and they are written again.
4. If it is absent after the swap, every later gc lists a reference that has moved already.

Objects that the change shares with its base are reachable from the base, which by the same argument no
running gc deletes. A `git prune --expire=now` by hand takes no `gc.pid` and stays dangerous, as it is for
`git commit`: no tool can see it coming.

With git's default grace of two weeks nothing young is deleted, and a pack for each commit would only slow
everything down. So a gc counts as dangerous unless its command line and configuration leave that alone.
"""

import os
import time
from typing import Final

STALE_S: Final = 12 * 3600
"""git itself does not believe a `gc.pid` older than this (builtin/gc.c)."""
LOOSE_IN_17: Final = 27
"""git's own estimate: more files than this in `objects/17` mean more than gc.auto (6,700) loose objects."""
PAUSE_S: Final = 60
"""Do not ask for maintenance more often: each time costs a process, and git may have reasons not to run."""


def is_dangerous(common_dir: str, *, grace: bool = True) -> bool:
    """Whether a gc runs at this moment that may delete objects as young as ours.

    `grace` is false when `gc.pruneExpire` is configured, that is, not known to be git's two weeks.
    """
    path = f"{common_dir}/gc.pid"
    try:
        age = time.time() - os.stat(path).st_mtime
        with open(path, encoding="utf-8", errors="replace") as file:
            pid, _, host = file.read(1024).partition(" ")
    except OSError:
        return False
    if age > STALE_S:
        return False
    if host.strip() != os.uname().nodename or not (pid.isascii() and pid.isdigit()):
        return True
    return _is_alive(int(pid)) and not (grace and _is_gentle(int(pid)))


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        pass
    return True


def _is_gentle(pid: int) -> bool:
    """Whether this gc was started without a word about pruning, on the command line or by `git -c`."""
    try:
        words = b""
        for part in ("cmdline", "environ"):
            with open(f"/proc/{pid}/{part}", "rb") as file:
                words += file.read()
    except OSError:
        return False
    return b"gc" in words.split(b"\0") and b"prune" not in words.lower()


def is_due(common_dir: str, objects_dir: str) -> bool:
    """Whether loose objects have piled up so that git would pack them; true at most once in `PAUSE_S`."""
    try:
        if len(os.listdir(f"{objects_dir}/17")) <= LOOSE_IN_17:
            return False
    except OSError:
        return False
    mark = f"{common_dir}/jit/maintenance"
    try:
        if time.time() - os.stat(mark).st_mtime < PAUSE_S:
            return False
    except OSError:
        pass
    try:
        with open(mark, "w", encoding="utf-8"):
            os.utime(mark)
    except OSError:
        return False
    return True
