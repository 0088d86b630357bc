"""From source records to a plan: pure, for it may run again when another writer was faster."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from git_jit.config import Config
from git_jit.model import (
    Comment,
    CommentId,
    Gate,
    GateKey,
    Issue,
    IssueId,
    Link,
    LinkType,
    Progress,
    State,
    Timestamp,
    ignore,
)
from git_jit.ops.imports.cycles import closing_edges
from git_jit.ops.imports.merging import ASPECTS, Mark, edited, fingerprints, parse, references_of, seen_key, spell
from git_jit.ops.imports.record import DEPENDS_ON, UNKNOWN_TIME, Parsed, Record, Reference, Remarks, identify
from git_jit.templates import TEMPLATES
from git_jit.view import Plan, View

UNTOUCHED: Final = tuple(TEMPLATES.values())
"""Rules that nobody has changed since `git jit init`; an import may bring better ones."""
STEP: Final = 200
"""Issues between two reports of progress."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A plan and what has to be said about it."""

    plan: Plan
    created: tuple[IssueId, ...]
    updated: tuple[IssueId, ...]
    unchanged: tuple[IssueId, ...]
    remarks: Remarks


@dataclass(slots=True)
class _Work:
    """One record on its way: the issue as it is here, as it shall be, and which aspects come from the source."""

    record: Record
    here: Issue | None
    issue: Issue
    said: Mapping[str, str]
    wanted: tuple[Reference, ...] | None
    """References to settle; None where those that are here stay."""


def plan_import(
    view: View,
    parsed: Parsed,
    *,
    now: Timestamp,
    prefer_source: bool = False,
    progress: Callable[[Progress], None] = ignore,
) -> Planned:
    """What `parsed` asks of the issues in `view`. The same input again asks for nothing.

    `prefer_source` takes the source's word where both sides changed something; `now` is when issues and
    comments without a time were created.
    """
    planner = _Planner(view, parsed, now=now, prefer_source=prefer_source, progress=progress)
    return planner.plan()


