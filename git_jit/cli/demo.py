"""`demo`: the main job, command by command, in a scratch repository. Every command is a process of its own."""

import os
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Final, NamedTuple

import click

from git_jit.cli import App
from git_jit.cli.command import command
from git_jit.cli.json_out import envelope
from git_jit.cli.table import TOP
from git_jit.errors import UsageError

if TYPE_CHECKING:
    from git_jit.ops.sample import Sample

FEWEST, MOST = 50, 100_000
"""Fewer issues leave steps without anything to show; more take minutes and gigabytes."""
TIMEOUT_S: Final = 600.0
"""For one command. Importing `MOST` issues takes a tenth of it."""
SHOWN: Final = 6
"""Lines of a command's output: enough to see what it is like, few enough to see all commands on two screens."""
BULK: Final = "label:component:cli state:ready,backlog"


class Step(NamedTuple):
    """A command line (after `git`), why it is shown, and the exit statuses it may end with."""

    why: str
    words: tuple[str, ...]
    promised: frozenset[int] = frozenset({0})


class Done(NamedTuple):
    """What came of a step. Times are those of the whole process, seen from outside."""

    step: Step
    status: int
    milliseconds: int
    out: str
    err: str

    @property
    def kept_promise(self) -> bool:
        return self.status in self.step.promised

    @property
    def line(self) -> str:
        return shlex.join(["git", *self.step.words])


@command(
    "demo",
    examples=["git jit demo", "git jit demo --issues 10000", "git jit demo --keep /tmp/playground"],
)
@click.option(
    "--issues", type=click.IntRange(FEWEST, MOST), default=1_000, show_default=True, metavar="N", help="How many."
)
@click.option("--seed", type=int, default=1, metavar="NUMBER", help="Another number makes another tracker.")
@click.option("--keep", metavar="DIR", help="Make the scratch repository here, and leave it for playing.")
def demo(app: App, issues: int, seed: int, keep: str | None) -> int:
    """Show the main job on a made-up tracker of 1,000 issues, with the time of every command.

    It happens in a scratch repository, which is removed at the end. No repository of yours is touched, and nothing
    has to be configured.
    """
    from git_jit.ops.sample import Profile, sample

    made = sample(Profile(issues=issues, seed=seed))
    place = _place(app, keep)
    try:
        done = list(_play(app, made, place))
    finally:
        if keep is None:
            _remove(place)
    kept_promises = all(one.kept_promise for one in done)
    if app.json:
        data = {"issues": issues, "seed": seed, "directory": place if keep else None, "steps": [*map(_value, done)]}
        app.stdout.write(envelope(data, ok=kept_promises))
    else:
        app.stdout.write(_farewell(place, done, kept=keep is not None))
    return 0 if kept_promises else 1


def _place(app: App, keep: str | None) -> str:
    """An empty directory for the scratch repository."""
    import tempfile

    if keep is None:
        return tempfile.mkdtemp(prefix="git-jit-demo-")
    place = os.path.normpath(os.path.join(app.cwd, keep))
    try:
        os.makedirs(place, exist_ok=True)
        if os.listdir(place):
            raise UsageError(f"'{keep}' is not empty", hint="name a directory that does not exist yet")
    except OSError as error:
        raise UsageError(f"'{keep}' cannot be used: {(error.strerror or 'error').lower()}") from error
    return place


def _remove(place: str) -> None:
    import shutil

    shutil.rmtree(place, ignore_errors=True)


def _play(app: App, made: "Sample", place: str) -> Iterator[Done]:
    """Run the steps one after the other, and show each as soon as it has ended."""
    from git_jit.ops.sample_files import write_workspace

    write_workspace(made, place)
    if not app.json:
        app.stdout.write(f"A scratch repository in {place}, with a made-up tracker of {len(made.issues):,} issues\n")
        app.stdout.write("in the format of the Rust tool below .jit/. Times are those of whole processes.\n")
    environ = _environ(app)

    def show(step: Step) -> Done:
        done = _run(step, place, environ)
        if not app.json:
            app.stdout.write(_shown(done))
            app.stdout.flush()
        return done

    yield from map(show, LOOKING)
    chain = show(CHAIN)
    yield chain
    yield from map(show, _changing(*_ends(chain, made)))


def _bulk(*options: str) -> tuple[str, ...]:
    return ("jit", "issue", "bulk-update", "--filter", BULK, "--state", "in_progress", *options)


