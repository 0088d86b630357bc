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
from git_jit.record import replace
from git_jit.text import cut
from git_jit.validate.rule_ground import Content, Lack, Moment, comments_for, content_of
from git_jit.validate.rules import Asked, asked, said
from git_jit.view import Overlay
from git_jit.workflow import FURTHER, unfinished

if TYPE_CHECKING:
    from git_jit.ops.desk import Desk

SHOWN_TITLE: Final = 60
"""Bytes of a title in a message."""
GIVEN_UP: Final = frozenset({State.REJECTED, State.ARCHIVED})


class RuleBroken(Refused):
    """The issue would break a rule of the repository. `details` has `id` and `rules`: name, message, hint of each."""

    code = "rule_broken"


def refusal(desk: "Desk", before: Issue | None, after: Issue) -> RuleBroken | None:
    """Why `after` may not take the place of `before` (None: it is new), by the rules that are enforced."""
    ground = desk.ground
    if not isinstance(ground, DeskGround):
        desk.ground = ground = DeskGround(desk)
    ground.forget()
    is_step = before is None or (after.state.value in FURTHER[before.state.value] and after.state not in GIVEN_UP)
    broken = []
    for each in ground.enforced:
        ground.suppose(after)
        lacks = _lacks(each, ground, after.id)
        ground.suppose(None)
        if lacks and (is_step or not _lacks(each, ground, after.id)):
            broken += [(each, lack) for lack in lacks]
    return _error(before, after, broken) if broken else None


def _lacks(each: Asked, ground: "DeskGround", id: IssueId) -> Sequence[Lack]:
    return each.judge(id).lacks if ground.holds(each.condition, id) else ()


def _error(before: Issue | None, after: Issue, broken: Sequence[tuple[Asked, Lack]]) -> RuleBroken:
    each, lack = broken[0]
    name = f"'{short(after.id)}'"
    if before is None:  # there is no such issue, and no command could change it
        broken = [(each, replace(lack, hint=None)) for each, lack in broken]
        name, lack = f"'{cut(after.title, SHOWN_TITLE)}'", broken[0][1]
        what, way = "cannot be created so", f"'git jit config get rules.{each.name}' shows the rule"
    elif before.state is after.state:
        what, way = "cannot be changed so", f"'git jit config get rules.{each.name}' shows the rule"
    else:
        what, way = f"cannot become {after.state}", "--force with --reason overrules it"
    more = f", and {len(broken) - 1} more" if len(broken) > 1 else ""
    return RuleBroken(
        f"{name} {what}: {said(each.name, each.rule, lack)}{more}",
        hint=f"{lack.hint}; {way}" if lack.hint else way,
        details={
            "id": after.id,
            "rules": [{"rule": each.name, "message": lack.message, "hint": lack.hint} for each, lack in broken],
        },
    )


class DeskGround:
    """The issues of a plan in the making, with one of them as it would be. One for a plan: a change of many issues
    binds each rule once.
    """

    def __init__(self, desk: "Desk") -> None:
        self._desk = desk
        self._supposed: Issue | None = None
        self._known: tuple[Issue, facts.Facts] | None = None
        self.moment: Moment | None = Moment(day=Date(desk.terms.now[:10]), tree=desk.terms.tree)

    def suppose(self, issue: Issue | None) -> None:
        """Take an issue for what it would be; None: all are as the plan has them."""
        self._supposed = issue

    def forget(self) -> None:
        """The plan has gone on since the last question."""
        self._known = None

    @cached_property
    def enforced(self) -> Sequence[Asked]:
        """The rules that refuse."""
        return tuple(asked(self, sorted(name for name, rule in self.config.rules.items() if rule.enforce)))

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
        issue = self.issue(id)
        if issue is None:
            return False
        comments = comments_for(condition, self._overlay.below, id)
        if comments:
            return facts.matches(condition, self._facts(issue, comments))
        if self._known is None or self._known[0] is not issue:
            self._known = (issue, self._facts(issue, ()))
        return facts.matches(condition, self._known[1])

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
        found = self._near(id)
        return found or (self._overlay.issue(id) if self._overlay.state_of(id) is not None else None)

    def content(self, id: IssueId) -> Content:
        return content_of(self.issue(id))

    def has_passed(self, id: IssueId) -> bool:
        issue = self.issue(id)
        return issue is not None and any(gate.status is GateVerdict.PASSED for gate in issue.gates.values())

    def labels(self, id: IssueId) -> Sequence[str]:
        if near := self._near(id):
            return near.labels
        rows = self._overlay.below.rows([id])
        return rows[0].labels if rows else ()

    def state(self, id: IssueId) -> State | None:
        near = self._near(id)
        return near.state if near else self._overlay.state_of(id)

    def waits_for(self, id: IssueId) -> Collection[IssueId]:
        near = self._near(id)
        return near.dependencies if near else self._overlay.waits_for(id)

    def parents(self, id: IssueId) -> Collection[IssueId]:
        issue = self.issue(id)
        return issue.parents if issue else ()

    def children(self, id: IssueId) -> Iterator[IssueId]:
        supposed = self._supposed
        below = self._overlay.below.select(OneOf("parent", (id,)), sort=()).ids
        found = [other for other in below if other not in self._overlay.edits]
        found += self._overlay.children_among_edits(id)
        yield from (other for other in found if supposed is None or other != supposed.id)
        if supposed and id in supposed.parents:
            yield supposed.id

    def starting_with(self, prefix: str) -> Sequence[IssueId]:
        edits = self._overlay.edits
        below = (id for id in self._overlay.below.starting_with(prefix) if id not in edits)
        made = (id for id, issue in edits.items() if issue is not None and id.startswith(prefix))
        supposed = {self._supposed.id} if self._supposed and self._supposed.id.startswith(prefix) else set()
        return sorted({*below, *made, *supposed})

    def _near(self, id: IssueId) -> Issue | None:
        """The issue as it would be, or as the plan has it; None where only the view below knows it."""
        if self._supposed is not None and id == self._supposed.id:
            return self._supposed
        return self._overlay.edits.get(id)
