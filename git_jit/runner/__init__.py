"""Run commands of other people's choosing as processes, and be sure afterwards that nothing of them is left.

What a gate is, whether it may run and what its verdict leads to is `ops`' business. Here is only: a command, its
directory and environment, what it may use, how it ended. `running` is the loop, `capture` keeps what was written,
`survivors` finds what a command left behind.

Limits, not a sandbox: a command has the rights of whoever runs it.
"""

from git_jit.runner.job import Bounds, Ended, Ending, Job

__all__ = ["Bounds", "Ended", "Ending", "Job"]
