"""One patch on every issue that meets a filter. The same function plans the dry run and the real run."""

from collections.abc import Mapping
from typing import Final

from git_jit import query
from git_jit.changes import FieldChange
from git_jit.condition import All, Condition
from git_jit.errors import Refused
from git_jit.model import Caller, Date, IssueId, Message, Oid
from git_jit.ops import transact
from git_jit.ops.batch import Sheet, Step, describe, fenced, work_through
from git_jit.ops.desk import Terms, Tree, no_tree
from git_jit.ops.edit import Patch
from git_jit.ops.issues import patching
from git_jit.ops.queries import doubts
from git_jit.ops.removal import take_away, unlink
from git_jit.ops.report import change_json
from git_jit.ops.verdicts import earned
from git_jit.record import record, replace
from git_jit.store import Store
from git_jit.text import counted
from git_jit.view import Plan, Refusal, View

UNCHANGED: Final = "nothing to change"
HELD_BACK: Final = "another issue was refused, and it was to be all or none"


class NeedsFilter(Refused):
    """A change of every issue there is must be asked for in so many words."""

    code = "filter_required"


@record(kw_only=True)
class BulkReport:
    """What came of it. `matched` is modified + skipped + refused.

    An issue that should be `done` and had to stop at `gated` is modified *and* has an error (and is counted
    in both): it changed, but not into what was asked.
    """

    operation: str
    filter: str
    changes: Mapping[str, object]
    matched: int
    modified: tuple[IssueId, ...]
    skipped: tuple[tuple[IssueId, str], ...]
    """With the reason."""
    errors: tuple[Refusal, ...]
    dry_run: bool
    commit: Oid | None
    diff: Mapping[IssueId, tuple[FieldChange, ...]]
    """Everything that changes, issues that merely follow (promotions) included."""
    notes: tuple[str, ...]

    @property
    def status(self) -> int:
        """0, or 1 when a rule refused something."""
        return 1 if self.errors else 0

    def to_json(self) -> dict[str, object]:
        """The `data` of the JSON envelope, as interface.md says; `diff` only in a dry run."""
        data: dict[str, object] = {
            "operation": self.operation,
            "filter": self.filter,
            "changes": _changes_json(self.changes),
            "matched": self.matched,
            "modified": len(self.modified),
            "skipped": len(self.skipped),
            "errors": [_error_json(refusal) for refusal in self.errors],
            "issue_ids": list(self.modified),
            "skipped_issues": [{"id": id, "reason": reason} for id, reason in self.skipped],
            "dry_run": self.dry_run,
            "commit": self.commit,
        }
        if self.dry_run:
            data["diff"] = {id: change_json(changes) for id, changes in self.diff.items()}
        return data


def _changes_json(changes: Mapping[str, object]) -> dict[str, object]:
    """As they were asked for: `{"milestone": "1.0"}`, not the set of labels it is kept in."""
    asked = dict(changes)
    labels = asked.pop("set_labels", {})
    return asked | dict(labels) if isinstance(labels, Mapping) else asked


def _error_json(refusal: Refusal) -> dict[str, object]:
    error = refusal.error
    return {"id": refusal.id, "code": error.code, "message": error.message, "hint": error.hint}


def bulk_update(
    store: Store,
    caller: Caller,
    filter: str,
    patch: Patch,
    *,
    all: bool = False,
    atomic: bool = False,
    reason: str | None = None,
    reopen: bool = False,
    force: bool = False,
    tree: Tree = no_tree,
    dry_run: bool = False,
) -> BulkReport:
    """Apply `patch` to all that meet `filter`, in one commit.

    Issues are taken dependencies first, each seeing what the ones before it became, so closing `a` and `b`,
    which waits for `a`, succeeds whatever order the selection has. An empty filter is refused
    (`NeedsFilter`, code `filter_required`) unless `all`. `atomic`: one refusal, and nothing is published.
    """
    terms = Terms(now=caller.now, reason=reason, reopen=reopen, force=force, tree=tree, earned=earned(store))
    job = _Job(operation="bulk-update", filter=filter, changes=patch.asked(), step=patching(patch), terms=terms)
    return _run(store, caller, job, all=all, atomic=atomic, dry_run=dry_run)


