"""commit-msg: the issues that a message names exist, and are named so that there is only one."""

from typing import Final

from git_jit.errors import JitError
from git_jit.hooks import Answer, Ground, Scene
from git_jit.ops.objection import Objection

LARGEST: Final = 1 << 20
"""Bytes of a message that are looked at."""


def judge(scene: Scene, ground: Ground) -> Answer:
    """Looks at the file that git names, and into the issues only if the message names any."""
    if not scene.arguments:
        return Answer(notes=("'commit-msg' was called without the file of the message",))
    with open(ground.path(scene.arguments[0]), "rb") as file:
        data = file.read(LARGEST)
    if b"jit:" not in data.lower() or ground.tip() is None:
        return Answer()
    from git_jit.ops.trailers import Mention, check

    with ground.store.view() as view:
        wrong = check(view, data.decode("utf-8", "replace"), comment=_comment(ground))

    def objection(mention: Mention, error: JitError) -> Objection:
        return Objection(code=error.code, subject=mention.trailer, message=error.message, hint=error.hint)

    return Answer(objections=tuple(objection(mention, error) for mention, error in wrong))


def _comment(ground: Ground) -> str:
    """What begins the lines of a message that git leaves out (core.commentChar in git-config(1))."""
    for key in ("core.commentstring", "core.commentchar"):
        said = ground.entries.get(key, ("",))[-1]
        if said and said.lower() != "auto":
            return said
    return "#"
