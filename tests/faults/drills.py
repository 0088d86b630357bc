"""Recovery drills: every way to lose the ref, its reflog, the anchors and the remote's copy, and one command after it.

    python -m tests.faults.drills --commits 10000
    python -m tests.faults.drills --commits 10000 --damage garbage
    python -m tests.faults.drills --commits 10000 --damage rewind

Prints a table: what was lost, which source the command used, how long it took, and what was lost for good. The
high-water mark is lost in every drill, for it would make each of them easy. Ends with status 1 if an issue or a commit
is lost, or one of the 15 takes longer than `--limit` seconds; unpacking a bundle may take longer.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Final

from git_jit import codec
from git_jit.clock import Clock
from git_jit.config import Config
from git_jit.model import Actor, Issue, IssueId, Message, Oid, Timestamp
from git_jit.store import commits, issue_path
from git_jit.store.anchors import EVERY_COMMITS, RING, slots
from git_jit.store.backend import Kind, Object
from git_jit.store.bundle import create
from git_jit.store.repository import Repository
from git_jit.store.tree import make, splice

ROOT = Path(__file__).resolve().parents[2]
PARTS: Final = ("ref", "reflog", "anchors", "remote")
SUBSETS: Final = tuple(subset for size in range(1, 5) for subset in combinations(PARTS, size))
"""All 15 that are not empty."""
REF: Final = "refs/jit/issues"
TRACKING: Final = "refs/remotes/origin/jit/issues"
WHO: Final = "Ada Lovelace <ada@example.org>"
START: Final = 1_790_000_000
UNPUSHED: Final = 5
"""Commits that the remote has not."""


class Heap:
    """Objects in a dictionary, to build a history from."""

    object_format = "sha1"

    def __init__(self) -> None:
        self.stored: dict[Oid, Object] = {}

    def read(self, oid: Oid) -> Object:
        return self.stored[oid]

    def read_many(self, oids: Iterable[Oid]) -> Iterator[Object | Oid]:
        return (self.stored[oid] for oid in oids)


def build(place: Path, count: int) -> list[Oid]:
    """A repository with a history of `count` commits, as it would be after as many writes; oldest commit first."""
    environ = {**os.environ, "HOME": str(place)}
    for words in (["init", "-q"], ["config", "user.name", "Ada"], ["config", "user.email", "ada@example.org"]):
        subprocess.run(["git", *words], cwd=place, check=True, env=environ)
    store = Repository.open(str(place), environ)
    store.init(Config(), _message(0, "init"))
    heap, line = _history(store, count)
    store.backend.write_pack(list(heap.stored.values()), store._chosen.durability).release()
    _name(place, store, line)
    store.close()
    return line


def _history(store: Repository, count: int) -> tuple[Heap, list[Oid]]:
    heap = Heap()
    root = store.tip()
    line, top = [root], store.read_commit(root).tree
    for oid in (top, *(Oid(e) for e in _tree_entries(store, top))):
        heap.stored[oid] = store.backend.read(oid)
    for number in range(1, count):
        id = IssueId(f"{number * 7919 % 400:03x}" * 10 + "ab")
        issue = Issue(id=id, title=f"step {number}", created_at=Timestamp("2026-11-21T09:00:00.000000Z"))
        top, made = splice(heap, top, {issue_path(id): codec.encode_issue(issue)})
        heap.stored |= {one.oid: one for one in made}
        data = commits.encode(
            tree=top,
            parents=[line[-1]],
            author=WHO,
            committer=WHO,
            message=_message(number, f"update: step {number}"),
            clock=Clock((START + number) * 1000, 0, "abcdef"),
        )
        commit = make(Kind.COMMIT, data, "sha1")
        heap.stored[commit.oid] = commit
        line.append(commit.oid)
    return heap, line


def _tree_entries(store: Repository, tree: Oid) -> list[str]:
    from git_jit.store.tree import parse

    return [entry.oid for entry in parse(store.backend.read(tree).data)]


def _message(number: int, subject: str) -> Message:
    at = Timestamp(time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime(START + number)))
    return Message(op="update", subject=subject, actor=Actor("human:ada"), request=f"request-{number}", at=at)


def _name(place: Path, store: Repository, line: Sequence[Oid]) -> None:
    """Reference, reflog, anchors and the remote's copy, as so many writes would have left them."""
    entries = [
        f"{old} {new} {WHO} {START + number} +0000\tjit: step\n"
        for number, (old, new) in enumerate(zip(["0" * 40, *line], line, strict=False))
    ]
    (place / ".git/logs" / REF).write_text("".join(entries))
    (place / ".git" / REF).write_text(f"{line[-1]}\n")
    anchored = line[::EVERY_COMMITS][-RING:]
    changes = [f"update {slot} {oid}\n" for slot, oid in zip(slots(), anchored, strict=False)]
    changes.append(f"update {TRACKING} {line[max(len(line) - 1 - UNPUSHED, 0)]}\n")
    subprocess.run(["git", "update-ref", "--stdin"], cwd=place, input="".join(changes), text=True, check=True)
    (place / ".git/jit/high-water").unlink(missing_ok=True)


