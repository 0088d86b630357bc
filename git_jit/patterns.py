"""Regular expressions that arrive with a repository: matched in time that grows with the text, never with its powers.

Python's `re` goes back and tries again: `(a+)+b` needs exponential time on a line of `a`s, so do 25 optional
characters, and a pattern in a shared configuration is somebody else's input. Here a pattern becomes a machine of
states, and all ways through a text are followed side by side (K. Thompson, "Regular Expression Search Algorithm",
CACM 11, 1968). What a character, a class or an anchor means is still asked of `re`, one at a time. What such a machine
cannot do is refused: look-around, references back, and repetitions that never give back. (RE2 does the same; it would
be a compiled dependency of every installation, with other classes than the `re` by which labels were judged so far.)
"""

import re
import warnings
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any, Final, NamedTuple, TypeAlias

from git_jit.record import record

MAX_PATTERN: Final = 200
MAX_MATCHED: Final = 256
"""Characters of a text that is matched; longer ones do not match. Labels have at most 128."""
MAX_PARTS: Final = 1_000
"""Parts of a pattern once its repetitions are written out: a character of a text costs at most a look at each."""

_PIECE: Final = r"""
    \\(?:x..|u.{4}|U.{8}|N\{[^}]*\}|.)       # an escape
    |\[\^?\]?(?:\\.|[^\]\\])*\]              # a class; a bracket that comes first is a member
    |\{(?:\d+|\d*,\d*)\}                     # how often
    |."""
"""Not compiled yet: every command loads the rules, and few rules have a pattern."""
_REPEATS: Final = {"*": (0, None), "+": (1, None), "?": (0, 1)}


class _Refused(Exception):
    """Why a pattern is not accepted, as the end of a sentence."""


@record
class _Either:
    """One of these."""

    ways: Sequence[Any]  # `_Node`, which comes below; in quotes it would be compiled at every start


@record
class _Times:
    """`part` so many times; `most` None: any number."""

    part: Any  # `_Node`
    least: int
    most: int | None


_Node: TypeAlias = "re.Pattern[str] | list[_Node] | _Either | _Times"
"""A part of a pattern: one character or anchor, parts in a row, one of several, or a repetition."""


class _State(NamedTuple):
    test: re.Pattern[str] | None
    """What must stand here: a character, or nothing but a place (`^`); None: go on at once."""
    after: tuple[int, ...]


class _Machine(NamedTuple):
    """State 0 is the end."""

    states: Sequence[_State]
    start: int


def objection(pattern: str) -> str | None:
    """Why `pattern` is not accepted, as the end of a sentence; None if it is."""
    if len(pattern) > MAX_PATTERN:
        return f"is longer than {MAX_PATTERN} characters"
    try:
        with warnings.catch_warnings(action="error"):
            re.compile(pattern)
        _machine(pattern)
    except (re.error, FutureWarning, DeprecationWarning, OverflowError, RecursionError) as error:
        return f"is not a regular expression: {error}"
    except _Refused as error:
        return str(error)
    return None


def matches(pattern: str, text: str) -> bool:
    """Whether the whole of `text` fits `pattern`, which `objection` has accepted."""
    return _run(pattern, text, anywhere=False)


def occurs(pattern: str, text: str) -> bool:
    """Whether `pattern`, which `objection` has accepted, fits somewhere in `text`, as JSON Schema asks."""
    return _run(pattern, text, anywhere=True)


def found(pattern: str, text: str) -> bool:
    """The same for a pattern of our own, which is known to be harmless: fast, by `re`.

    In JSON Schema `$` is the very end; in Python it also stands before a final newline.
    """
    return len(text) <= MAX_MATCHED and _own(pattern).search(text) is not None


@cache
def _own(pattern: str) -> re.Pattern[str]:
    if pattern.endswith("$") and not pattern.endswith(r"\$"):
        pattern = pattern[:-1] + r"\Z"
    return re.compile(pattern)


