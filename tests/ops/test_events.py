"""Events are told once each, in order, from any place on; and issues can be rebuilt from them."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import count, islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from git_jit.canonical import dumps, loads
from git_jit.changes import FieldChange, applied, exact_changes, inverse
from git_jit.cli.json_out import minified
from git_jit.codec import encode_issue
from git_jit.model import IssueId, Oid
from git_jit.ops import comments, issues
from git_jit.ops.edit import Patch
from git_jit.ops.events import INTERVAL_S, LOOK_ANYWAY, CursorUnknown, Teller, Told, events
from git_jit.ops.history import Event, EventQuery
from git_jit.store import Store, UnknownRevision, issue_path, places
from tests.ops.dag import Dag
from tests.ops.moving import bring_path
from tests.ops.world import World
from tests.store.making import issue
from tests.strategies import trackers

DATA = os.environ.get("JIT_REAL_DATA")
AREAS = ("issues/", "comments/", "gates/")
Tree = dict[str, dict[str, Any]]


class Over(Exception):
    """Nobody listens any more."""


def listen(store: Store) -> Teller:
    return Teller(store, EventQuery)


def subjects(told: Iterator[Told]) -> list[str]:
    return [event.subject for event, _ in told]


# --- rebuilding -----------------------------------------------------------------------------------------------


def as_lines(told: Iterator[Event]) -> list[dict[str, Any]]:
    """What a program reads that has nothing but the lines of `--jsonl`."""
    return [json.loads(minified(event.to_json())) for event in told]


def rebuilt(lines: Sequence[Mapping[str, Any]]) -> dict[str, Tree]:
    """The documents as of each commit, from events oldest first and nothing else."""
    states: dict[str, Tree] = {}
    for line in lines:
        first, *_ = parents = [states[parent] for parent in line["parents"]] or [{}]
        state = dict(first)
        for path, number in line["taken"].items():
            put(state, path, parents[number - 1].get(path))
        for change in line["changes"]:
            put(state, change["path"], replayed(state.get(change["path"]), change))
        states[line["commit"]] = state
    return states


def replayed(document: dict[str, Any] | None, change: Mapping[str, Any]) -> dict[str, Any] | None:
    if change["fate"] == "deleted":
        return None
    return applied(document or {}, [FieldChange(**field) for field in change["fields"]])


def put(state: Tree, path: str, document: dict[str, Any] | None) -> None:
    state.pop(path, None)
    if document is not None:
        state[path] = document


def documents(files: Mapping[str, bytes]) -> dict[str, bytes]:
    return {path: data for path, data in files.items() if path.startswith(AREAS)}


def spelled(state: Tree) -> dict[str, bytes]:
    return {path: dumps(document) for path, document in state.items() if path.startswith(AREAS)}


def edits_between(old: Mapping[str, bytes], new: Mapping[str, bytes]) -> dict[str, bytes | None]:
    return {**dict.fromkeys(old.keys() - new.keys()), **new}


TRACKERS = trackers(max_issues=3, broken=False).map(lambda tracker: places.edits_of(tracker.plan()))
FILES = st.dictionaries(st.sampled_from(["issues/x", "issues/y"]), st.sampled_from([b"1", b"2"]))
SOME = settings(max_examples=settings.default.max_examples // 4 if settings.default else 25)
"""A quarter of the examples: each is a whole history."""


@st.composite
def histories(draw: st.DrawFn, trees: st.SearchStrategy[dict[str, Any]] = TRACKERS) -> Dag:
    """Commits with random trees on random parents, merges among them, whose clocks run as clocks do."""
    dag, made = Dag(), list[Oid]()
    for number in range(draw(st.integers(1, 5))):
        files = dict(draw(trees))
        parents = draw(st.lists(st.sampled_from(made), min_size=1, max_size=2, unique=True)) if made else []
        before = dag.tree(parents[0]) if parents else {}
        for parent in parents[1:]:  # a part of the files as the other parent has them, as merges do
            other = dag.tree(parent)
            chosen = draw(st.sets(st.sampled_from(sorted(other)))) if other else ()
            files |= {path: other[path] for path in chosen}
        made.append(dag.commit(edits_between(before, files), *parents, second=number))
    return dag


@SOME
@given(histories())
def test_every_document_can_be_rebuilt_from_the_events(dag: Dag) -> None:
    states = rebuilt(as_lines(event for event, _ in listen(dag.store).past()))
    assert dag.tips["issues"] in states
    for commit, state in states.items():
        assert spelled(state) == documents(dag.tree(Oid(commit)))


@SOME
@given(histories())
def test_events_can_be_taken_back(dag: Dag) -> None:
    for event in events(dag.store, EventQuery()):
        if len(event.parents) > 1:
            continue
        files = documents(dag.tree(Oid(event.id)))
        state = {path: loads(data) for path, data in files.items()}
        for change in event.changes:
            if change.path.startswith(AREAS):
                document = applied(state.pop(change.path, {}), inverse(change.fields))  # type: ignore[arg-type]
                put(state, change.path, None if change.fate == "created" else document)  # type: ignore[arg-type]
        before = documents(dag.tree(event.parents[0])) if event.parents else {}
        assert {path: dumps(document) for path, document in state.items()} == before


documents_of_json: st.SearchStrategy[dict[str, Any]] = st.dictionaries(
    st.sampled_from("abc"), st.none() | st.integers(0, 2) | st.just([]), max_size=3
)


@given(documents_of_json, documents_of_json)
def test_exact_changes_lead_forth_and_back(old: dict[str, Any], new: dict[str, Any]) -> None:
    changes = exact_changes(old, new)
    assert applied(old, changes) == new
    assert applied(new, inverse(changes)) == old


@pytest.mark.skipif(not DATA, reason="JIT_REAL_DATA is not set")
def test_a_real_workspace_can_be_rebuilt_from_its_events() -> None:
    world = World()
    bring_path(world, "jit", Path(DATA or ".") / "jit-workspace")
    with world.store.view() as view:
        ids = view.ids()
        files = {path: world.store.blob_at(view.base or "", path) for path in map(issue_path, ids)}
    issues.update(world.store, world.caller(), ids[:5], Patch(title="Another"))
    issues.update(world.store, world.caller(), ids[:5], Patch(title="And another"))
    *_, first, second, third = rebuilt(as_lines(event for event, _ in listen(world.store).past())).values()
    assert {path: dumps(first[path]) for path in files} == files
    with world.store.view() as view:
        assert spelled(third).keys() > files.keys()
        for path, data in spelled(third).items():
            assert data == world.store.blob_at(view.base or "", path)
    assert second != third


# --- once each, in order ----------------------------------------------------------------------------------------


def forked() -> tuple[Dag, dict[str, Oid]]:
    """a - b - d - e (merge of d and c), c on a; claims beside them."""
    dag = Dag()
    made = {"a": dag.commit({"issues/x": b"a"})}
    made["k1"] = dag.commit({"claims/x": b"1"}, ref="claims")
    made["b"] = dag.commit({"issues/x": b"b"})
    made["c"] = dag.commit({"issues/y": b"c"}, made["a"])
    made["d"] = dag.commit({"issues/z": b"d"}, made["b"])
    made["k2"] = dag.commit({"claims/x": b"2"}, ref="claims")
    made["e"] = dag.commit({"issues/y": b"c"}, made["d"], made["c"])
    return dag, made


def test_from_every_cursor_exactly_the_rest_is_told() -> None:
    dag, made = forked()
    told = list(listen(dag.store).past())
    assert [event.id for event, _ in told] == [made[name] for name in ("a", "k1", "b", "c", "d", "k2", "e")]
    for place, (_, cursor) in enumerate(list(told)):
        teller = listen(dag.store)
        assert [event.id for event, _ in teller.after(cursor)] == [event.id for event, _ in told[place + 1 :]]
        assert list(teller.news()) == []
        late = dag.commit({"issues/w": str(place).encode()})
        assert [event.id for event, _ in teller.news()] == [late]
        told.append(Told(next(events(dag.store, EventQuery())), listen(dag.store).cursor))


@given(histories(FILES), st.data())
def test_a_listener_that_starts_again_and_again_misses_nothing(dag: Dag, data: st.DataObject) -> None:
    whole = [event.id for event, _ in listen(dag.store).past()]
    heard, cursor = [], None
    while True:
        teller = listen(dag.store)
        part = list(islice(teller.past() if cursor is None else teller.after(cursor), data.draw(st.integers(1, 3))))
        if not part:
            break
        heard += [event.id for event, _ in part]
        cursor = part[-1].cursor
    assert heard == whole


def test_the_last_ones_come_first_and_are_continued() -> None:
    dag, made = forked()
    teller = listen(dag.store)
    assert [event.id for event, _ in teller.past(2)] == [made["k2"], made["e"]]
    assert teller.cursor == listen(dag.store).cursor
    assert [event.id for event, _ in listen(dag.store).after(made["b"])] == [
        made[name] for name in ("c", "d", "k2", "e")
    ]


@pytest.mark.parametrize("limit", range(1, 8))
def test_from_every_cursor_of_the_last_ones_exactly_the_rest_is_told(limit: int) -> None:
    """The first of them may lie within a fork, of which the other branch was told before."""
    dag, made = forked()
    whole = [made[name] for name in ("a", "k1", "b", "c", "d", "k2", "e")]
    for place, (_, cursor) in enumerate(listen(dag.store).past(limit), start=len(whole) - limit):
        assert [event.id for event, _ in listen(dag.store).after(cursor)] == whole[place + 1 :]


def test_what_comes_is_told_across_the_seam() -> None:
    world = World()
    numbers = count(1)

    def create() -> None:
        issues.create(world.store, world.caller(), issues.Draft(title=f"number {next(numbers)}"))

    create()
    teller = listen(world.store)
    create()  # after the place was taken, before anything was told
    waited: list[float] = []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 4:
            raise Over
        create()
        create()

    heard: list[str] = []
    past = teller.past()
    create()
    heard += subjects(past)
    with suppress(Over):
        for event, _ in teller.follow(wait):
            heard.append(event.subject)
    assert [line.split()[-1] for line in heard] == [str(number) for number in range(1, 10)]
    assert waited == [INTERVAL_S] * 4


def test_a_merge_tells_every_commit_that_it_brought_once() -> None:
    dag = Dag()
    a = dag.commit({"issues/x": b"a"})
    teller = listen(dag.store)
    here = dag.commit({"issues/x": b"b"})
    assert [event.id for event, _ in teller.news()] == [here]
    there = dag.commit({"issues/y": b"1"}, a)
    further = dag.commit({"issues/y": b"2"}, there)
    dag.tips["issues"] = here  # nobody knows of them yet
    assert list(teller.news()) == []
    merged = dag.commit({"issues/y": b"2"}, here, further)
    found = [event for event, _ in teller.news()]
    assert [event.id for event in found] == [there, further, merged]
    assert (found[-1].kinds, found[-1].changes, dict(found[-1].taken)) == (
        ("merged", "foreign")[:1],
        (),
        {"issues/y": 2},
    )


def test_a_reference_that_goes_back_and_forth_repeats_nothing() -> None:
    dag = Dag()
    one, two = dag.commit({"issues/x": b"1"}), dag.commit({"issues/x": b"2"})
    teller = listen(dag.store)
    dag.tips["issues"] = one
    assert list(teller.news()) == []
    other = dag.commit({"issues/x": b"3"})
    assert [event.id for event, _ in teller.news()] == [other]
    dag.tips["issues"] = two
    assert list(teller.news()) == []
    after = dag.commit({"issues/x": b"4"})
    assert [event.id for event, _ in teller.news()] == [after]
    del dag.backend.stored[other]  # what nothing names, git forgets
    last = dag.commit({"issues/x": b"5"})
    assert [event.id for event, _ in teller.news()] == [last]


def test_without_a_sign_the_references_are_read_now_and_then() -> None:
    dag = Dag()
    dag.commit({"issues/x": b"1"})
    teller, waits = listen(dag.store), count()
    dag.pulse = lambda: "always the same"  # type: ignore[method-assign]

    def wait(_: float) -> None:
        if next(waits) == 0:
            dag.commit({"issues/x": b"2"})

    teller._pulse = dag.pulse()
    assert next(teller.follow(wait)).event.changes[0].path == "issues/x"
    assert next(waits) == LOOK_ANYWAY


def test_after_something_came_the_next_look_waits_for_a_sign_again() -> None:
    dag, waits = Dag(), list[float]()
    dag.commit({"issues/x": b"1"})
    teller = listen(dag.store)

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) in {1, 4}:
            dag.commit({"issues/x": str(len(waits)).encode()})

    heard = teller.follow(wait)
    next(heard)
    assert len(waits) == 1
    next(heard)
    assert len(waits) == 4
    assert teller._pulse == dag.pulse()


def test_a_filter_is_asked_for_anew() -> None:
    world = World()
    issues.create(world.store, world.caller(), issues.Draft(title="one"))
    wanted = [EventQuery(issues=[])]
    teller = Teller(world.store, lambda: wanted[0])
    assert list(teller.past()) == []
    one = IssueId("0001" + "0" * 28)
    comments.add(world.store, world.caller(), one, "unheard")
    assert list(teller.news()) == []
    wanted[0] = EventQuery(issues=[one])
    comments.add(world.store, world.caller(), one, "heard")
    assert [event.op for event, _ in teller.news()] == ["comment"]


@pytest.mark.parametrize(
    "place", ["i=xyz", f"i={'0' * 40}", f"c={'1' * 40}", "i=;q=", "i=+;r=../x", f"i={'0' * 40};i", "r=12"]
)
def test_a_cursor_of_elsewhere_is_refused(place: str) -> None:
    dag, _ = forked()
    with pytest.raises(CursorUnknown):
        list(listen(dag.store).after(place))


def test_a_revision_that_is_none_is_refused() -> None:
    dag, _ = forked()
    with pytest.raises(UnknownRevision):
        list(listen(dag.store).after("0" * 40))


# --- what it costs ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def large() -> Dag:
    """10,000 issues, and ten commits that change one of them each."""
    dag = Dag()
    ids = [IssueId(f"{number * 6007:08x}".ljust(32, "0")) for number in range(10_000)]
    dag.commit({issue_path(id): encode_issue(issue(id=id)) for id in ids})
    for number, id in enumerate(ids[:10]):
        dag.commit({issue_path(id): encode_issue(issue(id=id, title=f"title {number}"))})
    return dag


def test_a_few_events_of_many_issues_read_only_what_they_show(large: Dag) -> None:
    large.backend.reads.clear()
    assert len(list(islice(events(large.store, EventQuery()), 3))) == 3
    # For each: the commit and its parent, three levels of two trees, two blobs; and the tip once more.
    assert len(large.backend.reads) <= 3 * (1 + 2 + 6 + 2) + 2
    large.backend.reads.clear()
    assert len(list(listen(large.store).past(3))) == 3
    assert len(large.backend.reads) <= 3 * (2 + 2 + 6 + 2) + 2


def test_a_look_that_finds_nothing_reads_the_tips_alone(large: Dag) -> None:
    teller = listen(large.store)
    large.backend.reads.clear()
    assert list(teller.news()) == []
    assert len(large.backend.reads) == 1