@dataclass(frozen=True)
class Drill:
    """What one drill lost, and what the command made of it."""

    lost: tuple[str, ...]
    source: str
    seconds: float
    cpu: float
    """Seconds of processor time: what the command takes on a machine that has nothing else to do."""
    commits_lost: int
    issues_lost: int
    said: str = ""


def lose(place: Path, parts: Sequence[str], damage: str, line: Sequence[Oid]) -> None:
    """Take these parts away: the reference by deleting it, by writing garbage into it, or by moving it back."""
    git = place / ".git"
    if "ref" in parts:
        path = git / REF
        match damage:
            case "delete":
                path.unlink()
            case "garbage":
                path.write_bytes(b"\0" * 41)
            case _:
                path.write_text(f"{line[len(line) // 2]}\n")
                (git / "jit/high-water").write_text(f"{line[-1]} 1 {int(time.time())} {REF}\n")
    if "reflog" in parts:
        (git / "logs" / REF).unlink()
    names = [*(slots() if "anchors" in parts else ()), *((TRACKING,) if "remote" in parts else ())]
    deletions = "".join(f"delete {name}\n" for name in names)
    subprocess.run(["git", "update-ref", "--stdin"], cwd=place, input=deletions, text=True, check=True)


def drill(
    origin: Path, line: Sequence[Oid], parts: Sequence[str], *, damage: str = "delete", gc: bool = False
) -> Drill:
    """Lose these parts in a copy of the repository, recover by one command, and count. With `gc` git throws away
    what nothing leads to any more, before the command runs.
    """
    place = Path(tempfile.mkdtemp(prefix="drill.", dir=origin.parent))
    try:
        shutil.copytree(origin, place, dirs_exist_ok=True)
        lose(place, parts, damage, line)
        if gc:
            subprocess.run(["git", "gc", "-q", "--prune=now"], cwd=place, check=True)
        return _recovered(place, line, tuple(parts))
    finally:
        shutil.rmtree(place)


def _recovered(place: Path, line: Sequence[Oid], parts: tuple[str, ...]) -> Drill:
    start, before = time.perf_counter(), _children()
    done = subprocess.run(
        [sys.executable, "-m", "git_jit", "recover", "--apply", "--json"],
        cwd=place, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    seconds, cpu = time.perf_counter() - start, _children() - before
    answer = json.loads(done.stdout)
    if not answer["ok"]:
        return Drill(parts, "none", seconds, cpu, len(line), 1, done.stdout)
    data = answer["data"]
    chosen = next((one for one in data["candidates"] if one["commit"] == data["chosen"]), None)
    tip = subprocess.run(
        ["git", "rev-parse", REF], cwd=place, capture_output=True, text=True, check=True
    ).stdout.strip()
    lost = len(line) - 1 - line.index(Oid(tip))
    return Drill(
        parts, chosen["sources"][0] if chosen else "was there", seconds, cpu, lost, _issues_lost(place, line[-1])
    )


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _issues_lost(place: Path, tip: Oid) -> int:
    """Issues of the former tip that are not there in the same bytes."""
    listings = [
        subprocess.run(["git", "ls-tree", "-r", rev, "issues/"], cwd=place, capture_output=True, text=True, check=False)
        for rev in (tip, REF)
    ]
    before, after = (set(listing.stdout.splitlines()) for listing in listings)
    return len(before - after) if before else 1


def bundled(place: Path) -> None:
    """Keep everything in a bundle at the default place."""
    store = Repository.open(str(place), os.environ)
    create(store, None, Timestamp("2026-11-21T09:00:00.000000Z"))
    store.close()


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--commits", type=int, default=10_000)
    parser.add_argument("--damage", choices=("delete", "garbage", "rewind"), default="delete")
    parser.add_argument("--limit", type=float, default=2.0, help="seconds for one command")
    asked = parser.parse_args(words)
    with tempfile.TemporaryDirectory(prefix="drills.") as directory:
        origin = Path(directory, "origin")
        origin.mkdir()
        line = build(origin, asked.commits)
        found = [drill(origin, line, subset, damage=asked.damage) for subset in SUBSETS]
        bundled(origin)
        last = drill(origin, line, PARTS, damage=asked.damage, gc=asked.damage == "delete")
    rows = [(" ".join(one.lost), one) for one in found] + [("all, then gc; a bundle is left", last)]
    print(f"{'lost':<32}{'source used':<28}{'seconds':>8}{'cpu':>7}{'commits lost':>14}{'issues lost':>13}")
    for name, one in rows:
        print(
            f"{name:<32}{one.source[-26:]:<28}{one.seconds:>8.2f}{one.cpu:>7.2f}{one.commits_lost:>14}{one.issues_lost:>13}{one.said}"
        )
    bad = [
        one for _, one in rows if one.commits_lost or one.issues_lost or (one is not last and one.seconds > asked.limit)
    ]
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
