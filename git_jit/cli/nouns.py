"""The table as click groups. A command's module is imported when the command is asked for, never before."""

from typing import Any, Final

import click

from git_jit.cli.clicked import Helped, Verb, did_you_mean, print_help
from git_jit.cli.command import load
from git_jit.cli.table import ALIASES, NOUNS, SECTIONS, TOP, Noun, help_of

USAGE: Final = "Keep issues inside this git repository."
MORE: Final = "'git jit help COMMAND' tells more of one, and 'git help jit' opens the manual."


class Lazy(Helped, click.Group):
    """A group that knows the names of its commands from the table."""

    def __init__(self, name: str, noun: Noun, **kwargs: Any) -> None:
        super().__init__(name, help=noun.help, subcommand_metavar="COMMAND ...", **kwargs)
        self.noun = noun

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.noun.entries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = self.noun.entries.get(self.noun.aliases.get(cmd_name, cmd_name))
        if entry is None:
            return None
        return Verb(load(entry))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """A noun alone is a question: what can it do?"""
        if not args:
            print_help(ctx)
        return super().parse_args(ctx, list(self.noun.spelled_out(args)))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that `args` begin with. Raises click's `UsageError` with the nearest names."""
        found = self.get_command(ctx, args[0])
        if found is None:
            ctx.fail(did_you_mean(f"no such command '{args[0]}'", args[0], self.names()))
        return self.noun.aliases.get(args[0], args[0]), found, args[1:]

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
            return Lazy(cmd_name, NOUNS[cmd_name])
        return super().get_command(ctx, cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As of any group; who forgot the noun is told it."""
        name = args[0]
        homes = [f"'{noun} {name}'" for noun, group in NOUNS.items() if name in {*group.entries, *group.aliases}]
        if homes and name not in self.names():
            ctx.fail(f"no such command '{name}'; did you mean {' or '.join(homes)}?")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, names in SECTIONS:
            with formatter.section(title):
                formatter.write_dl([(name, help_of(name)) for name in names])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_paragraph()
        formatter.write_text(MORE)


root = Root("git jit", Noun(USAGE, TOP, ALIASES))
