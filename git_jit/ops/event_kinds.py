"""The kinds of events: one closed list, and which of them a change of one file is.

A general kind stands beside its special ones: an issue that gets a label is both `labels_changed` and `label_added`, so
that who asked for the general one before there were others still gets it. The list is `docs/reference/events.md`; a
test compares.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from git_jit.canonical import Malformed
from git_jit.changes import FieldChange
from git_jit.differences import Fate, document, fate_of
from git_jit.errors import UsageError
from git_jit.glob import compiled
from git_jit.model import FileChange, GateVerdict, IssueId, Json

ISSUES: Final = "issues"
CLAIMS: Final = "claims"
RUNS: Final = "runs"
PROPOSALS: Final = "proposals"

OF_ISSUES: Final[Mapping[str, str]] = {
    "issue_created": "an issue is there that was not; the event has all of its fields",
    "issue_restored": "besides `issue_created`: it had been there before, and was brought back",
    "issue_deleted": "an issue is gone; the event has all of its fields",
    "issue_updated": "a field changed that has no general kind below: title, description, priority, times and the like",
    "issue_rewritten": "the file changed and none of its fields did, or it cannot be read",
    "title_changed": "the title",
    "description_changed": "the description",
    "priority_changed": "the priority",
    "due_changed": "the day by which it is due",
    "defer_until_changed": "the day until which it is put off",
    "estimate_changed": "the estimate",
    "fields_changed": "custom fields",
    "context_changed": "what an agent keeps on the issue",
    "state_changed": "the state",
    "assigned": "the assignee",
    "unassigned": "besides `assigned`: nobody is the assignee now",
    "labels_changed": "labels",
    "label_added": "a label came",
    "label_removed": "a label went",
    "dependencies_changed": "what the issue waits for",
    "dependency_added": "it waits for one more",
    "dependency_removed": "it waits for one no longer",
    "links_changed": "links to other issues, the parent among them",
    "link_added": "a link came",
    "link_removed": "a link went",
    "documents_changed": "the documents that the issue names",
    "document_added": "a document came",
    "document_removed": "a document went",
    "gates_changed": "the gates that the issue requires, or their verdicts",
    "gate_required": "a gate is required",
    "gate_not_required": "a gate is required no longer",
    "gate_pending": "a verdict was taken back: the gate waits again",
    "gate_passed": "the verdict on a required gate is now: passed",
    "gate_failed": "failed",
    "gate_error": "error: the command could not be run",
    "gate_timeout": "timeout: the command took too long",
    "gate_needs_approval": "needs-approval",
    "gate_skipped": "skipped",
    "comment_added": "a comment",
    "comment_edited": "a comment that replaces an earlier one",
    "comment_removed": "a comment is gone, with its issue or by a redaction",
    "gate_defined": "the definition of a gate is there that was not",
    "gate_updated": "the definition of a gate changed",
    "gate_removed": "the definition of a gate is gone",
    "config_changed": "the rules of the repository",
    "conflict_appeared": "a merge could not decide about something, and keeps the other value",
    "conflict_changed": "what waits for a decision changed",
    "conflict_resolved": "somebody decided",
    "file_added": "another file beside the issues is there that was not",
    "file_changed": "another file changed",
    "file_removed": "another file is gone",
}  # fmt: skip
"""What one change of a commit of the issues can be, each with its meaning."""

OF_COMMITS: Final[Mapping[str, str]] = {
    "initialised": "the tracker began, or what another clone had published was taken for its beginning",
    "plan_created": "all issues of a plan were created",
    "imported": "issues of another tracker, of an export or of a snapshot came",
    "undone": "an earlier commit was taken back",
    "redone": "an undo was taken back",
    "repaired": "`validate --fix` mended something",
    "merged": "what two clones did came together",
    "stale_claim": "work under a claim that had passed on: kept, and its state and assignee put back",
    "foreign": "a commit that another program made",
}
"""What a commit of the issues can be as a whole."""

OF_CLAIMS: Final[Mapping[str, str]] = {
    "claimed": "somebody has the issue",
    "claimed_tentatively": "somebody noted a claim where nobody could be asked",
    "claim_renewed": "its holder has it anew; a renewal that leaves no trace in history is no event",
    "claim_released": "it was given back, or ended with the work",
    "claim_taken_over": "somebody has it from a holder who did not renew it",
    "claim_evicted": "somebody took it from its holder",
    "claim_confirmed": "a tentative claim is not needed any more: whoever decides has given a real one",
    "claim_lost": "others have the issue, by what was decided elsewhere: the claim was tentative, or clones met",
    "claims_begun": "the first claim of this tracker",
    "claim_rewritten": "a lease changed that cannot be read",
}
"""What a change of a lease can be."""

RUN: Final = "gate_ran"
OF_RUNS: Final[Mapping[str, str]] = {
    RUN: "a gate ran in this clone, or somebody gave their word",
    "run_passed": "and it passed",
    "run_failed": "failed",
    "run_error": "could not be run, or was abandoned",
    "run_timeout": "took too long",
    "run_needs_approval": "may not run on this machine",
    "run_skipped": "was stopped, since another one failed",
}
"""What the record of a run can be. The verdict on the issue is an event of its own."""

PROPOSED: Final = "proposed"
OF_PROPOSALS: Final[Mapping[str, str]] = {PROPOSED: "a proposal is up for review, as far as this clone has fetched"}

SOURCES: Final[Mapping[str, Mapping[str, str]]] = {
    ISSUES: {**OF_ISSUES, **OF_COMMITS},
    CLAIMS: OF_CLAIMS,
    RUNS: OF_RUNS,
    PROPOSALS: OF_PROPOSALS,
}
"""Every kind, by where its events come from."""

GENERAL: Final[Mapping[str, str]] = {
    "state": "state_changed",
    "assignee": "assigned",
    "labels": "labels_changed",
    "dependencies": "dependencies_changed",
    "links": "links_changed",
    "gates": "gates_changed",
    "documents": "documents_changed",
}
"""What a change of this field is called; every other one is `issue_updated`."""
BY_NAME: Final = frozenset({"title", "description", "priority", "due", "defer_until", "estimate", "fields", "context"})
"""Fields with a kind of their own besides `issue_updated`."""
MEMBERS: Final[Mapping[str, str]] = {
    "labels": "label",
    "dependencies": "dependency",
    "links": "link",
    "documents": "document",
}
BROUGHT_BACK: Final = frozenset({"restore", "undo", "redo", "recover"})
"""Operations by which an issue comes that was there before."""
BY_OP: Final[Mapping[str, str]] = {
    "init": "initialised",
    "adopt": "initialised",
    "create-many": "plan_created",
    "import": "imported",
    "undo": "undone",
    "redo": "redone",
    "validate-fix": "repaired",
    "stale-claim": "stale_claim",
}


class UnknownKind(UsageError):
    """No event is of this kind."""

    code = "event_kind_unknown"


def chosen(words: Sequence[str]) -> frozenset[str]:
    """The kinds that `words` name: each a kind, several with commas, or a pattern like `gate_*`.

    Raises `UnknownKind` for one that no kind fits.
    """
    every = [kind for kinds in SOURCES.values() for kind in kinds]
    found: set[str] = set()
    for word in (part.strip() for text in words for part in text.split(",")):
        fits = pattern(name := word.lower().replace("-", "_"))
        fitting = [kind for kind in every if fits(kind)]
        if not fitting:
            from git_jit.text import nearest

            best = nearest(name, every)
            advice = f"did you mean '{best}'? " if best else ""
            raise UnknownKind(
                f"no event is of the kind '{word}'",
                hint=f"{advice}'git jit events --kinds' lists all of them",
                details={"kind": word, "nearest": best},
            )
        found.update(fitting)
    return frozenset(found)


def pattern(text: str) -> Callable[[str], bool]:
    """Whether a text fits this one, in which `*` and `?` are wildcards."""
    if "*" not in text and "?" not in text:
        return text.__eq__
    from git_jit.query.values import pieces

    return compiled(pieces(text))


def issue_kinds(file: FileChange, fields: Sequence[FieldChange], op: str) -> tuple[str, ...]:
    """What a change of the file of an issue is."""
    fate = fate_of(file)
    if fate is Fate.CREATED:
        return ("issue_created", "issue_restored") if op in BROUGHT_BACK else ("issue_created",)
    if fate is Fate.DELETED:
        return ("issue_deleted",)
    return tuple(sorted({kind for change in fields for kind in _field_kinds(change)})) or ("issue_rewritten",)


def _field_kinds(change: FieldChange) -> Iterator[str]:
    yield GENERAL.get(change.field, "issue_updated")
    if change.field in BY_NAME:
        yield f"{change.field}_changed"
    if change.field == "assignee" and change.new is None:
        yield "unassigned"
    if member := MEMBERS.get(change.field):
        if change.added:
            yield f"{member}_added"
        if change.removed:
            yield f"{member}_removed"
    if change.field == "gates":
        yield from _gate_kinds(change.old, change.new)


def _gate_kinds(old: Json, new: Json) -> Iterator[str]:
    before, after = (value if isinstance(value, dict) else {} for value in (old, new))
    if after.keys() - before.keys():
        yield "gate_required"
    if before.keys() - after.keys():
        yield "gate_not_required"
    for key, value in after.items():
        earlier = before.get(key)
        status = _status(value)
        if value != earlier and status and (key in before or status != GateVerdict.PENDING):
            yield f"gate_{status.replace('-', '_')}"


def _status(value: Json) -> str | None:
    said = value.get("status") if isinstance(value, dict) else None
    return said if isinstance(said, str) and said in set(GateVerdict) else None


def file_kinds(file: FileChange) -> tuple[str, ...]:
    """What a change of a file of the issues is that is none itself."""
    match file.path.split("/"):
        case ["comments", _, _, _]:
            return ("comment_removed" if file.new is None else _comment_kind(document(file.new)),)
        case ["gates", _]:
            return (_by_fate(file, "gate_defined", "gate_updated", "gate_removed"),)
        case ["conflicts", _, _]:
            return (_by_fate(file, "conflict_appeared", "conflict_changed", "conflict_resolved"),)
        case ["config.json"]:
            return ("config_changed",)
        case _:
            return (_by_fate(file, "file_added", "file_changed", "file_removed"),)


def _comment_kind(new: Mapping[str, Json] | None) -> str:
    return "comment_edited" if new and new.get("replaces") else "comment_added"


def _by_fate(file: FileChange, came: str, stayed: str, went: str) -> str:
    return {Fate.CREATED: came, Fate.UPDATED: stayed, Fate.DELETED: went}[fate_of(file)]


def commit_kinds(op: str, *, merges: bool, own: bool) -> tuple[str, ...]:
    """What a commit of the issues is as a whole; `own`: whether it says that git jit made it."""
    kinds = [BY_OP[op]] if op in BY_OP else []
    if merges:
        kinds.append("merged")
    return tuple(kinds if own else [*kinds, "foreign"])


def claim_kinds(file: FileChange) -> tuple[str, ...]:
    """What a change of a file of the claims is: see `leases` for what epochs mean."""
    from git_jit.leases import Lease, LeaseState  # only events of claims pay for it
    from git_jit.store.claims import AUTHORITY
    from git_jit.store.leaserecords import decode

    if file.path == AUTHORITY:
        return ("claims_begun",)
    try:
        old = Lease(issue=IssueId("")) if file.old is None else decode(file.old)
        new = None if file.new is None else decode(file.new)
    except Malformed:
        new = None
    if new is None:
        return ("claim_rewritten",)
    if new.is_free:
        lost = new.lost_to or (old.state is LeaseState.TENTATIVE and new.reason)
        ended = "claim_confirmed" if old.state is LeaseState.TENTATIVE else "claim_released"
        return ("claim_lost" if lost else "claim_evicted" if new.epoch > old.epoch else ended,)
    if new.state is LeaseState.TENTATIVE:
        return ("claimed_tentatively",)
    if old.state is not LeaseState.HELD:
        return ("claimed",)
    return ("claim_taken_over" if new.epoch > old.epoch else "claim_renewed",)


def run_kinds(verdict: GateVerdict) -> tuple[str, ...]:
    """What the record of a run is."""
    special = f"run_{verdict.replace('-', '_')}"
    return (RUN, special) if special in OF_RUNS else (RUN,)
