"""Moving the reference to what came from elsewhere: a commit that leads on from ours, one that says the same in other
words, or a new one with two parents.

All three are compare-and-swap from the tip that the decision was made on, and leave the same things behind as a write:
the reflog, the high-water mark, an anchor, the index.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from git_jit.clock import DAY_MS, Clock
from git_jit.errors import JitError
from git_jit.model import Message, Oid
from git_jit.store import NoIdentity, RefConflict, commits, highwater, tree
from git_jit.store.anchors import COMMITTER, keep
from git_jit.store.backend import Durability, Kind, Object
from git_jit.store.housekeeping import Kept, after_write
from git_jit.store.process import failure, run
from git_jit.store.publish import Change, Place, publish
from git_jit.store.settings import identity


class Home(Kept, Protocol):
    """A repository whose reference can be moved."""

    @property
    def durability(self) -> Durability: ...

    @property
    def prune_grace(self) -> bool: ...

    def require_writable(self) -> None:
        """Raises `Quarantined`."""
        ...


def advance(home: Home, new: Oid, *, base: Oid | None, message: Message) -> Oid:
    """Let the reference, which is at `base` (None: there is none), name the commit `new`, which is here already.

    Where `new` does not lead on from `base`, `base` is kept under `refs/jit/lost/`: it says nothing that `new` does
    not say. Raises `RefConflict`, `Quarantined` and storage errors.
    """
    home.require_writable()
    with home.queue:
        _require(home, base)
        if base is not None and not highwater.is_ancestor(home, base, new):
            keep(home, base, f"jit: {message.subject}")
        _publish(home, new, base, [], message)
    after_write(home, new, {})
    return new


def join(
    home: Home,
    edits: Mapping[str, bytes | Oid | None],
    *,
    start: Oid | None,
    parents: Sequence[Oid],
    base: Oid | None,
    message: Message,
) -> Oid:
    """Publish a commit of several `parents` if `base` still is the tip. Its tree is that of `start` (None: the empty
    one) with `edits`.

    An edit is content, the name of a blob that is here, or None, which deletes. Raises as `advance` does.
    """
    home.require_writable()
    with home.queue:
        _require(home, base)
        read = home.backend.read
        behind = [commits.parse(read(parent)) for parent in parents]
        root, objects = tree.splice(home.backend, commits.parse(read(start)).tree if start else None, edits)
        who = identity(home.layout, home.environ, home.config)
        now = commits.unix_ms(message.at)
        clock = commits.tick(now, [near(commits.clock_of(one), now) for one in behind], _node(home))
        data = commits.encode(
            tree=root,
            parents=parents,
            author=who.author,
            committer=who.committer,
            message=message,
            clock=clock,
        )
        commit = tree.make(Kind.COMMIT, data, home.backend.object_format)
        _publish(home, commit.oid, base, [*objects, commit], message)
    after_write(home, commit.oid, {one.oid: one for one in (*objects, commit)})
    return commit.oid


def near(clock: Clock, now_ms: int) -> Clock:
    """The clock, but not more than a day ahead of ours: one that is wrong by years must not rule for years."""
    return clock if clock.ms <= now_ms + DAY_MS else Clock(now_ms + DAY_MS, 0, clock.node)


def _node(home: Home) -> str:
    return commits.node_name(home.layout.common_dir)


def _require(home: Home, base: Oid | None) -> None:
    """Raises `RefConflict` if the reference is not at `base`, and `RefRewound` if it lost what was published."""
    mark = highwater.read_mark(home.layout.common_dir, home.ref)  # before the tip: see 'rewound'
    tip = home.backend.ref(home.ref)
    if tip != base:
        raise RefConflict(
            f"'{home.ref}' has moved since it was read",
            hint="run the same command again",
            details={"ref": home.ref, "expected": base, "found": tip},
        )
    if mark and tip and (lost := highwater.compare(home, mark.tip, tip)):
        raise lost.error()


def _publish(home: Home, new: Oid, old: Oid | None, objects: Sequence[Object], message: Message) -> None:
    seconds = max(commits.unix_ms(message.at) // 1000, 0)
    change = Change(
        ref=home.ref,
        old=old,
        new=new,
        objects=objects,
        committer=f"{_mover(home, needed=bool(objects))} {seconds} +0000",
        subject=f"jit: {message.subject}",
        request=message.request,
    )
    publish(Place(home.backend, home.layout.common_dir, home.durability, home.prune_grace), change)


def _mover(home: Home, *, needed: bool) -> str:
    """Who moves the reference. Whoever only reads what others wrote, as in a job of a host, need not have a name."""
    try:
        return identity(home.layout, home.environ, home.config).committer
    except NoIdentity:
        if needed:
            raise
        return COMMITTER


# --- how commits hang together --------------------------------------------------------------------------


def merge_bases(home: Kept, one: Sequence[Oid], other: Sequence[Oid]) -> list[Oid]:
    """The best common ancestors of a merge of all of `one` and a merge of all of `other`; git finds them.

    Raises `MissingObject`-like errors of git where the history is not all here.
    """
    found: dict[Oid, None] = {}
    for left in one:
        done = run(home.layout, ["merge-base", "--all", left, *other], environ=home.environ)
        if done.status not in {0, 1}:
            raise failure(done, "looking for a common ancestor")
        found.update(dict.fromkeys(Oid(line) for line in done.out.decode().splitlines()))
    return independent(home, list(found))


def independent(home: Kept, oids: Sequence[Oid]) -> list[Oid]:
    """Those of the commits that lie behind no other of them."""
    if len(oids) < 2:
        return list(oids)
    done = run(home.layout, ["merge-base", "--independent", *oids], environ=home.environ)
    if done.status:
        raise failure(done, "comparing commits")
    return [Oid(line) for line in done.out.decode().splitlines()]


def counts(home: Kept, ours: Oid, theirs: Oid) -> tuple[int, int]:
    """How many commits `ours` has that `theirs` has not, and the other way round."""
    if ours == theirs:
        return (0, 0)
    words = ["rev-list", "--count", "--left-right", f"{ours}...{theirs}", "--"]
    done = run(home.layout, words, environ=home.environ)
    if done.status:
        raise failure(done, "counting commits")
    left, right = done.out.split()
    return (int(left), int(right))


def beyond(home: Kept, tip: Oid, without: Sequence[Oid], *, first_parents: bool = False) -> list[Oid]:
    """The commits that `tip` has and none of `without`, newest first and none before those that build on it."""
    words = ["rev-list", "--topo-order", *(["--first-parent"] if first_parents else []), tip, "--not", *without, "--"]
    done = run(home.layout, words, environ=home.environ)
    if done.status:
        raise failure(done, "reading history")
    return [Oid(line) for line in done.out.decode().splitlines()]


def exists_whole(home: Kept, oid: Oid) -> bool:
    """Whether the commit and its tree can be read here."""
    try:
        return home.backend.exists(commits.parse(home.backend.read(oid)).tree)
    except JitError:
        return False
