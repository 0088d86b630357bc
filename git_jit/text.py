"""Text as it is searched, text as it may be stored, and names as they may have been meant."""

from collections.abc import Iterable
from typing import Final

from git_jit.errors import InvalidValue
from git_jit.model import MAX_BODY, MAX_TITLE

MANY_LETTERS: Final = 1 << 16
"""Characters that are remembered, some MiB: more than any tracker is written in. A process that lasts needs a bound."""
_JOINERS: Final = frozenset("\u200c\u200d")
"""Invisible, but spelling: Persian and the languages of India need them, and so do emoji of several parts."""
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode categories without a shape of their own: control characters, formats (bidi overrides, zero-width
characters), surrogates, line and paragraph separators. In a line they can hide or reorder what is read.
"""


def tokens(text: str) -> list[str]:
    """Cut `text` into case-folded runs of letters and digits, accents removed.

    The index stores exactly these tokens (joined by spaces, split by SQLite's `ascii` tokenizer, which
    takes every non-ASCII character for a letter), so a search answers the same with and without it.

    >>> tokens("Größe: 12-Fach, naïve_test")
    ['grosse', '12', 'fach', 'naive', 'test']
    """
    folded = text.casefold()
    if not folded.isascii():
        import unicodedata

        decomposed = unicodedata.normalize("NFKD", folded)
        folded = "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()
    return folded.translate(_LETTERS).split()


class _Letters(dict[int, int]):
    """A table for `str.translate`, filled as characters turn up: ten times as fast as looking at each one."""

    def __missing__(self, code: int) -> int:
        told = code if chr(code).isalnum() else ord(" ")
        if len(self) < MANY_LETTERS:
            self[code] = told
        return told


_LETTERS: Final = _Letters()


def cut(text: str, limit: int) -> str:
    """`text` in at most `limit` bytes of UTF-8, never inside of a character; what was cut ends in '…'.

    >>> cut("Größe", 6)
    'Gr…'
    >>> cut("Größe", 7)
    'Größe'
    """
    data = text.encode()
    if len(data) <= limit:
        return text
    return data[: limit - len("…".encode())].decode(errors="ignore").rstrip() + "…"


def counted(number: int, noun: str) -> str:
    """A number with its noun.

    >>> counted(1, "issue"), counted(0, "issue")
    ('1 issue', '0 issues')
    """
    return f"{number} {noun}{'' if number == 1 else 's'}"


def clean_line(text: str, *, field: str, limit: int) -> str:
    """`text` without surrounding white space, fit for one line of output.

    Raises `InvalidValue` if it is empty, longer than `limit` characters, or holds an invisible character that is not
    part of the spelling.
    """
    line = text.strip()
    if not line:
        raise InvalidValue(field, "must not be empty")
    if len(line) > limit:
        raise InvalidValue(field, f"must not be longer than {limit} characters, not {len(line)}")
    if not line.isprintable():
        import unicodedata

        for character in line:
            if unicodedata.category(character) in _INVISIBLE and character not in _JOINERS:
                name = f"U+{ord(character):04X}"
                raise InvalidValue(field, f"must be one line without invisible characters, not with {name}")
    return line


def clean_title(text: str, *, field: str = "title") -> str:
    """`text` as a title: one line of 1 to 200 characters, all of them visible. Raises `InvalidValue`."""
    return clean_line(text, field=field, limit=MAX_TITLE)


def clean_body(text: str, *, field: str = "description") -> str:
    """`text` as a body: any characters but NUL and lone surrogates, lines ended by LF, at most 1 MiB of UTF-8.

    Raises `InvalidValue`.
    """
    body = text.replace("\r\n", "\n")
    if "\0" in body:
        raise InvalidValue(field, "must not hold a NUL character")
    try:
        size = len(body.encode())
    except UnicodeEncodeError as error:
        code = ord(body[error.start])
        raise InvalidValue(field, f"must not hold a lone surrogate, like U+{code:04X}") from None
    if size > MAX_BODY:
        raise InvalidValue(
            field,
            f"must not be larger than {MAX_BODY} bytes, not {size}",
            hint="put long text into a file of the repository and name the file here",
        )
    return body


MAX_COMPARED: Final = 64
"""Characters of a word that are compared with names: more is no slip of the hand."""
ALIKE: Final = 0.6
"""How alike (`difflib` ratio, and its default) a name must be to be suggested."""


def nearest(word: str, names: Iterable[str]) -> str | None:
    """The one of `names` that `word` was probably meant to be: one that begins with it, else the most alike."""
    import difflib  # only a mistake pays for it

    folded = {name.lower(): name for name in names}
    word = word.lower()[:MAX_COMPARED]
    begun = [name for name in folded if len(word) > 1 and name.startswith(word)]
    close = begun or difflib.get_close_matches(word, folded, n=1, cutoff=ALIKE)
    return folded[close[0]] if close else None


def suggestion(word: str, names: Iterable[str], *, known: str) -> str:
    """What a mistyped `word` may have been meant to be, as a hint; else all names there are, behind `known`.

    >>> suggestion("hihg", ["low", "high"], known="priorities are")
    "did you mean 'high'?"
    >>> suggestion("x", ["low", "high"], known="priorities are")
    'priorities are low, high'
    """
    names = list(names)
    best = nearest(word, names)
    return f"did you mean '{best}'?" if best else f"{known} {', '.join(names) or 'none'}"


def is_heading(text: str) -> bool:
    """Whether `text` can be that of a heading in Markdown: one clean line, without the `#`."""
    return text == " ".join(text.split()) and text == text.strip("#") != ""
