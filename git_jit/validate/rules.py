"""The rules of a repository about issues: who breaks them, and why one issue does or does not.

A rule that depends on the day or on the code that is checked out is no property of a commit: it is asked only where the
caller brings a `Moment`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Final

from git_jit import facts
from git_jit.condition import Condition
from git_jit.config import OFF, Config
from git_jit.model import IssueId, Json, Timestamp
from git_jit.query import QuerySyntax, bind, unparse
from git_jit.query.rules import ANY_DAY, condition_of, depends_on_day, terms
from git_jit.query.values import BindContext
from git_jit.record import record, replace
from git_jit.rules import Coverage, Gates, Rule, Sections, dump, kind_of
from git_jit.validate.catalogue import finding
from git_jit.validate.finding import Finding, Severity
from git_jit.validate.rule_checks import judge_of
from git_jit.validate.rule_ground import Answer, Ground, Judge, Lack, TreeGround

CODES: Final[Mapping[str, str]] = {
    "labels": "rule_labels",
    "forbidden_labels": "rule_forbidden_label",
    "sections": "rule_section",
    "fields": "rule_field",
    "coverage": "rule_coverage",
    "gates": "rule_gate",
    "hierarchy": "rule_hierarchy",
}
"""What a rule requires, to the code of a finding."""
READING: Final = (Sections, Gates, Coverage)
"""Requirements that no index answers: whole issues are read."""


@record(kw_only=True)
class Asked:
    """A rule that is understood."""

    name: str
    rule: Rule
    condition: Condition
    """The issues it is about."""
    judge: Judge


def needs_moment(rule: Rule, config: Config) -> bool:
    """Whether the rule depends on more than a commit. Raises `QuerySyntax`."""
    return needs_tree(rule) or depends_on_day(rule, config)


def needs_tree(rule: Rule) -> bool:
    """Whether the rule depends on the code that is checked out."""
    return isinstance(rule.requires, Gates) and rule.requires.code


def dependence(config: Config) -> tuple[bool, bool]:
    """Whether any rule depends on the day, and whether any depends on the code."""
    return _any(config, lambda rule: depends_on_day(rule, config)), _any(config, needs_tree)


def _any(config: Config, question: Callable[[Rule], bool]) -> bool:
    for rule in config.rules.values():
        with suppress(QuerySyntax):
            if rule.severity != OFF and question(rule):
                return True
    return False


def asked(ground: Ground, names: Iterable[str] | None = None) -> Iterator[Asked]:
    """The rules in order of name, or those of `names`; without those that are off, or cannot be understood (a finding
    of the configuration says so), or depend on a moment that there is not.
    """
    config, moment = ground.config, ground.moment
    for name in sorted(config.rules) if names is None else names:
        rule = config.rules[name]
        try:
            if rule.severity == OFF or (moment is None and needs_moment(rule, config)):
                continue
            condition = condition_of(rule.when, config, moment.day if moment else ANY_DAY)
            judge = judge_of(rule.requires, ground)
        except QuerySyntax:
            continue
        yield Asked(name=name, rule=rule, condition=condition, judge=judge)


def check_rules(ground: TreeGround) -> Iterator[Finding]:
    """Every issue that breaks a rule, with the severity that the rule gives it; by rule, then by issue."""
    for each in asked(ground):
        ids = _of_interest(each, ground)
        for id in ground.prepared(ids) if isinstance(each.rule.requires, READING) else ids:
            for lack in each.judge(id).lacks:
                yield _finding(each, id, lack)


def _of_interest(each: Asked, ground: TreeGround) -> list[IssueId]:
    ids = sorted(ground.meeting(each.condition))
    return [id for id in ids if ground.has_passed(id)] if isinstance(each.rule.requires, Gates) else ids


def _finding(each: Asked, id: IssueId, lack: Lack) -> Finding:
    found = finding(CODES[kind_of(each.rule)], id, said(each.name, each.rule, lack), lack.hint)
    return replace(found, severity=Severity(each.rule.severity), rule=each.name)


def said(name: str, rule: Rule, lack: Lack) -> str:
    """What is wrong, as one sentence with the name of the rule and what it says to people."""
    return f"rule '{name}': {lack.message}" + (f" ({rule.message})" if rule.message else "")


# --- why --------------------------------------------------------------------------------------------------


@record
class TermSaid:
    """One term of a filter and whether it holds."""

    text: str
    holds: bool
    value: tuple[str, ...] = ()
    """What the issue has there, where that is a plain field."""


@record(kw_only=True)
class Explained:
    """A rule, and why one issue meets or breaks it."""

    name: str
    data: Mapping[str, Json]
    is_about: bool
    """Whether its filter finds the issue."""
    terms: tuple[TermSaid, ...]
    answer: Answer | None
    """None: the rule is not about the issue."""


def explain(ground: Ground, name: str, id: IssueId) -> Explained | None:
    """Why the issue meets or breaks the rule; None where the rule cannot be asked (`asked`)."""
    each = next(asked(ground, [name]), None)
    if each is None:
        return None
    is_about = ground.holds(each.condition, id)
    return Explained(
        name=name,
        data=dump(each.rule),
        is_about=is_about,
        terms=tuple(_terms(ground, each.rule, id)),
        answer=each.judge(id) if is_about else None,
    )


def _terms(ground: Ground, rule: Rule, id: IssueId) -> Iterator[TermSaid]:
    if rule.when is None:
        return
    day = ground.moment.day if ground.moment else ANY_DAY
    context = BindContext(now=Timestamp(f"{day}T00:00:00.000000Z"), today=day, config=ground.config)
    issue = ground.issue(id)
    known = facts.facts_of(issue, config=ground.config) if issue else facts.facts_of_broken(id)
    for term, negated in terms(rule.when):
        holds = ground.holds(bind(term, context), id)
        field = getattr(term, "field", "")
        plain = field in facts.TEXTS | facts.SETS | facts.NAMESPACES and field not in {"blocks", "updated", "comment"}
        value = tuple(map(str, known.values(field))) if plain else ()
        yield TermSaid(("-" if negated else "") + unparse(term), holds is not negated, value)
