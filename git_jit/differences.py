"""What differs between two versions of a whole tracker, as a reviewer wants it: by issue, and by identical change.

Hosts show at most a few hundred files of a pull request, so a change of 500 issues must be judged by its summary: which
changes there are, and how many issues each was made to. Works on decoded documents like `changes`, so that fields of a
newer version are compared like any other; what cannot be read is said to be unreadable, never left out.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Final, TypeAlias

from git_jit.canonical import Malformed, dumps, loads
from git_jit.changes import SETS, FieldChange, Fields, field_changes
from git_jit.model import FileChange, IssueId, Json
from git_jit.paths import Place, place_of, shown
from git_jit.record import record

SEVERAL: Final = 4
"""Issues from which an identical change is told once, with their number."""
FEW: Final = 3
"""Changes of one field, each of one issue, that the summary tells by themselves; of more only the number."""
EMPTY: Final[tuple[Json, ...]] = (None, "", [], {})
KEYED: Final = ("gates", "fields", "context", "external")
"""Fields that are maps, compared key by key."""
ORDER: Final = (
    "id", "created_at", "created_by", "title", "state", "close_reason", "closed_at", "priority", "assignee", "labels",
    "dependencies", "links", "gates", "due", "defer_until", "estimate", "documents", "description",
)  # fmt: skip
"""What a reviewer wants to know first, first; all others follow by name."""
AT_BIRTH: Final = ("state", "priority", "assignee", "labels", "dependencies", "links", "gates", "due", "estimate")
"""What is told of an issue that is new, beside its title; `--json` and the diff of its file have it whole."""
USUAL: Final[Mapping[str, Json]] = {"priority": "normal"}
"""Values that go without saying in a new issue."""

Key: TypeAlias = tuple[str, str, bytes, bytes]


class Fate(StrEnum):
    """What became of a thing."""

    CREATED = "created"
    UPDATED = "updated"
    DELETED = "deleted"


class Verb(StrEnum):
    """What a step does to its field."""

    SET = "set"
    """`old` became `new`."""
    ADD = "add"
    """`new` came into the set."""
    REMOVE = "remove"
    """`old` went from the set."""
    REWRITE = "rewrite"
    """Lines of a text: `old` of them went and `new` came."""


@record
class Step:
    """One change that makes sense by itself: one value, one member of a set, one key of a map (`gates.tests`)."""

    field: str
    verb: Verb
    old: Json
    new: Json

    @property
    def key(self) -> Key:
        """Equal exactly for steps that say the same."""
        return (self.field, self.verb, dumps(self.old), dumps(self.new))


@record
class Remark:
    """What became of one comment. One that is `UPDATED` was altered in place, which no command does."""

    comment: str
    fate: Fate
    author: str | None
    replaces: str | None = None


@record(kw_only=True)
class IssueDifference:
    """One issue, with its comments."""

    id: IssueId
    title: str | None
    """As it is afterwards, or was at last; None where neither can be read, or only a comment changed."""
    fate: Fate
    fields: tuple[FieldChange, ...] = ()
    """Every field that differs, in order of name, as it is stored."""
    steps: tuple[Step, ...] = ()
    """The same for people: the main thing first, and without what follows from another field."""
    remarks: tuple[Remark, ...] = ()
    unreadable: bool = False
    """Whether one of the two versions cannot be read, so that nothing is known about its fields."""


@record(kw_only=True)
class FileDifference:
    """A file that is no issue and no comment: the rules, a gate, a recorded conflict, or one of somebody else."""

    path: str
    fate: Fate
    fields: tuple[FieldChange, ...] = ()
    steps: tuple[Step, ...] = ()


@record(kw_only=True)
class Differences:
    """All that differs, in order of id and of path."""

    issues: tuple[IssueDifference, ...] = ()
    files: tuple[FileDifference, ...] = ()

    def count(self, fate: Fate) -> int:
        """How many issues met this fate."""
        return sum(issue.fate is fate for issue in self.issues)

    @property
    def remarks(self) -> int:
        """How many comments differ."""
        return sum(len(issue.remarks) for issue in self.issues)


@record(kw_only=True)
class Group:
    """Issues to which exactly the same was done."""

    issues: tuple[IssueDifference, ...]

    @property
    def one(self) -> IssueDifference:
        """Any of them, which stands for all."""
        return self.issues[0]


@record(kw_only=True)
class Tally:
    """One line of the summary: a step and the issues it was made to; or a field, and how many ways it changed."""

    field: str
    step: Step | None
    ids: tuple[IssueId, ...]
    ways: int = 1
    fate: Fate = Fate.UPDATED


def differences(files: Iterable[FileChange]) -> Differences:
    """Read what differs, file by file."""
    issues: dict[IssueId, IssueDifference] = {}
    remarks: dict[IssueId, list[Remark]] = {}
    others: list[FileDifference] = []
    for file in files:
        match place_of(file.path):
            case Place("issues", issue=str(id)):
                issues[id] = _issue(id, file)
            case Place("comments", issue=str(id), comment=str(name)):
                remarks.setdefault(id, []).append(_remark(name, file))
            case _:
                others.append(_file(file))
    return Differences(
        issues=tuple(_joined(id, issues.get(id), remarks.get(id, [])) for id in sorted(issues.keys() | remarks.keys())),
        files=tuple(sorted(others, key=lambda file: file.path)),
    )


def grouped(issues: Iterable[IssueDifference]) -> list[Group]:
    """The issues by identical change, the largest group first, then in order of id."""
    found: dict[object, list[IssueDifference]] = {}
    for issue in issues:
        found.setdefault(_sameness(issue), []).append(issue)
    return [
        Group(issues=tuple(group)) for group in sorted(found.values(), key=lambda group: (-len(group), group[0].id))
    ]


def summary(found: Differences) -> list[Tally]:
    """Every step with the issues it was made to, most of them first; steps that differ in each issue by field.

    Issues that came or went are counted as such, and what a new one has at birth is not.
    """
    tallies = list(_by_fate(found.issues))
    steps: dict[Key, tuple[Step, list[IssueId]]] = {}
    for issue in found.issues:
        for step in issue.steps if issue.fate is Fate.UPDATED else ():
            steps.setdefault(step.key, (step, []))[1].append(issue.id)
    single: dict[str, list[tuple[Step, IssueId]]] = {}
    for step, ids in steps.values():
        if len(ids) > 1:
            tallies.append(Tally(field=step.field, step=step, ids=tuple(ids)))
        else:
            single.setdefault(step.field, []).append((step, ids[0]))
    for name, found_once in single.items():
        if len(found_once) <= FEW:
            tallies += [Tally(field=name, step=step, ids=(id,)) for step, id in found_once]
            continue
        ids_once = tuple(sorted({id for _, id in found_once}))
        tallies.append(Tally(field=name, step=None, ids=ids_once, ways=len(found_once)))
    return sorted(tallies, key=lambda tally: (tally.fate is Fate.UPDATED, -len(tally.ids), _rank(tally.field)))


def _by_fate(issues: Sequence[IssueDifference]) -> Iterator[Tally]:
    for fate in (Fate.CREATED, Fate.DELETED):
        if ids := tuple(issue.id for issue in issues if issue.fate is fate):
            yield Tally(field="", step=None, ids=ids, fate=fate)
    if ids := tuple(issue.id for issue in issues if issue.remarks):
        yield Tally(field="comments", step=None, ids=ids, ways=sum(len(issue.remarks) for issue in issues))


def _sameness(issue: IssueDifference) -> object:
    remarks = tuple((remark.fate, remark.author) for remark in issue.remarks)
    return (issue.fate, issue.unreadable, tuple(step.key for step in issue.steps), remarks)


# --- one file -------------------------------------------------------------------------------------------


def document(data: bytes | None) -> dict[str, Json] | None:
    """The JSON object in `data`; None if there is none, or none that can be read."""
    if data is None:
        return None
    try:
        value = loads(data)
    except Malformed:
        return None
    return value if isinstance(value, dict) else None


def fate_of(file: FileChange) -> Fate:
    if file.old is None:
        return Fate.CREATED
    return Fate.DELETED if file.new is None else Fate.UPDATED


def _issue(id: IssueId, file: FileChange) -> IssueDifference:
    old, new, fate = document(file.old), document(file.new), fate_of(file)
    unreadable = (old is None) is not (file.old is None) or (new is None) is not (file.new is None)
    title = (new or old or {}).get("title")
    fields = () if unreadable else _fields(old, new)
    return IssueDifference(
        id=id,
        title=title if isinstance(title, str) else None,
        fate=fate,
        fields=fields,
        steps=() if fate is Fate.DELETED else tuple(_steps(fields, born=fate is Fate.CREATED)),
        unreadable=unreadable,
    )


def _fields(old: Fields | None, new: Fields | None) -> tuple[FieldChange, ...]:
    """What differs; of a thing that comes or goes, what says something."""
    found = field_changes(old, new)
    if old is not None and new is not None:
        return tuple(found)
    return tuple(change for change in found if change.old not in EMPTY or change.new not in EMPTY)


def _remark(name: str, file: FileChange) -> Remark:
    said = document(file.new) or document(file.old) or {}
    author, replaces = said.get("author"), said.get("replaces")
    return Remark(
        name,
        fate_of(file),
        author if isinstance(author, str) else None,
        replaces if isinstance(replaces, str) else None,
    )


def _joined(id: IssueId, issue: IssueDifference | None, remarks: list[Remark]) -> IssueDifference:
    known = issue or IssueDifference(id=id, title=None, fate=Fate.UPDATED)
    return IssueDifference(
        id=id,
        title=known.title,
        fate=known.fate,
        fields=known.fields,
        steps=known.steps,
        remarks=tuple(sorted(remarks, key=lambda remark: remark.comment)),
        unreadable=known.unreadable,
    )


def _file(file: FileChange) -> FileDifference:
    old, new = document(file.old), document(file.new)
    fields = _fields(old, new) if old is not None or new is not None else ()
    fate = fate_of(file)
    steps = tuple(_steps(fields, born=False)) if fate is Fate.UPDATED else ()
    return FileDifference(path=shown(file.path), fate=fate, fields=fields, steps=steps)


# --- steps ----------------------------------------------------------------------------------------------


def _steps(changes: Iterable[FieldChange], *, born: bool) -> Iterator[Step]:
    wanted = [change for change in changes if not born or _tells_at_birth(change)]
    names = {change.field for change in wanted}
    for change in sorted(wanted, key=lambda change: _rank(change.field)):
        if change.field == "closed_at" and "state" in names:
            continue  # it goes with the state
        yield from _steps_of(change)


def _tells_at_birth(change: FieldChange) -> bool:
    return change.field in AT_BIRTH and change.new != USUAL.get(change.field)


def _steps_of(change: FieldChange) -> Iterator[Step]:
    old, new = change.old, change.new
    if change.field == "description":
        yield _rewritten(_lines(old), _lines(new))
    elif change.field in SETS and isinstance(old, list | None) and isinstance(new, list | None):
        yield from (Step(change.field, Verb.ADD, None, member) for member in change.added)
        yield from (Step(change.field, Verb.REMOVE, member, None) for member in change.removed)
    elif change.field in KEYED and isinstance(old, dict | None) and isinstance(new, dict | None):
        yield from _keyed(change.field, old or {}, new or {})
    else:
        yield Step(change.field, Verb.SET, old, new)


def _keyed(name: str, old: Fields, new: Fields) -> Iterator[Step]:
    for inner in field_changes(old, new):
        if inner.field not in new:
            yield Step(f"{name}.{inner.field}", Verb.REMOVE, inner.old, None)
        elif inner.field not in old:
            yield Step(f"{name}.{inner.field}", Verb.ADD, None, inner.new)
        else:
            yield Step(f"{name}.{inner.field}", Verb.SET, inner.old, inner.new)


def _lines(value: Json) -> list[str]:
    return [str(line) for line in value] if isinstance(value, list) else []


def _rewritten(old: Sequence[str], new: Sequence[str]) -> Step:
    """Lines counted as they are: which of them moved is for a diff of the file to show."""
    before, after = Counter(old), Counter(new)
    return Step("description", Verb.REWRITE, (before - after).total(), (after - before).total())


def _rank(name: str) -> tuple[int, str]:
    top = name.partition(".")[0]
    return (ORDER.index(top) if top in ORDER else len(ORDER), name)
