"""What the filters in the rules of a repository mean.

A rule must say the same to everybody, so there is no `me` in it, and it goes by the day: all of a day (in UTC) counts
as its first moment. What is not understood is an error of the configuration, never a rule about more issues.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from git_jit import facts
from git_jit.condition import All, Condition, Flag, Is
from git_jit.config import Config, ConfigInvalid
from git_jit.model import Date, Timestamp
from git_jit.query.ast import And, Expr, Not, Or, Term, Word
from git_jit.query.bind import bind
from git_jit.query.errors import QuerySyntax
from git_jit.query.parser import parse
from git_jit.query.values import BindContext
from git_jit.rules import MAX_RULES, Fields, Gates, Rule

ANY_DAY: Final = Date("2000-01-01")
"""For filters in which no day matters."""
_OTHER_DAY: Final = Date("2019-07-06")
_BY_DAY: Final = frozenset({Flag.OVERDUE, Flag.READY, Flag.STALE})
"""Flags whose answer changes by itself: something is due, no longer deferred, or was left alone for too long."""


def condition_of(when: str | None, config: Config, day: Date = ANY_DAY) -> Condition:
    """The issues that a rule is about, on that day. Raises `QuerySyntax`."""
    if when is None:
        return All(())
    now = Timestamp(f"{day}T00:00:00.000000Z")
    return bind(_parsed(when), BindContext(now=now, today=day, config=config))


@lru_cache(maxsize=2 * MAX_RULES)
def _parsed(when: str) -> Expr:
    """A change of many issues asks the same rules for each."""
    return parse(when)


def field_condition(name: str, config: Config) -> Condition:
    """That an issue has what `has:` calls by that name. Raises `QuerySyntax`."""
    return condition_of(f"has:{name}", config)


def depends_on_day(rule: Rule, config: Config) -> bool:
    """Whether time alone can change what the rule says. Raises `QuerySyntax`."""
    if isinstance(rule.requires, Gates) and rule.requires.max_age_days is not None:
        return True
    found = [condition_of(rule.when, config, day) for day in (ANY_DAY, _OTHER_DAY)]
    first, second = ([leaf for leaf in facts.leaves(each) if not _is_timeless(leaf)] for each in found)
    return first != second


def _is_timeless(leaf: facts.Leaf) -> bool:
    return isinstance(leaf, Is) and leaf.flag not in _BY_DAY


def objections(config: Config) -> dict[str, ConfigInvalid]:
    """The rules that cannot be understood under this configuration, by name, and why."""
    found = {}
    for name, rule in config.rules.items():
        try:
            condition_of(rule.when, config)
        except QuerySyntax as error:
            found[name] = _objection(f"rules.{name}.when", error)
            continue
        for field in rule.requires.names if isinstance(rule.requires, Fields) else ():
            try:
                field_condition(field, config)
            except QuerySyntax as error:
                found[name] = _objection(f"rules.{name}.fields", error)
                break
    return found


def check(config: Config) -> None:
    """Raises `ConfigInvalid` for the first rule that cannot be understood; its hint shows where."""
    if config.rules:
        for error in objections(config).values():
            raise error


def _objection(key: str, error: QuerySyntax) -> ConfigInvalid:
    return ConfigInvalid(key, f"cannot be understood: {error.message}", hint=error.hint)


def terms(when: str) -> Iterator[tuple[Term | Word, bool]]:
    """Every term of a filter, and whether it must not hold for the filter to. Raises `QuerySyntax`."""
    yield from _terms(parse(when), negated=False)


def _terms(expr: Expr, *, negated: bool) -> Iterator[tuple[Term | Word, bool]]:
    match expr:
        case And(parts) | Or(parts):
            for part in parts:
                yield from _terms(part, negated=negated)
        case Not(part):
            yield from _terms(part, negated=not negated)
        case _:
            yield expr, negated
