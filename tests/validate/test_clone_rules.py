"""Judging the facts about a clone: one case for each thing that can be wrong, and the borders of each."""

import pytest

from git_jit.clone import (
    Anchors,
    Clone,
    Damage,
    Disk,
    Index,
    IndexState,
    Leftover,
    Lock,
    Reference,
    Reflog,
    RefState,
    Remote,
    Tip,
)
from git_jit.model import Oid
from git_jit.record import replace
from git_jit.validate.catalogue import CATALOGUE
from git_jit.validate.clone_rules import (
    DAY_S,
    DISK_FULL,
    DISK_LOW,
    LOCK_S,
    UNSYNCED,
    check_clone,
    check_documents,
)
from git_jit.validate.finding import Finding

NOW = 1_800_000_000.0
TIP, OLD = Oid("a" * 40), Oid("b" * 40)
REF = "refs/jit/issues"
DISK = Disk(free=1 << 40, files=1 << 20, kind="ext4", network=False)
REMOTE = Remote(name="hub")
LAST = Tip(oid=TIP, time=int(NOW) - 5, clock=int(NOW) - 5)

HEALTHY = Clone(
    taken_at=NOW,
    directory="/repository/.git",
    ref=Reference(name=REF, state=RefState.INTACT, tip=TIP),
    tip=LAST,
    reflog=Reflog(exists=True, entries=3, last=TIP, protected=True),
    anchors=Anchors(names=("refs/jit/backup/anchor-0",), newest=int(NOW), due=False),
    index=Index(state=IndexState.FRESH, issues=3, broken=0),
    disk=DISK,
    remotes=(REMOTE,),
    versions={"git": "2.39.5"},
    history=(),
)


def lock(**what: object) -> Lock:
    return replace(Lock(path=f"{REF}.lock", age=1.0, ours=False, dead=False), **what)


def gone(where: str, *, missing: bool) -> Damage:
    return Damage(oid=OLD, missing=missing, where=where)


BROKEN_TIP = replace(LAST, damaged=(gone("issues/01/0123.json", missing=False),))
REWOUND = Reference(name=REF, state=RefState.INTACT, tip=TIP, rewound_from=OLD)
NO_TIP: dict[str, object] = {"tip": None, "reflog": Reflog(exists=False), "anchors": Anchors(due=True), "history": None}

