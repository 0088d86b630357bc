"""`hooks` and `hook`: what git calls, installing it, and proving that git reaches it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from git_jit.cli import App, options
from git_jit.cli.command import command
from git_jit.cli.parameters import Argument, flag
from git_jit.cli.sanitize import one_line

if TYPE_CHECKING:
    from git_jit.hooks import Scene
    from git_jit.hooks.install import Site, State
    from git_jit.hooks.ladder import Ladder, Step

REFUSED: Final = 4
"""The one exit status by which a hook says no: Python's own 1, for a program that broke, must stop nobody."""
PROBE: Final = "JIT_HOOK_PROBE"
SOME: Final = 1


@command("run", examples=["git jit hooks run pre-commit", "git jit hooks run pre-commit --fix"])
@Argument(dest="name", metavar="HOOK")
@Argument(dest="arguments", metavar="ARGUMENT...", many=True, required=False)
@flag("--fix", "Let open issues follow documents that are staged as renamed or deleted.")
@options.actor
def run(app: App, name: str, arguments: Sequence[str], fix: bool) -> int:
    """Do what a hook of git's does, as git calls it.

    pre-commit, commit-msg, post-merge, pre-push, pre-receive or update, with the arguments and the standard input that
    git gives them (githooks(5)). Exit status 4 when git shall not go on, else 0: also when the hook itself failed,
    unless 'jit.hooks.strict' is set or it is one of a server. JIT_HOOKS=0 switches those of a clone off.
    """
    if token := app.environ.get(PROBE):
        from git_jit.hooks.install import reply

        app.stderr.write(reply(one_line(name), one_line(token)) + "\n")
        return REFUSED
    from git_jit.hooks import running

    answer = running.run(name, _scene(app, tuple(arguments), fix=fix))
    if app.json:
        from git_jit.cli.json_out import envelope

        rows = [{"code": o.code, "subject": o.subject, "message": o.message, "hint": o.hint} for o in answer.objections]
        data = {"hook": name, "refused": answer.refused, "objections": rows, "notes": list(answer.notes)}
        app.stdout.write(envelope(data, total=len(rows), returned=len(rows), ok=not answer.refused))
    else:
        app.stderr.writelines(f"{one_line(line)}\n" for line in answer.lines())
    return REFUSED if answer.refused else 0


def _scene(app: App, arguments: tuple[str, ...], *, fix: bool) -> "Scene":
    from git_jit.hooks import Scene
    from git_jit.store.commits import unix_ms

    return Scene(
        arguments=arguments,
        environ=app.environ,
        cwd=app.cwd,
        read_input=app.stdin.read,
        caller=app.caller,
        now_ms=lambda: unix_ms(app.now()),
        fix=fix,
    )


# --- installing -------------------------------------------------------------------------------------------


@command(
    "install",
    examples=["git jit hooks install", "git jit hooks install --dry-run", "git jit hooks install --server"],
)
@flag("--server", "Install what looks at pushes, in a repository that others push to.")
@options.dry_run
def install(app: App, server: bool, dry_run: bool) -> int:
    """Let git call our hooks, beside those that are there.

    Where a hook manager is found nothing is written, and the lines to add are printed; a hook that is not a shell
    script is left alone. Exit status 1 when something is left for you to do.
    """
    from git_jit.hooks import install as installing

    site = _site(app)
    if site is None:
        return _nothing(app, {"way": None, "hooks": [], "lines": []})
    ladder = installing.install(site, server=server, dry_run=dry_run)
    left = ladder.manager is not None or any(step.deed == "leave" for step in ladder.steps)
    if app.json:
        from git_jit.cli.json_out import envelope

        data = {**_value(ladder), "dry_run": dry_run}
        app.stdout.write(envelope(data, total=len(ladder.names), returned=len(ladder.names), ok=not left))
        return SOME if left else 0
    app.stdout.writelines(f"{line}\n" for line in _told(ladder, dry_run=dry_run))
    return SOME if left else 0


@command("uninstall", examples=["git jit hooks uninstall", "git jit hooks uninstall --dry-run"])
@options.dry_run
def uninstall(app: App, dry_run: bool) -> int:
    """Take our lines out of git's hooks again: what was there before is as it was, byte for byte."""
    from git_jit.hooks import install as installing

    site = _site(app)
    changed = installing.uninstall(site, dry_run=dry_run) if site else []
    if app.json:
        from git_jit.cli.json_out import envelope

        data = {"changed": changed, "dry_run": dry_run}
        app.stdout.write(envelope(data, total=len(changed), returned=len(changed)))
        return 0
    word = "would restore" if dry_run else "restored"
    app.stdout.writelines(f"{word}\t{one_line(path)}\n" for path in changed)
    if not changed:
        app.note("there is nothing of git jit in the hooks")
    return 0


