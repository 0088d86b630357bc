"""Publishing a commit on a remote, and being certain about it.

Never with force: the remote itself compares, and takes a commit only if it leads on from what is there. Success is not
what git says but what the remote shows afterwards: a reference that names our commit, or one that leads to it. The same
look settles a push that broke off (35 of 100 killed ones had moved the remote; reliability.md F6).
"""

import re
from enum import StrEnum
from typing import Final, NamedTuple

from git_jit.errors import NetworkError, Refused
from git_jit.model import Oid
from git_jit.scrub import credentials
from git_jit.store.budgets import Limits
from git_jit.store.fetching import fetch, track
from git_jit.store.highwater import Site, is_ancestor
from git_jit.store.process import MAX_STDERR, Finished
from git_jit.store.remote import Remote, ls_remote, talk
from git_jit.store.retrying import Applied, NotApplied, Settled, World, Writing, at_remote
from git_jit.store.tracking import Sharing, settle

OPTIONS: Final = ("--porcelain", "--progress", "--no-verify", "--no-follow-tags", "--recurse-submodules=no")
"""No hook of the user's: those are about code, and may take minutes. What is pushed was validated before."""
RACE: Final = ("fetch first", "non-fast-forward", "stale info", "incorrect old value", "reference already exists")
"""Reasons for a rejection that come from somebody else's push (builtin/push.c, transport.c, receive-pack.c)."""
BUSY: Final = ("failed to update ref", "cannot lock ref", "failed to lock", "Unable to create")
"""The remote's reference was locked by another push at that moment."""
_STATUS: Final = re.compile(r"^([ +\-*!=])\t(\S*):(\S+)\t(?:\[([^\]]*)\]|\S+)(?: \((.*)\))?$", re.MULTILINE)
"""`<flag> TAB <from>:<to> TAB <summary> (<reason>)`, git-push(1) "OUTPUT" of `--porcelain`."""


class PublishRefused(Refused):
    """The remote does not take the issues, whatever they are: a rule of the host, or no right to write."""

    code = "publish_refused"


class BranchInTheWay(Refused):
    """A branch of the remote stands where a directory of branches should be."""

    code = "branch_in_the_way"


class NotThere(NetworkError):
    """The remote said that it took the commit, and does not show it."""

    code = "publish_not_there"


class Answer(StrEnum):
    """What became of a push."""

    DONE = "done"
    BEHIND = "behind"
    """Somebody else was faster: the remote has what the commit does not lead on from."""


class Pushed(NamedTuple):
    answer: Answer
    tip: Oid | None
    """Where the remote is now."""


def push(
    site: Site,
    shared: Sharing,
    remote: Remote,
    commit: Oid,
    *,
    request: str,
    ref: str | None = None,
    world: World | None = None,
) -> Pushed:
    """Publish `commit` as the remote's issues (or as its branch `ref`).

    Raises `PublishRefused`, `BranchInTheWay`, `NotThere`, `OutcomeUnknown`, and what the door raises.
    """
    target = ref or shared.publish
    branch = target == shared.publish

    def attempt(limits: Limits) -> Pushed:
        refspec = f"{commit}:{target}"
        no_mirror = f"remote.{remote.name}.mirror=false"  # or git takes no refspec
        done = talk(remote, "push", OPTIONS, [refspec], limits=limits, settings=[no_mirror], answers=_is_verdict)
        rejected = rejection(done)
        if rejected is None:
            return _look(site, shared, remote, commit, target, limits)
        if any(word in rejected for word in (*RACE, *BUSY)) and not _in_the_way(rejected + done.err):
            return Pushed(Answer.BEHIND, None)
        raise _refusal(remote, target, rejected, done)

    def look() -> Settled[Pushed]:
        tip = ls_remote(remote, (target,)).get(target)
        if tip == commit or (branch and tip and _leads_to(site, shared, remote, commit)):
            return Applied(Pushed(Answer.DONE, tip))
        return NotApplied()

    pushed = at_remote(remote, attempt, Writing(request, look), world=world)
    if pushed.answer is Answer.DONE and branch and pushed.tip == commit:
        track(site, shared, remote.name, commit)
        settle(site, shared.tracking(remote.name), taken=commit, seen=commit)
    return pushed


def _is_verdict(done: Finished) -> bool:
    """Whether the remote judged our reference: then the connection was sound, whatever the exit status."""
    return rejection(done) is not None


def rejection(done: Finished) -> str | None:
    """Why the reference was not moved; None if it was, or was there already."""
    for flag, _, _, summary, reason in _STATUS.findall(done.out.decode("utf-8", "replace")):
        if flag == "!":
            return f"{summary}: {reason}" if reason else str(summary)
    return None


def _look(site: Site, shared: Sharing, remote: Remote, commit: Oid, target: str, limits: Limits) -> Pushed:
    """What the remote shows after it said yes. Raises `NotThere`."""
    tip = ls_remote(remote, (target,), limits=limits).get(target)
    if tip == commit or (tip and target == shared.publish and _leads_to(site, shared, remote, commit)):
        return Pushed(Answer.DONE, tip)
    raise NotThere(
        f"the remote '{remote.name}' said that it took '{commit[:10]}', but '{target}' is "
        + (f"at '{tip[:10]}'" if tip else "not there"),
        hint=f"a hook of the host may have moved it; 'git ls-remote {remote.name}' shows what it has",
        details={"remote": remote.name, "ref": target, "commit": commit, "found": tip},
    )


def _leads_to(site: Site, shared: Sharing, remote: Remote, commit: Oid) -> bool:
    """Whether the remote has the commit behind its tip: somebody pushed on top of it."""
    found = fetch(site, shared, remote)
    return found.tip is not None and is_ancestor(site, commit, found.tip)


def _in_the_way(reason: str) -> str | None:
    """The reference that keeps ours from being made, if that is why."""
    found = re.search(r"'(refs/[^']+)' exists; cannot create", reason)
    return found[1] if found else None


def _refusal(remote: Remote, target: str, reason: str, done: Finished) -> Refused:
    said = credentials(done.err)
    details = {"remote": remote.name, "ref": target, "reason": reason, "stderr": said[:MAX_STDERR]}
    blocking = _in_the_way(reason) or _in_the_way(said)
    if blocking:
        return BranchInTheWay(
            f"the remote '{remote.name}' has a branch '{blocking.removeprefix('refs/heads/')}', "
            f"so '{target}' cannot be there",
            hint="rename that branch on the host, or publish under another name: "
            "'git jit config set jit.publishRef refs/heads/NAME'",
            details={**details, "blocking": blocking},
        )
    return PublishRefused(
        f"the remote '{remote.name}' refuses '{target}': {_reason(reason, said)}",
        hint="'git jit config set jit.publishRef refs/heads/NAME' publishes under a name that it allows; "
        "'git jit bundle' keeps the issues in a file",
        details=details,
    )


def _reason(reason: str, said: str) -> str:
    """The host's own words, if it has any, else git's."""
    lines = [line.removeprefix("remote:").strip() for line in said.splitlines() if line.startswith("remote:")]
    words = " ".join(line for line in lines if line and not line.startswith("error:"))
    return f"{reason.removeprefix('remote rejected: ')}" + (f" ({words[:200]})" if words else "")
