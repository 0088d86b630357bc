"""Create many issues from one plan document: validated whole, one commit, running it again adds nothing."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, TypeVar

from git_jit.canonical import Malformed, loads
from git_jit.errors import JitError, Refused
from git_jit.graph import dependencies_first, find_cycle
from git_jit.model import Actor, Caller, Document, IssueId, Json, Link, LinkType, Oid, Priority
from git_jit.ops import resolve
from git_jit.ops.batch import Sheet, publish, summarise
from git_jit.ops.desk import Desk, Terms
from git_jit.ops.edit import Patch
from git_jit.ops.issues import Draft, begin
from git_jit.ops.report import Outcome
from git_jit.reader import Reader
from git_jit.record import record, replace
from git_jit.store import CorruptIssue, Store
from git_jit.view import View
from git_jit.workflow import Verb

T = TypeVar("T")

EXTERNAL: Final = "plan"
"""The key of `Issue.external` that holds `<plan>/<key>`."""
NAMESPACES: Final = ("type", "epic", "milestone")
"""Fields of an entry that are short for a label of that namespace."""

_STATES: Final = {verb.value: verb for verb in Verb if verb not in {Verb.REOPEN, Verb.CLAIM}}
_PRIORITIES: Final = {priority.value: priority for priority in Priority}


class PlanInvalid(Refused):
    """The plan has mistakes. `details["problems"]` is a list of `{"place", "message"}`, all of them."""

    code = "plan_invalid"


@record(kw_only=True)
class Created:
    """What came of a plan."""

    created: Mapping[str, IssueId]
    """Local key to id, in the order of the plan."""
    existing: Mapping[str, IssueId]
    """Those that an earlier run had created; they are left as they are now."""
    outcomes: tuple[Outcome, ...]
    notes: tuple[str, ...]
    commit: Oid | None
    dry_run: bool


@record(kw_only=True)
class _Entry:
    """One issue of the plan. References in `draft` are still local keys or what a user types for an id."""

    place: str
    key: str
    draft: Draft
    id: IssueId | None = None


@record
class _Problem:
    place: str
    message: str


def create_many(store: Store, caller: Caller, text: str, *, dry_run: bool = False) -> Created:
    """Create every issue of the plan, or none. Raises `PlanInvalid` with everything that is wrong.

    A plan is JSON of at most 2 MiB: `{"plan": "name", "defaults": {…}, "issues": [{"key": "a", "title": "…", …}]}`.
    An issue takes `key title description state priority assignee labels type epic milestone depends_on parent
    links gates documents context due defer_until estimate fields`; a field that is not given is taken from
    `defaults`. `depends_on`, `parent` and the targets of links name local keys, or issues that exist.
    `plan` is the idempotency key: an entry that was created under it before (kept in `external`) is not
    created again.
    """
    name, entries = _parse(text)
    fresh = {entry.key: caller.new_id() for entry in entries}
    existing: dict[str, IssueId] = {}

    def work(view: View) -> Sheet:
        existing.clear()
        existing.update(_existing(view, name, fresh))
        return _work(view, caller, name, entries, fresh | existing, existing)

    report = publish(store, caller, "create-many", work, dry_run=dry_run)
    return Created(
        created={key: id for key, id in fresh.items() if key not in existing},
        existing={entry.key: existing[entry.key] for entry in entries if entry.key in existing},
        outcomes=report.outcomes,
        notes=report.notes,
        commit=report.commit,
        dry_run=dry_run,
    )


def _work(
    view: View,
    caller: Caller,
    name: str | None,
    entries: Sequence[_Entry],
    ids: Mapping[str, IssueId],
    existing: Mapping[str, IssueId],
) -> Sheet:
    problems: list[_Problem] = []
    new = [_resolved(view, entry, ids, problems) for entry in entries if entry.key not in existing]
    _raise(problems)
    desk = Desk(view, Terms(now=caller.now))
    for entry in _dependencies_first(new):
        with_origin = {EXTERNAL: f"{name}/{entry.key}"} if name else {}
        # An issue can only refer to what is there: parents and links wait until all are.
        draft = replace(entry.draft, parent=None, links=(), external=with_origin)
        _attempt(entry, problems, lambda: begin(desk, caller, ids[entry.key], draft))  # noqa: B023 - called at once
    _raise(problems)
    for entry in new:
        patch = Patch(add_links=_all_links(entry.draft))
        _attempt(entry, problems, lambda: desk.change(desk.issue(ids[entry.key]), patch))  # noqa: B023
    _raise(problems)
    return summarise(desk, [ids[entry.key] for entry in new], {})


def _attempt(entry: _Entry, problems: list[_Problem], act: Callable[[], object]) -> None:
    try:
        act()
    except JitError as error:
        problems.append(_Problem(entry.place, error.message))


def _raise(problems: Sequence[_Problem]) -> None:
    if not problems:
        return
    first = problems[0]
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    raise PlanInvalid(
        f"'{first.place}' {first.message}{more}",
        hint="nothing was created; correct the plan and run the command again",
        details={"problems": [{"place": p.place, "message": p.message} for p in problems]},
    )


def _dependencies_first(entries: Sequence[_Entry]) -> list[_Entry]:
    by_id = {str(entry.id): entry for entry in entries}
    return [by_id[id] for id in dependencies_first(list(by_id), {id: e.draft.depends_on for id, e in by_id.items()})]


def _resolved(view: View, entry: _Entry, ids: Mapping[str, IssueId], problems: list[_Problem]) -> _Entry:
    """The entry with its id, and whole ids in place of every reference."""

    def find(text: str, place: str) -> str:
        if text in ids:
            return ids[text]
        try:
            return resolve(view, text)
        except JitError as error:
            problems.append(_Problem(f"{entry.place}.{place}", error.message))
            return text

    draft = entry.draft
    links = [replace(link, target=find(link.target, f"links[{n}].target")) for n, link in enumerate(draft.links)]
    return replace(
        entry,
        id=ids[entry.key],
        draft=replace(
            draft,
            depends_on=tuple(find(text, f"depends_on[{n}]") for n, text in enumerate(draft.depends_on)),
            parent=find(draft.parent, "parent") if draft.parent else None,
            links=tuple(links),
        ),
    )


def _all_links(draft: Draft) -> tuple[Link, ...]:
    return (*draft.links, *([Link(LinkType.PARENT.value, draft.parent)] if draft.parent else []))


def _existing(view: View, name: str | None, keys: Iterable[str]) -> dict[str, IssueId]:
    """What earlier runs of the plan created. Reads every issue: nobody else needs an index for it."""
    if name is None:
        return {}
    wanted = {f"{name}/{key}": key for key in keys}
    found: dict[str, IssueId] = {}
    for id in view.ids():
        try:
            issue = view.issue(id)
        except CorruptIssue:
            continue
        if issue and (origin := issue.external.get(EXTERNAL)) in wanted:
            found[wanted[origin]] = id
    return found


def _parse(text: str) -> tuple[str | None, list[_Entry]]:
    """The plan's name and entries. Raises `PlanInvalid` with every mistake that the document alone shows."""
    problems: list[_Problem] = []
    try:
        plan = Reader(loads(text.encode(errors="surrogatepass")))
        name = plan.optional(EXTERNAL)
        defaults = plan.object("defaults")
        issues = plan.array("issues")
    except Malformed as error:
        raise _malformed(error) from None
    entries = [_entry(value, defaults, f"$.issues[{n}]", problems) for n, value in enumerate(issues)]
    problems += [_Problem(f"$.{key}", "is not a field of a plan") for key in plan.rest if key != "schema"]
    if name is not None and (not name.strip() or "/" in name):
        problems.append(_Problem("$.plan", "must be a name without '/'"))
    if not issues:
        problems.append(_Problem("$.issues", "must not be empty"))
    problems += _key_problems(entries)
    _raise(problems)
    return name, entries


