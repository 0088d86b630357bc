"""Mending what lies around the issues in one clone: locks, leftovers, reflog, index. Never the issues themselves.

Every mend looks again, in the writers' queue, before it touches anything, and does nothing when there is nothing to
do; so it may run twice, and beside anybody.
"""

import contextlib
import os
import time
from collections.abc import Callable, Mapping
from typing import Final, Protocol

from git_jit.errors import JitError
from git_jit.model import Oid
from git_jit.store import DiskFull, WriteFailed, cache, leftout, refreshing
from git_jit.store.anchors import anchor, committer
from git_jit.store.backend import Kind
from git_jit.store.gitconfig import OWN_INCLUDE, protect_reflogs, read_entries
from git_jit.store.holder import Holder, is_dead
from git_jit.store.keeps import sweep_keeps
from git_jit.store.locks import Queue
from git_jit.store.settings import set_config
from git_jit.store.survey.disk import look_at_disk
from git_jit.store.survey.leftovers import look_at_leftovers
from git_jit.store.survey.locks import Turn, look_at_locks
from git_jit.store.survey.reference import Home
from git_jit.store.survey.settings import EXPIRIES, is_protected
from git_jit.store.system import System, make_directories, sync_path, write_all, write_error


class Patient(Home, Protocol):
    """A repository that can be mended."""

    @property
    def queue(self) -> Queue: ...


def mend(home: Patient, name: str) -> str | None:
    """Do what `Fix.local` names; says what was done, None if there was nothing to do. Raises storage errors, and
    `KeyError` for a name that is not in `MENDS`.
    """
    return MENDS[name](home)


def _present(home: Patient) -> Oid | None:
    """The commit that the reference names; None unless it can be read. Nothing is recorded of one that cannot."""
    try:
        tip = home.backend.ref(home.ref)
        return tip if tip and home.backend.read(tip).kind is Kind.COMMIT else None
    except JitError:
        return None


# --- the reflog -----------------------------------------------------------------------------------------


def create_reflog(home: Patient) -> str | None:
    """A log whose last line says where the reference stands. What it was before is not known, and not made up."""
    if home.layout.ref_format != "files":
        return None
    path = f"{home.layout.common_dir}/logs/{home.ref}"
    with home.queue:
        tip = _present(home)
        if tip is None:
            return None
        entries = home.backend.reflog(home.ref)
        last = entries[-1].new if entries else None
        if last == tip:
            return None
        old = last or Oid("0" * len(tip))
        reason = "jit: the reference moved here without a trace" if entries else "jit: the reflog begins here"
        _append(path, f"{old} {tip} {committer()}\t{reason}\n")
    return f"noted in the reflog of '{home.ref}' that it stands at '{tip[:10]}'"


def _append(path: str, line: str) -> None:
    """A line of its own, also where a crash tore the last one."""
    system = System()
    try:
        make_directories(system, os.path.dirname(path))
        fd = system.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND)
        try:
            size = os.fstat(fd).st_size
            torn = size > 0 and os.pread(fd, 1, size - 1) != b"\n"
            write_all(system, fd, ("\n" * torn + line).encode())
        finally:
            system.close(fd)
        sync_path(system, path)
    except OSError as error:
        raise write_error(error, "write the reflog") from error


def protect_reflog(home: Patient) -> str | None:
    """Tell git to keep it: by our own file of settings and, for a reference that it does not speak of, by name."""
    config = read_entries(home.layout, home.environ)
    if is_protected(config, home.ref):
        return None
    with home.queue:
        if OWN_INCLUDE not in config.get("include.path", ()) or not _has_include(home):
            protect_reflogs(home.layout, home.environ, config)
        if not is_protected(read_entries(home.layout, home.environ), home.ref):
            for key in EXPIRIES:
                set_config(home.layout, home.environ, f"gc.{home.ref}.{key}", "never")
    if not is_protected(read_entries(home.layout, home.environ), home.ref):
        hint = "'git config --show-origin --get-regexp ^gc' tells which setting comes first"
        raise WriteFailed("a setting of git's still lets the reflog expire", hint=hint)
    return f"told git to keep the reflog of '{home.ref}'"


