"""Proposing changes: what was done here and is not published goes to a branch of its own, for others to look at.

The commits are made again on top of what is published, so that a host can show them as a pull request and merge it
without a conflict. What is proposed stays in this clone as it is; once the host has merged it, by whatever means,
`sync` finds it there.
"""

import re
from collections.abc import Callable, Collection, Sequence
from typing import Final

from git_jit.clock import DAY_MS
from git_jit.errors import Contention, NotFound, Refused, UsageError
from git_jit.hosts import compare_url
from git_jit.merge import Rules, Side, merge
from git_jit.model import Actor, Caller, Commit, IssueId, Message, Oid
from git_jit.ops import sync
from git_jit.ops.checking import Checked, check
from git_jit.ops.differing import proposals_of
from git_jit.ops.lineage import Lineage
from git_jit.ops.merging import How, edits_of, prepare
from git_jit.paths import place_of
from git_jit.record import record
from git_jit.store import Store
from git_jit.store.commits import REQUEST, unix_ms
from git_jit.store.proposals import HEADS, Proposals, Published, was_taken
from git_jit.store.remote import Remote
from git_jit.validate.finding import Severity
from git_jit.workflow import FURTHER

MAX_SLUG: Final = 60
"""Characters of the name of a proposal; hosts show some forty of a branch."""
_REQUESTS: Final = re.compile(rf"^\s*{REQUEST}: (\S+)\s*$", re.MULTILINE)


class NothingToPropose(NotFound):
    """All that was done here is published, or in the proposal, already."""

    code = "nothing_to_propose"


class ProposalExists(Refused):
    """There is a proposal of that name."""

    code = "proposal_exists"


class ProposalUnknown(NotFound):
    """There is no proposal of that name, or none of one's own."""

    code = "proposal_unknown"


class ProposalInvalid(Refused):
    """What would be published has errors. `details.findings` has them all."""

    code = "proposal_invalid"


class ProposalMoved(Contention):
    """Somebody moved the branch of the proposal meanwhile."""

    code = "proposal_moved"


class NoTitle(UsageError):
    """A proposal needs a title that a branch can be named after."""

    code = "title_needed"


@record(kw_only=True)
class Proposed:
    """What is up for review now, or would be."""

    remote: str
    branch: str
    """On the remote, without `refs/heads/`."""
    base: Oid
    """The published commit it grows from."""
    before: Oid | None
    """Where the branch was; None if it is new."""
    head: Oid
    commits: int
    """How many of them were added now."""
    left: int
    """Unpublished commits that are not part of it, for the filter left them out."""
    checked: Checked
    url: str | None
    """The page that offers the pull request."""
    dry_run: bool

    def to_json(self) -> dict[str, object]:
        """As `--json` shows it."""
        return {
            "remote": self.remote,
            "branch": self.branch,
            "base": self.base,
            "before": self.before,
            "head": self.head,
            "commits": self.commits,
            "left": self.left,
            "issues": [issue.id for issue in self.checked.differences.issues],
            "warnings": self.checked.count(Severity.WARNING),
            "url": self.url,
            "dry_run": self.dry_run,
        }


@record(kw_only=True)
class Withdrawn:
    """A proposal that was taken back, or would be."""

    remote: str
    branch: str
    head: Oid
    """Where it was: 'git jit diff' still knows it, for a while."""
    dry_run: bool

    def to_json(self) -> dict[str, object]:
        """As `--json` shows it."""
        return {"remote": self.remote, "branch": self.branch, "head": self.head, "dry_run": self.dry_run}


def propose(
    store: Store,
    caller: Caller,
    title: str,
    *,
    remote: str | None = None,
    update: bool = False,
    only: Collection[IssueId] | None = None,
    dry_run: bool = False,
) -> Proposed:
    """Put what is not published yet (with `only`: of these issues) on a branch of the remote.

    With `update`, on top of the proposal of that name, and what was published since is merged in, semantically. Raises
    `NothingToPropose`, `ProposalExists`, `ProposalUnknown`, `ProposalInvalid`, `ProposalMoved`, and what fetching and
    pushing raise.
    """
    git = proposals_of(store)
    sync.fetch(store, remote)
    published = git.published(remote)
    there = git.exchange.remote(published.remote)
    branch = _branch_of(git, caller.actor, title)
    before = git.fetch(there, branch)
    _require_fitting(before, branch, update=update)
    start = before or published.tip
    head, added, left = _replayed(git, published, start, only, caller)
    if before is not None:
        head = _with_published(store, git, head, published, caller, branch)
    if head == start:
        raise NothingToPropose(
            "there is nothing to propose: all of it is " + ("in the proposal already" if before else "published"),
            hint="'git jit diff' shows what was done here and is not published",
        )
    checked = _require_sound(store, published.tip, head, caller)
    if not dry_run and not was_taken(git.push(there, head, branch, request=caller.new_request())):
        raise _moved(there, branch)
    return Proposed(
        remote=there.name,
        branch=branch,
        base=published.tip,
        before=before,
        head=head,
        commits=added,
        left=left,
        checked=checked,
        url=compare_url(there.url, published.branch, branch),
        dry_run=dry_run,
    )