@command("status", examples=["git jit hooks status", "git jit hooks status --json"])
def status(app: App) -> int:
    """Say for each hook whether git reaches it: where that does no harm git itself is asked to run it.

    'runs' is proved, 'found' was not tried, 'unreached' is installed in vain. Exit status 1 unless git reaches all.
    """
    from git_jit.hooks import install as installing

    site = _site(app)
    if site is None:
        return _nothing(app, {"hooks": []})
    states = installing.status(site)
    poor = any(state.reach in {"unreached", "absent"} for state in states)
    if app.json:
        from git_jit.cli.json_out import envelope

        rows = [{"name": s.name, "state": s.reach, "where": s.where or None, "why": s.why or None} for s in states]
        app.stdout.write(envelope({"hooks": rows}, total=len(rows), returned=len(rows), ok=not poor))
        return SOME if poor else 0
    app.stdout.writelines(_state_line(state) for state in states)
    if poor:
        app.note("hint: 'git jit hooks install' installs what is missing, or says what to add")
    return SOME if poor else 0


def _site(app: App) -> "Site | None":
    from git_jit.hooks.install import Site
    from git_jit.store.gitconfig import read_entries

    layout = app.git.layout()
    return Site(layout=layout, environ=app.environ, entries=read_entries(layout, app.environ)) if layout else None


def _nothing(app: App, data: Mapping[str, object]) -> int:
    if app.json:
        from git_jit.cli.json_out import envelope

        app.stdout.write(envelope(data, total=0, returned=0))
    else:
        app.note("there is no git repository to have hooks")
    return 0


def _state_line(state: "State") -> str:
    return "\t".join(one_line(part) for part in (state.name, state.reach, state.where, state.why) if part) + "\n"


def _value(ladder: "Ladder") -> dict[str, object]:
    done = {step.name: step for step in ladder.steps}
    hooks = [
        {"name": name, "done": step.deed if step else None, "why": (step.why or None) if step else None}
        for name, step in ((name, done.get(name)) for name in ladder.names)
    ]
    return {
        "way": ladder.way,
        "manager": ladder.manager.name if ladder.manager else None,
        "hooks": hooks,
        "lines": list(_advice(ladder)),
    }


def _told(ladder: "Ladder", *, dry_run: bool) -> Iterator[str]:
    if ladder.way == "config":
        word = "in place" if ladder.settings is None else "would be set" if dry_run else "set"
        yield from (f"{name}\t{word}\tjit/config" for name in ladder.names)
    words = _PLANNED if dry_run else _DONE
    for step in ladder.steps:
        yield f"{step.name}\t{words[step.deed]}" + (f"\t{step.why}" if step.why else "")
    yield from _advice(ladder)


_DONE: Final[Mapping[str, str]] = {
    "create": "created",
    "insert": "added to what is there",
    "renew": "brought up to date",
    "keep": "in place",
    "leave": "left alone",
}
_PLANNED: Final[Mapping[str, str]] = {
    "create": "would be created",
    "insert": "would be added to what is there",
    "renew": "would be brought up to date",
    "keep": "in place",
    "leave": "would be left alone",
}


def _advice(ladder: "Ladder") -> Iterator[str]:
    """What is left to do by hand, to the letter."""
    if ladder.manager is not None:
        yield f"# hooks are run by {ladder.manager.name} here; nothing was written"
        before = ""
        for name in ladder.names:
            where = ladder.manager.where(name, ladder.directory)
            if where != before:
                place = f", {ladder.manager.place}" if ladder.manager.place else ""
                yield f"# add to '{where}'{place}:"
                before = where
            yield from ladder.manager.lines(name)
        if once := ladder.manager.once(ladder.names):
            yield "# then run:"
            yield from once
    for step in ladder.steps:
        if step.deed == "leave":
            yield from _by_hand(step)


def _by_hand(step: "Step") -> Iterator[str]:
    from git_jit.hooks.blocks import line

    yield f"# let '{step.name}' also run this, with its arguments and standard input; status 4 is a no:"
    yield line(step.name)
