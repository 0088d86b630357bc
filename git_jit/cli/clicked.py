"""Commands as click has them: full parsing, error messages and help. Imported only when `quick` cannot decide."""

from collections.abc import Callable, Sequence
from typing import Any, Final, NoReturn

import click

from git_jit.cli import App
from git_jit.cli.command import Command
from git_jit.cli.parameters import Argument, Option, begun, folded
from git_jit.errors import UsageError
from git_jit.text import nearest, suggestion

HELP_NAMES = ["-h", "--help"]

MIN_HELP_WIDTH, MAX_HELP_WIDTH = 40, 100
"""Columns of a help page; longer lines are hard to read."""


class Helped(click.Command):
    """Prints help to the `App`'s standard output, so that a test reads it like any other output."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does; a complaint of its parser is told which command it is about."""
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx
            raise

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


class Verb(Helped):
    """A `Command` of ours as click's."""

    def __init__(self, command: Command) -> None:
        parameters = [as_parameter(one) for one in command.parameters]
        super().__init__(command.name, callback=_caller(command), params=parameters, help=command.help)
        self.examples = command.examples

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Show the examples instead of wrapped text."""
        if not self.examples:
            return
        with formatter.section("Example" if len(self.examples) == 1 else "Examples"):
            for line in self.examples:
                formatter.write(f"{'':>{formatter.current_indent}}{line}\n")


def _caller(command: Command) -> Callable[..., object]:
    def call(**values: object) -> object:
        return command.run(click.get_current_context().obj, values)

    return call


def as_parameter(parameter: Option | Argument | click.Parameter) -> click.Parameter:
    """What click calls an option or argument of ours; click's own stay as they are."""
    match parameter:
        case Option():
            return _option(parameter)
        case Argument():
            shown = parameter.metavar
            return click.Argument(
                [parameter.dest],
                metavar=f"[{shown}]" if shown and not parameter.required else shown,
                nargs=-1 if parameter.many else 1,
                required=parameter.required,
                type=Choice(parameter.choices) if parameter.choices else None,
            )
        case _:
            return parameter


def _option(option: Option) -> click.Option:
    first, *others = option.names
    names = [f"{first}/{option.off}" if option.off else first, *others, option.dest]
    kind: dict[str, Any]
    match option.kind:
        case "flag":
            kind = {"is_flag": True}
        case "number":
            kind = {"type": Number(min=option.least)}
        case "choice":
            kind = {"type": Choice(option.choices)}
        case "text":
            kind = {"multiple": option.many}
        case "word":
            kind = {"type": Word(option)}
    if option.bare is not None:
        kind |= {"is_flag": False, "flag_value": option.bare}
    if not option.required:  # click takes any default, None too, for something that was said
        kind["default"] = option.default
    return click.Option(names, help=option.help, metavar=option.metavar, required=option.required, **kind)


class Number(click.IntRange):
    """A whole number; what is none is told without click's words for its types."""

    name = "number"


class Choice(click.Choice[str]):
    """One of some words, spelled as they are; what is none gets a sentence that names the nearest."""

    def get_missing_message(self, param: click.Parameter, ctx: click.Context | None) -> str:
        """Nothing: the words stand in the synopsis, and so in the sentence."""
        return ""

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:
        """The sentence without what click says before it."""
        return f"'{value}'; {suggestion(str(value), self.choices, known='known:')}"


class Word(click.ParamType[Any]):
    """The values of an option of kind `word`; what is none gets a sentence that names the nearest."""

    def __init__(self, option: Option) -> None:
        self.name = option.noun
        self._option = option

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        return self.name.upper()

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The word that `value` means; a click usage error names the nearest."""
        meant = self._option.value_of(str(value))
        return meant if meant is not None else self.fail(self._sentence(str(value)), param, ctx)

    def _sentence(self, value: str) -> str:
        words = self._option.choices
        near = begun(folded(value), words) or [*filter(None, [nearest(value, words)])]
        advice = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(words)}"
        return f"'{value}' is not a {self.name}; {advice}"


def _help_asked(ctx: click.Context, _: click.Parameter, value: object) -> None:
    if value and not ctx.resilient_parsing:
        print_help(ctx)


def print_help(ctx: click.Context) -> NoReturn:
    """Print the help of the context's command, and end."""
    ctx.find_object(App).stdout.write(ctx.get_help() + "\n")  # type: ignore[union-attr]
    ctx.exit()


def invoke(root: click.Group, program: str, arguments: Sequence[str], app: App) -> object:
    """Parse and run. Raises click's complaints as our `UsageError`, and `KeyboardInterrupt` for its `Abort`."""
    try:
        with root.make_context(program, list(arguments), obj=app) as context:
            return root.invoke(context)
    except click.exceptions.Exit as exit:
        return exit.exit_code
    except click.Abort:
        raise KeyboardInterrupt from None
    except click.UsageError as error:
        path = error.ctx.command_path if error.ctx else program
        raise UsageError(_words_of(error), hint=f"'{path} -h' shows the usage") from None
    except click.ClickException as error:
        raise UsageError(_sentence(error.format_message())) from None


def _words_of(error: click.UsageError) -> str:
    if isinstance(error, click.NoSuchOption):
        return did_you_mean(f"no such option '{error.option_name}'", error.option_name, error.possibilities or ())
    return _sentence(error.format_message())


def _sentence(text: str) -> str:
    """The sentence of a click error in git's style: lower case, no full stop."""
    text = text.strip().replace("\n", " ").removesuffix(".")
    return text[:1].lower() + text[1:]


NEAR: Final = 0.7
"""How alike (`difflib` ratio) a name must be to be suggested; with its 0.6 'clos' suggests 'ls'."""


def did_you_mean(sentence: str, word: str, known: Sequence[str]) -> str:
    """`sentence` with the names that `word` may have been meant to be."""
    from difflib import get_close_matches  # only a mistake pays for it

    near = get_close_matches(word, known, cutoff=NEAR)
    return f"{sentence}; did you mean {' or '.join(map(repr, near))}?" if near else sentence
