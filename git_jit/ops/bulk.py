"""One patch on every issue that meets a filter. The same function plans the dry run and the real run."""

from collections.abc import Mapping
from dataclasses import dataclass

from git_jit.changes import FieldChange
from git_jit.model import Caller, IssueId, Oid
from git_jit.ops.edit import Patch
from git_jit.store import Store
from git_jit.view import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkReport:
    """What came of it. `matched` is modified + skipped + refused.

    An issue that should be `done` and had to stop at `gated` is modified *and* has an error (and is counted
    in both): it changed, but not into what was asked.
    """

    operation: str
    filter: str
    changes: Mapping[str, object]
    matched: int
    modified: tuple[IssueId, ...]
    skipped: tuple[tuple[IssueId, str], ...]
    """With the reason."""
    errors: tuple[Refusal, ...]
    dry_run: bool
    commit: Oid | None
    diff: Mapping[IssueId, tuple[FieldChange, ...]]
    """Everything that changes, issues that merely follow (promotions) included."""
    notes: tuple[str, ...]

    @property
    def status(self) -> int:
        """0, or 1 when a rule refused something."""
        return 1 if self.errors else 0

    def to_json(self) -> dict[str, object]:
        """The `data` of the JSON envelope, as interface.md says; `diff` only in a dry run."""
        raise NotImplementedError


def bulk_update(
    store: Store,
    caller: Caller,
    filter: str,
    patch: Patch,
    *,
    all: bool = False,
    atomic: bool = False,
    reason: str | None = None,
    reopen: bool = False,
    force: bool = False,
    tree: Oid | None = None,
    dry_run: bool = False,
) -> BulkReport:
    """Apply `patch` to all that meet `filter`, in one commit.

    Issues are taken dependencies first, each seeing what the ones before it became, so closing `a` and `b`,
    which waits for `a`, succeeds whatever order the selection has. An empty filter is refused
    (`EmptyFilter`, code `empty_filter`) unless `all`. `atomic`: one refusal, and nothing is published.
    """
    raise NotImplementedError


def bulk_delete(
    store: Store,
    caller: Caller,
    filter: str,
    *,
    all: bool = False,
    atomic: bool = False,
    reason: str | None = None,
    force: bool = False,
    dry_run: bool = False,
) -> BulkReport:
    """Delete all that meet `filter`; dependents go first, so a whole subtree can go at once."""
    raise NotImplementedError
