"""Looking at a clone without changing a byte of it: gathers the facts of `git_jit.clone`."""

from git_jit.store.survey.gathering import survey

__all__ = ["survey"]
