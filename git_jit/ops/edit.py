"""What was asked of an issue, as a value, and what it makes of the issue's own fields.

Single updates, bulk, plans, labels and dependencies all say what they want as a `Patch`; `ops.desk` applies
it under the rules that need more than the issue itself.
"""

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Final, Literal, TypeAlias, TypeVar

from git_jit.model import (
    Actor,
    Date,
    Document,
    GateKey,
    GateStatus,
    Issue,
    IssueId,
    Json,
    Link,
    LinkType,
    Priority,
)
from git_jit.record import field, items, record, replace
from git_jit.text import clean_body, clean_title
from git_jit.workflow import Verb


class Leave(Enum):
    """The value of a field that a patch leaves alone; None already means "none"."""

    LEAVE = "leave"


LEAVE: Final = Leave.LEAVE
Left: TypeAlias = Literal[Leave.LEAVE]
T = TypeVar("T")
M = TypeVar("M")


@record(kw_only=True)
class Patch:
    """What was asked of an issue. A field that is not given is left alone.

    Ids are text as the user typed it (any unique prefix); `Desk.change` resolves them in the view it works on.
    """

    title: str | Left = LEAVE
    description: str | Left = LEAVE
    state: Verb | Left = LEAVE
    priority: Priority | Left = LEAVE
    assignee: Actor | Left | None = LEAVE
    due: Date | Left | None = LEAVE
    defer_until: Date | Left | None = LEAVE
    estimate: int | Left | None = LEAVE
    """Minutes."""
    labels: tuple[str, ...] | Left = LEAVE
    """The whole set; `add_labels` and `remove_labels` apply after it."""
    add_labels: tuple[str, ...] = ()
    remove_labels: tuple[str, ...] = ()
    set_labels: Mapping[str, str | None] = field(default_factory=dict)
    """Namespace to the one value it shall have (`type`, `epic`, `milestone`); None takes the namespace away."""
    dependencies: tuple[str, ...] | Left = LEAVE
    """The whole set; added and removed ones apply after it."""
    add_dependencies: tuple[str, ...] = ()
    remove_dependencies: tuple[str, ...] = ()
    parent: str | Left | None = LEAVE
    """Replaces every link of type `parent`."""
    add_links: tuple[Link, ...] = ()
    remove_links: tuple[Link, ...] = ()
    add_gates: tuple[str, ...] = ()
    remove_gates: tuple[str, ...] = ()
    verdicts: Mapping[str, GateStatus] = field(default_factory=dict)
    """By key of the gate; what is not required of the issue has no verdict."""
    add_documents: tuple[Document, ...] = ()
    remove_documents: tuple[str, ...] = ()
    """Paths."""
    context: Mapping[str, str | None] = field(default_factory=dict)
    """None removes the key; the same in `external`."""
    fields: Mapping[str, Json] = field(default_factory=dict)
    remove_fields: tuple[str, ...] = ()
    external: Mapping[str, str | None] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        return self == Patch()

    def asked(self) -> dict[str, object]:
        """What is given, by name, as JSON: the `changes` of a report."""
        return {name: _as_json(value) for name, value in items(self) if value is not LEAVE and value not in ((), {})}


def apply(patch: Patch, issue: Issue) -> Issue:
    """The issue with every field as asked, except `state`, which is the workflow's. Ids in `patch` are whole.

    Sets: first the whole, then what goes, then what comes. Equal content gives an equal issue.
    """
    return replace(
        issue,
        title=issue.title if isinstance(patch.title, Leave) else clean_title(patch.title),
        description=issue.description if isinstance(patch.description, Leave) else clean_body(patch.description),
        priority=_given(patch.priority, issue.priority),
        assignee=_given(patch.assignee, issue.assignee),
        due=_given(patch.due, issue.due),
        defer_until=_given(patch.defer_until, issue.defer_until),
        estimate=_given(patch.estimate, issue.estimate),
        labels=_labels(patch, issue.labels),
        dependencies=_dependencies(patch, issue.dependencies),
        links=_links(patch, issue.links),
        gates=_gates(patch, issue.gates),
        documents=_documents(patch, issue.documents),
        context=_merged(issue.context, patch.context),
        external=_merged(issue.external, patch.external),
        fields={k: v for k, v in {**issue.fields, **patch.fields}.items() if k not in patch.remove_fields},
    )


