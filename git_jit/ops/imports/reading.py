"""Files to JSON and text, with every error at its file and line. Nothing is read twice, nothing is executed."""

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from git_jit.canonical import MAX_INT
from git_jit.ops.imports.record import MalformedInput, Problem, SourceMissing

MAX_FILE: Final = 1 << 29
"""Bytes of one file. The largest export known is a hundredth of it; parsed JSON needs about ten times its size."""
REPEATED: Final = "#"
"""An earlier value of a repeated key `k` is found under `k#1`, `k#2`, …"""
_MARKERS: Final = ("<<<<<<< ", ">>>>>>> ", "||||||| ")


class Line(NamedTuple):
    """One JSON object of a file of many."""

    where: str
    number: int
    document: dict[str, Any]


class UnsafeNumber(str):
    """The digits of a number that no stored document may hold: a fraction, or too large to be exact."""

    __slots__ = ()


def read_text(path: str | Path, *, shown: str | None = None) -> str:
    """The text of a file; a byte order mark is dropped. Raises `SourceMissing` or `MalformedInput`."""
    shown = shown or str(path)
    try:
        data = _read(path, shown)
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        raise SourceMissing(f"'{shown}' cannot be read: {reason}", hint="check the path and its permissions") from error
    return decode(data, shown)


def _read(path: str | Path, shown: str) -> bytes:
    with Path(path).open("rb") as file:
        if stat.S_ISDIR(os.fstat(file.fileno()).st_mode):
            raise IsADirectoryError(21, "is a directory")
        data = file.read(MAX_FILE + 1)
    if len(data) > MAX_FILE:
        raise MalformedInput([Problem(shown, None, f"is larger than {MAX_FILE >> 20} MiB")], hint="split the file")
    return data


def decode(data: bytes, shown: str) -> str:
    """UTF-8 as text, line ends as they are. Raises `MalformedInput` with the line of the first wrong byte."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        message = "is not UTF-8 but UTF-16"
        raise MalformedInput([Problem(shown, 1, message)], hint="convert it: 'iconv -f UTF-16 -t UTF-8'")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"is not UTF-8: byte 0x{data[error.start]:02x}"
        raise MalformedInput(
            [Problem(shown, line, message)], hint="convert it with 'iconv', or mend that line"
        ) from None


def json_lines(text: str, shown: str) -> list[Line]:
    """One object a line; blank lines are skipped. Raises `MalformedInput` with every line that is not one."""
    found: list[Line] = []
    problems: list[Problem] = []
    for number, raw in enumerate(text.split("\n"), 1):  # not splitlines: U+2028 may stand in a JSON string
        line = raw.strip(" \t\r")
        if not line:
            continue
        try:
            found.append(Line(f"{shown}:{number}", number, as_object(parse(line))))
        except ValueError as error:
            problems.append(Problem(shown, number, _complaint(line, error)))
    if problems:
        raise MalformedInput(problems)
    return found


def json_file(path: str | Path, shown: str) -> Any:
    """The one value of a file. Raises `SourceMissing` or `MalformedInput`."""
    return json_text(read_text(path, shown=shown), shown)


def json_text(text: str, shown: str) -> Any:
    try:
        return parse(text)
    except json.JSONDecodeError as error:
        marker = first_marker(text)
        number = marker or error.lineno
        raise MalformedInput([Problem(shown, number, CONFLICT if marker else _not_json(error))]) from None
    except ValueError as error:
        line = None if "\n" in text.strip() else 1
        raise MalformedInput([Problem(shown, line, str(error))]) from None


def json_object(path: str | Path, shown: str) -> dict[str, Any]:
    try:
        return as_object(json_file(path, shown))
    except ValueError as error:
        raise MalformedInput([Problem(shown, None, str(error))]) from None


CONFLICT: Final = "holds a conflict marker of a merge"


def first_marker(text: str) -> int | None:
    """The number of the first line that git's merge left as a conflict marker; None without one."""
    if not any(marker in text for marker in _MARKERS):
        return None
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith(_MARKERS):
            return number
    return None


def parse(text: str) -> Any:
    """JSON as Python values, every repeated key kept. Raises `ValueError` and nothing else."""
    try:
        return _DECODER.decode(text)
    except RecursionError:
        raise ValueError("is nested too deeply to be read") from None


def as_object(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    raise ValueError(f"is {_ARTICLES.get(type(value), 'a value')} where an object should be")


def regular_files(folder: Path, suffix: str) -> Iterator[tuple[str, bool]]:
    """The names in `folder` in order, each with whether it is a regular file ending in `suffix`.

    Symbolic links are not: what they lead to may lie outside of the workspace.
    """
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            yield entry.name, entry.name.endswith(suffix) and entry.is_file(follow_symlinks=False)


def printable(name: str) -> str:
    """A file name for the report: bytes that are not UTF-8 (surrogates, in Python) as escapes."""
    return name.encode("utf-8", "backslashreplace").decode()


_ARTICLES: Final = {list: "a list", str: "a string", int: "a number", bool: "true or false", type(None): "null"}


def _complaint(line: str, error: ValueError) -> str:
    if line.startswith(_MARKERS) or line == "=======":
        return CONFLICT
    return _not_json(error) if isinstance(error, json.JSONDecodeError) else str(error)


def _not_json(error: json.JSONDecodeError) -> str:
    return f"is not JSON: {error.msg[:1].lower()}{error.msg[1:]} (column {error.colno})"


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) == len(pairs):
        return result
    last = {key: index for index, (key, _) in enumerate(pairs)}
    for index, (key, value) in enumerate(pairs):
        if last[key] != index:
            result[_free(result, key)] = value
    return result


def _free(taken: dict[str, Any], key: str) -> str:
    number = 1
    while f"{key}{REPEATED}{number}" in taken:
        number += 1
    return f"{key}{REPEATED}{number}"


def _integer(digits: str) -> int | UnsafeNumber:
    if len(digits) <= len(str(-MAX_INT)) and -MAX_INT <= (value := int(digits)) <= MAX_INT:
        return value
    return UnsafeNumber(digits)


def _constant(name: str) -> Any:
    raise ValueError(f"is not JSON: {name} is no number")


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_pairs, parse_int=_integer, parse_float=UnsafeNumber, parse_constant=_constant
)