@lru_cache(maxsize=4096)
def _run(pattern: str, text: str, *, anywhere: bool) -> bool:
    """Remembered, for the same few labels come again and again."""
    if len(text) > MAX_MATCHED:
        return False
    machine = _machine(pattern)
    here: set[int] = {machine.start}
    for at in range(len(text) + 1):
        next_: set[int] = {machine.start} if anywhere else set()
        seen: set[int] = set()
        while here:
            number = here.pop()
            if number in seen:
                continue
            seen.add(number)
            test, after = machine.states[number]
            fit = test.match(text, at) if test else None
            if test is None or (fit and fit.end() == at):
                here.update(after)
            elif fit:
                next_.update(after)
        if 0 in seen and (anywhere or at == len(text)):
            return True
        here = next_
    return False


@lru_cache(maxsize=256)
def _machine(pattern: str) -> _Machine:
    """The machine of a pattern that `re` accepts. Raises `_Refused`."""
    building = _Building()
    pieces = re.findall(_PIECE, pattern, re.VERBOSE | re.DOTALL)
    start = building.before(0, _Reading(pieces).either())
    return _Machine(building.states, start)


class _Building:
    """A machine in the making, from its end to its beginning."""

    def __init__(self) -> None:
        self.states = [_State(None, ())]
        self._left = MAX_PARTS
        """Parts are counted, not states: one may be empty, and repeated a million times."""

    def before(self, after: int, node: _Node) -> int:
        """Put the states of `node` before the state `after`; the number of the first of them."""
        self._left -= 1
        if self._left < 0:
            raise _Refused(f"stands for more than {MAX_PARTS} characters; repeat less often")
        match node:
            case re.Pattern():
                return self._add(node, after)
            case list():
                for part in reversed(node):
                    after = self.before(after, part)
                return after
            case _Either(ways=ways):
                return self._add(None, *(self.before(after, way) for way in ways))
            case _Times():
                return self._repeated(after, node)

    def _repeated(self, after: int, times: _Times) -> int:
        end = after
        if times.most is None:
            after = self._add(None)
            self.states[after] = _State(None, (self.before(after, times.part), end))
        for _ in range((times.most or times.least) - times.least):
            after = self._add(None, self.before(after, times.part), end)
        for _ in range(times.least):
            after = self.before(after, times.part)
        return after

    def _add(self, test: re.Pattern[str] | None, *after: int) -> int:
        self.states.append(_State(test, after))
        return len(self.states) - 1


class _Reading:
    """A pattern that `re` accepts, token by token."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self._tokens = tokens
        self._at = 0

    def _take(self, *wanted: str) -> bool:
        """Whether one of these comes next; then it is passed over."""
        found = self._next() in wanted
        self._at += found
        return found

    def _next(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def either(self) -> _Node:
        ways = [self._row()]
        while self._take("|"):
            ways.append(self._row())
        return ways[0] if len(ways) == 1 else _Either(ways)

    def _row(self) -> _Node:
        parts: list[_Node] = []
        while self._next() not in {"", "|", ")"}:
            parts.append(self._repeated(self._one()))
        return parts

    def _one(self) -> _Node:
        part = self._next()
        self._at += 1
        if part == "(":
            if self._take("?") and not self._take(":"):
                raise _Refused("uses a group that begins with '(?'")
            inner = self.either()
            self._take(")")
            return inner
        if part[0] == "\\" and part[1].isdigit():
            raise _Refused("refers back to a group")
        return re.compile(r"\Z" if part == "$" else part)

    def _repeated(self, part: _Node) -> _Node:
        token = self._next()
        if token not in _REPEATS and not (token[:1] == "{" and len(token) > 1):
            return part
        self._at += 1
        if self._take("+"):
            raise _Refused(f"has '{token}+', a repetition that never gives back")
        self._take("?")  # as few as possible or as many: the texts that fit are the same
        least, most = _REPEATS.get(token) or _bounds(token)
        return _Times(part, least, most)


def _bounds(token: str) -> tuple[int, int | None]:
    """Of `{3}`, `{3,}`, `{,5}` or `{3,5}`."""
    least, comma, most = token[1:-1].partition(",")
    if not comma:
        return int(least), int(least)
    return int(least or 0), int(most) if most else None
