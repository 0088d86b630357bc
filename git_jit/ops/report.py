"""What a use case answers: one outcome for each issue it was asked about."""

from collections.abc import Mapping
from typing import ClassVar, Final

from git_jit.changes import FieldChange, field_changes
from git_jit.codec import issue_document
from git_jit.errors import Contention, JitError
from git_jit.model import Issue, IssueId, Json, Oid
from git_jit.record import record


class VersionConflict(Contention):
    """The issue is no longer the one the caller has seen. Look again before deciding: a blind retry is wrong."""

    code = "version_conflict"
    retryable: ClassVar[bool] = False


EMPTY: Final[tuple[Json, ...]] = (None, "", [], {})
PARTIAL: Final = 1
"""Exit status when some of several issues were refused."""


@record(kw_only=True)
class Outcome:
    """What happened to one issue.

    `error` is why the request was not met. It can stand beside a change: an issue that should be `done` while
    a gate has not passed is moved to `gated`, and the error names the gate.
    """

    id: IssueId
    issue: Issue | None
    """As it is afterwards; None when it was deleted or refused."""
    changes: tuple[FieldChange, ...] = ()
    """By field, in order of name. Empty: nothing was changed."""
    error: JitError | None = None

    @property
    def changed(self) -> bool:
        return bool(self.changes)


@record(kw_only=True)
class Report:
    """What came of one command.

    With one id a refusal is raised instead; with several the others go through, and `status` is 1.
    """

    outcomes: tuple[Outcome, ...]
    """In the order asked for."""
    consequences: tuple[Outcome, ...] = ()
    """Issues nobody named that had to follow: promoted, demoted, or freed of an edge."""
    notes: tuple[str, ...] = ()
    """One line each, about the consequences."""
    commit: Oid | None = None
    """None: nothing was published, because nothing changed or it was a dry run."""
    dry_run: bool = False

    @property
    def status(self) -> int:
        """The exit status: 0; that of the error for a single issue; 1 for several when one was refused."""
        errors = [outcome.error for outcome in self.outcomes if outcome.error]
        if not errors:
            return 0
        return errors[0].status if len(self.outcomes) == 1 else PARTIAL


def difference(before: Issue | None, after: Issue | None) -> tuple[FieldChange, ...]:
    """Every field that differs, in order of name. `description` is one string here, as everywhere but in the store.

    Of an issue that comes or goes, the fields that say something.
    """
    return tuple(
        c for c in field_changes(_document(before), _document(after)) if c.old not in EMPTY or c.new not in EMPTY
    )


def _document(issue: Issue | None) -> dict[str, Json]:
    if issue is None:
        return {}
    document = issue_document(issue)
    return {key: document[key] for key in document if key not in {"id", "schema"}} | {"description": issue.description}


def change_json(changes: tuple[FieldChange, ...]) -> Mapping[str, object]:
    """`{field: {"old": …, "new": …}}`."""
    return {change.field: {"old": change.old, "new": change.new} for change in changes}
