"""Is a clone healthy? Findings grouped by part, each part and the whole in one of three states (reliability.md 4.5)."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Final

from git_jit.clone import Clone, RefState
from git_jit.record import record
from git_jit.text import counted
from git_jit.validate.clone_rules import check_clone, check_documents
from git_jit.validate.finding import Finding


class Health(StrEnum):
    HEALTHY = "healthy"
    DEGRADED = "degraded"
    """Everything works; something that protects it does not."""
    UNHEALTHY = "unhealthy"
    """Issues cannot be read or written, or history was lost."""


PARTS: Final[Mapping[str, frozenset[str]]] = {
    "reference": frozenset({"ref_corrupt", "ref_missing", "ref_rewound"}),
    "storage": frozenset(
        {"closure_broken", "config_invalid", "durability_fast", "object_corrupt", "orphaned_keep", "orphaned_temp",
         "unreadable"}
    ),
    "history": frozenset({"anchor_missing", "reflog_gap", "reflog_missing", "reflog_unprotected"}),
    "locks": frozenset({"foreign_lock", "orphaned_lock", "queue_held"}),
    "index": frozenset({"index_inconsistent"}),
    "hooks": frozenset({"hooks_unreached"}),
    "remotes": frozenset({"breaker_open", "left_out", "refspec_overwrites", "remote_unreachable", "unsynced"}),
    "disk": frozenset({"disk_full", "disk_low", "network_filesystem", "not_writable", "owner_mixed"}),
    "versions": frozenset({"clock_ahead", "git_too_old", "schema_unknown"}),
}  # fmt: skip
"""What belongs together, by the codes of the findings. A test compares it with all that `check_clone` can say."""
GRAVE: Final = frozenset(
    {"closure_broken", "config_invalid", "disk_full", "foreign_lock", "not_writable", "object_corrupt", "queue_held",
     "ref_corrupt", "ref_missing", "ref_rewound", "schema_unknown"}
)  # fmt: skip
"""What makes a clone unhealthy; everything else degrades it."""
RUNBOOK: Final = "docs/how-to/error-recovery.md"
"""The operator's page; it has one section a part, of the part's name."""


@record(kw_only=True)
class Item:
    """One finding, weighed."""

    state: Health
    finding: Finding
    link: str
    """The section of the runbook."""


@record(kw_only=True)
class Part:
    name: str
    state: Health
    evidence: str
    """What was looked at, in a few words."""
    items: tuple[Item, ...] = ()


@record(kw_only=True)
class Judgement:
    """A whole clone."""

    state: Health
    parts: tuple[Part, ...]

    @property
    def items(self) -> list[Item]:
        """Of all parts, grave ones first."""
        found = [item for part in self.parts for item in part.items]
        return sorted(found, key=lambda item: item.state is not Health.UNHEALTHY)


def judge(clone: Clone) -> Judgement:
    """The state of every part and of the whole, which is that of its worst part; pure."""
    findings = [*check_clone(clone), *check_documents(clone)]
    parts = tuple(_part(name, codes, findings, clone) for name, codes in PARTS.items())
    return Judgement(state=_worst([part.state for part in parts]), parts=parts)


def with_part(judgement: Judgement, name: str, findings: Sequence[Finding]) -> Judgement:
    """The judgement with one more part, about something that lies beside the clone and has only findings to show."""
    items = tuple(Item(state=weight(found.code), finding=found, link=f"{RUNBOOK}#{name}") for found in findings)
    part = Part(
        name=name, state=_worst([item.state for item in items]), evidence=counted(len(items), "remark"), items=items
    )
    return Judgement(state=_worst([judgement.state, part.state]), parts=(*judgement.parts, part))


def _part(name: str, codes: frozenset[str], findings: Sequence[Finding], clone: Clone) -> Part:
    items = tuple(
        Item(state=weight(found.code), finding=found, link=f"{RUNBOOK}#{name}")
        for found in findings
        if found.code in codes
    )
    state = _worst([item.state for item in items])
    return Part(name=name, state=state, evidence=EVIDENCE[name](clone), items=items)


def weight(code: str) -> Health:
    """What one finding of this code makes of a clone."""
    return Health.UNHEALTHY if code in GRAVE else Health.DEGRADED


def _worst(states: Sequence[Health]) -> Health:
    return max(states, key=list(Health).index, default=Health.HEALTHY)


# --- evidence -------------------------------------------------------------------------------------------


def _reference(clone: Clone) -> str:
    ref = clone.ref
    match ref.state:
        case RefState.ABSENT:
            return "no issues are kept here"
        case RefState.MISSING:
            return f"'{ref.name}' is missing"
        case RefState.CORRUPT:
            return f"'{ref.name}' cannot be read"
        case RefState.BROKEN | RefState.INTACT:
            return f"'{ref.name}' at {(ref.tip or '')[:10]}"


def _storage(clone: Clone) -> str:
    read = "everything that the references lead to" if clone.deep else "the last commit and what it brought"
    waiting = sum(not each.dead for each in clone.temporary)
    said = [read if clone.tip else "nothing to read"]
    if clone.shape.loose_objects is not None:
        said.append(f"about {counted(clone.shape.loose_objects, 'loose object')}")
    if clone.shape.packs is not None:
        said.append(counted(clone.shape.packs, "pack"))
    if waiting:
        said.append(counted(waiting, "unfinished file"))
    return ", ".join(said)


def _history(clone: Clone) -> str:
    log = f"{counted(clone.reflog.entries, 'line')} in the reflog" if clone.reflog.exists else "no reflog"
    return f"{log}, {counted(len(clone.anchors.names), 'anchor')}"


def _locks(clone: Clone) -> str:
    return ", ".join(f"'{lock.path}'" for lock in clone.locks) or "none"


def _index(clone: Clone) -> str:
    issues = "" if clone.index.issues is None else f", {counted(clone.index.issues, 'issue')}"
    return f"{clone.index.state}{issues}"


def _hooks(clone: Clone) -> str:
    return ", ".join(clone.hooks_unreached) or "none out of reach"


def _remotes(clone: Clone) -> str:
    said = []
    for remote in clone.remotes:
        seen = "not seen with issues" if remote.tip is None else f"at {remote.tip[:10]}"
        said.append(f"'{remote.name}' {seen}" + (f", {remote.unsynced} behind" if remote.unsynced else ""))
    return "; ".join(said) or "none"


def _disk(clone: Clone) -> str:
    if clone.disk is None:
        return "cannot be looked at"
    return f"{clone.disk.free >> 20} MiB free" + (f" on {clone.disk.kind}" if clone.disk.kind else "")


def _versions(clone: Clone) -> str:
    known = ", ".join(f"{name} {version}" for name, version in clone.versions.items())
    return known or "not asked; 'git jit doctor' does"


EVIDENCE: Final[Mapping[str, Callable[[Clone], str]]] = {
    "reference": _reference,
    "storage": _storage,
    "history": _history,
    "locks": _locks,
    "index": _index,
    "hooks": _hooks,
    "remotes": _remotes,
    "disk": _disk,
    "versions": _versions,
}
