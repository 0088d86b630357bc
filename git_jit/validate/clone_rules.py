"""What is wrong with a clone, as findings: the judgement over the facts of `git_jit.clone`.

A finding is made only of what was found; what could not be told is no finding. So a healthy clone has none, whatever
its shape, and a test over a thousand of them holds it to that.
"""

from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

from git_jit.clone import Clone, Damage, IndexState, Lock, RefState
from git_jit.text import counted
from git_jit.validate.catalogue import finding
from git_jit.validate.finding import Finding, Fix

Rule: TypeAlias = Callable[[Clone], Iterator[Finding]]

LOCK_S: Final = 30.0
"""For how long somebody may hold a lock or the queue before it is told (reliability.md 4.5)."""
DAY_S: Final = 86_400
"""By how much clocks may differ (reliability.md C1): time zones and a bad clock after start stay below it."""
DISK_LOW: Final = 64 << 20
"""Bytes. Ten times what an import of 10,000 issues writes: enough to notice in time."""
DISK_FULL: Final = 1 << 20
"""Bytes. A commit of some issues, its index and its reflog still fit into this, and nothing else does."""
FILES_LOW: Final = 1_000
UNSYNCED: Final = 64
"""Commits that only this clone has; as many as lie between two anchors."""
GIT_OLDEST: Final = (2, 34)
"""The oldest git that everything here was tried with (reliability.md G22)."""
NAMED: Final = 3
"""Members of a list that a sentence names."""

LIST_WAYS_BACK: Final = "'git jit recover --list' shows the states that can be brought back"


def check_clone(clone: Clone) -> list[Finding]:
    """Everything around the issues of a clone that is not as it should be, in the order of `RULES`; pure."""
    rules = RULES if clone.ref.state is not RefState.ABSENT else SURROUNDINGS
    return [each for rule in rules for each in rule(clone)]


def check_documents(clone: Clone) -> list[Finding]:
    """Whether there are documents that cannot be read, by the index's account. `validate` names them one by one, so
    this is no part of `check_clone`.
    """
    count = clone.index.broken or 0
    if not count:
        return []
    hint = "'git jit validate' names them, 'git jit validate --fix' brings back what can be read"
    return [finding("unreadable", clone.ref.name, f"{counted(count, 'document')} cannot be read", hint)]


def _reference(clone: Clone) -> Iterator[Finding]:
    ref = clone.ref
    if ref.state is RefState.MISSING:
        yield finding("ref_missing", ref.name, f"is missing, but '{ref.traces[0]}' shows issues", LIST_WAYS_BACK)
    if ref.state is RefState.CORRUPT:
        yield finding("ref_corrupt", ref.name, ref.cause or "does not hold the name of a commit", LIST_WAYS_BACK)
    if ref.rewound_from:
        yield finding(
            "ref_rewound",
            ref.name,
            f"does not lead to '{ref.rewound_from[:10]}', which was published here",
            LIST_WAYS_BACK,
        )


def _objects(clone: Clone) -> Iterator[Finding]:
    damaged = (*(clone.tip.damaged if clone.tip else ()), *(clone.history or ()))
    seen: dict[str, Damage] = {}
    for damage in damaged:
        seen.setdefault(damage.oid, damage)
    for damage in seen.values():
        code, what = ("closure_broken", "is missing") if damage.missing else ("object_corrupt", "is damaged")
        yield finding(code, damage.oid, f"{what}; it belongs to {_where(damage)}", LIST_WAYS_BACK)


def _where(damage: Damage) -> str:
    return f"'{damage.where}'" if "/" in damage.where or "." in damage.where else damage.where


def _rules(clone: Clone) -> Iterator[Finding]:
    tip = clone.tip
    if tip is None or tip.rules is None or any(damage.where == "config.json" for damage in tip.damaged):
        return
    if tip.newer:
        yield finding("schema_unknown", "config.json", tip.rules, "upgrade git jit; 'git jit version' tells this one")
    else:
        yield finding("config_invalid", "config.json", tip.rules, "'git jit log' names the commit that did it")


def _reflog(clone: Clone) -> Iterator[Finding]:
    if clone.ref.state is not RefState.INTACT or clone.ref.tip is None:
        return  # first the reference; what it named last is what the log is needed for
    log, name = clone.reflog, clone.ref.name
    make = Fix(kind="create_reflog", summary="make the reflog, and note that there was none", local="create_reflog")
    if not log.exists:
        yield finding("reflog_missing", name, "has no reflog", _fix_hint(clone), make)
    elif log.settled and log.last != clone.ref.tip and not clone.ref.rewound_from:
        stands = f"ends at '{log.last[:10]}'" if log.last else "is empty"
        note = Fix(kind="note_gap", summary="note in the reflog where the reference stands", local="create_reflog")
        told = f"has a reflog that {stands}, but stands at '{clone.ref.tip[:10]}'"
        yield finding("reflog_gap", name, told, _fix_hint(clone), note)
    if not log.protected:
        keep = Fix(kind="protect_reflog", summary="tell git to keep the reflog for ever", local="protect_reflog")
        yield finding("reflog_unprotected", name, "has a reflog that git lets expire", _fix_hint(clone), keep)


