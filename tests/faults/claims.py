"""Races for claims, with real processes: `python -m tests.faults.claims local --rounds 1000 --claimers 16`.

`local`: all claimers want the same issue in one repository, round after round; exactly one may get it. `remote`: each
in a clone of its own, where a remote decides; `--troubles 0.3` lets that die three times in ten after it took a claim
and before it said so, or while it holds the lock of the claims; `--network 0.3` puts a network in between that cuts,
delays or swallows three connections in ten. Whoever got no answer asks again, and must get one. `paused`: holders that
are stopped (SIGSTOP) while they write, outlive their lease, and go on; nothing that they write after the takeover may
be accepted. `history`: claims, writes and releases at random, some of them killed; the answers must fit one order
(`wgl`). Each prints one JSON object and ends with status 1 if a promise was broken.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from git_jit.cli.world import new_id, new_ulid, now
from git_jit.errors import JitError
from git_jit.leases import Token
from git_jit.model import Actor, Caller, Commit, Issue, IssueId, Message, Oid, State
from git_jit.ops import claims as ops
from git_jit.ops import holding
from git_jit.ops.choosing import Asked
from git_jit.ops.edit import Patch
from git_jit.ops.issues import update
from git_jit.store.backend import Durability
from git_jit.store.repository import Repository
from git_jit.store.retrying import World
from git_jit.view import Plan
from tests.faults.kit.hosts import deaths, operator, trouble
from tests.faults.kit.machine import fast_place
from tests.faults.kit.network import Fate, chances, lossy
from tests.faults.wgl import NEVER, Event, is_linearizable
from tests.sharing.hosts import http

USER = {"user.name": "Ada", "user.email": "ada@example.org"}
LONG_S = 600
MOST_TRIES = 20
"""A worker that has no answer after so many questions never gets one."""
HASTE = 20
"""Workers pause for a part of the time that is meant for a remote far away."""
LATER_S = 2.0 * LONG_S
"""Well past the time of a lease, on the clock of whoever takes over."""


def caller(name: str, *tokens: str) -> Caller:
    return Caller(
        actor=Actor(f"agent:{name}"), now=now(), new_id=new_id, new_ulid=new_ulid, new_request=new_ulid, tokens=tokens
    )


def repository(path: Path) -> Repository:
    return Repository.open(str(path), os.environ, backend="files", durability=Durability.FAST)


# --- a worker: one line in, one line out ----------------------------------------------------------------------


def work(path: Path, name: str) -> None:
    """`claim ID`, `write TOKEN N`, `release TOKEN`, `loop TOKEN` (writes until one is refused)."""
    store = repository(path)
    store.world = World(time.monotonic, lambda seconds: time.sleep(seconds / HASTE), random.uniform)
    print("ready", flush=True)
    for line in sys.stdin:
        verb, *words = line.split()
        begun = time.monotonic()
        print(_answer(store, name, verb, words), begun, time.monotonic(), flush=True)


def _answer(store: Repository, name: str, verb: str, words: Sequence[str]) -> str:
    try:
        if verb == "claim":
            return str(ops.claim(store, caller(name), Asked(id=words[0], ttl_s=LONG_S)).token)
        token = Token.parse(words[0])
        assert token is not None
        if verb == "release":
            holding.release_all(store, caller(name, words[0]), [token.issue])
            return "done"
        for n in count() if verb == "loop" else [int(words[1])]:
            write(store, name, token, n)
            if verb == "loop":
                print("wrote", n, flush=True)
        return "done"
    except JitError as error:
        return error.code


def write(store: Repository, name: str, token: Token, n: int) -> None:
    """A protected change: it changes something each time."""
    patch = Patch(description=f"{name} {n}")
    update(store, caller(name, str(token)), [token.issue], patch)


class Worker:
    """One such process, seen from outside."""

    def __init__(self, path: Path, name: str) -> None:
        self.name = name
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.claims", "worker", str(path), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "GIT_CONFIG_NOSYSTEM": "1"},
        )

    def ask(self, *words: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(" ".join(words) + "\n")
        self.process.stdin.flush()

    def hear(self) -> list[str]:
        assert self.process.stdout
        return self.process.stdout.readline().split()

    def end(self) -> None:
        with suppress(OSError):
            self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            with suppress(OSError):
                assert stream
                stream.close()


# --- the races --------------------------------------------------------------------------------------------------


@dataclass
class Race:
    """What came of it."""

    kind: str
    options: dict[str, object]
    rounds: int = 0
    winners: int = 0
    refused: int = 0
    other: dict[str, int] = field(default_factory=dict)
    """Answers that are neither, by code: busy or unreachable."""
    wrong: list[str] = field(default_factory=list)
    met: dict[Fate, int] = field(default_factory=dict)
    """What the network did."""
    seconds: float = 0.0
    more: dict[str, object] = field(default_factory=dict)

    @property
    def good(self) -> bool:
        return not self.wrong


def tracker(path: Path, issues: int) -> list[IssueId]:
    """A repository with so many issues that are ready."""
    git = ["git", "-c", "init.defaultBranch=main"]
    subprocess.run([*git, "init", "-q", str(path)], check=True)
    configure(path, USER)
    store = repository(path)
    from git_jit.config import Config

    said = Message(op="init", subject="init", actor=Actor("human:ada"), request=new_ulid(), at=now())
    base = store.init(Config(), said)
    ids = [new_id() for _ in range(issues)]
    made = {id: Issue(id=id, title=f"Issue {n}", state=State.READY, created_at=now()) for n, id in enumerate(ids)}
    said = Message(op="create", subject="create", actor=Actor("human:ada"), request=new_ulid(), at=now())
    store.commit(Plan(issues=made), base=base, message=said)
    store.close()
    return ids


def configure(path: Path, settings: Mapping[str, str]) -> None:
    for key, value in settings.items():
        subprocess.run(["git", "-C", str(path), "config", key, value], check=True)


def ready(workers: Sequence[Worker]) -> None:
    for worker in workers:
        assert worker.hear() == ["ready"], "a worker did not start"


def local(options: argparse.Namespace, directory: Path) -> Race:
    """All claimers in one repository."""
    ids = tracker(directory / "one", options.rounds)
    workers = [Worker(directory / "one", f"w{n}") for n in range(options.claimers)]
    return _race(options, "local", ids, workers, directory / "one")


def remote(options: argparse.Namespace, directory: Path) -> Race:
    """Each claimer in a clone of its own; the remote decides."""
    ids = tracker(directory / "seed", options.rounds)
    hub = directory / "hub.git"
    subprocess.run(["git", "init", "-q", "--bare", str(hub)], check=True)
    push = ["push", "-q", str(hub), "refs/jit/issues:refs/heads/jit/issues"]
    subprocess.run(["git", "-C", str(directory / "seed"), *push], check=True)
    clones = [directory / f"clone{n}" for n in range(options.claimers)]
    for clone in clones:
        subprocess.run(["git", "clone", "-q", str(hub), str(clone)], check=True, capture_output=True)
        configure(clone, {**USER, "jit.claim.authority": "remote:origin"})
        subprocess.run(["git", "-C", str(clone), "update-ref", "refs/jit/issues", "origin/jit/issues"], check=True)
    trouble(hub, options.troubles)
    met: Counter[Fate] = Counter()
    with ExitStack() as around:
        if options.troubles:
            around.enter_context(operator(hub))
        if options.network:
            host = around.enter_context(http(directory))
            address, met = around.enter_context(lossy(host, chances(options.network, options.seed)))
            for clone in clones:
                configure(clone, {"remote.origin.url": f"{address}/{hub.name}", "jit.timeout.idle": "1s"})
        race = _race(options, "remote", ids, [Worker(clone, f"w{n}") for n, clone in enumerate(clones)], hub)
    race.more["deaths"] = deaths(hub)
    race.met = {fate: met[fate] for fate in Fate if met[fate]}
    return race


def _race(
    options: argparse.Namespace, kind: str, ids: Sequence[IssueId], workers: Sequence[Worker], decider: Path
) -> Race:
    race = Race(kind, shown(options))
    begun = time.monotonic()
    took: list[float] = []
    won: list[float] = []
    told: dict[IssueId, dict[str, str]] = {}
    try:
        ready(workers)
        for id in ids:
            for worker in workers:
                worker.ask("claim", id)
            answers = [worker.hear() for worker in workers]
            spans = [(said, float(ended) - float(start)) for said, start, ended in answers]
            took += [span for _, span in spans]
            won += [span for said, span in spans if "/" in said]
            _ask_again(race, id, workers, answers)
            told[id] = {worker.name: answer[0] for worker, answer in zip(workers, answers, strict=True)}
            _judge(race, id, told[id])
    finally:
        for worker in workers:
            worker.end()
    race.seconds = round(time.monotonic() - begun, 1)
    race.more = {"every_ms": spread(took), "winner_ms": spread(won)}
    race.wrong += [*chain_faults(decider), *false_tokens(decider, told)]
    return race


def spread(seconds: Sequence[float]) -> dict[str, float]:
    """The middle, the slowest of 99 in 100 and the slowest of all, in milliseconds."""
    ordered = sorted(seconds) or [0.0]
    places = {"p50": len(ordered) // 2, "p99": int(len(ordered) * 0.99), "slowest": len(ordered) - 1}
    return {name: round(ordered[place] * 1000, 1) for name, place in places.items()}


def _ask_again(race: Race, id: str, workers: Sequence[Worker], answers: list[list[str]]) -> None:
    """Whoever got no answer asks until there is one."""
    for _ in range(MOST_TRIES):
        lost = [n for n, (said, *_) in enumerate(answers) if not _is_answer(said)]
        for n in lost:
            race.other[answers[n][0]] = race.other.get(answers[n][0], 0) + 1
            workers[n].ask("claim", id)
        for n in lost:
            answers[n] = workers[n].hear()
        if not lost:
            return


def _is_answer(said: str) -> bool:
    """Whether somebody was told that they have the issue, or that somebody else does."""
    return "/" in said or said == "claim_held"


def _judge(race: Race, id: str, told: Mapping[str, str]) -> None:
    race.rounds += 1
    winners = sum("/" in said for said in told.values())
    race.winners += winners
    race.refused += sum(said == "claim_held" for said in told.values())
    if winners != 1 or not all(map(_is_answer, told.values())):
        race.wrong.append(f"{winners} winners of {id}: {told}")


def false_tokens(path: Path, told: Mapping[IssueId, Mapping[str, str]]) -> Iterator[str]:
    """Tokens that were told to somebody whom the chain of claims does not name."""
    claims = repository(path).claims()
    tip = claims.tip()
    authority = claims.authority(tip)
    for id, answers in told.items():
        lease = claims.lease(id, tip)
        holder = lease.holder.actor if lease.holder else None
        for name, said in answers.items():
            if "/" in said and (holder, str(Token(authority, id, lease.epoch))) != (f"agent:{name}", said):
                yield f"'{name}' was told {said}, and '{holder}' has epoch {lease.epoch}"


def chain_faults(path: Path) -> list[str]:
    """What is wrong with the chain of claims: epochs rise by at most one a commit and never fall, for each issue."""
    git = ["git", "-C", str(path)]
    args = ["log", "--reverse", "--format=%H", "--name-only", "refs/jit/claims"]
    out = subprocess.run([*git, *args], check=True, capture_output=True, text=True).stdout.split()
    asked = [f"{commit}:{file}" for commit, file in _pairs(out)]
    batch = subprocess.run(
        [*git, "cat-file", "--batch"], input="\n".join(asked), check=True, capture_output=True, text=True
    ).stdout
    epochs: dict[str, int] = {}
    wrong = []
    decoder = json.JSONDecoder()
    at = 0
    for name in asked:
        at = batch.index("\n", at) + 1
        lease, end = decoder.raw_decode(batch, at)
        at = end + 2
        issue, epoch = lease["issue"], lease["epoch"]
        if epoch - epochs.get(issue, 0) not in {0, 1}:
            wrong.append(f"epoch {epoch} after {epochs.get(issue, 0)} in {name}")
        epochs[issue] = epoch
    return wrong


def _pairs(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    commit = ""
    for word in words:
        if word.startswith("claims/"):
            yield commit, word
        elif "/" not in word and "." not in word:
            commit = word


def paused(options: argparse.Namespace, directory: Path) -> Race:
    """Holders that stop in the middle of their writes, and go on when somebody else holds the issue."""
    ids = tracker(directory / "one", options.rounds)
    chance = random.Random(options.seed)
    # A holder may be stopped while others must wait for it.
    configure(directory / "one", {"jit.timeout.queue": "100ms", "jit.timeout.index": "100ms"})
    race = Race("paused", shown(options))
    begun = time.monotonic()
    shift = [0.0]
    store = repository(directory / "one")
    real = store.claims().clock
    store.claims().clock = lambda: (real()[0] + shift[0], real()[1])
    worker = Worker(directory / "one", "holder")
    try:
        ready([worker])
        for id in ids:
            _pause_once(race, store, worker, id, chance, shift)
    finally:
        worker.end()
    race.seconds = round(time.monotonic() - begun, 1)
    race.wrong += chain_faults(directory / "one")
    return race


def _pause_once(
    race: Race, store: Repository, worker: Worker, id: IssueId, chance: random.Random, shift: list[float]
) -> None:
    race.rounds += 1
    worker.ask("claim", id)
    token = worker.hear()[0]
    worker.ask("loop", token)
    worker.hear()  # one write is done: it is in the middle of the next ones
    time.sleep(chance.uniform(0, 0.01))
    os.kill(worker.process.pid, signal.SIGSTOP)
    new = _take_over(race, store, worker, id, shift)
    tip = store.tip()
    os.kill(worker.process.pid, signal.SIGCONT)
    while (said := worker.hear())[0] == "wrote":
        pass
    race.refused += said[0] == "claim_lost"
    if said[0] != "claim_lost":
        race.wrong.append(f"the stopped holder of {id} was told {said[0]}")
    race.winners += new is not None
    late = [commit for commit in _since(store, tip) if commit.trailers.get("Jit-Actor") == "agent:holder"]
    if late:
        race.wrong.append(f"{len(late)} stale writes on {id} after the takeover")


def _take_over(race: Race, store: Repository, worker: Worker, id: IssueId, shift: list[float]) -> Token | None:
    """Look, wait for the whole time of the lease (by the clock of the taker), and take it."""
    while True:
        try:
            with suppress(JitError):
                ops.claim(store, caller("taker"), Asked(id=id))
            shift[0] += LATER_S
            return ops.claim(store, caller("taker"), Asked(id=id)).token
        except JitError as error:  # it was stopped in its turn at the queue, and nobody else can write
            race.other[error.code] = race.other.get(error.code, 0) + 1
            os.kill(worker.process.pid, signal.SIGCONT)
            time.sleep(0.005)
            os.kill(worker.process.pid, signal.SIGSTOP)


def _since(store: Repository, tip: Oid) -> list[Commit]:
    found: list[Commit] = []
    for commit in store.history():
        if commit.oid == tip:
            break
        found.append(commit)
    return found


def history(options: argparse.Namespace, directory: Path) -> Race:
    """Claims, writes and releases at random on a few issues; some workers are killed while they do it."""
    ids = tracker(directory / "one", options.issues)
    chance = random.Random(options.seed)
    race = Race("history", shown(options))
    begun = time.monotonic()
    serial = count()
    workers = [Worker(directory / "one", f"w{next(serial)}") for _ in range(options.claimers)]
    told: dict[str, list[Event]] = {id: [] for id in ids}
    tokens: dict[tuple[str, str], str] = {}
    try:
        ready(workers)
        for _ in range(options.rounds):
            race.rounds += 1
            asked = [(worker, *_ask(worker, chance, ids, tokens)) for worker in workers]
            victim = chance.randrange(len(workers)) if chance.random() < options.kills else None
            if victim is not None:
                time.sleep(chance.uniform(0, 0.02))
                os.kill(workers[victim].process.pid, signal.SIGKILL)
            for n, (worker, verb, id, token, start) in enumerate(asked):
                _note(race, told, tokens, worker.name, verb, id, token, start, worker.hear())
                if n == victim:
                    worker.end()
                    workers[n] = Worker(directory / "one", f"w{next(serial)}")
                    ready([workers[n]])
    finally:
        for worker in workers:
            worker.end()
    for id, events in told.items():
        if not is_linearizable(events):
            race.wrong.append(f"no order fits the {len(events)} answers about {id}")
    race.seconds = round(time.monotonic() - begun, 1)
    race.wrong += chain_faults(directory / "one")
    return race


def _ask(
    worker: Worker, chance: random.Random, ids: Sequence[IssueId], tokens: dict[tuple[str, str], str]
) -> tuple[str, str, str, float]:
    id = chance.choice(ids)
    token = tokens.get((worker.name, id), "")
    verb = chance.choice(["claim", "write", "write", "release", "release"]) if token else "claim"
    start = time.monotonic()
    worker.ask(verb, id if verb == "claim" else token, str(chance.randrange(10**9)))
    return verb, id, token, start


def _note(
    race: Race, told: dict[str, list[Event]], tokens: dict[tuple[str, str], str],
    who: str, verb: str, id: str, token: str, start: float, answer: Sequence[str],
) -> None:  # fmt: skip
    kind = "acquire" if verb == "claim" else verb
    epoch = int(token.rpartition("/")[2] or 0)
    if len(answer) < 3:
        told[id].append(Event(start, NEVER, kind, who, epoch, None))
        race.other["killed"] = race.other.get("killed", 0) + 1
        return
    said, begun, ended = answer[0], float(answer[1]), float(answer[2])
    if "/" in said:
        tokens[who, id] = said
        race.winners += 1
        told[id].append(Event(begun, ended, kind, who, 0, int(said.rpartition("/")[2])))
    elif said in {"done", "claim_held", "claim_lost"}:
        race.refused += said != "done"
        told[id].append(Event(begun, ended, kind, who, epoch, 0 if kind == "acquire" else said == "done"))
    else:
        race.other[said] = race.other.get(said, 0) + 1
        told[id].append(Event(begun, NEVER, kind, who, epoch, None))


def shown(options: argparse.Namespace) -> dict[str, object]:
    return {name: value for name, value in vars(options).items() if name not in {"run", "directory"}}


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    kinds = top.add_subparsers(required=True)
    for run, rounds, claimers in ((local, 1000, 16), (remote, 60, 8), (paused, 500, 1), (history, 200, 8)):
        kind = kinds.add_parser(run.__name__, help=run.__doc__)
        kind.set_defaults(run=run)
        kind.add_argument("--rounds", type=int, default=rounds)
        kind.add_argument("--claimers", type=int, default=claimers)
        kind.add_argument("--seed", type=int, default=20261121)
        kind.add_argument("--directory", type=Path, default=None, help="where to make the repositories")
        if run is remote:
            kind.add_argument("--troubles", type=float, default=0.0, help="of the pushes, how many the host dies in")
            kind.add_argument("--network", type=float, default=0.0, help="of the connections, how many come to harm")
        if run is history:
            kind.add_argument("--issues", type=int, default=16)
            kind.add_argument("--kills", type=float, default=0.1, help="how often a worker dies in a round")
    return top


def run(arguments: Sequence[str], directory: Path) -> Race:
    options = parser().parse_args(arguments)
    race = options.run(options, directory)
    assert isinstance(race, Race)
    return race


def main() -> None:
    if sys.argv[1:2] == ["worker"]:
        work(Path(sys.argv[2]), sys.argv[3])
        return
    options = parser().parse_args()
    place = options.directory or fast_place()
    with tempfile.TemporaryDirectory(dir=place, ignore_cleanup_errors=True) as directory:
        race = run(sys.argv[1:], Path(directory))
    print(json.dumps({**vars(race), "wrong": race.wrong[:10], "good": race.good}, indent=1))
    sys.exit(0 if race.good else 1)


if __name__ == "__main__":
    main()
