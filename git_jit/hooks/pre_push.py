"""pre-push: issues that are pushed are sound, and the push leads on from what the remote has.

No network: what the remote has is what git says about it, and git has just asked.
"""

from collections.abc import Iterator

from git_jit.hooks import Answer, Ground, Scene
from git_jit.hooks.judging import content, oid_or_none, rewriting
from git_jit.hooks.receiving import Move
from git_jit.ops.incoming import Objection


def judge(scene: Scene, ground: Ground) -> Answer:
    """Reads `<local reference> <local commit> <remote reference> <remote commit>` lines from standard input."""
    found: list[Objection] = []
    for move in _moves(scene):
        if move.ref.startswith("refs/jit/backup/") or not (
            ground.holds_issues(move.ref) or move.ref.startswith("refs/jit/")
        ):
            continue
        proposed = move.ref.startswith(ground.proposals)
        lost = [] if proposed else rewriting(ground, move.ref, move.old, move.new)
        found += lost
        if not lost and move.new is not None and move.new != move.old and ground.holds_issues(move.ref):
            found += content(scene, ground, move.old, move.new)
    return Answer(objections=tuple(found))


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
