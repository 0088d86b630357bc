"""What every store promises, to whoever is above it. One suite for all of them."""

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from git_jit import codec
from git_jit.config import Config, Namespace
from git_jit.model import (
    Actor,
    Comment,
    CommentId,
    FileChange,
    Gate,
    GateKey,
    Issue,
    IssueId,
    Message,
    Oid,
    PathChange,
    State,
    Timestamp,
)
from git_jit.record import replace
from git_jit.store import RefConflict, Store, UnknownRevision, comment_path, issue_path
from git_jit.store.backend import Kind
from git_jit.store.backends import BackendName
from git_jit.store.memory import MemoryStore
from git_jit.store.repository import Repository
from git_jit.store.tree import object_id
from git_jit.view import Plan
from tests.store.gitrepo import SHAPES, has_reftable
from tests.store.making import issue, message

A, B = IssueId("a" * 32), IssueId("b" * 32)
ULID = CommentId("01ARZ3NDEKTSV4RRFFQ69G5FAV")
REMARK = Comment(
    id=ULID, issue=A, author=Actor("human:ada"), created_at=Timestamp("2026-11-21T09:00:00.000000Z"), body="x"
)
GATE = Gate(key=GateKey("tests"), title="Tests")


def in_memory(_: Path) -> Store:
    store = MemoryStore()
    store.commit(Plan(config=Config()), base=None, message=message(subject="init"))
    return store


def in_git(backend: BackendName, shape: str) -> Callable[[Path], Store]:
    def make(base: Path) -> Store:
        if shape == "reftable" and not has_reftable():
            pytest.skip("this git knows no reftable")
        place = SHAPES[shape](base)
        store = Repository.open(str(place.cwd), place.environ, backend=backend)
        store.init(Config(), message(subject="init"))
        return store

    return make


STORES: dict[str, Callable[[Path], Store]] = {
    "memory": in_memory,
    "files": in_git("files", "ordinary"),
    "libgit2": in_git("libgit2", "ordinary"),
    "plumbing": in_git("plumbing", "ordinary"),
    "sha256": in_git("auto", "sha256"),
    "reftable": in_git("auto", "reftable"),
}


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    store = STORES[request.param](tmp_path)
    yield store
    store.close()


def base(store: Store) -> Oid:
    with store.view() as view:
        assert view.base is not None
        return view.base


def put(store: Store, *issues: Issue, second: int = 1) -> Oid:
    plan = Plan(issues={one.id: one for one in issues})
    return store.commit(plan, base=base(store), message=message(second=second))


def test_a_view_is_the_state_of_one_commit_for_ever(store: Store) -> None:
    with store.view() as before:
        first = put(store, issue(id=A, title="one"))
        with store.view() as after:
            put(store, issue(id=A, title="two"), issue(id=B), second=2)
            assert (before.base, before.ids(), before.issue(A)) != (after.base, after.ids(), after.issue(A))
            assert (list(before.ids()), before.issue(A)) == ([], None)
            assert (after.base, list(after.ids()), after.issue(A)) == (first, [A], issue(id=A, title="one"))
    with store.view() as now:
        assert list(now.ids()) == [A, B]


def test_a_plan_is_published_whole(store: Store) -> None:
    put(store, issue(id=B))
    plan = Plan(
        issues={A: issue(id=A, state=State.READY), B: None},
        comments={(A, ULID): REMARK},
        gates={GATE.key: GATE},
        raw={"notes/x.json": b"{}\n"},
        config=Config(stale_days=3),
    )
    made = store.commit(plan, base=base(store), message=message(second=2))
    with store.view() as view:
        assert view.base == made
        assert list(view.ids()) == [A]
        assert view.issue(A) == issue(id=A, state=State.READY)
        assert view.comments(A) == (REMARK,)
        assert view.gates() == {GATE.key: GATE}
        assert view.config.stale_days == 3
    commit = next(iter(store.history()))
    assert [change.path for change in store.changes(commit)] == sorted(
        [issue_path(A), issue_path(B), comment_path(A, ULID), "gates/tests.json", "notes/x.json", "config.json"]
    )


def test_whoever_comes_second_is_refused(store: Store) -> None:
    stale = base(store)
    first = put(store, issue(id=A, title="first"))
    for wrong in (stale, None, Oid("0" * 40)):
        with pytest.raises(RefConflict) as caught:
            store.commit(Plan(issues={A: issue(id=A, title="second")}), base=wrong, message=message(second=2))
        assert caught.value.retryable
    with store.view() as view:
        assert (view.base, view.issue(A)) == (first, issue(id=A, title="first"))


