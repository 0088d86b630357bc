"""Keeping clones alike: what others published comes in, what was done here goes out, and nobody's work is lost."""

from enum import StrEnum

from git_jit.model import Caller, IssueId, Oid
from git_jit.record import record
from git_jit.store import Store


class How(StrEnum):
    """What became of a commit that came from elsewhere."""

    NOTHING = "nothing"
    """All of it is here already."""
    ADOPTED = "adopted"
    """There were no issues here; they begin with it."""
    FORWARDED = "forwarded"
    """Nothing was done here since: the reference moved to it."""
    REPLACED = "replaced"
    """It says all that was done here too: the reference moved to it, and the commits of here are kept aside."""
    MERGED = "merged"


@record(kw_only=True)
class Taken:
    """What was taken over from a remote."""

    remote: str
    how: How
    before: Oid | None
    after: Oid | None
    issues: tuple[IssueId, ...] = ()
    """Those that are not as they were here, in order."""
    decisions: tuple[tuple[IssueId, str], ...] = ()
    """Issues with something that a person must decide, and the field."""
    warnings: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        """What happened, for people: one line without a full stop."""
        return ""


def take_up(store: Store, caller: Caller, *, remote: str | None = None) -> Taken | None:
    """Bring in what git has fetched already, if the tracking reference of `remote` (the one that is synced with)
    moved since it was last looked at. Never asks the network. None if there was nothing to do.

    Raises `JitError` when it cannot be brought in; it is not tried again by itself then.
    """
    del store, caller, remote
    return None
