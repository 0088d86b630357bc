"""JSON with exactly one spelling: strict reading, canonical writing.

Reading accepts any valid JSON whose meaning is beyond doubt. Refused are duplicate keys, floats, `NaN` and
`Infinity`, integers beyond 2^53-1, lone surrogates, NUL, a byte order mark, deep nesting and large blobs:
different programs read these differently, or fail on them.

Writing is byte-exact: UTF-8, LF, a final newline, two spaces of indent, keys in order of code point, one
element per line, nothing escaped that need not be. What is written can always be read back.
"""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NoReturn

from git_jit.errors import Fatal
from git_jit.model import MAX_ISSUE, Json

if TYPE_CHECKING:
    from json import JSONDecoder

MAX_DEPTH: Final = 32
"""Arrays and objects inside each other. No stored document of ours nests deeper than 4; parsers recurse."""
MAX_INT: Final = (1 << 53) - 1
"""The largest integer every JSON reader keeps exactly (RFC 8259, section 6)."""

_MARGINS: Final = tuple("\n" + "  " * depth for depth in range(MAX_DEPTH + 1))

_SUSPECT: Final = ("\\u0000", "\\ud", "\\uD")
"""The only spellings of NUL and of surrogates in valid UTF-8 JSON."""


class Malformed(Fatal):
    """A document that cannot be read, or could not be read back. `details` has `path` and `reason`."""

    code = "malformed"

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(
            f"'{path}' {reason}",
            hint="'git jit validate' lists what cannot be read",
            details={"path": path, "reason": reason},
        )


def loads(data: bytes) -> Json:
    """Read one JSON value. Raises `Malformed`; never `ValueError`, `RecursionError` or `MemoryError`."""
    if len(data) > MAX_ISSUE:
        raise Malformed("$", f"is larger than {MAX_ISSUE} bytes")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise Malformed("$", f"is not UTF-8 at byte {error.start}") from None
    if text.startswith("\ufeff"):
        raise Malformed("$", "begins with a byte order mark")
    _check_depth(text)
    from json import JSONDecodeError

    try:
        value: Json = _decoder().decode(text)
    except JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise Malformed("$", f"is not JSON: {error.msg[:1].lower()}{error.msg[1:]} ({where})") from None
    if any(escape in text for escape in _SUSPECT):
        _check_strings(value, "$")
    return value


def dumps(value: object) -> bytes:
    """Write `value` (`Json`, tuples taken as lists) canonically. Raises `Malformed` for what `loads` would refuse."""
    from json.encoder import encode_basestring

    text = _write(value, 0, encode_basestring) + "\n"
    try:
        data = text.encode()
    except UnicodeEncodeError:
        data = b""
    if not data or b"\\u0000" in data:
        _check_strings(value, "$")
    if len(data) > MAX_ISSUE:
        raise Malformed("$", f"would be larger than {MAX_ISSUE} bytes")
    return data


def is_canonical(data: bytes) -> bool:
    """Whether `data` is what `dumps` writes. Sets inside a document are the business of `codec.is_canonical`."""
    try:
        return dumps(loads(data)) == data
    except Malformed:
        return False


def _check_depth(text: str) -> None:
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    # Without escapes, every second piece between quotes lies outside of strings. As far as the text is
    # valid JSON this is exact, and the parser stops at the first place where it is not.
    outside = "".join(text.replace("\\\\", "").replace('\\"', "").split('"')[::2])
    if outside.count("[") + outside.count("{") <= MAX_DEPTH:
        return
    depth = 0
    for character in outside:
        if character in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise Malformed("$", f"is nested deeper than {MAX_DEPTH} levels")
        elif character in "]}":
            depth -= 1


def _check_strings(value: object, path: str) -> None:
    """Find NUL and lone surrogates, in keys too."""
    match value:
        case str():
            if "\0" in value:
                raise Malformed(path, "holds a NUL character")
            try:
                value.encode()
            except UnicodeEncodeError:
                raise Malformed(path, "holds a lone surrogate") from None
        case list() | tuple():
            for index, item in enumerate(value):
                _check_strings(item, f"{path}[{index}]")
        case dict():
            for key, item in value.items():
                _check_strings(key, f"{path} (a key)")
                _check_strings(item, f"{path}.{key}")
        case _:
            pass


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) == len(pairs):
        return result
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            raise Malformed(f"$..{key}", "appears twice in one object")
        seen.add(key)
    raise AssertionError  # fewer keys than pairs means that one is there twice


def _integer(digits: str) -> int:
    # Length first: Python refuses to convert thousands of digits, and hundreds are slow.
    if len(digits) <= len(str(-MAX_INT)) and -MAX_INT <= (value := int(digits)) <= MAX_INT:
        return value
    raise Malformed("$", f"holds an integer beyond 2^53-1: {digits[:20]}")


def _no_float(digits: str) -> NoReturn:
    raise Malformed("$", f"holds a number that is not an integer: {digits[:20]}")


@cache
def _decoder() -> "JSONDecoder":
    from json import JSONDecoder  # a list answers from the index and reads no JSON; the import takes 1.3 ms

    return JSONDecoder(object_pairs_hook=_object, parse_int=_integer, parse_float=_no_float, parse_constant=_no_float)


def _write(value: object, depth: int, quote: Callable[[str], str]) -> str:
    if isinstance(value, str):
        return quote(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and -MAX_INT <= value <= MAX_INT:
        return str(value)
    if depth == MAX_DEPTH:
        raise Malformed("$", f"is nested deeper than {MAX_DEPTH} levels")
    below = depth + 1
    # Most members are plain strings: writing them here instead of by a call takes two fifths off.
    if isinstance(value, dict):
        members = [
            f"{quote(key)}: {quote(item) if type(item := value[key]) is str else _write(item, below, quote)}"
            for key in sorted(value)
        ]
        return _block("{", members, "}", depth)
    if isinstance(value, list | tuple):
        items = [quote(item) if type(item) is str else _write(item, below, quote) for item in value]
        return _block("[", items, "]", depth)
    raise Malformed("$", f"holds a value that cannot be stored: {str(value)[:40]}")


def _block(start: str, parts: list[str], end: str, depth: int) -> str:
    if not parts:
        return start + end
    margin = _MARGINS[depth + 1]
    return f"{start}{margin}{f',{margin}'.join(parts)}{_MARGINS[depth]}{end}"
