"""Use cases of looking: which issues answer a question, narrowed by a filter, in an order, page by page."""

import re
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Final, assert_never

from git_jit.condition import NEWEST_FIRST, All, Condition, Flag, Is, OneOf, Sort, Words
from git_jit.config import Config
from git_jit.errors import NotFound, UsageError
from git_jit.model import Actor, Date, Timestamp
from git_jit.record import record
from git_jit.text import suggestion, tokens
from git_jit.view import Selection, View, rules_to_read_by


class UnknownSort(UsageError):
    code = "unknown_sort"


class UnknownQuery(NotFound):
    """No saved query of that name."""

    code = "query_not_found"


class NothingToSearch(UsageError):
    """The words to search for hold neither a letter nor a digit."""

    code = "nothing_to_search"


class Question(StrEnum):
    """What a listing command asks before any filter."""

    ALL = "all"
    OPEN = "open"
    READY = "ready"
    BLOCKED = "blocked"
    STRATEGIC = "strategic"
    CLOSED = "closed"
    STALE = "stale"


STRATEGIC_TYPES: Final = ("milestone", "epic")
"""The strategic types of a repository that declares none."""

ORDERS: Final[Mapping[Question, Sequence[Sort]]] = {
    Question.READY: (Sort("priority", descending=True), Sort("created"), Sort("id")),
    Question.BLOCKED: (Sort("priority", descending=True), Sort("created"), Sort("id")),
    Question.CLOSED: (Sort("closed", descending=True), Sort("id")),
    Question.STALE: (Sort("updated"), Sort("id")),
}
"""Orders that serve a question better than newest first: what to take next, what was finished last."""

MAY_MEAN_ME: Final = r"(?i)\b(me|query)\b"
"""Filters that cannot be understood without knowing who asks (a saved query may say `me`)."""

SORT_FIELDS: Final = (
    "id", "title", "state", "priority", "assignee", "created", "updated", "closed", "due", "defer", "estimate",
    "created-by",
)  # fmt: skip


@record(kw_only=True)
class Asker:
    """Who looks, and when. `me` is asked only when the filter says `me`, because finding out may cost a process."""

    me: Callable[[], Actor]
    now: Timestamp

    @property
    def today(self) -> Date:
        return Date(self.now[:10])


@record(kw_only=True)
class Wanted:
    """A question and how its answer shall be cut."""

    question: Question = Question.OPEN
    filters: Sequence[str] = ()
    """Each in the filter language; an issue must meet them all."""
    words: str | None = None
    """Text to find in title, description and comments."""
    sort: Sequence[Sort] = ()
    """Empty: the order of the question."""
    limit: int | None = None
    offset: int = 0
    stale_days: int | None = None
    """Days without a change that `STALE` asks for; None: the rule of the repository."""


def select(view: View, wanted: Wanted, asker: Asker) -> Selection:
    """The issues that answer. Raises `QuerySyntax` for a filter that cannot be understood."""
    parts = [_condition(wanted, view, asker)]
    parts += [_bound(view, text, asker) for text in wanted.filters]
    if wanted.words is not None:
        parts.append(_words(wanted.words))
    order = wanted.sort or ORDERS.get(wanted.question, NEWEST_FIRST)
    return view.select(All(tuple(parts)), sort=order, limit=wanted.limit, offset=wanted.offset)


def doubts(view: View) -> tuple[str, ...]:
    """What to say beside every answer: that there is more than can be read."""
    count = len(view.broken())
    files = "1 file cannot be read; 'git jit validate' names it"
    return (
        () if not count else (files if count == 1 else f"{count} files cannot be read; 'git jit validate' names them",)
    )


def narrowed(view: View, filters: Sequence[str], asker: Asker) -> Condition:
    """All of `filters` as one condition, for use cases that are no listing. Raises `QuerySyntax`."""
    return All(tuple(_bound(view, text, asker) for text in filters))


def saved(config: Config, name: str) -> str:
    """The filter saved under `name`. Raises `UnknownQuery`."""
    if name not in config.queries:
        hint = suggestion(name, sorted(config.queries), known="saved queries:")
        raise UnknownQuery(f"no saved query '{name}'", hint=hint)
    return config.queries[name]


def parse_sort(text: str) -> tuple[Sort, ...]:
    """Read `-updated,priority`: fields with `-` for descending; the id decides among equals. Raises `UnknownSort`."""
    keys = []
    for word in text.split(","):
        name = word.strip().lower().removeprefix("-").replace("_", "-").removesuffix("-at")
        if name not in SORT_FIELDS:
            hint = suggestion(name, SORT_FIELDS, known="known:")
            raise UnknownSort(f"cannot sort by '{word.strip()}'", hint=hint)
        keys.append(Sort(name, descending=word.strip().startswith("-")))
    return (*keys, Sort("id"))


def _condition(wanted: Wanted, view: View, asker: Asker) -> Condition:
    """The question as a condition. Most do not need the rules, and reading those costs as much as selecting."""
    match question := wanted.question:
        case Question.ALL:
            return All(())
        case Question.STRATEGIC:
            return OneOf("type", rules_to_read_by(view).strategic_types or STRATEGIC_TYPES)
        case Question.OPEN | Question.READY | Question.BLOCKED | Question.CLOSED | Question.STALE:
            stale_before = asker.now
            if question is Question.STALE:
                stale_before = _days_before(asker.now, wanted.stale_days or rules_to_read_by(view).stale_days)
            return Is(Flag(question), asker.today, stale_before)
        case _:
            assert_never(question)


def _words(text: str) -> Condition:
    """Every word must occur, each at least as the beginning of one; words in double quotes stand side by side."""
    parts = []
    for at, piece in enumerate(text.split('"')):
        groups = [piece] if at % 2 else piece.split()
        parts += [Words("text", tuple(found), prefix=not at % 2) for group in groups if (found := tokens(group))]
    if not parts:
        raise NothingToSearch(f"nothing to search for in '{text}'", hint="give letters or digits")
    return All(tuple(parts))


def _days_before(now: Timestamp, days: int) -> Timestamp:
    from git_jit.query.times import days_before

    return days_before(now, days)


def _bound(view: View, text: str, asker: Asker) -> Condition:
    from git_jit.query import BindContext, condition_for  # 5 ms that a list without a filter does not pay

    me = asker.me() if re.search(MAY_MEAN_ME, text) else None
    context = BindContext(
        now=asker.now,
        today=asker.today,
        me=me,
        config=rules_to_read_by(view),
        resolve_id=view.starting_with,
    )
    return condition_for(text, context)
