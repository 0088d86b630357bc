"""One writer of a storm, as a process of its own: `python -m tests.faults.worker REPOSITORY NAME LOG …`.

It waits for a line on its standard input, then writes. `--kills N` makes it a keeper of victims instead: it
forks a child that writes for ever, kills it at a random moment, and starts over, N times. (Forking is safe
here: libgit2 is never loaded in it, and no thread runs.)

Each line of the log is one `write`: `ask <op> <time>` before, `ok <op> <time> <time>` after an acknowledged
write, `no <op> <error>` after one that was refused, `heal` when a dead writer's lock was removed. Times are
nanoseconds of the machine's monotonic clock, the same for all processes.
"""

import argparse
import os
import random
import signal
import sys
import time
from collections.abc import Iterator

from git_jit.errors import JitError
from git_jit.model import Actor, Issue, IssueId, Message, Timestamp
from git_jit.store import LockTimeout, RefConflict, RefLocked
from git_jit.store.backend import Durability
from git_jit.store.locks import RefLock
from git_jit.store.repository import Repository
from git_jit.view import Plan

AT = Timestamp("2026-11-21T09:00:00.000000Z")
PATIENCE_S = 60.0
"""A storm is no place to give up early: what is asked is whether anything is lost, and who starves."""


class Log:
    def __init__(self, path: str) -> None:
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def say(self, *words: object) -> None:
        os.write(self._fd, (" ".join(map(str, words)) + "\n").encode())


def names(prefix: str) -> Iterator[tuple[str, IssueId]]:
    """Operations and the issues they create: unique over all writers and lives."""
    life = os.urandom(4).hex()
    n = 0
    while True:
        n += 1
        yield f"{prefix}-{life}-{n}", IssueId(os.urandom(16).hex())


def write(repository: Repository, op: str, id: IssueId, log: Log) -> None:
    """Create one issue, trying again while others are faster; log what was promised."""
    plan = Plan(issues={id: Issue(id=id, title=op, created_at=AT)})
    message = Message(op="create", subject=f"create {op}", actor=Actor("agent:storm"), request=op, at=AT)
    asked = time.monotonic_ns()
    log.say("ask", op, asked, id)
    while True:
        try:
            repository.commit(plan, base=repository.tip(), message=message)
            log.say("ok", op, asked, time.monotonic_ns(), id)
            return
        except (RefConflict, RefLocked, LockTimeout) as error:
            if time.monotonic_ns() - asked > PATIENCE_S * 1e9:
                log.say("no", op, error.code, error.message)
                return
        except JitError as error:
            log.say("no", op, error.code, error.message, dict(error.details))
            return


def open_repository(options: argparse.Namespace) -> Repository:
    return Repository.open(
        options.repository, os.environ, backend=options.backend, durability=Durability(options.durability)
    )


def write_some(options: argparse.Namespace, log: Log) -> None:
    repository = open_repository(options)
    print("ready", flush=True)
    sys.stdin.readline()
    for (op, id), _ in zip(names(options.name), range(options.writes), strict=False):
        write(repository, op, id, log)
    repository.close()


def live(options: argparse.Namespace, log: Log) -> None:
    repository = open_repository(options)
    for op, id in names(options.name):
        write(repository, op, id, log)


def kill_some(options: argparse.Namespace, log: Log) -> None:
    chance = random.Random(options.seed)
    watch_healing(log)
    first = open_repository(options)
    op, id = next(names(options.name))
    write(first, op, id, log)  # imports everything once, so that victims die while they write
    first.close()
    print("ready", flush=True)
    sys.stdin.readline()
    for _ in range(options.kills):
        child = os.fork()
        if child == 0:
            try:
                live(options, log)
            finally:
                os._exit(1)
        time.sleep(chance.uniform(0.0005, options.life_ms / 1000))
        os.kill(child, signal.SIGKILL)
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != -signal.SIGKILL:
            log.say("no", "child", "ended", "by itself")


def watch_healing(log: Log) -> None:
    heal = RefLock.heal

    def heal_and_tell(self: RefLock) -> bool:
        freed = heal(self)
        if freed:
            log.say("heal")
        return freed

    RefLock.heal = heal_and_tell  # type: ignore[method-assign]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("repository")
    parser.add_argument("name")
    parser.add_argument("log")
    parser.add_argument("--backend", default="files")
    parser.add_argument("--durability", default="full")
    parser.add_argument("--writes", type=int, default=10)
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--life-ms", type=float, default=100)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    log = Log(options.log)
    if options.kills:
        kill_some(options, log)
    else:
        write_some(options, log)


if __name__ == "__main__":
    main()
