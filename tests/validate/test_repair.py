"""Repair as a whole: it ends, it is done when it ends, and nothing that was readable is lost."""

import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_jit.codec import decode_issue
from git_jit.config import Config, Namespace
from git_jit.model import MAX_ISSUE, Actor, GateStatus, Issue, IssueId, Json, Link, State
from git_jit.paths import gate_path, issue_path
from git_jit.validate.repair import Repaired
from tests.strategies import Tracker, trackers
from tests.validate.tree import NOW, Tree, blobs_of, comment, gate, id_of, issue, link, said, tree, with_keys

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
    assert not {(each.code, each.subject, each.message) for each in fixable} & {
        (each.code, each.subject, each.message) for each in repaired.left
    }
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


# --- one damage each --------------------------------------------------------------------------------------

READY = State.READY
PATH = issue_path(id_of(1))


def mended(before: Tree, **options: object) -> tuple[Mapping[str, int], dict[IssueId, Issue | None]]:
    """What was counted, and the issues afterwards."""
    repaired = before.repair(**options)
    view = before.after(repaired).view()
    return repaired.applied, {id: view.issue(id) for id in view.ids()}


def test_a_sound_tracker_is_left_alone() -> None:
    assert tree(issue(1), issue(2, 1)).repair() == Repaired()


def test_fixes_of_one_issue_are_made_one_after_the_other_in_one_go() -> None:
    before = issue(1, 8, 9, labels=("Type:bug", "Area:web"), assignee=Actor("Human:ada"), state=READY, closed_at=NOW)
    applied, after = mended(tree(before))
    assert applied == {
        "actor_lowercased": 1,
        "closing_cleared": 1,
        "dependency_set_aside": 2,
        "namespace_lowercased": 2,
    }
    assert after == {
        id_of(1): issue(
            1,
            labels=("area:web", "type:bug"),
            assignee=Actor("human:ada"),
            state=READY,
            unresolved=(link("depends-on", 8), link("depends-on", 9)),
        )
    }


def test_an_issue_is_demoted_only_for_what_still_blocks_it() -> None:
    """What it waited for is set aside first; after that nothing blocks."""
    applied, after = mended(tree(issue(1, 9, state=READY), issue(2, 3, state=READY), issue(3)))
    assert applied == {"demoted": 1, "dependency_set_aside": 1}
    assert [each and each.state for each in after.values()] == [READY, State.BACKLOG, State.BACKLOG]


def test_a_blocker_that_comes_back_finished_blocks_nobody() -> None:
    done = blobs_of(issue(1, state=State.DONE, closed_at=NOW))
    before = Tree({**blobs_of(issue(2, 1, state=READY)), PATH: b"{"}, earlier=done)
    applied, after = mended(before)
    assert applied == {"restored_from_history": 1}
    assert after == {id_of(1): issue(1, state=State.DONE, closed_at=NOW), id_of(2): issue(2, 1, state=READY)}


def test_what_is_brought_back_is_judged_and_mended_as_well() -> None:
    before = Tree({PATH: b""}, earlier=blobs_of(issue(1, 9, assignee=Actor("Human:ada"))))
    repaired = before.repair()
    assert repaired.applied == {"actor_lowercased": 1, "dependency_set_aside": 1, "restored_from_history": 1}
    assert repaired.notes == (f"'{PATH}' is as it last could be read; what was changed after that is not in it",)
    assert said(repaired.done) == [
        ("unreadable", PATH, "cannot be read: '$' is not JSON: expecting value (line 1, column 1)"),
        ("assignee_invalid", "#1", "'Human:ada' is not an actor"),
        ("dependency_missing", "#1", "waits for '0000009', which is not here"),
    ]


@pytest.mark.parametrize(
    "earlier", [{}, {PATH: b"["}, blobs_of(issue(2)), {PATH: blobs_of(issue(2))[issue_path(id_of(2))]}]
)
def test_without_a_readable_version_nothing_is_brought_back(earlier: dict[str, bytes]) -> None:
    repaired = Tree({PATH: b"{"}, earlier=earlier).repair()
    assert (repaired.edits, [each.fix for each in repaired.left]) == ({}, [None])


def test_what_a_newer_program_wrote_is_not_replaced() -> None:
    newer = with_keys(blobs_of(issue(1))[PATH], schema=2)
    repaired = Tree({PATH: newer}, earlier=blobs_of(issue(1))).repair()
    assert (repaired.edits, [each.code for each in repaired.left]) == ({}, ["schema_unknown"])


