"""pre-push: issues that are pushed are sound, and the push leads on from what the remote has.

No network: what the remote has is what git says about it, and git has just asked.
"""

from collections.abc import Iterator

from git_jit.hooks import Answer, Ground, Move, Scene, oid_or_none
from git_jit.ops.objection import Objection


def judge(scene: Scene, ground: Ground) -> Answer:
    """Reads `<local reference> <local commit> <remote reference> <remote commit>` lines from standard input."""
    found: list[Objection] = []
    for move in _moves(scene):
        if ground.guards(move.ref):
            found += _guarded(scene, ground, move)
    return Answer(objections=tuple(found))


def _guarded(scene: Scene, ground: Ground, move: Move) -> list[Objection]:
    from git_jit.hooks.judging import content, rewriting

    lost = [] if move.ref.startswith(ground.proposals) else rewriting(ground, move)
    if lost or move.new is None or move.new == move.old or not ground.holds_issues(move.ref):
        return lost
    return content(scene, ground, move.old, move.new)


def _moves(scene: Scene) -> Iterator[Move]:
    lines = [line for line in scene.read_input().decode("utf-8", "surrogateescape").split("\n") if line]
    for line in lines:
        _, new, ref, old = line.split(" ", 3)
        yield Move(ref, oid_or_none(old), oid_or_none(new))
    pushed = scene.environ.get("PRE_COMMIT_REMOTE_BRANCH")
    if not lines and pushed:
        # The pre-commit framework reads standard input itself, and says in variables what it found there.
        to, since = (scene.environ.get(f"PRE_COMMIT_{which}_REF", "0") for which in ("TO", "FROM"))
        yield Move(pushed, oid_or_none(since), oid_or_none(to))
