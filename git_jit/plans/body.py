"""What stands below the title of an outline's issue: further fields in a block of code, then the description.

A description stands as it is. One in which a line would be taken for something else (a heading, a task) is quoted
whole: each line begins with `>`.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from git_jit.canonical import Malformed, loads
from git_jit.model import Json
from git_jit.plans.front import Complain
from git_jit.record import field, record

BLOCK: Final = "jit"
"""The info string of the block of code that holds fields as JSON."""
QUOTE: Final = ">"

_OPENING: Final = re.compile(r"(`{3,}|~{3,})[ \t]*" + BLOCK + r"[ \t]*$")


@record(kw_only=True)
class Body:
    """What the lines below a title say."""

    line: int = 0
    """The first of them, from 0."""
    text: str = ""
    fields: Mapping[str, Json] = field(default_factory=dict)


def read_body(lines: Sequence[tuple[int, str]], complain: Complain, *, dedent: bool) -> Body:
    """Fields and description in numbered lines. `dedent`: their common indentation is none of the text."""
    rest = _trimmed(list(lines))
    if not rest:
        return Body()
    if dedent:
        margin = min(len(text) - len(text.lstrip(" ")) for _, text in rest if text.strip())
        rest = [(number, text[margin:]) for number, text in rest]
    first = rest[0][0]
    fields: dict[str, Json] = {}
    if opening := _OPENING.match(rest[0][1]):
        length = next((n for n, (_, text) in enumerate(rest) if n and text.strip() == opening[1]), None)
        if length is None:  # the outline tells that it is never closed
            return Body(line=first)
        fields = _fields(rest[1:length], first, complain)
        rest = _trimmed(rest[length + 1 :])
    return Body(line=first, text=_unquoted([text for _, text in rest]), fields=fields)


def _fields(lines: Sequence[tuple[int, str]], first: int, complain: Complain) -> dict[str, Json]:
    # Empty lines in front make the reader count the lines of the file.
    text = "\n" * (first + 1) + "\n".join(text for _, text in lines)
    try:
        value = loads(text.encode(errors="surrogatepass"))
    except Malformed as error:
        complain(first, 0, f"holds fields: '{error.details['path']}' {error.details['reason']}")
        return {}
    if isinstance(value, dict):
        return value
    complain(first, 0, "must hold the fields as a JSON object")
    return {}


def _trimmed(lines: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """`lines` without blank ones at both ends."""
    start, end = 0, len(lines)
    while start < end and not lines[start][1].strip():
        start += 1
    while end > start and not lines[end - 1][1].strip():
        end -= 1
    return lines[start:end]


def _unquoted(lines: list[str]) -> str:
    if any(lines) and all(line.startswith(QUOTE) or not line.strip() for line in lines):
        lines = [line[1:].removeprefix(" ") for line in lines]
    return "\n".join(lines)