def withdraw(
    store: Store, caller: Caller, title: str | None, *, remote: str | None = None, dry_run: bool = False
) -> Withdrawn:
    """Take one's own proposal back: its branch goes from the remote, if it still is where it was a moment ago.

    Raises `ProposalUnknown`, `ProposalMoved`, and what the remote raises.
    """
    git = proposals_of(store)
    there = git.exchange.remote(remote)
    branch = _own(git, there, caller.actor, title)
    head = git.on(there, _directory(caller.actor))[branch]
    if not dry_run and not git.withdraw(there, branch, head, request=caller.new_request()):
        raise _moved(there, branch)
    return Withdrawn(remote=there.name, branch=branch, head=head, dry_run=dry_run)


def only_own(store: Store, caller: Caller, remote: str | None = None) -> str:
    """The name of one's only proposal, for `--update` without a title. Raises `ProposalUnknown`."""
    git = proposals_of(store)
    return _own(git, git.exchange.remote(remote), caller.actor, None).rpartition("/")[2]


def listed(store: Store, remote: str | None = None) -> list[tuple[str, Oid]]:
    """Every proposal that the remote has now, in order of branch."""
    git = proposals_of(store)
    return sorted(git.on(git.exchange.remote(remote)).items())


# --- names ----------------------------------------------------------------------------------------------


def slug(text: str) -> str:
    """Text as a piece of the name of a branch: letters, digits and single dashes.

    >>> slug("Triage: sprint 12!")
    'triage-sprint-12'
    """
    kept = "".join(c if c.isalnum() else "-" for c in text.lower())
    return re.sub("-+", "-", kept).strip("-")[:MAX_SLUG].strip("-")


def _directory(actor: Actor) -> str:
    return slug(actor) or "somebody"


def _branch_of(git: Proposals, actor: Actor, title: str) -> str:
    """Raises `NoTitle`."""
    own = f"{git.prefix}/{_directory(actor)}/"
    name = slug(title.removeprefix(own))
    if not name:
        raise NoTitle(f"'{title}' holds nothing to name a branch after", hint="a few words say what it is about")
    return own + name


def _own(git: Proposals, there: Remote, actor: Actor, title: str | None) -> str:
    """The branch of the proposal that is meant. Raises `ProposalUnknown`."""
    found = sorted(git.on(there, _directory(actor)))
    if title is not None:
        branch = _branch_of(git, actor, title)
        if branch in found:
            return branch
        message = f"'{there.name}' has no proposal '{branch}'"
    elif len(found) == 1:
        return found[0]
    elif found:
        message = f"'{actor}' has {len(found)} proposals on '{there.name}', and it is not said which"
    else:
        message = f"'{actor}' has no proposal on '{there.name}'"
    listing = f"; yours are {', '.join(found)}" if found else ""
    raise ProposalUnknown(message, hint=f"'git jit propose' lists all{listing}", details={"proposals": found})


def _require_fitting(before: Oid | None, branch: str, *, update: bool) -> None:
    name = branch.rpartition("/")[2]
    if before is not None and not update:
        raise ProposalExists(
            f"there is a proposal '{branch}' already",
            hint=f"'git jit propose {name} --update' adds to it; another title begins another one",
            details={"branch": branch, "head": before},
        )
    if before is None and update:
        raise ProposalUnknown(
            f"there is no proposal '{branch}' to be updated",
            hint=f"'git jit propose' lists them; 'git jit propose {name}' begins it",
            details={"branch": branch},
        )


def _moved(there: Remote, branch: str) -> ProposalMoved:
    return ProposalMoved(
        f"somebody moved '{branch}' on '{there.name}' meanwhile",
        hint="'git jit propose' lists what is there; the same command again takes it into account",
        details={"remote": there.name, "ref": f"{HEADS}{branch}"},
    )


# --- commits once more ----------------------------------------------------------------------------------


