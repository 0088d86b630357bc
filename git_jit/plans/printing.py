"""A plan as a Markdown outline, such that `outline.parse` gives the same plan again.

Every part is read back before it is written; what no notation can say goes into a block of JSON below the title.
"""

import json
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Final

from git_jit.model import Json
from git_jit.plans import MAX_DEPTH, Entry, PlanInvalid, WorkPlan, notation, outline
from git_jit.plans.body import BLOCK, QUOTE
from git_jit.plans.entries import fields_of
from git_jit.plans.front import FENCE, NAME

LISTED: Final[Mapping[str, str]] = {
    attribute.field: name for name, attribute in notation.ATTRIBUTES.items() if attribute.link is None
}
"""Field of an entry to the word of its notation."""
MARKS: Final[Mapping[str, str]] = {"key": "#", "priority": "!", "assignee": "@"}
FIRST: Final = ("key", "priority", "assignee", "labels")
"""The notations that stand nearest to the title, in this order."""


def dump(plan: WorkPlan) -> str:
    """The outline of `plan`. Every default is said where it applies, so there is none in the front matter."""
    keys = {entry.key for entry in plan.entries}
    nested = any(entry.parent in keys for entry in plan.entries)
    lines = [FENCE, f"{NAME}: {plan.name}", FENCE, ""] if plan.name is not None else []
    way: list[str] = []
    """The keys of the issues we are below, outermost first."""
    for entry in plan.entries:
        below = entry.parent in way and way.index(entry.parent) + 1 < MAX_DEPTH
        way = way[: way.index(entry.parent) + 1] if below and entry.parent else []
        level = len(way) - nested
        if lines and level < 0 and lines[-1]:
            lines.append("")
        lines += _issue(entry, level, parent=not below)
        way.append(entry.key)
    return "\n".join(lines) + "\n"


def tail(entry: Entry) -> str:
    """What stands behind the title of `entry`, in one line; of what no notation can say, the names of the fields."""
    fields = {name: value for name, value in fields_of(entry).items() if name != "key"}
    said, rest = _tail(fields)
    return " ".join([*said, *([f"({', '.join(rest)})"] if rest else [])])


def _issue(entry: Entry, level: int, *, parent: bool) -> Iterator[str]:
    """The lines of one issue. Of level -1 it is a heading; `parent`: it has to say where it belongs."""
    heading = level < 0
    fields = fields_of(entry)
    title, text = str(fields.pop("title", "")), str(fields.pop("description", ""))
    if not parent:
        fields.pop("parent", None)
    done = not heading and fields.get("state") == outline.DONE
    if done:
        del fields["state"]
    tail, rest = _tail(fields)
    body = _described(text, heading=heading)
    if body is None:
        body, rest["description"] = [], text
    margin = "" if heading else "  " * (level + 1)
    mark = "# " if heading else f"{'  ' * level}- [{'x' if done else ' '}] "
    yield mark + " ".join(filter(None, [notation.written(title), *tail]))
    lines = [*_block(rest), *body]
    if heading and lines:
        yield ""
    yield from (f"{margin}{line}" if line else "" for line in lines)
    if heading:
        yield ""


def _tail(fields: Mapping[str, Json]) -> tuple[list[str], dict[str, Json]]:
    """The notations behind the title, and the fields that no notation can say."""
    said: list[str] = []
    rest: dict[str, Json] = {}
    for name in sorted(fields, key=lambda name: (FIRST.index(name) if name in FIRST else len(FIRST), name)):
        text = _notation(name, fields[name])
        if text and _read_back(text) == {name: fields[name]}:
            said.append(text)
        else:
            rest[name] = fields[name]
    return said, rest


def _notation(name: str, value: Json) -> str:
    """How a notation would say it; whether it does is seen when it is read back."""
    if name in MARKS:
        person = str(value).removeprefix(f"{notation.PERSON}:") if name == "assignee" else str(value)
        return MARKS[name] + (str(value) if ":" in person else person)
    if not isinstance(value, list):
        return f"({LISTED.get(name, '')}: {value})"
    match name:
        case "labels":
            return " ".join(map(str, value))
        case "links":
            runs = groupby((link for link in value if isinstance(link, dict)), key=lambda link: link["type"])
            return " ".join(f"({type_}: {', '.join(str(link['target']) for link in run)})" for type_, run in runs)
        case "documents":
            paths = (str(document["path"]) for document in value if isinstance(document, dict))
            return f"(docs: {', '.join(paths)})"
        case _:
            return f"({LISTED.get(name, '')}: {', '.join(map(str, value))})"


def _read_back(text: str) -> Mapping[str, Json] | None:
    mistakes: list[str] = []
    line = notation.parse(f"x {text}", lambda _, message: mistakes.append(message))
    return line.fields if line.title == "x" and not mistakes else None


def _block(fields: Mapping[str, Json]) -> list[str]:
    if not fields:
        return []
    return [f"```{BLOCK}", json.dumps(fields, ensure_ascii=False), "```"]


def _described(text: str, *, heading: bool) -> list[str] | None:
    """The lines that say `text` below a title: as it is, or quoted; None if neither can."""
    if not text:
        return []
    plain = text.split("\n")
    for lines in (plain, [f"{QUOTE} {line}" if line else QUOTE for line in plain]):
        if _description_of(lines, heading=heading) == text:
            return lines
    return None


def _description_of(lines: list[str], *, heading: bool) -> str | None:
    if any(line.endswith("\r") for line in lines):
        return None  # with the line's end that would be one of another kind
    start, margin = ("# x", "") if heading else ("- [ ] x", "  ")
    page = [start, *(f"{margin}{line}" if line else "" for line in lines), "- [ ] y"]
    try:
        entries = outline.parse("\n".join(page)).entries
    except PlanInvalid:
        return None
    return entries[0].description if len(entries) == 2 else None
