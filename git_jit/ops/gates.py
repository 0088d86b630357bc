"""The registry of gates: define, change, remove, look; and which of them an issue must pass."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from git_jit.errors import InvalidValue, JitError, Refused
from git_jit.model import (
    GATE_KEY_PATTERN,
    Caller,
    Gate,
    GateKey,
    Message,
    Oid,
)
from git_jit.ops import transact
from git_jit.ops.batch import run
from git_jit.ops.desk import Desk, Terms
from git_jit.ops.edit import Patch
from git_jit.ops.gate_looks import GateNotFound, find
from git_jit.ops.issues import patching
from git_jit.ops.report import Report
from git_jit.record import record, replace
from git_jit.store import Store
from git_jit.trust import objections
from git_jit.view import Plan, View

MAX_KEY: Final = 128
ENV_PATTERN: Final = r"^[A-Za-z_][A-Za-z0-9_]*$"


class GateExists(Refused):
    """There is a gate of this name."""

    code = "gate_exists"


class GateRequired(Refused):
    """Issues require the gate, so it cannot go."""

    code = "gate_required"


@record(kw_only=True)
class Defined:
    """A definition before and after. `gate` None: it was removed."""

    key: GateKey
    before: Gate | None
    gate: Gate | None
    commit: Oid | None


def check(gate: Gate) -> None:
    """Raise `InvalidValue` for a definition that can never be meant."""
    import re

    if not re.fullmatch(GATE_KEY_PATTERN, gate.key) or len(gate.key) > MAX_KEY:
        raise InvalidValue("key", f"'{gate.key}' must be lower-case letters, digits and '._-', like 'unit-tests'")
    for name in gate.env_allow:
        if not re.fullmatch(ENV_PATTERN, name):
            raise InvalidValue("env_allow", f"holds '{name}', which is not the name of a variable")
    wrong = objections(gate if gate.argv else replace(gate, argv=("true",)))
    if wrong:
        raise InvalidValue("gate", f"'{gate.key}' {wrong[0]}")


def define(store: Store, caller: Caller, gates: Sequence[Gate]) -> list[Defined]:
    """New gates, in one commit. Raises `GateExists`, `InvalidValue`."""
    for gate in gates:
        check(gate)

    def change(present: Mapping[GateKey, Gate]) -> dict[GateKey, Gate | None]:
        for gate in gates:
            if gate.key in present:
                raise GateExists(f"there is a gate '{gate.key}'", hint=f"'git jit gate update {gate.key}' changes it")
        return {gate.key: gate for gate in gates}

    return _change(store, caller, "gate-define", change)


def update(store: Store, caller: Caller, key: str, change: Callable[[Gate], Gate]) -> Defined:
    """Change a definition. Verdicts that were earned under the old one are stale then. Raises `GateNotFound`."""

    def changed(present: Mapping[GateKey, Gate]) -> dict[GateKey, Gate | None]:
        after = change(find(present, key))
        check(after)
        return {after.key: after}

    return _change(store, caller, "gate-update", changed)[0]


def remove(store: Store, caller: Caller, key: str) -> Defined:
    """Take a definition out. Raises `GateRequired` while an issue requires it."""

    def work(view: View) -> dict[GateKey, Gate | None]:
        found = find(view.gates(), key)
        users = [id for id, gates in view.members("gate").items() if any(_named(g) == key for g in gates)]
        if users:
            raise GateRequired(
                f"{len(users)} issue{'s' if len(users) > 1 else ''} would still require the gate '{key}'",
                hint=f"'git jit query all -f gate:{key}' lists them",
                details={"gate": key, "issues": users[:10], "total": len(users)},
            )
        return {found.key: None}

    return _publish(store, caller, "gate-remove", work)[0]


def _named(member: str) -> str:
    return member.partition("=")[0]


def _change(
    store: Store, caller: Caller, op: str, change: Callable[[Mapping[GateKey, Gate]], dict[GateKey, Gate | None]]
) -> list[Defined]:
    return _publish(store, caller, op, lambda view: change(view.gates()))


def _publish(
    store: Store, caller: Caller, op: str, work: Callable[[View], dict[GateKey, Gate | None]]
) -> list[Defined]:
    request = caller.new_request()
    done: list[tuple[GateKey, Gate | None, Gate | None]] = []

    def plan(view: View) -> Plan:
        present = view.gates()
        wanted = work(view)
        done[:] = [(key, present.get(key), gate) for key, gate in wanted.items()]
        return Plan(gates={key: gate for key, gate in wanted.items() if gate != present.get(key)})

    def message(_: Plan) -> Message:
        names = ", ".join(key for key, _, _ in done)
        return Message(op=op, subject=f"{op}: {names}"[:72], actor=caller.actor, request=request, at=caller.now)

    published = transact(store, plan, message)
    return [Defined(key=key, before=old, gate=new, commit=published.commit) for key, old, new in done]


def require(store: Store, caller: Caller, id: str, keys: Sequence[str], *, if_version: Oid | None = None) -> Report:
    """Let an issue require gates."""
    step = patching(Patch(add_gates=tuple(keys)))
    return run(store, caller, "gate-add", [id], step, Terms(now=caller.now), if_version=if_version)


def release(store: Store, caller: Caller, id: str, keys: Sequence[str], *, if_version: Oid | None = None) -> Report:
    """Let an issue require gates no longer. Raises `GateNotFound` for one that it does not require."""
    from git_jit.model import IssueId

    def step(desk: Desk, found: IssueId) -> JitError | None:
        issue = desk.issue(found)
        for key in keys:
            if GateKey(key) not in issue.gates:
                named = ", ".join(sorted(issue.gates)) or "none"
                raise GateNotFound(f"'{id}' does not require '{key}'", hint=f"it requires {named}")
        return desk.change(issue, Patch(remove_gates=tuple(keys)))

    return run(store, caller, "gate-rm", [id], step, Terms(now=caller.now), if_version=if_version)
