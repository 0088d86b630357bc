"""Where a plan is made: an overlay, the rules, and a note of all that happened on the way.

`Desk.change` is the one way an issue changes. Single updates, bulk, plans, labels and dependencies all go
through it, so they cannot differ.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import partial
from typing import TypeAlias

from git_jit import graph
from git_jit.config import Config
from git_jit.errors import JitError
from git_jit.graph import CycleError
from git_jit.model import (
    ID_LENGTH,
    Comment,
    CommentId,
    Gate,
    GateKey,
    GateStatus,
    Issue,
    IssueId,
    Oid,
    State,
    Timestamp,
    short,
)
from git_jit.ops import IssueNotFound, resolve
from git_jit.ops.edit import Leave, Patch, apply
from git_jit.record import record, replace
from git_jit.validate.finding import errors_in, refusal
from git_jit.validate.issue_rules import check_changed, check_issue
from git_jit.view import Overlay, View
from git_jit.workflow import Facts, Intent, advance, anywhere, settle, unfinished

Tree: TypeAlias = Callable[[], Oid | None]
"""Finds the code tree that gates are earned on. Finding it costs a process, and most issues have no gate."""


def no_tree() -> None:
    """There is no code here."""


@record(kw_only=True)
class Terms:
    """What qualifies a change besides the patch: when it is, and how a state is meant (see `workflow.Intent`)."""

    now: Timestamp
    reason: str | None = None
    reopen: bool = False
    force: bool = False
    tree: Tree = no_tree
    earned: Callable[[IssueId, GateKey, GateStatus], bool] | None = None
    """Whether the verdict of a command counts here, by where it ran; None: wherever that was."""


class Waits(Mapping[IssueId, tuple[IssueId, ...]]):
    """The edges of an overlay as the mapping `graph` asks questions of; looked up only where a walk goes."""

    def __init__(self, overlay: Overlay, *, reverse: bool = False) -> None:
        self._overlay = overlay
        self._neighbours = overlay.dependents if reverse else overlay.waits_for

    def __getitem__(self, id: IssueId) -> tuple[IssueId, ...]:
        return self._neighbours(id)

    def __iter__(self) -> Iterator[IssueId]:
        here = dict.fromkeys((*self._overlay.below.ids(), *self._overlay.edits))
        return (id for id in here if self._overlay.state_of(id) is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Desk:
    """One plan in the making."""

    __slots__ = ("_gates", "comments", "forced", "ground", "growing", "notes", "overlay", "terms", "view")

    def __init__(self, view: View, terms: Terms) -> None:
        self.view = view
        self.overlay = Overlay(view)
        self.terms = terms
        self.comments: dict[tuple[IssueId, CommentId], Comment | None] = {}
        self.forced: set[str] = set()
        """Codes of the rules that were overruled."""
        self.notes: list[str] = []
        self.growing: Collection[IssueId] = ()
        """New issues that take more than one change, or parts of which come later: the rules of the repository are
        asked about them when they are `grown`."""
        self.ground: object = None
        """What `ops.obeying` remembers about this plan."""
        self._gates: Mapping[GateKey, Gate] | None = None

    @property
    def gates(self) -> Mapping[GateKey, Gate]:
        """The gate definitions; read when first asked for, since most issues have none."""
        if self._gates is None:
            self._gates = self.view.gates()
        return self._gates

    def resolve(self, text: str) -> IssueId:
        """`ops.resolve`, for issues that this plan has made too."""
        if len(text) == ID_LENGTH and text in self.overlay.edits:
            if self.overlay.edits[IssueId(text)] is None:
                raise IssueNotFound(f"no issue '{text}'", hint="it is deleted by the same command")
            return IssueId(text)
        return resolve(self.view, text)

    def issue(self, id: IssueId) -> Issue:
        """The issue as the plan has it so far. Raises `IssueNotFound`, `CorruptIssue`."""
        found = self.overlay.issue(id)
        if found is None:
            raise IssueNotFound(f"no issue '{short(id)}'", hint="'git jit query all' lists every issue")
        return found

    def change(self, issue: Issue, patch: Patch, *, reduced: bool = False) -> JitError | None:
        """Apply `patch` to `issue`, put the result on the desk, and let its neighbours follow.

        Returns why the request was met only in part (`done` became `gated`). Raises what refuses it: then
        the desk is as it was. An issue that is not there yet begins as `ready`, or `backlog` when blocked. `reduced`:
        whoever asks has seen to it that no edge is superfluous, which for a whole graph is one walk instead of many.
        """
        whole = self._resolved(patch, issue)
        changed = self._begun(apply(whole, issue), issue)
        self._check_gates(whole.add_gates)
        self._check_edges(changed, issue)
        self._check_parents(changed, issue)
        changed, unmet, forced = self._advanced(changed, whole)
        before = self.overlay.issue(issue.id)
        check_change(before, changed, self.overlay.config)
        if changed == before:
            return unmet
        if changed.id not in self.growing:
            forced += self._obeyed(before, changed)
        self.forced.update(forced)
        self.overlay.put(changed)
        come = set(changed.dependencies) - set(issue.dependencies)
        if not reduced:
            self._drop_redundant(issue.id, come)  # never frees anybody, so its issues need not settle
        asked = frozenset() if isinstance(whole.state, Leave) else frozenset({issue.id})
        settle(self.overlay, [issue.id], asked)
        return unmet

    def grown(self, id: IssueId) -> None:
        """One of `growing` is whole, and so is what belongs to it. Raises `RuleBroken`."""
        self.forced.update(self._obeyed(None, self.issue(id)))

    def bring(self, issue: Issue) -> None:
        """Put an issue of former times on the desk as it was, as far as the graph of today allows.

        No transition is asked for: `settle` makes it and what waits for it fit together. Raises `CycleError`.
        """
        present = self.overlay.issue(issue.id) if self.overlay.state_of(issue.id) is not None else None
        blank = present or replace(issue, dependencies=(), links=())
        self._check_edges(issue, blank)
        self._check_parents(issue, blank)
        self.overlay.put(issue)
        settle(self.overlay, [issue.id])

    def _resolved(self, patch: Patch, issue: Issue) -> Patch:
        """The patch with whole ids in place of what was typed."""
        dependencies = patch.dependencies
        return replace(
            patch,
            dependencies=dependencies
            if isinstance(dependencies, Leave)
            else tuple(self._among(text, issue.dependencies) for text in dependencies),
            add_dependencies=tuple(self.resolve(text) for text in patch.add_dependencies),
            remove_dependencies=tuple(self._among(text, issue.dependencies) for text in patch.remove_dependencies),
            parent=self.resolve(patch.parent) if isinstance(patch.parent, str) else patch.parent,
            add_links=tuple(replace(link, target=self.resolve(link.target)) for link in patch.add_links),
            remove_links=tuple(
                replace(link, target=self._among(link.target, tuple(IssueId(own.target) for own in issue.links)))
                for link in patch.remove_links
            ),
        )

    def _among(self, text: str, present: tuple[IssueId, ...]) -> IssueId:
        """What `text` names of `present`, which may hold ids that are gone; else any issue."""
        prefix = text.strip().lower().replace("-", "")
        fitting = {id for id in present if id.startswith(prefix)}
        return fitting.pop() if prefix and len(fitting) == 1 else self.resolve(text)

    def _begun(self, changed: Issue, issue: Issue) -> Issue:
        if self.overlay.state_of(issue.id) is not None:
            return changed
        blocked = unfinished(self.overlay, changed.dependencies)
        return replace(changed, state=State.BACKLOG if blocked else State.READY)

    def _check_gates(self, keys: Iterable[str]) -> None:
        for key in keys:
            if GateKey(key) not in self.gates:
                from git_jit.ops.gate_looks import find

                find(self.gates, key)

    def _check_edges(self, changed: Issue, issue: Issue) -> None:
        come = set(changed.dependencies) - set(issue.dependencies)
        if changed.id in come:
            raise _cycle((changed.id, changed.id))
        if not self.overlay.dependents(changed.id):
            return  # nothing waits for it, so no way can lead back
        if path := graph.cycle_through(Waits(self.overlay), changed.id, *sorted(come)):
            raise _cycle(path)

    def _check_parents(self, changed: Issue, issue: Issue) -> None:
        """A child must not be above its parent."""
        seen = {changed.id: None}
        above = sorted(set(changed.parents) - set(issue.parents))
        while above:
            parent = above.pop()
            if parent == changed.id:
                raise _cycle((*seen, parent), what="be part of")
            if parent not in seen and self.overlay.state_of(parent) is not None:
                seen[parent] = None
                above += self.issue(parent).parents

    def _advanced(self, changed: Issue, patch: Patch) -> tuple[Issue, JitError | None, tuple[str, ...]]:
        if isinstance(patch.state, Leave):
            return changed, None, ()
        terms = self.terms
        intent = Intent(verb=patch.state, reason=terms.reason, reopen=terms.reopen, force=terms.force)
        facts = Facts(
            now=terms.now,
            blockers=unfinished(self.overlay, changed.dependencies),
            gates=self.gates if changed.gates else {},
            tree=terms.tree() if changed.gates else None,
            earned=partial(terms.earned, changed.id) if terms.earned else anywhere,
        )
        answer = advance(changed, intent, facts)
        if isinstance(answer, JitError):
            raise answer
        return answer.issue, answer.unmet, answer.forced

    def _obeyed(self, before: Issue | None, changed: Issue) -> tuple[str, ...]:
        """Raise `RuleBroken` if a rule of the repository refuses the change; the code of what `force` overruled."""
        if not any(rule.enforce for rule in self.overlay.config.rules.values()):
            return ()
        from git_jit.ops.obeying import refusal as refusal_by_rules  # the language of filters

        error = refusal_by_rules(self, before, changed)
        if error is None:
            return ()
        if not (self.terms.force and self.terms.reason):
            raise error
        return (error.code,)

    def _drop_redundant(self, id: IssueId, come: set[IssueId]) -> None:
        """Remove the edges that new ones from `id` to `come` made superfluous, or that are so themselves.

        An edge is superfluous if another way leads to its target through unfinished issues only: a way through a
        finished one does not make anybody wait. Walks down from the targets and up from `id`, each once for all.
        """
        if not come:
            return
        for source, goal in [*self._superfluous_of(id, come), *self._superfluous_above(id, come)]:
            issue = self.issue(source)
            self.overlay.put(replace(issue, dependencies=tuple(d for d in issue.dependencies if d != goal)))
            self.notes.append(f"'{short(source)}' waits for '{short(goal)}' through others already; edge removed")

    def _superfluous_of(self, id: IssueId, come: set[IssueId]) -> list[tuple[IssueId, IssueId]]:
        """Edges from `id` itself: a new one that any other implies, an old one that a new one implies."""
        targets = set(self.overlay.waits_for(id))
        if len(targets) < 2:
            return []
        waits = Waits(self.overlay)
        implied = targets & come & self._beyond(targets, waits)
        if self._open(id):
            implied |= (targets - come) & self._beyond(targets & come, waits)
        if implied:
            # Where damaged data holds a cycle, edges can imply each other: one of them must stay.
            implied &= self._beyond(targets - implied, waits)
        return [(id, target) for target in sorted(implied)]

    def _superfluous_above(self, id: IssueId, come: set[IssueId]) -> list[tuple[IssueId, IssueId]]:
        """Edges from what waits for `id`, directly or not, to what it now waits for."""
        above = self._beyond([id], Waits(self.overlay, reverse=True)) - {id}
        candidates = [
            (source, goal)
            for source in sorted(above)
            for goal in self.overlay.waits_for(source)
            if goal != id and goal not in above and self._open(source)
        ]
        if not candidates:
            return []
        below = come | self._beyond(come, Waits(self.overlay))
        return [(source, goal) for source, goal in candidates if goal in below]

    def _beyond(self, starts: Iterable[IssueId], edges: Waits) -> set[IssueId]:
        """All that is reached from `starts` in a step or more by ways whose every issue before it is unfinished."""
        found: set[IssueId] = set()
        todo = [start for start in starts if self._open(start)]
        while todo:
            come = [other for other in edges[todo.pop()] if other not in found]
            found.update(come)
            todo += [other for other in come if self._open(other)]
        return found

    def _open(self, id: IssueId) -> bool:
        state = self.overlay.state_of(id)
        return state is not None and not state.terminal


def check_change(before: Issue | None, after: Issue, config: Config) -> None:
    """Raise `ValidationFailed` with what is wrong with `after`, unless it was wrong already.

    An old fault (of an import, of a rule that came later) must not stop other work on the issue.
    """
    errors = errors_in(check_changed(before, after, config) if before else check_issue(after, config))
    if errors:
        earlier = errors_in(check_issue(before, config)) if before else []
        known = {(error.code, error.message) for error in earlier}
        if error := refusal([error for error in errors if (error.code, error.message) not in known]):
            raise error


def _cycle(path: tuple[IssueId, ...], *, what: str = "wait for") -> CycleError:
    ids = [short(id) for id in path]
    return CycleError(
        f"'{ids[0]}' cannot {what} '{ids[1]}': {graph.shown(ids)}",
        hint=f"'git jit dep tree {ids[1]}' shows what it waits for",
        details={"path": list(path)},
    )