def _malformed(error: Malformed) -> PlanInvalid:
    place, reason = str(error.details["path"]), str(error.details["reason"])
    problem = {"place": place, "message": reason}
    return PlanInvalid(f"'{place}' {reason}", hint="a plan is a JSON object", details={"problems": [problem]})


def _key_problems(entries: Sequence[_Entry]) -> list[_Problem]:
    problems: list[_Problem] = []
    seen: set[str] = set()
    for entry in entries:
        if not entry.key.strip() or not entry.key.isprintable():
            problems.append(_Problem(f"{entry.place}.key", "must be a word of one line"))
        elif entry.key in seen:
            problems.append(_Problem(f"{entry.place}.key", f"repeats '{entry.key}'"))
        seen.add(entry.key)
    edges = {entry.key: [key for key in entry.draft.depends_on if key in seen] for entry in entries}
    if cycle := find_cycle(edges):
        place = next(entry.place for entry in entries if entry.key == cycle[0])
        problems.append(_Problem(f"{place}.depends_on", f"closes a cycle: {' -> '.join(cycle)}"))
    return problems


def _entry(value: Json, defaults: Mapping[str, Json], place: str, problems: list[_Problem]) -> _Entry:
    if not isinstance(value, dict):
        problems.append(_Problem(place, "must be an object"))
        return _Entry(place=place, key=place, draft=Draft(title=""))
    read = _Collector(Reader({**defaults, **value}, place), problems)
    draft = Draft(
        title=read("title", Reader.text, ""),
        description=read("description", _description, ""),
        state=read("state", lambda r, k: r.member(_STATES, k, Verb.READY), None) if "state" in read else None,
        priority=read("priority", lambda r, k: r.member(_PRIORITIES, k, Priority.NORMAL), Priority.NORMAL),
        assignee=read("assignee", lambda r, k: _actor(r.optional(k)), None),
        labels=(*read("labels", Reader.strings, list[str]()), *read.short_labels()),
        depends_on=tuple(read("depends_on", Reader.strings, [])),
        parent=read("parent", Reader.optional, None),
        links=tuple(read("links", _links, [])),
        gates=tuple(read("gates", Reader.strings, [])),
        documents=tuple(read("documents", _documents, [])),
        context=read("context", Reader.texts, {}),
        due=read("due", Reader.date, None),
        defer_until=read("defer_until", Reader.date, None),
        estimate=read("estimate", Reader.optional_integer, None),
        fields=read("fields", Reader.object, {}),
    )
    key = read("key", Reader.text, place)
    problems += [_Problem(f"{place}.{name}", "is not a field of an issue") for name in read.rest]
    return _Entry(place=place, key=key, draft=draft)