def _anchors(clone: Clone) -> Iterator[Finding]:
    if clone.ref.state is RefState.INTACT and clone.anchors.due and not clone.ref.rewound_from:
        told = "none names a commit that can be read" if clone.anchors.names else "there is none"
        fix = Fix(kind="keep_anchor", summary="set an anchor at the present commit", local="keep_anchor")
        yield finding("anchor_missing", "refs/jit/backup", told, _fix_hint(clone), fix)


def _locks(clone: Clone) -> Iterator[Finding]:
    for lock in clone.locks:
        if lock.path == QUEUE and lock.age > LOCK_S:
            wait = "it goes on when that process does; 'git jit doctor' looks again"
            yield finding("queue_held", lock.path, f"is held for {_span(lock.age)} by {_holder(lock)}", wait)
        elif lock.dead:
            fix = Fix(kind="remove_lock", summary=f"remove '{lock.path}', in the queue", local="remove_orphaned_lock")
            yield finding("orphaned_lock", lock.path, "is left of a process that is dead", _fix_hint(clone), fix)
        elif lock.path != QUEUE and lock.age > LOCK_S:
            wait = "it is gone when the other git is done; 'git jit doctor' looks again"
            yield finding("foreign_lock", lock.path, f"is held for {_span(lock.age)} by {_holder(lock)}", wait)


QUEUE: Final = "jit/lock"
"""The file of the writers' queue."""


def _holder(lock: Lock) -> str:
    return lock.holder or "a process that cannot be told"


def _leftovers(clone: Clone) -> Iterator[Finding]:
    dead = [each for each in clone.temporary if each.dead]
    if dead:
        told = f"{counted(len(dead), 'unfinished file')} of dead processes, {_size(sum(each.bytes for each in dead))}"
        fix = Fix(kind="sweep_temp", summary=f"remove {counted(len(dead), 'unfinished file')}", local="sweep_temp")
        yield finding("orphaned_temp", "objects", told, _fix_hint(clone), fix)
    if clone.keeps:
        count = counted(len(clone.keeps), "mark")
        fix = Fix(kind="sweep_keeps", summary=f"remove {count} of dead processes", local="sweep_keeps")
        yield finding("orphaned_keep", clone.keeps[0], f"{count} of dead processes on packs", _fix_hint(clone), fix)


def _index(clone: Clone) -> Iterator[Finding]:
    if clone.index.state in {IndexState.UNREADABLE, IndexState.DISAGREES}:
        fix = Fix(kind="rebuild_index", summary="make the index anew from the commits", local="rebuild_index")
        yield finding(
            "index_inconsistent", "jit/index.sqlite", clone.index.cause or "cannot be read", _fix_hint(clone), fix
        )


def _hooks(clone: Clone) -> Iterator[Finding]:
    for told in clone.hooks_unreached:
        path, _, why = told.partition(": ")
        yield finding(
            "hooks_unreached", path, f"is not run: {why}", "'git config core.hooksPath' tells where git looks"
        )


def _durability(clone: Clone) -> Iterator[Finding]:
    if clone.durability == "fast":
        hint = (
            "'git config --show-origin jit.durability' tells where it is set; without it writes are forced to the disk"
        )
        yield finding("durability_fast", "jit.durability", "is 'fast': a power cut may take the last changes", hint)


def _disk(clone: Clone) -> Iterator[Finding]:
    disk = clone.disk
    if disk is None:
        return
    free = "free some space; 'df -h .' tells where"
    if disk.free < DISK_FULL or disk.files == 0:
        yield finding("disk_full", "objects", f"{_size(disk.free)} and {disk.files or 0} files are left", free)
    elif disk.free < DISK_LOW or (disk.files is not None and disk.files < FILES_LOW):
        left = f"only {_size(disk.free)}" if disk.free < DISK_LOW else f"room for only {disk.files} files"
        yield finding("disk_low", "objects", f"{left} is left on the disk", free)
    if disk.unwritable:
        hint = "'ls -ld' of the directory, in the repository, tells whose it is; its owner can write, or change that"
        yield finding("not_writable", disk.unwritable[0], _named("cannot be written", disk.unwritable), hint)
    if disk.foreign:
        hint = "'ls -l' there, in the repository, tells whose they are; 'sudo chown' gives them back"
        yield finding("owner_mixed", disk.foreign[0], _named("belongs to somebody else", disk.foreign), hint)
    if disk.network:
        hint = "keep the repository on a local disk, and let others clone it"
        yield finding("network_filesystem", ".", f"is on a file system of type '{disk.kind}'", hint)


