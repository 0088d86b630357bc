"""What validation says, as values."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from git_jit.errors import Refused
from git_jit.model import Issue
from git_jit.record import field, record


class Severity(StrEnum):
    ERROR = "error"
    """A rule is broken; no command may write this."""
    WARNING = "warning"
    """Probably not meant; never in the way."""


@record(kw_only=True)
class Fix:
    """What would mend one finding. `kind` is counted under `fixes_applied`; `summary` says it in one line.

    Exactly one of the three says how: `change` for an issue that can be read (fixes of one issue compose),
    `blobs` for whole files of the tree (None deletes), `local` for what lies in this clone around the tree: the
    name of a mend that the store knows.
    """

    kind: str
    summary: str
    change: Callable[[Issue], Issue] | None = None
    blobs: Mapping[str, bytes | None] = field(default_factory=dict)
    local: str | None = None


@record(kw_only=True)
class Finding:
    """One thing that is not as it should be.

    `subject` is an issue id, a path in the tree, or a path or reference of this clone.
    """

    code: str
    severity: Severity
    subject: str
    message: str
    hint: str | None = None
    fix: Fix | None = None
    rule: str | None = None
    """The rule of the repository that is broken, by its name in the configuration."""


class SchemaFinding(NamedTuple):
    """Where a document does not fit its schema: `path` like `$.labels[0]`."""

    path: str
    message: str


class ValidationFailed(Refused):
    """Rules refuse a document. `details["findings"]` has them all."""

    code = "validation_failed"


def errors_in(findings: Iterable[Finding]) -> list[Finding]:
    """Those that stand in the way of a write."""
    return [finding for finding in findings if finding.severity is Severity.ERROR]


def refusal(findings: Sequence[Finding]) -> ValidationFailed | None:
    """The error that says what is wrong, for one document; None if nothing stands in the way."""
    errors = errors_in(findings)
    if not errors:
        return None
    first = errors[0]
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    rows = [{"code": f.code, "subject": f.subject, "message": f.message, "hint": f.hint} for f in errors]
    return ValidationFailed(first.message + more, hint=first.hint, details={"findings": rows})