def _given(value: T | Left, present: T) -> T:
    return present if isinstance(value, Leave) else value


def _changed_set(present: tuple[M, ...], gone: Iterable[M], come: Iterable[M]) -> tuple[M, ...]:
    """A stored set is sorted; one that stays the same keeps its spelling, so that nothing seems to change."""
    wanted = (set(present) - set(gone)) | set(come)
    return present if wanted == set(present) else tuple(sorted(wanted, key=_sort_key))


def _sort_key(member: object) -> str:
    return member if isinstance(member, str) else repr(member)


def _labels(patch: Patch, present: tuple[str, ...]) -> tuple[str, ...]:
    whole = _whole(patch.labels, present)
    replaced = [label for label in whole if label.partition(":")[0] in patch.set_labels]
    set_to = [f"{namespace}:{value}" for namespace, value in patch.set_labels.items() if value is not None]
    return _changed_set(whole, [*patch.remove_labels, *replaced], [*set_to, *patch.add_labels])


def _dependencies(patch: Patch, present: tuple[IssueId, ...]) -> tuple[IssueId, ...]:
    asked = patch.dependencies
    whole = _whole(asked if isinstance(asked, Leave) else tuple(map(IssueId, asked)), present)
    return _changed_set(whole, map(IssueId, patch.remove_dependencies), map(IssueId, patch.add_dependencies))


def _whole(asked: tuple[M, ...] | Left, present: tuple[M, ...]) -> tuple[M, ...]:
    if isinstance(asked, Leave) or set(asked) == set(present):
        return present
    return tuple(sorted(set(asked), key=_sort_key))


def _links(patch: Patch, present: tuple[Link, ...]) -> tuple[Link, ...]:
    gone, come = list(patch.remove_links), list(patch.add_links)
    if not isinstance(patch.parent, Leave):
        gone += [link for link in present if link.type == LinkType.PARENT]
        come += [Link(LinkType.PARENT.value, patch.parent)] if patch.parent else []
    return _changed_set(present, gone, come)


def _gates(patch: Patch, present: Mapping[GateKey, GateStatus]) -> Mapping[GateKey, GateStatus]:
    """A gate that is there already keeps its verdict."""
    kept = {key: status for key, status in present.items() if key not in patch.remove_gates}
    required = kept | {GateKey(key): GateStatus() for key in patch.add_gates if key not in kept}
    return required | {GateKey(key): status for key, status in patch.verdicts.items() if key in required}


def _documents(patch: Patch, present: tuple[Document, ...]) -> tuple[Document, ...]:
    """One entry for each path and commit: a new one replaces the old."""
    come = {_place(document): document for document in patch.add_documents}
    kept = {_place(d): d for d in present if d.path not in patch.remove_documents}
    wanted = tuple(document for _, document in sorted((kept | come).items()))
    return present if set(wanted) == set(present) else wanted


def _place(document: Document) -> tuple[str, str]:
    return document.path, document.commit or ""


def _merged(present: Mapping[str, str], asked: Mapping[str, str | None]) -> Mapping[str, str]:
    return {key: value for key, value in {**present, **asked}.items() if value is not None}


def _as_json(value: object) -> object:
    match value:
        case Link():
            return {"type": value.type, "target": value.target}
        case Document() | GateStatus():
            return dict(items(value))
        case tuple() | list():
            return [_as_json(member) for member in value]
        case Mapping():
            return {key: _as_json(member) for key, member in value.items()}
        case Enum():
            return value.value
        case _:
            return value
