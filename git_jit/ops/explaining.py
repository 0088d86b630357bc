"""Why issues meet or break a rule of the repository: by the same questions as `validate` asks."""

from collections.abc import Iterable
from functools import partial
from typing import Final

from git_jit.model import IssueId, Json
from git_jit.ops import resolve
from git_jit.ops.validation import UnknownCode
from git_jit.record import record
from git_jit.rules import dump
from git_jit.store import Store
from git_jit.text import suggestion
from git_jit.validate import Finding
from git_jit.validate.catalogue import CATALOGUE
from git_jit.validate.census import census_of
from git_jit.validate.rule_ground import Moment, TreeGround, content_of
from git_jit.validate.rules import Explained, asked, explain
from git_jit.view import View, readable, rules_to_read_by

KEY: Final = "rules."
"""Before the name of a rule: its key in the configuration."""
MOST: Final = 20
"""Issues that are explained one by one; `validate` lists all."""


@record(kw_only=True)
class RuleSaid:
    """A rule, and what it says about some issues."""

    name: str
    data: dict[str, Json]
    about: int | None
    """How many issues its filter finds; None: the rule cannot be asked here, or one issue was asked for."""
    broken: int | None
    """How many of them break it."""
    issues: tuple[tuple[IssueId, Explained], ...]
    """The one that was asked for, or the first that break it."""
    is_asked: bool = True
    """False: it is off, cannot be understood, or depends on the day or the code, and the past was asked for."""


def is_rule(store: Store, name: str, at: str | None = None) -> bool:
    """Whether there is such a rule. Raises `UnknownCode` if the name is no code of a finding either."""
    with store.view(at) as view:
        rules = rules_to_read_by(view).rules
    if name.removeprefix(KEY) in rules:
        return True
    if name in CATALOGUE:
        return False
    known = [*sorted(rules), *sorted(CATALOGUE)]
    hint = suggestion(name, known, known=f"rules here are {', '.join(sorted(rules)) or 'none'}; codes are")
    raise UnknownCode(f"there is no rule and no finding '{name}'", hint=hint)


def explain_rule(
    store: Store, name: str, *, id: str | None = None, at: str | None = None, moment: Moment | None = None
) -> RuleSaid:
    """What the rule says about the issue, or about those that break it. Raises `IssueNotFound`, `UnknownRevision`."""
    name = name.removeprefix(KEY)
    with store.view(at) as view:
        ground = _ground(view, None if at is not None else moment)
        data = dump(ground.config.rules[name])
        each = next(asked(ground, [name]), None)
        if each is None:
            return RuleSaid(name=name, data=data, about=None, broken=None, issues=(), is_asked=False)
        if id is not None:
            wanted = resolve(view, id)
            return RuleSaid(name=name, data=data, about=None, broken=None, issues=_said(ground, name, [wanted]))
        about = ground.meeting(each.condition)
        broken = sorted(other for other in about if each.judge(other).lacks)
        said = _said(ground, name, broken[:MOST])
        return RuleSaid(name=name, data=data, about=len(about), broken=len(broken), issues=said)


def explain_findings(
    store: Store, findings: Iterable[Finding], *, at: str | None = None, moment: Moment | None = None
) -> tuple[RuleSaid, ...]:
    """The rules among `findings`, each with the first issues that break it."""
    names = dict.fromkeys(finding.rule for finding in findings if finding.rule)
    return tuple(explain_rule(store, name, at=at, moment=moment) for name in names)


def _said(ground: TreeGround, name: str, ids: Iterable[IssueId]) -> tuple[tuple[IssueId, Explained], ...]:
    explained = ((id, explain(ground, name, id)) for id in ids)
    return tuple((id, each) for id, each in explained if each is not None)


def _ground(view: View, moment: Moment | None) -> TreeGround:
    read = partial(readable, view)
    return TreeGround(view, census_of(view), read, lambda ids: map(content_of, map(read, ids)), moment)
