"""What the command of a gate is given: its words, directory, environment, input and bounds."""

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Final

from git_jit.errors import Refused
from git_jit.model import Caller, Gate, GateInput, IssueId
from git_jit.ops.gate_looks import Ground
from git_jit.record import record, replace
from git_jit.runner.isolation import Box, obstacle
from git_jit.runner.job import Bounds, Job
from git_jit.store import Store
from git_jit.store.pinned import discard, leave
from git_jit.store.runs import Runs

DEPTH: Final = "JIT_GATE_DEPTH"
MAX_DEPTH: Final = 3
"""Gates that run git jit that runs gates: a check of checks is thinkable, more is a circle."""
BASE_ENVIRONMENT: Final = frozenset({"PATH", "HOME", "LANG", "TERM", "TMPDIR"})
"""What every command may see, and `LC_*` (reliability.md 3.2); the rest is declared by the gate."""
TEMPORARY: Final = "/tmp"  # noqa: S108 - the name of an empty directory inside a box
MIB: Final = 1 << 20


class TooDeep(Refused):
    """A gate runs git jit, which runs gates, and so on."""

    code = "gate_depth"


class IsolationUnavailable(Refused):
    """Commands were to run in a box of their own, and this machine has none."""

    code = "isolation_unavailable"


@record
class Told:
    """What commands are told about an issue."""

    id: IssueId
    document: bytes
    """Its JSON, as it is stored."""


def check_depth(ground: Ground) -> None:
    """Raises `TooDeep` for gates that run gates without an end."""
    if _depth(ground) >= MAX_DEPTH:
        raise TooDeep(f"gates run gates {_depth(ground)} deep", hint="a gate should not run gates that run it")


def _depth(ground: Ground) -> int:
    said = ground.environ.get(DEPTH, "0")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 4 else MAX_DEPTH


def claim_of(store: Store, caller: Caller, id: IssueId) -> str | None:
    """The token under which the caller holds the issue at this moment; None if they do not. Raises `ClaimLost` for a
    token of theirs that is over.
    """
    if not caller.tokens and not store.has_claims():
        return None
    from git_jit.leases import Lease, LeaseState, Token
    from git_jit.ops.fencing import check_token

    claims = store.claims()
    tip = claims.tip()
    lease = claims.leases(tip, [id]).get(id) or Lease(issue=id)
    for token in filter(None, map(Token.parse, caller.tokens)):
        if token.issue == id:
            check_token(lease, token, claims.authority(tip))
            return str(token)
    holder = lease.holder if lease.state is LeaseState.HELD else None
    if holder is None or not holder.is_same(claims.holder(caller.actor, caller.session)):
        return None
    return str(Token(claims.authority(tip), id, lease.epoch))


def open_box(ground: Ground, runs: Runs) -> Box | None:
    """What commands see where they are to be isolated; None where not.

    Raises `IsolationUnavailable`: where the box does not open, nothing is run outside of it instead.
    """
    wanted = runs.isolates if ground.isolate is None else ground.isolate
    if not wanted or ground.worktree is None:
        return None
    box = Box(writable=ground.worktree, readable=ground.repository, home=ground.environ.get("HOME"))
    if wrong := obstacle(box, ground.environ):
        raise IsolationUnavailable(
            f"commands cannot be isolated here: {wrong}",
            hint="install bubblewrap; 'git jit config get jit.gate.isolate' says whether it is always asked for",
        )
    return box


def make_job(
    ground: Ground, runs: Runs, told: Told, gate: Gate, *, cwd: str, run: str, box: Box | None, held: ExitStack
) -> Job:
    """The command of a gate, ready to be started. The file that tells it about the issue goes when `held` ends."""
    context = f"{runs.directory}/{run}.json"
    leave(context, told.document)
    held.callback(discard, context)
    return Job(
        argv=gate.argv,
        cwd=cwd,
        environ={
            **environment(ground.environ, gate),
            **({} if box is None else {"TMPDIR": TEMPORARY}),
            "JIT_ISSUE_ID": told.id,
            "JIT_ISSUE_FILE": context,
            "JIT_GATE": gate.key,
            "JIT_GATE_PROMPT": gate.description,
            DEPTH: str(_depth(ground) + 1),
        },
        output=runs.output_path(run),
        cookie=run,
        stdin=told.document if gate.stdin is GateInput.ISSUE else b"",
        box=box,
        bounds=bounds(gate),
    )


def bounds(gate: Gate) -> Bounds:
    """What it may use."""
    usual = Bounds(seconds=float(gate.timeout_s))
    return replace(
        usual,
        memory=usual.memory if gate.memory_mb is None else gate.memory_mb * MIB,
        processes=usual.processes if gate.processes is None else gate.processes,
    )


def environment(environ: Mapping[str, str], gate: Gate) -> dict[str, str]:
    """What a gate sees of the environment: a short list, and what it declares; never git's own variables."""
    allowed = BASE_ENVIRONMENT.union(gate.env_allow)
    return {
        name: value
        for name, value in environ.items()
        if (name in allowed or name.startswith("LC_")) and not name.startswith("GIT_")
    }
