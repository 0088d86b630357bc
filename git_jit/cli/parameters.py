"""What a command line may say, as data: the one table of options.

`clicked` builds click's options from it and `quick` reads plain command lines by it without click, so the two
cannot disagree about a name, a default or a help text.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, Literal, TypeVar

from git_jit.record import field, record

Function = TypeVar("Function", bound=Callable[..., object])

_GATHERED: Final = "__click_params__"
"""Where click's decorators gather the parameters of a function, last one first; ours may stand among them."""


@record(kw_only=True)
class Option:
    """A named parameter. As a decorator it adds itself to the function that will be a command."""

    names: tuple[str, ...]
    dest: str
    """The keyword the function gets the value by."""
    help: str
    kind: Literal["flag", "text", "number", "choice", "word"] = "text"
    """A `word` is a choice that is typed forgivingly: in any case, by its beginning, or by a synonym."""
    off: str | None = None
    """The name that takes a flag back."""
    metavar: str | None = None
    default: object = None
    least: int = 0
    """The smallest number of kind `number`."""
    choices: tuple[str, ...] = ()
    synonyms: Mapping[str, str] = field(default_factory=dict)
    """Other names for choices, of kind `word`."""
    noun: str = ""
    """What one of the words is called, of kind `word`."""
    required: bool = False
    """Must be said."""
    bare: str | None = None
    """The value when the name stands without one; None when it must have one."""
    many: bool = False
    """May be said several times; the value is the tuple of all."""
    of_app: bool = False
    """Sets the attribute `dest` of the `App` when said, and is no business of the function."""

    def __call__(self, function: Function) -> Function:
        return _gather(function, self)

    @property
    def every_name(self) -> tuple[str, ...]:
        return self.names if self.off is None else (*self.names, self.off)

    def value_of(self, text: str) -> object:
        """What `text` means here; None where it is better left to click to judge."""
        match self.kind:
            case "text":
                return text
            case "number":
                plain = text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS
                return int(text) if plain and int(text) >= self.least else None
            case "choice":
                return text if text in self.choices else None
            case "word":
                said = folded(text)
                meant = self.synonyms.get(said) or begun(said, self.choices)
                return meant if isinstance(meant, str) else meant[0] if len(meant) == 1 else None
            case "flag":
                return None


MAX_DIGITS: Final = 18
"""Digits of any number that fits SQLite's 64 bits."""


def folded(word: str) -> str:
    """A word as it is compared: `In-Progress ` is `in_progress`."""
    return word.strip().lower().replace("-", "_").replace(" ", "_")


def begun(said: str, words: Sequence[str]) -> Sequence[str]:
    """The words that a folded word means: itself, else those that begin with it."""
    return [said] if said in words else [word for word in words if said and word.startswith(said)]


@record(kw_only=True)
class Argument:
    """A parameter known by its place. One that takes many values is the last."""

    dest: str
    metavar: str | None = None
    """What stands for it in the synopsis, where one that is not required is put in brackets."""
    many: bool = False
    required: bool = True
    choices: tuple[str, ...] = ()
    """The words it may be; empty for any."""

    def __call__(self, function: Function) -> Function:
        return _gather(function, self)


def switch(name: str, help: str, *, short: str | None = None) -> Option:
    """A flag whose opposite is `--no-…`."""
    return flag(name, help, short=short, off=f"--no-{name.removeprefix('--')}")


def flag(name: str, help: str, *, dest: str | None = None, short: str | None = None, off: str | None = None) -> Option:
    """An option without a value. One with an opposite (`off`) can be taken back."""
    names = (name, short) if short else (name,)
    return Option(names=names, dest=dest or _keyword(name), help=help, kind="flag", off=off, default=False)


def text(
    *names: str, help: str, metavar: str, dest: str | None = None, default: str | None = None, many: bool = False
) -> Option:
    """An option with any text; one that may be said several times gives a tuple."""
    return Option(
        names=names,
        dest=dest or _keyword(names[0]),
        help=help,
        metavar=metavar,
        default=() if many else default,
        many=many,
    )


def number(*names: str, help: str, metavar: str = "N", default: int | None = None, least: int = 0) -> Option:
    """An option with a whole number, `least` or more."""
    return Option(
        names=names, dest=_keyword(names[0]), help=help, kind="number", metavar=metavar, default=default, least=least
    )


def choice(
    name: str, choices: Iterable[str], help: str, *, dest: str | None = None, default: str | None = None
) -> Option:
    """An option with one of some words."""
    return Option(
        names=(name,), dest=dest or _keyword(name), help=help, kind="choice", choices=tuple(choices), default=default
    )


def add(options: Sequence[Option], function: Function) -> Function:
    """Several options at once, in this order."""
    for option in reversed(options):
        option(function)
    return function


def gathered(function: Callable[..., object]) -> tuple[Any, ...]:
    """The parameters that decorators added to a function, in the order they stand above it."""
    return tuple(reversed(getattr(function, _GATHERED, ())))


def _gather(function: Function, parameter: Option | Argument) -> Function:
    attributes = vars(function)
    attributes.setdefault(_GATHERED, []).append(parameter)
    return function


def _keyword(name: str) -> str:
    return name.lstrip("-").replace("-", "_")
