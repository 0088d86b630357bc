"""pre-receive, on the server: nothing that breaks the issues gets in, and nothing that is in gets lost.

git runs it while the pushed objects are in quarantine: they can be read, and vanish if the push is refused. So nothing
is written but notes about commits, which are worth nothing without them. References that hold no issues are not looked
at. `Layout.quarantined` keeps everything else from writing.
"""

from collections.abc import Iterable

from git_jit.hooks import Answer, Ground, Move, Scene, oid_or_none
from git_jit.ops.objection import Objection


def judge(scene: Scene, ground: Ground) -> Answer:
    """Reads `<old> <new> <reference>` lines from standard input."""
    lines = scene.read_input().decode("utf-8", "surrogateescape").split("\n")
    parts = (line.split(" ", 2) for line in lines if line)
    return received(scene, ground, [Move(ref, oid_or_none(old), oid_or_none(new)) for old, new, ref in parts])


def received(scene: Scene, ground: Ground, moves: Iterable[Move]) -> Answer:
    """The objections to a push. A proposal may be taken back or rewritten, but has to be sound."""
    found: list[Objection] = []
    for move in moves:
        if ground.guards(move.ref):
            found += _guarded(scene, ground, move)
    return Answer(objections=tuple(found))


def _guarded(scene: Scene, ground: Ground, move: Move) -> list[Objection]:
    from git_jit.hooks.judging import content, rewriting

    proposed = move.ref.startswith(ground.proposals)
    found = [] if proposed else rewriting(ground, move)
    if found or move.new is None or move.new == move.old or not ground.holds_issues(move.ref):
        return found
    base = ground.store.backend.ref(ground.publish) if proposed or move.old is None else move.old
    ground.store.ref = ground.publish if base else move.ref  # whose index it is that the server keeps
    return content(scene, ground, base, move.new)