def test_of_many_on_one_base_exactly_one_wins(store: Store) -> None:
    start = base(store)
    barrier = threading.Barrier(4)
    won: list[Oid] = []
    lost: list[RefConflict] = []

    def write(n: int) -> None:
        plan = Plan(issues={A: issue(id=A, title=f"from {n}")})
        barrier.wait()
        try:
            won.append(store.commit(plan, base=start, message=message(second=n)))
        except RefConflict as error:
            lost.append(error)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(won), len(lost)) == (1, 3)
    assert base(store) == won[0]


def test_what_changes_no_byte_is_no_commit(store: Store) -> None:
    made = put(store, issue(id=A))
    assert put(store, issue(id=A), second=2) == made
    assert store.commit(Plan(), base=made, message=message(second=3)) == made
    assert base(store) == made


def test_the_commit_says_who_did_what_and_why(store: Store) -> None:
    said = Message(
        op="bulk-update",
        subject="bulk-update: 1 issue\nJit-Op: forged",
        actor=Actor("agent:worker-1"),
        request="01JD3",
        at=Timestamp("2026-11-21T09:00:07.000000Z"),
        filter="label:epic:phase5.2",
        reason="because\nof that",
        trailers={"Jit-Undoes": "abc"},
    )
    made = store.commit(Plan(issues={A: issue(id=A)}), base=base(store), message=said)
    commit = next(iter(store.history()))
    assert (commit.oid, commit.subject, commit.time) == (made, "bulk-update: 1 issue Jit-Op: forged", 1795251607)
    clock = commit.trailers["Jit-Clock"]
    assert commit.trailers == {
        "Jit-Op": "bulk-update",
        "Jit-Actor": "agent:worker-1",
        "Jit-Clock": clock,
        "Jit-Request": "01JD3",
        "Jit-Filter": "label:epic:phase5.2",
        "Jit-Reason": "because of that",
        "Jit-Undoes": "abc",
    }
    assert clock.startswith("1795251607000.0.")


def test_history_is_the_line_of_first_parents_newest_first(store: Store) -> None:
    one = put(store, issue(id=A, title="1"), second=1)
    two = put(store, issue(id=B), second=2)
    three = put(store, issue(id=A, title="2"), second=3)
    whole = list(store.history())
    assert [commit.oid for commit in whole][:3] == [three, two, one]
    assert [commit.subject for commit in whole][3:] == ["init"]
    assert whole[0].parents == (two,)
    assert [commit.oid for commit in store.history(two)] == [two, one, whole[3].oid]
    assert [commit.oid for commit in store.history(path=issue_path(A))] == [three, one]
    assert [commit.oid for commit in store.history(path=f"issues/{B[:2]}")] == [two]
    assert [commit.oid for commit in store.history(path="config.json")] == [whole[3].oid]
    assert list(store.history(path="issues/aa/nothing.json")) == []
    assert list(store.history(two, path=issue_path(A))) == [whole[2]]


def test_history_leaves_out_what_others_lead_to(store: Store) -> None:
    one = put(store, issue(id=A, title="1"), second=1)
    two = put(store, issue(id=B), second=2)
    three = put(store, issue(id=A, title="2"), second=3)
    assert [commit.oid for commit in store.history(without=[one])] == [three, two]
    assert [commit.oid for commit in store.history(two, without=[one])] == [two]
    assert list(store.history(one, without=[two])) == []
    gone = Oid("0" * len(one))
    assert [commit.oid for commit in store.history(without=[gone, two])] == [three]
    assert [dict(store.taken_over(commit)) for commit in store.history(without=[two])] == [{}]


def test_the_pulse_changes_when_the_issues_do(store: Store) -> None:
    seen = [store.pulse()]
    for second in (1, 2):
        put(store, issue(id=A, title=str(second)), second=second)
        seen.append(store.pulse())
    assert seen[-1] == store.pulse()
    assert len({str(one) for one in seen}) == 3


def test_changes_are_bytes_against_the_first_parent(store: Store) -> None:
    put(store, issue(id=A, title="1"), issue(id=B))
    put(store, issue(id=A, title="2"), second=2)
    store.commit(Plan(issues={B: None}), base=base(store), message=message(second=3))
    deleted, updated, created, _ = store.history()
    one, two = codec.encode_issue(issue(id=A, title="1")), codec.encode_issue(issue(id=A, title="2"))
    other = codec.encode_issue(issue(id=B))
    assert store.changes(created) == [
        FileChange(path=issue_path(A), old=None, new=one),
        FileChange(path=issue_path(B), old=None, new=other),
    ]
    assert store.changes(updated) == [FileChange(path=issue_path(A), old=one, new=two)]
    assert store.changes(deleted) == [FileChange(path=issue_path(B), old=other, new=None)]


