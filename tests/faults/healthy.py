"""No false alarm: random clones that nothing happened to but ordinary use, each examined after every step.

What `health` judges, what `doctor --deep` looks at (every fourth clone), and what `validate` finds must be nothing.

    python -m tests.faults.healthy --count 1000
    python -m tests.faults.healthy --seed 417 --count 1

It prints one JSON object, and ends with status 1 if a healthy clone was called anything else. A failure names its
seed and the steps that led to it.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from git_jit.config import Config
from git_jit.model import IssueId, Message, Oid
from git_jit.ops.validation import validate
from git_jit.store.backend import Durability
from git_jit.store.backends import BackendName
from git_jit.store.repository import Repository
from git_jit.validate.health import Health, judge
from git_jit.view import Plan
from tests.store.damage import now
from tests.store.gitrepo import REF, git
from tests.store.making import issue, message

MOST_STEPS = 8
BULK = 60
"""Enough for one pack instead of loose files."""
DEEP_IN = 4
"""Every fourth clone is read to the bottom at the end."""


@dataclass
class Life:
    """One clone and what happens to it."""

    base: Path
    random: Random
    path: Path = field(init=False)
    backend: BackendName = "files"
    made: list[IssueId] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    bare: bool = False

    def __post_init__(self) -> None:
        self.path = self.base / "clone"

    def git(self, *words: str) -> str:
        return git(self.path, *words, env=self.environ)

    @property
    def environ(self) -> dict[str, str]:
        return {**os.environ, **({"GIT_DIR": str(self.path)} if self.bare else {})}

    def open(self) -> Repository:
        return Repository.open(str(self.path), self.environ, backend=self.backend, durability=Durability.FAST)

    def publish(self, *ids: IssueId, gone: bool = False) -> None:
        store = self.open()
        title = f"at step {len(self.steps)}, {self.random.random()}"
        try:
            plan = Plan(issues={id: None if gone else issue(id=id, title=title) for id in ids})
            store.commit(plan, base=store.tip(), message=said("update: something"))
        finally:
            store.close()


def said(subject: str) -> Message:
    return now(message(subject=subject))


def begin(life: Life) -> None:
    """A repository of some shape, with issues in it or about to be."""
    shape = life.random.choice(["ordinary", "ordinary", "bare", "sha256"])
    life.bare = shape == "bare"
    if shape == "sha256":
        life.backend = "plumbing"
    words = {"bare": ["--bare"], "sha256": ["--object-format=sha256"]}.get(shape, [])
    life.path.mkdir()
    git(life.path, "init", "-q", *words, ".")
    life.steps.append(shape)
    if life.random.random() < 0.05:
        return  # nobody keeps issues here
    store = life.open()
    store.init(Config(), said("init: begin"))
    store.close()
    life.steps.append("init")


# --- steps ----------------------------------------------------------------------------------------------


def write_one(life: Life) -> None:
    for _ in range(life.random.randint(1, 5)):
        id = IssueId(f"{life.random.getrandbits(128):032x}")
        life.publish(id)
        life.made.append(id)


def write_many(life: Life) -> None:
    ids = [IssueId(f"{life.random.getrandbits(128):032x}") for _ in range(BULK)]
    life.publish(*ids)
    life.made += ids


def edit(life: Life) -> None:
    if life.made:
        life.publish(life.random.choice(life.made))


def delete(life: Life) -> None:
    if life.made:
        life.publish(life.made.pop(), gone=True)


def read(life: Life) -> None:
    store = life.open()
    with store.view() as view:
        view.ids()
    store.close()


def lose_index(life: Life) -> None:
    common = life.path / life.git("rev-parse", "--git-common-dir")  # an absolute path stays what it is
    (common / "jit" / "index.sqlite").unlink(missing_ok=True)


def of_git(*words: str) -> Callable[[Life], None]:
    def step(life: Life) -> None:
        life.git(*words)

    step.__name__ = "git " + " ".join(words)
    return step


def commit_code(life: Life) -> None:
    if not life.bare:
        (life.path / "code.txt").write_text(str(life.random.random()))
        life.git("add", "code.txt")
        life.git("commit", "-q", "-m", "some code")


def into_worktree(life: Life) -> None:
    """Go on in another worktree of the same repository."""
    if not life.bare:
        life.git("commit", "-q", "--allow-empty", "-m", "some code")
        beside = f"../tree-{len(life.steps)}"
        life.git("worktree", "add", "-q", beside)
        life.path = (life.path / beside).resolve()


def copy(life: Life) -> None:
    """Go on in a copy of the whole directory."""
    if (life.path / ".git").is_dir() or life.bare:
        target = life.base / f"copy-{len(life.steps)}"
        shutil.copytree(life.path, target, symlinks=True)
        life.path = target


def add_remote(life: Life) -> None:
    """A hub that has what we have."""
    name = f"hub-{len(life.steps)}"
    hub = life.base / name
    format = life.git("rev-parse", "--show-object-format")
    git(life.base, "init", "-q", "--bare", f"--object-format={format}", name)
    life.git("remote", "add", name, str(hub))
    life.git("push", "-q", name, f"{REF}:refs/heads/jit/issues")
    life.git("update-ref", f"refs/remotes/{name}/jit/issues", REF)


def own_hooks(life: Life) -> None:
    """Hooks of somebody else, in a place of their own."""
    hooks = life.path / ".husky"
    hooks.mkdir(exist_ok=True)
    (hooks / "pre-commit").write_text("#!/bin/sh\nexit 0\n")
    (hooks / "pre-commit").chmod(0o755)
    life.git("config", "core.hooksPath", ".husky")


def another_backend(life: Life) -> None:
    if life.backend != "plumbing" or life.git("rev-parse", "--show-object-format") == "sha1":
        life.backend = life.random.choice(["files", "files", "libgit2", "plumbing"])


STEPS: tuple[tuple[Callable[[Life], None], int], ...] = (
    (write_one, 8),
    (edit, 3),
    (delete, 1),
    (read, 2),
    (write_many, 1),
    (lose_index, 1),
    (of_git("gc", "-q"), 1),
    (of_git("gc", "-q", "--prune=now"), 1),
    (of_git("pack-refs", "--all"), 1),
    (of_git("pack-refs", "--all", "--prune"), 1),
    (of_git("repack", "-a", "-d", "-q"), 1),
    (of_git("reflog", "expire", "--all"), 1),
    (of_git("prune"), 1),
    (of_git("config", "gc.reflogExpire", "30.days"), 1),
    (commit_code, 2),
    (into_worktree, 1),
    (copy, 1),
    (add_remote, 1),
    (own_hooks, 1),
    (another_backend, 1),
)
"""What may happen, and how often."""


# --- running --------------------------------------------------------------------------------------------


class FalseAlarm(Exception):
    """A healthy clone was called something else."""


def live(seed: int, base: Path) -> Life:
    """One life. Raises `FalseAlarm` with the seed and the steps."""
    life = Life(base, Random(seed))
    begin(life)
    examine(life, seed)
    kinds, weights = zip(*STEPS, strict=True)
    if "init" in life.steps:
        for step in life.random.choices(kinds, weights, k=life.random.randint(1, MOST_STEPS)):
            life.steps.append(step.__name__)
            step(life)
            examine(life, seed)
    if seed % DEEP_IN == 0:
        examine(life, seed, deep=True)
    return life


def examine(life: Life, seed: int, *, deep: bool = False) -> None:
    store = life.open()
    try:
        before: Oid | None = store.backend.ref(REF)
        judgement = judge(store.survey(deep=deep))
        found = validate(store).findings if before else ()
        assert store.backend.ref(REF) == before
    finally:
        store.close()
    if judgement.state is not Health.HEALTHY or found:
        findings = (*(item.finding for item in judgement.items), *found)
        told = dict.fromkeys(f"{finding.code}: '{finding.subject}' {finding.message}" for finding in findings)
        raise FalseAlarm(f"seed {seed}, after {', '.join(life.steps)}: {'; '.join(told)}")


def run(seeds: Sequence[int]) -> dict[str, object]:
    """All of them; what was done and what was found."""
    start, alarms, steps = time.monotonic(), [], Counter[str]()
    for seed in seeds:
        with tempfile.TemporaryDirectory(prefix="jit-healthy-") as directory:
            try:
                steps.update(live(seed, Path(directory)).steps)
            except FalseAlarm as alarm:
                alarms.append(str(alarm))
    seconds = round(time.monotonic() - start, 1)
    return {
        "clones": len(seeds),
        "looks": sum(steps.values()),
        "false_alarms": alarms,
        "seconds": seconds,
        "steps": steps,
    }


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0, help="of the first clone")
    options = parser.parse_args(arguments)
    found = run(range(options.seed, options.seed + options.count))
    print(json.dumps(found))
    return 1 if found["false_alarms"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
