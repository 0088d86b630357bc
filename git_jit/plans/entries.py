"""From the fields of entries, as any form spells them, to a plan; and what must hold in every plan.

All mistakes are gathered: a field that cannot be read is noted, and the rest is read all the same.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, TypeVar

from git_jit.canonical import Malformed
from git_jit.errors import InvalidValue
from git_jit.graph import find_cycle, shown
from git_jit.model import Actor, Document, Json, Link, LinkType, Priority
from git_jit.plans import (
    MAX_ENTRIES,
    MAX_KEY,
    Entry,
    PlanInvalid,
    Problem,
    Where,
    WorkPlan,
    derived_key,
    is_key,
    is_name,
    mistake,
)
from git_jit.reader import Reader
from git_jit.record import items, record
from git_jit.text import clean_body, clean_title, nearest
from git_jit.workflow import Verb

T = TypeVar("T")

NAMESPACES: Final = ("type", "epic", "milestone")
"""Fields of an entry that are short for a label of that namespace."""
STANDING: Final = frozenset({"key", "issue", "labels", *NAMESPACES, "depends_on", "blocks", "parent", "links", "gates"})
"""What may be said of an entry that stands for an issue there is already."""
STATES: Final = {verb.value: verb for verb in Verb if verb not in {Verb.REOPEN, Verb.CLAIM}}
PRIORITIES: Final = {priority.value: priority for priority in Priority}


@record(kw_only=True)
class Raw:
    """An entry as it was read: fields by the names that JSON has for them."""

    fields: Mapping[str, Json]
    where: Where


def plan_of(name: str | None, raws: Sequence[Raw], problems: list[Problem], where: Where) -> WorkPlan:
    """The plan. Raises `PlanInvalid` with `problems` and everything else that is wrong, in order of place.

    `where` knows the places of the `plan`'s name and of its `issues`.
    """
    entries = [entry for raw in raws if (entry := _entry(raw, problems))]
    if name is not None and not is_name(name):
        message = f"must be a name of one line without '/', at most {MAX_KEY} characters"
        problems.append(mistake(where, "plan", message))
    if not raws and not problems:
        problems.append(Problem(place=where("issues"), message="must not be empty: a plan has issues"))
    if len(raws) > MAX_ENTRIES:
        message = f"are {len(raws)}; make plans of at most {MAX_ENTRIES}"
        problems.append(Problem(place=where("issues"), message=message))
    problems += _key_problems(entries)
    if problems:
        raise PlanInvalid(sorted(problems, key=lambda problem: (problem.place.line or 0, problem.place.column or 0)))
    return WorkPlan(name=name, entries=tuple(entries))


def fields_of(entry: Entry) -> dict[str, Json]:
    """The inverse of reading: the fields of `entry` that say something, as JSON has them."""
    blank = Entry(key=entry.issue or derived_key(entry.title))
    found: dict[str, Json] = {}
    for name, value in items(entry):
        if name != "where" and value != getattr(blank, name):
            found[name] = _json(value)
    return found


def _json(value: object) -> Json:
    match value:
        case Link():
            return {"type": value.type, "target": value.target}
        case Document():
            return {name: member for name, member in items(value) if isinstance(member, str)}
        case tuple():
            return [_json(member) for member in value]
        case Mapping():
            return dict(value)
        case _:
            return value  # type: ignore[return-value]


def _entry(raw: Raw, problems: list[Problem]) -> Entry | None:
    read = _Collector(raw, problems)
    issue = read("issue", Reader.optional, None)
    title = read("title", _title if issue is None else _anything, "")
    parent, links = _ties(read)
    key = read("key", Reader.optional, None) or issue or derived_key(title)
    entry = Entry(
        key=key,
        issue=issue,
        title=title,
        description=read("description", _description, ""),
        state=read("state", lambda r, k: r.member(STATES, k, Verb.READY), None) if "state" in read else None,
        priority=read("priority", lambda r, k: r.member(PRIORITIES, k, Priority.NORMAL), Priority.NORMAL),
        assignee=read("assignee", lambda r, k: _actor(r.optional(k)), None),
        labels=_distinct([*read("labels", Reader.strings, list[str]()), *read.short_labels()]),
        depends_on=_distinct(read("depends_on", Reader.strings, [])),
        blocks=_distinct(read("blocks", Reader.strings, [])),
        takes_over=_distinct(read("takes_over", Reader.strings, [])),
        parent=parent,
        links=links,
        gates=_distinct(read("gates", Reader.strings, [])),
        documents=_distinct(read("documents", _documents, list[Document]())),
        context=read("context", Reader.texts, {}),
        due=read("due", Reader.date, None),
        defer_until=read("defer_until", Reader.date, None),
        estimate=read("estimate", Reader.optional_integer, None),
        fields=read("fields", Reader.object, {}),
        where=raw.where,
    )
    problems += _entry_problems(entry, raw, read.rest)
    return entry


def _ties(read: "_Collector") -> tuple[str | None, tuple[Link, ...]]:
    """The parent, which may be said as a link too, and the other links."""
    links = _distinct(read("links", _links, list[Link]()))
    parents = [read("parent", Reader.optional, None), *(link.target for link in links if link.type == LinkType.PARENT)]
    said = _distinct(filter(None, parents))
    if len(said) > 1:
        read.note("links", f"name several parents, {', '.join(said)}; an issue has one")
    return next(iter(said), None), tuple(link for link in links if link.type != LinkType.PARENT)


def _entry_problems(entry: Entry, raw: Raw, unknown: Iterable[str]) -> list[Problem]:
    found = [mistake(raw.where, name, f"is not a field of an issue{_did_you_mean(name)}") for name in unknown]
    if entry.issue:
        found += [
            mistake(raw.where, name, f"cannot be given for '{entry.issue}', an issue there is already")
            for name in raw.fields
            if name not in STANDING and name not in set(unknown)
        ]
    if entry.key or not entry.title:
        if entry.key and not is_key(entry.key):
            message = f"must be one word of at most {MAX_KEY} characters without quotes, '/', ',' and parentheses"
            found.append(mistake(raw.where, "key", message))
    else:
        found.append(mistake(raw.where, "title", "has no letters to make a key of; give the issue a key"))
    return found


def _did_you_mean(name: str) -> str:
    known = [field for field, _ in items(Entry(key="")) if field != "where"]
    meant = nearest(name, [*known, *NAMESPACES])
    return f"; did you mean '{meant}'?" if meant else ""


def _key_problems(entries: Sequence[Entry]) -> list[Problem]:
    problems: list[Problem] = []
    seen: dict[str, Entry] = {}
    for entry in entries:
        first = seen.setdefault(entry.key, entry)
        if first is not entry and entry.key:
            message = f"repeats '{entry.key}', which {first.where('').text} has; give it another key"
            problems.append(mistake(entry.where, "key", message))
    waits = {key: [other for other in entry.depends_on if other in seen] for key, entry in seen.items()}
    for key, entry in seen.items():
        for other in entry.blocks:
            waits.get(other, []).append(key)
    below = {key: [entry.parent] if entry.parent in seen else [] for key, entry in seen.items()}
    for name, edges in (("depends_on", waits), ("parent", below)):
        if cycle := find_cycle(edges):
            problems.append(mistake(seen[cycle[0]].where, name, f"closes a cycle: {shown(cycle)}"))
    return problems


class _Collector:
    """Reads fields of one entry; a mistake is noted, and a substitute returned, so that the rest is read too."""

    def __init__(self, raw: Raw, problems: list[Problem]) -> None:
        self._reader = Reader(dict(raw.fields), "")
        self._where = raw.where
        self._problems = problems

    def __call__(self, key: str, read: Callable[[Reader, str], T], substitute: T) -> T:
        try:
            return read(self._reader, key)
        except Malformed as error:
            self.note(str(error.details["path"]).removeprefix("."), str(error.details["reason"]))
        except InvalidValue as error:
            self.note(key, str(error.details["rule"]))
        return substitute

    def __contains__(self, key: str) -> bool:
        return key in self._reader.rest

    @property
    def rest(self) -> Iterable[str]:
        return self._reader.rest

    def short_labels(self) -> list[str]:
        values = {namespace: self(namespace, Reader.optional, None) for namespace in NAMESPACES}
        return [f"{namespace}:{value}" for namespace, value in values.items() if value]

    def note(self, path: str, reason: str) -> None:
        self._problems.append(mistake(self._where, path, reason))


def _distinct(members: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(members))


def _title(read: Reader, key: str) -> str:
    return clean_title(read.text(key))


def _anything(read: Reader, key: str) -> str:
    """Takes the field off, whatever it is: that it is there is told elsewhere."""
    read.rest.pop(key, None)
    return ""


def _actor(text: str | None) -> Actor | None:
    return Actor(text) if text else None


def _description(read: Reader, key: str) -> str:
    """One string, or an array of lines as it is stored."""
    return clean_body(read.lines(key) if isinstance(read.rest.get(key), list) else read.optional(key) or "")


def _links(read: Reader, key: str) -> list[Link]:
    return [_whole(entry, Link(entry.text("type"), entry.text("target"))) for entry in read.objects(key)]


def _documents(read: Reader, key: str) -> list[Document]:
    return [_whole(entry, _document(entry)) for entry in read.objects(key)]


def _document(read: Reader) -> Document:
    return Document(
        path=read.text("path"),
        commit=read.optional("commit"),
        label=read.optional("label"),
        type=read.optional("type"),
    )


def _whole(read: Reader, value: T) -> T:
    """`value`, made of all that `read` had."""
    for key in read.rest:
        raise read.fail(key, "is not a field here")
    return value
