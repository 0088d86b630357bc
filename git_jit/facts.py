"""What can be known about an issue, extracted once, and what a `Condition` says about it.

Both engines stand on this page: `matches` evaluates a condition over `Facts`, and the index stores what
`fields_of`, `title_tokens` and `text_tokens` return. So a field means the same in both (ADR 0003).
"""

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias, assert_never

from git_jit.condition import (
    All,
    Compare,
    Condition,
    Flag,
    Glob,
    Is,
    Not,
    OneOf,
    Present,
    Scalar,
    Some,
    Sort,
    Words,
)
from git_jit.config import Config
from git_jit.model import WORKING, Comment, Issue, IssueId, Json, State
from git_jit.record import field, record
from git_jit.text import tokens

Leaf: TypeAlias = OneOf | Glob | Compare | Present | Is | Words
Fields = Mapping[str, tuple[Scalar, ...]]

TEXTS: Final = frozenset(
    {"id", "title", "state", "assignee", "created-by", "created", "closed", "updated", "due", "defer"}
)
"""Fields of at most one string."""
INTEGERS: Final = frozenset({"priority", "estimate"})
"""Fields of at most one integer."""
SETS: Final = frozenset({"label", "depends-on", "blocks", "parent", "doc", "gate", "link", "comment", "plan"})
"""Fields of any number of strings. Custom fields are like them, but may hold integers too."""
PLAN: Final = "plan"
"""The key of `Issue.external` that says which plan an issue was created from: `<plan>/<key>`. The filter language has
no word for it; running a plan again asks.
"""
NAMESPACES: Final = frozenset({"type", "epic", "milestone"})
"""Fields that are the values of the labels of that namespace."""
CUSTOM: Final = "field."

MEMBERSHIPS: Final = ("epic", "milestone", "story")
"""Label namespaces that make an issue a member of something, where the rules name none."""
SEPARATOR: Final = "¶"
"""Stands between two texts, so that no phrase reaches across; `tokens` never makes it, for it is no letter."""


@record(kw_only=True)
class Facts:
    """One issue as conditions see it. Of a broken one nothing is known but its id."""

    id: IssueId
    fields: Fields = field(default_factory=dict)
    blocked: bool = False
    member: bool = False
    """Whether it has a parent, or a label that makes it a member of something."""
    title: str = ""
    """Tokens joined by blanks."""
    text: str = ""
    """Tokens of description and comments."""
    broken: bool = False

    def values(self, name: str) -> tuple[Scalar, ...]:
        """The members of a field's set. Raises `ValueError` for a field that does not exist."""
        if name in NAMESPACES:
            prefix = f"{name}:"
            labels = self.fields.get("label", ())
            return tuple(str(label)[len(prefix) :] for label in labels if str(label).startswith(prefix))
        return self.fields.get(check_field(name), ())


def facts_of_broken(id: IssueId) -> Facts:
    return Facts(id=id, fields={"id": (id,)}, broken=True)


def check_field(name: str) -> str:
    """`name`, if it is a field. Raises `ValueError`: the filter language knows every name before."""
    if name in TEXTS or name in INTEGERS or name in SETS or name in NAMESPACES or name.startswith(CUSTOM):
        return name
    raise ValueError(f"there is no field '{name}'")


def fits_kind(name: str, value: Scalar) -> bool:
    """Whether the field may hold a `value` of this kind; one of another kind is never equal, less or more."""
    return name.startswith(CUSTOM) or isinstance(value, int) == (name in INTEGERS)


# --- extraction -----------------------------------------------------------------------------------------


def fields_of(issue: Issue) -> dict[str, tuple[Scalar, ...]]:
    """Every field that the issue alone decides; the others (`blocks`, `updated`, `comment`) are the view's."""
    found: dict[str, tuple[Scalar, ...]] = {
        "id": (issue.id,),
        "title": (issue.title,),
        "state": (issue.state.value,),
        "priority": (issue.priority.rank,),
        "assignee": _maybe(issue.assignee),
        "created": (issue.created_at,),
        "created-by": _maybe(issue.created_by),
        "closed": _maybe(issue.closed_at),
        "due": _maybe(issue.due),
        "defer": _maybe(issue.defer_until),
        "estimate": _maybe(issue.estimate),
        "label": issue.labels,
        "depends-on": issue.dependencies,
    }
    if issue.links:
        found["link"] = tuple(f"{link.type}:{link.target}" for link in issue.links)
        found["parent"] = tuple(link.target for link in issue.links if link.type == "parent")
    if PLAN in issue.external:
        found[PLAN] = (issue.external[PLAN],)
    if issue.documents:
        found["doc"] = tuple(document.path for document in issue.documents)
    if issue.gates:
        found["gate"] = tuple(text for key, gate in issue.gates.items() for text in (key, f"{key}={gate.status.value}"))
    for name, value in issue.fields.items():
        found[CUSTOM + name] = tuple(_members(value))
    return found


