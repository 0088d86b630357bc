"""Rules: values in, findings out. Nothing here writes, prints or knows the time.

The rules themselves are imported by their modules: who only shows findings need not load them.
"""

from git_jit.validate.finding import Finding, SchemaFinding, Severity, ValidationFailed, errors_in, refusal

__all__ = [
    "Finding",
    "SchemaFinding",
    "Severity",
    "ValidationFailed",
    "errors_in",
    "refusal",
]
