"""The shape every command has: `-h`, an example, `--json`, and help that goes through the `App`."""

from collections.abc import Callable, Sequence
from typing import Any, Final, NoReturn, TypeVar

import click

from git_jit.cli import App

HELP_NAMES = ["-h", "--help"]

MIN_HELP_WIDTH, MAX_HELP_WIDTH = 40, 100
"""Columns of a help page; longer lines are hard to read."""

Function = TypeVar("Function", bound=Callable[..., object])


class Helped(click.Command):
    """Prints help to the `App`'s standard output, so that a test reads it like any other output."""

    def get_help(self, ctx: click.Context) -> str:
        """The help page, as wide as the terminal of the `App`; click's own guess looks at another stream."""
        ctx.terminal_width = max(MIN_HELP_WIDTH, min(ctx.find_object(App).size()[0], MAX_HELP_WIDTH))  # type: ignore[union-attr]
        return super().get_help(ctx)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """`-h` and `--help`, printed by `print_help`."""
        if self._help_option is None:
            self._help_option = click.Option(
                HELP_NAMES,
                is_flag=True,
                is_eager=True,
                expose_value=False,
                callback=_help_asked,
                help="Show this help.",
            )
        return self._help_option


class Command(Helped):
    """One verb. `examples` are shell lines, shown as they are; the first runs in a fresh demo repository."""

    def __init__(self, *args: Any, examples: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.examples = tuple(examples)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Show the examples instead of wrapped text."""
        if not self.examples:
            return
        with formatter.section("Example" if len(self.examples) == 1 else "Examples"):
            for line in self.examples:
                formatter.write(f"{'':>{formatter.current_indent}}{line}\n")


def _help_asked(ctx: click.Context, _: click.Parameter, value: object) -> None:
    if value and not ctx.resilient_parsing:
        print_help(ctx)


def print_help(ctx: click.Context) -> NoReturn:
    """Print the help of the context's command, and end."""
    ctx.find_object(App).stdout.write(ctx.get_help() + "\n")  # type: ignore[union-attr]
    ctx.exit()


NEAR: Final = 0.7
"""How alike (`difflib` ratio) a name must be to be suggested; with its 0.6 'clos' suggests 'ls'."""


def did_you_mean(sentence: str, word: str, known: Sequence[str]) -> str:
    """`sentence` with the names that `word` may have been meant to be."""
    from difflib import get_close_matches  # only a mistake pays for it

    near = get_close_matches(word, known, cutoff=NEAR)
    return f"{sentence}; did you mean {' or '.join(map(repr, near))}?" if near else sentence


def command(
    name: str, *, examples: Sequence[str], help: str | None = None, hidden: bool = False
) -> Callable[[Function], Command]:
    """Make a function a `Command`: it gets the `App` first, and every command knows `--json`.

    Without `help` the function's docstring is it.
    """

    def decorate(function: Function) -> Command:
        with_json = json_option(click.make_pass_decorator(App)(function))
        text = help or function.__doc__
        made: Command = click.command(name, cls=Command, help=text, examples=examples, hidden=hidden)(with_json)
        return made

    return decorate


def _set_json(ctx: click.Context, _: click.Parameter, value: object) -> None:
    if value:
        ctx.find_object(App).json = True  # type: ignore[union-attr]


json_option = click.option(
    "--json", is_flag=True, expose_value=False, callback=_set_json, help="Answer as one JSON object."
)