class _Collector:
    """Reads fields of one entry; a mistake is noted, and a substitute returned, so that the rest is read too."""

    def __init__(self, reader: Reader, problems: list[_Problem]) -> None:
        self._reader = reader
        self._problems = problems

    def __call__(self, key: str, read: Callable[[Reader, str], T], substitute: T) -> T:
        try:
            return read(self._reader, key)
        except Malformed as error:
            self._problems.append(_Problem(str(error.details["path"]), str(error.details["reason"])))
            return substitute

    def __contains__(self, key: str) -> bool:
        return key in self._reader.rest

    @property
    def rest(self) -> Iterable[str]:
        return self._reader.rest

    def short_labels(self) -> list[str]:
        values = {namespace: self(namespace, Reader.optional, None) for namespace in NAMESPACES}
        return [f"{namespace}:{value}" for namespace, value in values.items() if value]


def _actor(text: str | None) -> Actor | None:
    return Actor(text) if text else None


def _description(read: Reader, key: str) -> str:
    """One string, or an array of lines as it is stored."""
    return read.lines(key) if isinstance(read.rest.get(key), list) else read.optional(key) or ""


def _links(read: Reader, key: str) -> list[Link]:
    return [Link(entry.text("type"), entry.text("target")) for entry in read.objects(key)]


def _documents(read: Reader, key: str) -> list[Document]:
    return [
        Document(
            path=entry.text("path"),
            commit=entry.optional("commit"),
            label=entry.optional("label"),
            type=entry.optional("type"),
        )
        for entry in read.objects(key)
    ]
