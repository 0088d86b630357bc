"""What hooks and commands say about issues that were closed by commits of the code."""

from collections.abc import Iterator

from git_jit.model import short
from git_jit.ops.trailers import Applied


def applied_lines(done: Applied, most: int | None = None) -> Iterator[str]:
    """One line an issue, the first `most` of them, then how many more there are."""
    lines = list(_lines(done))
    yield from lines[:most]
    if most is not None and len(lines) > most:
        yield f"and {len(lines) - most} more; 'git jit log' shows what was closed"


def _lines(done: Applied) -> Iterator[str]:
    for outcome in done.report.outcomes:
        title = f" {outcome.issue.title}" if outcome.issue else ""
        if outcome.changed and outcome.issue:
            reason = outcome.issue.close_reason or outcome.issue.state.value
            yield f"{short(outcome.id)}{title}: {reason if not outcome.error else outcome.issue.state.value}"
        if outcome.error:
            yield f"{short(outcome.id)} is not closed: {outcome.error.message}"
    for each in done.unsettled:
        yield f"commit {each.commit.oid[:10]} says '{each.mention.trailer}': {each.error.message}"