LOOKING: Final = (
    Step("Begin, and move in: one commit, whatever the number of issues.", ("init", "--quiet", "-b", "main")),
    Step("", ("jit", "init")),
    Step("", ("jit", "import", "--from", "jit", ".")),
    Step("What is there, and what can be worked on now?", ("jit", "list", "--filter", "type:bug priority:>=high")),
    Step("", ("jit", "query", "ready")),
)
CHAIN: Final = Step(
    "The longest chain of open issues; an edge that would close it to a circle is refused.",
    ("jit", "graph", "critical-path", "--fields", "id,state,title"),
)


def _changing(first: str, last: str) -> Sequence[Step]:
    in_part = frozenset({0, 1})
    return (
        Step("", ("jit", "dep", "add", first, "--on", last), frozenset({5})),
        Step("Change many at once: what would happen? What a rule refuses is told (exit 1).", _bulk("-n"), in_part),
        Step("The same for real: one commit.", _bulk(), in_part),
        Step("Is everything in order?", ("jit", "validate") if "validate" in TOP else ("jit", "status")),
        Step("Take the whole change back, by one more commit.", ("jit", "undo")),
        Step("", ("jit", "log")),
    )


def _ends(chain: Done, made: "Sample") -> tuple[str, str]:
    """The first and the last issue of the chain. Where no open issue waits for another, any edge will do."""
    from git_jit.cli.names import ABBREVIATION

    ids = [line.partition("\t")[0] for line in chain.out.splitlines()]
    if len(ids) < 2:
        ids = next([*issue.dependencies[:1], issue.id] for issue in made.issues if issue.dependencies)
    return ids[0][:ABBREVIATION], ids[-1][:ABBREVIATION]


def _environ(app: App) -> Mapping[str, str]:
    """The environment of the commands: an actor of their own, no other repository, and this very git jit."""
    ours = {name: value for name, value in app.environ.items() if not name.startswith(("GIT_", "JIT_"))}
    ours |= {name: app.environ[name] for name in _KEPT if name in app.environ}
    ours |= {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER") for what, value in _PERSON.items()}
    if app.on_screen:
        ours |= {"GIT_PAGER_IN_USE": "true", "COLUMNS": str(app.size()[0])}
    path = os.pathsep.join([os.path.dirname(sys.executable), ours.get("PATH", os.defpath)])
    return {**ours, "PATH": path, "JIT_ACTOR": "human:demo"}


_KEPT: Final = ("GIT_EXEC_PATH", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM")
"""Where this machine's git and its settings are: with the settings of the user the times are those of the user."""
_PERSON: Final = {"NAME": "Demo", "EMAIL": "demo@example.org"}


def _run(step: Step, place: str, environ: Mapping[str, str]) -> Done:
    from git_jit.store.process import execute

    begun = perf_counter()
    ended = execute(["git", "-C", place, *step.words], environ, input=b"", timeout=TIMEOUT_S)
    milliseconds = round((perf_counter() - begun) * 1000)
    return Done(step, ended.status, milliseconds, ended.out.decode("utf-8", "replace"), ended.err)


def _value(done: Done) -> dict[str, object]:
    return {
        "command": done.line,
        "status": done.status,
        "as_promised": done.kept_promise,
        "milliseconds": done.milliseconds,
        "lines": len(done.out.splitlines()),
    }


def _shown(done: Done) -> str:
    """A step as one would see it at a prompt, with long output cut and the time below."""
    title = f"\n# {done.step.why}\n" if done.step.why else ""
    status = f"exit {done.status}, " if done.status else ""
    lines = [*_cut(done.out.splitlines(), ending=0), *_cut(done.err.splitlines(), ending=1)]
    text = "".join(f"{line}\n" for line in lines)
    surprise = "" if done.kept_promise else "   <- this is not what was promised"
    return f"{title}$ {done.line}\n{text}  [{status}{done.milliseconds} ms]{surprise}\n"


def _cut(lines: Sequence[str], *, ending: int) -> list[str]:
    """At most `SHOWN` lines and one that says how many are missing; the last `ending` ones always."""
    left_out = len(lines) - SHOWN
    if left_out <= 1:
        return list(lines)
    return [*lines[: SHOWN - ending], f"… {left_out} more lines", *lines[len(lines) - ending :]]


def _farewell(place: str, done: Sequence[Done], *, kept: bool) -> str:
    slowest = max(done, key=lambda one: one.milliseconds)
    lines = [f"{len(done)} commands; the slowest: {slowest.line} ({slowest.milliseconds} ms)"]
    if kept:
        lines += [f"The scratch repository is {place}; try: cd {shlex.quote(place)} && git jit ready"]
        lines += [f"Remove it with: rm -rf {shlex.quote(place)}"]
    else:
        lines += [f"The scratch repository {place} is removed; --keep DIR leaves one to play with."]
    return "\n" + "".join(f"{line}\n" for line in lines)
