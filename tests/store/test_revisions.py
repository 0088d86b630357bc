"""Commits by name, history and what changed on it, in real repositories."""

from pathlib import Path

from git_jit.model import Oid
from git_jit.store import issue_path
from git_jit.store.tree import MAX_DEPTH
from git_jit.view import Plan
from tests.store.gitrepo import REF, Place, git, ordinary
from tests.store.making import message
from tests.store.trackers import A, opened, put, started, title


def test_revisions_are_gits_own_and_count_from_the_issues(place: Place) -> None:
    store = started(place)
    commits = [store.tip(), put(store, "1", 1), put(store, "2", 2)]
    place.git("tag", "-a", "-m", "x", "release", commits[1])
    names = {
        "HEAD": 2, "@": 2, "HEAD~1": 1, "@~2": 0, "~1": 1, "^": 1, "@{1}": 1, "HEAD@{2}": 0, "refs/jit/issues": 2,
        "jit/issues^": 1, "release": 1, commits[0]: 0, commits[0][:9]: 0,
    }  # fmt: skip
    assert {name: commits.index(store.resolve(name)) for name in names} == names
    code = git(place.cwd, "rev-parse", "HEAD")
    assert store.resolve(code) == code, "any commit can be named, also one of the code"


def test_a_shallow_clone_has_the_history_it_has(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    far = ordinary(tmp_path / "far")
    store = started(far)
    for n in range(3):
        put(store, str(n), n)
    (tmp_path / "near").mkdir()
    near = ordinary(tmp_path / "near")
    near.git("fetch", "-q", "--depth=2", (tmp_path / "far").as_uri(), f"{REF}:{REF}")
    shallow = opened(near)
    assert [commit.oid for commit in shallow.history()] == [commit.oid for commit in store.history()][:2]
    assert [len(list(shallow.history(path=path))) for path in (issue_path(A), "nowhere")] == [2, 0]
    assert {change.path for change in shallow.changes(list(shallow.history())[-1])} == {
        ".gitattributes", "README.md", "config.json", issue_path(A),
    }  # fmt: skip
    put(shallow, "a write on top", 9)
    assert title(opened(near)) == "a write on top"


def test_changes_are_in_order_of_path_even_where_one_is_a_file_and_a_directory(place: Place) -> None:
    """Below the deepest directory that is compared, both are changes of one path."""
    store = started(place)
    deep = "a/" * (MAX_DEPTH - 1) + "x"
    for edits in ({deep: b"1"}, {f"{deep}/y": b"2"}):
        store.commit(Plan(raw=edits), base=store.tip(), message=message())
    found = store.changes(next(iter(store.history())))
    assert [(change.path, change.old) for change in found] == [(deep, b"1"), (deep, None)]


def test_history_follows_both_sides_of_a_merge_and_tells_each_change_once(place: Place) -> None:
    store = started(place)
    start = store.tip()
    ours = put(store, "ours")
    place.git("update-ref", REF, start)
    for path in Path(store.layout.common_dir, "jit").glob("high-water"):
        path.unlink()
    store.commit(Plan(raw={"notes": b"theirs"}), base=start, message=message())
    theirs = store.tip()
    message_of = message(subject="merge")
    edits: dict[str, bytes | Oid | None] = {
        issue_path(A): store.blob_at(ours, issue_path(A)),
        "conflicts/x": b"{}",
    }
    merge = store.exchange().join(edits, start=theirs, parents=[theirs, ours], base=theirs, message=message_of)
    line = [commit.oid for commit in store.history()]
    assert line[0] == merge
    assert {*line[1:3]} == {ours, theirs}
    assert line[3] == start
    assert [change.path for change in store.changes(next(iter(store.history())))] == ["conflicts/x"]
    told = [commit.oid for commit in store.history(path=issue_path(A))]
    assert merge not in told, "it only took over what one side says"
    assert told[0] == ours
