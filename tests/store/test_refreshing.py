"""The index brought up to date: how little it reads for it, and that it ends as if built from nothing."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_jit import condition as c
from git_jit.model import IssueId, Oid, State, Timestamp
from git_jit.record import replace
from git_jit.store import issue_path, places
from git_jit.store.backend import Kind
from git_jit.store.cache import Index
from git_jit.store.indexed import view_of
from git_jit.store.refreshing import _lock, private, refresh
from git_jit.view import Plan
from tests import strategies
from tests.store.indexes import IDS, from_nothing, index, index_of, objects, shown, tip
from tests.store.making import NOWHERE, Objects, issue
from tests.strategies import Tracker

__all__ = ["index", "objects"]

# --- how much work --------------------------------------------------------------------------------------


def test_a_fresh_index_reads_no_object(index: Index, objects: Objects) -> None:
    view_of(index, tip(objects)).close()
    objects.reads.clear()
    with view_of(index, tip(objects)) as view:
        assert view.issue(IDS[3]) == issue(id=IDS[3], dependencies=(IDS[2],))
        assert view.select(c.All(()), limit=5).total == 40
    assert objects.reads == []


def test_one_change_costs_one_blob_and_the_trees_above_it(index: Index, objects: Objects) -> None:
    view_of(index, tip(objects)).close()
    new = objects.commit(Plan(issues={IDS[7]: issue(id=IDS[7], title="new")}))
    view_of(index, tip(objects)).close()
    old_trees = 3  # the root, `issues`, `issues/07`
    assert len(new) == 5
    assert len(objects.reads) == len(new) + old_trees
    assert set(new) <= set(objects.reads)


def test_a_writer_hands_over_what_it_wrote(index: Index, objects: Objects) -> None:
    view_of(index, tip(objects)).close()
    new = objects.commit(Plan(issues={IDS[7]: issue(id=IDS[7], title="new")}))
    assert refresh(index, new, patience=0)
    assert len(objects.reads) == 3
    handed = issue(id=IDS[7], title="newer")
    new = objects.commit(Plan(issues={IDS[7]: handed}))
    stored = next(object.data for object in new.values() if object.kind is Kind.BLOB)
    objects.reads.clear()
    assert refresh(index, {**objects.stored, **new}, {IDS[7]: (stored, replace(handed, title="said"))}, patience=0)
    with view_of(index, tip(objects)) as view:
        assert view.rows([IDS[7]])[0].title == "said"  # it was not decoded
    assert objects.reads == []
    objects.reads.clear()
    view_of(index, tip(objects)).close()
    assert objects.reads == []


def test_dates_are_kept_up_with_each_commit_once_they_were_asked_for(index: Index, objects: Objects) -> None:
    with view_of(index, tip(objects)) as view:
        view.updated_at(IDS)
    objects.commit(Plan(issues={IDS[7]: None}), second=7)
    objects.commit(Plan(issues={IDS[7]: issue(id=IDS[7])}), parents=(tip(objects),), second=8)
    view_of(index, tip(objects)).close()
    objects.commit(Plan(issues={IDS[8]: issue(id=IDS[8], title="new")}), second=9)
    view_of(index, tip(objects)).close()
    with view_of(index, tip(objects)) as view:
        found = view.updated_at([IDS[6], IDS[7], IDS[8]])
    assert found == {
        IDS[6]: Timestamp("2026-11-21T09:00:00.000000Z"),
        IDS[7]: Timestamp("2026-11-21T09:00:08.000000Z"),
        IDS[8]: Timestamp("2026-11-21T09:00:09.000000Z"),
    }
    objects.reads.clear()
    with view_of(index, tip(objects)) as view:
        view.updated_at(IDS)
    assert objects.reads == []


def test_dates_of_another_line_of_history_do_not_count(index: Index, objects: Objects) -> None:
    """The ref moved to a commit with the same tree, made at another time beside the one that was indexed."""
    first = tip(objects)
    for second in (2, 5):
        objects.commit(Plan(issues={IDS[7]: issue(id=IDS[7], title="new")}), parents=(first,), second=second)
        with view_of(index, tip(objects)) as view:
            assert view.updated_at([IDS[7]]) == {IDS[7]: Timestamp(f"2026-11-21T09:00:0{second}.000000Z")}


def test_dates_as_of_an_older_commit_are_those_of_then(index: Index, objects: Objects) -> None:
    """The index knows a later date of an issue that was changed and changed back since: its blob is the same again."""
    first = tip(objects)
    for second, title in ((2, "new"), (5, "one")):
        back = issue(id=IDS[7], title=title, dependencies=(IDS[6],))
        objects.commit(Plan(issues={IDS[7]: back}), parents=(tip(objects),), second=second)
    for commit, second in ((tip(objects), 5), (first, 0)):
        with view_of(index, commit) as view:
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
            assert refresh(index, objects.commit(tracker.plan(), second=second), issues, patience=5)
            line.append(tip(objects))
        with view_of(index, tip(objects)) as view:
            if move == "ask":
                view.updated_at(view.ids())
    assert shown(index, objects) == from_nothing(objects)
    with closing(sqlite3.connect(index.path)) as connection:
        connection.execute("PRAGMA integrity_check")
        connection.execute("INSERT INTO words (words) VALUES ('integrity-check')")
        with closing(private(index_of(objects, Path(NOWHERE)), tip(objects))) as fresh:
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
        with view_of(index, tip(objects)) as view:
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
    view_of(index, tip(objects)).close()
    with view_of(index, first) as view:
        assert len(view.ids()) == 40
    objects.reads.clear()
    with view_of(index, tip(objects)) as view:
        assert len(view.ids()) == 39
    assert objects.reads == []


@pytest.mark.timeout(60, method="thread")  # SQLite waits without looking at signals
def test_a_view_stays_as_it_was_and_is_not_waited_for(objects: Objects, tmp_path: Path) -> None:
    index = index_of(objects, tmp_path, patience=600)
    with view_of(index, tip(objects)) as before:
        objects.commit(Plan(issues={IDS[7]: None}))
        with view_of(index, tip(objects)) as after:
            assert (len(before.ids()), len(after.ids())) == (40, 39)
            assert before.updated_at([IDS[7]]) == {IDS[7]: Timestamp("2026-11-21T09:00:00.000000Z")}
            assert after.updated_at([IDS[7]]) == {}


def test_a_forgotten_view_is_in_nobodys_way(index: Index, objects: Objects) -> None:
    view_of(index, tip(objects)).ids()
    objects.commit(Plan(issues={IDS[7]: None}))
    assert refresh(index, {}, patience=0)


def test_the_ref_is_read_inside_the_transaction(index: Index, objects: Objects) -> None:
    """Another process was faster: a refresh that began for an older commit must not take the index back."""
    view_of(index, tip(objects)).close()
    objects.commit(Plan(issues={IDS[7]: None}))
    older = tip(objects)
    objects.commit(Plan(issues={IDS[8]: None}))
    newest = tip(objects)

    def ref() -> Oid:
        """It moves while the refresh waits for its turn."""
        try:
            with _lock(index, alone=True, patience=0):
                return older
        except BlockingIOError:
            return newest

    racing = Index(index.directory, objects, ref, boot="boot")
    with view_of(racing, older) as view:
        assert len(view.ids()) == 39
    with closing(sqlite3.connect(index.path)) as connection:
        assert connection.execute("SELECT value FROM meta WHERE name = 'commit'").fetchone() == (newest,)