def facts_of(
    issue: Issue,
    *,
    comments: Sequence[Comment] = (),
    blocks: Iterable[IssueId] = (),
    updated: str | None = None,
    blocked: bool = False,
    config: Config | None = None,
) -> Facts:
    """The issue together with what only the whole view knows of it."""
    fields = fields_of(issue)
    fields["blocks"] = tuple(blocks)
    fields["comment"] = tuple(comment.id for comment in comments)
    fields["updated"] = _maybe(updated)
    namespaces = tuple(f"{name}:" for name in memberships(config or Config()))
    return Facts(
        id=issue.id,
        fields=fields,
        blocked=blocked,
        member=bool(fields.get("parent")) or any(label.startswith(namespaces) for label in issue.labels),
        title=title_tokens(issue),
        text=text_tokens(issue, comments),
    )


def memberships(config: Config) -> tuple[str, ...]:
    """The label namespaces by which an issue belongs to something."""
    return tuple(sorted(set(config.membership.values()))) or MEMBERSHIPS


def title_tokens(issue: Issue) -> str:
    return " ".join(tokens(issue.title))


def text_tokens(issue: Issue, comments: Sequence[Comment]) -> str:
    """The tokens of the description and of every comment that no later one replaces."""
    replaced = {comment.replaces for comment in comments}
    bodies = [comment.body for comment in comments if comment.id not in replaced]
    return f" {SEPARATOR} ".join(" ".join(tokens(text)) for text in (issue.description, *bodies) if text)


def _maybe(value: Scalar | None) -> tuple[Scalar, ...]:
    return () if value is None else (value,)


def _members(value: Json) -> Iterator[Scalar]:
    """A custom field's value or values: `true`, 12, the members of a list, an object as JSON."""
    match value:
        case None:
            return
        case bool():
            yield "true" if value else "false"
        case int() | str():
            yield value
        case list():
            for member in value:
                yield from _members(member)
        case dict():
            from json import dumps

            yield dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        case _:
            assert_never(value)


# --- evaluation -----------------------------------------------------------------------------------------


def matches(condition: Condition, facts: Facts) -> bool:
    """Whether the issue meets the condition.

    A broken issue does only if the condition asks for `is:broken`, and even then what a condition says about its
    unknown fields is neither true nor false (SQL's NULL).
    """
    if facts.broken and not asks_for_broken(condition):
        return False
    return _holds(condition, facts, wanted=True)


def leaves(condition: Condition) -> Iterator[Leaf]:
    """Every part that is not `All`, `Some` or `Not`."""
    match condition:
        case All(parts) | Some(parts):
            for part in parts:
                yield from leaves(part)
        case Not(part):
            yield from leaves(part)
        case _:
            yield condition


def asks_for_orphans(condition: Condition) -> bool:
    """Whether the answer depends on the rules, which say what makes an issue a member of something."""
    return any(isinstance(leaf, Is) and leaf.flag is Flag.ORPHAN for leaf in leaves(condition))


def asks_for_broken(condition: Condition) -> bool:
    return any(isinstance(leaf, Is) and leaf.flag is Flag.BROKEN for leaf in leaves(condition))


def asks_for_updated(condition: Condition, sort: Sequence[Sort] = ()) -> bool:
    """Whether the answer depends on when issues changed, which only history knows."""
    return any(key.field == "updated" for key in sort) or any(
        leaf.flag is Flag.STALE if isinstance(leaf, Is) else getattr(leaf, "field", None) == "updated"
        for leaf in leaves(condition)
    )


