"""Mending what validation found: one commit that `undo` takes back, and what lies around the issues in this clone.

The report of a dry run is made by the same steps as that of a real one; it only leaves the last two out: publishing,
and touching files of the clone.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping

from git_jit.changes import FieldChange, Fields, field_changes
from git_jit.differences import document
from git_jit.errors import JitError, Refused
from git_jit.model import Caller, IssueId, Message, Oid, Progress, ignore
from git_jit.ops import resolve, transact
from git_jit.ops.examining import recall
from git_jit.ops.undo import REPAIR
from git_jit.ops.validation import (
    Verdict,
    base_of,
    check_codes,
    chosen,
    clone_findings,
    code_of,
    counts_of,
    documents_of,
    documents_of_one,
    in_order,
    is_about,
    last_good,
    paths_of_one,
)
from git_jit.record import field, record, replace
from git_jit.store import Store
from git_jit.store.places import examine, place_of
from git_jit.text import counted
from git_jit.validate import Finding
from git_jit.validate.repair import Documents, Repaired, repair
from git_jit.validate.rule_ground import Moment
from git_jit.view import Plan, View


class RepairRefused(Refused):
    """Mending would leave fewer issues that can be read. Nothing was changed."""

    code = "repair_refused"


@record(kw_only=True)
class Change:
    """What mending does to one file."""

    path: str
    fields: tuple[FieldChange, ...]
    """Those that differ; empty where one side cannot be read."""
    old: str
    """What is there: `document`, `unreadable` or `nothing`."""
    new: str


@record(kw_only=True)
class Mended:
    """What was wrong, what was mended, what is left."""

    verdict: Verdict
    """What is wrong afterwards."""
    fixed: tuple[Finding, ...]
    applied: Mapping[str, int]
    """How many fixes of each kind."""
    changes: tuple[Change, ...]
    """The files of the tree that differ afterwards, in order of path."""
    notes: tuple[str, ...] = ()
    commit: Oid | None = None
    """None: nothing in the tree had to be mended, or it was a dry run."""
    dry_run: bool = False


@record(kw_only=True)
class _Sheet:
    """A repair on one view."""

    verdict: Verdict
    repaired: Repaired
    changes: tuple[Change, ...] = field(default_factory=tuple)


def fix(
    store: Store,
    caller: Caller,
    *,
    id: str | None = None,
    only: Collection[str] = (),
    moment: Moment | None = None,
    dry_run: bool = False,
    progress: Callable[[Progress], None] = ignore,
) -> Mended:
    """Mend what can be mended: `only` findings of these codes, or only what belongs to the issue `id`. `moment` as in
    `validate`.

    Everything in the tree is one commit; without anything to mend there is none. Raises `RepairRefused`, and what
    `validate` raises.
    """
    check_codes(only)
    around, notes = _mend_clone(store, only, dry_run=dry_run) if id is None else ([], [])
    sheets: list[_Sheet] = []
    request = caller.new_request()

    def plan(view: View) -> Plan:
        sheets.append(_sheet(store, view, id, only, moment, progress))
        return Plan(raw=sheets[-1].repaired.edits)

    def message(_: Plan) -> Message:
        return _message(caller, sheets[-1], request)

    published = transact(store, plan, message, dry_run=dry_run)
    sheet = sheets[-1]
    still = around if dry_run or not around else _clone(store, only)
    fixed = (*sheet.repaired.done, *_gone(around, still, dry_run=dry_run))
    left = [*chosen(sheet.repaired.left, only), *(finding for finding in still if finding not in fixed)]
    return Mended(
        verdict=replace(sheet.verdict, findings=in_order(left)),
        fixed=fixed,
        applied=_count(fixed),
        changes=sheet.changes,
        notes=(*sheet.repaired.notes, *notes),
        commit=published.commit,
        dry_run=dry_run,
    )


def _count(fixed: Collection[Finding]) -> dict[str, int]:
    return dict(sorted(Counter(finding.fix.kind for finding in fixed if finding.fix).items()))


def _message(caller: Caller, sheet: _Sheet, request: str) -> Message:
    """`validate: 7 findings mended in 5 files`, with the kinds counted in a trailer."""
    done, edits = sheet.repaired.done, sheet.repaired.edits
    issues = {place.issue for path in edits if (place := place_of(path)).issue and not place.comment}
    where = counted(len(issues), "issue") if len(issues) == len(edits) else counted(len(edits), "file")
    kinds = ", ".join(f"{kind} {number}" for kind, number in _count(done).items())
    return Message(
        op=REPAIR,
        subject=f"validate: {counted(len(done), 'finding')} mended in {where}",
        actor=caller.actor,
        request=request,
        at=caller.now,
        trailers={"Jit-Fixes": kinds},
    )


# --- the tree -------------------------------------------------------------------------------------------


def _sheet(
    store: Store,
    view: View,
    id: str | None,
    only: Collection[str],
    moment: Moment | None,
    progress: Callable[[Progress], None],
) -> _Sheet:
    wanted = frozenset(only) or None
    code, good = code_of(store, view), last_good(store, view)
    if id is None:
        examined = documents_of(store, view, recall(store), progress)
        documents, counts, read = examined.documents, counts_of(view, examined), examined.read
        repaired = repair(view, documents, code=code, last_good=good, only=wanted, moment=moment)
    else:
        issue = resolve(view, id)
        paths = paths_of_one(view, issue)
        documents, read = documents_of_one(store, view, paths), len(paths)
        counts = {"issues": 1, "comments": len(paths) - 1, "gates": 0}
        repaired = _of_one(repair(view, documents, code=code, last_good=good, only=wanted, moment=moment), issue, paths)
    changes = tuple(_change(path, documents, new) for path, new in sorted(repaired.edits.items()))
    _refuse_loss(changes)
    seen = Verdict(base=base_of(view), findings=(), read=read, **_afterwards(counts, changes))
    return _Sheet(verdict=seen, repaired=repaired, changes=changes)


def _of_one(repaired: Repaired, id: IssueId, paths: Collection[str]) -> Repaired:
    """What of a repair belongs to one issue."""
    return replace(
        repaired,
        edits={path: data for path, data in repaired.edits.items() if place_of(path).issue == id},
        done=tuple(finding for finding in repaired.done if is_about(finding, id, paths)),
        left=tuple(finding for finding in repaired.left if is_about(finding, id, paths)),
    )


def _change(path: str, documents: Documents, new: bytes | None) -> Change:
    old = documents.read(path)
    before = "unreadable" if old is None and path in documents.paths else _kind(path, old)
    after = _kind(path, new)
    fields = field_changes(_fields(old), _fields(new)) if before == after == "document" else []
    return Change(path=path, fields=tuple(fields), old=before, new=after)


def _kind(path: str, data: bytes | None) -> str:
    if data is None:
        return "nothing"
    return "unreadable" if isinstance(examine(place_of(path), data), str) else "document"


def _fields(data: bytes | None) -> Fields:
    return document(data) or {}


def _afterwards(counts: Mapping[str, int], changes: Collection[Change]) -> dict[str, int]:
    """How much can be read when the changes are made."""
    after = dict(counts)
    for change in changes:
        place = place_of(change.path)
        what = "comments" if place.comment else "issues" if place.issue else "gates" if place.gate else None
        if what:
            after[what] += (change.new == "document") - (change.old == "document")
    return after


def _refuse_loss(changes: Collection[Change]) -> None:
    """Raise `RepairRefused` if fewer issues could be read afterwards."""
    issues = [change for change in changes if (place := place_of(change.path)).issue and not place.comment]
    gained = sum(change.new == "document" for change in issues) - sum(change.old == "document" for change in issues)
    if gained < 0:
        lost = [change.path for change in issues if change.new != "document" and change.old == "document"]
        raise RepairRefused(
            f"mending would leave {counted(-gained, 'issue')} less that can be read, such as '{lost[0]}'",
            hint="'git jit validate --explain' says what each finding means; mend them one by one with --only",
            details={"paths": lost},
        )


# --- the clone ------------------------------------------------------------------------------------------


def _mend_clone(store: Store, only: Collection[str], *, dry_run: bool) -> tuple[list[Finding], list[str]]:
    """What is wrong around the issues, before; and why a mend could not be made."""
    found = _clone(store, only)
    names = dict.fromkeys(finding.fix.local for finding in found if finding.fix and finding.fix.local)
    return found, [note for name in names if not dry_run and (note := _mend(store, name))]


def _gone(before: Collection[Finding], after: Collection[Finding], *, dry_run: bool) -> list[Finding]:
    """Those with a mend that are there no longer, or, in a dry run, would not be."""
    still = set() if dry_run else {(finding.code, finding.subject) for finding in after}
    mended = (finding for finding in before if finding.fix and finding.fix.local)
    return [finding for finding in mended if (finding.code, finding.subject) not in still]


def _clone(store: Store, only: Collection[str]) -> list[Finding]:
    with store.view() as view:
        return chosen(clone_findings(store, view), only)


def _mend(store: Store, name: str) -> str | None:
    """Why it could not be done; None if it was."""
    try:
        store.mend(name)
    except JitError as error:
        return f"this clone could not be mended: {error.message}"
    return None
