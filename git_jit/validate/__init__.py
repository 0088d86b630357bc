"""Rules: values in, findings out. Nothing here writes, prints or knows the time."""

from git_jit.validate.finding import Finding, SchemaFinding, Severity, ValidationFailed, errors_in, refusal
from git_jit.validate.issue_rules import check_issue

__all__ = [
    "Finding",
    "SchemaFinding",
    "Severity",
    "ValidationFailed",
    "check_issue",
    "errors_in",
    "refusal",
]
