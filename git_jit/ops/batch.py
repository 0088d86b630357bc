"""One step for each of several issues, one commit for all: what single commands and bulk have in common."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeAlias

from git_jit.changes import FieldChange
from git_jit.errors import JitError, UsageError
from git_jit.graph import dependencies_first
from git_jit.model import Caller, Issue, IssueId, Message, Oid, State, short
from git_jit.ops import resolve, transact
from git_jit.ops.desk import Desk, Terms, Waits
from git_jit.ops.report import Outcome, Report, VersionConflict, difference
from git_jit.record import record
from git_jit.store import Store
from git_jit.view import Plan, Refusal, View, readable

MAX_SUBJECT: Final = 72
"""Characters of a commit's first line; `git log --oneline` stays on one line of a terminal."""
SHOWN_FOLLOWERS: Final = 5
"""How many promoted or demoted issues a note names; the report has all of them."""

UNREADABLE_GONE: Final = FieldChange("content", "cannot be read", None)
"""All that can be said about the deletion of an issue whose blob cannot be read."""

Step: TypeAlias = Callable[[Desk, IssueId], JitError | None]
"""Does one issue's part on the desk. Returns why the request was met only in part; raises what refuses it."""

Finish: TypeAlias = Callable[[Desk], None]


@record(kw_only=True)
class Sheet:
    """A plan, and what it means for the issues that were asked for and for those that follow."""

    chosen: tuple[IssueId, ...]
    outcomes: tuple[Outcome, ...]
    consequences: tuple[Outcome, ...]
    plan: Plan
    forced: tuple[str, ...] = ()


def work_through(
    view: View,
    chosen: Sequence[IssueId],
    step: Step,
    terms: Terms,
    *,
    reverse: bool = False,
    finish: Finish | None = None,
    notes: Sequence[str] = (),
) -> Sheet:
    """Take `step` for each of `chosen`, dependencies first (`reverse`: dependents first).

    Each step sees what the ones before it did. A refused issue stays as it was and the others go on. `finish` does what
    is cheaper done once for all. `notes`: what to say about the choice.
    """
    desk = Desk(view, terms)
    desk.notes.extend(notes)
    errors: dict[IssueId, JitError] = {}
    sequence = dependencies_first(chosen, Waits(desk.overlay))
    for id in reversed(sequence) if reverse else sequence:
        try:
            unmet = step(desk, id)
        except JitError as error:
            unmet = error
        if unmet:
            errors[id] = unmet
    if finish:
        finish(desk)
    return summarise(desk, chosen, errors)


def fenced(store: Store, caller: Caller, view: View, work: Callable[[Step], Sheet], step: Step) -> Sheet:
    """What `work` makes of `step`; issues that others hold, and whose claim would be broken, are refused one by one."""
    sheet = work(step)
    if not caller.tokens and not store.has_claims():
        return sheet
    from git_jit.ops.fencing import refusals

    barred = refusals(store, view, sheet.plan, caller)

    def allowed(desk: Desk, id: IssueId) -> JitError | None:
        if id in barred:
            raise barred[id]
        return step(desk, id)

    return work(allowed) if barred else sheet


def summarise(desk: Desk, chosen: Sequence[IssueId], errors: dict[IssueId, JitError]) -> Sheet:
    """What is on the desk, as a plan and as outcomes."""
    asked = dict.fromkeys(chosen)
    outcomes = tuple(_outcome(desk, id, errors.get(id)) for id in asked)
    followers = tuple(o for id in desk.overlay.edits if id not in asked and (o := _outcome(desk, id, None)).changed)
    plan = desk.overlay.plan(
        comments=desk.comments,
        unchanged=tuple(o.id for o in outcomes if not o.changed and not o.error),
        refused=tuple(Refusal(id=id, error=errors[id]) for id in asked if id in errors),
        notes=(*desk.notes, *_follower_notes(followers)),
    )
    return Sheet(
        chosen=tuple(asked),
        outcomes=outcomes,
        consequences=followers,
        plan=plan,
        forced=tuple(sorted(desk.forced)),
    )


def _outcome(desk: Desk, id: IssueId, error: JitError | None) -> Outcome:
    if id not in desk.overlay.edits:
        return Outcome(id=id, issue=None if error else desk.overlay.issue(id), error=error)
    before, after = readable(desk.view, id), desk.overlay.edits[id]
    lost = before is None and after is None and desk.view.version(id) is not None
    changes = (UNREADABLE_GONE,) if lost else difference(before, after)
    return Outcome(id=id, issue=after, changes=changes, error=error)


