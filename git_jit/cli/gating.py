"""What all commands about gates have in common: the surroundings they run in, and a definition as a value."""

import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from git_jit.cli import App
from git_jit.cli.sanitize import one_line
from git_jit.model import Gate
from git_jit.trust import approval_hash, definition, is_approved, last_of, objections

if TYPE_CHECKING:
    from git_jit.ops.gate_looks import Ground
    from git_jit.ops.verdicts import GateRun

AGENT: Final = "agent:"
"""Begins the names of actors who cannot approve anything."""


def ground_of(app: App, trust_file: str | None = None, *, isolate: bool | None = None) -> "Ground":
    """Where this command would run gates. Raises `TrustFileUnusable`."""
    from git_jit.ops.gate_looks import Ground
    from git_jit.store.trusting import Approvals, allowed_hashes

    layout = app.git.layout()
    if layout is None:
        return Ground(worktree=None, environ=app.environ, tree=app.git.tree, approvals=None)
    allowed = allowed_hashes(os.path.join(app.cwd, trust_file), layout) if trust_file else frozenset()
    return Ground(
        worktree=layout.worktree,
        environ=app.environ,
        tree=app.git.tree,
        approvals=Approvals(layout, app.environ),
        allowed=allowed,
        repository=(f"{layout.worktree}/.git", layout.common_dir, layout.git_dir),
        isolate=isolate,
    )


def is_person(app: App) -> bool:
    """Whether whoever acts does not say that they are an agent: for whom they work decides, and not they."""
    return not app.caller().actor.startswith(AGENT)


def is_terminal(app: App) -> bool:
    """Whether somebody can have read a question and typed the answer."""
    return app.stdin_is_terminal and app.stderr_is_terminal


def hash_of(ground: "Ground", gate: Gate) -> str:
    """The hash of a gate with what it pins, as it is here."""
    from git_jit.store.pinned import pinned

    return approval_hash(gate, pinned(ground.worktree, gate.pins) if ground.worktree else {})


def unpinned(ground: "Ground", gate: Gate) -> str | None:
    """Why nobody can approve what it pins here, as a clause."""
    from git_jit.store.pinned import MAX_PIN, unpinnable

    found = unpinnable(ground.worktree, gate.pins) if ground.worktree else []
    most = f"{MAX_PIN >> 20} MiB"
    return (
        f"pins '{found[0]}', which is no file of the working tree, or one above {most}: its content cannot be approved"
        if found
        else None
    )


def standing_of(ground: "Ground", gate: Gate) -> str:
    """Whether it may run here, in a word or two."""
    if not gate.argv:
        return "manual"
    if objections(gate) or unpinned(ground, gate):
        return "unusable"
    approvals = ground.approvals.all() if ground.approvals else []
    if is_approved(approvals, gate.key, hash_of(ground, gate)):
        return "approved"
    return "changed" if last_of(approvals, gate.key) else "not approved"


def gate_value(ground: "Ground", gate: Gate) -> dict[str, object]:
    return {
        **definition(gate),
        "title": gate.title,
        "hash": hash_of(ground, gate),
        "here": standing_of(ground, gate),
        "objections": objections(gate) if gate.argv else (),
    }


def definition_lines(value: Mapping[str, object]) -> Iterator[str]:
    """A definition for people, one fact a line; of the words of a command each in quotes where that matters."""
    import shlex

    for name, said in value.items():
        if said in (None, "", (), [], {}):
            continue
        if name == "argv" and isinstance(said, list | tuple):
            yield f"{name}:\t{one_line(shlex.join(map(str, said)))}"
        elif isinstance(said, list | tuple):
            yield f"{name}:\t{one_line(' '.join(map(str, said)))}"
        else:
            yield f"{name}:\t{one_line(str(said))}"


def took(one: "GateRun | None") -> str:
    """How long it ran; nothing for somebody's word."""
    return f"{one.ms} ms" if one and one.argv else ""


def run_value(one: "GateRun") -> dict[str, object]:
    return dict(one.to_json())
