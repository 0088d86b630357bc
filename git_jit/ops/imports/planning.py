"""From source records to a plan: pure, for it may run again when another writer was faster."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from git_jit.config import Config
from git_jit.model import (
    Comment,
    CommentId,
    Gate,
    GateKey,
    Issue,
    IssueId,
    Progress,
    Timestamp,
    ignore,
)
from git_jit.ops.imports.merging import (
    ADAPTED,
    ASPECTS,
    Mark,
    edited,
    fingerprint,
    fingerprints,
    parse,
    references_of,
    seen_key,
    spell,
)
from git_jit.ops.imports.record import UNKNOWN_TIME, Parsed, Record, Remarks
from git_jit.ops.imports.settling import Settler, Work
from git_jit.query.rules import check as check_filters
from git_jit.record import record, replace
from git_jit.templates import TEMPLATES
from git_jit.view import Plan, View

UNTOUCHED: Final = tuple(TEMPLATES.values())
"""Rules that nobody has changed since `git jit init`; an import may bring better ones."""
STEP: Final = 200
"""Issues between two reports of progress."""


@record(kw_only=True)
class Planned:
    """A plan and what has to be said about it."""

    plan: Plan
    created: tuple[IssueId, ...]
    updated: tuple[IssueId, ...]
    unchanged: tuple[IssueId, ...]
    remarks: Remarks


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
        self.work: dict[IssueId, Work] = {}

    def plan(self) -> Planned:
        for number, found in enumerate(_without_repeats(self.parsed.records, self.remarks)):
            if number % STEP == 0:
                self.progress(Progress("planning", number, len(self.parsed.records)))
            self.work[found.issue.id] = self._merge(found)
        settler = Settler(self.view, self.parsed, self.remarks, self.work)
        settler.settle_references()
        settler.settle_states()
        for work in self.work.values():
            self._remember(work)
        return self._planned()

    # One record against what is here

    def _merge(self, record: Record) -> Work:
        here = self.view.issue(record.issue.id)
        if record.exact:
            return self._merge_exact(record, here)
        said = fingerprints(record.issue, record.references, open_work=record.open)
        if here is None:
            return Work(record, None, self._dated(record.issue), said, record.references, taken=ASPECTS)
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
        return Work(record, here, issue, said, wanted, taken=taken)

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

    def _merge_exact(self, record: Record, here: Issue | None) -> Work:
        if here is None or here == record.issue or self.prefer_source:
            return Work(record, here, record.issue, {}, None, taken=ASPECTS)
        self.remarks.add("differs-here", record.where, f"{here.id[:12]} {here.title}")
        return Work(record, here, here, {}, None, taken=())

    # The plan

    def _remember(self, work: Work) -> None:
        """Write down what the source said, so that the next import knows what is new."""
        if not work.said:
            return
        system, issue = self.parsed.system, work.issue
        stored = dict(work.said)
        if work.here:  # what the source says no different from last time was stored then
            before = parse(work.here.external.get(seen_key(system), ""))
            stored |= {name: mark.stored for name, mark in before.items() if mark.source == work.said.get(name)}
        for name in ADAPTED:
            if name in work.said and name in work.taken and not (name == "state" and work.record.open):
                stored[name] = fingerprint(issue, name, references_of(issue, system)) or ""
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
        work: Work,
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
            check_filters(wanted)
            return wanted
        self.remarks.add("rules-kept", self.parsed.origin, "config.json")
        return None


def _without_repeats(records: Sequence[Record], remarks: Remarks) -> list[Record]:
    """One record for each id: the first, unless a later one says that it is newer."""
    chosen: dict[IssueId, Record] = {}
    for found in records:
        rival = chosen.setdefault(found.issue.id, found)
        if rival is found:
            continue
        newer = (found.updated_at or "") > (rival.updated_at or "")
        if newer:
            chosen[found.issue.id] = found
        winner, loser = (found, rival) if newer else (rival, found)
        remarks.add("repeated-id", found.where, f"'{found.source_id}': {winner.where} is kept, {loser.where} is not")
    return list(chosen.values())