def test_any_commit_can_be_looked_at(store: Store) -> None:
    one = put(store, issue(id=A, title="1"))
    two = put(store, issue(id=A, title="2"), second=2)
    path = issue_path(A)
    for rev, title in (
        (one, "1"),
        (two, "2"),
        (one[:12], "1"),
        ("HEAD", "2"),
        ("HEAD~1", "1"),
        ("refs/jit/issues~1", "1"),
    ):
        assert store.blob_at(rev, path) == codec.encode_issue(issue(id=A, title=title)), rev
        with store.view(rev) as view:
            assert view.issue(A) == issue(id=A, title=title)
    assert store.blob_at("HEAD~2", path) is None
    assert store.blob_at("HEAD", "issues") is None
    assert store.blob_at("HEAD", f"{path}/below") is None


@pytest.mark.parametrize("rev", ["f" * 40, "HEAD~99", "no-such-name", "--all", "", "a..b", "x y", "-"])
def test_what_names_no_commit_is_told(store: Store, rev: str) -> None:
    if not rev:
        pytest.skip("the empty revision is for the command line to refuse")
    for ask in (store.view, lambda rev: store.blob_at(rev, "x"), lambda rev: list(store.history(rev))):
        with pytest.raises(UnknownRevision, match="no commit"):
            ask(rev)


def test_the_version_of_an_issue_is_the_name_of_its_blob(store: Store) -> None:
    put(store, issue(id=A))
    with store.view() as view:
        version = view.version(A)
        assert version is not None
        algorithm = "sha1" if len(version) == 40 else "sha256"
        assert version == object_id(Kind.BLOB, codec.encode_issue(issue(id=A)), algorithm)


def test_many_issues_are_one_commit(store: Store) -> None:
    many = [issue(id=IssueId(f"{n:032x}"), title=str(n)) for n in range(120)]
    put(store, *many)
    put(store, *(replace(one, title="changed") for one in many[:60]), second=2)
    with store.view() as view:
        assert list(view.ids()) == [one.id for one in many]
        assert [view.issue(one.id) for one in many[58:61]] == [
            replace(many[58], title="changed"),
            replace(many[59], title="changed"),
            many[60],
        ]
    assert [len(store.changes(commit)) for commit in store.history()][:2] == [60, 120]


def test_rules_are_those_of_the_commit(store: Store) -> None:
    rules = Config(namespaces={"epic": Namespace(unique=True)})
    before = base(store)
    store.commit(Plan(config=rules), base=before, message=message(second=1))
    with store.view() as now, store.view(before) as then:
        assert (now.config, then.config) == (rules, Config())


def test_two_commits_are_compared_by_the_names_of_their_blobs(store: Store) -> None:
    one, other = issue(id=A), issue(id=B)
    first = put(store, one)
    second = put(store, replace(one, title="Another title"), other, second=2)
    with store.view(first) as before, store.view(second) as after:
        versions = before.version(one.id), after.version(one.id), after.version(other.id)
    assert store.compare(first, second) == [
        PathChange(path=issue_path(one.id), old=versions[0], new=versions[1]),
        PathChange(path=issue_path(other.id), old=None, new=versions[2]),
    ]
    assert store.compare(second, second) == []
    everything = {change.path: change for change in store.compare(None, second)}
    assert everything[issue_path(other.id)] == PathChange(path=issue_path(other.id), old=None, new=versions[2])
    assert issue_path(one.id) in everything


def test_blobs_come_in_the_order_asked_for(store: Store) -> None:
    commit = put(store, issue(id=A), issue(id=B))
    names = [change.new for change in store.compare(None, commit) if change.new][::-1]
    nothing = Oid("0" * len(names[0]))
    found = list(store.blobs([nothing, *names]))
    assert found[0] is None
    assert [object_id(Kind.BLOB, data or b"", algorithm(names[0])) for data in found[1:]] == names


def algorithm(oid: Oid) -> str:
    return "sha1" if len(oid) == 40 else "sha256"


def test_a_note_is_kept_for_the_next_command(store: Store) -> None:
    assert store.recall("verdict") is None
    store.remember("verdict", b"all is well")
    assert store.recall("verdict") == b"all is well"


def test_closing_twice_is_closing(store: Store) -> None:
    put(store, issue(id=A))
    store.close()
    store.close()


def test_a_store_leaves_the_working_directory_and_environment_alone(store: Store) -> None:
    before = (Path.cwd(), dict(os.environ))
    put(store, issue(id=A))
    assert (Path.cwd(), dict(os.environ)) == before
