"""What can go wrong, as one family tree.

Every error a user meets is a `JitError`: a stable `code`, an exit `status`, one sentence (lower case, no
full stop, the subject in quotes) and, where there is one, the next step. Special errors live beside the
code that raises them; this page holds the families that decide the exit status:

    JitError
    ├── Negative            1    the honest no: the answer is "no", nothing is broken
    ├── NotFound            3    the thing asked for is not here, or its name fits several things
    ├── Refused             4    a rule says no: blocked, validation, permission
    ├── GraphError          5    a dependency that may not be
    ├── Contention          6    somebody else was faster or holds it; trying again may work
    ├── NetworkError        9    a remote did not answer as it should
    ├── OutcomeUnknown     10    it may or may not have happened; look before trying again
    ├── Fatal             128    no repository, or the storage failed
    └── UsageError        129    the words of the command cannot be understood

`docs/errors.md` lists every code; a test compares the two in both directions.
"""

from collections.abc import Mapping
from typing import ClassVar


class JitError(Exception):
    """The root: a failure with a code, a sentence and a next step.

    `details` is JSON-able data about the failing thing (ids, paths, oids); it goes into `--json` answers.
    """

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 128
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, hint: str | None = None, details: Mapping[str, object] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.details: Mapping[str, object] = details or {}


class Negative(JitError):
    """The answer is no. Nothing is broken."""

    code = "negative"
    status = 1


class NotFound(JitError):
    """The thing named is not here."""

    code = "not_found"
    status = 3


class Refused(JitError):
    """A rule of the tracker says no."""

    code = "refused"
    status = 4


class InvalidValue(Refused):
    """A value that no rule of the repository could make right. `details` has `field` and `rule`."""

    code = "invalid_value"

    def __init__(self, field: str, rule: str, *, hint: str | None = None) -> None:
        super().__init__(f"'{field}' {rule}", hint=hint, details={"field": field, "rule": rule})


class GraphError(JitError):
    """A dependency that may not exist."""

    code = "dependency_refused"
    status = 5


class Contention(JitError):
    """Somebody else was faster, or holds what we need. The same command may work in a moment."""

    code = "busy"
    status = 6
    retryable = True


class NetworkError(JitError):
    """A remote did not answer as it should."""

    code = "network"
    status = 9
    retryable = True


class OutcomeUnknown(JitError):
    """The write may or may not have been published; the request id tells which, once the ref can be read."""

    code = "outcome_unknown"
    status = 10


class Fatal(JitError):
    """No repository here, or its storage failed."""

    code = "fatal"
    status = 128


class UsageError(JitError):
    """The words of the command cannot be understood."""

    code = "usage"
    status = 129
