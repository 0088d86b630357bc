"""The lazy table: every command's name, home and one line of help. A module is imported when its noun is asked for.

The lines of help stand here so that `git jit help` imports nothing; a test compares them with the commands.
"""

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, Final, NamedTuple

import click

from git_jit.cli.command import HELP_WIDTH, Helped


class Entry(NamedTuple):
    """Where a command lives: `module` below `git_jit.cli`, and the name of the click object in it."""

    module: str
    attribute: str
    help: str


class Noun(NamedTuple):
    """A group of commands: its help, the entries, and other names for some of them."""

    help: str
    entries: Mapping[str, Entry]
    aliases: Mapping[str, str] = {}


NOUNS: Final[Mapping[str, Noun]] = {}

TOP: Final[Mapping[str, Entry]] = {
    "version": Entry("start", "version", "Print the version."),
    "help": Entry("start", "help_", "Show the help of a command."),
}

ALIASES: Final[Mapping[str, str]] = {}

SECTIONS: Final[Sequence[tuple[str, Sequence[str]]]] = (("Help", ("help", "version")),)
"""The order of the overview. A test sees to it that every name of the table stands in one of them."""


class Lazy(Helped, click.Group):
    """A group that knows the names of its commands from a table and imports one when it is asked for."""

    def __init__(self, name: str | None, noun: Noun, **kwargs: Any) -> None:
        super().__init__(name, help=noun.help, **kwargs)
        self.noun = noun

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.noun.entries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = self.noun.entries.get(self.noun.aliases.get(cmd_name, cmd_name))
        if entry is None:
            return None
        found: click.Command = getattr(import_module(f"git_jit.cli.{entry.module}"), entry.attribute)
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that `args` begin with. Raises click's `UsageError` with the nearest names."""
        name = args[0]
        found = self.get_command(ctx, name)
        if found is None:
            ctx.fail(_unknown(name, self.names()))
        return self.noun.aliases.get(name, name), found, args[1:]

    def names(self) -> list[str]:
        """Everything that may stand here, aliases too."""
        return [*self.noun.entries, *self.noun.aliases]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in self.noun.entries.items()])


class Root(Lazy):
    """`git jit`: nouns, and short names for the commands of every day."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*NOUNS, *super().list_commands(ctx)]

    def names(self) -> list[str]:
        return [*NOUNS, *super().names()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in NOUNS:
            return Lazy(cmd_name, NOUNS[cmd_name], no_args_is_help=False)
        return super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, names in SECTIONS:
            with formatter.section(title):
                formatter.write_dl([(name, _help_of(name)) for name in names])


def _help_of(name: str) -> str:
    return NOUNS[name].help if name in NOUNS else TOP[name].help


def _unknown(name: str, known: Sequence[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, known, n=3)
    if not near:
        return f"no such command '{name}'"
    return f"no such command '{name}'; did you mean {' or '.join(repr(one) for one in near)}?"


root = Root(
    "git jit",
    Noun("Keep issues inside this git repository.", TOP, ALIASES),
    invoke_without_command=True,
    context_settings={"max_content_width": HELP_WIDTH},
)
