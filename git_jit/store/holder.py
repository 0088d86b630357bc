"""Who holds a lock: a process, named so that its death can be proved, and never merely guessed.

Locks are not broken by age (see `locks`): what a dead writer left is removed only when nothing it named runs any more.
"""

import os
from typing import NamedTuple, Self


class Holder(NamedTuple):
    """A process, named so that it cannot be confused with a later one of the same number."""

    pid: int
    start: str
    """Clock ticks since boot at which it started; empty where /proc does not tell."""
    boot: str
    """The kernel's boot id."""
    space: str
    """The pid namespace: in another one the same number is another process."""
    host: str

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}"

    def encode(self) -> bytes:
        return f"{self.pid} {self.start or '-'} {self.boot or '-'} {self.space or '-'} {self.host}\n".encode()

    @classmethod
    def parse(cls, data: bytes) -> Self | None:
        """The record, or None for an empty or damaged one."""
        parts = data.decode("utf-8", "replace").split()
        if len(parts) != 5 or not (parts[0].isascii() and parts[0].isdigit()) or len(parts[0]) > 10:
            return None
        start, boot, space = ("" if part == "-" else part for part in parts[1:4])
        return cls(int(parts[0]), start, boot, space, parts[4])


def this_process() -> Holder:
    return of_process(os.getpid())


def of_process(pid: int) -> Holder:
    """A process of this machine; without a start where no such process runs."""
    try:
        space = os.readlink("/proc/self/ns/pid")
    except OSError:
        space = ""
    host = "".join(os.uname().nodename.split()) or "localhost"
    return Holder(pid, _start_of(pid), read_record("/proc/sys/kernel/random/boot_id").strip(), space, host)


def is_dead(holder: Holder, me: Holder, *, queued: bool) -> bool:
    """Whether `holder` provably no longer runs. `queued`: we hold the queue it held.

    On the same running kernel the queue itself is the proof, and the process table may only object. After a
    reboot of the same machine nothing of before runs. A record of another machine proves nothing.
    """
    if holder == me:
        return True  # an earlier attempt of ours; we are not in the middle of it
    if holder.boot != me.boot:
        return bool(holder.boot and me.boot) and holder.host == me.host
    if not queued:
        return False
    if holder.space != me.space:
        return bool(me.boot)
    return holder.host == me.host and not _runs(holder)


def _runs(holder: Holder) -> bool:
    if holder.pid <= 1:
        return True  # no writer has such a number: never believe it
    try:
        os.kill(holder.pid, 0)
    except ProcessLookupError:
        return False
    except OverflowError:
        return True
    except OSError:
        pass  # it exists, as another user's
    start = _start_of(holder.pid)
    return not start or not holder.start or start == holder.start


def _start_of(pid: int) -> str:
    """Field 22 of /proc/<pid>/stat, counted after the name, which may hold blanks and parentheses."""
    fields = read_record(f"/proc/{pid}/stat").rpartition(")")[2].split()
    return fields[19] if len(fields) > 19 else ""


def read_record(path: str) -> str:
    """The first page of a small file; empty if it cannot be read."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(4096)
    except OSError:
        return ""
