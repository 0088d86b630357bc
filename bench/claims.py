"""Claims: whole commands alone, and how long a claim takes among many who want the same issue.

The race is that of `tests/faults/claims.py`, so what is timed here is also proved there: in each round exactly one of
them gets the issue. Its processes are open already and do not wait for the disk; what a command costs besides is in the
other table.
"""

import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.figures import Figure
from bench.harness import Case, Harness
from bench.workspaces import Workspace
from git_jit.model import State
from tests.faults import claims

RACERS = (1, 16)
REMOTE_RACERS = (1, 8)
"""Clones, of which each pushes by processes of git: more than eight make two cores the thing that is measured."""
ACTOR = ("--actor", "agent:bench")


def run(harness: Harness, workspace: Workspace, scratch: Path, rounds: int) -> list[Figure]:
    """`rounds` is the number of issues that are raced for. Raises `SystemExit` if one has not exactly one winner."""
    ready = [issue.id for issue in workspace.issues if issue.state is State.READY and not issue.gates]
    if not ready:
        raise SystemExit("the workspace has no issue that can be claimed")
    harness.cwd = workspace.path
    alone = harness.measure("claims", _cases(harness, ready[0]), workspace.size)
    elsewhere = _decided_by_a_remote(harness, workspace, scratch)
    across = harness.measure("claims, a remote decides", _cases(harness, ready[0], elsewhere), workspace.size)
    harness.cwd = workspace.path
    found = [*alone, *across]
    for kind, counts in (("local", RACERS), ("remote", REMOTE_RACERS)):
        for count in counts:
            found += _race(kind, scratch / f"{kind}-{count}", count, rounds if kind == "local" else max(rounds // 5, 2))
    return found


def _cases(harness: Harness, id: str, cwd: Path | None = None) -> Sequence[Case]:
    def before(*words: str) -> Callable[[], None]:
        command = ["git", "jit", "claim", *words, *ACTOR]
        return lambda: _prepare(harness, command, cwd)

    def case(name: str, *words: str, prepare: Callable[[], None], silent: bool = False) -> Case:
        words = ("git", "jit", "claim", *words, *ACTOR)
        return Case(name, words, prepare=prepare, silent=silent, cwd=cwd)

    free, held = before("release", id), before("take", id)
    return [
        case("claim take", "take", id, prepare=free),
        case("claim take --next, with a filter", "take", "--next", "-f", f"id:{id}", prepare=free),
        case("claim take, it is one's own", "take", id, prepare=held),
        case("claim renew", "renew", id, prepare=held),
        case("claim check", "check", id, prepare=held),
        case("claim list", "list", prepare=held),
        case("claim release", "release", id, prepare=held),
    ]


def _prepare(harness: Harness, command: Sequence[str], cwd: Path | None) -> None:
    """Bring about what is to be timed; that it is so already is well."""
    subprocess.run(command, cwd=cwd or harness.cwd, env=harness.environment.variables, check=False, capture_output=True)


def _decided_by_a_remote(harness: Harness, workspace: Workspace, scratch: Path) -> Path:
    """A clone of the workspace whose claims are decided by the repository it came from."""
    hub, clone = scratch / "claims-hub.git", scratch / "claims-clone"
    variables = harness.environment.variables
    for words in (
        ["init", "-q", "--bare", str(hub)],
        ["-C", str(workspace.path), "push", "-q", str(hub), "refs/jit/issues:refs/heads/jit/issues"],
        ["clone", "-q", str(hub), str(clone)],
        ["-C", str(clone), "config", "user.name", "Bench"],
        ["-C", str(clone), "config", "user.email", "bench@example.org"],
        ["-C", str(clone), "config", "jit.claim.authority", "remote:origin"],
        ["-C", str(clone), "update-ref", "refs/jit/issues", "origin/jit/issues"],
    ):
        subprocess.run(["git", *words], env=variables, check=True, capture_output=True)
    return clone


def _race(kind: str, place: Path, racers: int, rounds: int) -> list[Figure]:
    place.mkdir(parents=True)
    race = claims.run([kind, "--rounds", str(rounds), "--claimers", str(racers)], place)
    if not race.good or race.winners != rounds:
        raise SystemExit(f"{racers} claimers, {kind}: {race.winners} winners in {rounds} rounds, {race.wrong[:3]}")
    bench = "claims among many" if kind == "local" else "claims among many, a remote decides"
    every, winner = race.more["every_ms"], race.more["winner_ms"]
    assert isinstance(every, dict)
    assert isinstance(winner, dict)
    return [
        Figure(bench, "who gets it, p50", winner["p50"], "ms", racers),
        Figure(bench, "who gets it, p99", winner["p99"], "ms", racers),
        Figure(bench, "an answer, p50", every["p50"], "ms", racers),
        Figure(bench, "an answer, p99", every["p99"], "ms", racers),
        Figure(bench, "rounds with exactly one winner", race.winners, "", racers),
    ]
