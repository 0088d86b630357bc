"""How far this clone and the remote that it syncs with are apart, by what was last seen of it."""

from typing import Final

from git_jit.model import IssueId, Oid
from git_jit.paths import place_of
from git_jit.record import record
from git_jit.store import Store

CONFLICTS: Final = "conflicts"
"""The directory of what merges could not decide (`merge.places`, which need not be loaded to count)."""


@record(kw_only=True)
class Apart:
    """What one side has and the other has not."""

    remote: str
    tip: Oid
    """Where the remote was when last seen."""
    ahead: int
    """Commits that are not published."""
    behind: int
    """Commits that are fetched and not brought in."""
    issues: tuple[tuple[IssueId, str], ...] = ()
    """Issues that differ, each with `ahead`, `behind` or `both`; only if they were asked for."""

    def to_json(self) -> dict[str, object]:
        return {
            "remote": self.remote,
            "tip": self.tip,
            "ahead": self.ahead,
            "behind": self.behind,
            "issues": [{"id": id, "side": side} for id, side in self.issues],
        }


def apart(store: Store, base: Oid, *, each: bool = False) -> Apart | None:
    """None where nothing is shared. `each` also tells which issues differ. Costs a process only if something does."""
    known = store.upstream()
    if known is None:
        return None
    remote, tip = known
    exchange = store.exchange() if tip != base else None
    if exchange is None:
        return Apart(remote=remote, tip=tip, ahead=0, behind=0)
    ahead, behind = exchange.counts(base, tip)
    issues: tuple[tuple[IssueId, str], ...] = ()
    if each:
        common = next(iter(exchange.bases([base], [tip])), None)
        ours, theirs = (
            {id for change in exchange.changed(common, side) if (id := place_of(change.path).issue)}
            for side in (base, tip)
        )
        sides = dict.fromkeys(ours, "ahead") | {id: "both" if id in ours else "behind" for id in theirs}
        issues = tuple(sorted(sides.items()))
    return Apart(remote=remote, tip=tip, ahead=ahead, behind=behind, issues=issues)


def decisions(store: Store, base: Oid) -> int:
    """How many decisions of merges wait for a person."""
    return len(store.files(CONFLICTS, base))
