"""Repair as a whole: it ends, it is done when it ends, and nothing that was readable is lost."""

import json
from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from git_jit.codec import decode_issue
from git_jit.config import Config, Namespace
from git_jit.model import IssueId, Json, Link, State
from git_jit.paths import issue_path
from tests.strategies import Tracker, trackers
from tests.validate.tree import NOW, Tree, blobs_of, id_of, said, with_keys

STRICT = Config(
    namespaces={"type": Namespace(required=True)},
    types={"epic": 1, "task": 2, "bug": 2},
    membership={"epic": "epic"},
    default_type="task",
    required_sections={"bug": ("Steps",)},
)


# --- properties -------------------------------------------------------------------------------------------


@st.composite
def damaged(draw: st.DrawFn) -> Tree:
    """A tracker, its blobs as history has them, and afterwards everything that may happen to blobs."""
    tracker: Tracker = draw(trackers(max_issues=6))
    rules = [draw(st.sampled_from([STRICT, Config()]))] if draw(st.booleans()) else []
    blobs = blobs_of(*tracker.issues.values(), *tracker.comments.values(), *tracker.gates.values(), *rules)
    earlier = dict(blobs) if draw(st.booleans()) else {}
    blobs |= tracker.raw
    missing: set[str] = set()
    for path in draw(st.lists(st.sampled_from(sorted(blobs)), max_size=5)) if blobs else []:
        if path not in blobs:
            continue
        stray = f"{path.partition('/')[0]}/{draw(st.sampled_from(['x', 'x.json', '00/x/y.json']))}"
        match draw(st.sampled_from(["lose", "cut", "respell", "swap", "copy", "move", "edges", "values", "unknown"])):
            case "lose":
                missing.add(path)
            case "cut":
                blobs[path] = blobs[path][: len(blobs[path]) // 2]
            case "swap":
                blobs[path] = blobs[draw(st.sampled_from(sorted(blobs)))]
            case "copy":
                blobs[stray] = blobs[path]
            case "move":
                blobs[stray] = blobs.pop(path)
            case kind if _is_issue(blobs[path]):
                blobs[path] = draw(_changed(kind, blobs[path], sorted(tracker.issues)))
            case _:
                pass
    rings = st.lists(st.lists(st.sampled_from(sorted(tracker.issues)), max_size=3, unique=True), max_size=2)
    for ring in draw(rings) if tracker.issues else []:
        _close(blobs, ring, draw(st.sampled_from(["dependencies", "links"])))
    return Tree(blobs, frozenset(missing & blobs.keys()), earlier)


def _close(blobs: dict[str, bytes], ring: list[IssueId], field: str) -> None:
    """Let each of the ring wait for the next, or be a part of it."""
    for number, id in enumerate(ring):
        path, after = issue_path(id), ring[(number + 1) % len(ring)]
        if path in blobs and _is_issue(blobs[path]):
            targets: list[Json] = [{"type": "parent", "target": after} if field == "links" else after]
            blobs[path] = with_keys(blobs[path], **{field: targets})


def _is_issue(data: bytes) -> bool:
    try:
        decode_issue(data)
    except Exception:  # noqa: BLE001  # whatever is wrong with it, it is not an issue
        return False
    return True


@st.composite
def _changed(draw: st.DrawFn, kind: str, data: bytes, ids: list[IssueId]) -> bytes:
    targets = st.sampled_from([*ids, id_of(0xDEAD)])
    match kind:
        case "edges":
            links = draw(st.lists(st.builds(Link, st.sampled_from(["parent", "relates-to"]), targets), max_size=3))
            found = {str(target) for target in draw(st.lists(targets, max_size=4))}
            listed: list[Json] = [{"type": each.type, "target": each.target} for each in set(links)]
            return with_keys(data, dependencies=[*sorted(found)], links=listed)
        case "values":
            values: dict[str, Json] = draw(st.fixed_dictionaries({}, optional=_VALUES))
            return with_keys(data, **values)
        case "unknown":
            unknown: dict[str, Json] = {"x-sprint": {"n": 1}}
            return with_keys(data, **unknown)
        case _:
            return json.dumps(json.loads(data)).encode()


_VALUES: dict[str, st.SearchStrategy[Json]] = {
    "labels": st.lists(st.sampled_from(["Type:task", "type:bug", "TYPE:bug", "epic:a", "plain", "c:d"]), max_size=3),
    "assignee": st.sampled_from(["Human:ada", "ada", "human:ada", None]),
    "closed_at": st.sampled_from([NOW, None]),
    "state": st.sampled_from([state.value for state in State]),
    "estimate": st.sampled_from([-1, 5]),
}


def _unknown(made: Tree) -> Mapping[IssueId, object]:
    view = made.view()
    found = {id: view.issue(id) for id in view.ids()}
    return {id: each.extra["x-sprint"] for id, each in found.items() if each and "x-sprint" in each.extra}


@given(damaged())
def test_repairing_twice_is_repairing_once(before: Tree) -> None:
    repaired = before.repair()
    after = before.after(repaired)
    again = after.repair()
    assert (again.edits, again.applied, again.done) == ({}, {}, ())
    assert [each for each in repaired.left if each.fix] == []
    assert sorted(said(repaired.left)) == sorted(said(after.check()))


@given(damaged())
def test_what_checking_says_can_be_mended_is_mended(before: Tree) -> None:
    fixable = [each for each in before.check() if each.fix]
    repaired = before.repair()
    assert bool(fixable) == bool(repaired.done) == bool(repaired.edits)
    assert not [each for each in fixable if each in repaired.left]
    assert sum(repaired.applied.values()) == len(repaired.done)


@given(damaged(), st.none() | st.sets(st.sampled_from(["unreadable", "not_canonical", "cycle", "dependency_missing"])))
def test_nothing_that_could_be_read_is_lost(before: Tree, only: set[str] | None) -> None:
    repaired = before.repair(only=only)
    after = before.after(repaired)
    assert before.readable() <= after.readable()
    assert _unknown(before).items() <= _unknown(after).items()
    if only is not None:
        assert {each.code for each in repaired.done} <= only
        assert not [each for each in repaired.left if each.fix and each.code in only]
