"""The index file: fresh, stale, shared, killed, damaged, deleted; never wrong and never an error."""

import os
import random
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from multiprocessing import get_context
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_jit import condition as c
from git_jit.model import IssueId, Oid, State, Timestamp
from git_jit.record import replace
from git_jit.store import MissingObject, cache, commits, issue_path, places, schema
from git_jit.store.backend import Kind, Object
from git_jit.store.budgets import DEFAULTS
from git_jit.store.cache import Index
from git_jit.store.tree import lookup
from git_jit.view import Plan
from tests import strategies
from tests.store.making import NOWHERE, Objects, issue
from tests.store.test_view import answers
from tests.strategies import Tracker

IDS = [IssueId(f"{number:02x}{'0' * 30}") for number in range(40)]


@pytest.fixture
def objects() -> Objects:
    """Forty issues, each waiting for the one before."""
    made = Objects()
    made.commit(Plan(issues={id: issue(id=id, dependencies=tuple(IDS[n - 1 : n])) for n, id in enumerate(IDS)}))
    return made


@pytest.fixture
def index(objects: Objects, tmp_path: Path) -> Index:
    return index_of(objects, tmp_path)


def index_of(objects: Objects, directory: Path, *, boot: str = "boot", patience: float = 5) -> Index:
    return Index(str(directory), objects, lambda: objects.tip, boot=boot, patience=patience)


def tip(objects: Objects) -> Oid:
    assert objects.tip is not None
    return objects.tip


def from_nothing(objects: Objects) -> dict[str, object]:
    """The answers of an index that never saw an earlier commit."""
    with index_of(objects, Path(NOWHERE)).view(tip(objects)) as view:
        return answers(view)


def shown(index: Index, objects: Objects) -> dict[str, object]:
    with index.view(tip(objects)) as view:
        return answers(view)


# --- how much work --------------------------------------------------------------------------------------


def test_a_fresh_index_reads_no_object(index: Index, objects: Objects) -> None:
    index.view(tip(objects)).close()
    objects.reads.clear()
    with index.view(tip(objects)) as view:
        assert view.issue(IDS[3]) == issue(id=IDS[3], dependencies=(IDS[2],))
        assert view.select(c.All(()), limit=5).total == 40
    assert objects.reads == []


def test_one_change_costs_one_blob_and_the_trees_above_it(index: Index, objects: Objects) -> None:
    index.view(tip(objects)).close()
    new = objects.commit(Plan(issues={IDS[7]: issue(id=IDS[7], title="new")}))
    index.view(tip(objects)).close()
    old_trees = 3  # the root, `issues`, `issues/07`
    assert len(new) == 5
    assert len(objects.reads) == len(new) + old_trees
    assert set(new) <= set(objects.reads)


def test_a_writer_hands_over_what_it_wrote(index: Index, objects: Objects) -> None:
    index.view(tip(objects)).close()
    new = objects.commit(Plan(issues={IDS[7]: issue(id=IDS[7], title="new")}))
    assert index.refresh(new, patience=0)
    assert len(objects.reads) == 3
    handed = issue(id=IDS[7], title="newer")
    new = objects.commit(Plan(issues={IDS[7]: handed}))
    stored = next(object.data for object in new.values() if object.kind is Kind.BLOB)
    objects.reads.clear()
    assert index.refresh({**objects.stored, **new}, {IDS[7]: (stored, replace(handed, title="said"))}, patience=0)
    with index.view(tip(objects)) as view:
        assert view.rows([IDS[7]])[0].title == "said"  # it was not decoded
    assert objects.reads == []
    objects.reads.clear()
    index.view(tip(objects)).close()
    assert objects.reads == []