def _replayed(
    git: Proposals,
    published: Published,
    start: Oid,
    only: Collection[IssueId] | None,
    caller: Caller,
) -> tuple[Oid, int, int]:
    """The last of the unpublished commits, made again on `start`; how many were, and how many were left out."""
    local = git.exchange.tip()
    if local is None:
        return start, 0, 0
    known = _requests(git, published.tip, local) | _requests(git, start, published.tip)
    head, added, left = start, 0, 0
    lineage = Lineage(git.exchange)
    for commit in git.between(published.tip, local):
        if len(commit.parents) != 1 or commit.trailers.get(REQUEST) in known:
            continue  # a merge brings in nothing of its own, and what is there is there
        if only is None and head == commit.parents[0]:
            head, added = commit.oid, added + 1
            continue
        edits = _picked(git, lineage, commit, head, _wanted(only), caller)
        again = git.again(commit.oid, head, edits)
        added, left = added + (again != head), left + (again == head)
        head = again
    return head, added, left


def _wanted(only: Collection[IssueId] | None) -> Callable[[str], bool]:
    """Whether a path belongs to what is proposed; with some issues only, nothing but them and their comments."""
    return lambda path: only is None or place_of(path).issue in only


def _requests(git: Proposals, newer: Oid, older: Oid) -> set[str]:
    """The requests of all commits that `newer` has and `older` has not; also of those that a squash put into one."""
    found = git.between(older, newer)
    return {name for commit in found for name in _REQUESTS.findall(git.raw(commit.oid).decode("utf-8", "replace"))}


def _picked(
    git: Proposals, lineage: Lineage, commit: Commit, onto: Oid, wanted: Callable[[str], bool], caller: Caller
) -> dict[str, bytes | Oid | None]:
    """What the commit did, as edits of `onto`; where that changed the same document, both are merged by field."""
    parent = commit.parents[0]
    edits: dict[str, bytes | Oid | None] = {}
    disputed = []
    for change in git.exchange.changed(parent, commit.oid):
        if not wanted(change.path):
            continue
        there = git.exchange.oid_at(onto, change.path)
        if there == change.old:
            edits[change.path] = change.new
        elif there != change.new:
            disputed.append(change.path)
    if disputed:
        edits |= _merged(git, lineage, parent, commit, onto, disputed, caller)
    return edits


def _merged(
    git: Proposals, lineage: Lineage, parent: Oid, commit: Commit, onto: Oid, paths: Sequence[str], caller: Caller
) -> dict[str, bytes | Oid | None]:
    before, here, there = ({path: lineage.read(oid, path) for path in paths} for oid in (parent, onto, commit.oid))
    ours, theirs = lineage.clock(onto), lineage.clock(commit.oid)
    rules = Rules(further=FURTHER, latest_ms=unix_ms(caller.now) + DAY_MS)
    merged = merge(
        before,
        Side(documents=here, stamp=lambda _path, _field: ours),
        Side(documents=there, stamp=lambda _path, _field: theirs),
        rules,
    )
    return edits_of(git.exchange, lineage, merged, onto)


def _with_published(store: Store, git: Proposals, head: Oid, published: Published, caller: Caller, branch: str) -> Oid:
    """The proposal with what was published since merged in, so that the host has nothing left to merge."""
    if git.exchange.leads_to(head, published.tip):
        return head
    prepared = prepare(store, git.exchange, published.tip, head, now_ms=unix_ms(caller.now))
    message = Message(
        op="merge",
        subject=f"merge {published.branch} into {branch.rpartition('/')[2]}",
        actor=caller.actor,
        request=caller.new_request(),
        at=caller.now,
    )
    if prepared.how is How.NOTHING:
        return published.tip
    return git.draft(prepared.edits, start=prepared.start, parents=[published.tip, head], message=message)


def _require_sound(store: Store, base: Oid, head: Oid, caller: Caller) -> Checked:
    """Raises `ProposalInvalid`."""
    checked = check(store, base, head, now=caller.now)
    errors = [one for one in checked.complaints if one.severity is Severity.ERROR]
    if errors:
        first, more = errors[0], f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        raise ProposalInvalid(
            f"what would be proposed has errors: '{first.subject}' {first.message}{more}",
            hint=first.hint or f"'git jit check {base[:10]}..{head[:10]}' lists all of them",
            details={
                "base": base,
                "head": head,
                "findings": [{"code": one.code, "subject": one.subject, "message": one.message} for one in errors],
            },
        )
    return checked
