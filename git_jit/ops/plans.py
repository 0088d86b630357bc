"""Make the issues of a plan: validated whole, one commit, and running it again adds only what is new."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeVar

from git_jit.errors import JitError
from git_jit.facts import PLAN
from git_jit.graph import dependencies_first, redundant, sound
from git_jit.model import TERMINAL, Caller, IssueId, Oid, short
from git_jit.ops import resolve
from git_jit.ops.batch import Sheet, publish, summarise
from git_jit.ops.desk import Desk, Terms
from git_jit.ops.edit import LEAVE, Patch
from git_jit.ops.issues import Draft, begin
from git_jit.ops.plan_report import SEEN, Line, differences, fingerprint, lines_of, namer
from git_jit.plans import Entry, PlanInvalid, Problem, WorkPlan, mistake
from git_jit.record import record, replace
from git_jit.store import Store
from git_jit.store.codepaths import path_from_top
from git_jit.view import View, readable

T = TypeVar("T")

SHOWN_NOTES: Final = 20
"""Entries that notes of one kind name; how many more there are is said."""


@record(kw_only=True)
class Made:
    """What came of a plan."""

    name: str | None
    created: Mapping[str, IssueId]
    """Local key to id, in the order of the plan. In a dry run the ids are those of nothing."""
    existing: Mapping[str, IssueId]
    """Those that an earlier run had created; they are left as they are now."""
    lines: tuple[Line, ...]
    """What is new and what changes, keys in place of new ids."""
    kept: Mapping[str, tuple[str, ...]]
    """Of the existing, those whose entry was changed since: the fields in which issue and plan differ now."""
    gone: Mapping[str, IssueId]
    """What an earlier run had created and the plan does not have any more; left as it is."""
    notes: tuple[str, ...]
    commit: Oid | None
    dry_run: bool


def create_many(
    store: Store,
    caller: Caller,
    plan: WorkPlan | Callable[[View], WorkPlan],
    *,
    ids: Mapping[str, IssueId] | None = None,
    dry_run: bool = False,
) -> Made:
    """Create every issue of the plan, or none. Raises `PlanInvalid` with everything that is wrong.

    A plan that depends on what is there, as that of a template does, is given as a function. An entry that an earlier
    run of the same name created is not created again (what says so is kept in `external`); an entry that stands for an
    issue gives it what the plan says the first time, later only edges to what is new. `ids`: new ids that the plan
    itself speaks of, by key.
    """
    fresh: dict[str, IssueId] = {}
    jobs: list[_Job] = []

    def work(view: View) -> Sheet:
        wanted = plan(view) if callable(plan) else plan
        for entry in wanted.entries:
            if entry.issue is None and entry.key not in fresh:
                fresh[entry.key] = (ids or {}).get(entry.key) or caller.new_id()
        jobs.append(_Job(view, caller, wanted, fresh))
        return jobs[-1].run()

    report = publish(store, caller, "create-many", work, dry_run=dry_run)
    job = jobs[-1]
    names = {fresh[entry.key]: entry.key for entry in job.new}
    with_keys = namer(names)
    return Made(
        name=job.plan.name,
        created={key: id for id, key in names.items()},
        existing=job.existing,
        lines=lines_of((*report.outcomes, *report.consequences), names),
        kept=job.kept,
        gone=job.gone,
        notes=tuple(with_keys(note) for note in (*report.notes, *job.notes)),
        commit=report.commit,
        dry_run=dry_run,
    )


def created_by(view: View, name: str) -> list[tuple[str, IssueId]]:
    """Keys and ids of what the plan `name` has created; a key comes twice if two clones ran the plan."""
    origins = ((origin.partition("/"), id) for id, found in sorted(view.members(PLAN).items()) for origin in found)
    return [(key, id) for (plan, _, key), id in origins if plan == name]


class _Job:
    """A plan on one view."""

    def __init__(self, view: View, caller: Caller, plan: WorkPlan, fresh: Mapping[str, IssueId]) -> None:
        self.view = view
        self.caller = caller
        self.plan = plan
        self.notes: list[str] = []
        earlier = self._earlier()
        keys = {entry.key for entry in plan.entries}
        self.existing = {e.key: earlier[e.key] for e in plan.entries if not e.issue and e.key in earlier}
        self.gone = {key: id for key, id in earlier.items() if key not in keys}
        self.new = [entry for entry in plan.entries if not entry.issue and entry.key not in self.existing]
        self.standing = [entry for entry in plan.entries if entry.issue]
        self.ids = {**fresh, **self.existing}
        self.kept: dict[str, tuple[str, ...]] = {}
        self._marks = {entry.key: fingerprint(entry) for entry in plan.entries} if plan.name else {}
        self._problems: list[Problem] = []
        self._failed: set[IssueId] = set()
        """New issues that could not be made; what waits for them is tried without them, for its own mistakes."""
        self._needless: list[str] = []
        self._names = {fresh[entry.key]: entry.key for entry in self.new}

    def run(self) -> Sheet:
        """The plan as changes of the tracker. Raises `PlanInvalid`."""
        self._stand()
        whole = [self._resolved(entry) for entry in (*self.new, *self.standing)]
        self._raise()
        desk = Desk(self.view, Terms(now=self.caller.now))
        desk.growing = self._names.keys()
        whole, changes = self._around(desk, whole)
        whole = self._reduced(desk, whole)
        for entry in self._in_order(entry for entry in whole if not entry.issue):
            if not self._attempt(entry, lambda: self._begin(desk, entry)):  # noqa: B023 - called at once
                self._failed.add(self.ids[entry.key])
        self._raise()
        for entry in self._children_first(e for e in whole if not e.issue and (e.parent or e.links)):
            id = self.ids[entry.key]
            self._attempt(entry, lambda: desk.change(desk.issue(id), _links(entry)))  # noqa: B023
        for id, (entry, patch) in changes.items():
            self._attempt(entry, lambda: desk.change(desk.issue(id), patch))  # noqa: B023
        self._raise()
        for entry in self.new:
            self._attempt(entry, lambda: desk.grown(self.ids[entry.key]))  # noqa: B023
        self._raise()
        self._compare()
        return summarise(desk, [self.ids[entry.key] for entry in self.new], {})

    # --- what is there ------------------------------------------------------------------------------------

    def _earlier(self) -> dict[str, IssueId]:
        """What earlier runs of the plan created, by key: one question to the index."""
        found: dict[str, IssueId] = {}
        if self.plan.name is None:
            return found
        for key, id in created_by(self.view, self.plan.name):
            if found.setdefault(key, id) != id:
                twice = f"'{short(found[key])}' and '{short(id)}'"
                self.notes.append(f"'{key}' was created twice, as {twice}; the first is taken for it")
        return found

    def _compare(self) -> None:
        """Note what an earlier run made otherwise than the plan says by now."""
        for entry in self.plan.entries:
            if entry.key not in self.existing:
                continue
            issue = readable(self.view, self.existing[entry.key])
            if issue and issue.external.get(SEEN) != self._marks[entry.key]:
                resolved = self._resolved(entry)
                if fields := differences(resolved, issue):
                    self.kept[entry.key] = fields
        kept = [
            f"'{key}' is kept as it is, though the plan says otherwise about {', '.join(fields)}"
            for key, fields in self.kept.items()
        ]
        gone = [f"'{key}' ({short(id)}) is not in the plan any more, and kept" for key, id in self.gone.items()]
        for notes, rest in (
            (self._needless, "more edges removed"),
            (kept, "more kept"),
            (gone, "more not in the plan"),
        ):
            self.notes += notes[:SHOWN_NOTES]
            if len(notes) > SHOWN_NOTES:
                self.notes.append(f"and {len(notes) - SHOWN_NOTES} {rest}")

    # --- from keys to ids ---------------------------------------------------------------------------------

    def _stand(self) -> None:
        """Find the issues that entries stand for."""
        seen: dict[IssueId, Entry] = {}
        for entry in self.standing:
            id = self.ids[entry.key] = self._found(entry, entry.issue or "", "issue")
            first = seen.setdefault(id, entry)
            if first is not entry:
                message = f"is '{first.key}' already; say all of it in one place"
                self._problems.append(mistake(entry.where, "issue", message))

    def _resolved(self, entry: Entry) -> Entry:
        """The entry with whole ids in place of every reference."""

        def all_of(name: str, texts: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(self._found(entry, text, f"{name}[{n}]") for n, text in enumerate(texts))

        return replace(
            entry,
            depends_on=all_of("depends_on", entry.depends_on),
            blocks=all_of("blocks", entry.blocks),
            takes_over=all_of("takes_over", entry.takes_over),
            parent=self._found(entry, entry.parent, "parent") if entry.parent else None,
            documents=tuple(
                replace(document, path=self._placed(entry, document.path, f"documents[{n}].path"))
                for n, document in enumerate(entry.documents)
            ),
            links=tuple(
                replace(link, target=self._found(entry, link.target, f"links[{n}].target"))
                for n, link in enumerate(entry.links)
            ),
        )

    def _found(self, entry: Entry, text: str, path: str) -> IssueId:
        if text in self.ids:
            return self.ids[text]
        return self._asked(entry, path, lambda: resolve(self.view, text)) or IssueId(text)

    def _placed(self, entry: Entry, text: str, path: str) -> str:
        """The path of a document as issues have it: from the top, and nothing outside of the repository."""
        return self._asked(entry, path, lambda: path_from_top(text) or ".") or text

    def _asked(self, entry: Entry, path: str, question: Callable[[], T]) -> T | None:
        """The answer; None if there is none, which is a mistake of the entry."""
        try:
            return question()
        except JitError as error:
            self._problems.append(Problem(place=entry.where(path), message=error.message, is_whole=True))
            return None

    # --- what is new --------------------------------------------------------------------------------------

    def _around(self, desk: Desk, whole: list[Entry]) -> tuple[list[Entry], dict[IssueId, tuple[Entry, Patch]]]:
        """The entries with what they take over, and one patch for each issue that is there and gets a part.

        `blocks` among new issues is `depends_on` of the other: an issue must know what it waits for when it begins.
        """
        new = {self.ids[entry.key]: entry for entry in whole if not entry.issue}
        ours = {*self.ids.values(), *self.gone.values()}
        changes = {self.ids[e.key]: (e, self._patch(e)) for e in whole if e.issue}
        for entry in whole:
            id = self.ids[entry.key]
            for other in map(IssueId, entry.blocks):
                if other in new:
                    new[other] = replace(new[other], depends_on=(*new[other].depends_on, id))
                else:
                    _, patch = changes.get(other, (entry, Patch()))
                    changes[other] = (entry, replace(patch, add_dependencies=(*patch.add_dependencies, id)))
            for other in map(IssueId, entry.takes_over):
                if other in new:
                    continue  # a new issue has waited for nothing yet
                moved = tuple(one for one in desk.overlay.waits_for(other) if one not in ours)
                _, patch = changes.get(other, (entry, Patch()))
                changes[other] = (entry, replace(patch, remove_dependencies=(*patch.remove_dependencies, *moved)))
                if id in new:
                    new[id] = replace(new[id], depends_on=(*new[id].depends_on, *moved))
        return [new.get(self.ids[entry.key], entry) for entry in whole], changes

    def _reduced(self, desk: Desk, whole: list[Entry]) -> list[Entry]:
        """The entries without edges that others imply: in one walk for all, where `Desk` would take one for each.

        As there, a way counts only if every issue on it is unfinished, and only edges of new issues are looked at.
        """
        new = {self.ids[entry.key]: entry for entry in whole if not entry.issue}
        edges: dict[IssueId, tuple[IssueId, ...]] = {}
        todo = list(new)
        while todo:
            id = todo.pop()
            if id not in edges:
                edges[id] = self._ways(desk, id, new.get(id))
                todo += edges[id]
        needless: dict[IssueId, set[str]] = {}
        for source, target in redundant(sound(edges)):
            if source in new:
                needless.setdefault(source, set()).add(target)
                self._needless.append(
                    f"'{short(source)}' waits for '{short(target)}' through others already; edge removed"
                )
        return [
            replace(entry, depends_on=tuple(one for one in entry.depends_on if one not in gone))
            if (gone := needless.get(self.ids[entry.key])) and not entry.issue
            else entry
            for entry in whole
        ]

    def _ways(self, desk: Desk, id: IssueId, entry: Entry | None) -> tuple[IssueId, ...]:
        """Where one can go from an issue that is not finished: to what it waits for."""
        if entry:
            return () if entry.state and entry.state.value in TERMINAL else tuple(map(IssueId, entry.depends_on))
        state = desk.overlay.state_of(id)
        return () if state is None or state.terminal else desk.overlay.waits_for(id)

    def _patch(self, entry: Entry) -> Patch:
        """What an entry says of the issue that it stands for; once the plan has run, only edges to what is new."""
        if self.existing:
            entry = replace(
                entry,
                labels=(),
                gates=(),
                depends_on=tuple(one for one in entry.depends_on if one in self._names),
                links=tuple(link for link in entry.links if link.target in self._names),
                parent=entry.parent if entry.parent in self._names else None,
            )
        return replace(_links(entry), add_labels=entry.labels, add_dependencies=entry.depends_on, add_gates=entry.gates)

    def _in_order(self, entries: Iterable[Entry]) -> list[Entry]:
        by_id = {self.ids[entry.key]: entry for entry in entries}
        waits = {id: tuple(map(IssueId, entry.depends_on)) for id, entry in by_id.items()}
        return [by_id[id] for id in dependencies_first(list(by_id), waits)]

    def _children_first(self, entries: Iterable[Entry]) -> Iterable[Entry]:
        """The order in which each finds a parent that has none yet: looking for a circle above it ends there."""
        by_id = {self.ids[entry.key]: entry for entry in entries}
        above = {id: (IssueId(entry.parent),) for id, entry in by_id.items() if entry.parent}
        return (by_id[id] for id in reversed(dependencies_first(list(by_id), above)))

    def _begin(self, desk: Desk, entry: Entry) -> None:
        id = self.ids[entry.key]
        unmet = begin(desk, self.caller, id, self._draft(entry), reduced=True)
        if id in unmet:
            desk.notes.append(unmet[id].message)

    def _draft(self, entry: Entry) -> Draft:
        """The entry as a draft. Parents and links wait: an issue can only refer to what is there."""
        name = self.plan.name
        return Draft(
            title=entry.title,
            description=entry.description,
            state=entry.state,
            priority=entry.priority,
            assignee=entry.assignee,
            labels=entry.labels,
            depends_on=tuple(one for one in entry.depends_on if one not in self._failed),
            gates=entry.gates,
            documents=entry.documents,
            context=entry.context,
            due=entry.due,
            defer_until=entry.defer_until,
            estimate=entry.estimate,
            fields=entry.fields,
            external={PLAN: f"{name}/{entry.key}", SEEN: self._marks[entry.key]} if name else {},
        )

    # --- mistakes -----------------------------------------------------------------------------------------

    def _attempt(self, entry: Entry, act: Callable[[], object]) -> bool:
        """Whether it could be done; if not, that is a mistake of the entry."""
        try:
            act()
        except JitError as error:
            message = namer(self._names)(error.message)
            self._problems.append(Problem(place=entry.where(""), message=message, is_whole=True))
            return False
        return True

    def _raise(self) -> None:
        if self._problems:
            raise PlanInvalid(self._problems)


def _links(entry: Entry) -> Patch:
    """What ties an issue to others without making it wait. A parent takes the place of another: an issue has one."""
    return Patch(parent=entry.parent or LEAVE, add_links=entry.links)
