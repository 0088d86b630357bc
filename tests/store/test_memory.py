"""The store in a variable: compare-and-swap, history, revisions."""

import pytest

from git_jit.model import FileChange, IssueId, Timestamp
from git_jit.store import RefConflict, UnknownRevision, issue_path
from git_jit.store.memory import MemoryStore
from git_jit.view import Plan
from tests.store.making import ID, issue, message

OTHER = IssueId("b" * 32)


def test_a_new_store_is_empty() -> None:
    view = MemoryStore().view()
    assert (view.base, view.ids(), view.gates(), view.broken()) == (None, [], {}, ())


def test_a_commit_is_what_the_next_view_shows_and_no_earlier_one() -> None:
    store = MemoryStore()
    before = store.view()
    oid = store.commit(Plan(issues={ID: issue()}), base=None, message=message())
    after = store.view()
    assert (after.base, after.ids(), after.issue(ID)) == (oid, [ID], issue())
    assert (before.base, before.ids(), before.issue(ID)) == (None, [], None)


def test_a_stale_base_loses() -> None:
    store = MemoryStore()
    first = store.commit(Plan(issues={ID: issue()}), base=None, message=message())
    with pytest.raises(RefConflict) as caught:
        store.commit(Plan(issues={OTHER: issue(id=OTHER)}), base=None, message=message())
    assert caught.value.details == {"expected": None, "found": first}
    assert store.view().ids() == [ID]


def test_history_changes_and_blobs_follow_the_commits() -> None:
    store = MemoryStore()
    one = store.commit(Plan(issues={ID: issue()}), base=None, message=message(subject="one"))
    two = store.commit(Plan(issues={OTHER: issue(id=OTHER)}), base=one, message=message(subject="two"))
    three = store.commit(Plan(issues={ID: None}), base=two, message=message(subject="three"))

    assert [commit.subject for commit in store.history()] == ["three", "two", "one"]
    assert [commit.oid for commit in store.history(path=issue_path(ID))] == [three, one]
    assert [commit.oid for commit in store.history("HEAD~1", path="issues")] == [two, one]
    blob = store.blob_at(one, issue_path(ID))
    assert store.changes(next(store.history())) == [FileChange(path=issue_path(ID), old=blob, new=None)]
    assert store.view(at=one).ids() == [ID]
    assert store.view(at="HEAD~").ids() == [ID, OTHER]
    assert store.blob_at("HEAD", issue_path(ID)) is None


def test_trailers_are_kept() -> None:
    store = MemoryStore()
    store.commit(Plan(issues={ID: issue()}), base=None, message=message(reason="because"))
    assert next(store.history()).trailers["Jit-Reason"] == "because"


@pytest.mark.parametrize("rev", ["HEAD", "HEAD~7", "", "zzz", "HEAD~x"])
def test_unknown_revisions(rev: str) -> None:
    with pytest.raises(UnknownRevision):
        MemoryStore().view(at=rev)


def test_updated_is_when_history_says() -> None:
    store = MemoryStore()
    one = store.commit(Plan(issues={ID: issue(), OTHER: issue(id=OTHER)}), base=None, message=message(second=1))
    store.commit(Plan(issues={ID: issue(title="new")}), base=one, message=message(second=2))
    assert store.view().updated_at([ID, OTHER]) == {
        ID: Timestamp("2026-11-21T09:00:02.000000Z"),
        OTHER: Timestamp("2026-11-21T09:00:01.000000Z"),
    }
