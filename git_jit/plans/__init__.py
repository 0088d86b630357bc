"""Plans: issues that shall be created together, as a value that two forms spell.

A plan is read from JSON (`as_json`), from a Markdown outline (`outline`) or made from a template (`templates`). All
end in `entries`, which knows the fields of an issue and what must hold among them, so the forms cannot differ. Nothing
here knows a store: who makes issues of a plan is `ops.plans`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, Final, TypeAlias

from git_jit.errors import Refused
from git_jit.model import Actor, Date, Document, Json, Link, Priority
from git_jit.record import field, record
from git_jit.text import tokens
from git_jit.workflow import Verb

MAX_ENTRIES: Final = 10_000
"""Issues of one plan; of one-line entries about what fits into the 2 MiB of a plan file."""
MAX_DEPTH: Final = 16
"""Levels of an outline, headings and lists together. A page of text indented further is no outline any more."""
MAX_KEY: Final = 100
"""Characters of a key, or of the name of a plan: both are stored with every issue."""
DERIVED_KEY: Final = 60
"""Characters of a key that is made from a title: it shall be readable in `(needs: …)`."""
SHOWN_PROBLEMS: Final = 20
"""Mistakes that the hint of an error lists."""
MAX_PROBLEMS: Final = 1_000
"""Mistakes that its `details` have; how many there are is said there too. Who has more reads the wrong file."""

NOT_IN_KEYS: Final = frozenset("(),/\\\"'`")
"""What would be misread in a list of keys."""


@record(kw_only=True)
class Place:
    """Where in the source something stands, for people: a path in JSON, a line (from 1) and column in an outline."""

    text: str
    line: int | None = None
    column: int | None = None


NOWHERE: Final = Place(text="the plan")

Where: TypeAlias = Callable[[str], Place]
"""The place of a field of one entry, by its path: `""` is the entry itself, `labels[1]` a member."""


@record(kw_only=True)
class Problem:
    """One mistake of a plan."""

    place: Place
    message: str
    """What is wrong with what stands there, as the end of a sentence."""
    is_whole: bool = False
    """The message is a sentence of its own, as errors of the tracker are."""


def mistake(where: Where, path: str, message: str) -> Problem:
    """A mistake in a field of an entry. In an outline, whose lines say several fields, it names which."""
    place = where(path)
    return Problem(place=place, message=message if place.line is None or not path else f"'{path}' {message}")


class PlanInvalid(Refused):
    """The plan has mistakes: all `details["problems"]`, each as `{"place", "line", "column", "message"}`."""

    code = "plan_invalid"
    advice: ClassVar[str] = "nothing was created; correct the plan and run the command again"

    def __init__(self, problems: Sequence[Problem]) -> None:
        first, *others = problems
        lines = [_sentence(problem) for problem in others[: SHOWN_PROBLEMS - 1]]
        if len(others) > len(lines):
            lines.append(f"and {len(others) - len(lines)} more; --json has all")
        super().__init__(
            _sentence(first) + (f" (and {len(others)} more)" if others else ""),
            hint="\n".join([*lines, self.advice]),
            details={
                "problems": [_problem_json(problem) for problem in problems[:MAX_PROBLEMS]],
                "count": len(problems),
            },
        )


def _sentence(problem: Problem) -> str:
    """A place in JSON is the subject, one in a text is where the subject is found."""
    place = problem.place
    if place.line is not None:
        return f"{place.text}: {problem.message}"
    return f"'{place.text}'{':' if problem.is_whole else ''} {problem.message}"


def _problem_json(problem: Problem) -> dict[str, object]:
    place = problem.place
    return {"place": place.text, "line": place.line, "column": place.column, "message": problem.message}


@record(kw_only=True)
class Entry:
    """One issue of a plan. References (`depends_on`, `parent`, …) are keys of the plan, or text that names an issue.

    Most fields are those of `ops.issues.Draft`, and the two are kept apart: a draft is one issue as somebody asked for
    it, and speaks of issues that are there; an entry stands in a file, has a place and a key, and may itself stand for
    such an issue. `ops.plans` makes the one of the other, and a test holds them to the same fields.
    """

    key: str
    issue: str | None = None
    """The issue there is already that this entry stands for: it gets the edges, gates and labels, and nothing else."""
    title: str = ""
    description: str = ""
    state: Verb | None = None
    priority: Priority = Priority.NORMAL
    assignee: Actor | None = None
    labels: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    blocks: tuple[str, ...] = ()
    """Issues that shall wait for this one."""
    takes_over: tuple[str, ...] = ()
    """Issues whose dependencies move to this one, but for those that belong to the plan."""
    parent: str | None = None
    links: tuple[Link, ...] = ()
    gates: tuple[str, ...] = ()
    documents: tuple[Document, ...] = ()
    context: Mapping[str, str] = field(default_factory=dict)
    due: Date | None = None
    defer_until: Date | None = None
    estimate: int | None = None
    """Minutes."""
    fields: Mapping[str, Json] = field(default_factory=dict)
    where: Where = field(default_factory=lambda: lambda _: NOWHERE, compare=False)


@record(kw_only=True)
class WorkPlan:
    """Issues to be created together. `name` is the idempotency key: an entry is created once under it."""

    entries: tuple[Entry, ...]
    name: str | None = None


def derived_key(title: str) -> str:
    """The key of an entry that does not say one: the words of its title, or as many as fit; may be empty.

    >>> derived_key("Paint the wall (twice)")
    'paint-the-wall-twice'
    """
    key = ""
    for word in tokens(title):
        longer = f"{key}-{word}" if key else word[:DERIVED_KEY]
        if len(longer) > DERIVED_KEY:
            break
        key = longer
    return key


def is_key(text: str) -> bool:
    """Whether `text` can be the key of an entry: one word that a list in an outline can hold."""
    return (
        0 < len(text) <= MAX_KEY
        and text.isprintable()
        and not any(character.isspace() or character in NOT_IN_KEYS for character in text)
    )


def is_name(text: str) -> bool:
    """Whether `text` can be the name of a plan: one line without `/`, which parts it from the key."""
    return 0 < len(text) <= MAX_KEY and text.isprintable() and text == text.strip() and "/" not in text