def test_dates_are_kept_up_with_each_commit_once_they_were_asked_for(index: Index, objects: Objects) -> None:
    with index.view(tip(objects)) as view:
        view.updated_at(IDS)
    objects.commit(Plan(issues={IDS[7]: None}), second=7)
    objects.commit(Plan(issues={IDS[7]: issue(id=IDS[7])}), parents=(tip(objects),), second=8)
    index.view(tip(objects)).close()
    objects.commit(Plan(issues={IDS[8]: issue(id=IDS[8], title="new")}), second=9)
    index.view(tip(objects)).close()
    with index.view(tip(objects)) as view:
        found = view.updated_at([IDS[6], IDS[7], IDS[8]])
    assert found == {
        IDS[6]: Timestamp("2026-11-21T09:00:00.000000Z"),
        IDS[7]: Timestamp("2026-11-21T09:00:08.000000Z"),
        IDS[8]: Timestamp("2026-11-21T09:00:09.000000Z"),
    }
    objects.reads.clear()
    with index.view(tip(objects)) as view:
        view.updated_at(IDS)
    assert objects.reads == []


def test_dates_of_another_line_of_history_do_not_count(index: Index, objects: Objects) -> None:
    """The ref moved to a commit with the same tree, made at another time beside the one that was indexed."""
    first = tip(objects)
    for second in (2, 5):
        objects.commit(Plan(issues={IDS[7]: issue(id=IDS[7], title="new")}), parents=(first,), second=second)
        with index.view(tip(objects)) as view:
            assert view.updated_at([IDS[7]]) == {IDS[7]: Timestamp(f"2026-11-21T09:00:0{second}.000000Z")}


# --- the same as from nothing ---------------------------------------------------------------------------

MOVES = st.lists(
    st.tuples(
        strategies.trackers(max_issues=4),
        st.sampled_from(["on", "hand over", "talk", "back", "beside", "delete", "ask"]),
    ),
    min_size=1,
    max_size=6,
)


@given(moves=MOVES)
def test_refreshing_is_building(tmp_path_factory: pytest.TempPathFactory, moves: list[tuple[Tracker, str]]) -> None:
    objects = Objects()
    index = index_of(objects, tmp_path_factory.mktemp("index"))
    line: list[Oid] = []
    for second, (tracker, move) in enumerate(moves):
        step(objects, tracker.plan(), move, line, second)
        line.append(tip(objects))
        if move == "hand over":
            issues = places.encoded_issues(tracker.plan(), places.edits_of(tracker.plan()))
            assert index.refresh(objects.commit(tracker.plan(), second=second), issues, patience=5)
            line.append(tip(objects))
        with index.view(tip(objects)) as view:
            if move == "ask":
                view.updated_at(view.ids())
    assert shown(index, objects) == from_nothing(objects)
    with closing(sqlite3.connect(index.path)) as connection:
        connection.execute("PRAGMA integrity_check")
        connection.execute("INSERT INTO words (words) VALUES ('integrity-check')")
        with closing(index_of(objects, Path(NOWHERE)).private(tip(objects))) as fresh:
            assert contents(connection) == contents(fresh)


def contents(connection: sqlite3.Connection) -> list[tuple[object, ...]]:
    """Every row of the tables that views do not show, without the keys."""
    queries = (
        "SELECT id, w.title, w.body FROM issues i JOIN words w ON w.rowid = i.key ORDER BY id",
        "SELECT id, field, value FROM issues i JOIN facts f ON f.issue = i.key ORDER BY id, field, value",
        "SELECT id, target FROM issues i JOIN edges e ON e.source = i.key ORDER BY id, target",
        "SELECT id, data FROM issues i JOIN bodies b ON b.key = i.key ORDER BY id",
        "SELECT count(*) FROM words UNION ALL SELECT count(*) FROM facts UNION ALL SELECT count(*) FROM bodies",
        "SELECT * FROM definitions",
        "SELECT * FROM comments",
    )
    return [row for query in queries for row in connection.execute(query)]


