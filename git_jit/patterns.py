"""Regular expressions that arrive with a repository: only those that cannot hang.

Python's `re` backtracks: `(a+)+b` needs exponential time on a line of `a`s, and a pattern in a shared
configuration is somebody else's input. We allow what has a small bound, by counting the choices a match may
have to try: a repetition of open length tries up to `MAX_MATCHED` lengths (8 bits), an optional character or
an alternative doubles the work (1 bit). Groups may not repeat, and look-around and back references are out.
"""

import re
import warnings
from collections.abc import Iterator
from typing import Final

MAX_PATTERN: Final = 200
MAX_MATCHED: Final = 256
"""Characters of a text that is matched; longer ones do not match."""
MAX_BITS: Final = 25
"""2^25 steps of `re` take about half a second at worst. Enough for `v?\\d+\\.\\d+\\.\\d+`."""

_OPEN: Final = 8
"""Bits of a repetition of open length: `MAX_MATCHED` is 2^8."""
_REPEATS: Final = {"*": _OPEN, "+": _OPEN, "?": 1, "|": 1}


def objection(pattern: str, *, anywhere: bool = False) -> str | None:
    """Why `pattern` is not accepted, as the end of a sentence; None if it is.

    `anywhere` says that it will be searched for (`found`), which begins anew at every character.
    """
    if len(pattern) > MAX_PATTERN:
        return f"is longer than {MAX_PATTERN} characters"
    try:
        with warnings.catch_warnings(action="error"):
            re.compile(pattern)
    except (re.error, FutureWarning, DeprecationWarning, OverflowError, RecursionError) as error:
        return f"is not a regular expression: {error}"
    return _danger([*_atoms(pattern)], _OPEN if anywhere else 0)


def _danger(atoms: list[str], bits: int) -> str | None:
    for before, atom, after in zip(["", *atoms], atoms, [*atoms[1:], ""], strict=False):
        if atom[0] == "\\" and atom[1].isdigit():
            return "refers back to a group"
        if before == "(" and atom == "?":
            if after != ":":
                return "uses a group that begins with '(?'"
            continue
        if before == ")" and atom[0] in "*+?{":
            return "repeats a group"
        bits += _REPEATS.get(atom, _OPEN if atom[0] == "{" and "," in atom else 0)
    return "could take too long to match; use fewer of '*', '+', '?' and '|'" if bits > MAX_BITS else None


def matches(pattern: str, text: str) -> bool:
    """Whether the whole of `text` fits `pattern`, which `objection` has accepted."""
    return len(text) <= MAX_MATCHED and re.fullmatch(pattern, text) is not None


def found(pattern: str, text: str) -> bool:
    """Whether `pattern`, read as JSON Schema does, fits somewhere in `text`.

    There `$` is the very end; in Python it also stands before a final newline.
    """
    if pattern.endswith("$") and not pattern.endswith(r"\$"):
        pattern = pattern[:-1] + r"\Z"
    return len(text) <= MAX_MATCHED and re.search(pattern, text) is not None


def _atoms(pattern: str) -> Iterator[str]:
    """Cut a valid pattern into single characters, escapes, classes and `{…}` counts."""
    position = 0
    while position < len(pattern):
        start = position
        match pattern[start]:
            case "\\":
                position += 2
            case "[":
                position = _end_of_class(pattern, start)
            case "{" if "}" in pattern[start:]:
                position = pattern.index("}", start) + 1
            case _:
                position += 1
        yield pattern[start:position]


def _end_of_class(pattern: str, start: int) -> int:
    """Where `[…]` ends; a bracket that comes first, or after `^`, is a member."""
    position = start + 1
    if pattern[position] == "^":
        position += 1
    if pattern[position] == "]":
        position += 1
    while pattern[position] != "]":
        position += 2 if pattern[position] == "\\" else 1
    return position + 1