def _has_include(home: Patient) -> bool:
    return os.path.exists(f"{home.layout.common_dir}/{OWN_INCLUDE}")


# --- locks and leftovers --------------------------------------------------------------------------------


def remove_orphaned_lock(home: Patient) -> str | None:
    """Remove locks of ours whose writer is dead: we hold the queue that it held. Never anybody else's."""
    common = home.layout.common_dir
    with home.queue as queue:
        turn = _turn(queue)
        locks = look_at_locks(common, home.ref, turn, time.time())
        removed = [lock.path for lock in locks if lock.dead and _unlink(f"{common}/{lock.path}")]
        if removed and turn.all_dead:
            for name in os.listdir(f"{common}/jit"):
                if name.startswith("intent."):
                    _unlink(f"{common}/jit/{name}")
    return f"removed {_named(removed)}" if removed else None


def _turn(queue: Queue) -> Turn:
    """The queue as we see it who hold it: whoever was in it before us is dead, unless its record objects."""
    left = queue.predecessor
    return Turn(free=queue.proven and _is_gone(left, queue.me), left=left, since=None)


def _is_gone(holder: Holder | None, me: Holder) -> bool:
    return holder is None or is_dead(holder, me, queued=True)


def sweep_temp(home: Patient) -> str | None:
    """Remove unfinished objects of dead writers: ours, because we hold the queue, and what is older than the start of
    this machine.
    """
    disk = look_at_disk(home.layout)
    local = disk is not None and not disk.network
    with home.queue as queue:
        found = look_at_leftovers(home.layout, idle=_turn(queue).free, local=local, now=time.time(), deep=True)
        dead = [each for each in found if each.dead]
        removed = [each for each in dead if _unlink(f"{home.layout.common_dir}/{each.path}")]
    if not removed:
        return None
    plural = "s" if len(removed) != 1 else ""
    return f"removed {len(removed)} unfinished file{plural} of {sum(each.bytes for each in removed)} bytes"


def sweep_marks(home: Patient) -> str | None:
    """Let gc have the packs that dead processes of ours kept."""
    with home.queue:
        swept = sweep_keeps(home.layout)
    return f"removed {_named([os.path.relpath(path, home.layout.common_dir) for path in swept])}" if swept else None


def _unlink(path: str) -> bool:
    """False for what is gone already. Raises `NotWritable`."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise write_error(error, f"remove '{os.path.basename(path)}'") from error
    return True


def _named(paths: list[str]) -> str:
    return ", ".join(f"'{path}'" for path in paths)


# --- what is derived ------------------------------------------------------------------------------------


def rebuild_index(home: Patient) -> str | None:
    """Make the index anew from the commits, whatever the file says."""
    if _present(home) is None:
        return None
    index = cache.index_of(home)
    if os.path.isdir(index.path):
        with contextlib.suppress(OSError):
            os.rmdir(index.path)
    if not refreshing.rebuild(index):
        raise DiskFull("the index cannot be written", hint="'df -h .' tells what is left of the disk")
    return "made the index anew"


def keep_anchor(home: Patient) -> str | None:
    """Set an anchor at the present commit. The back end takes its own turn in the queue."""
    tip = _present(home)
    slot = anchor(home, tip, "anchor: there was none") if tip else None
    return f"set '{slot}' at '{tip[:10]}'" if slot and tip else None


def forget_left_out(home: Patient) -> str | None:
    """Take the note away of what fetched commits held that did not come in. The commits are kept."""
    count = leftout.forget(home.layout.common_dir)
    return f"forgot {count} file{'' if count == 1 else 's'} that did not come in" if count else None


MENDS: Final[Mapping[str, Callable[[Patient], str | None]]] = {
    "create_reflog": create_reflog,
    "forget_left_out": forget_left_out,
    "keep_anchor": keep_anchor,
    "protect_reflog": protect_reflog,
    "rebuild_index": rebuild_index,
    "remove_orphaned_lock": remove_orphaned_lock,
    "sweep_keeps": sweep_marks,
    "sweep_temp": sweep_temp,
}
"""By the names that findings use."""
