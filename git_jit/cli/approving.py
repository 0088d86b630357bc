"""`gate trust`: a person reads what a gate runs, and types part of its hash. No other way grants it."""

import os
import shutil
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from git_jit.cli import App
from git_jit.cli.gate_answers import approval_of
from git_jit.cli.gating import definition_lines, ground_of, hash_of, is_person, is_terminal, unpinned
from git_jit.cli.render import show_rows
from git_jit.cli.sanitize import one_line
from git_jit.errors import InvalidValue, UsageError
from git_jit.model import Gate, Json
from git_jit.ops.gate_looks import NeedsApproval, find
from git_jit.store.pinned import below
from git_jit.trust import TYPED, Approval, definition, last_of, objections

if TYPE_CHECKING:
    from git_jit.ops.gate_looks import Ground

MAX_ANSWER: Final = 256
"""Bytes of an answer that are read: a hash, and whatever a hand slips on."""


def approve(app: App, key: str) -> int:
    """Show everything that would run, and what differs from what was approved last; ask; keep the approval.

    Raises `NeedsApproval` without a terminal, and when something else was typed than was asked for.
    """
    with app.store.view() as view:
        gate = find(view.gates(), key)
    ground = ground_of(app)
    if not gate.argv:
        raise UsageError(f"'{key}' runs nothing: a person decides", hint=f"'git jit gate show {key}' shows it")
    if wrong := [*objections(gate), *filter(None, [unpinned(ground, gate)])]:
        raise InvalidValue("gate", f"'{key}' {wrong[0]}", hint=f"'git jit gate show {key}' shows it")
    if app.json or not (is_terminal(app) and is_person(app)) or ground.approvals is None:
        raise NeedsApproval(
            f"only a person at a terminal can approve '{key}'",
            hint=f"run 'git jit gate trust {key}' yourself, in a terminal",
            details={"gate": key, "hash": hash_of(ground, gate)},
        )
    wanted = approval_of(app, ground, gate, how="typed", terminal=_terminal(app))
    last = last_of(ground.approvals.all(), gate.key)
    app.stderr.write("".join(f"{line}\n" for line in _screen(ground, gate, wanted, last)))
    said = _typed(app, "the hash to approve it for you, on this machine")
    if said != wanted.hash[:TYPED] or hash_of(ground, gate) != wanted.hash:
        raise NeedsApproval(f"'{key}' was not approved", hint=f"'git jit gate show {key}' shows what it runs")
    kept = ground.approvals.add(wanted)
    app.stdout.write(f"{gate.key}\tapproved\t{kept.hash}\n")
    return 0


def approve_own(app: App) -> int:
    """Let count as approved, in this clone, what this user's own commands define without a terminal. Raises
    `NeedsApproval` without one here, and when something else was typed than was asked for.
    """
    ground = ground_of(app)
    repository = ground.approvals and ground.approvals.repository
    if app.json or not (is_terminal(app) and is_person(app)) or ground.approvals is None or not repository:
        raise NeedsApproval(
            "only a person at a terminal can let own definitions count",
            hint="run 'git jit gate trust --mine' yourself, in a terminal",
        )
    app.stderr.write(
        "From now on what your own commands define here counts as approved, also where nobody types it:\n"
        "a script, and whatever else runs 'git jit' as you and does not say that it is an agent.\n"
        "What arrives (by a fetch, a merge, an import) still waits for you.\n"
        f"repository: {repository}\n"
    )
    if _typed(app, "that name, to say so for this clone") != repository[:TYPED]:
        raise NeedsApproval("nothing was changed", hint="'git jit gate trust --list' shows what was approved")
    note = {"by": app.environ.get("USER") or f"uid {os.getuid()}", "at": app.now(), "terminal": _terminal(app)}
    ground.approvals.let_own_count(note)
    app.stdout.write("own definitions are approved here\n")
    return 0


