"""Looking at gates: where they run, what they came to, which runs were recorded; waiting for a verdict.

Nothing here writes, so nothing here loads what writing needs.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from git_jit.errors import Contention, JitError, Negative, NotFound
from git_jit.model import Caller, Gate, GateKey, GateStage, GateVerdict, Issue, IssueId, Oid
from git_jit.ops import resolve
from git_jit.record import record
from git_jit.store import Store
from git_jit.text import suggestion
from git_jit.trust import stale_because
from git_jit.view import View, readable

if TYPE_CHECKING:
    from git_jit.ops.report import Report
    from git_jit.ops.verdicts import GateRun
    from git_jit.store.trusting import Approvals

POLL_S: Final = (0.02, 1.0)
"""How often `wait` looks, from the first time to the last: a person does not notice the first, a day of the last costs
nothing."""


class GateNotFound(NotFound):
    """The repository defines no such gate."""

    code = "gate_not_found"


class NeedsApproval(JitError):
    """Only a person at a terminal of this machine can approve what a gate runs."""

    code = "needs_approval"
    status = 8


class GateRunning(Contention):
    """The same gate of the same issue runs already, on the same code."""

    code = "gate_running"


class WaitOver(Negative):
    """The verdict did not come in time."""

    code = "wait_over"


@record(kw_only=True)
class Ground:
    """Where gates run."""

    worktree: str | None
    environ: Mapping[str, str]
    tree: Callable[[], Oid | None]
    approvals: "Approvals | None"
    allowed: frozenset[str] = frozenset()
    """Hashes that the owner of this machine allows beside the approvals."""
    repository: tuple[str, ...] = ()
    """Where git keeps what belongs to this working tree."""
    isolate: bool | None = None
    """Whether commands run in a box of their own, or not at all; None: as this clone wants it."""


@record(kw_only=True)
class Result:
    """What one gate came to."""

    gate: GateKey
    verdict: GateVerdict
    cause: str | None = None
    ran: "GateRun | None" = None
    """None: nothing ran."""
    output: str | None = None
    """The file with the whole output."""
    said: str = ""
    """The end of it, for whoever ran it; the record has less."""
    error: JitError | None = None


@record(kw_only=True)
class Ran:
    """What one command about gates came to."""

    issue: IssueId
    results: tuple[Result, ...]
    report: "Report | None" = None
    """What the verdicts changed; None: there was none to write."""
    notes: tuple[str, ...] = ()

    @property
    def status(self) -> int:
        """0 if everything passed; 7 if something did not; 6 if it runs elsewhere; 8 if approval is all that lacks."""
        from git_jit.workflow import GateFailed  # it brings the whole table of transitions

        verdicts = {result.verdict for result in self.results}
        if verdicts & {GateVerdict.FAILED, GateVerdict.ERROR, GateVerdict.TIMEOUT}:
            return GateFailed.status
        if any(result.error for result in self.results):
            return GateRunning.status
        return NeedsApproval.status if GateVerdict.NEEDS_APPROVAL in verdicts else 0


def find(gates: Mapping[GateKey, Gate], key: str) -> Gate:
    """The definition of that name. Raises `GateNotFound`."""
    if GateKey(key) not in gates:
        raise GateNotFound(f"no gate '{key}'", hint=suggestion(key, sorted(gates), known="gates here are"))
    return gates[GateKey(key)]


def required_of(view: View, id: str) -> tuple[Issue, Mapping[GateKey, Gate]]:
    """The issue of that id, and every definition beside it. Raises `IssueNotFound`, `CorruptIssue`."""
    issue = view.issue(resolve(view, id))
    assert issue is not None, "what was resolved is there"
    return issue, view.gates()


def chosen_gates(
    issue: Issue, gates: Mapping[GateKey, Gate], keys: Sequence[str], stage: GateStage | None
) -> list[Gate]:
    for key in keys:
        if GateKey(key) not in issue.gates:
            raise GateNotFound(
                f"'{issue.id[:7]}' does not require '{key}'",
                hint=f"it requires {', '.join(sorted(issue.gates)) or 'no gate'}",
                details={"id": issue.id, "gate": key},
            )
    wanted = [GateKey(key) for key in dict.fromkeys(keys)] or sorted(issue.gates)
    found = [gates.get(key) or Gate(key=key, title="(not defined)") for key in wanted]
    return [gate for gate in found if stage in {None, gate.stage}]


def history(store: Store, id: str, key: str | None = None, *, limit: int | None = None) -> "tuple[list[GateRun], int]":
    """The recorded runs of an issue's gates in this clone, newest first, and how many there are.

    Raises `GateNotFound` for a gate that there is not and that the issue never had.
    """
    from git_jit.ops.verdicts import parse

    with store.view() as view:
        found = resolve(view, id)
        issue, gates = readable(view, found), view.gates()
    runs = store.runs()
    kept = runs.of(found, None if key is None else GateKey(key)) if runs else []
    if key is not None and not kept and not (issue and key in issue.gates):
        find(gates, key)
    parsed = [one for stored in kept if (one := parse(stored.data))]
    return parsed[: limit or None], len(parsed)


def wait(
    store: Store,
    caller: Callable[[], Caller],
    ground: Ground,
    id: str,
    keys: Sequence[str] = (),
    *,
    seconds: float,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Ran:
    """Wait until none of the gates runs here, and each has a verdict on this code. Raises `WaitOver`."""
    from git_jit.ops.abandoned import settle_abandoned
    from git_jit.store import flights

    deadline, pause = clock() + seconds, POLL_S[0]
    while True:
        notes = settle_abandoned(store, caller)
        with store.view() as view:
            issue, gates = required_of(view, id)
        chosen = chosen_gates(issue, gates, keys, None)
        runs = store.runs()
        noted = flights.running(runs.directory) if runs and chosen else []
        busy = {note.get("gate") for note in noted if note.get("issue") == issue.id}
        tree = ground.tree() if chosen else None
        late = [g.key for g in chosen if g.key in busy or not _has_verdict(issue, g, tree)]
        if not late:
            results = [Result(gate=g.key, verdict=issue.gates[g.key].status) for g in chosen]
            return Ran(issue=issue.id, results=tuple(results), notes=tuple(notes))
        if clock() >= deadline:
            raise WaitOver(
                f"no verdict yet: {', '.join(late)}",
                hint=f"'git jit gate run {issue.id[:7]}' runs what can be run",
                details={"id": issue.id, "gates": list(late)},
            )
        sleep(min(pause, max(deadline - clock(), 0)))
        pause = min(pause * 2, POLL_S[1])


def _has_verdict(issue: Issue, gate: Gate, tree: Oid | None) -> bool:
    status = issue.gates[gate.key]
    return status.status is not GateVerdict.PENDING and not stale_because(status, gate, tree)
