"""Create many issues from one plan document: validated whole, one commit, running it again adds nothing."""

from collections.abc import Mapping
from dataclasses import dataclass

from git_jit.errors import Refused
from git_jit.model import Caller, IssueId, Oid
from git_jit.ops.report import Outcome
from git_jit.store import Store


class PlanInvalid(Refused):
    """The plan has mistakes. `details["problems"]` is a list of `{"place", "message"}`, all of them."""

    code = "plan_invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Created:
    """What came of a plan."""

    created: Mapping[str, IssueId]
    """Local key to id, in the order of the plan."""
    existing: Mapping[str, IssueId]
    """Those that an earlier run had created; they are left as they are now."""
    outcomes: tuple[Outcome, ...]
    notes: tuple[str, ...]
    commit: Oid | None
    dry_run: bool


def create_many(store: Store, caller: Caller, text: str, *, dry_run: bool = False) -> Created:
    """Create every issue of the plan, or none.

    A plan is JSON: `{"plan": "name", "defaults": {…}, "issues": [{"key": "a", "title": "…", …}]}`. An issue
    takes `key title description state priority assignee labels depends_on parent gates links documents
    context due defer_until estimate fields`; `depends_on`, `parent` and link targets name local keys, or
    issues that exist already. `plan` is the idempotency key: an issue `key` that was created under it before
    (kept in `external` as `plan`) is not created again.
    """
    raise NotImplementedError
