"""What surrounds the issues in one clone: reference, reflog, locks, leftovers, disk. Facts only; `validate` judges.

A `Clone` says what was found at one moment (`taken_at`), by whoever could look; None stands for "not asked" or
"cannot be told", never for "no". Paths are relative to the repository's common git directory, so that a message
says nothing about the machine. Ages and times are seconds.
"""

from collections.abc import Mapping
from enum import StrEnum

from git_jit.model import Oid
from git_jit.record import field, record


class RefState(StrEnum):
    ABSENT = "absent"
    """No reference, and no sign that there ever was one: nobody keeps issues here."""
    MISSING = "missing"
    """No reference, although there are signs of issues."""
    CORRUPT = "corrupt"
    """It does not name a commit."""
    BROKEN = "broken"
    """It names a commit that is not here or is damaged: see `Tip`."""
    INTACT = "intact"


@record(kw_only=True)
class Reference:
    """The reference of the issues."""

    name: str
    state: RefState
    tip: Oid | None = None
    cause: str | None = None
    """Why it is not intact, in a sentence."""
    traces: tuple[str, ...] = ()
    """What shows that there are, or were, issues, when the reference is missing."""
    rewound_from: Oid | None = None
    """The newest tip that was ever seen here, if the present one does not descend from it."""


@record(kw_only=True)
class Damage:
    """One object that cannot be used."""

    oid: Oid
    missing: bool
    """Not there at all; otherwise its content is damaged."""
    where: str
    """What needs it: `the last commit`, a path in the tree, `history`."""


@record(kw_only=True)
class Tip:
    """The last commit and what it brought: everything that a crash could have cut."""

    oid: Oid
    time: int
    """Of the committer, seconds since 1970."""
    clock: int | None
    """Of its `Jit-Clock` trailer, seconds since 1970; None without one."""
    damaged: tuple[Damage, ...] = ()
    rules: str | None = None
    """Why `config.json` cannot be read; None if it can."""
    newer: bool = False
    """A newer version of the program wrote it."""


@record(kw_only=True)
class Reflog:
    exists: bool
    entries: int = 0
    last: Oid | None = None
    """What the last line says the reference became."""
    since: int | None = None
    """When the oldest entry was made, seconds since 1970."""
    protected: bool = False
    """Whether git's configuration keeps it from expiring."""
    settled: bool = True
    """No writer was at work: then its last line says where the reference stands."""


@record(kw_only=True)
class Anchors:
    """References below `refs/jit/backup/`: ways back that survive the loss of reference and reflog."""

    names: tuple[str, ...] = ()
    newest: int | None = None
    """Time of the newest anchored commit, seconds since 1970."""
    due: bool = False
    """By the rule for anchors there should be one, or a newer one."""


@record(kw_only=True)
class Lock:
    """A lock file on a reference."""

    path: str
    age: float
    ours: bool
    """Made by a writer of ours: it is the same file as its intent."""
    dead: bool
    """The holder provably runs no longer, so the next write frees the lock by itself."""
    holder: str | None = None
    """Who holds it, as far as it can be told."""


@record(kw_only=True)
class Leftover:
    """A temporary file that a process left, or is writing at this moment."""

    path: str
    bytes: int
    age: float
    dead: bool
    """Its writer provably runs no longer."""


class IndexState(StrEnum):
    ABSENT = "absent"
    FRESH = "fresh"
    STALE = "stale"
    """It stands elsewhere, or is of another version; the next command brings it up to date."""
    UNREADABLE = "unreadable"
    DISAGREES = "disagrees"
    """It says that it is fresh, and says something else than the tree."""


@record(kw_only=True)
class Index:
    state: IndexState
    cause: str | None = None
    issues: int | None = None
    """How many it holds; None unless it stands at the tip."""
    broken: int | None = None
    """How many documents of the tip cannot be read, by its account."""


@record(kw_only=True)
class Remote:
    name: str
    overwrites: tuple[str, ...] = ()
    """Settings by which fetching or pushing can overwrite or delete our references without asking."""
    tip: Oid | None = None
    """Where the remote's issues were when last seen."""
    unsynced: int | None = None
    """Local commits since then; None if that cannot be told."""
    breaker: str | None = None
    """The state of its circuit breaker (`closed`, `open`, `half-open`); None where there is none."""
    left_out: tuple[tuple[str, str], ...] = ()
    """Files of it that did not come in, each with the reason."""
    reachable: bool | None = None
    """Whether it answered when it was asked just now; None if it was not asked."""
    cause: str | None = None


@record(kw_only=True)
class Disk:
    free: int
    """Bytes that we may still write."""
    files: int | None
    """Further files that fit; None where the file system has no limit."""
    kind: str
    """The type of the file system, like `ext4`; empty if it cannot be told."""
    network: bool
    """It is one over which locks and renames may not be what they seem."""
    unwritable: tuple[str, ...] = ()
    """Directories in which we cannot write."""
    foreign: tuple[str, ...] = ()
    """Directories that belong to somebody else than the repository, and are not shared with its owner."""


@record(kw_only=True)
class Shape:
    """What kind of clone it is."""

    worktrees: int = 0
    """Linked ones, beside the main one."""
    bare: bool = False
    shallow: bool = False
    partial: bool = False
    object_format: str = "sha1"
    ref_format: str = "files"
    backend: str = "files"
    loose_objects: int | None = None
    """Estimated from one directory of 256, as git does."""
    packs: int | None = None


@record(kw_only=True)
class Clone:
    """One clone, as it was at `taken_at`."""

    taken_at: float
    """Seconds since 1970."""
    directory: str
    """The common git directory: what the paths are relative to."""
    ref: Reference
    tip: Tip | None = None
    reflog: Reflog = Reflog(exists=False)
    anchors: Anchors = Anchors()
    locks: tuple[Lock, ...] = ()
    temporary: tuple[Leftover, ...] = ()
    keeps: tuple[str, ...] = ()
    """Our `.keep` files whose owner is dead."""
    index: Index = Index(state=IndexState.ABSENT)
    hooks_unreached: tuple[str, ...] = ()
    """Hooks of ours that are installed, but that git would not run; each with the reason."""
    durability: str = "full"
    disk: Disk | None = None
    remotes: tuple[Remote, ...] = ()
    shape: Shape = Shape()
    versions: Mapping[str, str] = field(default_factory=dict)
    """`git`, `python` and, where it is installed, `pygit2`; empty when git was not asked."""
    history: tuple[Damage, ...] | None = None
    """What is damaged anywhere below our references; None if it was not looked for (only `deep` does)."""
    deep: bool = False