def _clocks(clone: Clone) -> Iterator[Finding]:
    tip = clone.tip
    if tip is None:
        return
    ahead = max(tip.time, tip.clock or 0) - clone.taken_at
    if ahead > DAY_S:
        told = f"the last commit is {_span(ahead)} ahead of this machine's clock"
        yield finding(
            "clock_ahead", tip.oid, told, "'date' tells this machine's time; the order of changes holds anyway"
        )


def _versions(clone: Clone) -> Iterator[Finding]:
    said = clone.versions.get("git", "")
    major, _, rest = said.partition(".")
    minor = rest.partition(".")[0]
    if major.isdecimal() and minor.isdecimal() and (int(major), int(minor)) < GIT_OLDEST:
        oldest = ".".join(map(str, GIT_OLDEST))
        yield finding("git_too_old", "git", f"is version {said}", f"install git {oldest} or newer")


def _remotes(clone: Clone) -> Iterator[Finding]:
    for remote in clone.remotes:
        for setting in remote.overwrites:
            key = setting.partition(" = ")[0]
            told = f"'{setting}' lets it overwrite '{clone.ref.name}'"
            yield finding(
                "refspec_overwrites", remote.name, told, f"'git config --show-origin --get-all {key}' tells where"
            )
        if remote.breaker == "open":
            told = f"failed again and again, and is left alone for a while{_because(remote.cause)}"
            yield finding("breaker_open", remote.name, told, f"'git ls-remote {remote.name}' tells whether it answers")
        elif remote.reachable is False:
            told = f"cannot be asked for its issues{_because(remote.cause)}"
            yield finding("remote_unreachable", remote.name, told, f"'git ls-remote {remote.name}' says more")
        if remote.left_out:
            (path, why), more = remote.left_out[0], len(remote.left_out) - 1
            told = f"sent '{path}', which was left out: {why}" + (f"; and {more} more" if more else "")
            fix = Fix(kind="forget_left_out", summary="forget what was left out", local="forget_left_out")
            yield finding(
                "left_out", remote.name, told, f"'git log -p {remote.name}/jit/issues' shows who sent it", fix
            )
        if remote.unsynced is not None and remote.unsynced > UNSYNCED:
            hint = f"'git remote show {remote.name}' tells how it is reached; 'git jit bundle' keeps them in a file"
            yield finding("unsynced", remote.name, f"lacks {remote.unsynced} commits of '{clone.ref.name}'", hint)


def _because(cause: str | None) -> str:
    return f": {cause}" if cause else ""


SURROUNDINGS: Final[tuple[Rule, ...]] = (_locks, _leftovers, _disk)
"""What matters before there are issues as well."""
RULES: Final[tuple[Rule, ...]] = (
    _reference,
    _objects,
    _rules,
    _reflog,
    _anchors,
    _locks,
    _leftovers,
    _index,
    _hooks,
    _durability,
    _disk,
    _clocks,
    _versions,
    _remotes,
)
"""Worst first."""


# --- words ----------------------------------------------------------------------------------------------


def _fix_hint(clone: Clone) -> str:
    """What only a deep look found, only a deep look finds again to mend it."""
    return f"'git jit doctor {'--deep ' if clone.deep else ''}--fix' mends it"


def _named(what: str, names: tuple[str, ...]) -> str:
    """The first is the subject of the sentence; a few others are named, the rest counted."""
    others = names[1:]
    if not others:
        return what
    listed = ", ".join(f"'{name}'" for name in others[:NAMED])
    more = f" and {len(others) - NAMED} more" if len(others) > NAMED else ""
    return f"{what}; so {'do' if what.startswith('belongs') else 'is it with'} {listed}{more}"


def _size(count: int) -> str:
    """Bytes for people.

    >>> [_size(n) for n in (0, 1023, 1536, 5 << 20, 3 << 30)]
    ['0 bytes', '1023 bytes', '1.5 KiB', '5.0 MiB', '3.0 GiB']
    """
    if count < 1024:
        return f"{count} bytes"
    number, unit = count / 1024, "KiB"
    for unit in ("KiB", "MiB", "GiB"):
        if number < 1024 or unit == "GiB":
            break
        number /= 1024
    return f"{number:.1f} {unit}"


def _span(seconds: float) -> str:
    """A time for people, cut down to its largest unit.

    >>> [_span(s) for s in (31, 119, 7200, 200_000)]
    ['31 seconds', '119 seconds', '2 hours', '2 days']
    """
    for unit, length in (("day", DAY_S), ("hour", 3600), ("minute", 60)):
        if seconds >= 2 * length:
            return counted(int(seconds // length), unit)
    return counted(int(seconds), "second")