SICK: list[tuple[dict[str, object], str, str, str]] = [
    (
        {"ref": Reference(name=REF, state=RefState.MISSING, traces=("refs/jit/backup/anchor-0",)), **NO_TIP},
        "ref_missing",
        REF,
        "is missing, but 'refs/jit/backup/anchor-0' shows issues",
    ),
    (
        {"ref": Reference(name=REF, state=RefState.CORRUPT, cause="it is full of zeros"), **NO_TIP},
        "ref_corrupt",
        REF,
        "it is full of zeros",
    ),
    ({"ref": REWOUND}, "ref_rewound", REF, "does not lead to 'bbbbbbbbbb', which was published here"),
    ({"tip": BROKEN_TIP}, "object_corrupt", OLD, "is damaged; it belongs to 'issues/01/0123.json'"),
    ({"history": (gone("the history", missing=True),)}, "closure_broken", OLD, "is missing; it belongs to the history"),
    (
        {"tip": replace(LAST, rules="'schema' is newer", newer=True)},
        "schema_unknown",
        "config.json",
        "'schema' is newer",
    ),
    ({"tip": replace(LAST, rules="'$' is wrong")}, "config_invalid", "config.json", "'$' is wrong"),
    ({"reflog": Reflog(exists=False, protected=True)}, "reflog_missing", REF, "has no reflog"),
    (
        {"reflog": Reflog(exists=True, entries=1, last=OLD, protected=True)},
        "reflog_gap",
        REF,
        "has a reflog that ends at 'bbbbbbbbbb', but stands at 'aaaaaaaaaa'",
    ),
    (
        {"reflog": Reflog(exists=True, protected=True)},
        "reflog_gap",
        REF,
        "has a reflog that is empty, but stands at 'aaaaaaaaaa'",
    ),
    ({"reflog": Reflog(exists=True, last=TIP)}, "reflog_unprotected", REF, "has a reflog that git lets expire"),
    ({"anchors": Anchors(due=True)}, "anchor_missing", "refs/jit/backup", "there is none"),
    (
        {"anchors": Anchors(names=("refs/jit/backup/anchor-0",), due=True)},
        "anchor_missing",
        "refs/jit/backup",
        "none names a commit that can be read",
    ),
    (
        {"locks": (lock(ours=True, dead=True),)},
        "orphaned_lock",
        "refs/jit/issues.lock",
        "is left of a process that is dead",
    ),
    (
        {"locks": (lock(age=7200),)},
        "foreign_lock",
        "refs/jit/issues.lock",
        "is held for 2 hours by a process that cannot be told",
    ),
    (
        {"locks": (lock(path="jit/lock", age=90, ours=True, holder="process 7 on here"),)},
        "queue_held",
        "jit/lock",
        "is held for 90 seconds by process 7 on here",
    ),
    (
        {"temporary": tuple(Leftover(path=f"objects/{n}", bytes=1024, age=1, dead=True) for n in range(3))},
        "orphaned_temp",
        "objects",
        "3 unfinished files of dead processes, 3.0 KiB",
    ),
    ({"keeps": ("objects/pack/a.keep",)}, "orphaned_keep", "objects/pack/a.keep", "1 mark of dead processes on packs"),
    (
        {"index": Index(state=IndexState.UNREADABLE, cause="file is not a database")},
        "index_inconsistent",
        "jit/index.sqlite",
        "file is not a database",
    ),
    (
        {"index": Index(state=IndexState.DISAGREES)},
        "index_inconsistent",
        "jit/index.sqlite",
        "cannot be read",
    ),
    (
        {"hooks_unreached": ("hooks/post-merge: it is not executable",)},
        "hooks_unreached",
        "hooks/post-merge",
        "is not run: it is not executable",
    ),
    (
        {"durability": "fast"},
        "durability_fast",
        "jit.durability",
        "is 'fast': a power cut may take the last changes",
    ),
    ({"disk": replace(DISK, free=1000)}, "disk_full", "objects", "1000 bytes and 1048576 files are left"),
    ({"disk": replace(DISK, files=0)}, "disk_full", "objects", "1024.0 GiB and 0 files are left"),
    ({"disk": replace(DISK, free=5 << 20)}, "disk_low", "objects", "only 5.0 MiB is left on the disk"),
    ({"disk": replace(DISK, files=9)}, "disk_low", "objects", "room for only 9 files is left on the disk"),
    ({"disk": replace(DISK, unwritable=("objects",))}, "not_writable", "objects", "cannot be written"),
    (
        {"disk": replace(DISK, foreign=("a", "b", "c", "d", "e", "f"))},
        "owner_mixed",
        "a",
        "belongs to somebody else; so do 'b', 'c', 'd' and 2 more",
    ),
    (
        {"disk": replace(DISK, kind="nfs4", network=True)},
        "network_filesystem",
        ".",
        "is on a file system of type 'nfs4'",
    ),
    (
        {"tip": replace(LAST, time=int(NOW) + 10 * DAY_S)},
        "clock_ahead",
        TIP,
        "the last commit is 10 days ahead of this machine's clock",
    ),
    ({"versions": {"git": "2.9.1"}}, "git_too_old", "git", "is version 2.9.1"),
    (
        {"remotes": (replace(REMOTE, overwrites=("remote.hub.fetch = +refs/*:refs/*",)),)},
        "refspec_overwrites",
        "hub",
        "'remote.hub.fetch = +refs/*:refs/*' lets it overwrite 'refs/jit/issues'",
    ),
    (
        {"remotes": (replace(REMOTE, breaker="open", reachable=False, cause="timed out"),)},
        "breaker_open",
        "hub",
        "failed again and again, and is left alone for a while: timed out",
    ),
    (
        {"remotes": (replace(REMOTE, left_out=(("a", "is a symbolic link"), ("b", "cannot be read"))),)},
        "left_out",
        "hub",
        "sent 'a', which was left out: is a symbolic link; and 1 more",
    ),
    ({"remotes": (replace(REMOTE, reachable=False),)}, "remote_unreachable", "hub", "cannot be asked for its issues"),
    (
        {"remotes": (replace(REMOTE, unsynced=UNSYNCED + 1),)},
        "unsynced",
        "hub",
        "lacks 65 commits of 'refs/jit/issues'",
    ),
]


