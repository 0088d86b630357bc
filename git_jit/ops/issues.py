"""Use cases of single issues, or of several named ones: create, change, close, delete, bring back.

Wherever `ids` is taken, one or several may be given, typed as users type them; all changes are one commit.
With one id a refusal is raised, with several it is the outcome's `error` and the others go through.
`if_version` (with exactly one id) is the blob's oid the caller has seen; `VersionConflict` if it moved on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from git_jit.model import Actor, Caller, Date, Document, Json, Link, Oid, Priority
from git_jit.ops.edit import Patch
from git_jit.ops.report import Report
from git_jit.store import Store
from git_jit.workflow import Verb


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A new issue as it was asked for. Ids are text as the user typed it."""

    title: str
    description: str = ""
    state: Verb | None = None
    """None: `ready`, or `backlog` when it waits for something."""
    priority: Priority = Priority.NORMAL
    assignee: Actor | None = None
    labels: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    blocks: tuple[str, ...] = ()
    """Issues that shall wait for the new one."""
    parent: str | None = None
    links: tuple[Link, ...] = ()
    gates: tuple[str, ...] = ()
    documents: tuple[Document, ...] = ()
    context: Mapping[str, str] = field(default_factory=dict)
    due: Date | None = None
    defer_until: Date | None = None
    estimate: int | None = None
    fields: Mapping[str, Json] = field(default_factory=dict)
    external: Mapping[str, str] = field(default_factory=dict)


def create(store: Store, caller: Caller, draft: Draft, *, dry_run: bool = False) -> Report:
    """One new issue (`report.outcomes[0].issue`): `ready` when nothing blocks it, else `backlog`.

    A `state` may be asked for: `backlog` (parked until somebody moves it), `ready` (refused when blocked).
    """
    raise NotImplementedError


def update(
    store: Store,
    caller: Caller,
    ids: Sequence[str],
    patch: Patch,
    *,
    reason: str | None = None,
    reopen: bool = False,
    force: bool = False,
    if_version: Oid | None = None,
    tree: Oid | None = None,
    dry_run: bool = False,
) -> Report:
    """Apply one patch. `reason`, `reopen` and `force` qualify the patch's state (see `workflow.Intent`)."""
    raise NotImplementedError


def edit(store: Store, caller: Caller, id: str, text: str, *, if_version: Oid | None = None) -> Report:
    """Take over the whole issue from its Markdown form (`ops.form`)."""
    raise NotImplementedError


def assign(
    store: Store, caller: Caller, ids: Sequence[str], assignee: Actor, *, if_version: Oid | None = None
) -> Report:
    raise NotImplementedError


def unassign(store: Store, caller: Caller, ids: Sequence[str], *, if_version: Oid | None = None) -> Report:
    raise NotImplementedError


def close(
    store: Store,
    caller: Caller,
    ids: Sequence[str],
    *,
    reason: str | None = None,
    force: bool = False,
    if_version: Oid | None = None,
    tree: Oid | None = None,
) -> Report:
    """To `done`; to `gated`, with the outcome's `error` naming the gates, while one has not passed."""
    raise NotImplementedError


def reject(
    store: Store, caller: Caller, ids: Sequence[str], *, reason: str | None, if_version: Oid | None = None
) -> Report:
    raise NotImplementedError


def reopen(
    store: Store, caller: Caller, ids: Sequence[str], *, reason: str | None = None, if_version: Oid | None = None
) -> Report:
    """To `ready`, or `backlog` when blocked. Dependents that were `ready` go back to `backlog`."""
    raise NotImplementedError


def archive(store: Store, caller: Caller, ids: Sequence[str], *, if_version: Oid | None = None) -> Report:
    raise NotImplementedError


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
    raise NotImplementedError


def restore(store: Store, caller: Caller, id: str, *, at: str | None = None) -> Report:
    """Bring a deleted issue back as it last was, with its comments; with `at`, any issue as it was then.

    `id` may be a unique prefix of a deleted id. Raises `IssueNotFound` when history does not know it.
    """
    raise NotImplementedError
