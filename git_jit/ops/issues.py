"""Use cases of single issues, or of several named ones: create, change, close, delete, bring back.

Wherever `ids` is taken, one or several may be given, typed as users type them; all changes are one commit.
With one id a refusal is raised, with several it is the outcome's `error` and the others go through.
`if_version` (with exactly one id) is the blob's oid the caller has seen; `VersionConflict` if it moved on.
"""

from collections.abc import Callable, Mapping, Sequence

from git_jit.config import Config
from git_jit.errors import JitError
from git_jit.model import (
    Actor,
    Caller,
    Date,
    Document,
    GateKey,
    GateStatus,
    Issue,
    IssueId,
    Json,
    Link,
    Oid,
    Priority,
)
from git_jit.ops.batch import Sheet, Step, publish, raise_single, run, summarise
from git_jit.ops.desk import Desk, Terms, Tree, no_tree
from git_jit.ops.edit import LEAVE, Patch
from git_jit.ops.removal import delete, restore
from git_jit.ops.report import Report
from git_jit.record import field, record, replace
from git_jit.store import Store
from git_jit.view import View
from git_jit.workflow import Verb

__all__ = [
    "Draft",
    "archive",
    "assign",
    "close",
    "create",
    "delete",
    "edit",
    "reject",
    "reopen",
    "restore",
    "unassign",
    "update",
]


@record(kw_only=True)
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
    id = caller.new_id()

    def work(view: View) -> Sheet:
        desk = Desk(view, Terms(now=caller.now))
        sheet = summarise(desk, [id], begin(desk, caller, id, draft))
        raise_single(sheet)
        return sheet

    return publish(store, caller, "create", work, dry_run=dry_run)


def begin(desk: Desk, caller: Caller, id: IssueId, draft: Draft, *, reduced: bool = False) -> dict[IssueId, JitError]:
    """Put a new issue on the desk; returns why its state is not the one asked for. `reduced`: see `Desk.change`."""
    blank = Issue(id=id, title=draft.title, created_at=caller.now, created_by=caller.actor)
    unmet = desk.change(blank, draft_patch(_with_type(draft, desk.overlay.config)), reduced=reduced)
    for text in draft.blocks:
        desk.change(desk.issue(desk.resolve(text)), Patch(add_dependencies=(id,)))
    return {id: unmet} if unmet else {}


def _with_type(draft: Draft, config: Config) -> Draft:
    """An issue that does not say what it is, is of the repository's default type."""
    if config.default_type is None or any(label.startswith("type:") for label in draft.labels):
        return draft
    return replace(draft, labels=(*draft.labels, f"type:{config.default_type}"))


def _earned(store: Store) -> Callable[[IssueId, GateKey, GateStatus], bool]:
    """`verdicts.earned`, loaded when there is a verdict to ask about: most issues have no gate."""

    def check(issue: IssueId, key: GateKey, status: GateStatus) -> bool:
        from git_jit.ops.verdicts import earned

        return earned(store)(issue, key, status)

    return check


def draft_patch(draft: Draft) -> Patch:
    """The draft as a change of a blank issue, so that what holds for changes holds for new issues."""
    return Patch(
        title=draft.title,
        description=draft.description,
        state=draft.state or LEAVE,
        priority=draft.priority,
        assignee=draft.assignee,
        add_labels=draft.labels,
        add_dependencies=draft.depends_on,
        parent=draft.parent,
        add_links=draft.links,
        add_gates=draft.gates,
        add_documents=draft.documents,
        context=draft.context,
        due=draft.due,
        defer_until=draft.defer_until,
        estimate=draft.estimate,
        fields=draft.fields,
        external=draft.external,
    )


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
    tree: Tree = no_tree,
    dry_run: bool = False,
) -> Report:
    """Apply one patch. `reason`, `reopen` and `force` qualify the patch's state (see `workflow.Intent`)."""
    terms = Terms(now=caller.now, reason=reason, reopen=reopen, force=force, tree=tree, earned=_earned(store))
    return run(store, caller, "update", ids, patching(patch), terms, if_version=if_version, dry_run=dry_run)


def patching(patch: Patch) -> Step:
    """The step that applies `patch`."""

    def step(desk: Desk, id: IssueId) -> JitError | None:
        return desk.change(desk.issue(id), patch)

    return step


def edit(store: Store, caller: Caller, id: str, text: str, *, if_version: Oid | None = None) -> Report:
    """Take over the whole issue from its Markdown form (`ops.form`)."""
    from git_jit.ops.form import parse_form

    patch = parse_form(text)

    def step(desk: Desk, id: IssueId) -> JitError | None:
        issue = desk.issue(id)
        same = patch.state == issue.state.value  # shown, not asked for: the issue may be promoted by the edit
        return desk.change(issue, replace(patch, state=LEAVE) if same else patch)

    return run(store, caller, "edit", [id], step, Terms(now=caller.now), if_version=if_version)


def assign(
    store: Store, caller: Caller, ids: Sequence[str], assignee: Actor, *, if_version: Oid | None = None
) -> Report:
    step = patching(Patch(assignee=assignee))
    return run(store, caller, "assign", ids, step, Terms(now=caller.now), if_version=if_version)


def unassign(store: Store, caller: Caller, ids: Sequence[str], *, if_version: Oid | None = None) -> Report:
    step = patching(Patch(assignee=None))
    return run(store, caller, "unassign", ids, step, Terms(now=caller.now), if_version=if_version)


def close(
    store: Store,
    caller: Caller,
    ids: Sequence[str],
    *,
    reason: str | None = None,
    force: bool = False,
    if_version: Oid | None = None,
    tree: Tree = no_tree,
) -> Report:
    """To `done`; to `gated`, with the outcome's `error` naming the gates, while one has not passed."""
    terms = Terms(now=caller.now, reason=reason, force=force, tree=tree, earned=_earned(store))
    return run(store, caller, "close", ids, patching(Patch(state=Verb.DONE)), terms, if_version=if_version)


def reject(
    store: Store, caller: Caller, ids: Sequence[str], *, reason: str | None, if_version: Oid | None = None
) -> Report:
    terms = Terms(now=caller.now, reason=reason)
    return run(store, caller, "reject", ids, patching(Patch(state=Verb.REJECTED)), terms, if_version=if_version)


def reopen(
    store: Store, caller: Caller, ids: Sequence[str], *, reason: str | None = None, if_version: Oid | None = None
) -> Report:
    """To `ready`, or `backlog` when blocked. Dependents that were `ready` go back to `backlog`."""
    terms = Terms(now=caller.now, reason=reason)
    return run(store, caller, "reopen", ids, patching(Patch(state=Verb.REOPEN)), terms, if_version=if_version)


def archive(store: Store, caller: Caller, ids: Sequence[str], *, if_version: Oid | None = None) -> Report:
    terms = Terms(now=caller.now)
    return run(store, caller, "archive", ids, patching(Patch(state=Verb.ARCHIVED)), terms, if_version=if_version)
