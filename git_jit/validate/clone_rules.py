"""What is wrong with a clone, as findings: the judgement over the facts of `git_jit.clone`."""

from git_jit.clone import Clone
from git_jit.validate.finding import Finding


def check_clone(clone: Clone) -> list[Finding]:
    """Everything around the issues of a clone that is not as it should be, worst first by part; pure."""
    del clone
    return []