def _holds(condition: Condition, facts: Facts, *, wanted: bool) -> bool:
    """Whether the condition is true; or, if not `wanted`, whether it is false. Of unknown fields it is neither."""
    match condition:
        case All(parts) | Some(parts):
            every = all if isinstance(condition, All) == wanted else any
            return every([_holds(part, facts, wanted=wanted) for part in parts])
        case Not(part):
            return _holds(part, facts, wanted=not wanted)
        case _:
            known = not facts.broken or known_of_broken(condition)
            return known and _leaf_holds(condition, facts) == wanted


def _leaf_holds(leaf: Leaf, facts: Facts) -> bool:
    match leaf:
        case OneOf(name, values):
            return any(member in values for member in facts.values(name))
        case Glob(name, pattern):
            from git_jit.glob import compiled  # only here: the hot commands ask the index, which has its own GLOB

            fits = compiled(pattern)
            return any(fits(str(member)) for member in facts.values(name)) and name not in INTEGERS
        case Compare(name, op, value):
            stands = _RELATIONS[op]
            return any(_is_text(member) == _is_text(value) and stands(member, value) for member in facts.values(name))
        case Present(name):
            return bool(facts.values(name))
        case Words(where, words, prefix):
            return _says(facts, where, words, prefix=prefix)
        case Is():
            return _flag_holds(leaf, facts)
        case _:
            assert_never(leaf)


def known_of_broken(leaf: Leaf) -> bool:
    """Whether the test has an answer even for an issue that cannot be read."""
    return leaf.flag is Flag.BROKEN if isinstance(leaf, Is) else getattr(leaf, "field", "") == "id"


_RELATIONS: Final[Mapping[str, Callable[[Scalar, Scalar], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def _says(facts: Facts, where: str, words: Sequence[str], *, prefix: bool) -> bool:
    if not words:
        return False  # nothing was asked for, so nothing is found: never a wider match
    phrase = f" {' '.join(words)}" + ("" if prefix else " ")
    return phrase in f" {facts.title} " or (where == "text" and phrase in f" {facts.text} ")


def _flag_holds(leaf: Is, facts: Facts) -> bool:  # noqa: C901, PLR0911 - one for each flag
    values = facts.values
    state = State(str(values("state")[0])) if values("state") else None
    is_open = state is not None and not state.terminal
    match leaf.flag:
        case Flag.BLOCKED:
            return facts.blocked
        case Flag.READY:
            return state is State.READY and not facts.blocked and not _after(values("defer"), leaf.today)
        case Flag.OPEN:
            return is_open
        case Flag.CLOSED:
            return state is not None and state.terminal
        case Flag.CLAIMED:
            return state is State.IN_PROGRESS and bool(values("assignee"))
        case Flag.OVERDUE:
            return is_open and _before(values("due"), leaf.today)
        case Flag.STALE:
            return state in WORKING and _before(values("updated"), leaf.stale_before)
        case Flag.ORPHAN:
            return not facts.member
        case Flag.ROOT:
            return not values("blocks")
        case Flag.LEAF:
            return not values("depends-on")
        case Flag.BROKEN:
            return facts.broken
        case _:
            assert_never(leaf.flag)


def _before(values: tuple[Scalar, ...], moment: str) -> bool:
    return any(str(value) < moment for value in values)


def _after(values: tuple[Scalar, ...], moment: str) -> bool:
    return any(str(value) > moment for value in values)


# --- order ----------------------------------------------------------------------------------------------


def ordered(found: Iterable[Facts], sort: Sequence[Sort]) -> list[Facts]:
    """By the keys in turn; issues without a value last, in either direction; ties by id.

    Of a field with several values the smallest counts; integers come before text.
    """
    result = sorted(found, key=lambda facts: facts.id)
    for key in reversed(sort):
        known = [(_smallest(values), facts) for facts in result if (values := facts.values(key.field))]
        known.sort(key=_first, reverse=key.descending)
        result = [facts for _, facts in known] + [facts for facts in result if not facts.values(key.field)]
    return result


def _smallest(values: tuple[Scalar, ...]) -> tuple[bool, Scalar]:
    return min([(_is_text(value), value) for value in values])


def _first(pair: tuple[tuple[bool, Scalar], Facts]) -> tuple[bool, Scalar]:
    return pair[0]


def _is_text(value: Scalar) -> bool:
    return isinstance(value, str)
