"""Bringing what a remote has into this clone, without letting any of it count yet.

git fetches into a reference of its own (`refs/jit-in/…`), never over another one. A remote that lost what it had (its
reference is gone, or does not lead any more to where it was) is not followed: what it had is kept under
`refs/jit/backup/`, and a person decides. Only then does the tracking reference move, as a plain `git fetch` would
move it; whatever reads it later judges it again (`inbound`).
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import Final, NamedTuple

from git_jit.errors import JitError
from git_jit.model import Oid
from git_jit.store import RefConflict, gc
from git_jit.store.anchors import PREFIX, committer
from git_jit.store.budgets import Limits
from git_jit.store.highwater import Site, is_ancestor
from git_jit.store.process import Finished
from git_jit.store.remote import Remote, RemoteUnreachable, ls_remote, talk
from git_jit.store.retrying import Reading, World, at_remote
from git_jit.store.tracking import Sharing, read_noted, settle

OPTIONS: Final = (
    "--quiet",
    "--progress",
    "--no-tags",
    "--no-write-fetch-head",
    "--no-auto-maintenance",
    "--no-recurse-submodules",
    "--no-prune",
    "--refmap=",
)
"""Nothing but the one reference: no tag, no FETCH_HEAD, and (the empty refmap) no tracking reference on the way."""
TRUSTING: Final = "fetch.fsckObjects=false"
"""git's own check refuses a whole history for one odd tree in it, which nobody can take back (ADR 0014)."""
ABSENT: Final = "couldn't find remote ref"
LOOKS: Final = 3
"""How often a remote must show nothing at all before that is believed."""
ENDLESS: Final = "--depth=2147483647"
"""git's own word for all of the history (git-fetch(1), `--unshallow`), which also works where nothing is missing."""


class Fetched(NamedTuple):
    """What a remote has, and what it was last seen to have."""

    remote: str
    tip: Oid | None
    """None: it has no issues."""
    before: Oid | None
    lost: bool
    """It does not lead to `before` any more."""
    kept: str | None = None
    """The reference that keeps `before`, if that is lost."""


def fetch(
    site: Site, shared: Sharing, remote: Remote, *, deep: bool = False, follow: bool = False, world: World | None = None
) -> Fetched:
    """Ask the remote for its issues, and fetch them. With `deep` their whole history, also in a shallow clone; with
    `follow` the tracking reference goes where the remote is, whatever it lost.

    Raises `RemoteTimeout`, `RemoteUnreachable`, `RemoteRefused`.
    """
    incoming = shared.incoming(remote.name)
    options = (*OPTIONS, ENDLESS) if deep else OPTIONS
    before = known(site, shared, remote.name)

    def attempt(limits: Limits) -> Finished:
        done = _fetch(site, remote, options, f"+{shared.publish}:{incoming}", limits)
        if done.status and before is not None:
            require_absent(remote, shared.publish, limits)
        return done

    done = at_remote(remote, attempt, Reading(), world=world)
    tip = None if done.status else site.backend.ref(incoming)
    if before is None or tip == before or (tip and is_ancestor(site, before, tip)):
        found = Fetched(remote.name, tip, before, lost=False)
    else:
        found = Fetched(remote.name, tip, before, lost=True, kept=keep(site, remote.name, before))
    if tip and (follow or not found.lost):
        track(site, shared, remote.name, tip)
        settle(site, shared.tracking(remote.name), seen=tip)
    return found


def _fetch(site: Site, remote: Remote, options: Sequence[str], refspec: str, limits: Limits) -> Finished:
    # A pack is safe from a 'git gc --prune=now' beside us, loose objects are not (see 'gc').
    packed = ["fetch.unpackLimit=1"] if gc.is_dangerous(site.layout.common_dir) else []
    return talk(
        remote,
        "fetch",
        options,
        [refspec],
        limits=limits,
        settings=[TRUSTING, *packed],
        answers=lambda done: ABSENT in done.err,
    )


def require_absent(remote: Remote, ref: str, limits: Limits) -> None:
    """Ask again before a reference is taken for lost. Raises `RemoteUnreachable` if it is there after all.

    To git an answer over HTTP that ends within its head is the list of a server which has no references. So a list that
    shows others is believed, and an empty one if it comes again and again.
    """
    for _ in range(LOOKS):
        shown = ls_remote(remote, limits=limits)
        if ref in shown:
            raise RemoteUnreachable(
                f"the remote '{remote.name}' showed nothing at '{ref}', and something a moment later",
                hint="check the connection, and run the same command again",
                details={"remote": remote.name, "ref": ref},
            )
        if shown:
            return


def known(site: Site, shared: Sharing, remote: str) -> Oid | None:
    """The newest tip that the remote was seen to have, as far as it is still here."""
    seen = read_noted(site.layout.common_dir).get(shared.tracking(remote))
    if seen and seen.seen and site.backend.exists(seen.seen):
        return seen.seen
    with suppress(JitError):
        return site.backend.ref(shared.tracking(remote))
    return None


def track(site: Site, shared: Sharing, remote: str, tip: Oid) -> None:
    """Let the tracking reference name `tip`. Another git that fetches at the same time is as right as we are."""
    ref = shared.tracking(remote)
    for _ in range(2):
        old = site.backend.ref(ref)
        if old == tip:
            return
        with suppress(RefConflict):
            site.backend.swap(ref, tip, old, committer=committer(), message="jit: fetch")
            return


def keep(site: Site, remote: str, tip: Oid) -> str | None:
    """A reference below `refs/jit/backup/` for what the remote had."""
    name = f"{PREFIX}{remote}-{tip[:10]}"
    with suppress(JitError):
        if site.backend.ref(name) is None:
            site.backend.swap(name, tip, None, committer=committer(), message=f"jit: '{remote}' lost it")
        return name
    return None
