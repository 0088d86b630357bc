"""When something was written, as commits say it (trailer `Jit-Clock`): a total order that survives wrong clocks."""

from typing import Final, NamedTuple, Self

DAY_MS: Final = 24 * 3600 * 1000
"""How far ahead a clock may be. Wrong time zones and flat batteries stay below it or are far beyond."""


class Clock(NamedTuple):
    """A hybrid logical clock: wall time that never runs backwards along the history.

    Kulkarni et al., "Logical Physical Clocks", 2014: the larger of our time and the parents'; a counter
    separates commits of one millisecond; the node separates clones. It orders events for display and for
    merges.
    """

    ms: int
    """Milliseconds since 1970."""
    counter: int
    node: str

    def __str__(self) -> str:
        return f"{self.ms}.{self.counter}.{self.node}"

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """`1763683200123.0.a1b2c3` as a clock; None for anything else."""
        ms, _, rest = text.partition(".")
        counter, _, node = rest.partition(".")
        digits = ms.isascii() and counter.isascii() and ms.isdigit() and counter.isdigit()
        if not digits or len(ms) > 15 or len(counter) > 9 or not node.isalnum():
            return None
        return cls(int(ms), int(counter), node)
