"""Scenario 4: one, four and sixteen processes that write as fast as they can, with and without gc beside them.

The storms of `tests/faults` do the writing, so what is timed here is also proved there: no write is lost.
"""

from pathlib import Path

from bench.figures import Figure
from tests.faults import stress

PROCESSES = (1, 4, 16)
P99_MS = 1_000.0
SPREAD = 1.5


def run(scratch: Path, writes: int, processes: tuple[int, ...] = PROCESSES) -> list[Figure]:
    """`writes` is the number of each process. Raises `SystemExit` if a write is lost."""
    return [
        figure
        for noise in (False, True)
        for count in processes
        for figure in _storm(scratch / f"writers-{count}-{noise}", count, writes, noise=noise)
    ]


def _storm(place: Path, processes: int, writes: int, *, noise: bool) -> list[Figure]:
    place.mkdir()
    words = ["writers", "--processes", str(processes), "--writes", str(writes), "--seed", "1"]
    storm = stress.run([*words, "--noise"] if noise else words, place)
    if not storm.good:
        raise SystemExit(f"{processes} writers: {storm.found or storm.refused[:3]}")
    bench = "writers, beside gc" if noise else "writers"
    latency = storm.latency_ms
    judged = processes == max(PROCESSES) and not noise
    return [
        Figure(bench, "writes a second", storm.per_second, "/s", processes),
        Figure(bench, "p50", latency["p50"], "ms", processes),
        Figure(bench, "p95", latency["p95"], "ms", processes),
        Figure(bench, "p99", latency["p99"], "ms", processes, target=P99_MS if judged else None, absolute=True),
        Figure(
            bench, "slowest / fastest writer", storm.slowest_to_fastest, "×", processes,
            target=SPREAD if judged else None, absolute=True,
        ),
    ]  # fmt: skip
