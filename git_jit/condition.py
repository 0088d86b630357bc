"""What can be asked of an issue, as values.

A filter that a user typed becomes a `Condition` once names, dates and `me` are resolved (`query.bind`).
Two engines answer conditions and must agree: `facts.matches` over values, and the index over SQL
(`store/sql.py`). Every field is seen as a *set of scalars* (a missing value is the empty set), so five
kinds of test are enough.

Field names and what their sets hold:

    id state assignee created-by      at most one string
    priority                          one integer, 0 low … 3 critical
    title                             one string
    label depends-on blocks parent doc gate link        strings, any number
    type epic milestone               the values of the labels of that namespace
    due defer                         dates `YYYY-MM-DD`
    created closed updated            timestamps, see `model.Timestamp`
    estimate                          integer minutes
    field.<name>                      the custom field's value(s): integers, and all else as text
    comment                           the ids of its comments

`gate` holds `key` and `key=verdict` for each required gate; `link` holds `type:target`; `doc` holds paths;
`depends-on` and `blocks` hold issue ids, `parent` the ids of its parents.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import TypeAlias

from git_jit.record import record

Scalar: TypeAlias = str | int


class Flag(StrEnum):
    """Facts that depend on more than the issue's own fields."""

    BLOCKED = "blocked"
    """Not terminal, and some dependency is missing or not terminal."""
    READY = "ready"
    """In state `ready`, not blocked, not deferred beyond today."""
    OPEN = "open"
    CLOSED = "closed"
    CLAIMED = "claimed"
    OVERDUE = "overdue"
    STALE = "stale"
    ORPHAN = "orphan"
    """Has neither a parent nor a label that makes it a member of an epic, story or milestone."""
    ROOT = "root"
    """No other issue waits for it."""
    LEAF = "leaf"
    """Waits for no other issue."""
    BROKEN = "broken"


@record
class All:
    """True when every part is; the empty one is always true."""

    parts: tuple["Condition", ...]


@record
class Some:
    """True when at least one part is; the empty one is never true."""

    parts: tuple["Condition", ...]


@record
class Not:
    part: "Condition"


@record
class OneOf:
    """The field's set shares a member with `values`."""

    field: str
    values: tuple[Scalar, ...]


@record
class Glob:
    """Some member of the field's set fits `pattern`: `*` any run, `?` any one character, case-sensitive.

    `pattern` is a tuple of pieces: plain strings, and `None` for `*`, and `1` for `?`, so that no
    character of the user's text is ever special twice.
    """

    field: str
    pattern: tuple["str | int | None", ...]


@record
class Compare:
    """Some member stands in relation `op` (`<`, `<=`, `>`, `>=`) to `value`.

    Strings compare by code point; a string and an integer do not compare.
    """

    field: str
    op: str
    value: Scalar


@record
class Present:
    """The field's set is not empty."""

    field: str


@record
class Is:
    """A flag holds. `today` and `stale_before` are the clock's part, resolved by the caller."""

    flag: Flag
    today: str
    stale_before: str


@record
class Words:
    """The text holds these tokens next to each other, in this order; the last may be a mere beginning.

    Tokens come from `text.tokens`, on both sides. `where` is `title` or `text` (title, description, comments).
    """

    where: str
    tokens: tuple[str, ...]
    prefix: bool = False


Condition: TypeAlias = All | Some | Not | OneOf | Glob | Compare | Present | Is | Words


@record
class Sort:
    """One key of an order. Fields as above, one value each; issues without a value come last."""

    field: str
    descending: bool = False


NEWEST_FIRST: Sequence[Sort] = (Sort("created", descending=True), Sort("id"))
