"""The shape every command has: a name, help, examples, `--json`, and a function that gets the `App` first."""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any, Final

from git_jit.cli import App
from git_jit.cli.parameters import Option, flag, gathered
from git_jit.cli.table import Entry
from git_jit.log import LEVELS, OFF
from git_jit.record import record, replace

JSON: Final = replace(flag("--json", "Answer as one JSON object."), of_app=True)
LOG_LEVEL: Final = Option(
    names=("--log-level",),
    dest="log_level",
    help="Write a log of at least this importance.",
    kind="choice",
    choices=(*LEVELS, OFF),
    of_app=True,
)
EVERYWHERE: Final = (JSON, LOG_LEVEL)
"""The options of every command."""


@record(kw_only=True)
class Command:
    """One verb, as data. `examples` are shell lines; the first runs in a fresh demo repository."""

    name: str
    help: str
    examples: tuple[str, ...]
    parameters: tuple[Any, ...]
    """`Option` and `Argument`, and click's own where an option needs what only click can do."""
    function: Callable[..., object]

    @property
    def option_names(self) -> frozenset[str]:
        """Every name of every option, click's own among them."""
        names = (one.every_name if isinstance(one, Option) else getattr(one, "opts", ()) for one in self.parameters)
        return frozenset(name for some in names for name in some if name.startswith("-"))

    def run(self, app: App, values: Mapping[str, object]) -> object:
        """Call the function with the values of the parameters."""
        own = dict(values)
        for option in self.parameters:
            if isinstance(option, Option) and option.of_app:
                said = own.pop(option.dest)
                if said != option.default or option is JSON:  # before parsing, a value '--json' was taken for it
                    setattr(app, option.dest, said)
        return self.function(app, **own)


def load(entry: Entry) -> Command:
    """The command of a line of the table."""
    found: Command = getattr(import_module(f"git_jit.cli.{entry.module}"), entry.attribute)
    return found


def command(
    name: str, *, examples: Sequence[str], help: str | None = None
) -> Callable[[Callable[..., object]], Command]:
    """Make a function a `Command`; options and arguments are the decorators below this one.

    Without `help` the function's docstring is it.
    """

    def decorate(function: Callable[..., object]) -> Command:
        return Command(
            name=name,
            help=help or function.__doc__ or "",
            examples=tuple(examples),
            parameters=(*EVERYWHERE, *gathered(function)),
            function=function,
        )

    return decorate
