"""An issue as a Markdown page to edit: a head of `field: value` lines between two rules, then the description.

    ---
    title: Fix the parser
    state: ready
    labels: component:parser, type:bug
    ---
    The text, in Markdown.

Lines of the head that begin with `#` are remarks. A list is separated by commas, nothing is an empty value.
"""

from collections.abc import Callable, Mapping
from typing import Final

from git_jit.errors import InvalidValue, Refused
from git_jit.model import Actor, Issue, Priority
from git_jit.ops.edit import LEAVE, Patch
from git_jit.record import record
from git_jit.text import clean_title
from git_jit.times import normalise_date
from git_jit.workflow import Verb

RULE: Final = "---"
_STATES: Final = {verb.value: verb for verb in Verb if verb not in {Verb.REOPEN, Verb.CLAIM}}
_PRIORITIES: Final = {priority.value: priority for priority in Priority}


class FormInvalid(Refused):
    """The form cannot be read. `details["problems"]` is a list of `{"line", "message"}`, all of them."""

    code = "form_invalid"


class _Wrong(ValueError):
    """A value that its field cannot take; the text says what it should be."""


@record
class _Field:
    """One line of the head: how it is written, and what reading it says in a patch."""

    write: Callable[[Issue], str]
    read: Callable[[str], object]


def print_form(issue: Issue) -> str:
    """The page; applying `parse_form(print_form(issue))` changes nothing."""
    head = [f"{name}: {field.write(issue)}".rstrip() for name, field in _FIELDS.items()]
    return "\n".join([RULE, *head, RULE, issue.description]) + "\n"


def parse_form(text: str) -> Patch:
    """What the page asks for: every field it shows, whole; a field it does not show is left alone.

    Raises `FormInvalid`.
    """
    lines = text.replace("\r\n", "\n").split("\n")
    end = next((n for n, line in enumerate(lines[1:], 1) if line.rstrip() == RULE), None)
    if lines[0].rstrip() != RULE or end is None:
        raise _invalid([(1, f"the page must begin with a head between two lines '{RULE}'")])
    values, problems = _read_head(lines[1:end])
    if problems:
        raise _invalid(problems)
    body = "\n".join(lines[end + 1 :])
    return Patch(description=body.removesuffix("\n"), **values)  # type: ignore[arg-type]


def _read_head(lines: list[str]) -> tuple[dict[str, object], list[tuple[int, str]]]:
    """Patch fields by name, and what is wrong by line of the page."""
    values: dict[str, object] = {}
    problems: list[tuple[int, str]] = []
    for number, line in enumerate(lines, 2):
        if not line.strip() or line.startswith("#"):
            continue
        name, colon, value = line.partition(":")
        name = name.strip().lower()
        target = _PATCHED.get(name, name)
        if not colon or name not in _FIELDS:
            problems.append((number, f"'{name[:40]}' is not a field; fields are {', '.join(_FIELDS)}"))
        elif target in values:
            problems.append((number, f"'{name}' is there twice"))
        else:
            try:
                values[target] = _FIELDS[name].read(value.strip())
            except _Wrong as error:
                problems.append((number, f"'{name}' {error}"))
            except InvalidValue as error:
                problems.append((number, f"'{name}' {error.details['rule']}"))
    return values, problems


def _invalid(problems: list[tuple[int, str]]) -> FormInvalid:
    line, message = problems[0]
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return FormInvalid(
        f"line {line}: {message}{more}",
        hint="nothing was changed",
        details={"problems": [{"line": line, "message": message} for line, message in problems]},
    )


def _one_of(members: Mapping[str, object]) -> Callable[[str], object]:
    def read(text: str) -> object:
        if text.lower() not in members:
            raise _Wrong(f"must be one of {', '.join(members)}")
        return members[text.lower()]

    return read


def _several(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _minutes(text: str) -> int | None:
    if not text:
        return None
    if not text.isdecimal() or not text.isascii():
        raise _Wrong("must be a number of minutes")
    return int(text)


def _parents(issue: Issue) -> str:
    return ", ".join(issue.parents)


def _parent(text: str) -> object:
    """Several parents (an import may bring them) cannot be written in a patch, so they are left alone."""
    return LEAVE if "," in text else text or None


_FIELDS: Final[Mapping[str, _Field]] = {
    "title": _Field(lambda issue: issue.title, clean_title),
    "state": _Field(lambda issue: issue.state.value, _one_of(_STATES)),
    "priority": _Field(lambda issue: issue.priority.value, _one_of(_PRIORITIES)),
    "assignee": _Field(lambda issue: issue.assignee or "", lambda text: Actor(text) if text else None),
    "labels": _Field(lambda issue: ", ".join(issue.labels), _several),
    "depends-on": _Field(lambda issue: ", ".join(issue.dependencies), _several),
    "parent": _Field(_parents, _parent),
    "due": _Field(lambda issue: issue.due or "", lambda text: normalise_date(text) if text else None),
    "defer": _Field(lambda issue: issue.defer_until or "", lambda text: normalise_date(text) if text else None),
    "estimate": _Field(lambda issue: "" if issue.estimate is None else str(issue.estimate), _minutes),
}
_PATCHED: Final = {"depends-on": "dependencies", "defer": "defer_until"}
"""The patch's name where the page uses another."""
