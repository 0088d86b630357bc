"""Storms: many writers, sudden deaths, and `git gc --prune=now`, each followed by a strict look at what is left.

    python -m tests.faults.stress writers --processes 16 --writes 1000
    python -m tests.faults.stress writers --processes 16 --writes 1000 --noise
    python -m tests.faults.stress kills --kills 10000 --writers 4
    python -m tests.faults.stress kills --kills 2000 --writers 4 --durability full
    python -m tests.faults.stress gc --writes 480 --writers 8

`--backend files|libgit2|plumbing`, `--durability fast|full`, `--object-format sha1|sha256`, `--seed N` vary them.
Each prints one JSON object with what was done and what was found, and ends with status 1 if any acknowledged
write is lost or doubled, if the order contradicts real time, or if the repository is not sound.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from git_jit.config import Config
from git_jit.model import Actor, Message, Timestamp
from git_jit.store.repository import Repository
from tests.faults.witness import Unreadable, requests, stored, unsound, witness
from tests.faults.worker import Log, names, write

ROOT = Path(__file__).resolve().parents[2]
AT = Timestamp("2026-11-21T09:00:00.000000Z")
NOISE = (["pack-refs", "--all", "--prune"], ["repack", "-a", "-d", "-q"], ["gc", "-q"])


@dataclass
class Storm:
    """What a storm did, what it found, and whether that is good."""

    name: str
    seed: int
    settings: dict[str, object]
    asked: int = 0
    acknowledged: int = 0
    refused: list[str] = field(default_factory=list)
    commits: int = 0
    kills: int = 0
    healed: int = 0
    gc_runs: int = 0
    seconds: float = 0.0
    per_second: float = 0.0
    latency_ms: dict[str, float] = field(default_factory=dict)
    slowest_to_fastest: float = 0.0
    next_write_ms: float = 0.0
    """How long the first write after the storm takes, left-overs and all."""
    found: str | None = None

    @property
    def good(self) -> bool:
        return self.found is None and not self.refused


def prepare(directory: Path, object_format: str = "sha1") -> Path:
    repository = directory / "repository"
    subprocess.run(["git", "init", "-q", f"--object-format={object_format}", str(repository)], check=True)
    for key, value in (("user.name", "Storm"), ("user.email", "storm@example.org")):
        subprocess.run(["git", "-C", str(repository), "config", key, value], check=True)
    store = Repository.open(str(repository), os.environ)
    store.init(Config(), Message(op="init", subject="begin", actor=Actor("agent:storm"), request="init", at=AT))
    store.close()
    return repository


class Workers:
    """Processes that were started, are ready, and wait for the word."""

    def __init__(self, repository: Path, options: Sequence[Sequence[str]]) -> None:
        self.logs = [repository.parent / f"log-{i}" for i in range(len(options))]
        self._processes = [
            subprocess.Popen(
                [sys.executable, "-m", "tests.faults.worker", str(repository), f"w{i}", str(log), *more],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                cwd=ROOT,
            )
            for i, (log, more) in enumerate(zip(self.logs, options, strict=True))
        ]
        for process in self._processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"

    def run(self) -> float:
        """Let them go, wait for all; the seconds it took."""
        start = time.monotonic()
        for process in self._processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        for process in self._processes:
            process.communicate()
            assert process.returncode == 0, process.args
        return time.monotonic() - start


def judge(storm: Storm, repository: Path, logs: Sequence[Path]) -> Storm:
    """Read the logs and the repository, and say what is wrong, if anything is."""
    acknowledged: dict[str, tuple[int, int]] = {}
    created: set[str] = set()
    known: set[str] = {"init"}
    ends: list[int] = []
    begin = time.monotonic_ns()
    for log in logs:
        last = 0
        for kind, *words in (line.split(" ") for line in log.read_text().splitlines() if line):
            if kind == "ask":
                known.add(words[0])
                begin = min(begin, int(words[1]))
            elif kind == "ok":
                acknowledged[words[0]] = (int(words[1]), int(words[2]))
                created.add(words[3])
                last = int(words[2])
            elif kind == "no":
                storm.refused.append(" ".join(words))
            else:
                storm.healed += 1
        ends.append(last)
    try:
        chain = requests(repository)
    except Unreadable as error:
        storm.found = str(error)
        return storm
    storm.asked, storm.acknowledged, storm.commits = len(known) - 1, len(acknowledged), len(chain)
    storm.per_second = round(storm.acknowledged / max(storm.seconds, 0.001), 1)
    times = sorted(answered - asked for asked, answered in acknowledged.values())
    if times:
        for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1.0)):
            storm.latency_ms[name] = round(times[min(int(len(times) * share), len(times) - 1)] / 1e6, 1)
    took = [end - begin for end in ends if end]
    storm.slowest_to_fastest = round(max(took) / max(min(took), 1), 2) if took else 0.0
    strangers = set(chain) - known
    storm.found = (
        witness(acknowledged, chain)
        or (f"commits nobody asked for: {sorted(strangers)[:5]}" if strangers else None)
        or ("issues of acknowledged writes are missing at the tip" if created - stored(repository) else None)
        or unsound(repository)
        or None
    )
    return storm


def next_write(repository: Path) -> float:
    """Milliseconds of one more write, which has to clean up after the dead; raises if it cannot."""
    log = repository.parent / "log-after"
    store = Repository.open(str(repository), os.environ)
    start = time.monotonic()
    op, id = next(names("after"))
    write(store, op, id, Log(str(log)))
    took = time.monotonic() - start
    store.close()
    assert f"ok {op} " in log.read_text(), log.read_text()
    left = [*repository.glob(".git/refs/jit/*.lock"), *repository.glob(".git/jit/intent*")]
    assert left == [], left
    return round(took * 1000, 1)


@contextmanager
def looping(repository: Path, commands: Sequence[Sequence[str]]) -> Iterator[list[int]]:
    """Run git commands round and round beside the body; yields how often, in a list of one."""
    runs = [0]
    stop = threading.Event()

    def loop() -> None:
        while not stop.is_set():
            for command in commands:
                subprocess.run(["git", *command], cwd=repository, check=False, capture_output=True)
                runs[0] += 1

    thread = threading.Thread(target=loop)
    thread.start()
    try:
        yield runs
    finally:
        stop.set()
        thread.join()


def common_options(options: argparse.Namespace) -> list[str]:
    return ["--backend", options.backend, "--durability", options.durability]


def writers(options: argparse.Namespace, directory: Path) -> Storm:
    """N processes, each writing its share as fast as it can, in one repository."""
    repository = prepare(directory, options.object_format)
    more = [*common_options(options), "--writes", str(options.writes)]
    workers = Workers(repository, [more] * options.processes)
    storm = Storm("writers", options.seed, shown(options))
    with looping(repository, NOISE if options.noise else []) if options.noise else nothing() as runs:
        storm.seconds = round(workers.run(), 2)
    storm.gc_runs = runs[0]
    judge(storm, repository, workers.logs)
    storm.next_write_ms = next_write(repository) if storm.good else 0.0
    return storm


def kills(options: argparse.Namespace, directory: Path) -> Storm:
    """Writers that are killed at random moments and start again, each moment another."""
    repository = prepare(directory, options.object_format)
    share = -(-options.kills // options.writers)
    each = [
        [
            *common_options(options),
            "--kills",
            str(share),
            "--seed",
            str(options.seed + i),
            "--life-ms",
            str(options.life_ms),
        ]
        for i in range(options.writers)
    ]
    workers = Workers(repository, each)
    storm = Storm("kills", options.seed, shown(options), kills=share * options.writers)
    storm.seconds = round(workers.run(), 2)
    storm.next_write_ms = next_write(repository)
    judge(storm, repository, [*workers.logs, repository.parent / "log-after"])
    return storm


def gc(options: argparse.Namespace, directory: Path) -> Storm:
    """Writers beside a loop of the one gc that deletes what nobody refers to yet."""
    repository = prepare(directory, options.object_format)
    more = [*common_options(options), "--writes", str(-(-options.writes // options.writers))]
    workers = Workers(repository, [more] * options.writers)
    storm = Storm("gc", options.seed, shown(options))
    with looping(repository, [["gc", "-q", "--prune=now"]]) as runs:
        storm.seconds = round(workers.run(), 2)
    storm.gc_runs = runs[0]
    judge(storm, repository, workers.logs)
    storm.next_write_ms = next_write(repository) if storm.good else 0.0
    return storm


@contextmanager
def nothing() -> Iterator[list[int]]:
    yield [0]


def shown(options: argparse.Namespace) -> dict[str, object]:
    return {name: value for name, value in vars(options).items() if name not in {"run", "seed", "directory"}}


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    kinds = top.add_subparsers(required=True)
    for run in (writers, kills, gc):
        kind = kinds.add_parser(run.__name__, help=run.__doc__)
        kind.set_defaults(run=run)
        kind.add_argument("--backend", default="files", choices=["files", "libgit2", "plumbing"])
        kind.add_argument("--durability", default="fast" if run is kills else "full", choices=["full", "fast"])
        kind.add_argument("--object-format", default="sha1", choices=["sha1", "sha256"])
        kind.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4)))
        kind.add_argument("--directory", type=Path, default=None, help="where to make the repository")
        kind.add_argument("--writes", type=int, default=480 if run is gc else 1000)
        if run is writers:
            kind.add_argument("--processes", type=int, default=16)
            kind.add_argument("--noise", action="store_true", help="with pack-refs, repack and gc in a loop")
        else:
            kind.add_argument("--writers", type=int, default=8 if run is gc else 4)
        if run is kills:
            kind.add_argument("--kills", type=int, default=10_000)
            kind.add_argument("--life-ms", type=float, default=100, help="a victim lives from 0.5 to so many ms")
    return top


def run(arguments: Sequence[str], directory: Path) -> Storm:
    options = parser().parse_args(arguments)
    storm = options.run(options, directory)
    assert isinstance(storm, Storm)
    return storm


def main() -> None:
    options = parser().parse_args()
    with tempfile.TemporaryDirectory(dir=options.directory, ignore_cleanup_errors=True) as directory:
        storm = run(sys.argv[1:], Path(directory))
    print(json.dumps(asdict(storm), indent=1))
    sys.exit(0 if storm.good else 1)


if __name__ == "__main__":
    main()