def forbid_own(app: App) -> int:
    """The opposite, which anybody may say."""
    approvals = ground_of(app).approvals
    if approvals is not None:
        approvals.own_count_no_more()
    app.stdout.write("own definitions wait for approval here, unless they were typed at a terminal\n")
    return 0


def _typed(app: App, what: str) -> str:
    """What a person types when they are asked for the first digits."""
    app.stderr.write(f"Type the first {TYPED} digits of {what}: ")
    app.stderr.flush()
    return app.stdin.readline(MAX_ANSWER).decode("utf-8", "replace").strip().lower()


def _screen(ground: "Ground", gate: Gate, wanted: Approval, last: Approval | None) -> Iterator[str]:
    """All that a person must see before they say yes."""
    yield f"The gate '{gate.key}' would run with all your rights:"
    yield ""
    yield from (f"  {line}" for line in definition_lines({**definition(gate), "title": gate.title}))
    yield ""
    for path in gate.pins:
        state = wanted.pins.get(path)
        yield f"  pinned {one_line(path)}\t{state[:16] if state else 'is not there'}"
    if ground.worktree:
        for word in _changeable(ground.worktree, ground.environ, gate):
            yield f"  NOT pinned: {one_line(word)} can change without asking you"
    if last is None:
        yield "Nothing of this name was approved here before."
    else:
        yield f"Approved last at {last.at} ({last.how}); since then:"
        yield from _changes(last, wanted)
    yield f"hash: {wanted.hash}"


def _changeable(top: str, environ: Mapping[str, str], gate: Gate) -> Iterator[str]:
    """Files of the working tree that the command names, or is, and that are not pinned."""
    place = below(top, gate.cwd or "") or top
    pins = {below(top, path) for path in gate.pins}
    for number, word in enumerate(gate.argv):
        by_name = number == 0 and "/" not in word
        path = (shutil.which(word, path=environ.get("PATH")) or "") if by_name else word
        real = below(top, os.path.join(place, path))
        if real is not None and real not in pins and os.path.isfile(real):
            yield os.path.relpath(real, place) if by_name else word


def _changes(last: Approval, wanted: Approval) -> Iterator[str]:
    names = sorted({*last.definition, *wanted.definition})
    some = False
    for name in names:
        old, new = last.definition.get(name), wanted.definition.get(name)
        if old != new:
            some = True
            yield f"  - {name}: {_shown(old)}"
            yield f"  + {name}: {_shown(new)}"
    for path in sorted({*last.pins, *wanted.pins}):
        if last.pins.get(path) != wanted.pins.get(path):
            some = True
            yield f"  ! the content of {one_line(path)}"
    if not some:
        yield "  nothing; it is an older version, or it was approved elsewhere"


def _shown(value: Json) -> str:
    import json

    return one_line(json.dumps(value, ensure_ascii=False))


def _terminal(app: App) -> str | None:
    try:
        return os.ttyname(app.stdin.fileno())
    except (OSError, ValueError, AttributeError):
        return None


def show_approvals(app: App) -> int:
    """What was approved for this repository by this user on this machine, by gate; the last of each counts."""
    ground = ground_of(app)
    found = ground.approvals.all() if ground.approvals else []
    found.sort(key=lambda one: (one.key, -one.number))
    data = [
        {
            "key": one.key,
            "hash": one.hash,
            "counts": last_of(found, one.key) == one,
            "at": one.at,
            "by": one.by,
            "how": one.how,
            "terminal": one.terminal,
        }
        for one in found
    ]
    rows = [
        (one.key, one.hash[:16], "counts" if last_of(found, one.key) == one else "older", one.how, one.at, one.by)
        for one in found
    ]
    if ground.approvals and ground.approvals.own_count:
        app.note("note: what your own commands define here is approved without a terminal (--no-mine takes it back)")
    head = ("GATE", "HASH", "COUNTS", "HOW", "AT", "BY")
    return show_rows(app, data, head, rows, empty="nothing was approved here")
