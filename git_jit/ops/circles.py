"""Opening circles that nobody made alone: two changes, each right by itself, that a host has merged as text.

The merge of `git jit` never makes one (`merge.cycles`); one that is published already is opened by the next sync,
as `validate --fix` would: the edge of the youngest issue is set aside into `unresolved`. Every clone chooses the same
edge, so two that do it at once do not disagree.
"""

from typing import Final

from git_jit import graph
from git_jit.model import Caller, IssueId
from git_jit.store import Store

CODES: Final = ("cycle", "parent_cycle")


def open_circles(store: Store, caller: Caller) -> tuple[str, ...]:
    """Open every circle there is, in one commit; a line for each, none if there was none. Costs a look at the index."""
    with store.view() as view:
        parents = {id: tuple(map(IssueId, targets)) for id, targets in view.members("parent").items()}
        found = graph.find_cycle(view.edges()) or graph.find_cycle(parents)
    if found is None:
        return ()
    from git_jit.ops.repair import fix

    mended = fix(store, caller, only=CODES)
    return tuple(f"opened a circle: {finding.fix.summary}" for finding in mended.fixed if finding.fix)
