"""Files of the code that issues name, when the code changes under them."""

from collections.abc import Mapping
from typing import TypeAlias

from git_jit.errors import JitError
from git_jit.model import TERMINAL, Caller, Document, IssueId, Oid
from git_jit.ops.batch import Sheet, publish, work_through
from git_jit.ops.desk import Desk, Terms
from git_jit.ops.edit import Patch
from git_jit.ops.report import Report
from git_jit.record import replace
from git_jit.store import Store
from git_jit.view import View

Moves: TypeAlias = Mapping[str, str | None]
"""The path of a file to its new one; None: it is deleted."""


def follow(store: Store, caller: Caller, moves: Moves, head: Oid) -> Report:
    """Let open issues name what was renamed by its new path, and what was deleted as of `head`, which still has it.

    One commit; none when no open issue names any of it.
    """

    def work(view: View) -> Sheet:
        naming = (id for id, paths in view.members("doc").items() if moves.keys() & set(paths))
        chosen = [id for id in naming if view.state_of(id) not in TERMINAL]
        return work_through(view, chosen, step, Terms(now=caller.now))

    def step(desk: Desk, id: IssueId) -> JitError | None:
        issue = desk.issue(id)
        moving = [each for each in issue.documents if each.commit is None and each.path in moves]
        staying = [each for each in issue.documents if each not in moving]
        kept = tuple(each for each in staying if each.path in {gone.path for gone in moving})
        moved = tuple(_moved(each, moves[each.path], head) for each in moving)
        paths = tuple(sorted({each.path for each in moving}))
        return desk.change(issue, Patch(add_documents=(*kept, *moved), remove_documents=paths))

    return publish(store, caller, "documents", work)


def _moved(document: Document, new: str | None, head: Oid) -> Document:
    return replace(document, commit=head) if new is None else replace(document, path=new)
