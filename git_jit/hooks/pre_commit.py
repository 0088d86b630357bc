"""pre-commit: the issues are sound, and the commit leaves no open issue with a file that is gone.

Usually one look: at the note of what was found out about this very commit of the issues, and at the names of what is
staged. On a branch that holds issues itself, what is staged is judged as a push of it would be.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from git_jit.hooks import Answer, Ground, Scene
from git_jit.model import ID_LENGTH, TERMINAL, Document, IssueId, Oid, short
from git_jit.ops.objection import Objection
from git_jit.ops.standing import errors_at
from git_jit.paths import place_of
from git_jit.store.staged import Change, head_branch, staged_changes, staged_tree

if TYPE_CHECKING:
    from git_jit.ops.documents import Moves

MEND: Final = "'git jit hooks run pre-commit --fix' lets them name it where it is, then commit again"
VALIDATE: Final = "'git jit validate --fix --dry-run' shows what can be mended; 'JIT_HOOKS=0' lets the commit through"


def judge(scene: Scene, ground: Ground) -> Answer:
    """Refuses with what is wrong. With `scene.fix`, documents that open issues name are followed to their new names."""
    tip = ground.tip()
    branch = head_branch(ground.layout)
    if branch is not None and branch != ground.store.ref and ground.holds_issues(branch):
        return _on_issues(scene, ground, branch)
    if tip is None:
        return Answer()
    found = [_with_way_out(each) for each in errors_at(ground.store, tip)]
    changes = staged_changes(ground.layout, scene.environ)
    found += _astray(changes, ground.store.ref)
    moves = {each.old or each.path: each.path if each.old else None for each in changes if each.kind in "DR"}
    left: list[Objection] = []
    notes: tuple[str, ...] = ()
    if moves and scene.fix:
        notes = _follow(scene, ground, moves)
    elif moves:
        left = _left_behind(ground, moves)
    return Answer(objections=(*found, *left), notes=notes)


def _with_way_out(objection: Objection) -> Objection:
    """The rule's own hint says how to mend one; here it matters that the commit can go on."""
    return Objection(code=objection.code, subject=objection.subject, message=objection.message, hint=VALIDATE)


def _astray(changes: Sequence[Change], ref: str) -> Iterator[Objection]:
    """Files of the tracker among the code."""
    for change in changes:
        place = place_of(change.path)
        if change.kind in "ARCM" and place.issue is not None and len(place.issue) == ID_LENGTH:
            yield Objection(
                code="issue_astray",
                subject=change.path,
                message=f"is an issue's file; issues are kept under '{ref}', not among the code",
                hint="git restore --staged with its path leaves it out of the commit",
            )


# --- documents --------------------------------------------------------------------------------------------


def _left_behind(ground: Ground, moves: Mapping[str, str | None]) -> list[Objection]:
    """The open issues that name a file which the commit deletes or renames."""
    found = []
    with ground.store.view() as view:
        for id, paths in view.members("doc").items():
            if not moves.keys() & set(paths) or view.state_of(id) in TERMINAL:
                continue
            issue = view.issue(id)
            documents = issue.documents if issue else ()
            found += [_objection(id, each, moves[each.path]) for each in documents if _goes(each, moves)]
    return found


def _goes(document: Document, moves: Mapping[str, str | None]) -> bool:
    """One that is named as of a commit stays there."""
    return document.path in moves and document.commit is None


def _objection(id: IssueId, document: Document, new: str | None) -> Objection:
    does = f"renames to '{new}'" if new else "deletes"
    message = f"names the document '{document.path}', which this commit {does}"
    return Objection(code="document_left_behind", subject=short(id), message=message, hint=MEND)


def _follow(scene: Scene, ground: Ground, moves: "Moves") -> tuple[str, ...]:
    from git_jit.ops.documents import follow
    from git_jit.store.process import run

    head = run(ground.layout, ["rev-parse", "--verify", "--quiet", "HEAD^{commit}"], environ=scene.environ)
    report = follow(ground.store, scene.caller(), moves, Oid(head.out.decode().strip()))
    changed = [short(outcome.id) for outcome in report.outcomes if outcome.changed]
    return (f"{', '.join(changed)} now name their documents where they are",) if changed else ()


# --- a commit of issues -----------------------------------------------------------------------------------


def _on_issues(scene: Scene, ground: Ground, branch: str) -> Answer:
    """The next commit holds issues: what is staged is judged as a whole, against what the branch has."""
    from git_jit.hooks.judging import tree_objections
    from git_jit.ops.incoming import objections

    old = ground.store.backend.ref(branch)
    new = staged_tree(ground.layout, scene.environ, old)
    found = tree_objections(ground.store.backend, old, new) or objections(ground.store, old, new)
    return Answer(objections=tuple(found))
