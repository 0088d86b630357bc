"""git's configuration format, as far as it is read without git: one file at a time, includes not followed.

What is not understood is said, so that whoever needs to be certain can ask git itself.
"""

import os
from collections.abc import Mapping

Entries = Mapping[str, tuple[str, ...]]
"""Configuration: lower-case `section.key` (a subsection keeps its case) to every value, in order."""


def read_config_file(path: str) -> tuple[Entries, bool]:
    """The entries of one file, and whether all of it was understood. Includes are not followed.

    git does not follow them either when it asks what kind of repository this is.
    """
    text = read_text(path)
    if text is None:
        return {}, not os.path.lexists(path)
    return parse_config(text)


def parse_config(text: str) -> tuple[Entries, bool]:
    r"""Read git-config(1) syntax leniently; the second value is False if something was not understood.

    >>> parse_config('[core]\n\tbare = false ; no\n[remote "A"] promisor')
    ({'core.bare': ('false',), 'remote.A.promisor': ('true',)}, True)
    """
    entries: dict[str, tuple[str, ...]] = {}
    clear = "\\\n" not in text  # a continued line: rare, and git's to read
    section = ""
    for raw in text.removeprefix("\ufeff").split("\n"):  # as git: U+2028 and its like are characters of a value
        line = raw.strip()
        if line.startswith("["):
            section, line = _section(line)
            clear = clear and section != ""
        if not line or line[0] in "#;":
            continue
        key, equals, value = line.partition("=")
        name = key.strip().lower()
        if section and name.replace("-", "").isalnum():
            full = f"{section}.{name}"
            entries[full] = (*entries.get(full, ()), _value(value) if equals else "true")
        else:
            clear = False
    return entries, clear


def _section(line: str) -> tuple[str, str]:
    """`[name]`, `[name "sub"]` or `[name.sub]` as a dotted prefix ("" if it is none), and what follows it."""
    quote, close = line.find('"'), line.find("]")
    if 0 <= quote < close:
        sub, rest = _quoted(line, quote + 1)
        return (f"{line[1:quote].strip().lower()}.{sub}", rest[1:].strip()) if rest.startswith("]") else ("", "")
    return (line[1:close].strip().lower(), line[close + 1 :].strip()) if close > 1 else ("", "")


def _quoted(line: str, start: int) -> tuple[str, str]:
    """The text up to the closing quote, escapes resolved, and what follows the quote."""
    taken, i = "", start
    while i < len(line) and line[i] != '"':
        i += line[i] == "\\"
        taken += line[i : i + 1]
        i += 1
    return taken, line[i + 1 :]


def _value(raw: str) -> str:
    """One value: quotes removed, escapes resolved, without the comment and the space around it."""
    taken, kept, quoted, escaped = "", 0, False, False
    for c in raw.strip():
        if escaped:
            taken, escaped = taken + {"n": "\n", "t": "\t", "b": "\b"}.get(c, c), False
        elif c == "\\":
            escaped = True
            continue
        elif c == '"':
            quoted = not quoted
        elif c in "#;" and not quoted:
            break
        else:
            taken += c
            if c.isspace() and not quoted:
                continue
        kept = len(taken)
    return taken[:kept]


def is_true(value: str | None) -> bool:
    """A boolean as git spells it; None, an absent value, is false."""
    if value is None:
        return False
    word = value.strip().lower()
    return word in {"true", "yes", "on"} or (word.lstrip("+-").isdecimal() and int(word) != 0)


def read_text(path: str) -> str | None:
    """A small file, bytes that are not UTF-8 kept as surrogates; None if it cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read().decode("utf-8", "surrogateescape")
    except OSError:
        return None
