"""update, on the server: what `pre-receive` says about a push, said of one reference, so that the others can go on."""

from git_jit.hooks import Answer, Ground, Move, Scene, oid_or_none
from git_jit.hooks.receiving import received


def judge(scene: Scene, ground: Ground) -> Answer:
    """Its arguments are the reference and the names of the old and the new commit."""
    ref, old, new = scene.arguments[:3]
    return received(scene, ground, [Move(ref, oid_or_none(old), oid_or_none(new))])
