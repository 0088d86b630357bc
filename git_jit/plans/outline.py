"""A plan as a Markdown outline: headings and task list items are issues, nesting is the parent, text the description.

`docs/reference/plan-files.md` is the grammar. Nothing of a file goes unused: what is neither issue nor description is a
mistake, and all mistakes are told at once, with line and column. `printing` is the inverse.
"""

import re
from collections.abc import Mapping
from typing import Final

from git_jit.model import MAX_ISSUE, Json
from git_jit.plans import MAX_DEPTH, Place, PlanInvalid, Problem, WorkPlan, derived_key, notation
from git_jit.plans.body import Body, read_body
from git_jit.plans.entries import Raw, plan_of
from git_jit.plans.front import FENCE, Front, read_front

TAB: Final = 4
"""Columns between the tab stops of Markdown (CommonMark 0.31, section 2.2)."""
MAX_MARGIN: Final = 3
"""Columns that a list may be moved in; from four on Markdown takes it for code (CommonMark 0.31, section 4.4)."""
DONE: Final = "done"

_HEADING: Final = re.compile(r"(#{1,6})(?:[ \t]+(.*)|$)")
_ITEM: Final = re.compile(r"([-*+]|(\d{1,9})[.)])[ \t]+\[(.)\](?:[ \t]+(.*)|$)")
_CODE: Final = re.compile(r"(`{3,}|~{3,})([^`]*)$")


class _Node:
    """One issue while its lines are read."""

    __slots__ = (
        "above",
        "body",
        "columns",
        "content",
        "depth",
        "fields",
        "indent",
        "level",
        "line",
        "numbered",
        "start",
    )

    def __init__(self, line: int, start: int, *, level: int = 0, indent: int = 0, content: int = 0) -> None:
        self.line = line
        self.start = start
        """The column (from 0) in which title and notations begin."""
        self.level = level
        """1 to 6 for headings, 0 for items."""
        self.indent = indent
        self.content = content
        """The column in which text and items of an item begin at the earliest."""
        self.above: _Node | None = None
        self.depth = 1
        self.numbered = False
        self.fields: dict[str, Json] = {}
        self.columns: Mapping[str, int] = {}
        self.body: list[tuple[int, str]] = []
        """The lines below it, each with its number."""

    @property
    def key(self) -> str:
        said = self.fields.get("key") or self.fields.get("issue") or derived_key(str(self.fields.get("title", "")))
        return str(said)


def parse(text: str) -> WorkPlan:
    """Read a plan of at most 2 MiB. Raises `PlanInvalid` with everything that the text alone shows to be wrong."""
    if len(text) > MAX_ISSUE:
        raise PlanInvalid([Problem(place=Place(text="the plan"), message=f"is larger than {MAX_ISSUE} bytes")])
    outline = _Outline(text.split("\n"))
    outline.read()
    return plan_of(outline.front.name, outline.raws(), outline.problems, outline.where)