def test_a_healthy_clone_has_nothing() -> None:
    assert check_clone(HEALTHY) == []
    assert check_documents(HEALTHY) == []


@pytest.mark.parametrize(
    ("what", "code", "subject", "message"),
    SICK,
    ids=lambda value: value if isinstance(value, str) and "_" in value else "",
)
def test_one_thing_wrong_is_one_finding(what: dict[str, object], code: str, subject: str, message: str) -> None:
    (found,) = check_clone(replace(HEALTHY, **what))
    assert (found.code, found.subject, found.message) == (code, subject, message)
    assert found.severity is CATALOGUE[code].severity


def test_every_finding_says_what_to_do_and_destroys_nothing() -> None:
    everything = [found for what, *_ in SICK for found in check_clone(replace(HEALTHY, **what))]
    assert all(found.hint for found in everything)
    for found in everything:
        assert not set((found.hint or "").replace("'", " ").split()) & DESTRUCTIVE, found.hint
        assert (found.fix is None) is (CATALOGUE[found.code].fix is None) or found.code in NOT_LOCAL


DESTRUCTIVE = {
    "push",
    "gc",
    "prune",
    "reset",
    "delete",
    "rm",
    "unlink",
    "--force",
    "-f",
    "-d",
    "--hard",
    "update-ref",
    "init",
    "--break-lock",
    "--delete",
}
NOT_LOCAL = {"config_invalid", "schema_unknown"}
"""Findings about documents, whose fixes are in the tree."""

WELL: list[dict[str, object]] = [
    {"locks": (lock(age=LOCK_S),)},
    {"locks": (lock(path="jit/lock", age=LOCK_S, ours=True),)},
    {"locks": (lock(age=-9_000_000),)},
    {"temporary": (Leftover(path="objects/tmp_obj_1", bytes=1, age=9_000_000, dead=False),)},
    {"disk": replace(DISK, free=DISK_LOW, files=None)},
    {"disk": None},
    {"tip": replace(LAST, time=int(NOW) + DAY_S, clock=int(NOW) + DAY_S)},
    {"tip": replace(LAST, time=0, clock=None)},
    {"remotes": (replace(REMOTE, unsynced=UNSYNCED, reachable=True, breaker="closed"),)},
    {"remotes": (replace(REMOTE, breaker="half-open"),)},
    {"reflog": Reflog(exists=True, last=OLD, protected=True, settled=False)},
    {"index": Index(state=IndexState.STALE)},
    {"index": Index(state=IndexState.ABSENT)},
    {"versions": {}},
    {"versions": {"git": "2.34.0"}},
    {"versions": {"git": "3.0"}},
    {"versions": {"git": "next"}},
]


@pytest.mark.parametrize("what", WELL, ids=lambda what: str(what)[:40])
def test_what_is_not_certain_or_not_beyond_the_border_is_no_finding(what: dict[str, object]) -> None:
    assert check_clone(replace(HEALTHY, **what)) == []


def test_a_disk_is_full_below_a_megabyte() -> None:
    def codes(free: int) -> list[str]:
        return [found.code for found in check_clone(replace(HEALTHY, disk=replace(DISK, free=free)))]

    assert (codes(DISK_FULL), codes(DISK_FULL - 1)) == (["disk_low"], ["disk_full"])


def test_without_a_tracker_only_what_surrounds_it_counts() -> None:
    nobody = replace(HEALTHY, ref=Reference(name=REF, state=RefState.ABSENT), **NO_TIP)
    assert check_clone(nobody) == []
    assert [f.code for f in check_clone(replace(nobody, locks=(lock(ours=True, dead=True),)))] == ["orphaned_lock"]


def test_documents_that_cannot_be_read_are_counted() -> None:
    clone = replace(HEALTHY, index=Index(state=IndexState.FRESH, issues=3, broken=2))
    hint = "'git jit validate' names them, 'git jit validate --fix' brings back what can be read"
    assert check_documents(clone) == [
        Finding(
            code="unreadable",
            severity=CATALOGUE["unreadable"].severity,
            subject=REF,
            message="2 documents cannot be read",
            hint=hint,
        )
    ]