def _follower_notes(followers: Iterable[Outcome]) -> list[str]:
    moved = [o for o in followers if any(change.field == "state" for change in o.changes)]
    promoted = [o.id for o in moved if o.issue and o.issue.state is State.READY]
    demoted = [o.id for o in moved if o.issue and o.issue.state is State.BACKLOG]
    return [
        *([f"{_named(promoted)} can be worked on now"] if promoted else []),
        *([f"{_named(demoted)} must wait again"] if demoted else []),
    ]


def _named(ids: Sequence[IssueId]) -> str:
    shown = ", ".join(f"'{short(id)}'" for id in ids[:SHOWN_FOLLOWERS])
    return f"{shown} and {len(ids) - SHOWN_FOLLOWERS} more" if len(ids) > SHOWN_FOLLOWERS else shown


def run(
    store: Store,
    caller: Caller,
    op: str,
    ids: Sequence[str],
    step: Step,
    terms: Terms,
    *,
    if_version: Oid | None = None,
    dry_run: bool = False,
    reverse: bool = False,
    finish: Finish | None = None,
) -> Report:
    """Take `step` for the issues that `ids` name, in one commit. With one id, a refusal is raised."""
    _check_version_use(ids, if_version)

    def work(view: View) -> Sheet:
        chosen = list(dict.fromkeys(resolve(view, text) for text in ids))
        for id in chosen:
            check_version(view, id, if_version)
        sheet = fenced(
            store,
            caller,
            view,
            lambda step: work_through(view, chosen, step, terms, reverse=reverse, finish=finish),
            step,
        )
        raise_single(sheet)
        return sheet

    return publish(store, caller, op, work, reason=terms.reason, dry_run=dry_run)


def publish(
    store: Store,
    caller: Caller,
    op: str,
    work: Callable[[View], Sheet],
    *,
    reason: str | None = None,
    dry_run: bool = False,
) -> Report:
    """Publish the plan of `work`, which runs again on a new view when another writer was faster."""
    request = caller.new_request()
    sheets: list[Sheet] = []

    def plan(view: View) -> Plan:
        sheets.append(work(view))
        return sheets[-1].plan

    def message(_: Plan) -> Message:
        return describe(caller, op, subject(op, sheets[-1]), sheets[-1], request=request, reason=reason)

    published = transact(store, plan, message, caller=caller, dry_run=dry_run)
    sheet = sheets[-1]
    return Report(
        outcomes=sheet.outcomes,
        consequences=sheet.consequences,
        notes=sheet.plan.notes,
        commit=published.commit,
        dry_run=dry_run,
    )


def describe(
    caller: Caller,
    op: str,
    subject: str,
    sheet: Sheet,
    *,
    request: str,
    reason: str | None = None,
    filter: str | None = None,
) -> Message:
    """The commit message; a rule that was overruled is named in the trailer `Jit-Force`."""
    return Message(
        op=op,
        subject=subject,
        actor=caller.actor,
        request=request,
        at=caller.now,
        filter=filter,
        reason=reason,
        trailers={"Jit-Force": ", ".join(sheet.forced)} if sheet.forced else {},
    )


def subject(op: str, sheet: Sheet) -> str:
    """`close: 8f3c21a Fix the parser`, or `close: 4 issues`."""
    changed = [outcome for outcome in sheet.outcomes if outcome.changed] or sheet.consequences
    if len(changed) != 1:
        return f"{op}: {len(changed)} issues"
    title = _title(changed[0].issue) or "deleted"
    line = f"{op}: {short(changed[0].id)} {title}"
    return line if len(line) <= MAX_SUBJECT else f"{line[: MAX_SUBJECT - 1].rstrip()}…"


def _title(issue: Issue | None) -> str | None:
    return issue.title if issue else None


def raise_single(sheet: Sheet) -> None:
    """One issue asked for and refused is an error; of several, each carries its own."""
    if len(sheet.outcomes) == 1 and sheet.outcomes[0].error and not sheet.outcomes[0].changed:
        raise sheet.outcomes[0].error


def check_version(view: View, id: IssueId, if_version: Oid | None) -> None:
    """Raise `VersionConflict` unless the issue still is the one the caller has seen."""
    present = view.version(id)
    if if_version and present != if_version:
        raise VersionConflict(
            f"'{short(id)}' was changed since you read it",
            hint=f"'git jit issue show {short(id)}' shows it as it is now",
            details={"id": id, "expected": if_version, "actual": present},
        )


def _check_version_use(ids: Sequence[str], if_version: Oid | None) -> None:
    if if_version and len(ids) != 1:
        raise UsageError("a version belongs to one issue", hint="give one id, or leave --if-version out")
