"""Reading plain command lines without click, which takes longer to import than most commands take to answer.

This parser knows no errors and no help: whatever is not plainly right it leaves to click, from the start. A property
test compares the two.
"""

from collections.abc import Iterator, Mapping, Sequence

from git_jit.cli.parameters import Argument, Option


def parse(parameters: Sequence[object], words: Sequence[str]) -> dict[str, object] | None:
    """The values that `words` give to the parameters; None when click must decide."""
    options = [one for one in parameters if isinstance(one, Option)]
    arguments = [one for one in parameters if isinstance(one, Argument)]
    if len(options) + len(arguments) != len(parameters):
        return None  # the command has parameters that only click knows
    values = {option.dest: option.default for option in options}
    names = {name: option for option in options for name in option.every_name}
    places: list[str] = []
    rest = iter(words)
    for word in rest:
        if word == "--":
            places += rest
        elif word == "-" or not word.startswith("-"):
            places.append(word)
        elif not _take(names, values, word, rest):
            return None
    if any(option.required and values[option.dest] is None for option in options):
        return None
    return values if _place(arguments, values, places) else None


def _take(names: Mapping[str, Option], values: dict[str, object], word: str, rest: Iterator[str]) -> bool:
    """Read an option, and its value from `rest` when that stands apart; False when it is not plainly right."""
    if word.startswith("--"):
        name, joined, text = word.partition("=")
    else:
        name, joined, text = word[:2], word[2:], word[2:]
    option = names.get(name)
    if option is None:
        return False
    if option.kind == "flag":
        values[option.dest] = name != option.off
        return not joined
    said = text if joined else next(rest, None)
    if option.bare is not None and not joined and (said or "-").startswith("-"):
        return False  # it stands without a value
    value = None if said is None else option.value_of(said)
    values[option.dest] = (*values[option.dest], value) if option.many else value  # type: ignore[misc]
    return value is not None


def _place(arguments: Sequence[Argument], values: dict[str, object], places: Sequence[str]) -> bool:
    """Give the words without a name to the arguments; False when they do not fit."""
    left = list(places)
    for argument in arguments:
        if argument.required and not left:
            return False
        if argument.choices and left and left[0] not in argument.choices:
            return False
        if argument.many:
            values[argument.dest], left = tuple(left), []
        else:
            values[argument.dest] = left.pop(0) if left else None
    return not left