def step(objects: Objects, plan: Plan, move: str, line: list[Oid], second: int) -> None:
    """Put a commit on the tip, or on an older one, or move the ref back."""
    if move == "back" and line:
        objects.tip = line[len(line) // 2]
    elif move == "beside" and len(line) > 1:
        objects.commit(plan, parents=(line[0], tip(objects)), second=second)
    elif move == "talk":
        objects.commit(Plan(comments=plan.comments), second=second)
    elif move == "delete" and line:
        objects.commit(replace(plan, issues=dict.fromkeys(plan.issues), raw=dict.fromkeys(plan.raw)), second=second)
    else:
        objects.commit(plan, second=second)


def test_the_blocked_follow_their_blockers(index: Index, objects: Objects) -> None:
    def blocked() -> list[IssueId]:
        with index.view(tip(objects)) as view:
            blocked = c.Is(c.Flag.BLOCKED, "", "")
            return list(view.select(c.All((blocked, c.Compare("id", "<", IDS[4]))), sort=[]).ids)

    assert blocked() == [IDS[1], IDS[2], IDS[3]]
    objects.commit(Plan(issues={IDS[1]: issue(id=IDS[1], state=State.DONE)}))
    assert blocked() == [IDS[3]]
    objects.commit({issue_path(IDS[1]): b"{"})
    assert blocked() == [IDS[2], IDS[3]]
    objects.commit({issue_path(IDS[1]): None})
    assert blocked() == [IDS[2], IDS[3]]


def test_any_commit_can_be_viewed_without_moving_the_index(index: Index, objects: Objects) -> None:
    first = tip(objects)
    objects.commit(Plan(issues={IDS[7]: None}))
    index.view(tip(objects)).close()
    with index.view(first) as view:
        assert len(view.ids()) == 40
    objects.reads.clear()
    with index.view(tip(objects)) as view:
        assert len(view.ids()) == 39
    assert objects.reads == []


@pytest.mark.timeout(60, method="thread")  # SQLite waits without looking at signals
def test_a_view_stays_as_it_was_and_is_not_waited_for(objects: Objects, tmp_path: Path) -> None:
    index = index_of(objects, tmp_path, patience=600)
    with index.view(tip(objects)) as before:
        objects.commit(Plan(issues={IDS[7]: None}))
        with index.view(tip(objects)) as after:
            assert (len(before.ids()), len(after.ids())) == (40, 39)
            assert before.updated_at([IDS[7]]) == {IDS[7]: Timestamp("2026-11-21T09:00:00.000000Z")}
            assert after.updated_at([IDS[7]]) == {}


def test_a_forgotten_view_is_in_nobodys_way(index: Index, objects: Objects) -> None:
    index.view(tip(objects)).ids()
    objects.commit(Plan(issues={IDS[7]: None}))
    assert index.refresh({}, patience=0)


def test_the_ref_is_read_inside_the_transaction(index: Index, objects: Objects) -> None:
    """Another process was faster: a refresh that began for an older commit must not take the index back."""
    index.view(tip(objects)).close()
    objects.commit(Plan(issues={IDS[7]: None}))
    older = objects.tip
    objects.commit(Plan(issues={IDS[8]: None}))
    newest = tip(objects)
    cache.refresh(Home(objects, index.directory), older)  # type: ignore[arg-type]
    with closing(sqlite3.connect(f"{index.directory}/jit/index.sqlite")) as connection:
        assert connection.execute("SELECT value FROM meta WHERE name = 'commit'").fetchone() == (newest,)


class Refs(Objects):
    def ref(self, name: str) -> Oid | None:
        return {"refs/jit/issues": self.tip}[name]


class Home:
    """As much of a repository as the index looks at."""

    ref = "refs/jit/issues"
    budgets = DEFAULTS

    def __init__(self, objects: Objects, common_dir: str) -> None:
        self.backend = Refs()
        self.backend.stored, self.backend.tip = objects.stored, objects.tip
        self.layout = self
        self.common_dir = common_dir


# --- trouble --------------------------------------------------------------------------------------------


def test_deleted_while_in_use(index: Index, objects: Objects) -> None:
    with index.view(tip(objects)) as view:
        Path(index.path).unlink()
        assert len(view.ids()) == 40
    assert shown(index, objects) == from_nothing(objects)
    assert Path(index.path).exists()


@pytest.mark.parametrize("statement", ["PRAGMA user_version = 0", "DROP TABLE meta", "DELETE FROM meta"])
def test_another_version_is_replaced(index: Index, objects: Objects, statement: str) -> None:
    index.view(tip(objects)).close()
    with closing(sqlite3.connect(index.path)) as connection, connection:
        connection.execute(statement)
    assert shown(index, objects) == from_nothing(objects)
    with closing(sqlite3.connect(index.path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (schema.VERSION,)


def test_a_file_from_before_the_last_start_of_the_machine_is_replaced(objects: Objects, tmp_path: Path) -> None:
    index_of(objects, tmp_path, boot="before").view(tip(objects)).close()
    with closing(sqlite3.connect(tmp_path / "index.sqlite")) as connection, connection:
        connection.execute("UPDATE issues SET title = 'never synced'")
    assert shown(index_of(objects, tmp_path), objects) == from_nothing(objects)


def damages(size: int) -> Iterator[tuple[str, Callable[[bytes], bytes]]]:
    noise = random.Random(size)
    yield "empty", lambda data: b""
    yield "noise", lambda data: noise.randbytes(len(data))
    yield "half", lambda data: data[: len(data) // 2]
    yield "half a page", lambda data: data[: len(data) - 2048]
    for page in range(size // 4096):
        yield f"page {page}", lambda data, at=page * 4096: data[:at] + noise.randbytes(4096) + data[at + 4096 :]  # type: ignore[misc]


def test_damage_is_nobodys_problem(index: Index, objects: Objects) -> None:
    """Whatever page is lost, no question fails, and what could be written back to git is right."""
    expected = from_nothing(objects)
    index.view(tip(objects)).close()
    whole = Path(index.path).read_bytes()
    for _, damage in damages(len(whole)):
        Path(index.path).write_bytes(damage(whole))
        found = shown(index, objects)
        for question in ("issues", "comments", "gates", "config"):
            assert found[question] == expected[question]
        with index.view(tip(objects)) as view:
            view.select(c.Words("text", ("one",)))
            view.updated_at(IDS)


def test_a_body_that_is_not_its_blob_is_never_shown(index: Index, objects: Objects) -> None:
    """Damage that SQLite cannot see would be written back to git with the next change."""
    expected = issue(id=IDS[0], dependencies=())
    for _ in range(2):
        index.view(tip(objects)).close()
        with closing(sqlite3.connect(index.path)) as connection, connection:
            connection.execute("UPDATE bodies SET data = replace(data, 'one', 'two')")
        with index.view(tip(objects)) as view:
            assert view.issue(IDS[0]) == expected
    with closing(sqlite3.connect(index.path)) as connection:
        assert connection.execute("SELECT count(*) FROM bodies WHERE data LIKE '%two%'").fetchone() == (0,)


def test_somebody_elses_lock_is_not_waited_for_for_ever(objects: Objects, tmp_path: Path) -> None:
    index = index_of(objects, tmp_path, patience=0.01)
    index.view(tip(objects)).close()
    objects.commit(Plan(issues={IDS[7]: None}))
    with closing(sqlite3.connect(index.path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert shown(index, objects) == from_nothing(objects)
        assert not index.refresh({}, patience=0.01)
    assert index.refresh({}, patience=0.01)


def test_a_replacement_waits_for_refreshes_but_not_for_ever(objects: Objects, tmp_path: Path) -> None:
    index = index_of(objects, tmp_path, patience=0.01)
    with index._lock(alone=False, patience=0):
        assert shown(index, objects) == from_nothing(objects)
    assert not Path(index.path).exists()


def test_without_a_place_for_the_file(objects: Objects, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert shown(index_of(objects, tmp_path / "file" / "jit"), objects) == from_nothing(objects)


def test_a_full_disk(objects: Objects, tmp_path: Path) -> None:
    """No file may grow: neither the index nor the temporary one of a private index."""
    expected = from_nothing(objects)

    def starve() -> None:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        assert shown(index_of(objects, tmp_path), objects) == expected

    assert in_child(starve) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["index.lock"]


def test_pruned_history(index: Index, objects: Objects) -> None:
    """The tree the index stands at is gone: it begins again."""
    index.view(tip(objects)).close()
    old = commits.parse(objects.stored[tip(objects)]).tree
    objects.commit(Plan(issues={IDS[7]: None}), parents=())
    del objects.stored[old]
    assert shown(index, objects) == from_nothing(objects)


def test_a_missing_blob_is_a_broken_issue_and_a_missing_tree_an_error(index: Index, objects: Objects) -> None:
    root = commits.parse(objects.stored[tip(objects)]).tree
    blob = lookup(objects, root, issue_path(IDS[0]))
    tree = lookup(objects, root, "issues")
    assert blob
    assert tree
    del objects.stored[blob.oid]
    with index.view(tip(objects)) as view:
        assert [broken.path for broken in view.broken()] == [issue_path(IDS[0])]
    del objects.stored[tree.oid]
    Path(index.path).unlink()
    with pytest.raises(MissingObject):
        index.view(tip(objects))


# --- several processes ----------------------------------------------------------------------------------


def in_child(work: Callable[[], None]) -> int:
    """Run `work` in a forked process; its exit code (negative: the signal that ended it)."""
    process = get_context("fork").Process(target=work)
    process.start()
    process.join()
    assert process.exitcode is not None
    return process.exitcode


class Deadly(Objects):
    """Reading the n-th object is the last thing a process does."""

    def __init__(self, source: Objects, after: int) -> None:
        super().__init__()
        self.stored, self.tip, self.after = source.stored, source.tip, after

    def read(self, oid: Oid) -> Object:
        self._count()
        return super().read(oid)

    def read_many(self, oids: object) -> Iterator[Object | Oid]:
        for found in super().read_many(oids):  # type: ignore[arg-type]
            self._count()
            yield found

    def _count(self) -> None:
        self.after -= 1
        if self.after == 0:
            os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("built", [False, True])
def test_death_in_the_middle(objects: Objects, tmp_path: Path, *, built: bool) -> None:
    index = index_of(objects, tmp_path)
    if built:
        index.view(tip(objects)).close()
    objects.commit(Plan(issues={id: issue(id=id, title="new" * 400) for id in IDS}))
    expected = from_nothing(objects)
    for after in range(1, 200, 9):
        deadly = index_of(Deadly(objects, after), tmp_path)
        died = in_child(lambda index=deadly: index.view(tip(objects)).close())  # type: ignore[misc]
        if died == 0:
            break
        assert died == -signal.SIGKILL
        before = Path(index.path).exists() and Path(index.path).read_bytes()
        assert shown(index_of(objects, tmp_path / "other"), objects) == expected
        assert before == (Path(index.path).exists() and Path(index.path).read_bytes())
    assert after > 1
    assert shown(index, objects) == expected
    assert not (tmp_path / "index.sqlite.new").exists()


def test_many_processes_at_once(objects: Objects, tmp_path: Path) -> None:
    """Each walks the same commits in its own order; every answer is that of the commit asked for."""
    line = [tip(objects)]
    for id in IDS[:12]:
        objects.commit(Plan(issues={id: None}))
        line.append(tip(objects))

    def work(seed: int) -> None:
        order = random.Random(seed)
        for _ in range(25):
            place = order.randrange(len(line))
            objects.tip = line[place]
            with index_of(objects, tmp_path).view(line[place]) as view:
                assert view.base == line[place]
                assert list(view.ids()) == IDS[place:]

    context = get_context("fork")
    workers = [context.Process(target=work, args=(seed,)) for seed in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0, 0, 0]
    assert shown(index_of(objects, tmp_path), objects) == from_nothing(objects)
