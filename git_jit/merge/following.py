"""What states follow from a merge: two sides each finish one of two blockers, and nobody sees the issue become free.

A single write lets states follow at once (`workflow.settle`), but it knows one history. Here there are two: an issue is
freed by a merge if it waits for nothing any more and waited for something on every side that has it. One that a side
had put off on purpose stays put off, and both directions of the merge agree.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, Final

from git_jit.merge.values import Merged, Note, Row, Value
from git_jit.model import TERMINAL, IssueId, State, short
from git_jit.paths import issue_path, place_of
from git_jit.record import record, replace

RULE: Final = "follows"
_DONE: Final[Collection[str]] = frozenset(state.value for state in TERMINAL)


@record(kw_only=True)
class Around:
    """What lies beside the documents that a merge changed. Of what it did not touch, both sides have the same."""

    one: Callable[[str], Value]
    """What lies at a changed path on one side; on the `other`, likewise."""
    other: Callable[[str], Value]
    state: Callable[[str], str | None]
    """The state of an issue that the merge did not touch, by id; None: there is none."""
    document: Callable[[str], Value]
    """Such an issue whole, by path."""
    dependents: Callable[[str], Iterable[str]]
    """The ids of issues, touched or not, that wait for this one on either side."""


def follow(merged: Merged, around: Around) -> Merged:
    """`merged` with the states of those issues made to fit which are blocked by it, or freed by it; itself if none."""
    edits = dict(merged.edits)
    notes, rows = list(merged.notes), list(merged.rows)
    undecided = {conflict.path for conflict in merged.conflicts if conflict.field == ("state",)}
    for path in sorted({*_near(merged.edits, around)} - undecided):
        document = edits[path] if path in edits else around.document(path)
        if not isinstance(document, dict):
            continue
        sides = [around.one(path), around.other(path)] if path in edits else [document, document]
        state = _following(document, sides, merged.edits, around)
        if state is None:
            continue
        if state is State.BACKLOG:
            id = place_of(path).issue or ""
            notes.append(Note(path, ("state",), f"'{short(id)}' waits for others now; it is in backlog"))
        edits[path] = {**document, "state": state.value}
        one, other = (_state(side) for side in sides)
        rows.append(Row(path, ("state",), None, one, other, state.value, RULE))
    if len(rows) == len(merged.rows):
        return merged
    return replace(merged, edits=edits, notes=tuple(sorted(notes)), rows=tuple(rows))


def _near(edits: Mapping[str, Value], around: Around) -> Iterator[str]:
    """The paths of issues that a merge touched, and of those that wait for them."""
    for path in edits:
        place = place_of(path)
        if place.issue is not None and place.comment is None:
            yield path
            for id in around.dependents(place.issue):
                yield issue_path(IssueId(id))


def _following(
    document: dict[str, Any], sides: Iterable[Value], edits: Mapping[str, Value], around: Around
) -> State | None:
    """The state that the issue should go to; None: it is where it belongs."""
    state = document.get("state")
    if state not in (State.READY.value, State.BACKLOG.value):
        return None
    blocked = _blocked(document, edits.get, edits, around)
    if state == State.READY.value:
        return State.BACKLOG if blocked else None
    had = [
        _blocked(side, read, edits, around)
        for side, read in zip(sides, (around.one, around.other), strict=True)
        if isinstance(side, dict)
    ]
    return State.READY if had and all(had) and not blocked else None


def _blocked(
    document: dict[str, Any], read: Callable[[str], Value], edits: Mapping[str, Value], around: Around
) -> bool:
    """Whether the issue waits for something unfinished where `read` tells what lies at the paths of `edits`."""

    def state(id: str) -> object:
        path = issue_path(IssueId(id))
        return _state(read(path)) if path in edits else around.state(id)

    waits_for = document.get("dependencies")
    ids = [id for id in waits_for if isinstance(id, str)] if isinstance(waits_for, list) else []
    return any(state(id) not in _DONE for id in ids)


def _state(document: Value) -> object:
    return document.get("state") if isinstance(document, dict) else None
