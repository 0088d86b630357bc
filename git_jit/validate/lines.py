"""On which line of a stored document a finding is: what a host shows beside the change that caused it.

Works on any text that begins like JSON, because some findings are about documents that are none.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

from git_jit.validate.finding import Finding

Steps: TypeAlias = tuple[str | int, ...]
"""The way to a value: keys and indices."""

MAX_TOKENS: Final = 200_000
"""Pieces of a document that are looked at; the largest issue of the examples has 400."""
_TOKEN: Final = re.compile(r'"(?:[^"\\\n]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+|\n')
_QUOTED: Final = re.compile(r"'([^']+)'")
_NAME: Final = re.compile(r"\b[0-9a-f]{7,40}\b")
_LINE: Final = re.compile(r"\(line (\d+), column \d+\)")
_STEP: Final = re.compile(r"\.?([^.\[\]]+)|\[(\d+)\]")

FIELDS: Final[Mapping[str, str]] = {
    "actor_invalid": "created_by",
    "assignee_invalid": "assignee",
    "closed_but_open": "closed_at",
    "cycle": "dependencies",
    "dependency_missing": "dependencies",
    "description_invalid": "description",
    "document_missing": "documents",
    "done_but_blocked": "state",
    "done_but_gates_open": "gates",
    "field_invalid": "fields",
    "gate_invalid": "gates",
    "gate_missing": "gates",
    "id_mismatch": "id",
    "in_progress_but_blocked": "state",
    "label_invalid": "labels",
    "label_not_unique": "labels",
    "label_required": "labels",
    "label_value": "labels",
    "link_invalid": "links",
    "link_missing": "links",
    "namespace_unknown": "labels",
    "parent_cycle": "links",
    "parent_twice": "links",
    "ready_but_blocked": "state",
    "redundant_dependency": "dependencies",
    "rule_coverage": "description",
    "rule_forbidden_label": "labels",
    "rule_gate": "gates",
    "rule_hierarchy": "labels",
    "rule_labels": "labels",
    "rule_section": "description",
    "schema_unknown": "schema",
    "section_missing": "description",
    "self_reference": "dependencies",
    "title_invalid": "title",
    "type_hierarchy": "links",
    "type_unknown": "labels",
    "unresolved": "unresolved",
}
"""Code of a finding to the field it is about, where its message does not name one."""


def line_of(data: bytes, finding: Finding) -> int:
    """The line, from 1, that somebody has to look at first; 1 where nothing better is known."""
    text = data.decode("utf-8", "replace")
    if said := _LINE.search(finding.message):
        return min(int(said[1]), text.count("\n") + 1)
    where = places(text)
    named = next((found for found in map(_steps, _QUOTED.findall(finding.message)) if found in where), None)
    top = FIELDS.get(finding.code)
    steps: Steps = named or ((top,) if top else ())
    return _member(text, where, steps, finding.message) or where.get(steps, 1)


def places(text: str) -> dict[Steps, int]:
    """The line on which each value begins: that of its key, in an object. As far as the text can be followed."""
    found: dict[Steps, int] = {}
    stack: list[list[str | int]] = []  # the key or the index where we are, for each value around
    kinds: list[str] = []
    for line, piece in _tokens(text):
        if piece in "{[":
            if not kinds:
                found[()] = line
            _note(found, stack, kinds, line)
            kinds.append(piece)
            stack.append(["" if piece == "{" else 0])
        elif piece in "}]":
            if not kinds:
                break
            kinds.pop()
            stack.pop()
        elif piece == "," and kinds and kinds[-1] == "[":
            stack[-1][0] = int(stack[-1][0]) + 1
        elif piece == "," and kinds:
            stack[-1][0] = ""
        elif piece not in ",:" and kinds:
            if kinds[-1] == "{" and stack[-1][0] == "":
                stack[-1][0] = piece[1:-1]
                found.setdefault(tuple(level[0] for level in stack), line)
            else:
                _note(found, stack, kinds, line)
    return found


def _tokens(text: str) -> Iterator[tuple[int, str]]:
    line = 1
    for number, match in enumerate(_TOKEN.finditer(text)):
        if match[0] == "\n":
            line += 1
        elif number < MAX_TOKENS:
            yield line, match[0]


def _note(found: dict[Steps, int], stack: list[list[str | int]], kinds: list[str], line: int) -> None:
    if kinds and kinds[-1] == "[":
        found.setdefault(tuple(level[0] for level in stack), line)


def _steps(path: str) -> Steps:
    """`$.labels[0]` and `labels[0]` as steps."""
    steps = _STEP.findall(path.removeprefix("$"))
    return tuple(int(index) if index else name for name, index in steps)


def _member(text: str, where: Mapping[Steps, int], steps: Steps, message: str) -> int | None:
    """The line of a member below `steps` that the message names, whole or by the beginning of an id."""
    wanted = [*_QUOTED.findall(message), *_NAME.findall(message)]
    lines = text.split("\n")
    for below, line in where.items():
        if below[: len(steps)] == steps and len(below) > len(steps):
            here = lines[line - 1]
            if any(f'"{name}' in here for name in wanted):
                return line
    return None
