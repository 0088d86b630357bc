"""Rules of the repository that refuse a write (`enforce`): asked of the issue as it would be.

A step forward (ADR 0023) must lead to an issue that meets them, whatever it was before; any other change must not break
one that was met. What is undone, given up or promoted by itself is not held up.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Final

from git_jit import facts
from git_jit.condition import Condition, OneOf
from git_jit.config import Config
from git_jit.errors import Refused
from git_jit.model import Comment, Date, Gate, GateKey, GateVerdict, Issue, IssueId, State, short
from git_jit.ops.edit import parents_of
from git_jit.validate.rule_ground import Content, Lack, Moment, comments_for, content_of
from git_jit.validate.rules import Asked, asked, said
from git_jit.view import Overlay
from git_jit.workflow import FURTHER, unfinished

if TYPE_CHECKING:
    from git_jit.ops.desk import Desk

GIVEN_UP: Final = frozenset({State.REJECTED, State.ARCHIVED})


class RuleBroken(Refused):
    """The issue would break a rule of the repository. `details` has `id` and `rules`: name, message, hint of each."""

    code = "rule_broken"


def refusal(desk: "Desk", before: Issue | None, after: Issue) -> RuleBroken | None:
    """Why `after` may not take the place of `before` (None: it is new), by the rules that are enforced."""
    config = desk.overlay.config
    names = sorted(name for name, rule in config.rules.items() if rule.enforce)
    now, then = _DeskGround(desk, after), _DeskGround(desk, None)
    is_step = before is None or (after.state.value in FURTHER[before.state.value] and after.state not in GIVEN_UP)
    broken = [
        (each, lack)
        for each in asked(now, names)
        for lack in _lacks(each, now, after.id)
        if is_step or not _was_broken(then, each.name, after.id)
    ]
    return _error(before, after, broken) if broken else None


def _lacks(each: Asked, ground: "_DeskGround", id: IssueId) -> Sequence[Lack]:
    return each.judge(id).lacks if ground.holds(each.condition, id) else ()


def _was_broken(ground: "_DeskGround", name: str, id: IssueId) -> bool:
    return any(_lacks(each, ground, id) for each in asked(ground, [name]))


def _error(before: Issue | None, after: Issue, broken: Sequence[tuple[Asked, Lack]]) -> RuleBroken:
    each, lack = broken[0]
    if before is None:
        what, way = "cannot be created so", f"'git jit config get rules.{each.name}' shows the rule"
    elif before.state is after.state:
        what, way = "cannot be changed so", f"'git jit config get rules.{each.name}' shows the rule"
    else:
        what, way = f"cannot become {after.state}", "--force with --reason overrules it"
    more = f", and {len(broken) - 1} more" if len(broken) > 1 else ""
    return RuleBroken(
        f"'{short(after.id)}' {what}: {said(each.name, each.rule, lack)}{more}",
        hint=f"{lack.hint}; {way}" if lack.hint else way,
        details={
            "id": after.id,
            "rules": [{"rule": each.name, "message": lack.message, "hint": lack.hint} for each, lack in broken],
        },
    )


class _DeskGround:
    """The issues of a plan in the making, with one of them as it would be."""

    def __init__(self, desk: "Desk", changed: Issue | None) -> None:
        self._desk = desk
        self._changed = changed
        self._known: dict[IssueId, facts.Facts] = {}
        self.moment: Moment | None = Moment(day=Date(desk.terms.now[:10]), tree=desk.terms.tree)

    @property
    def _overlay(self) -> Overlay:
        return self._desk.overlay

    @property
    def config(self) -> Config:
        return self._overlay.config

    @property
    def gates(self) -> Mapping[GateKey, Gate]:
        return self._desk.gates

    def holds(self, condition: Condition, id: IssueId) -> bool:
        comments = comments_for(condition, self._overlay.below, id)
        if comments or id not in self._known:
            issue = self.issue(id)
            self._known[id] = self._facts(issue, comments) if issue else facts.facts_of_broken(id)
        return facts.matches(condition, self._known[id])

    def _facts(self, issue: Issue, comments: Sequence[Comment]) -> facts.Facts:
        return facts.facts_of(
            issue,
            comments=comments,
            blocks=self._overlay.dependents(issue.id),
            updated=self._desk.terms.now,
            blocked=not issue.state.terminal and bool(unfinished(self._overlay, issue.dependencies)),
            config=self.config,
        )

    def issue(self, id: IssueId) -> Issue | None:
        if self._changed is not None and id == self._changed.id:
            return self._changed
        return self._overlay.issue(id) if self._overlay.state_of(id) is not None else None

    def content(self, id: IssueId) -> Content:
        return content_of(self.issue(id))

    def has_passed(self, id: IssueId) -> bool:
        issue = self.issue(id)
        return issue is not None and any(gate.status is GateVerdict.PASSED for gate in issue.gates.values())

    def labels(self, id: IssueId) -> Sequence[str]:
        if id in self._near:
            return self._near[id].labels
        rows = self._overlay.below.rows([id])
        return rows[0].labels if rows else ()

    def state(self, id: IssueId) -> State | None:
        return self._near[id].state if id in self._near else self._overlay.state_of(id)

    def waits_for(self, id: IssueId) -> Collection[IssueId]:
        return self._near[id].dependencies if id in self._near else self._overlay.waits_for(id)

    def parents(self, id: IssueId) -> Collection[IssueId]:
        issue = self.issue(id)
        return parents_of(issue) if issue else ()

    def children(self, id: IssueId) -> Iterator[IssueId]:
        known = self._near
        below = self._overlay.below.select(OneOf("parent", (id,)), sort=()).ids
        yield from (other for other in below if other not in self._overlay.edits and other not in known)
        yield from (other.id for other in known.values() if id in parents_of(other))

    def starting_with(self, prefix: str) -> Sequence[IssueId]:
        below = (id for id in self._overlay.below.starting_with(prefix) if id not in self._overlay.edits)
        return sorted({*below, *(id for id in self._near if id.startswith(prefix))})

    @cached_property
    def _near(self) -> Mapping[IssueId, Issue]:
        """What the plan has made of issues, the changed one included."""
        edits = {id: issue for id, issue in self._overlay.edits.items() if issue is not None}
        return edits | ({self._changed.id: self._changed} if self._changed is not None else {})
