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

from git_jit import condition as c
from git_jit.model import Oid
from git_jit.store import MissingObject, commits, issue_path, schema
from git_jit.store.backend import Object
from git_jit.store.cache import Index
from git_jit.store.indexed import view_of
from git_jit.store.refreshing import _lock, refresh
from git_jit.store.tree import lookup
from git_jit.view import Plan
from tests.store.indexes import IDS, from_nothing, index, index_of, objects, shown, tip
from tests.store.making import Objects, issue

__all__ = ["index", "objects"]

# --- trouble --------------------------------------------------------------------------------------------


def test_deleted_while_in_use(index: Index, objects: Objects) -> None:
    with view_of(index, tip(objects)) as view:
        Path(index.path).unlink()
        assert len(view.ids()) == 40
    assert shown(index, objects) == from_nothing(objects)
    assert Path(index.path).exists()


@pytest.mark.parametrize("statement", ["PRAGMA user_version = 0", "DROP TABLE meta", "DELETE FROM meta"])
def test_another_version_is_replaced(index: Index, objects: Objects, statement: str) -> None:
    view_of(index, tip(objects)).close()
    with closing(sqlite3.connect(index.path)) as connection, connection:
        connection.execute(statement)
    assert shown(index, objects) == from_nothing(objects)
    with closing(sqlite3.connect(index.path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (schema.VERSION,)


def test_a_file_from_before_the_last_start_of_the_machine_is_replaced(objects: Objects, tmp_path: Path) -> None:
    view_of(index_of(objects, tmp_path, boot="before"), tip(objects)).close()
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
    view_of(index, tip(objects)).close()
    whole = Path(index.path).read_bytes()
    for _, damage in damages(len(whole)):
        Path(index.path).write_bytes(damage(whole))
        found = shown(index, objects)
        for question in ("issues", "comments", "gates", "config"):
            assert found[question] == expected[question]
        with view_of(index, tip(objects)) as view:
            view.select(c.Words("text", ("one",)))
            view.updated_at(IDS)


def test_a_body_that_is_not_its_blob_is_never_shown(index: Index, objects: Objects) -> None:
    """Damage that SQLite cannot see would be written back to git with the next change."""
    expected = issue(id=IDS[0], dependencies=())
    for _ in range(2):
        view_of(index, tip(objects)).close()
        with closing(sqlite3.connect(index.path)) as connection, connection:
            connection.execute("UPDATE bodies SET data = replace(data, 'one', 'two')")
        with view_of(index, tip(objects)) as view:
            assert view.issue(IDS[0]) == expected
    with closing(sqlite3.connect(index.path)) as connection:
        assert connection.execute("SELECT count(*) FROM bodies WHERE data LIKE '%two%'").fetchone() == (0,)


def test_somebody_elses_lock_is_not_waited_for_for_ever(objects: Objects, tmp_path: Path) -> None:
    index = index_of(objects, tmp_path, patience=0.01)
    view_of(index, tip(objects)).close()
    objects.commit(Plan(issues={IDS[7]: None}))
    with closing(sqlite3.connect(index.path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert shown(index, objects) == from_nothing(objects)
        assert not refresh(index, {}, patience=0.01)
    assert refresh(index, {}, patience=0.01)


def test_a_replacement_waits_for_refreshes_but_not_for_ever(objects: Objects, tmp_path: Path) -> None:
    index = index_of(objects, tmp_path, patience=0.01)
    with _lock(index, alone=False, patience=0):
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
    view_of(index, tip(objects)).close()
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
    with view_of(index, tip(objects)) as view:
        assert [broken.path for broken in view.broken()] == [issue_path(IDS[0])]
    del objects.stored[tree.oid]
    Path(index.path).unlink()
    with pytest.raises(MissingObject):
        view_of(index, tip(objects))


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
        view_of(index, tip(objects)).close()
    objects.commit(Plan(issues={id: issue(id=id, title="new" * 400) for id in IDS}))
    expected = from_nothing(objects)
    for after in range(1, 200, 9):
        deadly = index_of(Deadly(objects, after), tmp_path)
        died = in_child(lambda index=deadly: view_of(index, tip(objects)).close())  # type: ignore[misc]
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
            with view_of(index_of(objects, tmp_path), line[place]) as view:
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
