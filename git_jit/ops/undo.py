"""Taking back what was done, as a new commit that says so. History is never rewritten."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from git_jit import graph
from git_jit.canonical import dumps
from git_jit.changes import FieldChange, take_back
from git_jit.codec import decode_issue, encode_issue
from git_jit.differences import document
from git_jit.errors import NotFound, Refused
from git_jit.model import Caller, Commit, FileChange, IssueId, Message, Oid
from git_jit.ops import transact
from git_jit.ops.history import actor_of
from git_jit.record import record
from git_jit.store import Store, issue_path
from git_jit.store.places import UNREADABLE
from git_jit.view import Plan, View

REPAIR: Final = "validate-fix"
"""The operation that mends: whoever takes it back wants the damage back as it was, cycles included."""
OP: Final = "Jit-Op"
UNDOES: Final = "Jit-Undoes"
"""The trailer by which an undo or redo names what it took back."""


class NothingToUndo(NotFound):
    code = "nothing_to_undo"


class UndoConflict(Refused):
    """Taking the commit back would overwrite later work. `details` names each place and what is there now."""

    code = "undo_conflict"


@record(kw_only=True)
class UndoReport:
    """What was taken back, and by which commit (None for a dry run)."""

    undone: Commit
    commit: Oid | None
    paths: tuple[str, ...]
    dry_run: bool

    def to_json(self) -> dict[str, object]:
        return {
            "undone": self.undone.oid,
            "subject": self.undone.subject,
            "commit": self.commit,
            "paths": list(self.paths),
            "dry_run": self.dry_run,
        }


@dataclass(slots=True)
class _Inverse:
    """The edits that take a commit back, and what stands in their way."""

    edits: dict[str, bytes | None] = field(default_factory=dict)
    obstacles: list[dict[str, object]] = field(default_factory=list)


def undo(store: Store, caller: Caller, *, request: str, target: str | None = None, dry_run: bool = False) -> UndoReport:
    """Take back the commit `target` (by default this actor's latest one that still stands).

    Fields changed again since, issues that others came to depend on, and dependencies that would close a
    cycle are later work: raises `UndoConflict` and changes nothing. Taking back an undo that is named is a redo.
    Raises `NothingToUndo` also when the commit has been taken back already.
    """
    found = _undo_target(store, caller, target)
    op = "redo" if found.trailers.get(OP) == "undo" else "undo"
    return _take_back(store, caller, found, op, request=request, dry_run=dry_run)


def redo(store: Store, caller: Caller, *, request: str, dry_run: bool = False) -> UndoReport:
    """Take back this actor's latest `undo` that still stands."""
    undos = (c for c in standing(store) if c.trailers.get(OP) == "undo" and actor_of(c) == caller.actor)
    target = next(undos, None)
    if target is None:
        raise NothingToUndo(f"'{caller.actor}' has undone nothing", hint="'git jit log' shows what was done")
    return _take_back(store, caller, target, "redo", request=request, dry_run=dry_run)


def standing(store: Store) -> Iterator[Commit]:
    """Commits newest first, without those that a later undo or redo has taken back, and without merges: what clones
    did is taken back commit by commit.
    """
    taken_back: set[str] = set()
    for commit in store.history():
        if commit.oid in taken_back or len(commit.parents) > 1:
            continue
        if undone := commit.trailers.get(UNDOES):
            taken_back.add(undone)
        yield commit


def _undo_target(store: Store, caller: Caller, target: str | None) -> Commit:
    if target is not None:
        candidates = store.history(target)
    else:
        candidates = (c for c in standing(store) if actor_of(c) == caller.actor and UNDOES not in c.trailers)
    found = next(candidates, None)
    if found is None or not found.parents:
        raise NothingToUndo(
            f"nothing that '{caller.actor}' did is left to undo",
            hint="'git jit log' shows what was done; 'git jit undo <commit>' takes one back",
        )
    return found


def _take_back(store: Store, caller: Caller, target: Commit, op: str, *, request: str, dry_run: bool) -> UndoReport:
    files = store.changes(target)
    bases: set[Oid | None] = set()

    def plan(view: View) -> Plan:
        bases.add(view.base)
        inverse = _invert(files, lambda path: store.blob_at(view.base, path) if view.base else None)
        _check_graph(view, inverse, _edges_at(store, target) if target.trailers.get(OP) == REPAIR else None)
        if inverse.obstacles:
            raise UndoConflict(
                f"'{target.subject}' cannot be taken back: {_sentence(inverse.obstacles)}",
                hint=f"'git jit log' shows what came after {target.oid[:10]}; take that back first",
                details={"commit": target.oid, "later": inverse.obstacles},
            )
        if not inverse.edits:
            raise NothingToUndo(
                f"'{target.subject}' is taken back already", hint="'git jit log' shows what was done since"
            )
        return Plan(raw=inverse.edits)

    def message(_: Plan) -> Message:
        return Message(
            op=op,
            subject=f"{op}: {target.subject}",
            actor=caller.actor,
            request=request,
            at=caller.now,
            trailers={UNDOES: target.oid},
        )

    published = transact(store, plan, message, caller=caller, dry_run=dry_run)
    if published.commit is not None and published.commit in bases:
        raise NothingToUndo(
            f"'{target.subject}' changed no content, only how files are marked in the tree; that is not brought back",
            hint="'git jit log' shows what was done since",
        )
    return UndoReport(undone=target, commit=published.commit, paths=tuple(sorted(published.plan.raw)), dry_run=dry_run)


def _invert(files: list[FileChange], present: Callable[[str], bytes | None]) -> _Inverse:
    inverse = _Inverse()
    for file in files:
        now = present(file.path)
        if now == file.new:
            inverse.edits[file.path] = file.old
        elif now != file.old:
            _invert_partly(inverse, file, now)
    return inverse


def _invert_partly(inverse: _Inverse, file: FileChange, now: bytes | None) -> None:
    """The file was changed again since: take back single fields where that touches none of the later ones."""
    old, new, present = document(file.old), document(file.new), document(now)
    if old is None or new is None or present is None:
        inverse.obstacles.append({"path": file.path, "field": None, "now": "deleted" if now is None else "changed"})
        return
    result, later = take_back(old, new, present)
    inverse.obstacles += [_obstacle(file.path, change) for change in later]
    data = dumps(result)
    try:
        inverse.edits[file.path] = encode_issue(decode_issue(data)) if file.path.startswith("issues/") else data
    except UNREADABLE:  # half of a document that was no issue in the first place
        inverse.obstacles.append({"path": file.path, "field": None, "now": "changed"})


def _obstacle(path: str, change: FieldChange) -> dict[str, object]:
    return {"path": path, "field": change.field, "then": change.old, "now": change.new}


Edges: TypeAlias = Mapping[IssueId, Sequence[IssueId]]


def _edges_at(store: Store, commit: Commit) -> Callable[[], Edges]:
    def read() -> Edges:
        with store.view(at=commit.oid) as then:
            return dict(then.edges())

    return read


def _check_graph(view: View, inverse: _Inverse, mended: Callable[[], Edges] | None) -> None:
    """What comes back must still fit: no dependency on nothing, and no cycle.

    With `mended`, the graph as a repair left it, that repair is taken back, and the damage with it: cycles, and edges
    to what goes out of reach again. Only edges that are newer than the repair are later work.
    """
    edges = dict(view.edges())
    changed: set[IssueId] = set()
    for path, data in inverse.edits.items():
        if not path.startswith("issues/"):
            continue
        id = IssueId(path.rsplit("/", 1)[1].removesuffix(".json"))
        if data is None:
            edges.pop(id, None)
        else:
            edges[id] = _dependencies(data)
            changed.add(id)
    loose = [(id, target) for id, targets in edges.items() for target in targets if target not in edges]
    loose = [(id, target) for id, target in loose if issue_path(target) in inverse.edits]
    if loose and mended:
        known = mended()
        loose = [(id, target) for id, target in loose if target not in known.get(id, ())]
    inverse.obstacles += [{"path": issue_path(target), "field": "dependents", "now": id} for id, target in loose]
    cycle = _cycle_of(edges, changed) if not mended and changed and graph.find_cycle(edges) else None
    if cycle:
        inverse.obstacles.append({"path": None, "field": "dependencies", "now": list(cycle)})


def _dependencies(data: bytes) -> tuple[IssueId, ...]:
    """None of what cannot be read: it comes back as it was, which is as good as it ever was."""
    try:
        return decode_issue(data).dependencies
    except UNREADABLE:
        return ()


def _cycle_of(edges: Edges, changed: Iterable[IssueId]) -> tuple[IssueId, ...] | None:
    """A cycle through one of `changed`: others were there before, and are not in the way."""
    closed = (graph.cycle_through(edges, id, target) for id in sorted(changed) for target in edges.get(id, ()))
    return next(filter(None, closed), None)


def _sentence(obstacles: list[dict[str, object]]) -> str:
    first = obstacles[0]
    where = first["path"] or "the graph"
    what = f"'{first['field']}' of {where}" if first["field"] else f"'{where}'"
    rest = f" and {len(obstacles) - 1} more" if len(obstacles) > 1 else ""
    return f"{what} was changed since{rest}"