class _Outline:
    """One pass over the lines."""

    def __init__(self, lines: list[str]) -> None:
        self.problems: list[Problem] = []
        self.nodes: list[_Node] = []
        self.front = Front()
        self._lines = lines
        self._headings: list[_Node] = []
        self._items: list[_Node] = []
        """The items that are open, outermost first."""
        self._code: tuple[str, int] | None = None
        """What closes the block of code we are in, and the line that opened it."""
        self._lost = False
        """Whether the line above was text that belongs to nothing: a paragraph is one mistake."""
        self._last_of: dict[_Node | None, _Node] = {}

    def read(self) -> None:
        first = 0
        if self._lines[0].rstrip() == FENCE:
            self.front, first = read_front(self._lines, self._complain)
        for number in range(first, len(self._lines)):
            self._line(number, self._lines[number])
        if self._code:
            self._complain(self._code[1], 0, "begins a block of code that is never closed")

    def raws(self) -> list[Raw]:
        """Every issue with its fields, in the order of the text."""
        bodies = [read_body(node.body, self._complain, dedent=not node.level) for node in self.nodes]
        for node, body in zip(self.nodes, bodies, strict=True):
            for name, value in body.fields.items():
                if name in node.fields:
                    self._complain(body.line, 0, f"says '{name}' a second time")
                node.fields[name] = value
        keys = {node.key for node in self.nodes}
        return [self._raw(node, body, keys) for node, body in zip(self.nodes, bodies, strict=True)]

    def where(self, path: str) -> Place:
        """The place of something that is said once for the whole plan."""
        return _place(self.front.lines.get(path, 0), 0)

    def _complain(self, line: int, column: int, message: str) -> None:
        self.problems.append(Problem(place=_place(line, column), message=message))

    def _line(self, number: int, raw: str) -> None:
        text = raw.lstrip(" \t")
        indent = len(raw[: len(raw) - len(text)].expandtabs(TAB))
        blank = not raw.strip()
        if self._code:
            self._text(number, raw, text, indent, blank=blank)
            if text.rstrip().startswith(self._code[0]) and not text.strip().strip(self._code[0][0]):
                self._code = None
        elif heading := _HEADING.match(raw):
            self._heading(number, heading)
        elif item := _ITEM.match(text):
            self._item(number, item, indent, len(raw) - len(text))
        else:
            self._text(number, raw, text, indent, blank=blank)
            if self.nodes and (code := _CODE.match(text)):
                self._code = (code[1], number)
        self._lost = self._lost and not blank

    def _heading(self, number: int, found: re.Match[str]) -> None:
        node = _Node(number, found.start(2) if found[2] else len(found[0]), level=len(found[1]))
        while self._headings and self._headings[-1].level >= node.level:
            self._headings.pop()
        above = self._headings[-1] if self._headings else None
        self._headings.append(node)
        self._items.clear()
        self._begin(node, above, found[2] or "")

    def _item(self, number: int, found: re.Match[str], indent: int, margin: int) -> None:
        start = margin + (found.start(4) if found[4] else found.end())
        node = _Node(number, start, indent=indent, content=indent + len(found[1]) + 1)
        node.numbered = found[2] is not None
        self._check_indent(node)
        while self._items and self._items[-1].indent >= indent:
            self._items.pop()
        above = self._items[-1] if self._items else self._headings[-1] if self._headings else None
        self._items.append(node)
        self._begin(node, above, found[4] or "")
        if found[3] in "xX":
            self._mark_done(node)
        elif found[3] != " ":
            self._complain(number, margin + found.start(3), f"'[{found[3]}]' is neither '[ ]' nor '[x]'")

    def _check_indent(self, node: _Node) -> None:
        """An item stands where its brothers do, or below the text of the item above it."""
        open_at = [item.indent for item in self._items]
        if not open_at:
            if node.indent > MAX_MARGIN:
                message = f"is indented by {node.indent}, below no item that it could belong to"
                self._complain(node.line, 0, message)
        elif node.indent not in open_at and node.indent < self._items[-1].content:
            levels = f"{', '.join(map(str, open_at))} or at least {self._items[-1].content}"
            self._complain(node.line, 0, f"is indented by {node.indent}, where {levels} would do")

    def _mark_done(self, node: _Node) -> None:
        if node.fields.get("state", DONE) != DONE:
            self._complain(node.line, node.start, f"is checked, and '(state: {node.fields['state']})' says otherwise")
        node.fields["state"] = DONE

    def _begin(self, node: _Node, above: _Node | None, line: str) -> None:
        said = notation.parse(line, lambda column, message: self._complain(node.line, node.start + column, message))
        node.fields = {**({"title": said.title} if said.title or "issue" not in said.fields else {}), **said.fields}
        node.columns = said.columns
        node.above = above
        node.depth = above.depth + 1 if above else 1
        if node.depth > MAX_DEPTH:
            self._complain(node.line, 0, f"is nested deeper than {MAX_DEPTH} levels")
        brother = self._last_of.get(above)
        if node.numbered and brother and brother.numbered:
            waits = node.fields.setdefault("depends_on", [])
            assert isinstance(waits, list)  # what `notation` makes of it
            waits.append(brother.key)
        self._last_of[above] = node
        self.nodes.append(node)

    def _text(self, number: int, raw: str, text: str, indent: int, *, blank: bool) -> None:
        node = self.nodes[-1] if self.nodes else None
        if blank and node:
            node.body.append((number, raw if node.level else ""))
        elif node and node.level:
            node.body.append((number, raw))
        elif node and indent >= node.content:
            node.body.append((number, " " * (indent - node.content) + text))
        elif not blank and not self._lost:
            self._lost = True
            self._complain(number, 0, _homeless(node))

    def _raw(self, node: _Node, body: Body, keys: set[str]) -> Raw:
        fields = {name: _normalised(name, value, keys) for name, value in node.fields.items()}
        if node.above:
            if "parent" in fields:
                self._complain(node.line, node.start, f"is nested below '{node.above.key}', and says another parent")
            fields["parent"] = node.above.key
        if body.text and "description" in fields:
            self._complain(body.line, 0, "says 'description' a second time")
        if body.text:
            fields["description"] = body.text
        if "issue" not in fields:
            fields = self.front.completed(fields)
        return Raw(fields=fields, where=lambda path: self._where(node, body, path))

    def _where(self, node: _Node, body: Body, path: str) -> Place:
        top = re.split(r"[.\[]", path, maxsplit=1)[0]
        if top in body.fields or (top == "description" and body.text):
            return _place(body.line, 0)
        for name in (path.partition("]")[0] + "]", top):
            if name in node.columns:
                return _place(node.line, node.start + node.columns[name])
        if top not in node.fields and top in self.front.lines:
            return _place(self.front.lines[top], 0)
        return _place(node.line, node.start)


def _place(line: int, column: int) -> Place:
    """From counts that begin with 0, as lists have them, to those of people."""
    return Place(text=f"line {line + 1}, column {column + 1}", line=line + 1, column=column + 1)


def _homeless(node: _Node | None) -> str:
    if node is None:
        return "is text before the first issue; an issue is a heading '# …' or an item '- [ ] …'"
    return f"belongs to no issue; text below an item is indented as far as its words, here by {node.content} or more"


def _normalised(name: str, value: Json, keys: set[str]) -> Json:
    """References by key; one that is spelled as a title is understood."""
    if name not in notation.REFERENCES:
        return value
    match value:
        case str():
            return value if value in keys or derived_key(value) not in keys else derived_key(value)
        case list():
            return [_normalised(name, member, keys) for member in value]
        case dict():
            return {key: _normalised(name, one, keys) if key == "target" else one for key, one in value.items()}
        case _:
            return value
