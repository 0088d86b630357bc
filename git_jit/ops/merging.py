"""Bringing a commit from elsewhere together with what is here: judge it, merge field by field, publish one commit.

Everything before the publication is looking: the same steps make the report of `merge --dry-run`. The reference moves
by compare-and-swap from the tip that the merge was made from; whoever writes meanwhile makes it start again.
"""

import time
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final

from git_jit import canonical
from git_jit.clock import DAY_MS
from git_jit.config import Config
from git_jit.errors import Fatal, JitError
from git_jit.merge import Around, Merged, Opaque, Rules, Value, follow, merge_commits
from git_jit.model import Caller, IssueId, Message, Oid, Progress, ignore, short
from git_jit.ops.judging import Judged, LeftOut, judge
from git_jit.ops.lineage import Lineage, superseding
from git_jit.ops.meeting import settled
from git_jit.paths import CONFIG, place_of
from git_jit.record import field, record
from git_jit.store import LockTimeout, RefConflict, RefLocked, Store, commits, places
from git_jit.store.exchange import Exchange
from git_jit.store.grammar import is_proper
from git_jit.text import counted
from git_jit.view import View
from git_jit.workflow import FURTHER

OP: Final = "merge"
FIRST_DELAY_S: Final = 0.005
MAX_DELAY_S: Final = 0.1
"""Bounds of the pause after a lost race, drawn evenly from zero. A merge takes longer than a write."""

Edits = Mapping[str, "bytes | Oid | None"]


class HistoryShort(Fatal):
    """This clone is shallow, and what both sides began with is not here."""

    code = "history_shallow"


class How(StrEnum):
    """What became of a commit that came from elsewhere."""

    NOTHING = "nothing"
    """All of it is here already."""
    ADOPTED = "adopted"
    """There were no issues here; they begin with it."""
    FORWARDED = "forwarded"
    """Nothing was done here since: the reference moved to it."""
    REPLACED = "replaced"
    """It says all that was done here too: the reference moved to it, and the commits of here are kept aside."""
    MERGED = "merged"


@record
class Decision:
    """Something that a person must decide."""

    subject: str
    """The id of an issue, or what else `conflicts/` has a directory for."""
    field: str
    title: str


