"""What pushes and staged trees have in common: a commit of issues that somebody wants to put in place of another."""

from collections.abc import Sequence
from itertools import islice
from typing import Final

from git_jit.errors import JitError
from git_jit.hooks import Ground, Move, Scene
from git_jit.model import Oid
from git_jit.ops.incoming import commit_objections, could_not_judge, objections
from git_jit.ops.objection import Objection
from git_jit.store import commits
from git_jit.store.backend import Backend, Kind, Object
from git_jit.store.grammar import misfits
from git_jit.store.highwater import is_ancestor
from git_jit.store.process import failure, run

MAX_COMMITS: Final = 100_000
"""New commits that one push may bring (reliability.md D4)."""
MAX_ODD: Final = 50
"""Entries of a tree that are told; a tree can have millions, all wrong."""


def rewriting(ground: Ground, move: Move) -> list[Objection]:
    """The objection to deleting a reference, or to moving it to what does not lead on from where it is."""
    ref, old, new = move
    if old is None:
        return []
    if new is None:
        hint = "nothing else holds these issues together; who means it deletes it on the server itself"
        return [Objection(code="history_rewritten", subject=ref, message="must not be deleted", hint=hint)]
    if old == new or is_ancestor(ground.store, old, new):
        return []
    message = f"would lose history: '{new[:10]}' does not lead on from '{old[:10]}'"
    hint = "'git jit sync' brings in what is there, and publishes yours on top of it"
    return [Objection(code="history_rewritten", subject=ref, message=message, hint=hint)]


def content(scene: Scene, ground: Ground, old: Oid | None, new: Oid) -> list[Objection]:
    """Everything about `new` that would have to be undone: its commits, the shape of its tree, its documents."""
    try:
        found = _commits(scene, ground, old, new) or tree_objections(ground.store.backend, old, new)
        return found or objections(ground.store, old, new)
    except JitError as error:
        return [could_not_judge(error)]


def tree_objections(backend: Backend, old: Oid | None, new: Oid) -> list[Objection]:
    """What no tree of issues may have, in what `new` has and `old` has not."""
    before, after = (_tree(backend, oid) if oid else None for oid in (old, new))
    odd = islice(misfits(backend, before, after), MAX_ODD) if after else ()
    return [Objection(code="tree_invalid", subject=each.path, message=each.why) for each in odd]


def _tree(backend: Backend, oid: Oid) -> Oid:
    return commits.parse(backend.read(oid)).tree


def _commits(scene: Scene, ground: Ground, old: Oid | None, new: Oid) -> list[Objection]:
    known = [f"^{old}"] if old else ["--not", "--all"]
    words = ["rev-list", f"--max-count={MAX_COMMITS + 1}", new, *known]
    done = run(ground.layout, words, environ=scene.environ)
    if done.status:
        raise failure(done, "listing what is new")
    fresh = [Oid(line) for line in done.out.decode().split()]
    if len(fresh) > MAX_COMMITS:
        message = f"bring more than {MAX_COMMITS} commits at once"
        return [Objection(code="push_too_large", subject="the issues", message=message)]
    return _each(ground, fresh, scene.now_ms())


def _each(ground: Ground, oids: Sequence[Oid], now_ms: int) -> list[Objection]:
    found: list[Objection] = []
    for oid, item in zip(oids, ground.store.backend.read_many(oids), strict=True):
        if not isinstance(item, Object) or item.kind is not Kind.COMMIT:
            found.append(Objection(code="commit_forged", subject=f"commit {oid[:10]}", message="cannot be read"))
        else:
            found += commit_objections(oid, item.data, now_ms)
    return found
