"""The part of YAML that front matter of Markdown files uses, and nothing that surprises.

Understood: `key: value`, quoted and plain scalars, `[a, b]` lists, block lists, `|` and `>` blocks, comments.
Every scalar is text, `null` and `~` are None: no dates, no yes/no. Nested mappings and anything else are
kept as the text they are. A full YAML reader would be one more dependency with one more set of traps.
"""

import json
import re
from typing import Final, NamedTuple

from git_jit.ops.imports.record import MalformedInput, Problem

Value = str | list[str | None] | None

FENCE: Final = "---"
_KEY: Final = re.compile(r"([A-Za-z_][\w .-]*?)\s*:(?:\s+(.*))?$")
_FOLD: Final = re.compile(r"([|>])([+-]?\d?|\d[+-])\s*(?:#.*)?$")


class Page(NamedTuple):
    """A Markdown file: its head, and what follows."""

    head: dict[str, Value]
    body: str


def read_page(text: str, shown: str) -> Page | None:
    """Head and body of a file; None if it has no front matter. Raises `MalformedInput` with the line."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if lines[0].rstrip() != FENCE:
        return None
    for number, line in enumerate(lines[1:], 1):
        if line.rstrip() == FENCE:
            return Page(_Head(lines[1:number], shown).read(), "\n".join(lines[number + 1 :]).strip("\n"))
    raise MalformedInput([Problem(shown, 1, "has front matter that does not end")])


class _Head:
    """One pass over the lines of a front matter."""

    def __init__(self, lines: list[str], shown: str) -> None:
        self.lines = lines
        self.shown = shown
        self.at = 0

    def read(self) -> dict[str, Value]:
        found: dict[str, Value] = {}
        while self.at < len(self.lines):
            line = self.lines[self.at]
            self.at += 1
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            key, value = self._pair(line)
            while key in found:  # a repeated key: the last counts, the earlier one is kept beside it
                found[f"{key}#{sum(name.startswith(key + '#') for name in found) + 1}"] = found.pop(key)
            found[key] = value
        return found

    def _pair(self, line: str) -> tuple[str, Value]:
        match = _KEY.match(line)
        if match is None:
            raise self._error(f"has a line that is no 'key: value': '{line.strip()[:40]}'")
        key, rest = match[1], (match[2] or "").strip()
        if not rest or rest.startswith("#"):
            return key, self._block()
        if fold := _FOLD.match(rest):
            return key, self._text(folded=fold[1] == ">")
        if rest.startswith("["):
            return key, self._inline_list(rest)
        return key, self._scalar(self._whole(rest))

    def _error(self, message: str) -> MalformedInput:
        return MalformedInput([Problem(self.shown, self.at + 1, message)])

    def _indented(self, *, lists: bool) -> list[str]:
        """The following lines that belong to the key: indented ones, and `- item` at the margin."""
        found = []
        while self.at < len(self.lines):
            line = self.lines[self.at]
            inside = line.startswith((" ", "\t")) or not line.strip() or (lists and line.startswith("-"))
            if not inside:
                break
            found.append(line)
            self.at += 1
        return found

    def _block(self) -> Value:
        lines = [line.strip() for line in self._indented(lists=True) if line.strip()]
        if not lines:
            return None
        if not all(line.startswith("- ") or line == "-" for line in lines):
            return "\n".join(lines)
        return [self._scalar(line[1:].strip()) for line in lines]

    def _text(self, *, folded: bool) -> str:
        lines = self._indented(lists=False)
        margin = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
        text = "\n".join(line[margin:].rstrip() for line in lines).strip("\n")
        return re.sub(r"(?<!\n)\n(?!\n)", " ", text) if folded else text

    def _whole(self, rest: str) -> str:
        """A scalar that continues on indented lines, as long quoted titles do."""
        if rest[0] in "'\"" and _closes(rest):
            return rest
        return " ".join([rest, *(line.strip() for line in self._indented(lists=False) if line.strip())])

    def _inline_list(self, rest: str) -> list[str | None]:
        while not _closed(rest):
            if self.at == len(self.lines):
                raise self._error("has a list that does not end")
            rest += " " + self.lines[self.at].strip()
            self.at += 1
        inside = rest[1 : rest.rindex("]")]
        return [self._scalar(item) for item in _split(inside) if item]

    def _scalar(self, text: str) -> str | None:
        if text[:1] in {'"', "'"}:
            return self._quoted(text)
        plain = re.split(r"\s#", text, maxsplit=1)[0].strip()
        return None if plain in {"null", "~", ""} else plain

    def _quoted(self, text: str) -> str:
        quote = text[0]
        end = _end(text)
        if end is None:
            raise self._error(f"has a quoted value that does not end: {text[:40]}")
        inside = text[1:end]
        if quote == "'":
            return inside.replace("''", "'")
        try:
            return str(json.loads(f'"{inside}"', strict=False))
        except ValueError:
            return inside  # an escape of YAML that JSON lacks: kept as it is written


def _end(text: str) -> int | None:
    """Where the quoted scalar that begins `text` ends."""
    pattern = r'"(?:[^"\\]|\\.)*"' if text[0] == '"' else r"'(?:[^']|'')*'"
    found = re.match(pattern, text)
    return found.end() - 1 if found else None


def _closes(text: str) -> bool:
    return _end(text) is not None


def _closed(text: str) -> bool:
    return text.split(" #", 1)[0].rstrip().endswith("]")


def _split(inside: str) -> list[str]:
    """The members of an inline list; commas inside quotes do not count."""
    pieces: list[str] = re.findall(r"\s*(\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*'|[^,]+)", inside)
    return [piece.strip() for piece in pieces]
