"""post-merge: after a merge or a pull, the issues follow the code.

What the pull brought for the issues is taken up, the result is validated, and issues that the new commits close are
closed. All of it only makes sooner what the next command would do, or `git jit apply-trailers`; it never fails a merge,
which is done already.
"""

from collections.abc import Iterator

from git_jit.errors import JitError
from git_jit.hooks import Answer, Ground, Scene
from git_jit.ops.standing import errors_at

SHOWN = 3
"""Lines about single issues: a merge has output of its own."""
SQUASH = "1"


def judge(scene: Scene, ground: Ground) -> Answer:
    """Its argument is 1 for a squash, which makes no commit: then there is nothing to close yet."""
    notes = [*_taken_up(scene, ground)]
    if ground.tip() is None:
        return Answer(notes=tuple(notes))
    squash = scene.arguments[:1] == (SQUASH,) or scene.environ.get("PRE_COMMIT_IS_SQUASH_MERGE") == SQUASH
    if not squash:
        notes += _closed(scene, ground)
    notes += _validated(ground)
    with ground.store.view():  # brings the index up to date, so that the next command need not
        return Answer(notes=tuple(notes))


def _taken_up(scene: Scene, ground: Ground) -> Iterator[str]:
    """Bring in what a pull fetched for the issues beside the code."""
    from git_jit.store.tracking import news, sharing

    shared = sharing(ground.entries)
    if not shared.auto_merge or news(ground.store, shared) is None:
        return
    from git_jit.ops.sync import take_up

    try:
        taken = take_up(ground.store, scene.caller())
    except JitError as error:  # what was merged is merged, and what can be closed still is
        yield f"what was fetched for the issues is not brought in: {error.message}"
        return
    if taken is not None:
        yield taken.line


def _closed(scene: Scene, ground: Ground) -> Iterator[str]:
    """Close what the merged commits say, if they are now on the branch that finished work ends on."""
    from git_jit.store.codelog import current_branch, default_branch, speaking_commits
    from git_jit.store.staged import head_branch

    try:
        commits = speaking_commits(ground.layout, scene.environ, "ORIG_HEAD..HEAD")
    except JitError:
        return  # no ORIG_HEAD: git was told not to keep it
    branch = (head_branch(ground.layout) or current_branch(ground.layout, scene.environ)) if commits else None
    if branch is None or branch != default_branch(ground.layout, scene.environ):
        return
    from git_jit.hooks.telling import applied_lines
    from git_jit.ops.trailers import apply_trailers
    from git_jit.store.worktree import code_tree

    done = apply_trailers(ground.store, scene.caller(), commits, tree=lambda: code_tree(ground.layout, scene.environ))
    yield from applied_lines(done, SHOWN)


def _validated(ground: Ground) -> Iterator[str]:
    tip = ground.tip()
    errors = errors_at(ground.store, tip) if tip else ()
    if errors:
        some = "an error" if len(errors) == 1 else f"{len(errors)} errors"
        yield f"the issues have {some}; 'git jit validate' lists what is wrong"
