"""Every time budget of the program, in one table: what it bounds, and what happens when it is used up.

Whoever waits takes the number from here, and nobody has one of their own. A user changes one with
`git jit config set jit.timeout.<name> 30s`, which is git configuration of this clone; values come from the entries
that were read anyway, so a budget costs no process.

Numbers of reliability.md 4.4 and storage.md 4 unless a row says otherwise.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from git_jit.record import record
from git_jit.store import UnusableSetting

PREFIX: Final = "jit.timeout."
UNLIMITED: Final = float("inf")
LONGEST_S: Final = 86_400.0
"""A day. Whoever means more means "no limit"; it also keeps every sum of budgets a number of milliseconds that
`poll` understands.
"""
UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


@record
class Budgets:
    """Seconds, by the names of `TABLE`. `UNLIMITED` is possible for those whose `zero` says so."""

    queue: float
    ref: float
    retry: float
    index: float
    git: float
    remote: float
    idle: float
    hook: float


class Row(NamedTuple):
    """One budget. `zero` says what 0 means for it, for people."""

    name: str
    default: float
    bounds: str
    expiry: str
    zero: str

    @property
    def key(self) -> str:
        """Its name in git's configuration."""
        return PREFIX + self.name


NO_WAIT: Final = "do not wait"
NO_LIMIT: Final = "no limit"

TABLE: Final = (
    Row("queue", 5.0, "waiting for one's turn among the writers of this repository", "`lock_timeout`", NO_WAIT),
    Row("ref", 1.0, "waiting for another git that holds the reference", "`ref_locked`", NO_WAIT),
    Row("retry", 5.0, "repeating a write that lost a race", "`lock_timeout`", NO_WAIT),
    Row("index", 5.0, "waiting for another process that brings the index up to date", "a private index", NO_WAIT),
    # Packing 100,000 issues takes 10 s on a slow disk; twelve times that is a hang.
    Row("git", 120.0, "one git command on this repository", "`git_timeout`; the command is ended", NO_LIMIT),
    Row("remote", 60.0, "talking to a remote, all attempts together", "`remote_timeout`; settled first", NO_LIMIT),
    Row("idle", 20.0, "silence of a remote in the middle of an attempt", "`remote_timeout`; settled first", NO_LIMIT),
    Row("hook", 2.0, "the checks of a git hook; a server's hook has more", "a warning; a server refuses", NO_LIMIT),
)
DEFAULTS: Final = Budgets(*(row.default for row in TABLE))


def budgets(entries: Mapping[str, tuple[str, ...]]) -> Budgets:
    """What git's configuration says about waiting; the defaults for the rest. Raises `UnusableSetting`."""
    said = {key: values for key, values in entries.items() if key.startswith(PREFIX)}
    if not said:
        return DEFAULTS
    return Budgets(*(parse(row, said[row.key][-1]) if row.key in said else row.default for row in TABLE))


def parse(row: Row, text: str) -> float:
    """Seconds from `500ms`, `30s`, `2m`, `1h`, or a number of seconds. Raises `UnusableSetting` naming the key.

    >>> parse(TABLE[0], "500ms"), parse(TABLE[4], "0")
    (0.5, inf)
    """
    word = text.strip().lower()
    digits = word.rstrip("hms")
    factor = UNITS.get(word[len(digits) :] or "s")
    number = digits.strip()
    if factor is None or not _is_decimal(number) or float(number) * factor > LONGEST_S:
        raise UnusableSetting(
            f"'{text}' in the setting '{row.key}' is not a time up to a day",
            hint=f"times are like 500ms, 30s or 2m; 'git jit config unset {row.key}' goes back to the default",
            details={"key": row.key},
        )
    seconds = float(number) * factor
    return UNLIMITED if seconds == 0 and row.zero == NO_LIMIT else seconds


def spell(seconds: float) -> str:
    """The shortest text that `parse` reads as this.

    >>> [spell(value) for value in (0.5, 5.0, 90.0, 120.0, UNLIMITED)]
    ['500ms', '5s', '90s', '2m', '0']
    """
    if seconds in {0, UNLIMITED}:
        return "0"
    for unit in ("h", "m", "s"):
        if seconds % UNITS[unit] == 0:
            return f"{seconds / UNITS[unit]:.0f}{unit}"
    return f"{seconds * 1000:.6f}".rstrip("0").rstrip(".") + "ms"


def _is_decimal(text: str) -> bool:
    whole, _, part = text.partition(".")
    return text.isascii() and whole.isdigit() and (part.isdigit() or "." not in text)


class Limits(NamedTuple):
    """How long one attempt may take, and how long it may be silent; in seconds."""

    total: float
    idle: float