def bulk_delete(
    store: Store,
    caller: Caller,
    filter: str,
    *,
    all: bool = False,
    atomic: bool = False,
    reason: str | None = None,
    force: bool = False,
    dry_run: bool = False,
) -> BulkReport:
    """Delete all that meet `filter`; dependents go first, so a whole subtree can go at once."""
    terms = Terms(now=caller.now, reason=reason, force=force)
    job = _Job(operation="bulk-delete", filter=filter, changes={}, step=take_away, terms=terms)
    return _run(store, caller, job, all=all, atomic=atomic, dry_run=dry_run)


@record(kw_only=True)
class _Job:
    """What is to be done with everything a filter finds."""

    operation: str
    filter: str
    changes: Mapping[str, object]
    step: Step
    terms: Terms

    @property
    def deletes(self) -> bool:
        return self.operation == "bulk-delete"


def _run(store: Store, caller: Caller, job: _Job, *, all: bool, atomic: bool, dry_run: bool) -> BulkReport:
    expr = _parsed(job.filter, all=all)
    request = caller.new_request()
    sheets: list[Sheet] = []

    def plan(view: View) -> Plan:
        chosen = view.select(_condition(view, caller, expr)).ids
        finish = unlink if job.deletes else None
        sheet = fenced(
            store,
            caller,
            view,
            lambda step: work_through(
                view, chosen, step, job.terms, reverse=job.deletes, finish=finish, notes=doubts(view)
            ),
            job.step,
        )
        if atomic and sheet.plan.refused:
            sheet = replace(sheet, plan=Plan(refused=sheet.plan.refused))
        sheets.append(sheet)
        return sheet.plan

    def message(_: Plan) -> Message:
        sheet = sheets[-1]
        return describe(
            caller,
            job.operation,
            _subject(job, sheet),
            sheet,
            request=request,
            reason=job.terms.reason,
            filter=job.filter or None,
        )

    published = transact(store, plan, message, caller=caller, dry_run=dry_run)
    return _report(job, sheets[-1], published.commit, dry_run=dry_run)


def _parsed(filter: str, *, all: bool) -> query.Expr | None:
    """The filter, None for everything. Raises `QuerySyntax`, `NeedsFilter`."""
    if filter.strip():
        return query.parse(filter)
    if not all:
        raise NeedsFilter("an empty filter would change every issue", hint="give --filter, or --all if you mean it")
    return None


def _condition(view: View, caller: Caller, expr: query.Expr | None) -> Condition:
    if expr is None:
        return All(())
    context = query.BindContext(
        now=caller.now,
        today=Date(caller.now[:10]),
        me=caller.actor,
        config=view.config,
        resolve_id=view.starting_with,
    )
    return query.bind(expr, context)


def _report(job: _Job, sheet: Sheet, commit: Oid | None, *, dry_run: bool) -> BulkReport:
    held_back = sheet.plan.empty
    modified = () if held_back else tuple(o.id for o in sheet.outcomes if o.changed)
    done = frozenset(modified)
    skipped = tuple(
        (o.id, HELD_BACK if o.changed else UNCHANGED) for o in sheet.outcomes if o.id not in done and not o.error
    )
    changed = () if held_back else (*sheet.outcomes, *sheet.consequences)
    return BulkReport(
        operation=job.operation,
        filter=job.filter,
        changes=job.changes,
        matched=len(sheet.chosen),
        modified=modified,
        skipped=skipped,
        errors=sheet.plan.refused,
        dry_run=dry_run,
        commit=commit,
        diff={outcome.id: outcome.changes for outcome in changed if outcome.changed},
        notes=sheet.plan.notes,
    )


def _subject(job: _Job, sheet: Sheet) -> str:
    """`bulk-update: 4 issues to ready`; the fields when it is not the state."""
    count = sum(1 for outcome in sheet.outcomes if outcome.changed)
    line = f"{job.operation}: {counted(count, 'issue')}"
    if "state" in job.changes:
        return f"{line} to {job.changes['state']}"
    return f"{line} ({', '.join(_touched(job.changes))})" if job.changes else line


def _touched(changes: Mapping[str, object]) -> list[str]:
    """The fields as a person calls them: `milestone` and `labels`, not `set_labels` and `add_labels`."""
    names: list[str] = []
    for field, value in changes.items():
        names += value if isinstance(value, Mapping) else [field.removeprefix("add_").removeprefix("remove_")]
    return list(dict.fromkeys(names))
