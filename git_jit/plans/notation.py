r"""What may follow the title of an issue in an outline: `Paint the wall #wall !high @ada part:house (needs: door)`.

    #key          the key by which other issues of the plan name it
    !priority     low, normal, high or critical
    @who          the assignee, `kind:name`; a bare name is a person
    name:value    a label
    (name: …)     any of `ATTRIBUTES`

Only the end of the line is looked at: notations are all that follows the last word that is none. A backslash before
such a word makes it a word of the title: `Answer \#12`.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from git_jit.errors import InvalidValue
from git_jit.model import LABEL_PATTERN, Json, LinkType
from git_jit.record import record
from git_jit.text import suggestion
from git_jit.times import minutes

PERSON: Final = "human"
"""The kind of actor that a bare name is."""


class Attribute(NamedTuple):
    """What `(name: …)` says: a field of an entry, and whether it holds several, separated by commas."""

    field: str
    many: bool = False
    link: str | None = None
    """The type of the links it lists."""


ATTRIBUTES: Final[Mapping[str, Attribute]] = {
    "needs": Attribute("depends_on", many=True),
    "blocks": Attribute("blocks", many=True),
    "takes-over": Attribute("takes_over", many=True),
    "parent": Attribute("parent"),
    "issue": Attribute("issue"),
    "gates": Attribute("gates", many=True),
    "docs": Attribute("documents", many=True),
    "due": Attribute("due"),
    "defer": Attribute("defer_until"),
    "estimate": Attribute("estimate"),
    "state": Attribute("state"),
    **{type_.value: Attribute("links", many=True, link=type_.value) for type_ in LinkType if type_ != "parent"},
}
OTHER_NAMES: Final[Mapping[str, str]] = {"gate": "gates", "doc": "docs", "depends-on": "needs", "after": "needs"}
"""Other words that are understood; the printer writes those of the house."""
REFERENCES: Final = frozenset({"depends_on", "blocks", "takes_over", "parent", "links"})
"""Fields that name issues."""

_ONE: Final = re.compile(
    rf"""(?P<escape>\\*)
    (?:(?P<attribute>\([A-Za-z][A-Za-z_-]*:[^()]*\))
    |\#(?P<key>[^\s(),]+)
    |!(?P<priority>[A-Za-z]+)
    |@(?P<who>[^\s(),]+)
    |(?P<label>{LABEL_PATTERN.strip("^$")})
    )(?!\S)""",
    re.VERBOSE,
)
_WORD: Final = re.compile(r"\S+")


class _Token(NamedTuple):
    """A word of the line, or a notation: `kind` is that of a notation, "" for a word, `escape` for an escaped one."""

    start: int
    end: int
    kind: str
    text: str


@record(kw_only=True)
class Line:
    """What a line says of an issue: fields as JSON has them, and the column (from 0) in which each stands, by path."""

    title: str
    fields: Mapping[str, Json]
    columns: Mapping[str, int]


def parse(line: str, complain: Callable[[int, str], None]) -> Line:
    """Read title and notations, in time linear in the length. Mistakes go to `complain`, with their column."""
    tokens = _tokens(line)
    tail = len(tokens)
    while tail and tokens[tail - 1].kind not in {"", "escape"}:
        tail -= 1
    end = tokens[tail].start if tail < len(tokens) else len(line)
    reading = _Reading(complain)
    for token in tokens[tail:]:
        reading.take(token)
    return Line(title=_unescaped(line[:end], tokens[:tail]).strip(), fields=reading.fields, columns=reading.columns)


def written(title: str) -> str:
    """`title` as it stands in a line, so that nothing of it is taken for a notation."""
    tokens = _tokens(title)
    escaped = [token for token in tokens if token.kind == "escape"]
    if tokens and tokens[-1].kind not in {"", "escape"}:
        escaped.append(tokens[-1])
    for token in reversed(escaped):
        title = f"{title[: token.start]}\\{title[token.start :]}"
    return title


def _tokens(line: str) -> list[_Token]:
    tokens, at = [], 0
    while word := _WORD.search(line, at):
        found = _ONE.match(line, word.start())
        at = found.end() if found else word.end()
        kind = "" if not found else "escape" if found["escape"] else str(found.lastgroup)
        tokens.append(_Token(word.start(), at, kind, found[kind] if found and kind else ""))
    return tokens


def _unescaped(text: str, tokens: list[_Token]) -> str:
    for token in reversed(tokens):
        if token.kind == "escape":
            text = text[: token.start] + text[token.start + 1 :]
    return text


class _Reading:
    """Notations on their way to fields."""

    def __init__(self, complain: Callable[[int, str], None]) -> None:
        self.fields: dict[str, Json] = {}
        self.columns: dict[str, int] = {}
        self._complain = complain

    def take(self, token: _Token) -> None:
        match token.kind:
            case "label":
                self._member("labels", token.start, token.text)
            case "key":
                self._single("key", token.start, token.text)
            case "priority":
                self._single("priority", token.start, token.text.lower())
            case "who":
                who = token.text if ":" in token.text else f"{PERSON}:{token.text}"
                self._single("assignee", token.start, who)
            case _:
                self._attribute(token)

    def _attribute(self, token: _Token) -> None:
        name, _, value = token.text[1:-1].partition(":")
        name = name.lower().replace("_", "-")
        attribute = ATTRIBUTES.get(OTHER_NAMES.get(name, name))
        if attribute is None:
            self._complain(token.start, f"'({name}: …)' is not known{_near(name)}; '\\(' begins a word of the title")
        elif attribute.many:
            self._members(attribute, token, value)
        elif value.strip():
            self._single(attribute.field, token.start, self._value(attribute.field, token.start, value.strip()))
        else:
            self._complain(token.start, f"'({name}: …)' says nothing")

    def _members(self, attribute: Attribute, token: _Token, value: str) -> None:
        members = [member.strip() for member in value.split(",")]
        if not all(members):
            self._complain(token.start, f"'{token.text[:60]}' has a place without a name between its commas")
        for member in filter(None, members):
            if attribute.link:
                self._member("links", token.start, {"type": attribute.link, "target": member})
            elif attribute.field == "documents":
                self._member("documents", token.start, {"path": member})
            else:
                self._member(attribute.field, token.start, member)

    def _value(self, field: str, at: int, value: str) -> Json:
        if field != "estimate":
            return value
        try:
            return minutes(value)
        except InvalidValue as error:
            self._complain(at, str(error.details["rule"]))
            return None

    def _single(self, field: str, at: int, value: Json) -> None:
        if field in self.fields:
            self._complain(at, f"says '{field}' a second time")
        self.fields[field] = value
        self.columns[field] = at

    def _member(self, field: str, at: int, value: Json) -> None:
        members = self.fields.setdefault(field, [])
        assert isinstance(members, list)  # a field is a single value or a list, never now this and now that
        self.columns[f"{field}[{len(members)}]"] = at
        self.columns.setdefault(field, at)
        members.append(value)


def _near(name: str) -> str:
    return f"; {suggestion(name, ATTRIBUTES, known='known:')}"
