"""`version`, `help`, `schema`, `completion`: what answers without a repository."""

import click

from git_jit import __version__, schemas
from git_jit.cli import App
from git_jit.cli.command import command
from git_jit.cli.json_out import minified
from git_jit.cli.parameters import Argument
from git_jit.cli.render import answer


@command("version", examples=["git jit version"])
def version(app: App) -> None:
    """Print the version."""
    answer(app, {"version": __version__}, lambda: f"git-jit version {__version__}\n")


@command("help", examples=["git jit help", "git jit help issue create"])
@click.argument("words", metavar="[COMMAND...]", nargs=-1)
def help_(app: App, words: tuple[str, ...]) -> None:
    """Show the help of a command."""
    from git_jit.cli.nouns import root

    context = click.Context(root, info_name="git jit", obj=app)
    found: click.Command = root
    rest = list(words)
    while rest and isinstance(found, click.Group):
        name, below, rest = found.resolve_command(context, rest)
        assert below is not None  # resolve_command raises for a name it does not know
        found, context = below, click.Context(below, info_name=name, parent=context, obj=app)
    text = found.get_help(context) + "\n"
    answer(app, {"help": text}, lambda: text)


@command("schema", examples=["git jit schema issue"])
@Argument(dest="kind", choices=schemas.KINDS, required=False)
def schema(app: App, kind: str | None) -> None:
    """Print the JSON Schema of a stored document; without a kind, their names."""
    if kind is None:
        answer(app, list(schemas.KINDS), lambda: "".join(f"{name}\n" for name in schemas.KINDS))
    else:
        answer(app, schemas.schema(kind), lambda: minified(schemas.schema(kind)) if app.json else schemas.text(kind))


@command("completion", examples=["git jit completion bash >> ~/.bashrc"])
@Argument(dest="shell", choices=("bash", "zsh", "fish"))
def completion(app: App, shell: str) -> None:
    """Print the completion script of a shell."""
    from git_jit.cli.completion import SCRIPTS

    answer(app, {"script": SCRIPTS[shell]}, lambda: SCRIPTS[shell])
