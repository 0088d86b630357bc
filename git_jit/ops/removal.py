"""Use cases of taking issues away and bringing them back."""

from collections.abc import Sequence
from typing import Final

from git_jit.condition import OneOf, Present
from git_jit.errors import Refused
from git_jit.model import ID_LENGTH, MIN_PREFIX, Caller, IssueId, LinkType, Oid, short
from git_jit.ops import IssueNotFound, resolve
from git_jit.ops.batch import Sheet, publish, raise_single, run, summarise
from git_jit.ops.desk import Desk, Terms
from git_jit.ops.report import Report
from git_jit.record import replace
from git_jit.store import Store
from git_jit.view import View
from git_jit.workflow import ReasonRequired, settle

MANY: Final = 50
"""From this many deletions on, looking at every link there is costs less than asking for those to each issue."""


class HasDependents(Refused):
    """Other issues wait for the one to be deleted. `details` has `dependents`, full ids."""

    code = "has_dependents"


class NotDeleted(Refused):
    """The issue to bring back is there."""

    code = "not_deleted"


def delete(
    store: Store,
    caller: Caller,
    ids: Sequence[str],
    *,
    reason: str | None = None,
    force: bool = False,
    if_version: Oid | None = None,
    dry_run: bool = False,
) -> Report:
    """Remove issues and their comments; history keeps them (`restore`).

    Refused (`HasDependents`, code `has_dependents`) while an issue that stays depends on one, unless `force`,
    which needs a reason and removes those edges too. Links to a deleted issue are removed with a note.
    """
    terms = Terms(now=caller.now, reason=reason, force=force)
    return run(
        store,
        caller,
        "delete",
        ids,
        take_away,
        terms,
        if_version=if_version,
        dry_run=dry_run,
        reverse=True,
        finish=unlink,
    )


def take_away(desk: Desk, id: IssueId) -> None:
    """Delete one issue on the desk. Raises `HasDependents`, or `ReasonRequired` for a forced deletion.

    An issue that cannot be read can be deleted like any other.
    """
    if desk.view.version(id) is None:
        raise IssueNotFound(f"no issue '{short(id)}'", hint="'git jit query all' lists every issue")
    dependents = desk.overlay.dependents(id)
    if dependents:
        _check_may_free(desk.terms, id, dependents)
        desk.forced.add(HasDependents.code)
    for other in dependents:
        issue = desk.issue(other)
        desk.overlay.put(replace(issue, dependencies=tuple(d for d in issue.dependencies if d != id)))
        desk.notes.append(f"'{short(other)}' does not wait for '{short(id)}' any more")
    desk.overlay.remove(id)
    desk.comments |= {(id, comment.id): None for comment in desk.view.comments(id)}
    settle(desk.overlay, dependents)


def _check_may_free(terms: Terms, id: IssueId, dependents: Sequence[IssueId]) -> None:
    if not terms.force:
        raise HasDependents(
            f"'{short(id)}' is waited for by {len(dependents)} other issue{'s' if len(dependents) > 1 else ''}",
            hint=f"'git jit graph rdeps {short(id)}' lists them",
            details={"id": id, "dependents": list(dependents)},
        )
    if not terms.reason:
        raise ReasonRequired(
            f"'{short(id)}' cannot be deleted from under others without a reason",
            hint="say why with --reason",
            details={"id": id},
        )


def unlink(desk: Desk) -> None:
    """Take links to what is deleted on the desk off the issues that stay: a link to nothing helps nobody."""
    gone = {id for id, issue in desk.overlay.edits.items() if issue is None}
    few = tuple(f"{type}:{id}" for type in LinkType for id in gone) if len(gone) <= MANY else ()
    for other in sorted(desk.view.select(OneOf("link", few) if few else Present("link")).ids):
        issue = desk.overlay.issue(other)
        kept = tuple(link for link in issue.links if link.target not in gone) if issue else ()
        if issue and kept != issue.links:
            desk.overlay.put(replace(issue, links=kept))
            lost = sorted({link.target for link in issue.links} & gone)
            names = ", ".join(f"'{short(id)}'" for id in lost)
            desk.notes.append(f"'{short(other)}' is not linked to {names} any more")


def restore(store: Store, caller: Caller, id: str, *, at: str | None = None) -> Report:
    """Bring a deleted issue back as it last was, with its comments; with `at`, any issue as it was then.

    An issue that cannot be read is no hindrance: with `at` a former version takes its place.
    `id` may be a unique prefix of a deleted id. Raises `IssueNotFound` when history does not know it.
    """

    def work(view: View) -> Sheet:
        wanted, revision = _find(store, view, id, at)
        desk = Desk(view, Terms(now=caller.now))
        _bring_back(desk, store, wanted, revision)
        sheet = summarise(desk, [wanted], {})
        raise_single(sheet)
        return sheet

    return publish(store, caller, "restore", work)


def _bring_back(desk: Desk, store: Store, id: IssueId, revision: str) -> None:
    with store.view(at=revision) as then:
        issue = then.issue(id)
        comments = then.comments(id)
    if issue is None:
        raise IssueNotFound(f"no issue '{short(id)}' at '{revision}'", hint=f"'git jit issue history {short(id)}'")
    if desk.view.version(id) is None:
        desk.comments |= {(id, comment.id): comment for comment in comments}
    desk.bring(issue)


def _find(store: Store, view: View, text: str, at: str | None) -> tuple[IssueId, str]:
    """The issue that `text` names, and the revision to take it from."""
    if at is not None:
        with store.view(at=at) as then:
            return resolve(then, text), at
    prefix = text.strip().lower().replace("-", "")
    if len(prefix) < MIN_PREFIX or len(prefix) > ID_LENGTH or view.starting_with(prefix):
        resolve(view, text)  # says what is wrong with the text, if anything is
        raise NotDeleted(f"'{text}' is not deleted", hint="to take back an earlier state give --at <revision>")
    for commit in store.history(path=f"issues/{prefix[:2]}"):
        for change in store.changes(commit):
            name = change.path.rpartition("/")[2]
            if change.new is None and change.path.startswith("issues/") and name.startswith(prefix):
                return IssueId(name.removesuffix(".json")), commit.parents[0]
    raise IssueNotFound(f"no deleted issue '{text}' in the history", hint="'git jit log' shows what was done")
