"""What is run, and how it ended."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from git_jit.record import field, record

if TYPE_CHECKING:
    from git_jit.runner.isolation import Box

COOKIE: Final = "JIT_RUN_COOKIE"
"""The environment variable by which everything that a command started is found again, wherever it went."""


class Ending(StrEnum):
    """How a command ended. Only `passed` and `failed` are answers of the command itself."""

    PASSED = "passed"
    """Exit status 0."""
    FAILED = "failed"
    """Any other exit status but those of `ERROR`."""
    ERROR = "error"
    """It could not be started (or a shell says so: 126, 127), a signal killed it, or it exceeded its bounds."""
    TIMEOUT = "timeout"
    """It ran longer than it may, and was ended."""
    STOPPED = "stopped"
    """It was not begun, or was ended, because its answer no longer mattered."""


@record(kw_only=True)
class Bounds:
    """What a command may use. `None`: as much as the user who runs it."""

    seconds: float = 300.0
    grace: float = 5.0
    """Seconds between the request to end (SIGTERM) and the end (SIGKILL): time to remove temporary files."""
    memory: int | None = None
    """Bytes of address space for each process; kept by the kernel, on Linux."""
    nice: int = 5
    """Added to the niceness: whoever works at this machine goes first."""
    processes: int | None = 512
    """Processes at once, counted twice a second: enough for a parallel build, and a bomb is over before it hurts.
    (RLIMIT_NPROC counts all processes of the user, and not at all for root.)
    """
    head: int = 1 << 20
    tail: int = 1 << 20
    """Bytes of output that are kept, of the beginning and of the end."""


@record(kw_only=True)
class Job:
    """One command to run."""

    argv: tuple[str, ...]
    cwd: str
    environ: Mapping[str, str]
    """All of it; nothing is inherited."""
    output: str
    """The file for what it writes, made anew and readable by its owner only. The beginning is there while it runs."""
    cookie: str
    """Unique to this run; see `COOKIE`."""
    stdin: bytes = b""
    box: "Box | None" = None
    """What it sees of this machine; None: all that the user sees."""
    bounds: Bounds = field(default_factory=Bounds)


@record(kw_only=True)
class Ended:
    """How one job ended."""

    ending: Ending
    status: int | None
    """Exit status of the command itself, negative the signal that killed it; None if it never ran."""
    seconds: float
    written: int = 0
    """Bytes of output, those that were not kept included."""
    left_out: int = 0
    """Bytes of output that were not kept."""
    last: bytes = b""
    """The end of the output, at most `EXCERPT` bytes."""
    leaked: int = 0
    """Processes that outlived the command and were ended."""
    cause: str | None = None
    """For `error` and `timeout`: what happened, as a clause."""


EXCERPT: Final = 4096
"""Bytes of output that go with a verdict (reliability.md K5): a screen or two."""
NOT_BEGUN: Final = Ended(ending=Ending.STOPPED, status=None, seconds=0.0)
"""Of a job whose answer no longer mattered before it began."""
