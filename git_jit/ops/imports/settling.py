"""What follows from all records together: references find their targets, no cycle is closed, states fit."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from git_jit.model import TERMINAL, Issue, IssueId, Link, LinkType, State
from git_jit.ops.imports.cycles import closing_edges
from git_jit.ops.imports.record import DEPENDS_ON, Parsed, Record, Reference, Remarks, identify
from git_jit.record import replace
from git_jit.view import View


@dataclass(slots=True)
class Work:
    """One record on its way: the issue as it is here, as it shall be, and which aspects come from the source."""

    record: Record
    here: Issue | None
    issue: Issue
    said: Mapping[str, str]
    wanted: tuple[Reference, ...] | None
    """References to settle; None where those that are here stay."""
    taken: Collection[str]
    """The aspects that come from the source, now. A state that does not follows from what happens around it."""

    @property
    def says_state(self) -> bool:
        return "state" in self.taken


class Settler:
    """Works on the `Work` of every record at once, and adds issues of the view that something follows for."""

    def __init__(self, view: View, parsed: Parsed, remarks: Remarks, work: dict[IssueId, Work]) -> None:
        self.view = view
        self.parsed = parsed
        self.remarks = remarks
        self.work = work

    def _exists(self, id: IssueId) -> bool:
        return id in self.work or self.view.state_of(id) is not None

    def settle_references(self) -> None:
        """Resolve what can be resolved, here and in earlier imports, and keep the graph free of cycles."""
        arrived = {id for id, work in self.work.items() if work.here is None}
        for work in self.work.values():
            if work.wanted is not None:
                self._resolve(work, work.wanted)
            elif work.issue.unresolved:
                work.issue = self._resolved(work.issue)
                self._report_unresolved(work)
        if arrived:
            self._resolve_earlier()
        self._break_cycles()
        self._break_parent_cycles()

    def _resolve(self, work: Work, wanted: Sequence[Reference]) -> None:
        issue, where = work.issue, work.record.where
        dependencies: dict[IssueId, None] = {}
        links: dict[Link, None] = {}
        unresolved: dict[Link, None] = {}
        for reference in wanted:
            if reference.id == issue.id:
                self.remarks.add("self-reference", where, f"{reference.type} {reference.target}")
            elif not self._exists(reference.id):
                unresolved[Link(reference.type, reference.target)] = None
            elif reference.type == DEPENDS_ON:
                dependencies[reference.id] = None
            else:
                links[Link(reference.type, reference.id)] = None
        if sum(link.type == LinkType.PARENT for link in (*links, *unresolved)) > 1:
            self.remarks.add("two-parents", where, issue.title)
        work.issue = replace(
            issue, dependencies=tuple(dependencies), links=tuple(sorted(links)), unresolved=tuple(sorted(unresolved))
        )
        self._report_unresolved(work)

    def _report_unresolved(self, work: Work) -> None:
        if work.record.exact:
            return  # an export says what was unresolved when it was made; that is no news
        for link in work.issue.unresolved:
            why = self.parsed.left_out.get(identify(self.parsed.system, link.target), "")
            text = f"{link.type} {link.target}{f' ({why})' if why else ''}"
            self.remarks.add("unresolved-reference", work.record.where, text)

    def _resolved(self, issue: Issue) -> Issue:
        """`issue` with every kept reference whose target is here now made a real one."""
        dependencies, links, rest = list(issue.dependencies), list(issue.links), []
        for link in issue.unresolved:
            id = self._find(issue, link.target)
            if id is None:
                rest.append(link)
                continue
            self.remarks.add("resolved-reference", issue.id[:12], f"{link.type} {link.target}")
            if link.type != DEPENDS_ON:
                links.append(Link(link.type, id))
            elif id not in dependencies:
                dependencies.append(id)
        if len(rest) == len(issue.unresolved):
            return issue
        new_links = tuple(sorted(set(links)))
        return replace(issue, dependencies=tuple(dependencies), links=new_links, unresolved=tuple(rest))

    def _find(self, issue: Issue, target: str) -> IssueId | None:
        systems = [name for name in issue.external if ":" not in name] or [self.parsed.system]
        ids = (identify(system, target) for system in systems)
        return next((id for id in ids if id != issue.id and self._exists(id)), None)

    def _resolve_earlier(self) -> None:
        """Issues of earlier imports, not named in this one, may have waited for what arrives now."""
        for id in self.view.ids():
            if id in self.work:
                continue
            here = self.view.issue(id)
            if here is None or not here.unresolved:
                continue
            issue = self._resolved(here)
            if issue is not here:
                self._add_bystander(here, issue)

    def _break_cycles(self) -> None:
        """Dependencies, and parents among themselves, must not come back to where they began."""
        old = {id: frozenset(work.here.dependencies) if work.here else frozenset() for id, work in self.work.items()}
        starts = [id for id, work in self.work.items() if set(work.issue.dependencies) - old[id]]
        closing = closing_edges(starts, self._waits_for, lambda a, b: a in old and b not in old[a])
        for id, target in sorted(closing):
            work = self.work[id]
            kept = tuple(other for other in work.issue.dependencies if other != target)
            work.issue = replace(work.issue, dependencies=kept)
            self._relate(work, target, "dependency-cycle")

    def _break_parent_cycles(self) -> None:
        old = {id: frozenset(work.here.parents) if work.here else frozenset() for id, work in self.work.items()}
        starts = [id for id, work in self.work.items() if set(work.issue.parents) - old[id]]
        closing = closing_edges(starts, self._parents_of, lambda a, b: a in old and b not in old[a])
        for id, target in sorted(closing):
            work = self.work[id]
            links = tuple(link for link in work.issue.links if link != Link(LinkType.PARENT, target))
            work.issue = replace(work.issue, links=links)
            self._relate(work, target, "parent-cycle")

    def _relate(self, work: Work, target: IssueId, rule: str) -> None:
        links = {*work.issue.links, Link(LinkType.RELATES_TO, target)}
        work.issue = replace(work.issue, links=tuple(sorted(links)))
        self.remarks.add(rule, work.record.where, f"{work.issue.id[:12]} to {target[:12]}")

    def _parents_of(self, id: IssueId) -> Sequence[IssueId]:
        work = self.work.get(id)
        issue = work.issue if work else self.view.issue(id)
        return issue.parents if issue else ()

    def _waits_for(self, id: IssueId) -> Sequence[IssueId]:
        work = self.work.get(id)
        return work.issue.dependencies if work else self.view.waits_for(id)

    # States that follow from references

    def settle_states(self) -> None:
        for work in list(self.work.values()):
            if work.says_state:
                self._settle_said(work)
        changed = [id for id, work in self.work.items() if work.here is None or _reopened_or_closed(work)]
        for dependent in sorted({other for id in changed for other in self.view.dependents(id)}):
            if dependent not in self.work and (here := self.view.issue(dependent)):
                self._add_bystander(here, here)
        for work in self.work.values():
            if not work.says_state:
                self._follow(work)

    def _add_bystander(self, here: Issue, issue: Issue) -> None:
        """An issue that the source does not name, but that something follows for."""
        record = Record(source_id=here.id, where=here.id[:12], issue=issue, exact=True)
        self.work[here.id] = Work(record, here, issue, {}, None, taken=())

    def _settle_said(self, work: Work) -> None:
        """A state that the source says: open work is `ready` unless something blocks it, the rest stays as said."""
        issue, where = work.issue, work.record.where
        blocked = self._blocked(issue)
        if work.record.open:
            self._put_state(work, State.BACKLOG if blocked else State.READY)
        elif work.record.exact:
            return
        elif issue.state is State.READY and blocked:
            self._put_state(work, State.BACKLOG)
        elif issue.state.terminal and blocked:
            self.remarks.add("closed-before-blocker", where, issue.title)

    def _follow(self, work: Work) -> None:
        """As in the workflow: freed work becomes `ready`, work that is blocked anew goes back to `backlog`."""
        assert work.here is not None
        if work.issue.state not in {State.READY, State.BACKLOG}:
            return
        before, now = self._was_blocked(work.here), self._blocked(work.issue)
        if before != now and (work.issue.state is State.READY) == now:
            self._put_state(work, State.BACKLOG if now else State.READY)

    def _put_state(self, work: Work, state: State) -> None:
        self.remarks.add("state-derived", work.record.where, f"{state}: {work.issue.title}")
        work.issue = replace(work.issue, state=state)

    def _was_blocked(self, here: Issue) -> bool:
        waiting = any(link.type == DEPENDS_ON for link in here.unresolved)
        return waiting or any(self.view.state_of(id) not in TERMINAL for id in here.dependencies)

    def _blocked(self, issue: Issue) -> bool:
        waiting = any(link.type == DEPENDS_ON for link in issue.unresolved)
        return waiting or any(not self._is_over(id) for id in issue.dependencies)

    def _is_over(self, id: IssueId) -> bool:
        work = self.work.get(id)
        state = work.issue.state if work else self.view.state_of(id)
        return state is not None and state.terminal


def _reopened_or_closed(work: Work) -> bool:
    return work.here is not None and work.here.state.terminal != work.issue.state.terminal
