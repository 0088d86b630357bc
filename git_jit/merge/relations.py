"""What holds between documents after each was merged by itself: edges, parents, verdicts."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from git_jit.merge.compare import key, same
from git_jit.merge.cycles import Edge, break_cycles
from git_jit.merge.desk import Desk
from git_jit.merge.fields import VERDICT
from git_jit.merge.values import MISSING, Entry, FieldPath, Side, Stamp, Value
from git_jit.model import IssueId
from git_jit.paths import gate_path, issue_path, place_of

DEPENDENCIES: FieldPath = ("dependencies",)
LINKS: FieldPath = ("links",)
PASSED = "passed"
PENDING: Mapping[str, Any] = {"at": None, "by": None, "run": None, "status": "pending", "tree": None}
"""A verdict that nobody has given: nor is it said under which definition."""


def settle_relations(desk: Desk, base: Mapping[str, Value], edits: dict[str, Value]) -> None:
    """Repair in `edits` what the merge of single documents cannot see, and record what that costs."""
    _set_aside_dangling(desk, base, edits)
    _break(desk, base, edits, DEPENDENCIES, "cycle", _dependencies, desk.rules.waits_for)
    _break(desk, base, edits, LINKS, "parent_cycle", _parents, None)
    _expire_verdicts(desk, base, edits)


def _issues(documents: Mapping[str, Value]) -> Iterator[tuple[str, IssueId, dict[str, Any]]]:
    for path in sorted(documents):
        document = documents[path]
        place = place_of(path)
        if place.issue is not None and place.comment is None and isinstance(document, dict):
            yield path, place.issue, document


def _dependencies(document: Any) -> list[str]:
    return _strings(document.get("dependencies")) if isinstance(document, dict) else []


def _strings(value: Any) -> list[str]:
    return [member for member in value if isinstance(member, str)] if isinstance(value, list) else []


def _links(document: Any) -> list[dict[str, Any]]:
    members = document.get("links") if isinstance(document, dict) else None
    return [member for member in members if isinstance(member, dict)] if isinstance(members, list) else []


def _parents(document: Any) -> list[str]:
    return _strings([link.get("target") for link in _links(document) if link.get("type") == "parent"])


def _set_aside_dangling(desk: Desk, base: Mapping[str, Value], edits: dict[str, Value]) -> None:
    """A reference that one side added to an issue that the other deleted leads nowhere: it waits for a decision."""
    gone = {place_of(path).issue for path, document in edits.items() if document is None and base.get(path) is not None}
    gone &= {id for id in gone if id is not None and edits.get(issue_path(id), MISSING) is None}
    if not gone:
        return
    for path, _, document in _issues(edits):
        before = base.get(path)
        new = [target for target in _dependencies(document) if target in gone and target not in _dependencies(before)]
        for target in new:
            _without_dependency(desk, edits, path, target, "target_deleted")
        old = _links(before)
        for link in [link for link in _links(document) if link.get("target") in gone and link not in old]:
            _without_link(desk, edits, path, link, "target_deleted")


def _without_dependency(desk: Desk, edits: dict[str, Value], path: str, target: str, reason: str) -> None:
    document = _document(edits, path)
    rest = [member for member in document["dependencies"] if member != target]
    desk.record(
        path,
        DEPENDENCIES,
        reason,
        MISSING,
        Entry(MISSING),
        Entry(target, _edge_stamp(desk, DEPENDENCIES, _dependencies, path, target)),
    )
    edits[path] = {**document, "dependencies": rest}


def _without_link(desk: Desk, edits: dict[str, Value], path: str, link: dict[str, Any], reason: str) -> None:
    document = _document(edits, path)
    rest = [member for member in document["links"] if not same(member, link)]
    stamp = max(desk.stamps(path, LINKS))
    desk.record(path, LINKS, reason, MISSING, Entry(MISSING), Entry(link, stamp))
    edits[path] = {**document, "links": rest}


def _document(edits: Mapping[str, Value], path: str) -> dict[str, Any]:
    document = edits[path]
    assert isinstance(document, dict), "only documents hold references"
    return document


def _break(
    desk: Desk,
    base: Mapping[str, Value],
    edits: dict[str, Value],
    field: FieldPath,
    reason: str,
    read: Callable[[Any], list[str]],
    lookup: Callable[[str], Iterable[str]] | None,
) -> None:
    """Set aside edges of one kind so that the merge closes no circle."""
    merged, added = _new_edges(base, edits, read), {}
    if not merged or any(merged <= _new_edges(base, side.documents, read) for side in (desk.one, desk.other)):
        return  # every new edge is of one side, where they close no circle
    for source, target in merged:
        added[source, target] = _edge_stamp(desk, field, read, issue_path(IssueId(source)), target)

    def targets(id: str) -> Iterable[str]:
        path = issue_path(IssueId(id))
        if path in edits:
            return read(edits[path])
        return lookup(id) if lookup is not None else read(desk.rules.unchanged(path))

    for source, target in break_cycles(targets, added):
        path = issue_path(IssueId(source))
        if field == DEPENDENCIES:
            _without_dependency(desk, edits, path, target, reason)
            continue
        for link in _links(edits[path]):
            if link.get("type") == "parent" and link.get("target") == target:
                _without_link(desk, edits, path, link, reason)


def _new_edges(
    base: Mapping[str, Value], documents: Mapping[str, Value], read: Callable[[Any], list[str]]
) -> set[Edge]:
    return _edges(documents, read) - _edges(base, read)


def _edges(documents: Mapping[str, Value], read: Callable[[Any], list[str]]) -> set[Edge]:
    return {(id, target) for _, id, document in _issues(documents) for target in read(document)}


def _edge_stamp(desk: Desk, field: FieldPath, read: Callable[[Any], list[str]], path: str, target: str) -> Stamp:
    """When an edge was added: by the side that has it; by the later one if both have."""
    stamps = desk.stamps(path, field)
    having = [
        stamp
        for side, stamp in zip((desk.one, desk.other), stamps, strict=True)
        if target in read(side.documents.get(path))
    ]
    return max(having, default=max(stamps))


def _expire_verdicts(desk: Desk, base: Mapping[str, Value], edits: dict[str, Value]) -> None:
    """A pass that one side earned while the other changed what is to be passed says nothing any more."""
    for path in sorted(edits):
        gate = place_of(path).gate
        if gate is None or path != gate_path(gate):
            continue
        for side in (desk.one, desk.other):
            if not same(_definition(side.documents.get(path)), _definition(edits[path])):
                _expire(desk, base, edits, side, gate)


def _definition(document: Value) -> Any:
    """What a verdict depends on: everything but the words for people."""
    if not isinstance(document, dict):
        return document
    return {name: value for name, value in document.items() if name not in {"title", "description"}}


def _expire(desk: Desk, base: Mapping[str, Value], edits: dict[str, Value], side: Side, gate: str) -> None:
    for path, id, document in _issues(edits):
        verdict = _verdict(document, gate)
        earned = _verdict(side.documents.get(path), gate)
        if verdict.get("status") != PASSED or key(_unit(verdict)) != key(_unit(earned)):
            continue
        if same(_unit(verdict), _unit(_verdict(base.get(path), gate))):
            continue
        desk.note(path, ("gates", gate), f"'{gate}' of '{id[:7]}' was passed under another definition and is pending")
        rest = {name: value for name, value in verdict.items() if name not in VERDICT}
        gates = {**document["gates"], gate: {**rest, **PENDING}}
        edits[path] = {**document, "gates": gates}


def _verdict(document: Value, gate: str) -> dict[str, Any]:
    gates = document.get("gates") if isinstance(document, dict) else None
    found = gates.get(gate) if isinstance(gates, dict) else None
    return found if isinstance(found, dict) else {}


def _unit(verdict: Mapping[str, Any]) -> dict[str, Any]:
    return {name: verdict.get(name) for name in VERDICT}
