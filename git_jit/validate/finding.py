"""What validation says, as values."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

from git_jit.errors import Refused
from git_jit.record import record
from git_jit.view import Plan


class Severity(StrEnum):
    ERROR = "error"
    """A rule is broken; no command may write this."""
    WARNING = "warning"
    """Probably not meant; never in the way."""


@record(kw_only=True)
class Finding:
    """One thing that is not as it should be.

    `subject` is an issue id or a path in the tree. `fix` is the plan that mends it, where that can be known.
    """

    code: str
    severity: Severity
    subject: str
    message: str
    hint: str | None = None
    fix: Plan | None = None


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
