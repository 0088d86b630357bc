"""`health`: the state of a clone, and since when."""

from pathlib import Path

from git_jit.clone import Clone
from git_jit.model import Timestamp
from git_jit.ops.health import NOTE, health
from git_jit.record import replace
from git_jit.store.memory import MemoryStore
from git_jit.validate.health import Health
from tests.store import damage
from tests.store.damage import common, healthy, store_in
from tests.store.gitrepo import REF
from tests.store.test_survey import snapshot
from tests.validate.test_clone_rules import HEALTHY as CLONE

MONDAY, TUESDAY = (Timestamp(f"2026-11-{day}T09:00:00.000000Z") for day in (23, 24))


class Watched(MemoryStore):
    """A store whose clone is what a test says."""

    clone = CLONE
    kept = 0

    def survey(self, *, deep: bool = False, ask: bool = False) -> Clone:  # type: ignore[override]
        return self.clone

    def remember(self, name: str, note: bytes) -> None:
        self.kept += 1
        super().remember(name, note)


def test_without_a_clone_there_is_nothing_to_be_ill() -> None:
    report = health(MemoryStore(), MONDAY)
    assert (report.status, report.judgement.state, report.judgement.parts) == (0, Health.HEALTHY, ())


def test_a_trouble_is_dated_when_it_is_first_seen() -> None:
    store = Watched()
    assert health(store, MONDAY).since == {}
    store.clone = replace(CLONE, durability="fast")
    assert health(store, MONDAY).since == {"durability_fast jit.durability": MONDAY}
    store.clone = replace(CLONE, durability="fast", keeps=("objects/pack/a.keep",))
    assert health(store, TUESDAY).since == {
        "durability_fast jit.durability": MONDAY,
        "orphaned_keep objects/pack/a.keep": TUESDAY,
    }
    store.clone = CLONE
    assert health(store, TUESDAY).since == {}
    store.clone = replace(CLONE, durability="fast")
    assert health(store, TUESDAY).since == {"durability_fast jit.durability": TUESDAY}


def test_the_note_is_written_only_when_something_changed() -> None:
    store = Watched()
    health(store, MONDAY)
    assert store.kept == 0
    store.clone = replace(CLONE, durability="fast")
    health(store, MONDAY)
    health(store, TUESDAY)
    assert store.kept == 1


def test_a_note_that_is_none_is_forgotten() -> None:
    for note in (b"", b"[1]", b"{", b'{"durability_fast jit.durability":"yesterday"}', b"\xff"):
        store = Watched()
        store.clone = replace(CLONE, durability="fast")
        store.remember(NOTE, note)
        assert health(store, MONDAY).since == {"durability_fast jit.durability": MONDAY}


def test_grave_troubles_are_an_honest_no(tmp_path: Path) -> None:
    place = healthy(tmp_path)
    assert health(store_in(place), MONDAY).status == 0
    damage.deleted_ref(place)
    report = health(store_in(place), MONDAY)
    assert report.status == 1
    assert report.to_json()["state"] == "unhealthy"
    assert [item.finding.code for item in report.judgement.items] == ["ref_missing"]


def test_it_changes_nothing_but_its_note(tmp_path: Path) -> None:
    place = healthy(tmp_path)
    damage.no_reflog(place)
    before = snapshot(common(place))
    health(store_in(place), MONDAY)
    after = snapshot(common(place))
    note = str(common(place) / "jit" / "notes" / NOTE)
    assert after.pop(note)[0] == f'{{"reflog_missing {REF}": "{MONDAY}"}}'.encode()
    assert after == before


def test_it_is_answered_where_nothing_can_be_written(tmp_path: Path) -> None:
    """What cannot be remembered is dated now, and the answer is the same."""
    place = healthy(tmp_path)
    damage.no_reflog(place)
    (common(place) / "jit" / "notes").write_text("in the way")
    assert health(store_in(place), TUESDAY).since == {f"reflog_missing {REF}": TUESDAY}


def test_it_is_quick_in_a_large_clone(tmp_path: Path) -> None:
    """Counted, not timed: no process is started, however long the history is."""
    place = healthy(tmp_path, 40)
    store = store_in(place, backend="files")
    health(store, MONDAY)
    from git_jit.store.files import Files

    assert isinstance(store.backend, Files)
    assert not store.backend.asks_git
