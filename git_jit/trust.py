"""What may run here, and which verdicts still count: hashes of gate definitions, approvals, freshness. Pure values.

A definition that came from elsewhere is somebody else's command. It runs after a person approved its hash on this
machine: of everything in it that decides what happens, and of the content of the files it pins. The last approval of
a name counts alone, so that nobody can bring back an older version that was approved once.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from git_jit import canonical
from git_jit.digests import sha256
from git_jit.model import Gate, GateKey, GateStatus, GateVerdict, Json, Oid, Timestamp
from git_jit.record import field, record

TYPED: Final = 8
"""Hexadecimal digits that a person types to approve: enough to have looked at the hash, few enough to type."""
HASH_DIGITS: Final = 64
MISSING: Final = "missing"
"""Stands for the content of a pinned file that is not there."""


def definition(gate: Gate) -> dict[str, Json]:
    """Everything of a gate that decides what is run, or what a person attests. The title is for people alone."""
    return {
        **gate.extra,
        "argv": list(gate.argv),
        "cwd": gate.cwd,
        "description": gate.description,
        "env_allow": [*sorted(set(gate.env_allow))],
        "key": gate.key,
        "mode": gate.mode.value,
        "pins": [*sorted(set(gate.pins))],
        "schema": 1,
        "stage": gate.stage.value,
        "timeout_s": gate.timeout_s,
        **gate.stipulations,
    }


def definition_hash(gate: Gate) -> str:
    """What a verdict is bound to: 64 hexadecimal digits. Pinned files are part of the code tree, which it names too."""
    return sha256(canonical.dumps(definition(gate))).hexdigest()


def approval_hash(gate: Gate, pins: Mapping[str, bytes | None]) -> str:
    """What a person approves: the definition, and the content of each file that it pins (None: not there)."""
    whole = sha256(canonical.dumps(definition(gate)))
    for path in sorted(set(gate.pins)):
        content = pins.get(path)
        whole.update(sha256(content).digest() if content is not None else MISSING.encode())
    return whole.hexdigest()


@record(kw_only=True)
class Approval:
    """One approval of one version of one gate, as it is kept on this machine."""

    key: GateKey
    hash: str
    number: int
    """Counts the approvals of this name: the largest one counts."""
    by: str
    """The user of the machine."""
    at: Timestamp
    how: str
    """`typed` by a person, or `defined` here by this user's own command."""
    terminal: str | None = None
    definition: Mapping[str, Json] = field(default_factory=dict)
    pins: Mapping[str, str] = field(default_factory=dict)
    """The SHA-256 of each pinned file, for the next comparison."""


def last_of(approvals: Iterable[Approval], key: GateKey) -> Approval | None:
    """The approval of this name that counts."""
    return max((one for one in approvals if one.key == key), key=lambda one: one.number, default=None)


def is_approved(approvals: Iterable[Approval], key: GateKey, hash: str) -> bool:
    """Whether this very version was approved last."""
    last = last_of(approvals, key)
    return last is not None and last.hash == hash


def stale_because(
    status: GateStatus, gate: Gate | None, tree: Oid | None, hashed: Callable[[Gate], str] = definition_hash
) -> tuple[str, ...]:
    """What changed since the verdict was earned: `code`, `definition`. Empty: it is fresh, or there is none.

    `tree` None: there is no code to compare with. A verdict that does not say under which definition it was earned
    (an import, an older program) is judged by its tree. `hashed` may remember the hashes of definitions.
    """
    if status.status is GateVerdict.PENDING:
        return ()
    changed = []
    if tree is not None and status.tree != tree:
        changed.append("code")
    if gate is not None and status.definition is not None and status.definition != hashed(gate):
        changed.append("definition")
    return tuple(changed)


def objections(gate: Gate) -> tuple[str, ...]:
    """Why this definition cannot be run anywhere, as clauses; what arrived from elsewhere is asked too."""
    found = []
    if not gate.argv or not gate.argv[0]:
        found.append("names no command")
    if any("\0" in word for word in gate.argv):
        found.append("has a NUL character in its command")
    if gate.cwd is not None and _leaves(gate.cwd):
        found.append(f"works in '{gate.cwd}', which is not below the working tree")
    found.extend(f"pins '{path}', which is not below the working tree" for path in gate.pins if _leaves(path))
    found.extend(f"asks for '{name}', which no gate gets" for name in gate.env_allow if name.startswith("GIT_"))
    if not 1 <= gate.timeout_s <= MAX_TIMEOUT_S:
        found.append(f"has a time limit that is not between 1 and {MAX_TIMEOUT_S} seconds")
    if gate.memory_mb is not None and not 1 <= gate.memory_mb <= MAX_MEMORY_MB:
        found.append(f"has a memory limit that is not between 1 and {MAX_MEMORY_MB} MiB")
    if gate.processes is not None and not 1 <= gate.processes <= MAX_PROCESSES:
        found.append(f"has a limit of processes that is not between 1 and {MAX_PROCESSES}")
    return tuple(found)


MAX_MEMORY_MB: Final = 1 << 24
"""16 TiB: more than any machine has, and its bytes fit the kernel's 64 bits."""
MAX_PROCESSES: Final = 1 << 22
"""The most that Linux can number (PID_MAX_LIMIT)."""
MAX_TIMEOUT_S: Final = 86_400
"""A day: nobody waits longer for a verdict on a tree that has long changed."""


def _leaves(path: str) -> bool:
    parts = path.split("/")
    return not path or path.startswith("/") or ".." in parts or ".git" in map(str.lower, parts) or "\0" in path