class _Planner:
    def __init__(
        self,
        view: View,
        parsed: Parsed,
        *,
        now: Timestamp,
        prefer_source: bool,
        progress: Callable[[Progress], None],
    ) -> None:
        self.now = now
        self.view = view
        self.parsed = parsed
        self.prefer_source = prefer_source
        self.progress = progress
        self.remarks = parsed.remarks.copy()
        self.work: dict[IssueId, _Work] = {}

    def plan(self) -> Planned:
        for number, record in enumerate(_without_repeats(self.parsed.records, self.remarks)):
            if number % STEP == 0:
                self.progress(Progress("planning", number, len(self.parsed.records)))
            self.work[record.issue.id] = self._merge(record)
        self._settle_references()
        self._settle_states()
        for work in self.work.values():
            self._remember(work)
        return self._planned()

    # One record against what is here

    def _merge(self, record: Record) -> _Work:
        here = self.view.issue(record.issue.id)
        if record.exact:
            return self._merge_exact(record, here)
        said = fingerprints(record.issue, record.references, open_work=record.open)
        if here is None:
            return _Work(record, None, self._dated(record.issue), said, record.references)
        seen = parse(here.external.get(seen_key(self.parsed.system), ""))
        now = fingerprints(here, references_of(here, self.parsed.system), open_work=False)
        taken = [name for name in ASPECTS if self._takes(name, said, seen.get(name), now, here, record)]
        closed_at = record.issue.closed_at and self._known(record.issue.closed_at, here.closed_at or self.now)
        source = replace(
            record.issue, created_at=self._known(record.issue.created_at, here.created_at), closed_at=closed_at
        )
        fields = {field: getattr(source, field) for name in taken for field in ASPECTS[name]}
        issue = replace(here, **fields, external={**here.external, **record.issue.external})
        wanted = record.references if "references" in taken else None
        if "references" in taken:
            issue = replace(issue, dependencies=(), links=(), unresolved=())
        return _Work(record, here, issue, said, wanted)

    def _dated(self, issue: Issue) -> Issue:
        """A new issue, with the time of the import for times that nobody knows."""
        closed_at = issue.closed_at and self._known(issue.closed_at, self.now)
        return replace(issue, created_at=self._known(issue.created_at, self.now), closed_at=closed_at)

    @staticmethod
    def _known(at: Timestamp, otherwise: Timestamp) -> Timestamp:
        return otherwise if at == UNKNOWN_TIME else at

    def _takes(
        self,
        name: str,
        said: Mapping[str, str],
        mark: Mark | None,
        now: Mapping[str, str],
        here: Issue,
        record: Record,
    ) -> bool:
        """Whether the source has something to say about this aspect, and may."""
        before = mark.source if mark else ""
        if said.get(name, "") == before:
            return False
        if self.prefer_source or not edited(name, mark, now, here):
            return True
        if now.get(name, "") != said.get(name, ""):
            self.remarks.add("edited-here", record.where, f"{name} of {here.id[:12]}")
        return False

    def _merge_exact(self, record: Record, here: Issue | None) -> _Work:
        if here is None or here == record.issue or self.prefer_source:
            return _Work(record, here, record.issue, {}, None)
        self.remarks.add("differs-here", record.where, f"{here.id[:12]} {here.title}")
        return _Work(record, here, here, {}, None)

    # References

    def _exists(self, id: IssueId) -> bool:
        return id in self.work or self.view.state_of(id) is not None

    def _settle_references(self) -> None:
        """Resolve what can be resolved, here and in earlier imports, and keep the graph free of cycles."""
        arrived = {id for id, work in self.work.items() if work.here is None}
        for work in self.work.values():
            if work.wanted is not None:
                self._resolve(work, work.wanted)
            elif work.issue.unresolved:
                work.issue = self._resolved(work.issue)
        if arrived:
            self._resolve_earlier()
        self._break_cycles()

    def _resolve(self, work: _Work, wanted: Sequence[Reference]) -> None:
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
        for link in unresolved:
            why = self.parsed.left_out.get(identify(self.parsed.system, link.target), "")
            self.remarks.add("unresolved-reference", where, f"{link.type} {link.target}{f' ({why})' if why else ''}")
        if sum(link.type == LinkType.PARENT for link in (*links, *unresolved)) > 1:
            self.remarks.add("two-parents", where, issue.title)
        work.issue = replace(
            issue, dependencies=tuple(dependencies), links=tuple(sorted(links)), unresolved=tuple(sorted(unresolved))
        )

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
                record = Record(source_id=id, where=id[:12], issue=issue, exact=True)
                self.work[id] = _Work(record, here, issue, {}, None)

    def _break_cycles(self) -> None:
        old = {id: frozenset(work.here.dependencies) if work.here else frozenset() for id, work in self.work.items()}
        starts = [id for id, work in self.work.items() if set(work.issue.dependencies) - old[id]]
        closing = closing_edges(starts, self._waits_for, lambda a, b: a in old and b not in old[a])
        by_issue: dict[IssueId, set[IssueId]] = {}
        for source, target in sorted(closing):
            by_issue.setdefault(source, set()).add(target)
        for id, targets in by_issue.items():
            work = self.work[id]
            links = {*work.issue.links, *(Link(LinkType.RELATES_TO, target) for target in targets)}
            kept = tuple(target for target in work.issue.dependencies if target not in targets)
            work.issue = replace(work.issue, dependencies=kept, links=tuple(sorted(links)))
            for target in sorted(targets):
                self.remarks.add("dependency-cycle", work.record.where, f"{id[:12]} on {target[:12]}")

    def _waits_for(self, id: IssueId) -> Sequence[IssueId]:
        work = self.work.get(id)
        return work.issue.dependencies if work else self.view.waits_for(id)

    # States that follow from references

    def _settle_states(self) -> None:
        for work in self.work.values():
            issue = work.issue
            if work.record.open and self._derives(work):
                state = State.BACKLOG if self._blocked(issue) else State.READY
                self.remarks.add("state-derived", work.record.where, state)
                work.issue = replace(issue, state=state)
            elif issue.state.terminal and work.here is None and self._blocked(issue):
                self.remarks.add("closed-before-blocker", work.record.where, issue.title)

    def _derives(self, work: _Work) -> bool:
        """New, said to be open again, or freed: in `backlog` with other references than before."""
        if work.here is None:
            return True
        if work.issue.state not in {State.READY, State.BACKLOG}:
            return False
        same = work.issue.dependencies == work.here.dependencies and work.issue.unresolved == work.here.unresolved
        return work.here.state != work.issue.state or not same

    def _blocked(self, issue: Issue) -> bool:
        waiting = any(link.type == DEPENDS_ON for link in issue.unresolved)
        return waiting or any(not self._is_over(id) for id in issue.dependencies)

    def _is_over(self, id: IssueId) -> bool:
        work = self.work.get(id)
        state = work.issue.state if work else self.view.state_of(id)
        return state is not None and state.terminal

    # The plan

    def _remember(self, work: _Work) -> None:
        """Write down what the source said, so that the next import knows what is new."""
        if not work.said:
            return
        system, issue = self.parsed.system, work.issue
        stored = fingerprints(issue, references_of(issue, system), open_work=False)
        if work.record.open:
            stored["state"] = work.said["state"]
        if work.here:  # what the source says no different from last time was stored then, not now
            before = parse(work.here.external.get(seen_key(system), ""))
            stored |= {name: mark.stored for name, mark in before.items() if mark.source == work.said.get(name)}
        external = {**issue.external, seen_key(system): spell(work.said, stored)}
        work.issue = replace(issue, external=external)

    def _planned(self) -> Planned:
        created = tuple(id for id, work in self.work.items() if work.here is None)
        updated = tuple(id for id, work in self.work.items() if work.here and work.issue != work.here)
        same = tuple(id for id, work in self.work.items() if work.issue == work.here)
        comments = self._comments()
        gates, config = self._gates(), self._config()
        plan = Plan(
            issues={id: self.work[id].issue for id in (*created, *updated)},
            comments=comments,
            gates=gates,
            config=config,
            unchanged=same,
        )
        return Planned(plan=plan, created=created, updated=updated, unchanged=same, remarks=self.remarks)

    def _comments(self) -> dict[tuple[IssueId, CommentId], Comment | None]:
        """Comments that are not here yet. One whose text changed becomes a record that replaces it."""
        wanted: dict[tuple[IssueId, CommentId], Comment | None] = {}
        for id, work in self.work.items():
            if not work.record.comments:
                continue
            here = {comment.id: comment for comment in self.view.comments(id)} if work.here else {}
            for comment in work.record.comments:
                known = here.get(comment.id)
                if known is None:
                    wanted[id, comment.id] = replace(comment, created_at=self._known(comment.created_at, self.now))
                elif known.body != comment.body:
                    self._replace_comment(work, comment, here, wanted)
        return wanted

    def _replace_comment(
        self,
        work: _Work,
        comment: Comment,
        here: Mapping[CommentId, Comment],
        wanted: dict[tuple[IssueId, CommentId], Comment | None],
    ) -> None:
        from git_jit.ops.imports.clean import stable_ulid

        id = stable_ulid(comment.created_at, comment.issue, comment.id, comment.body)
        if id not in here:
            self.remarks.add("comment-changed", work.record.where, comment.id)
            wanted[comment.issue, id] = replace(comment, id=id, replaces=comment.id)

    def _gates(self) -> dict[GateKey, Gate | None]:
        here = self.view.gates() if self.parsed.gates else {}
        wanted: dict[GateKey, Gate | None] = {}
        for gate in self.parsed.gates:
            known = here.get(gate.key)
            if known is None or (self.prefer_source and known != gate):
                wanted[gate.key] = gate
            elif known != gate:
                self.remarks.add("gate-exists", gate.key, gate.title)
        return wanted

    def _config(self) -> Config | None:
        wanted = self.parsed.config
        if wanted is None or wanted == self.view.config:
            return None
        if self.prefer_source or self.view.config in UNTOUCHED:
            return wanted
        self.remarks.add("rules-kept", self.parsed.origin, "config.json")
        return None


def _without_repeats(records: Sequence[Record], remarks: Remarks) -> list[Record]:
    """One record for each id: the first, unless a later one says that it is newer."""
    chosen: dict[IssueId, Record] = {}
    for record in records:
        rival = chosen.setdefault(record.issue.id, record)
        if rival is record:
            continue
        newer = (record.updated_at or "") > (rival.updated_at or "")
        if newer:
            chosen[record.issue.id] = record
        winner, loser = (record, rival) if newer else (rival, record)
        remarks.add("repeated-id", record.where, f"'{record.source_id}': {winner.where} is kept, {loser.where} is not")
    return list(chosen.values())