def test_an_object_that_is_gone_is_brought_back_too() -> None:
    applied, after = mended(Tree(blobs_of(issue(1)), frozenset({PATH}), blobs_of(issue(1))))
    assert (applied, after) == ({"restored_from_history": 1}, {id_of(1): issue(1)})


def test_rules_that_come_back_judge_every_document_anew() -> None:
    rules = blobs_of(STRICT)
    before = Tree({**blobs_of(issue(1)), "config.json": b"{"}, earlier=rules)
    applied, after = mended(before)
    assert applied == {"restored_from_history": 1, "type_added": 1}
    assert after == {id_of(1): issue(1, labels=("type:task",))}


def test_a_document_moves_home_only_when_nothing_is_there() -> None:
    two = blobs_of(issue(2))[issue_path(id_of(2))]
    strays = {"issues/a.json": two, "issues/b.json": two}
    repaired = Tree(strays).repair()
    assert [bool(each.fix) for each in Tree(strays).check()] == [True, False]
    assert repaired.edits == {"issues/a.json": None, issue_path(id_of(2)): two}
    assert [(each.subject, each.fix) for each in repaired.left] == [("issues/b.json", None)]
    in_the_way = issue_path(id_of(2)).rpartition("/")[0]
    assert Tree({"issues/a.json": two, in_the_way: b""}).repair().edits == {}
    assert Tree({"issues/a.json": two, f"{issue_path(id_of(2))}/x": b""}).repair().edits == {}


def test_a_document_in_the_place_of_another_moves_home_and_the_other_comes_back() -> None:
    two = blobs_of(issue(2))[issue_path(id_of(2))]
    before = Tree({PATH: two}, earlier=blobs_of(issue(1)))
    (found,) = before.check()
    assert found.fix is not None
    assert found.fix.summary == f"move it to '{issue_path(id_of(2))}', and bring back what belongs here"
    assert mended(before) == ({"moved_to_place": 1}, {id_of(1): issue(1), id_of(2): issue(2)})


def test_what_moved_away_and_is_not_there_any_more_is_missing() -> None:
    two = blobs_of(issue(2))[issue_path(id_of(2))]
    repaired = Tree({PATH: two, **blobs_of(issue(3, 1))}).repair()
    assert repaired.applied == {"dependency_set_aside": 1, "moved_to_place": 1}


def test_a_comment_that_moves_home_may_find_no_issue_there() -> None:
    (data,) = blobs_of(comment(1)).values()
    repaired = Tree({"comments/x": data}).repair()
    assert repaired.applied == {"moved_to_place": 1}
    assert said(repaired.left) == [("comment_orphaned", "#1", "a comment lies here, but there is no such issue")]


def test_a_copy_in_the_place_of_another_is_replaced_by_what_belongs_there() -> None:
    two = blobs_of(issue(2))[issue_path(id_of(2))]
    before = Tree({PATH: two, issue_path(id_of(2)): two}, earlier=blobs_of(issue(1)))
    assert mended(before) == ({"restored_from_history": 1}, {id_of(1): issue(1), id_of(2): issue(2)})


def test_a_gate_that_comes_back_is_no_longer_missing() -> None:
    tests = gate("tests")
    gated = issue(1, gates={tests.key: GateStatus()})
    before = Tree({**blobs_of(gated), gate_path(tests.key): b""}, earlier=blobs_of(tests))
    assert [each.code for each in before.check()] == ["unreadable", "gate_missing"]
    assert before.repair().left == ()


def test_all_circles_are_opened_in_one_round() -> None:
    ring = [issue(number, *(other for other in range(1, 7) if other != number)) for number in range(1, 7)]
    repaired = tree(*ring).repair(only={"cycle"})
    assert not [each for each in repaired.left if each.code == "cycle"]
    assert {each.code for each in repaired.done} == {"cycle"}


def test_an_issue_at_the_limit_of_its_size_stays_as_it_is() -> None:
    full = issue(1, 9, context={"a": ""})
    room = MAX_ISSUE - len(blobs_of(full)[PATH])
    full = issue(1, 9, context={"a": "x" * room})
    repaired = tree(full).repair()
    assert (repaired.edits, repaired.done, repaired.applied) == ({}, (), {})
    assert [each.code for each in repaired.left] == ["dependency_missing"]
