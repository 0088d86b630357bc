"""A reason not to go on with a commit, a push or a proposal, as a value."""

from git_jit.record import record


@record(kw_only=True)
class Objection:
    """One reason not to go on."""

    code: str
    subject: str
    """An issue, a path in the tree or a commit, for people."""
    message: str
    hint: str | None = None