@record(kw_only=True)
class Taken:
    """What was taken over from elsewhere, or would be."""

    remote: str
    how: How
    before: Oid | None
    after: Oid | None
    """None: it was not done, but would be."""
    issues: tuple[IssueId, ...] = ()
    """Those that are not as they were here, in order."""
    decisions: tuple[Decision, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    warnings: tuple[str, ...] = ()
    merged: Merged | None = None

    @property
    def line(self) -> str:
        """What happened, for people: one line without a full stop."""
        number = counted(len(self.issues), "issue")
        verb = {How.ADOPTED: "began with", How.MERGED: "merged"}.get(self.how, "took over")
        if self.how is How.NOTHING:
            return f"nothing new from '{self.remote}'"
        if not self.decisions:
            return f"{verb} {number} from '{self.remote}'"
        first, more = self.decisions[0], len(self.decisions) - 1
        need = "1 decision needs you" if not more else f"{more + 1} decisions need you"
        rest = f" and {more} more" if more else ""
        return f"{verb} {number} from '{self.remote}', {need}: {short_subject(first.subject)} {first.title}{rest}"

    def to_json(self) -> dict[str, object]:
        return {
            "remote": self.remote,
            "how": self.how,
            "before": self.before,
            "after": self.after,
            "issues": list(self.issues),
            "decisions": [{"subject": one.subject, "field": one.field, "title": one.title} for one in self.decisions],
            "left_out": [one.to_json() for one in self.left_out],
        }


def short_subject(subject: str) -> str:
    return short(IssueId(subject)) if len(subject) == 32 else subject


@record(kw_only=True)
class Prepared:
    """All that has to be published, worked out from one tip."""

    how: How
    start: Oid | None
    """The commit whose tree `edits` change; None is the empty tree."""
    edits: Edits = field(default_factory=dict)
    judged: Judged
    issues: tuple[IssueId, ...] = ()
    decisions: tuple[Decision, ...] = ()
    warnings: tuple[str, ...] = ()
    merged: Merged | None = None


def bring_in(
    store: Store,
    exchange: Exchange,
    caller: Caller,
    remote: str,
    theirs: Oid,
    *,
    dry_run: bool = False,
    progress: Callable[[Progress], None] = ignore,
) -> Taken:
    """Let the issues of this clone have everything that the commit `theirs` has.

    Raises `HistoryShort`, `SchemaNewer`, `LockTimeout`, and what a write raises.
    """
    request = caller.new_request()
    deadline, delay = time.monotonic() + exchange.retry_budget, FIRST_DELAY_S
    while True:
        ours = exchange.tip()
        if ours is None and exchange.lost_here():
            store.view()  # raises: it says what to do
        if ours is not None and exchange.leads_to(ours, theirs):
            return Taken(remote=remote, how=How.NOTHING, before=ours, after=ours)
        prepared = prepare(store, exchange, ours, theirs, now_ms=commits.unix_ms(caller.now), progress=progress)
        after = None
        try:
            if not dry_run:
                after = _publish(exchange, prepared, ours, theirs, _message(caller, remote, prepared, request))
                left_out = prepared.judged.left_out
                if left_out:
                    exchange.note_left_out(remote, [(one.path, one.why) for one in left_out])
            return _taken(remote, prepared, ours, after)
        except (RefConflict, RefLocked) as error:
            if time.monotonic() >= deadline:
                raise LockTimeout(
                    f"other writers kept the issues busy for {exchange.retry_budget:g} s: {error.message}",
                    hint="run the same command again; 'git jit log' shows who writes",
                    details=error.details,
                ) from error
        delay = _pause(exchange, delay)


def _pause(exchange: Exchange, delay: float) -> float:
    from random import uniform

    exchange.sleep(uniform(0, delay))
    return min(delay * 2, MAX_DELAY_S)


def _taken(remote: str, prepared: Prepared, ours: Oid | None, after: Oid | None) -> Taken:
    return Taken(
        remote=remote,
        how=prepared.how,
        before=ours,
        after=after,
        issues=prepared.issues,
        decisions=prepared.decisions,
        left_out=prepared.judged.left_out,
        warnings=prepared.warnings,
        merged=prepared.merged,
    )


def _message(caller: Caller, remote: str, prepared: Prepared, request: str) -> Message:
    number = len(prepared.issues)
    subject = f"{OP} {remote}: {counted(number, 'issue')}"
    if prepared.decisions:
        subject += f", {len(prepared.decisions)} to decide"
    if prepared.judged.left_out:
        subject += f", {len(prepared.judged.left_out)} left out"
    return Message(op=OP, subject=subject, actor=caller.actor, request=request, at=caller.now)


def _publish(exchange: Exchange, prepared: Prepared, ours: Oid | None, theirs: Oid, message: Message) -> Oid:
    if prepared.how is not How.MERGED and prepared.judged.clean:
        return exchange.advance(theirs, base=ours, message=message)
    parents = [theirs] if ours is None else [theirs, ours]
    return exchange.join(prepared.edits, start=prepared.start, parents=parents, base=ours, message=message)


# --- working it out -------------------------------------------------------------------------------------


def prepare(
    store: Store,
    exchange: Exchange,
    ours: Oid | None,
    theirs: Oid,
    *,
    now_ms: int,
    progress: Callable[[Progress], None] = ignore,
) -> Prepared:
    """What has to be done so that `ours` has all of `theirs`, which it has not yet. Changes nothing."""
    if ours is None:
        return _adoption(judge(exchange, None, theirs, progress))
    bases = exchange.bases([ours], [theirs])
    if not bases and exchange.shallow:
        raise HistoryShort(
            "this clone is shallow: what both sides began with is not here",
            hint="'git fetch --unshallow' fetches the whole history",
            details={"ours": ours, "theirs": theirs},
        )
    judged = judge(exchange, bases[0] if bases else None, theirs, progress)
    graft = None if ours in bases else superseding(exchange, ours, theirs)
    lineage = Lineage(exchange, ours=ours, theirs=theirs, hidden=judged.refused, graft=graft)
    with store.view(ours) as view:
        rules = _rules(exchange, view, bases[0] if bases else ours, now_ms)
        merged = settled(exchange, lineage, merge_commits(lineage, ours, theirs, rules), ours, theirs)
        start = theirs if judged.clean else ours
        edits = edits_of(exchange, lineage, merged, start)
        if edits and ours not in bases:  # else one side stands as it is, and its states with it
            fitting = follow(merged, _around(lineage, view, ours, theirs))
            if fitting is not merged:
                merged, edits = fitting, edits_of(exchange, lineage, fitting, start)
    how = How.FORWARDED if ours in bases else How.REPLACED
    if edits or not judged.clean or (how is How.REPLACED and _seen_elsewhere(exchange, ours, theirs)):
        how = How.MERGED
    return Prepared(
        how=how,
        start=start,
        edits=edits,
        judged=judged,
        issues=_issues(_coming(exchange, judged, ours)),
        decisions=_decisions(merged, lineage, ours),
        warnings=_warnings(merged, judged),
        merged=merged,
    )


def _seen_elsewhere(exchange: Exchange, ours: Oid, theirs: Oid) -> bool:
    """Whether another remote has some of the commits that only this clone has. Then they must stay in history: whoever
    saw them learns only from it what was taken back since (ADR 0013).
    """
    own = exchange.beyond(ours, [theirs])
    tips = {known.tip for known in exchange.tracked() if known.tip} - {theirs}
    return bool(own) and any(len(exchange.beyond(ours, [theirs, tip])) < len(own) for tip in sorted(tips))


def _adoption(judged: Judged) -> Prepared:
    """The beginning in a fresh clone. What is left out makes the tree anew from the rest."""
    accepted = {
        change.path: change.new
        for change in judged.changes
        if change.path not in judged.refused and is_proper(change.path)
    }
    return Prepared(
        how=How.ADOPTED,
        start=None,
        edits={} if judged.clean else without_clashes(accepted),
        judged=judged,
        issues=_issues(accepted),
        warnings=_told(judged),
    )


def _rules(exchange: Exchange, view: View, base: Oid, now_ms: int) -> Rules:
    return Rules(
        config=_config(exchange, base),
        further=FURTHER,
        waits_for=lambda issue: view.waits_for(IssueId(issue)),
        latest_ms=now_ms + DAY_MS,
    )


def _around(lineage: Lineage, view: View, ours: Oid, theirs: Oid) -> Around:
    return Around(
        one=lambda path: lineage.read(ours, path),
        other=lambda path: lineage.read(theirs, path),
        state=lambda issue: view.state_of(IssueId(issue)),
        document=lambda path: lineage.read(ours, path),
        dependents=lambda issue: view.dependents(IssueId(issue)),
    )


def _config(exchange: Exchange, commit: Oid) -> Config:
    """The rules as of a commit; the defaults where they cannot be read, for the merge must go on."""
    oid = exchange.oid_at(commit, CONFIG)
    data = next(exchange.blobs([oid])) if oid else None
    try:
        return places.read_config(data, oid) if data is not None and oid else Config()
    except JitError:
        return Config()


def edits_of(exchange: Exchange, lineage: Lineage, merged: Merged, start: Oid) -> dict[str, bytes | Oid | None]:
    """What makes the tree of `start` the merged one."""
    found: dict[str, bytes | Oid | None] = {}
    for path, value in merged.edits.items():
        if not is_proper(path):
            continue
        edit = _content(lineage, value)
        name = exchange.name_of(edit) if isinstance(edit, bytes) else edit
        if name != exchange.oid_at(start, path):
            found[path] = edit
    return without_clashes(found)


def _content(lineage: Lineage, value: Value) -> bytes | Oid | None:
    if value is None:
        return None
    if isinstance(value, Opaque):
        return Oid(value.oid)
    return lineage.names.get(id(value)) or canonical.dumps(dict(value))


def without_clashes(edits: Edits) -> dict[str, bytes | Oid | None]:
    """The edits without files that lie where others need a directory."""
    files = {path for path, edit in edits.items() if edit is not None}
    above = {path[:at] for path in files for at in range(len(path)) if path[at] == "/"}
    return {path: edit for path, edit in edits.items() if path not in above}


def _coming(exchange: Exchange, judged: Judged, ours: Oid) -> dict[str, object]:
    """The paths that the other side changed, and that are not here like that already."""
    return {
        change.path: change.new
        for change in judged.changes
        if change.path not in judged.refused and exchange.oid_at(ours, change.path) != change.new
    }


def _issues(edits: Mapping[str, object]) -> tuple[IssueId, ...]:
    return tuple(sorted({id for path in edits if (id := place_of(path).issue)}))


def _decisions(merged: Merged, lineage: Lineage, ours: Oid) -> tuple[Decision, ...]:
    return tuple(
        Decision(conflict.subject, ".".join(conflict.field), _title(merged, lineage, ours, conflict.path))
        for conflict in merged.conflicts
    )


def _title(merged: Merged, lineage: Lineage, ours: Oid, path: str) -> str:
    document = merged.edits[path] if path in merged.edits else lineage.read(ours, path)
    title = document.get("title") if isinstance(document, Mapping) else None
    return title if isinstance(title, str) else path


def _warnings(merged: Merged, judged: Judged) -> tuple[str, ...]:
    notes = [f"{place_name(note.path)}: {note.text}" for note in merged.notes]
    clocks = [
        f"a change is dated {stamp.ms}, more than a day ahead of now; it counts as of a day ahead"
        for stamp in merged.clamped
    ]
    return (*_told(judged), *notes, *clocks)


def _told(judged: Judged) -> tuple[str, ...]:
    return tuple(f"left out '{one.path}': {one.why}" for one in judged.left_out)


def place_name(path: str) -> str:
    """A document, as people call it."""
    place = place_of(path)
    return short(place.issue) if place.issue else path
